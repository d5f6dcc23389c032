/* What a search came to, beside the truth by hand; and measuring where the decision is open. */
#include <math.h>
#include <string.h>

#include "core/search/verify.h"
#include "tests/search/search_world.h"

/* --- outcomes of six architectures --- */

enum { SIX = 6, A = 0, B, C, D, E, F };

/* Predicted: the first gene. Score and truth by hand. */
static double first_gene(const uint8_t *g)
{
    return g[0];
}

typedef struct six {
    ll_dataset *d;
    told told;
    ll_scorer *scorer;
    ll_problem p;
    ll_search_options o;
} six;

/* true ms and score of A .. F, which are predicted to take 1 .. 6 ms. NaN: not known. */
static void six_open(six *w, const double *ms, const double *score)
{
    static const uint8_t sample[] = {9, 9, 9};
    ll_error e = {0};
    *w = (six){.d = ll_dataset_new("six", &cube, SIX, 1), .told = {.ms = first_gene}, .o = {.seed = 1}};
    ll_device_set(&w->d->devices[0], "one", LL_MEASURED, "test", "ms", NULL, NULL);
    ll_score *column = ll_dataset_make_score(w->d, "value");
    for (int i = 0; i < SIX; i++) {
        ll_arch_at(w->d->archs, i)[0] = (uint8_t)(i + 1);
        ll_latencies(w->d, 0)[i] = ms[i];
        column->v[i] = score[i];
    }
    CHECK_OK(ll_dataset_seal(w->d, &e));
    CHECK_OK(ll_scorer_new("value", &(ll_scorer_job){.space = &cube, .data = w->d}, &w->scorer, &e));
    w->p = (ll_problem){.space = &cube, .data = w->d, .n = 2, .p = .5};
    w->p.q[0] = (ll_quantity){.name = "value", .scorer = w->scorer, .max = INFINITY, .objective = true};
    w->p.q[1] = (ll_quantity){.name = "one", .unit = "ms", .max = 3, .objective = true};
    w->p.q[1].adapted = told_adapted(&told_predictor, &w->told, "one", sample, 9);
}

static void six_close(six *w)
{
    ll_adapted_unref((ll_adapted *)w->p.q[1].adapted);
    ll_scorer_free(w->scorer);
    ll_dataset_unref(w->d);
}

static ll_outcome six_outcome(const six *w, int *choice)
{
    ll_error e = {0};
    ll_search s;
    ll_outcome out = {0};
    if (!CHECK_OK(ll_search_run(&ll_search_exhaustive, &w->p, &w->o, &s, &e))) return out;
    ll_outcome_of(&s, s.best, &out);
    *choice = out.chosen < 0 ? -1 : ll_arch(s.archs, out.chosen)[0] - 1;
    if (out.fastest >= 0) *choice = -1 - ll_arch(s.archs, out.fastest)[0];
    ll_search_free(&s);
    return out;
}

static const double six_ms[] = {1, 2.5, 2.8, 5, 3, 6}, six_scores[] = {50, 70, 80, 90, 95, 60};

/* Objectives scaled by the table: score (95 - s) / 45, latency (ms - 1) / 5. A (1, 0), B (5/9, .3), C (1/3, .36), E (0, .4).
 * Found are A, B and C; E is in the true front, too, and C misses it by 1/3 in the score. */
static void outcomes_by_hand(void)
{
    six w;
    int choice = 99;
    six_open(&w, six_ms, six_scores);
    ll_outcome o = six_outcome(&w, &choice);
    CHECK_INT(choice, C);
    CHECK_INT(o.violation, 0);
    CHECK_NEAR(o.truth[0], 80, 0);
    CHECK_NEAR(o.truth[1], 2.8, 0);
    CHECK_NEAR(o.best, 95, 0);
    CHECK_INT(o.best_gene[0] - 1, E);
    CHECK_NEAR(o.regret, 15, 0);
    CHECK(o.front_is_true);
    CHECK_NEAR(o.hypervolume, 2 / 3. * .64 + 4 / 9. * .06, 1e-6);
    CHECK_NEAR(o.igd_plus, 1 / 3. / 4, 1e-12);
    w.p.q[1].max = 4; /* D is predicted to keep it, and does not; it is left out of the front */
    o = six_outcome(&w, &choice);
    CHECK_INT(choice, D);
    CHECK_INT(o.violation, 1);
    CHECK_NEAR(o.regret, 5, 0);
    CHECK_NEAR(o.hypervolume, 2 / 3. * .64 + 4 / 9. * .06, 1e-6);
    CHECK_NEAR(o.igd_plus, 1 / 3. / 4, 1e-12);
    w.p.q[1].max = .5; /* nothing is; A is nearest */
    o = six_outcome(&w, &choice);
    CHECK_INT(choice, -2);
    CHECK_INT(o.violation, -1);
    CHECK(isnan(o.best) && isnan(o.regret) && isnan(o.truth[1]) && isnan(o.igd_plus));
    w.p.q[1].max = INFINITY;
    o = six_outcome(&w, &choice);
    CHECK_INT(choice, E);
    CHECK_INT(o.violation, 0);
    CHECK_NEAR(o.regret, 0, 0);
    CHECK_NEAR(o.igd_plus, 0, 0);
    CHECK_NEAR(o.hypervolume, .6 + 2 / 3. * .04 + 4 / 9. * .06, 1e-6);
    six_close(&w);
}

