/* Searches: what methods find where the optimum is known, limits, conditions, scores, and stopping. */
#include <math.h>
#include <string.h>

#include "core/num/stats.h"
#include "core/space/moves.h"
#include "core/transfer/pretrain.h"
#include "data/datasets/folder.h"
#include "tests/search_world.h"

static const char *const methods[] = {"exhaustive", "random", "evolution", "nsga2", "local", "ofa", NULL};

/* --- methods --- */

/* Highest score with one + z sd <= max; of equal ones the fastest on one, then on two. */
static int best_by_hand(double max, double other_max)
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

static void every_method_finds_the_optimum(void)
{
    world w;
    world_open(&w, 0);
    for (double max = 4; max < 18; max += 3.1) {
        w.p.q[1].max = max;
        w.p.q[2].max = 9;
        for (int m = 0; methods[m]; m++) {
            ll_search s = world_search(&w, methods[m]);
            check_report(chosen(&s) == best_by_hand(max, 9), __FILE__, __LINE__, "%s max=%g: %d, expected %d",
                         methods[m], max, chosen(&s), best_by_hand(max, 9));
            ll_search_free(&s);
        }
    }
    world_close(&w);
}

static bool same_search(const ll_search *a, const ll_search *b)
{
    size_t cells = (size_t)a->archs->n * (size_t)a->problem->n * sizeof(double);
    return a->best == b->best && a->front.n == b->front.n && ll_archs_same(a->archs, b->archs) &&
           !memcmp(a->at.values, b->at.values, cells) && !memcmp(a->at.sd, b->at.sd, cells) &&
           !memcmp(a->front.v, b->front.v, (size_t)a->front.n * sizeof(int));
}

static void a_seed_is_a_search(void)
{
    world w;
    world_open(&w, 0);
    w.p.q[1].max = 9;
    w.o.budget = 150;
    for (int m = 1; methods[m]; m++) {
        w.o.seed = 1;
        ll_search a = world_search(&w, methods[m]), b = world_search(&w, methods[m]);
        w.o.seed = 2;
        ll_search c = world_search(&w, methods[m]);
        check_report(same_search(&a, &b), __FILE__, __LINE__, "%s: the same seed", methods[m]);
        check_report(!same_search(&a, &c), __FILE__, __LINE__, "%s: another seed", methods[m]);
        ll_search_free(&a);
        ll_search_free(&b);
        ll_search_free(&c);
    }
    world_close(&w);
}

static void budgets_are_kept_and_nothing_is_met_twice(void)
{
    static const long budgets[] = {1, 3, 19, 137, 800};
    world w;
    world_open(&w, 0);
    w.p.q[1].max = 12;
    for (size_t b = 0; b < sizeof budgets / sizeof *budgets; b++)
        for (int m = 0; methods[m]; m++) {
            w.o.budget = budgets[b];
            memset(w.one.asked, 0, sizeof w.one.asked);
            ll_search s = world_search(&w, methods[m]);
            check_report(s.evaluations == budgets[b] && s.archs->n == budgets[b], __FILE__, __LINE__,
                         "%s: %ld of %ld, %d met", methods[m], s.evaluations, budgets[b], s.archs->n);
            int most = 0, sum = 0;
            for (int i = 0; i < CUBE; i++) {
                most = w.one.asked[i] > most ? w.one.asked[i] : most;
                sum += w.one.asked[i];
            }
            CHECK_INT(most, 1);
            CHECK_INT(sum, budgets[b]);
            CHECK(s.n_steps > 0 && s.steps[s.n_steps - 1].evaluations == budgets[b]);
            ll_search_free(&s);
        }
    world_close(&w);
}

/* A budget that is larger than the space ends all the same. */
static void small_spaces_are_soon_known(void)
{
    world w;
    world_open(&w, 0);
    w.o.budget = 1000000;
    for (int m = 0; methods[m]; m++) {
        ll_search s = world_search(&w, methods[m]);
        CHECK(s.evaluations <= CUBE && s.evaluations > 100);
        ll_search_free(&s);
    }
    world_close(&w);
}

static void exhaustive_meets_all_in_order(void)
{
    world w;
    world_open(&w, 0);
    w.p.q[1].max = 9.3;
    ll_search s = world_search(&w, "exhaustive");
    CHECK_INT(s.archs->n, CUBE);
    CHECK_INT(cube_index(NULL, ll_arch(s.archs, 417)), 417);
    for (int i = 0; i < CUBE; i++) {
        const uint8_t *g = ll_arch(s.archs, i);
        double over = i == CUBE - 1 ? 0 : cube_ms(g) - 9.3; /* the sample below */
        if (i == CUBE - 1) continue;
        CHECK_NEAR(s.excess[i], over > 0 ? over / 9.3 : 0, 1e-12);
        CHECK_NEAR(ll_search_values(&s, i)[0], cube_score(g), 0);
        CHECK_NEAR(ll_search_values(&s, i)[1], cube_ms(g), 0);
        CHECK_NEAR(ll_search_values(&s, i)[2], cube_other_ms(g), 0);
    }
    for (int f = 0; f < s.front.n; f++) {
        int at = s.front.v[f];
        CHECK(s.excess[at] == 0);
        for (int i = 0; i < CUBE; i++)
            if (!s.excess[i])
                CHECK(!(ll_search_values(&s, i)[0] > ll_search_values(&s, at)[0] &&
                        ll_search_values(&s, i)[1] < ll_search_values(&s, at)[1]));
    }
    ll_search_free(&s);
    world_close(&w);
}

/* On a hill without limits one start is enough: the way up takes a few hundred looks at most. */
static void local_search_ends_where_no_neighbour_is_better(void)
{
    world w;
    world_open(&w, 0);
    w.o.budget = 450;
    for (w.o.seed = 1; w.o.seed < 9; w.o.seed++) {
        ll_search s = world_search(&w, "local");
        ll_neighbour at = {0};
        uint8_t g[3];
        int looked = 0;
        CHECK_INT(chosen(&s), 869);
        while (ll_space_next_neighbour(&cube, ll_arch(s.archs, s.best), &at, g)) {
            int there = ll_archs_find(s.archs, g);
            looked += there >= 0 && !ll_search_better(&s, there, s.best);
        }
        CHECK_INT(looked, 27);
        ll_search_free(&s);
    }
    world_close(&w);
}

