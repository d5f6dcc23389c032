/* Arch2Vec (Yan et al., arXiv 2006.06936) as NASFLAT used it (arXiv 2403.02446): an autoencoder of graphs is fitted on a set,
 * and an architecture's vector is the mean of its nodes' codes. core/ALGORITHMS.md section 3. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/encode/arch2vec/model.h"
#include "core/encode/parts.h"

ll_arch2vec_model *ll_arch2vec_model_new(const ll_arch2vec_shape *s)
{
    ll_arch2vec_model *m = LL_NEW(ll_arch2vec_model);
    m->layout = ll_arch2vec_layout_of(s);
    m->w = ll_alloc_aligned(m->layout.n, sizeof(float));
    m->statistics = ll_alloc_aligned(m->layout.n_statistics, sizeof(float));
    for (size_t i = 0; i < m->layout.n_statistics; i++) m->statistics[i] = i / (size_t)s->width % 2;
    return m;
}

void ll_arch2vec_model_free(ll_arch2vec_model *m)
{
    if (!m) return;
    free(m->w);
    free(m->statistics);
    free(m);
}

static void release(void *state)
{
    ll_arch2vec_model_free(state);
}

static ll_status fit(const ll_encode_job *job, ll_encoder *c, ll_error *e)
{
    ll_arch2vec_shape shape = {.width = ll_int(job->options, "width"), .dim = ll_int(job->options, "dim")};
    if (!job->archs->n) return ll_fail(e, LL_USAGE, "arch2vec learns from architectures, and there are none");
    ll_status s = ll_arch2vec_graphs_of(c->space, &shape.nodes, &shape.labels, e);
    if (s) return s;
    c->dim = shape.dim;
    c->state = ll_arch2vec_model_new(&shape);
    return ll_arch2vec_train(job, c->state, e);
}

/* --- apply --- */

enum { CHUNK = 64 }; /* their rows stay in the second-level cache */

static void encode_chunk(const ll_encoder *c, ll_arch2vec_net *net, ll_arch2vec_graphs *g,
                         const ll_archs *archs, int from, float *out)
{
    const ll_arch2vec_model *m = c->state;
    ll_graph graph;
    ll_arch2vec_graphs_clear(g);
    for (int i = from; i < archs->n && i < from + CHUNK; i++) {
        ll_arch2vec_graph(c->space, ll_arch(archs, i), &graph);
        ll_arch2vec_graphs_add(g, &graph);
    }
    ll_arch2vec_graphs_number(g);
    ll_arch2vec_embed(net, m->w, m->statistics, g, out + (size_t)from * (size_t)c->dim);
}

static ll_status encode(const ll_encoder *c, const ll_archs *archs, float *out, ll_error *e)
{
    const ll_arch2vec_shape *s = &((const ll_arch2vec_model *)c->state)->layout.shape;
    ll_arch2vec_net *net = ll_arch2vec_net_new(s);
    ll_arch2vec_graphs *g = ll_arch2vec_graphs_new(s->nodes, s->labels, archs->n < CHUNK ? archs->n : CHUNK);
    bool was = ll_blas_fix_tiles(true); /* no vector depends on its company */
    for (int from = 0; from < archs->n; from += CHUNK) encode_chunk(c, net, g, archs, from, out);
    ll_blas_fix_tiles(was);
    ll_arch2vec_graphs_free(g);
    ll_arch2vec_net_free(net);
    return LL_OK;
}

static int qualities(const void *state, ll_quality *out)
{
    static const ll_quality known[LL_ARCH2VEC_FIGURES] = {
        [LL_ARCH2VEC_ARCHS] = {.name = "architectures",
                               .what = "architectures that it learnt from",
                               .aside = true},
        [LL_ARCH2VEC_HELD_OUT] = {.name = "held_out",
                                  .what = "architectures that were held out",
                                  .aside = true},
        [LL_ARCH2VEC_EPOCHS] = {.name = "epochs", .what = "passes over the architectures", .aside = true},
        [LL_ARCH2VEC_LOSS] = {.name = "loss", .what = "mean loss of the last epoch", .aside = true},
        [LL_ARCH2VEC_OPERATIONS] = {.name = "operations",
                                    .what = "share of held-out operations that come back"},
        [LL_ARCH2VEC_EDGES] = {.name = "edges", .what = "share of held-out edges that come back"},
        [LL_ARCH2VEC_FALSE_EDGES] = {.name = "false_edges",
                                     .what = "share of held-out pairs without an edge that get one"},
    };
    const ll_arch2vec_model *m = state;
    bool held_out = m->figure[LL_ARCH2VEC_HELD_OUT] > 0;
    for (int i = 0; i < LL_ARCH2VEC_FIGURES; i++) {
        out[i] = known[i];
        out[i].value = i >= LL_ARCH2VEC_OPERATIONS && !held_out ? NAN : m->figure[i];
    }
    return LL_ARCH2VEC_FIGURES;
}

