/* compare: predictors against each other on the same tasks, samples and budget, kept in the results database.
 * results: what is in it. */
#include <stdlib.h>
#include <string.h>

#include "core/app/app.h"
#include "core/app/experiment_plan.h"
#include "core/base/csv.h"
#include "core/base/fs.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/num/stats.h"
#include "core/num/wilcoxon.h"
#include "data/commands.h"
#include "data/results.h"

/* --- compare: run --- */

typedef struct run {
    ll_request *rq;
    ll_plan plan;
    ll_results *db;
    ll_trial *trials; /* all that landed */
    int n, cap, recalled;
    ll_error error; /* of the first result that could not be stored */
} run;

static int predictor_index(const run *r, const ll_predictor *p)
{
    int i = 0;
    while (r->plan.predictors[i] != p) i++;
    return i;
}

static ll_trial_context context_of(const run *r, const ll_trial *t)
{
    const ll_plan *plan = &r->plan;
    int p = predictor_index(r, t->predictor);
    ll_trial_context c = {.pretrain_options = &plan->pretrain_options[p],
                          .transfer_options = &plan->transfer_options[p],
                          .budget = plan->x.budget,
                          .level = plan->x.level};
    if (t->sampler->needs_prior) {
        int prior = ll_experiment_prior(&plan->x, &c.prior);
        if (prior >= 0) c.prior_options = &plan->pretrain_options[prior];
    }
    return c;
}

static bool recall(void *ctx, ll_trial *t)
{
    run *r = ctx;
    ll_trial_context c = context_of(r, t);
    return ll_results_recall(r->db, &c, t);
}

static void landed(void *ctx, const ll_trial *t, bool recalled)
{
    run *r = ctx;
    if (r->n == r->cap) {
        r->cap = r->cap ? 2 * r->cap : 256;
        r->trials = ll_realloc(r->trials, (size_t)r->cap, sizeof *r->trials);
    }
    r->trials[r->n++] = *t;
    r->recalled += recalled;
    if (recalled || r->error.status) return;
    ll_trial_context c = context_of(r, t);
    if (ll_results_store(r->db, &c, t, &r->error))
        ll_warn(r->rq, "results are not kept from here on: %s", r->error.message);
}

/* --- compare: table --- */

typedef struct group { /* task x sampler x k x predictor */
    const ll_trial *first;
    double *spearman; /* (n), ordered by seed and device: pairs with the other groups' */
    int n;
    double mean, std, cost, median_ape, coverage, rank, p_best;
    bool best;
} group;

static bool same_cell(const ll_trial *a, const ll_trial *b)
{
    return a->task == b->task && a->sampler == b->sampler && a->k == b->k;
}

/* Standard deviation over trials of the mean over devices. */
static double spread(const double *per_trial_device, int n, int devices)
{
    int trials = n / devices;
    double *mean = LL_NEW_ARRAY(double, trials);
    for (int t = 0; t < trials; t++) mean[t] = ll_mean(per_trial_device + t * devices, devices);
    double s = ll_std(mean, trials);
    free(mean);
    return s;
}

static int by_pairing(const void *a, const void *b)
{
    const ll_trial *x = a, *y = b;
    if (x->seed != y->seed) return x->seed < y->seed ? -1 : 1;
    return x->device - y->device;
}

static group make_group(const run *r, const ll_trial *first)
{
    group g = {.first = first, .median_ape = 0};
    ll_trial *own = LL_NEW_ARRAY(ll_trial, r->n);
    for (int i = 0; i < r->n; i++)
        if (same_cell(&r->trials[i], first) && r->trials[i].predictor == first->predictor)
            own[g.n++] = r->trials[i];
    qsort(own, (size_t)g.n, sizeof *own, by_pairing);
    g.spearman = LL_NEW_ARRAY(double, g.n);
    for (int i = 0; i < g.n; i++) {
        g.spearman[i] = own[i].metrics.spearman;
        g.cost += (double)own[i].cost / g.n;
        g.median_ape += own[i].metrics.median_ape / g.n;
        g.coverage += own[i].metrics.coverage / g.n;
    }
    g.mean = ll_mean(g.spearman, g.n);
    g.std = spread(g.spearman, g.n, first->task->target.n);
    free(own);
    return g;
}

/* Ranks within a cell and, against the best one, a paired test over device x trial. The best is marked only when it is
 * better than every other at p < .05. */
static void rank_cell(group *g, int n)
{
    int best = 0;
    for (int i = 0; i < n; i++) {
        g[i].rank = 1;
        for (int j = 0; j < n; j++)
            g[i].rank += g[j].mean > g[i].mean ? 1 : j != i && g[j].mean == g[i].mean ? .5 : 0;
        if (g[i].mean > g[best].mean) best = i;
    }
    g[best].best = n > 1;
    for (int i = 0; i < n; i++) {
        g[i].p_best =
            i == best ? NAN
                      : ll_wilcoxon(g[best].spearman, g[i].spearman, g[i].n < g[best].n ? g[i].n : g[best].n);
        if (i != best && !(g[i].p_best < .05)) g[best].best = false;
    }
}

