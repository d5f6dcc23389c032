/* Searches: what methods find where the optimum is known, limits, conditions, scores, and stopping. */
#include <math.h>
#include <string.h>

#include "core/space/moves.h"
#include "core/transfer/pretrain.h"
#include "data/datasets/folder.h"
#include "tests/search/search_world.h"

/* --- methods --- */

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

/* --- scores --- */

/* --- memory --- */

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
        {"threads change no bit", threads_change_no_bit},
        {"what was met is there after a stop", what_was_met_is_there_after_a_stop},
        {0},
    };
    return check_main("test_search", cases, argc, argv);
}
