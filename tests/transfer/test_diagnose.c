/* diagnose on devices whose ailment is known, because it was made. */
#include <stdlib.h>

#include "core/app/app.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/diagnose/diagnose.h"
#include "core/num/stats.h"
#include "core/transfer/pretrain.h"
#include "tests/transfer/made_devices.h"

/* --- 1 --- */

static void noise_of_mirror_pairs_is_the_noise_put_in(void)
{
    enum { N = 3125 }; /* all of them: 1,500 pairs */
    subject s = ask(made_data(usual, N_USUAL, N, 0), three, 3, NOISY, 12);
    ll_noise_report r;
    double truth[N];
    for (int a = 0; a < N; a++) truth[a] = clean(&usual[NOISY], ll_gene(s.d, a));
    double best = ll_spearman(truth, ll_latencies(s.d, NOISY), N); /* what the perfect predictor scores */
    CHECK_INT(ll_diagnose_noise(&s.q, &r, NULL), LL_OK);
    CHECK_INT(r.n_mirrors, 1500);
    CHECK_NEAR(r.mirrors, best, .02);
    CHECK_NEAR(r.ceiling, best, .02);
    CHECK(best < .95); /* the noise is not negligible, or this would test nothing */
    CHECK(r.learned > best - .05 && r.learned < best + .03);
    CHECK_NEAR(r.audit.step_ms, 1, 0);
    s.q.device = S1;
    ll_diagnose_noise(&s.q, &r, NULL);
    CHECK(r.ceiling > .995 && r.ceiling <= 1);
    done(&s);
}

static void ties_alone_bound_a_perfect_ranking(void)
{
    subject s = ask(made_data(usual, N_USUAL, 300, 50), three, 3, POOLER, 12);
    ll_dataset *d = ll_dataset_extend(s.d, 0, 0);
    ll_noise_report r;
    for (int a = 0; a < d->n_archs; a++) ll_latencies(d, POOLER)[a] = a < 4 ? 1 + a / 2 : NAN;
    ll_dataset_seal(d, NULL);
    s.q.data = d;
    CHECK_INT(ll_diagnose_noise(&s.q, &r, NULL), LL_OK);
    /* two pairs of ties among four: sqrt(1 - 2 (2^3 - 2)/(4^3 - 4)) */
    CHECK_NEAR(r.ties, sqrt(1 - 12. / 60), 1e-12);
    CHECK_STR(r.ceiling_from, "ties");
    CHECK(isnan(r.learned) && isnan(r.mirrors) && isnan(r.repeats));
    ll_dataset_unref(d);
    done(&s);
}

static void repeated_measurements_bound_too(void)
{
    enum { N = 300 };
    subject s = ask(made_data(usual, N_USUAL, N, 50), three, 3, POOLER, 12);
    ll_dataset *d = ll_dataset_extend(s.d, 0, 0);
    ll_noise_report r;
    ll_rng rng = ll_rng_new(8, LL_STREAM_DATA);
    double truth[N];
    d->std_ms = ll_alloc_aligned((size_t)N * N_USUAL, sizeof(double));
    for (int a = 0; a < N; a++) {
        truth[a] = ll_latencies(d, POOLER)[a];
        ll_latencies(d, POOLER)[a] += 5 * ll_rng_normal(&rng);
        d->std_ms[POOLER * N + a] = 5;
    }
    ll_dataset_seal(d, NULL);
    s.q.data = d;
    CHECK_INT(ll_diagnose_noise(&s.q, &r, NULL), LL_OK);
    CHECK_NEAR(r.repeats, ll_spearman(truth, ll_latencies(d, POOLER), N), .05);
    CHECK(r.repeats < .97);
    /* a whole second measurement says it better than the deviations */
    double once[N], twice[N];
    for (int a = 0; a < N; a++) {
        once[a] = ll_latencies(d, POOLER)[a];
        twice[a] = truth[a] + 5 * ll_rng_normal(&rng);
        d->std_ms[POOLER * N + a] = 50; /* no longer asked */
    }
    d->devices[POOLER].repeat = ll_spearman(once, twice, N);
    CHECK_INT(ll_diagnose_noise(&s.q, &r, NULL), LL_OK);
    CHECK_NEAR(r.repeats, ll_spearman(truth, once, N), .02);
    d->devices[POOLER].repeat = -.1; /* it does not even rank itself */
    CHECK_INT(ll_diagnose_noise(&s.q, &r, NULL), LL_OK);
    CHECK_NEAR(r.repeats, 0, 0);
    ll_dataset_unref(d);
    done(&s);
}

