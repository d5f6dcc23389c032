/* Meta-training: episodes of 8 source devices, 10 support and 200 query architectures each, second-order
 * gradients through the inner steps to the weights, the step sizes and the modulator (core/ALGORITHMS.md section 5). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/text/json.h"
#include "core/base/text/progress.h"
#include "core/nn/adamw.h"
#include "core/num/sort.h"
#include "core/num/stats.h"
#include "core/predict/help/help.h"

enum { Z = 603, USUAL_EPISODES = 2000 };

/* What an episode draws from on one device: its source architectures without the lowest and highest tenth. */
typedef struct source {
    int *archs, n;
    float *y;
    float h[LL_HELP_REFERENCES];
    const double *lat;
} source;

/* The memory that a thread works in. */
typedef struct desk {
    ll_help_net *net;
    float *phi, *xs, *ys, *xq, *yq;
    float eps[Z];
} desk;

/* One device of the running episode and what it gives. */
typedef struct slot {
    float *gp, *ga, *genc; /* gradients: theta, alpha, encoder */
    double loss, kl;
    int device;
    uint64_t seed;
} slot;

/* Weights of one kind and where each device of an episode leaves their gradient. */
typedef struct learned {
    ll_adamw adam;
    float *w;      /* of the model */
    float **parts; /* (tasks) */
} learned;

typedef struct trainer {
    const ll_pretrain_job *job;
    ll_help_model *m;
    source *sources;
    source *valid;
    int reference[LL_HELP_REFERENCES]; /* rows of the reference architectures */
    int n_valid, tasks, support, query;
    bool learned_steps, first_order;
    desk *desks;        /* (threads of the pool) */
    slot *slots;        /* (tasks) */
    learned learned[3]; /* theta, alpha, encoder; those that are not learned are empty */
    double lr, kl_weight;
    float *best;
    double *spearman; /* (validation devices) of the last validation */
    double best_valid;
    int step;
} trainer;

/* --- data ----------------------------------------------------------------------------------------------- */

typedef struct keyed {
    double lat;
    int arch;
} keyed;

static int by_latency(const void *a, const void *b)
{
    const keyed *x = a, *y = b;
    int order = ll_by_number(x->lat, y->lat);
    return order ? order : x->arch - y->arch;
}

/* false: it lacks a reference architecture, and has no embedding. */
static bool source_fill(source *s, const double *lat_ms, const int *archs, int n, const int *reference)
{
    keyed *v = LL_NEW_ARRAY(keyed, n);
    double ref[LL_HELP_REFERENCES];
    int known = 0;
    s->lat = lat_ms;
    for (int i = 0; i < n; i++)
        if (!isnan(s->lat[archs[i]])) v[known++] = (keyed){s->lat[archs[i]], archs[i]};
    if (known) qsort(v, (size_t)known, sizeof *v, by_latency);
    int cut = known / 10;
    s->n = known - 2 * cut;
    s->archs = LL_NEW_ARRAY(int, s->n);
    s->y = LL_NEW_ARRAY(float, s->n);
    for (int i = 0; i < s->n; i++) {
        s->archs[i] = v[cut + i].arch;
        s->y[i] = ll_help_norm(v[cut + i].lat, v[cut].lat, v[cut + s->n - 1].lat, .9);
    }
    free(v);
    for (int i = 0; i < LL_HELP_REFERENCES; i++)
        if (isnan(ref[i] = s->lat[reference[i]])) return false;
    ll_help_embedding(ref, s->h);
    return true;
}

static bool all_sources_know(const ll_pretrain_job *job, const int *archs, int n)
{
    for (int s = 0; s < job->sources.n; s++)
        for (int i = 0; i < n; i++)
            if (isnan(job->sources.lat_ms[s][archs[i]])) return false;
    return true;
}

