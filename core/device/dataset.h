/* A dataset: architectures of one space x devices: latencies in milliseconds, or another quantity in its own unit.
 *
 * Immutable once built and reference-counted, so that any thread may read one while another command makes its
 * successor (import into, measure). Builders fill a fresh one, all of it, and call ll_dataset_seal(): from then on
 * nothing in it changes, and another path makes another dataset (ll_dataset_at). */
#ifndef LL_DEVICE_DATASET_H
#define LL_DEVICE_DATASET_H

#include <cjson/cJSON.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/archs/archs.h"
#include "core/base/hash.h"
#include "core/base/index.h"
#include "core/base/status.h"
#include "core/base/str.h"
#include "core/costs/costs.h"
#include "core/device/unit.h"
#include "core/space/space.h"

typedef enum ll_device_kind { LL_MEASURED, LL_SIMULATED } ll_device_kind;

typedef struct ll_device {
    char *name;
    ll_device_kind kind;
    char *source;    /* who measured: "HELP", "OneProxy", a file name; never NULL */
    char *unit_read; /* unit of the file it came from: "ms", "us", "s"; never NULL */
    char *hardware;  /* canonical hardware name, the same for two columns of one machine; NULL: unknown */
    char *note;      /* batch, precision, engine, ...; NULL: none */
    ll_measurand
        of; /* what is measured: lat_ms holds its unit (core/device/unit.h), milliseconds of a latency */
    double repeat;   /* Spearman of some architectures measured a second time with the first; NaN: unknown */
    ll_costs *costs; /* the table of layer costs that its numbers are sums of; NULL: measured as a whole */
} ll_device;

typedef struct ll_score {
    char *name;                   /* "cifar10": what an option calls it */
    char *unit;                   /* "%"; NULL: none */
    char *split;                  /* "test", "valid"; NULL: not known, or does not apply */
    char *source;                 /* never NULL */
    double *v;                    /* (n_archs) higher is better; NaN: not known */
    struct ll_score_model *model; /* what predicts it of any architecture; NULL: nothing came with it */
} ll_score;

typedef struct ll_dataset {
    int refs;          /* atomic; use ll_dataset_ref/unref */
    char *name, *path; /* path NULL: only in memory */
    const ll_space *space;
    int n_archs, n_devices;
    ll_archs *archs; /* the rows; indexed by ll_dataset_index */
    double *lat_ms;  /* (n_devices, n_archs): one device contiguous; NaN = missing, 0 is a value */
    double *std_ms;  /* same shape or NULL; NaN where unknown */
    ll_device *devices;
    ll_ints reference; /* HELP's reference architectures (rows); may be empty */
    int n_scores;
    ll_score *scores;  /* (n_scores) accuracies, proxies: core/device/scores.h */
    cJSON *provenance; /* object, never NULL after seal */
    ll_hash hash;      /* of space, genes, device names and latencies; set by seal */
    ll_index names;    /* devices by name, set by ll_dataset_index */
} ll_dataset;

/* Fresh, with room for these; latencies all missing, one reference held. */
ll_dataset *ll_dataset_new(const char *name, const ll_space *space, int n_archs, int n_devices);
/* For a builder that has its genes and device names, which stay as they are from here on, and finds the rest of what it
 * fills in by them. LL_BAD_DATA: two equal genes or two equal device names. */
ll_status ll_dataset_index(ll_dataset *d, ll_error *e);
/* Ends the building: indexes, unless the builder has, and computes the hash. LL_BAD_DATA as for the index. LL_CANCELLED: then it is not sealed. */
ll_status ll_dataset_seal(ll_dataset *d, ll_error *e);
/* What is sealed, lying at `path` (NULL: in memory): a copy, but for the architectures, which both hold; `d` itself,
 * which is taken, when nobody else holds it. */
ll_dataset *ll_dataset_at(ll_dataset *d, const char *path);
ll_dataset *ll_dataset_ref(const ll_dataset *d);
void ll_dataset_unref(ll_dataset *d); /* NULL is fine */
/* Unsealed deep copy with room for more rows and devices behind the old ones. */
ll_dataset *ll_dataset_extend(const ll_dataset *d, int more_archs, int more_devices);
void ll_device_set(
    ll_device *dev, const char *name, ll_device_kind kind, const char *source, const char *unit_read,
    const char *hardware,
    const char *note); /* copies, as UTF-8 (ll_utf8_repair); repeat: unknown, of: a latency, costs: none */
void ll_device_copy(ll_device *to, const ll_device *from);
void ll_device_set_costs(ll_device *dev, ll_costs *costs); /* takes it; NULL: none */

static inline double *ll_latencies(const ll_dataset *d, int device)
{
    return d->lat_ms + (size_t)device * (size_t)d->n_archs;
}
static inline const uint8_t *ll_gene(const ll_dataset *d, int arch)
{
    return ll_arch(d->archs, arch);
}
static inline bool ll_known(const ll_dataset *d, int device, int arch)
{
    return !isnan(ll_latencies(d, device)[arch]);
}

/* What the numbers of a device are in: "ms", "mJ", ... */
static inline const char *ll_device_unit(const ll_dataset *d, int device)
{
    return ll_measurand_unit(d->devices[device].of);
}

static inline int ll_dataset_row(const ll_dataset *d, const uint8_t *gene) /* -1: not in the dataset */
{
    return ll_archs_find(d->archs, gene);
}
/* "row number" or any string form -> row; LL_BAD_DATA when it is not in the dataset. */
ll_status ll_dataset_find_arch(const ll_dataset *d, const char *text, int *row, ll_error *e);
/* The same for several, in their order and without repetition; `rows` is appended to. */
ll_status ll_dataset_find_archs(const ll_dataset *d, const ll_strs *texts, ll_ints *rows, ll_error *e);
int ll_dataset_device(const ll_dataset *d, const char *name); /* exact name, -1 */
/* Exact, else unique by case or prefix; LL_USAGE names the nearest ones. */
ll_status ll_dataset_find_device(const ll_dataset *d, const char *name, int *device, ll_error *e);
/* Names and globs, joined by ',', as marked words (core/base/text/quote.h): a quoted name means itself; keeps order, drops
 * repeats. LL_USAGE when one matches nothing. */
ll_status ll_dataset_find_devices(const ll_dataset *d, const ll_strs *patterns, ll_ints *out, ll_error *e);
int ll_dataset_count(const ll_dataset *d, int device); /* architectures with a latency */
/* Rows with a latency on every one of these devices. */
ll_ints ll_dataset_common(const ll_dataset *d, const int *devices, int n_devices);

#endif
