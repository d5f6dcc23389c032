/* Measuring a device in parts, in several processes (`sweep plan FILE measure`). */
#ifndef LL_DATA_MACHINES_MEASURE_PARTS_H
#define LL_DATA_MACHINES_MEASURE_PARTS_H

#include "core/app/request.h"
#include "data/machines/host/sweep.h"

/* The rows of the dataset that `measure` with these options would time, all that can be checked without the machine
 * checked; rq->state has the dataset then, a new one where dataset= names none. */
ll_status ll_measure_choose(ll_request *rq, ll_ints *rows);
/* What the first line of a journal of these options begins with; behind it stands the processor. */
void ll_measure_identity(const ll_request *rq, const ll_space *space, ll_str *out);

/* One task while it measures on this machine or by via=. */
typedef struct ll_measure_task ll_measure_task;
/* Takes the machine for itself (waits for another task of a sweep on it), connects, and writes into the journal, in a line
 * that is no time, what machine it is and how warm. LL_USAGE: the journal is of another one. Close also on failure. */
ll_status ll_measure_task_open(ll_request *rq, const ll_space *space, const char *journal,
                               ll_measure_task **out);
/* Times these architectures (n, positions), of which the journal may hold some. *fresh: how many it did not hold. */
ll_status ll_measure_task_run(ll_measure_task *t, const uint8_t *genes, int n, int *fresh, ll_error *e);
void ll_measure_task_close(ll_measure_task *t); /* NULL is fine */

/* What tasks have measured of the device that rq->args name. */
typedef struct ll_measured_parts {
    ll_ints rows;   /* of rq->state.data */
    ll_times times; /* (rows.n) */
    const char *hardware;
    const cJSON *told;  /* {"engine","machine"} */
    const cJSON *tasks; /* of each what, when and where: goes into the record of the device */
} ll_measured_parts;
/* As the end of `measure`: into the dataset, and told. What the device has already stays; LL_BAD_DATA: and is something
 * else than what was measured. Takes rows and times out of *m when there is anything new. */
ll_status ll_measure_merge(ll_request *rq, ll_measured_parts *m, int *fresh);

#endif
