/* What the simple predictors share: rows, labels, count and one-hot features, ridge and non-negative least squares.
 * Matrices are row-major. */
#ifndef LL_PREDICT_SIMPLE_SIMPLE_H
#define LL_PREDICT_SIMPLE_SIMPLE_H

#include "core/predict/predictor.h"

/* The rows a transfer predicts. */
static inline int ll_job_n(const ll_transfer_job *job)
{
    return job->rows ? job->n_rows : job->data->n_archs;
}
static inline int ll_job_row(const ll_transfer_job *job, int i)
{
    return job->rows ? job->rows[i] : i;
}

/* A model that knows nothing but its space (a const ll_space *, freed with free()): its pretrain, save and load. */
ll_status ll_simple_space_pretrain(const ll_pretrain_job *job, void **model, ll_error *e);
ll_status ll_simple_space_save(const void *model, ll_tensors *out, ll_error *e);
ll_status ll_simple_space_load(const ll_tensors *in, const ll_dataset *data, void **model, ll_error *e);
/* The space by name in a model's file, and whether the data are of it (LL_BAD_DATA). */
void ll_simple_save_space(const ll_space *s, ll_tensors *out);
ll_status ll_simple_space_matches(const ll_tensors *in, const ll_dataset *data, ll_error *e);

/* Latencies of the k samples (k), to be freed; *mean is theirs. NULL and LL_FAILED: one is missing or none is above
 * zero. */
double *ll_job_latencies(const ll_transfer_job *job, double *mean, ll_error *e);
/* score and lat_ms (both allocated), filled by linear features: row i is offset + feature(i) . w, in ms. */
void ll_predict_linear(const ll_transfer_job *job, int dim,
                       void (*feature)(const void *ctx, const ll_dataset *d, int arch, double *row),
                       const void *ctx, const double *w, double offset, ll_prediction *out);

/* The operation that does nothing, none or skip, which counting leaves out: the counts add up to the number of positions.
 */
int ll_simple_idle_op(const ll_space *s);
/* Counts of the operations that do something. ll_simple_counts_dim of them. */
int ll_simple_counts_dim(const ll_space *s);
void ll_simple_counts(const ll_space *s, const uint8_t *gene, double *row);
int ll_simple_counted_op(const ll_space *s, int column); /* which operation a column counts */
/* n_positions * n_ops columns. */
void ll_simple_onehot(const ll_space *s, const uint8_t *gene, double *row);

/* w minimising |y - X w|² + sum_j penalty_j w_j². X is (n, p); penalty (p), 0 is allowed where the data determine the
 * column. false: the system is singular. */
bool ll_ridge(const double *x, int n, int p, const double *y, const double *penalty, double *w);
/* The same with w >= 0, to a relative 1e-10 (block principal pivoting: Portugal, Judice, Vicente 1994, section 4). */
void ll_ridge_nonnegative(const double *x, int n, int p, const double *y, const double *penalty, double *w);

#endif
