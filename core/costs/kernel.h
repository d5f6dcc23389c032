/* Kinds of kernels: parts that an engine has a routine of its own for. nn-Meter (MobiSys 2021) has a predictor for each, and
 * asks of two kinds behind one another whether the engine does them as one. */
#ifndef LL_COSTS_KERNEL_H
#define LL_COSTS_KERNEL_H

#include "core/costs/part.h"

/* The kinds of parts, and behind them depthwise convolutions, which are a kind of their own. */
enum { LL_KERNEL_DWCONV = LL_PART_KINDS, LL_KERNELS };

int ll_kernel_of(const ll_part *p);
const char *ll_kernel_name(int kernel); /* "dwconv"; NULL behind the last */
int ll_kernel_find(const char *name);   /* -1: none */
ll_part_kind ll_kernel_part(int kernel);

/* Two kinds behind one another, and what is saved: the median over the pairs that were timed of
 *     gain = (T(A) + T(B) - T(AB)) / min(T(A), T(B)),
 * which is 1 when the cheaper of the two costs nothing any more. They fuse when it is above LL_FUSES (nn-Meter, section 3.2). */
typedef struct ll_fusion {
    int before, after; /* kernels */
    double gain;
    int count; /* pairs that were timed; 0: not known */
} ll_fusion;
#define LL_FUSES .5

bool ll_fusion_fuses(const ll_fusion *f);
/* "conv+add". LL_BAD_DATA: no two kinds of kernels, or a gain that is no number within +-100. */
void ll_fusion_text(const ll_fusion *f, ll_str *out);
ll_status ll_fusion_read(const char *name, double gain, int count, ll_fusion *out, ll_error *e);
/* Of timed pairs: what each saves, and the median of that. ms: T(A), T(B), T(AB). NaN: one of the two costs nothing. */
double ll_fusion_gain(double before_ms, double after_ms, double both_ms);

#endif
