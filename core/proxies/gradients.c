/* What the gradient of the loss says. */
#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/proxies/parts.h"
#include "core/proxies/precise.h"

typedef struct sums {
    double norm, plain, snip;
} sums;

static sums of_layers(const ll_proxy_work *w)
{
    sums all = {0};
    for (int i = 0; i < w->network.n_layers; i++) {
        size_t size;
        const float *v = ll_net_weights_of(w->net, i, &size), *g = ll_net_gradient_of(w->net, i, &size);
        double squares = 0;
        for (size_t k = 0; k < size; k++) {
            double along = (double)v[k] * (double)g[k];
            squares += (double)g[k] * (double)g[k];
            all.plain += along;
            all.snip += fabs(along);
        }
        all.norm += sqrt(squares);
    }
    return all;
}

static double grad_norm(ll_proxy_work *w)
{
    return of_layers(w).norm;
}

static double plain(ll_proxy_work *w)
{
    return of_layers(w).plain;
}

static double snip(ll_proxy_work *w)
{
    return of_layers(w).snip;
}

static double fisher(ll_proxy_work *w)
{
    double sum = 0;
    for (int i = 0; i < w->network.n_layers; i++) sum += ll_net_fisher(w->net, i);
    return sum;
}

/* --- gradsign --- */

static void add_signs(const ll_proxy_work *w, float *sum)
{
    for (int i = 0; i < w->network.n_layers; i++) {
        size_t size;
        const float *g = ll_net_gradient_of(w->net, i, &size);
        for (size_t k = 0; k < size; k++) sum[k] += (float)((g[k] > 0) - (g[k] < 0));
        sum += size;
    }
}

static size_t all_weights(const ll_proxy_work *w)
{
    size_t all = 0, size;
    for (int i = 0; i < w->network.n_layers; i++) {
        ll_net_weights_of(w->net, i, &size);
        all += size;
    }
    return all;
}

/* Each image is a batch of its own: its gradient must not depend on the others by way of the normalisations. */
static double gradsign(ll_proxy_work *w)
{
    ll_proxy_open(w, 1, w->weights, 0);
    size_t n = all_weights(w), plane = ll_net_image(w->net) / 3, batch = (size_t)w->images->n;
    float *sum = LL_NEW_ARRAY(float, n), *image = ll_alloc_aligned(3 * plane, sizeof *image);
    double value = 0;
    for (size_t i = 0; i < batch; i++) {
        for (size_t c = 0; c < 3; c++)
            for (size_t p = 0; p < plane; p++)
                image[c * plane + p] = w->images->x[(c * batch + i) * plane + p];
        if (!ll_net_forward(w->net, image) || !ll_proxy_gradient(w, 1, image, w->images->label + i)) break;
        add_signs(w, sum);
    }
    for (size_t k = 0; k < n; k++) value += fabs((double)sum[k]);
    free(image);
    free(sum);
    return value;
}

/* --- grasp --- */

static double grasp(ll_proxy_work *w)
{
    return ll_grasp_f64(&(ll_precise_job){.network = &w->network,
                                          .images = w->images->x,
                                          .label = w->images->label,
                                          .batch = w->images->n,
                                          .weights = w->weights,
                                          .seed = w->seed,
                                          .stop = w->stop,
                                          .ctx = w->ctx});
}

#define BY_GRADIENT .wants = LL_WANTS_BACKWARD, .by_images = true
#define BY_PASSES   .wants = LL_WANTS_PASSES, .by_images = true
const ll_proxy ll_proxy_grad_norm = {.name = "grad_norm",
                                     .summary = "Sum over layers of the norm of their gradient",
                                     .value = grad_norm,
                                     BY_GRADIENT};
const ll_proxy ll_proxy_plain = {
    .name = "plain", .summary = "Sum of weight times gradient", .value = plain, BY_GRADIENT};
const ll_proxy ll_proxy_snip = {
    .name = "snip", .summary = "Sum of |weight times gradient| (1810.02340)", .value = snip, BY_GRADIENT};
const ll_proxy ll_proxy_fisher = {.name = "fisher",
                                  .summary = "Squared activation times gradient of each channel (1801.05787)",
                                  .value = fisher,
                                  BY_GRADIENT};
const ll_proxy ll_proxy_gradsign = {.name = "gradsign",
                                    .summary = "Agreement in sign of the images' gradients (2110.08616)",
                                    .value = gradsign,
                                    BY_PASSES};
const ll_proxy ll_proxy_grasp = {.name = "grasp",
                                 .summary = "Weights against the Hessian times the gradient (2002.07376)",
                                 .value = grasp,
                                 BY_PASSES};
