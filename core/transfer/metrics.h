/* Scores of a prediction against measured latencies, and the sets of architectures they are taken on. */
#ifndef LL_TRANSFER_METRICS_H
#define LL_TRANSFER_METRICS_H

#include <cjson/cJSON.h>

#include "core/device/dataset.h"

typedef enum ll_protocol {
    LL_PROTOCOL_FULL,    /* every measured architecture but the k samples */
    LL_PROTOCOL_HELP,    /* HELP's query set: rows n..n+999 (n = 900, fbnet 4000), middle 80 % by the target's
                            own latency */
    LL_PROTOCOL_AUTHORS, /* NASFLAT's: rows 0..127, samples included */
} ll_protocol;
const char *ll_protocol_name(int p);            /* NULL behind the last */
ll_protocol ll_protocol_find(const char *name); /* LL_PROTOCOL_FULL when unknown */

typedef struct ll_metrics {
    int n;                             /* architectures scored */
    double spearman, kendall, pearson; /* pearson of latency when there is one, else of score */
    double rmse_ms, mape, median_ape;  /* NaN without predicted latencies; APE in percent */
    double within_5, within_10;        /* share within +-5 %, +-10 % */
    double coverage, width_ms;         /* of the intervals at `level`; NaN without intervals */
    double level;
} ll_metrics;

/* Do intervals hold what their level promises? They do not where two things are so: the share that they hold is farther
 * than LL_COVERAGE_MARGIN from the level, and n intervals that keep it would come out so far off, or farther on that
 * side, less than once in a hundred times (the exact binomial test: P(X <= inside) or P(X >= inside) of X ~ B(n, level)).
 * The test alone would call every share of 15,625 intervals far, for they are of one fit and not independent; the margin
 * alone would call 7 of 10 far, which happens. Of a mean over trials or devices n is that of one of them. */
#define LL_COVERAGE_MARGIN .05
typedef enum ll_coverage_fault { LL_AS_PROMISED, LL_TOO_NARROW, LL_TOO_WIDE } ll_coverage_fault;
ll_coverage_fault ll_coverage_judge(double coverage, double level, int n); /* NaN, n < 1: LL_AS_PROMISED */
const char *ll_coverage_fault_name(ll_coverage_fault f);                   /* "", "too narrow", "too wide" */
/* "the 90 % intervals hold 62 % of 990 latencies, so they are too narrow: ..."; nothing for LL_AS_PROMISED. */
void ll_coverage_say(ll_str *out, double coverage, double level, int n);

/* Rows of the protocol's scoring set on this device, in index order. */
ll_ints ll_scoring_rows(const ll_dataset *d, int device, ll_protocol p, const int *samples, int k);
/* Rows that samples may be drawn from: every measured one (device -1: every row); for HELP rows 0..n-1,
 * middle 80 % by the target's own latency. */
ll_ints ll_support_rows(const ll_dataset *d, int device, ll_protocol p);
/* pred arrays are over all rows of the dataset; lat_ms, lo_ms, hi_ms may be NULL. */
ll_metrics ll_metrics_of(const double *measured_ms, const double *score, const double *lat_ms,
                         const double *lo_ms, const double *hi_ms, double level, const int *rows, int n_rows);
/* The worst of these rows, at most `most` of them and the worst first: by |lat_ms - measured| / measured, the error that
 * mape averages. What is not predicted, or measured as 0, has none. The caller frees. */
ll_ints ll_worst_rows(const double *measured_ms, const double *lat_ms, const int *rows, int n_rows, int most);
void ll_metrics_json(const ll_metrics *m, cJSON *o); /* adds the fields above under these names */

#endif
