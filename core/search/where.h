/* Conditions on architectures, joined by commas: `connected` (something flows from the cell's input to its output),
 * comparisons of a score or a cost with a number, as in `macs<1e8,cifar10>=90`, and choices of a position, as in
 * `r=160|224,k1.1=7`: the position is there and holds one of them. An architecture of which a condition cannot
 * be asked does not meet it. */
#ifndef LL_SEARCH_WHERE_H
#define LL_SEARCH_WHERE_H

#include "core/search/score.h"

typedef struct ll_where ll_where;

/* LL_USAGE: what is no condition, or names no score (the job is as for ll_scorer_new). */
ll_status ll_where_new(const char *text, const ll_scorer_job *job, ll_where **out, ll_error *e);
void ll_where_free(ll_where *w); /* NULL is fine */
/* keep (archs->n): which meet all; `w` may be NULL: all do. */
ll_status ll_where_apply(const ll_where *w, const ll_archs *archs, ll_observer *observer, ll_pool *pool,
                         bool *keep, ll_error *e);

#endif
