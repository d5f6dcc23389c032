/* Reading the values that the pickle parser built. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "data/formats/pickle.h"

const char *ll_pickled_word(const ll_pickled *v)
{
    static const char *const words[] = {"None",  "bool", "int",   "float",  "text",  "bytes",  "list",
                                        "tuple", "dict", "array", "global", "dtype", "storage"};
    return words[v->kind];
}

double ll_pickled_at(const ll_pickled_array *a, size_t i)
{
    switch (a->dtype) {
    case LL_F32:
        return (double)((const float *)a->data)[i];
    case LL_F64:
        return ((const double *)a->data)[i];
    case LL_I32:
        return ((const int32_t *)a->data)[i];
    default:
        return (double)((const int64_t *)a->data)[i];
    }
}

bool ll_pickled_number(const ll_pickled *v, double *x)
{
    if (v->kind == LL_PICKLED_REAL)
        *x = v->x;
    else if (v->kind == LL_PICKLED_INT || v->kind == LL_PICKLED_BOOL)
        *x = (double)v->i;
    else if (v->kind == LL_PICKLED_ARRAY && v->array->count == 1)
        *x = ll_pickled_at(v->array, 0);
    else
        return false;
    return true;
}

bool ll_pickled_int(const ll_pickled *v, long long lo, long long hi, int *x)
{
    if (v->kind != LL_PICKLED_INT || v->i < lo || v->i > hi) return false;
    *x = (int)v->i;
    return true;
}

const ll_pickled *ll_pickled_get(const ll_pickled *v, const char *key)
{
    if (v->kind != LL_PICKLED_DICT) return NULL;
    for (size_t i = v->items.n; i >= 2; i -= 2) {
        const ll_pickled *k = v->items.v[i - 2];
        if (k->kind == LL_PICKLED_TEXT && !strcmp(k->text.s, key)) return v->items.v[i - 1];
    }
    return NULL;
}

static ll_status array_numbers(const ll_pickled_array *a, double **out, size_t *n, ll_error *e)
{
    if (a->n_dims != 1)
        return ll_fail(e, LL_BAD_DATA, "an array of %d dimensions, 1 was expected", a->n_dims);
    *n = a->count;
    *out = LL_NEW_ARRAY(double, a->count);
    for (size_t i = 0; i < a->count; i++) (*out)[i] = ll_pickled_at(a, i);
    return LL_OK;
}

ll_status ll_pickled_numbers(const ll_pickled *v, double **out, size_t *n, ll_error *e)
{
    if (v->kind == LL_PICKLED_ARRAY) return array_numbers(v->array, out, n, e);
    if (v->kind != LL_PICKLED_LIST && v->kind != LL_PICKLED_TUPLE)
        return ll_fail(e, LL_BAD_DATA, "a %s, a list of numbers was expected", ll_pickled_word(v));
    double *x = LL_NEW_ARRAY(double, v->items.n);
    for (size_t i = 0; i < v->items.n; i++) {
        const ll_pickled *item = v->items.v[i];
        if (item->kind == LL_PICKLED_NONE) {
            x[i] = NAN;
        } else if (!ll_pickled_number(item, &x[i])) {
            free(x);
            return ll_fail(e, LL_BAD_DATA, "element %zu is a %s, a number was expected", i,
                           ll_pickled_word(item));
        }
    }
    *out = x;
    *n = v->items.n;
    return LL_OK;
}