/* --- 2 --- */

static void intervals_follow_bonett_and_wright(void)
{
    subject s = ask(made_data(usual, N_USUAL, 300, 50), three, 3, COUSIN, 20);
    ll_sources_report r;
    CHECK_INT(ll_diagnose_sources(&s.q, &r, NULL), LL_OK);
    CHECK_INT(r.n, 3);
    CHECK_INT(r.chosen, 0);
    for (int i = 0; i < r.n; i++) {
        const ll_source_likeness *l = &r.sources[i];
        double x[20], y[20];
        for (int j = 0; j < 20; j++) {
            x[j] = ll_latencies(s.d, l->device)[s.t->samples.v[j]];
            y[j] = ll_latencies(s.d, COUSIN)[s.t->samples.v[j]];
        }
        double rho = ll_spearman(x, y, 20), width = 1.6448536269514722 * sqrt((1 + rho * rho / 2) / 17);
        CHECK_NEAR(l->on_samples, rho, 1e-12);
        CHECK_NEAR(l->lo, tanh(atanh(rho) - width), 1e-9);
        CHECK_NEAR(l->hi, tanh(atanh(rho) + width), 1e-9);
        CHECK_NEAR(l->on_all, ll_spearman(ll_latencies(s.d, l->device), ll_latencies(s.d, COUSIN), 300),
                   1e-12);
        CHECK(i == 0 || l->on_samples <= r.sources[i - 1].on_samples);
        CHECK(l->on_all <= r.sources[r.best].on_all);
    }
    ll_sources_report_free(&r);
    done(&s);
}

/* --- 3 --- */

static const ll_price *price_of(const ll_prices_report *r, int op)
{
    for (int i = 0; i < r->n_by_op; i++)
        if (r->by_op[i].op == op) return &r->by_op[i];
    return NULL;
}

static void mispriced_operations_are_found(void)
{
    subject s = ask(made_data(usual, N_USUAL, 500, 31), three, 3, POOLER, 12);
    ll_prices_report r;
    CHECK_INT(ll_diagnose_prices(&s.q, &r, NULL), LL_OK);
    CHECK_INT(r.reference, NONE);
    CHECK_INT(r.n_by_op, 4);
    CHECK(r.additive > .99 && !r.from_samples);
    double mean = ll_mean(ll_latencies(s.d, POOLER), 500), source = ll_mean(ll_latencies(s.d, S1), 500);
    const ll_price *pool = price_of(&r, POOL), *conv = price_of(&r, CONV3);
    CHECK_NEAR(pool->target, 100 * 6 / mean, .2);
    CHECK_NEAR(pool->source, 100 * 1 / source, .2);
    CHECK_NEAR(pool->ratio, 6 / mean * source, .2);
    CHECK(pool->ratio_lo < pool->ratio && pool->ratio < pool->ratio_hi && pool->ratio_lo > 3);
    CHECK(pool->source_lo < pool->source && pool->source < pool->source_hi);
    CHECK_NEAR(conv->ratio, source / mean, .02);
    /* the two largest differences at single positions are pooling */
    CHECK_INT(r.n_by_position, 24);
    CHECK(r.by_position[0].op == POOL && r.by_position[1].op == POOL);
    ll_prices_report_free(&r);
    done(&s);
}