static ll_status share_too_few(const ll_pretrain_job *job, int shared, ll_error *e)
{
    return ll_fail(e, LL_FAILED,
                   "help needs %d reference architectures that every source device has, and the %d share %d; "
                   "predictors without references (gp, nasflat, metasgd, ridge) need none",
                   LL_HELP_REFERENCES, job->sources.n, shared);
}

/* The published reference architectures when every source has them, else 10 of the source architectures: of all, where
 * these happen to be known everywhere, else of those that are. `needed`: LL_FAILED where so many are not. */
static ll_status choose_reference(const ll_pretrain_job *job, bool needed, int *reference, ll_error *e)
{
    enum { N = LL_HELP_REFERENCES };
    if (job->reference && job->reference->n == N && all_sources_know(job, job->reference->v, N)) {
        memcpy(reference, job->reference->v, sizeof(int) * N);
        return LL_OK;
    }
    ll_rng rng = ll_rng_new(job->seed, LL_STREAM_DATA);
    ll_rng_sample(&rng, job->rows, job->n_rows, N, reference);
    if (!needed || all_sources_know(job, reference, N)) return LL_OK;
    ll_ints shared = {0};
    for (int i = 0; i < job->n_rows; i++)
        if (all_sources_know(job, &job->rows[i], 1)) ll_ints_add(&shared, job->rows[i]);
    ll_status s = shared.n < N ? share_too_few(job, shared.n, e) : LL_OK;
    if (!s) ll_rng_sample(&rng, shared.v, shared.n, N, reference);
    ll_ints_free(&shared);
    return s;
}

/* --- one device of an episode --- */

static void gather(const trainer *t, const source *s, const int *chosen, int n, float *x, float *y)
{
    int archs[1024];
    for (int i = 0; i < n; i++) {
        archs[i] = s->archs[chosen[i]];
        y[i] = s->y[chosen[i]];
    }
    ll_help_inputs(t->job->archs, archs, n, x);
}

static float softplus(float x)
{
    return x > 20 ? x : log1pf(expf(x));
}

/* genc += the encoder's gradient, given d loss/d z (603) and the weight of KL in the loss; returns KL. */
static double encoder_backward(const float *encoder, const float *h, const float *hidden, const float *s,
                               const float *eps, const float *gz, double kl_weight, float *genc)
{
    float *gw1 = genc, *gb1 = gw1 + 100, *gw2 = gb1 + 10, *gb2 = gw2 + LL_HELP_Z_OUT * 10,
          ghidden[LL_HELP_Z] = {0};
    const float *w2 = encoder + 110;
    double kl = 0;
    for (int i = 0; i < Z; i++) {
        float mu = s[i], raw = s[Z + i], sigma = softplus(raw) + 1e-12f;
        kl += -log(sigma) + (sigma * sigma + mu * mu) / 2 - .5;
        float slope = 1 / (1 + expf(-raw)); /* d softplus */
        float g[2] = {gz[i] + (float)kl_weight * mu,
                      (gz[i] * eps[i] + (float)kl_weight * (sigma - 1 / sigma)) * slope};
        for (int part = 0; part < 2; part++) {
            int row = part * Z + i;
            gb2[row] += g[part];
            for (int j = 0; j < LL_HELP_Z; j++) {
                gw2[row * 10 + j] += g[part] * hidden[j];
                ghidden[j] += g[part] * w2[row * 10 + j];
            }
        }
    }
    for (int i = 0; i < LL_HELP_Z; i++) {
        if (hidden[i] <= 0) continue;
        gb1[i] += ghidden[i];
        for (int j = 0; j < 10; j++) gw1[i * 10 + j] += ghidden[i] * h[j];
    }
    return kl;
}

