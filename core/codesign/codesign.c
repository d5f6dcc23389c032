#include "core/codesign/codesign.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/base/text/progress.h"
#include "core/num/cmaes.h"
#include "core/space/moves.h"

/* --- workloads --- */

void ll_workload_of(const ll_network *network, int batch, ll_workload *out)
{
    out->n = 0;
    for (int i = 0; i < network->n_layers; i++) {
        ll_nest nest;
        int at = 0;
        if (!ll_nest_of(&network->layers[i], batch, &nest)) continue;
        while (at < out->n && !ll_nest_same(&out->nests[at], &nest)) at++;
        if (at == out->n) {
            out->nests[out->n] = nest;
            out->count[out->n++] = 0;
        }
        out->count[at]++;
    }
}

void ll_mapped_free(ll_mapped *m)
{
    free(m->nests);
    free(m->mappings);
    free(m->costs);
    *m = (ll_mapped){0};
}

static void make_room(ll_mapped *m)
{
    if (m->n < m->cap) return;
    m->cap = m->cap ? 2 * m->cap : 32;
    m->nests = ll_realloc(m->nests, (size_t)m->cap, sizeof *m->nests);
    m->mappings = ll_realloc(m->mappings, (size_t)m->cap, sizeof *m->mappings);
    m->costs = ll_realloc(m->costs, (size_t)m->cap, sizeof *m->costs);
}

/* NULL: it fits no buffer. */
static const ll_nest_cost *price_nest(const ll_chip_setting *s, const ll_accelerator *a, const ll_nest *nest,
                                      ll_mapped *known)
{
    for (int i = 0; i < known->n; i++)
        if (ll_nest_same(&known->nests[i], nest)) return &known->costs[i];
    ll_prices prices = ll_prices_of(s->energy, a);
    make_room(known);
    if (!ll_mapping_search(nest, a, &prices, s->goal, LL_MAPPING_KICKS, s->seed, &known->mappings[known->n],
                           &known->costs[known->n]))
        return NULL;
    known->nests[known->n] = *nest;
    return &known->costs[known->n++];
}

/* What is known of a chip that has no room for a layer, or was not looked at to the end. */
static const ll_chip_cost nothing = {INFINITY, INFINITY, INFINITY, INFINITY};

ll_chip_cost ll_chip_price(const ll_chip_setting *s, const ll_accelerator *a, const ll_workload *w,
                           ll_mapped *known)
{
    ll_chip_cost all = {0};
    for (int i = 0; i < w->n; i++) {
        const ll_nest_cost *c = price_nest(s, a, &w->nests[i], known);
        if (!c || ll_cancelled(s->observer)) return nothing;
        all.cycles += w->count[i] * c->cycles;
        all.energy += w->count[i] * c->energy;
        all.macs += w->count[i] * c->macs;
    }
    all.value = ll_goal_value(s->goal, all.cycles, all.energy);
    return all;
}

static void add_log(ll_chip_cost *sum, const ll_chip_cost *c)
{
    sum->cycles += log(c->cycles);
    sum->energy += log(c->energy);
    sum->macs += log(c->macs);
    sum->value += log(c->value);
}

ll_chip_cost ll_chip_price_all(const ll_chip_setting *s, const ll_accelerator *a, const ll_workload *w, int n)
{
    ll_mapped known = {0};
    ll_chip_cost sum = {0};
    for (int i = 0; i < n && !ll_cancelled(s->observer); i++) {
        ll_chip_cost one = ll_chip_price(s, a, &w[i], &known);
        add_log(&sum, &one);
    }
    ll_mapped_free(&known);
    if (ll_cancelled(s->observer)) return nothing;
    return (ll_chip_cost){exp(sum.cycles / n), exp(sum.energy / n), exp(sum.macs / n), exp(sum.value / n)};
}

/* --- one accelerator --- */

typedef struct candidate {
    ll_accelerator a;
    ll_chip_cost cost; /* value INFINITY: nothing is known of it */
    uint8_t gene[LL_MAX_POSITIONS];
} candidate;

