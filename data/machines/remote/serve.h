/* The side that measures (wire.h): opens an engine, times what it is given, says what it found. */
#ifndef LL_DATA_MACHINES_REMOTE_SERVE_H
#define LL_DATA_MACHINES_REMOTE_SERVE_H

#include <stdio.h>

#include "core/base/status.h"

/* Until `in` ends. `hash`: of this program's file. LL_FAILED: nobody reads what it says. */
ll_status ll_serve(FILE *in, FILE *out, const char *hash);

#endif
