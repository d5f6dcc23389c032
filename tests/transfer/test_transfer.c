/* Metrics, scoring sets, the map from scores to milliseconds, the measurement cost, the experiment engine. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/text/json.h"
#include "core/num/stats.h"
#include "core/transfer/experiment.h"
#include "core/transfer/map.h"
#include "core/transfer/metrics.h"
#include "tests/check.h"

/* A dataset of n cells of nasbench201 and two devices: latency = row, and 100 - row with holes. */
static ll_dataset *small_dataset(int n)
{
    const ll_space *space = ll_space_find("nasbench201");
    ll_dataset *d = ll_dataset_new("small", space, n, 2);
    ll_error e = {0};
    ll_device_set(&d->devices[0], "up", LL_MEASURED, "test", "ms", NULL, NULL);
    ll_device_set(&d->devices[1], "down", LL_MEASURED, "test", "ms", NULL, NULL);
    for (int i = 0; i < n; i++) {
        space->at(space, i, ll_arch_at(d->archs, i));
        ll_latencies(d, 0)[i] = i + 1;
        ll_latencies(d, 1)[i] = i % 3 ? n - i : NAN;
    }
    CHECK_INT(ll_dataset_seal(d, &e), LL_OK);
    return d;
}

/* scipy.stats: x = [1,2,2,4,5,7], s = [2,1,3,3,6,5]: spearmanr .8088235294117647, kendalltau
 * .6428571428571428; with lat = [1,2,3,4,4,8]: pearsonr .9428571428571428, rmse sqrt(3/6), APE
 * 0,0,50,0,20,100/7 %. */
static void metrics_match_scipy(void)
{
    double y[] = {1, 2, 2, 4, 5, 7}, s[] = {2, 1, 3, 3, 6, 5}, lat[] = {1, 2, 3, 4, 4, 8};
    double lo[] = {0, 2.5, 1, 3, 3, 6}, hi[] = {2, 3, 3, 5, 6, 9};
    int rows[] = {0, 1, 2, 3, 4, 5};
    ll_metrics m = ll_metrics_of(y, s, lat, lo, hi, .9, rows, 6);
    CHECK_NEAR(m.spearman, .8088235294117647, 1e-12);
    CHECK_NEAR(m.kendall, .6428571428571428, 1e-12);
    CHECK_NEAR(m.rmse_ms, sqrt(.5), 1e-12);
    CHECK_NEAR(m.mape, (50 + 20 + 100. / 7) / 6, 1e-12);
    CHECK_NEAR(m.median_ape, 50. / 7, 1e-12);
    CHECK_NEAR(m.within_10, .5, 1e-12);
    CHECK_NEAR(m.coverage, 5. / 6, 1e-12);
    CHECK_NEAR(m.width_ms, (2 + .5 + 2 + 2 + 3 + 3) / 6, 1e-12);
    m = ll_metrics_of(y, s, NULL, NULL, NULL, .9, rows, 6);
    CHECK(isnan(m.rmse_ms) && isnan(m.coverage));
}

/* scipy.stats.binomtest(62, 100, .9, "less").pvalue is 1e-13, of (81, 100) .0046, of (7, 10) .070, of (20, 20, .8,
 * "greater") .0115, of (40, 40, .8, "greater") 1.3e-4. */
