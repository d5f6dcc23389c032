#include "core/device/dataset.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"

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
    d->genes = LL_NEW_ARRAY(uint8_t, (size_t)n_archs * (size_t)space->n_positions + 1);
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
                       NAN};
    free(old.name);
    free(old.source);
    free(old.unit_read);
    free(old.hardware);
    free(old.note);
}

void ll_device_copy(ll_device *to, const ll_device *v)
{
    double repeat = v->repeat; /* v may be *to */
    ll_device_set(to, v->name, v->kind, v->source, v->unit_read, v->hardware, v->note);
    to->repeat = repeat;
}

void ll_dataset_add_feature(ll_dataset *d, const char *name, int dim, const float *v)
{
    d->features = ll_realloc(d->features, (size_t)d->n_features + 1, sizeof *d->features);
    d->features[d->n_features++] =
        (ll_feature){ll_strdup(name), dim, ll_memdup(v, (size_t)d->n_archs * (size_t)dim, sizeof *v)};
}

static void free_device(ll_device *dev)
{
    free(dev->name);
    free(dev->source);
    free(dev->unit_read);
    free(dev->hardware);
    free(dev->note);
}

static void free_dataset(ll_dataset *d)
{
    for (int i = 0; i < d->n_devices; i++) free_device(&d->devices[i]);
    for (int i = 0; i < d->n_features; i++) {
        free(d->features[i].name);
        free(d->features[i].v);
    }
    free(d->name);
    free(d->path);
    free(d->genes);
    free(d->lat_ms);
    free(d->std_ms);
    free(d->accuracy);
    free(d->accuracy_name);
    free(d->devices);
    free(d->features);
    ll_ints_free(&d->reference);
    cJSON_Delete(d->provenance);
    free(d->row_table);
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

/* --- seal: row table and hash --- */

static unsigned slot_of(const ll_dataset *d, const uint8_t *gene)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    for (int i = 0; i < d->space->n_positions; i++) h = (h ^ gene[i]) * 16777619u;
    h ^= h >> 15;
    return h & (unsigned)(d->row_slots - 1);
}

static bool same_gene(const ll_dataset *d, int row, const uint8_t *gene)
{
    return !memcmp(ll_gene(d, row), gene, (size_t)d->space->n_positions);
}

static ll_status index_rows(ll_dataset *d, ll_error *e)
{
    free(d->row_table);
    d->row_slots = 16;
    while (d->row_slots < 2 * d->n_archs) d->row_slots *= 2;
    d->row_table = LL_NEW_ARRAY(int, d->row_slots); /* row + 1; 0: free */
    for (int row = 0; row < d->n_archs; row++) {
        unsigned s = slot_of(d, ll_gene(d, row));
        for (; d->row_table[s]; s = (s + 1) & (unsigned)(d->row_slots - 1)) {
            if (!same_gene(d, d->row_table[s] - 1, ll_gene(d, row))) continue;
            ll_str text = {0};
            d->space->format(d->space, ll_gene(d, row), &text);
            ll_fail(e, LL_BAD_DATA, "%s: rows %d and %d are the same architecture %s", d->name,
                    d->row_table[s] - 1, row, ll_str_text(&text));
            ll_str_free(&text);
            return LL_BAD_DATA;
        }
        d->row_table[s] = row + 1;
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

static ll_hash content_hash(const ll_dataset *d)
{
    ll_hash h = ll_hash_bytes(d->space->name, strlen(d->space->name));
    h = ll_hash_more(&h, d->genes, (size_t)d->n_archs * (size_t)d->space->n_positions);
    for (int i = 0; i < d->n_devices; i++) {
        h = ll_hash_more(&h, d->devices[i].name, strlen(d->devices[i].name) + 1);
        hash_column(&h, ll_latencies(d, i), d->n_archs);
    }
    return h;
}

ll_status ll_dataset_seal(ll_dataset *d, ll_error *e)
{
    for (int i = 0; i < d->n_devices; i++) {
        if (!d->devices[i].name) return ll_fail(e, LL_BAD_DATA, "%s: device %d has no name", d->name, i);
        if (ll_dataset_device(d, d->devices[i].name) < i)
            return ll_fail(e, LL_BAD_DATA, "%s: two devices are called %s", d->name, d->devices[i].name);
    }
    ll_status status = index_rows(d, e);
    if (status) return status;
    if (!d->provenance) d->provenance = cJSON_CreateObject();
    d->hash = content_hash(d);
    return LL_OK;
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

static void extend_features(ll_dataset *d, const ll_dataset *old)
{
    for (int i = 0; i < old->n_features; i++) {
        const ll_feature *f = &old->features[i];
        size_t have = (size_t)old->n_archs * (size_t)f->dim, want = (size_t)d->n_archs * (size_t)f->dim;
        float *v = LL_NEW_ARRAY(float, want + 1);
        memcpy(v, f->v, have * sizeof *v);
        for (size_t j = have; j < want; j++) v[j] = NAN;
        ll_dataset_add_feature(d, f->name, f->dim, v);
        free(v);
    }
}

static void extend_accuracy(ll_dataset *d, const ll_dataset *old)
{
    d->accuracy_name = ll_strdup(old->accuracy_name);
    if (!old->accuracy) return;
    d->accuracy = LL_NEW_ARRAY(double, d->n_archs + 1);
    fill_nan(d->accuracy, (size_t)d->n_archs);
    memcpy(d->accuracy, old->accuracy, (size_t)old->n_archs * sizeof(double));
}

ll_dataset *ll_dataset_extend(const ll_dataset *old, int more_archs, int more_devices)
{
    ll_dataset *d =
        ll_dataset_new(old->name, old->space, old->n_archs + more_archs, old->n_devices + more_devices);
    d->path = ll_strdup(old->path);
    memcpy(d->genes, old->genes, (size_t)old->n_archs * (size_t)old->space->n_positions);
    free(d->lat_ms);
    d->lat_ms = widen(old->lat_ms, old, d);
    d->std_ms = widen(old->std_ms, old, d);
    for (int i = 0; i < old->n_devices; i++) ll_device_copy(&d->devices[i], &old->devices[i]);
    extend_accuracy(d, old);
    extend_features(d, old);
    d->reference = ll_ints_copy(old->reference.v, old->reference.n);
    d->provenance = old->provenance ? cJSON_Duplicate(old->provenance, true) : NULL;
    return d;
}

/* --- asking --- */

int ll_dataset_row(const ll_dataset *d, const uint8_t *gene)
{
    if (!d->row_table) return -1;
    for (unsigned s = slot_of(d, gene); d->row_table[s]; s = (s + 1) & (unsigned)(d->row_slots - 1))
        if (same_gene(d, d->row_table[s] - 1, gene)) return d->row_table[s] - 1;
    return -1;
}

int ll_dataset_count(const ll_dataset *d, int device)
{
    int n = 0;
    for (int i = 0; i < d->n_archs; i++) n += ll_known(d, device, i);
    return n;
}

const ll_feature *ll_dataset_feature(const ll_dataset *d, const char *name)
{
    for (int i = 0; i < d->n_features; i++)
        if (!strcmp(d->features[i].name, name)) return &d->features[i];
    return NULL;
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
