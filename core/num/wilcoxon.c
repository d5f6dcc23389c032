#include "core/num/wilcoxon.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/num/stats.h"

/* P(W <= w) when every sign is a coin: counts of subsets of {1..n} by their sum. */
static double exact_tail(int n, int w)
{
    int most = n * (n + 1) / 2;
    double *count = LL_NEW_ARRAY(double, most + 1), tail = 0;
    count[0] = 1;
    for (int r = 1; r <= n; r++)
        for (int s = most; s >= r; s--) count[s] += count[s - r];
    for (int s = 0; s <= w; s++) tail += count[s];
    free(count);
    return tail / pow(2, n);
}

/* Sum over groups of equal ranks of t^3 - t. */
static double tie_sum(const double *rank, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) {
        int t = 0, before = 0;
        for (int j = 0; j < n; j++) {
            t += rank[j] == rank[i];
            before += j < i && rank[j] == rank[i];
        }
        if (!before) sum += (double)t * t * t - t;
    }
    return sum;
}

static double normal_tail(double w, int n, double ties)
{
    double mean = n * (n + 1.) / 4, var = n * (n + 1.) * (2 * n + 1.) / 24 - ties / 48;
    double z = (fabs(w - mean) - .5) / sqrt(var);
    return z <= 0 ? 1 : erfc(z / sqrt(2));
}

double ll_wilcoxon(const double *a, const double *b, int n)
{
    double *size = LL_NEW_ARRAY(double, n), *rank = LL_NEW_ARRAY(double, n), plus = 0, p = 1;
    bool *positive = LL_NEW_ARRAY(bool, n);
    int m = 0;
    for (int i = 0; i < n; i++) {
        double d = a[i] - b[i];
        if (d == 0 || isnan(d)) continue;
        positive[m] = d > 0;
        size[m++] = fabs(d);
    }
    if (m) {
        ll_ranks(size, m, rank);
        for (int i = 0; i < m; i++) plus += positive[i] ? rank[i] : 0;
        double ties = tie_sum(rank, m), minus = m * (m + 1.) / 2 - plus;
        p = m <= 25 && ties == 0 ? 2 * exact_tail(m, (int)fmin(plus, minus)) : normal_tail(plus, m, ties);
    }
    free(size);
    free(rank);
    free(positive);
    return p < 1 ? p : 1;
}