/* The fronts of methods that look for one hold it; nsga2 has the whole of it with a third of the space. */
static void nsga2_finds_the_front(void)
{
    ll_dataset *d = NULL;
    ll_error e = {0};
    ll_scorer *scorer = NULL;
    CHECK_OK(ll_folder_load("data/bundled/nb201_sim", &d, &e));
    CHECK_OK(ll_scorer_new("cifar10", &(ll_scorer_job){.space = d->space, .data = d}, &scorer, &e));
    ll_problem p = {.space = d->space, .data = d, .n = 2, .p = .5};
    ll_search_options o = {.population = 100, .budget = 9000, .seed = 1};
    p.q[0] = (ll_quantity){.name = "cifar10", .scorer = scorer, .max = INFINITY, .objective = true};
    p.q[1] = (ll_quantity){.name = "sim_eyeriss", .known = true, .max = 15, .objective = true};
    ll_search all, found;
    CHECK_OK(ll_search_run(&ll_search_exhaustive, &p, &(ll_search_options){0}, &all, &e));
    CHECK_OK(ll_search_run(&ll_search_nsga2, &p, &o, &found, &e));
    CHECK_INT(found.evaluations, 9000);
    CHECK(all.front.n > 10);
    CHECK_INT(found.front.n, all.front.n);
    for (int i = 0; i < all.front.n; i++) {
        int at = ll_archs_find(found.archs, ll_arch(all.archs, all.front.v[i]));
        CHECK(at >= 0 && ll_ints_find(&found.front, at) >= 0);
    }
    ll_outcome judged;
    ll_outcome_of(&found, found.best, &judged);
    CHECK_NEAR(judged.igd_plus, 0, 0);
    CHECK_NEAR(judged.regret, 0, 0);
    CHECK_INT(judged.violation, 0);
    /* beside the best of what is measured, what is not measured has no regret */
    int row = ll_dataset_row(d, ll_arch(found.archs, found.best));
    ll_latencies(d, ll_dataset_device(d, "sim_eyeriss"))[row] = NAN;
    ll_outcome_of(&found, found.best, &judged);
    CHECK(isnan(judged.regret) && !isnan(judged.best));
    ll_search_free(&all);
    ll_search_free(&found);
    ll_scorer_free(scorer);
    ll_dataset_unref(d);
}

/* --- lists --- */

static ll_archs *listed(const int *index, int n)
{
    ll_archs *list = ll_archs_new(&cube, n);
    for (int i = 0; i < n; i++) cube_at(&cube, index[i], ll_arch_at(list, i));
    return list;
}

static void the_walk_takes_the_best_of_the_first_three_within(void)
{
    static const int list[] = {989, 128, 135, 904, 66, 269, 20};
    world w;
    world_open(&w, 0);
    ll_archs *archs = listed(list, 7);
    w.o.candidates = archs;
    w.p.q[1].max = 6.3;
    ll_search s = world_search(&w, "list");
    CHECK_INT(s.archs->n, 5);
    CHECK_INT(s.evaluations, 5);
    int best = -1, n = 0;
    for (int i = 0; i < 7 && n < 3; i++) {
        const uint8_t *g = ll_arch(archs, i);
        if (cube_ms(g) > 6.3) continue;
        n++;
        if (best < 0 || cube_score(g) > cube_score(ll_arch(archs, best))) best = i;
    }
    CHECK_INT(chosen(&s), list[best]);
    ll_search_free(&s);
    w.o.first = 100; /* to the end of the list */
    s = world_search(&w, "list");
    CHECK_INT(s.archs->n, 7);
    ll_search_free(&s);
    s = world_search(&w, "exhaustive"); /* of the list, too */
    CHECK_INT(s.archs->n, 7);
    ll_search_free(&s);
    w.o.candidates = NULL;
    ll_error e = {0};
    CHECK_INT(ll_search_run(&ll_search_walk, &w.p, &w.o, &s, &e), LL_USAGE);
    CHECK_HAS(e.message, "archs=FILE");
    ll_archs_unref(archs);
    world_close(&w);
}

static bool is_within(const ll_search *s, int i)
{
    return !s->excess[i];
}

/* Was it made of what was within before? A mutant of one, or each position from one of two. */
static bool has_parents(const ll_search *s, int child)
{
    const uint8_t *c = ll_arch(s->archs, child);
    for (int a = 0; a < child; a++) {
        const uint8_t *x = ll_arch(s->archs, a);
        int other = (x[0] != c[0]) + (x[1] != c[1]) + (x[2] != c[2]);
        if (!is_within(s, a)) continue;
        if (other <= 1) return true;
        for (int b = 0; b < child; b++) {
            const uint8_t *y = ll_arch(s->archs, b);
            if (is_within(s, b) && (x[0] == c[0] || y[0] == c[0]) && (x[1] == c[1] || y[1] == c[1]) &&
                (x[2] == c[2] || y[2] == c[2]))
                return true;
        }
    }
    return false;
}

static void ofa_breeds_what_is_within(void)
{
    world w;
    world_open(&w, 0);
    w.p.q[1].max = 5; /* few are: most of what is drawn at first is not */
    w.o.population = 12;
    w.o.budget = 420;
    w.o.rate = 1e-9; /* mutants differ in one position */
    ll_search s = world_search(&w, "ofa");
    int within = 0, first = 0, bred = 0;
    while (first < s.archs->n && within < w.o.population) within += is_within(&s, first++);
    first += w.o.population; /* the round that filled it */
    CHECK(first > 40 && first < 400);
    for (int i = first; i < s.archs->n; i++) bred += has_parents(&s, i);
    CHECK_INT(bred, s.archs->n - first);
    ll_search_free(&s);
    w.p.q[1].max = .5; /* nothing is: it ends without a population */
    s = world_search(&w, "ofa");
    CHECK_INT(chosen(&s), -1);
    ll_search_free(&s);
    world_close(&w);
}

