#include "core/search/soft.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

enum { SWEEPS = 200 };
static const double STILL =
    1e-12; /* a sweep that moves nothing by more than this share of the deviation is the last */

static int choices(const ll_soft *s, int position)
{
    return ll_space_choices(s->space, position);
}

void ll_soft_init(ll_soft *s, const ll_space *space)
{
    *s = (ll_soft){.space = space};
    for (int i = 0; i < space->n_positions; i++)
        if (ll_space_choices(space, i) > s->width) s->width = ll_space_choices(space, i);
    s->alpha = LL_NEW_ARRAY(double, ll_soft_size(s) + 1);
    s->p = LL_NEW_ARRAY(double, ll_soft_size(s) + 1);
    ll_soft_renew(s);
}

void ll_soft_free(ll_soft *s)
{
    free(s->alpha);
    free(s->p);
    *s = (ll_soft){0};
}

void ll_soft_renew(ll_soft *s)
{
    for (int i = 0; i < s->space->n_positions; i++) {
        const double *alpha = s->alpha + ll_soft_at(s, i, 0);
        double *p = s->p + ll_soft_at(s, i, 0), most = -INFINITY, sum = 0;
        for (int j = 0; j < choices(s, i); j++) most = fmax(most, alpha[j]);
        for (int j = 0; j < choices(s, i); j++) sum += p[j] = exp(alpha[j] - most);
        for (int j = 0; j < choices(s, i); j++) p[j] /= sum;
    }
}

void ll_soft_draw(const ll_soft *s, ll_rng *rng, uint8_t *gene)
{
    for (int i = 0; i < s->space->n_positions; i++) {
        const double *p = s->p + ll_soft_at(s, i, 0);
        double left = ll_rng_uniform(rng);
        int j = 0;
        while (j < choices(s, i) - 1 && left >= p[j]) left -= p[j++];
        gene[i] = (uint8_t)j;
    }
}

void ll_soft_mode(const ll_soft *s, uint8_t *gene)
{
    for (int i = 0; i < s->space->n_positions; i++) {
        const double *p = s->p + ll_soft_at(s, i, 0);
        gene[i] = 0;
        for (int j = 1; j < choices(s, i); j++)
            if (p[j] > p[gene[i]]) gene[i] = (uint8_t)j;
    }
}

double ll_soft_entropy(const ll_soft *s)
{
    double sum = 0;
    int open = 0;
    for (int i = 0; i < s->space->n_positions; i++) {
        const double *p = s->p + ll_soft_at(s, i, 0);
        double entropy = 0;
        if (choices(s, i) < 2) continue;
        for (int j = 0; j < choices(s, i); j++)
            if (p[j] > 0) entropy -= p[j] * log(p[j]);
        sum += entropy / log(choices(s, i));
        open++;
    }
    return open ? sum / open : 0;
}

double ll_soft_log_p(const ll_soft *s, const uint8_t *gene, double weight, double *gradient)
{
    double sum = 0;
    for (int i = 0; i < s->space->n_positions; i++) {
        const double *p = s->p + ll_soft_at(s, i, 0);
        sum += log(p[gene[i]]);
        for (int j = 0; gradient && j < choices(s, i); j++)
            gradient[ll_soft_at(s, i, j)] += weight * ((j == gene[i]) - p[j]);
    }
    return sum;
}

double ll_soft_expected(const ll_soft *s, const double *table, double weight, double *gradient)
{
    double sum = 0;
    for (int i = 0; i < s->space->n_positions; i++) {
        const double *p = s->p + ll_soft_at(s, i, 0), *f = table + ll_soft_at(s, i, 0);
        double here = 0;
        for (int j = 0; j < choices(s, i); j++) here += p[j] * f[j];
        for (int j = 0; gradient && j < choices(s, i); j++)
            gradient[ll_soft_at(s, i, j)] += weight * p[j] * (f[j] - here);
        sum += here;
    }
    return sum;
}

/* --- fitting a table ----------------------------------------------------------------------------------------- */

/* What is left to explain: (n), and how the draws fall on the choices of a position. */
typedef struct rest {
    const uint8_t *genes;
    double *left;
    int n, positions;
} rest;

/* The mean of what is left at each choice of a position moves into the table, less its own mean. Returns the largest move. */
static double sweep_position(const ll_soft *s, rest *r, int position, double *entry)
{
    double sum[LL_MAX_CHOICES] = {0}, all = 0, most = 0;
    int count[LL_MAX_CHOICES] = {0};
    for (int i = 0; i < r->n; i++) {
        int j = r->genes[(size_t)i * (size_t)r->positions + (size_t)position];
        sum[j] += r->left[i];
        count[j]++;
        all += r->left[i];
    }
    for (int j = 0; j < choices(s, position); j++) {
        sum[j] = count[j] ? sum[j] / count[j] - all / r->n : 0;
        entry[j] += sum[j];
        most = fmax(most, fabs(sum[j]));
    }
    for (int i = 0; i < r->n; i++)
        r->left[i] -= sum[r->genes[(size_t)i * (size_t)r->positions + (size_t)position]];
    return most;
}

static double sum_of_squares(const double *v, int n)
{
    double mean = 0, sum = 0;
    for (int i = 0; i < n; i++) mean += v[i] / n;
    for (int i = 0; i < n; i++) sum += (v[i] - mean) * (v[i] - mean);
    return sum;
}

/* Positions one after the other (Gauss-Seidel on the normal equations): draws are nearly orthogonal, a few sweeps do. */
static double fit_rest(const ll_soft *s, rest *r, double *table, double *fixed)
{
    double before = sum_of_squares(r->left, r->n), mean = 0;
    for (int i = 0; i < r->n; i++) mean += r->left[i] / r->n;
    for (int i = 0; i < r->n; i++) r->left[i] -= mean;
    *fixed = mean;
    for (int t = 0; t < SWEEPS; t++) {
        double most = 0;
        for (int i = 0; i < r->positions; i++)
            most = fmax(most, sweep_position(s, r, i, table + ll_soft_at(s, i, 0)));
        if (most <= STILL * sqrt(before / r->n)) break;
    }
    return before > 0 ? 1 - sum_of_squares(r->left, r->n) / before : 1;
}

double ll_soft_fit(const ll_soft *s, const uint8_t *genes, const double *y, int n, double *table,
                   double *fixed)
{
    size_t width = (size_t)s->space->n_positions;
    uint8_t *known = LL_NEW_ARRAY(uint8_t, (size_t)n * width + 1);
    rest r = {known, LL_NEW_ARRAY(double, n + 1), 0, s->space->n_positions};
    for (int i = 0; i < n; i++) {
        if (isnan(y[i])) continue;
        memcpy(known + (size_t)r.n * width, genes + (size_t)i * width, width);
        r.left[r.n++] = y[i];
    }
    memset(table, 0, (size_t)ll_soft_size(s) * sizeof *table);
    *fixed = r.n ? r.left[0] : NAN;
    double explained = r.n < 2 ? NAN : fit_rest(s, &r, table, fixed);
    free(known);
    free(r.left);
    return explained;
}
