/* A network as the sums of its kernels, group by group. */
#ifndef LL_PREDICT_KERNELS_SUMS_H
#define LL_PREDICT_KERNELS_SUMS_H

#include "core/predict/kernels/price.h"

/* A group is what a device may do better or worse than the one the table is of: a kind of kernel, convolutions by their
 * windows. */
enum { LL_GROUP_WINDOWS = 8, LL_GROUPS = LL_KERNELS * LL_GROUP_WINDOWS };
int ll_group_of(const ll_part *p);
void ll_group_text(int group, ll_str *out); /* "dwconv 5x5" */

typedef struct ll_summing {
    const ll_costs *costs; /* sealed; without rows: no table */
    const ll_kernel_prices *prices;
    bool rows; /* a kernel that has a row costs what it says; else every one what the forests say */
} ll_summing;

/* Milliseconds of the network's parts, what is fused taken off the cheaper one, into groups (LL_GROUPS); returns their sum. */
double ll_sum_groups(const ll_summing *s, const ll_space *space, const uint8_t *gene, double *groups);

#endif
