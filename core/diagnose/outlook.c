/* What the samples alone say: how sure the structured GP is with them, and what the next ones are expected to bring.
 * This is all there is to say of a device that is just being measured. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/diagnose/diagnose.h"
#include "core/num/stats.h"
#include "core/predict/gp/simulate.h"
#include "core/sample/design.h"

enum { WORLDS = 24, RANKED = 2000, LEAST_SCORED = 10 };

bool ll_diagnose_few(const ll_diagnosis *q)
{
    return ll_dataset_count(q->data, q->device) < q->transfer->samples.n + LEAST_SCORED;
}

/* --- the posterior --- */

void ll_belief_of(const ll_diagnosis *q, const ll_gp_model *gp, ll_belief *out)
{
    const ll_ints *samples = &q->transfer->samples;
    *out = (ll_belief){.gp = gp, .prior = &gp->rows.prior};
    out->y_ms = LL_NEW_ARRAY(double, samples->n + out->prior->n);
    out->mean_ms = out->y_ms + samples->n;
    for (int i = 0; i < samples->n; i++) out->y_ms[i] = ll_latencies(q->data, q->device)[samples->v[i]];
    ll_gp_model_condition(gp, &gp->rows, samples->v, out->y_ms, samples->n, true, &out->posterior);
    ll_gp_posterior_predict(&out->posterior, out->prior, NULL, out->prior->n, out->mean_ms, NULL);
}

bool ll_diagnose_belief(const ll_diagnosis *q, ll_belief *out)
{
    const ll_gp_model *gp = q->gp->impl;
    *out = (ll_belief){0};
    if (q->gp->predictor != &ll_gp || !q->transfer->samples.n || !ll_gp_model_knows(gp, q->data->archs))
        return false;
    ll_belief_of(q, gp, out);
    return true;
}

void ll_belief_free(ll_belief *b)
{
    ll_gp_posterior_free(&b->posterior);
    free(b->y_ms);
    *b = (ll_belief){0};
}

/* --- noise --- */

/* Spearman of a device that is possible after the samples with itself, measured once: noise added, read from the clock. Not of
 * the latencies held likeliest, which lie closer together than those of any device when samples are few. */
static double ceiling_of(const ll_diagnosis *q, const ll_belief *b, double step)
{
    const ll_ints *samples = &q->transfer->samples;
    int all = b->prior->n, n = all < RANKED ? all : RANKED;
    double *truth = LL_NEW_ARRAY(double, 2 * all), *measured = truth + all, sum = 0;
    ll_rng rng = ll_rng_new(q->seed, LL_STREAM_DATA);
    for (int draw = 0; draw < WORLDS; draw++) {
        ll_gp_simulate_measuring(b->prior, &b->gp->draws, &b->posterior, samples->v, b->y_ms, samples->n,
                                 &rng, truth, measured);
        for (int i = 0; i < n; i++) {
            size_t row = (size_t)i * (size_t)all / (size_t)n;
            truth[i] = truth[row];
            measured[i] = step > 0 ? step * round(measured[row] / step) : measured[row];
        }
        sum += ll_spearman(truth, measured, n) / WORLDS;
    }
    free(truth);
    return sum;
}

static void noise_of(const ll_diagnosis *q, const ll_belief *b, ll_outlook *out)
{
    double step = ll_clock_step(b->y_ms, q->transfer->samples.n);
    out->noise_share = sqrt(ll_gp_core_noise(&b->posterior));
    out->noise_ms = b->posterior.scale_ms * out->noise_share;
    out->ceiling = ceiling_of(q, b, step / b->posterior.scale_ms);
}

/* --- the next samples --- */