/* Turn the gradient at phi into that at theta (in place) and into d loss/d z. */
static void demodulate(const ll_help_model *m, const float *z, float *g, float *gz)
{
    ll_help_slot slots[LL_HELP_SLOTS];
    int n = ll_help_slots(&m->shape, slots);
    memset(gz, 0, sizeof(float) * Z);
    for (int l = 0; l < 3; l++) {
        const ll_help_slot *w = &slots[n - 6 + 2 * l], *b = w + 1;
        for (int o = 0; o < w->rows; o++)
            for (int i = 0; i < w->cols; i++) {
                int at = w->offset + o * w->cols + i;
                gz[200 * l + i] += .01f * m->theta[at] * g[at];
                g[at] *= 1 + .01f * z[200 * l + i];
            }
        for (int o = 0; o < b->rows; o++) gz[600 + l] += .01f * g[b->offset + o];
    }
}

static void run_slot(void *ctx, int i, int thread)
{
    trainer *t = ctx;
    slot *k = &t->slots[i];
    desk *w = &t->desks[thread];
    const source *s = &t->sources[k->device];
    const ll_help_model *m = t->m;
    ll_rng rng = ll_rng_new(k->seed, LL_STREAM_BATCHES);
    int chosen[1024], total = t->support + t->query;
    ll_ints all = ll_ints_range(s->n);
    float hidden[LL_HELP_Z], code[LL_HELP_Z_OUT], z[Z], gz[Z];
    if (total > s->n) total = s->n;
    ll_rng_sample(&rng, all.v, s->n, total, chosen);
    gather(t, s, chosen, t->support, w->xs, w->ys);
    gather(t, s, chosen + t->support, total - t->support, w->xq, w->yq);
    if (m->modulated) {
        ll_help_encode(m->encoder, s->h, hidden, code);
        for (int j = 0; j < Z; j++) {
            w->eps[j] = (float)ll_rng_normal(&rng);
            z[j] = code[j] + softplus(code[Z + j]) * w->eps[j];
        }
    }
    ll_help_modulate(m, m->modulated ? z : NULL, w->phi);
    k->loss = ll_help_episode(w->net, w->phi, m->alpha, s->h, w->xs, w->ys, t->support, w->xq, w->yq,
                              total - t->support, m->steps, t->first_order, k->gp, k->ga);
    if (m->modulated) {
        memset(k->genc, 0, sizeof(float) * LL_HELP_ENCODER);
        demodulate(m, z, k->gp, gz);
        k->kl = encoder_backward(m->encoder, s->h, hidden, code, w->eps, gz, t->kl_weight, k->genc);
    }
    ll_ints_free(&all);
}

/* --- the outer loop --- */

static double episode(trainer *t)
{
    ll_rng rng = ll_rng_new(t->job->seed, 1000 + (uint64_t)t->step);
    ll_ints devices = ll_ints_range(t->job->sources.n);
    int chosen[64];
    ll_rng_sample(&rng, devices.v, devices.n, t->tasks, chosen);
    for (int i = 0; i < t->tasks; i++) {
        t->slots[i].device = chosen[i];
        t->slots[i].seed = ll_rng_u64(&rng);
    }
    ll_ints_free(&devices);
    ll_pool_run_by(t->job->pool, t->tasks, run_slot, t);
    double loss = 0;
    for (int i = 0; i < t->tasks; i++) loss += (t->slots[i].loss + t->kl_weight * t->slots[i].kl) / t->tasks;
    t->step++;
    for (learned *l = t->learned; l < t->learned + 3; l++)
        if (l->adam.n) ll_adamw_step(&l->adam, l->w, l->parts, t->tasks, NULL, t->lr, t->job->pool);
    return loss;
}

/* The devices that choose the best episode: those named for it, else the sources. */
static const source *valid_devices(const trainer *t, int *n)
{
    *n = t->n_valid ? t->n_valid : t->job->sources.n;
    return t->n_valid ? t->valid : t->sources;
}

