#include "core/transfer/experiment.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"

ll_status ll_draw_samples(const ll_dataset *d, int target, const ll_sampler *sampler, int k, uint64_t seed,
                          ll_protocol protocol, const char *encoding, const ll_model *prior, ll_ints *out,
                          ll_error *e)
{
    ll_ints pool = ll_support_rows(d, target, protocol);
    if (!pool.n) {
        ll_ints_free(&pool);
        return ll_fail(e, LL_FAILED, "%s has no measured architecture: `suggest` names the ones to measure",
                       d->devices[target].name);
    }
    ll_design_prior design = {0};
    bool has_prior =
        prior && prior->predictor->design_prior && prior->predictor->design_prior(prior->impl, &design);
    ll_sample_job job = {.data = d,
                         .pool = pool.v,
                         .n_pool = pool.n,
                         .k = k,
                         .seed = seed,
                         .encoding = encoding,
                         .prior = has_prior ? &design : NULL,
                         .lat_ms = target >= 0 ? ll_latencies(d, target) : NULL};
    *out = ll_ints_range(k > 0 ? k : 0);
    ll_status s = ll_sample(sampler, &job, out->v, e);
    if (s) ll_ints_free(out);
    ll_ints_free(&pool);
    return s;
}

/* Samples left of a budget of k measurements; below 1: the predictor needs more than that. */
static int sample_count(const ll_experiment *x, const ll_predictor *p, int k)
{
    return x->budget ? k - p->extra_cost : k;
}

int ll_experiment_size(const ll_experiment *x)
{
    int devices = 0, cells = 0;
    for (int t = 0; t < x->n_tasks; t++) devices += x->tasks[t]->target.n;
    for (int p = 0; p < x->n_predictors; p++)
        for (int i = 0; i < x->n_k; i++) cells += sample_count(x, x->predictors[p], x->k[i]) >= 1;
    return devices * cells * x->n_samplers * x->trials;
}

/* Models of one task and pretraining seed, made when first needed. */
typedef struct bench {
    const ll_experiment *x;
    int task;
    uint64_t pretrain_seed;
    ll_model **models; /* (n_predictors) */
    ll_model *prior;   /* for samplers that need one */
    int done, total;
    double start_s;
} bench;

static void forget_models(bench *b)
{
    for (int p = 0; p < b->x->n_predictors; p++) {
        ll_model_unref(b->models[p]);
        b->models[p] = NULL;
    }
    ll_model_unref(b->prior);
    b->prior = NULL;
}

static ll_status pretrain(bench *b, const ll_predictor *predictor, const ll_values *options, ll_model **out,
                          ll_error *e)
{
    const ll_experiment *x = b->x;
    ll_pretrain_plan plan = {.data = x->data[b->task],
                             .predictor = predictor,
                             .source = &x->tasks[b->task]->source,
                             .n = x->n,
                             .seed = b->pretrain_seed,
                             .options = options,
                             .observer = x->observer,
                             .pool = x->pool};
    ll_status s = ll_pretrain_run(&plan, out, e);
    if (s) {
        ll_model_unref(*out);
        *out = NULL;
    }
    return s;
}

static ll_status need_model(bench *b, int p, ll_error *e)
{
    const ll_values *options = b->x->pretrain_options ? &b->x->pretrain_options[p] : NULL;
    if (b->models[p]) return LL_OK;
    return pretrain(b, b->x->predictors[p], options, &b->models[p], e);
}

/* The prior of optimal designs: one of the models has it, or a gp is pretrained for the purpose. */
static ll_status need_prior(bench *b, const ll_sampler *sampler, const ll_model **prior, ll_error *e)
{
    *prior = NULL;
    if (!sampler->needs_prior) return LL_OK;
    for (int p = 0; p < b->x->n_predictors && !b->prior; p++)
        if (b->x->predictors[p]->design_prior) {
            ll_status s = need_model(b, p, e);
            if (s) return s;
            b->prior = ll_model_ref(b->models[p]);
        }
    for (int i = 0; ll_predictors[i] && !b->prior; i++)
        if (ll_predictors[i]->design_prior) {
            ll_status s = pretrain(b, ll_predictors[i], NULL, &b->prior, e);
            if (s) return s;
        }
    *prior = b->prior;
    return LL_OK;
}

/* One batch: the same model, sampler, k and seed on every target; the devices run in parallel. */
typedef struct batch {
    bench *b;
    const ll_model *model, *prior;
    const ll_values *options;
    ll_trial *trials;
    ll_status *status;
    ll_error *errors;
} batch;

/* The engine counts; what a predictor declares is only how many samples it leaves room for. */
static ll_status check_budget(const ll_experiment *x, const ll_trial *t, const ll_transfer *transfer,
                              ll_error *e)
{
    if (!x->budget || transfer->measured.n <= t->k) return LL_OK;
    return ll_fail(e, LL_FAILED, "%s looked at %d latencies of %s, %d beyond the budget", t->predictor->name,
                   transfer->measured.n, transfer->device, transfer->measured.n - t->k);
}

