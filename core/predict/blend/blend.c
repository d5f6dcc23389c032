/* An ensemble of a graph network and the structured GP: the weighted mean of their ranks.
 *
 * The weight is chosen on the sources alone. The sources are cut into FOLDS blocks; for each, both are pretrained on the
 * other blocks and three quarters of the architectures (the network for fewer epochs), then transferred to the devices
 * of the block with samples from the last quarter and scored on the rest of it. The weight with the best mean Spearman
 * is kept, one for each size in `sizes`; in between it is interpolated over log k. Ranks, because the network's score
 * has no unit. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/stats.h"
#include "core/predict/gp/gp.h"
#include "core/predict/nasflat/nasflat.h"

enum { MEMBERS = 2, FOLDS = 3, SIZES = 3, DRAWS = 2, GRID = 11 };
static const ll_predictor *const members[MEMBERS + 1] = {&ll_gp, &ll_nasflat, NULL};
static const int sizes[SIZES] = {5, 10, 20};

static const ll_option pretrain_options[] = {
    {.name = "epochs",
     .type = LL_INT,
     .otherwise = "40",
     .lo = 1,
     .hi = 10000,
     .help = "of the network: passes over the items"},
    {.name = "choose_epochs",
     .type = LL_INT,
     .otherwise = "40",
     .lo = 0,
     .hi = 10000,
     .help = "of the networks the weight is chosen with; 0: both weigh the same"},
    {0},
};
static const ll_option transfer_options[] = {
    {.name = "weight",
     .type = LL_REAL,
     .lo = 0,
     .hi = 1,
     .help = "of the network, 1: it alone; default: the one chosen on the sources"},
    {0},
};

typedef struct blend_model {
    void *impl[MEMBERS];
    double weight[SIZES]; /* of the network */
} blend_model;

static void release(void *model)
{
    blend_model *m = model;
    for (int i = 0; i < MEMBERS; i++)
        if (m->impl[i]) members[i]->release(m->impl[i]);
    free(m);
}

/* --- members ------------------------------------------------------------------------------------------------------- */

/* The network alone: by default it would hold a GP of its own, and the ensemble two of them. */
static void keep_apart(ll_values *options)
{
    static const char *const alone[][2] = {{"prior", "off"}, {"adapt", "tune"}};
    for (int i = 0; i < 2; i++)
        if (ll_option_find(options->table, alone[i][0]))
            ll_values_set(options, alone[i][0], alone[i][1], NULL);
}

static ll_status pretrain_member(int i, const ll_pretrain_job *job, int epochs, void **impl, ll_error *e)
{
    ll_pretrain_job own = *job;
    ll_values options;
    char text[16];
    ll_values_init(&options, members[i]->pretrain_options);
    keep_apart(&options);
    snprintf(text, sizeof text, "%d", epochs);
    if (ll_option_find(members[i]->pretrain_options, "epochs")) ll_values_set(&options, "epochs", text, NULL);
    own.options = &options;
    ll_status s = members[i]->pretrain(&own, impl, e);
    ll_values_free(&options);
    return s;
}

/* Ranks by each member, (n) each, to be freed. */
static ll_status rank_members(void *const *impl, const ll_transfer_job *job, double **rank, int *n,
                              cJSON *info, ll_error *e)
{
    ll_status s = LL_OK;
    for (int i = 0; i < MEMBERS; i++) rank[i] = NULL;
    for (int i = 0; i < MEMBERS && !s; i++) {
        ll_transfer_job own = *job;
        ll_prediction p = {0};
        ll_values options;
        ll_values_init(&options, members[i]->transfer_options);
        keep_apart(&options);
        own.options = &options;
        own.want_variance = false;
        s = ll_predictor_transfer(members[i], impl[i], &own, &p, e);
        ll_values_free(&options);
        if (!s) {
            *n = p.n;
            rank[i] = LL_NEW_ARRAY(double, p.n);
            ll_ranks(p.score, p.n, rank[i]);
        }
        if (info && p.info) cJSON_AddItemToObject(info, members[i]->name, cJSON_Duplicate(p.info, true));
        ll_prediction_free(&p);
    }
    return s;
}

