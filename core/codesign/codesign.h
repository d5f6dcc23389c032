/* Co-design: the accelerator within a budget, and the network with it, that one objective likes best.
 *
 * After NAAS (Lin, Yang and Han, arXiv 2105.13258): CMA-ES (core/num/cmaes.h) over accelerators, for each of them a mapping
 * of every layer (core/codesign/mapping.h), and, where networks are searched, an evolution of networks in the same loop. The
 * dataflow is NAAS's importance encoding: each loop has a real number, and those with the highest run in parallel. Unlike
 * there every point decodes to an accelerator within the budget, so none has to be drawn again.
 *
 * Layers that are no products (pooling, sums, gates) cost nothing here. Layers of one shape are mapped once for an
 * accelerator. */
#ifndef LL_CODESIGN_CODESIGN_H
#define LL_CODESIGN_CODESIGN_H

#include "core/base/observer.h"
#include "core/codesign/mapping.h"
#include "core/num/pool.h"
#include "core/space/network.h"

/* --- the accelerators --- */

typedef struct ll_budget_chip {
    int pe;            /* processing elements */
    double sram_bytes; /* all L1 and L2 together */
    double bw;         /* bytes a cycle of DRAM */
} ll_budget_chip;

/* rows, columns, share of the memory that L1 gets, and an importance a loop: each in 0 .. 1. */
enum { LL_ACCELERATOR_GENES = 3 + LL_LOOPS };
/* Never beyond the budget. L1 is in steps of 16 bytes, rows and columns of 1; the budget's whole memory and bandwidth are used. */
ll_accelerator ll_accelerator_decode(const double *x, const ll_budget_chip *b, double bytes);
/* "rk|yc": along the rows, and along the columns. */
void ll_accelerator_loops(const ll_accelerator *a, ll_str *out);
/* "12x14 rk|yc, L1 512 B, L2 108 KiB" */
void ll_accelerator_text(const ll_accelerator *a, ll_str *out);
/* Of all buffers together. */
double ll_accelerator_sram(const ll_accelerator *a);

/* --- what runs on them --- */

/* Products of a network: each shape once, and how often. */
typedef struct ll_workload {
    int n;
    ll_nest nests[LL_MAX_LAYERS];
    int count[LL_MAX_LAYERS];
} ll_workload;
void ll_workload_of(const ll_network *network, int batch, ll_workload *out);

/* Shapes that were mapped on one accelerator. Zero-initialise, free with ll_mapped_free. */
typedef struct ll_mapped {
    ll_nest *nests;
    ll_mapping *mappings;
    ll_nest_cost *costs;
    int n, cap;
} ll_mapped;
void ll_mapped_free(ll_mapped *m);

typedef struct ll_chip_cost {
    double cycles, energy, macs;
    double
        value; /* of the goal; of several networks the geometric mean (of all three then). INFINITY: a layer fits no buffer */
} ll_chip_cost;

typedef struct ll_chip_setting {
    const ll_access_energy *energy;
    ll_goal goal;
    int batch;
    uint64_t seed;
    ll_observer *
        observer; /* is asked at every layer whether to stop, and told how far a search is; NULL: nobody is */
} ll_chip_setting;
/* All products of one network, one after the other. Stopped, it is INFINITY too. */
ll_chip_cost ll_chip_price(const ll_chip_setting *s, const ll_accelerator *a, const ll_workload *w,
                           ll_mapped *known);
/* The geometric means over n networks, which share what is mapped; INFINITY likewise. */
ll_chip_cost ll_chip_price_all(const ll_chip_setting *s, const ll_accelerator *a, const ll_workload *w,
                               int n);

/* --- the search --- */

typedef struct ll_codesign_problem {
    ll_chip_setting set;
    ll_budget_chip budget;
    double bytes;
    const ll_accelerator *fixed;  /* this one, networks are searched; NULL: accelerators are */
    const ll_workload *workloads; /* (n_workloads) for these; none: networks are searched */
    int n_workloads;
    /* Networks in the loop: genes of `space` that are good enough, said by `good` (any thread). */
    const ll_space *space;
    bool (*good)(void *ctx, const uint8_t *gene);
    void *ctx;
    const uint8_t *start; /* (n_start, n_positions) good ones to begin with, at least 1 */
    int n_start;
    int per_accelerator; /* networks tried for each accelerator */
    long evaluations;    /* accelerators; of a fixed one: rounds of networks */
    ll_pool *pool;
} ll_codesign_problem;

typedef struct ll_codesign_step {
    long evaluations;
    double best;
} ll_codesign_step;

typedef struct ll_codesign {
    ll_accelerator accelerator; /* the best */
    ll_chip_cost cost;
    uint8_t gene[LL_MAX_POSITIONS]; /* its network, where they were searched */
    ll_codesign_step *steps;
    int n_steps;
    long evaluations;
} ll_codesign;

/* LL_CANCELLED: *out holds the best so far, when out->n_steps > 0. LL_FAILED: nothing fits the buffers of any. The caller frees
 * in any case. */
ll_status ll_codesign_run(const ll_codesign_problem *p, ll_codesign *out, ll_error *e);
void ll_codesign_free(ll_codesign *c);

#endif
