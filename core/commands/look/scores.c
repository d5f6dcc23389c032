/* scores: what is known of the architectures beside their latencies. */
#include <stdlib.h>
#include <string.h>

#include "core/app/need.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/commands/look/look.h"
#include "core/device/scores.h"
#include "core/num/stats.h"

static const ll_column columns[] = {{"name", "score", NULL, -1},
                                    {"unit", "unit", NULL, -1},
                                    {"split", "split", NULL, -1},
                                    {"n", "known", NULL, 0},
                                    {"coverage", "cover", "%", 0},
                                    {"min", "min", NULL, 3},
                                    {"median", "median", NULL, 3},
                                    {"max", "max", NULL, 3},
                                    {"best", "best architecture", NULL, -1},
                                    {"source", "source", NULL, -1},
                                    {0}};

static int best_row(const ll_dataset *d, const ll_score *s)
{
    int best = -1;
    for (int i = 0; i < d->n_archs; i++)
        if (!isnan(s->v[i]) && (best < 0 || s->v[i] > s->v[best])) best = i;
    return best;
}

static void add_range(cJSON *row, const ll_dataset *d, const ll_score *s)
{
    int n = 0;
    double *known = LL_NEW_ARRAY(double, d->n_archs + 1);
    for (int i = 0; i < d->n_archs; i++)
        if (!isnan(s->v[i])) known[n++] = s->v[i];
    ll_json_int(row, "n", n);
    ll_json_num(row, "coverage", d->n_archs ? 100. * n / d->n_archs : NAN);
    ll_json_num(row, "min", n ? ll_quantile(known, n, 0) : NAN);
    ll_json_num(row, "median", n ? ll_quantile(known, n, .5) : NAN);
    ll_json_num(row, "max", n ? ll_quantile(known, n, 1) : NAN);
    free(known);
}

static void add_row(cJSON *row, const ll_dataset *d, const ll_score *s)
{
    int best = best_row(d, s);
    ll_str text = {0};
    if (best >= 0) d->space->format(d->space, ll_gene(d, best), &text);
    ll_json_str(row, "name", s->name);
    ll_json_str(row, "unit", s->unit ? s->unit : "");
    ll_json_str(row, "split", s->split ? s->split : "");
    add_range(row, d, s);
    ll_json_str(row, "best", ll_str_text(&text));
    ll_json_str(row, "source", s->source);
    ll_str_free(&text);
}

ll_status ll_run_scores(ll_request *rq)
{
    ll_status s = ll_need_data(rq);
    if (s) return s;
    if (ll_has(&rq->args, "against")) return ll_run_worth(rq);
    const ll_dataset *d = rq->state.data;
    cJSON *result = ll_result_new("scores");
    ll_result_columns(result, columns);
    cJSON *rows = ll_json_arr(result, "rows");
    for (int i = 0; i < d->n_scores; i++) add_row(ll_json_obj(rows, NULL), d, &d->scores[i]);
    if (!d->n_scores)
        ll_result_note(result, "%s has no scores: `import accuracy FILE into %s metric=NAME` brings them",
                       d->name, d->name);
    ll_emit(rq, result);
    return LL_OK;
}
