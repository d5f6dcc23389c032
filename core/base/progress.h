/* What long work tells its observer (observer.h). */
#ifndef LL_BASE_PROGRESS_H
#define LL_BASE_PROGRESS_H

#include "core/base/observer.h"

/* The members that every face knows; the caller adds what else there is to show. */
cJSON *ll_progress_new(const char *phase, long done, long total);

#endif
