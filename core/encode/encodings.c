#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/encode/parts.h"

const ll_encoding *const ll_encodings[] = {
    &ll_encoding_onehot, &ll_encoding_path, &ll_encoding_graph, &ll_encoding_cost, &ll_encoding_caz, NULL,
};

ll_matrix_f ll_matrix_f_new(int rows, int cols)
{
    return (ll_matrix_f){rows, cols, ll_alloc_aligned((size_t)rows * (size_t)cols, sizeof(float))};
}

void ll_matrix_f_free(ll_matrix_f *m)
{
    free(m->v);
    *m = (ll_matrix_f){0};
}

void ll_standardise_columns(ll_matrix_f *m)
{
    for (int c = 0; c < m->cols; c++) {
        double sum = 0, square = 0;
        for (int r = 0; r < m->rows; r++) sum += m->v[(size_t)r * (size_t)m->cols + (size_t)c];
        double mean = sum / m->rows;
        for (int r = 0; r < m->rows; r++) {
            float *x = &m->v[(size_t)r * (size_t)m->cols + (size_t)c];
            *x = (float)(*x - mean);
            square += (double)*x * *x;
        }
        double scale = sqrt(square / m->rows) > 1e-6 * (1 + fabs(mean)) ? 1 / sqrt(square / m->rows) : 0;
        for (int r = 0; r < m->rows; r++) m->v[(size_t)r * (size_t)m->cols + (size_t)c] *= (float)scale;
    }
}

/* A feature that came with the data, as it is. */
static ll_status copy_feature(const ll_dataset *d, const ll_feature *f, ll_matrix_f *out, ll_error *e)
{
    size_t n = (size_t)d->n_archs * (size_t)f->dim;
    for (size_t i = 0; i < n; i++)
        if (isnan(f->v[i]))
            return ll_fail(e, LL_BAD_DATA, "architecture %d of %s has no %s", (int)(i / (size_t)f->dim),
                           d->name, f->name);
    *out = ll_matrix_f_new(d->n_archs, f->dim);
    memcpy(out->v, f->v, n * sizeof(float));
    return LL_OK;
}

static ll_status unknown(const ll_dataset *d, const char *name, ll_error *e)
{
    ll_str names = {0};
    for (int i = 0; ll_encodings[i]; i++) ll_str_addf(&names, "%s%s", i ? ", " : "", ll_encodings[i]->name);
    for (int i = 0; i < d->archs->n_features; i++) ll_str_addf(&names, ", %s", d->archs->features[i].name);
    ll_fail(e, LL_USAGE, "'%s' is no encoding of %s: expected one of %s", name, d->name, ll_str_text(&names));
    ll_str_free(&names);
    return LL_USAGE;
}

ll_status ll_encode(const ll_dataset *d, const char *name, ll_matrix_f *out, ll_error *e)
{
    *out = (ll_matrix_f){0};
    const ll_feature *f = ll_archs_feature(d->archs, name);
    if (f) return copy_feature(d, f, out, e);
    for (int i = 0; ll_encodings[i]; i++)
        if (!strcmp(ll_encodings[i]->name, name)) return ll_encodings[i]->encode(d, out, e);
    return unknown(d, name, e);
}
