/* ZCP: the 13 zero-cost proxies of NAS-Bench-Suite-Zero as a vector, scaled as NASFLAT scales them over a space (arXiv
 * 2403.02446; core/ALGORITHMS.md section 3): the range of log(1 + x), the range of x, or mean and deviation; the constants
 * are those of the architectures that it was fitted on. One more column says that a proxy is not defined (of a cell that
 * lets nothing through), which then stands at the least value of its column.
 *
 * Values are those that came with the data, as a feature `zcp` of 13 numbers, or are computed: from noise, which any machine
 * has, so that an architecture outside the table gets its vector as well. Values of the two origins are not mixed. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/encode/parts.h"
#include "core/proxies/many.h"

enum { ALL = LL_ZCP_PROXIES };

typedef enum scaling { LOG_RANGE, RANGE, DEVIATION } scaling;

static const struct {
    const char *name;
    scaling by;
} columns[ALL] = {
    {"epe_nas", RANGE},    {"fisher", LOG_RANGE}, {"flops", LOG_RANGE}, {"grad_norm", LOG_RANGE},
    {"grasp", DEVIATION},  {"jacov", RANGE},      {"l2_norm", RANGE},   {"nwot", RANGE},
    {"params", LOG_RANGE}, {"plain", RANGE},      {"snip", LOG_RANGE},  {"synflow", LOG_RANGE},
    {"zen", RANGE},
};

const char *ll_zcp_proxy(int column)
{
    return columns[column].name;
}

typedef struct zcp {
    int n;          /* columns but the last */
    int which[ALL]; /* of columns */
    double shift[ALL], scale[ALL];
    bool given; /* with the data */
    int batch, seed, repeats;
    ll_archs *known;  /* computed at the fit; indexed. NULL: given */
    double *value;    /* (known->n, n) */
    double undefined; /* share of the architectures it was fitted on */
} zcp;

static void release(void *state)
{
    zcp *z = state;
    ll_archs_unref(z->known);
    free(z->value);
    free(z);
}

/* --- values --- */

static ll_status compute(const zcp *z, const ll_archs *archs, int i, ll_proxy_desk *desk,
                         bool (*stop)(void *ctx), void *ctx, double *out, ll_error *e)
{
    const ll_proxy *which[ALL];
    for (int k = 0; k < z->n; k++) which[k] = ll_proxy_find(columns[z->which[k]].name);
    ll_proxy_job job = {.space = archs->space,
                        .gene = ll_arch(archs, i),
                        .which = which,
                        .n = z->n,
                        .batch = z->batch,
                        .seed = (uint64_t)z->seed,
                        .repeats = z->repeats,
                        .stop = stop,
                        .ctx = ctx};
    return ll_proxies_of(desk, &job, out, e);
}

/* Of one architecture, as it is measured: NaN where undefined. */
static ll_status given_values(const zcp *z, const ll_archs *archs, int i, double *out, ll_error *e)
{
    const ll_feature *f = ll_archs_feature(archs, "zcp");
    bool any = false;
    for (int k = 0; k < z->n && f && f->dim == ALL; k++) {
        out[k] = (double)f->v[(size_t)i * ALL + (size_t)z->which[k]];
        any = any || !isnan(out[k]);
    }
    return any ? LL_OK : ll_encoding_lacks("zcp", archs, i, e);
}

static ll_status computed_values(const zcp *z, const ll_archs *archs, int i, ll_proxy_desk **desk,
                                 double *out, ll_error *e)
{
    int at = ll_archs_find(z->known, ll_arch(archs, i));
    if (at >= 0) {
        memcpy(out, z->value + (size_t)at * (size_t)z->n, (size_t)z->n * sizeof *out);
        return LL_OK;
    }
    if (!*desk) *desk = ll_proxy_desk_new();
    return compute(z, archs, i, *desk, NULL, NULL, out, e);
}

/* --- all of a set, on every thread --- */

typedef struct work {
    zcp *z;
    ll_observer *observer;
} work;

