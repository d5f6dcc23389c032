#include "core/predict/simple/simple.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/num/blas.h"
#include "core/num/linalg.h"
#include "core/num/stats.h"

void ll_simple_save_space(const ll_space *s, ll_tensors *out)
{
    ll_tensors_set_text(out, "simple.space", s->name);
}

ll_status ll_simple_space_matches(const ll_tensors *in, const ll_dataset *data, ll_error *e)
{
    const char *space = ll_tensors_text(in, "simple.space");
    if (space && !strcmp(space, data->space->name)) return LL_OK;
    return ll_fail(e, LL_BAD_DATA, "the model is of search space %s, the data of %s",
                   space ? space : "(none)", data->space->name);
}

ll_status ll_simple_space_pretrain(const ll_pretrain_job *job, void **model, ll_error *e)
{
    const ll_space **m = LL_NEW(const ll_space *);
    *m = job->data->space;
    *model = m;
    return LL_OK;
}

ll_status ll_simple_space_save(const void *model, ll_tensors *out, ll_error *e)
{
    ll_simple_save_space(*(const ll_space *const *)model, out);
    return LL_OK;
}

ll_status ll_simple_space_load(const ll_tensors *in, const ll_dataset *data, void **model, ll_error *e)
{
    ll_status s = ll_simple_space_matches(in, data, e);
    return s ? s : ll_simple_space_pretrain(&(ll_pretrain_job){.data = data}, model, e);
}

double *ll_job_latencies(const ll_transfer_job *job, double *mean, ll_error *e)
{
    double *y = LL_NEW_ARRAY(double, job->k);
    for (int i = 0; i < job->k; i++) {
        y[i] = ll_measure(job, job->samples[i]);
        if (!isnan(y[i])) continue;
        ll_fail(e, LL_FAILED, "architecture %d has no latency on the target", job->samples[i]);
        free(y);
        return NULL;
    }
    *mean = ll_mean(y, job->k);
    if (*mean > 0) return y;
    ll_fail(e, LL_FAILED, "the samples' latencies are all zero");
    free(y);
    return NULL;
}

void ll_predict_linear(const ll_transfer_job *job, int dim,
                       void (*feature)(const void *ctx, const ll_dataset *d, int arch, double *row),
                       const void *ctx, const double *w, double offset, ll_prediction *out)
{
    double *row = LL_NEW_ARRAY(double, dim);
    out->n = ll_job_n(job);
    out->score = LL_NEW_ARRAY(double, out->n);
    out->lat_ms = LL_NEW_ARRAY(double, out->n);
    for (int i = 0; i < out->n; i++) {
        memset(row, 0, (size_t)dim * sizeof *row);
        feature(ctx, job->data, ll_job_row(job, i), row);
        out->score[i] = offset;
        for (int c = 0; c < dim; c++) out->score[i] += row[c] * w[c];
        out->lat_ms[i] = fmax(0, out->score[i]);
    }
    free(row);
}

int ll_simple_idle_op(const ll_space *s)
{
    for (int i = 0; i < s->n_ops; i++)
        if (!strcmp(s->ops[i], "none")) return i;
    for (int i = 0; i < s->n_ops; i++)
        if (!strcmp(s->ops[i], "skip")) return i;
    return s->n_ops - 1;
}

int ll_simple_counts_dim(const ll_space *s)
{
    return s->n_ops - 1;
}

int ll_simple_counted_op(const ll_space *s, int column)
{
    return column + (column >= ll_simple_idle_op(s));
}

void ll_simple_counts(const ll_space *s, const uint8_t *gene, double *row)
{
    int idle = ll_simple_idle_op(s);
    for (int c = 0; c < s->n_ops - 1; c++) row[c] = 0;
    for (int p = 0; p < s->n_positions; p++)
        if (gene[p] != idle) row[gene[p] - (gene[p] > idle)]++;
}

void ll_simple_onehot(const ll_space *s, const uint8_t *gene, double *row)
{
    memset(row, 0, (size_t)(s->n_positions * s->n_ops) * sizeof *row);
    for (int p = 0; p < s->n_positions; p++) row[p * s->n_ops + gene[p]] = 1;
}

/* XᵀX + diag(penalty) and Xᵀy, the matrix to be freed. */
static double *normal_equations(const double *x, int n, int p, const double *y, const double *penalty,
                                double *xy)
{
    double *a = ll_alloc_aligned((size_t)p * (size_t)p, sizeof *a);
    ll_dsyrk(true, p, n, 1, x, p, 0, a, p);
    ll_dgemv(true, n, p, 1, x, p, y, 0, xy);
    for (int j = 0; j < p; j++) a[(size_t)j * (size_t)p + (size_t)j] += penalty[j];
    return a;
}

