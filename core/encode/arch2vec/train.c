/* Adam on batches of graphs (arXiv 2006.06936; core/ALGORITHMS.md section 3). One thread: steps of some milliseconds are too
 * short to share. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/text/json.h"
#include "core/base/text/progress.h"
#include "core/encode/arch2vec/model.h"
#include "core/nn/adamw.h"

static const float dropout = .3f;
/* Published from 0. There a round gives two nodes that have each other for their only neighbour one sum, h + h': which of
 * them is which is lost, and epsilon learns too slowly to bring it back. On NAS-Bench-201 3.5 % of the operations do not come
 * back then, hardly fewer with more epochs; from here .1 %. */
static const float first_epsilon = .5f;
static const double steepest = 5; /* norm of a gradient */
enum { FEW = 10 };                /* fewer architectures are all learnt from */

/* The published numbers of epochs: of cells, and of chains, whose nodes are harder to tell apart. */
enum { CELL_EPOCHS = 10, CHAIN_EPOCHS = 50 };

const ll_option ll_arch2vec_options[] = {
    LL_OPT_INT("epochs", NULL, 1, 10000,
               "passes over the architectures (default: 10 for cells, 50 for chains of layers)"),
    LL_OPT_INT("dim", "32", 1, LL_ARCH2VEC_WIDEST, "numbers of the vector"),
    LL_OPT_INT("width", "128", 1, LL_ARCH2VEC_WIDEST, "hidden width of the graph layers"),
    LL_OPT_INT("batch", "32", 1, 256, "architectures of one step"),
    LL_OPT_REAL("rate", "0.001", 0, 1, "learning rate of Adam"),
    {0},
};

typedef struct trainer {
    const ll_encode_job *job;
    ll_arch2vec_model *m;
    int epochs, batch, n_train;
    double rate;
    ll_arch2vec_net *net;
    ll_arch2vec_graphs *graphs;
    ll_adamw adam;
    float *grad, *noise;
    ll_rng noises;
    long step, steps;
    double start_s, loss; /* loss: of the epoch so far, mean of its steps */
} trainer;

/* --- open, close --- */

static void uniform(ll_rng *r, float *v, size_t n, int fan_in)
{
    double bound = 1 / sqrt(fan_in);
    for (size_t i = 0; i < n; i++) v[i] = (float)(bound * (2 * ll_rng_uniform(r) - 1));
}

static void ones(float *v, int n)
{
    for (int i = 0; i < n; i++) v[i] = 1;
}

/* As PyTorch does: linear maps and their biases uniform within 1/sqrt(inputs), normalisations neutral. */
static void init_weights(const ll_arch2vec_layout *l, uint64_t seed, float *w)
{
    ll_rng r = ll_rng_new(seed, LL_STREAM_WEIGHTS);
    const ll_arch2vec_shape *s = &l->shape;
    size_t width = (size_t)s->width, dim = (size_t)s->dim, labels = (size_t)s->labels;
    for (int i = 0; i < LL_ARCH2VEC_ROUNDS; i++) {
        w[l->round[i].epsilon] = first_epsilon;
        for (int j = 0; j < 2; j++) {
            int in = j ? s->width : l->round[i].in;
            uniform(&r, w + l->round[i].w[j], (size_t)in * width, in);
            ones(w + l->round[i].gamma[j], s->width);
        }
    }
    uniform(&r, w + l->code_w, width * 2 * dim, s->width);
    uniform(&r, w + l->code_b, 2 * dim, s->width);
    uniform(&r, w + l->decoder_w, dim * labels, s->dim);
    uniform(&r, w + l->decoder_b, labels, s->dim);
}

static int usual_epochs(const ll_space *s)
{
    return s->facts->cell ? CELL_EPOCHS : CHAIN_EPOCHS;
}

static void trainer_open(trainer *t, const ll_encode_job *job, ll_arch2vec_model *m)
{
    const ll_arch2vec_shape *s = &m->layout.shape;
    const ll_values *o = job->options;
    int n = job->archs->n;
    *t = (trainer){.job = job, .m = m, .batch = ll_int(o, "batch"), .rate = ll_real(o, "rate")};
    t->epochs = ll_has(o, "epochs") ? ll_int(o, "epochs") : usual_epochs(job->archs->space);
    t->n_train = n < FEW ? n : (int)((long)n * 9 / 10);
    t->steps = (long)((t->n_train + t->batch - 1) / t->batch) * t->epochs;
    t->net = ll_arch2vec_net_new(s);
    t->graphs = ll_arch2vec_graphs_new(s->nodes, s->labels, t->batch);
    t->grad = ll_alloc_aligned(m->layout.n, sizeof(float));
    t->noise = ll_alloc_aligned((size_t)t->batch * (size_t)s->nodes * (size_t)s->dim, sizeof(float));
    t->noises = ll_rng_new(job->seed, LL_STREAM_SAMPLES);
    ll_adamw_init(&t->adam, m->layout.n, 0);
    init_weights(&m->layout, job->seed, m->w);
    t->start_s = ll_now_s();
}

static void trainer_close(trainer *t)
{
    ll_arch2vec_net_free(t->net);
    ll_arch2vec_graphs_free(t->graphs);
    ll_adamw_free(&t->adam);
    free(t->grad);
    free(t->noise);
}

/* --- one step --- */

/* Architectures which[0 .. n - 1], NULL: from, from + 1, .. */
static void take_batch(trainer *t, const int *which, int from, int n)
{
    const ll_archs *archs = t->job->archs;
    ll_graph g;
    ll_arch2vec_graphs_clear(t->graphs);
    for (int i = 0; i < n; i++) {
        ll_arch2vec_graph(archs->space, ll_arch(archs, which ? which[i] : from + i), &g);
        ll_arch2vec_graphs_add(t->graphs, &g);
    }
    ll_arch2vec_graphs_number(t->graphs);
}

