/* Ridge: latency / mean, linear in the columns of an encoding, fitted on the k samples of the target alone. Columns have
 * mean 0 and deviation 1 over the population, so one penalty serves all; the intercept has none. The penalty is the one
 * whose predictions of each sample from the others are best (leave-one-out, exact for ridge: Hastie, Tibshirani and
 * Friedman, The Elements of Statistical Learning, equation 7.64). */
#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/num/blas.h"
#include "core/num/linalg.h"
#include "core/num/stats.h"
#include "core/predict/simple/encoded.h"
#include "core/predict/simple/simple.h"

static const ll_option pretrain_options[] = {LL_ENCODED_OPTION, {0}};
static const ll_option transfer_options[] = {
    LL_OPT_REAL("penalty", "0", 0, 1e9,
                "ridge, as a share of the samples' mean squared distance from their centre; 0: by "
                "leave-one-out"),
    {0}};

/* The penalties that are tried, as such shares: four a decade. */
enum { TRIED = 25, A_DECADE = 4, FEWEST = 3 };
static const double first_share = 1e-4, unasked_share = 1;

/* The centred samples: X = U' sqrt(d) V. */
typedef struct samples {
    int k, p, r;
    double *x, *centre; /* (k, p), (p) */
    double *y;          /* (k) latency / mean - 1 */
    double *u, *d;      /* (r, k) orthonormal rows, (r) above 0 */
    double *uy;         /* (r) U y */
    double size;        /* mean squared distance from the centre */
} samples;

static void samples_free(samples *s)
{
    free(s->x);
    free(s->centre);
    free(s->y);
    free(s->u);
    free(s->d);
    free(s->uy);
}

static void take_centre(samples *s, const ll_matrix_f *rows)
{
    s->x = LL_NEW_ARRAY(double, (size_t)s->k *(size_t)s->p + 1);
    s->centre = LL_NEW_ARRAY(double, s->p + 1);
    for (int i = 0; i < s->k; i++)
        for (int c = 0; c < s->p; c++) s->centre[c] += (double)rows->v[i * s->p + c] / s->k;
    for (int i = 0; i < s->k; i++)
        for (int c = 0; c < s->p; c++) {
            double off = (double)rows->v[i * s->p + c] - s->centre[c];
            s->x[i * s->p + c] = off;
            s->size += off * off / s->k;
        }
}

/* The rows of U are eigenvectors of X Xᵀ, or follow from those of XᵀX where that is smaller. false: no convergence. */
static bool decompose(samples *s)
{
    bool wide = s->k <= s->p;
    int n = wide ? s->k : s->p;
    double *a = LL_NEW_ARRAY(double, (size_t)n *(size_t)n + 1);
    s->d = LL_NEW_ARRAY(double, n + 1);
    s->u = LL_NEW_ARRAY(double, (size_t)n *(size_t)s->k + 1);
    ll_dsyrk(!wide, n, wide ? s->p : s->k, 1, s->x, s->p, 0, a, n);
    bool good = ll_eigen_symmetric(n, a, n, s->d);
    double least = 1e-10 * (good ? s->d[n - 1] : 0);
    for (int i = 0; i < n && good; i++) {
        double *row = s->u + (size_t)s->r * (size_t)s->k, d = s->d[i];
        if (d <= least) continue;
        for (int j = 0; j < s->k && wide; j++) row[j] = a[(size_t)i * (size_t)n + (size_t)j];
        if (!wide) ll_dgemv(false, s->k, s->p, 1 / sqrt(d), s->x, s->p, a + (size_t)i * (size_t)n, 0, row);
        s->d[s->r++] = d;
    }
    free(a);
    return good;
}

static void project(samples *s)
{
    s->uy = LL_NEW_ARRAY(double, s->r + 1);
    for (int j = 0; j < s->r; j++)
        for (int i = 0; i < s->k; i++) s->uy[j] += s->u[(size_t)j * (size_t)s->k + (size_t)i] * s->y[i];
}

/* Mean squared error of each sample's prediction from the others. */
static double left_out_error(const samples *s, double penalty)
{
    double sum = 0;
    for (int i = 0; i < s->k; i++) {
        double fit = 0, leverage = 1. / s->k;
        for (int j = 0; j < s->r; j++) {
            double u = s->u[(size_t)j * (size_t)s->k + (size_t)i], kept = s->d[j] / (s->d[j] + penalty);
            fit += kept * u * s->uy[j];
            leverage += kept * u * u;
        }
        double error = (s->y[i] - fit) / fmax(1 - leverage, 1e-9);
        sum += error * error / s->k;
    }
    return sum;
}

