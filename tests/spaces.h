/* Datasets over the real spaces with one invented device, for tests that need no published latencies. */
#ifndef LL_TESTS_SPACES_H
#define LL_TESTS_SPACES_H

#include "core/base/rng.h"
#include "core/device/dataset.h"
#include "core/space/moves.h"

/* All 15,625 cells in their published order, latency = conv MMACs + noise; sealed. */
static inline ll_dataset *all_cells(void)
{
    const ll_space *s = ll_space_find("nasbench201");
    ll_dataset *d = ll_dataset_new("cells", s, s->n_archs, 1);
    ll_rng r = ll_rng_new(7, LL_STREAM_DATA);
    ll_device_set(&d->devices[0], "invented", LL_SIMULATED, "test", "ms", NULL, NULL);
    for (int i = 0; i < s->n_archs; i++) {
        ll_cost c;
        s->at(s, i, d->archs->genes + (size_t)i * (size_t)s->n_positions);
        ll_space_cost(s, ll_gene(d, i), &c);
        d->lat_ms[i] = c.conv_macs / 1e6 + ll_rng_uniform(&r);
    }
    ll_dataset_seal(d, NULL);
    return d;
}

/* n random FBNet architectures, latency = conv MMACs + noise; sealed. */
static inline ll_dataset *some_fbnets(int n)
{
    const ll_space *s = ll_space_find("fbnet");
    ll_dataset *d = ll_dataset_new("fbnets", s, n, 1);
    ll_rng r = ll_rng_new(8, LL_STREAM_DATA);
    ll_device_set(&d->devices[0], "invented", LL_SIMULATED, "test", "ms", NULL, NULL);
    for (int i = 0; i < n; i++) {
        uint8_t *gene = d->archs->genes + (size_t)i * (size_t)s->n_positions;
        ll_cost c;
        ll_space_random(s, &r, gene);
        ll_space_cost(s, gene, &c);
        d->lat_ms[i] = c.conv_macs / 1e6 + ll_rng_uniform(&r);
    }
    ll_dataset_seal(d, NULL);
    return d;
}

#endif
