/* ProxylessNAS without a supernet (Cai et al., ICLR 2019, arXiv 1812.00332, section 3.3): architecture parameters alpha climb
 *
 *   J(alpha) = E[score] - sum over limited quantities k of lambda_k E[L_k] / T_k
 *
 * by Adam. E[L_k] = sum_ij p_ij F_ij is differentiable: F is a lookup table by position and choice, fitted to what the
 * predictor says of architectures drawn alike. No weights are trained here that a loss could be differentiated through: the score
 * is known of whole architectures alone, so its gradient is the paper's other one, REINFORCE (section 3.3.2), from a
 * few draws a step with their mean as baseline. A score counts as its rank among all that were met, so that lambda means the same
 * whatever the score is. With a limit lambda_k rises while E[L_k] is above T_k and falls below it (dual ascent); lambda=
 * holds it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/search/search.h"
#include "core/search/soft.h"

enum { DRAWS = 2000, DRY = 60 };
static const double BETA = .999, EPSILON = 1e-8; /* Adam without momentum, as the authors' code has it */
static const double DUAL = .05;                  /* lambda moves by so much of the relative excess a step */

/* A quantity that alpha pays for. */
typedef struct price {
    int k; /* of the problem */
    double *table, fixed, explained;
    double target, lambda;
} price;

typedef struct climb {
    ll_search *s;
    ll_soft soft;
    price prices[LL_QUANTITIES];
    int n;
    double *gradient, *square; /* (size) */
    ll_archs *batch;           /* canonical, the mode behind the draws */
    uint8_t *genes;            /* (options->batch, n_positions) as they were drawn */
    int *place;
    long step;
} climb;

/* --- the lookup tables --------------------------------------------------------------------------------------- */

static double bound(const ll_search *s, const ll_evaluation *at, int row, int k, const double *z)
{
    size_t cell = (size_t)row * (size_t)s->problem->n + (size_t)k;
    return at->values[cell] + z[k] * at->sd[cell];
}

/* What a limit is held against, of draws in which every choice of every position is as likely. */
static ll_status fit_tables(climb *c, ll_error *e)
{
    const ll_search *s = c->s;
    const ll_space *space = s->problem->space;
    size_t width = (size_t)space->n_positions, cells = (size_t)DRAWS * (size_t)s->problem->n;
    double dof[LL_QUANTITIES], z[LL_QUANTITIES];
    ll_evaluation to = {LL_NEW_ARRAY(double, cells), LL_NEW_ARRAY(double, cells), dof};
    uint8_t *genes = LL_NEW_ARRAY(uint8_t, (size_t)DRAWS * width);
    double *y = LL_NEW_ARRAY(double, DRAWS);
    ll_archs *archs = ll_archs_new(space, DRAWS);
    for (int i = 0; i < DRAWS; i++) {
        ll_soft_draw(&c->soft, &c->s->rng, genes + (size_t)i * width);
        memcpy(ll_arch_at(archs, i), genes + (size_t)i * width, width);
        ll_space_canonical(space, ll_arch_at(archs, i));
    }
    ll_status status = ll_problem_evaluate(s->problem, archs, s->options->observer, s->options->pool, &to, e);
    if (!status) ll_problem_quantiles(s->problem, dof, z);
    for (int i = 0; i < c->n && !status; i++) {
        price *p = &c->prices[i];
        for (int j = 0; j < DRAWS; j++) y[j] = bound(s, &to, j, p->k, z);
        p->explained = ll_soft_fit(&c->soft, genes, y, DRAWS, p->table, &p->fixed);
        if (p->target == INFINITY) p->target = p->fixed; /* of what is not limited, the mean is the unit */
        if (isnan(p->explained) || !(p->target > 0))
            status = ll_fail(e, LL_FAILED, "%s: too little is known of it to fit a lookup table",
                             s->problem->q[p->k].name);
    }
    ll_archs_unref(archs);
    free(to.values);
    free(to.sd);
    free(genes);
    free(y);
    return status;
}

/* All that is limited; with lambda= and no limit the first latency or count there is. */
static ll_status find_prices(climb *c, ll_error *e)
{
    const ll_problem *p = c->s->problem;
    double held = c->s->options->lambda;
    for (int k = 1; k < p->n; k++)
        if (p->q[k].max < INFINITY) c->prices[c->n++] = (price){.k = k, .target = p->q[k].max};
    if (!c->n && held >= 0 && p->n > 1) c->prices[c->n++] = (price){.k = 1, .target = INFINITY};
    if (!c->n)
        return ll_fail(e, LL_USAGE,
                       "method=gradient weighs the score against a latency: give a limit (max=), or "
                       "lambda=");
    for (int i = 0; i < c->n; i++) {
        c->prices[i].table = LL_NEW_ARRAY(double, ll_soft_size(&c->soft) + 1);
        c->prices[i].lambda = held >= 0 ? held : 0;
    }
    return LL_OK;
}

static double expected(const climb *c, const price *p, double *gradient)
{
    return p->fixed + ll_soft_expected(&c->soft, p->table, -p->lambda / p->target, gradient);
}

/* --- a step -------------------------------------------------------------------------------------------------- */

static ll_status draw(climb *c, ll_error *e)
{
    const ll_space *space = c->s->problem->space;
    size_t width = (size_t)space->n_positions;
    uint8_t gene[LL_MAX_POSITIONS];
    ll_archs_unref(c->batch);
    c->batch = ll_archs_new(space, 0);
    for (int i = 0; i <= c->s->options->batch; i++) {
        if (i < c->s->options->batch) {
            ll_soft_draw(&c->soft, &c->s->rng, gene);
            memcpy(c->genes + (size_t)i * width, gene, width);
        } else {
            ll_soft_mode(&c->soft, gene);
        }
        ll_space_canonical(space, gene);
        ll_archs_push(c->batch, gene);
    }
    return ll_search_add(c->s, c->batch, c->place, e);
}

