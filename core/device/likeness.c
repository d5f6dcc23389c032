#include "core/device/likeness.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/stats.h"

double ll_spearman_on(const ll_dataset *d, int a, int b, const int *rows, int n, int *k)
{
    double *x = LL_NEW_ARRAY(double, 2 * n + 1), *y = x + n;
    int common = 0;
    for (int i = 0; i < n; i++) {
        if (!ll_known(d, a, rows[i]) || !ll_known(d, b, rows[i])) continue;
        x[common] = ll_latencies(d, a)[rows[i]];
        y[common++] = ll_latencies(d, b)[rows[i]];
    }
    double r = ll_spearman(x, y, common);
    if (k) *k = common;
    free(x);
    return r;
}

double ll_fisher_z(double r, int k)
{
    double most = k > 1 ? 1 - 6 / ((double)k * ((double)k * k - 1)) : 1;
    most = fmax(0, fmin(most, .999999));
    return atanh(fmax(-most, fmin(most, r)));
}

double ll_fisher_error(double r, int k)
{
    return k < 4 ? INFINITY : sqrt((1 + r * r / 2) / (k - 3));
}

void ll_spearman_interval(double r, int k, double level, double *lo, double *hi)
{
    *lo = -1;
    *hi = 1;
    if (isnan(r) || k < 4) return;
    double z = ll_fisher_z(r, k), width = ll_normal_quantile(.5 + level / 2) * ll_fisher_error(r, k);
    *lo = fmin(r, tanh(z - width)); /* z is short of r where that is 1 */
    *hi = fmax(r, tanh(z + width));
}

/* Rows that all three know. */
static ll_ints common_rows(const ll_dataset *d, const int device[3], const int *rows, int n)
{
    ll_ints common = {0};
    for (int i = 0; i < n; i++)
        if (ll_known(d, device[0], rows[i]) && ll_known(d, device[1], rows[i]) &&
            ll_known(d, device[2], rows[i]))
            ll_ints_add(&common, rows[i]);
    return common;
}

double ll_more_alike(const ll_dataset *d, int device, int other, int than, const int *rows, int n)
{
    enum { DRAWS = 500 };
    ll_ints common = common_rows(d, (int[]){device, other, than}, rows, n), draw = {0};
    ll_rng g = ll_rng_new(1, 0x616c696b); /* "alik" */
    double wins = 0;
    int told = 0;
    for (int i = 0; i < DRAWS && common.n >= 4; i++) {
        draw.n = 0;
        for (int j = 0; j < common.n; j++) ll_ints_add(&draw, common.v[ll_rng_below(&g, common.n)]);
        double a = ll_spearman_on(d, device, other, draw.v, draw.n, NULL),
               b = ll_spearman_on(d, device, than, draw.v, draw.n, NULL);
        if (isnan(a) || isnan(b)) continue; /* all draws of one latency */
        wins += a > b ? 1 : a == b ? .5 : 0;
        told++;
    }
    ll_ints_free(&common);
    ll_ints_free(&draw);
    return told ? wins / told : NAN;
}
