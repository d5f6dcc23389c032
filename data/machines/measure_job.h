/* One run of `measure`, for the files that it takes. */
#ifndef LL_DATA_MACHINES_MEASURE_JOB_H
#define LL_DATA_MACHINES_MEASURE_JOB_H

#include "core/app/request.h"
#include "data/machines/host/sweep.h"
#include "data/machines/place.h"

/* Architectures to measure, and what came of it. */
typedef struct ll_measure_pass {
    ll_ints rows; /* of the dataset */
    ll_times times;
} ll_measure_pass;

/* One run of the command. */
typedef struct ll_measure_job {
    ll_request *rq;
    const char *device;
    ll_host_settings settings;
    char *to;   /* folder that is written at the end, or NULL */
    char *note; /* the settings as text: what makes two devices the same */
    ll_place place;
    cJSON *before, *after;        /* clock and temperature */
    ll_measure_pass first, again; /* again: some of them a second time, for check= */
    double repeat;                /* Spearman of the second time with the first; NaN: not asked for */
    double seconds;
    cJSON *record;      /* how it was measured */
    bool met;           /* another process has changed the dataset on the disk meanwhile */
    const cJSON *tasks; /* of a sweep that measured it: a record each; NULL: this process did */
} ll_measure_job;

/* How the device was measured, for the dataset's provenance: engine and settings, runs, machine, its state. Goes to the caller. */
cJSON *ll_measure_record(const ll_measure_job *j);

#endif
