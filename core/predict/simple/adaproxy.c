/* AdaProxy (OneProxy, Lu et al., SIGMETRICS 2021, section 5): adapt the linear latency model of one proxy device to the
 * target. With X the one-hot and a constant, the proxy's weights are w = X⁺ y_proxy; on the k samples
 *     min over a, c, b of (1/k) |X (w * (a 1 + b)) + c 1 - y|² + lambda |b|_p,    p = 1, 2 or inf,
 * where a (scale) and c (offset) are free. When the proxy's ranking already agrees with the samples, it is used as it
 * is. The one-hot has more columns than rank, so the pseudo-inverse is truncated. */
#include "core/predict/simple/adaproxy_fit.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/quote.h"
#include "core/num/linalg.h"
#include "core/num/stats.h"
#include "core/predict/simple/simple.h"

static const ll_option transfer_options[] = {
    {.name = "proxy",
     .type = LL_WORD,
     .complete = LL_COMPLETE_DEVICE,
     .help = "the source device to adapt; default: the one that ranks the samples best"},
    {.name = "penalty",
     .type = LL_CHOICE,
     .otherwise = "l2",
     .choices = "l1|l2|inf",
     .help = "norm of the correction"},
    {.name = "reuse",
     .type = LL_REAL,
     .otherwise = "0.9",
     .lo = -1,
     .hi = 2,
     .help = "Spearman on the samples from which the proxy's ranking is used as it is; 2: never"},
    {0},
};

/* A proxy: a source device, its linear model (latency / mean) and its own latencies. */
typedef struct proxy {
    char *name;
    double *weight; /* (dim) */
    double *lat_ms; /* (n_archs), NaN where missing */
} proxy;
typedef struct adaproxy_model {
    const ll_space *space;
    int dim, n_archs, n;
    proxy *proxies;
} adaproxy_model;

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
    for (int i = 0; i < m->n; i++) {
        free(m->proxies[i].name);
        free(m->proxies[i].weight);
        free(m->proxies[i].lat_ms);
    }
    free(m->proxies);
    free(m);
}

/* --- source devices --- */

