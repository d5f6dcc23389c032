/* What a column of a table measures, and the units it may come in. A device is hardware x runtime x batch x quantity: its
 * numbers are kept in the one unit of their quantity, whatever the file had. */
#ifndef LL_DEVICE_UNIT_H
#define LL_DEVICE_UNIT_H

#include <stdbool.h>

#include "core/base/str.h"

typedef enum ll_measurand { LL_LATENCY, LL_ENERGY, LL_POWER, LL_MEMORY, LL_MEASURANDS } ll_measurand;

const char *ll_measurand_name(ll_measurand m); /* "latency", "energy", "power", "memory" */
const char *ll_measurand_unit(ll_measurand m); /* what it is kept in: "ms", "mJ", "W", "KB" (1,000 bytes) */
/* -1: none of them. NULL is latency: files that are older say nothing. */
const char *ll_measurand_noun(ll_measurand m, long n); /* "latency" of one, "latencies" of more */
int ll_measurand_find(const char *name);

typedef struct ll_unit {
    const char *name;
    ll_measurand of;
    double times, over; /* kept = x * times / over: 1e-3 is no double, and a product would grow digits */
    bool per_second;    /* of images: a latency once the batch is known */
} ll_unit;
const ll_unit *ll_unit_find(const char *name); /* as written, else in any case; NULL: none */
const ll_unit *ll_unit_at(int i);              /* NULL behind the last */
/* What is kept of x. Of images per second: the milliseconds that a batch of so many takes, infinite for 0. */
double ll_unit_convert(const ll_unit *u, double x, int batch);
void ll_unit_list(ll_str *out); /* "ms, us, ns, ...": for messages */

#endif
