/* What a careful person would want to know before trusting a column of latencies. */
#ifndef LL_DEVICE_AUDIT_H
#define LL_DEVICE_AUDIT_H

#include "core/device/correlation.h"

/* One device. Shares are of the known latencies; NaN where nothing is known. */
typedef struct ll_audit {
    int device;
    int known, missing;
    int zeros, negatives;
    int near_zero; /* positive, but below .2 x median */
    double min_ms, median_ms, max_ms;
    int distinct;      /* different values */
    double tie_share;  /* of architectures that share their value with another */
    double step_ms;    /* all values are multiples of this clock step and ties show it; 0: not quantised */
    double spread;     /* median of std/latency where repeated measurements are known */
    double unit_ratio; /* median against the median device's */
    int unit_off; /* 3: about 1000 times too large (us read as ms); -3: too small (s read as ms); 0: fine */
    int twin;     /* device with the highest Spearman when it is over LL_TWIN, else -1 */
    double twin_corr;
    bool twin_equal; /* the same values on all common architectures */
} ll_audit;

#define LL_TWIN 0.995

/* audits (n_devices) for these devices; `c` (may be NULL: no twins) is their Spearman matrix, in
 * this order. */
void ll_audit_devices(const ll_dataset *d, const int *devices, int n_devices, const ll_corr *c,
                      ll_audit *audits);
/* Kinds of findings, worst first. */
enum { LL_FOUND_VALUES = 1, LL_FOUND_CLOCK = 2, LL_FOUND_TWIN = 4, LL_FOUND_MISSING = 8, LL_FOUND_ALL = 15 };
/* What is wrong of these kinds, in sentences; nothing is added for a clean column. */
void ll_audit_findings(const ll_dataset *d, const ll_audit *a, int kinds, ll_strs *out);

#endif
