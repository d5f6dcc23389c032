#include "core/num/cmaes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/linalg.h"

struct ll_cmaes {
    int n, lambda, mu;
    double *weight; /* (mu) */
    double mu_eff, c_sigma, d_sigma, c_c, c_1, c_mu, chi;
    double sigma, first_sigma;
    double *mean, *p_sigma, *p_c; /* (n) */
    double *c;                    /* (n, n) the covariance */
    double *axes, *length;        /* (n, n) rows are unit eigenvectors; (n) square roots of the eigenvalues */
    double *x;                    /* (lambda, n) */
    int *order;                   /* (lambda) */
    double *step, *white;         /* (n) of one generation */
    long generation, decomposed;
    bool over;
    ll_rng rng;
};

static void set_weights(ll_cmaes *c)
{
    double sum = 0, squares = 0;
    c->mu = c->lambda / 2;
    c->weight = LL_NEW_ARRAY(double, c->mu);
    for (int i = 0; i < c->mu; i++) sum += c->weight[i] = log((c->lambda + 1) / 2.) - log(i + 1.);
    for (int i = 0; i < c->mu; i++) {
        c->weight[i] /= sum;
        squares += c->weight[i] * c->weight[i];
    }
    c->mu_eff = 1 / squares;
}

/* The tutorial's table 1. */
static void set_rates(ll_cmaes *c)
{
    double n = c->n, m = c->mu_eff;
    c->c_sigma = (m + 2) / (n + m + 5);
    c->d_sigma = 1 + 2 * fmax(0, sqrt((m - 1) / (n + 1)) - 1) + c->c_sigma;
    c->c_c = (4 + m / n) / (n + 4 + 2 * m / n);
    c->c_1 = 2 / ((n + 1.3) * (n + 1.3) + m);
    c->c_mu = fmin(1 - c->c_1, 2 * (m - 2 + 1 / m) / ((n + 2) * (n + 2) + m));
    c->chi = sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
}

ll_cmaes *ll_cmaes_new(int n, const double *start, double sigma, int lambda, uint64_t seed)
{
    ll_cmaes *c = LL_NEW(ll_cmaes);
    c->n = n;
    c->lambda = lambda ? lambda : 4 + (int)(3 * log(n));
    c->sigma = c->first_sigma = sigma;
    c->rng = ll_rng_new(seed, LL_STREAM_SEARCH);
    set_weights(c);
    set_rates(c);
    c->mean = ll_memdup(start, (size_t)n, sizeof *start);
    c->p_sigma = LL_NEW_ARRAY(double, n);
    c->p_c = LL_NEW_ARRAY(double, n);
    c->c = LL_NEW_ARRAY(double, n *n);
    c->axes = LL_NEW_ARRAY(double, n *n);
    c->length = LL_NEW_ARRAY(double, n);
    c->x = LL_NEW_ARRAY(double, n * c->lambda);
    c->order = LL_NEW_ARRAY(int, c->lambda);
    c->step = LL_NEW_ARRAY(double, n);
    c->white = LL_NEW_ARRAY(double, n);
    for (int i = 0; i < n; i++) c->c[i * n + i] = c->axes[i * n + i] = c->length[i] = 1;
    return c;
}

void ll_cmaes_free(ll_cmaes *c)
{
    if (!c) return;
    free(c->weight);
    free(c->mean);
    free(c->p_sigma);
    free(c->p_c);
    free(c->c);
    free(c->axes);
    free(c->length);
    free(c->x);
    free(c->order);
    free(c->step);
    free(c->white);
    free(c);
}

int ll_cmaes_lambda(const ll_cmaes *c)
{
    return c->lambda;
}

const double *ll_cmaes_mean(const ll_cmaes *c)
{
    return c->mean;
}

double ll_cmaes_sigma(const ll_cmaes *c)
{
    return c->sigma;
}

bool ll_cmaes_is_over(const ll_cmaes *c)
{
    return c->over;
}

/* x = mean + sigma B D z */
double *ll_cmaes_ask(ll_cmaes *c)
{
    for (int i = 0; i < c->lambda; i++) {
        double *x = c->x + i * c->n;
        memcpy(x, c->mean, (size_t)c->n * sizeof *x);
        for (int j = 0; j < c->n; j++) {
            double z = c->sigma * c->length[j] * ll_rng_normal(&c->rng);
            for (int k = 0; k < c->n; k++) x[k] += z * c->axes[j * c->n + k];
        }
    }
    return c->x;
}

