/* What all encodings share: finding one by name, standardising its columns, keeping it in a file. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text/near.h"
#include "core/encode/parts.h"

const ll_encoding *const ll_encodings[] = {
    &ll_encoding_onehot,
    &ll_encoding_numbers,
    &ll_encoding_path,
    &ll_encoding_graph,
    &ll_encoding_graf,
    &ll_encoding_cost,
    &ll_encoding_arch2vec,
    &ll_encoding_cate,
    &ll_encoding_zcp,
    &ll_encoding_caz,
    NULL,
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

const ll_encoding *ll_encoding_find(const char *name)
{
    for (int i = 0; ll_encodings[i]; i++)
        if (!strcmp(ll_encodings[i]->name, name)) return ll_encodings[i];
    return NULL;
}

/* --- made, shared, let go --- */

static ll_encoder *encoder_new(const ll_encoding *encoding, const char *name, const ll_space *space)
{
    ll_encoder *c = LL_NEW(ll_encoder);
    *c = (ll_encoder){.refs = 1, .encoding = encoding, .space = space, .name = ll_strdup(name)};
    return c;
}

ll_encoder *ll_encoder_ref(const ll_encoder *c)
{
    ll_encoder *own = (ll_encoder *)c; /* the count is the only part that ever changes */
    if (own) __atomic_add_fetch(&own->refs, 1, __ATOMIC_RELAXED);
    return own;
}

void ll_encoder_unref(ll_encoder *c)
{
    if (!c || __atomic_sub_fetch(&c->refs, 1, __ATOMIC_ACQ_REL)) return;
    if (c->state && !c->base) c->encoding->release(c->state);
    ll_encoder_unref(c->base);
    free(c->name);
    free(c->shift);
    free(c->scale);
    free(c);
}

/* --- fit --- */

static void offer_name(const char *name, ll_near *near, ll_str *names)
{
    ll_str_addf(names, "%s%s", names->len ? ", " : "", name);
    ll_near_offer(near, name);
}

static ll_status unknown(const ll_archs *archs, const char *name, ll_error *e)
{
    ll_str names = {0};
    ll_near near = ll_near_to(name);
    for (int i = 0; ll_encodings[i]; i++) offer_name(ll_encodings[i]->name, &near, &names);
    for (int i = 0; i < archs->n_features; i++)
        if (!ll_encoding_find(archs->features[i].name)) offer_name(archs->features[i].name, &near, &names);
    ll_near_fail(&near, e, LL_USAGE, NULL,
                 "'%.60s' is no encoding of these architectures of %s: expected one of %s", name,
                 archs->space->name, ll_str_text(&names));
    ll_str_free(&names);
    return LL_USAGE;
}

static void new_constants(ll_encoder *c)
{
    c->shift = LL_NEW_ARRAY(double, c->dim + 1);
    c->scale = LL_NEW_ARRAY(double, c->dim + 1);
}

/* The largest size of every column over the rows of m; a column of zeros stays one. */
static void take_sizes(ll_encoder *c, const ll_matrix_f *m)
{
    new_constants(c);
    for (int j = 0; j < c->dim; j++) {
        double most = 0;
        for (int r = 0; r < m->rows; r++)
            most = fmax(most, fabs((double)m->v[(size_t)r * (size_t)m->cols + (size_t)j]));
        c->scale[j] = most > 0 ? 1 / most : 0;
    }
}

/* Mean and deviation of every column over the rows of m; a constant column becomes 0. */
static void take_moments(ll_encoder *c, const ll_matrix_f *m)
{
    new_constants(c);
    for (int j = 0; j < c->dim; j++) {
        double sum = 0, square = 0;
        for (int r = 0; r < m->rows; r++) sum += m->v[(size_t)r * (size_t)m->cols + (size_t)j];
        double mean = sum / m->rows;
        for (int r = 0; r < m->rows; r++) {
            double off = (float)(m->v[(size_t)r * (size_t)m->cols + (size_t)j] - mean);
            square += off * off;
        }
        double sd = sqrt(square / m->rows);
        c->shift[j] = mean;
        c->scale[j] = sd > 1e-6 * (1 + fabs(mean)) ? 1 / sd : 0;
    }
}

static ll_status raw_vectors(const ll_encoder *c, const ll_archs *archs, ll_matrix_f *out, ll_error *e)
{
    *out = ll_matrix_f_new(archs->n, c->dim);
    ll_status s = c->encoding->encode(c, archs, out->v, e);
    if (s) ll_matrix_f_free(out);
    return s;
}

static ll_status fit(const ll_encode_job *job, ll_encoder *c, ll_error *e)
{
    ll_matrix_f raw = {0};
    ll_status s = c->encoding->fit(job, c, e);
    if (s || !c->encoding->standardised) return s;
    s = raw_vectors(c, job->archs, &raw, e);
    if (!s) take_moments(c, &raw);
    ll_matrix_f_free(&raw);
    return s;
}

