#include "core/predict/gp_target.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/num/blas.h"
#include "core/num/sobol.h"
#include "core/num/stats.h"

static const double spread = 1.5;                        /* of the log weights */
static const double noise_centre = -3, noise_spread = 2; /* of log R / sum e^th */
static const double slope_spread = .7, a0 = 2, jitter = 1e-6;
static const double nu = 3, least_factor = .5, most_factor = 50; /* of the Student-t noise */
static const double noise_inflation = 1.4;                       /* a new measurement's variance over R */
static const double coarse = .005; /* a clock step over this share of the median matters */
static const double clock_noise = .05, least_noise = .002, noise_width = .7, wide = 3, wide_share = .1;
static const double least_weight = 2e-4; /* draws below it are left out of the variance */
enum { PASSES = 6, LANES = 8, CHUNKS = LL_GP_DRAWS / LANES };

/* Eight draws side by side: every operation on the small matrices is done for all of them at once. */
typedef double lanes __attribute__((vector_size(LANES * sizeof(double))));

/* --- draws --- */

static double centre_sum(const ll_gp_prior *p)
{
    double sum = 0;
    for (int b = 0; b < p->n_blocks; b++) sum += exp(p->blocks[b].log_weight);
    return sum;
}

void ll_gp_draws_make(const ll_gp_prior *p, uint64_t seed, ll_gp_draws *out)
{
    int nb = p->n_blocks, dim = nb + 2;
    double *points = LL_NEW_ARRAY(double, LL_GP_DRAWS *dim), centres = centre_sum(p);
    ll_sobol(LL_GP_DRAWS, dim, true, seed, points);
    *out = (ll_gp_draws){.n_blocks = nb};
    for (int m = 0; m < LL_GP_DRAWS; m++) {
        double sum = 0;
        for (int d = 0; d < dim; d++) points[m * dim + d] = ll_normal_quantile(points[m * dim + d]);
        const double *z = points + m * dim;
        for (int b = 0; b < nb; b++) {
            out->weight[b][m] = exp(p->blocks[b].log_weight + spread * z[b]);
            sum += out->weight[b][m];
        }
        out->noise[m] = sum * exp(noise_centre + noise_spread * z[nb]);
        out->slope[m] = p->slope_sd * exp(slope_spread * z[nb + 1]);
        out->b0[m] = 2 * out->slope[m] * out->slope[m] / centres;
    }
    free(points);
}

/* --- quantised latencies --- */

double ll_clock_step(const double *y_ms, int n)
{
    static const double steps[] = {10, 1, .5, .1};
    double middle = ll_median(y_ms, n);
    for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
        bool all = true;
        for (int i = 0; i < n && all; i++) {
            double ticks = y_ms[i] / steps[s];
            all = fabs(ticks - round(ticks)) < 1e-9 * (1 + fabs(ticks));
        }
        if (all && n) return steps[s] > coarse * middle ? steps[s] : 0;
    }
    return 0;
}

/* --- conditioning --- */

typedef struct fit {
    const ll_gp_prior *prior;
    const ll_gp_draws *draws;
    int k;
    double step;   /* of the coarse clock the samples come from, relative; 0: none */
    double *sel;   /* (k, dim) features of the samples */
    double *gram;  /* (n_blocks, k, k) */
    double *z, *h; /* (k) relative latency, slope direction */
    double *g;     /* (k) noise factor of each sample */
    lanes *chol;   /* (k, k) of one chunk */
    lanes *inv;    /* (k, k) inverse of it */
    lanes *s, *d;  /* (k) inv 1, inv (r - mu 1) */
    /* results of every draw */
    lanes *alpha, *pdiag; /* (CHUNKS, k) */
    lanes mu[CHUNKS], c[CHUNKS], t2[CHUNKS], logw[CHUNKS];
    double w[LL_GP_DRAWS];
} fit;

static const double *draw_lanes(const double *per_draw, int chunk)
{
    return per_draw + chunk * LANES;
}

static void load(lanes *to, const double *from)
{
    memcpy(to, from, sizeof *to);
}

/* Lower triangle of C = K + (jitter + R g) on the diagonal, for the draws of one chunk. */
static void fill_covariance(fit *x, int chunk)
{
    int k = x->k;
    lanes w, sum = {0}, noise;
    memset(x->chol, 0, (size_t)k * (size_t)k * sizeof *x->chol);
    for (int b = 0; b < x->prior->n_blocks; b++) {
        const double *gram = x->gram + (size_t)b * (size_t)k * (size_t)k;
        load(&w, draw_lanes(x->draws->weight[b], chunk));
        sum += w;
        for (int i = 0; i < k; i++)
            for (int j = 0; j <= i; j++) x->chol[i * k + j] += w * gram[i * k + j];
    }
    load(&noise, draw_lanes(x->draws->noise, chunk));
    for (int i = 0; i < k; i++) x->chol[i * k + i] += jitter * sum + noise * x->g[i];
}

