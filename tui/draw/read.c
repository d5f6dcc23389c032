#include "tui/draw/read.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"

void ll_read_strs(const cJSON *o, const char *key, ll_strs *out)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(o, key))
    {
        if (cJSON_IsString(item)) ll_strs_add(out, item->valuestring);
    }
}

bool ll_read_matrix(const cJSON *result, const char *names, const char *rows, ll_matrix *out)
{
    const cJSON *matrix = cJSON_GetObjectItemCaseSensitive(result, rows), *row, *item;
    *out = (ll_matrix){0};
    ll_read_strs(result, names, &out->names);
    out->n = out->names.n;
    if (!out->n || cJSON_GetArraySize(matrix) != out->n) {
        ll_matrix_free(out);
        return false;
    }
    out->v = LL_NEW_ARRAY(double, (size_t)out->n *(size_t)out->n);
    double *to = out->v;
    cJSON_ArrayForEach(row, matrix)
    {
        if (cJSON_GetArraySize(row) != out->n) {
            ll_matrix_free(out);
            return false;
        }
        cJSON_ArrayForEach(item, row) *to++ = cJSON_IsNumber(item) ? item->valuedouble : NAN;
    }
    return true;
}

void ll_matrix_free(ll_matrix *m)
{
    free(m->v);
    ll_strs_free(&m->names);
    *m = (ll_matrix){0};
}