/* What came with the data goes first; but the proxies of it are scaled as those that are computed. */
static const ll_encoding *encoding_of(const ll_archs *archs, const char *name)
{
    const ll_encoding *e = ll_encoding_find(name);
    const ll_feature *f = ll_archs_feature(archs, name);
    return f && !(e == &ll_encoding_zcp && f->dim == LL_ZCP_PROXIES) ? &ll_encoding_feature : e;
}

ll_status ll_encoder_fit(const char *name, const ll_encode_job *job, ll_encoder **out, ll_error *e)
{
    const ll_encoding *encoding = encoding_of(job->archs, name);
    double begun = ll_now_s();
    *out = NULL;
    if (!encoding) return unknown(job->archs, name, e);
    ll_encode_job own = *job;
    ll_values defaults = {0};
    if (!job->options && encoding->options) {
        ll_values_init(&defaults, encoding->options);
        own.options = &defaults;
    }
    ll_encoder *c = encoder_new(encoding, name, job->archs->space);
    ll_status s = fit(&own, c, e);
    c->seconds = ll_now_s() - begun;
    c->fitted_on = job->archs->n;
    ll_values_free(&defaults);
    if (s)
        ll_encoder_unref(c);
    else
        *out = c;
    return s;
}

/* The same encoding with constants that `take` takes over these architectures. */
static ll_status with_constants(const ll_encoder *c, const ll_archs *archs,
                                void (*take)(ll_encoder *, const ll_matrix_f *), ll_encoder **out,
                                ll_error *e)
{
    ll_matrix_f raw = {0};
    *out = NULL;
    ll_status s = raw_vectors(c, archs, &raw, e);
    if (s) return s;
    ll_encoder *own = encoder_new(c->encoding, c->name, c->space);
    own->dim = c->dim;
    own->base = ll_encoder_ref(c->base ? c->base : c);
    own->state = c->state;
    own->seconds = c->seconds;
    own->fitted_on = c->fitted_on;
    take(own, &raw);
    ll_matrix_f_free(&raw);
    *out = own;
    return LL_OK;
}

ll_status ll_encoder_standardised(const ll_encoder *c, const ll_archs *archs, ll_encoder **out, ll_error *e)
{
    return with_constants(c, archs, take_moments, out, e);
}

ll_status ll_encoder_scaled(const ll_encoder *c, const ll_archs *archs, ll_encoder **out, ll_error *e)
{
    return with_constants(c, archs, take_sizes, out, e);
}

/* --- apply --- */

/* Of weights that a file brought along anything may come. */
static ll_status check_finite(const ll_encoder *c, const ll_archs *archs, const ll_matrix_f *m, ll_error *e)
{
    for (size_t i = 0, n = (size_t)m->rows * (size_t)m->cols; i < n; i++)
        if (!isfinite(m->v[i]))
            return ll_fail(e, LL_BAD_DATA, "%.60s of architecture %d is no number: fit it anew", c->name,
                           (int)(i / (size_t)m->cols));
    return LL_OK;
}

ll_status ll_encoder_apply(const ll_encoder *c, const ll_archs *archs, ll_matrix_f *out, ll_error *e)
{
    ll_status s = raw_vectors(c, archs, out, e);
    for (int r = 0; r < archs->n && !s && c->shift; r++) {
        float *row = out->v + (size_t)r * (size_t)c->dim;
        for (int j = 0; j < c->dim; j++) row[j] = (float)(row[j] - c->shift[j]) * (float)c->scale[j];
    }
    if (!s) s = check_finite(c, archs, out, e);
    if (s) ll_matrix_f_free(out);
    return s;
}

ll_status ll_encode(const ll_archs *archs, const char *name, ll_matrix_f *out, ll_error *e)
{
    ll_encoder *c;
    *out = (ll_matrix_f){0};
    ll_status s = ll_encoder_fit(name, &(ll_encode_job){.archs = archs}, &c, e);
    if (!s) s = ll_encoder_apply(c, archs, out, e);
    ll_encoder_unref(c);
    return s;
}

/* --- in a file --- */

static char *prefixed(const char *prefix, const char *name)
{
    ll_str s = {0};
    ll_str_addf(&s, "%s%s", prefix, name);
    return ll_str_take(&s);
}

static void put_text(ll_tensors *out, const char *prefix, const char *key, const char *value)
{
    char *name = prefixed(prefix, key);
    ll_tensors_set_text(out, name, value);
    free(name);
}

static const char *get_text(const ll_tensors *in, const char *prefix, const char *key)
{
    char *name = prefixed(prefix, key);
    const char *text = ll_tensors_text(in, name);
    free(name);
    return text;
}