static void group_row(cJSON *rows, const group *g)
{
    cJSON *row = ll_json_obj(rows, NULL);
    ll_json_str(row, "task", g->first->task->name);
    ll_json_str(row, "sampler", g->first->sampler->name);
    ll_json_int(row, "k", g->first->k);
    ll_json_str(row, "predictor", g->first->predictor->name);
    ll_json_num(row, "spearman", g->mean);
    ll_json_num(row, "std", g->std);
    ll_json_num(row, "cost", g->cost);
    ll_json_num(row, "median_ape", g->median_ape);
    ll_json_num(row, "coverage", g->coverage);
    ll_json_num(row, "rank", g->rank);
    ll_json_num(row, "p_best", g->p_best);
    ll_json_str(row, "best", g->best ? "*" : "");
    ll_json_int(row, "n", g->n);
}

/* One predictor over all cells: mean score and mean rank. */
typedef struct total {
    const ll_predictor *predictor;
    double spearman, rank;
    int cells, won;
} total;

static void add_total(total *all, int *n, const group *g)
{
    int i = 0;
    while (i < *n && all[i].predictor != g->first->predictor) i++;
    if (i == *n) all[(*n)++] = (total){.predictor = g->first->predictor};
    all[i].spearman += g->mean;
    all[i].rank += g->rank;
    all[i].cells++;
    all[i].won += g->best;
}

static int by_rank(const void *a, const void *b)
{
    const total *x = a, *y = b;
    double rx = x->rank / x->cells, ry = y->rank / y->cells;
    return (rx > ry) - (rx < ry);
}

static void emit_totals(ll_request *rq, total *all, int n)
{
    static const ll_column columns[] = {{"predictor", "predictor", NULL, -1},
                                        {"rank", "mean rank", NULL, 2},
                                        {"spearman", "mean Spearman", NULL, 4},
                                        {"won", "best at p < .05", NULL, 0},
                                        {"cells", "of", NULL, 0},
                                        {0}};
    cJSON *result = ll_result_new("ranking");
    ll_json_str(result, "title", "Over all tasks, samplers and sizes");
    ll_result_columns(result, columns);
    cJSON *rows = ll_json_arr(result, "rows");
    qsort(all, (size_t)n, sizeof *all, by_rank);
    for (int i = 0; i < n; i++) {
        cJSON *row = ll_json_obj(rows, NULL);
        ll_json_str(row, "predictor", all[i].predictor->name);
        ll_json_num(row, "rank", all[i].rank / all[i].cells);
        ll_json_num(row, "spearman", all[i].spearman / all[i].cells);
        ll_json_int(row, "won", all[i].won);
        ll_json_int(row, "cells", all[i].cells);
    }
    ll_emit(rq, result);
}

/* The groups of the cell that trial `at` begins, unless an earlier trial began it. */
static int cell_groups(const run *r, int at, group *out)
{
    int n = 0;
    for (int i = 0; i < at; i++)
        if (same_cell(&r->trials[i], &r->trials[at])) return 0;
    for (int p = 0; p < r->plan.x.n_predictors; p++)
        for (int i = at; i < r->n; i++)
            if (same_cell(&r->trials[i], &r->trials[at]) && r->trials[i].predictor == r->plan.predictors[p]) {
                out[n++] = make_group(r, &r->trials[i]);
                break;
            }
    return n;
}

static void emit_compare(run *r)
{
    static const ll_column columns[] = {{"task", "task", NULL, -1},
                                        {"sampler", "sampler", NULL, -1},
                                        {"k", "k", NULL, 0},
                                        {"predictor", "predictor", NULL, -1},
                                        {"spearman", "Spearman", NULL, 4},
                                        {"std", "std", NULL, 4},
                                        {"best", "", NULL, -1},
                                        {"rank", "rank", NULL, 1},
                                        {"p_best", "p vs best", NULL, 4},
                                        {"cost", "cost", NULL, 0},
                                        {"median_ape", "median APE", "%", 2},
                                        {"coverage", "coverage", NULL, 3},
                                        {"n", "n", NULL, 0},
                                        {0}};
    cJSON *result = ll_result_new("compare");
    group *g = LL_NEW_ARRAY(group, r->plan.x.n_predictors);
    total *totals = LL_NEW_ARRAY(total, r->plan.x.n_predictors);
    int n_totals = 0;
    ll_json_str(result, "protocol", ll_protocol_name(r->plan.x.protocol));
    ll_json_bool(result, "budget", r->plan.x.budget);
    ll_json_int(result, "trials", r->plan.x.trials);
    ll_json_int(result, "landed", r->n);
    ll_json_int(result, "recalled", r->recalled);
    ll_result_columns(result, columns);
    cJSON *rows = ll_json_arr(result, "rows");
    for (int at = 0; at < r->n; at++) {
        int n = cell_groups(r, at, g);
        rank_cell(g, n);
        for (int i = 0; i < n; i++) {
            group_row(rows, &g[i]);
            add_total(totals, &n_totals, &g[i]);
            free(g[i].spearman);
        }
    }
    cJSON *notes = ll_json_arr(result, "notes");
    ll_json_str(notes, NULL,
                "mean over devices, std over trials; * : better than every other, Wilcoxon signed-rank over "
                "device x trial, p < .05");
    ll_emit(r->rq, result);
    if (n_totals > 1) emit_totals(r->rq, totals, n_totals);
    free(g);
    free(totals);
}

