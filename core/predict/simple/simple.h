/* What the simple predictors share: rows, labels, count and one-hot features, ridge and non-negative least squares.
 * Matrices are row-major. */
#ifndef LL_PREDICT_SIMPLE_SIMPLE_H
#define LL_PREDICT_SIMPLE_SIMPLE_H

#include "core/predict/predictor.h"

/* A model that knows nothing but its space (a const ll_space *, freed with free()): its pretrain, save and load. */
ll_status ll_simple_space_pretrain(const ll_pretrain_job *job, void **model, ll_error *e);
ll_status ll_simple_space_save(const void *model, ll_tensors *out, ll_error *e);
ll_status ll_simple_space_load(const ll_load_job *job, void **model, ll_error *e);
/* The space by name in a model's file, and whether the file is of the space at hand (LL_BAD_DATA). */
void ll_simple_save_space(const ll_space *s, ll_tensors *out);
ll_status ll_simple_space_matches(const ll_load_job *job, ll_error *e);

/* A table of layer costs from files (as ll_costs_open), and into says (an array or NULL) what is worth knowing of it. */
ll_status ll_simple_open_costs(const char *paths, const ll_space *s, struct ll_costs **out, cJSON *says,
                               ll_error *e);
/* Says so where a table of layer costs was timed with another engine or type of numbers than the device's networks. */
void ll_simple_say_settings(const ll_adapt_job *job, const struct ll_costs *table);

/* An adapted predictor that is linear in features of the gene: offset + features . w, in milliseconds. */
typedef struct ll_linear_fit {
    int dim;
    int kind;          /* which features they are, for predictors that have several */
    double offset, *w; /* w (dim) */
} ll_linear_fit;
typedef void ll_simple_feature(const void *model, const ll_linear_fit *f, const uint8_t *gene, double *row);
ll_linear_fit *ll_linear_fit_new(int dim, int kind);
void ll_linear_fit_free(void *fit);
ll_status ll_linear_fit_save(const void *fit, ll_tensors *out, ll_error *e);
ll_status ll_linear_fit_load(const ll_tensors *in, ll_linear_fit **out, ll_error *e);
/* The same for a predictor whose fits all have this many columns; LL_BAD_DATA otherwise. */
ll_status ll_linear_fit_load_dim(const ll_tensors *in, int dim, void **adapted, ll_error *e);
/* score and lat_ms. `feature` writes a row (dim), zeroed before. */
void ll_linear_fit_predict(const void *model, const ll_linear_fit *f, ll_simple_feature *feature,
                           const ll_predict_job *job, ll_prediction *out);

/* The operation that does nothing, none or skip, which counting leaves out: the counts add up to the
 * number of positions. */
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
