/* Private to the nasflat predictor: what it makes of a target's samples, in one of two ways. */
#ifndef LL_PREDICT_NASFLAT_ADAPTED_H
#define LL_PREDICT_NASFLAT_ADAPTED_H

#include "core/predict/nasflat/prior.h"

typedef struct ll_nasflat_adapted {
    const ll_nasflat_model *model;
    /* adapt=prior */
    ll_nasflat_prior *own; /* fitted for this device, since the model has none; NULL: the model's serves */
    void *gp;              /* the conditioned prior; NULL: tuned */
    /* adapt=tune */
    int n_members;
    float *w[LL_NASFLAT_MOST_MEMBERS]; /* (layout.n) each */
    /* Centre and spread of its scores over the population; 0 and 1 of one that is alone. */
    double standard[LL_NASFLAT_MOST_MEMBERS][2];
    double *known; /* (population) what was scored for them; NULL: nothing */
} ll_nasflat_adapted;

/* The network itself learns from the samples. options: resolved transfer options. LL_CANCELLED: out is to be freed. */
ll_status ll_nasflat_tune(const ll_adapt_job *job, const ll_values *options, ll_nasflat_adapted *out,
                          ll_error *e);
/* The mean of the members' standardised scores, (archs->n); NaN as ll_nasflat_score_archs. false: cancelled. */
bool ll_nasflat_tuned_scores(const ll_nasflat_adapted *a, const ll_archs *archs, const ll_observer *observer,
                             ll_pool *pool, double *out);

/* How far an adaptation that began at start_s is, and the scores of what is watched (NULL: nobody looks). */
cJSON *ll_nasflat_report_new(const ll_adapt_job *job, double start_s, long done, long total,
                             const double *scores);

#endif