bool ll_ridge(const double *x, int n, int p, const double *y, const double *penalty, double *w)
{
    double *a = normal_equations(x, n, p, y, penalty, w);
    bool good = ll_cholesky(p, a, p);
    if (good) ll_cholesky_solve(p, 1, a, p, w, 1);
    free(a);
    return good;
}

/* Non-negative least squares by block principal pivoting: which coordinates are free is guessed, their optimum solved for,
 * and every coordinate that contradicts the guess exchanged; one at a time where that does not get better. */
typedef struct pivoting {
    const double *a, *b; /* minimise w'Aw/2 - b'w */
    int p;
    bool *is_free; /* (p) */
    int *which;    /* (n) the free ones */
    int n;
    double *part, *w, *gradient; /* (n, n) the free part of A; (p), (p) */
} pivoting;

static void solve_free(pivoting *v)
{
    v->n = 0;
    for (int j = 0; j < v->p; j++)
        if (v->is_free[j]) v->which[v->n++] = j;
    double *x = v->gradient; /* room for the right side, overwritten below */
    for (int i = 0; i < v->n; i++) {
        const double *row = v->a + (size_t)v->which[i] * (size_t)v->p;
        for (int j = 0; j < v->n; j++) v->part[i * v->n + j] = row[v->which[j]];
        v->part[i * v->n + i] *= 1 + 1e-12; /* columns that repeat each other */
        x[i] = v->b[v->which[i]];
    }
    if (v->n && ll_cholesky(v->n, v->part, v->n))
        ll_cholesky_solve(v->n, 1, v->part, v->n, x, 1);
    else
        memset(x, 0, (size_t)v->n * sizeof *x);
    for (int j = 0; j < v->p; j++) v->w[j] = 0;
    for (int i = 0; i < v->n; i++) v->w[v->which[i]] = x[i];
    ll_dgemv(false, v->p, v->p, 1, v->a, v->p, v->w, 0, v->gradient);
    for (int j = 0; j < v->p; j++) v->gradient[j] -= v->b[j];
}

/* A free one below zero, or one held at zero that wants up; a column of zeros wants nothing. */
static bool contradicts(const pivoting *v, int j, double w_least, double gradient_least)
{
    if (v->is_free[j]) return v->w[j] < w_least;
    return v->gradient[j] < gradient_least && v->a[(size_t)j * (size_t)v->p + (size_t)j] > 0;
}

/* Exchanges those that contradict the guess, all or the last one; returns how many there were. */
static int exchange(pivoting *v, bool all)
{
    int found = 0, last = -1;
    double w_size = 0, b_size = 0;
    for (int j = 0; j < v->p; j++) {
        w_size = fmax(w_size, fabs(v->w[j]));
        b_size = fmax(b_size, fabs(v->b[j]));
    }
    for (int j = 0; j < v->p; j++) {
        if (!contradicts(v, j, -1e-10 * w_size, -1e-10 * b_size)) continue;
        found++;
        last = j;
        if (all) v->is_free[j] = !v->is_free[j];
    }
    if (!all && last >= 0) v->is_free[last] = !v->is_free[last];
    return found;
}

void ll_ridge_nonnegative(const double *x, int n, int p, const double *y, const double *penalty, double *w)
{
    enum { TRIES = 3, ROUNDS = 1000 };
    double *b = LL_NEW_ARRAY(double, p), *a = normal_equations(x, n, p, y, penalty, b);
    pivoting v = {a,
                  b,
                  p,
                  LL_NEW_ARRAY(bool, p),
                  LL_NEW_ARRAY(int, p),
                  0,
                  LL_NEW_ARRAY(double, (size_t)p *(size_t)p),
                  w,
                  LL_NEW_ARRAY(double, p)};
    int fewest = p + 1, tries = TRIES;
    solve_free(&v);
    for (int round = 0; round < ROUNDS; round++) {
        int found = exchange(&v, tries > 0);
        if (!found) break;
        tries = found < fewest ? TRIES : tries - 1;
        if (found < fewest) fewest = found;
        solve_free(&v);
    }
    for (int j = 0; j < p; j++) w[j] = fmax(0, w[j]);
    free(v.is_free);
    free(v.which);
    free(v.part);
    free(v.gradient);
    free(b);
    free(a);
}
