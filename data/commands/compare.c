/* compare: predictors against each other on the same tasks, samples and budget, kept in the results database. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/app.h"
#include "core/app/output.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/commands/predicted.h"
#include "core/commands/score/experiment_plan.h"
#include "core/num/sort.h"
#include "core/num/stats.h"
#include "core/num/wilcoxon.h"
#include "data/commands/commands.h"
#include "data/commands/compare_search.h"
#include "data/results/plan_context.h"
#include "data/results/results.h"

/* --- compare: run --- */

typedef struct run {
    ll_request *rq;
    ll_plan plan;
    ll_results *db;
    ll_plan_search search;
    ll_trial *trials; /* all that landed */
    int n, cap, recalled;
    ll_error error; /* of the first result that could not be stored */
    char *out;      /* file for the tables; NULL: none, or not yet all of them */
} run;

static bool recall(void *ctx, ll_trial *t)
{
    run *r = ctx;
    ll_trial_context c = ll_plan_context(&r->plan, t);
    return ll_results_recall(r->db, &c, t) && ll_compare_search_recall(&r->search, r->db, &c, t);
}

static ll_status inspect(void *ctx, ll_trial *t, const ll_transfer *transfer, ll_error *e)
{
    return ll_plan_search_run(&((run *)ctx)->search, t, transfer, e);
}

static void forget(void *ctx, ll_trial *t)
{
    ll_plan_search_forget(t);
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
    ll_plan_search_count(&r->search, t);
    if (recalled || r->error.status) return;
    ll_trial_context c = ll_plan_context(&r->plan, t);
    if (ll_results_store(r->db, &c, t, &r->error) ||
        ll_compare_search_store(&r->search, r->db, &c, t, &r->error))
        ll_warn(r->rq, "results are not kept from here on: %s", r->error.message);
}

/* --- compare: table --- */

