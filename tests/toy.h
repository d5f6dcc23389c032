/* A small space with invented devices, for tests of everything that takes a dataset. */
#ifndef LL_TESTS_TOY_H
#define LL_TESTS_TOY_H

#include <stdio.h>

#include "core/base/rng.h"
#include "core/device/dataset.h"

/* three positions of ten operations, written 1:2:3 */
static ll_status parse_toy(const ll_space *s, const char *text, uint8_t *gene, ll_error *e)
{
    int a, b, c;
    if (sscanf(text, "%1d:%1d:%1d", &a, &b, &c) != 3)
        return ll_fail(e, LL_BAD_DATA, "\"%s\" is not like 1:2:3", text);
    gene[0] = (uint8_t)a, gene[1] = (uint8_t)b, gene[2] = (uint8_t)c;
    return LL_OK;
}

static void format_toy(const ll_space *s, const uint8_t *g, ll_str *out)
{
    ll_str_addf(out, "%d:%d:%d", g[0], g[1], g[2]);
}

static const ll_space toy = {.name = "toy",
                             .title = "Toy",
                             .n_positions = 3,
                             .n_ops = 10,
                             .parse = parse_toy,
                             .format = format_toy,
                             .facts = &ll_no_facts};

/* 1 <= n_archs <= 1000; `names` are joined by blanks. Unsealed, latencies missing. */
static inline ll_dataset *toy_data(int n_archs, const char *names)
{
    ll_strs list = {0};
    ll_strs_split(&list, names, ' ');
    ll_dataset *d = ll_dataset_new("toys", &toy, n_archs, list.n);
    for (int i = 0; i < n_archs; i++) {
        uint8_t *g = d->archs->genes + 3 * i;
        g[0] = (uint8_t)(i / 100), g[1] = (uint8_t)(i / 10 % 10), g[2] = (uint8_t)(i % 10);
    }
    for (int i = 0; i < list.n; i++)
        ll_device_set(&d->devices[i], list.v[i], LL_MEASURED, "test", "ms", NULL, NULL);
    ll_strs_free(&list);
    return d;
}

/* Random columns that share a common part; `noise` grows with the column. */
static inline void fill_related(ll_dataset *d, uint64_t seed)
{
    ll_rng r = ll_rng_new(seed, LL_STREAM_DATA);
    for (int a = 0; a < d->n_archs; a++) {
        double common = ll_rng_normal(&r);
        for (int i = 0; i < d->n_devices; i++)
            ll_latencies(d, i)[a] = 10 + common + .3 * (i + 1) * ll_rng_normal(&r);
    }
}

#endif
