/* HELP, MAML and Meta-SGD: one meta-learner with parts switched off (HELP, arXiv 2106.08630;
 * core/ALGORITHMS.md sections 5 and 6). Private to core/predict. */
#ifndef LL_PREDICT_HELP_HELP_H
#define LL_PREDICT_HELP_HELP_H

#include "core/predict/help/net.h"
#include "core/predict/predictor.h"

enum { LL_HELP_Z = 10, LL_HELP_Z_OUT = 1206 }; /* encoder widths: 10 -> 10 -> 2 x 603 */

typedef struct ll_help_model {
    ll_help_shape shape;
    bool modulated;      /* has the z encoder (HELP only) */
    int n, n_archs_pool; /* parameters; source architectures it learnt from */
    int steps;
    float *theta, *alpha; /* (n) initial weights and learned step sizes */
    float *encoder; /* (n_encoder) w1 (10,10), b1 (10), w2 (1206,10), b2 (1206); NULL when not modulated */
    ll_archs *reference; /* the reference architectures, LL_HELP_REFERENCES of them; NULL: needs none */
    cJSON *history;      /* episodes, loss, valid */
} ll_help_model;

enum { LL_HELP_ENCODER = 100 + 10 + LL_HELP_Z_OUT * 10 + LL_HELP_Z_OUT };

ll_help_model *ll_help_model_new(const ll_help_shape *shape, bool modulated);
void ll_help_model_free(void *model);

ll_help_shape ll_help_shape_of(const ll_space *s, bool device);
/* Inputs of these architectures (which[0..n-1]; NULL: the first n) in the network's form: (n * rows, n_in). */
void ll_help_inputs(const ll_archs *archs, const int *which, int n, float *x);

/* norm(L; lo, hi, p) = (L - lo)/(hi - lo) p + (1 - p)/2; the middle when hi == lo. */
float ll_help_norm(double lat, double lo, double hi, double p);
/* h (10): the reference latencies, min-max over themselves. */
void ll_help_embedding(const double *lat, float *h);
/* phi = theta modulated by z: W <- W (1 + .01 z) over input columns of fc3..fc5, b <- b + .01 z. z NULL: a
 * copy. */
void ll_help_modulate(const ll_help_model *m, const float *z, float *phi);
/* s (1206) = the encoder's output for h; hidden (10) receives relu(W1 h + b1). */
void ll_help_encode(const float *encoder, const float *h, float *hidden, float *s);

ll_status ll_help_train(const ll_pretrain_job *job, bool learned_steps, ll_help_model *m, ll_error *e);

#endif