/* Kernels of four positions and a depth: both have a third choice's index 1, and nothing in common. A depth of 4 costs six
 * times on the target what it does elsewhere. */
static ll_dataset *unlike_positions(void)
{
    char *const kernels[] = {(char *)"3", (char *)"5"}, *const depths[] = {(char *)"2", (char *)"3",
                                                                           (char *)"4"};
    const ll_position positions[] = {
        {"k1", kernels, 2}, {"depth", depths, 3}, {"k2", kernels, 2}, {"k3", kernels, 2}, {"k4", kernels, 2}};
    const ll_space *space = ll_space_define_positions("diagnose-own", positions, 5, NULL);
    ll_dataset *d = ll_dataset_new("unlike", space, space->n_archs, 4);
    ll_rng rng = ll_rng_new(6, LL_STREAM_DATA);
    for (int a = 0; a < d->n_archs; a++) space->at(space, a, ll_arch_at(d->archs, a));
    for (int v = 0; v < 4; v++) {
        ll_device_set(&d->devices[v], usual[v].name, LL_SIMULATED, "test", "ms", NULL, NULL);
        for (int a = 0; a < d->n_archs; a++) {
            const uint8_t *gene = ll_gene(d, a);
            double depth[] = {0, 1, v == 3 ? 6 : 1};
            ll_latencies(d, v)[a] =
                20 + 3 * (gene[0] + gene[2] + gene[3] + gene[4]) + depth[gene[1]] + .01 * ll_rng_normal(&rng);
        }
    }
    ll_dataset_seal(d, NULL);
    return d;
}

static void unlike_positions_have_prices_of_their_own(void)
{
    subject s = ask(unlike_positions(), three, 3, 3, 12);
    ll_prices_report r;
    ll_residuals_report wrong;
    CHECK_INT(ll_diagnose_prices(&s.q, &r, NULL), LL_OK);
    double mean = ll_mean(ll_latencies(s.d, 3), s.d->n_archs);
    CHECK(!r.one_list && r.n_by_op == 3);
    CHECK_NEAR(price_of(&r, 1)->target, 100 * 3 / mean, .1); /* kernel 5 */
    CHECK_NEAR(price_of(&r, 3)->target, 100 * 1 / mean, .1); /* depth 3 */
    CHECK_NEAR(price_of(&r, 4)->target, 100 * 6 / mean, .1); /* depth 4 */
    CHECK(price_of(&r, 4)->ratio_lo > 4 && r.additive > .99);
    CHECK_INT(ll_diagnose_residuals(&s.q, &wrong, NULL), LL_OK);
    for (int i = 0; i < wrong.n_groups; i++) /* depths are groups by their position alone */
        CHECK(wrong.groups[i].by != LL_BY_OP || wrong.groups[i].op < 2);
    ll_residuals_report_free(&wrong);
    ll_prices_report_free(&r);
    done(&s);
}

static void few_latencies_price_little(void)
{
    subject s = ask(made_data(usual, N_USUAL, 300, 50), three, 3, POOLER, 30);
    ll_dataset *d = ll_dataset_extend(s.d, 0, 0);
    ll_prices_report r;
    ll_error e = {0};
    for (int a = 0; a < d->n_archs; a++)
        if (ll_ints_find(&s.t->samples, a) < 0) ll_latencies(d, POOLER)[a] = NAN;
    s.q.data = d;
    CHECK_INT(ll_diagnose_prices(&s.q, &r, &e), LL_OK);
    CHECK(r.from_samples && r.n_rows == 30 && r.n_by_position == 0);
    const ll_price *pool = price_of(&r, POOL);
    double mean = ll_mean(ll_latencies(s.d, POOLER), 300), truth = 100 * 6 / mean;
    CHECK(fabs(pool->target - truth) < 3 * pool->target_se);
    CHECK(pool->target_se > .002 * truth && pool->target_se < .1 * truth);
    CHECK(pool->ratio_lo < pool->ratio && pool->ratio < pool->ratio_hi);
    ll_prices_report_free(&r);
    ll_dataset_unref(d);
    done(&s);
}