static ll_status pick_next(const ll_diagnosis *q, ll_ints *next, ll_error *e)
{
    const ll_ints *have = q->have.n ? &q->have : &q->transfer->samples;
    int left = q->data->n_archs - have->n, k = q->next < left ? q->next : left;
    ll_design_prior prior = {0};
    if (k < 1 || !q->gp->predictor->design_prior ||
        !q->gp->predictor->design_prior(q->gp->impl, q->data->archs, &prior))
        return LL_OK;
    ll_ints picked = ll_ints_range(k);
    ll_sample_job job = {.archs = q->data->archs,
                         .k = k,
                         .seed = q->seed,
                         .prior = &prior,
                         .observer = q->observer,
                         .have = have->v,
                         .n_have = have->n};
    ll_status s = ll_sample_more(q->sampler ? q->sampler : &ll_dopt, &job, picked.v, e);
    if (!s)
        *next = picked;
    else
        ll_ints_free(&picked);
    ll_design_prior_free(&prior);
    return s;
}

ll_status ll_belief_expect(const ll_diagnosis *q, const ll_belief *b, const ll_ints *next, int worlds,
                           ll_expectation *x, ll_error *e)
{
    const ll_ints *samples = &q->transfer->samples;
    int sizes[2] = {samples->n, samples->n + next->n};
    ll_ints plan = ll_ints_copy(samples->v, samples->n);
    for (int i = 0; i < next->n; i++) ll_ints_add(&plan, next->v[i]);
    ll_expect_job job = {.data = q->data,
                         .gp = b->gp,
                         .rows = &b->gp->rows,
                         .posterior = &b->posterior,
                         .have = samples->v,
                         .y_ms = b->y_ms,
                         .n_have = samples->n,
                         .plan = plan.v,
                         .sampler = &ll_dopt,
                         .sizes = sizes,
                         .n_sizes = 2,
                         .n_worlds = worlds,
                         .seed = q->seed,
                         .observer = q->observer,
                         .pool = q->pool};
    ll_status s = ll_expect(&job, x, e);
    ll_ints_free(&plan);
    return s;
}

static ll_status expect(const ll_diagnosis *q, const ll_belief *b, ll_outlook *out, ll_error *e)
{
    ll_expectation x;
    ll_status s = ll_belief_expect(q, b, &out->next, WORLDS, &x, e);
    ll_spread now = ll_expected_spread(&x, x.spearman, 0), then = ll_expected_spread(&x, x.spearman, 1);
    out->now = now.middle;
    out->now_lo = now.lo;
    out->now_hi = now.hi;
    out->then = then.middle;
    out->then_lo = then.lo;
    out->then_hi = then.hi;
    ll_expectation_free(&x);
    return s;
}

ll_status ll_diagnose_outlook(const ll_diagnosis *q, ll_outlook *out, ll_error *e)
{
    ll_belief b;
    double unknown = NAN;
    *out = (ll_outlook){.few = ll_diagnose_few(q)};
    out->now = out->now_lo = out->now_hi = out->then = out->then_lo = out->then_hi = unknown;
    out->noise_ms = out->noise_share = out->ceiling = unknown;
    ll_status s = pick_next(q, &out->next, e);
    if (s || !ll_diagnose_belief(q, &b)) return s;
    noise_of(q, &b, out);
    s = expect(q, &b, out, e);
    int k = q->transfer->samples.n;
    out->left_out = ll_memdup(b.posterior.left_out, (size_t)k, sizeof *out->left_out);
    out->left_out_ms = ll_memdup(b.posterior.left_out_ms, (size_t)k, sizeof *out->left_out_ms);
    ll_belief_free(&b);
    return s;
}

void ll_outlook_free(ll_outlook *o)
{
    ll_ints_free(&o->next);
    free(o->left_out);
    free(o->left_out_ms);
    *o = (ll_outlook){0};
}

void ll_outlook_ceiling(const ll_outlook *o, ll_noise_report *noise)
{
    if (!o->few || isnan(o->ceiling)) return;
    noise->ties = NAN; /* of these few, which says nothing of the others */
    noise->ceiling = o->ceiling;
    noise->ceiling_from = "posterior";
}
