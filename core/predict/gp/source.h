/* One source device as a smooth function: a Gaussian process on latency / mean latency with one weight per
 * feature block, fitted by restricted marginal likelihood (core/ALGORITHMS.md section 4, "source fit"; Rasmussen and
 * Williams, GPML, 2.2 and 5.4; REML: Patterson and Thompson 1971). */
#ifndef LL_PREDICT_GP_SOURCE_H
#define LL_PREDICT_GP_SOURCE_H

#include "core/base/observer.h"
#include "core/predict/gp/features.h"

/* The fitted function: f(x) = constant + phi . linear + phi_add' square phi_add + estimate g(x) - 1, where phi_add are
 * the additive blocks' columns and g is what another predictor says of the device. A device with relative latency 1
 * everywhere has f = 0. */
typedef struct ll_gp_source {
    double constant;
    double *linear;  /* (source_dim) */
    double *square;  /* (pairs, pairs) or NULL */
    double estimate; /* of the other predictor's estimate; 0: there was none */
    double mean_ms;  /* of the training latencies */
    double noise_sd; /* of relative latency about the fit, leave-one-out, robust */
    bool ticks;      /* latencies are multiples of a coarse clock step */
    int n;           /* training rows; 0: the device has too few to learn from, f = 0 */
} ll_gp_source;

/* phi: (n_archs, stride) features. rows: where the latencies lat_ms (n_archs) are learnt from; rows without
 * a latency are skipped. At least 4 must remain, else out->n = 0. estimate: (n_archs) one more regressor, mean 0 and
 * variance 1 over the dataset; NULL: none. Cancelled by the observer, out is of no use but to be freed. */
void ll_gp_source_fit(const ll_gp_features *f, const double *phi, int stride, const double *lat_ms,
                      const float *estimate, const int *rows, int n_rows, const ll_observer *observer,
                      ll_gp_source *out);
void ll_gp_source_free(ll_gp_source *s);
/* f of n rows of phi, and of the estimate (n; NULL: none) it was fitted with, into out[0], out[step], ... */
void ll_gp_source_predict(const ll_gp_source *s, const ll_gp_features *f, const double *phi, int stride,
                          const float *estimate, int n, double *out, int step);
int ll_gp_square_dim(const ll_gp_features *f); /* columns that enter the square; 0: none */

/* The restricted likelihood and its gradient, for the test of one against the other. */
typedef struct ll_gp_reml {
    int n, n_kernels;
    const double *grams; /* (n_kernels, n, n) */
    const double *y;     /* (n) */
    double *work;        /* (n n + 2 n) */
} ll_gp_reml;
/* Minus the log of it, profiled over the scale, plus 0.02 times the squared parameters; theta: n_kernels log
 * weights, then the log noise. An ll_objective. */
double ll_gp_reml_value(void *reml, const double *theta, double *gradient);

#endif
