/* Tables of layer costs as files.
 *
 *   .yaml, .yml   Once-for-All's and ProxylessNAS's: a name (core/costs/part_names.h) and its mean in ms, with count, std or var
 *                 where there are any; or a name and a number. Read with libyaml: nothing in it is executed, an alias may
 *                 only stand for the numbers of an earlier row, and what nests deeper is refused.
 *   otherwise     CSV, any of
 *                   kind, ms and the numbers of the kind (h_in, c_in, h_out, c_out, kernel, stride, groups, middle, act, se,
 *                   residual), std_ms, count: what latlab writes; of kind conv+add, with gain and count: a rule of fusion
 *                   name, ms: names as in the yaml files
 *                   operation, ms, maybe position: what an operation of the space costs; a row without a position is for
 *                   every position that has no row of its own; what does nothing may be left out
 *                   nn-Meter's: HW, CIN, COUT, KERNEL_SIZE, STRIDES, latency (ms); the kernel from a column model_path,
 *                   kernel_type or kind, else from the file's name (Data_conv-bn-relu.csv) */
#ifndef LL_COSTS_COSTS_FILE_H
#define LL_COSTS_COSTS_FILE_H

#include "core/costs/costs.h"

/* Adds the rows of one file to a table that is being built. *ignored (may be NULL) counts rows of what networks here do not
 * have (maxpool, concat, ...). LL_BAD_DATA, with file and line: whatever is none of the above, a name or operation
 * given twice, a cost that is missing, negative or not finite, an operation or position that the space does not have. */
ll_status ll_costs_read(ll_costs *c, const char *path, int *ignored, ll_error *e);
/* The same of text, for tests of all kinds: `what` names it and, by its ending, its form. */
ll_status ll_costs_read_text(ll_costs *c, const char *what, const char *text, size_t n, int *ignored,
                             ll_error *e);
/* A sealed table of a file, of several joined by ',' or of a folder's .yaml, .yml and .csv; the notes say what was joined and
 * ignored. LL_BAD_DATA also: there is no row in it. */
ll_status ll_costs_open(const char *paths, const ll_space *space, ll_costs **out, ll_strs *notes,
                        ll_error *e);

/* All of a table as CSV, which ll_costs_read takes back exactly. The remark (one line) goes before it; NULL: what timed
 * it, where that is known. */
ll_status ll_costs_write_csv(const ll_costs *c, const char *remark, const char *path, ll_error *e);
/* As Once-for-All reads it; rows that its tables have no name for are left out and counted. LL_FAILED: all of them. */
ll_status ll_costs_write_yaml(const ll_costs *c, const char *path, int *left_out, ll_error *e);

/* For the two readers. */
ll_status ll_costs_read_csv(ll_costs *c, const char *what, const char *text, size_t n, int *ignored,
                            ll_error *e);
ll_status ll_costs_read_yaml(ll_costs *c, const char *what, const char *text, size_t n, ll_error *e);

#endif
