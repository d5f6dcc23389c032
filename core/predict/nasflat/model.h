/* Private to the nasflat predictor: options, the pretrained model, its parts. */
#ifndef LL_PREDICT_NASFLAT_MODEL_H
#define LL_PREDICT_NASFLAT_MODEL_H

#include "core/predict/nasflat/train.h"
#include "core/predict/source_table.h"

enum { LL_NASFLAT_MOST_MEMBERS = 8 };

extern const ll_option ll_nasflat_pretrain_options[], ll_nasflat_transfer_options[];
/* `given` with the published setting filled in where preset=paper asks for it and the user said nothing.
 * Free with ll_values_free. */
void ll_nasflat_resolve(const ll_values *given, ll_values *out);
/* What both tables say of learning; items, epochs, first rate, seed and callbacks are the caller's. */
ll_nasflat_fit ll_nasflat_fit_of(const ll_values *options);

/* Adds an epoch to a history (predictor.h); spearman NaN: not taken. */
void ll_nasflat_record(cJSON *history, const ll_nasflat_progress *p, double spearman);

/* Row s of hw_emb is source device s; the last row is the target's. */
typedef struct ll_nasflat_model {
    ll_values options; /* resolved pretrain options */
    ll_nasflat_layout layout;
    ll_encoder *encoder;     /* of the supplementary encoding, fitted on the population; NULL: none */
    ll_source_table sources; /* over the population */
    ll_ints rows;            /* which of the population it learnt from */
    int n_members;
    float *w[LL_NASFLAT_MOST_MEMBERS]; /* (layout.n) each */
    struct ll_nasflat_prior *prior;    /* over a target's latency (prior.h); NULL: none */
} ll_nasflat_model;

/* No members yet. LL_USAGE: the space has no such graph, or no such encoding. */
ll_status ll_nasflat_model_new(const ll_values *options, const ll_pretrain_job *job, ll_nasflat_model **out,
                               ll_error *e);
/* The layout, when options, sources and encoder are there. */
ll_status ll_nasflat_lay_out(ll_nasflat_model *m, const ll_space *space, ll_error *e);
bool ll_nasflat_is_encoded(const ll_values *options); /* has it a supplementary encoding? */
void ll_nasflat_model_free(void *model);
ll_status ll_nasflat_model_save(const void *model, ll_tensors *out, ll_error *e);
ll_status ll_nasflat_model_load(const ll_load_job *job, void **model, ll_error *e);
/* The weights of a member in a file, which the authors' names say. */
void ll_nasflat_weights_save(const ll_nasflat_model *m, int member, const float *w, ll_tensors *out);
ll_status ll_nasflat_weights_load(const ll_tensors *in, const ll_nasflat_model *m, int member, float **w,
                                  ll_error *e);

/* --- architectures as the network reads them --- */

typedef struct ll_nasflat_inputs {
    ll_nasflat_graphs graphs; /* one per architecture */
    float *z;                 /* (n, n_z); NULL without encoding */
    bool *lacks;              /* (n) no vector was to be had, z is 0; NULL: all have one */
} ll_nasflat_inputs;
/* Architectures from .. from+n-1. `in` is zero, or of other architectures of this model, which it forgets. */
void ll_nasflat_inputs_read(ll_nasflat_inputs *in, const ll_nasflat_model *m, const ll_archs *archs, int from,
                            int n);
void ll_nasflat_inputs_free(ll_nasflat_inputs *in);
/* How many nodes the graphs of a space have; false: it has no graphs of this kind (options). */
bool ll_nasflat_graph_size(const ll_space *s, const char *graph, int *n_nodes);
/* Runtimes that simplify a cell execute less than is written. Both are in one marked graph: the arcs are those of what is
 * executed, the operations all that is written, and an operation that is not executed is another one, with an embedding of
 * its own. So there are twice as many, and nothing else of the network is told. A second graph beside the first, joined
 * before the head, costs a second pass and brought no more (plots/RESULTS.md). False: operations are as written. */
bool ll_nasflat_marks(const ll_space *s, const char *graph);
/* LL_BAD_DATA names the first architecture that has no vector of the supplementary encoding. */
ll_status ll_nasflat_readable(const ll_nasflat_model *m, const ll_archs *archs, ll_error *e);

/* Told on the caller's thread: done of total scores. */
typedef struct ll_nasflat_told {
    void (*fn)(void *ctx, long done, long total); /* NULL: nobody is told */
    void *ctx;
} ll_nasflat_told;

/* Scores of any architectures under weights w for the devices in rows first .. first+n_devices-1 of hw_emb: out
 * (n_devices, archs->n), NaN where the supplementary encoding has no vector. What is read of them at a time does not grow
 * with their number. An architecture's score is the same in every company and with any number of threads. false:
 * cancelled by the observer. */
bool ll_nasflat_score_archs(const ll_nasflat_model *m, const float *w, int first, int n_devices,
                            const ll_archs *archs, const ll_observer *observer, ll_pool *pool,
                            ll_nasflat_told told, float *out);
/* Their mean and deviation (1 where they are all alike). */
void ll_nasflat_standard(const float *score, int n, double standard[2]);

/* --- the predictor --- */

ll_status ll_nasflat_pretrain(const ll_pretrain_job *job, void **model, ll_error *e);
ll_status ll_nasflat_adapt(const void *model, const ll_adapt_job *job, void **adapted, ll_error *e);
ll_status ll_nasflat_predict(const void *model, const void *adapted, const ll_predict_job *job,
                             ll_prediction *out, ll_error *e);
void ll_nasflat_release_adapted(void *adapted);
ll_status ll_nasflat_save_adapted(const void *adapted, ll_tensors *out, ll_error *e);
ll_status ll_nasflat_load_adapted(const void *model, const ll_tensors *in, void **adapted, ll_error *e);

#endif
