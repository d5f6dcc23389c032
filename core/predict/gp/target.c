#include "core/predict/gp/target.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/num/blas.h"
#include "core/num/sobol.h"
#include "core/num/stats.h"
#include "core/predict/gp/fit.h"

static const double spread = 1.5;                        /* of the log weights */
static const double noise_centre = -3, noise_spread = 2; /* of log R / sum e^th */
static const double slope_spread = .7;
/* Draws of each kind of device, and the prior share of all of them; the first kind has what the others leave. With .03 or
 * .1 for the two in the middle about the same is reached, and with .05 to .15 for mixtures; with 64 draws of the first,
 * devices that execute what is written lose .01 to .03 at 10 samples. */
static const struct {
    int draws;
    double share;
} kinds[LL_GP_KINDS] = {{128, 0}, {32, .05}, {32, .05}, {64, .1}};
/* Degrees of freedom of the Student-t noise, and bounds of a sample's factor. Clocks of whole milliseconds are those of phones,
 * whose processor is shared: what disturbs a measurement there delays it, by far more than chance would, and the more the longer
 * it runs. One in forty of samsung_a50's latencies on FBNet lies above the fit by 16 and more of its deviations; below, by 2. */
static const double nu = 3, nu_of_delays = .5, least_factor = .5, most_factor = 50;
/* From and to which latency over the median a phone's noise is taken to grow with it. */
static const double least_relative = .2, most_relative = 5;
static const double noise_inflation = 1.4; /* a new measurement's variance over R */
static const double coarse = .005;         /* a clock step over this share of the median matters */
static const double clock_noise = .05, least_noise = .002, noise_width = .7, wide = 3, wide_share = .1;
enum { PASSES = 6 };

/* --- draws --- */

/* A block that a draw does not look at. */
static bool is_absent(const ll_gp_prior_block *b, int kind)
{
    return isinf(b->log_weight[kind]);
}

/* How many blocks a draw of this kind looks at, and the sum of the centres of their weights. */
static int count_blocks(const ll_gp_prior *p, int kind, double *weights)
{
    int n = 0;
    *weights = 0;
    for (int b = 0; b < p->n_blocks; b++) {
        if (is_absent(&p->blocks[b], kind)) continue;
        *weights += exp(p->blocks[b].log_weight[kind]);
        n++;
    }
    return n;
}

/* Whose direction of "more work" it follows. */
static int execution_of(int kind)
{
    return kind == LL_GP_MIXED ? LL_GP_PRUNED : kind;
}

/* z: a normal variable for each block that is looked at, for the noise and for the slope. */
static void make_draw(const ll_gp_prior *p, int kind, const double *z, int m, ll_gp_draws *out)
{
    double sum = 0, centres, slope;
    int n = count_blocks(p, kind, &centres), at = 0, execution = execution_of(kind);
    for (int b = 0; b < p->n_blocks; b++) {
        if (is_absent(&p->blocks[b], kind)) continue;
        out->weight[b][m] = exp(p->blocks[b].log_weight[kind] + spread * z[at++]);
        sum += out->weight[b][m];
    }
    out->noise[m] = sum * exp(noise_centre + noise_spread * z[n]);
    slope = p->slope_sd[execution] * exp(slope_spread * z[n + 1]);
    out->slope[execution][m] = slope;
    out->b0[m] = 2 * slope * slope / centres;
}

/* Of all devices, those of this kind. */
static double share_of(const ll_gp_prior *p, int kind)
{
    double left = 1;
    for (int k = 1; k < p->n_kinds; k++) left -= kinds[k].share;
    return kind ? kinds[kind].share : left;
}

double ll_gp_block_weight(const ll_gp_prior *p, int block)
{
    double weight = 0;
    for (int k = 0; k < p->n_kinds; k++) weight += share_of(p, k) * exp(p->blocks[block].log_weight[k]);
    return weight;
}

static void make_draws(const ll_gp_prior *p, int kind, uint64_t seed, ll_gp_draws *out)
{
    double centres;
    int n = kinds[kind].draws, dim = count_blocks(p, kind, &centres) + 2;
    double *points = LL_NEW_ARRAY(double, dim *n);
    ll_sobol(n, dim, true, seed, points);
    for (int i = 0; i < dim * n; i++) points[i] = ll_normal_quantile(points[i]);
    for (int m = 0; m < n; m++) {
        out->kind[out->n] = kind;
        out->log_prior[out->n] = log(share_of(p, kind) / n);
        make_draw(p, kind, points + m * dim, out->n++, out);
    }
    free(points);
}