/* As a share of s->size; k samples see k times that. */
static double choose_share(const samples *s, double *error)
{
    double best = unasked_share;
    *error = INFINITY;
    for (int i = 0; i < TRIED && s->k >= FEWEST; i++) {
        double share = first_share * pow(10, (double)i / A_DECADE),
               left = left_out_error(s, share * s->size * s->k);
        if (!(left < *error)) continue;
        *error = left;
        best = share;
    }
    return best;
}

/* Milliseconds: offset + x . w for columns x as the encoder gives them. */
static ll_linear_fit *solve(const samples *s, double mean, double penalty)
{
    ll_linear_fit *f = ll_linear_fit_new(s->p, 0);
    f->offset = mean;
    for (int j = 0; j < s->r; j++)
        for (int i = 0; i < s->k; i++) {
            double at = mean * s->uy[j] / (s->d[j] + penalty) * s->u[(size_t)j * (size_t)s->k + (size_t)i];
            for (int c = 0; c < s->p; c++) f->w[c] += at * s->x[i * s->p + c];
        }
    for (int c = 0; c < s->p; c++) f->offset -= f->w[c] * s->centre[c];
    return f;
}

static ll_status read_samples(const ll_encoded *m, const ll_measured *measured, double mean, samples *s,
                              ll_error *e)
{
    ll_matrix_f rows;
    *s = (samples){.k = measured->archs->n, .p = m->encoder->dim};
    ll_status status = ll_encoder_apply(m->encoder, measured->archs, &rows, e);
    if (status) return status;
    take_centre(s, &rows);
    ll_matrix_f_free(&rows);
    s->y = LL_NEW_ARRAY(double, s->k);
    for (int i = 0; i < s->k; i++) s->y[i] = measured->lat_ms[i] / mean - 1;
    if (!decompose(s)) return ll_fail(e, LL_FAILED, "the ridge on these samples does not converge");
    project(s);
    return LL_OK;
}

static ll_status adapt(const void *model, const ll_adapt_job *job, void **adapted, ll_error *e)
{
    samples s = {0};
    double mean = ll_mean(job->samples.lat_ms, job->samples.archs->n), error = NAN,
           share = ll_real(job->options, "penalty");
    ll_status status = read_samples(model, &job->samples, mean, &s, e);
    if (!status) {
        if (share <= 0) share = choose_share(&s, &error);
        *adapted = solve(&s, mean, share * s.size * s.k);
        ll_json_num(job->info, "penalty", share);
        ll_json_num(job->info, "left_out_error", isfinite(error) ? 100 * sqrt(error) : NAN);
    }
    samples_free(&s);
    return status;
}

/* Latencies end at 0, scores go on. */
static ll_status predict(const void *model, const void *adapted, const ll_predict_job *job,
                         ll_prediction *out, ll_error *e)
{
    const ll_linear_fit *f = adapted;
    ll_matrix_f rows;
    ll_status s = ll_encoder_apply(((const ll_encoded *)model)->encoder, job->archs, &rows, e);
    if (s) return s;
    ll_prediction_new(out, job->archs->n, true, false);
    for (int i = 0; i < out->n; i++) {
        out->score[i] = f->offset;
        for (int c = 0; c < f->dim; c++)
            out->score[i] += f->w[c] * (double)rows.v[(size_t)i * (size_t)f->dim + (size_t)c];
        out->lat_ms[i] = fmax(0, out->score[i]);
    }
    ll_matrix_f_free(&rows);
    return LL_OK;
}

static ll_status pretrain(const ll_pretrain_job *job, void **model, ll_error *e)
{
    return ll_encoded_pretrain(job, ll_encoder_standardised, model, e);
}

static ll_status load_adapted(const void *model, const ll_tensors *in, void **adapted, ll_error *e)
{
    return ll_linear_fit_load_dim(in, ((const ll_encoded *)model)->encoder->dim, adapted, e);
}

const ll_predictor ll_ridge_predictor = {
    .name = "ridge",
    .summary = "linear in numbers or one-hots, or any encoding, from the samples alone",
    .paper = "Hoerl and Kennard 1970",
    .pretrain_options = pretrain_options,
    .transfer_options = transfer_options,
    .refits_live = true,
    .quick = true,
    .pretrain = pretrain,
    .adapt = adapt,
    .predict = predict,
    .release_adapted = ll_linear_fit_free,
    .save_adapted = ll_linear_fit_save,
    .load_adapted = load_adapted,
    .release = ll_encoded_release,
    .save = ll_encoded_save,
    .load = ll_encoded_load,
};
