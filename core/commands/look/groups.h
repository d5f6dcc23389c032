/* Groups of devices that rank architectures alike: what cut= makes of the tree behind a clustered order. */
#ifndef LL_COMMANDS_LOOK_GROUPS_H
#define LL_COMMANDS_LOOK_GROUPS_H

#include "core/app/request.h"
#include "core/device/ordering.h"

/* The option of a command. */
#define LL_OPT_CUT                                                                                           \
    LL_OPT_REAL("cut", NULL, -1, 1e6,                                                                        \
                "groups of devices that are alike: how many (4), or the mean correlation below which two "   \
                "groups are not joined (.8)")

typedef struct ll_groups {
    int n;   /* how many; 0: cut= was not given */
    int *of; /* (devices of the correlation) its group, 0 .. n-1 in the order in which they are shown */
} ll_groups;

/* Reads cut= of the command, where it has that. LL_USAGE: neither a number of groups nor a correlation, or more groups than devices. */
ll_status ll_groups_read(ll_request *rq, const ll_linkage *tree, const int *order, ll_groups *out);
void ll_groups_free(ll_groups *g);

/* The group whose devices correlate least with all others, on average; the first of several. */
int ll_groups_loner(const ll_groups *g, const ll_corr *c);

/* The result "groups": a row each, with its devices and how alike they are. */
void ll_emit_groups(ll_request *rq, const ll_corr *c, const ll_groups *g, const int *order);

#endif
