/* The machine as part of a record of what was measured on it. */
#ifndef LL_DATA_MACHINES_HOST_DESCRIBE_H
#define LL_DATA_MACHINES_HOST_DESCRIBE_H

#include <cjson/cJSON.h>

/* An ll_machine_fact: sets the field; "cores" is a number. ctx: a cJSON object. */
void ll_describe_fact(void *ctx, const char *key, const char *value);
/* This machine's facts (machine.h). */
cJSON *ll_machine_describe(void);

#endif
