/* Statistics on plain arrays. NaN elements are never expected: callers select the known ones first. */
#ifndef LL_NUM_STATS_H
#define LL_NUM_STATS_H

/* Mid-ranks 1..n (ties share their mean rank). */
void ll_ranks(const double *x, int n, double *rank);
/* NaN when n < 2 or a side is constant. */
double ll_pearson(const double *a, const double *b, int n);
double ll_spearman(const double *a, const double *b, int n); /* mid-ranks */
double ll_kendall(const double *a, const double *b, int n);  /* tau-b, O(n log n) (Knight 1966) */

double ll_mean(const double *x, int n);
double ll_std(const double *x, int n); /* n-1 in the denominator; 0 for n < 2 */
/* Quantile with linear interpolation (type 7), 0 <= q <= 1; x is not changed. NaN for n == 0. */
double ll_quantile(const double *x, int n, double q);
double ll_median(const double *x, int n);
/* out[i]: the median of all but x[i], NaN among them left out; NaN when there is no other. O(n log n). */
void ll_medians_without(const double *x, int n, double *out);
double ll_mad_sigma(const double *x, int n); /* 1.4826 x median absolute deviation */

double ll_normal_quantile(double p);              /* standard normal */
double ll_student_quantile(double p, double dof); /* dof <= 0: normal */
double ll_student_cdf(double t, double dof);      /* P(T <= t); dof <= 0: normal */

#endif