static bool stop(void *ctx)
{
    return ll_cancelled(((const work *)ctx)->observer);
}

static ll_status compute_one(void *ctx, int i, int thread, ll_proxy_desk *desk, ll_error *e)
{
    work *w = ctx;
    return compute(w->z, w->z->known, i, desk, stop, w, w->z->value + (size_t)i * (size_t)w->z->n, e);
}

static ll_status know(zcp *z, const ll_encode_job *job, ll_error *e)
{
    work w = {z, job->observer};
    z->known = ll_archs_new(job->archs->space, 0);
    ll_status s = ll_archs_index(z->known, e);
    for (int i = 0; i < job->archs->n && !s; i++) ll_archs_add(z->known, ll_arch(job->archs, i), NULL);
    z->value = LL_NEW_ARRAY(double, (size_t)z->known->n *(size_t)z->n + 1);
    ll_proxies_many many = {.n = z->known->n,
                            .phase = "zcp",
                            .one = compute_one,
                            .ctx = &w,
                            .observer = job->observer,
                            .pool = job->pool};
    return s ? s : ll_proxies_run(&many, e);
}

/* --- constants --- */

static double bent(scaling by, double x)
{
    return by == LOG_RANGE ? copysign(log1p(fabs(x)), x) : x;
}

typedef struct moments {
    int n;
    double least, most, sum, squares;
} moments;

static void set_constants(zcp *z, int k, const moments *m)
{
    double mean = m->n ? m->sum / m->n : 0, variance = m->n ? m->squares / m->n - mean * mean : 0;
    bool range = columns[z->which[k]].by != DEVIATION;
    double width = !m->n ? 0 : range ? m->most - m->least : sqrt(fmax(variance, 0));
    z->shift[k] = !m->n ? 0 : range ? m->least : mean;
    z->scale[k] = width > 1e-12 * (1 + fabs(z->shift[k])) ? 1 / width : 0;
}

static ll_status values_of(const zcp *z, const ll_archs *archs, int i, ll_proxy_desk **desk, double *out,
                           ll_error *e)
{
    return z->given ? given_values(z, archs, i, out, e) : computed_values(z, archs, i, desk, out, e);
}

static ll_status measure(zcp *z, const ll_archs *archs, ll_error *e)
{
    moments m[ALL] = {0};
    double x[ALL];
    int undefined = 0, known = 0;
    ll_proxy_desk *desk = NULL;
    ll_error lacking;
    for (int k = 0; k < z->n; k++) m[k] = (moments){.least = INFINITY, .most = -INFINITY};
    for (int i = 0; i < archs->n; i++) {
        bool all = true;
        if (values_of(z, archs, i, &desk, x, &lacking)) continue;
        known++;
        for (int k = 0; k < z->n; k++) {
            if (!isfinite(x[k])) {
                all = false;
                continue;
            }
            double v = bent(columns[z->which[k]].by, x[k]);
            m[k].n++;
            m[k].least = fmin(m[k].least, v), m[k].most = fmax(m[k].most, v);
            m[k].sum += v, m[k].squares += v * v;
        }
        undefined += !all;
    }
    ll_proxy_desk_free(desk);
    for (int k = 0; k < z->n; k++) set_constants(z, k, &m[k]);
    z->undefined = known ? (double)undefined / known : 0;
    return known ? LL_OK : ll_fail(e, LL_USAGE, "no architecture here has a zcp");
}

/* --- the record --- */

static const ll_option options[] = {
    LL_OPT_LIST("proxies", "all", "which of the 13; all, or as params,flops,synflow,nwot", LL_OF(PROXY)),
    LL_OPT_CHOICE(
        "values", "auto", "auto|given|computed",
        "given: those that came with the data; computed: here, from noise; auto: given where there are"),
    LL_OPT_INT("batch", "16", 2, 1024, "images of noise that a network sees", .unit = "images"),
    LL_OPT_INT("repeats", "2", 1, 1024, "draws of weights that zen takes the mean of"),
    {0}};

