#include "core/commands/search/alpha.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/str.h"
#include "core/base/text/json.h"

/* What it derives: the choice of every position that alpha ends at, with what it pays for. */
static void add_mode(cJSON *result, const ll_search *s, int at)
{
    const ll_problem *p = s->problem;
    ll_str arch = {0}, says = {0};
    p->space->format(p->space, ll_arch(s->archs, at), &arch);
    ll_json_str(cJSON_GetObjectItemCaseSensitive(result, "alpha"), "mode", ll_str_text(&arch));
    ll_str_addf(&says, "alpha ends at %s: %s %.4g", ll_str_text(&arch), p->q[0].name,
                ll_search_values(s, at)[0]);
    for (int k = 1; k < p->n; k++)
        ll_str_addf(&says, ", %s %.4g%s%s", p->q[k].name, ll_search_values(s, at)[k], p->q[k].unit ? " " : "",
                    p->q[k].unit ? p->q[k].unit : "");
    ll_result_note(result, "%s", ll_str_text(&says));
    ll_str_free(&arch);
    ll_str_free(&says);
}

void ll_search_add_alpha(cJSON *result, const ll_search *s)
{
    const ll_trace *t = &s->trace;
    if (!t->p) return;
    ll_trace_result(t, s->problem->space, result);
    ll_json_num(result, "explained", 100 * t->explained);
    ll_json_num(result, "alpha_expected", t->latest.expected);
    ll_json_num(result, "alpha_drawn", t->latest.drawn);
    ll_result_note(result,
                   "expected: %s by a lookup table of positions and choices that explains %.4g %% of the "
                   "variance of the %d predictions it was fitted to",
                   t->name, 100 * t->explained, t->draws);
    if (t->latest.mode >= 0) add_mode(result, s, t->latest.mode);
}

int ll_search_choice(const ll_search *s)
{
    bool limited = false;
    for (int k = 1; k < s->problem->n; k++) limited |= s->problem->q[k].max < INFINITY;
    bool weighed = s->trace.p && s->options->lambda >= 0 && !limited;
    return weighed && s->trace.latest.mode >= 0 ? s->trace.latest.mode : s->best;
}