static void what_cannot_be_listed_is_refused(void)
{
    ll_error e = {0};
    ll_search s;
    const ll_space *fbnet = ll_space_find("fbnet");
    ll_scorer *scorer = NULL;
    CHECK_OK(ll_scorer_new("macs", &(ll_scorer_job){.space = fbnet}, &scorer, &e));
    ll_problem p = {.space = fbnet, .n = 2, .p = .5};
    p.q[0] = (ll_quantity){.name = "macs", .scorer = scorer, .max = INFINITY, .objective = true};
    p.q[1] =
        (ll_quantity){.name = "params", .cost = ll_cost_find("params"), .max = INFINITY, .objective = true};
    CHECK_INT(ll_search_run(&ll_search_exhaustive, &p, &(ll_search_options){0}, &s, &e), LL_USAGE);
    CHECK_HAS(e.message, "fbnet cannot be listed");
    CHECK_OK(ll_search_run(&ll_search_random, &p, &(ll_search_options){.budget = 50}, &s, &e));
    CHECK_INT(s.archs->n, 50);
    ll_search_free(&s);
    ll_scorer_free(scorer);
}

/* --- limits --- */

static void limits_hold_on_all_devices_and_costs(void)
{
    ll_dataset *d = NULL;
    ll_error e = {0};
    ll_scorer *scorer = NULL;
    ll_search s;
    CHECK_OK(ll_folder_load("data/bundled/nb201_sim", &d, &e));
    CHECK_OK(ll_scorer_new("cifar100", &(ll_scorer_job){.space = d->space, .data = d}, &scorer, &e));
    ll_problem p = {.space = d->space, .data = d, .n = 5, .p = .9};
    p.q[0] = (ll_quantity){.name = "cifar100", .scorer = scorer, .max = INFINITY, .objective = true};
    p.q[1] = (ll_quantity){.name = "sim_eyeriss", .known = true, .max = 14, .objective = true};
    p.q[2] = (ll_quantity){.name = "sim_raspi4", .known = true, .max = 6};
    p.q[3] = (ll_quantity){.name = "params", .cost = ll_cost_find("params"), .max = 6e5};
    p.q[4] = (ll_quantity){.name = "peak_kb", .cost = ll_cost_find("peak_kb"), .max = 300};
    CHECK_OK(ll_search_run(&ll_search_exhaustive, &p, &(ll_search_options){0}, &s, &e));
    int eyeriss = ll_dataset_device(d, "sim_eyeriss"), raspi = ll_dataset_device(d, "sim_raspi4"), within = 0;
    double best = -1;
    for (int i = 0; i < d->n_archs; i++) {
        ll_cost c;
        ll_space_cost(d->space, ll_gene(d, i), &c);
        bool in = ll_latencies(d, eyeriss)[i] <= 14 && ll_latencies(d, raspi)[i] <= 6 && c.params <= 6e5 &&
                  c.peak_kb <= 300;
        CHECK(in == !s.excess[ll_archs_find(s.archs, ll_gene(d, i))]);
        within += in;
        if (in) best = fmax(best, ll_dataset_score(d, "cifar100")->v[i]);
    }
    CHECK(within > 100 && within < 10000);
    CHECK(s.best >= 0 && ll_search_values(&s, s.best)[0] == best);
    ll_search_free(&s);
    p.q[3].max = 10; /* no network is that small */
    CHECK_OK(ll_search_run(&ll_search_exhaustive, &p, &(ll_search_options){0}, &s, &e));
    CHECK(s.best < 0 && !s.front.n);
    ll_search_free(&s);
    ll_scorer_free(scorer);
    ll_dataset_unref(d);
}

static void limits_hold_at_the_quantile_asked_for(void)
{
    static const double ps[] = {.1, .5, .9, .99}, dofs[] = {0, 3};
    world w;
    world_open(&w, 0);
    w.p.q[1].max = 9.1;
    w.one.sd = 1.7;
    for (size_t i = 0; i < sizeof ps / sizeof *ps; i++)
        for (size_t d = 0; d < sizeof dofs / sizeof *dofs; d++) {
            w.p.p = ps[i];
            w.one.dof = dofs[d];
            double z = ps[i] == .5 ? 0 : ll_student_quantile(ps[i], dofs[d]);
            ll_search s = world_search(&w, "exhaustive");
            for (int a = 0; a + 1 < CUBE; a++)
                CHECK((cube_ms(ll_arch(s.archs, a)) + 1.7 * z <= 9.1) == !s.excess[a]);
            CHECK_INT(chosen(&s), best_by_hand(9.1 - 1.7 * z, 1e9));
            ll_search_free(&s);
        }
    world_close(&w);
}

/* P(L <= c) >= p and chance() are one thing said twice. */
static void chances_agree_with_quantiles(void)
{
    world w;
    world_open(&w, 0);
    w.p.q[1].max = 9;
    w.p.intervals = true;
    const double dof[] = {0, 4, 0};
    double values[] = {50, 7.5, 3}, sd[] = {0, 1, 0}, z[3];
    CHECK_NEAR(ll_problem_chance(&w.p, values, sd, dof), .89600, 1e-4); /* t of 4 degrees: 1.5 */
    w.p.p = ll_problem_chance(&w.p, values, sd, dof);
    ll_problem_quantiles(&w.p, dof, z);
    CHECK_NEAR(values[1] + z[1] * sd[1], 9, 1e-7);
    w.p.q[2].max = 2; /* known, and beyond */
    CHECK_NEAR(ll_problem_chance(&w.p, values, sd, dof), 0, 0);
    values[2] = 2;
    CHECK(ll_problem_chance(&w.p, values, sd, dof) > .8);
    values[2] = NAN;
    CHECK_NEAR(ll_problem_chance(&w.p, values, sd, dof), 0, 0);
    CHECK(ll_problem_excess(&w.p, values, sd, z) == INFINITY); /* of what is limited nothing is known */
    w.p.q[2].max = INFINITY;
    CHECK(ll_problem_excess(&w.p, values, sd, z) < 1e-6);
    values[0] = NAN;
    CHECK(ll_problem_excess(&w.p, values, sd, z) == INFINITY);
    world_close(&w);
}