/* Spearman after adapting to a validation device: fixed support, up to 400 others as query. */
static void validate_one(void *ctx, int device, int thread)
{
    enum { QUERY = 400 };
    trainer *t = ctx;
    desk *w = &t->desks[thread];
    int n_devices, chosen[QUERY + 256];
    const source *s = valid_devices(t, &n_devices) + device;
    ll_rng rng = ll_rng_new(t->job->seed, LL_STREAM_SAMPLES);
    ll_ints all = ll_ints_range(s->n);
    int total = s->n < t->support + QUERY ? s->n : t->support + QUERY, n = total - t->support;
    float hidden[LL_HELP_Z], code[LL_HELP_Z_OUT], out[QUERY];
    double truth[QUERY], score[QUERY];
    ll_rng_sample(&rng, all.v, s->n, total, chosen);
    gather(t, s, chosen, t->support, w->xs, w->ys);
    if (t->m->modulated) ll_help_encode(t->m->encoder, s->h, hidden, code);
    ll_help_modulate(t->m, t->m->modulated ? code : NULL, w->phi);
    ll_help_adapt(w->net, w->phi, t->m->alpha, s->h, w->xs, w->ys, t->support, t->m->steps);
    for (int from = 0; from < n; from += t->query) {
        int part = n - from < t->query ? n - from : t->query;
        gather(t, s, chosen + t->support + from, part, w->xq, w->yq);
        ll_help_forward(w->net, w->phi, s->h, w->xq, part, out + from);
        for (int i = 0; i < part; i++) truth[from + i] = w->yq[i];
    }
    for (int i = 0; i < n; i++) score[i] = out[i];
    ll_ints_free(&all);
    t->spearman[device] = ll_spearman(truth, score, n);
}

static double validate(trainer *t)
{
    int n;
    double sum = 0;
    valid_devices(t, &n);
    ll_pool_run_by(t->job->pool, n, validate_one, t);
    for (int i = 0; i < n; i++) sum += t->spearman[i] / n;
    return sum;
}

static void pack(const ll_help_model *m, float *to)
{
    memcpy(to, m->theta, sizeof(float) * (size_t)m->n);
    memcpy(to + m->n, m->alpha, sizeof(float) * (size_t)m->n);
    if (m->modulated) memcpy(to + 2 * m->n, m->encoder, sizeof(float) * LL_HELP_ENCODER);
}

static void unpack(ll_help_model *m, const float *from)
{
    memcpy(m->theta, from, sizeof(float) * (size_t)m->n);
    memcpy(m->alpha, from + m->n, sizeof(float) * (size_t)m->n);
    if (m->modulated) memcpy(m->encoder, from + 2 * m->n, sizeof(float) * LL_HELP_ENCODER);
}

static void init_weights(trainer *t, double inner_lr)
{
    ll_help_model *m = t->m;
    ll_rng rng = ll_rng_new(t->job->seed, LL_STREAM_WEIGHTS);
    ll_help_slot slots[LL_HELP_SLOTS];
    int n = ll_help_slots(&m->shape, slots), fan_in = 1;
    for (int i = 0; i < n; i++) {
        bool graph = slots[i].name[0] == 'g', weight = i % 2 == 0;
        if (weight) fan_in = slots[i].cols;
        double bound = graph ? (weight ? .05 : .1) : 1 / sqrt(fan_in);
        for (int j = 0; j < slots[i].rows * slots[i].cols; j++)
            m->theta[slots[i].offset + j] = (float)(bound * (2 * ll_rng_uniform(&rng) - 1));
    }
    for (int i = 0; i < m->n; i++) m->alpha[i] = (float)inner_lr;
    for (int i = 0; m->modulated && i < LL_HELP_ENCODER; i++) /* both layers read 10 numbers */
        m->encoder[i] = (float)((2 * ll_rng_uniform(&rng) - 1) / sqrt(10));
}

static void report(trainer *t, int episodes, double loss, double valid, double start_s)
{
    if (!ll_observer_due(t->job->observer, .1)) return;
    cJSON *p = ll_progress_new("pretrain", t->step, episodes);
    double spent = ll_now_s() - start_s;
    ll_json_num(p, "loss", loss);
    ll_json_num(p, "spearman", valid);
    ll_json_num(p, "lr", t->lr);
    ll_json_num(p, "items_per_s", t->step * (double)t->tasks * (t->support + t->query) / spent);
    ll_json_num(p, "left_s", spent / t->step * (episodes - t->step));
    ll_progress(t->job->observer, p);
}