static void what_is_not_known_is_null(void)
{
    static const double ms[] = {1, 2.5, NAN, 5, 3, 6}, scores[] = {50, 70, 80, 90, NAN, 60};
    six w;
    int choice = 99;
    six_open(&w, ms, scores);
    ll_outcome o = six_outcome(&w, &choice);
    CHECK_INT(choice, C);
    CHECK_INT(o.violation, -1);
    CHECK(isnan(o.truth[1]) && o.truth[0] == 80);
    CHECK(isnan(o.best) && isnan(o.regret)); /* C could be chosen, and nobody knows its latency */
    CHECK(!o.front_is_true && isnan(o.igd_plus) && o.hypervolume > 0);
    six_close(&w);
    six_open(&w, ms, scores);
    ll_archs *two = ll_archs_pick(w.d->archs, (const int[]){F, A}, 2);
    w.o.candidates = two; /* the truth of what was not to be chosen does not matter */
    o = six_outcome(&w, &choice);
    CHECK_INT(choice, A);
    CHECK_NEAR(o.best, 50, 0);
    CHECK_NEAR(o.regret, 0, 0);
    ll_archs_unref(two);
    ll_error e = {0};
    ll_where *where = NULL;
    CHECK_OK(ll_where_new("value<65", &(ll_scorer_job){.space = &cube, .data = w.d}, &where, &e));
    w.o.candidates = NULL;
    w.p.where = where;
    o = six_outcome(&w, &choice);
    CHECK_INT(choice, A);
    CHECK_NEAR(o.best, 50, 0);
    ll_where_free(where);
    six_close(&w);
}

/* --- verifying --- */

/* Looks latencies up, and at what it is asked for. */
typedef struct desk {
    world *w;
    const ll_search *s;
    int asked[3][CUBE], n; /* by quantity; architectures in all */
    int at_once;           /* the most at a time */
    int certain;           /* asked for although it was as good as certain */
    int unknown;           /* these have no latency to look up: every so many; 0: all have */
} desk;

static ll_status look_up(void *ctx, int k, const ll_archs *archs, double *lat_ms, ll_error *e)
{
    desk *d = ctx;
    const ll_search *s = d->s;
    for (int i = 0; i < archs->n; i++) {
        int index = cube_index(NULL, ll_arch(archs, i)), at = ll_archs_find(s->archs, ll_arch(archs, i));
        double chance = ll_problem_chance(s->problem, ll_search_values(s, at), ll_search_sd(s, at), s->dof);
        d->asked[k][index]++;
        d->certain += chance < .02 || chance > fmax(.995, s->problem->p);
        lat_ms[i] = d->unknown && index % d->unknown == 0 ? NAN : ll_latencies(d->w->d, k - 1)[index];
    }
    d->at_once = archs->n > d->at_once ? archs->n : d->at_once;
    d->n += archs->n;
    return LL_OK;
}

static int most_asked(const desk *d)
{
    int most = 0;
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < CUBE; i++) most = d->asked[k][i] > most ? d->asked[k][i] : most;
    return most;
}

/* Predictions that are off by at most 1 ms, and say so: sd .6. */
static void open_uncertain(world *w, double max)
{
    world_open(w, 1);
    w->one.sd = w->two.sd = .6;
    w->p.p = .9;
    w->p.q[1].max = max;
}

typedef struct verifying {
    ll_search s;
    desk desk;
    ll_verified out;
} verifying;

