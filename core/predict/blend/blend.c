/* An ensemble of a graph network and the structured GP: the weighted mean of their ranks.
 *
 * Ranks, because the network's score has no unit: each member's score is placed among those that it gives REFERENCE
 * architectures of the pretraining, so that a rank does not depend on what else is predicted. The weight is chosen on the
 * sources alone (choose.c), one for each size in `ll_blend_sizes`; in between it is interpolated over log k. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/predict/blend/blend.h"
#include "core/predict/gp/gp.h"
#include "core/predict/nasflat/nasflat.h"

enum { MEMBERS = LL_BLEND_MEMBERS, SIZES = LL_BLEND_SIZES, REFERENCE = 2048 };
const ll_predictor *const ll_blend_members[MEMBERS + 1] = {&ll_gp, &ll_nasflat, NULL};
const int ll_blend_sizes[SIZES] = {5, 10, 20};

static const ll_option pretrain_options[] = {
    LL_OPT_INT("epochs", "40", 1, 10000, "of the network: passes over the items"),
    LL_OPT_INT("choose_epochs", "40", 0, 10000,
               "of the networks the weight is chosen with; 0: both weigh the same"),
    {0},
};
static const ll_option transfer_options[] = {
    LL_OPT_REAL("weight", NULL, 0, 1, "of the network, 1: it alone; default: the one chosen on the sources"),
    {0}};

typedef struct blend_model {
    void *impl[MEMBERS];
    double weight[SIZES]; /* of the network */
    ll_archs *reference;  /* spread evenly over the population, at most REFERENCE */
} blend_model;

typedef struct blend_adapted {
    void *impl[MEMBERS];
    double weight; /* of the network */
    ll_blend_curve curve[MEMBERS];
} blend_adapted;

static void release(void *model)
{
    blend_model *m = model;
    for (int i = 0; i < MEMBERS; i++)
        if (m->impl[i]) ll_blend_members[i]->release(m->impl[i]);
    ll_archs_unref(m->reference);
    free(m);
}

static void release_adapted(void *adapted)
{
    blend_adapted *a = adapted;
    for (int i = 0; i < MEMBERS; i++) {
        if (a->impl[i]) ll_blend_members[i]->release_adapted(a->impl[i]);
        ll_blend_curve_free(&a->curve[i]);
    }
    free(a);
}

/* --- members --- */

/* The network alone: by default it would hold a GP of its own, and the ensemble two of them. */
static void keep_apart(ll_values *options)
{
    static const char *const alone[][2] = {{"prior", "off"}, {"adapt", "tune"}};
    for (int i = 0; i < 2; i++)
        if (ll_option_find(options->table, alone[i][0]))
            ll_values_set(options, alone[i][0], alone[i][1], NULL);
}

ll_status ll_blend_pretrain_member(int i, const ll_pretrain_job *job, int epochs, void **impl, ll_error *e)
{
    ll_pretrain_job own = *job;
    ll_values options;
    char text[16];
    ll_values_init(&options, ll_blend_members[i]->pretrain_options);
    keep_apart(&options);
    snprintf(text, sizeof text, "%d", epochs);
    if (ll_option_find(ll_blend_members[i]->pretrain_options, "epochs"))
        ll_values_set(&options, "epochs", text, NULL);
    own.options = &options;
    ll_status s = ll_blend_members[i]->pretrain(&own, impl, e);
    ll_values_free(&options);
    return s;
}

ll_status ll_blend_adapt_member(int i, const void *impl, const ll_adapt_job *job, void **adapted, ll_error *e)
{
    ll_adapt_job own = *job;
    ll_values options;
    ll_values_init(&options, ll_blend_members[i]->transfer_options);
    keep_apart(&options);
    own.options = &options;
    own.want_variance = false;
    own.info = job->info ? ll_json_obj(job->info, ll_blend_members[i]->name) : NULL;
    ll_status s = ll_blend_members[i]->adapt(impl, &own, adapted, e);
    ll_values_free(&options);
    return s;
}

/* --- pretrain --- */

static ll_archs *choose_reference(const ll_archs *archs)
{
    int n = archs->n < REFERENCE ? archs->n : REFERENCE, *which = LL_NEW_ARRAY(int, n + 1);
    for (int i = 0; i < n; i++) which[i] = (int)((long)i * archs->n / n);
    ll_archs *reference = ll_archs_pick(archs, which, n);
    free(which);
    return reference;
}