static int find_column(const char *name)
{
    for (int k = 0; k < ALL; k++)
        if (!strcmp(columns[k].name, name)) return k;
    return -1;
}

static ll_status choose_columns(zcp *z, const ll_values *v, ll_error *e)
{
    ll_strs names = {0};
    bool wanted[ALL] = {0};
    ll_status s = LL_OK;
    ll_list(v, "proxies", &names);
    for (int i = 0; i < names.n && !s; i++) {
        int at = find_column(names.v[i]);
        if (!strcmp(names.v[i], "all"))
            for (int k = 0; k < ALL; k++) wanted[k] = true;
        else if (at < 0)
            s = ll_fail(e, LL_USAGE, "proxies=%.60s: none of the 13 of zcp (epe_nas, fisher, ..., zen)",
                        names.v[i]);
        else
            wanted[at] = true;
    }
    for (int k = 0; k < ALL; k++)
        if (wanted[k]) z->which[z->n++] = k;
    ll_strs_free(&names);
    return s || z->n ? s : ll_fail(e, LL_USAGE, "proxies= names none");
}

static ll_status choose_values(zcp *z, const ll_encode_job *job, ll_error *e)
{
    const ll_feature *f = ll_archs_feature(job->archs, "zcp");
    bool there = f && f->dim == ALL;
    z->given = there && !ll_is(job->options, "values", "computed");
    if (!there && ll_is(job->options, "values", "given"))
        return ll_fail(e, LL_USAGE, "values=given: no zcp of 13 numbers came with these architectures");
    if (z->given) return LL_OK;
    const ll_proxy *first = ll_proxy_find(columns[z->which[0]].name);
    return ll_proxies_check(job->archs->space, &first, 1, e);
}

static ll_status fit(const ll_encode_job *job, ll_encoder *c, ll_error *e)
{
    zcp *z = c->state = LL_NEW(zcp);
    ll_status s = choose_columns(z, job->options, e);
    if (!s) s = choose_values(z, job, e);
    z->batch = ll_int(job->options, "batch");
    z->repeats = ll_int(job->options, "repeats");
    z->seed = (int)job->seed + 1;
    if (!s && !z->given) s = know(z, job, e);
    if (!s) s = measure(z, job->archs, e);
    c->dim = z->n + 1;
    return s;
}

static ll_status encode(const ll_encoder *c, const ll_archs *archs, float *out, ll_error *e)
{
    const zcp *z = c->state;
    double x[ALL];
    ll_proxy_desk *desk = NULL;
    ll_status s = LL_OK;
    for (int i = 0; i < archs->n && !s; i++, out += c->dim) {
        s = values_of(z, archs, i, &desk, x, e);
        for (int k = 0; k < z->n && !s; k++) {
            bool defined = isfinite(x[k]);
            scaling by = columns[z->which[k]].by;
            out[k] = defined ? (float)((bent(by, x[k]) - z->shift[k]) * z->scale[k]) : 0;
            if (!defined) out[z->n] = 1;
        }
    }
    ll_proxy_desk_free(desk);
    return s;
}

static int qualities(const void *state, ll_quality *out)
{
    const zcp *z = state;
    out[0] = (ll_quality){.name = "undefined",
                          .what = "share of architectures with a proxy that is not defined",
                          .value = z->undefined};
    out[1] = (ll_quality){.name = "computed",
                          .what = "proxies computed here; 0: they came with the data",
                          .value = z->given ? 0 : (double)z->known->n};
    return 2;
}

/* --- in a file --- */

enum { SETTINGS = 5 };

/* Files hold finite numbers alone; no proxy is as large. */
static const double undefined_in_file = 1e308;

