#include "core/nn/pair_hinge.h"

#include <string.h>

real ll_pair_hinge(const real *s, int n, const ll_pair *pairs, int n_pairs, real margin, real *ds)
{
    memset(ds, 0, (size_t)n * sizeof *ds);
    if (!n_pairs) return 0;
    double sum = 0;
    real weight = (real)1 / (real)n_pairs;
    for (int p = 0; p < n_pairs; p++) {
        real sign = (real)pairs[p].sign, loss = margin - sign * (s[pairs[p].a] - s[pairs[p].b]);
        if (loss <= 0) continue;
        sum += loss;
        ds[pairs[p].a] -= sign * weight;
        ds[pairs[p].b] += sign * weight;
    }
    return (real)(sum / n_pairs);
}
