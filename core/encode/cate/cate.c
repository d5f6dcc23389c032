/* CATE (Yan et al., "CATE: Computation-aware Neural Architecture Encoding with Transformers", arXiv 2102.05108;
 * core/ALGORITHMS.md section 3), 32 wide as in NASFLAT (arXiv 2403.02446): operations hidden in two architectures of
 * similar parameters are guessed from both. The vector of an architecture is that of its output node behind the first
 * encoder and its last layer norm, nothing hidden and nothing dropped.
 *
 * Two sizes. `published` has 12 layers, and 24 in the cross encoder; `small`, the default, 3 and 3 of the same
 * widths: after two epochs of all 15,625 cells 42.5 % of the hidden operations came back, of `published` 41.9 %, in six
 * times the time (21.6 % by guessing the most frequent one).
 *
 * Similar means parameters, so a space must know its layers. (Users' spaces do not. A sum of their choices' numbers would
 * pair what merely stands at like places in lists.) */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/encode/cate/train.h"
#include "core/encode/parts.h"
#include "core/num/blas.h"

static const ll_option options[] = {
    LL_OPT_CHOICE("size", "small", "small|published", "3 + 3 layers, or the 12 + 24 of the paper"),
    LL_OPT_INT("epochs", "10", 1, 10000, "passes over all pairs", .unit = "epochs"),
    LL_OPT_INT("batch", "1024", 1, 65536, "pairs per step", .unit = "pairs"),
    LL_OPT_REAL(
        "within", NULL, 0, 1e12,
        "parameters by which a pair differs at most; else as published for the space, or a seventh of "
        "the range",
        .unit = "parameters"),
    {0},
};

static const struct {
    const char *name;
    ll_cate_stack_shape first, cross;
} sizes[] = {{"small", {3, 128}, {3, 256}}, {"published", {12, 128}, {24, 256}}};
enum { N_SIZES = sizeof sizes / sizeof *sizes, DIM = LL_CATE_WIDTH };

typedef struct cate {
    int size; /* of sizes */
    ll_cate_shape shape;
    float *w; /* (the layout's n) */
    ll_cate_quality quality;
} cate;

static void release(void *state)
{
    cate *c = state;
    free(c->w);
    free(c);
}

static int find_size(const char *name)
{
    for (int i = 0; i < N_SIZES && name; i++)
        if (!strcmp(sizes[i].name, name)) return i;
    return -1;
}

static cate *cate_new(const ll_space *s, int size)
{
    cate *c = LL_NEW(cate);
    c->size = size;
    c->shape = (ll_cate_shape){ll_space_node_ops(s), ll_cate_length(s), sizes[size].first, sizes[size].cross};
    c->w = ll_alloc_aligned(ll_cate_layout_of(&c->shape).n, sizeof *c->w);
    return c;
}

/* --- fit --- */

static ll_status read_params(const ll_archs *archs, double *params, ll_error *e)
{
    for (int i = 0; i < archs->n; i++) {
        ll_cost cost;
        if (!ll_space_cost(archs->space, ll_arch(archs, i), &cost))
            return ll_fail(e, LL_USAGE,
                           "cate pairs architectures of similar parameters, and those of %s are not known",
                           archs->space->name);
        params[i] = cost.params;
    }
    return LL_OK;
}

static double default_within(const ll_archs *archs, const double *params)
{
    double least = INFINITY, most = -INFINITY;
    for (int i = 0; i < archs->n; i++) {
        least = fmin(least, params[i]);
        most = fmax(most, params[i]);
    }
    return archs->space->facts->cate_within ? archs->space->facts->cate_within : (most - least) / 7;
}

static ll_status fit(const ll_encode_job *job, ll_encoder *c, ll_error *e)
{
    const ll_archs *archs = job->archs;
    const ll_values *o = job->options;
    double *params = LL_NEW_ARRAY(double, archs->n + 1);
    ll_status s = read_params(archs, params, e);
    if (!s) {
        cate *own = c->state = cate_new(c->space, find_size(ll_word(o, "size")));
        ll_cate_plan plan = {.archs = archs,
                             .params = params,
                             .within =
                                 ll_has(o, "within") ? ll_real(o, "within") : default_within(archs, params),
                             .epochs = ll_int(o, "epochs"),
                             .batch = ll_int(o, "batch"),
                             .seed = job->seed,
                             .observer = job->observer,
                             .pool = job->pool};
        c->dim = DIM;
        s = ll_cate_train(&own->shape, &plan, own->w, &own->quality, e);
    }
    free(params);
    return s;
}

