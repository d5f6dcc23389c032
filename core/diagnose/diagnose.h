/* Why does a device transfer badly? Five questions, each answered by a report of numbers (`diagnose`).
 *
 * What is judged is one transfer; what it is judged with is the structured GP, because it re-fits in
 * milliseconds. Reports that look at latencies beyond the samples do so for the diagnosis only, and only
 * where the dataset has them. Every report is freed by its own function. */
#ifndef LL_DIAGNOSE_DIAGNOSE_H
#define LL_DIAGNOSE_DIAGNOSE_H

#include "core/device/audit.h"
#include "core/device/task.h"
#include "core/predict/gp/gp.h"
#include "core/transfer/expect.h"
#include "core/transfer/transfer.h"

typedef struct ll_diagnosis {
    const ll_dataset *data;
    const ll_task *task;
    int device;
    const ll_transfer *transfer; /* of this device: what is judged */
    const ll_model *model;       /* the one it was made by; NULL: not at hand any more */
    const ll_model *gp;          /* pretrained on the task's sources */
    int draws, next;             /* repeated draws of samples; how many samples to propose */
    const ll_sampler *sampler;   /* of those; NULL: dopt */
    ll_ints have; /* measured, samples or not: they come behind these; none: behind the samples */
    uint64_t seed;
    const ll_encoders *known; /* encodings that are fitted; NULL: none */
    ll_observer *observer;
    ll_pool *pool;
} ll_diagnosis;

/* --- what the samples alone say --- */

/* Too few latencies besides the samples to score anything on: the real-life case. */
bool ll_diagnose_few(const ll_diagnosis *q);

/* The structured GP after the samples. prior and gp are borrowed. */
typedef struct ll_belief {
    const ll_gp_model *gp;
    const ll_gp_prior *prior;
    ll_gp_posterior posterior;
    double *y_ms;    /* (k) of the samples */
    double *mean_ms; /* (n_archs) */
} ll_belief;
/* False (and nothing to free): there is no such model of these architectures, or no sample. */
bool ll_diagnose_belief(const ll_diagnosis *q, ll_belief *out);
/* The same under another model, which must know the architectures. */
void ll_belief_of(const ll_diagnosis *q, const ll_gp_model *gp, ll_belief *out);
/* Spearman to expect of these samples, then of these and `next`, into x (2 sizes; the caller frees). */
ll_status ll_belief_expect(const ll_diagnosis *q, const ll_belief *b, const ll_ints *next, int worlds,
                           ll_expectation *x, ll_error *e);
void ll_belief_free(ll_belief *b);

/* NaN and NULL where ll_diagnose_belief has nothing. Expectations are over devices drawn from the posterior: median
 * and the range of four in five. */
typedef struct ll_outlook {
    bool few;
    ll_ints next;                  /* rows to measure next, by optimal design behind the k */
    double now, now_lo, now_hi;    /* Spearman of the gp with the k samples */
    double then, then_lo, then_hi; /* with `next` as well */
    double noise_ms, noise_share;  /* deviation of a measurement; as a share of the samples' median */
    double ceiling;                /* Spearman a perfect prediction would have with such noise and clock */
    double *left_out,
        *left_out_ms; /* (k > 1) every sample as the others predict it: deviation in theirs, ms */
} ll_outlook;
ll_status ll_diagnose_outlook(const ll_diagnosis *q, ll_outlook *out, ll_error *e);
void ll_outlook_free(ll_outlook *o);

/* --- 1. is the device itself noisy? --- */

typedef struct ll_noise_report {
    ll_audit audit;
    /* Ceilings: the best Spearman any predictor could reach; NaN where the data cannot tell.
     * ties: a perfect ranking scored on the rounded clock.
     * repeats: from a second measurement of the device (ll_device.repeat) or, without one, from repeated runs of the
     *          same architecture (std_ms).
     * mirrors: from pairs of cells that are one network with its two inner nodes exchanged (nasbench201, edge
     *          1>2 none), which differ by noise alone.
     * learned: reached by the structured GP from `learned_n` latencies of the device, on the others; not a
     *          bound, but what is known to be possible. */
    double ties, repeats, mirrors, learned;
    int n_mirrors, learned_n;
    double mirrors_equal; /* share of mirror pairs with the same latency */
    double ceiling; /* the tightest estimate: lowest of ties, repeats, mirrors, not below learned; without
                             repeats and mirrors it is learned where that is known, else ties */
    const char *ceiling_from; /* "ties", "repeats", "mirrors", "learned", "posterior" (ll_outlook_ceiling) */
} ll_noise_report;
ll_status ll_diagnose_noise(const ll_diagnosis *q, ll_noise_report *out, ll_error *e);
/* With few latencies the ceiling is what the posterior says of noise and clock. */
void ll_outlook_ceiling(const ll_outlook *o, ll_noise_report *noise);