/* In place; the diagonal comes out inverted. Returns log |C| in *logdet. */
static void factor(lanes *l, int k, lanes *logdet)
{
    lanes sum = {0};
    for (int i = 0; i < k; i++) {
        for (int j = 0; j <= i; j++) {
            lanes v = l[i * k + j];
            for (int t = 0; t < j; t++) v -= l[i * k + t] * l[j * k + t];
            if (j < i) {
                l[i * k + j] = v * l[j * k + j];
                continue;
            }
            for (int lane = 0; lane < LANES; lane++) {
                sum[lane] += log(v[lane]);
                v[lane] = 1 / sqrt(v[lane]);
            }
            l[i * k + i] = v;
        }
    }
    *logdet = sum;
}

/* inv = L⁻¹, lower triangle. */
static void invert(const lanes *l, int k, lanes *inv)
{
    for (int i = 0; i < k; i++) {
        for (int j = 0; j < i; j++) {
            lanes v = {0};
            for (int t = j; t < i; t++) v -= l[i * k + t] * inv[t * k + j];
            inv[i * k + j] = v * l[i * k + i];
        }
        inv[i * k + i] = l[i * k + i];
    }
}

/* mu by generalised least squares; s = L⁻¹1 and d = L⁻¹(r - mu 1). */
static void estimate_mean(fit *x, int chunk)
{
    int k = x->k;
    lanes slope, sd = {0}, ss = {0};
    load(&slope, draw_lanes(x->draws->slope, chunk));
    for (int i = 0; i < k; i++) {
        lanes s = {0}, d = {0};
        for (int j = 0; j <= i; j++) {
            s += x->inv[i * k + j];
            d += x->inv[i * k + j] * (x->z[j] - slope * x->h[j]);
        }
        x->s[i] = s;
        x->d[i] = d;
        ss += s * s;
        sd += s * d;
    }
    x->c[chunk] = ss;
    x->mu[chunk] = sd / ss;
    for (int i = 0; i < k; i++) x->d[i] -= x->mu[chunk] * x->s[i];
}

/* alpha = C⁻¹(r - mu 1) and the diagonal of C⁻¹ - C⁻¹11ᵀC⁻¹/c. */
static void estimate_duals(fit *x, int chunk)
{
    int k = x->k;
    lanes *alpha = x->alpha + chunk * k, *pdiag = x->pdiag + chunk * k;
    for (int j = 0; j < k; j++) {
        lanes a = {0}, diagonal = {0}, one = {0};
        for (int i = j; i < k; i++) {
            lanes m = x->inv[i * k + j];
            a += m * x->d[i];
            diagonal += m * m;
            one += m * x->s[i];
        }
        alpha[j] = a;
        pdiag[j] = diagonal - one * one / x->c[chunk];
    }
}

static void condition_chunk(fit *x, int chunk)
{
    lanes logdet, q = {0}, b0;
    fill_covariance(x, chunk);
    factor(x->chol, x->k, &logdet);
    invert(x->chol, x->k, x->inv);
    estimate_mean(x, chunk);
    estimate_duals(x, chunk);
    load(&b0, draw_lanes(x->draws->b0, chunk));
    for (int i = 0; i < x->k; i++) q += x->d[i] * x->d[i];
    double an = a0 + .5 * (x->k - 1);
    lanes bn = b0 + .5 * q;
    x->t2[chunk] = bn / an;
    for (int l = 0; l < LANES; l++)
        x->logw[chunk][l] = -.5 * (logdet[l] + log(x->c[chunk][l])) + a0 * log(b0[l]) - an * log(bn[l]);
}

/* Log density of a device's log noise: like that of the sources of its class (read from a coarse clock or
 * not). Without any: nothing is known, but that coarse clocks belong to noisy devices. */
