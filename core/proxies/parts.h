/* The records of this room. */
#ifndef LL_PROXIES_PARTS_H
#define LL_PROXIES_PARTS_H

#include "core/proxies/proxies.h"

extern const ll_proxy ll_proxy_params, ll_proxy_flops, ll_proxy_l2_norm, ll_proxy_synflow;
extern const ll_proxy ll_proxy_grad_norm, ll_proxy_plain, ll_proxy_snip, ll_proxy_fisher, ll_proxy_gradsign,
    ll_proxy_grasp;
extern const ll_proxy ll_proxy_nwot, ll_proxy_zen, ll_proxy_jacov, ll_proxy_epe_nas;

/* Opens the network for another number of images, or other weights; repeat 0 is the seed's own. */
void ll_proxy_open(ll_proxy_work *w, int batch, ll_net_weights weights, uint64_t repeat);
/* The gradient of the cross-entropy of `batch` images; false: stopped. */
bool ll_proxy_gradient(ll_proxy_work *w, int batch, const float *images, const int *label);

#endif