static void price_workloads(const ll_codesign_problem *p, candidate *c)
{
    c->cost = ll_chip_price_all(&p->set, &c->a, p->workloads, p->n_workloads);
}

static void price_gene(const ll_codesign_problem *p, const uint8_t *gene, ll_mapped *known, candidate *best)
{
    ll_network network;
    ll_workload work;
    if (ll_network_build(p->space, gene, &network, NULL)) return;
    ll_workload_of(&network, p->set.batch, &work);
    ll_chip_cost cost = ll_chip_price(&p->set, &best->a, &work, known);
    if (!(cost.value < best->cost.value)) return;
    best->cost = cost;
    memcpy(best->gene, gene, (size_t)p->space->n_positions);
}

/* Mutants of the best network so far; the start is what was good on other accelerators. */
static void evolve(const ll_codesign_problem *p, uint64_t number, candidate *c)
{
    enum { TRIES = 100 };
    ll_mapped known = {0};
    ll_rng rng = ll_rng_new(p->set.seed, LL_STREAM_SEARCH | (number + 1) << 32);
    int tried = 0;
    for (; tried < p->n_start && tried < p->per_accelerator && !ll_cancelled(p->set.observer); tried++)
        price_gene(p, p->start + (size_t)tried * (size_t)p->space->n_positions, &known, c);
    for (; tried < p->per_accelerator && !ll_cancelled(p->set.observer); tried++) {
        uint8_t gene[LL_MAX_POSITIONS];
        int tries = 0;
        do {
            memcpy(gene, c->gene, (size_t)p->space->n_positions);
            ll_space_mutate(p->space, &rng, 1. / p->space->n_positions, gene);
        } while (!p->good(p->ctx, gene) && ++tries < TRIES);
        if (tries < TRIES) price_gene(p, gene, &known, c);
    }
    ll_mapped_free(&known);
}

/* --- a generation --- */

typedef struct generation {
    const ll_codesign_problem *p;
    candidate *v;
    uint64_t first; /* number of its first candidate */
} generation;

static void price_candidate(void *ctx, int i)
{
    generation *g = ctx;
    candidate *c = &g->v[i];
    c->cost = (ll_chip_cost){.value = INFINITY};
    if (ll_cancelled(g->p->set.observer)) return;
    if (g->p->n_workloads)
        price_workloads(g->p, c);
    else
        evolve(g->p, g->first + (uint64_t)i, c);
    if (ll_cancelled(g->p->set.observer)) c->cost.value = INFINITY; /* not all of it was seen */
}

static void keep(ll_codesign *out, const candidate *v, int n)
{
    for (int i = 0; i < n; i++) {
        out->evaluations++;
        if (!(v[i].cost.value < out->cost.value)) continue;
        out->accelerator = v[i].a;
        out->cost = v[i].cost;
        memcpy(out->gene, v[i].gene, sizeof out->gene);
    }
    if (!isfinite(out->cost.value)) return;
    out->steps = ll_realloc(out->steps, (size_t)out->n_steps + 1, sizeof *out->steps);
    out->steps[out->n_steps++] = (ll_codesign_step){out->evaluations, out->cost.value};
}

static const char *const goal_names[] = {"log10 EDP", "log10 cycles", "log10 energy"};

static void report(const ll_codesign_problem *p, const ll_codesign *out, double start_s)
{
    if (!ll_observer_due(p->set.observer, .1)) return;
    cJSON *o = ll_progress_new("accelerators", out->evaluations, p->evaluations);
    const ll_accelerator *a = &out->accelerator;
    ll_str array = {0}, loops = {0};
    ll_str_addf(&array, "%dx%d", a->rows, a->cols);
    ll_accelerator_loops(a, &loops);
    ll_json_num(o, "loss", log10(out->cost.value));
    ll_json_str(o, "loss_is", goal_names[p->set.goal]);
    ll_json_str(o, "array", ll_str_text(&array));
    ll_json_str(o, "loops", ll_str_text(&loops));
    ll_json_num(o, "L1 (B)", a->l1_bytes);
    ll_json_num(o, "L2 (KiB)", a->l2_bytes / 1024);
    ll_json_num(o, "cycles", out->cost.cycles);
    ll_json_num(o, "energy", out->cost.energy);
    ll_json_num(o, "left_s",
                (ll_now_s() - start_s) / (double)out->evaluations *
                    (double)(p->evaluations - out->evaluations));
    ll_progress(p->set.observer, o);
    ll_str_free(&array);
    ll_str_free(&loops);
}

