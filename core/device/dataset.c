#include "core/device/dataset.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/device/scores.h"

/* --- building --- */

static void fill_nan(double *v, size_t n)
{
    for (size_t i = 0; i < n; i++) v[i] = NAN;
}

ll_dataset *ll_dataset_new(const char *name, const ll_space *space, int n_archs, int n_devices)
{
    ll_dataset *d = LL_NEW(ll_dataset);
    size_t cells = (size_t)n_archs * (size_t)n_devices;
    d->refs = 1;
    d->name = ll_strdup(name);
    d->space = space;
    d->n_archs = n_archs;
    d->n_devices = n_devices;
    d->archs = ll_archs_new(space, n_archs);
    d->lat_ms = ll_alloc_aligned(cells + 1, sizeof(double));
    d->devices = LL_NEW_ARRAY(ll_device, n_devices + 1);
    fill_nan(d->lat_ms, cells);
    return d;
}

/* Names and their like are UTF-8 from here on: they go into files, and what is written must be what is read. */
static char *as_utf8(const char *text)
{
    if (!text || ll_utf8_valid(text)) return ll_strdup(text);
    ll_str repaired = {0};
    ll_utf8_repair(&repaired, text);
    return ll_str_take(&repaired);
}

void ll_device_set(ll_device *dev, const char *name, ll_device_kind kind, const char *source,
                   const char *unit_read, const char *hardware, const char *note)
{
    ll_device old = *dev; /* freed last: the new texts may be the old ones */
    *dev = (ll_device){as_utf8(name),
                       kind,
                       as_utf8(source ? source : ""),
                       as_utf8(unit_read ? unit_read : "ms"),
                       as_utf8(hardware),
                       as_utf8(note),
                       LL_LATENCY,
                       NAN,
                       NULL};
    free(old.name);
    free(old.source);
    free(old.unit_read);
    free(old.hardware);
    free(old.note);
    ll_costs_unref(old.costs);
}

void ll_device_set_costs(ll_device *dev, ll_costs *costs)
{
    ll_costs_unref(dev->costs);
    dev->costs = costs;
}

void ll_device_copy(ll_device *to, const ll_device *v)
{
    double repeat = v->repeat; /* v may be *to */
    ll_measurand of = v->of;
    ll_costs *costs = ll_costs_ref(v->costs);
    ll_device_set(to, v->name, v->kind, v->source, v->unit_read, v->hardware, v->note);
    to->repeat = repeat;
    to->of = of;
    to->costs = costs;
}

static void free_device(ll_device *dev)
{
    free(dev->name);
    free(dev->source);
    free(dev->unit_read);
    free(dev->hardware);
    free(dev->note);
    ll_costs_unref(dev->costs);
}

static void free_dataset(ll_dataset *d)
{
    for (int i = 0; i < d->n_devices; i++) free_device(&d->devices[i]);
    free(d->name);
    free(d->path);
    ll_archs_unref(d->archs);
    free(d->lat_ms);
    free(d->std_ms);
    ll_scores_free(d);
    free(d->devices);
    ll_ints_free(&d->reference);
    cJSON_Delete(d->provenance);
    ll_index_free(&d->names);
    free(d);
}

ll_dataset *ll_dataset_ref(const ll_dataset *d)
{
    ll_dataset *own = (ll_dataset *)d; /* the count is the only part that ever changes */
    if (own) __atomic_add_fetch(&own->refs, 1, __ATOMIC_RELAXED);
    return own;
}

void ll_dataset_unref(ll_dataset *d)
{
    if (d && __atomic_sub_fetch(&d->refs, 1, __ATOMIC_ACQ_REL) == 0) free_dataset(d);
}

/* --- seal: indices and hash --- */

static bool same_name(const void *d, int device, const void *name)
{
    const char *own = ((const ll_dataset *)d)->devices[device].name;
    return own && !strcmp(own, name);
}

static ll_status index_names(ll_dataset *d, ll_error *e)
{
    ll_index_free(&d->names);
    for (int i = 0; i < d->n_devices; i++) {
        const char *name = d->devices[i].name;
        if (!name) return ll_fail(e, LL_BAD_DATA, "%s: device %d has no name", d->name, i);
        uint32_t hash = ll_index_hash(name, strlen(name));
        if (ll_index_find(&d->names, hash, same_name, d, name) >= 0)
            return ll_fail(e, LL_BAD_DATA, "%s: two devices are called %s", d->name, name);
        ll_index_put(&d->names, hash, i);
    }
    return LL_OK;
}

/* Missing is one bit pattern in the hash, whatever made the NaN. */
static void hash_column(ll_hash *h, const double *lat_ms, int n)
{
    double *clean = LL_NEW_ARRAY(double, n + 1);
    for (int i = 0; i < n; i++) clean[i] = isnan(lat_ms[i]) ? (double)NAN : lat_ms[i];
    *h = ll_hash_more(h, clean, (size_t)n * sizeof *clean);
    free(clean);
}

