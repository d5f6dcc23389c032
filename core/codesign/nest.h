/* A layer as a loop nest on an accelerator, and what running it so costs: cycles, accesses, energy.
 *
 * The nest. Eight loops: n images, g groups, k output channels of a group, c input channels of a group, r and s rows and
 * columns of the kernel, y and x of the output. Weights are W[g,k,c,r,s], inputs I[n,g,c,y*stride+r,x*stride+s], outputs
 * O[n,g,k,y,x]. A depthwise convolution has k = c = 1, a linear layer r = s = y = x = 1.
 *
 * The machine. rows x cols processing elements (PEs), each with a multiplier and a buffer L1; a shared buffer L2; a DRAM.
 * `order` says which loops run in parallel: the first along the rows, the second along the columns; what is left over of
 * the rows (a 3-row kernel on 12 rows leaves 4 sets) runs the third, of the columns the fourth.
 *
 * The mapping. Each loop of length D is cut as D <= outer * middle * spatial * inner: `inner` passes on a PE out of L1,
 * `spatial` PEs side by side, `middle` passes out of L2, and outer = ceil(D / the rest) passes out of DRAM. `at_l2` and
 * `at_dram` are the orders of the loops there, the outermost first. What is cut unevenly is counted as whole tiles.
 *
 * The counts (those of Timeloop, Parashar et al., ISPASS 2019, without its bypasses). A tile of a tensor stays in a buffer
 * while the loops around it that run innermost do not change it; every loop outside the innermost one that does changes it
 * again, `visits` in all. Outputs that come back for more partial sums are read again: visits less one for each distinct
 * tile. A tile that several PEs want is read from L2 once and delivered to each; partial sums of PEs along c, r or s are
 * added from PE to PE. Each multiply-add reads three numbers of L1 and writes one. Cycles are the largest of what PEs,
 * L2 (a number a cycle for every row and every column of the array) and DRAM take: transfers hide behind computing. */
#ifndef LL_CODESIGN_NEST_H
#define LL_CODESIGN_NEST_H

#include "core/space/space.h"

typedef enum ll_loop {
    LL_LOOP_N,
    LL_LOOP_G,
    LL_LOOP_K,
    LL_LOOP_C,
    LL_LOOP_R,
    LL_LOOP_S,
    LL_LOOP_Y,
    LL_LOOP_X,
    LL_LOOPS
} ll_loop;
#define LL_LOOP_LETTERS "ngkcrsyx"
typedef enum ll_operand { LL_WEIGHTS, LL_INPUTS, LL_OUTPUTS, LL_OPERANDS } ll_operand;

typedef struct ll_nest {
    int size[LL_LOOPS]; /* at least 1 */
    int stride;
} ll_nest;

/* False: not a product (pooling, sums, gates), which this model does not count. */
bool ll_nest_of(const ll_layer *l, int batch, ll_nest *out);
bool ll_nest_same(const ll_nest *a, const ll_nest *b);
double ll_nest_macs(const ll_nest *n);

typedef struct ll_accelerator {
    int rows, cols;
    double l1_bytes, l2_bytes; /* of one PE; shared */
    double bw;                 /* bytes a cycle to and from DRAM */
    double bytes;              /* of a number */
    uint8_t order[LL_LOOPS];   /* which loops run in parallel: see above */
} ll_accelerator;

/* Energy of a multiply-add and of one access, in any one unit; of a buffer at its size in bytes, from which it goes by the
 * power of the size that joins the two. */
typedef struct ll_access_energy {
    double mac, array, dram;
    double l1, l1_bytes, l2, l2_bytes;
    const char *source;
} ll_access_energy;
double ll_buffer_energy(const ll_access_energy *e, double bytes);
/* The same for the buffers of one accelerator. */
typedef struct ll_prices {
    double mac, l1, array, l2, dram;
} ll_prices;
ll_prices ll_prices_of(const ll_access_energy *e, const ll_accelerator *a);

typedef struct ll_mapping {
    int inner[LL_LOOPS], spatial[LL_LOOPS], middle[LL_LOOPS];
    uint8_t at_l2[LL_LOOPS], at_dram[LL_LOOPS];
} ll_mapping;

typedef struct ll_nest_cost {
    double cycles, energy;
    double compute_cycles, l2_cycles, dram_cycles; /* the largest is cycles */
    double macs;
    double l1, array, l2, dram;                      /* accesses, in numbers */
    double dram_of[LL_OPERANDS], l2_of[LL_OPERANDS]; /* of those; L2's to and from the array */
} ll_nest_cost;

/* How many PEs the accelerator has side by side for each loop of this nest. */
void ll_nest_spread(const ll_nest *n, const ll_accelerator *a, int spatial[LL_LOOPS]);
/* Do the tiles fit L1 and L2? */
bool ll_mapping_fits(const ll_nest *n, const ll_accelerator *a, const ll_mapping *m);
/* Of a mapping that fits. */
ll_nest_cost ll_nest_price(const ll_nest *n, const ll_accelerator *a, const ll_prices *p,
                           const ll_mapping *m);

#endif