/* The network that is best so far is the first that the next accelerators try. */
static void hand_on(const ll_codesign_problem *p, const ll_codesign *out, uint8_t *start)
{
    if (!p->n_workloads && out->n_steps) memcpy(start, out->gene, (size_t)p->space->n_positions);
}

/* Accelerators to try: those of the population, or (`c` NULL) the fixed one, for so many evolutions of networks at once. */
static void propose(const ll_codesign_problem *p, ll_cmaes *c, candidate *v, int n)
{
    double *x = c ? ll_cmaes_ask(c) : NULL;
    for (int i = 0; c && i < ll_cmaes_lambda(c) * LL_ACCELERATOR_GENES; i++) x[i] = fmin(fmax(x[i], 0), 1);
    for (int i = 0; i < n; i++)
        v[i].a = c ? ll_accelerator_decode(x + i * LL_ACCELERATOR_GENES, &p->budget, p->bytes) : *p->fixed;
}

/* The last generation may be cut short, then nobody asks for another one. */
static void learn(ll_cmaes *c, const candidate *v, int n)
{
    if (!c || n < ll_cmaes_lambda(c)) return;
    double *values = LL_NEW_ARRAY(double, n);
    for (int i = 0; i < n; i++) values[i] = v[i].cost.value;
    ll_cmaes_tell(c, values);
    free(values);
}

/* One generation after the other until the evaluations are spent. */
static void run_generations(const ll_codesign_problem *p, ll_cmaes *c, uint8_t *start, ll_codesign *out)
{
    enum { AT_ONCE = 4 };
    int lambda = c ? ll_cmaes_lambda(c) : AT_ONCE;
    candidate *v = LL_NEW_ARRAY(candidate, lambda);
    double start_s = ll_now_s();
    while (out->evaluations < p->evaluations && !ll_cancelled(p->set.observer)) {
        int n = (int)fmin(lambda, (double)(p->evaluations - out->evaluations));
        propose(p, c, v, n);
        hand_on(p, out, start);
        generation g = {p, v, (uint64_t)out->evaluations};
        ll_pool_run(p->pool, n, price_candidate, &g);
        keep(out, v, n);
        learn(c, v, n);
        if (out->n_steps) report(p, out, start_s);
    }
    free(v);
}

static ll_cmaes *population(const ll_codesign_problem *p)
{
    double middle[LL_ACCELERATOR_GENES];
    for (int i = 0; i < LL_ACCELERATOR_GENES; i++) middle[i] = .5;
    return p->fixed ? NULL : ll_cmaes_new(LL_ACCELERATOR_GENES, middle, .3, 0, p->set.seed);
}

ll_status ll_codesign_run(const ll_codesign_problem *problem, ll_codesign *out, ll_error *e)
{
    ll_codesign_problem p = *problem;
    *out = (ll_codesign){.cost = {.value = INFINITY}};
    uint8_t *start = NULL;
    if (!p.n_workloads) {
        start = ll_memdup(p.start, (size_t)p.n_start, (size_t)p.space->n_positions);
        p.start = start;
    }
    ll_cmaes *c = population(&p);
    run_generations(&p, c, start, out);
    ll_cmaes_free(c);
    free(start);
    if (ll_cancelled(p.set.observer)) return ll_fail(e, LL_CANCELLED, "cancelled");
    if (!out->n_steps)
        return ll_fail(e, LL_FAILED,
                       "no accelerator within the budget has room for a layer: more sram_kb, or fewer pe");
    return LL_OK;
}

void ll_codesign_free(ll_codesign *c)
{
    free(c->steps);
    *c = (ll_codesign){0};
}
