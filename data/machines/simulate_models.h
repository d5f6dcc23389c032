/* Analytical cost models: how long a layer takes on a machine that is described by a few published numbers.
 *
 * They are for teaching and for devices that do not exist yet. None of them was fitted to a measurement, and
 * a device made from one is LL_SIMULATED wherever it shows. A machine is a model with its parameters; a
 * parameter is a record of the model's option table, so that parsing, help and the record of a run come from
 * the same place. Every time is that of one layer for the whole batch. */
#ifndef LL_DATA_MACHINES_SIMULATE_MODELS_H
#define LL_DATA_MACHINES_SIMULATE_MODELS_H

#include "core/base/text/option.h"
#include "core/space/space.h"

/* The records every model's table begins with; the model's own follow from SIM_OWN on. */
enum {
    SIM_BATCH,     /* images per run */
    SIM_BYTES,     /* bytes per number */
    SIM_BANDWIDTH, /* GB/s of the main memory */
    SIM_LAUNCH,    /* microseconds of overhead per layer */
    SIM_COMPILED,  /* on: branches that cannot reach the output are not executed */
    SIM_PARALLEL,  /* on: independent branches of a cell run at the same time (longest path) */
    SIM_TIMER,     /* resolution of the timer, ms; 0: exact */
    SIM_NOISE,     /* relative standard deviation of one measurement */
    SIM_SEED,      /* of the noise */
    SIM_OWN,
    SIM_MOST = 20 /* parameters of one model, common ones included */
};

typedef struct ll_sim_model ll_sim_model;
typedef struct ll_sim_machine {
    const ll_sim_model *model;
    double p[SIM_MOST]; /* value of option i of model->options */
} ll_sim_machine;

/* Where the time of one layer goes. total_ms says how the parts overlap on this machine. */
typedef struct ll_sim_time {
    double compute_ms, memory_ms, overhead_ms, total_ms;
} ll_sim_time;

struct ll_sim_model {
    const char *name, *summary;
    const char *source;       /* where the cost formulas come from */
    const ll_option *options; /* common records first; ends with name NULL */
    ll_sim_time (*layer)(const ll_sim_machine *m, const ll_layer *l);
    double (*peak_gflops)(const ll_sim_machine *m); /* the roof: 2 flops per multiply-add */
};

extern const ll_sim_model *const ll_sim_models[]; /* ends with NULL */
const ll_sim_model *ll_sim_model_find(const char *name);

/* A published machine: parameters as "key=value key=value". */
typedef struct ll_sim_preset {
    const char *name; /* of the device: "sim_tpu_v1" */
    const char *model, *hardware;
    const char *parameters;
    const char *source; /* where the numbers were published */
} ll_sim_preset;
extern const ll_sim_preset ll_sim_presets[]; /* ends with name NULL */
const ll_sim_preset *ll_sim_preset_find(const char *name);

/* Machine from values of the model's option table. */
ll_sim_machine ll_sim_machine_of(const ll_sim_model *m, const ll_values *v);
/* Machine from text such as "model=systolic rows=64 cols=64"; LL_USAGE on anything that is not in the table.
 * `values` (may be NULL) receives the values, to be freed with ll_values_free. */
ll_status ll_sim_machine_read(const char *text, ll_sim_machine *out, ll_values *values, ll_error *e);
/* The text that ll_sim_machine_read gives the same machine for: the model and what differs from its defaults.
 * The caller frees. */
char *ll_sim_machine_text(const ll_sim_machine *m);

/* What a layer does for one image: multiply-adds, other element operations (pooling, adding), and numbers
 * moved when nothing stays on the chip. */
typedef struct ll_sim_work {
    double macs, vector_ops, in, weights, out;
} ll_sim_work;
ll_sim_work ll_sim_layer_work(const ll_layer *l);
/* Where the time of a layer goes on this machine; an identity skip (LL_COPY) takes none. */
ll_sim_time ll_sim_layer(const ll_sim_machine *m, const ll_layer *l);
/* 2 flops per multiply-add, one per other element operation; bytes of input, weights and output;
 * whole batch. */
double ll_sim_flops(const ll_sim_machine *m, const ll_layer *l);
double ll_sim_bytes(const ll_sim_machine *m, const ll_layer *l);

/* Time of one network in ms, before timer and noise. LL_BAD_DATA when the space does not know its layers. */
ll_status ll_sim_network_ms(const ll_sim_machine *m, const ll_space *s, const uint8_t *gene, double *ms,
                            ll_error *e);
/* What a stopwatch shows: noise (seeded by machine, device name and gene), then the timer's resolution, then
 * five significant digits. */
double ll_sim_measure(const ll_sim_machine *m, const char *device, const ll_space *s, const uint8_t *gene,
                      double ms);

#endif