static void unknown_latencies_are_not_within(void)
{
    ll_error e = {0};
    ll_search s;
    world w;
    world_open(&w, 0);
    ll_dataset *d = ll_dataset_extend(w.d, 0, 0);
    for (int i = 0; i < CUBE; i += 2) ll_latencies(d, 0)[i] = NAN;
    CHECK_OK(ll_dataset_seal(d, &e));
    ll_problem p = {.space = &cube, .data = d, .n = 2, .p = .5};
    p.q[0] = w.p.q[0];
    p.q[1] = (ll_quantity){.name = "one", .known = true, .max = 9, .objective = true};
    for (int m = 0; methods[m]; m++) {
        CHECK_OK(ll_search_run(ll_search_method_find(methods[m]), &p, &w.o, &s, &e));
        check_report(chosen(&s) % 2 == 1, __FILE__, __LINE__, "%s chose %d", methods[m], chosen(&s));
        for (int i = 0; i < s.front.n; i++) CHECK(!isnan(ll_search_values(&s, s.front.v[i])[1]));
        ll_search_free(&s);
    }
    ll_dataset_unref(d);
    world_close(&w);
}

static void what_was_measured_is_known(void)
{
    static const uint8_t corner[] = {9, 9, 9};
    world w;
    world_open(&w, .3);
    w.one.sd = 1;
    w.p.p = .9;
    w.p.q[1].max = 30;
    double truth = ll_latencies(w.d, 0)[CUBE - 1];
    CHECK(fabs(truth - cube_ms(corner)) > .01);
    ll_search s = world_search(&w, "exhaustive");
    CHECK_NEAR(ll_search_values(&s, CUBE - 1)[1], truth, 0);
    CHECK_NEAR(ll_search_sd(&s, CUBE - 1)[1], 0, 0);
    CHECK_NEAR(ll_search_sd(&s, 5)[1], 1, 0);
    ll_search_free(&s);
    w.p.q[1].measured = (ll_measured){listed((const int[]){5, 777}, 2), (const double[]){1.25, NAN}};
    s = world_search(&w, "exhaustive");
    CHECK_NEAR(ll_search_values(&s, 5)[1], 1.25, 0);
    CHECK_NEAR(ll_search_sd(&s, 5)[1], 0, 0);
    CHECK_NEAR(ll_search_values(&s, 777)[1], cube_ms(ll_arch(s.archs, 777)), 0);
    CHECK_NEAR(ll_search_values(&s, CUBE - 1)[1], truth, 0);
    ll_search_free(&s);
    s = world_search(&w, "local"); /* a part at a time */
    int at = ll_archs_find(s.archs, corner);
    if (CHECK(at >= 0)) CHECK_NEAR(ll_search_values(&s, at)[1], truth, 0);
    ll_search_free(&s);
    w.p.predicted_only = true;
    s = world_search(&w, "exhaustive");
    CHECK_NEAR(ll_search_values(&s, CUBE - 1)[1], cube_ms(corner), 0);
    CHECK_NEAR(ll_search_sd(&s, CUBE - 1)[1], 1, 0);
    CHECK_NEAR(ll_search_sd(&s, 5)[1], 1, 0);
    ll_search_free(&s);
    ll_archs_unref((ll_archs *)w.p.q[1].measured.archs);
    world_close(&w);
}

/* --- the pool --- */

static ll_adapted *real_gp(const ll_dataset *d, int target)
{
    ll_error e = {0};
    const ll_predictor *gp = ll_predictor_find("gp");
    int sources[] = {ll_dataset_device(d, "sim_raspi4"), ll_dataset_device(d, "sim_edge_tpu")};
    ll_ints devices = ll_ints_copy(sources, 2), rows = {0};
    ll_pretrain_job job = {.archs = d->archs, .seed = 1, .reference = &(ll_ints){0}};
    ll_values options = {0};
    void *impl = NULL;
    double ms[10];
    for (int i = 0; i < 60; i++) ll_ints_add(&rows, 260 * i);
    ll_values_init(&options, gp->pretrain_options);
    ll_columns_of(d, &devices, &job.sources);
    job.rows = rows.v;
    job.n_rows = rows.n;
    job.options = &options;
    CHECK_OK(gp->pretrain(&job, &impl, &e));
    ll_model *model = ll_model_new(gp, d->space, impl);
    ll_archs *samples = ll_archs_new(d->space, 0);
    for (int i = 0; i < 10; i++) {
        ms[i] = ll_latencies(d, target)[1500 * i + 7];
        ll_archs_add(samples, ll_gene(d, 1500 * i + 7), NULL);
    }
    ll_adapted *a = NULL;
    ll_adapt_plan plan = {
        .model = model, .device = d->devices[target].name, .samples = {samples, ms}, .want_variance = true};
    CHECK_OK(ll_adapt(&plan, &a, &e));
    ll_archs_unref(samples);
    ll_model_unref(model);
    ll_columns_free(&job.sources);
    ll_values_free(&options);
    ll_ints_free(&devices);
    ll_ints_free(&rows);
    return a;
}

/* cifar10 by the dataset against eyeriss by latlab's GP. */
typedef struct real_world {
    ll_dataset *d;
    ll_scorer *scorer;
    ll_adapted *adapted;
    ll_problem p;
} real_world;

static void real_open(real_world *w, const char *score)
{
    ll_error e = {0};
    *w = (real_world){0};
    CHECK_OK(ll_folder_load("data/bundled/nb201_sim", &w->d, &e));
    ll_scorer_job job = {.space = w->d->space, .data = w->d, .k = 100, .seed = 1};
    CHECK_OK(ll_scorer_new(score, &job, &w->scorer, &e));
    w->adapted = real_gp(w->d, ll_dataset_device(w->d, "sim_eyeriss"));
    w->p = (ll_problem){.space = w->d->space, .data = w->d, .n = 2, .p = .9};
    w->p.q[0] = (ll_quantity){.name = score, .scorer = w->scorer, .max = INFINITY, .objective = true};
    w->p.q[1] = (ll_quantity){.name = "sim_eyeriss", .adapted = w->adapted, .max = 12, .objective = true};
}

