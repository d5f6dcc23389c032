#include "core/transfer/experiment.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/base/text/progress.h"

ll_status ll_draw_samples(const ll_dataset *d, int target, const ll_sampler *sampler, int k, uint64_t seed,
                          ll_protocol protocol, const ll_matrix_f *vectors, const ll_model *prior,
                          const ll_observer *observer, ll_ints *out, ll_error *e)
{
    ll_ints pool = ll_support_rows(d, target, protocol);
    if (!pool.n) {
        ll_ints_free(&pool);
        return ll_fail(e, LL_FAILED, "%s has no measured architecture: `suggest` names the ones to measure",
                       d->devices[target].name);
    }
    ll_design_prior design = {0};
    bool has_prior = prior && sampler->needs_prior && prior->predictor->design_prior &&
                     prior->predictor->design_prior(prior->impl, d->archs, &design);
    ll_sample_job job = {.archs = d->archs,
                         .pool = pool.v,
                         .n_pool = pool.n,
                         .k = k,
                         .seed = seed,
                         .vectors = vectors,
                         .prior = has_prior ? &design : NULL,
                         .observer = observer,
                         .lat_ms = target >= 0 ? ll_latencies(d, target) : NULL};
    *out = ll_ints_range(k > 0 ? k : 0);
    ll_status s = ll_sample(sampler, &job, out->v, e);
    if (s) ll_ints_free(out);
    ll_design_prior_free(&design);
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
    ll_model *prior;   /* for samplers that need one, where none of the models is */
    ll_encoders known; /* encodings that are learnt, by their defaults: results are comparable */
    ll_matrix_f
        *vectors;  /* (n_samplers) of the task's architectures, for those that use an encoding; made once */
    ll_corr among; /* of all devices, where trials choose their sources */
    int done, recalled, total;
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

static int sources_of(const ll_experiment *x, int p)
{
    return p >= 0 && x->own_n && x->own_n[p] ? x->own_n[p] : x->n;
}

static ll_encode_job encode_job(const bench *b)
{
    return (ll_encode_job){
        .archs = b->x->data[b->task]->archs, .observer = b->x->observer, .pool = b->x->pool};
}

/* A predictor's supplementary encoding is fitted once a task, not once a model. */
static ll_status learn_wanted(bench *b, const ll_values *options, ll_error *e)
{
    bool wanted = options && ll_option_find(options->table, "encoding") && ll_has(options, "encoding");
    ll_encode_job job = encode_job(b);
    return wanted ? ll_encoders_learn(&b->known, ll_word(options, "encoding"), &job, e) : LL_OK;
}

/* p: index of the predictor, -1: none of the experiment's. */
static ll_pretrain_plan plan_of(const bench *b, const ll_predictor *predictor, int p)
{
    const ll_experiment *x = b->x;
    return (ll_pretrain_plan){.data = x->data[b->task],
                              .predictor = predictor,
                              .source = &x->tasks[b->task]->source,
                              .n = sources_of(x, p),
                              .seed = b->pretrain_seed,
                              .options = p >= 0 && x->pretrain_options ? &x->pretrain_options[p] : NULL,
                              .known = &b->known,
                              .observer = x->observer,
                              .pool = x->pool};
}

static ll_status run_pretrain(const ll_pretrain_plan *plan, ll_model **out, ll_error *e)
{
    ll_status s = ll_pretrain_run(plan, out, e);
    if (!s) return LL_OK;
    ll_model_unref(*out);
    *out = NULL;
    return s;
}

static ll_status pretrain(bench *b, const ll_predictor *predictor, int p, ll_model **out, ll_error *e)
{
    ll_pretrain_plan plan = plan_of(b, predictor, p);
    ll_status s = learn_wanted(b, plan.options, e);
    return s ? s : run_pretrain(&plan, out, e);
}

static ll_status need_model(bench *b, int p, ll_error *e)
{
    if (b->models[p]) return LL_OK;
    return pretrain(b, b->x->predictors[p], p, &b->models[p], e);
}

int ll_experiment_prior(const ll_experiment *x, const ll_predictor **predictor)
{
    for (int p = 0; p < x->n_predictors; p++)
        if ((*predictor = x->predictors[p])->design_prior) return p;
    for (int i = 0; (*predictor = ll_predictors[i]); i++)
        if ((*predictor)->design_prior) break;
    return -1;
}

static ll_status need_prior(bench *b, const ll_sampler *sampler, const ll_model **prior, ll_error *e)
{
    const ll_predictor *predictor;
    int p = ll_experiment_prior(b->x, &predictor);
    ll_status s = LL_OK;
    *prior = NULL;
    if (!sampler->needs_prior) return LL_OK;
    if (p >= 0) {
        s = need_model(b, p, e);
        *prior = b->models[p];
    } else {
        if (!b->prior) s = pretrain(b, predictor, p, &b->prior, e);
        *prior = b->prior;
    }
    return s;
}

/* All trials of one model and one draw: samplers x sizes x target devices, on every thread at once. They land in order,
 * on the calling thread, between its own trials. */
typedef struct batch {
    bench *b;
    int p; /* index of the predictor */
    pthread_t owner;
    const ll_model *model;
    const ll_model **priors; /* (n) */
    const ll_values *options;
    ll_trial *trials; /* (n) */
    bool *recalled;   /* (n) */
    atomic_bool *done;
    ll_status *status;
    ll_error *errors;
    int n, landed;
    ll_status failed;
} batch;

/* The engine counts; what a predictor declares is only how many samples it leaves room for. */
static ll_status check_budget(const ll_experiment *x, const ll_trial *t, const ll_transfer *transfer,
                              ll_error *e)
{
    if (!x->budget || transfer->measured.n <= t->k) return LL_OK;
    return ll_fail(e, LL_FAILED, "%s looked at %d %s of %s, %d beyond the budget", t->predictor->name,
                   transfer->measured.n, ll_noun(transfer->measured.n, "latency", "latencies"),
                   transfer->device, transfer->measured.n - t->k);
}

static ll_matrix_f *vectors_of(const bench *b, const ll_sampler *sampler)
{
    int i = 0;
    while (b->x->samplers[i] != sampler) i++;
    return &b->vectors[i];
}

/* Each of many trials at once is to hear that it is cancelled; what it reports on its way would say nothing. */
static ll_observer quietly(const ll_observer *o)
{
    return o ? (ll_observer){.cancelled = o->cancelled, .ctx = o->ctx} : (ll_observer){0};
}

/* A model for one trial, pretrained on what its samples choose. On any thread, several at once: without the pool. */
static ll_status own_model(const batch *c, const ll_trial *t, const ll_ints *samples, ll_observer *observer,
                           ll_model **out, ll_error *e)
{
    const bench *b = c->b;
    ll_chosen_source *chosen = LL_NEW_ARRAY(ll_chosen_source, b->x->sources->most);
    int n = ll_choose_sources(t->data, &b->among, t->device, samples->v, samples->n, b->x->sources, chosen);
    ll_ints source = {0};
    for (int i = 0; i < n; i++) ll_ints_add(&source, chosen[i].device);
    ll_pretrain_plan plan = plan_of(b, t->predictor, c->p);
    plan.source = &source;
    plan.observer = observer;
    plan.pool = NULL;
    ll_status s = run_pretrain(&plan, out, e);
    ll_ints_free(&source);
    free(chosen);
    return s;
}

static ll_status run_trial(batch *c, int i)
{
    ll_trial *t = &c->trials[i];
    const ll_experiment *x = c->b->x;
    ll_ints samples = {0};
    ll_transfer *transfer = NULL;
    ll_model *own = NULL;
    ll_observer quiet = quietly(x->observer);
    int k = sample_count(x, t->predictor, t->k);
    ll_status s =
        ll_draw_samples(t->data, t->device, t->sampler, k, t->seed, t->protocol, vectors_of(c->b, t->sampler),
                        c->priors[i], &quiet, &samples, &c->errors[i]);
    if (!s && x->sources) s = own_model(c, t, &samples, &quiet, &own, &c->errors[i]);
    ll_transfer_plan plan = {.data = t->data,
                             .observer = &quiet,
                             .model = own ? own : c->model,
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
    if (!s && x->inspect) s = x->inspect(x->ctx, t, transfer, &c->errors[i]);
    ll_transfer_unref(transfer);
    ll_model_unref(own);
    ll_ints_free(&samples);
    return s;
}

static void report(bench *b, const ll_trial *t)
{
    const ll_experiment *x = b->x;
    if (!ll_observer_due(x->observer, .1)) return;
    cJSON *p = ll_progress_new("score", b->done, b->total);
    double spent = ll_now_s() - b->start_s;
    int computed = b->done - b->recalled;
    ll_json_str(p, "task", t->task->name);
    ll_json_str(p, "predictor", t->predictor->name);
    ll_json_num(p, "left_s", computed ? spent / computed * (b->total - b->done) : NAN);
    ll_progress(x->observer, p);
}

/* What has finished and is next in order. */
static void land(batch *c)
{
    const ll_experiment *x = c->b->x;
    for (; c->landed < c->n && !c->failed && atomic_load(&c->done[c->landed]); c->landed++) {
        int i = c->landed;
        c->failed = c->status[i];
        if (c->failed) return;
        if (x->landed) x->landed(x->ctx, &c->trials[i], c->recalled[i]);
        c->b->done++;
        c->b->recalled += c->recalled[i];
        report(c->b, &c->trials[i]);
    }
}

static void run_one(void *ctx, int i)
{
    batch *c = ctx;
    if (!c->recalled[i]) {
        if (ll_cancelled(c->b->x->observer)) return;
        c->status[i] = run_trial(c, i);
    }
    atomic_store(&c->done[i], true);
    if (pthread_equal(pthread_self(), c->owner)) land(c);
}

/* The trial that stands at i: samplers outside, then sizes, then devices. false: its size is left out. */
static bool fill_trial(const bench *b, int p, uint64_t seed, int i, ll_trial *t)
{
    const ll_experiment *x = b->x;
    const ll_task *task = x->tasks[b->task];
    int device = i % task->target.n, size = i / task->target.n % x->n_k,
        sampler = i / task->target.n / x->n_k;
    *t = (ll_trial){.data = x->data[b->task],
                    .task = task,
                    .predictor = x->predictors[p],
                    .sampler = x->samplers[sampler],
                    .k = x->k[size],
                    .n = sources_of(x, p),
                    .seed = seed,
                    .pretrain_seed = b->pretrain_seed,
                    .device = task->target.v[device],
                    .protocol = x->protocol};
    return sample_count(x, t->predictor, t->k) >= 1;
}

/* Returns how many trials of the batch are left to run. */
static int fill_batch(batch *c, int p, uint64_t seed, int most)
{
    const ll_experiment *x = c->b->x;
    int left = 0;
    for (int i = 0; i < most; i++) {
        ll_trial *t = &c->trials[c->n];
        if (!fill_trial(c->b, p, seed, i, t)) continue;
        c->recalled[c->n] = x->recall && x->recall(x->ctx, t);
        left += !c->recalled[c->n++];
    }
    return left;
}

/* Once a task, and only for draws that are not known. */
static ll_status need_vectors(bench *b, const ll_sampler *sampler, ll_error *e)
{
    ll_encode_job job = encode_job(b);
    ll_matrix_f *vectors = vectors_of(b, sampler);
    ll_status s = LL_OK;
    if (vectors->v) return LL_OK;
    if (sampler->encoding) s = ll_encoders_learn(&b->known, sampler->encoding, &job, e);
    return s ? s : ll_sampler_vectors(sampler, &b->known, &job, vectors, e);
}

static ll_status need_models(batch *c, int p, ll_error *e)
{
    const ll_experiment *x = c->b->x;
    ll_status s = x->sources ? learn_wanted(c->b, plan_of(c->b, x->predictors[p], p).options, e)
                             : need_model(c->b, p, e);
    for (int i = 0; i < c->n && !s; i++) s = need_prior(c->b, c->trials[i].sampler, &c->priors[i], e);
    for (int i = 0; i < c->n && !s; i++)
        if (!c->recalled[i]) s = need_vectors(c->b, c->trials[i].sampler, e);
    c->model = c->b->models[p];
    return s;
}

static ll_status refuse_unknown(const batch *c, ll_error *e)
{
    int i = 0;
    while (c->recalled[i]) i++;
    const ll_trial *t = &c->trials[i];
    return ll_fail(e, LL_FAILED, "no result is kept of %s on %s by %s with k=%d and seed %llu",
                   t->predictor->name, t->data->devices[t->device].name, t->sampler->name, t->k,
                   (unsigned long long)t->seed);
}

/* What a batch needs before the trials that are left are run. */
static ll_status prepare_batch(batch *c, int left, ll_error *e)
{
    if (!left) return LL_OK;
    return c->b->x->recall_only ? refuse_unknown(c, e) : need_models(c, c->p, e);
}

/* All samplers and sizes for one predictor, one draw. */
static ll_status run_draw(bench *b, int p, uint64_t seed, ll_error *e)
{
    const ll_experiment *x = b->x;
    int most = x->n_samplers * x->n_k * x->tasks[b->task]->target.n;
    batch c = {.b = b,
               .p = p,
               .owner = pthread_self(),
               .options = x->transfer_options ? &x->transfer_options[p] : NULL,
               .priors = LL_NEW_ARRAY(const ll_model *, most),
               .trials = LL_NEW_ARRAY(ll_trial, most),
               .recalled = LL_NEW_ARRAY(bool, most),
               .done = LL_NEW_ARRAY(atomic_bool, most),
               .status = LL_NEW_ARRAY(ll_status, most),
               .errors = LL_NEW_ARRAY(ll_error, most)};
    ll_status s = prepare_batch(&c, fill_batch(&c, p, seed, most), e);
    if (!s) ll_pool_run(x->pool, c.n, run_one, &c);
    if (!s) land(&c);
    if (!s && c.failed) *e = c.errors[c.landed];
    if (!s) s = c.failed;
    if (!s && c.landed < c.n) s = ll_fail(e, LL_CANCELLED, "cancelled");
    for (int i = c.landed; i < c.n && x->forget; i++) x->forget(x->ctx, &c.trials[i]);
    free(c.priors);
    free(c.trials);
    free(c.recalled);
    free(c.done);
    free(c.status);
    free(c.errors);
    return s;
}

/* What was learnt of another dataset would make a result depend on the tasks beside it. */
static ll_status start_task(bench *b, ll_error *e)
{
    const ll_experiment *x = b->x;
    const ll_dataset *d = x->data[b->task];
    bool other = !b->task || d != x->data[b->task - 1];
    for (int i = 0; i < x->n_samplers; i++) ll_matrix_f_free(&b->vectors[i]);
    if (b->task && other) ll_encoders_free(&b->known);
    if (!x->sources || !other) return LL_OK;
    ll_ints all = ll_ints_range(d->n_devices);
    ll_corr_free(&b->among);
    ll_status s = ll_correlate(d, all.v, all.n, LL_SPEARMAN, x->pool, x->observer, &b->among, e);
    ll_ints_free(&all);
    return s;
}

static ll_status run_task(bench *b, ll_error *e)
{
    const ll_experiment *x = b->x;
    int pretrain_seeds = x->pretrain_seeds > 0 ? x->pretrain_seeds : x->trials;
    ll_status s = start_task(b, e);
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
               .vectors = LL_NEW_ARRAY(ll_matrix_f, x->n_samplers),
               .total = ll_experiment_size(x),
               .start_s = ll_now_s()};
    ll_status s = LL_OK;
    for (b.task = 0; b.task < x->n_tasks && !s; b.task++) s = run_task(&b, e);
    for (int i = 0; i < x->n_samplers; i++) ll_matrix_f_free(&b.vectors[i]);
    ll_encoders_free(&b.known);
    ll_corr_free(&b.among);
    free(b.vectors);
    free(b.models);
    return s;
}
