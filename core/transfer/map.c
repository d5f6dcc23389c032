#include "core/transfer/map.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/num/sort.h"
#include "core/num/stats.h"

typedef struct pair {
    double score, lat_ms;
} pair;

static int by_score(const void *a, const void *b)
{
    return ll_by_number(((const pair *)a)->score, ((const pair *)b)->score);
}

static void fit_affine(ll_map *m, const pair *p, int k)
{
    double ms = 0, ml = 0, ss = 0, sl = 0;
    for (int i = 0; i < k; i++) ms += p[i].score / k, ml += p[i].lat_ms / k;
    for (int i = 0; i < k; i++) {
        ss += (p[i].score - ms) * (p[i].score - ms);
        sl += (p[i].score - ms) * (p[i].lat_ms - ml);
    }
    m->slope = ss > 0 && sl > 0 ? sl / ss : 0;
    m->offset = ml - m->slope * ms;
}

typedef struct block {
    double score, lat_ms; /* means */
    int n;
} block;

static block merge(block a, block b)
{
    int n = a.n + b.n;
    return (block){(a.score * a.n + b.score * b.n) / n, (a.lat_ms * a.n + b.lat_ms * b.n) / n, n};
}

/* Pool adjacent violators; equal scores are pooled as well, so that the knots increase strictly. */
static void fit_isotonic(ll_map *m, const pair *p, int k)
{
    block *b = LL_NEW_ARRAY(block, k);
    int n = 0;
    for (int i = 0; i < k; i++) {
        b[n++] = (block){p[i].score, p[i].lat_ms, 1};
        while (n > 1 && (b[n - 2].lat_ms >= b[n - 1].lat_ms || b[n - 2].score >= b[n - 1].score)) {
            b[n - 2] = merge(b[n - 2], b[n - 1]);
            n--;
        }
    }
    m->n_knots = n;
    m->score = LL_NEW_ARRAY(double, n);
    m->lat_ms = LL_NEW_ARRAY(double, n);
    for (int i = 0; i < n; i++) m->score[i] = b[i].score, m->lat_ms[i] = b[i].lat_ms;
    free(b);
}

static ll_map fit(const pair *sorted, int k, bool isotonic)
{
    ll_map m = {.isotonic = isotonic};
    fit_affine(&m, sorted, k);
    if (isotonic) fit_isotonic(&m, sorted, k);
    return m;
}

static double leave_one_out(const pair *sorted, int k, bool isotonic)
{
    if (k < 2) return NAN;
    pair *rest = LL_NEW_ARRAY(pair, k);
    double *ape = LL_NEW_ARRAY(double, k);
    int n = 0;
    for (int left = 0; left < k; left++) {
        for (int i = 0, j = 0; i < k; i++)
            if (i != left) rest[j++] = sorted[i];
        ll_map m = fit(rest, k - 1, isotonic);
        double y = sorted[left].lat_ms;
        if (y > 0) ape[n++] = 100 * fabs(ll_map_apply(&m, sorted[left].score) - y) / y;
        ll_map_free(&m);
    }
    double error = n ? ll_median(ape, n) : NAN;
    free(rest);
    free(ape);
    return error;
}

ll_map ll_map_fit(const double *score, const double *lat_ms, int k)
{
    pair *p = LL_NEW_ARRAY(pair, k);
    for (int i = 0; i < k; i++) p[i] = (pair){score[i], lat_ms[i]};
    qsort(p, (size_t)k, sizeof *p, by_score);
    double affine = leave_one_out(p, k, false), isotonic = k >= 5 ? leave_one_out(p, k, true) : NAN;
    bool better = isotonic < affine; /* false when either is NaN */
    ll_map m = fit(p, k, better);
    m.error = better ? isotonic : affine;
    free(p);
    return m;
}

/* Written so that whatever the numbers are, the last knot is the last one looked at. */
static double interpolate(const ll_map *m, double s)
{
    int last = m->n_knots - 1;
    if (isnan(s)) return s;
    if (!(s > m->score[0])) return m->lat_ms[0] + m->slope * (s - m->score[0]);
    if (!(s < m->score[last])) return m->lat_ms[last] + m->slope * (s - m->score[last]);
    int i = 0;
    while (i + 1 < last && s > m->score[i + 1]) i++;
    double t = (s - m->score[i]) / (m->score[i + 1] - m->score[i]);
    return m->lat_ms[i] + t * (m->lat_ms[i + 1] - m->lat_ms[i]);
}

double ll_map_apply(const ll_map *m, double score)
{
    double x = m->isotonic ? interpolate(m, score) : m->offset + m->slope * score;
    return x < 0 ? 0 : x;
}

const char *ll_map_name(const ll_map *m)
{
    return m->isotonic ? "isotonic" : "affine";
}

void ll_map_free(ll_map *m)
{
    free(m->score);
    free(m->lat_ms);
    *m = (ll_map){0};
}
