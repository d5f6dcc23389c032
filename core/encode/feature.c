/* A vector that came with the architectures: as it is. */
#include <math.h>
#include <string.h>

#include "core/encode/parts.h"

static ll_status fit(const ll_encode_job *job, ll_encoder *c, ll_error *e)
{
    c->dim = ll_archs_feature(job->archs, c->name)->dim;
    return LL_OK;
}

ll_status ll_encoding_lacks(const char *feature, const ll_archs *archs, int i, ll_error *e)
{
    ll_str text = {0};
    archs->space->format(archs->space, ll_arch(archs, i), &text);
    ll_fail(e, LL_BAD_DATA, "architecture %s has no %s", ll_str_text(&text), feature);
    ll_str_free(&text);
    return LL_BAD_DATA;
}

static ll_status encode(const ll_encoder *c, const ll_archs *archs, float *out, ll_error *e)
{
    const ll_feature *f = ll_archs_feature(archs, c->name);
    if (f && f->dim != c->dim)
        return ll_fail(e, LL_BAD_DATA, "%s has %d numbers an architecture, %d were expected", c->name, f->dim,
                       c->dim);
    size_t dim = (size_t)c->dim;
    for (int i = 0; i < archs->n; i++)
        for (size_t j = 0; j < dim; j++)
            if (!f || isnan(f->v[(size_t)i * dim + j])) return ll_encoding_lacks(c->name, archs, i, e);
    if (archs->n) memcpy(out, f->v, (size_t)archs->n * dim * sizeof *out);
    return LL_OK;
}

const ll_encoding ll_encoding_feature = {.name = "", .fit = fit, .encode = encode};
