/* A search space from the text of its file. */
#ifndef LL_TESTS_SPACE_TEXT_H
#define LL_TESTS_SPACE_TEXT_H

#include <string.h>

#include "core/base/text/json.h"
#include "core/space/files/space_json.h"

static inline ll_status read_text(const char *text, const ll_space **out, ll_error *e)
{
    cJSON *item = NULL;
    *e = (ll_error){0};
    *out = NULL;
    ll_status s = ll_json_parse(text, strlen(text), &item, e);
    if (!s) s = ll_space_from_json(item, out, e);
    cJSON_Delete(item);
    return s;
}

#endif
