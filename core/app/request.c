#include "core/app/request.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/text/json.h"
#include "core/base/text/quote.h"
#include "core/num/blas_choice.h"

cJSON *ll_result_new(const char *kind)
{
    cJSON *o = cJSON_CreateObject();
    ll_json_str(o, "kind", kind);
    return o;
}

void ll_result_columns(cJSON *result, const ll_column *columns)
{
    cJSON *list = ll_json_arr(result, "columns");
    for (; columns->key; columns++) {
        cJSON *o = ll_json_obj(list, NULL);
        ll_json_str(o, "key", columns->key);
        ll_json_str(o, "title", columns->title);
        if (columns->unit) ll_json_str(o, "unit", columns->unit);
        ll_json_int(o, "digits", columns->digits);
    }
}

void ll_add_fill_in(ll_str *out, const char *table, const char *dataset, const char *device)
{
    ll_str_addf(out, "fill in latency_ms in %s, then `", table);
    ll_quote_addf(out, "import csv %s into %s device=%s unit=ms`", table, dataset, device);
}

void ll_note_fill_in(ll_request *rq, const char *table, const char *dataset, const char *device)
{
    ll_str text = {0};
    ll_add_fill_in(&text, table, dataset, device);
    ll_note(rq, "%s", ll_str_text(&text));
    ll_str_free(&text);
}

void ll_result_note(cJSON *result, const char *fmt, ...)
{
    cJSON *notes = cJSON_GetObjectItemCaseSensitive(result, "notes");
    ll_str text = {0};
    va_list ap;
    va_start(ap, fmt);
    ll_str_addv(&text, fmt, ap);
    va_end(ap);
    if (!notes) notes = ll_json_arr(result, "notes");
    cJSON_AddItemToArray(notes, ll_json_string(ll_str_text(&text)));
    ll_str_free(&text);
}

void ll_advise(ll_request *rq)
{
    enum { LONG_S = 30 };
    static atomic_bool said;
    if (ll_now_s() - rq->begun_s < LONG_S || atomic_exchange(&said, true)) return;
    char *advice = ll_blas_advice();
    if (advice) ll_warn(rq, "%s", advice);
    free(advice);
}
