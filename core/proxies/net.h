/* A network that is trained for the length of one batch: what zero-cost proxies look at. Made of the layers of any space
 * that has some (core/space/network.h); computed in `real`, so that its gradients can be checked in double.
 *
 * Weights are as PyTorch's modules begin: of convolutions and linear layers uniform within 1 / sqrt(fan-in), which is
 * kaiming_uniform_(a = sqrt 5); biases of linear layers the same; of batch normalisations weight 1 and bias 0, which
 * therefore stand nowhere. They depend on the seed and on the layer's site and shape alone: two architectures that choose
 * the same at a place begin alike there. Batch normalisation is in training mode: by the mean and variance of the batch.
 *
 * Belongs to one thread at a time, and keeps the memory of one network for the next. About as many numbers as all layers
 * write are held: 64 images of an FBNet take up to .6 GB. */
#ifndef LL_PROXIES_NET_H
#define LL_PROXIES_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/rng.h"
#include "core/nn/real.h"
#include "core/space/network.h"

typedef struct ll_net ll_net;

typedef enum ll_net_weights {
    LL_NET_USUAL,  /* as above */
    LL_NET_NORMAL, /* ll_net_normal; biases 0 */
    LL_NET_FAN_OUT /* as many published networks begin: kaiming_normal_(mode="fan_out") for convolutions, N(0, .001)
                     * for linear layers, biases 0 */
} ll_net_weights;

typedef struct ll_net_setup {
    const ll_network *network; /* borrowed while the net is open */
    int batch;
    ll_net_weights weights;
    uint64_t seed;
    bool absolute;           /* each |w|, biases too */
    bool plain;              /* no batch normalisation */
    bool (*stop)(void *ctx); /* asked before each layer; may be NULL */
    void *ctx;
} ll_net_setup;

/* Nearly standard normal, at a tenth of the time: the number of ones among 64 random bits and a uniform number between two
 * such, of mean 0 and variance 1, excess -.03. */
double ll_net_normal(ll_rng *r);

ll_net *ll_net_new(void);
void ll_net_free(ll_net *n); /* NULL is fine */
/* Another network, or another seed of the same, in the same memory. */
void ll_net_open(ll_net *n, const ll_net_setup *s);

/* images (3, batch, h, h). false: stopped. */
bool ll_net_forward(ll_net *n, const real *images);
/* From dy (classes, batch), the gradient of the result; those of weights are set, not added to. `images` as in the forward
 * pass; d_images (3, batch, h, h) is overwritten, NULL: not wanted. fisher: also ll_net_fisher. false: stopped. */
bool ll_net_backward(ll_net *n, const real *images, const real *dy, real *d_images, bool fisher);

/* From here on each ReLU passes what it passed in the last forward pass, whatever the weights, and hswish and hsigmoid are
 * the polynomials that they were: the smooth function whose
 * second derivatives are the network's. The results of that pass are gone. Ends with ll_net_open. */
void ll_net_hold_relus(ll_net *n);

int ll_net_classes(const ll_net *n);
size_t ll_net_image(const ll_net *n);       /* numbers of one image */
const real *ll_net_result(const ll_net *n); /* (classes, batch) */
/* Layer i's weights without its bias, and their gradient: NULL where it has none. *size of them. A layer that the result
 * does not depend on has a gradient of zeros. */
real *ll_net_weights_of(const ll_net *n, int i, size_t *size);
const real *ll_net_gradient_of(const ll_net *n, int i, size_t *size);
/* Sum over channels of .5 mean over images (sum over positions of act * d act)^2, times the weights of a channel; act is
 * what the convolution or linear layer i gives, before any normalisation. */
double ll_net_fisher(const ll_net *n, int i);
/* Sum over batch normalisations of log sqrt(mean over channels of the batch variance). */
double ll_net_log_spread(const ll_net *n);
/* What the global pool reads, or before it, behind its normalisation and ReLU: (c, batch, h, h) copied into out (NULL: only
 * the size is asked). */
size_t ll_net_features(const ll_net *n, real *out);
/* Calls `visit` with what each ReLU reads, (c, batch, p), and each hswish, which is a ReLU with its corner rounded; a gate's
 * hsigmoid is none. */
void ll_net_relus(ll_net *n, void (*visit)(void *ctx, int c, int p, const real *x), void *ctx);

#endif
