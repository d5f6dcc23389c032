/* Which rows of a table `predict` shows: within max=, meeting where=, the best by a score instead of the fastest. */
#ifndef LL_COMMANDS_PREDICT_CHOOSE_H
#define LL_COMMANDS_PREDICT_CHOOSE_H

#include "core/app/request.h"

typedef struct ll_chosen_rows {
    ll_ints rows;   /* in the order they are shown */
    char *by;       /* the score that a column shows; NULL: none */
    double *values; /* (rows.n) of it */
    int within;     /* how many met max= and where= */
} ll_chosen_rows;

/* By options top, order, max, where, by and sort. Free with ll_chosen_rows_free. */
ll_status ll_choose_rows(ll_request *rq, const ll_transfer *t, ll_chosen_rows *out);
void ll_chosen_rows_free(ll_chosen_rows *c);

#endif
