/* Scores: what else is known of the architectures of a dataset, and what searches maximise: accuracies on a data set,
 * zero-cost proxies. Columns beside the latencies, one name each; higher is better. */
#ifndef LL_DEVICE_SCORES_H
#define LL_DEVICE_SCORES_H

#include "core/device/dataset.h"
#include "core/device/score_model.h"

enum { LL_SCORES_MOST = 64 }; /* of a dataset in a folder: what a short file can claim stays small */

/* The column of that name, for a builder; a new one is all NaN. The pointer is good until the next one is made. */
ll_score *ll_dataset_make_score(ll_dataset *d, const char *name);
/* Texts are copied; NULL: not known (source: ""). */
void ll_score_describe(ll_score *s, const char *unit, const char *split, const char *source);
/* What predicts the score of any architecture; its reference is taken over. */
void ll_score_set_model(ll_score *s, ll_score_model *m);
const ll_score *ll_dataset_score(const ll_dataset *d, const char *name); /* NULL: none */
/* Exact, else unique by case or prefix; LL_USAGE names those there are. */
ll_status ll_dataset_find_score(const ll_dataset *d, const char *name, const ll_score **out, ll_error *e);
int ll_score_count(const ll_dataset *d, const ll_score *s); /* architectures with one */
/* Place of a value among those known, 1 is the best; equal ones share the best of their places. */
int ll_score_place(const ll_dataset *d, const ll_score *s, double value);
/* The rows that have one, the highest first, of equal ones the first; appended to `rows`. */
void ll_score_best_rows(const ll_dataset *d, const ll_score *s, ll_ints *rows);
/* Letters, digits, '.', '_' and '-', as an option can name it. LL_BAD_DATA says why. */
ll_status ll_score_check_name(const char *name, ll_error *e);

/* A number that a score can be: what is larger is a mistake, and nothing can be drawn with it. */
bool ll_score_takes(double x);
/* What no folder could give back is no dataset: too many columns, a name or a number that no score has. */
ll_status ll_scores_check(const ll_dataset *d, ll_error *e);

/* The same columns with the same numbers? */
bool ll_scores_same(const ll_dataset *a, const ll_dataset *b);
/* For ll_dataset_extend: those of `old` in a dataset that begins with its rows. */
void ll_scores_extend(ll_dataset *d, const ll_dataset *old);
void ll_scores_free(ll_dataset *d);

#endif
