/* What published tables call parts of networks.
 *
 *   Once-for-All and ProxylessNAS (latency_lookup_table.py of mit-han-lab/once-for-all):
 *     Conv-input:224x224x3-output:112x112x24
 *     expanded_conv-input:14x14x96-output:14x14x136-expand:288-kernel:3-stride:1-idskip:0-se:1-hs:1
 *     expanded_conv-input:7x7x192-output:7x7x320-expand:6-kernel:5-stride:1-idskip:0
 *   (sizes are height x width x channels; expand is a ratio where se and hs are not said, else a number of channels)
 *   HW-NAS-Bench (hw_nas_bench_api.py):
 *     ConvBlock_H32_W32_Cin16_Cout24_exp6_kernel3_stride1_group1
 *   nn-Meter (its kernels): conv-bn-relu, dwconv-bn-relu6, add-relu, global-avgpool, fc, ... */
#ifndef LL_COSTS_PART_NAMES_H
#define LL_COSTS_PART_NAMES_H

#include "core/costs/part.h"

/* Of any of the first two kinds. LL_BAD_DATA: what is wrong with it. */
ll_status ll_part_read_name(const char *name, ll_part *out, ll_error *e);
/* As Once-for-All's tables call it, which say nothing of most parts: false. */
bool ll_part_write_name(const ll_part *p, ll_str *out);

/* Kind, depthwise or not, and activation of one of nn-Meter's kernels. false: of none that networks here have (maxpool,
 * concat, ...), or no such kernel. */
typedef struct ll_kernel_word {
    ll_part_kind kind;
    bool depthwise;
    int act; /* LL_ANY: the name does not tell */
} ll_kernel_word;
bool ll_part_read_kernel(const char *word, ll_kernel_word *out);
bool ll_part_is_kernel(const char *word); /* one of nn-Meter's, whether networks here have it or not */

#endif