static void verify(world *w, verifying *v, int budget, int at_once)
{
    ll_error e = {0};
    v->s = world_search(w, "exhaustive");
    v->desk = (desk){.w = w, .s = &v->s, .unknown = v->desk.unknown};
    ll_verify_job job = {.budget = budget, .at_once = at_once, .measure = look_up, .ctx = &v->desk};
    ll_status status = ll_verify(&v->s, &w->p, &job, &v->out, &e);
    check_report(!status, __FILE__, __LINE__, "%s", e.message);
}

/* The problem had taken predictors of its own: the world gets its first ones back. */
static void verify_end(world *w, verifying *v, const ll_problem *before)
{
    ll_verified_free(&v->out);
    ll_verify_release(&w->p);
    ll_search_free(&v->s);
    w->p = *before;
}

static double truth_of(const world *w, const ll_search *s, int place, int device)
{
    return ll_latencies(w->d, device)[cube_index(NULL, ll_arch(s->archs, place))];
}

static void it_measures_no_more_than_the_budget(void)
{
    static const int budgets[] = {1, 2, 7, 20};
    for (size_t b = 0; b < sizeof budgets / sizeof *budgets; b++)
        for (int at_once = 0; at_once < 6; at_once += 5) {
            world w;
            verifying v = {0};
            open_uncertain(&w, 9);
            const ll_problem before = w.p;
            verify(&w, &v, budgets[b], at_once);
            CHECK(v.desk.n <= budgets[b] && v.desk.n > 0);
            CHECK_INT(v.out.measured.n, v.desk.n);
            CHECK_INT(v.desk.certain, 0);
            CHECK_INT(most_asked(&v.desk), 1);
            CHECK(v.desk.at_once <= (at_once ? at_once : 1));
            CHECK_INT(w.p.q[1].adapted->samples->n, 1 + v.desk.n); /* it learnt them */
            CHECK(v.s.problem == &w.p && ll_search_sd(&v.s, 5)[1] < .6);
            CHECK_INT(before.q[1].adapted->samples->n, 1);
            verify_end(&w, &v, &before);
            world_close(&w);
        }
}

/* The best that is truly within, of those that the interval does not exclude. */
static void with_budget_enough_the_decision_closes(void)
{
    for (double max = 4; max < 18; max += 2.3) {
        world w;
        verifying v = {0};
        open_uncertain(&w, max);
        const ll_problem before = w.p;
        verify(&w, &v, CUBE, 0);
        CHECK_INT(v.out.open.n, 0);
        CHECK(v.desk.n < 400);
        if (CHECK(v.out.chosen >= 0)) {
            double score = ll_search_values(&v.s, v.out.chosen)[0];
            CHECK(truth_of(&w, &v.s, v.out.chosen, 0) <= max);
            for (int i = 0; i < CUBE; i++) { /* what is better is beyond, by measurement or by far */
                if (ll_search_values(&v.s, i)[0] <= score) continue;
                double sd = ll_search_sd(&v.s, i)[1], ms = ll_search_values(&v.s, i)[1];
                CHECK(sd > 0 ? ms > max + 2 * sd : ms > max);
            }
        }
        ll_outcome judged;
        ll_outcome_of(&v.s, v.out.chosen, &judged);
        CHECK_INT(judged.violation, 0);
        verify_end(&w, &v, &before);
        world_close(&w);
    }
}

static void what_is_certain_is_not_measured(void)
{
    world w;
    verifying v = {0};
    open_uncertain(&w, 1e6); /* everything is within */
    const ll_problem before = w.p;
    verify(&w, &v, 50, 0);
    CHECK_INT(v.desk.n, 1); /* but for the choice itself */
    CHECK_INT(v.out.open.n, 0);
    CHECK_INT(cube_index(NULL, ll_arch(v.s.archs, v.out.chosen)), 869);
    verify_end(&w, &v, &before);
    w.p.q[1].max = .001; /* nothing is */
    w.one.sd = .2;
    verify(&w, &v, 50, 0);
    CHECK_INT(v.desk.n, 0);
    CHECK_INT(v.out.chosen, -1);
    verify_end(&w, &v, &before);
    w.p.q[1].max = INFINITY;
    verify(&w, &v, 50, 0);
    CHECK_INT(v.desk.n, 0);
    verify_end(&w, &v, &before);
    world_close(&w);
}

