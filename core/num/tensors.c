#include "core/num/tensors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

size_t ll_dtype_size(ll_dtype d)
{
    return d == LL_F32 || d == LL_I32 ? 4 : 8;
}

size_t ll_tensor_count(const ll_tensor *t)
{
    size_t n = 1;
    for (int i = 0; i < t->n_dims; i++) n *= (size_t)t->shape[i];
    return n;
}

ll_tensor *ll_tensors_add(ll_tensors *t, const char *name, ll_dtype dtype, int n_dims, const long *shape,
                          const void *data)
{
    if (t->n == t->cap) {
        t->cap = t->cap ? 2 * t->cap : 16;
        t->v = ll_realloc(t->v, (size_t)t->cap, sizeof *t->v);
    }
    ll_tensor *x = &t->v[t->n++];
    *x = (ll_tensor){.name = ll_strdup(name), .dtype = dtype, .n_dims = n_dims};
    for (int i = 0; i < n_dims; i++) x->shape[i] = shape[i];
    size_t n = ll_tensor_count(x), size = ll_dtype_size(dtype);
    x->data = data ? ll_memdup(data, n, size) : ll_alloc(n, size);
    return x;
}

const ll_tensor *ll_tensors_find(const ll_tensors *t, const char *name)
{
    for (int i = 0; i < t->n; i++)
        if (!strcmp(t->v[i].name, name)) return &t->v[i];
    return NULL;
}

static void shape_text(ll_str *out, int n_dims, const long *shape)
{
    ll_str_addc(out, '(');
    for (int i = 0; i < n_dims; i++) ll_str_addf(out, "%s%ld", i ? "," : "", shape[i]);
    ll_str_addc(out, ')');
}

static ll_status wrong_shape(const ll_tensor *x, int n_dims, const long *shape, ll_error *e)
{
    ll_str found = {0}, wanted = {0};
    shape_text(&found, x->n_dims, x->shape);
    shape_text(&wanted, n_dims, shape);
    ll_fail(e, LL_BAD_DATA, "tensor %s has shape %s, %s was expected", x->name, ll_str_text(&found),
            ll_str_text(&wanted));
    ll_str_free(&found);
    ll_str_free(&wanted);
    return LL_BAD_DATA;
}

ll_status ll_tensors_need(const ll_tensors *t, const char *name, ll_dtype dtype, int n_dims,
                          const long *shape, const ll_tensor **out, ll_error *e)
{
    const ll_tensor *x = ll_tensors_find(t, name);
    if (!x) return ll_fail(e, LL_BAD_DATA, "tensor %s is missing", name);
    if (x->dtype != dtype)
        return ll_fail(e, LL_BAD_DATA, "tensor %s has another number type than expected", name);
    if (x->n_dims != n_dims || memcmp(x->shape, shape, (size_t)n_dims * sizeof *shape))
        return wrong_shape(x, n_dims, shape, e);
    *out = x;
    return LL_OK;
}

/* Place of the first number that is none; the count when all are. */
static size_t first_wrong(const ll_tensor *x, double *value)
{
    size_t n = ll_tensor_count(x), i = 0;
    if (x->dtype == LL_F32)
        for (const float *v = x->data; i < n && isfinite(v[i]);) i++;
    else if (x->dtype == LL_F64)
        for (const double *v = x->data; i < n && isfinite(v[i]);) i++;
    else
        i = n;
    if (i < n)
        *value = x->dtype == LL_F32 ? (double)((const float *)x->data)[i] : ((const double *)x->data)[i];
    return i;
}

ll_status ll_tensors_finite(const ll_tensors *t, ll_error *e)
{
    for (int k = 0; k < t->n; k++) {
        double value = 0;
        size_t n = ll_tensor_count(&t->v[k]), at = first_wrong(&t->v[k], &value);
        if (at < n)
            return ll_fail(e, LL_BAD_DATA, "number %zu of %zu of tensor %.200s is %g: these are no weights",
                           at, n, t->v[k].name, value);
    }
    return LL_OK;
}

void ll_tensors_set_text(ll_tensors *t, const char *key, const char *value)
{
    int there = ll_names_find(&t->key_names, key);
    if (there >= 0) {
        free(t->values.v[there]);
        t->values.v[there] = ll_strdup(value);
        return;
    }
    ll_strs_add(&t->keys, key);
    ll_strs_add(&t->values, value);
    ll_names_add(&t->key_names, t->keys.v[t->keys.n - 1]);
}

const char *ll_tensors_text(const ll_tensors *t, const char *key)
{
    int i = ll_names_find(&t->key_names, key);
    return i < 0 ? NULL : t->values.v[i];
}

void ll_tensors_set_json(ll_tensors *t, const char *key, const cJSON *o)
{
    char *text = ll_json_line(o);
    ll_tensors_set_text(t, key, text);
    free(text);
}

ll_status ll_tensors_json(const ll_tensors *t, const char *key, cJSON **out, ll_error *e)
{
    const char *text = ll_tensors_text(t, key);
    ll_error why = {0};
    *out = NULL;
    if (!text || ll_json_parse(text, strlen(text), out, &why) != LL_CANCELLED) return LL_OK;
    if (e) *e = why;
    return LL_CANCELLED;
}

void ll_tensors_free(ll_tensors *t)
{
    for (int i = 0; i < t->n; i++) {
        free(t->v[i].name);
        free(t->v[i].data);
    }
    free(t->v);
    ll_names_free(&t->key_names);
    ll_strs_free(&t->keys);
    ll_strs_free(&t->values);
    *t = (ll_tensors){0};
}

/* --- under a prefix --- */

static char *prefixed(const char *prefix, const char *name)
{
    ll_str s = {0};
    ll_str_add(&s, prefix);
    ll_str_add(&s, name);
    return ll_str_take(&s);
}

void ll_tensors_add_all(ll_tensors *t, const char *prefix, const ll_tensors *from)
{
    for (int i = 0; i < from->n; i++) {
        const ll_tensor *x = &from->v[i];
        char *name = prefixed(prefix, x->name);
        ll_tensors_add(t, name, x->dtype, x->n_dims, x->shape, x->data);
        free(name);
    }
    for (int i = 0; i < from->keys.n; i++) {
        char *key = prefixed(prefix, from->keys.v[i]);
        ll_tensors_set_text(t, key, from->values.v[i]);
        free(key);
    }
}

void ll_tensors_take(const ll_tensors *from, const char *prefix, ll_tensors *out)
{
    size_t skip = strlen(prefix);
    for (int i = 0; i < from->n; i++) {
        const ll_tensor *x = &from->v[i];
        if (!strncmp(x->name, prefix, skip))
            ll_tensors_add(out, x->name + skip, x->dtype, x->n_dims, x->shape, x->data);
    }
    for (int i = 0; i < from->keys.n; i++)
        if (!strncmp(from->keys.v[i], prefix, skip))
            ll_tensors_set_text(out, from->keys.v[i] + skip, from->values.v[i]);
}
