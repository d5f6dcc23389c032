/* How predictions are shown, of rows of the table and of architectures outside it. */
#ifndef LL_COMMANDS_PREDICTED_H
#define LL_COMMANDS_PREDICTED_H

#include "core/app/request.h"

/* What is known of one architecture on one device, ms; NaN: no interval, or never measured. */
typedef struct ll_predicted {
    double score, lat_ms, lo_ms, hi_ms, measured_ms;
} ll_predicted;

extern const ll_column ll_predicted_columns[]; /* the first is the row of the table */
/* Behind what core/commands/arch_fields.h says of the architecture. */
/* Intervals that hold far from what they promise (core/transfer/metrics.h) are said to, with a note to the result: a reader
 * takes the level at its word. whose: what they are of; n: latencies of one trial. */
void ll_predicted_judge(cJSON *result, const char *whose, double coverage, double level, int n);
void ll_predicted_json(const ll_predicted *p, cJSON *row);

/* The places among n scores that are to be shown: of options "top" and "order", the fastest or slowest first. */
void ll_predicted_order(const ll_request *rq, const double *score, int n, ll_ints *out);

#endif
