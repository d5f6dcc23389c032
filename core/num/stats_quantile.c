/* Quantiles of the normal and Student's t distribution. */
#include <math.h>
#include <stdbool.h>

#include "core/num/stats.h"

static double polynomial(const double *c, int n, double x)
{
    double y = c[0];
    for (int i = 1; i < n; i++) y = y * x + c[i];
    return y;
}

/* Acklam's rational approximation, relative error below 1.2e-9, for 0 < p <= 1/2. */
static double normal_start(double p)
{
    static const double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                               1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
    static const double b[] = {-5.447609879822406e+01, 1.615858368580409e+02,  -1.556989798598866e+02,
                               6.680131188771972e+01,  -1.328068155288572e+01, 1};
    static const double c[] = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                               -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
    static const double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                               3.754408661907416e+00, 1};
    if (p < .02425) {
        double q = sqrt(-2 * log(p));
        return polynomial(c, 6, q) / polynomial(d, 5, q);
    }
    double q = p - .5, r = q * q;
    return q * polynomial(a, 6, r) / polynomial(b, 6, r);
}

double ll_normal_quantile(double p)
{
    if (!(p >= 0 && p <= 1)) return NAN;
    double tail = fmin(p, 1 - p);
    if (tail == 0) return p > 0 ? INFINITY : -INFINITY;
    double x = normal_start(tail);
    /* one Halley step brings it to rounding error */
    double e = .5 * erfc(-x / M_SQRT2) - tail;
    double u = e * sqrt(2 * M_PI) * exp(x * x / 2);
    if (isfinite(u)) x -= u / (1 + x * u / 2);
    return p > .5 ? -x : x;
}

/* Continued fraction of the regularised incomplete beta function by Lentz's method (Abramowitz and Stegun
 * 26.5.8); converges fast for x < (a+1)/(a+b+2). */
static double beta_fraction(double a, double b, double x)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double f = d;
    for (int m = 1; m <= 20000; m++) {
        for (int odd = 0; odd < 2; odd++) {
            double k = odd ? -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
                           : m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
            d = 1 + k * d;
            c = 1 + k / c;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            if (fabs(c) < tiny) c = tiny;
            f *= c * d;
        }
        if (fabs(c * d - 1) < 1e-16) break;
    }
    return f;
}

static double log_gamma(double x)
{
    int sign; /* lgamma() itself writes a global */
    return lgamma_r(x, &sign);
}

/* I_x(a, b); y = 1 - x is passed so that neither end loses digits. */
static double beta_regular(double a, double b, double x, double y)
{
    if (x <= 0) return 0;
    if (y <= 0) return 1;
    double front = exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) + b * log(y));
    if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, y) / b;
}

/* P(T > t) for t >= 0. */
static double student_tail(double t, double dof)
{
    double s = dof + t * t;
    return .5 * beta_regular(dof / 2, .5, dof / s, t * t / s);
}

double ll_student_cdf(double t, double dof)
{
    if (isnan(t)) return NAN;
    if (!(dof > 0)) return .5 * erfc(-t / M_SQRT2);
    if (isinf(t)) return t > 0;
    double tail = student_tail(fabs(t), dof);
    return t > 0 ? 1 - tail : tail;
}

static double student_density(double t, double dof)
{
    double log_front = log_gamma((dof + 1) / 2) - log_gamma(dof / 2) - .5 * log(dof * M_PI);
    return exp(log_front - (dof + 1) / 2 * log1p(t * t / dof));
}

/* Cornish-Fisher expansion in 1/dof (Abramowitz and Stegun 26.7.5): exact to rounding for very many. */
static double student_expanded(double z, double v)
{
    double z2 = z * z, g1 = z * (z2 + 1) / 4, g2 = z * ((5 * z2 + 16) * z2 + 3) / 96;
    double g3 = z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384;
    return z + (g1 + (g2 + g3 / v) / v) / v;
}

/* The t > 0 with P(T > t) = tail < 1/2: Newton on the logarithm of the tail inside a bracket. Student's tails
 * are heavier than the normal's, so the normal quantile bounds it from below. */
static double student_upper(double tail, double dof)
{
    double lo = -ll_normal_quantile(tail), hi = 2 * lo + 1, t;
    while (student_tail(hi, dof) > tail && hi < 1e300) {
        lo = hi;
        hi *= 2;
    }
    t = fmin(hi, fmax(lo, student_expanded(-ll_normal_quantile(tail), dof)));
    for (int i = 0; i < 400; i++) {
        double q = student_tail(t, dof), slope = student_density(t, dof);
        if (q > tail)
            lo = t;
        else
            hi = t;
        double next = t + q / slope * log(q / tail);
        if (!(next > lo && next < hi)) next = (lo + hi) / 2;
        bool done = fabs(next - t) <= 1e-15 * next;
        t = next;
        if (done) break;
    }
    return t;
}

double ll_student_quantile(double p, double dof)
{
    if (!(dof > 0)) return ll_normal_quantile(p);
    if (!(p > 0 && p < 1)) return ll_normal_quantile(p); /* NaN or infinite */
    if (p == .5) return 0;
    if (dof > 1e6) return student_expanded(ll_normal_quantile(p), dof);
    double t = student_upper(fmin(p, 1 - p), dof);
    return p > .5 ? t : -t;
}
