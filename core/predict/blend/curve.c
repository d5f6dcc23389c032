#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/num/sort.h"
#include "core/predict/blend/blend.h"

static ll_blend_curve curve_new(int n)
{
    double *both = LL_NEW_ARRAY(double, 2 * (size_t)n);
    return (ll_blend_curve){n, both, both + n};
}

void ll_blend_curve_free(ll_blend_curve *c)
{
    free(c->score); /* and the ranks behind it */
    *c = (ll_blend_curve){0};
}

void ll_blend_curve_init(ll_blend_curve *c, const double *score, int n)
{
    int *order = LL_NEW_ARRAY(int, n);
    ll_sort_order(score, n, order);
    *c = curve_new(n);
    c->n = 0;
    for (int from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && score[order[to]] == score[order[from]];) to++;
        c->score[c->n] = score[order[from]];
        c->rank[c->n++] = (from + to) / 2. / n;
    }
    free(order);
}

/* The last of the scores that is not above this one, but for the very last. */
static int piece_of(const ll_blend_curve *c, double score)
{
    int lo = 0, hi = c->n - 1;
    while (hi - lo > 1) {
        int middle = lo + (hi - lo) / 2;
        if (c->score[middle] <= score)
            lo = middle;
        else
            hi = middle;
    }
    return lo;
}

static double along(double x, double x0, double x1, double y0, double y1)
{
    return y0 + (x - x0) * (y1 - y0) / (x1 - x0);
}

double ll_blend_rank(const ll_blend_curve *c, double score)
{
    int last = c->n - 1;
    if (!last) return c->rank[0];
    if (score < c->score[0] || score > c->score[last]) {
        int end = score < c->score[0] ? 0 : last;
        double slope = (c->rank[last] - c->rank[0]) / (c->score[last] - c->score[0]);
        return c->rank[end] + (score - c->score[end]) * slope;
    }
    int i = piece_of(c, score);
    return along(score, c->score[i], c->score[i + 1], c->rank[i], c->rank[i + 1]);
}

void ll_blend_curve_save(const ll_blend_curve *c, const char *name, ll_tensors *out)
{
    double *v = ll_tensors_add(out, name, LL_F64, 2, (long[]){2, c->n}, NULL)->data;
    memcpy(v, c->score, (size_t)c->n * sizeof *v);
    memcpy(v + c->n, c->rank, (size_t)c->n * sizeof *v);
}

static bool ascends(const double *v, long n)
{
    for (long i = 1; i < n; i++)
        if (!(v[i] > v[i - 1])) return false;
    return true;
}

ll_status ll_blend_curve_load(const ll_tensors *in, const char *name, ll_blend_curve *c, ll_error *e)
{
    const ll_tensor *t = ll_tensors_find(in, name);
    long n = t && t->n_dims == 2 ? t->shape[1] : 1;
    ll_status s = ll_tensors_need(in, name, LL_F64, 2, (long[]){2, n}, &t, e);
    if (s) return s;
    const double *v = t->data;
    if (n < 1 || n > 1 << 30 || !ascends(v, n) || !ascends(v + n, n))
        return ll_fail(e, LL_BAD_DATA, "tensor %s: scores and ranks that grow were expected", name);
    *c = curve_new((int)n);
    memcpy(c->score, v, 2 * (size_t)n * sizeof *v);
    return LL_OK;
}
