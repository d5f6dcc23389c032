/* Inside of the conditioning of gp_target: one fit under way, and its two ways of factoring the covariance. */
#ifndef LL_PREDICT_GP_FIT_H
#define LL_PREDICT_GP_FIT_H

#include <string.h>

#include "core/predict/gp/target.h"

/* As many draws side by side as a register holds: every operation on the small matrices is done for all of them at once
 * (eight on a processor with registers for four took twice as long: they were spilled). */
#ifdef __AVX512F__
enum { LANES = 8 };
#else
enum { LANES = 4 };
#endif
enum { CHUNKS = LL_GP_DRAWS / LANES };
typedef double lanes __attribute__((vector_size(LANES * sizeof(double))));

static const double a0 = 2, jitter = 1e-6;
static const double least_weight = 2e-4; /* draws below it are left out of the variance */

typedef struct ll_gp_fit {
    const ll_gp_prior *prior;
    const ll_gp_draws *draws;
    int k;
    double step;                 /* of the coarse clock the samples come from, relative; 0: none */
    double *sel;                 /* (k, dim) features of the samples */
    int passes;                  /* made so far */
    bool wide;                   /* more samples than features that a draw looks at: work in feature space */
    double *gram;                /* (n_blocks, k, k); NULL when wide */
    double *z;                   /* (k) relative latency */
    double *h[LL_GP_EXECUTIONS]; /* (k) slope directions */
    double *g;                   /* (k) noise factor of each sample */
    double *more;                /* (k) the part of it that its distance from the fit has brought */
    lanes *chol;                 /* (k, k) of one chunk; NULL when wide, inv too */
    lanes *inv;                  /* (k, k) inverse of it */
    lanes *r;                    /* (k) what the slopes leave of the samples */
    lanes *s, *d;                /* (k) inv 1, inv (r - mu 1) */
    /* results of every draw */
    lanes *alpha, *pdiag; /* (CHUNKS, k) */
    lanes mu[CHUNKS], c[CHUNKS], t2[CHUNKS], logw[CHUNKS];
    double w[LL_GP_DRAWS];
} ll_gp_fit;

/* Condition the draws of one chunk with the present noise factors: alpha, pdiag, mu, c, t2, logw (without the
 * noise's prior), and inv and s of this chunk. */
void ll_gp_fit_samples(ll_gp_fit *x, int chunk);
/* The same draw by draw in feature space, O(dim^2 k) where the other is O(k^3); draws that have no weight left
 * are not taken along. */
void ll_gp_fit_features(ll_gp_fit *x, int chunk);
/* Covariance (dim, dim) of beta under draw m, in units of t^2, and covariance Phi' W 1 (dim); x is wide. */
void ll_gp_fit_wide(const ll_gp_fit *x, int m, double *covariance, double *ones);
/* The quadratic form of the variance into out->form; mean and weights stand there already. */
void ll_gp_fit_form(ll_gp_fit *x, ll_gp_posterior *out);

/* Weight e^th of every column under draw m; 0: the draw does not look at it. */
double *ll_gp_column_weights(const ll_gp_fit *x, int m, double *per_column);

static inline const double *draw_lanes(const double *per_draw, int chunk)
{
    return per_draw + chunk * LANES;
}

static inline void load(lanes *to, const double *from)
{
    memcpy(to, from, sizeof *to);
}

#endif
