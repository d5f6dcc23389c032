#include "core/predict/gcn/multipredict_net.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/nn/linear.h"
#include "core/nn/sums.h"

struct ll_mp_net {
    ll_mp_shape shape;
    ll_gcn_work *gcn;              /* NULL without a graph */
    int n_codes, n_items;          /* of the last passes */
    const real *base;              /* (n_codes, fc[0].in): what the fully connected layers read */
    real *fc[LL_MP_FC];            /* (archs, out): their outputs */
    real *dfc[2];                  /* (archs, widest): gradients on their way back */
    real *in, *wide, *dwide, *din; /* (items, 38 + n_z), (items, 1000), the same, (items, 38 + n_z) */
    real *out, *dout;              /* (items) */
};

static int head_in(const ll_mp_shape *s)
{
    return LL_MP_CODE + LL_MP_DEVICE + s->n_z;
}

ll_mp_shape ll_mp_shape_of(bool graph, int nodes, int labels, int n_in, int n_devices, int n_z)
{
    enum { GRAPH = 200, PLAIN = 100 };
    ll_mp_shape s = {.graph = graph, .n_in = n_in, .n_devices = n_devices, .n_z = n_z};
    s.gcn = (ll_gcn_shape){nodes, labels, GRAPH, 4, false};
    int width = graph ? GRAPH : PLAIN;
    size_t at = graph ? ll_gcn_params(&s.gcn) : 0;
    for (int i = 0; i < LL_MP_FC; i++) {
        bool last = i == LL_MP_FC - 1;
        ll_mp_fc *f = &s.fc[i];
        *f = (ll_mp_fc){i || graph ? width : n_in, last ? LL_MP_CODE : width, at, 0, !last || !graph};
        f->b = f->w + (size_t)f->in * (size_t)f->out;
        at = f->b + (size_t)f->out;
    }
    s.embedding = at;
    s.w1 = s.embedding + (size_t)n_devices * LL_MP_DEVICE;
    s.b1 = s.w1 + (size_t)head_in(&s) * LL_MP_WIDE;
    s.w2 = s.b1 + LL_MP_WIDE;
    s.b2 = s.w2 + LL_MP_WIDE;
    s.n = s.b2 + 1;
    return s;
}

static int widest(const ll_mp_shape *s)
{
    return s->fc[0].in > s->fc[0].out ? s->fc[0].in : s->fc[0].out;
}

ll_mp_net *ll_mp_net_new(const ll_mp_shape *s, int archs, int items)
{
    ll_mp_net *net = LL_NEW(ll_mp_net);
    size_t in = (size_t)head_in(s);
    *net = (ll_mp_net){.shape = *s, .gcn = s->graph ? ll_gcn_work_new(&s->gcn) : NULL};
    for (int i = 0; i < LL_MP_FC; i++)
        net->fc[i] = ll_alloc_aligned((size_t)archs * (size_t)s->fc[i].out, sizeof(real));
    for (int i = 0; i < 2; i++)
        net->dfc[i] = ll_alloc_aligned((size_t)archs * (size_t)widest(s), sizeof(real));
    net->in = ll_alloc_aligned((size_t)items * in, sizeof(real));
    net->din = ll_alloc_aligned((size_t)items * in, sizeof(real));
    net->wide = ll_alloc_aligned((size_t)items * LL_MP_WIDE, sizeof(real));
    net->dwide = ll_alloc_aligned((size_t)items * LL_MP_WIDE, sizeof(real));
    net->out = LL_NEW_ARRAY(real, items);
    net->dout = LL_NEW_ARRAY(real, items);
    return net;
}

void ll_mp_net_free(ll_mp_net *net)
{
    if (!net) return;
    ll_gcn_work_free(net->gcn);
    for (int i = 0; i < LL_MP_FC; i++) free(net->fc[i]);
    for (int i = 0; i < 2; i++) free(net->dfc[i]);
    free(net->in);
    free(net->din);
    free(net->wide);
    free(net->dwide);
    free(net->out);
    free(net->dout);
    free(net);
}

