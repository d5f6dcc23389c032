#include "core/predict/simple/simple.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/costs/costs.h"
#include "core/costs/costs_file.h"
#include "core/device/engine.h"
#include "core/num/blas.h"
#include "core/num/linalg.h"
#include "core/num/stats.h"

void ll_simple_save_space(const ll_space *s, ll_tensors *out)
{
    ll_tensors_set_text(out, "simple.space", s->name);
}

ll_status ll_simple_space_matches(const ll_load_job *job, ll_error *e)
{
    const char *space = ll_tensors_text(job->tensors, "simple.space");
    if (space && !strcmp(space, job->space->name)) return LL_OK;
    return ll_fail(e, LL_BAD_DATA, "the model is of search space %s, %s was expected",
                   space ? space : "(none)", job->space->name);
}

ll_status ll_simple_open_costs(const char *paths, const ll_space *s, ll_costs **out, cJSON *says, ll_error *e)
{
    ll_strs notes = {0};
    ll_status status = ll_costs_open(paths, s, out, &notes, e);
    for (int i = 0; i < notes.n && says && !status; i++)
        cJSON_AddItemToArray(says, ll_json_string(notes.v[i]));
    ll_strs_free(&notes);
    return status;
}

void ll_simple_say_settings(const ll_adapt_job *job, const ll_costs *table)
{
    ll_str why = {0};
    if (job->info &&
        ll_other_settings("the table of layer costs", table->settings, job->device, job->note, &why)) {
        ll_str_add(&why, ": kernels cost and fuse otherwise there");
        cJSON_AddItemToArray(ll_json_list(job->info, "says"), ll_json_string(ll_str_text(&why)));
    }
    ll_str_free(&why);
}

static void *space_model(const ll_space *s)
{
    const ll_space **m = LL_NEW(const ll_space *);
    *m = s;
    return m;
}

ll_status ll_simple_space_pretrain(const ll_pretrain_job *job, void **model, ll_error *e)
{
    *model = space_model(job->archs->space);
    return LL_OK;
}

ll_status ll_simple_space_save(const void *model, ll_tensors *out, ll_error *e)
{
    ll_simple_save_space(*(const ll_space *const *)model, out);
    return LL_OK;
}

ll_status ll_simple_space_load(const ll_load_job *job, void **model, ll_error *e)
{
    ll_status s = ll_simple_space_matches(job, e);
    if (!s) *model = space_model(job->space);
    return s;
}

/* --- linear in features of the gene --- */

ll_linear_fit *ll_linear_fit_new(int dim, int kind)
{
    ll_linear_fit *f = LL_NEW(ll_linear_fit);
    *f = (ll_linear_fit){.dim = dim, .kind = kind, .w = LL_NEW_ARRAY(double, dim)};
    return f;
}

void ll_linear_fit_free(void *fit)
{
    ll_linear_fit *f = fit;
    if (!f) return;
    free(f->w);
    free(f);
}

ll_status ll_linear_fit_save(const void *fit, ll_tensors *out, ll_error *e)
{
    const ll_linear_fit *f = fit;
    ll_tensors_add(out, "linear.w", LL_F64, 1, (long[]){f->dim}, f->w);
    ll_tensors_add(out, "linear.offset", LL_F64, 1, (long[]){1}, &f->offset);
    ll_tensors_add(out, "linear.kind", LL_I32, 1, (long[]){1}, &(int32_t){f->kind});
    return LL_OK;
}

ll_status ll_linear_fit_load(const ll_tensors *in, ll_linear_fit **out, ll_error *e)
{
    const ll_tensor *w = ll_tensors_find(in, "linear.w"), *offset, *kind;
    long dim = w && w->n_dims == 1 ? w->shape[0] : 0;
    if (dim < 1 || dim > 1 << 20) return ll_fail(e, LL_BAD_DATA, "tensor linear.w is missing or empty");
    ll_status s = ll_tensors_need(in, "linear.w", LL_F64, 1, &dim, &w, e);
    if (!s) s = ll_tensors_need(in, "linear.offset", LL_F64, 1, (long[]){1}, &offset, e);
    if (!s) s = ll_tensors_need(in, "linear.kind", LL_I32, 1, (long[]){1}, &kind, e);
    if (s) return s;
    *out = ll_linear_fit_new((int)dim, *(const int32_t *)kind->data);
    (*out)->offset = *(const double *)offset->data;
    memcpy((*out)->w, w->data, (size_t)dim * sizeof *(*out)->w);
    return LL_OK;
}

ll_status ll_linear_fit_load_dim(const ll_tensors *in, int dim, void **adapted, ll_error *e)
{
    ll_linear_fit *f = NULL;
    ll_status s = ll_linear_fit_load(in, &f, e);
    if (s) return s;
    if (f->dim == dim) {
        *adapted = f;
        return LL_OK;
    }
    s = ll_fail(e, LL_BAD_DATA, "tensor linear.w has %d numbers, %d were expected", f->dim, dim);
    ll_linear_fit_free(f);
    return s;
}

void ll_linear_fit_predict(const void *model, const ll_linear_fit *f, ll_simple_feature *feature,
                           const ll_predict_job *job, ll_prediction *out)
{
    double *row = LL_NEW_ARRAY(double, f->dim);
    ll_prediction_new(out, job->archs->n, true, false);
    for (int i = 0; i < out->n; i++) {
        memset(row, 0, (size_t)f->dim * sizeof *row);
        feature(model, f, ll_arch(job->archs, i), row);
        out->score[i] = f->offset;
        for (int c = 0; c < f->dim; c++) out->score[i] += row[c] * f->w[c];
        out->lat_ms[i] = out->score[i];
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