/* --- in a file --- */

static const char *const FIGURES = "figures", *const SHAPE = "shape", *const WEIGHTS = "weights",
                         *const STATISTICS = "statistics";

static ll_status save(const void *state, ll_tensors *out, ll_error *e)
{
    const ll_arch2vec_model *m = state;
    const ll_arch2vec_shape *s = &m->layout.shape;
    ll_tensors_add(out, SHAPE, LL_I32, 1, (long[]){4},
                   (const int32_t[]){s->nodes, s->labels, s->width, s->dim});
    ll_tensors_add(out, WEIGHTS, LL_F32, 1, (long[]){(long)m->layout.n}, m->w);
    ll_tensors_add(out, STATISTICS, LL_F32, 1, (long[]){(long)m->layout.n_statistics}, m->statistics);
    ll_tensors_add(out, FIGURES, LL_F64, 1, (long[]){LL_ARCH2VEC_FIGURES}, m->figure);
    return LL_OK;
}

static ll_status load_shape(const ll_tensors *in, const ll_encoder *c, ll_arch2vec_shape *s, ll_error *e)
{
    const ll_tensor *t;
    ll_status status = ll_tensors_need(in, SHAPE, LL_I32, 1, (long[]){4}, &t, e);
    if (!status) status = ll_arch2vec_graphs_of(c->space, &s->nodes, &s->labels, e);
    if (status) return status;
    const int32_t *v = t->data;
    s->width = v[2];
    s->dim = v[3];
    if (v[0] != s->nodes || v[1] != s->labels)
        return ll_fail(
            e, LL_BAD_DATA,
            "arch2vec of this file reads graphs of %d nodes and %d labels, those of %s have %d and %d", v[0],
            v[1], c->space->name, s->nodes, s->labels);
    if (s->width < 1 || s->width > LL_ARCH2VEC_WIDEST || s->dim < 1 || s->dim > LL_ARCH2VEC_WIDEST ||
        s->dim != c->dim)
        return ll_fail(e, LL_BAD_DATA,
                       "arch2vec of this file is %d wide with %d columns: 1 to %d and %d were expected",
                       s->width, s->dim, LL_ARCH2VEC_WIDEST, c->dim);
    return LL_OK;
}

static ll_status load_numbers(const ll_tensors *in, const char *name, size_t n, float *v, ll_error *e)
{
    const ll_tensor *t;
    ll_status s = ll_tensors_need(in, name, LL_F32, 1, (long[]){(long)n}, &t, e);
    if (!s) memcpy(v, t->data, n * sizeof *v);
    return s;
}

/* A variance below 0 has no root. */
static ll_status check_variances(const ll_arch2vec_model *m, ll_error *e)
{
    for (size_t i = 0; i < m->layout.n_statistics; i++)
        if (i / (size_t)m->layout.shape.width % 2 && m->statistics[i] < 0)
            return ll_fail(e, LL_BAD_DATA, "number %zu of tensor %s is %g: a variance is 0 or more", i,
                           STATISTICS, m->statistics[i]);
    return LL_OK;
}

static ll_status load(const ll_tensors *in, ll_encoder *c, ll_error *e)
{
    ll_arch2vec_shape shape;
    const ll_tensor *t;
    ll_status s = load_shape(in, c, &shape, e);
    if (s) return s;
    ll_arch2vec_model *m = c->state = ll_arch2vec_model_new(&shape);
    s = ll_tensors_finite(in, e);
    if (!s) s = load_numbers(in, WEIGHTS, m->layout.n, m->w, e);
    if (!s) s = load_numbers(in, STATISTICS, m->layout.n_statistics, m->statistics, e);
    if (!s) s = check_variances(m, e);
    if (!s) s = ll_tensors_need(in, FIGURES, LL_F64, 1, (long[]){LL_ARCH2VEC_FIGURES}, &t, e);
    if (!s) memcpy(m->figure, t->data, sizeof m->figure);
    return s;
}

const ll_encoding ll_encoding_arch2vec = {
    .name = "arch2vec",
    .summary = "means of node codes of a graph autoencoder, which is fitted on the architectures",
    .options = ll_arch2vec_options,
    .learnt = true,
    .fit = fit,
    .encode = encode,
    .qualities = qualities,
    .release = release,
    .save = save,
    .load = load,
};
