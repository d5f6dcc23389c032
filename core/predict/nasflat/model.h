/* Private to the nasflat predictor: options, the pretrained model, its parts. */
#ifndef LL_PREDICT_NASFLAT_MODEL_H
#define LL_PREDICT_NASFLAT_MODEL_H

#include "core/predict/nasflat/train.h"
#include "core/predict/predictor.h"

enum { LL_NASFLAT_MOST_MEMBERS = 8 };

extern const ll_option ll_nasflat_pretrain_options[], ll_nasflat_transfer_options[];
/* `given` with the published setting filled in where preset=paper asks for it and the user said nothing.
 * Free with ll_values_free. */
void ll_nasflat_resolve(const ll_values *given, ll_values *out);
/* What both tables say of learning; items, epochs, first rate, seed and callbacks are the caller's. */
ll_nasflat_fit ll_nasflat_fit_of(const ll_values *options);

/* Adds an epoch to a history (predictor.h); spearman NaN: not taken. */
void ll_nasflat_record(cJSON *history, const ll_nasflat_progress *p, double spearman);

/* Architectures of one dataset as the network reads them. */
typedef struct ll_nasflat_inputs {
    ll_nasflat_graphs graphs; /* one per row of the dataset */
    float *z;                 /* (n_archs, n_z), standardised; NULL without encoding */
    int n_z;
} ll_nasflat_inputs;
/* graph: "auto", "pruned", "full", "chain", "released"; encoding NULL: none. The observer may cancel it, or be NULL. */
ll_status ll_nasflat_inputs_open(ll_nasflat_inputs *in, const ll_dataset *d, const char *graph,
                                 const char *encoding, const ll_observer *observer, ll_error *e);
void ll_nasflat_inputs_close(ll_nasflat_inputs *in);

/* Row s of hw_emb is source device s; the last row is the target's. */
typedef struct ll_nasflat_model {
    ll_values options; /* resolved pretrain options */
    ll_nasflat_layout layout;
    ll_nasflat_inputs inputs;
    char *data_hash; /* of the dataset that inputs were made from */
    ll_strs source;  /* device names */
    ll_ints rows;    /* what it was trained on; empty: unknown */
    int n_members;
    float *w[LL_NASFLAT_MOST_MEMBERS]; /* (layout.n) each */
    struct ll_gp_model *prior;         /* over a target's latency (prior.h); NULL: none */
    double *scale;                     /* (n_members, n_source, 2) centre and spread of the scores in it */
} ll_nasflat_model;

/* Layout and inputs for these options; no members yet. `options` is copied. */
ll_status ll_nasflat_model_new(const ll_values *options, const ll_dataset *d, const int *source, int n_source,
                               const ll_observer *observer, ll_nasflat_model **out, ll_error *e);
void ll_nasflat_model_free(void *model);
ll_status ll_nasflat_model_save(const void *model, ll_tensors *out, ll_error *e);
ll_status ll_nasflat_model_load(const ll_tensors *in, const ll_dataset *d, void **model, ll_error *e);

ll_status ll_nasflat_pretrain(const ll_pretrain_job *job, void **model, ll_error *e);
ll_status ll_nasflat_transfer(const void *model, const ll_transfer_job *job, ll_prediction *out, ll_error *e);

#endif
