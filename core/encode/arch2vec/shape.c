#include "core/encode/arch2vec/shape.h"

static size_t take(ll_arch2vec_layout *l, int rows, int cols)
{
    size_t at = l->n;
    l->n += (size_t)rows * (size_t)cols;
    return at;
}

ll_arch2vec_layout ll_arch2vec_layout_of(const ll_arch2vec_shape *s)
{
    ll_arch2vec_layout l = {.shape = *s};
    for (int r = 0; r < LL_ARCH2VEC_ROUNDS; r++) {
        ll_arch2vec_round *own = &l.round[r];
        own->in = r ? s->width : s->labels;
        for (int i = 0; i < 2; i++) {
            own->w[i] = take(&l, i ? s->width : own->in, s->width);
            own->gamma[i] = take(&l, 1, s->width);
            own->beta[i] = take(&l, 1, s->width);
        }
        own->epsilon = take(&l, 1, 1);
    }
    l.code_w = take(&l, s->width, 2 * s->dim);
    l.code_b = take(&l, 1, 2 * s->dim);
    l.decoder_w = take(&l, s->dim, s->labels);
    l.decoder_b = take(&l, 1, s->labels);
    l.n_statistics = ll_arch2vec_moments_at(s, LL_ARCH2VEC_ROUNDS, 0);
    return l;
}
