/* How far predictions are off: variance(p) = constant² + (share p)² at prediction p. A share alone is too sure of the fastest
 * networks, whose latency is mostly what every network takes; a constant alone of the slowest. */
#ifndef LL_PREDICT_KERNELS_DEVIATION_H
#define LL_PREDICT_KERNELS_DEVIATION_H

typedef struct ll_deviation {
    double constant_ms, share;
    double dof; /* Student-t degrees of freedom of the intervals: n less the two deviations, 2 at least */
} ll_deviation;

/* From n samples y (ms, above 0) and what was predicted of each without it: root mean squares of the two deviations under
 * their posterior, whose prior is log-normal around a twentieth of the mean latency and of the prediction. Below two samples nothing
 * was left out: three tenths, and a tenth of the mean. */
void ll_deviation_fit(const double *predicted, const double *y, int n, ll_deviation *out);
double ll_deviation_at(const ll_deviation *s, double ms); /* deviation, ms */

#endif