static ll_status train_loop(trainer *t, int episodes, int valid_every, ll_error *e)
{
    cJSON *losses = ll_json_arr(t->m->history, "loss"), *valids = ll_json_arr(t->m->history, "spearman");
    cJSON *episodes_done = ll_json_arr(t->m->history, "epoch");
    ll_json_str(t->m->history, "unit", "episode");
    double start = ll_now_s(), loss = 0, valid = NAN, sum = 0;
    for (int ep = 1; ep <= episodes; ep++) {
        if (ll_cancelled(t->job->observer)) {
            if (t->best_valid > -2) unpack(t->m, t->best);
            return ll_fail(e, LL_CANCELLED, "cancelled after %d of %d episodes", ep - 1, episodes);
        }
        loss = episode(t);
        sum += loss;
        if (ep % valid_every == 0 || ep == episodes) {
            valid = validate(t);
            ll_json_num(losses, NULL, sum / valid_every);
            ll_json_num(valids, NULL, valid);
            ll_json_int(episodes_done, NULL, ep);
            sum = 0;
            if (valid > t->best_valid) {
                t->best_valid = valid;
                pack(t->m, t->best);
                cJSON_DeleteItemFromObject(t->m->history, "best_episode");
                ll_json_int(t->m->history, "best_episode", ep);
            }
        }
        report(t, episodes, loss, valid, start);
    }
    unpack(t->m, t->best);
    return LL_OK;
}

/* --- set-up and tear-down --- */

/* Validation devices that know enough. */
static void fill_valid(trainer *t)
{
    const ll_pretrain_job *job = t->job;
    t->valid = LL_NEW_ARRAY(source, job->valid.n);
    for (int i = 0; i < job->valid.n; i++) {
        source *s = &t->valid[t->n_valid];
        bool embedded = source_fill(s, job->valid.lat_ms[i], job->rows, job->n_rows, t->reference);
        if ((embedded || !t->m->shape.device) && s->n > t->support + 10) {
            t->n_valid++;
        } else {
            free(s->archs);
            free(s->y);
        }
    }
}

static ll_status fill_sources(trainer *t, ll_error *e)
{
    const ll_pretrain_job *job = t->job;
    t->sources = LL_NEW_ARRAY(source, job->sources.n);
    for (int i = 0; i < job->sources.n; i++) {
        const char *name = job->sources.name[i];
        source_fill(&t->sources[i], job->sources.lat_ms[i], job->rows, job->n_rows, t->reference);
        if (t->sources[i].n < t->support + 10)
            return ll_fail(e, LL_FAILED,
                           "source device %s has %d usable architectures; support=%d needs at least %d", name,
                           t->sources[i].n, t->support, t->support + 10);
    }
    return LL_OK;
}

static void make_desks(trainer *t)
{
    const ll_help_model *m = t->m;
    size_t row = (size_t)ll_help_rows(&m->shape) * (size_t)m->shape.n_in;
    int threads = ll_pool_threads(t->job->pool);
    t->desks = LL_NEW_ARRAY(desk, threads);
    for (int i = 0; i < threads; i++) {
        desk *w = &t->desks[i];
        w->net = ll_help_net_new(&m->shape, t->query > t->support ? t->query : t->support);
        w->phi = LL_NEW_ARRAY(float, m->n);
        w->xs = LL_NEW_ARRAY(float, (size_t)t->support *row);
        w->ys = LL_NEW_ARRAY(float, t->support);
        w->xq = LL_NEW_ARRAY(float, (size_t)t->query *row);
        w->yq = LL_NEW_ARRAY(float, t->query);
    }
}

/* The step takes the sum of the devices' gradients for their mean: Adam does not see the difference but beside
 * epsilon. */
