/* AdaProxy (OneProxy, Lu et al., SIGMETRICS 2021, section 5): adapt the linear latency model of one proxy device to the
 * target. With X the one-hot and a constant, the proxy's weights are w = X⁺ y_proxy; on the k samples
 *     min over a, c, b of (1/k) |X (w * (a 1 + b)) + c 1 - y|² + lambda |b|_p,    p = 1, 2 or inf,
 * where a (scale) and c (offset) are free. When the proxy's ranking already agrees with the samples, it is used as it
 * is. The one-hot has more columns than rank, so the pseudo-inverse is truncated. */
#include "core/predict/simple/adaproxy_fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/base/text/quote.h"
#include "core/num/linalg.h"
#include "core/num/stats.h"
#include "core/predict/simple/simple.h"
#include "core/predict/source_table.h"

static const ll_option transfer_options[] = {
    LL_OPT_WORD("proxy", NULL, "the source device to adapt; default: the one that ranks the samples best",
                LL_OF(DEVICE)),
    LL_OPT_CHOICE("penalty", "l2", "l1|l2|inf", "norm of the correction"),
    LL_OPT_REAL("reuse", "0.9", -1, 2,
                "Spearman on the samples from which the proxy's ranking is used as it is; 2: never"),
    {0},
};

/* Proxies: source devices with a linear model each (latency / mean). */
typedef struct adaproxy_model {
    const ll_space *space;
    int dim;
    ll_source_table sources;
    double **weight; /* (sources.names.n), (dim) each; NULL: it has no latency above zero to learn from */
} adaproxy_model;

/* A proxy's ranking as it is, or its linear model corrected. */
typedef struct adaproxy_adapted {
    int reused;         /* which proxy, -1: the fit */
    ll_linear_fit *fit; /* NULL: reused */
} adaproxy_adapted;

static int dim_of(const ll_space *s)
{
    return s->n_positions * s->n_ops + 1;
}

static void fill_row(const ll_space *s, const uint8_t *gene, double *row)
{
    ll_simple_onehot(s, gene, row);
    row[s->n_positions * s->n_ops] = 1;
}

static void release(void *model)
{
    adaproxy_model *m = model;
    for (int i = 0; i < m->sources.names.n; i++) free(m->weight[i]);
    free(m->weight);
    ll_source_table_free(&m->sources);
    free(m);
}

/* --- source devices --- */

/* w = X⁺ y with y = latency / mean, over the rows the device knows. */
static bool fit_weights(const ll_pretrain_job *job, const double *lat_ms, int dim, double *w)
{
    int n = 0, most = job->n_rows > dim ? job->n_rows : dim;
    double *x = LL_NEW_ARRAY(double, (size_t)most *(size_t)dim), *y = LL_NEW_ARRAY(double, most);
    for (int i = 0; i < job->n_rows; i++) {
        if (isnan(lat_ms[job->rows[i]])) continue;
        fill_row(job->archs->space, ll_arch(job->archs, job->rows[i]), x + (size_t)n * (size_t)dim);
        y[n++] = lat_ms[job->rows[i]];
    }
    double mean = n ? ll_mean(y, n) : 0;
    for (int i = 0; i < n && mean > 0; i++) y[i] /= mean;
    bool good = mean > 0 && ll_least_squares(n, dim, 1, x, dim, y, 1, 1e-8) > 0;
    if (good) memcpy(w, y, (size_t)dim * sizeof *w);
    free(x);
    free(y);
    return good;
}

static ll_status pretrain(const ll_pretrain_job *job, void **model, ll_error *e)
{
    adaproxy_model *m = LL_NEW(adaproxy_model);
    int n = job->sources.n, fitted = 0;
    *m = (adaproxy_model){.space = job->archs->space, .dim = dim_of(job->archs->space)};
    m->weight = LL_NEW_ARRAY(double *, n + 1);
    ll_source_table_init(&m->sources, job);
    for (int i = 0; i < n; i++) {
        double *w = LL_NEW_ARRAY(double, m->dim);
        if (fit_weights(job, job->sources.lat_ms[i], m->dim, w))
            m->weight[i] = w;
        else
            free(w);
        fitted += m->weight[i] != NULL;
    }
    if (fitted) {
        *model = m;
        return LL_OK;
    }
    release(m);
    return ll_fail(e, LL_FAILED,
                   "no source device has a latency above zero on the architectures to learn from");
}

/* --- target --- */

static double predict_row(const ll_space *s, const double *w, const uint8_t *gene)
{
    double sum = w[s->n_positions * s->n_ops];
    for (int p = 0; p < s->n_positions; p++) sum += w[p * s->n_ops + gene[p]];
    return sum;
}

