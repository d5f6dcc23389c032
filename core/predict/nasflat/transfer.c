/* From a pretrained network to a device: by the prior, or by tuning. */
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/base/text/progress.h"
#include "core/predict/gp/gp.h"
#include "core/predict/nasflat/adapted.h"

static const double report_every_s = .08;

cJSON *ll_nasflat_report_new(const ll_adapt_job *job, double start_s, long done, long total,
                             const double *scores)
{
    double elapsed = ll_now_s() - start_s;
    cJSON *o = ll_progress_new("transfer", done, total);
    ll_json_str(o, "predictor", "nasflat");
    ll_json_str(o, "device", job->device);
    ll_json_num(o, "left_s", done ? elapsed * (double)(total - done) / (double)done : NAN);
    if (!scores) return o;
    ll_json_ints(o, "rows", job->watch_rows, job->watch->n);
    ll_json_nums(o, "scores", scores, job->watch->n);
    return o;
}

/* --- by the prior --- */

static const ll_gp_model *gp_of(const ll_nasflat_adapted *a)
{
    return a->own ? a->own->gp : a->model->prior->gp;
}

static void say_prior(void *observer, long done, long total)
{
    if (ll_observer_due(observer, report_every_s))
        ll_progress(observer, ll_progress_new("prior", done, total));
}

/* The scores of a prediction that is whole. */
static ll_status show_watched(const ll_nasflat_adapted *a, const ll_adapt_job *job, double start_s,
                              ll_error *e)
{
    if (!job->watch || !job->observer || !job->observer->progress) return LL_OK;
    ll_prediction p = {0};
    ll_predict_job watched = {.archs = job->watch, .observer = job->observer, .pool = job->pool};
    ll_status s = ll_gp_predict(gp_of(a), a->gp, &watched, &p, e);
    if (!s) ll_progress(job->observer, ll_nasflat_report_new(job, start_s, 1, 1, p.score));
    ll_prediction_free(&p);
    return s;
}

/* The samples condition the prior; a model whose pretraining was stopped before it gets one for this device alone, from
 * what it has kept, in seconds. */
static ll_status adapt_by_prior(const ll_adapt_job *job, ll_nasflat_adapted *a, ll_error *e)
{
    const ll_nasflat_model *m = a->model;
    double start_s = ll_now_s();
    ll_status s = LL_OK;
    if (!m->prior)
        s = ll_nasflat_prior_fit_later(m, job->observer, job->pool,
                                       (ll_nasflat_told){say_prior, job->observer}, &a->own, e);
    if (!s) s = ll_gp_adapt(gp_of(a), job, &a->gp, e);
    if (s) return s;
    if (job->info) ll_json_str(job->info, "adapt", "prior");
    return show_watched(a, job, start_s, e);
}

/* --- adapt --- */

/* By the prior unless the options say otherwise; *by_prior false, too, when nobody asked and there is none to be had. */
static ll_status choose_way(const ll_nasflat_model *m, const ll_values *o, bool *by_prior, ll_error *e)
{
    bool has = m->prior || ll_bool(&m->options, "prior"), asked = ll_given(o, "adapt");
    *by_prior = ll_is(o, "adapt", "prior") && (has || asked);
    for (int i = 0; *by_prior && o->table[i].name; i++) {
        const char *name = o->table[i].name;
        if (o->given[i] && strcmp(name, "adapt") && strcmp(name, "preset"))
            return ll_fail(e, LL_USAGE,
                           "%s= says how the network is tuned, and goes with adapt=tune; adapt=prior does "
                           "without tuning",
                           name);
    }
    if (*by_prior && !has)
        return ll_fail(e, LL_USAGE,
                       "this model was pretrained without a prior (prior=off); adapt=tune was expected");
    return LL_OK;
}

static ll_status adapt(const ll_adapt_job *job, ll_nasflat_adapted *a, ll_error *e)
{
    ll_values options;
    bool by_prior;
    ll_nasflat_resolve(job->options, &options);
    ll_status s = choose_way(a->model, &options, &by_prior, e);
    if (!s) s = ll_nasflat_readable(a->model, job->samples.archs, e);
    if (!s) s = by_prior ? adapt_by_prior(job, a, e) : ll_nasflat_tune(job, &options, a, e);
    ll_values_free(&options);
    return s;
}