static void run_trial(void *ctx, int i)
{
    batch *c = ctx;
    ll_trial *t = &c->trials[i];
    const ll_experiment *x = c->b->x;
    if (t->metrics.n || ll_cancelled(x->observer)) return; /* recalled, or not wanted any more */
    ll_ints samples = {0};
    ll_transfer *transfer = NULL;
    int k = sample_count(x, t->predictor, t->k);
    ll_status s = ll_draw_samples(t->data, t->device, t->sampler, k, t->seed, t->protocol, NULL, c->prior,
                                  &samples, &c->errors[i]);
    ll_transfer_plan plan = {.data = t->data,
                             .model = c->model,
                             .target = t->device,
                             .samples = samples.v,
                             .k = samples.n,
                             .sampler = t->sampler->name,
                             .seed = t->seed,
                             .options = c->options,
                             .want_variance = x->want_variance};
    if (!s) s = ll_transfer_run(&plan, &transfer, &c->errors[i]);
    if (!s) s = check_budget(x, t, transfer, &c->errors[i]);
    if (!s) {
        t->metrics = ll_transfer_metrics(transfer, t->data, t->protocol, x->level, NULL);
        t->cost = transfer->measured.n;
        t->seconds = transfer->seconds;
    }
    c->status[i] = s;
    ll_transfer_unref(transfer);
    ll_ints_free(&samples);
}

static void report(bench *b, const ll_trial *t)
{
    const ll_experiment *x = b->x;
    if (!ll_observer_due(x->observer, .1)) return;
    cJSON *p = ll_progress_new("score", b->done, b->total);
    double spent = ll_now_s() - b->start_s;
    ll_json_str(p, "task", t->task->name);
    ll_json_str(p, "predictor", t->predictor->name);
    ll_json_num(p, "left_s", b->done ? spent / b->done * (b->total - b->done) : NAN);
    ll_progress(x->observer, p);
}

/* Fill the keys of a batch and recall what is known; returns how many are left to run. */
static int prepare(bench *b, const ll_trial *common, ll_trial *trials, bool *recalled)
{
    const ll_experiment *x = b->x;
    const ll_task *task = x->tasks[b->task];
    int left = 0;
    for (int i = 0; i < task->target.n; i++) {
        trials[i] = *common;
        trials[i].device = task->target.v[i];
        recalled[i] = x->recall && x->recall(x->ctx, &trials[i]);
        left += !recalled[i];
    }
    return left;
}

static ll_status run_batch(bench *b, int p, const ll_trial *common, ll_error *e)
{
    const ll_experiment *x = b->x;
    int n = x->tasks[b->task]->target.n;
    ll_trial *trials = LL_NEW_ARRAY(ll_trial, n);
    bool *recalled = LL_NEW_ARRAY(bool, n);
    batch c = {.b = b,
               .options = x->transfer_options ? &x->transfer_options[p] : NULL,
               .trials = trials,
               .status = LL_NEW_ARRAY(ll_status, n),
               .errors = LL_NEW_ARRAY(ll_error, n)};
    ll_status s = LL_OK;
    if (prepare(b, common, trials, recalled)) {
        s = need_model(b, p, e);
        if (!s) s = need_prior(b, common->sampler, &c.prior, e);
        c.model = b->models[p];
        if (!s) ll_pool_run(x->pool, n, run_trial, &c);
        if (!s && ll_cancelled(x->observer)) s = ll_fail(e, LL_CANCELLED, "cancelled");
    }
    for (int i = 0; i < n && !s; i++) {
        if (c.status[i]) {
            *e = c.errors[i];
            s = c.status[i];
        } else if (x->landed) {
            x->landed(x->ctx, &trials[i], recalled[i]);
        }
        b->done++;
    }
    if (!s) report(b, common);
    free(trials);
    free(recalled);
    free(c.status);
    free(c.errors);
    return s;
}

/* All samplers and sizes for one predictor, one draw. */
static ll_status run_draw(bench *b, int p, uint64_t seed, ll_error *e)
{
    const ll_experiment *x = b->x;
    ll_status s = LL_OK;
    for (int m = 0; m < x->n_samplers && !s; m++)
        for (int i = 0; i < x->n_k && !s; i++) {
            if (sample_count(x, x->predictors[p], x->k[i]) < 1) continue;
            ll_trial common = {.data = x->data[b->task],
                               .task = x->tasks[b->task],
                               .predictor = x->predictors[p],
                               .sampler = x->samplers[m],
                               .k = x->k[i],
                               .n = x->n,
                               .seed = seed,
                               .pretrain_seed = b->pretrain_seed,
                               .protocol = x->protocol};
            s = run_batch(b, p, &common, e);
        }
    return s;
}

static ll_status run_task(bench *b, ll_error *e)
{
    const ll_experiment *x = b->x;
    int pretrain_seeds = x->pretrain_seeds > 0 ? x->pretrain_seeds : x->trials;
    ll_status s = LL_OK;
    for (int q = 0; q < pretrain_seeds && !s; q++) {
        b->pretrain_seed = x->first_seed + (uint64_t)q;
        for (int p = 0; p < x->n_predictors && !s; p++)
            for (int t = q; t < x->trials && !s; t += pretrain_seeds)
                s = run_draw(b, p, x->first_seed + (uint64_t)t, e);
        forget_models(b);
    }
    return s;
}

ll_status ll_experiment_run(const ll_experiment *x, ll_error *e)
{
    bench b = {.x = x,
               .models = LL_NEW_ARRAY(ll_model *, x->n_predictors),
               .total = ll_experiment_size(x),
               .start_s = ll_now_s()};
    ll_status s = LL_OK;
    for (b.task = 0; b.task < x->n_tasks && !s; b.task++) s = run_task(&b, e);
    free(b.models);
    return s;
}
