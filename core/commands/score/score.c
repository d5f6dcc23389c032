/* score: tasks x predictors x samplers x k x trials, as one table. */
#include <stdlib.h>
#include <string.h>

#include "core/app/app.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/commands/commands.h"
#include "core/commands/predicted.h"
#include "core/commands/score/experiment_plan.h"
#include "core/commands/score/experiment_search.h"
#include "core/num/stats.h"

/* One line of the table: a task x predictor x sampler x k; per trial the mean over its target devices. */
typedef struct cell {
    const ll_task *task;
    const ll_predictor *predictor;
    const ll_sampler *sampler;
    int k, trials;
    double *spearman, *kendall, *mape, *median_ape, *coverage; /* (trials): sums over devices, then means */
    int *devices;                                              /* (trials) */
    double cost;
    int n, scored; /* trials and devices; latencies of the last of them */
} cell;

typedef struct table {
    ll_request *rq;
    const ll_plan *plan;
    cell *cells;
    int n_cells;
    cJSON *device_rows; /* per device, when asked for */
    ll_plan_search search;
    ll_trial *trials; /* with search=on */
    int n_trials;
} table;

static cell *find_cell(table *t, const ll_trial *trial)
{
    for (int i = 0; i < t->n_cells; i++) {
        cell *c = &t->cells[i];
        if (c->task == trial->task && c->predictor == trial->predictor && c->sampler == trial->sampler &&
            c->k == trial->k)
            return c;
    }
    int n = t->plan->x.trials;
    t->cells = ll_realloc(t->cells, (size_t)t->n_cells + 1, sizeof *t->cells);
    cell *c = &t->cells[t->n_cells++];
    *c = (cell){trial->task,
                trial->predictor,
                trial->sampler,
                trial->k,
                n,
                LL_NEW_ARRAY(double, n),
                LL_NEW_ARRAY(double, n),
                LL_NEW_ARRAY(double, n),
                LL_NEW_ARRAY(double, n),
                LL_NEW_ARRAY(double, n),
                LL_NEW_ARRAY(int, n),
                0,
                0,
                0};
    return c;
}

static ll_status inspect(void *ctx, ll_trial *trial, const ll_transfer *transfer, ll_error *e)
{
    return ll_plan_search_run(&((table *)ctx)->search, trial, transfer, e);
}

static void forget(void *ctx, ll_trial *trial)
{
    ll_plan_search_forget(trial);
}

/* The tables of searches are made of all trials. */
static void keep(table *t, const ll_trial *trial)
{
    if (!t->trials) t->trials = LL_NEW_ARRAY(ll_trial, ll_experiment_size(&t->plan->x));
    t->trials[t->n_trials++] = *trial;
    ll_plan_search_count(&t->search, trial);
}

static void landed(void *ctx, const ll_trial *trial, bool recalled)
{
    table *t = ctx;
    if (t->search.on) keep(t, trial);
    cell *c = find_cell(t, trial);
    int at = (int)(trial->seed - t->plan->x.first_seed);
    c->spearman[at] += trial->metrics.spearman;
    c->kendall[at] += trial->metrics.kendall;
    c->mape[at] += trial->metrics.mape;
    c->median_ape[at] += trial->metrics.median_ape;
    c->coverage[at] += trial->metrics.coverage;
    c->devices[at]++;
    c->cost += trial->cost;
    c->scored = trial->metrics.n;
    c->n++;
    if (!t->device_rows) return;
    cJSON *row = ll_json_obj(t->device_rows, NULL);
    ll_json_str(row, "task", trial->task->name);
    ll_json_str(row, "predictor", trial->predictor->name);
    ll_json_str(row, "sampler", trial->sampler->name);
    ll_json_int(row, "k", trial->k);
    ll_json_num(row, "seed", (double)trial->seed);
    ll_json_str(row, "device", trial->data->devices[trial->device].name);
    ll_json_int(row, "cost", trial->cost);
    ll_metrics_json(&trial->metrics, row);
}

static double mean_over_devices(const cell *c, double *sums)
{
    for (int i = 0; i < c->trials; i++) sums[i] /= c->devices[i] ? c->devices[i] : 1;
    return ll_mean(sums, c->trials);
}