static double noise_density(const fit *x, double log_sd)
{
    const ll_gp_prior *p = x->prior;
    double sum = 0, mean = 0, floor = fmax(least_noise, x->step / sqrt(12));
    int n = 0;
    for (int s = 0; s < p->n_sources; s++) {
        if (p->noise_sd[s] <= 0 || p->ticks[s] != (x->step > 0)) continue;
        double centre = log(fmax(p->noise_sd[s], floor)), z = (log_sd - centre) / noise_width;
        sum += exp(-.5 * z * z);
        mean += centre;
        n++;
    }
    if (!n && x->step <= 0) return 0;
    double centre = n ? mean / n : log(fmax(clock_noise, floor));
    double z = (log_sd - centre) / noise_width, wide_z = z / wide;
    double near = n ? sum / n : exp(-.5 * z * z);
    return log((1 - wide_share) * near + wide_share / wide * exp(-.5 * wide_z * wide_z));
}

static void weigh(fit *x)
{
    double most = -INFINITY, sum = 0;
    double *logw = (double *)x->logw, *t2 = (double *)x->t2;
    for (int m = 0; m < LL_GP_DRAWS; m++) logw[m] += noise_density(x, .5 * log(t2[m] * x->draws->noise[m]));
    for (int m = 0; m < LL_GP_DRAWS; m++) most = fmax(most, logw[m]);
    for (int m = 0; m < LL_GP_DRAWS; m++) sum += x->w[m] = exp(logw[m] - most);
    for (int m = 0; m < LL_GP_DRAWS; m++) x->w[m] /= sum;
}

/* One step of the scale-mixture form of Student-t noise: samples far from the fit get more of it. */
static void reweight(fit *x)
{
    for (int i = 0; i < x->k; i++) {
        double excess = 0;
        for (int chunk = 0; chunk < CHUNKS; chunk++) {
            lanes r, w, a = x->alpha[chunk * x->k + i], p = x->pdiag[chunk * x->k + i];
            load(&r, draw_lanes(x->draws->noise, chunk));
            load(&w, draw_lanes(x->w, chunk));
            lanes rg = r * x->g[i], e = rg * a, v = rg - rg * rg * p;
            for (int l = 0; l < LANES; l++) v[l] = fmax(v[l], 0);
            lanes part = w * (e * e / x->t2[chunk] + v) / r;
            for (int l = 0; l < LANES; l++) excess += part[l];
        }
        x->g[i] = fmin(fmax((nu + excess) / (nu + 1), least_factor), most_factor);
    }
}

static void condition_all(fit *x)
{
    for (int chunk = 0; chunk < CHUNKS; chunk++) condition_chunk(x, chunk);
    weigh(x);
}

static double relative_scale(const double *y, int k)
{
    double scale = ll_median(y, k);
    if (!(scale > 0)) scale = ll_mean(y, k);
    return scale > 0 ? scale : 1;
}

static void fit_init(fit *x, const ll_gp_prior *p, const ll_gp_draws *draws, const int *rows,
                     const double *y_ms, int k, double scale)
{
    size_t kk = (size_t)k * (size_t)k, dim = (size_t)p->dim;
    x->prior = p;
    x->draws = draws;
    x->k = k;
    x->step = ll_clock_step(y_ms, k) / scale;
    x->sel = LL_NEW_ARRAY(double, (size_t)k *dim);
    x->gram = LL_NEW_ARRAY(double, (size_t)p->n_blocks *kk);
    x->z = LL_NEW_ARRAY(double, 3 * k);
    x->h = x->z + k;
    x->g = x->h + k;
    x->chol = ll_alloc_aligned(2 * kk + (2 + 2 * CHUNKS) * (size_t)k, sizeof *x->chol);
    x->inv = x->chol + kk;
    x->s = x->inv + kk;
    x->d = x->s + k;
    x->alpha = x->d + k;
    x->pdiag = x->alpha + CHUNKS * k;
    for (int i = 0; i < k; i++) {
        memcpy(x->sel + (size_t)i * dim, p->phi + (size_t)rows[i] * dim, dim * sizeof *x->sel);
        x->z[i] = y_ms[i] / scale - 1;
        x->h[i] = p->slope[rows[i]];
        x->g[i] = 1;
    }
    for (int b = 0; b < p->n_blocks; b++)
        ll_dsyrk(false, k, p->blocks[b].dim, 1, x->sel + p->blocks[b].first, p->dim, 0,
                 x->gram + (size_t)b * kk, k);
}

static void fit_free(fit *x)
{
    free(x->sel);
    free(x->gram);
    free(x->z);
    free(x->chol);
    free(x);
}

/* --- from draws to feature space --- */

static double *weights_of_draw(const fit *x, int m, double *per_column)
{
    for (int b = 0; b < x->prior->n_blocks; b++)
        for (int c = 0; c < x->prior->blocks[b].dim; c++)
            per_column[x->prior->blocks[b].first + c] = x->draws->weight[b][m];
    return per_column;
}