static void real_close(real_world *w)
{
    ll_scorer_free(w->scorer);
    ll_adapted_unref(w->adapted);
    ll_dataset_unref(w->d);
}

static void threads_change_no_bit(void)
{
    ll_error e = {0};
    real_world w;
    real_open(&w, "gp:cifar10");
    ll_pool *two = ll_pool_new(2);
    for (int m = 0; methods[m]; m++) {
        ll_search a, b, c;
        ll_search_options o = {.population = 40, .tournament = 5, .budget = 300, .seed = 7};
        const ll_search_method *method = ll_search_method_find(methods[m]);
        CHECK_OK(ll_search_run(method, &w.p, &o, &a, &e));
        o.pool = two;
        CHECK_OK(ll_search_run(method, &w.p, &o, &b, &e));
        CHECK_OK(ll_search_run(method, &w.p, &o, &c, &e));
        check_report(same_search(&a, &b) && same_search(&b, &c), __FILE__, __LINE__, "%s", methods[m]);
        CHECK(a.best >= 0);
        ll_search_free(&a);
        ll_search_free(&b);
        ll_search_free(&c);
    }
    ll_pool_free(two);
    real_close(&w);
}

/* --- stopping --- */

static bool stop_after(void *left)
{
    return --*(int *)left < 0;
}

static void check_stopped(const ll_search_method *method, const ll_problem *p, int asks)
{
    ll_error e = {0};
    ll_search s;
    int left = asks;
    ll_observer observer = {.cancelled = stop_after, .ctx = &left};
    ll_search_options o = {
        .population = 20, .tournament = 5, .first = 3, .budget = 5000, .observer = &observer};
    ll_status status = ll_search_run(method, p, &o, &s, &e);
    check_report(status == LL_CANCELLED, __FILE__, __LINE__, "%s after %d: %d %s", method->name, asks, status,
                 e.message);
    if (status && status != LL_CANCELLED) return;
    CHECK_INT(s.evaluations, s.archs->n);
    CHECK(s.best < s.archs->n);
    for (int i = 0; i < s.archs->n; i++) CHECK(!isnan(s.excess[i]));
    for (int i = 0; i < s.front.n; i++) CHECK(s.front.v[i] < s.archs->n && !s.excess[s.front.v[i]]);
    ll_outcome judged;
    ll_outcome_of(&s, s.best, &judged);
    CHECK(judged.chosen == s.best);
    ll_search_free(&s);
}

static void what_was_met_is_there_after_a_stop(void)
{
    world w;
    real_world r;
    world_open(&w, 0);
    w.p.q[1].max = 15;
    for (int m = 0; methods[m]; m++)
        for (int asks = 0; asks < (strcmp(methods[m], "exhaustive") && strcmp(methods[m], "random") ? 4 : 1);
             asks++)
            check_stopped(ll_search_method_find(methods[m]), &w.p, asks);
    world_close(&w);
    real_open(&r, "cifar10");
    for (int asks = 0; asks < 10000; asks = 2 * asks + 1)
        check_stopped(&ll_search_evolution, &r.p, asks); /* also while it predicts */
    real_close(&r);
}

/* --- conditions --- */

/* By the string: "|op~0|+|op~0|op~1|+|op~0|op~1|op~2|". */
static bool flows(const char *text)
{
    bool edge[4][4] = {{false}}, reached[4] = {true};
    int to = 0;
    char part[40] = "";
    for (const char *c = text; *c; c++) {
        if (*c == '+' || c == text) to++;
        if (*c == '|' || *c == '+') {
            *part = 0;
        } else if (*c == '~') {
            edge[c[1] - '0'][to] = strcmp(part, "none") != 0;
        } else {
            size_t n = strlen(part);
            part[n] = *c, part[n + 1] = 0;
        }
    }
    for (int again = 0; again < 3; again++)
        for (int a = 0; a < 4; a++)
            for (int b = 0; b < 4; b++) reached[b] = reached[b] || (reached[a] && edge[a][b]);
    return reached[3];
}

static void connected_is_what_a_path_leads_through(void)
{
    const ll_space *space = ll_space_find("nasbench201");
    ll_error e = {0};
    ll_where *w = NULL;
    ll_archs *all = ll_archs_new(space, space->n_archs);
    bool *keep = LL_NEW_ARRAY(bool, space->n_archs);
    int n = 0;
    for (int i = 0; i < all->n; i++) space->at(space, i, ll_arch_at(all, i));
    CHECK_OK(ll_where_new("connected", &(ll_scorer_job){.space = space}, &w, &e));
    CHECK_OK(ll_where_apply(w, all, NULL, NULL, keep, &e));
    for (int i = 0; i < all->n; i++) {
        ll_str text = {0};
        space->format(space, ll_arch(all, i), &text);
        CHECK(flows(text.s) == keep[i]);
        n += keep[i];
        ll_str_free(&text);
    }
    CHECK(flows("|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|") &&
          !flows("|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|nor_conv_3x3~2|"));
    CHECK(n > 10000 && n < 15625);
    free(keep);
    ll_archs_unref(all);
    ll_where_free(w);
}

