#include "core/predict/kernels/deviation.h"

#include <math.h>

#include "core/num/stats.h"

enum { STEPS = 25 };
static const double from = .002, to = 2, usual = .05, width = 1.5; /* width: of the prior's logarithm */

static double step(int i)
{
    return from * pow(to / from, i / (STEPS - 1.));
}

static double log_prior(double x)
{
    double z = log(x / usual) / width;
    return -z * z / 2;
}

/* Logarithm of the posterior density, but for a constant; deviations in units of the mean latency. */
static double log_posterior(const double *predicted, const double *y, int n, double mean, double constant,
                            double share)
{
    double sum = log_prior(constant) + log_prior(share);
    for (int i = 0; i < n; i++) {
        double p = predicted[i] / mean, error = (y[i] - predicted[i]) / mean;
        double variance = constant * constant + share * share * p * p;
        sum -= (log(variance) + error * error / variance) / 2;
    }
    return sum;
}

void ll_deviation_fit(const double *predicted, const double *y, int n, ll_deviation *out)
{
    double at[STEPS][STEPS], most = -INFINITY, all = 0, constant = 0, share = 0;
    double mean = n ? ll_mean(y, n) : 0;
    *out = (ll_deviation){.1 * mean, .3, n > 4 ? n - 2 : 2};
    if (n < 2) return;
    for (int i = 0; i < STEPS; i++)
        for (int j = 0; j < STEPS; j++) {
            at[i][j] = log_posterior(predicted, y, n, mean, step(i), step(j));
            most = fmax(most, at[i][j]);
        }
    for (int i = 0; i < STEPS; i++)
        for (int j = 0; j < STEPS; j++) {
            double weight = exp(at[i][j] - most);
            all += weight;
            constant += weight * step(i) * step(i);
            share += weight * step(j) * step(j);
        }
    out->constant_ms = mean * sqrt(constant / all);
    out->share = sqrt(share / all);
}

double ll_deviation_at(const ll_deviation *s, double ms)
{
    return hypot(s->constant_ms, s->share * ms);
}
