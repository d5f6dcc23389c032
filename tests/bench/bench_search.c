/* Searching: every cell of NAS-Bench-201, and candidates a second through the Gaussian process in a space that cannot be
 * listed. The latencies are those of the bundled data; the score is learnt by a Gaussian process too, so that each candidate
 * is predicted twice. One thread. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/search/outcome.h"
#include "core/search/verify.h"
#include "core/transfer/experiment.h"
#include "data/datasets/folder.h"
#include "tests/bench/bench.h"

enum { SAMPLES = 20, BUDGET = 100000 };

/* The dataset with the multiply-adds of each row as a score. */
static ll_dataset *read_with_macs(const char *name)
{
    ll_error e = {0};
    ll_dataset *d = NULL;
    char path[64];
    snprintf(path, sizeof path, "data/bundled/%s", name);
    if (ll_folder_load(path, &d, &e)) return NULL;
    ll_dataset *with = ll_dataset_extend(d, 0, 0);
    ll_score *score = ll_dataset_make_score(with, "counted");
    for (int i = 0; i < with->n_archs; i++) {
        ll_cost cost;
        ll_space_cost(with->space, ll_gene(with, i), &cost);
        score->v[i] = cost.macs;
    }
    ll_dataset_unref(d);
    if (ll_dataset_seal(with, &e)) return NULL;
    return with;
}

/* The last device from the others. */
static ll_adapted *adapt(const ll_dataset *d)
{
    ll_error e = {0};
    ll_model *m;
    ll_ints source = ll_ints_range(d->n_devices - 1), rows = {0};
    int target = d->n_devices - 1;
    ll_pretrain_plan plan = {.data = d, .predictor = ll_predictor_find("gp"), .source = &source, .seed = 1};
    if (ll_pretrain_run(&plan, &m, &e)) return NULL;
    ll_draw_samples(d, target, ll_sampler_find("random"), SAMPLES, 1, LL_PROTOCOL_FULL, NULL, m, NULL, &rows,
                    &e);
    ll_archs *samples = ll_archs_pick(d->archs, rows.v, rows.n);
    double ms[SAMPLES];
    for (int i = 0; i < rows.n; i++) ms[i] = ll_latencies(d, target)[rows.v[i]];
    ll_adapted *a = NULL;
    ll_adapt_plan transfer = {.model = m,
                              .device = d->devices[target].name,
                              .samples = {samples, ms},
                              .want_variance = true,
                              .seed = 1};
    ll_adapt(&transfer, &a, &e);
    ll_archs_unref(samples);
    ll_model_unref(m);
    ll_ints_free(&rows);
    ll_ints_free(&source);
    return a;
}

static ll_problem problem_of(const ll_dataset *d, const ll_scorer *score, const ll_adapted *a, double p)
{
    ll_problem problem = {.space = d->space, .data = d, .n = 2, .p = p};
    problem.q[0] = (ll_quantity){.name = "score", .scorer = score, .max = INFINITY, .objective = true};
    problem.q[1] = (ll_quantity){
        .name = a->device, .adapted = a, .max = a->lat_ms[0], .objective = true}; /* about half are within */
    return problem;
}

static void bench_method(const ll_dataset *d, const ll_scorer *score, const ll_adapted *a,
                         const ll_search_method *method, double p, const char *name, double aim)
{
    ll_problem problem = problem_of(d, score, a, p);
    ll_search_options options = {.budget = BUDGET, .population = 100, .tournament = 25, .seed = 1};
    ll_search s;
    ll_error e = {0};
    double start = ll_cpu_s();
    if (ll_search_run(method, &problem, &options, &s, &e)) return;
    bench_row(name, (double)s.evaluations / (ll_cpu_s() - start), "candidates/s", aim, "higher",
              p == .5 ? "fbnet, score and latency by gp, means"
                      : "fbnet, score and latency by gp, intervals");
    ll_search_free(&s);
}

static void bench_fbnet(void)
{
    ll_dataset *d = read_with_macs("fbnet_host");
    ll_adapted *a = d ? adapt(d) : NULL;
    ll_scorer *score = NULL;
    ll_error e = {0};
    if (!a || ll_scorer_new("gp:counted", &(ll_scorer_job){.space = d->space, .data = d, .k = 200, .seed = 1},
                            &score, &e))
        return;
    bench_method(d, score, a, &ll_search_evolution, .5, "search_evolution", 200000);
    bench_method(d, score, a, &ll_search_nsga2, .5, "search_nsga2", 200000);
    bench_method(d, score, a, &ll_search_evolution, .9, "search_evolution_p90", NAN);
    ll_scorer_free(score);
    ll_adapted_unref(a);
    ll_dataset_unref(d);
}

static void bench_cells(void)
{
    ll_dataset *d = read_with_macs("nb201_host");
    ll_adapted *a = d ? adapt(d) : NULL;
    ll_scorer *score = NULL;
    ll_error e = {0};
    if (!a || ll_scorer_new("cifar10", &(ll_scorer_job){.space = d->space, .data = d}, &score, &e)) return;
    ll_problem problem = problem_of(d, score, a, .9);
    ll_search_options options = {.seed = 1};
    ll_search s;
    ll_outcome out;
    double start = ll_now_s();
    if (ll_search_run(&ll_search_exhaustive, &problem, &options, &s, &e)) return;
    ll_outcome_of(&s, s.best, &out);
    bench_row("search_exhaustive", 1e3 * (ll_now_s() - start), "ms", 500, "lower",
              "15,625 cells with intervals, front, regret, hypervolume, IGD+");
    ll_search_free(&s);
    ll_scorer_free(score);
    ll_adapted_unref(a);
    ll_dataset_unref(d);
}

void bench_search(void)
{
    bench_title("search: candidates a second");
    bench_cells();
    bench_fbnet();
}