static ll_status save(const void *state, ll_tensors *out, ll_error *e)
{
    const zcp *z = state;
    double settings[SETTINGS] = {z->given, z->batch, z->seed, z->repeats, z->undefined}, which[ALL];
    for (int k = 0; k < z->n; k++) which[k] = z->which[k];
    ll_tensors_add(out, "settings", LL_F64, 1, (long[]){SETTINGS}, settings);
    ll_tensors_add(out, "which", LL_F64, 1, (long[]){z->n}, which);
    ll_tensors_add(out, "least", LL_F64, 1, (long[]){z->n}, z->shift);
    ll_tensors_add(out, "width", LL_F64, 1, (long[]){z->n}, z->scale);
    if (z->given) return LL_OK;
    ll_archs_save(z->known, "known", out);
    double *v = ll_tensors_add(out, "value", LL_F64, 2, (long[]){z->known->n, z->n}, z->value)->data;
    for (size_t i = 0, n = (size_t)z->known->n * (size_t)z->n; i < n; i++)
        if (!isfinite(v[i])) v[i] = undefined_in_file;
    return LL_OK;
}

static ll_status load_columns(const ll_tensors *in, zcp *z, ll_error *e)
{
    const ll_tensor *which, *least, *width;
    long n[1] = {z->n};
    ll_status s = ll_tensors_need(in, "which", LL_F64, 1, n, &which, e);
    if (!s) s = ll_tensors_need(in, "least", LL_F64, 1, n, &least, e);
    if (!s) s = ll_tensors_need(in, "width", LL_F64, 1, n, &width, e);
    for (int k = 0; k < z->n && !s; k++) {
        double at = ((const double *)which->data)[k];
        if (!(at >= 0 && at < ALL)) return ll_fail(e, LL_BAD_DATA, "zcp: a column is %g of %d", at, (int)ALL);
        z->which[k] = (int)at;
        z->shift[k] = ((const double *)least->data)[k];
        z->scale[k] = ((const double *)width->data)[k];
        if (!isfinite(z->shift[k]) || !isfinite(z->scale[k]))
            return ll_fail(e, LL_BAD_DATA, "zcp: a constant is no number");
    }
    return s;
}

static ll_status load_known(const ll_tensors *in, zcp *z, const ll_space *space, ll_error *e)
{
    const ll_tensor *value;
    ll_status s = ll_archs_load(in, "known", space, &z->known, e);
    if (!s) s = ll_archs_index(z->known, e);
    if (!s) s = ll_tensors_need(in, "value", LL_F64, 2, (long[]){z->known->n, z->n}, &value, e);
    if (s) return s;
    z->value = ll_memdup(value->data, ll_tensor_count(value), sizeof *z->value);
    for (size_t i = 0; i < ll_tensor_count(value); i++)
        if (z->value[i] >= undefined_in_file) z->value[i] = NAN;
    return LL_OK;
}

static bool whole(double x, double lo, double hi)
{
    return x >= lo && x <= hi && x == floor(x);
}

static ll_status load(const ll_tensors *in, ll_encoder *c, ll_error *e)
{
    zcp *z = c->state = LL_NEW(zcp);
    const ll_tensor *t;
    z->n = c->dim - 1;
    if (z->n < 1 || z->n > ALL)
        return ll_fail(e, LL_BAD_DATA, "zcp has 2 to %d columns, not %d", ALL + 1, c->dim);
    ll_status s = ll_tensors_need(in, "settings", LL_F64, 1, (long[]){SETTINGS}, &t, e);
    if (s) return s;
    const double *v = t->data;
    if (!whole(v[0], 0, 1) || !whole(v[1], 2, 1024) || !whole(v[2], 0, 2147483647) || !whole(v[3], 1, 1024))
        return ll_fail(e, LL_BAD_DATA, "zcp: these settings are none");
    z->given = v[0] > 0;
    z->batch = (int)v[1], z->seed = (int)v[2], z->repeats = (int)v[3], z->undefined = v[4];
    s = load_columns(in, z, e);
    return s || z->given ? s : load_known(in, z, c->space, e);
}

const ll_encoding ll_encoding_zcp = {
    .name = "zcp",
    .summary = "13 zero-cost proxies, scaled over the space; those of the data, or computed from noise",
    .options = options,
    .learnt = true,
    .fit = fit,
    .encode = encode,
    .qualities = qualities,
    .release = release,
    .save = save,
    .load = load,
};