static ll_status content_hash(const ll_dataset *d, ll_hash *out, ll_error *e)
{
    ll_hash h = ll_hash_bytes(d->space->name, strlen(d->space->name));
    h = ll_hash_more(&h, d->archs->genes, (size_t)d->n_archs * (size_t)d->space->n_positions);
    for (int i = 0; i < d->n_devices; i++) {
        if (ll_interrupted()) return ll_interrupt_fail(e);
        h = ll_hash_more(&h, d->devices[i].name, strlen(d->devices[i].name) + 1);
        const char *quantity = ll_measurand_name(d->devices[i].of);
        if (d->devices[i].of != LL_LATENCY) h = ll_hash_more(&h, quantity, strlen(quantity) + 1);
        hash_column(&h, ll_latencies(d, i), d->n_archs);
    }
    *out = h;
    return LL_OK;
}

ll_status ll_dataset_index(ll_dataset *d, ll_error *e)
{
    ll_status status = index_names(d, e);
    if (!status && ll_archs_index(d->archs, e)) status = ll_fail_in(e, "%s: ", d->name);
    return status;
}

static bool is_indexed(const ll_dataset *d)
{
    return d->names.n == d->n_devices && d->archs->index.n == d->n_archs;
}

ll_status ll_dataset_seal(ll_dataset *d, ll_error *e)
{
    ll_status status = is_indexed(d) ? LL_OK : ll_dataset_index(d, e);
    if (status) return status;
    if (!d->provenance) d->provenance = cJSON_CreateObject();
    return content_hash(d, &d->hash, e);
}

/* --- a successor with more rows and devices --- */

/* (n_devices, n_archs) into a wider and longer table; what is new is missing. */
static double *widen(const double *from, const ll_dataset *old, const ll_dataset *d)
{
    if (!from) return NULL;
    size_t cells = (size_t)d->n_archs * (size_t)d->n_devices;
    double *to = ll_alloc_aligned(cells + 1, sizeof *to);
    fill_nan(to, cells);
    for (int i = 0; i < old->n_devices; i++)
        memcpy(to + (size_t)i * (size_t)d->n_archs, from + (size_t)i * (size_t)old->n_archs,
               (size_t)old->n_archs * sizeof *to);
    return to;
}

/* The old one with room for more, on these architectures. */
static ll_dataset *copy(const ll_dataset *old, ll_archs *archs, int more_devices)
{
    ll_dataset *d = LL_NEW(ll_dataset);
    d->refs = 1;
    d->name = ll_strdup(old->name);
    d->path = ll_strdup(old->path);
    d->space = old->space;
    d->n_archs = archs->n;
    d->n_devices = old->n_devices + more_devices;
    d->archs = archs;
    d->devices = LL_NEW_ARRAY(ll_device, d->n_devices + 1);
    d->lat_ms = widen(old->lat_ms, old, d);
    d->std_ms = widen(old->std_ms, old, d);
    for (int i = 0; i < old->n_devices; i++) ll_device_copy(&d->devices[i], &old->devices[i]);
    ll_scores_extend(d, old);
    d->reference = ll_ints_copy(old->reference.v, old->reference.n);
    d->provenance = old->provenance ? cJSON_Duplicate(old->provenance, true) : NULL;
    return d;
}

ll_dataset *ll_dataset_extend(const ll_dataset *old, int more_archs, int more_devices)
{
    return copy(old, ll_archs_copy(old->archs, more_archs), more_devices);
}

static void index_sealed_names(ll_dataset *d)
{
    for (int i = 0; i < d->n_devices; i++)
        ll_index_put(&d->names, ll_index_hash(d->devices[i].name, strlen(d->devices[i].name)), i);
}

ll_dataset *ll_dataset_at(ll_dataset *sealed, const char *path)
{
    ll_dataset *d = sealed;
    if (__atomic_load_n(&sealed->refs, __ATOMIC_ACQUIRE) > 1) {
        d = copy(sealed, ll_archs_ref(sealed->archs), 0);
        d->hash = sealed->hash;
        index_sealed_names(d);
        ll_dataset_unref(sealed);
    }
    char *old = d->path;
    d->path = ll_strdup(path); /* may be the old one */
    free(old);
    return d;
}

/* --- asking --- */

int ll_dataset_device(const ll_dataset *d, const char *name)
{
    if (d->names.n == d->n_devices) /* sealed */
        return ll_index_find(&d->names, ll_index_hash(name, strlen(name)), same_name, d, name);
    for (int i = 0; i < d->n_devices; i++)
        if (same_name(d, i, name)) return i;
    return -1;
}

int ll_dataset_count(const ll_dataset *d, int device)
{
    int n = 0;
    for (int i = 0; i < d->n_archs; i++) n += ll_known(d, device, i);
    return n;
}

ll_ints ll_dataset_common(const ll_dataset *d, const int *devices, int n_devices)
{
    ll_ints rows = {0};
    for (int i = 0; i < d->n_archs; i++) {
        bool all = true;
        for (int j = 0; j < n_devices && all; j++) all = ll_known(d, devices[j], i);
        if (all) ll_ints_add(&rows, i);
    }
    return rows;
}
