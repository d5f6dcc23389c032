/* Proxies that are computed in double: powers of ten by the dozen (synflow), and differences of gradients (grasp). Compiled
 * like the network in both precisions; what the program calls is the double one, by its own name. */
#ifndef LL_PROXIES_PRECISE_H
#define LL_PROXIES_PRECISE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/proxies/net.h"

/* One architecture, and a batch of images (3, batch, h, h) with labels. */
typedef struct ll_precise_job {
    const ll_network *network;
    const float *images;
    const int *label;
    int batch;
    ll_net_weights weights;
    uint64_t seed;
    bool (*stop)(void *ctx);
    void *ctx;
} ll_precise_job;

/* log of the sum of w dR/dw, R = sum of the outputs for an image of ones, without batch normalisation, all weights |w|
 * (Tanaka et al. 2020). -infinity: no weight reaches the output, NaN: stopped. */
double ll_synflow(const ll_precise_job *job);
double ll_synflow_f64(const ll_precise_job *job);
/* Sum of -w (H g), g = dL/dw held fixed (Wang et al. 2020), H g by central differences along g. NaN: stopped. */
double ll_grasp(const ll_precise_job *job);
double ll_grasp_f64(const ll_precise_job *job);

#endif
