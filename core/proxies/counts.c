/* What neither images nor gradients are needed for. */
#include <math.h>

#include "core/proxies/parts.h"
#include "core/proxies/precise.h"

static double params(ll_proxy_work *w)
{
    ll_cost c;
    return ll_space_cost(w->space, w->gene, &c) ? c.params : NAN;
}

static double flops(ll_proxy_work *w)
{
    ll_cost c;
    return ll_space_cost(w->space, w->gene, &c) ? c.macs : NAN;
}

static double l2_norm(ll_proxy_work *w)
{
    double sum = 0;
    for (int i = 0; i < w->network.n_layers; i++) {
        size_t size;
        const float *v = ll_net_weights_of(w->net, i, &size);
        double squares = 0;
        for (size_t k = 0; k < size; k++) squares += (double)v[k] * (double)v[k];
        sum += sqrt(squares);
    }
    return sum;
}

static double synflow(ll_proxy_work *w)
{
    return ll_synflow_f64(&(ll_precise_job){
        .network = &w->network, .weights = w->weights, .seed = w->seed, .stop = w->stop, .ctx = w->ctx});
}

const ll_proxy ll_proxy_params = {
    .name = "params", .summary = "Trained numbers, with those of batch normalisations", .value = params};
const ll_proxy ll_proxy_flops = {.name = "flops", .summary = "Multiply-adds of one image", .value = flops};
const ll_proxy ll_proxy_l2_norm = {.name = "l2_norm",
                                   .summary = "Sum over layers of the norm of their weights",
                                   .wants = LL_WANTS_WEIGHTS,
                                   .value = l2_norm};
const ll_proxy ll_proxy_synflow = {.name = "synflow",
                                   .summary = "Logarithm of the flow through |w| without normalisation "
                                              "(2006.05467)",
                                   .wants = LL_WANTS_PASSES,
                                   .value = synflow};