static void free_ranks(double **rank)
{
    for (int i = 0; i < MEMBERS; i++) free(rank[i]);
}

static void mix(double *const *rank, int n, double weight, double *out)
{
    for (int i = 0; i < n; i++) out[i] = (1 - weight) * rank[0][i] + weight * rank[1][i];
}

/* --- the weight ----------------------------------------------------------------------------------------------------- */

typedef struct choice {
    const ll_pretrain_job *job;
    ll_observer quiet;       /* can be cancelled; its transfers are not worth telling */
    int n_train;             /* of job->archs the fold's models learn from the first ones */
    double sum[SIZES][GRID]; /* of Spearman */
    int n[SIZES];
} choice;

static double source_latency(void *ctx, int arch)
{
    const double *lat_ms = ctx;
    return lat_ms[arch];
}

/* The architectures kept back that the device knows. */
static ll_ints kept_back(const choice *c, int device)
{
    ll_ints rows = {0};
    for (int i = c->n_train; i < c->job->n_archs; i++)
        if (ll_known(c->job->data, device, c->job->archs[i])) ll_ints_add(&rows, c->job->archs[i]);
    return rows;
}

static void score_mixtures(choice *c, int size, double *const *rank, const double *y, int n)
{
    double *mixed = LL_NEW_ARRAY(double, n);
    for (int g = 0; g < GRID; g++) {
        mix(rank, n, (double)g / (GRID - 1), mixed);
        double r = ll_spearman(mixed, y, n);
        c->sum[size][g] += isnan(r) ? 0 : r;
    }
    c->n[size]++;
    free(mixed);
}

/* One transfer to a left-out source: k of the shuffled rows are samples, the rest is scored. */
static ll_status try_mixtures(choice *c, void *const *impl, int device, int size, ll_ints *rows,
                              uint64_t seed, ll_error *e)
{
    int k = sizes[size], n = rows->n - k;
    double *lat_ms = ll_latencies(c->job->data, device), *rank[MEMBERS];
    if (n < 2 * k) return LL_OK; /* too few to score on */
    ll_rng rng = ll_rng_new(seed, LL_STREAM_SAMPLES);
    ll_ints order = ll_ints_copy(rows->v, rows->n);
    ll_rng_sample(&rng, rows->v, rows->n, rows->n, order.v);
    ll_transfer_job job = {.data = c->job->data,
                           .target = device,
                           .samples = order.v,
                           .k = k,
                           .rows = order.v + k,
                           .n_rows = n,
                           .seed = seed,
                           .pool = c->job->pool,
                           .observer = &c->quiet,
                           .measure = source_latency,
                           .measure_ctx = lat_ms};
    int ranked = 0;
    ll_status s = rank_members(impl, &job, rank, &ranked, NULL, e);
    if (!s) {
        double *y = LL_NEW_ARRAY(double, n);
        for (int i = 0; i < n; i++) y[i] = lat_ms[order.v[k + i]];
        score_mixtures(c, size, rank, y, n);
        free(y);
    }
    free_ranks(rank);
    ll_ints_free(&order);
    return s;
}

static ll_status score_device(choice *c, void *const *impl, int device, ll_error *e)
{
    ll_ints rows = kept_back(c, device);
    ll_status s = LL_OK;
    for (int size = 0; size < SIZES; size++)
        for (int draw = 0; draw < DRAWS && !s; draw++)
            s = ll_cancelled(c->job->observer)
                    ? ll_fail(e, LL_CANCELLED, "cancelled")
                    : try_mixtures(c, impl, device, size, &rows, c->job->seed + (uint64_t)draw, e);
    ll_ints_free(&rows);
    return s;
}

