#include "data/machines/accelerators.h"

#include <string.h>

enum {
    N = LL_LOOP_N,
    G = LL_LOOP_G,
    K = LL_LOOP_K,
    C = LL_LOOP_C,
    R = LL_LOOP_R,
    S = LL_LOOP_S,
    Y = LL_LOOP_Y,
    X = LL_LOOP_X
};
#define KIB 1024.

const ll_access_energy ll_eyeriss_energy = {
    .mac = 1,
    .array = 2,
    .dram = 200,
    .l1 = 1,
    .l1_bytes = 512,
    .l2 = 6,
    .l2_bytes = 100 * KIB,
    .source =
        "Chen, Emer and Sze, ISCA 2016, table IV: 65 nm, 16 bits; buffer of .5 KiB 1, of 100 KiB 6, from PE "
        "to PE 2, DRAM 200",
};

const ll_published_chip ll_published_chips[] = {
    {"eyeriss",
     {.rows = 12,
      .cols = 14,
      .l1_bytes = 512,
      .l2_bytes = 108 * KIB,
      .bw = 2.4,
      .bytes = 2,
      .order = {R, Y, K, C, G, N, S, X}},
     "Chen et al., IEEE JSSC 52(1), 2017: 168 PEs, 108 KiB, 64-bit link at 60 MHz beside 200 MHz; row "
     "stationary: "
     "kernel rows on rows, output rows on columns, sets of them for channels"},
    {"nvdla",
     {.rows = 64,
      .cols = 16,
      .l1_bytes = 32,
      .l2_bytes = 512 * KIB,
      .bw = 15,
      .bytes = 2,
      .order = {C, K, G, N, R, S, Y, X}},
     "NVDLA, hardware architectural specification and performance sheet: 1,024 16-bit multipliers, 64 input "
     "by 16 "
     "output channels, convolution buffer of 512 KiB, 15 GB/s at 1 GHz; 32 B of registers a PE are ours"},
    {"tpu_v1",
     {.rows = 256,
      .cols = 256,
      .l1_bytes = 64,
      .l2_bytes = 24 * 1024 * KIB,
      .bw = 34000. / 700,
      .bytes = 1,
      .order = {C, K, R, S, G, N, Y, X}},
     "Jouppi et al., ISCA 2017: 256x256 of 8 bits, 24 MiB of unified buffer, 4 MiB of accumulators (64 B a "
     "PE here), 34 "
     "GB/s at 700 MHz; input channels of the kernel down the rows, output channels along the columns"},
    {0},
};

const ll_published_chip *ll_published_chip_find(const char *name)
{
    for (const ll_published_chip *c = ll_published_chips; c->name; c++)
        if (!strcmp(c->name, name)) return c;
    return NULL;
}

const char *ll_published_chip_name(int i)
{
    return i < (int)(sizeof ll_published_chips / sizeof *ll_published_chips) ? ll_published_chips[i].name
                                                                             : NULL;
}
