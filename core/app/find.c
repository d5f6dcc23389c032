/* The command that a word means. */
#include "core/app/app.h"
#include "core/base/text/near.h"

ll_status ll_app_need_command(const ll_app *a, const char *word, const ll_command **out, ll_error *e)
{
    *out = ll_app_find(a, word);
    if (*out) return LL_OK;
    ll_near near = ll_near_to(word);
    for (int i = 0; ll_app_command_at(a, i); i++) ll_near_offer(&near, ll_app_command_at(a, i)->name);
    return ll_near_fail(&near, e, LL_USAGE, "`help` lists them", "no command '%s'", word);
}
