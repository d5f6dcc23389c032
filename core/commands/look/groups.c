#include "core/commands/look/groups.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"

ll_status ll_groups_read(ll_request *rq, const ll_linkage *tree, const int *order, ll_groups *out)
{
    *out = (ll_groups){0};
    if (!ll_option_find(rq->args.table, "cut") || !ll_has(&rq->args, "cut")) return LL_OK;
    if (ll_option_find(rq->args.table, "order") && !ll_is(&rq->args, "order", "cluster"))
        return LL_FAIL(rq, LL_USAGE, "cut= shows groups in the order of the tree: order=cluster");
    double cut = ll_real(&rq->args, "cut");
    bool whole = cut == floor(cut) && cut >= 1;
    if (!whole && !(cut < 1))
        return LL_FAIL(rq, LL_USAGE,
                       "cut=%g: a number of groups (4), or a correlation below 1 (.8), was expected", cut);
    if (whole && cut > tree->n)
        return LL_FAIL(rq, LL_USAGE, "cut=%g: %d devices make at most %d groups", cut, tree->n, tree->n);
    out->of = LL_NEW_ARRAY(int, tree->n + 1);
    out->n = ll_linkage_cut(tree, whole ? (int)cut : 0, 1 - cut, order, out->of);
    return LL_OK;
}

void ll_groups_free(ll_groups *g)
{
    free(g->of);
    *g = (ll_groups){0};
}

typedef struct likeness {
    double sum, lowest;
    int pairs;
} likeness;

/* Of the pairs of a group's devices with those of another, or with each other. */
static likeness between(const ll_corr *c, const ll_groups *g, int a, int b)
{
    likeness l = {.lowest = NAN};
    for (int i = 0; i < c->devices.n; i++)
        for (int j = 0; j < c->devices.n; j++) {
            double r = ll_corr_at(c, i, j);
            bool pair = g->of[i] == a && g->of[j] == b && (a != b || j < i);
            if (!pair || isnan(r)) continue;
            l.sum += r;
            l.pairs++;
            l.lowest = fmin(l.lowest, r);
        }
    return l;
}

static double mean_of(const likeness *l)
{
    return l->pairs ? l->sum / l->pairs : NAN;
}

int ll_groups_loner(const ll_groups *g, const ll_corr *c)
{
    int loner = 0;
    double least = INFINITY;
    for (int a = 0; a < g->n; a++) {
        likeness all = {0};
        for (int b = 0; b < g->n; b++) {
            likeness l = between(c, g, a, b);
            if (b != a) all.sum += l.sum, all.pairs += l.pairs;
        }
        if (mean_of(&all) < least) least = mean_of(&all), loner = a;
    }
    return loner;
}

/* The other group that it is most like; -1: there is none. */
static int nearest_to(const ll_corr *c, const ll_groups *g, int group, double *r)
{
    int nearest = -1;
    *r = NAN;
    for (int b = 0; b < g->n; b++) {
        likeness l = between(c, g, group, b);
        if (b == group || !l.pairs || (nearest >= 0 && mean_of(&l) <= *r)) continue;
        nearest = b;
        *r = mean_of(&l);
    }
    return nearest;
}

static void add_group(cJSON *row, const ll_dataset *d, const ll_corr *c, const ll_groups *g, const int *order,
                      int group)
{
    double r;
    int n = 0, nearest = nearest_to(c, g, group, &r);
    likeness within = between(c, g, group, group);
    cJSON *devices;
    ll_json_int(row, "group", group + 1);
    for (int i = 0; i < c->devices.n; i++) n += g->of[i] == group;
    ll_json_int(row, "n", n);
    ll_json_num(row, "mean_r", mean_of(&within));
    ll_json_num(row, "lowest_r", within.lowest);
    if (nearest >= 0) ll_json_int(row, "nearest", nearest + 1);
    ll_json_num(row, "nearest_r", r);
    devices = ll_json_arr(row, "devices");
    for (int i = 0; i < c->devices.n; i++)
        if (g->of[order[i]] == group) ll_json_str(devices, NULL, d->devices[c->devices.v[order[i]]].name);
}

void ll_emit_groups(ll_request *rq, const ll_corr *c, const ll_groups *g, const int *order)
{
    static const ll_column columns[] = {{"group", "group", NULL, 0},
                                        {"n", "devices", NULL, 0},
                                        {"mean_r", "mean r within", NULL, 3},
                                        {"lowest_r", "lowest", NULL, 3},
                                        {"nearest", "most like group", NULL, 0},
                                        {"nearest_r", "mean r to it", NULL, 3},
                                        {"devices", "which", NULL, -1},
                                        {0}};
    cJSON *result = ll_result_new("groups");
    ll_str title = {0};
    ll_str_addf(&title, "%d %s of %s in %d %s", c->devices.n, ll_noun(c->devices.n, "device", "devices"),
                rq->state.data->name, g->n, ll_noun(g->n, "group", "groups"));
    ll_json_str(result, "title", title.s);
    ll_str_free(&title);
    ll_json_num(result, "cut", ll_real(&rq->args, "cut"));
    ll_json_str(result, "metric", ll_corr_metric_name(c->metric));
    ll_result_columns(result, columns);
    cJSON *rows = ll_json_arr(result, "rows");
    for (int i = 0; i < g->n; i++) add_group(ll_json_obj(rows, NULL), rq->state.data, c, g, order, i);
    ll_result_note(result, "groups by average linkage of 1 - r%s",
                   g->n > 1 ? "; `partition cut=... source=1 target=2` makes sides of them" : "");
    ll_emit(rq, result);
}