void ll_gp_draws_make(const ll_gp_prior *p, uint64_t seed, ll_gp_draws *out)
{
    *out = (ll_gp_draws){.n_blocks = p->n_blocks};
    for (int k = 0; k < p->n_kinds; k++) make_draws(p, k, seed + (uint64_t)k, out);
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

/* Log density of a device's log noise: like that of the sources of its class (read from a coarse clock or
 * not). Without any: nothing is known, but that coarse clocks belong to noisy devices. */
static double noise_density(const ll_gp_fit *x, double log_sd)
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

static void weigh(ll_gp_fit *x)
{
    double most = -INFINITY, sum = 0;
    double *logw = (double *)x->logw, *t2 = (double *)x->t2;
    for (int m = 0; m < x->draws->n; m++)
        logw[m] += x->draws->log_prior[m] + noise_density(x, .5 * log(t2[m] * x->draws->noise[m]));
    for (int m = 0; m < x->draws->n; m++) most = fmax(most, logw[m]);
    for (int m = 0; m < x->draws->n; m++) sum += x->w[m] = exp(logw[m] - most);
    for (int m = 0; m < x->draws->n; m++) x->w[m] /= sum;
}

/* Sample i about the fit: its deviation in the mean over the draws, and their mean of (deviation² + variance) over the noise
 * that a sample usually has. */
static void look_at(const ll_gp_fit *x, int i, double *deviation, double *excess)
{
    *deviation = *excess = 0;
    for (int chunk = 0; chunk < x->draws->n / LANES; chunk++) {
        lanes r, w, a = x->alpha[chunk * x->k + i], p = x->pdiag[chunk * x->k + i];
        load(&r, draw_lanes(x->draws->noise, chunk));
        load(&w, draw_lanes(x->w, chunk));
        lanes rg = r * x->g[i], e = rg * a, v = rg - rg * rg * p;
        for (int l = 0; l < LANES; l++) v[l] = fmax(v[l], 0);
        lanes part = w * (e * e / x->t2[chunk] + v) / r, mean = w * e;
        for (int l = 0; l < LANES; l++) *excess += part[l];
        for (int l = 0; l < LANES; l++) *deviation += mean[l];
    }
}

double ll_gp_phone_noise(double latency)
{
    return fmin(fmax(latency, least_relative), most_relative);
}

/* One step of the scale-mixture form of Student-t noise: samples far from the fit get more of it. */
static void reweight(ll_gp_fit *x)
{
    bool phone = x->step > 0;
    for (int i = 0; i < x->k; i++) {
        double deviation, excess, usual = 1;
        look_at(x, i, &deviation, &excess);
        if (phone) usual = pow(ll_gp_phone_noise(1 + x->z[i] - deviation), 2);
        double dof = phone && deviation > 0 ? nu_of_delays : nu;
        x->more[i] = fmin(fmax((dof + excess / usual) / (dof + 1), least_factor), most_factor);
        x->g[i] = usual * x->more[i];
    }
}

static void condition_all(ll_gp_fit *x)
{
    for (int chunk = 0; chunk < x->draws->n / LANES; chunk++)
        (x->wide ? ll_gp_fit_features : ll_gp_fit_samples)(x, chunk);
    weigh(x);
    x->passes++;
}

static double relative_scale(const double *y, int k)
{
    double scale = ll_median(y, k);
    if (!(scale > 0)) scale = ll_mean(y, k);
    return scale > 0 ? scale : 1;
}

/* As many as a draw of any kind looks at. */
static int most_columns(const ll_gp_prior *p)
{
    int most = 0;
    for (int kind = 0; kind < p->n_kinds; kind++) {
        int dim = 0;
        for (int b = 0; b < p->n_blocks; b++) dim += is_absent(&p->blocks[b], kind) ? 0 : p->blocks[b].dim;
        most = dim > most ? dim : most;
    }
    return most;
}

/* What the way over the samples needs, of size k^2. */
static void fit_init_samples(ll_gp_fit *x)
{
    const ll_gp_prior *p = x->prior;
    int k = x->k;
    size_t kk = (size_t)k * (size_t)k;
    x->gram = LL_NEW_ARRAY(double, kk *(size_t)p->n_blocks);
    x->chol = ll_alloc_aligned(2 * kk + 3 * (size_t)k, sizeof *x->chol);
    x->inv = x->chol + kk;
    x->s = x->inv + kk;
    x->d = x->s + k;
    x->r = x->d + k;
    for (int b = 0; b < p->n_blocks; b++)
        ll_dsyrk(false, k, p->blocks[b].dim, 1, x->sel + p->blocks[b].first, p->dim, 0,
                 x->gram + (size_t)b * kk, k);
}

static void fit_init(ll_gp_fit *x, const ll_gp_prior *p, const ll_gp_draws *draws, const int *rows,
                     const double *y_ms, int k, double scale)
{
    size_t dim = (size_t)p->dim;
    x->prior = p;
    x->draws = draws;
    x->k = k;
    x->step = ll_clock_step(y_ms, k) / scale;
    x->sel = LL_NEW_ARRAY(double, dim *(size_t)k);
    x->wide = k > most_columns(p);
    x->z = LL_NEW_ARRAY(double, (3 + LL_GP_EXECUTIONS) * k);
    x->g = x->z + k;
    x->more = x->g + k;
    for (int e = 0; e < LL_GP_EXECUTIONS; e++) x->h[e] = x->more + (1 + e) * k;
    x->alpha = ll_alloc_aligned(2 * CHUNKS * (size_t)k, sizeof *x->alpha);
    x->pdiag = x->alpha + CHUNKS * k;
    for (int i = 0; i < k; i++) {
        memcpy(x->sel + (size_t)i * dim, p->phi + (size_t)rows[i] * dim, dim * sizeof *x->sel);
        x->z[i] = y_ms[i] / scale - 1;
        for (int e = 0; e < p->n_executions; e++) x->h[e][i] = p->slope[e][rows[i]];
        x->g[i] = x->more[i] = 1;
    }
    if (!x->wide) fit_init_samples(x);
}

static void fit_free(ll_gp_fit *x)
{
    free(x->sel);
    free(x->gram);
    free(x->z);
    free(x->chol);
    free(x->alpha);
    free(x);
}

/* beta = sum over draws of w e^th_b B_bᵀ alpha: one product per block with the weighted duals. */
static void mean_in_features(const ll_gp_fit *x, ll_gp_posterior *out)
{
    const ll_gp_prior *p = x->prior;
    double *dual = LL_NEW_ARRAY(double, x->k);
    const double *mu = (const double *)x->mu;
    for (int m = 0; m < x->draws->n; m++) {
        out->constant += x->w[m] * mu[m];
        for (int e = 0; e < x->prior->n_executions; e++) out->slope[e] += x->w[m] * x->draws->slope[e][m];
        out->kind[x->draws->kind[m]] += x->w[m];
    }
    for (int b = 0; b < p->n_blocks; b++) {
        for (int i = 0; i < x->k; i++) {
            dual[i] = 0;
            for (int m = 0; m < x->draws->n; m++)
                dual[i] += x->w[m] * x->draws->weight[b][m] * x->alpha[m / LANES * x->k + i][m % LANES];
        }
        for (int i = 0; i < x->k; i++)
            for (int c = p->blocks[b].first; c < p->blocks[b].first + p->blocks[b].dim; c++)
                out->beta[c] += dual[i] * x->sel[(size_t)i * (size_t)p->dim + (size_t)c];
    }
    free(dual);
}

static double noise_variance(const ll_gp_fit *x)
{
    double sum = 0;
    const double *t2 = (const double *)x->t2;
    for (int m = 0; m < x->draws->n; m++) sum += x->w[m] * t2[m] * x->draws->noise[m];
    return noise_inflation * sum;
}

double ll_gp_core_noise(const ll_gp_posterior *q)
{
    return q->noise / noise_inflation;
}

/* --- leave one out --- */

/* Log density of a Student-t variable at e, up to a constant that depends on dof alone. */
static double log_student(double e, double variance, double dof)
{
    return -.5 * log(variance) - .5 * (dof + 1) * log1p(e * e / (dof * variance));
}

/* Sample i predicted from the others under draw m: deviation, variance of a measurement about it, and the log
 * density of what was measured (Rasmussen and Williams, GPML, 5.4.2). The noise factor of the sample itself
 * drops out of the deviation and is replaced by that of a new measurement in the variance. */
static void leave_out(const ll_gp_fit *x, int i, int m, double *e, double *variance, double *density)
{
    int chunk = m / LANES, l = m % LANES;
    double alpha = x->alpha[chunk * x->k + i][l], p = x->pdiag[chunk * x->k + i][l], r = x->draws->noise[m];
    double an = a0 + .5 * (x->k - 1) - .5;
    double t2 = fmax(x->t2[chunk][l] * (an + .5) - .5 * alpha * alpha / p, 1e-12 * x->t2[chunk][l]) / an;
    *e = alpha / p;
    *variance = t2 * (fmax(1 / p - r * x->g[i], 0) + noise_inflation * r);
    *density = log_student(*e, t2 / p, 2 * an);
}

/* Draws are weighted by what the other samples say of them. */
static void leave_out_mixed(const ll_gp_fit *x, int i, ll_gp_posterior *out)
{
    double e[LL_GP_DRAWS], v[LL_GP_DRAWS], w[LL_GP_DRAWS], most = -INFINITY, sum = 0, mean = 0, variance = 0;
    for (int m = 0; m < x->draws->n; m++) {
        leave_out(x, i, m, &e[m], &v[m], &w[m]);
        w[m] = log(x->w[m]) - w[m];
        most = fmax(most, w[m]);
    }
    for (int m = 0; m < x->draws->n; m++) {
        w[m] = exp(w[m] - most);
        sum += w[m];
        mean += w[m] * e[m];
    }
    mean /= sum;
    for (int m = 0; m < x->draws->n; m++) variance += w[m] / sum * (v[m] + (e[m] - mean) * (e[m] - mean));
    out->left_out[i] = mean / sqrt(variance);
    out->left_out_ms[i] = out->scale_ms * (1 + x->z[i] - mean);
}

void ll_gp_condition(const ll_gp_prior *p, const ll_gp_draws *draws, const int *rows, const double *y_ms,
                     int k, bool variance, ll_gp_posterior *out)
{
    ll_gp_fit *x = ll_alloc_aligned(1, sizeof *x);
    double scale = relative_scale(y_ms, k);
    fit_init(x, p, draws, rows, y_ms, k, scale);
    condition_all(x);
    for (int pass = 0; pass < PASSES; pass++) {
        reweight(x);
        condition_all(x);
    }
    *out = (ll_gp_posterior){.dim = p->dim,
                             .width = 1 + p->n_executions + p->dim,
                             .n_draws = draws->n,
                             .scale_ms = scale,
                             .dof = 2 * a0 + k - 1,
                             .spread = 1};
    out->beta = LL_NEW_ARRAY(double, p->dim);
    out->robust = ll_memdup(x->g, (size_t)k, sizeof *x->g);
    out->outlying = ll_memdup(x->more, (size_t)k, sizeof *x->more);
    out->left_out = LL_NEW_ARRAY(double, k);
    out->left_out_ms = LL_NEW_ARRAY(double, k);
    for (int i = 0; i < k && k > 1; i++) leave_out_mixed(x, i, out);
    memcpy(out->weight, x->w, sizeof x->w);
    for (int m = 0; m < x->draws->n; m++) out->b[m] = .5 * out->dof * x->t2[m / LANES][m % LANES];
    mean_in_features(x, out);
    out->noise = noise_variance(x);
    if (variance) ll_gp_fit_form(x, out);
    fit_free(x);
}

void ll_gp_posterior_free(ll_gp_posterior *q)
{
    free(q->beta);
    free(q->form);
    free(q->robust);
    free(q->outlying);
    free(q->left_out);
    free(q->left_out_ms);
    *q = (ll_gp_posterior){0};
}

/* --- prediction --- */

/* Always as many rows in a product: a row then gets the same bits in any company. */
enum { TILE = 128 };

static void tile_variance(const ll_gp_posterior *q, const double *psi, double *product, int n, double *sd_ms)
{
    int e = q->width;
    ll_dgemm(false, false, TILE, e, e, 1, psi, e, q->form, e, 0, product, e);
    for (int i = 0; i < n; i++) {
        double f = ll_ddot(e, psi + i * e, product + i * e);
        sd_ms[i] = q->spread * q->scale_ms * sqrt(fmax(f, 0) + q->noise);
    }
}

/* (1, h, phi) of a row, with which a prediction is a product. */
static void fill_psi(const ll_gp_prior *p, int row, double *psi)
{
    *psi++ = 1;
    for (int e = 0; e < p->n_executions; e++) *psi++ = p->slope[e][row];
    memcpy(psi, p->phi + (size_t)row * (size_t)p->dim, (size_t)p->dim * sizeof *psi);
}

double ll_gp_prior_value(const ll_gp_prior *p, int row, double constant, const double *slope,
                         const double *beta)
{
    double f = constant;
    for (int e = 0; e < p->n_executions; e++) f += slope[e] * p->slope[e][row];
    return f + ll_ddot(p->dim, p->phi + (size_t)row * (size_t)p->dim, beta);
}

void ll_gp_posterior_predict(const ll_gp_posterior *q, const ll_gp_prior *p, const int *rows, int n_rows,
                             double *mean_ms, double *sd_ms)
{
    int e = q->width;
    double *psi = LL_NEW_ARRAY(double, 2 * TILE * e), *product = psi + TILE * e;
    for (int from = 0; from < n_rows; from += TILE) {
        int n = n_rows - from < TILE ? n_rows - from : TILE;
        for (int i = 0; i < n; i++) {
            int row = rows ? rows[from + i] : from + i;
            mean_ms[from + i] = q->scale_ms * (1 + ll_gp_prior_value(p, row, q->constant, q->slope, q->beta));
            if (sd_ms) fill_psi(p, row, psi + i * e);
        }
        if (sd_ms) tile_variance(q, psi, product, n, sd_ms + from);
    }
    free(psi);
}