/* Sources lo..hi-1 are left out. */
static ll_status try_fold(choice *c, int lo, int hi, ll_error *e)
{
    ll_pretrain_job job = *c->job;
    ll_ints rest = {0};
    void *impl[MEMBERS] = {NULL};
    ll_status s = LL_OK;
    for (int i = 0; i < job.n_source; i++)
        if (i < lo || i >= hi) ll_ints_add(&rest, job.source[i]);
    job.source = rest.v;
    job.n_source = rest.n;
    job.n_archs = c->n_train;
    job.history = NULL;
    for (int i = 0; i < MEMBERS && !s; i++)
        s = pretrain_member(i, &job, ll_int(c->job->options, "choose_epochs"), &impl[i], e);
    for (int i = lo; i < hi && !s; i++) s = score_device(c, impl, c->job->source[i], e);
    for (int i = 0; i < MEMBERS; i++)
        if (impl[i]) members[i]->release(impl[i]);
    ll_ints_free(&rest);
    return s;
}

/* The best of the grid, of equals the one nearest to the middle; half where nothing was scored. */
static double best_weight(const choice *c, int size)
{
    int best = GRID / 2;
    for (int g = 0; g < GRID && c->n[size]; g++) {
        double more = c->sum[size][g] - c->sum[size][best];
        if (more > 0 || (more == 0 && abs(g - GRID / 2) < abs(best - GRID / 2))) best = g;
    }
    return (double)best / (GRID - 1);
}

static ll_status choose_weights(const ll_pretrain_job *job, double *weight, ll_error *e)
{
    choice c = {.job = job, .n_train = job->n_archs - job->n_archs / 4};
    if (job->observer)
        c.quiet = (ll_observer){.cancelled = job->observer->cancelled, .ctx = job->observer->ctx};
    bool choose = job->n_source >= FOLDS && ll_int(job->options, "choose_epochs") > 0;
    ll_status s = LL_OK;
    for (int f = 0; f < FOLDS && choose && !s; f++)
        s = try_fold(&c, f * job->n_source / FOLDS, (f + 1) * job->n_source / FOLDS, e);
    for (int i = 0; i < SIZES; i++) weight[i] = best_weight(&c, i);
    return s;
}

static double weight_at(const blend_model *m, int k)
{
    int i = 0;
    if (k <= sizes[0]) return m->weight[0];
    if (k >= sizes[SIZES - 1]) return m->weight[SIZES - 1];
    while (k > sizes[i + 1]) i++;
    double t = log((double)k / sizes[i]) / log((double)sizes[i + 1] / sizes[i]);
    return (1 - t) * m->weight[i] + t * m->weight[i + 1];
}

/* --- the contract ---------------------------------------------------------------------------------------------------- */

/* The network comes last: when it is cancelled, its last complete epoch is part of a usable model. */
static ll_status pretrain(const ll_pretrain_job *job, void **model, ll_error *e)
{
    blend_model *m = LL_NEW(blend_model);
    ll_status s = choose_weights(job, m->weight, e);
    for (int i = 0; i < MEMBERS && !s; i++)
        s = pretrain_member(i, job, ll_int(job->options, "epochs"), &m->impl[i], e);
    bool whole = true;
    for (int i = 0; i < MEMBERS; i++) whole &= m->impl[i] != NULL;
    if (whole)
        *model = m;
    else
        release(m);
    return s;
}

static ll_status transfer(const void *model, const ll_transfer_job *job, ll_prediction *out, ll_error *e)
{
    const blend_model *m = model;
    double *rank[MEMBERS];
    double weight = ll_has(job->options, "weight") ? ll_real(job->options, "weight") : weight_at(m, job->k);
    out->info = cJSON_CreateObject();
    ll_json_num(out->info, "weight", weight);
    ll_status s = rank_members(m->impl, job, rank, &out->n, out->info, e);
    if (!s) {
        out->score = LL_NEW_ARRAY(double, out->n);
        mix(rank, out->n, weight, out->score);
    }
    free_ranks(rank);
    return s;
}