static const ll_residual_group *group_of(const ll_residuals_report *r, ll_residual_by by, int op,
                                         int position, int value)
{
    for (int i = 0; i < r->n_groups; i++) {
        const ll_residual_group *g = &r->groups[i];
        if (g->by == by && (op < 0 || g->op == op) && (position < 0 || g->position == position) &&
            (value < 0 || g->lo == value))
            return g;
    }
    return NULL;
}

static void residuals_are_grouped_by_what_is_wrong(void)
{
    enum { N = 500 };
    subject s = ask(made_data(usual, N_USUAL, N, 31), three, 3, POOLER, 12);
    ll_residuals_report r;
    /* predictions that are right but for a convolution at the first edge, and for one architecture */
    int odd = 0;
    while (ll_gene(s.d, odd)[0] == CONV3 || ll_ints_find(&s.t->samples, odd) >= 0) odd++;
    for (int a = 0; a < N; a++)
        s.t->lat_ms[a] =
            ll_latencies(s.d, POOLER)[a] - (ll_gene(s.d, a)[0] == CONV3 ? 2 : 0) - (a == odd ? 9 : 0);
    CHECK_INT(ll_diagnose_residuals(&s.q, &r, NULL), LL_OK);
    const ll_residual_group *g = group_of(&r, LL_BY_POSITION, CONV3, 0, -1);
    CHECK_NEAR(g->mean_ms, 2, 1e-9);
    CHECK_NEAR(g->se_ms, 0, 1e-9);
    CHECK_NEAR(g->quartile[0], 2, 1e-9);
    int in = 0, wrong = 0;
    for (int a = 0; a < N; a++) {
        int count = 0;
        for (int p = 0; p < 6; p++) count += ll_gene(s.d, a)[p] == CONV3;
        if (count != 2 || a == odd || ll_ints_find(&s.t->samples, a) >= 0) continue;
        in++;
        wrong += ll_gene(s.d, a)[0] == CONV3;
    }
    g = group_of(&r, LL_BY_COUNT, CONV3, -1, 2);
    int n_odd = g->n - in; /* the odd one may have two as well */
    CHECK_NEAR(g->mean_ms * g->n, 2. * wrong + 9 * n_odd, 1e-6);
    int n = 0;
    for (int k = 1; k <= 5; k++) n += group_of(&r, LL_BY_FLOPS, -1, -1, k)->n;
    CHECK_INT(n, N - 12);
    CHECK_INT(r.worst.n, 5);
    ll_residuals_report_free(&r);
    done(&s);
}

/* What is off by more milliseconds may be off by less of its latency. */
static void the_worst_are_the_scored_ones_by_relative_error(void)
{
    enum { N = 200 };
    subject s = ask(made_data(usual, N_USUAL, N, 31), three, 3, POOLER, 12);
    const double *measured = ll_latencies(s.d, POOLER);
    int fast = -1, slow = -1;
    for (int a = 0; a < N; a++) {
        s.t->lat_ms[a] = measured[a];
        if (ll_ints_find(&s.t->samples, a) >= 0) continue;
        if (fast < 0 || measured[a] < measured[fast]) fast = a;
        if (slow < 0 || measured[a] > measured[slow]) slow = a;
    }
    CHECK(measured[slow] > 2 * measured[fast]);
    s.t->lat_ms[fast] = 1.2 * measured[fast];
    s.t->lat_ms[slow] = .85 * measured[slow];
    s.t->lat_ms[s.t->samples.v[0]] = 9 * measured[s.t->samples.v[0]]; /* not scored */
    ll_residuals_report r;
    CHECK_INT(ll_diagnose_residuals(&s.q, &r, NULL), LL_OK);
    CHECK_INT(r.worst.v[0], fast);
    CHECK_INT(r.worst.v[1], slow);
    ll_residuals_report_free(&r);
    done(&s);
}