static void intervals_are_judged_by_a_binomial_test(void)
{
    CHECK_INT(ll_coverage_judge(.62, .9, 100), LL_TOO_NARROW);
    CHECK_INT(ll_coverage_judge(.81, .9, 100), LL_TOO_NARROW);
    CHECK_INT(ll_coverage_judge(.7, .9, 10), LL_AS_PROMISED); /* it happens */
    CHECK_INT(ll_coverage_judge(1, .8, 20), LL_AS_PROMISED);
    CHECK_INT(ll_coverage_judge(1, .8, 40), LL_TOO_WIDE);
    CHECK_INT(ll_coverage_judge(.87, .9, 15625), LL_AS_PROMISED); /* sure, and not far */
    CHECK_INT(ll_coverage_judge(.84, .9, 15625), LL_TOO_NARROW);
    CHECK_INT(ll_coverage_judge(.96, .9, 15625), LL_TOO_WIDE);
    CHECK_INT(ll_coverage_judge(0, .9, 15625), LL_TOO_NARROW);
    CHECK_INT(ll_coverage_judge(NAN, .9, 100), LL_AS_PROMISED);
    CHECK_INT(ll_coverage_judge(.5, .9, 0), LL_AS_PROMISED);
    ll_str said = {0};
    ll_coverage_say(&said, .9, .9, 100);
    CHECK_INT(said.len, 0);
    ll_coverage_say(&said, .62, .9, 100);
    CHECK_HAS(ll_str_text(&said), "the 90 % intervals hold 62 % of 100 latencies, so they are too narrow");
    ll_str_free(&said);
}

/* 1 ms off 1 ms is worse than 5 ms off 100 ms, a prediction of 0 is off by all of it, the 0 ms row and those that are not
 * known have no relative error, and of equals the first comes first. */
static void the_worst_are_off_by_the_most_of_their_latency(void)
{
    double y[] = {100, 1, 0, 4, NAN, 4, 2, 8}, lat[] = {105, 2.5, 1, 0, 9, 8, NAN, 8};
    int rows[] = {0, 1, 2, 3, 4, 5, 6, 7}, expected[] = {1, 3, 5, 0};
    ll_ints worst = ll_worst_rows(y, lat, rows, 8, 4);
    CHECK_INT(worst.n, 4);
    for (int i = 0; i < worst.n; i++) CHECK_INT(worst.v[i], expected[i]);
    ll_ints_free(&worst);
    worst = ll_worst_rows(y, lat, rows + 2, 3, 10); /* only of the rows that are asked about */
    CHECK_INT(worst.n, 1);
    CHECK_INT(worst.v[0], 3);
    ll_ints_free(&worst);
}

static void zero_latency_is_a_value(void)
{
    double y[] = {0, 1}, s[] = {0, 1}, lat[] = {.5, 1};
    int rows[] = {0, 1};
    ll_metrics m = ll_metrics_of(y, s, lat, NULL, NULL, .9, rows, 2);
    CHECK_INT(m.n, 2);
    CHECK_NEAR(m.mape, 0, 1e-12); /* only over cells whose latency is not 0 */
    CHECK_NEAR(m.rmse_ms, sqrt(.125), 1e-12);
}

static void scoring_sets_are_the_protocols(void)
{
    ll_dataset *d = small_dataset(2100);
    int samples[] = {3, 5};
    ll_ints rows = ll_scoring_rows(d, 0, LL_PROTOCOL_FULL, samples, 2);
    CHECK_INT(rows.n, 2098);
    CHECK_INT(ll_ints_find(&rows, 5), -1);
    ll_ints_free(&rows);
    rows = ll_scoring_rows(d, 0, LL_PROTOCOL_AUTHORS, samples, 2);
    CHECK_INT(rows.n, 128);
    ll_ints_free(&rows);
    rows = ll_scoring_rows(d, 0, LL_PROTOCOL_HELP, samples, 2);
    CHECK_INT(rows.n, 800); /* 900..1899 without the lowest and the highest tenth */
    CHECK_INT(rows.v[0], 1000);
    CHECK_INT(rows.v[799], 1799);
    ll_ints_free(&rows);
    rows = ll_scoring_rows(d, 1, LL_PROTOCOL_FULL, NULL, 0);
    CHECK_INT(rows.n, 1400); /* missing cells are never scored */
    ll_ints_free(&rows);
    ll_dataset_unref(d);
}