static ll_nasflat_adapted *adapted_new(const ll_nasflat_model *m)
{
    ll_nasflat_adapted *a = LL_NEW(ll_nasflat_adapted);
    *a = (ll_nasflat_adapted){.model = m};
    return a;
}

ll_status ll_nasflat_adapt(const void *model, const ll_adapt_job *job, void **adapted, ll_error *e)
{
    ll_nasflat_adapted *a = adapted_new(model);
    ll_status s = adapt(job, a, e);
    if (s)
        ll_nasflat_release_adapted(a);
    else
        *adapted = a;
    return s;
}

void ll_nasflat_release_adapted(void *adapted)
{
    ll_nasflat_adapted *a = adapted;
    if (a->gp) ll_gp_release_adapted(a->gp);
    ll_nasflat_prior_free(a->own);
    for (int i = 0; i < a->n_members; i++) free(a->w[i]);
    free(a->known);
    free(a);
}

/* --- predict --- */

ll_status ll_nasflat_predict(const void *model, const void *adapted, const ll_predict_job *job,
                             ll_prediction *out, ll_error *e)
{
    const ll_nasflat_adapted *a = adapted;
    ll_status s = ll_nasflat_readable(model, job->archs, e);
    if (s) return s;
    if (a->gp) return ll_gp_predict(gp_of(a), a->gp, job, out, e);
    ll_prediction_new(out, job->archs->n, false, false);
    bool go = ll_nasflat_tuned_scores(a, job->archs, job->observer, job->pool, out->score);
    return go ? LL_OK : ll_fail(e, LL_CANCELLED, "cancelled while predicting");
}

/* --- as tensors --- */

#define OWN_PRIOR "nasflat.own."

ll_status ll_nasflat_save_adapted(const void *adapted, ll_tensors *out, ll_error *e)
{
    const ll_nasflat_adapted *a = adapted;
    ll_tensors own = {0};
    ll_status s = a->own ? ll_nasflat_prior_save(a->own, &own, e) : LL_OK;
    if (!s && a->own) ll_tensors_add_all(out, OWN_PRIOR, &own);
    ll_tensors_free(&own);
    if (s || a->gp) return s ? s : ll_gp_save_adapted(a->gp, out, e);
    ll_tensors_add(out, "nasflat.standard", LL_F64, 2, (long[]){a->n_members, 2}, a->standard);
    for (int i = 0; i < a->n_members; i++) ll_nasflat_weights_save(a->model, i, a->w[i], out);
    return LL_OK;
}

static ll_status load_tuned(const ll_tensors *in, ll_nasflat_adapted *a, ll_error *e)
{
    const ll_tensor *standard;
    int members = a->model->n_members;
    ll_status s = ll_tensors_need(in, "nasflat.standard", LL_F64, 2, (long[]){members, 2}, &standard, e);
    if (!s) memcpy(a->standard, standard->data, (size_t)members * sizeof *a->standard);
    for (; a->n_members < members && !s; a->n_members += !s)
        s = ll_nasflat_weights_load(in, a->model, a->n_members, &a->w[a->n_members], e);
    return s;
}

static ll_status load_conditioned(const ll_tensors *in, ll_nasflat_adapted *a, ll_error *e)
{
    ll_tensors own = {0};
    ll_tensors_take(in, OWN_PRIOR, &own);
    ll_status s = ll_nasflat_prior_load(&own, a->model, &a->own, e);
    ll_tensors_free(&own);
    if (!s && !a->own && !a->model->prior)
        s = ll_fail(e, LL_BAD_DATA, "it was adapted by a prior, and the model beside it has none");
    return s ? s : ll_gp_load_adapted(gp_of(a), in, &a->gp, e);
}

ll_status ll_nasflat_load_adapted(const void *model, const ll_tensors *in, void **adapted, ll_error *e)
{
    ll_nasflat_adapted *a = adapted_new(model);
    bool tuned = ll_tensors_find(in, "nasflat.standard") != NULL;
    ll_status s = tuned ? load_tuned(in, a, e) : load_conditioned(in, a, e);
    if (s)
        ll_nasflat_release_adapted(a);
    else
        *adapted = a;
    return s;
}
