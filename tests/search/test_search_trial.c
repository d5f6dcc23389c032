/* One searched trial on a toy whose predictor says the truth times a factor, with a deviation. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/device/scores.h"
#include "core/search/trial.h"
#include "tests/check.h"
#include "tests/toy.h"

enum { N = 500 };

/* --- a predictor that knows the toy ------------------------------------------------------------------------------ */

static double factor, sd_ms;
static int predictions;

static double true_ms(const uint8_t *gene)
{
    return 1 + gene[0] + .1 * gene[1] + .01 * gene[2];
}

static ll_status adapt_toy(const void *model, const ll_adapt_job *job, void **adapted, ll_error *e)
{
    return LL_OK;
}

static ll_status predict_toy(const void *model, const void *adapted, const ll_predict_job *job,
                             ll_prediction *out, ll_error *e)
{
    predictions++;
    ll_prediction_new(out, job->archs->n, true, job->want_variance && sd_ms > 0);
    for (int i = 0; i < out->n; i++) {
        out->score[i] = out->lat_ms[i] = factor * true_ms(ll_arch(job->archs, i));
        if (out->sd_ms) out->sd_ms[i] = sd_ms;
    }
    return LL_OK;
}

static void release_toy(void *model) {}

static const ll_predictor oracle = {.name = "oracle",
                                    .summary = "s",
                                    .refits_live = true,
                                    .release = release_toy,
                                    .adapt = adapt_toy,
                                    .predict = predict_toy};

typedef struct world {
    ll_dataset *d;
    ll_scorer *scorer;
    ll_adapted *a;
    ll_search_trial t;
} world;

/* The score is the latency, so that the best within a limit is the one just below it. */
static void make_world(world *w, double factor_, double sd_ms_)
{
    ll_error e = {0};
    *w = (world){.d = toy_data(N, "phone")};
    factor = factor_, sd_ms = sd_ms_, predictions = 0;
    ll_score *score = ll_dataset_make_score(w->d, "acc");
    ll_score_describe(score, NULL, NULL, "");
    for (int i = 0; i < N; i++) ll_latencies(w->d, 0)[i] = score->v[i] = true_ms(ll_gene(w->d, i));
    CHECK_OK(ll_dataset_seal(w->d, &e));
    CHECK_OK(ll_scorer_new("acc", &(ll_scorer_job){.space = &toy, .data = w->d}, &w->scorer, &e));
    ll_model *m = ll_model_new(&oracle, &toy, w);
    ll_archs *samples = ll_archs_pick(w->d->archs, (int[]){0, 111}, 2);
    double ms[2] = {true_ms(ll_arch(samples, 0)), true_ms(ll_arch(samples, 1))};
    ll_adapt_plan plan = {.model = m, .device = "phone", .samples = {samples, ms}, .want_variance = true};
    CHECK_OK(ll_adapt(&plan, &w->a, &e));
    w->t = (ll_search_trial){.adapted = w->a, .data = w->d, .name = "acc", .scorer = w->scorer};
    ll_archs_unref(samples);
    ll_model_unref(m);
}

static void free_world(world *w)
{
    ll_adapted_unref(w->a);
    ll_scorer_free(w->scorer);
    ll_dataset_unref(w->d);
}

static const double percents[] = {20, 50}, ps[] = {.5, .9};
static const int counts[] = {0, 6};
static const ll_search_modes all = {percents, ps, counts, 2, 2, 2};

/* --- tests -------------------------------------------------------------------------------------------------------- */

static void rows_are_what_a_predictor_is_fit_for(void)
{
    ll_searched *rows;
    CHECK_INT(ll_search_rows(&all, true, true, &rows), 8);
    CHECK_NEAR(rows[3].percent, 20, 0);
    CHECK_NEAR(rows[3].p, .9, 0);
    CHECK_INT(rows[3].verify, 6);
    CHECK_INT(rows[4].verify, 0);
    free(rows);
    CHECK_INT(ll_search_rows(&all, true, false, &rows), 4); /* nothing is verified */
    free(rows);
    ll_search_modes strict = all;
    strict.p = ps + 1, strict.n_p = 1;
    CHECK_INT(ll_search_rows(&strict, false, true, &rows), 2); /* at p=.5, whatever was asked */
    CHECK_NEAR(rows[0].p, .5, 0);
    CHECK_INT(rows[0].verify, 0);
    free(rows);
    CHECK(ll_search_refits(&oracle));
}

static void limits_lie_between_the_percentiles(void)
{
    world w;
    make_world(&w, 1, .1);
    double low = ll_search_limit(w.d, 0, 0), high = ll_search_limit(w.d, 0, 100);
    CHECK_NEAR(low, 1 + .0499, 1e-9); /* 1 % of 499 steps of .01 */
    CHECK_NEAR(ll_search_limit(w.d, 0, 50), (low + high) / 2, 1e-9);
    free_world(&w);
}

/* A prediction that is 5 % low chooses what is too slow; one deviation and more below the limit nothing is; measuring
 * finds the best there is. */
