/* A profile: what each operation costs at each position, measured one by one by the user (a profiler's table, or the
 * table a vendor ships). CSV with a header that names the columns `operation`, `ms` and, where costs differ between
 * positions, `position`; other columns are not read. A row without a position is for every position that has no row of
 * its own. The operation that does nothing may be left out. */
#ifndef LL_PREDICT_SIMPLE_LUT_PROFILE_H
#define LL_PREDICT_SIMPLE_LUT_PROFILE_H

#include "core/space/space.h"

/* *cost_ms: (n_positions, n_ops), to be freed. LL_BAD_DATA, with file and line: an operation or position that the space
 * does not have, one given twice, a cost that is missing, no number, negative or not finite, no such file. */
ll_status ll_lut_profile_read(const char *path, const ll_space *s, double **cost_ms, ll_error *e);

#endif