typedef struct group { /* task x sampler x k x predictor */
    const ll_trial *first;
    double *spearman; /* (n), ordered by seed and device: pairs with the other groups' */
    int n;
    double mean, std, cost, mape, median_ape, coverage, rank, p_best;
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
    double s = trials > 1 ? ll_std(mean, trials) : NAN;
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
    group g = {.first = first};
    ll_trial *own = LL_NEW_ARRAY(ll_trial, r->n);
    for (int i = 0; i < r->n; i++)
        if (same_cell(&r->trials[i], first) && r->trials[i].predictor == first->predictor)
            own[g.n++] = r->trials[i];
    qsort(own, (size_t)g.n, sizeof *own, by_pairing);
    g.spearman = LL_NEW_ARRAY(double, g.n);
    for (int i = 0; i < g.n; i++) {
        g.spearman[i] = own[i].metrics.spearman;
        g.cost += (double)own[i].cost / g.n;
        g.mape += own[i].metrics.mape / g.n;
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

static void group_row(cJSON *result, cJSON *rows, double level, const group *g)
{
    cJSON *row = ll_json_obj(rows, NULL);
    const ll_trial *t = g->first;
    ll_str whose = {0};
    ll_str_addf(&whose, "%s on %s by %s, k = %d", t->predictor->name, t->task->name, t->sampler->name, t->k);
    ll_predicted_judge(result, ll_str_text(&whose), g->coverage, level, t->metrics.n);
    ll_str_free(&whose);
    ll_json_str(row, "task", g->first->task->name);
    ll_json_str(row, "sampler", g->first->sampler->name);
    ll_json_int(row, "k", g->first->k);
    ll_json_str(row, "predictor", g->first->predictor->name);
    ll_json_num(row, "spearman", g->mean);
    ll_json_num(row, "std", g->std);
    ll_json_num(row, "cost", g->cost);
    ll_json_num(row, "mape", g->mape);
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
    return ll_by_number(x->rank / x->cells, y->rank / y->cells);
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

/* --- compare: one line a predictor and size, one column a task --- */

typedef struct line {
    const ll_predictor *predictor;
    const ll_sampler *sampler;
    int k, cells;
    double *mean; /* (n_tasks), NaN: nothing there */
    bool *best;   /* (n_tasks) */
    double cost;  /* sum over cells */
} line;

typedef struct matrix {
    const ll_experiment *x;
    line *lines;
    int n;
} matrix;

static int task_index(const ll_experiment *x, const ll_task *task)
{
    int i = 0;
    while (x->tasks[i] != task) i++;
    return i;
}

static void add_to_matrix(matrix *m, const group *g)
{
    const ll_trial *t = g->first;
    int i = 0, n_tasks = m->x->n_tasks, task = task_index(m->x, t->task);
    while (i < m->n && !(m->lines[i].predictor == t->predictor && m->lines[i].sampler == t->sampler &&
                         m->lines[i].k == t->k))
        i++;
    if (i == m->n) {
        m->lines = ll_realloc(m->lines, (size_t)m->n + 1, sizeof *m->lines);
        m->lines[m->n++] = (line){
            t->predictor, t->sampler, t->k, 0, LL_NEW_ARRAY(double, n_tasks), LL_NEW_ARRAY(bool, n_tasks), 0};
        for (int j = 0; j < n_tasks; j++) m->lines[i].mean[j] = NAN;
    }
    m->lines[i].mean[task] = g->mean;
    m->lines[i].best[task] = g->best;
    m->lines[i].cost += g->cost;
    m->lines[i].cells++;
}

static void free_matrix(matrix *m)
{
    for (int i = 0; i < m->n; i++) {
        free(m->lines[i].mean);
        free(m->lines[i].best);
    }
    free(m->lines);
}

/* Mean over the tasks; NaN when one is missing, for then it could not be compared. */
static double line_mean(const line *l, int n_tasks)
{
    return l->cells == n_tasks ? ll_mean(l->mean, n_tasks) : NAN;
}

/* ".964", "-.120", "1.000": narrow, as papers print them. */
static char *score_text(double x, const char *before, const char *after)
{
    char digits[16];
    ll_str b = {0};
    if (isnan(x)) return ll_strdup("");
    snprintf(digits, sizeof digits, "%.3f", fabs(x));
    bool minus = x < 0 && strcmp(digits, "0.000");
    ll_str_addf(&b, "%s%s%s%s", before, minus ? "-" : "", digits + (*digits == '0'), after);
    return ll_str_take(&b);
}

static void line_row(cJSON *rows, const line *l, const ll_experiment *x)
{
    cJSON *row = ll_json_obj(rows, NULL);
    ll_json_str(row, "predictor", l->predictor->name);
    ll_json_str(row, "sampler", l->sampler->name);
    ll_json_int(row, "k", l->k);
    ll_json_num(row, "cost", l->cost / l->cells);
    for (int i = 0; i < x->n_tasks; i++) {
        char *text = score_text(l->mean[i], "", l->best[i] ? "*" : "");
        ll_json_str(row, x->tasks[i]->name, text);
        free(text);
    }
    char *mean = score_text(line_mean(l, x->n_tasks), "", "");
    ll_json_str(row, "mean", mean);
    free(mean);
}

static void emit_matrix(ll_request *rq, const matrix *m)
{
    const ll_experiment *x = m->x;
    int n = 0;
    ll_column *columns = LL_NEW_ARRAY(ll_column, x->n_tasks + 6);
    cJSON *result = ll_result_new("compare_tasks");
    columns[n++] = (ll_column){"predictor", "predictor", NULL, -1};
    if (x->n_samplers > 1) columns[n++] = (ll_column){"sampler", "sampler", NULL, -1};
    columns[n++] = (ll_column){"k", "k", NULL, 0};
    columns[n++] = (ll_column){"cost", "cost", NULL, 0};
    for (int i = 0; i < x->n_tasks; i++)
        columns[n++] = (ll_column){x->tasks[i]->name, x->tasks[i]->name, NULL, -1};
    columns[n++] = (ll_column){"mean", "mean", NULL, -1};
    ll_json_str(result, "title", "Spearman by task");
    ll_result_columns(result, columns);
    cJSON *rows = ll_json_arr(result, "rows");
    for (int i = 0; i < m->n; i++) line_row(rows, &m->lines[i], x);
    ll_emit(rq, result);
    free(columns);
}

static void write_line(FILE *f, const line *l, const ll_experiment *x)
{
    fprintf(f, "| `%s` |", l->predictor->name);
    if (x->n_samplers > 1) fprintf(f, " %s |", l->sampler->name);
    fprintf(f, " %d | %g |", l->k, l->cost / l->cells);
    for (int i = 0; i <= x->n_tasks; i++) {
        bool best = i < x->n_tasks && l->best[i];
        char *text = score_text(i < x->n_tasks ? l->mean[i] : line_mean(l, x->n_tasks), best ? "**" : "",
                                best ? "**" : "");
        fprintf(f, " %s |", text);
        free(text);
    }
    fputc('\n', f);
}

static void write_matrix(const matrix *m, FILE *f)
{
    const ll_experiment *x = m->x;
    fprintf(f, "| predictor |%s k | cost |", x->n_samplers > 1 ? " sampler |" : "");
    for (int i = 0; i < x->n_tasks; i++) fprintf(f, " %s |", x->tasks[i]->name);
    fputs(" mean |\n|", f);
    for (int i = 0; i < x->n_tasks + 4 + (x->n_samplers > 1); i++) fputs("---|", f);
    fputc('\n', f);
    for (int i = 0; i < m->n; i++) write_line(f, &m->lines[i], x);
}

/* --- compare: all together --- */

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

static cJSON *new_table(const run *r)
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
                                        {"mape", "MAPE", "%", 2},
                                        {"median_ape", "median APE", "%", 2},
                                        {"coverage", "coverage", NULL, 3},
                                        {"n", "n", NULL, 0},
                                        {0}};
    cJSON *result = ll_result_new("compare");
    ll_json_str(result, "protocol", ll_protocol_name(r->plan.x.protocol));
    ll_json_bool(result, "budget", r->plan.x.budget);
    ll_json_int(result, "trials", r->plan.x.trials);
    ll_json_int(result, "landed", r->n);
    ll_json_int(result, "recalled", r->recalled);
    ll_result_columns(result, columns);
    ll_json_str(ll_json_arr(result, "notes"), NULL,
                "mean over devices, std over trials; * : better than every other, Wilcoxon signed-rank over "
                "device x trial, p < .05");
    return result;
}

static ll_status write_tables(const run *r, const matrix *m, const char *path)
{
    ll_request *rq = r->rq;
    ll_writer w;
    ll_status s = ll_writer_open(&w, path, &rq->error);
    if (s) return s;
    write_matrix(m, w.f);
    ll_plan_search_write(&r->search, ll_bool(&rq->args, "devices"), w.f, r->trials, r->n);
    return ll_writer_commit(&w, &rq->error);
}

static ll_status write_out(const run *r, const matrix *m)
{
    ll_status s = r->out ? write_tables(r, m, r->out) : LL_OK;
    if (r->out && !s) ll_note(r->rq, "the table of tasks is in %s", r->out);
    return s;
}

static ll_status emit_compare(run *r)
{
    group *g = LL_NEW_ARRAY(group, r->plan.x.n_predictors);
    total *totals = LL_NEW_ARRAY(total, r->plan.x.n_predictors);
    matrix m = {.x = &r->plan.x};
    int n_totals = 0;
    cJSON *result = new_table(r), *rows = ll_json_arr(result, "rows");
    for (int at = 0; at < r->n; at++) {
        int n = cell_groups(r, at, g);
        rank_cell(g, n);
        for (int i = 0; i < n; i++) {
            group_row(result, rows, r->plan.x.level, &g[i]);
            add_total(totals, &n_totals, &g[i]);
            add_to_matrix(&m, &g[i]);
            free(g[i].spearman);
        }
    }
    ll_emit(r->rq, result);
    if (r->plan.x.n_tasks > 1) emit_matrix(r->rq, &m);
    if (n_totals > 1) emit_totals(r->rq, totals, n_totals);
    ll_plan_search_emit(&r->search, r->rq, r->trials, r->n);
    ll_status s = write_out(r, &m);
    free_matrix(&m);
    free(g);
    free(totals);
    return s;
}

/* A database that may not be written has what it has: that is shown, and nothing is computed which could not be kept. */
static ll_status run_trials(run *r)
{
    ll_request *rq = r->rq;
    ll_experiment *x = &r->plan.x;
    bool fresh = ll_bool(&rq->more, "fresh");
    x->recall_only = ll_results_read_only(r->db);
    if (x->recall_only && fresh)
        return LL_FAIL(rq, LL_FAILED, "the results database is read-only; results=FILE names another one");
    x->recall = fresh ? NULL : recall;
    x->landed = landed;
    x->inspect = r->search.on ? inspect : NULL;
    x->forget = forget;
    x->ctx = r;
    ll_status s = ll_experiment_run(x, &rq->error);
    if (s != LL_FAILED || !x->recall_only) return s;
    ll_error missing = rq->error;
    return LL_FAIL(rq, LL_FAILED, "the results database is read-only, and %s; results=FILE names another one",
                   missing.message);
}

ll_status ll_run_compare(ll_request *rq)
{
    run r = {.rq = rq};
    const char *out = ll_word(&rq->more, "out");
    ll_status s = ll_plan_read(rq, &r.plan);
    if (!s && out) s = ll_output_new(rq, out, &r.out);
    if (!s) s = ll_plan_search_read(rq, &r.plan, &r.search);
    if (!s) s = ll_open_results(rq, &rq->more, true, &r.db);
    if (!s) s = run_trials(&r);
    if (s == LL_CANCELLED && !r.error.status)
        ll_note(rq, "%d %s are kept; the same command goes on from there", r.n,
                ll_noun(r.n, "trial", "trials"));
    if (s == LL_CANCELLED) { /* the same command must find the file's place free */
        free(r.out);
        r.out = NULL;
        if (r.n) emit_compare(&r);
    }
    if (r.n && !s) s = emit_compare(&r);
    if (!s && r.error.status) {
        rq->error = r.error;
        s = r.error.status;
    }
    ll_results_close(r.db);
    for (int i = 0; i < r.n; i++) ll_plan_search_forget(&r.trials[i]);
    free(r.trials);
    free(r.out);
    ll_plan_search_free(&r.search);
    ll_plan_free(&r.plan);
    return s;
}

/* Beside the options of an experiment. */
const ll_option *ll_compare_more(char *const *words, int n)
{
    static const ll_option more[] = {
        LL_OPT_BOOL("fresh", "off", "compute every trial again"),
        LL_OPT_WORD("results", NULL, "another database than the usual one", LL_OF(FILE)),
        LL_OPT_WORD("out", NULL, "write the table of tasks to this file, as Markdown", LL_OF_OUTPUT),
        LL_OPT_FORCE,
        LL_PLAN_SEARCH_OPTIONS,
        {0},
    };
    return more;
}
