/* What long work tells its observer (observer.h). */
#ifndef LL_BASE_TEXT_PROGRESS_H
#define LL_BASE_TEXT_PROGRESS_H

#include "core/base/observer.h"

/* The members that every face knows; the caller adds what else there is to show. */
cJSON *ll_progress_new(const char *phase, long done, long total);

/* Ten times a second at most: where training stands, a loss by its name, and the seconds left at the pace since start_s
 * (ll_now_s). done > 0. */
void ll_progress_training(ll_observer *o, const char *phase, long done, long total, const char *name,
                          double loss, double start_s);

#endif