static ll_status open_results(ll_request *rq, const ll_values *options, ll_results **out)
{
    char *path = ll_has(options, "results") ? ll_path_expand(ll_word(options, "results")) : ll_results_path();
    ll_status s = ll_results_open(path, out, &rq->error);
    free(path);
    return s;
}

ll_status ll_run_compare(ll_request *rq)
{
    run r = {.rq = rq};
    ll_status s = ll_plan_read(rq, &r.plan);
    if (!s) s = open_results(rq, &rq->more, &r.db);
    if (!s && ll_results_read_only(r.db))
        s = LL_FAIL(rq, LL_FAILED, "the results database is read-only; results=FILE names another one");
    if (!s) {
        r.plan.x.recall = ll_bool(&rq->more, "fresh") ? NULL : recall;
        r.plan.x.landed = landed;
        r.plan.x.ctx = &r;
        s = ll_experiment_run(&r.plan.x, &rq->error);
    }
    if (s == LL_CANCELLED && !r.error.status)
        ll_note(rq, "%d trials are kept; the same command goes on from there", r.n);
    if (r.n && (!s || s == LL_CANCELLED)) emit_compare(&r);
    if (!s && r.error.status) {
        rq->error = r.error;
        s = r.error.status;
    }
    ll_results_close(r.db);
    free(r.trials);
    ll_plan_free(&r.plan);
    return s;
}

/* --- results --- */

typedef struct listing {
    cJSON *rows;
    int most, n;
} listing;

static const ll_column result_columns[] = {{"task", "task", NULL, -1},
                                           {"device", "device", NULL, -1},
                                           {"predictor", "predictor", NULL, -1},
                                           {"sampler", "sampler", NULL, -1},
                                           {"k", "k", NULL, 0},
                                           {"cost", "cost", NULL, 0},
                                           {"seed", "seed", NULL, 0},
                                           {"protocol", "protocol", NULL, -1},
                                           {"spearman", "Spearman", NULL, 4},
                                           {"kendall", "Kendall", NULL, 4},
                                           {"median_ape", "median APE", "%", 2},
                                           {"coverage", "coverage", NULL, 3},
                                           {"scored", "n", NULL, 0},
                                           {0}};

static bool list_row(void *ctx, const ll_result_row *row)
{
    listing *l = ctx;
    if (l->n++ >= l->most) return true; /* go on counting */
    cJSON *o = ll_json_obj(l->rows, NULL);
    ll_json_str(o, "task", row->task);
    ll_json_str(o, "device", row->device);
    ll_json_str(o, "dataset", row->dataset);
    ll_json_str(o, "predictor", row->predictor);
    ll_json_str(o, "options", row->options);
    ll_json_str(o, "sampler", row->sampler);
    ll_json_int(o, "k", row->k);
    ll_json_int(o, "cost", row->cost);
    ll_json_bool(o, "budget", row->budget);
    ll_json_num(o, "seed", row->seed);
    ll_json_num(o, "pretrain_seed", row->pretrain_seed);
    ll_json_str(o, "protocol", row->protocol);
    ll_json_int(o, "scored", row->scored);
    ll_json_num(o, "spearman", row->spearman);
    ll_json_num(o, "kendall", row->kendall);
    ll_json_num(o, "pearson", row->pearson);
    ll_json_num(o, "rmse_ms", row->rmse_ms);
    ll_json_num(o, "mape", row->mape);
    ll_json_num(o, "median_ape", row->median_ape);
    ll_json_num(o, "coverage", row->coverage);
    ll_json_num(o, "width_ms", row->width_ms);
    return true;
}

/* A cell of an exported table: the member of a row as text. */
static char *cell_text(const cJSON *row, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(row, key);
    ll_str b = {0};
    if (cJSON_IsString(item))
        ll_str_add(&b, item->valuestring);
    else if (cJSON_IsNumber(item))
        ll_str_addf(&b, "%.6g", item->valuedouble);
    return ll_str_take(&b);
}

