#include "data/formats/safetensors.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/size.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"

enum { HEADER_MOST = 32 << 20, MAX_DIMS = 4 };

static const struct {
    const char *name;
    ll_dtype dtype;
} dtypes[] = {{"F32", LL_F32}, {"F64", LL_F64}, {"I32", LL_I32}, {"I64", LL_I64}};
enum { N_DTYPES = sizeof dtypes / sizeof *dtypes };

static const char *dtype_name(ll_dtype d)
{
    for (int i = 0; i < N_DTYPES; i++)
        if (dtypes[i].dtype == d) return dtypes[i].name;
    return "?";
}

static bool dtype_find(const char *name, ll_dtype *out)
{
    for (int i = 0; i < N_DTYPES; i++)
        if (!strcmp(dtypes[i].name, name)) {
            *out = dtypes[i].dtype;
            return true;
        }
    return false;
}

/* What the header says of one tensor. */
typedef struct entry {
    const char *name;
    ll_dtype dtype;
    int n_dims;
    long shape[MAX_DIMS];
    uint64_t begin, end;
} entry;

/* A whole number 0 .. 2^53; anything else cannot be a size. */
static bool whole(const cJSON *item, uint64_t *out)
{
    if (!cJSON_IsNumber(item)) return false;
    double x = item->valuedouble;
    if (!(x >= 0 && x <= 9007199254740992.0) || x != floor(x)) return false;
    *out = (uint64_t)x;
    return true;
}

static ll_status read_shape(const cJSON *item, entry *x, uint64_t *bytes, ll_error *e)
{
    const cJSON *shape = cJSON_GetObjectItemCaseSensitive(item, "shape"), *dim;
    if (!cJSON_IsArray(shape)) return ll_fail(e, LL_BAD_DATA, "tensor %s has no shape", x->name);
    cJSON_ArrayForEach(dim, shape)
    {
        uint64_t n;
        if (x->n_dims == MAX_DIMS)
            return ll_fail(e, LL_BAD_DATA, "tensor %s has more than %d dimensions", x->name, MAX_DIMS);
        if (!whole(dim, &n))
            return ll_fail(e, LL_BAD_DATA, "tensor %s has a wrong shape: dimension %d is no size", x->name,
                           x->n_dims + 1);
        x->shape[x->n_dims++] = (long)n;
    }
    size_t count, size = ll_dtype_size(x->dtype);
    if (ll_shape_count(x->shape, x->n_dims, size, &count, e)) return ll_fail_in(e, "tensor %s has ", x->name);
    *bytes = (uint64_t)count * size;
    return LL_OK;
}

static ll_status read_entry(const cJSON *item, entry *x, ll_error *e)
{
    x->name = item->string;
    const char *dtype = ll_json_get_str(item, "dtype", "");
    if (!dtype_find(dtype, &x->dtype))
        return ll_fail(e, LL_BAD_DATA,
                       "tensor %s has the number type \"%.20s\", F32, F64, I32 or I64 was expected", x->name,
                       dtype);
    uint64_t bytes = 0;
    ll_status s = read_shape(item, x, &bytes, e);
    if (s) return s;
    const cJSON *offsets = cJSON_GetObjectItemCaseSensitive(item, "data_offsets");
    if (cJSON_GetArraySize(offsets) != 2 || !whole(cJSON_GetArrayItem(offsets, 0), &x->begin) ||
        !whole(cJSON_GetArrayItem(offsets, 1), &x->end))
        return ll_fail(e, LL_BAD_DATA, "tensor %s has no data_offsets", x->name);
    if (x->end < x->begin || x->end - x->begin != bytes)
        return ll_fail(e, LL_BAD_DATA, "tensor %s takes %llu bytes by its offsets and %llu by its shape",
                       x->name, (unsigned long long)(x->end - x->begin), (unsigned long long)bytes);
    return LL_OK;
}

static int by_begin(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const entry *)a)->name, ((const entry *)b)->name);
}

/* Names differ, and the tensors fill the data from its first to its last byte. */
static ll_status check_layout(entry *v, int n, uint64_t size, ll_error *e)
{
    qsort(v, (size_t)n, sizeof *v, by_name);
    for (int i = 1; i < n; i++)
        if (!strcmp(v[i - 1].name, v[i].name))
            return ll_fail(e, LL_BAD_DATA, "two tensors are called %s", v[i].name);
    qsort(v, (size_t)n, sizeof *v, by_begin);
    uint64_t at = 0;
    for (int i = 0; i < n; at = v[i++].end) {
        if (v[i].begin != at)
            return ll_fail(e, LL_BAD_DATA,
                           "tensor %s begins at byte %llu of the data, %llu was expected (%s)", v[i].name,
                           (unsigned long long)v[i].begin, (unsigned long long)at,
                           v[i].begin < at ? "overlap" : "hole");
        if (v[i].end > size)
            return ll_fail(e, LL_BAD_DATA, "tensor %s ends at byte %llu of %llu: the file is truncated",
                           v[i].name, (unsigned long long)v[i].end, (unsigned long long)size);
    }
    if (at != size)
        return ll_fail(e, LL_BAD_DATA, "%llu bytes behind the last tensor", (unsigned long long)(size - at));
    return LL_OK;
}

