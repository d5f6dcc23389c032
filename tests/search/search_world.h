/* A cube of 1,000 architectures whose scores and latencies are known by heart, and a predictor that is wrong by as much as
 * the test says: for tests of searches. */
#ifndef LL_TESTS_SEARCH_WORLD_H
#define LL_TESTS_SEARCH_WORLD_H

#include <stdlib.h>

#include "core/base/mem.h"
#include "core/search/outcome.h"
#include "core/search/search.h"
#include "tests/check.h"
#include "tests/toy.h"

enum { CUBE = 1000 };

static int cube_index(const ll_space *s, const uint8_t *g)
{
    return 100 * g[0] + 10 * g[1] + g[2];
}

static bool cube_at(const ll_space *s, int i, uint8_t *g)
{
    if (i < 0 || i >= CUBE) return false;
    g[0] = (uint8_t)(i / 100), g[1] = (uint8_t)(i / 10 % 10), g[2] = (uint8_t)(i % 10);
    return true;
}

static const ll_space cube = {.name = "cube",
                              .title = "Cube",
                              .n_positions = 3,
                              .n_ops = 10,
                              .n_archs = CUBE,
                              .parse = parse_toy,
                              .format = format_toy,
                              .index_of = cube_index,
                              .at = cube_at,
                              .facts = &ll_no_facts};

/* --- what is true --- */

/* One summit, from which every step down is a step in one position. */
static double cube_score(const uint8_t *g)
{
    return 50 - abs(g[0] - 8) - 2 * abs(g[1] - 6) - 1.5 * abs(g[2] - 9);
}

static double cube_ms(const uint8_t *g)
{
    return 1 + g[0] + .5 * g[1] + .25 * g[2];
}

static double cube_other_ms(const uint8_t *g)
{
    return 2 + .1 * g[0] + 1.1 * g[1] + .3 * (9 - g[2]);
}

/* A number between -1 and 1 of its own for each, the same every time. */
static inline double cube_noise(const uint8_t *g)
{
    ll_rng r = ll_rng_new((uint64_t)cube_index(NULL, g) + 1, LL_STREAM_DATA);
    return 2 * ll_rng_uniform(&r) - 1;
}

/* Devices "one" and "two", score "value"; what the devices have beyond what is predicted: `noise` times cube_noise. */
static inline ll_dataset *cube_data(double noise)
{
    ll_dataset *d = ll_dataset_new("cube", &cube, CUBE, 2);
    ll_device_set(&d->devices[0], "one", LL_MEASURED, "test", "ms", NULL, NULL);
    ll_device_set(&d->devices[1], "two", LL_MEASURED, "test", "ms", NULL, NULL);
    ll_score *score = ll_dataset_make_score(d, "value");
    for (int i = 0; i < CUBE; i++) {
        uint8_t *g = ll_arch_at(d->archs, i);
        cube_at(&cube, i, g);
        score->v[i] = cube_score(g);
        ll_latencies(d, 0)[i] = cube_ms(g) + noise * cube_noise(g);
        ll_latencies(d, 1)[i] = cube_other_ms(g) + noise * cube_noise(g);
    }
    CHECK_OK(ll_dataset_seal(d, NULL));
    return d;
}

/* --- a predictor --- */

/* Predicts ms(gene), with the deviation sd until it has seen the architecture's like: each sample takes some off it. */
typedef struct told {
    double (*ms)(const uint8_t *gene);
    double sd, dof;
    const ll_archs *uncounted; /* rows, of which every search wants the range first */
    int asked[CUBE];           /* how often each architecture was predicted */
} told;

typedef struct heard {
    int k;
} heard;

static ll_status told_adapt(const void *model, const ll_adapt_job *job, void **adapted, ll_error *e)
{
    heard *h = LL_NEW(heard);
    h->k = job->samples.archs->n;
    *adapted = h;
    return LL_OK;
}

static ll_status told_predict(const void *model, const void *adapted, const ll_predict_job *job,
                              ll_prediction *out, ll_error *e)
{
    told *t = (told *)model;
    const heard *h = adapted;
    ll_prediction_new(out, job->archs->n, true, job->want_variance);
    out->dof = t->dof;
    for (int i = 0; i < job->archs->n; i++) {
        const uint8_t *g = ll_arch(job->archs, i);
        out->lat_ms[i] = out->score[i] = t->ms(g);
        if (out->sd_ms) out->sd_ms[i] = t->sd / (1 + .1 * (h->k - 1));
        if (job->archs != t->uncounted) t->asked[cube_index(NULL, g)]++;
    }
    return LL_OK;
}