static void sort_by_value(ll_cmaes *c, const double *f)
{
    for (int i = 0; i < c->lambda; i++) {
        int at = i;
        double v = isnan(f[i]) ? INFINITY : f[i];
        for (; at && v < (isnan(f[c->order[at - 1]]) ? INFINITY : f[c->order[at - 1]]); at--)
            c->order[at] = c->order[at - 1];
        c->order[at] = i;
    }
}

/* The mean goes to the better half; step = the way it went, in units of sigma. */
static void move_mean(ll_cmaes *c)
{
    for (int k = 0; k < c->n; k++) {
        double to = 0;
        for (int i = 0; i < c->mu; i++) to += c->weight[i] * c->x[c->order[i] * c->n + k];
        c->step[k] = (to - c->mean[k]) / c->sigma;
    }
}

/* white = C^-1/2 step */
static void whiten(ll_cmaes *c)
{
    memset(c->white, 0, (size_t)c->n * sizeof *c->white);
    for (int j = 0; j < c->n; j++) {
        const double *axis = c->axes + j * c->n;
        double along = 0;
        for (int k = 0; k < c->n; k++) along += axis[k] * c->step[k];
        for (int k = 0; k < c->n; k++) c->white[k] += along / c->length[j] * axis[k];
    }
}

static double follow(double *path, const double *step, int n, double rate, double mu_eff, bool on)
{
    double by = on ? sqrt(rate * (2 - rate) * mu_eff) : 0, squares = 0;
    for (int k = 0; k < n; k++) {
        path[k] = (1 - rate) * path[k] + by * step[k];
        squares += path[k] * path[k];
    }
    return sqrt(squares);
}

static void adapt_covariance(ll_cmaes *c, bool on)
{
    int n = c->n;
    double kept = 1 - c->c_1 - c->c_mu + (on ? 0 : c->c_1 * c->c_c * (2 - c->c_c));
    for (int a = 0; a < n; a++)
        for (int b = 0; b <= a; b++) {
            double rank_mu = 0;
            for (int i = 0; i < c->mu; i++) {
                const double *x = c->x + c->order[i] * n;
                rank_mu += c->weight[i] * (x[a] - c->mean[a]) * (x[b] - c->mean[b]);
            }
            c->c[a * n + b] = kept * c->c[a * n + b] + c->c_1 * c->p_c[a] * c->p_c[b] +
                              c->c_mu * rank_mu / (c->sigma * c->sigma);
        }
}

static void decompose(ll_cmaes *c)
{
    int n = c->n;
    memcpy(c->axes, c->c, (size_t)n * (size_t)n * sizeof *c->c);
    if (!ll_eigen_symmetric(n, c->axes, n, c->length)) c->over = true;
    for (int i = 0; i < n && !c->over; i++) {
        if (!(c->length[i] > 0) || !isfinite(c->length[i]))
            c->over = true;
        else
            c->length[i] = sqrt(c->length[i]);
    }
    c->decomposed = c->generation;
}

void ll_cmaes_tell(ll_cmaes *c, const double *f)
{
    double n = c->n;
    if (c->over) return;
    sort_by_value(c, f);
    c->generation++;
    move_mean(c);
    whiten(c);
    double length = follow(c->p_sigma, c->white, c->n, c->c_sigma, c->mu_eff, true);
    double settled = sqrt(1 - pow(1 - c->c_sigma, 2. * (double)c->generation));
    bool on = length / settled < (1.4 + 2 / (n + 1)) * c->chi;
    follow(c->p_c, c->step, c->n, c->c_c, c->mu_eff, on);
    adapt_covariance(c, on);
    for (int k = 0; k < c->n; k++) c->mean[k] += c->sigma * c->step[k];
    c->sigma *= exp(fmin(1, c->c_sigma / c->d_sigma * (length / c->chi - 1)));
    if ((double)(c->generation - c->decomposed) >= 1 / ((c->c_1 + c->c_mu) * n * 10)) decompose(c);
    if (!(c->sigma > 1e-12 * c->first_sigma) || !isfinite(c->sigma)) c->over = true;
}