static void cell_row(cJSON *result, cJSON *rows, double level, cell *c)
{
    cJSON *row = ll_json_obj(rows, NULL);
    double coverage = mean_over_devices(c, c->coverage);
    ll_str whose = {0};
    ll_str_addf(&whose, "%s on %s by %s, k = %d", c->predictor->name, c->task->name, c->sampler->name, c->k);
    ll_predicted_judge(result, ll_str_text(&whose), coverage, level, c->scored);
    ll_str_free(&whose);
    ll_json_str(row, "task", c->task->name);
    ll_json_str(row, "predictor", c->predictor->name);
    ll_json_str(row, "sampler", c->sampler->name);
    ll_json_int(row, "k", c->k);
    ll_json_num(row, "cost", c->n ? c->cost / c->n : NAN);
    ll_json_num(row, "spearman", mean_over_devices(c, c->spearman));
    ll_json_num(row, "std", c->trials > 1 ? ll_std(c->spearman, c->trials) : NAN);
    ll_json_num(row, "kendall", mean_over_devices(c, c->kendall));
    ll_json_num(row, "mape", mean_over_devices(c, c->mape));
    ll_json_num(row, "median_ape", mean_over_devices(c, c->median_ape));
    ll_json_num(row, "coverage", coverage);
    ll_json_int(row, "trials", c->trials);
    ll_json_int(row, "devices", c->task->target.n);
}

static void free_cells(table *t)
{
    for (int i = 0; i < t->n_cells; i++) {
        free(t->cells[i].spearman);
        free(t->cells[i].kendall);
        free(t->cells[i].mape);
        free(t->cells[i].median_ape);
        free(t->cells[i].coverage);
        free(t->cells[i].devices);
    }
    free(t->cells);
}

static const ll_column columns[] = {{"task", "task", NULL, -1},        {"predictor", "predictor", NULL, -1},
                                    {"sampler", "sampler", NULL, -1},  {"k", "k", NULL, 0},
                                    {"cost", "cost", NULL, 0},         {"spearman", "Spearman", NULL, 4},
                                    {"std", "std", NULL, 4},           {"kendall", "Kendall", NULL, 4},
                                    {"mape", "MAPE", "%", 2},          {"median_ape", "median APE", "%", 2},
                                    {"coverage", "coverage", NULL, 3}, {"trials", "trials", NULL, 0},
                                    {"devices", "devices", NULL, 0},   {0}};

static ll_status run_score(ll_request *rq)
{
    ll_plan plan;
    ll_status s = ll_plan_read(rq, &plan);
    table t = {.rq = rq, .plan = &plan};
    cJSON *result = ll_result_new("score");
    if (!s) s = ll_plan_search_read(rq, &plan, &t.search);
    if (!s) {
        ll_json_str(result, "protocol", ll_protocol_name(plan.x.protocol));
        ll_json_bool(result, "budget", plan.x.budget);
        ll_json_int(result, "trials", plan.x.trials);
        ll_json_num(result, "first_seed", (double)plan.x.first_seed);
        ll_json_int(result, "n", plan.x.n);
        ll_result_columns(result, columns);
        if (ll_bool(&rq->args, "devices")) t.device_rows = ll_json_arr(result, "by_device");
        plan.x.landed = landed;
        plan.x.inspect = t.search.on ? inspect : NULL;
        plan.x.forget = forget;
        plan.x.ctx = &t;
        s = ll_experiment_run(&plan.x, &rq->error);
    }
    if (!s) {
        cJSON *rows = ll_json_arr(result, "rows");
        for (int i = 0; i < t.n_cells; i++) cell_row(result, rows, plan.x.level, &t.cells[i]);
        ll_emit(rq, result);
        ll_plan_search_emit(&t.search, rq, t.trials, t.n_trials);
    } else {
        cJSON_Delete(result);
    }
    free_cells(&t);
    for (int i = 0; i < t.n_trials; i++) ll_plan_search_forget(&t.trials[i]);
    free(t.trials);
    ll_plan_search_free(&t.search);
    ll_plan_free(&plan);
    return s;
}

static const ll_option *more_options(char *const *words, int n)
{
    static const ll_option more[] = {LL_PLAN_SEARCH_OPTIONS, {0}};
    return more;
}

const ll_command ll_score_commands[] = {
    {.name = "score",
     .group = "compare",
     .summary = "Score predictors over tasks, samplers, sample sizes and trials",
     .options = ll_plan_options,
     .flags = LL_CMD_LONG | LL_CMD_NO_UNDO,
     .run = run_score,
     .more_options = more_options,
     .help = "Every trial pretrains with its own seed unless pretrain_seeds says how many to share, draws "
             "its own samples\n"
             "and is scored on all other measured architectures. Each line is the mean over the target "
             "devices of a\n"
             "task, then mean and standard deviation over trials. search=on also searches with what each "
             "trial adapted,\n"
             "as `compare` does, which keeps the results.",
     .examples =
         "  score tasks=ND predictors=gp k=5,10,20 samplers=random,dopt trials=10\n"
         "  score tasks=ND,FD data=nb201,fbnet predictors=gp,nasflat trials=2 with=nasflat.epochs=50"},
    {0},
};