/* beta = sum over draws of w e^th_b B_bᵀ alpha: one product per block with the weighted duals. */
static void mean_in_features(const fit *x, ll_gp_posterior *out)
{
    const ll_gp_prior *p = x->prior;
    double *dual = LL_NEW_ARRAY(double, x->k);
    const double *mu = (const double *)x->mu;
    for (int m = 0; m < LL_GP_DRAWS; m++) {
        out->constant += x->w[m] * mu[m];
        out->slope += x->w[m] * x->draws->slope[m];
    }
    for (int b = 0; b < p->n_blocks; b++) {
        for (int i = 0; i < x->k; i++) {
            dual[i] = 0;
            for (int m = 0; m < LL_GP_DRAWS; m++)
                dual[i] += x->w[m] * x->draws->weight[b][m] * x->alpha[m / LANES * x->k + i][m % LANES];
        }
        for (int i = 0; i < x->k; i++)
            for (int c = p->blocks[b].first; c < p->blocks[b].first + p->blocks[b].dim; c++)
                out->beta[c] += dual[i] * x->sel[(size_t)i * (size_t)p->dim + (size_t)c];
    }
    free(dual);
}

/* What the variance is made of: form = diag + plusᵀplus - minusᵀminus. */
typedef struct form_parts {
    double *diagonal; /* (dim) */
    double *plus;     /* (n_plus, dim+2) */
    double *minus;    /* (n_minus, dim) */
    double *features; /* (k, dim) scratch */
    double *inverse;  /* (k, k) scratch */
    int n_plus, n_minus;
} form_parts;

/* Adds draw m, whose inverse factor stands in x->inv (lane m % LANES). */
static void add_draw(const fit *x, int m, const ll_gp_posterior *q, form_parts *parts)
{
    int k = x->k, dim = x->prior->dim, chunk = m / LANES, l = m % LANES;
    double t2 = x->t2[chunk][l], c = x->c[chunk][l], w = x->w[m];
    double *minus = parts->minus + (size_t)parts->n_minus * (size_t)dim;
    double *mean = parts->plus + (size_t)parts->n_plus * (size_t)(dim + 2), *between = mean + dim + 2;
    double *weight = weights_of_draw(x, m, between + 2);
    for (int i = 0; i < k; i++)
        for (int j = 0; j < k; j++) parts->inverse[i * k + j] = j <= i ? x->inv[i * k + j][l] : 0;
    ll_dgemm(false, false, k, dim, k, 1, parts->inverse, k, x->sel, dim, 0, minus, dim);
    for (int i = 0; i < k; i++)
        for (int col = 0; col < dim; col++) {
            minus[i * dim + col] *= sqrt(w * t2) * weight[col];
            mean[2 + col] -= minus[i * dim + col] * x->s[i][l] / sqrt(c);
        }
    mean[0] = sqrt(w * t2 / c);
    for (int col = 0; col < dim; col++) parts->diagonal[col] += w * t2 * weight[col];
    memset(parts->features, 0, (size_t)dim * sizeof(double));
    for (int i = 0; i < k; i++)
        for (int col = 0; col < dim; col++)
            parts->features[col] +=
                x->alpha[chunk * k + i][l] * x->sel[(size_t)i * (size_t)dim + (size_t)col];
    for (int col = 0; col < dim; col++)
        between[2 + col] = sqrt(w) * (weight[col] * parts->features[col] - q->beta[col]);
    between[0] = sqrt(w) * (x->mu[chunk][l] - q->constant);
    between[1] = sqrt(w) * (x->draws->slope[m] - q->slope);
    parts->n_minus += k;
    parts->n_plus += 2;
}

static double noise_variance(const fit *x)
{
    double sum = 0;
    const double *t2 = (const double *)x->t2;
    for (int m = 0; m < LL_GP_DRAWS; m++) sum += x->w[m] * t2[m] * x->draws->noise[m];
    return noise_inflation * sum;
}

static void assemble_form(const form_parts *parts, int dim, double kept, double *form)
{
    int e = dim + 2;
    ll_dsyrk(true, e, parts->n_plus, 1 / kept, parts->plus, e, 0, form, e);
    double *inner = form + 2 * e + 2, *minus = LL_NEW_ARRAY(double, dim *dim);
    ll_dsyrk(true, dim, parts->n_minus, 1 / kept, parts->minus, dim, 0, minus, dim);
    for (int i = 0; i < dim; i++) {
        inner[i * e + i] += parts->diagonal[i] / kept;
        for (int j = 0; j < dim; j++) inner[i * e + j] -= minus[i * dim + j];
    }
    free(minus);
}

