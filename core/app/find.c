/* The command that a word means. */
#include <string.h>

#include "core/app/app.h"

ll_status ll_app_need_command(const ll_app *a, const char *word, const ll_command **out, ll_error *e)
{
    *out = ll_app_find(a, word);
    if (*out) return LL_OK;
    const char *near = NULL;
    int least = (int)strlen(word) / 2 + 1;
    for (int i = 0; ll_app_command_at(a, i); i++) {
        const char *name = ll_app_command_at(a, i)->name;
        int d = ll_edit_distance(word, name);
        if (d < least) least = d, near = name;
    }
    return near ? ll_fail(e, LL_USAGE, "no command '%s'; did you mean %s?", word, near)
                : ll_fail(e, LL_USAGE, "no command '%s'; `help` lists them", word);
}
