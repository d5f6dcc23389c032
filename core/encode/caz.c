/* CAZ (NASFLAT, arXiv 2403.02446): CATE, Arch2Vec and the zero-cost proxies side by side. All three come with
 * the data; each column is standardised so that none outweighs the others. */
#include <string.h>

#include "core/encode/parts.h"

static const char *const parts[] = {"cate", "arch2vec", "zcp"};
enum { PARTS = 3 };

static ll_status encode(const ll_dataset *d, ll_matrix_f *out, ll_error *e)
{
    ll_matrix_f part[PARTS] = {0};
    int cols = 0;
    ll_status s = LL_OK;
    for (int i = 0; i < PARTS && !s; i++) {
        if (!ll_archs_feature(d->archs, parts[i]))
            s = ll_fail(e, LL_USAGE, "caz joins cate, arch2vec and zcp, and %s has no %s", d->name, parts[i]);
        if (!s) s = ll_encode(d, parts[i], &part[i], e);
        cols += part[i].cols;
    }
    if (!s) {
        *out = ll_matrix_f_new(d->n_archs, cols);
        for (int a = 0; a < d->n_archs; a++) {
            float *row = out->v + (size_t)a * (size_t)cols;
            for (int i = 0; i < PARTS; row += part[i++].cols)
                memcpy(row, part[i].v + (size_t)a * (size_t)part[i].cols, (size_t)part[i].cols * sizeof *row);
        }
        ll_standardise_columns(out);
    }
    for (int i = 0; i < PARTS; i++) ll_matrix_f_free(&part[i]);
    return s;
}

const ll_encoding ll_encoding_caz = {"caz", "cate, arch2vec and zcp side by side, where the data has them",
                                     encode};