static void depth_counts_working_operations(void)
{
    const ll_space *s = ll_space_find("nasbench201");
    /* edges 0>1 0>2 1>2 0>3 1>3 2>3 */
    const struct {
        uint8_t gene[6];
        int depth;
    } cells[] = {
        {{CONV3, CONV3, CONV3, CONV3, CONV3, CONV3}, 3}, {{SKIP, SKIP, SKIP, SKIP, SKIP, SKIP}, 0},
        {{NONE, NONE, NONE, NONE, NONE, NONE}, 0},       {{CONV3, NONE, SKIP, NONE, NONE, POOL}, 2},
        {{CONV3, NONE, NONE, NONE, NONE, POOL}, 0},      {{NONE, CONV1, CONV3, SKIP, CONV3, SKIP}, 1}};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        CHECK_INT(ll_depth(s, cells[i].gene), cells[i].depth);
    const ll_space *f = ll_space_find("fbnet");
    uint8_t gene[22];
    for (int p = 0; p < 22; p++) gene[p] = p < 5 ? 8 : 1;
    CHECK_INT(ll_depth(f, gene), 17);
    CHECK_INT(ll_reference_op(f), 8);
}

/* --- 4 and 5 --- */

/* Scores are the Spearman of the metrics, of the rows that have a prediction. */
static void scores_are_those_of_the_metrics(void)
{
    subject s = ask(made_data(usual, N_USUAL, 300, 50), three, 3, POOLER, 12);
    ll_metrics m = ll_transfer_metrics(s.t, s.d, LL_PROTOCOL_FULL, .9, NULL);
    CHECK_NEAR(ll_diagnose_score(&s.q, s.t), m.spearman, 0);
    s.t->n = 200; /* as if the others had joined later */
    m = ll_transfer_metrics(s.t, s.d, LL_PROTOCOL_FULL, .9, NULL);
    CHECK(m.n < 200);
    CHECK_NEAR(ll_diagnose_score(&s.q, s.t), m.spearman, 0);
    s.t->n = 9;
    CHECK(isnan(ll_diagnose_score(&s.q, s.t))); /* too few are left */
    s.t->n = 300;
    done(&s);
}

static void draws_are_compared(void)
{
    subject s = ask(made_data(usual, N_USUAL, 400, 37), three, 3, POOLER, 8);
    ll_samples_report r;
    CHECK_INT(ll_diagnose_samples(&s.q, &r, NULL), LL_OK);
    CHECK_INT(r.n_draws, 6);
    CHECK_NEAR(r.score, r.same_draw, 1e-12); /* judged is the gp itself */
    CHECK(r.lowest <= r.mean && r.mean <= r.highest && r.highest <= 1);
    CHECK(r.design > r.lowest - .05);
    bool seen[6][N_OPS] = {{false}};
    for (int i = 0; i < 8; i++)
        for (int p = 0; p < 6; p++) seen[p][ll_gene(s.d, s.t->samples.v[i])[p]] = true;
    int unseen = 0;
    for (int p = 0; p < 6; p++)
        for (int o = 0; o < N_OPS; o++) unseen += !seen[p][o];
    CHECK_INT(r.unseen.n, unseen);
    for (int i = 0; i < r.unseen.n; i++) CHECK(!seen[r.unseen.v[i] / N_OPS][r.unseen.v[i] % N_OPS]);
    ll_noise_report noise = {.ceiling = .99};
    ll_loss l = ll_diagnose_loss(&noise, &r);
    CHECK_NEAR(l.noise + l.samples + l.predictor + l.rest, 1 - r.score, 1e-12);
    CHECK_NEAR(l.predictor, 0, 1e-12);
    ll_samples_report_free(&r);
    done(&s);
}