/* The proxy's own latency, or its linear model's (to the same scale) where it was never measured. */
static double proxy_latency(const adaproxy_model *m, int proxy, const uint8_t *gene, double mean)
{
    double measured = ll_source_latency(&m->sources, proxy, gene);
    return isnan(measured) ? mean * predict_row(m->space, m->weight[proxy], gene) : measured;
}

static double mean_known(const adaproxy_model *m, int proxy)
{
    const double *v = ll_source_column(&m->sources, proxy);
    double sum = 0;
    int known = 0;
    for (int i = 0; i < m->sources.archs->n; i++)
        if (!isnan(v[i])) {
            sum += v[i];
            known++;
        }
    return known ? sum / known : 0;
}

static double agreement(const adaproxy_model *m, int proxy, const ll_measured *samples)
{
    int k = samples->archs->n;
    double *v = LL_NEW_ARRAY(double, k), mean = mean_known(m, proxy);
    for (int i = 0; i < k; i++) v[i] = proxy_latency(m, proxy, ll_arch(samples->archs, i), mean);
    double rho = ll_spearman(v, samples->lat_ms, k);
    free(v);
    return isnan(rho) ? 0 : rho;
}

/* The named proxy, or the one that ranks the samples best, -1: not there; *rho is its agreement. */
static int choose_proxy(const adaproxy_model *m, const ll_adapt_job *job, double *rho, ll_error *e)
{
    const char *name = ll_word(job->options, "proxy");
    int best = -1, n = m->sources.names.n;
    for (int i = 0; i < n; i++) {
        if (!m->weight[i] || (name && strcmp(name, m->sources.names.v[i]))) continue;
        double r = agreement(m, i, &job->samples);
        if (best >= 0 && r <= *rho) continue;
        best = i;
        *rho = r;
    }
    if (best < 0)
        ll_fail(e, LL_USAGE, "proxy=%s is none of the %d source devices this model has seen", name, n);
    return best;
}

static void feature(const void *model, const ll_linear_fit *f, const uint8_t *gene, double *row)
{
    fill_row(((const adaproxy_model *)model)->space, gene, row);
}

static ll_linear_fit *correct(const adaproxy_model *m, int proxy, const ll_adapt_job *job, double mean)
{
    const double *weight = m->weight[proxy];
    int dim = m->dim, k = job->samples.archs->n;
    double *z = LL_NEW_ARRAY(double, (size_t)k *(size_t)dim), *y = LL_NEW_ARRAY(double, k);
    ll_linear_fit *out = ll_linear_fit_new(dim, 0);
    for (int i = 0; i < k; i++) {
        double *row = z + (size_t)i * (size_t)dim;
        fill_row(m->space, ll_arch(job->samples.archs, i), row);
        for (int c = 0; c < dim; c++) row[c] *= weight[c];
        y[i] = job->samples.lat_ms[i] / mean;
    }
    ll_adaproxy_fit fit = {.b = LL_NEW_ARRAY(double, dim)};
    ll_adaproxy_solve(z, k, dim, y, ll_adaproxy_norm_find(ll_word(job->options, "penalty")), job->seed, &fit);
    for (int c = 0; c < dim; c++) out->w[c] = mean * weight[c] * (fit.a + fit.b[c]);
    out->offset = mean * fit.c;
    ll_json_num(job->info, "lambda_share", fit.lambda_share);
    ll_json_num(job->info, "scale", fit.a);
    free(fit.b);
    free(y);
    free(z);
    return out;
}

static ll_status adapt(const void *model, const ll_adapt_job *job, void **adapted, ll_error *e)
{
    const adaproxy_model *m = model;
    double mean = ll_mean(job->samples.lat_ms, job->samples.archs->n), rho = 0;
    int chosen = choose_proxy(m, job, &rho, e);
    if (chosen < 0) return LL_USAGE;
    bool as_is = rho >= ll_real(job->options, "reuse");
    ll_json_str(job->info, "proxy", m->sources.names.v[chosen]);
    ll_json_num(job->info, "agreement", rho);
    ll_json_bool(job->info, "reused", as_is);
    adaproxy_adapted *a = *adapted = LL_NEW(adaproxy_adapted);
    a->reused = as_is ? chosen : -1;
    if (!as_is) a->fit = correct(m, chosen, job, mean);
    return LL_OK;
}