/* Variance of f within the draws and between them, as one quadratic form. */
static void variance_in_features(fit *x, ll_gp_posterior *out)
{
    int k = x->k, dim = x->prior->dim, e = dim + 2, heavy = 0;
    double kept = 0;
    for (int m = 0; m < LL_GP_DRAWS; m++)
        if (x->w[m] > least_weight) {
            heavy++;
            kept += x->w[m];
        }
    size_t minus = (size_t)heavy * (size_t)k * (size_t)dim, plus = 2 * (size_t)heavy * (size_t)e;
    double *space = LL_NEW_ARRAY(double, minus + plus + 2 * (size_t)dim + (size_t)k * (size_t)k);
    form_parts parts = {.minus = space, .plus = space + minus};
    parts.diagonal = parts.plus + plus;
    parts.features = parts.diagonal + dim;
    parts.inverse = parts.features + dim;
    for (int chunk = 0; chunk < CHUNKS; chunk++) {
        condition_chunk(x, chunk);
        for (int m = chunk * LANES; m < (chunk + 1) * LANES; m++)
            if (x->w[m] > least_weight) add_draw(x, m, out, &parts);
    }
    out->form = LL_NEW_ARRAY(double, e *e);
    assemble_form(&parts, dim, kept, out->form);
    free(space);
}

void ll_gp_condition(const ll_gp_prior *p, const ll_gp_draws *draws, const int *rows, const double *y_ms,
                     int k, bool variance, ll_gp_posterior *out)
{
    fit *x = ll_alloc_aligned(1, sizeof *x);
    double scale = relative_scale(y_ms, k);
    fit_init(x, p, draws, rows, y_ms, k, scale);
    condition_all(x);
    for (int pass = 0; pass < PASSES; pass++) {
        reweight(x);
        condition_all(x);
    }
    *out = (ll_gp_posterior){.dim = p->dim, .scale_ms = scale, .dof = 2 * a0 + k - 1, .spread = 1};
    out->beta = LL_NEW_ARRAY(double, p->dim);
    out->robust = ll_memdup(x->g, (size_t)k, sizeof *x->g);
    memcpy(out->weight, x->w, sizeof x->w);
    for (int m = 0; m < LL_GP_DRAWS; m++) out->b[m] = .5 * out->dof * x->t2[m / LANES][m % LANES];
    mean_in_features(x, out);
    out->noise = noise_variance(x);
    if (variance) variance_in_features(x, out);
    fit_free(x);
}

void ll_gp_posterior_free(ll_gp_posterior *q)
{
    free(q->beta);
    free(q->form);
    free(q->robust);
    *q = (ll_gp_posterior){0};
}

/* --- prediction --- */

static void chunk_variance(const ll_gp_posterior *q, const double *psi, double *product, int n, double *sd_ms)
{
    int e = q->dim + 2;
    ll_dgemm(false, false, n, e, e, 1, psi, e, q->form, e, 0, product, e);
    for (int i = 0; i < n; i++) {
        double f = ll_ddot(e, psi + i * e, product + i * e);
        sd_ms[i] = q->spread * q->scale_ms * sqrt(fmax(f, 0) + q->noise);
    }
}

void ll_gp_posterior_predict(const ll_gp_posterior *q, const ll_gp_prior *p, const int *rows, int n_rows,
                             double *mean_ms, double *sd_ms)
{
    enum { CHUNK = 128 };
    int e = q->dim + 2;
    double *psi = LL_NEW_ARRAY(double, 2 * CHUNK * e), *product = psi + CHUNK * e;
    for (int from = 0; from < n_rows; from += CHUNK) {
        int n = n_rows - from < CHUNK ? n_rows - from : CHUNK;
        for (int i = 0; i < n; i++) {
            int row = rows ? rows[from + i] : from + i;
            const double *phi = p->phi + (size_t)row * (size_t)p->dim;
            double f = q->constant + q->slope * p->slope[row] + ll_ddot(q->dim, phi, q->beta);
            mean_ms[from + i] = q->scale_ms * (1 + f);
            if (!sd_ms) continue;
            psi[i * e] = 1;
            psi[i * e + 1] = p->slope[row];
            memcpy(psi + i * e + 2, phi, (size_t)q->dim * sizeof *phi);
        }
        if (sd_ms) chunk_variance(q, psi, product, n, sd_ms + from);
    }
    free(psi);
}
