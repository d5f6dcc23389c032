#include "core/proxies/precise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/proxies/ops.h"

static ll_net *open_net(const ll_precise_job *job, int batch, bool synflow)
{
    ll_net *net = ll_net_new();
    ll_net_setup s = {.network = job->network,
                      .batch = batch,
                      .weights = job->weights,
                      .seed = job->seed,
                      .absolute = synflow,
                      .plain = synflow,
                      .stop = job->stop,
                      .ctx = job->ctx};
    ll_net_open(net, &s);
    return net;
}

static real *ones(size_t n)
{
    real *v = ll_alloc_aligned(n, sizeof *v);
    for (size_t i = 0; i < n; i++) v[i] = 1;
    return v;
}

/* --- synflow --- */

static double flow(const ll_net *net, int n_layers)
{
    double sum = 0;
    for (int i = 0; i < n_layers; i++) {
        size_t size;
        const real *w = ll_net_weights_of(net, i, &size), *g = ll_net_gradient_of(net, i, &size);
        for (size_t k = 0; k < size; k++) sum += (double)(w[k] * g[k]);
    }
    return sum;
}

double ll_synflow(const ll_precise_job *job)
{
    ll_net *net = open_net(job, 1, true);
    real *image = ones(ll_net_image(net)), *dy = ones((size_t)ll_net_classes(net));
    bool whole = ll_net_forward(net, image) && ll_net_backward(net, image, dy, NULL, false);
    double sum = whole ? flow(net, job->network->n_layers) : NAN;
    free(dy);
    free(image);
    ll_net_free(net);
    return log(sum);
}

/* --- grasp --- */

typedef struct grasp {
    const ll_precise_job *job;
    ll_net *net;
    real *images, *dy, *w[LL_MAX_LAYERS], *g[LL_MAX_LAYERS];
} grasp;

static bool gradient(grasp *q)
{
    if (!ll_net_forward(q->net, q->images)) return false;
    ll_cross_entropy(ll_net_classes(q->net), q->job->batch, ll_net_result(q->net), q->job->label, q->dy);
    return ll_net_backward(q->net, q->images, q->dy, NULL, false);
}

/* Keeps weights and gradient; the largest element of each decides how far a step goes. */
static double keep(grasp *q)
{
    double most = 0;
    for (int i = 0; i < q->job->network->n_layers; i++) {
        size_t size;
        const real *g = ll_net_gradient_of(q->net, i, &size), *w = ll_net_weights_of(q->net, i, &size);
        if (!size) continue;
        q->g[i] = ll_memdup(g, size, sizeof *g);
        q->w[i] = ll_memdup(w, size, sizeof *w);
        for (size_t k = 0; k < size; k++) most = fmax(most, fabs((double)g[k]));
    }
    return most;
}

static void step(grasp *q, double by)
{
    for (int i = 0; i < q->job->network->n_layers; i++) {
        size_t size;
        real *w = ll_net_weights_of(q->net, i, &size);
        for (size_t k = 0; k < size; k++) w[k] = q->w[i][k] + (real)by * q->g[i][k];
    }
}

static double along_weights(const grasp *q) /* w . gradient */
{
    double sum = 0;
    for (int i = 0; i < q->job->network->n_layers; i++) {
        size_t size;
        const real *g = ll_net_gradient_of(q->net, i, &size);
        for (size_t k = 0; k < size; k++) sum += (double)(q->w[i][k] * g[k]);
    }
    return sum;
}

/* w . H g = d/dt w . gradient(w + t g), w in front held fixed. A ReLU that turns on the way would put its jump, over so
 * short a way, in place of the derivative: all are held as they were. */
static double product(grasp *q)
{
    static const double reach = 1e-7; /* of the weight that moves most */
    double most = gradient(q) ? keep(q) : NAN, up, down;
    if (!(most > 0)) return most; /* no gradient, or stopped */
    ll_net_hold_relus(q->net);
    double by = reach / most;
    step(q, by);
    if (!gradient(q)) return NAN;
    up = along_weights(q);
    step(q, -by);
    if (!gradient(q)) return NAN;
    down = along_weights(q);
    return -(up - down) / (2 * by);
}

double ll_grasp(const ll_precise_job *job)
{
    grasp q = {.job = job, .net = open_net(job, job->batch, false)};
    size_t n = ll_net_image(q.net) * (size_t)job->batch;
    q.images = ll_alloc_aligned(n, sizeof *q.images);
    q.dy = LL_NEW_ARRAY(real, ll_net_classes(q.net) * job->batch);
    for (size_t i = 0; i < n; i++) q.images[i] = (real)job->images[i];
    double value = product(&q);
    for (int i = 0; i < LL_MAX_LAYERS; i++) {
        free(q.w[i]);
        free(q.g[i]);
    }
    free(q.images);
    free(q.dy);
    ll_net_free(q.net);
    return value;
}
