#include "core/proxies/proxies.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/proxies/ops.h"
#include "core/proxies/parts.h"

struct ll_proxy_desk {
    ll_net *net;
};

ll_proxy_desk *ll_proxy_desk_new(void)
{
    ll_proxy_desk *d = LL_NEW(ll_proxy_desk);
    d->net = ll_net_new();
    return d;
}

void ll_proxy_desk_free(ll_proxy_desk *d)
{
    if (d) ll_net_free(d->net);
    free(d);
}

bool ll_proxy_connected(const ll_network *n)
{
    bool reached[LL_MAX_LAYERS + 1] = {true};
    for (int i = 0; i < n->n_layers; i++) {
        const ll_layer *l = &n->layers[i];
        int a = l->in[0], b = ll_layer_reads(l) > 1 ? l->in[1] : LL_TENSOR_ZERO;
        if (l->kind == LL_GATE)
            b = LL_TENSOR_ZERO; /* what is scaled to nothing is nothing, whatever the scale */
        reached[i + 1] = (a != LL_TENSOR_ZERO && reached[a]) || (b != LL_TENSOR_ZERO && reached[b]);
    }
    return reached[n->n_layers];
}

int ll_proxy_side(const ll_network *n)
{
    return n->layers[0].h_in;
}

int ll_proxy_classes(const ll_network *n)
{
    return n->layers[n->n_layers - 1].c_out;
}

/* --- passes --- */

void ll_proxy_open(ll_proxy_work *w, int batch, ll_net_weights weights, uint64_t repeat)
{
    ll_net_open(w->net, &(ll_net_setup){.network = &w->network,
                                        .batch = batch,
                                        .weights = weights,
                                        .seed = w->seed + (repeat << 32),
                                        .stop = w->stop,
                                        .ctx = w->ctx});
}

bool ll_proxy_gradient(ll_proxy_work *w, int batch, const float *images, const int *label)
{
    int classes = ll_proxy_classes(&w->network);
    float *dy = LL_NEW_ARRAY(float, classes *batch);
    ll_cross_entropy(classes, batch, ll_net_result(w->net), label, dy);
    bool whole = ll_net_backward(w->net, images, dy, NULL, true);
    free(dy);
    return whole;
}

static bool jacobian(ll_proxy_work *w)
{
    int n = w->images->n, classes = ll_proxy_classes(&w->network);
    float *dy = LL_NEW_ARRAY(float, classes *n);
    for (int i = 0; i < classes * n; i++) dy[i] = 1;
    w->d_images = ll_alloc_aligned(ll_net_image(w->net) * (size_t)n, sizeof *w->d_images);
    bool whole = ll_net_backward(w->net, w->images->x, dy, w->d_images, false);
    free(dy);
    return whole;
}

/* Brings the network to where `wants` finds it, from wherever an earlier one left it. */
static bool pass(ll_proxy_work *w, ll_proxy_wants wants, ll_proxy_wants *done)
{
    bool whole = true;
    const ll_proxy_images *i = w->images;
    if (wants < LL_WANTS_WEIGHTS || wants == LL_WANTS_PASSES) return true;
    if (*done < LL_WANTS_WEIGHTS) ll_proxy_open(w, i ? i->n : 1, w->weights, 0);
    if (wants >= LL_WANTS_FORWARD && *done < LL_WANTS_FORWARD) whole = ll_net_forward(w->net, i->x);
    if (wants == LL_WANTS_BACKWARD) whole = whole && ll_proxy_gradient(w, i->n, i->x, i->label);
    if (wants == LL_WANTS_JACOBIAN) whole = whole && jacobian(w);
    *done = wants;
    return whole;
}

static bool stopped(const ll_proxy_work *w)
{
    return w->stop && w->stop(w->ctx);
}

static double defined(double x)
{
    return isfinite(x) ? x : NAN;
}

/* --- asking --- */

ll_status ll_proxies_check(const ll_space *space, const ll_proxy *const *which, int n, ll_error *e)
{
    if (!space->layers && n)
        return ll_fail(e, LL_USAGE,
                       "the layers of space %s are not known, so %s cannot be computed: proxies want a "
                       "space whose networks can be built, as nasbench201 and fbnet",
                       space->name, which[0]->name);
    return LL_OK;
}

/* relu6 counts as a ReLU here: behind a batch normalisation its bend is six standard deviations away. */
static ll_status check_layers(const ll_network *n, ll_error *e)
{
    if (!n->layers[n->n_layers - 1].act) return LL_OK;
    return ll_fail(e, LL_USAGE,
                   "networks of space %s have an activation behind their classifier: proxies look at what it "
                   "gives before",
                   n->space->name);
}

static ll_status check_images(const ll_proxy_work *w, const ll_proxy *p, ll_error *e)
{
    int side = ll_proxy_side(&w->network), classes = ll_proxy_classes(&w->network);
    if (p->by_images && side != w->images->side)
        return ll_fail(e, LL_USAGE, "%s: this network reads images of %d x %d, these are %d x %d: take noise",
                       p->name, side, side, w->images->side, w->images->side);
    if (p->by_images && classes < w->images->classes)
        return ll_fail(e, LL_USAGE, "%s: this network has %d classes, the images %d", p->name, classes,
                       w->images->classes);
    return LL_OK;
}

static ll_status ask(ll_proxy_work *w, const ll_proxy_job *job, double *out, ll_error *e)
{
    bool connected = ll_proxy_connected(&w->network), whole = true;
    ll_proxy_wants done = LL_WANTS_NOTHING;
    ll_status s = LL_OK;
    for (int wants = LL_WANTS_NOTHING; wants <= LL_WANTS_PASSES; wants++)
        for (int i = 0; i < job->n && whole && !s; i++) {
            const ll_proxy *p = job->which[i];
            if ((int)p->wants != wants) continue;
            out[i] = NAN;
            s = check_images(w, p, e);
            if (s || (wants > LL_WANTS_WEIGHTS && !connected)) continue;
            double begun = ll_now_s();
            if (done < p->wants) whole = pass(w, p->wants, &done);
            if (whole) out[i] = defined(p->value(w));
            if (job->seconds) job->seconds[i] += ll_now_s() - begun;
            whole = whole && !stopped(w);
        }
    free(w->d_images);
    return s ? s : whole ? LL_OK : ll_fail(e, LL_CANCELLED, "cancelled");
}

static bool wants_images(const ll_proxy_job *job)
{
    bool any = false;
    for (int i = 0; i < job->n; i++) any = any || job->which[i]->by_images;
    return any;
}

ll_status ll_proxies_of(ll_proxy_desk *d, const ll_proxy_job *job, double *out, ll_error *e)
{
    ll_proxy_work *w = LL_NEW(ll_proxy_work);
    *w = (ll_proxy_work){.space = job->space,
                         .gene = job->gene,
                         .images = job->images,
                         .weights = job->weights,
                         .seed = job->seed,
                         .repeats = job->repeats,
                         .net = d->net,
                         .stop = job->stop,
                         .ctx = job->ctx};
    ll_proxy_images noise = {0};
    ll_status s = ll_proxies_check(job->space, job->which, job->n, e);
    if (!s) s = ll_network_build(job->space, job->gene, &w->network, e);
    if (!s) s = check_layers(&w->network, e);
    if (!s && !job->images && job->batch && wants_images(job)) {
        ll_proxy_noise(job->seed, job->batch, ll_proxy_side(&w->network), ll_proxy_classes(&w->network),
                       &noise);
        w->images = &noise;
    }
    if (!s) s = ask(w, job, out, e);
    ll_proxy_images_free(&noise);
    free(w);
    return s;
}