static void export_row(FILE *f, const cJSON *row, bool markdown)
{
    for (const ll_column *c = result_columns; c->key; c++) {
        char *text = cell_text(row, c->key);
        if (markdown)
            fprintf(f, "| %s ", text);
        else if (c != result_columns)
            fputc(',', f);
        if (!markdown) ll_csv_write(f, text);
        free(text);
    }
    fputs(markdown ? "|\n" : "\n", f);
}

static void export_lines(FILE *f, const cJSON *rows, bool markdown)
{
    const cJSON *row;
    for (const ll_column *c = result_columns; c->key; c++)
        fprintf(f, markdown ? "| %s " : c == result_columns ? "%s" : ",%s", c->key);
    fputs(markdown ? "|\n" : "\n", f);
    for (const ll_column *c = result_columns; markdown && c->key; c++) fputs("|---", f);
    if (markdown) fputs("|\n", f);
    cJSON_ArrayForEach(row, rows) export_row(f, row, markdown);
}

static ll_status export_rows(ll_request *rq, const cJSON *rows)
{
    ll_writer w;
    ll_status s = ll_writer_open(&w, ll_word(&rq->args, "out"), &rq->error);
    if (s) return s;
    if (ll_is(&rq->args, "format", "json")) {
        char *json = ll_json_text(rows);
        fprintf(w.f, "%s\n", json);
        cJSON_free(json);
    } else {
        export_lines(w.f, rows, ll_is(&rq->args, "format", "md"));
    }
    return ll_writer_commit(&w, &rq->error);
}

ll_status ll_run_results(ll_request *rq)
{
    ll_results *db;
    ll_status s = open_results(rq, &rq->args, &db);
    if (s) return s;
    bool exporting = ll_has(&rq->args, "out");
    cJSON *result = ll_result_new("results");
    ll_result_columns(result, result_columns);
    listing l = {ll_json_arr(result, "rows"), exporting ? 1 << 30 : ll_int(&rq->args, "most"), 0};
    ll_result_filter f = {ll_word(&rq->args, "task"), ll_word(&rq->args, "predictor"),
                          ll_word(&rq->args, "sampler"), ll_word(&rq->args, "device"),
                          ll_int(&rq->args, "k")};
    s = ll_results_each(db, &f, list_row, &l, &rq->error);
    ll_results_close(db);
    if (!s && exporting) s = export_rows(rq, l.rows);
    ll_json_int(result, "found", l.n);
    if (exporting) {
        ll_json_str(result, "out", ll_word(&rq->args, "out"));
        cJSON_ReplaceItemInObject(result, "rows", cJSON_CreateArray());
        if (!s) ll_note(rq, "%d results written to %s", l.n, ll_word(&rq->args, "out"));
    } else if (l.n > l.most) {
        ll_note(rq, "%d of %d results shown; most=N shows more", l.most, l.n);
    }
    if (s)
        cJSON_Delete(result);
    else
        ll_emit(rq, result);
    return s;
}

/* Beside the options of an experiment. */
const ll_option *ll_compare_more(char *const *words, int n)
{
    static const ll_option more[] = {
        {.name = "fresh", .type = LL_BOOL, .otherwise = "off", .help = "compute every trial again"},
        {.name = "results",
         .type = LL_WORD,
         .complete = LL_COMPLETE_FILE,
         .help = "another database than the usual one"},
        {0}};
    return more;
}

const ll_option ll_results_options[] = {
    {.name = "task", .type = LL_WORD, .complete = LL_COMPLETE_TASK, .help = "only this task (* and ? match)"},
    {.name = "predictor", .type = LL_WORD, .complete = LL_COMPLETE_PREDICTOR, .help = "only this predictor"},
    {.name = "sampler", .type = LL_WORD, .complete = LL_COMPLETE_SAMPLER, .help = "only this sampler"},
    {.name = "device", .type = LL_WORD, .complete = LL_COMPLETE_DEVICE, .help = "only this target device"},
    {.name = "k", .type = LL_INT, .lo = 1, .hi = 1e6, .help = "only this sample size"},
    {.name = "most", .type = LL_INT, .otherwise = "50", .lo = 1, .hi = 1e6, .help = "rows to show"},
    {.name = "format",
     .type = LL_CHOICE,
     .otherwise = "csv",
     .choices = "csv|md|json",
     .help = "of the exported file"},
    {.name = "out", .type = LL_WORD, .complete = LL_COMPLETE_FILE, .help = "write them to this file instead"},
    {.name = "results", .type = LL_WORD, .complete = LL_COMPLETE_FILE, .help = "another database"},
    {0},
};