static const ll_predictor told_predictor = {.name = "told",
                                            .refits_live = true,
                                            .adapt = told_adapt,
                                            .predict = told_predict,
                                            .release_adapted = free};

/* What it says of `device`, after the latency of one architecture there. */
static inline ll_adapted *told_adapted(const ll_predictor *by, told *t, const char *device,
                                       const uint8_t *gene, double ms)
{
    ll_error e = {0};
    ll_adapted *a = NULL;
    ll_model *model = ll_model_new(by, &cube, t);
    ll_archs *samples = ll_archs_new(&cube, 0);
    ll_archs_add(samples, gene, NULL);
    ll_adapt_plan plan = {.model = model, .device = device, .samples = {samples, &ms}};
    CHECK_OK(ll_adapt(&plan, &a, &e));
    ll_archs_unref(samples);
    ll_model_unref(model);
    return a;
}

/* --- a whole problem --- */

typedef struct world {
    ll_dataset *d;
    told one, two;
    ll_scorer *scorer;
    ll_problem p;
    ll_search_options o;
} world;

/* Score against devices one and two, predicted without noise; the sample of each is the slowest corner. */
static inline void world_open(world *w, double noise)
{
    static const uint8_t corner[] = {9, 9, 9};
    ll_error e = {0};
    *w = (world){.d = cube_data(noise), .one = {.ms = cube_ms}, .two = {.ms = cube_other_ms}};
    w->one.uncounted = w->two.uncounted = w->d->archs;
    CHECK_OK(ll_scorer_new("value", &(ll_scorer_job){.space = &cube, .data = w->d}, &w->scorer, &e));
    w->p = (ll_problem){.space = &cube, .data = w->d, .n = 3, .p = .5};
    w->p.q[0] = (ll_quantity){.name = "value", .scorer = w->scorer, .max = INFINITY, .objective = true};
    w->p.q[1] = (ll_quantity){.name = "one", .unit = "ms", .max = INFINITY, .objective = true};
    w->p.q[2] = (ll_quantity){.name = "two", .unit = "ms", .max = INFINITY};
    for (int k = 0; k < 2; k++)
        w->p.q[1 + k].adapted = told_adapted(&told_predictor, k ? &w->two : &w->one, w->p.q[1 + k].name,
                                             corner, ll_latencies(w->d, k)[CUBE - 1]);
    w->o = (ll_search_options){.population = 20, .tournament = 5, .first = 3, .seed = 1};
}

static inline void world_close(world *w)
{
    for (int k = 1; k < w->p.n; k++) ll_adapted_unref((ll_adapted *)w->p.q[k].adapted);
    ll_scorer_free(w->scorer);
    ll_dataset_unref(w->d);
}

static inline ll_search world_search(const world *w, const char *method)
{
    ll_search s = {0};
    ll_error e = {0};
    ll_status status = ll_search_run(ll_search_method_find(method), &w->p, &w->o, &s, &e);
    check_report(!status, __FILE__, __LINE__, "%s: %s", method, e.message);
    return s;
}

/* The index of what a search chose; -1: nothing. */
static inline int chosen(const ll_search *s)
{
    return s->best < 0 ? -1 : cube_index(NULL, ll_arch(s->archs, s->best));
}

static const char *const methods[] = {"exhaustive", "random", "evolution", "nsga2", "local", "ofa", NULL};

/* Highest score with one + z sd <= max; of equal ones the fastest on one, then on two. */
static inline int best_by_hand(double max, double other_max)
{
    int best = -1;
    uint8_t g[3], b[3] = {0};
    for (int i = 0; i < CUBE; i++) {
        cube_at(&cube, i, g);
        if (cube_ms(g) > max || cube_other_ms(g) > other_max) continue;
        double by = best < 0 ? 1 : cube_score(g) - cube_score(b);
        if (by == 0) by = cube_ms(b) - cube_ms(g);
        if (by == 0) by = cube_other_ms(b) - cube_other_ms(g);
        if (by > 0) cube_at(&cube, best = i, b);
    }
    return best;
}

static inline ll_archs *listed(const int *index, int n)
{
    ll_archs *list = ll_archs_new(&cube, n);
    for (int i = 0; i < n; i++) cube_at(&cube, index[i], ll_arch_at(list, i));
    return list;
}

#endif