static void maps_are_monotone_and_exact_on_lines(void)
{
    double s[20], y[20];
    for (int i = 0; i < 20; i++) s[i] = (i * 7) % 20, y[i] = 3 + .5 * s[i];
    ll_map m = ll_map_fit(s, y, 20);
    for (int i = -5; i < 30; i++) CHECK_NEAR(ll_map_apply(&m, i), fmax(0, 3 + .5 * i), 1e-9);
    CHECK_NEAR(m.error, 0, 1e-9);
    ll_map_free(&m);
    for (int i = 0; i < 20; i++) y[i] = exp(s[i] / 3) + (i % 2 ? .1 : -.1);
    m = ll_map_fit(s, y, 20);
    CHECK_STR(ll_map_name(&m), "isotonic");
    double before = -1;
    for (double x = -3; x < 25; x += .25) {
        double now = ll_map_apply(&m, x);
        CHECK(now >= before);
        before = now;
    }
    ll_map_free(&m);
    m = ll_map_fit(s, y, 1);
    CHECK_NEAR(ll_map_apply(&m, 99), y[0], 1e-12);
    CHECK(isnan(m.error));
    ll_map_free(&m);
}

/* --- a predictor that reports what it was asked to look at --- */

typedef struct peek {
    int extra; /* how many architectures beyond the samples it looks at */
} peek;

static ll_status peek_pretrain(const ll_pretrain_job *job, void **model, ll_error *e)
{
    peek *p = LL_NEW(peek);
    p->extra = (int)(job->seed % 10);
    *model = p;
    return LL_OK;
}

/* As many as it wants from row 1000 on, each asked for twice, and one that nobody has. */
static ll_archs *peek_wants(const void *model, const ll_values *options, const ll_archs *table)
{
    int extra = ((const peek *)model)->extra;
    ll_archs *all = ll_archs_new(table->space, 2 * extra + 1);
    size_t bytes = (size_t)table->space->n_positions;
    for (int i = 0; i < 2 * extra; i++) memcpy(ll_arch_at(all, i), ll_arch(table, 1000 + i / 2), bytes);
    memset(ll_arch_at(all, 2 * extra), 4, bytes);
    return all;
}

static ll_status peek_adapt(const void *model, const ll_adapt_job *job, void **adapted, ll_error *e)
{
    CHECK_INT(job->extra.archs->n, 2 * ((const peek *)model)->extra + 1);
    CHECK(isnan(job->extra.lat_ms[job->extra.archs->n - 1]));
    return LL_OK;
}

/* The number that its gene spells: as small_dataset() numbers them. */
static ll_status peek_predict(const void *model, const void *adapted, const ll_predict_job *job,
                              ll_prediction *out, ll_error *e)
{
    const ll_space *s = job->archs->space;
    ll_prediction_new(out, job->archs->n, false, false);
    for (int i = 0; i < out->n; i++) out->score[i] = s->index_of(s, ll_arch(job->archs, i));
    return LL_OK;
}

static const ll_predictor peek_predictor = {.name = "peek",
                                            .summary = "looks",
                                            .needs_sources = true,
                                            .default_n = 16,
                                            .n_by_space = true,
                                            .pretrain = peek_pretrain,
                                            .wants = peek_wants,
                                            .adapt = peek_adapt,
                                            .predict = peek_predict,
                                            .release = free};

static ll_model *pretrained(const ll_dataset *d, uint64_t seed)
{
    ll_ints source = ll_ints_copy((int[]){1}, 1);
    ll_pretrain_plan plan = {.data = d, .predictor = &peek_predictor, .source = &source, .seed = seed};
    ll_model *m;
    ll_error e = {0};
    CHECK_INT(ll_pretrain_run(&plan, &m, &e), LL_OK);
    ll_ints_free(&source);
    return m;
}

/* As published: another number of source architectures on FBNet. */
static void fbnet_has_its_own_default(void)
{
    ll_dataset *d = ll_dataset_new("chains", ll_space_find("fbnet"), 30, 2);
    ll_error e = {0};
    for (int i = 0; i < d->n_archs; i++)
        d->archs->genes[22 * i] = (uint8_t)(i % 9), d->archs->genes[22 * i + 1] = (uint8_t)(i / 9);
    for (int i = 0; i < 2 * d->n_archs; i++) d->lat_ms[i] = 1 + i;
    ll_device_set(&d->devices[0], "a", LL_MEASURED, "test", "ms", NULL, NULL);
    ll_device_set(&d->devices[1], "b", LL_MEASURED, "test", "ms", NULL, NULL);
    CHECK_INT(ll_dataset_seal(d, &e), LL_OK);
    ll_model *m = pretrained(d, 4);
    CHECK_INT(ll_json_get_int(m->info, "n", 0), 30); /* 800, of which there are 30 */
    ll_model_unref(m);
    ll_dataset_unref(d);
}

