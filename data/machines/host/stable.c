#include "data/machines/host/stable.h"

#include <math.h>
#include <string.h>

#include "core/num/sort.h"
#include "core/num/stats.h"

/* The largest r with P(binomial(n, 1/2) < r) <= 2.5 %; 0: none. */
static int rank_of_interval(int n)
{
    double term = ldexp(1, -n), below = 0;
    int r = 0;
    while (r < n && below + term <= .025) {
        below += term;
        term *= (double)(n - r) / (r + 1);
        r++;
    }
    return r;
}

double ll_median_interval(const float *ms, int n)
{
    double v[LL_MAX_TIMES];
    int order[LL_MAX_TIMES];
    if (n > LL_MAX_TIMES) n = LL_MAX_TIMES;
    int r = n > 0 ? rank_of_interval(n) : 0;
    if (!r) return INFINITY;
    for (int i = 0; i < n; i++) v[i] = ms[i];
    ll_sort_order(v, n, order);
    double median = ll_median(v, n);
    return median > 0 ? (v[order[n - r]] - v[order[r - 1]]) / 2 / median : INFINITY;
}

double ll_visit_control(const ll_visit *v)
{
    double control[LL_MAX_RUNS];
    for (int i = 0; i < v->n; i++) control[i] = v->control[i];
    return v->n ? ll_median(control, v->n) : NAN;
}

double ll_cooling_wait(ll_cooling *c, const ll_visit *v, double passed_s)
{
    static const double first_s = .05, most_s = 1, spare_s = 2, share = .5;
    double control = ll_visit_control(v);
    if (isnan(control)) return 0;
    if (!(c->best > 0) || control < c->best) c->best = control;
    if (control <= (1 + LL_CALM) * c->best) {
        c->next_s = first_s;
        return 0;
    }
    double wait = fmax(first_s, c->next_s);
    if (c->waited_s + wait > spare_s + share * passed_s) return 0;
    c->next_s = fmin(most_s, 2 * wait);
    c->waited_s += wait;
    return wait;
}
