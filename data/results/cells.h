/* Trials that were kept, set beside each other: a table has a cell for each line (a task, k, ...) and column (a method),
 * and in a cell are a method's trials on the devices of a task. What tables of results have in common is here: means
 * over draws, and the paired test between two cells. */
#ifndef LL_DATA_RESULTS_CELLS_H
#define LL_DATA_RESULTS_CELLS_H

#include <stdbool.h>

typedef enum ll_measure {
    LL_BY_SPEARMAN,
    LL_BY_KENDALL,
    LL_BY_MAPE,
    LL_BY_WITHIN_10,
    LL_BY_COVERAGE,
    LL_BY_WIDTH,
    LL_MEASURES
} ll_measure;

typedef struct ll_kept_trial {
    int line, column;
    double seed, pretrain_seed;
    char *device; /* owned */
    double finished;
    int cost;
    double v[LL_MEASURES]; /* NaN: it has none */
} ll_kept_trial;

typedef struct ll_kept_trials {
    ll_kept_trial *v;
    int n, cap;
} ll_kept_trials;

void ll_kept_add(ll_kept_trials *t, const ll_kept_trial *trial); /* takes its device */
/* Puts them in the order that cells need. Of the same trial that is there twice (an older version of the method left it)
 * the one that finished last stays; returns how many went. */
int ll_kept_sort(ll_kept_trials *t);
void ll_kept_free(ll_kept_trials *t);

/* A run of sorted trials; lives as long as they do. */
typedef struct ll_cell {
    const ll_kept_trial *v;
    int n;
} ll_cell;
ll_cell ll_cell_at(const ll_kept_trials *sorted, int line, int column); /* n = 0: there is none */

typedef struct ll_cell_sum {
    double mean, sd, se; /* over draws, of the mean over devices; NaN where there are too few */
    int draws;           /* these went into it: pairs of seed and pretraining seed */
    int left_out;        /* and these did not, for a device lacks the measure */
} ll_cell_sum;
/* devices: a draw counts when it has the measure on so many; 0: on whatever it has. */
ll_cell_sum ll_cell_sum_up(ll_cell c, ll_measure m, int devices);
int ll_cell_seeds(ll_cell c);             /* distinct seeds of samples */
int ll_cell_pretrainings(ll_cell c);      /* distinct seeds of pretraining */
int ll_measure_sign(ll_measure m);        /* 1: more is better, -1: less, 0: neither is by itself */
const char *ll_measure_key(ll_measure m); /* "within_10", as events and columns call it */

typedef struct ll_cell_test {
    double p, gain; /* Wilcoxon's signed-rank test, two-sided; mean of a - b over the pairs */
    int pairs;      /* of seed and device that both cells have; pretraining seeds are averaged */
} ll_cell_test;
ll_cell_test ll_cell_compare(ll_cell a, ll_cell b, ll_measure m);
bool ll_cell_beats(ll_cell a, ll_cell b, ll_measure m); /* better over the pairs, at p < .05 */

/* Of n cells of a line, that with the best mean; -1: none has the measure. *wins: it beats every other one, and there is
 * another. */
int ll_cells_best(const ll_cell *cells, int n, ll_measure m, int devices, bool *wins);

#endif