static void every_look_at_the_target_is_counted(void)
{
    ll_dataset *d = small_dataset(1200);
    ll_model *m = pretrained(d, 4);
    CHECK_INT(ll_json_get_int(m->info, "n", 0), 16);
    int samples[] = {1, 2, 1001};
    ll_transfer_plan plan = {.data = d, .model = m, .target = 0, .samples = samples, .k = 3, .seed = 1};
    ll_transfer *t;
    ll_error e = {0};
    CHECK_INT(ll_transfer_run(&plan, &t, &e), LL_OK);
    CHECK_INT(t->measured.n, 6); /* 3 samples and 4 more, one of them twice */
    CHECK_STR(t->map, "affine");
    ll_metrics metrics = ll_transfer_metrics(t, d, LL_PROTOCOL_FULL, .9, NULL);
    CHECK_NEAR(metrics.spearman, 1, 1e-12);
    CHECK_NEAR(metrics.rmse_ms, 0, 1e-6);
    CHECK_INT(metrics.n, 1197);
    ll_transfer_unref(t);
    plan.target = 1; /* row 0 has no latency there */
    samples[0] = 0;
    CHECK_INT(ll_transfer_run(&plan, &t, &e), LL_FAILED);
    CHECK_HAS(e.message, "architecture 0 has no latency on down");
    ll_model_unref(m);
    ll_dataset_unref(d);
}

/* --- the engine --- */

typedef struct landings {
    ll_trial trials[64];
    int n, recalled;
} landings;

static void keep_trial(void *ctx, const ll_trial *t, bool recalled)
{
    landings *l = ctx;
    l->trials[l->n++] = *t;
    l->recalled += recalled;
}

static bool know_even_seeds(void *ctx, ll_trial *t)
{
    if (t->seed % 2) return false;
    t->metrics = (ll_metrics){.n = 1, .spearman = .5};
    t->cost = 7;
    return true;
}

/* Everything an experiment on the small dataset points to. */
typedef struct small_experiment {
    ll_dataset *d;
    const ll_dataset *data;
    ll_task *task;
    const ll_predictor *predictor;
    const ll_sampler *samplers[2];
    int k[4];
    landings l;
    ll_experiment x;
} small_experiment;

static void begin(small_experiment *s, int n_samplers, int n_k, const int *k)
{
    *s = (small_experiment){.d = small_dataset(1200),
                            .predictor = &peek_predictor,
                            .samplers = {ll_sampler_find("random"), ll_sampler_find("params")}};
    ll_ints source = ll_ints_copy((int[]){1}, 1), target = ll_ints_copy((int[]){0}, 1);
    s->task = ll_task_new("test", s->d, &source, &target);
    s->data = s->d;
    memcpy(s->k, k, (size_t)n_k * sizeof *k);
    s->x = (ll_experiment){.data = &s->data,
                           .tasks = &s->task,
                           .n_tasks = 1,
                           .predictors = &s->predictor,
                           .n_predictors = 1,
                           .samplers = s->samplers,
                           .n_samplers = n_samplers,
                           .k = s->k,
                           .n_k = n_k,
                           .first_seed = 1,
                           .level = .9,
                           .landed = keep_trial,
                           .ctx = &s->l};
    ll_ints_free(&source);
    ll_ints_free(&target);
}

static void end(small_experiment *s)
{
    ll_task_unref(s->task);
    ll_dataset_unref(s->d);
}