static void put_constants(ll_tensors *out, const char *prefix, const char *key, const ll_encoder *c,
                          const double *v)
{
    char *name = prefixed(prefix, key);
    ll_tensors_add(out, name, LL_F64, 1, (long[]){c->dim}, v);
    free(name);
}

ll_status ll_encoder_save(const ll_encoder *c, const char *prefix, ll_tensors *out, ll_error *e)
{
    char dim[16], seconds[32], fitted_on[16];
    snprintf(dim, sizeof dim, "%d", c->dim);
    snprintf(seconds, sizeof seconds, "%.3f", c->seconds);
    snprintf(fitted_on, sizeof fitted_on, "%d", c->fitted_on);
    put_text(out, prefix, "encoding", c->encoding == &ll_encoding_feature ? "" : c->encoding->name);
    put_text(out, prefix, "name", c->name);
    put_text(out, prefix, "dim", dim);
    put_text(out, prefix, "seconds", seconds);
    put_text(out, prefix, "fitted_on", fitted_on);
    if (c->shift) {
        put_constants(out, prefix, "shift", c, c->shift);
        put_constants(out, prefix, "scale", c, c->scale);
    }
    if (!c->state || !c->encoding->save) return LL_OK;
    ll_tensors own = {0};
    ll_status s = c->encoding->save(c->state, &own, e);
    if (!s) ll_tensors_add_all(out, prefix, &own);
    ll_tensors_free(&own);
    return s;
}

static ll_status get_constants(const ll_tensors *in, const char *prefix, const char *key, const ll_encoder *c,
                               double **v, ll_error *e)
{
    const ll_tensor *t;
    char *name = prefixed(prefix, key);
    ll_status s = ll_tensors_need(in, name, LL_F64, 1, (long[]){c->dim}, &t, e);
    if (!s) *v = ll_memdup(t->data, (size_t)c->dim, sizeof **v);
    free(name);
    return s;
}

/* One that keeps nothing follows from the space: what the file says of it must be the same. A feature is asked for its
 * length where it is read. */
static ll_status check_dim(const ll_encoder *c, ll_error *e)
{
    if (c->encoding == &ll_encoding_feature) return LL_OK;
    ll_encoder own = {.encoding = c->encoding, .space = c->space};
    ll_archs *none = ll_archs_new(c->space, 0);
    ll_error why = {0};
    ll_status s = c->encoding->fit(&(ll_encode_job){.archs = none}, &own, &why);
    ll_archs_unref(none);
    if (s) return ll_fail(e, LL_BAD_DATA, "%s", why.message);
    return own.dim == c->dim ? LL_OK
                             : ll_fail(e, LL_BAD_DATA, "%s has %d columns for %s, the file has %d",
                                       c->encoding->name, own.dim, c->space->name, c->dim);
}

static ll_status load_state(const ll_tensors *in, const char *prefix, ll_encoder *c, ll_error *e)
{
    ll_tensors own = {0};
    if (!c->encoding->load) return check_dim(c, e);
    ll_tensors_take(in, prefix, &own);
    ll_status s = c->encoding->load(&own, c, e);
    ll_tensors_free(&own);
    return s;
}

ll_status ll_encoder_load(const ll_tensors *in, const char *prefix, const ll_space *space, ll_encoder **out,
                          ll_error *e)
{
    enum { WIDEST = 1 << 20 };
    const char *encoding = get_text(in, prefix, "encoding"), *name = get_text(in, prefix, "name"),
               *dim = get_text(in, prefix, "dim");
    *out = NULL;
    if (!encoding || !name || !dim)
        return ll_fail(e, LL_BAD_DATA, "the encoding %s of this file is not complete", prefix);
    const ll_encoding *record = *encoding ? ll_encoding_find(encoding) : &ll_encoding_feature;
    if (!record) return ll_fail(e, LL_BAD_DATA, "this latlab has no encoding called %.60s", encoding);
    ll_encoder *c = encoder_new(record, name, space);
    const char *seconds = get_text(in, prefix, "seconds"), *fitted_on = get_text(in, prefix, "fitted_on");
    c->dim = atoi(dim);
    c->seconds = seconds ? strtod(seconds, NULL) : 0;
    c->fitted_on = fitted_on ? atoi(fitted_on) : 0;
    ll_status s = c->dim >= 1 && c->dim <= WIDEST
                      ? load_state(in, prefix, c, e)
                      : ll_fail(e, LL_BAD_DATA, "the encoding %.60s has %.20s columns, 1 to %d were expected",
                                name, dim, WIDEST);
    char *shift = prefixed(prefix, "shift");
    if (!s && ll_tensors_find(in, shift)) {
        s = get_constants(in, prefix, "shift", c, &c->shift, e);
        if (!s) s = get_constants(in, prefix, "scale", c, &c->scale, e);
    }
    free(shift);
    if (s)
        ll_encoder_unref(c);
    else
        *out = c;
    return s;
}