/* --- 2. is it like any source? --- */

typedef struct ll_source_likeness {
    int device;
    double on_samples, lo, hi; /* Spearman on the k samples, 90 % interval (Bonett and Wright 2000) */
    int k;
    double on_all; /* on all architectures both know; NaN below 10 */
    int n;
    bool same_hardware;
    /* Of a device that is no source: how sure the samples make it that it is more alike than the source that is most alike
     * on them (ll_more_alike); NaN of sources, and where they cannot tell. */
    double surely;
} ll_source_likeness;
/* A predictor with a hardware embedding (its transfer option is called `init`), started in another way. */
typedef struct ll_start {
    char *init;
    double score;
} ll_start;
enum { LL_MAX_STARTS = 4, LL_MAX_OTHERS = 3 };
#define LL_SURELY .975
typedef struct ll_sources_report {
    ll_source_likeness *sources; /* (n) most alike on the samples first */
    int n;
    int chosen, best; /* positions: highest on the samples (what starts a hardware embedding), on all; -1 */
    /* Devices of the dataset that are no sources and are more alike than every source, the most alike first (by
     * ll_likeness): on all latencies, and with few as surely as LL_SURELY. */
    ll_source_likeness others[LL_MAX_OTHERS];
    int n_others;
    ll_start starts[LL_MAX_STARTS];
    int n_starts;
} ll_sources_report;
/* What there is to tell it by: Spearman on all, with few latencies on the samples. */
double ll_likeness(const ll_diagnosis *q, const ll_source_likeness *s);
ll_status ll_diagnose_sources(const ll_diagnosis *q, ll_sources_report *out, ll_error *e);
void ll_sources_report_free(ll_sources_report *r);

/* --- 3. what is mispriced? --- */

/* Price of an operation: percent of the device's mean latency for putting it where the reference operation of its list
 * was, from least squares on operation counts. */
typedef struct ll_price {
    int op,
        position; /* position -1: all that have it, and op is one of core/space/kinds.h; else a choice of the position */
    int instead; /* the choice that it is compared with */
    double target, target_se;
    double source, source_lo, source_hi; /* mean, lowest and highest over the sources */
    double ratio, ratio_lo, ratio_hi;    /* target / source, 90 % interval; NaN where the sources say 0 */
} ll_price;
typedef struct ll_prices_report {
    bool one_list; /* all positions choose from the same: */
    int reference; /* then the operation everything is compared with */
    int n_rows;    /* architectures the prices are learnt from */
    /* Little more than the k samples was known: prices of devices drawn from the posterior. */
    bool from_samples;
    double additive; /* share of the target's variance that operation counts explain */
    ll_price *by_op; /* (n_by_op) */
    int n_by_op;
    ll_price *by_position; /* (n_by_position), largest difference to the sources first; none from samples */
    int n_by_position;
} ll_prices_report;
/* LL_FAILED when too few latencies are known. */
ll_status ll_diagnose_prices(const ll_diagnosis *q, ll_prices_report *out, ll_error *e);
void ll_prices_report_free(ll_prices_report *r);

/* Mean of measured - predicted in a group of architectures that are no samples. */
typedef enum ll_residual_by {
    LL_BY_OP,
    LL_BY_POSITION,
    LL_BY_COUNT,
    LL_BY_DEPTH,
    LL_BY_FLOPS
} ll_residual_by;
const char *ll_residual_by_name(ll_residual_by by);
typedef struct ll_residual_group {
    ll_residual_by by;
    int op,
        position; /* LL_BY_OP: has it (core/space/kinds.h) at all; LL_BY_POSITION: has that choice there */
    int lo, hi;   /* LL_BY_COUNT: that many of op; LL_BY_DEPTH: depth; LL_BY_FLOPS: fifth 1..5 */
    int n;
    double mean_ms, se_ms, percent; /* percent of the group's mean latency */
    double quartile[3];             /* of the residuals, ms */
} ll_residual_group;
typedef struct ll_residuals_report {
    ll_residual_group *groups;
    int n_groups;
    ll_ints worst; /* rows with the largest relative error, at most 5 */
    double bias_ms, sd_ms;
} ll_residuals_report;
ll_status ll_diagnose_residuals(const ll_diagnosis *q, ll_residuals_report *out, ll_error *e);
void ll_residuals_report_free(ll_residuals_report *r);