static void comparisons_are_exact(void)
{
    static const struct {
        const char *text;
        int n;
    } cases[] = {{"value>=50", 1},    {"value>50", 0},
                 {"value<=50", 1000}, {"value=50", 1},
                 {"value<50", 999},   {"value<nan", 0},
                 {"-value<=-50", 1},  {"value>=49,value<50", 2},
                 {"val>=50", 1},      {"value>=-1e9,connected", 1000}};
    world w;
    world_open(&w, 0);
    ll_scorer_job job = {.space = &cube, .data = w.d};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        ll_error e = {0};
        ll_where *where = NULL;
        bool keep[CUBE];
        int n = 0;
        if (!check_report(!ll_where_new(cases[c].text, &job, &where, &e), __FILE__, __LINE__, "%s",
                          e.message))
            continue;
        CHECK_OK(ll_where_apply(where, w.d->archs, NULL, NULL, keep, &e));
        for (int i = 0; i < CUBE; i++) n += keep[i];
        check_report(n == cases[c].n, __FILE__, __LINE__, "%s: %d, expected %d", cases[c].text, n,
                     cases[c].n);
        w.p.where = where;
        ll_search s = world_search(&w, "exhaustive");
        n = 0;
        for (int i = 0; i < CUBE; i++) n += !s.excess[i];
        CHECK_INT(n, cases[c].n);
        ll_search_free(&s);
        ll_where_free(where);
    }
    w.p.where = NULL;
    world_close(&w);
}

static void what_is_no_condition_is_refused(void)
{
    static const char *const bad[] = {
        "",
        ",",
        "value",
        "value>",
        ">5",
        "value>high",
        "value==50",
        "other>5",
        "macs<1e8",
        "connect",
        "gp:other>1",
        "value>1,value>1,value>1,value>1,value>1,value>1,value>1,value>1,value>1,"
        "value>1,value>1,value>1,value>1,value>1,value>1,value>1,value>1"};
    world w;
    world_open(&w, 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ll_error e = {0};
        ll_where *where = NULL;
        ll_status s =
            ll_where_new(bad[i], &(ll_scorer_job){.space = &cube, .data = w.d, .k = 200}, &where, &e);
        check_report(s == LL_USAGE && *e.message, __FILE__, __LINE__, "%s: %d %s", bad[i], s, e.message);
    }
    world_close(&w);
}

/* A position holds one of the choices named. */
static void positions_are_asked_for_their_choices(void)
{
    static const char *const bad[] = {"0>1=", "0>1=|", "0>1=conv", "0>4=none", "0>1", "0>1=none|conv"};
    const ll_space *space = ll_space_find("nasbench201");
    ll_error e = {0};
    ll_where *w = NULL;
    ll_archs *all = ll_archs_new(space, space->n_archs);
    bool *keep = LL_NEW_ARRAY(bool, space->n_archs);
    for (int i = 0; i < all->n; i++) space->at(space, i, ll_arch_at(all, i));
    CHECK_OK(
        ll_where_new("0>1=none|nor_conv_3x3,2>3=skip_connect", &(ll_scorer_job){.space = space}, &w, &e));
    CHECK_OK(ll_where_apply(w, all, NULL, NULL, keep, &e));
    int first = -1, last = -1;
    for (int p = 0; p < space->n_positions; p++) {
        if (!strcmp(space->positions[p], "0>1")) first = p;
        if (!strcmp(space->positions[p], "2>3")) last = p;
    }
    for (int i = 0; i < all->n && first >= 0 && last >= 0; i++) {
        const char *a = space->ops[ll_arch(all, i)[first]], *b = space->ops[ll_arch(all, i)[last]];
        CHECK(keep[i] == ((!strcmp(a, "none") || !strcmp(a, "nor_conv_3x3")) && !strcmp(b, "skip_connect")));
    }
    CHECK(first >= 0 && last >= 0);
    ll_where_free(w);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ll_status s = ll_where_new(bad[i], &(ll_scorer_job){.space = space}, &w, &e);
        check_report(s == LL_USAGE, __FILE__, __LINE__, "%s: %d", bad[i], s);
        if (!s) ll_where_free(w);
    }
    free(keep);
    ll_archs_unref(all);
}

/* --- scores --- */

/* Five cells of NAS-Bench-201 with two scores, one of which one cell lacks. */
static ll_dataset *five_cells(void)
{
    static const int index[] = {0, 100, 5000, 9000, 15624};
    static const double first[] = {1, 3, 3, 2, 5}, second[] = {10, NAN, 40, 30, 20};
    const ll_space *space = ll_space_find("nasbench201");
    ll_dataset *d = ll_dataset_new("five", space, 5, 0);
    ll_score *a = ll_dataset_make_score(d, "first");
    memcpy(a->v, first, sizeof first);
    ll_score *b = ll_dataset_make_score(d, "second");
    memcpy(b->v, second, sizeof second);
    for (int i = 0; i < 5; i++) space->at(space, index[i], ll_arch_at(d->archs, i));
    CHECK_OK(ll_dataset_seal(d, NULL));
    return d;
}

static void check_scores(const ll_dataset *d, const char *text, bool total, const double *want)
{
    ll_error e = {0};
    ll_scorer *s = NULL;
    double out[5];
    ll_status status = ll_scorer_new(text, &(ll_scorer_job){.space = d->space, .data = d}, &s, &e);
    if (!check_report(!status, __FILE__, __LINE__, "%s: %s", text, e.message)) return;
    CHECK(ll_scorer_is_total(s) == total);
    CHECK_OK(ll_scorer_apply(s, d->archs, NULL, NULL, out, &e));
    for (int i = 0; i < 5; i++) {
        check_report((isnan(out[i]) && isnan(want[i])) || fabs(out[i] - want[i]) < 1e-12, __FILE__, __LINE__,
                     "%s of %d: %g, expected %g", text, i, out[i], want[i]);
        double truth = ll_scorer_truth(s, d->space, ll_gene(d, i));
        CHECK_NEAR(truth, want[i], 1e-12);
    }
    ll_archs *copy = ll_archs_copy(d->archs, 0); /* as candidates, not as rows */
    double again[5];
    CHECK_OK(ll_scorer_apply(s, copy, NULL, NULL, again, &e));
    for (int i = 0; i < 5; i++) CHECK_NEAR(again[i], out[i], 0);
    ll_archs_unref(copy);
    ll_scorer_free(s);
}

