/* Private to the ensemble: its members, what makes their scores comparable, and how their weight is chosen. */
#ifndef LL_PREDICT_BLEND_BLEND_H
#define LL_PREDICT_BLEND_BLEND_H

#include "core/predict/predictor.h"

enum { LL_BLEND_MEMBERS = 2, LL_BLEND_SIZES = 3 };
extern const ll_predictor *const ll_blend_members[LL_BLEND_MEMBERS + 1]; /* gp, then the network */
extern const int ll_blend_sizes[LL_BLEND_SIZES];                         /* samples, ascending */

/* A member pretrained for so many epochs (where it has any), and adapted; LL_CANCELLED as the member's own. */
ll_status ll_blend_pretrain_member(int member, const ll_pretrain_job *job, int epochs, void **impl,
                                   ll_error *e);
ll_status ll_blend_adapt_member(int member, const void *impl, const ll_adapt_job *job, void **adapted,
                                ll_error *e);

/* weight (LL_BLEND_SIZES) of the network, from the sources alone. */
ll_status ll_blend_choose_weights(const ll_pretrain_job *job, double *weight, ll_error *e);

/* Where a score stands among those of a reference set: the share of them below it, of its equals half. Linear between two
 * of them, and on beyond the ends by the slope of the whole, so that order is kept there. */
typedef struct ll_blend_curve {
    int n; /* different scores */
    double *score, *rank;
} ll_blend_curve;
void ll_blend_curve_init(ll_blend_curve *c, const double *score, int n); /* n >= 1 */
void ll_blend_curve_free(ll_blend_curve *c);
double ll_blend_rank(const ll_blend_curve *c, double score);
void ll_blend_curve_save(const ll_blend_curve *c, const char *name, ll_tensors *out); /* (2, n) */
ll_status ll_blend_curve_load(const ll_tensors *in, const char *name, ll_blend_curve *c, ll_error *e);

#endif