const real *ll_mp_encode(ll_mp_net *net, const real *w, const ll_gcn_graphs *g, const int *which,
                         const real *x, int n)
{
    const real *at = net->base = net->gcn ? ll_gcn_forward(net->gcn, w, g, which, n, 0, 0) : x;
    net->n_codes = n;
    for (int i = 0; i < LL_MP_FC; i++) {
        const ll_mp_fc *f = &net->shape.fc[i];
        ll_linear(at, n, f->in, w + f->w, f->out, w + f->b, f->out, f->relu ? LL_ACT_RELU : LL_ACT_NONE,
                  net->fc[i], f->out);
        at = net->fc[i];
    }
    return at;
}

void ll_mp_encode_back(ll_mp_net *net, const real *w, real *dcode, real *grad)
{
    real *d = dcode;
    for (int i = LL_MP_FC - 1; i >= 0; i--) {
        const ll_mp_fc *f = &net->shape.fc[i];
        bool first = i == 0;
        real *dx = first && !net->gcn ? NULL : net->dfc[i % 2];
        ll_act_back(d, net->fc[i], net->n_codes, f->out, f->out, f->relu ? LL_ACT_RELU : LL_ACT_NONE, 1);
        ll_linear_back(first ? net->base : net->fc[i - 1], net->n_codes, f->in, w + f->w, f->out, f->out, d,
                       f->out, grad + f->w, grad + f->b, dx, 0);
        d = dx;
    }
    if (net->gcn) ll_gcn_backward(net->gcn, w, d, grad);
}

void ll_mp_head(ll_mp_net *net, const real *w, const real *code, const real *z, const ll_mp_item *items,
                int n, real *score)
{
    const ll_mp_shape *s = &net->shape;
    size_t in = (size_t)head_in(s), n_z = (size_t)s->n_z;
    for (int i = 0; i < n; i++) {
        real *row = net->in + (size_t)i * in;
        memcpy(row, code + (size_t)items[i].code * LL_MP_CODE, LL_MP_CODE * sizeof *row);
        memcpy(row + LL_MP_CODE, w + s->embedding + (size_t)items[i].device * LL_MP_DEVICE,
               LL_MP_DEVICE * sizeof *row);
        if (n_z) memcpy(row + LL_MP_CODE + LL_MP_DEVICE, z + (size_t)items[i].z * n_z, n_z * sizeof *row);
    }
    ll_linear(net->in, n, (int)in, w + s->w1, LL_MP_WIDE, w + s->b1, LL_MP_WIDE, LL_ACT_RELU, net->wide,
              LL_MP_WIDE);
    ll_linear(net->wide, n, LL_MP_WIDE, w + s->w2, 1, w + s->b2, 1, LL_ACT_SIGMOID, net->out, 1);
    memcpy(score, net->out, (size_t)n * sizeof *score);
    net->n_items = n;
}

void ll_mp_head_back(ll_mp_net *net, const real *w, const ll_mp_item *items, const real *dscore, real *dcode,
                     real *grad)
{
    const ll_mp_shape *s = &net->shape;
    int in = head_in(s), n = net->n_items;
    memcpy(net->dout, dscore, (size_t)n * sizeof *dscore);
    ll_act_back(net->dout, net->out, n, 1, 1, LL_ACT_SIGMOID, 1);
    ll_linear_back(net->wide, n, LL_MP_WIDE, w + s->w2, 1, 1, net->dout, 1, grad + s->w2, grad + s->b2,
                   net->dwide, 0);
    ll_act_back(net->dwide, net->wide, n, LL_MP_WIDE, LL_MP_WIDE, LL_ACT_RELU, 1);
    ll_linear_back(net->in, n, in, w + s->w1, LL_MP_WIDE, LL_MP_WIDE, net->dwide, LL_MP_WIDE, grad + s->w1,
                   grad + s->b1, net->din, 0);
    for (int i = 0; i < n; i++) {
        const real *d = net->din + (size_t)i * (size_t)in;
        if (dcode) ll_add_row(dcode + (size_t)items[i].code * LL_MP_CODE, d, LL_MP_CODE);
        ll_add_row(grad + s->embedding + (size_t)items[i].device * LL_MP_DEVICE, d + LL_MP_CODE,
                   LL_MP_DEVICE);
    }
}