/* --- 4. was it the samples? --- */

typedef struct ll_samples_report {
    double score;                    /* Spearman of the transfer that is judged */
    const char *predictor, *sampler; /* of the repeated draws */
    double *draws;                   /* (n_draws) Spearman of each */
    int n_draws;
    double mean, sd, lowest, highest;
    double same_draw;   /* that predictor on the samples that are judged */
    double worse;       /* share of the draws below same_draw */
    double design;      /* the same with as many samples by optimal design */
    ll_ints unseen;     /* position x n_ops + op that no sample has */
    ll_ints unseen_ops; /* core/space/kinds.h */
} ll_samples_report;
ll_status ll_diagnose_samples(const ll_diagnosis *q, ll_samples_report *out, ll_error *e);
void ll_samples_report_free(ll_samples_report *r);

/* --- 5. what to do --- */

typedef struct ll_source_set {
    const char *what; /* "as it is", "without the least alike", "the most alike at hand" */
    ll_ints devices;
    /* all that a user can know: the samples as the others predict them, root mean square error in percent, and the
     * Spearman that the gp expects, with its standard error over the devices drawn */
    double error /* NaN of a single sample */, expected, expected_se;
    double score; /* Spearman on all others where known, else NaN */
} ll_source_set;
typedef struct ll_rival {
    const char *predictor;
    double score;
    double seconds;
} ll_rival;
typedef struct ll_advice_report {
    double next_score; /* the gp with the next samples of the outlook, where known */
    double gp_score;   /* the gp on the k samples */
    ll_source_set sets[3];
    int n_sets, best_set; /* by error, when clearly better; 0: the set as it is */
    ll_rival *rivals;     /* other predictors on the same samples, best first */
    int n_rivals;
} ll_advice_report;
/* `models` (may be empty) are pretrained predictors at hand. */
ll_status ll_diagnose_advice(const ll_diagnosis *q, const ll_outlook *outlook, ll_model *const *models,
                             int n_models, ll_advice_report *out, ll_error *e);
void ll_advice_report_free(ll_advice_report *r);

/* --- all together --- */

/* How 1 - Spearman divides: noise, what no predictor could have (or, where the ceiling is a learned one, what
 * even many latencies do not teach); what this draw of samples lost against the mean draw
 * of its sampler, what this predictor loses against the structured GP, and the rest. Parts are >= 0 and sum to
 * the loss unless the score beats the ceiling. */
typedef struct ll_loss {
    double score, noise, samples, predictor, rest;
} ll_loss;
ll_loss ll_diagnose_loss(const ll_noise_report *noise, const ll_samples_report *samples);

/* --- shared by the reports --- */

/* Spearman of a score (n rows of the dataset) with the device on every known architecture but these samples; NaN
 * where fewer than 10 are known. */
double ll_diagnose_spearman(const ll_diagnosis *q, const ll_ints *samples, const double *score, int n);
/* The same of a transfer. */
double ll_diagnose_score(const ll_diagnosis *q, const ll_transfer *t);
/* What the samples say of the kernels of a table of layer costs: the transfer that is judged, if it is one of the predictor
 * `kernels`, else one by a source that is made of such a table; its info has "kernels" and "says". NULL: there is no table. */
ll_status ll_diagnose_kernels(const ll_diagnosis *q, ll_transfer **out, ll_error *e);

/* One transfer of `model` with these samples. */
ll_status ll_diagnose_transfer(const ll_diagnosis *q, const ll_model *model, const ll_ints *samples,
                               ll_transfer **out, ll_error *e);
/* The operation prices are compared with at the first position: none, else a skip, else the first. */
int ll_reference_op(const ll_space *s);
/* Operations on the longest path of the architecture, those that do nothing left out. */
int ll_depth(const ll_space *s, const uint8_t *gene);

#endif
