/* Sweeps of compare: cells of an experiment, results in a database. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/base/text/quote.h"
#include "core/commands/score/experiment_plan.h"
#include "data/commands/commands.h"
#include "data/sweep/commands/kind.h"

static const ll_option *plan_options(void)
{
    enum { MOST = 40 };
    static ll_option all[MOST] = {
        LL_OPT_WORD("results", NULL, "database by whose results cells are estimated", LL_OF(FILE))};
    int n = 1;
    for (const ll_option *o = ll_plan_options; o->name && n < MOST - 1; o++) all[n++] = *o;
    return all;
}

static const ll_option merge_options[] = {
    LL_OPT_WORD("results", NULL, "compare: another database than the usual one", LL_OF(FILE)),
    {0},
};

/* --- plan --- */

/* The options as given; the dataset that is loaded is one of the plan's, since where it runs none is. */
static ll_status take_options(ll_request *rq, ll_request *inner, ll_sweep_plan *p)
{
    static const char *const but[] = {"data", NULL};
    ll_str data = {0};
    ll_status s = ll_sweep_keep_all(rq, ll_plan_options, but, inner, p);
    if (rq->state.data) ll_list_add(&data, rq->state.data->name);
    if (ll_given(&rq->more, "data")) {
        if (data.len) ll_str_addc(&data, ',');
        ll_str_add(&data, ll_sweep_marked(rq, "data"));
    }
    if (!s && data.len) s = ll_sweep_keep(rq, "data", ll_str_text(&data), inner, p);
    ll_str_free(&data);
    return s;
}

static void add_data(const ll_plan *x, ll_sweep_plan *p)
{
    for (int i = 0; i < x->n_datasets; i++) {
        ll_str b = {0};
        ll_str_addf(&b, "%s %s", x->datasets[i]->hash.hex, x->datasets[i]->name);
        ll_strs_take(&p->data, ll_str_take(&b));
    }
}

static ll_status known_results(ll_request *rq, ll_results **out)
{
    char *path =
        ll_has(&rq->more, "results") ? ll_path_expand(ll_word(&rq->more, "results")) : ll_results_path();
    ll_status s = LL_OK;
    *out = NULL;
    if (ll_is_file(path)) s = ll_results_open(path, out, &rq->error);
    free(path);
    return s;
}

static ll_status plan_cells(ll_request *rq, ll_sweep_plan *p)
{
    ll_request inner = ll_sweep_inner(rq, ll_plan_options);
    ll_plan x = {0};
    ll_results *known = NULL;
    ll_status s = LL_OK;
    if (!ll_given(&rq->more, "tasks"))
        s = LL_FAIL(rq, LL_USAGE,
                    "a plan names its tasks: tasks=ND,N1; `task list` shows the published ones");
    if (!s) s = take_options(rq, &inner, p);
    if (!s && (s = ll_plan_read(&inner, &x))) rq->error = inner.error;
    if (!s) s = known_results(rq, &known);
    if (!s) s = ll_sweep_plan_make(&x, known, p->minutes, p, &rq->error);
    if (!s) add_data(&x, p);
    ll_results_close(known);
    ll_plan_free(&x);
    ll_values_free(&inner.args);
    return s;
}

/* --- run --- */

typedef struct spread {
    ll_request inner;
    ll_plan x;
    ll_sweep_work work;
} spread;

/* The plan's experiment as it is here and now. */
static ll_status read_experiment(ll_request *inner, const ll_sweep_plan *p, const char *path, ll_plan *x)
{
    ll_sweep_plan now = {0};
    ll_status s = LL_OK;
    for (int i = 0; i < p->options.n && !s; i++) s = ll_sweep_set(inner, p->options.v[i], &inner->error);
    if (!s) s = ll_plan_read(inner, x);
    if (!s) s = ll_sweep_plan_make(x, NULL, p->minutes, &now, &inner->error);
    if (!s) {
        add_data(x, &now);
        s = ll_sweep_plan_same(p, &now, path, &inner->error);
    }
    ll_sweep_plan_free(&now);
    return s;
}

static ll_status open_work(ll_request *rq, const char *path, const ll_sweep_plan *p, void **self,
                           ll_sweep_work *out)
{
    spread *w = LL_NEW(spread);
    *self = w;
    w->inner = ll_sweep_inner(rq, ll_plan_options);
    w->inner.state.data = NULL; /* what is loaded here is no part of the plan */
    w->inner.state.task = NULL;
    ll_status s = read_experiment(&w->inner, p, path, &w->x);
    rq->error = w->inner.error;
    *out = w->work = ll_sweep_experiment(&w->x);
    return s;
}

static void close_work(void *self)
{
    spread *w = self;
    if (!w) return;
    ll_sweep_experiment_free(&w->work);
    ll_plan_free(&w->x);
    ll_values_free(&w->inner.args);
    free(w);
}

/* --- merge --- */

static void emit_merged(ll_request *rq, int files, int missing, const ll_merged *all)
{
    static const ll_column columns[] = {{"files", "files", NULL, 0},
                                        {"trials", "new trials", NULL, 0},
                                        {"known", "known", NULL, 0},
                                        {"missing", "tasks missing", NULL, 0},
                                        {0}};
    cJSON *result = ll_result_new("sweep_merge");
    ll_json_int(result, "files", files);
    ll_json_int(result, "trials", all->trials);
    ll_json_int(result, "searches", all->searches);
    ll_json_int(result, "known", all->known);
    ll_json_int(result, "missing", missing);
    ll_result_columns(result, columns);
    ll_emit(rq, result);
}

static ll_status merge(ll_request *rq, const char *path, const ll_sweep_plan *p, const ll_strs *files,
                       int missing)
{
    ll_results *db = NULL;
    ll_merged all = {0};
    int done = 0;
    ll_status s = ll_open_results(rq, &rq->more, true, &db);
    if (!s) s = ll_results_merge_all(db, files, rq->observer, &all, &done, &rq->error);
    if (!s || done) emit_merged(rq, done, missing, &all);
    ll_results_close(db);
    return s;
}

/* --- memory --- */

/* The tables of its datasets, and beside them what predictors make of them: of each latency and architecture some tens of
 * numbers at a time. */
static double memory_mb(ll_request *rq, const ll_sweep_plan *p)
{
    enum { BYTES_A_LATENCY = 24, BYTES_AN_ARCH = 16384 };
    double bytes = 0;
    for (int i = 0; i < p->data.n; i++) {
        ll_dataset *d;
        if (ll_data_find(rq->app, p->data.v[i] + 33, &d, NULL)) continue;
        bytes += (double)d->n_archs * (BYTES_A_LATENCY * (double)d->n_devices + BYTES_AN_ARCH);
        ll_dataset_unref(d);
    }
    return bytes / (1 << 20);
}

const ll_sweep_kind ll_sweep_of_compare = {.command = "compare",
                                           .suffix = ".sqlite",
                                           .options = plan_options,
                                           .plan = plan_cells,
                                           .open = open_work,
                                           .close = close_work,
                                           .merge = merge,
                                           .merge_options = merge_options,
                                           .merges_many = true,
                                           .memory_mb = memory_mb};
