#include "core/encode/cate/pairs.h"

#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/sort.h"

/* Up to LL_CATE_PARTNERS different ones of from .. to - 1; returns how many. */
static int draw(ll_rng *r, int from, int to, int *out)
{
    int n = to - from;
    if (n < 1) return 0;
    out[0] = from + ll_rng_below(r, n);
    if (n < 2) return 1;
    out[1] = from + ll_rng_below(r, n - 1);
    out[1] += out[1] >= out[0];
    return LL_CATE_PARTNERS;
}

int ll_cate_pairs(const double *params, const int *which, int n, double within, uint64_t seed,
                  ll_cate_pair *out)
{
    ll_rng r = ll_rng_new(seed, LL_STREAM_SAMPLES);
    double *x = LL_NEW_ARRAY(double, n + 1);
    int *order = LL_NEW_ARRAY(int, n + 1), n_pairs = 0;
    for (int i = 0; i < n; i++) x[i] = params[which[i]];
    ll_sort_order(x, n, order);
    for (int i = 0, from = 0; i < n; i++) {
        int drawn[LL_CATE_PARTNERS];
        while (x[order[i]] - x[order[from]] > within) from++;
        int k = draw(&r, from, i, drawn);
        for (int j = 0; j < k; j++) out[n_pairs++] = (ll_cate_pair){which[order[i]], which[order[drawn[j]]]};
    }
    free(x);
    free(order);
    return n_pairs;
}