/* The share of all that were met whose score is lower, of equal ones half; what has no score is behind all that have. */
static double rank(const ll_search *s, int place)
{
    double mine = ll_search_values(s, place)[0], below = 0;
    for (int i = 0; i < s->archs->n; i++) {
        double other = ll_search_values(s, i)[0];
        if (isnan(mine) || isnan(other))
            below += isnan(mine) && isnan(other) ? .5 : isnan(other);
        else
            below += other < mine ? 1 : other == mine ? .5 : 0;
    }
    return below / s->archs->n;
}

/* REINFORCE: the mean over the draws of (rank - mean rank) grad log p, of n draws n / (n - 1) times it, which is unbiased. */
static void add_score(climb *c)
{
    int batch = c->s->options->batch, n = 0;
    double *reward = LL_NEW_ARRAY(double, batch), mean = 0;
    size_t width = (size_t)c->s->problem->space->n_positions;
    for (int i = 0; i < batch; i++) {
        reward[i] = c->place[i] < 0 ? NAN : rank(c->s, c->place[i]);
        if (c->place[i] < 0) continue;
        mean += reward[i];
        n++;
    }
    for (int i = 0; i < batch && n > 1; i++)
        if (c->place[i] >= 0)
            ll_soft_log_p(&c->soft, c->genes + (size_t)i * width, (reward[i] - mean / n) / (n - 1),
                          c->gradient);
    free(reward);
}

static void climb_step(climb *c)
{
    int size = ll_soft_size(&c->soft);
    double seen = 1 - pow(BETA, (double)c->step + 1);
    for (int i = 0; i < size; i++) {
        c->square[i] = BETA * c->square[i] + (1 - BETA) * c->gradient[i] * c->gradient[i];
        c->soft.alpha[i] += c->s->options->lr * c->gradient[i] / (sqrt(c->square[i] / seen) + EPSILON);
    }
    ll_soft_renew(&c->soft);
}

static double mean_drawn(const climb *c, int k)
{
    double z[LL_QUANTITIES], sum = 0;
    int n = 0;
    ll_problem_quantiles(c->s->problem, c->s->dof, z);
    for (int i = 0; i < c->s->options->batch; i++) {
        if (c->place[i] < 0) continue;
        sum += bound(c->s, &c->s->at, c->place[i], k, z);
        n++;
    }
    return n ? sum / n : NAN;
}

/* The distribution as it was when this step's architectures were drawn. */
static void note(climb *c)
{
    const price *p = &c->prices[0];
    ll_trace_step step = {.step = c->step,
                          .evaluations = c->s->evaluations,
                          .expected = expected(c, p, NULL),
                          .drawn = mean_drawn(c, p->k),
                          .lambda = p->lambda,
                          .entropy = ll_soft_entropy(&c->soft),
                          .mode = c->place[c->s->options->batch]};
    ll_trace_add(&c->s->trace, &c->soft, &step);
}

static void climb_once(climb *c)
{
    memset(c->gradient, 0, (size_t)ll_soft_size(&c->soft) * sizeof *c->gradient);
    add_score(c);
    for (int i = 0; i < c->n; i++) {
        price *p = &c->prices[i];
        double over = expected(c, p, c->gradient) / p->target - 1;
        if (c->s->options->lambda < 0) p->lambda = fmax(0, p->lambda + DUAL * over);
    }
    climb_step(c);
}

/* --- the whole ----------------------------------------------------------------------------------------------- */

static ll_status climb_on(climb *c, ll_error *e)
{
    ll_status status = LL_OK;
    int dry = 0;
    for (c->step = 0; !status && c->step < c->s->options->steps && dry < DRY; c->step++) {
        long before = c->s->evaluations;
        if (ll_search_is_over(c->s)) break;
        status = draw(c, e);
        if (status) break;
        note(c);
        climb_once(c);
        dry = c->s->evaluations > before ? 0 : dry + 1;
    }
    return status;
}

static ll_status run(ll_search *s, ll_error *e)
{
    climb c = {.s = s};
    int batch = s->options->batch;
    ll_soft_init(&c.soft, s->problem->space);
    c.gradient = LL_NEW_ARRAY(double, ll_soft_size(&c.soft) + 1);
    c.square = LL_NEW_ARRAY(double, ll_soft_size(&c.soft) + 1);
    c.genes = LL_NEW_ARRAY(uint8_t, batch * s->problem->space->n_positions);
    c.place = LL_NEW_ARRAY(int, batch + 1);
    ll_status status = find_prices(&c, e);
    if (!status) status = fit_tables(&c, e);
    if (!status) {
        const ll_quantity *q = &s->problem->q[c.prices[0].k];
        s->trace.explained = c.prices[0].explained;
        s->trace.draws = DRAWS;
        s->trace.name = q->name;
        s->trace.unit = q->unit;
        status = climb_on(&c, e);
    }
    for (int i = 0; i < c.n; i++) free(c.prices[i].table);
    ll_archs_unref(c.batch);
    free(c.gradient);
    free(c.square);
    free(c.genes);
    free(c.place);
    ll_soft_free(&c.soft);
    return status;
}

const ll_search_method ll_search_gradient = {
    .name = "gradient",
    .summary = "ProxylessNAS: probabilities of choices climb, expected latency by a lookup table",
    .any_space = true,
    .budget = 20000,
    .run = run};
