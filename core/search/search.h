/* One search while it runs: the architectures met so far with their quantities, each evaluated once, and the methods that
 * go about in the space. A method is one const record; `ll_search_methods` lists them. */
#ifndef LL_SEARCH_SEARCH_H
#define LL_SEARCH_SEARCH_H

#include "core/base/rng.h"
#include "core/search/problem.h"
#include "core/search/trace.h"

typedef struct ll_search_options {
    long budget;                /* evaluations at most; 0: as many as the method takes */
    int population;             /* evolution, nsga2, ofa */
    int tournament;             /* evolution: parents are the best of so many */
    double rate;                /* a position changes with this probability; 0: one in all positions */
    int batch;                  /* gradient: architectures drawn a step */
    long steps;                 /* gradient: at most */
    double lr;                  /* gradient: of Adam */
    double lambda;              /* gradient: what a latency weighs; < 0: as much as its limit takes */
    int first;                  /* walk: the best of the first so many that are within the limits */
    const ll_archs *candidates; /* only these; NULL: the whole space */
    uint64_t seed;
    ll_observer *observer;
    ll_pool *pool;
} ll_search_options;

/* How far it had come after so many evaluations. */
typedef struct ll_search_step {
    long evaluations;
    double best, hypervolume; /* NaN: nothing is within the limits */
} ll_search_step;

typedef struct ll_search {
    const ll_problem *problem;
    const ll_search_options *options;
    const struct ll_search_method *method;
    ll_rng rng;
    ll_archs *archs;  /* met so far, indexed */
    ll_evaluation at; /* of archs->n architectures (core/search/problem.h) */
    double dof[LL_QUANTITIES];
    double *excess; /* (archs->n) 0: within the limits */
    int cap;
    long evaluations;                               /* architectures asked for that were new */
    double low[LL_OBJECTIVES], high[LL_OBJECTIVES]; /* of the objectives, for the hypervolume */
    ll_ints front; /* within the limits, not dominated, in the order of the objectives */
    int best;      /* the highest score within the limits, of equal ones the lowest next quantity; -1: none */
    ll_search_step *steps;
    int n_steps;
    ll_trace trace; /* gradient: how the distribution went */
} ll_search;

typedef struct ll_search_method {
    const char *name, *summary;
    bool any_space; /* goes about in a space that cannot be listed */
    long budget;    /* unless the user says otherwise; 0: no limit */
    ll_status (*run)(ll_search *s, ll_error *e);
} ll_search_method;

extern const ll_search_method *const ll_search_methods[]; /* ends with NULL */
const ll_search_method *ll_search_method_find(const char *name);
const char *ll_search_method_name(int i); /* NULL behind the last */

/* Runs the method. On LL_CANCELLED *s is set too: what was met until then. LL_USAGE: the method cannot, with a sentence;
 * then, and for other failures, there is nothing to free. */
ll_status ll_search_run(const ll_search_method *method, const ll_problem *problem,
                        const ll_search_options *options, ll_search *s, ll_error *e);
void ll_search_free(ll_search *s);

/* --- for methods --- */

/* Evaluates those of `batch` that are new, as far as the budget goes; place (batch->n, may be NULL): where each is among
 * s->archs, -1: the budget was out. */
ll_status ll_search_add(ll_search *s, const ll_archs *batch, int *place, ll_error *e);
/* All of them again, after the problem has learnt more. */
ll_status ll_search_renew(ll_search *s, ll_error *e);
/* The values stay, the problem's limits or its p are others: what is within, the best and the front. */
void ll_search_judge(ll_search *s);
bool ll_search_is_over(const ll_search *s); /* the budget is spent */
/* Within the limits before beyond them, nearer before farther, then the higher score, then the lower quantities in
 * turn. */
bool ll_search_better(const ll_search *s, int a, int b);
static inline const double *ll_search_values(const ll_search *s, int i)
{
    return s->at.values + (size_t)i * (size_t)s->problem->n;
}
static inline const double *ll_search_sd(const ll_search *s, int i)
{
    return s->at.sd + (size_t)i * (size_t)s->problem->n;
}
/* The next free place of a batch: a random architecture, a changed one, a child of two; tries again while it is one that
 * was met before, a few times. */
void ll_search_push_random(ll_search *s, ll_archs *batch);
void ll_search_push_mutant(ll_search *s, ll_archs *batch, int parent);
void ll_search_push_child(ll_search *s, ll_archs *batch, int mother, int father, bool mutate);

extern const ll_search_method ll_search_exhaustive, ll_search_random, ll_search_evolution, ll_search_nsga2,
    ll_search_local, ll_search_walk, ll_search_ofa, ll_search_gradient;

#endif