static int qualities(const void *state, ll_quality *out)
{
    const ll_cate_quality *q = &((const cate *)state)->quality;
    out[0] = (ll_quality){.name = "tokens",
                          .what = "share of hidden operations that come back, of pairs held out",
                          .value = q->tokens,
                          .guessing = q->most_frequent};
    out[1] = (ll_quality){.name = "most_frequent",
                          .what = "the same of always guessing the most frequent operation",
                          .value = q->most_frequent};
    out[2] = (ll_quality){.name = "loss",
                          .what = "mean cross-entropy of the same, with label smoothing",
                          .value = q->loss,
                          .aside = true};
    out[3] = (ll_quality){.name = "architectures",
                          .what = "fitted on, with those held out",
                          .value = q->architectures,
                          .aside = true};
    return 4;
}

/* --- encode --- */

static ll_status encode(const ll_encoder *c, const ll_archs *archs, float *out, ll_error *e)
{
    enum { AT_ONCE = 64 };
    const cate *own = c->state;
    ll_cate_net *net = ll_cate_net_new(&own->shape, AT_ONCE / 2, false);
    bool was = ll_blas_fix_tiles(true); /* a vector does not depend on those beside it */
    for (int from = 0; from < archs->n; from += AT_ONCE) {
        ll_cate_tokens t;
        ll_cate_tokens_read(&t, &own->shape, archs, from,
                            archs->n - from < AT_ONCE ? archs->n - from : AT_ONCE);
        ll_cate_embed(net, own->w, t.token, t.heard, t.n, out + (size_t)from * DIM);
        ll_cate_tokens_free(&t);
    }
    ll_blas_fix_tiles(was);
    ll_cate_net_free(net);
    return LL_OK;
}

/* --- in a file --- */

/* The fit's qualities by the tensor of each; one that is not known has none. */
static const char *const quality_names[] = {"tokens", "most_frequent", "loss", "architectures"};
enum { N_QUALITIES = sizeof quality_names / sizeof *quality_names };

static double *quality_at(ll_cate_quality *q, int i)
{
    double *const all[] = {&q->tokens, &q->most_frequent, &q->loss, &q->architectures};
    return all[i];
}

static ll_status save(const void *state, ll_tensors *out, ll_error *e)
{
    const cate *c = state;
    ll_cate_quality q = c->quality;
    ll_tensors_set_text(out, "size", sizes[c->size].name);
    ll_tensors_add(out, "weights", LL_F32, 1, (long[]){(long)ll_cate_layout_of(&c->shape).n}, c->w);
    for (int i = 0; i < N_QUALITIES; i++)
        if (!isnan(*quality_at(&q, i)))
            ll_tensors_add(out, quality_names[i], LL_F64, 1, (long[]){1}, quality_at(&q, i));
    return LL_OK;
}

static ll_status load_weights(const ll_tensors *in, cate *c, ll_error *e)
{
    const ll_tensor *t;
    size_t n = ll_cate_layout_of(&c->shape).n;
    ll_status s = ll_tensors_need(in, "weights", LL_F32, 1, (long[]){(long)n}, &t, e);
    if (!s) s = ll_tensors_finite(in, e);
    if (!s) memcpy(c->w, t->data, n * sizeof *c->w);
    return s;
}

static ll_status load_qualities(const ll_tensors *in, cate *c, ll_error *e)
{
    ll_status s = LL_OK;
    for (int i = 0; i < N_QUALITIES && !s; i++) {
        const ll_tensor *t;
        *quality_at(&c->quality, i) = NAN;
        if (!ll_tensors_find(in, quality_names[i])) continue;
        s = ll_tensors_need(in, quality_names[i], LL_F64, 1, (long[]){1}, &t, e);
        if (!s) *quality_at(&c->quality, i) = *(const double *)t->data;
    }
    return s;
}

static ll_status load(const ll_tensors *in, ll_encoder *c, ll_error *e)
{
    const char *name = ll_tensors_text(in, "size");
    int size = find_size(name);
    if (size < 0)
        return ll_fail(e, LL_BAD_DATA, "cate is small or published, the file says %.40s",
                       name ? name : "nothing");
    if (c->dim != DIM) return ll_fail(e, LL_BAD_DATA, "cate has %d columns, the file says %d", DIM, c->dim);
    cate *own = c->state = cate_new(c->space, size);
    ll_status s = load_weights(in, own, e);
    return s ? s : load_qualities(in, own, e);
}

const ll_encoding ll_encoding_cate = {
    .name = "cate",
    .summary = "learnt: operations hidden in pairs of similar parameters are guessed by a transformer",
    .options = options,
    .learnt = true,
    .fit = fit,
    .encode = encode,
    .qualities = qualities,
    .release = release,
    .save = save,
    .load = load,
};
