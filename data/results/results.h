/* The results of experiments: an SQLite database, one row a trial, keyed by everything that determines it, so that a
 * second run computes only what is missing and a killed one loses only the trials that were running.
 *
 * Several processes may use one database: a writer waits up to 10 s for another. Journal: WAL on local disks, the
 * rollback journal elsewhere (WAL does not work over a network). */
#ifndef LL_DATA_RESULTS_RESULTS_H
#define LL_DATA_RESULTS_RESULTS_H

#include "core/base/hash.h"
#include "core/search/trial.h"
#include "core/transfer/experiment.h"

typedef struct ll_results ll_results;

/* Opens or creates; one that may not be written can still be read. LL_BAD_DATA: no database of this program, or one of
 * a newer version. */
ll_status ll_results_open(const char *path, ll_results **out, ll_error *e);
/* Also where a file beside it that cannot be written is in the way. */
bool ll_results_read_only(ll_results *r);
void ll_results_close(ll_results *r); /* NULL is fine */
char *ll_results_path(void); /* $LATLAB_RESULTS, else results.sqlite in the XDG data folder; caller frees */

/* What makes two trials the same, besides their own fields: the predictor's options and the engine's settings. */
typedef struct ll_trial_context {
    const ll_values *pretrain_options, *transfer_options;
    /* Of the model that is the prior of the sampler; NULL: the sampler needs none. Options NULL: its defaults. */
    const ll_predictor *prior;
    const ll_values *prior_options;
    const ll_source_rule *sources; /* by which each trial chose its sources; NULL: those of its task */
    bool budget;
    double level;
} ll_trial_context;

/* Fills the results of a known trial; false: not known. */
bool ll_results_recall(ll_results *r, const ll_trial_context *c, ll_trial *t);
ll_status ll_results_store(ll_results *r, const ll_trial_context *c, const ll_trial *t, ll_error *e);

/* The trial's place among all results: everything that determines it, hashed. */
ll_hash ll_results_key(const ll_trial_context *c, const ll_trial *t);
const char *ll_results_code(void); /* version of what computes trials, a part of every key */
/* Seconds that a trial like this took with everything around it (its share of pretraining, too), by what is there of the
 * predictor with these options, else of the predictor; NaN: nothing is. */
double ll_results_expect(ll_results *r, const ll_trial_context *c, const ll_trial *t);

/* What a merge brought. */
typedef struct ll_merged {
    int trials, searches; /* new ones */
    int known;            /* trials that were there already and agree */
} ll_merged;
/* Adds what another database has; doing so again adds nothing. All of it or nothing. LL_BAD_DATA: a trial that both have
 * has another value there (beyond a relative 1e-6, which other kernels may cost); the sentence has both. */
ll_status ll_results_merge(ll_results *r, const char *path, ll_merged *out, ll_error *e);
/* The same of many files: *done of them, in their order, when it fails at one. Together they are sorted first, so that each page of the
 * database is written once: temporary files of their size where $TMPDIR says; one after the other where that cannot be. */
ll_status ll_results_merge_all(ll_results *r, const ll_strs *files, const ll_observer *observer,
                               ll_merged *out, int *done, ll_error *e);
/* Puts a whole copy in place of the file at `path`, synced and renamed; nobody else writes r meanwhile. */
ll_status ll_results_publish(ll_results *r, const char *path, ll_error *e);

/* Searches with what a trial adapted, for one score of its dataset: a row each, keyed by the trial's key, the score and its
 * values, and what the search was for. Fills and marks those that are known; returns how many are. */
int ll_results_recall_searched(ll_results *r, const ll_trial_context *c, const ll_trial *t,
                               const ll_score *score, ll_searched *rows, int n);
/* Those that are not marked as known, all or none. */
ll_status ll_results_store_searched(ll_results *r, const ll_trial_context *c, const ll_trial *t,
                                    const ll_score *score, const ll_searched *rows, int n, ll_error *e);

/* One row for reading; text belongs to the database and lives until the callback returns. */
typedef struct ll_result_row {
    const char *task, *predictor, *options, *sampler, *device, *dataset, *data_hash, *source, *protocol;
    int k, n, cost, scored, budget;
    double seed, pretrain_seed, level, finished; /* when: seconds since 1970 */
    double spearman, kendall, pearson, rmse_ms, mape, median_ape, within_5, within_10, coverage, width_ms,
        seconds;
} ll_result_row;
/* Filters are NULL for any; `task`, `predictor`, `sampler`, `device` may hold * and ?. `each` returns false to stop. */
typedef struct ll_result_filter {
    const char *task, *predictor, *sampler, *device;
    int k; /* 0: any */
} ll_result_filter;
ll_status ll_results_each(ll_results *r, const ll_result_filter *f,
                          bool (*each)(void *ctx, const ll_result_row *row), void *ctx, ll_error *e);
int ll_results_count(ll_results *r);
/* Of all trials but when they were computed and how long that took: the same trials, in whatever order they landed and in
 * whatever file, have the same. */
ll_status ll_results_checksum(ll_results *r, ll_hash *out, ll_error *e);

#endif
