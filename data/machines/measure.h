/* The command `measure`: this machine as a device. */
#ifndef LL_DATA_MACHINES_MEASURE_H
#define LL_DATA_MACHINES_MEASURE_H

#include "core/app/command.h"
#include "core/app/request.h"
#include "data/machines/host/engine.h"
typedef struct ll_place ll_place; /* data/machines/place.h */
typedef struct ll_times ll_times; /* data/machines/host/sweep.h */

extern const ll_command ll_measure_commands[];     /* ends with a record whose name is NULL */
extern const ll_option ll_measure_options[];       /* data/machines/measure_options.c */
ll_status ll_measure_list_engines(ll_request *rq); /* data/machines/measure_engines.c */
ll_status ll_measure_layers(ll_request *rq);       /* data/machines/measure_layers.c */
/* What the options say of engine, numbers, threads and batch, checked; the same as text, to be freed. Elsewhere the engine
 * is blas unless another one is asked for. */
ll_status ll_measure_settings(ll_request *rq, const ll_place *place, ll_host_settings *out, char **note);
/* Timed runs that `repeats` asks for; 0: auto. */
int ll_measure_repeats(const ll_request *rq);
ll_status ll_measure_check_repeats(ll_request *rq);
int ll_measure_core(const ll_request *rq,
                    const ll_place *place); /* -1: the last one of a machine elsewhere */
/* The file that keeps the times of this sweep until it is complete, to be freed; with again=on there is none yet. */
ll_status ll_measure_journal(ll_request *rq, const char *name, char **journal);
/* What a careful sweep came to: the intervals of the medians, how calm the machine was, and whether its clock is fixed, as
 * far as the system tells. Into the record (data/machines/measure_stable.c); as notes. */
void ll_measure_record_stable(cJSON *record, const ll_times *t);
void ll_measure_say_stable(ll_request *rq, const ll_place *place, const ll_times *t);
/* x with this many significant decimal digits, the closest double to that text. */
double ll_measure_digits(double x, int digits);

#endif