static void the_engine_runs_what_is_missing(void)
{
    small_experiment s;
    begin(&s, 1, 2, (int[]){2, 5});
    s.x.trials = 4;
    s.x.pretrain_seeds = 2;
    s.x.recall = know_even_seeds;
    ll_error e = {0};
    CHECK_INT(ll_experiment_size(&s.x), 8);
    CHECK_INT(ll_experiment_run(&s.x, &e), LL_OK);
    CHECK_INT(s.l.n, 8);
    CHECK_INT(s.l.recalled, 4);
    for (int i = 0; i < s.l.n; i++) {
        const ll_trial *t = &s.l.trials[i];
        CHECK_INT(t->pretrain_seed, 1 + (t->seed - 1) % 2);
        if (t->seed % 2)
            CHECK(t->cost >= t->k && t->cost <= t->k + 1 && t->metrics.n == 1200 - t->k);
        else
            CHECK_INT(t->cost, 7);
    }
    s.k[0] = 5000; /* more than there are */
    s.x.recall = NULL;
    CHECK_INT(ll_experiment_run(&s.x, &e), LL_USAGE);
    end(&s);
}

static bool adapting;

static bool stop_while_adapting(void *ctx)
{
    (void)ctx;
    return adapting;
}

static ll_status long_adapt(const void *model, const ll_adapt_job *job, void **adapted, ll_error *e)
{
    adapting = true;
    if (ll_cancelled(job->observer)) return ll_fail(e, LL_CANCELLED, "cancelled");
    return peek_adapt(model, job, adapted, e);
}

/* A trial may be long: it hears, and nothing of it is kept; what it reports on its way is nobody's. */
static void a_trial_under_way_is_cancelled(void)
{
    small_experiment s;
    ll_predictor slow = peek_predictor;
    slow.adapt = long_adapt;
    begin(&s, 1, 1, (int[]){5});
    s.predictor = &slow;
    s.x.trials = 1;
    s.x.pretrain_seeds = 1;
    s.x.observer = &(ll_observer){.cancelled = stop_while_adapting};
    ll_error e = {0};
    CHECK_INT(ll_experiment_run(&s.x, &e), LL_CANCELLED);
    CHECK_INT(s.l.n, 0);
    end(&s);
}

/* With any number of threads the same results land in the same order; a trial that fails stops the run behind those
 * before it. */
static void threads_change_nothing(void)
{
    small_experiment s[2];
    ll_error e = {0};
    for (int i = 0; i < 2; i++) {
        begin(&s[i], 2, 4, (int[]){2, 5, 9, 30});
        s[i].x.trials = 3;
        s[i].x.pool = ll_pool_new(i ? 4 : 1);
        CHECK_INT(ll_experiment_run(&s[i].x, &e), LL_OK);
        CHECK_INT(s[i].l.n, 24);
    }
    for (int i = 0; i < 24; i++) {
        const ll_trial *a = &s[0].l.trials[i], *b = &s[1].l.trials[i];
        CHECK(a->seed == b->seed && a->k == b->k && a->cost == b->cost);
        CHECK_STR(a->sampler->name, b->sampler->name);
        CHECK_NEAR(a->metrics.spearman, b->metrics.spearman, 0);
        CHECK_NEAR(a->metrics.rmse_ms, b->metrics.rmse_ms, 0);
    }
    s[1].k[3] = 5000; /* more than there are */
    CHECK_INT(ll_experiment_run(&s[1].x, &e), LL_USAGE);
    CHECK_INT(s[1].l.n, 24 + 3);
    for (int i = 0; i < 2; i++) {
        ll_pool_free(s[i].x.pool);
        end(&s[i]);
    }
}

static ll_status run_with_budget(const ll_dataset *d, ll_task *task, const ll_predictor *predictor,
                                 landings *l, int *size, ll_error *e)
{
    const ll_sampler *samplers[] = {ll_sampler_find("random")};
    int k[] = {2, 5, 20};
    ll_experiment x = {.data = &d,
                       .tasks = &task,
                       .n_tasks = 1,
                       .predictors = &predictor,
                       .n_predictors = 1,
                       .samplers = samplers,
                       .n_samplers = 1,
                       .k = k,
                       .n_k = 3,
                       .trials = 2,
                       .first_seed = 5, /* peek then looks at 5 or 6 more */
                       .budget = true,
                       .level = .9,
                       .landed = keep_trial,
                       .ctx = l};
    *l = (landings){0};
    *size = ll_experiment_size(&x);
    return ll_experiment_run(&x, e);
}