static void every_mode_is_judged(void)
{
    world w;
    ll_searched *rows;
    ll_error e = {0};
    make_world(&w, .95, .15);
    int n = ll_search_rows(&all, true, true, &rows);
    CHECK_OK(ll_search_trial_run(&w.t, rows, n, &e));
    for (int i = 0; i < n; i += 4) {
        const ll_searched *mean = &rows[i], *safe = &rows[i + 1], *verified = &rows[i + 2];
        CHECK_NEAR(mean->max_ms, ll_search_limit(w.d, 0, percents[i / 4]), 0);
        CHECK_INT(mean->violation, 1);
        CHECK(mean->regret < 0 && mean->score > mean->max_ms && mean->best <= mean->max_ms);
        CHECK_NEAR(mean->regret, mean->best - mean->score, 1e-12);
        CHECK_INT(mean->measured, 2);
        CHECK_INT(mean->closed, -1);
        CHECK_INT(safe->violation, 0);
        CHECK(safe->regret > 0 && safe->regret < .2);
        CHECK(safe->hypervolume > 0 && safe->hypervolume < 1 && safe->igd_plus >= 0);
        CHECK_INT(verified->violation, 0);
        CHECK(verified->measured > 2 && verified->measured <= 8);
        CHECK(verified->closed >= 0);
        /* one verification, whatever p */
        CHECK_INT(verified->measured, rows[i + 3].measured);
        CHECK_INT(rows[i + 3].violation, 0);
    }
    free(rows);
    free_world(&w);
}

/* What is known stays, and what is computed beside it is the same as without. */
static void known_rows_are_left_alone(void)
{
    world w;
    ll_searched *rows, *again;
    ll_error e = {0};
    make_world(&w, 1.02, .1);
    int n = ll_search_rows(&all, true, true, &rows);
    ll_search_rows(&all, true, true, &again);
    CHECK_OK(ll_search_trial_run(&w.t, rows, n, &e));
    int before = predictions;
    for (int i = 0; i < n; i++)
        if (i != 1 && i != 7) again[i].known = true, again[i].score = -1;
    CHECK_OK(ll_search_trial_run(&w.t, again, n, &e));
    CHECK(predictions - before < before); /* one verification of two */
    for (int i = 0; i < n; i++) {
        bool asked = i == 1 || i == 7;
        CHECK_NEAR(again[i].score, asked ? rows[i].score : -1, 0);
        if (!asked) continue;
        CHECK_NEAR(again[i].regret, rows[i].regret, 0);
        CHECK_NEAR(again[i].igd_plus, rows[i].igd_plus, 0);
        CHECK_NEAR(again[i].hypervolume, rows[i].hypervolume, 0);
        CHECK_INT(again[i].measured, rows[i].measured);
    }
    free(rows);
    free(again);
    free_world(&w);
}

static void nothing_may_be_within(void)
{
    world w;
    ll_searched *rows;
    ll_error e = {0};
    make_world(&w, 100, 0);
    w.a->samples = (ll_archs_unref(w.a->samples), ll_archs_new(&toy, 0)); /* not even a sample is known */
    int n = ll_search_rows(&all, false, true, &rows);
    CHECK_OK(ll_search_trial_run(&w.t, rows, n, &e));
    CHECK_INT(rows[0].violation, -1);
    CHECK(isnan(rows[0].regret) && isnan(rows[0].score));
    CHECK(rows[0].best > 1);
    CHECK_NEAR(rows[0].hypervolume, 0, 0);
    free(rows);
    free_world(&w);
}

/* Without a latency or without a score a row is no candidate. */
static void candidates_are_known(void)
{
    world w;
    ll_searched *rows;
    ll_error e = {0};
    make_world(&w, 1, 0);
    int n = ll_search_rows(&all, false, true, &rows);
    double limit = ll_search_limit(w.d, 0, 20);
    for (int i = 0; i < N; i++)
        if (true_ms(ll_gene(w.d, i)) > limit - .3) w.d->scores[0].v[i] = NAN;
    CHECK_OK(ll_search_trial_run(&w.t, rows, n, &e));
    CHECK_INT(rows[0].violation, 0);
    CHECK_NEAR(rows[0].regret, 0, 0);
    CHECK(rows[0].score <= limit - .3);
    for (int i = 0; i < N; i++) w.d->scores[0].v[i] = NAN;
    CHECK_INT(ll_search_trial_run(&w.t, rows, n, &e), LL_FAILED);
    CHECK_HAS(e.message, "both acc and a latency on phone");
    free(rows);
    free_world(&w);
}

static bool stop(void *ctx)
{
    return true;
}

static void a_search_stops_when_asked(void)
{
    world w;
    ll_searched *rows;
    ll_error e = {0};
    ll_observer observer = {.cancelled = stop};
    make_world(&w, .95, .15);
    w.t.observer = &observer;
    int n = ll_search_rows(&all, true, true, &rows);
    CHECK_INT(ll_search_trial_run(&w.t, rows, n, &e), LL_CANCELLED);
    free(rows);
    free_world(&w);
}

static const check_case cases[] = {
    {"rows are what a predictor is fit for", rows_are_what_a_predictor_is_fit_for},
    {"limits lie between the percentiles", limits_lie_between_the_percentiles},
    {"every mode is judged", every_mode_is_judged},
    {"known rows are left alone", known_rows_are_left_alone},
    {"nothing may be within", nothing_may_be_within},
    {"candidates are known", candidates_are_known},
    {"a search stops when asked", a_search_stops_when_asked},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_search_trial", cases, argc, argv);
}