static ll_status predict(const void *model, const void *adapted, const ll_predict_job *job,
                         ll_prediction *out, ll_error *e)
{
    const adaproxy_model *m = model;
    const adaproxy_adapted *a = adapted;
    if (a->fit) {
        ll_linear_fit_predict(m, a->fit, feature, job, out);
        return LL_OK;
    }
    double mean = mean_known(m, a->reused);
    ll_prediction_new(out, job->archs->n, false, false);
    for (int i = 0; i < out->n; i++)
        out->score[i] = proxy_latency(m, a->reused, ll_arch(job->archs, i), mean);
    return LL_OK;
}

static void release_adapted(void *adapted)
{
    adaproxy_adapted *a = adapted;
    ll_linear_fit_free(a->fit);
    free(a);
}

/* --- as tensors --- */

static ll_status save_adapted(const void *adapted, ll_tensors *out, ll_error *e)
{
    const adaproxy_adapted *a = adapted;
    ll_tensors_add(out, "adaproxy.reused", LL_I32, 1, (long[]){1}, &(int32_t){a->reused});
    return a->fit ? ll_linear_fit_save(a->fit, out, e) : LL_OK;
}

static ll_status load_adapted(const void *model, const ll_tensors *in, void **adapted, ll_error *e)
{
    const adaproxy_model *m = model;
    const ll_tensor *reused;
    void *fit = NULL;
    ll_status s = ll_tensors_need(in, "adaproxy.reused", LL_I32, 1, (long[]){1}, &reused, e);
    if (s) return s;
    int which = *(const int32_t *)reused->data;
    if (which >= m->sources.names.n || (which >= 0 && !m->weight[which]))
        return ll_fail(e, LL_BAD_DATA, "tensor adaproxy.reused: %d is no proxy of this model", which);
    if (which < 0) s = ll_linear_fit_load_dim(in, m->dim, &fit, e);
    if (s) return s;
    adaproxy_adapted *a = *adapted = LL_NEW(adaproxy_adapted);
    *a = (adaproxy_adapted){which, fit};
    return LL_OK;
}

static ll_status save(const void *model, ll_tensors *out, ll_error *e)
{
    const adaproxy_model *m = model;
    int n = m->sources.names.n;
    ll_simple_save_space(m->space, out);
    ll_source_table_save(&m->sources, out);
    double *w = ll_tensors_add(out, "adaproxy.weight", LL_F64, 2, (long[]){n, m->dim}, NULL)->data;
    int32_t *fitted = ll_tensors_add(out, "adaproxy.fitted", LL_I32, 1, (long[]){n}, NULL)->data;
    for (int i = 0; i < n; i++) {
        fitted[i] = m->weight[i] != NULL;
        if (fitted[i]) memcpy(w + (size_t)i * (size_t)m->dim, m->weight[i], (size_t)m->dim * sizeof *w);
    }
    return LL_OK;
}

static ll_status load_weights(const ll_load_job *job, adaproxy_model *m, ll_error *e)
{
    const ll_tensor *weight, *fitted;
    int n = m->sources.names.n;
    size_t dim = (size_t)m->dim;
    ll_status s =
        ll_tensors_need(job->tensors, "adaproxy.weight", LL_F64, 2, (long[]){n, m->dim}, &weight, e);
    if (!s) s = ll_tensors_need(job->tensors, "adaproxy.fitted", LL_I32, 1, (long[]){n}, &fitted, e);
    for (int i = 0; i < n && !s; i++)
        if (((const int32_t *)fitted->data)[i])
            m->weight[i] = ll_memdup((const double *)weight->data + (size_t)i * dim, dim, sizeof(double));
    return s;
}

static ll_status load(const ll_load_job *job, void **model, ll_error *e)
{
    ll_source_table sources;
    ll_status s = ll_simple_space_matches(job, e);
    if (!s) s = ll_source_table_load(job, &sources, e);
    if (s) return s;
    adaproxy_model *m = LL_NEW(adaproxy_model);
    *m = (adaproxy_model){job->space, dim_of(job->space), sources, LL_NEW_ARRAY(double *, sources.names.n)};
    s = load_weights(job, m, e);
    if (s)
        release(m);
    else
        *model = m;
    return s;
}

const ll_predictor ll_adaproxy = {
    .name = "adaproxy",
    .summary = "one proxy device, its linear latency model corrected by the samples",
    .paper = "One Proxy Device Is Enough, arXiv 2111.01203",
    .transfer_options = transfer_options,
    .needs_sources = true,
    .refits_live = true,
    .quick = true,
    .pretrain = pretrain,
    .adapt = adapt,
    .predict = predict,
    .release_adapted = release_adapted,
    .save_adapted = save_adapted,
    .load_adapted = load_adapted,
    .release = release,
    .save = save,
    .load = load,
};
