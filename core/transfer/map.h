/* From a rank score to milliseconds: a monotone map learnt on the k samples.
 *
 * Two candidates: `affine` (least squares, slope not negative) and `isotonic` (pool-adjacent-violators,
 * linear between the pooled blocks, the affine slope beyond them). The one with the smaller leave-one-out
 * median absolute percentage error on the samples is taken; below 5 samples always affine. */
#ifndef LL_TRANSFER_MAP_H
#define LL_TRANSFER_MAP_H

#include <stdbool.h>

typedef struct ll_map {
    bool isotonic;
    double slope, offset; /* affine */
    int n_knots;          /* isotonic: strictly increasing in both */
    double *score, *lat_ms;
    double error; /* leave-one-out median APE on the samples, percent; NaN for k < 2 */
} ll_map;

/* k >= 1 pairs; free with ll_map_free. */
ll_map ll_map_fit(const double *score, const double *lat_ms, int k);
double ll_map_apply(const ll_map *m, double score); /* never below 0; NaN for NaN */
const char *ll_map_name(const ll_map *m);
void ll_map_free(ll_map *m);

#endif
