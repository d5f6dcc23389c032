/* Parts of networks. */
#include "core/costs/part.h"

static ll_part_kind kind_of(ll_layer_kind kind)
{
    static const ll_part_kind kinds[] = {
        [LL_CONV] = LL_PART_CONV,       [LL_POOL_AVG] = LL_PART_POOL,    [LL_ADD] = LL_PART_ADD,
        [LL_LINEAR] = LL_PART_LINEAR,   [LL_GLOBAL_POOL] = LL_PART_MEAN, [LL_COPY] = LL_PART_COPY,
        [LL_SHUFFLE] = LL_PART_SHUFFLE, [LL_GATE] = LL_PART_GATE};
    return kinds[kind];
}

/* What is no number of the part's kind is not said. */
static void keep_own(ll_part *p)
{
    for (int f = 0; f < LL_PART_FIELDS; f++)
        if (!ll_part_has(p->kind, f)) p->v[f] = LL_ANY;
}

ll_part ll_part_of_layer(const ll_layer *l)
{
    ll_part p = ll_part_new(kind_of(l->kind));
    p.v[LL_PART_H_IN] = l->h_in;
    p.v[LL_PART_C_IN] = l->c_in;
    p.v[LL_PART_H_OUT] = l->h_out;
    p.v[LL_PART_C_OUT] = l->c_out;
    p.v[LL_PART_KERNEL] = l->kernel;
    p.v[LL_PART_STRIDE] = l->stride;
    p.v[LL_PART_GROUPS] = l->groups;
    p.v[LL_PART_ACT] = (int)l->act;
    keep_own(&p);
    return p;
}

/* A walk along layers that each read what the one before makes. */
typedef struct walk {
    const ll_network *n;
    int first, at; /* the next layer */
} walk;

static const ll_layer *next(const walk *w, ll_layer_kind kind)
{
    const ll_layer *l = &w->n->layers[w->at];
    if (w->at >= w->n->n_layers || l->kind != kind) return NULL;
    return w->at == w->first || l->in[0] == w->at ? l : NULL;
}

static const ll_layer *take(walk *w, ll_layer_kind kind)
{
    const ll_layer *l = next(w, kind);
    if (l) w->at++;
    return l;
}

static bool is_depthwise(const ll_layer *l)
{
    return l->kind == LL_CONV && l->groups > 1 && l->groups == l->c_in;
}

/* Mean, linear, linear, and the gate of what the mean read; c and middle into the part. */
static bool take_se(walk *w, ll_part *p)
{
    walk own = *w;
    const ll_layer *mean = take(&own, LL_GLOBAL_POOL), *squeeze = mean ? take(&own, LL_LINEAR) : NULL;
    const ll_layer *excite = squeeze ? take(&own, LL_LINEAR) : NULL;
    if (!excite || own.at >= w->n->n_layers) return false;
    const ll_layer *gate = &w->n->layers[own.at];
    if (gate->kind != LL_GATE || gate->in[0] != mean->in[0] || gate->in[1] != own.at) return false;
    p->v[LL_PART_H_IN] = mean->h_in;
    p->v[LL_PART_C_IN] = mean->c_in;
    p->v[LL_PART_MIDDLE] = squeeze->c_out;
    w->at = own.at + 1;
    return true;
}

static const ll_layer *take_1x1(walk *w)
{
    const ll_layer *l = next(w, LL_CONV);
    return l && l->kernel == 1 && l->stride == 1 && !is_depthwise(l) ? take(w, LL_CONV) : NULL;
}

/* The sum of what a block makes with what it read. */
static bool take_residual(walk *w, int input)
{
    const ll_layer *l = &w->n->layers[w->at];
    if (w->at >= w->n->n_layers || l->kind != LL_ADD) return false;
    bool own = (l->in[0] == w->at && l->in[1] == input) || (l->in[1] == w->at && l->in[0] == input);
    w->at += own;
    return own;
}

static bool take_block(walk *w, ll_part *p)
{
    const ll_layer *first = &w->n->layers[w->at], *expand = take_1x1(w), *deep, *project;
    ll_part se;
    if (expand) take(w, LL_SHUFFLE);
    deep = next(w, LL_CONV);
    if (!deep || !is_depthwise(deep) || !(deep = take(w, LL_CONV))) return false;
    bool with_se = take_se(w, &se);
    project = take_1x1(w);
    if (!project || project->act != LL_NO_ACT) return false;
    p->v[LL_PART_H_IN] = first->h_in;
    p->v[LL_PART_C_IN] = first->c_in;
    p->v[LL_PART_H_OUT] = project->h_out;
    p->v[LL_PART_C_OUT] = project->c_out;
    p->v[LL_PART_KERNEL] = deep->kernel;
    p->v[LL_PART_STRIDE] = deep->stride;
    p->v[LL_PART_GROUPS] = project->groups;
    p->v[LL_PART_MIDDLE] = deep->c_in;
    p->v[LL_PART_ACT] = (int)deep->act;
    p->v[LL_PART_WITH_SE] = with_se;
    p->v[LL_PART_RESIDUAL] = take_residual(w, first->in[0]);
    return true;
}

static bool take_tail(walk *w, ll_part *p)
{
    const ll_layer *mean = take(w, LL_GLOBAL_POOL), *classify = mean ? take(w, LL_LINEAR) : NULL;
    if (!classify || w->at != w->n->n_layers) return false;
    p->v[LL_PART_H_IN] = mean->h_in;
    p->v[LL_PART_C_IN] = mean->c_in;
    p->v[LL_PART_C_OUT] = classify->c_out;
    return true;
}

int ll_part_at(const ll_network *n, int i, ll_part_kind kind, ll_part *out)
{
    walk w = {n, i, i};
    *out = ll_part_new(kind);
    bool found = kind == LL_PART_BLOCK  ? take_block(&w, out)
                 : kind == LL_PART_TAIL ? take_tail(&w, out)
                 : kind == LL_PART_SE   ? take_se(&w, out)
                                        : false;
    return found ? w.at - i : 0;
}