/* Mean ranks by hand: first has ranks (below + equal/2)/5: .1 .6 .6 .3 .9; second (of four) .125 - .875 .625 .375. */
static void scores_are_columns_costs_and_mean_ranks(void)
{
    ll_dataset *d = five_cells();
    double macs[5], minus[5];
    for (int i = 0; i < 5; i++) {
        ll_cost c;
        ll_space_cost(d->space, ll_gene(d, i), &c);
        macs[i] = c.macs;
        minus[i] = -c.macs;
    }
    check_scores(d, "first", false, (const double[]){1, 3, 3, 2, 5});
    check_scores(d, "-second", false, (const double[]){-10, NAN, -40, -30, -20});
    check_scores(d, "macs", true, macs);
    check_scores(d, "-macs", true, minus);
    check_scores(d, "first+second", false, (const double[]){.1125, NAN, .7375, .4625, .6375});
    check_scores(d, "first+-second", false,
                 (const double[]){(.1 + .875) / 2, NAN, (.6 + .125) / 2, (.3 + .375) / 2, (.9 + .625) / 2});
    check_scores(d, "first+first+-first", false,
                 (const double[]){1.1 / 3, 1.6 / 3, 1.6 / 3, 1.3 / 3, 1.9 / 3});
    ll_dataset_unref(d);
}

/* A column that is called as something counted goes first. */
static void names_in_full_go_before_what_is_counted(void)
{
    const ll_space *space = ll_space_find("nasbench201");
    ll_dataset *d = ll_dataset_new("one", space, 1, 0);
    ll_error e = {0};
    ll_scorer *s = NULL;
    double x;
    ll_dataset_make_score(d, "params")->v[0] = 7;
    ll_dataset_make_score(d, "macsimum")->v[0] = 8;
    CHECK_OK(ll_dataset_seal(d, &e));
    CHECK_OK(ll_scorer_new("params", &(ll_scorer_job){.space = space, .data = d}, &s, &e));
    CHECK_OK(ll_scorer_apply(s, d->archs, NULL, NULL, &x, &e));
    CHECK_NEAR(x, 7, 0);
    ll_scorer_free(s);
    CHECK_OK(ll_scorer_new("macs", &(ll_scorer_job){.space = space, .data = d}, &s, &e));
    CHECK(ll_scorer_is_total(s));
    ll_scorer_free(s);
    ll_dataset_unref(d);
}

static void scores_that_are_not_there_are_refused(void)
{
    static const struct {
        const char *text, *says;
        ll_status status;
    } bad[] = {
        {"third", "it has first, second", LL_USAGE},
        {"", "no score", LL_USAGE},
        {"+", "no score", LL_USAGE},
        {"-", "no score", LL_USAGE},
        {"--first", "no score", LL_USAGE},
        {"first+third", "no score", LL_USAGE},
        {"gp:", "no score", LL_USAGE},
        {"gp:third", "it has first, second", LL_USAGE},
        {"gp:macs", "no score", LL_USAGE},
        {"gp:first", "5 values are too few", LL_FAILED},
        {"first+first+first+first+first+first+first+first+first+first+first+first+first+first+first+first+"
         "first",
         "at most 16 terms", LL_USAGE}};
    ll_dataset *d = five_cells();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ll_error e = {0};
        ll_scorer *s = NULL;
        ll_status status =
            ll_scorer_new(bad[i].text, &(ll_scorer_job){.space = d->space, .data = d, .k = 20}, &s, &e);
        check_report(status == bad[i].status && strstr(e.message, bad[i].says), __FILE__, __LINE__,
                     "%s: %d %s", bad[i].text, status, e.message);
        if (!status) ll_scorer_free(s);
    }
    ll_error e = {0};
    ll_scorer *s = NULL;
    CHECK_INT(ll_scorer_new("first", &(ll_scorer_job){.space = d->space}, &s, &e), LL_USAGE);
    CHECK_HAS(e.message, "without a dataset");
    CHECK_INT(ll_scorer_new("gp:first", &(ll_scorer_job){.space = d->space, .k = 20}, &s, &e), LL_USAGE);
    CHECK_INT(ll_scorer_new("macs", &(ll_scorer_job){.space = &cube}, &s, &e), LL_USAGE);
    CHECK_HAS(e.message, "not known");
    ll_dataset_unref(d);
}

static void learnt_scores_rank_what_they_have_not_seen(void)
{
    ll_dataset *d = NULL;
    ll_error e = {0};
    ll_scorer *s = NULL, *again = NULL;
    ll_strs says = {0};
    CHECK_OK(ll_folder_load("data/bundled/nb201_sim", &d, &e));
    const double *truth = ll_dataset_score(d, "cifar10")->v;
    double *v = LL_NEW_ARRAY(double, d->n_archs), *w = LL_NEW_ARRAY(double, d->n_archs);
    ll_scorer_job job = {.space = d->space, .data = d, .k = 200, .seed = 1};
    CHECK_OK(ll_scorer_new("gp:cifar10", &job, &s, &e));
    CHECK_OK(ll_scorer_apply(s, d->archs, NULL, NULL, v, &e));
    double r = ll_spearman(v, truth, d->n_archs);
    check_report(r >= .85, __FILE__, __LINE__, "Spearman %.4f", r);
    CHECK(ll_scorer_is_total(s));
    CHECK_NEAR(ll_scorer_truth(s, d->space, ll_gene(d, 77)), truth[77], 0);
    ll_scorer_says(s, &says);
    CHECK_INT(says.n, 1);
    CHECK_HAS(says.v[0], "cifar10 is learnt from 200 values; Spearman with the other 15425: 0.");
    double worst = INFINITY, best = -INFINITY;
    for (int i = 0; i < d->n_archs; i++) worst = fmin(worst, v[i]), best = fmax(best, v[i]);
    CHECK(worst > -100 && best < 120); /* in the unit of the score */
    CHECK_OK(ll_scorer_new("-gp:cifar10", &job, &again, &e));
    CHECK_OK(ll_scorer_apply(again, d->archs, NULL, NULL, w, &e));
    for (int i = 0; i < d->n_archs; i += 100) CHECK_NEAR(w[i], -v[i], 0);
    ll_scorer_free(s);
    ll_scorer_free(again);
    ll_strs_free(&says);
    free(v);
    free(w);
    ll_dataset_unref(d);
}

