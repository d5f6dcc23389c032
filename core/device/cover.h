/* Which devices can share a proxy: OneProxy's latency monotonicity (Lu et al., SIGMETRICS 2021, section 4). Where two
 * devices rank architectures alike, a search on one of them serves the other without a measurement there. */
#ifndef LL_DEVICE_COVER_H
#define LL_DEVICE_COVER_H

#include "core/device/correlation.h"

/* Owned; free with ll_cover_free. Devices are positions in the ll_corr it was made from. */
typedef struct ll_cover {
    ll_ints proxies; /* in the order chosen: the one that serves most first */
    ll_ints of; /* (D) the proxy of each device, itself for a proxy: of those chosen the best correlated */
} ll_cover;

/* A small set of devices such that each of the others has r >= threshold to one of them. Greedy: always the device that
 * serves most of those left; among equals the one that is closer to them on average, then the first. At most ln D + 1
 * times the smallest set (Chvatal 1979). A device without a correlation stands for itself. */
void ll_cover_devices(const ll_corr *c, double threshold, ll_cover *out);
void ll_cover_free(ll_cover *c);

#endif