static void learn(const trainer *t, learned *l, float *w, int n)
{
    ll_adamw_init(&l->adam, (size_t)n, 0);
    l->adam.epsilon *= t->tasks;
    l->w = w;
}

static void make_slots(trainer *t)
{
    const ll_help_model *m = t->m;
    int n_valid;
    valid_devices(t, &n_valid);
    t->spearman = LL_NEW_ARRAY(double, n_valid);
    t->best = LL_NEW_ARRAY(float, 2 * m->n + LL_HELP_ENCODER);
    t->slots = LL_NEW_ARRAY(slot, t->tasks);
    for (int i = 0; i < 3; i++) t->learned[i].parts = LL_NEW_ARRAY(float *, t->tasks);
    for (int i = 0; i < t->tasks; i++) {
        slot *k = &t->slots[i];
        k->gp = t->learned[0].parts[i] = LL_NEW_ARRAY(float, m->n);
        k->ga = t->learned[1].parts[i] = LL_NEW_ARRAY(float, m->n);
        k->genc = t->learned[2].parts[i] = LL_NEW_ARRAY(float, LL_HELP_ENCODER);
    }
    learn(t, &t->learned[0], m->theta, m->n);
    if (t->learned_steps) learn(t, &t->learned[1], m->alpha, m->n);
    if (m->modulated) learn(t, &t->learned[2], m->encoder, LL_HELP_ENCODER);
}

static void free_sources(source *s, int n)
{
    for (int i = 0; s && i < n; i++) {
        free(s[i].archs);
        free(s[i].y);
    }
    free(s);
}

static void trainer_free(trainer *t)
{
    for (int i = 0; t->desks && i < ll_pool_threads(t->job->pool); i++) {
        desk *w = &t->desks[i];
        float *own[] = {w->phi, w->xs, w->ys, w->xq, w->yq};
        for (int j = 0; j < 5; j++) free(own[j]);
        ll_help_net_free(w->net);
    }
    for (int i = 0; t->slots && i < t->tasks; i++) {
        slot *k = &t->slots[i];
        free(k->gp);
        free(k->ga);
        free(k->genc);
    }
    free(t->desks);
    free(t->slots);
    free(t->spearman);
    for (int i = 0; i < 3; i++) {
        free(t->learned[i].parts);
        ll_adamw_free(&t->learned[i].adam);
    }
    free(t->best);
    free_sources(t->sources, t->job->sources.n);
    free_sources(t->valid, t->n_valid);
}

ll_status ll_help_train(const ll_pretrain_job *job, bool learned_steps, ll_help_model *m, ll_error *e)
{
    const ll_values *o = job->options;
    int episodes = ll_int(o, "episodes");
    trainer t = {.job = job,
                 .m = m,
                 .support = ll_int(o, "support"),
                 .query = ll_int(o, "query"),
                 .tasks = job->sources.n < 8 ? job->sources.n : 8,
                 .learned_steps = learned_steps,
                 .first_order = ll_is(o, "order", "first"),
                 .lr = ll_real(o, "lr"),
                 .kl_weight = ll_real(o, "kl"),
                 .best_valid = -3};
    if (job->n_rows < LL_HELP_REFERENCES)
        return ll_fail(e, LL_FAILED, "n=%d: at least %d source architectures are needed", job->n_rows,
                       LL_HELP_REFERENCES);
    if (!episodes) episodes = job->archs->space->facts->help.episodes;
    if (!episodes) episodes = USUAL_EPISODES;
    m->n_archs_pool = job->n_rows;
    ll_status s = choose_reference(job, m->shape.device, t.reference, e);
    if (s) return s;
    m->reference = ll_archs_pick(job->archs, t.reference, LL_HELP_REFERENCES);
    s = fill_sources(&t, e);
    if (!s) {
        fill_valid(&t);
        make_desks(&t);
        make_slots(&t);
        init_weights(&t, ll_real(o, "inner_lr"));
        s = train_loop(&t, episodes, ll_int(o, "valid_every"), e);
    }
    trainer_free(&t);
    return s;
}