static void draw_noise(trainer *t)
{
    int n = t->graphs->n * t->graphs->nodes * t->m->layout.shape.dim;
    for (int i = 0; i < n; i++) t->noise[i] = (float)ll_rng_normal(&t->noises);
}

/* Cuts the gradient's norm; returns what it was. */
static double clip(float *g, size_t n)
{
    double square = 0;
#pragma omp simd reduction(+ : square)
    for (size_t i = 0; i < n; i++) square += (double)g[i] * g[i];
    double norm = sqrt(square);
    float factor = (float)(steepest / (norm + 1e-6));
    for (size_t i = 0; i < n && norm > steepest; i++) g[i] *= factor;
    return norm;
}

static ll_status no_number(const trainer *t, const char *what, double value, ll_error *e)
{
    return ll_fail(e, LL_FAILED,
                   "the %s of arch2vec is %g at step %ld of %ld: a smaller rate than %g may do better", what,
                   value, t->step + 1, t->steps, t->rate);
}

/* On the batch at hand. */
static ll_status take_step(trainer *t, double *loss, ll_error *e)
{
    ll_arch2vec_model *m = t->m;
    draw_noise(t);
    ll_arch2vec_loss parts = ll_arch2vec_forward(t->net, m->w, t->graphs, t->noise, dropout,
                                                 t->job->seed * 1000003 + (uint64_t)t->step);
    *loss = parts.labels + parts.arcs + parts.divergence;
    if (!isfinite(*loss)) return no_number(t, "loss", *loss, e);
    ll_arch2vec_backward(t->net, m->w, t->graphs, t->grad);
    double norm = clip(t->grad, m->layout.n);
    if (!isfinite(norm)) return no_number(t, "gradient", norm, e);
    ll_adamw_step(&t->adam, m->w, &t->grad, 1, NULL, t->rate, NULL);
    ll_arch2vec_track(t->net, t->graphs, m->statistics);
    t->step++;
    return LL_OK;
}

/* --- epochs --- */

static void report(trainer *t)
{
    if (!ll_observer_due(t->job->observer, .1)) return;
    cJSON *p = ll_progress_new("arch2vec", t->step, t->steps);
    double spent = ll_now_s() - t->start_s;
    ll_json_num(p, "loss", t->loss);
    ll_json_num(p, "left_s", spent / (double)t->step * (double)(t->steps - t->step));
    ll_progress(t->job->observer, p);
}

static ll_status cancelled(const trainer *t, ll_error *e)
{
    return ll_fail(e, LL_CANCELLED, "cancelled after %ld of %ld steps of arch2vec", t->step, t->steps);
}

static ll_status one_epoch(trainer *t, const int *order, ll_error *e)
{
    double sum = 0, loss;
    for (int from = 0, done = 0; from < t->n_train; from += t->batch) {
        if (ll_cancelled(t->job->observer)) return cancelled(t, e);
        take_batch(t, order + from, 0, t->n_train - from < t->batch ? t->n_train - from : t->batch);
        ll_status s = take_step(t, &loss, e);
        if (s) return s;
        sum += loss;
        t->loss = sum / ++done;
        report(t);
    }
    return LL_OK;
}

static ll_status all_epochs(trainer *t, ll_error *e)
{
    ll_rng r = ll_rng_new(t->job->seed, LL_STREAM_BATCHES);
    ll_ints order = ll_ints_range(t->n_train);
    ll_status s = LL_OK;
    for (int i = 0; i < t->epochs && !s; i++) {
        ll_rng_shuffle(&r, order.v, order.n);
        s = one_epoch(t, order.v, e);
    }
    ll_ints_free(&order);
    return s;
}

/* What comes back of the architectures that it did not learn from. */
static ll_status try_rest(trainer *t, ll_arch2vec_recall *r, ll_error *e)
{
    int n = t->job->archs->n;
    for (int from = t->n_train; from < n; from += t->batch) {
        if (ll_cancelled(t->job->observer)) return cancelled(t, e);
        take_batch(t, NULL, from, n - from < t->batch ? n - from : t->batch);
        ll_arch2vec_try(t->net, t->m->w, t->m->statistics, t->graphs, r);
    }
    return LL_OK;
}

static double share(long part, long all)
{
    return all ? (double)part / (double)all : 1;
}

static void note(const trainer *t, const ll_arch2vec_recall *r)
{
    double *f = t->m->figure;
    f[LL_ARCH2VEC_ARCHS] = t->n_train;
    f[LL_ARCH2VEC_HELD_OUT] = t->job->archs->n - t->n_train;
    f[LL_ARCH2VEC_EPOCHS] = t->epochs;
    f[LL_ARCH2VEC_LOSS] = t->loss;
    f[LL_ARCH2VEC_OPERATIONS] = share(r->labels, r->nodes);
    f[LL_ARCH2VEC_EDGES] = share(r->arcs_found, r->arcs);
    f[LL_ARCH2VEC_FALSE_EDGES] = r->gaps ? share(r->gaps_filled, r->gaps) : 0;
}

ll_status ll_arch2vec_train(const ll_encode_job *job, ll_arch2vec_model *m, ll_error *e)
{
    trainer t;
    ll_arch2vec_recall recall = {0};
    trainer_open(&t, job, m);
    ll_status s = all_epochs(&t, e);
    if (!s) s = try_rest(&t, &recall, e);
    if (!s) note(&t, &recall);
    trainer_close(&t);
    return s;
}