static void a_budget_is_not_exceeded(void)
{
    ll_dataset *d = small_dataset(1200);
    ll_ints source = ll_ints_copy((int[]){1}, 1), target = ll_ints_copy((int[]){0}, 1);
    ll_task *task = ll_task_new("test", d, &source, &target);
    ll_predictor p = peek_predictor;
    landings l;
    ll_error e = {0};
    int size;
    CHECK_INT(run_with_budget(d, task, &p, &l, &size, &e), LL_FAILED); /* it declares nothing and looks */
    CHECK_HAS(e.message, "peek looked at 7 latencies of up, 5 beyond the budget");
    p.extra_cost = 5; /* too few for the second pretraining seed */
    CHECK_INT(run_with_budget(d, task, &p, &l, &size, &e), LL_FAILED);
    CHECK_INT(l.n, 1);
    p.extra_cost = 6;
    CHECK_INT(run_with_budget(d, task, &p, &l, &size, &e), LL_OK);
    CHECK_INT(size, 2); /* k = 2 and k = 5 do not pay for 6 */
    CHECK_INT(l.n, 2);
    for (int i = 0; i < l.n; i++) {
        CHECK_INT(l.trials[i].k, 20);
        CHECK(l.trials[i].cost <= 20 && l.trials[i].metrics.n == 1200 - 14);
    }
    ll_task_unref(task);
    ll_ints_free(&source);
    ll_ints_free(&target);
    ll_dataset_unref(d);
}

static void draws_depend_on_the_seed_alone(void)
{
    ll_dataset *d = small_dataset(500);
    ll_error e = {0};
    ll_ints a, b, c;
    const ll_sampler *random = ll_sampler_find("random");
    CHECK_INT(ll_draw_samples(d, 1, random, 20, 3, LL_PROTOCOL_FULL, NULL, NULL, NULL, &a, &e), LL_OK);
    CHECK_INT(ll_draw_samples(d, 1, random, 20, 3, LL_PROTOCOL_FULL, NULL, NULL, NULL, &b, &e), LL_OK);
    CHECK_INT(ll_draw_samples(d, 1, random, 20, 4, LL_PROTOCOL_FULL, NULL, NULL, NULL, &c, &e), LL_OK);
    CHECK(!memcmp(a.v, b.v, sizeof(int) * 20) && memcmp(a.v, c.v, sizeof(int) * 20));
    for (int i = 0; i < 20; i++) CHECK(ll_known(d, 1, a.v[i]));
    ll_ints_free(&a);
    ll_ints_free(&b);
    ll_ints_free(&c);
    CHECK_INT(ll_draw_samples(d, 1, random, 0, 3, LL_PROTOCOL_FULL, NULL, NULL, NULL, &a, &e), LL_USAGE);
    ll_dataset_unref(d);
}

static const check_case cases[] = {
    {"metrics match scipy", metrics_match_scipy},
    {"intervals are judged by a binomial test", intervals_are_judged_by_a_binomial_test},
    {"the worst are off by the most of their own latency", the_worst_are_off_by_the_most_of_their_latency},
    {"zero latency is a value", zero_latency_is_a_value},
    {"scoring sets are the protocols'", scoring_sets_are_the_protocols},
    {"maps are monotone and exact on lines", maps_are_monotone_and_exact_on_lines},
    {"fbnet has its own default", fbnet_has_its_own_default},
    {"every look at the target is counted", every_look_at_the_target_is_counted},
    {"the engine runs what is missing", the_engine_runs_what_is_missing},
    {"a trial under way is cancelled", a_trial_under_way_is_cancelled},
    {"threads change nothing", threads_change_nothing},
    {"a budget is not exceeded", a_budget_is_not_exceeded},
    {"draws depend on the seed alone", draws_depend_on_the_seed_alone},
    {0}};

int main(int argc, char **argv)
{
    return check_main("test_transfer", cases, argc, argv);
}
