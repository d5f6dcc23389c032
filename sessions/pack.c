#include "sessions/pack.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"

#define MODEL_KEY    "latlab.model"
#define TRANSFER_KEY "latlab.transfer"
enum { N_NUMBERS = 3 };

static ll_status get_json(const ll_tensors *t, const char *key, const char *what, cJSON **out, ll_error *e)
{
    ll_status s = ll_tensors_json(t, key, out, e);
    if (s) return s;
    return cJSON_IsObject(*out)
               ? LL_OK
               : ll_fail(e, LL_BAD_DATA, "holds no %s: the text %s is missing or broken", what, key);
}

/* Copy of a member, an empty object when it is absent. */
static cJSON *copy_object(const cJSON *o, const char *key)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(o, key);
    return cJSON_IsObject(member) ? cJSON_Duplicate(member, true) : cJSON_CreateObject();
}

static ll_status find_predictor(const cJSON *o, const ll_predictor **out, ll_error *e)
{
    const char *name = ll_json_get_str(o, "predictor", "");
    *out = ll_predictor_find(name);
    return *out ? LL_OK
                : ll_fail(e, LL_BAD_DATA, "is of predictor '%s', which this latlab does not have", name);
}

/* --- transfers -------------------------------------------------------------------------------------------
 */

void ll_transfer_pack(const ll_transfer *t, ll_tensors *out)
{
    *out = (ll_tensors){0};
    long n = t->n, k = t->samples.n, measured = t->measured.n;
    ll_tensors_add(out, "score", LL_F64, 1, &n, t->score);
    ll_tensors_add(out, "lat_ms", LL_F64, 1, &n, t->lat_ms);
    if (t->sd_ms) ll_tensors_add(out, "sd_ms", LL_F64, 1, &n, t->sd_ms);
    double numbers[N_NUMBERS] = {t->dof, t->map_error, t->seconds}; /* text would round them */
    ll_tensors_add(out, "numbers", LL_F64, 1, (long[]){N_NUMBERS}, numbers);
    ll_tensors_add(out, "samples", LL_I32, 1, &k, t->samples.v);
    ll_tensors_add(out, "measured", LL_I32, 1, &measured, t->measured.v);
    cJSON *o = cJSON_CreateObject();
    ll_json_str(o, "predictor", t->predictor->name);
    ll_json_str(o, "device", t->device);
    ll_json_str(o, "sampler", t->sampler);
    ll_json_int(o, "seed", (long)t->seed);
    ll_json_str(o, "map", t->map);
    cJSON_AddItemToObject(o, "info", cJSON_Duplicate(t->info, true));
    if (t->target_hash) ll_json_str(o, "target_hash", t->target_hash);
    cJSON_AddItemToObject(o, "basis", ll_basis_json(&t->basis));
    ll_tensors_set_json(out, TRANSFER_KEY, o);
    cJSON_Delete(o);
}

/* A whole list of rows; each must be one of the dataset's. */
static ll_status unpack_rows(const ll_tensors *in, const char *name, int n_archs, ll_ints *out, ll_error *e)
{
    const ll_tensor *t = ll_tensors_find(in, name);
    if (!t || t->dtype != LL_I32 || t->n_dims != 1)
        return ll_fail(e, LL_BAD_DATA, "has no list of rows called %s", name);
    const int *v = t->data;
    for (long i = 0; i < t->shape[0]; i++)
        if (v[i] < 0 || v[i] >= n_archs)
            return ll_fail(e, LL_BAD_DATA, "%s: row %d is not one of %d", name, v[i], n_archs);
    *out = ll_ints_copy(v, (int)t->shape[0]);
    return LL_OK;
}

static ll_status unpack_column(const ll_tensors *in, const char *name, int n_archs, bool finite, double **out,
                               ll_error *e)
{
    const ll_tensor *t;
    long n = n_archs;
    ll_status s = ll_tensors_need(in, name, LL_F64, 1, &n, &t, e);
    const double *v = s ? NULL : t->data;
    for (long i = 0; !s && i < n; i++)
        if (finite && !isfinite(v[i])) s = ll_fail(e, LL_BAD_DATA, "%s: number %ld is %g", name, i, v[i]);
    if (!s) *out = ll_memdup(v, (size_t)n, sizeof **out);
    return s;
}

/* Rows may have joined the dataset since: there can be fewer predictions than architectures, never more. */
static ll_status unpack_arrays(const ll_tensors *in, int n_archs, ll_transfer *t, ll_error *e)
{
    const ll_tensor *score = ll_tensors_find(in, "score");
    if (!score || score->n_dims != 1 || score->shape[0] > n_archs)
        return ll_fail(e, LL_BAD_DATA, "predicts %ld architectures of a dataset with %d",
                       score ? score->shape[0] : 0, n_archs);
    t->n = (int)score->shape[0];
    ll_status s = unpack_column(in, "score", t->n, true, &t->score, e);
    if (!s) s = unpack_column(in, "lat_ms", t->n, true, &t->lat_ms, e);
    if (!s && ll_tensors_find(in, "sd_ms")) s = unpack_column(in, "sd_ms", t->n, true, &t->sd_ms, e);
    double *numbers = NULL;
    if (!s) s = unpack_column(in, "numbers", N_NUMBERS, false, &numbers, e);
    if (!s) t->dof = numbers[0], t->map_error = numbers[1], t->seconds = numbers[2];
    free(numbers);
    if (!s) s = unpack_rows(in, "samples", t->n, &t->samples, e);
    if (!s) s = unpack_rows(in, "measured", t->n, &t->measured, e);
    return s;
}

ll_status ll_transfer_unpack(const ll_tensors *in, int n_archs, ll_transfer **out, ll_error *e)
{
    cJSON *o;
    ll_transfer *t = LL_NEW(ll_transfer);
    t->refs = 1;
    ll_status s = get_json(in, TRANSFER_KEY, "transfer", &o, e);
    if (!s) s = find_predictor(o, &t->predictor, e);
    if (!s) s = unpack_arrays(in, n_archs, t, e);
    t->info = copy_object(o, "info");
    if (!s) {
        t->device = ll_strdup(ll_json_get_str(o, "device", ""));
        t->sampler = ll_strdup(ll_json_get_str(o, "sampler", "manual"));
        t->seed = (uint64_t)ll_json_get_num(o, "seed", 0);
        t->map = ll_strdup(ll_json_get_str(o, "map", "native"));
        t->target_hash = ll_strdup(ll_json_get_str(o, "target_hash", NULL));
        ll_basis_read(cJSON_GetObjectItemCaseSensitive(o, "basis"), &t->basis);
        *out = t;
    } else {
        ll_transfer_unref(t);
    }
    cJSON_Delete(o);
    return s;
}
