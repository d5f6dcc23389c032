/* Engines: what runs a network on this machine. Each is one const record; `reference` is plain C, slow and
 * clear, and what the others are compared with.
 *
 * An opened engine (a runner) keeps weights, kernels and memory of every place and shape it has met, as a
 * network of all choices would, so that loading the next architecture costs microseconds and running it
 * allocates nothing. A runner belongs to one thread. An instruction set is capped for a whole process and
 * before the library's first use: that is why the sweep runs each configuration in a process of its own. */
#ifndef LL_DATA_MACHINES_HOST_ENGINE_H
#define LL_DATA_MACHINES_HOST_ENGINE_H

#include "core/base/str.h"
#include "core/space/network.h"

typedef enum ll_host_dtype { LL_HOST_F32, LL_HOST_BF16, LL_HOST_INT8 } ll_host_dtype;
typedef enum ll_host_isa { LL_ISA_NATIVE, LL_ISA_SSE41, LL_ISA_AVX2, LL_ISA_AVX512 } ll_host_isa;

typedef struct ll_host_engine ll_host_engine;
typedef struct ll_host_settings {
    const ll_host_engine *engine;
    ll_host_dtype dtype;
    ll_host_isa isa;
    int threads, batch;
    uint64_t seed;   /* of weights and input (core/space/network.h) */
    bool simplified; /* the network is simplified (core/space/simplify.h) before an engine gets it */
    bool warm_input; /* its input is in the caches, as what another layer has just made: for layers alone */
} ll_host_settings;

struct ll_host_engine {
    const char *name, *summary;
    /* Can this engine do that here? LL_USAGE for what it never does, LL_FAILED for what this machine or this
     * build lacks. Loads no library code that would fix the instruction set. */
    ll_status (*check)(const ll_host_settings *s, ll_error *e);
    void (*version)(ll_str *out); /* "oneDNN 2.6.3" */
    ll_status (*open)(const ll_host_settings *s, void **runner, ll_error *e);
    /* Makes this network the one that run() executes. It must stay where it is until the next load. */
    ll_status (*load)(void *runner, const ll_network *n, ll_error *e);
    void (*run)(void *runner); /* one batch */
    /* Of the latest run: (batch, classes) floats. */
    void (*result)(void *runner, float *out);
    /* What the loaded network reads first, *bytes of it; nothing is copied. */
    const void *(*input)(const void *runner, size_t *bytes);
    void (*close)(void *runner); /* NULL is fine */
};

extern const ll_host_engine ll_engine_reference, ll_engine_blas, ll_engine_onednn;
const ll_host_engine *ll_host_engine_at(int i); /* NULL behind the last */
const ll_host_engine *ll_host_engine_find(const char *name);
const char *ll_host_dtype_name(int t); /* NULL behind the last, as of the instruction sets */
const char *ll_host_isa_name(int i);
/* Does this processor have the instructions? */
bool ll_host_has(ll_host_isa isa);
int ll_network_classes(const ll_network *n); /* floats per image of the result */

/* The network that these settings time of an architecture. */
ll_status ll_host_network(const ll_host_settings *s, const ll_space *space, const uint8_t *gene,
                          ll_network *out, ll_error *e);
/* Opens, loads, runs once, closes: for checks. out (batch, classes). */
ll_status ll_host_run_once(const ll_host_settings *s, const ll_network *n, float *out, ll_error *e);
/* Largest |a - b| divided by the largest |b|: how far an engine is from the reference. NaN
 * anywhere: INFINITY. */
double ll_host_distance(const float *a, const float *b, int n);
/* What that distance may be: float addition in another order; 8 bits of mantissa; 8 bits in all. */
double ll_host_tolerance(ll_host_dtype t);

#endif
