#include "core/predict/mlp/net.h"

#include <stdlib.h>

#include "core/base/mem.h"
#include "core/nn/linear.h"

struct ll_mlp_net {
    ll_mlp_shape shape;
    const real *x; /* of the last forward, and how many rows */
    int n;
    real *y[LL_MLP_MOST_HIDDEN + 1]; /* (rows, out) of each layer */
    real *dy[2];                     /* (rows, width): gradients on their way back */
};

ll_mlp_layer ll_mlp_layer_at(const ll_mlp_shape *s, int layer)
{
    ll_mlp_layer l = {0};
    for (int i = 0; i <= layer; i++) {
        l.in = i ? s->width : s->in;
        l.out = i < s->hidden ? s->width : 1;
        l.w = l.end;
        l.b = l.w + (size_t)l.in * (size_t)l.out;
        l.end = l.b + (size_t)l.out;
    }
    return l;
}

size_t ll_mlp_params(const ll_mlp_shape *s)
{
    return ll_mlp_layer_at(s, s->hidden).end;
}

ll_mlp_net *ll_mlp_net_new(const ll_mlp_shape *s, int rows)
{
    ll_mlp_net *net = LL_NEW(ll_mlp_net);
    *net = (ll_mlp_net){.shape = *s};
    for (int i = 0; i <= s->hidden; i++)
        net->y[i] = ll_alloc_aligned((size_t)rows * (size_t)ll_mlp_layer_at(s, i).out, sizeof(real));
    for (int i = 0; i < 2; i++) net->dy[i] = ll_alloc_aligned((size_t)rows * (size_t)s->width, sizeof(real));
    return net;
}

void ll_mlp_net_free(ll_mlp_net *net)
{
    if (!net) return;
    for (int i = 0; i <= net->shape.hidden; i++) free(net->y[i]);
    for (int i = 0; i < 2; i++) free(net->dy[i]);
    free(net);
}

const real *ll_mlp_forward(ll_mlp_net *net, const real *w, const real *x, int n)
{
    int last = net->shape.hidden;
    const real *at = net->x = x;
    net->n = n;
    for (int i = 0; i <= last; i++) {
        ll_mlp_layer l = ll_mlp_layer_at(&net->shape, i);
        ll_linear(at, n, l.in, w + l.w, l.out, w + l.b, l.out, i < last ? LL_ACT_RELU : LL_ACT_NONE,
                  net->y[i], l.out);
        at = net->y[i];
    }
    return at;
}

void ll_mlp_backward(ll_mlp_net *net, const real *w, real *dout, real *grad)
{
    real *d = dout;
    for (int i = net->shape.hidden; i >= 0; i--) {
        ll_mlp_layer l = ll_mlp_layer_at(&net->shape, i);
        real *dx = i ? net->dy[i % 2] : NULL;
        ll_act_back(d, net->y[i], net->n, l.out, l.out, i < net->shape.hidden ? LL_ACT_RELU : LL_ACT_NONE, 1);
        ll_linear_back(i ? net->y[i - 1] : net->x, net->n, l.in, w + l.w, l.out, l.out, d, l.out, grad + l.w,
                       grad + l.b, dx, 0);
        d = dx;
    }
}
