/* Trees on bootstraps, averaged (Breiman, Machine Learning 24, 1996, and 45, 2001). Before its tree a member may have a
 * line: a ridge on a few columns, from the same bootstrap, whose residuals the tree learns. A tree is constant between its
 * thresholds, and after ten samples has few of them; a line goes on. */
#ifndef LL_PREDICT_FOREST_FOREST_H
#define LL_PREDICT_FOREST_FOREST_H

#include "core/base/observer.h"
#include "core/num/pool.h"
#include "core/num/tensors.h"
#include "core/predict/forest/tree.h"

typedef struct ll_forest {
    int n_trees, dim, n_line;
    ll_tree *tree; /* (n_trees) */
    double *line;  /* (1 + n_line, n_trees) constants and weights, 0 without a line */
} ll_forest;

typedef struct ll_forest_job {
    int n, dim, n_line;
    const double *x;       /* (n, dim) of the trees */
    const double *line;    /* (n, n_line) of the line */
    const double *penalty; /* (1 + n_line) of the ridge on its constant and weights, > 0 */
    const double *y;       /* (n) */
    int n_trees;
    ll_tree_rule rule;
    uint64_t seed; /* each tree has a stream of its own, so the number of threads changes nothing */
    ll_observer *observer;
    ll_pool *pool;
} ll_forest_job;

/* Each row as the members say it whose bootstrap lacks it. */
typedef struct ll_left_out {
    int n;
    int *members;            /* (n) how many they are */
    double *mean, *variance; /* (n) of what they say; 0 where they are none */
} ll_left_out;

/* False: cancelled, and nothing is made. out_of_bag may be NULL. */
bool ll_forest_fit(const ll_forest_job *job, ll_forest *out, ll_left_out *out_of_bag);
/* What each member says of a row (dim) and its line columns (n_line), into value (n_trees). */
void ll_forest_values(const ll_forest *f, const double *row, const double *line, double *value);
void ll_forest_free(ll_forest *f);
void ll_left_out_free(ll_left_out *o);

void ll_forest_save(const ll_forest *f, ll_tensors *out);
/* LL_BAD_DATA: missing, of other columns, or no trees. */
ll_status ll_forest_load(const ll_tensors *in, int dim, int n_line, ll_forest *out, ll_error *e);

#endif
