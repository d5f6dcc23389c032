/* The constants of a target's prior: what turns features and source functions of an architecture into a row of phi.
 * Measured once, over the architectures of the pretraining, and kept with the model, so that a row is a function of the
 * gene and of nothing else. One part for each execution of the space.
 *
 * Behind the feature columns of a part lie one column `mean` (the mean of the source functions) and, with two or more
 * sources, one column per source `dev` (what each differs from the mean). */
#ifndef LL_PREDICT_GP_FRAME_H
#define LL_PREDICT_GP_FRAME_H

#include "core/predict/gp/target.h"

enum {
    LL_GP_WORK = 5
}; /* columns that say "more work": the sources' mean, then the cost block's, at most four */

typedef struct ll_gp_part {
    int execution;
    int first, own; /* its first column of phi; how many the feature blocks take: `mean` is at first + own */
    int n_sources;
    double strength;            /* how strongly the sources vary: the geometric mean of their deviations */
    double mean_shift, mean_sd; /* of column `mean`; sd 0: it never varies */
    double dev_scale;           /* of the columns `dev` together; 0: they never vary */
    double work_shift[LL_GP_WORK], work_sd[LL_GP_WORK]; /* sd 0: it never varies */
    double slope_shift, slope_sd;                       /* of the direction as a whole */
    double *centre, *dev_shift; /* (n_sources) of each source function; of its `dev` column */
} ll_gp_part;

typedef struct ll_gp_frame {
    int dim; /* of phi */
    int n_parts;
    ll_gp_part part[LL_GP_EXECUTIONS];
} ll_gp_frame;

/* Whether the part of an execution has columns for a block: what is executed has no dead edges, so that the blocks that leave
 * them out say nothing more, and what no draw of it looks at is left out. */
bool ll_gp_part_has(int execution, const ll_gp_block *b);
/* Where every column lies; the constants are zero. */
void ll_gp_frame_init(ll_gp_frame *frame, const ll_gp_features *f, int n_sources);
void ll_gp_frame_free(ll_gp_frame *frame);
/* Measures the constants of a part on n rows of phi, (n, frame->dim), whose feature columns and source functions (behind
 * the column `mean`, which is free) are filled in, and writes these rows as ll_gp_frame_apply does. */
void ll_gp_frame_measure(ll_gp_frame *frame, int part, const ll_gp_features *f, double *phi, int n,
                         double *slope);
/* Source functions to `mean` and `dev`, scaled; slope (n): the direction of "more work". */
void ll_gp_frame_apply(const ll_gp_frame *frame, int part, const ll_gp_features *f, double *phi, int n,
                       double *slope);
/* The prior on rows (0 so far) that this frame describes: blocks, strengths. */
void ll_gp_frame_prior(const ll_gp_frame *frame, const ll_gp_features *f, ll_gp_prior *out);

/* A part's numbers as they lie in a file, (ll_gp_part_numbers). */
int ll_gp_part_numbers(int n_sources);
void ll_gp_part_write(const ll_gp_part *part, double *out);
void ll_gp_part_read(ll_gp_part *part, const double *in);

#endif