/* A score that is the same everywhere, and one that few values know. */
static void odd_scores_are_learnt_or_refused(void)
{
    const ll_space *space = ll_space_find("nasbench201");
    for (int known = 7; known <= 9; known++) {
        ll_dataset *d = ll_dataset_new("odd", space, 40, 0);
        ll_error e = {0};
        ll_scorer *s = NULL;
        ll_score *score = ll_dataset_make_score(d, "flat");
        for (int i = 0; i < 40; i++) {
            space->at(space, 390 * i, ll_arch_at(d->archs, i));
            if (i < known) score->v[i] = 3;
        }
        CHECK_OK(ll_dataset_seal(d, &e));
        ll_status status =
            ll_scorer_new("gp:flat", &(ll_scorer_job){.space = space, .data = d, .k = 200}, &s, &e);
        CHECK_INT(status, known < 8 ? LL_FAILED : LL_OK);
        double v[40];
        if (!status && CHECK_OK(ll_scorer_apply(s, d->archs, NULL, NULL, v, &e)))
            for (int i = 0; i < 40; i++) CHECK_NEAR(v[i], 3, 1e-9);
        if (!status) ll_scorer_free(s);
        ll_dataset_unref(d);
    }
}

/* --- memory --- */

/* An 8 x 8 image of 3 channels, two convolutions to 4 channels; with choice 1 the first one's result is added to the
 * second's. */
static int small_layers(const ll_space *s, const uint8_t *gene, ll_layer *out, int most)
{
    ll_layer l[] = {{.kind = LL_CONV,
                     .c_in = 3,
                     .c_out = 4,
                     .h_in = 8,
                     .h_out = 8,
                     .kernel = 3,
                     .stride = 1,
                     .groups = 1},
                    {.kind = LL_CONV,
                     .c_in = 4,
                     .c_out = 4,
                     .h_in = 8,
                     .h_out = 8,
                     .kernel = 3,
                     .stride = 1,
                     .groups = 1,
                     .in = {1}},
                    {.kind = LL_COPY, .c_in = 4, .c_out = 4, .h_in = 8, .h_out = 8, .in = {1}},
                    {.kind = LL_ADD, .c_in = 4, .c_out = 4, .h_in = 8, .h_out = 8, .in = {2, 3}},
                    {.kind = LL_GLOBAL_POOL, .c_in = 4, .c_out = 4, .h_in = 8, .h_out = 1, .in = {4}},
                    {.kind = LL_LINEAR, .c_in = 4, .c_out = 10, .h_in = 1, .h_out = 1, .in = {5}}};
    int n = 0;
    for (int i = 0; i < 6; i++) {
        if (!gene[0] && (i == 2 || i == 3)) continue;
        out[n] = l[i];
        if (!gene[0] && i > 3) out[n].in[0] -= 2;
        n++;
    }
    return n;
}

/* Elements alive at a time: input 192, then 192 + 256; 256 + 256 while the second convolution writes; with the addition
 * 256 of each operand and 256 of the sum. */
static void peak_memory_is_what_is_alive_at_a_time(void)
{
    static const ll_space small = {
        .name = "small", .n_positions = 1, .n_ops = 2, .layers = small_layers, .facts = &ll_no_facts};
    ll_cost c;
    CHECK(ll_space_cost(&small, (const uint8_t[]){0}, &c));
    CHECK_NEAR(c.peak_kb, 4 * 512 / 1024., 0);
    CHECK_NEAR(ll_cost_value(&c, ll_cost_find("peak_kb")), c.peak_kb, 0);
    CHECK_NEAR(ll_cost_value(&c, ll_cost_find("macs")), 64 * (27 * 4 + 36 * 4) + 256 + 40, 0);
    CHECK(ll_space_cost(&small, (const uint8_t[]){1}, &c));
    CHECK_NEAR(c.peak_kb, 4 * 768 / 1024., 0);
    CHECK(ll_cost_find("latency") == NULL && ll_cost_name(99) == NULL);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"every method finds the optimum", every_method_finds_the_optimum},
        {"a seed is a search", a_seed_is_a_search},
        {"budgets are kept and nothing is met twice", budgets_are_kept_and_nothing_is_met_twice},
        {"small spaces are soon known", small_spaces_are_soon_known},
        {"exhaustive meets all in order", exhaustive_meets_all_in_order},
        {"local search ends where no neighbour is better", local_search_ends_where_no_neighbour_is_better},
        {"nsga2 finds the front", nsga2_finds_the_front},
        {"the walk takes the best of the first three within",
         the_walk_takes_the_best_of_the_first_three_within},
        {"ofa breeds what is within", ofa_breeds_what_is_within},
        {"what cannot be listed is refused", what_cannot_be_listed_is_refused},
        {"limits hold on all devices and costs", limits_hold_on_all_devices_and_costs},
        {"limits hold at the quantile asked for", limits_hold_at_the_quantile_asked_for},
        {"chances agree with quantiles", chances_agree_with_quantiles},
        {"unknown latencies are not within", unknown_latencies_are_not_within},
        {"what was measured is known", what_was_measured_is_known},
        {"threads change no bit", threads_change_no_bit},
        {"what was met is there after a stop", what_was_met_is_there_after_a_stop},
        {"connected is what a path leads through", connected_is_what_a_path_leads_through},
        {"comparisons are exact", comparisons_are_exact},
        {"what is no condition is refused", what_is_no_condition_is_refused},
        {"positions are asked for their choices", positions_are_asked_for_their_choices},
        {"scores are columns, costs and mean ranks", scores_are_columns_costs_and_mean_ranks},
        {"names in full go before what is counted", names_in_full_go_before_what_is_counted},
        {"scores that are not there are refused", scores_that_are_not_there_are_refused},
        {"learnt scores rank what they have not seen", learnt_scores_rank_what_they_have_not_seen},
        {"odd scores are learnt or refused", odd_scores_are_learnt_or_refused},
        {"peak memory is what is alive at a time", peak_memory_is_what_is_alive_at_a_time},
        {0},
    };
    return check_main("test_search", cases, argc, argv);
}