static void losses_add_up(void)
{
    ll_noise_report noise = {.ceiling = .9};
    ll_samples_report samples = {.score = .7, .same_draw = .75, .mean = .8};
    ll_loss l = ll_diagnose_loss(&noise, &samples);
    CHECK_NEAR(l.noise, .1, 1e-12);
    CHECK_NEAR(l.samples, .05, 1e-12);
    CHECK_NEAR(l.predictor, .05, 1e-12);
    CHECK_NEAR(l.rest, .1, 1e-12);
    samples = (ll_samples_report){.score = .95, .same_draw = .95, .mean = .94}; /* beats the ceiling */
    l = ll_diagnose_loss(&noise, &samples);
    CHECK_NEAR(l.noise, .05, 1e-12);
    CHECK_NEAR(l.rest, 0, 1e-12);
}

static void a_better_source_set_is_found(void)
{
    /* the sources know nothing of the target: they price convolutions alone, the target pooling alone */
    static const made odd[] = {{"c1", {0, 0, 3, 10, 0}, .1, 0},  {"c2", {0, 0, 4, 9, 0}, .1, 0},
                               {"c3", {0, 0, 2, 11, 0}, .1, 0},  {"p", {0, 4, 0, 0, 9}, 1.5, 0},
                               {"p1", {0, 4.2, 0, 0, 9}, .1, 0}, {"p2", {0, 3.8, 0, 0, 9}, .1, 0}};
    subject s = ask(made_data(odd, 6, 300, 50), (int[]){0, 1, 2}, 3, 3, 8);
    ll_advice_report r;
    ll_outlook o;
    CHECK_INT(ll_diagnose_outlook(&s.q, &o, NULL), LL_OK);
    CHECK_INT(ll_diagnose_advice(&s.q, &o, NULL, 0, &r, NULL), LL_OK);
    CHECK_INT(r.n_sets, 3);
    CHECK_STR(r.sets[2].what, "the most alike at hand");
    CHECK(ll_ints_find(&r.sets[2].devices, 4) >= 0 && ll_ints_find(&r.sets[2].devices, 5) >= 0);
    CHECK(ll_ints_find(&r.sets[2].devices, 3) < 0); /* never the target itself */
    CHECK(r.sets[2].score > r.sets[0].score);
    CHECK_INT(o.next.n, 3);
    for (int i = 0; i < 3; i++) CHECK(ll_ints_find(&s.t->samples, o.next.v[i]) < 0);
    CHECK(r.n_rivals >= 1);
    for (int i = 1; i < r.n_rivals; i++) CHECK(r.rivals[i].score <= r.rivals[i - 1].score);
    CHECK_INT(r.best_set, 2);
    CHECK(r.sets[2].error < .8 * r.sets[0].error);
    ll_advice_report_free(&r);
    ll_outlook_free(&o);
    done(&s);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"noise of mirror pairs is the noise put in", noise_of_mirror_pairs_is_the_noise_put_in},
        {"ties alone bound a perfect ranking", ties_alone_bound_a_perfect_ranking},
        {"repeated measurements bound too", repeated_measurements_bound_too},
        {"intervals follow Bonett and Wright", intervals_follow_bonett_and_wright},
        {"mispriced operations are found", mispriced_operations_are_found},
        {"unlike positions have prices of their own", unlike_positions_have_prices_of_their_own},
        {"few latencies price little", few_latencies_price_little},
        {"residuals are grouped by what is wrong", residuals_are_grouped_by_what_is_wrong},
        {"the worst are the scored ones by relative error", the_worst_are_the_scored_ones_by_relative_error},
        {"depth counts working operations", depth_counts_working_operations},
        {"scores are those of the metrics", scores_are_those_of_the_metrics},
        {"draws are compared", draws_are_compared},
        {"losses add up", losses_add_up},
        {"a better source set is found", a_better_source_set_is_found},
        {0},
    };
    return check_main("test_diagnose", cases, argc, argv);
}