/* Both have to be measured: a sample of one device says nothing of the other. */
static void several_devices_are_measured_each(void)
{
    world w;
    verifying v = {0};
    open_uncertain(&w, 8.5);
    w.p.q[2].max = 9;
    static const uint8_t at[] = {4, 3, 8}; /* of this one the second knows all, the first nothing */
    int row = cube_index(NULL, at);
    ll_adapted *two = (ll_adapted *)w.p.q[2].adapted;
    w.p.q[2].adapted = told_adapted(&told_predictor, &w.two, "two", at, ll_latencies(w.d, 1)[row]);
    ll_adapted_unref(two);
    const ll_problem before = w.p;
    verify(&w, &v, CUBE, 0);
    CHECK_INT(v.out.open.n, 0);
    CHECK_INT(v.desk.certain, 0);
    CHECK_INT(most_asked(&v.desk), 1);
    if (CHECK(v.out.chosen >= 0)) {
        CHECK(truth_of(&w, &v.s, v.out.chosen, 0) <= 8.5 && truth_of(&w, &v.s, v.out.chosen, 1) <= 9);
        double score = ll_search_values(&v.s, v.out.chosen)[0];
        for (int i = 0; i < CUBE; i++)
            if (ll_search_values(&v.s, i)[0] > score)
                CHECK(ll_problem_chance(&w.p, ll_search_values(&v.s, i), ll_search_sd(&v.s, i), v.s.dof) <
                      .02);
    }
    verify_end(&w, &v, &before);
    /* alone among all others it is the one to measure */
    ll_archs *one = ll_archs_new(&cube, 1);
    memcpy(ll_arch_at(one, 0), at, 3);
    w.o.candidates = one;
    w.p.q[1].max = cube_ms(at) + .2;
    w.p.q[2].max = 20;
    verify(&w, &v, 5, 0);
    CHECK_INT(v.desk.asked[1][row], 1);
    CHECK_INT(v.desk.asked[2][row], 0); /* known there */
    CHECK_INT(v.out.measured.n, 1);
    CHECK_INT(v.out.cost, 1);
    CHECK(v.out.chosen == (ll_latencies(w.d, 0)[row] <= w.p.q[1].max ? 0 : -1));
    ll_archs_unref(one);
    verify_end(&w, &v, &before);
    world_close(&w);
}

/* Nothing is certain: also the lowest score is better than none, and equal ones are worth a look. */
static void something_within_is_better_than_nothing(void)
{
    world w;
    verifying v = {0};
    open_uncertain(&w, 9);
    w.one.sd = 5; /* learns too little to be certain of anything */
    const ll_problem before = w.p;
    ll_archs *few = ll_archs_new(&cube, 3);
    for (int i = 0; i < 3; i++) { /* one score: 50 - 4 */
        static const uint8_t equal[3][3] = {{4, 6, 9}, {8, 4, 9}, {6, 5, 9}};
        memcpy(ll_arch_at(few, i), equal[i], 3);
        CHECK_NEAR(cube_score(equal[i]), 46, 0);
    }
    w.o.candidates = few;
    verify(&w, &v, 3, 0);
    CHECK(v.desk.n > 0);
    int within = 0;
    for (int i = 0; i < 3; i++) within += truth_of(&w, &v.s, i, 0) <= 9;
    CHECK(within ? v.out.chosen >= 0 && truth_of(&w, &v.s, v.out.chosen, 0) <= 9 : v.desk.n == 3);
    verify_end(&w, &v, &before);
    ll_archs_unref(few);
    world_close(&w);
}

static void what_cannot_be_had_is_not_asked_again(void)
{
    world w;
    verifying v = {.desk.unknown = 3};
    open_uncertain(&w, 9);
    const ll_problem before = w.p;
    verify(&w, &v, 200, 0);
    CHECK_INT(most_asked(&v.desk), 1);
    CHECK_INT(v.out.open.n, 0);
    int had = 0;
    for (int i = 0; i < CUBE; i++) had += v.desk.asked[1][i] && i % 3;
    CHECK_INT(w.p.q[1].adapted->samples->n, 1 + had);
    CHECK_INT(v.out.cost, had);
    verify_end(&w, &v, &before);
    world_close(&w);
}