static ll_status read_metadata(const cJSON *meta, ll_tensors *out, ll_error *e)
{
    const cJSON *item;
    if (!cJSON_IsObject(meta)) return ll_fail(e, LL_BAD_DATA, "__metadata__ is not an object");
    cJSON_ArrayForEach(item, meta)
    {
        if (!cJSON_IsString(item))
            return ll_fail(e, LL_BAD_DATA, "__metadata__ of \"%s\" is not a text", item->string);
        ll_tensors_set_text(out, item->string, item->valuestring);
    }
    return LL_OK;
}

static ll_status read_header(const cJSON *header, const char *data, uint64_t size, ll_tensors *out,
                             ll_error *e)
{
    const cJSON *item;
    int n = 0;
    ll_status s = LL_OK;
    entry *v = LL_NEW_ARRAY(entry, cJSON_GetArraySize(header) + 1);
    cJSON_ArrayForEach(item, header)
    {
        s = strcmp(item->string, "__metadata__") ? read_entry(item, &v[n++], e) : read_metadata(item, out, e);
        if (s) break;
    }
    if (!s) s = check_layout(v, n, size, e);
    for (int i = 0; !s && i < n; i++)
        ll_tensors_add(out, v[i].name, v[i].dtype, v[i].n_dims, v[i].shape, data + v[i].begin);
    free(v);
    return s;
}

static ll_status parse(const char *bytes, size_t n, ll_tensors *out, ll_error *e)
{
    uint64_t len = 0;
    if (n < 8) return ll_fail(e, LL_BAD_DATA, "%zu bytes are too few for a safetensors file", n);
    for (int i = 7; i >= 0; i--) len = len << 8 | (uint8_t)bytes[i];
    if (len > HEADER_MOST)
        return ll_fail(e, LL_BAD_DATA,
                       "a header of %llu bytes is over the limit of %d: not a safetensors file?",
                       (unsigned long long)len, HEADER_MOST);
    if (len > n - 8)
        return ll_fail(e, LL_BAD_DATA, "a header of %llu bytes in a file of %zu: the file is truncated",
                       (unsigned long long)len, n);
    cJSON *header;
    ll_status s = ll_json_parse(bytes + 8, (size_t)len, &header, e);
    if (s) return ll_fail_in(e, "the header: ");
    s = cJSON_IsObject(header) ? read_header(header, bytes + 8 + len, n - 8 - len, out, e)
                               : ll_fail(e, LL_BAD_DATA, "the header is not a JSON object");
    cJSON_Delete(header);
    return s;
}

ll_status ll_safetensors_parse(const char *what, const void *bytes, size_t n, ll_tensors *out, ll_error *e)
{
    ll_tensors t = {0};
    ll_status s = parse(bytes, n, &t, e);
    if (s) {
        ll_tensors_free(&t);
        return ll_fail_in(e, "%s: ", what);
    }
    *out = t;
    return LL_OK;
}

ll_status ll_safetensors_read(const char *path, ll_tensors *out, ll_error *e)
{
    char *bytes;
    size_t n;
    ll_status s = ll_read_file(path, 0, &bytes, &n, e);
    if (s) return s;
    s = ll_safetensors_parse(path, bytes, n, out, e);
    free(bytes);
    return s;
}

/* Positions of the tensors in the file: eight-byte numbers first. */
static void file_order(const ll_tensors *t, int *order)
{
    int n = 0;
    for (size_t size = 8; size >= 4; size -= 4)
        for (int i = 0; i < t->n; i++)
            if (ll_dtype_size(t->v[i].dtype) == size) order[n++] = i;
}

static cJSON *make_header(const ll_tensors *t, const int *order)
{
    cJSON *header = cJSON_CreateObject();
    double at = 0;
    if (t->keys.n) {
        cJSON *meta = ll_json_obj(header, "__metadata__");
        for (int i = 0; i < t->keys.n; i++) ll_json_str(meta, t->keys.v[i], t->values.v[i]);
    }
    for (int i = 0; i < t->n; i++) {
        const ll_tensor *x = &t->v[order[i]];
        cJSON *o = ll_json_obj(header, x->name), *shape;
        ll_json_str(o, "dtype", dtype_name(x->dtype));
        shape = ll_json_arr(o, "shape");
        for (int d = 0; d < x->n_dims; d++) ll_json_int(shape, NULL, x->shape[d]);
        double end = at + (double)(ll_tensor_count(x) * ll_dtype_size(x->dtype));
        ll_json_nums(o, "data_offsets", (double[]){at, end}, 2);
        at = end;
    }
    return header;
}

static void write_all(FILE *f, const ll_tensors *t, const int *order)
{
    cJSON *header = make_header(t, order);
    ll_str text = {0};
    char *json = ll_json_line(header);
    ll_str_add(&text, json);
    while (text.len % 8) ll_str_addc(&text, ' ');
    for (int i = 0; i < 8; i++) fputc((int)((uint64_t)text.len >> (8 * i) & 255), f);
    fwrite(text.s, 1, text.len, f);
    for (int i = 0; i < t->n; i++) {
        const ll_tensor *x = &t->v[order[i]];
        fwrite(x->data, ll_dtype_size(x->dtype), ll_tensor_count(x), f);
    }
    free(json);
    ll_str_free(&text);
    cJSON_Delete(header);
}

ll_status ll_safetensors_write(const char *path, const ll_tensors *t, ll_error *e)
{
    ll_writer w;
    ll_status s = ll_writer_open(&w, path, e);
    if (s) return s;
    int *order = LL_NEW_ARRAY(int, t->n + 1);
    file_order(t, order);
    write_all(w.f, t, order);
    free(order);
    return ll_writer_commit(&w, e);
}
