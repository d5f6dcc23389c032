#include "core/device/basis.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"

/* A row that is not there reads as missing, and missing is one bit pattern, whatever made the NaN. */
ll_hash ll_column_hash(const ll_dataset *d, int device, const int *rows, int n)
{
    double *v = LL_NEW_ARRAY(double, n + 1);
    for (int i = 0; i < n; i++) {
        int row = rows ? rows[i] : i;
        double x = row >= 0 && row < d->n_archs ? ll_latencies(d, device)[row] : NAN;
        v[i] = isnan(x) ? (double)NAN : x;
    }
    ll_hash h = ll_hash_bytes(v, (size_t)n * sizeof *v);
    free(v);
    return h;
}

void ll_basis_take(ll_basis *b, const ll_dataset *d, const ll_strs *devices)
{
    *b = (ll_basis){.n_archs = d->n_archs};
    for (int i = 0; i < devices->n; i++) {
        int device = ll_dataset_device(d, devices->v[i]);
        if (device < 0) continue;
        ll_strs_add(&b->device, devices->v[i]);
        ll_strs_add(&b->hash, ll_column_hash(d, device, NULL, d->n_archs).hex);
    }
}

void ll_basis_copy(ll_basis *b, const ll_basis *of)
{
    *b = (ll_basis){.n_archs = of->n_archs};
    for (int i = 0; i < of->device.n; i++) {
        ll_strs_add(&b->device, of->device.v[i]);
        ll_strs_add(&b->hash, of->hash.v[i]);
    }
}

void ll_basis_free(ll_basis *b)
{
    ll_strs_free(&b->device);
    ll_strs_free(&b->hash);
    b->n_archs = 0;
}

/* In words; NULL: it has not. */
static const char *column_changed(const ll_basis *b, const ll_dataset *d, int device, const char *hash)
{
    if (device < 0) return "is gone";
    if (!*hash) return "may have changed";
    if (b->n_archs > d->n_archs) return "has changed"; /* rows of then are gone */
    return strcmp(hash, ll_column_hash(d, device, NULL, b->n_archs).hex) ? "has changed" : NULL;
}

bool ll_basis_changed(const ll_basis *b, const ll_dataset *d, ll_str *why)
{
    bool changed = false;
    for (int i = 0; i < b->device.n; i++) {
        int device = ll_dataset_device(d, b->device.v[i]);
        const char *what = column_changed(b, d, device, b->hash.v[i]);
        if (!what) continue;
        ll_str_addf(why, "%s%s %s", changed ? ", " : "its source ", b->device.v[i], what);
        changed = true;
    }
    return changed;
}

void ll_basis_move(ll_basis *b, const ll_dataset *d, const int *now, int n)
{
    int known = b->n_archs < n ? b->n_archs : n;
    for (int i = 0; i < b->device.n; i++) {
        int device = ll_dataset_device(d, b->device.v[i]);
        bool same = device >= 0 && !strcmp(b->hash.v[i], ll_column_hash(d, device, now, known).hex);
        free(b->hash.v[i]);
        b->hash.v[i] = ll_strdup(same ? ll_column_hash(d, device, NULL, d->n_archs).hex : "changed");
    }
    b->n_archs = d->n_archs;
}

/* --- as JSON --- */

cJSON *ll_basis_json(const ll_basis *b)
{
    cJSON *o = cJSON_CreateObject(), *columns = ll_json_obj(o, "columns");
    ll_json_int(o, "archs", b->n_archs);
    for (int i = 0; i < b->device.n; i++) ll_json_str(columns, b->device.v[i], b->hash.v[i]);
    return o;
}

void ll_basis_read(const cJSON *o, ll_basis *b)
{
    const cJSON *column;
    *b = (ll_basis){.n_archs = ll_json_get_int(o, "archs", 0)};
    if (b->n_archs < 0) b->n_archs = 0;
    cJSON_ArrayForEach(column, cJSON_GetObjectItemCaseSensitive(o, "columns"))
    {
        if (!column->string) continue;
        ll_strs_add(&b->device, column->string);
        ll_strs_add(&b->hash, cJSON_IsString(column) ? column->valuestring : "");
    }
}