/* The network comes last: when it is cancelled, its last complete epoch is part of a usable model. */
static ll_status pretrain(const ll_pretrain_job *job, void **model, ll_error *e)
{
    blend_model *m = LL_NEW(blend_model);
    m->reference = choose_reference(job->archs);
    ll_status s = ll_blend_choose_weights(job, m->weight, e);
    for (int i = 0; i < MEMBERS && !s; i++)
        s = ll_blend_pretrain_member(i, job, ll_int(job->options, "epochs"), &m->impl[i], e);
    bool whole = true;
    for (int i = 0; i < MEMBERS; i++) whole &= m->impl[i] != NULL;
    if (whole)
        *model = m;
    else
        release(m);
    return s;
}

/* --- adapt --- */

static double weight_at(const blend_model *m, int k)
{
    int i = 0;
    if (k <= ll_blend_sizes[0]) return m->weight[0];
    if (k >= ll_blend_sizes[SIZES - 1]) return m->weight[SIZES - 1];
    while (k > ll_blend_sizes[i + 1]) i++;
    double t = log((double)k / ll_blend_sizes[i]) / log((double)ll_blend_sizes[i + 1] / ll_blend_sizes[i]);
    return (1 - t) * m->weight[i] + t * m->weight[i + 1];
}

static ll_status measure_curve(const blend_model *m, int i, const ll_adapt_job *job, blend_adapted *a,
                               ll_error *e)
{
    ll_prediction p = {0};
    ll_predict_job reference = {.archs = m->reference, .observer = job->observer, .pool = job->pool};
    ll_status s = ll_blend_members[i]->predict(m->impl[i], a->impl[i], &reference, &p, e);
    for (int j = 0; j < p.n && !s; j++)
        if (!isfinite(p.score[j]))
            s = ll_fail(e, LL_FAILED, "%s gives scores that are no numbers", ll_blend_members[i]->name);
    if (!s) ll_blend_curve_init(&a->curve[i], p.score, p.n);
    ll_prediction_free(&p);
    return s;
}

static ll_status adapt(const void *model, const ll_adapt_job *job, void **adapted, ll_error *e)
{
    const blend_model *m = model;
    blend_adapted *a = LL_NEW(blend_adapted);
    ll_status s = LL_OK;
    a->weight = ll_has(job->options, "weight") ? ll_real(job->options, "weight")
                                               : weight_at(m, job->samples.archs->n);
    if (job->info) ll_json_num(job->info, "weight", a->weight);
    for (int i = 0; i < MEMBERS && !s; i++) {
        s = ll_blend_adapt_member(i, m->impl[i], job, &a->impl[i], e);
        if (!s) s = measure_curve(m, i, job, a, e);
    }
    if (s)
        release_adapted(a);
    else
        *adapted = a;
    return s;
}

/* --- predict --- */

static ll_status predict(const void *model, const void *adapted, const ll_predict_job *job,
                         ll_prediction *out, ll_error *e)
{
    const blend_model *m = model;
    const blend_adapted *a = adapted;
    ll_predict_job own = *job;
    ll_status s = LL_OK;
    own.want_variance = false;
    ll_prediction_new(out, job->archs->n, false, false);
    for (int i = 0; i < MEMBERS && !s; i++) {
        double weight = i ? a->weight : 1 - a->weight;
        ll_prediction p = {0};
        s = ll_blend_members[i]->predict(m->impl[i], a->impl[i], &own, &p, e);
        for (int j = 0; j < p.n && !s; j++) out->score[j] += weight * ll_blend_rank(&a->curve[i], p.score[j]);
        ll_prediction_free(&p);
    }
    return s;
}

/* --- as tensors: those of the members behind their names --- */

static void prefix_of(int member, char *prefix, size_t size)
{
    snprintf(prefix, size, "%s/", ll_blend_members[member]->name);
}

static void curve_name(int member, char *name, size_t size)
{
    snprintf(name, size, "blend.curve.%s", ll_blend_members[member]->name);
}

static ll_status save_member(int i, bool adapted, const void *impl, ll_tensors *out, ll_error *e)
{
    const ll_predictor *p = ll_blend_members[i];
    ll_tensors own = {0};
    char prefix[32];
    prefix_of(i, prefix, sizeof prefix);
    ll_status s = adapted ? p->save_adapted(impl, &own, e) : p->save(impl, &own, e);
    if (!s) ll_tensors_add_all(out, prefix, &own);
    ll_tensors_free(&own);
    return s;
}