/* --- as tensors: those of the members behind their names ------------------------------------------------------------- */

static void add_prefixed(ll_tensors *out, const char *prefix, const ll_tensors *in)
{
    char name[256];
    for (int i = 0; i < in->n; i++) {
        const ll_tensor *t = &in->v[i];
        snprintf(name, sizeof name, "%s/%s", prefix, t->name);
        ll_tensors_add(out, name, t->dtype, t->n_dims, t->shape, t->data);
    }
    for (int i = 0; i < in->keys.n; i++) {
        snprintf(name, sizeof name, "%s/%s", prefix, in->keys.v[i]);
        ll_tensors_set_text(out, name, in->values.v[i]);
    }
}

/* What is behind "prefix/" in a name; NULL: something else. */
static const char *behind(const char *name, const char *prefix)
{
    size_t n = strlen(prefix);
    return !strncmp(name, prefix, n) && name[n] == '/' ? name + n + 1 : NULL;
}

static void take_prefixed(const ll_tensors *in, const char *prefix, ll_tensors *out)
{
    const char *name;
    for (int i = 0; i < in->n; i++)
        if ((name = behind(in->v[i].name, prefix)))
            ll_tensors_add(out, name, in->v[i].dtype, in->v[i].n_dims, in->v[i].shape, in->v[i].data);
    for (int i = 0; i < in->keys.n; i++)
        if ((name = behind(in->keys.v[i], prefix))) ll_tensors_set_text(out, name, in->values.v[i]);
}

static ll_status save(const void *model, ll_tensors *out, ll_error *e)
{
    const blend_model *m = model;
    ll_status s = LL_OK;
    for (int i = 0; i < MEMBERS && !s; i++) {
        ll_tensors own = {0};
        s = members[i]->save(m->impl[i], &own, e);
        if (!s) add_prefixed(out, members[i]->name, &own);
        ll_tensors_free(&own);
    }
    ll_tensors_add(out, "blend.weight", LL_F64, 1, (long[]){SIZES}, m->weight);
    return s;
}

static ll_status read_weights(const ll_tensors *in, double *weight, ll_error *e)
{
    const ll_tensor *t;
    ll_status s = ll_tensors_need(in, "blend.weight", LL_F64, 1, (long[]){SIZES}, &t, e);
    if (!s) memcpy(weight, t->data, SIZES * sizeof *weight);
    for (int i = 0; i < SIZES && !s; i++)
        if (!(weight[i] >= 0 && weight[i] <= 1))
            s = ll_fail(e, LL_BAD_DATA, "blend.weight: %g at %d samples, 0 to 1 was expected", weight[i],
                        sizes[i]);
    return s;
}

static ll_status load(const ll_tensors *in, const ll_dataset *data, void **model, ll_error *e)
{
    blend_model *m = LL_NEW(blend_model);
    ll_status s = read_weights(in, m->weight, e);
    for (int i = 0; i < MEMBERS && !s; i++) {
        ll_tensors own = {0};
        take_prefixed(in, members[i]->name, &own);
        s = members[i]->load(&own, data, &m->impl[i], e);
        ll_tensors_free(&own);
    }
    if (s)
        release(m);
    else
        *model = m;
    return s;
}

const ll_predictor ll_blend = {
    .name = "blend",
    .summary = "mean of the ranks of gp and nasflat, weighted by what helps between the sources",
    .paper = "latlab",
    .pretrain_options = pretrain_options,
    .transfer_options = transfer_options,
    .version = 1,
    .parts = members,
    .needs_sources = true,
    .default_n = 512,
    .fbnet_n = 800,
    .pretrain = pretrain,
    .transfer = transfer,
    .release = release,
    .save = save,
    .load = load,
};
