/* What an adapted predictor is worth to somebody who deploys: searches under latency limits, with and without measuring
 * where the decision is open, beside what the dataset knows to be true. Experiments run it for each of their trials.
 *
 * The searches see the adapted predictor and the score. The latencies of the device are looked up where verification asks,
 * and are otherwise left to the limits and to the judging of what was chosen. */
#ifndef LL_SEARCH_TRIAL_H
#define LL_SEARCH_TRIAL_H

#include "core/search/search.h"

/* One search: what for, and what came of it. */
typedef struct ll_searched {
    double percent; /* the limit: so far from the 1st to the 99th percentile of the device's latencies */
    double p;       /* within it with this probability */
    int verify;     /* measurements at most */
    bool known;     /* what follows is there already */
    double max_ms;
    int violation; /* of the choice: 1, 0; -1: nothing was within the limit as predicted */
    double score, best,
        regret; /* of the choice, of the best there is, and the difference; NaN: no choice, no best */
    double hypervolume, igd_plus; /* of the front (core/search/outcome.h) */
    int measured;                 /* latencies of the device that were looked at: adapting and verifying */
    int closed;                   /* verifying left nothing open: 1, 0; -1: nothing was verified */
    double seconds;
} ll_searched;

/* All limits with all probabilities and all numbers of measurements. */
typedef struct ll_search_modes {
    const double *percent, *p;
    const int *verify;
    int n_percent, n_p, n_verify;
} ll_search_modes;
/* The searches that a predictor is fit for; the caller frees *out. Without intervals p is .5 and nothing is verified;
 * nothing is when it does not learn from single measurements. Grouped by limit, then by verify. */
int ll_search_rows(const ll_search_modes *m, bool intervals, bool refits, ll_searched **out);
/* Learns from a measurement at once, and wants nothing beside it. */
bool ll_search_refits(const ll_predictor *p);

typedef struct ll_search_trial {
    const ll_adapted *adapted;
    const ll_dataset *data; /* candidates: its rows that have a score and a latency on the device */
    int device;
    const char *name; /* of the score */
    const ll_scorer *scorer;
    ll_observer *observer; /* is asked whether to stop, is told nothing; any thread */
} ll_search_trial;

/* Those of the rows that are not known. LL_FAILED: no row has both. */
ll_status ll_search_trial_run(const ll_search_trial *t, ll_searched *rows, int n, ll_error *e);
/* Milliseconds of a limit; NaN: nothing is measured there. */
double ll_search_limit(const ll_dataset *d, int device, double percent);

#endif
