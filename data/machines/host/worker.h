/* A process of its own that opens one engine and times networks on one core. The parent sends genes and reads
 * times; it computes nothing meanwhile, so that it does not disturb what is measured. */
#ifndef LL_DATA_MACHINES_HOST_WORKER_H
#define LL_DATA_MACHINES_HOST_WORKER_H

#include <sys/types.h>

#include "data/machines/host/engine.h"
#include "data/machines/host/timing.h"

typedef struct ll_worker_job {
    int row, runs;
    uint8_t gene[LL_MAX_POSITIONS];
} ll_worker_job;

typedef struct ll_worker_answer {
    int row;
    ll_status status;
    ll_visit visit;
    char message[200]; /* when status is not LL_OK */
} ll_worker_answer;

typedef struct ll_worker {
    pid_t pid;
    int fd;
    int core;
    size_t got; /* bytes of `next` that are here */
    ll_worker_answer next;
} ll_worker;

/* Starts it, pinned to `core`; `control` is the gene of the control network. A worker whose engine does not open says so in its first answer. */
ll_status ll_worker_start(const ll_host_settings *s, const ll_space *space, const uint8_t *control, int core,
                          ll_worker *out, ll_error *e);
/* LL_FAILED: it is gone. Up to a few hundred jobs may wait. */
ll_status ll_worker_send(ll_worker *w, const ll_worker_job *job, ll_error *e);
/* The next answer, or *ready = false after timeout_ms. LL_FAILED: the worker died. */
ll_status ll_worker_receive(ll_worker *w, int timeout_ms, ll_worker_answer *out, bool *ready, ll_error *e);
void ll_worker_stop(ll_worker *w); /* at once, whatever it does */

#endif