/* w = X⁺ y with y = latency / mean, over the rows the device knows. */
static bool fit_weights(const ll_pretrain_job *job, int device, int dim, double *w)
{
    int n = 0, most = job->n_archs > dim ? job->n_archs : dim;
    double *x = LL_NEW_ARRAY(double, (size_t)most *(size_t)dim), *y = LL_NEW_ARRAY(double, most);
    for (int i = 0; i < job->n_archs; i++) {
        if (!ll_known(job->data, device, job->archs[i])) continue;
        fill_row(job->data->space, ll_gene(job->data, job->archs[i]), x + (size_t)n * (size_t)dim);
        y[n++] = ll_latencies(job->data, device)[job->archs[i]];
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
    *m = (adaproxy_model){.space = job->data->space,
                          .dim = dim_of(job->data->space),
                          .n_archs = job->data->n_archs,
                          .proxies = LL_NEW_ARRAY(proxy, job->n_source)};
    for (int i = 0; i < job->n_source; i++) {
        proxy *p = &m->proxies[m->n];
        p->weight = LL_NEW_ARRAY(double, m->dim);
        if (!fit_weights(job, job->source[i], m->dim, p->weight)) {
            free(p->weight);
            continue;
        }
        p->name = ll_strdup(job->data->devices[job->source[i]].name);
        p->lat_ms = ll_memdup(ll_latencies(job->data, job->source[i]), (size_t)m->n_archs, sizeof(double));
        m->n++;
    }
    if (m->n) {
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
static double proxy_latency(const adaproxy_model *m, const proxy *p, const ll_dataset *d, int row,
                            double mean)
{
    double measured = row < m->n_archs ? p->lat_ms[row] : NAN;
    return isnan(measured) ? mean * predict_row(m->space, p->weight, ll_gene(d, row)) : measured;
}

static double mean_known(const double *v, int n)
{
    double sum = 0;
    int known = 0;
    for (int i = 0; i < n; i++)
        if (!isnan(v[i])) {
            sum += v[i];
            known++;
        }
    return known ? sum / known : 0;
}

static double agreement(const adaproxy_model *m, const proxy *p, const ll_transfer_job *job, const double *y)
{
    double *v = LL_NEW_ARRAY(double, job->k), mean = mean_known(p->lat_ms, m->n_archs);
    for (int i = 0; i < job->k; i++) v[i] = proxy_latency(m, p, job->data, job->samples[i], mean);
    double rho = ll_spearman(v, y, job->k);
    free(v);
    return isnan(rho) ? 0 : rho;
}

/* The named proxy, or the one that ranks the samples best; *rho is its agreement. */
static const proxy *choose_proxy(const adaproxy_model *m, const ll_transfer_job *job, const double *y,
                                 double *rho, ll_error *e)
{
    const char *name = ll_word(job->options, "proxy");
    const proxy *best = NULL;
    for (int i = 0; i < m->n; i++) {
        const proxy *p = &m->proxies[i];
        if (name && strcmp(name, p->name)) continue;
        double r = agreement(m, p, job, y);
        if (best && r <= *rho) continue;
        best = p;
        *rho = r;
    }
    if (!best)
        ll_fail(e, LL_USAGE, "proxy=%s is none of the %d source devices this model has seen", name, m->n);
    return best;
}

static void reuse(const adaproxy_model *m, const proxy *p, const ll_transfer_job *job, ll_prediction *out)
{
    double mean = mean_known(p->lat_ms, m->n_archs);
    out->n = ll_job_n(job);
    out->score = LL_NEW_ARRAY(double, out->n);
    for (int i = 0; i < out->n; i++) out->score[i] = proxy_latency(m, p, job->data, ll_job_row(job, i), mean);
}

static void feature(const void *ctx, const ll_dataset *d, int arch, double *row)
{
    fill_row(d->space, ll_gene(d, arch), row);
}

static void adapt(const adaproxy_model *m, const proxy *p, const ll_transfer_job *job, const double *y,
                  double mean, ll_prediction *out)
{
    int dim = m->dim;
    double *z = LL_NEW_ARRAY(double, (size_t)job->k *(size_t)dim), *w = LL_NEW_ARRAY(double, dim);
    for (int i = 0; i < job->k; i++) {
        double *row = z + (size_t)i * (size_t)dim;
        fill_row(m->space, ll_gene(job->data, job->samples[i]), row);
        for (int c = 0; c < dim; c++) row[c] *= p->weight[c];
    }
    ll_adaproxy_fit fit = {.b = LL_NEW_ARRAY(double, dim)};
    ll_adaproxy_solve(z, job->k, dim, y, ll_adaproxy_norm_find(ll_word(job->options, "penalty")), job->seed,
                      &fit);
    for (int c = 0; c < dim; c++) w[c] = mean * p->weight[c] * (fit.a + fit.b[c]);
    ll_predict_linear(job, dim, feature, NULL, w, mean * fit.c, out);
    ll_json_num(out->info, "lambda_share", fit.lambda_share);
    ll_json_num(out->info, "scale", fit.a);
    free(fit.b);
    free(z);
    free(w);
}

static ll_status transfer(const void *model, const ll_transfer_job *job, ll_prediction *out, ll_error *e)
{
    const adaproxy_model *m = model;
    double mean, rho = 0, *y = ll_job_latencies(job, &mean, e);
    if (!y) return LL_FAILED;
    const proxy *p = choose_proxy(m, job, y, &rho, e);
    if (p) {
        bool as_is = rho >= ll_real(job->options, "reuse");
        for (int i = 0; i < job->k; i++) y[i] /= mean;
        out->info = cJSON_CreateObject();
        ll_json_str(out->info, "proxy", p->name);
        ll_json_num(out->info, "agreement", rho);
        ll_json_bool(out->info, "reused", as_is);
        if (as_is)
            reuse(m, p, job, out);
        else
            adapt(m, p, job, y, mean, out);
    }
    free(y);
    return p ? LL_OK : LL_USAGE;
}

/* --- as tensors --- */

static ll_status save(const void *model, ll_tensors *out, ll_error *e)
{
    const adaproxy_model *m = model;
    ll_str names = {0};
    ll_simple_save_space(m->space, out);
    double *w = ll_tensors_add(out, "adaproxy.weight", LL_F64, 2, (long[]){m->n, m->dim}, NULL)->data;
    for (int i = 0; i < m->n; i++) {
        ll_list_add(&names, m->proxies[i].name);
        memcpy(w + (size_t)i * (size_t)m->dim, m->proxies[i].weight, (size_t)m->dim * sizeof *w);
    }
    ll_tensors_set_text(out, "adaproxy.devices", ll_str_text(&names));
    ll_str_free(&names);
    return LL_OK;
}

/* One proxy of the file; its latencies are those of the dataset. */
static ll_status load_proxy(const char *name, const double *w, const ll_dataset *data, adaproxy_model *m,
                            ll_error *e)
{
    int device = ll_dataset_device(data, name);
    if (device < 0)
        return ll_fail(e, LL_BAD_DATA, "the model adapts the device %s, which dataset %s does not have", name,
                       data->name);
    m->proxies[m->n++] = (proxy){ll_strdup(name), ll_memdup(w, (size_t)m->dim, sizeof *w),
                                 ll_memdup(ll_latencies(data, device), (size_t)data->n_archs, sizeof *w)};
    return LL_OK;
}

static ll_status load(const ll_tensors *in, const ll_dataset *data, void **model, ll_error *e)
{
    const char *text = ll_tensors_text(in, "adaproxy.devices");
    const ll_tensor *weight;
    ll_strs names = {0};
    int dim = dim_of(data->space);
    if (text) ll_list_read(text, &names);
    ll_status s = ll_simple_space_matches(in, data, e);
    if (!s && !names.n) s = ll_fail(e, LL_BAD_DATA, "the file names no device that adaproxy could adapt");
    if (!s) s = ll_tensors_need(in, "adaproxy.weight", LL_F64, 2, (long[]){names.n, dim}, &weight, e);
    if (!s) {
        adaproxy_model *m = LL_NEW(adaproxy_model);
        *m = (adaproxy_model){data->space, dim, data->n_archs, 0, LL_NEW_ARRAY(proxy, names.n)};
        for (int i = 0; i < names.n && !s; i++)
            s = load_proxy(names.v[i], (double *)weight->data + (size_t)i * (size_t)dim, data, m, e);
        if (s)
            release(m);
        else
            *model = m;
    }
    ll_strs_free(&names);
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
    .transfer = transfer,
    .release = release,
    .save = save,
    .load = load,
};
