/* Zero-cost proxies: what an untrained network says of how well it would do, from one batch of images at most (Abdelfattah
 * et al. 2021, arXiv 2101.08134, and the papers named at each). One const record each; ll_proxies lists them. All are
 * scores: higher is meant to be better.
 *
 * Sums run over the weights of convolutions and linear layers; batch normalisations and biases count nowhere but in
 * `params`. A value that is not defined is NaN: whatever looks at signals in a network whose result does not depend on its
 * image (a disconnected cell), and what overflows. */
#ifndef LL_PROXIES_PROXIES_H
#define LL_PROXIES_PROXIES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/archs/archs.h"
#include "core/proxies/net.h"

/* One batch: x (3, n, side, side), labels from 0 to classes - 1. */
typedef struct ll_proxy_images {
    int n, side, classes;
    float *x;
    int *label;
} ll_proxy_images;

/* Independent standard normal numbers, labels in turn. */
void ll_proxy_noise(uint64_t seed, int n, int side, int classes, ll_proxy_images *out);
/* Rows of the built-in image sources are 32 x 32: 3 x 1024 bytes, red, green, blue; brought to mean 0 and deviation 1. */
void ll_proxy_images_of_bytes(const uint8_t *rgb, const uint8_t *label, int n, int classes,
                              ll_proxy_images *out);
void ll_proxy_images_free(ll_proxy_images *i);

/* One architecture while its proxies are computed; made by ll_proxies_of. */
typedef struct ll_proxy_work {
    const ll_space *space;
    const uint8_t *gene;
    ll_network network;
    const ll_proxy_images *images;
    ll_net_weights weights; /* that the network begins with, but for zen */
    uint64_t seed;
    int repeats; /* draws of weights that zen takes the mean of */
    ll_net *net; /* warm memory, and in the state that the proxy `wants` */
    float *d_images;
    bool (*stop)(void *ctx);
    void *ctx;
} ll_proxy_work;

/* What has been done to the network when a proxy is asked; the passes are shared by those that want the same. */
typedef enum ll_proxy_wants {
    LL_WANTS_NOTHING,  /* counts */
    LL_WANTS_WEIGHTS,  /* the weights are drawn */
    LL_WANTS_FORWARD,  /* ... and the batch went through */
    LL_WANTS_BACKWARD, /* ... and the gradient of the loss came back */
    LL_WANTS_JACOBIAN, /* d_images: the gradient of the sum of all outputs */
    LL_WANTS_PASSES    /* it opens the network itself */
} ll_proxy_wants;

typedef struct ll_proxy {
    const char *name;
    const char *summary; /* one line, no full stop */
    ll_proxy_wants wants;
    bool by_images; /* the value depends on the images */
    double (*value)(ll_proxy_work *w);
} ll_proxy;

extern const ll_proxy *const ll_proxies[]; /* NULL behind the last */
enum { LL_MOST_PROXIES = 24 };
const ll_proxy *ll_proxy_find(const char *name); /* NULL: none */

/* What a thread keeps between architectures. */
typedef struct ll_proxy_desk ll_proxy_desk;
ll_proxy_desk *ll_proxy_desk_new(void);
void ll_proxy_desk_free(ll_proxy_desk *d);

typedef struct ll_proxy_job {
    const ll_space *space;
    const uint8_t *gene;
    const ll_proxy *const *which; /* (n) */
    int n;
    const ll_proxy_images *images; /* NULL: noise in the size that the network reads */
    int batch;                     /* images of noise */
    ll_net_weights weights;
    uint64_t seed;           /* of the weights, and of noise */
    int repeats;             /* draws of weights that zen takes the mean of; 0: 32, as published */
    bool (*stop)(void *ctx); /* may be NULL */
    void *ctx;
    /* (n), added to; may be NULL: what each took. A pass that several share is charged to the first of them. */
    double *seconds;
} ll_proxy_job;

/* Writes n values, NaN where undefined. LL_USAGE: the space knows no layers, or wants images of another size;
 * LL_CANCELLED: `stop` said so. The same for the same job whatever the desk did before. */
ll_status ll_proxies_of(ll_proxy_desk *d, const ll_proxy_job *job, double *out, ll_error *e);
/* What of this can be said before anything is computed. */
ll_status ll_proxies_check(const ll_space *space, const ll_proxy *const *which, int n, ll_error *e);
/* Does the result of the network depend on its image? */
bool ll_proxy_connected(const ll_network *n);
/* Equal for networks that compute the same but for the draw of their weights: what nobody reads, identities, zeros and the
 * order of sums make no difference. (NAS-Bench-201 has 4,930 such functions.) */
uint64_t ll_proxy_function(const ll_network *n);
/* The side of the images that a network reads, and its classes. */
int ll_proxy_side(const ll_network *n);
int ll_proxy_classes(const ll_network *n);

#endif
