/* The command `measure`: this machine as a device. */
#ifndef LL_DATA_MACHINES_MEASURE_H
#define LL_DATA_MACHINES_MEASURE_H

#include "core/app/command.h"

extern const ll_command ll_measure_commands[];     /* ends with a record whose name is NULL */
extern const ll_option ll_measure_options[];       /* data/machines/measure_options.c */
ll_status ll_measure_list_engines(ll_request *rq); /* data/machines/measure_engines.c */
/* x with this many significant decimal digits, the closest double to that text. */
double ll_measure_digits(double x, int digits);

#endif
