/* CAZ (NASFLAT, arXiv 2403.02446): CATE, Arch2Vec and the zero-cost proxies side by side; each column is standardised so
 * that none outweighs the others. A part that is fitted already is taken as it is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/encode/encoders.h"
#include "core/encode/parts.h"

static const char *const names[] = {"cate", "arch2vec", "zcp"};
enum { PARTS = 3 };

typedef struct parts {
    ll_encoder *part[PARTS];
} parts;

static void release(void *state)
{
    parts *p = state;
    for (int i = 0; i < PARTS; i++) ll_encoder_unref(p->part[i]);
    free(p);
}

static ll_status fit(const ll_encode_job *job, ll_encoder *c, ll_error *e)
{
    parts *p = c->state = LL_NEW(parts);
    ll_status s = LL_OK;
    for (int i = 0; i < PARTS && !s; i++) {
        ll_encode_job part = *job;
        part.options = NULL;
        s = ll_encoders_need(job->known, names[i], &part, &p->part[i], e);
        if (!s) c->dim += p->part[i]->dim;
    }
    return s;
}

static ll_status encode(const ll_encoder *c, const ll_archs *archs, float *out, ll_error *e)
{
    const parts *p = c->state;
    ll_status s = LL_OK;
    for (int i = 0, at = 0; i < PARTS && !s; at += p->part[i++]->dim) {
        size_t dim = (size_t)p->part[i]->dim;
        ll_matrix_f m = {0};
        s = ll_encoder_apply(p->part[i], archs, &m, e);
        for (int a = 0; a < archs->n && !s; a++)
            memcpy(out + (size_t)a * (size_t)c->dim + at, m.v + (size_t)a * dim, dim * sizeof *out);
        ll_matrix_f_free(&m);
    }
    return s;
}

static ll_status save(const void *state, ll_tensors *out, ll_error *e)
{
    const parts *p = state;
    ll_status s = LL_OK;
    for (int i = 0; i < PARTS && !s; i++) {
        char prefix[16];
        snprintf(prefix, sizeof prefix, "%s/", names[i]);
        s = ll_encoder_save(p->part[i], prefix, out, e);
    }
    return s;
}

static ll_status load(const ll_tensors *in, ll_encoder *c, ll_error *e)
{
    parts *p = c->state = LL_NEW(parts);
    ll_status s = LL_OK;
    int dim = 0;
    for (int i = 0; i < PARTS && !s; i++) {
        char prefix[16];
        snprintf(prefix, sizeof prefix, "%s/", names[i]);
        s = ll_encoder_load(in, prefix, c->space, &p->part[i], e);
        if (!s) dim += p->part[i]->dim;
    }
    if (!s && dim != c->dim)
        s = ll_fail(e, LL_BAD_DATA, "the parts of caz have %d columns, %d were expected", dim, c->dim);
    return s;
}

const ll_encoding ll_encoding_caz = {
    .name = "caz",
    .summary = "cate, arch2vec and zcp side by side, standardised",
    .standardised = true,
    .learnt = true,
    .fit = fit,
    .encode = encode,
    .release = release,
    .save = save,
    .load = load,
};