static ll_status save(const void *model, ll_tensors *out, ll_error *e)
{
    const blend_model *m = model;
    ll_status s = LL_OK;
    ll_tensors_add(out, "blend.weight", LL_F64, 1, (long[]){SIZES}, m->weight);
    ll_archs_save(m->reference, "blend.reference", out);
    for (int i = 0; i < MEMBERS && !s; i++) s = save_member(i, false, m->impl[i], out, e);
    return s;
}

static ll_status save_adapted(const void *adapted, ll_tensors *out, ll_error *e)
{
    const blend_adapted *a = adapted;
    ll_status s = LL_OK;
    char name[48];
    ll_tensors_add(out, "blend.weight", LL_F64, 1, (long[]){1}, &a->weight);
    for (int i = 0; i < MEMBERS && !s; i++) {
        curve_name(i, name, sizeof name);
        ll_blend_curve_save(&a->curve[i], name, out);
        s = save_member(i, true, a->impl[i], out, e);
    }
    return s;
}

static ll_status read_weights(const ll_tensors *in, int n, double *weight, ll_error *e)
{
    const ll_tensor *t;
    ll_status s = ll_tensors_need(in, "blend.weight", LL_F64, 1, (long[]){n}, &t, e);
    if (!s) memcpy(weight, t->data, (size_t)n * sizeof *weight);
    for (int i = 0; i < n && !s; i++)
        if (!(weight[i] >= 0 && weight[i] <= 1))
            s = ll_fail(e, LL_BAD_DATA, "blend.weight: number %d is %g, 0 to 1 was expected", i + 1,
                        weight[i]);
    return s;
}

static ll_status load_reference(const ll_load_job *job, blend_model *m, ll_error *e)
{
    if (!ll_tensors_find(job->tensors, "blend.reference"))
        return ll_fail(
            e, LL_BAD_DATA,
            "the file has no architectures to rank among (an older latlab wrote it): pretrain again");
    ll_status s = ll_archs_load(job->tensors, "blend.reference", job->space, &m->reference, e);
    return s || m->reference->n ? s : ll_fail(e, LL_BAD_DATA, "tensor blend.reference is empty");
}

static ll_status load(const ll_load_job *job, void **model, ll_error *e)
{
    blend_model *m = LL_NEW(blend_model);
    ll_status s = read_weights(job->tensors, SIZES, m->weight, e);
    if (!s) s = load_reference(job, m, e);
    for (int i = 0; i < MEMBERS && !s; i++) {
        ll_tensors tensors = {0};
        ll_load_job own = *job;
        char prefix[32];
        prefix_of(i, prefix, sizeof prefix);
        ll_tensors_take(job->tensors, prefix, &tensors);
        own.tensors = &tensors;
        s = ll_blend_members[i]->load(&own, &m->impl[i], e);
        ll_tensors_free(&tensors);
    }
    if (s)
        release(m);
    else
        *model = m;
    return s;
}

static ll_status load_member(const blend_model *m, const ll_tensors *in, int i, blend_adapted *a, ll_error *e)
{
    ll_tensors own = {0};
    char prefix[32], name[48];
    prefix_of(i, prefix, sizeof prefix);
    curve_name(i, name, sizeof name);
    ll_tensors_take(in, prefix, &own);
    ll_status s = ll_blend_curve_load(in, name, &a->curve[i], e);
    if (!s) s = ll_blend_members[i]->load_adapted(m->impl[i], &own, &a->impl[i], e);
    ll_tensors_free(&own);
    return s;
}

static ll_status load_adapted(const void *model, const ll_tensors *in, void **adapted, ll_error *e)
{
    blend_adapted *a = LL_NEW(blend_adapted);
    ll_status s = read_weights(in, 1, &a->weight, e);
    for (int i = 0; i < MEMBERS && !s; i++) s = load_member(model, in, i, a, e);
    if (s)
        release_adapted(a);
    else
        *adapted = a;
    return s;
}

const ll_predictor ll_blend = {
    .name = "blend",
    .summary = "mean of the ranks of gp and nasflat, weighted by what helps between the sources",
    .paper = "latlab",
    .pretrain_options = pretrain_options,
    .transfer_options = transfer_options,
    .version = 2,
    .parts = ll_blend_members,
    .needs_sources = true,
    .default_n = 512,
    .n_by_space = true,
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