/* At p=.999 a chance of .997 is not enough, and worth a measurement. */
static void certain_is_never_less_than_p(void)
{
    static const uint8_t at[] = {4, 2, 5}; /* predicted 7.25 */
    world w;
    verifying v = {0};
    ll_error e = {0};
    open_uncertain(&w, 7.25 + 2.75 * .6);
    w.p.p = .999;
    ll_archs *one = ll_archs_new(&cube, 1);
    memcpy(ll_arch_at(one, 0), at, 3);
    w.o.candidates = one;
    const ll_problem before = w.p;
    v.s = world_search(&w, "exhaustive");
    CHECK_OK(ll_verify(&v.s, &w.p, &(ll_verify_job){.budget = 10}, &v.out, &e));
    CHECK_INT(v.out.chosen, -1);
    CHECK_INT(v.out.open.n, 1);
    verify_end(&w, &v, &before);
    verify(&w, &v, 10, 0);
    CHECK_INT(v.out.chosen, 0);
    CHECK_INT(v.desk.n, 1);
    CHECK_INT(v.out.cost, 1);
    verify_end(&w, &v, &before);
    ll_archs_unref(one);
    world_close(&w);
}

/* Predictors that do not learn in a moment know what was measured all the same. */
static void slow_learners_remember(void)
{
    static const ll_predictor slow = {
        .name = "slow", .adapt = told_adapt, .predict = told_predict, .release_adapted = free};
    static const uint8_t corner[] = {9, 9, 9};
    world w;
    verifying v = {0};
    open_uncertain(&w, 9);
    ll_adapted *quick = (ll_adapted *)w.p.q[1].adapted;
    w.p.q[1].adapted = told_adapted(&slow, &w.one, "one", corner, 16);
    ll_adapted_unref(quick);
    const ll_problem before = w.p;
    verify(&w, &v, 12, 5);
    CHECK_INT(v.out.measured.n, v.desk.n);
    CHECK_INT(w.p.q[1].adapted->samples->n, 1);
    for (int i = 0; i < v.out.measured.n; i++) {
        int at = v.out.measured.v[i];
        CHECK_NEAR(ll_search_values(&v.s, at)[1], truth_of(&w, &v.s, at, 0), 0);
        CHECK_NEAR(ll_search_sd(&v.s, at)[1], 0, 0);
    }
    verify_end(&w, &v, &before);
    world_close(&w);
}

/* Answers from elsewhere, in two rounds: each closes some of what is open. */
static void answers_are_learnt_from(void)
{
    world w;
    verifying v = {0};
    ll_error e = {0};
    open_uncertain(&w, 9);
    const ll_problem before = w.p;
    ll_verify_job job = {.budget = 8};
    v.s = world_search(&w, "exhaustive");
    CHECK_OK(ll_verify(&v.s, &w.p, &job, &v.out, &e));
    CHECK(v.out.open.n > 0 && v.out.open.n <= 8 && !v.out.measured.n);
    ll_archs *archs = ll_archs_pick(v.s.archs, v.out.open.v, v.out.open.n);
    double ms[8];
    for (int i = 0; i < archs->n; i++) ms[i] = truth_of(&w, &v.s, v.out.open.v[i], 0);
    verify_end(&w, &v, &before);
    v.s = world_search(&w, "exhaustive");
    CHECK_OK(ll_verify_with(&v.s, &w.p, &(ll_measured){archs, ms}, &job, &v.out, &e));
    CHECK_INT(v.out.measured.n, archs->n);
    CHECK_INT(w.p.q[1].adapted->samples->n, 1 + archs->n);
    for (int i = 0; i < archs->n; i++)
        CHECK(ll_ints_find(&v.out.open, ll_archs_find(v.s.archs, ll_arch(archs, i))) < 0);
    verify_end(&w, &v, &before);
    ll_archs_unref(archs);
    world_close(&w);
}

/* What never began has nothing to release. */
static void releasing_what_never_began_is_harmless(void)
{
    world w;
    open_uncertain(&w, 9);
    int refs = w.p.q[1].adapted->refs;
    ll_verify_release(&w.p);
    CHECK(w.p.q[1].adapted && w.p.q[1].adapted->refs == refs);
    world_close(&w);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"outcomes by hand", outcomes_by_hand},
        {"what is not known is null", what_is_not_known_is_null},
        {"it measures no more than the budget", it_measures_no_more_than_the_budget},
        {"with budget enough the decision closes", with_budget_enough_the_decision_closes},
        {"what is certain is not measured", what_is_certain_is_not_measured},
        {"several devices are measured each", several_devices_are_measured_each},
        {"something within is better than nothing", something_within_is_better_than_nothing},
        {"what cannot be had is not asked again", what_cannot_be_had_is_not_asked_again},
        {"certain is never less than p", certain_is_never_less_than_p},
        {"slow learners remember", slow_learners_remember},
        {"answers are learnt from", answers_are_learnt_from},
        {"releasing what never began is harmless", releasing_what_never_began_is_harmless},
        {0},
    };
    return check_main("test_verify", cases, argc, argv);
}
