/* diagnose on devices whose ailment is known, because it was made. */
#include <stdlib.h>

#include "core/app/app.h"
#include "core/base/fs.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/commands/commands.h"
#include "core/diagnose/diagnose.h"
#include "core/num/stats.h"
#include "core/transfer/pretrain.h"
#include "tests/check.h"

/* --- made devices: a price per operation and noise --- */

enum { NONE, SKIP, CONV1, CONV3, POOL, N_OPS };

typedef struct made {
    const char *name;
    double price[N_OPS], noise, step; /* step > 0: a coarse clock */
} made;

static const made usual[] = {{"s1", {0, .2, 3, 10, 1}, .1, 0},
                             {"s2", {0, .2, 3.2, 10, 1.1}, .1, 0},
                             {"s3", {0, .3, 2.8, 10, .9}, .1, 0},
                             {"pooler", {0, .2, 3, 10, 6}, .1, 0}, /* pooling costs six times as much */
                             {"noisy", {0, .2, 3, 10, 1}, 4, 1},
                             {"cousin", {0, .3, 3, 10, 6.2}, .1, 0}};
enum { S1, S2, S3, POOLER, NOISY, COUSIN, N_USUAL };

static double clean(const made *m, const uint8_t *gene)
{
    double sum = 20;
    for (int p = 0; p < 6; p++) sum += m->price[gene[p]];
    return sum;
}

/* Every `stride`-th cell; with stride 0 the cells whose edge 1>2 is none, which come in mirror pairs. */
static ll_dataset *made_data(const made *devices, int n_devices, int n_archs, int stride)
{
    const ll_space *space = ll_space_find("nasbench201");
    ll_dataset *d = ll_dataset_new("made", space, n_archs, n_devices);
    ll_rng rng = ll_rng_new(6, LL_STREAM_DATA);
    for (int a = 0, i = 0; a < n_archs; i += stride ? stride : 1) {
        uint8_t *gene = ll_arch_at(d->archs, a);
        space->at(space, i, gene);
        a += stride || gene[2] == NONE;
    }
    for (int v = 0; v < n_devices; v++) {
        ll_device_set(&d->devices[v], devices[v].name, LL_SIMULATED, "test", "ms", NULL, NULL);
        for (int a = 0; a < n_archs; a++) {
            double y = clean(&devices[v], ll_gene(d, a)) + devices[v].noise * ll_rng_normal(&rng),
                   step = devices[v].step;
            ll_latencies(d, v)[a] = step > 0 ? step * nearbyint(y / step) : y;
        }
    }
    ll_dataset_seal(d, NULL);
    return d;
}

/* --- a diagnosis ready to ask --- */

typedef struct subject {
    ll_dataset *d;
    ll_task *task;
    ll_model *gp;
    ll_transfer *t;
    ll_diagnosis q;
} subject;

static ll_task *task_of(const ll_dataset *d, const int *source, int n, int target)
{
    ll_ints s = ll_ints_copy(source, n), t = ll_ints_copy(&target, 1);
    ll_task *task = ll_task_new("test", d, &s, &t);
    ll_ints_free(&s);
    ll_ints_free(&t);
    return task;
}

/* Transfer of the gp with the first k architectures of a seeded shuffle. */
static subject ask(ll_dataset *d, const int *source, int n, int target, int k)
{
    subject s = {.d = d, .task = task_of(d, source, n, target)};
    ll_pretrain_plan plan = {
        .data = d, .predictor = ll_predictor_find("gp"), .source = &s.task->source, .n = 150, .seed = 1};
    ll_ints rows = ll_ints_range(d->n_archs);
    ll_rng rng = ll_rng_new(2, LL_STREAM_SAMPLES);
    ll_error e = {0};
    CHECK_INT(ll_pretrain_run(&plan, &s.gp, &e), LL_OK);
    ll_rng_shuffle(&rng, rows.v, rows.n);
    rows.n = k;
    s.q = (ll_diagnosis){
        .data = d, .task = s.task, .device = target, .gp = s.gp, .draws = 6, .next = 3, .seed = 1};
    CHECK_INT(ll_diagnose_transfer(&s.q, s.gp, &rows, &s.t, &e), LL_OK);
    s.q.transfer = s.t;
    ll_ints_free(&rows);
    return s;
}

static void done(subject *s)
{
    ll_transfer_unref(s->t);
    ll_model_unref(s->gp);
    ll_task_unref(s->task);
    ll_dataset_unref(s->d);
}

static const int three[] = {S1, S2, S3};

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

/* --- the command --- */

static cJSON *results_of(ll_app *a, const char *line, int *code)
{
    cJSON *all = cJSON_CreateArray(), *e;
    ll_app_submit(a, line);
    while ((e = ll_app_wait(a))) {
        if (!strcmp(ll_json_get_str(e, "event", ""), "end")) *code = ll_json_get_int(e, "code", -1);
        if (!strcmp(ll_json_get_str(e, "event", ""), "result"))
            cJSON_AddItemToArray(all, e);
        else
            cJSON_Delete(e);
    }
    return all;
}

static ll_app *app_with(const ll_dataset *d)
{
    ll_app *a = ll_app_new(&(ll_app_config){check_tmpdir(), 1});
    ll_state s = {.data = ll_dataset_ref(d)};
    ll_app_register(a, ll_partition_commands);
    ll_app_register(a, ll_diagnose_commands);
    ll_app_register(a, ll_active_commands);
    ll_app_register(a, ll_predict_commands);
    ll_app_restore(a, &s);
    ll_state_free(&s);
    return a;
}

static void the_command_answers_in_order(void)
{
    static const char *const kinds[] = {"diagnose",         "diagnose_advice", "diagnose_noise",
                                        "diagnose_sources", "diagnose_prices", "diagnose_residuals",
                                        "diagnose_samples"};
    ll_dataset *d = made_data(usual, N_USUAL, 400, 37);
    ll_app *a = app_with(d);
    int code;
    cJSON *all = results_of(a, "diagnose pooler", &code);
    CHECK_INT(code, LL_FAILED); /* no task yet */
    cJSON_Delete(all);
    cJSON_Delete(results_of(a, "partition source=s1,s2,s3 target=pooler", &code));
    all = results_of(a, "diagnose pooler k=12 draws=4 next=2", &code);
    CHECK_INT(code, LL_OK);
    CHECK_INT(cJSON_GetArraySize(all), 7);
    for (int i = 0; i < 7; i++) CHECK_STR(ll_json_get_str(cJSON_GetArrayItem(all, i), "kind", ""), kinds[i]);
    const cJSON *verdict = cJSON_GetArrayItem(all, 0);
    CHECK_INT(ll_json_get_int(verdict, "k", 0), 12);
    CHECK(ll_json_get_num(verdict, "spearman", 0) > .8);
    cJSON_Delete(all);
    ll_app_free(a);
    ll_dataset_unref(d);
}

static void a_device_with_samples_alone_is_answered(void)
{
    ll_dataset *d = made_data(usual, N_USUAL, 300, 50);
    for (int a = 0; a < 300; a++)
        if (a % 25) ll_latencies(d, POOLER)[a] = NAN; /* 12 stay */
    ll_dataset_seal(d, NULL);
    ll_app *a = app_with(d);
    int code;
    cJSON_Delete(results_of(a, "partition source=s1,s2,s3 target=pooler", &code));
    cJSON *all = results_of(a, "diagnose pooler k=12 out=none", &code);
    CHECK_INT(code, LL_OK);
    const cJSON *verdict = cJSON_GetArrayItem(all, 0);
    CHECK_HAS(ll_json_get_str(verdict, "summary", ""), "cannot be scored yet");
    CHECK_STR(ll_json_get_str(verdict, "kind", ""), "diagnose");
    CHECK(isnan(ll_json_get_num(verdict, "spearman", 0)));
    /* nothing is scored, and what can be expected has a width */
    double lo = ll_json_get_num(verdict, "expected_lo", 2), hi = ll_json_get_num(verdict, "expected_hi", -2);
    CHECK(lo < hi && lo > .5 && hi <= 1);
    const cJSON *noise = cJSON_GetArrayItem(all, 2), *left_out = cJSON_GetArrayItem(all, 5);
    CHECK_STR(ll_json_get_str(noise, "ceiling_from", ""), "posterior");
    CHECK(isnan(ll_json_get_num(noise, "ceiling_ties", 0)) && ll_json_get_num(noise, "noise_ms", 0) > 0);
    CHECK_STR(ll_json_get_str(left_out, "kind", ""), "diagnose_residuals");
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItem(left_out, "rows")), 12);
    cJSON_Delete(all);
    all = results_of(a, "diagnose pooler k=20", &code);
    CHECK_INT(code, LL_USAGE); /* more than are known */
    cJSON_Delete(all);
    ll_app_free(a);
    ll_dataset_unref(d);
}

/* In plain words, and with the numbers that decide. */
static void the_verdict_names_its_numbers(void)
{
    ll_dataset *d = made_data(usual, N_USUAL, 400, 37);
    ll_app *a = app_with(d);
    int code;
    cJSON_Delete(results_of(a, "partition source=s1,s2,s3 target=pooler", &code));
    cJSON *all = results_of(a, "diagnose pooler k=5 draws=4 next=2 out=none", &code);
    const cJSON *verdict = cJSON_GetArrayItem(all, 0), *samples = cJSON_GetArrayItem(all, 6);
    const char *said = ll_json_get_str(verdict, "summary", "");
    char number[64];
    snprintf(number, sizeof number, "Spearman %.3f on the 395 architectures",
             ll_json_get_num(verdict, "spearman", NAN));
    CHECK_HAS(said, number);
    CHECK_HAS(said, "avg_pool_3x3, which costs");
    CHECK_HAS(said, "source");
    if (!strcmp(ll_json_get_str(verdict, "main_cause", ""), "samples")) {
        snprintf(number, sizeof number, "%.3f on average from 4 other draws",
                 ll_json_get_num(samples, "mean", NAN));
        CHECK_HAS(said, number);
    }
    cJSON_Delete(all);
    ll_app_free(a);
    ll_dataset_unref(d);
}

/* The cousin is the pooler's like, and no source: it is named, with the number that no source has. */
static void devices_beside_the_task_are_named(void)
{
    ll_dataset *d = made_data(usual, N_USUAL, 400, 37);
    subject s = ask(ll_dataset_ref(d), three, 3, POOLER, 12);
    ll_sources_report r;
    CHECK_INT(ll_diagnose_sources(&s.q, &r, NULL), LL_OK);
    CHECK_INT(r.n_others, 1);
    CHECK_INT(r.others[0].device, COUSIN);
    CHECK_NEAR(r.others[0].on_all, ll_spearman(ll_latencies(d, COUSIN), ll_latencies(d, POOLER), 400), 1e-12);
    for (int i = 0; i < r.n; i++) CHECK(r.sources[i].on_all < r.others[0].on_all);
    ll_sources_report_free(&r);
    done(&s);
    ll_app *a = app_with(d);
    int code;
    cJSON_Delete(results_of(a, "partition source=s1,s2,cousin target=pooler", &code));
    cJSON *all = results_of(a, "diagnose pooler k=12 draws=2 out=none", &code);
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItem(cJSON_GetArrayItem(all, 3), "others")), 0);
    cJSON_Delete(all);
    cJSON_Delete(results_of(a, "partition source=s1,s2,s3 target=pooler", &code));
    all = results_of(a, "diagnose pooler k=12 draws=2 out=none", &code);
    CHECK_HAS(ll_json_get_str(cJSON_GetArrayItem(all, 0), "summary", ""),
              "cousin, which is no source of task");
    cJSON_Delete(all);
    ll_app_free(a);
    ll_dataset_unref(d);
}

static ll_dataset *with_few(int every)
{
    ll_dataset *d = made_data(usual, N_USUAL, 300, 50);
    for (int a = 0; a < 300; a++)
        if (a % every) ll_latencies(d, POOLER)[a] = NAN;
    ll_dataset_seal(d, NULL);
    return d;
}

/* With nothing but the samples it takes those: the cousin is named with its interval and how sure that is, a device that is
 * as like as the sources is not. */
static void devices_beside_the_task_are_named_by_samples(void)
{
    subject s = ask(with_few(1), three, 3, POOLER, 12);
    ll_dataset *d = ll_dataset_extend(s.d, 0, 0);
    for (int a = 0; a < d->n_archs; a++)
        if (ll_ints_find(&s.t->samples, a) < 0) ll_latencies(d, POOLER)[a] = NAN;
    ll_dataset_seal(d, NULL);
    s.q.data = d;
    ll_sources_report r;
    CHECK(ll_diagnose_few(&s.q));
    CHECK_INT(ll_diagnose_sources(&s.q, &r, NULL), LL_OK);
    CHECK_INT(r.n_others, 1);
    CHECK_INT(r.others[0].device, COUSIN);
    CHECK(r.others[0].surely >= LL_SURELY && r.others[0].on_samples > r.sources[0].on_samples);
    CHECK(r.others[0].lo < r.others[0].on_samples && isnan(r.sources[0].surely));
    ll_sources_report_free(&r);
    ll_dataset_unref(d);
    done(&s);
}

static ll_ints numbers(const cJSON *list, const char *key)
{
    ll_ints v = {0};
    const cJSON *item;
    cJSON_ArrayForEach(item, list) ll_ints_add(&v, key ? ll_json_get_int(item, key, -1) : item->valueint);
    return v;
}

static void check_same_numbers(ll_ints x, ll_ints y)
{
    CHECK_INT(x.n, y.n);
    for (int i = 0; i < x.n && i < y.n; i++) CHECK_INT(x.v[i], y.v[i]);
    ll_ints_free(&x);
    ll_ints_free(&y);
}

/* What one command says to measure next is what the other says, of a benchmark's device and of one that is being
 * measured, with few samples (another sampler) and with more of it measured than the transfer has learnt from. */
static void what_to_measure_is_what_suggest_says(void)
{
    static const struct {
        int every, k, next;
    } cases[] = {{1, 12, 5}, {1, 2, 3}, {25, 12, 5}, {25, 8, 5}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_dataset *d = with_few(cases[i].every);
        ll_app *a = app_with(d);
        int code;
        char line[128];
        cJSON_Delete(results_of(a, "partition source=s1,s2,s3 target=pooler", &code));
        cJSON_Delete(results_of(a, "pretrain gp", &code));
        snprintf(line, sizeof line, "transfer pooler k=%d", cases[i].k);
        cJSON_Delete(results_of(a, line, &code));
        CHECK_INT(code, LL_OK);
        snprintf(line, sizeof line, "diagnose pooler draws=1 next=%d out=none", cases[i].next);
        cJSON *diagnosis = results_of(a, line, &code);
        snprintf(line, sizeof line, "suggest device=pooler next=%d", cases[i].next);
        cJSON *suggestion = results_of(a, line, &code);
        CHECK_INT(code, LL_OK);
        check_same_numbers(numbers(cJSON_GetObjectItem(cJSON_GetArrayItem(diagnosis, 1), "next"), NULL),
                           numbers(cJSON_GetObjectItem(cJSON_GetArrayItem(suggestion, 0), "rows"), "row"));
        cJSON_Delete(diagnosis);
        cJSON_Delete(suggestion);
        ll_app_free(a);
        ll_dataset_unref(d);
    }
}

/* The list is written where it is of use, named, and what somebody filled in is kept. */
static void the_list_of_what_to_measure_is_written(void)
{
    ll_dataset *d = with_few(25);
    ll_app *a = app_with(d);
    int code;
    ll_str line = {0};
    char *file = ll_path_join(check_tmpdir(), "next.csv"), *text;
    size_t len;
    cJSON_Delete(results_of(a, "partition source=s1,s2,s3 target=pooler", &code));
    ll_str_addf(&line, "diagnose pooler k=12 draws=1 next=3 out=%s", file);
    cJSON *all = results_of(a, ll_str_text(&line), &code);
    CHECK_INT(code, LL_OK);
    CHECK_STR(ll_json_get_str(cJSON_GetArrayItem(all, 1), "file", ""), file);
    CHECK_INT(ll_read_file(file, 0, &text, &len, NULL), LL_OK);
    CHECK_HAS(text, "arch,row,mmacs,latency_ms");
    free(text);
    cJSON_Delete(all);
    const char *filled = "arch,row,latency_ms,std_ms,teaches_percent\n|none~0|+|none~0|none~1|+|none~0|"
                         "none~1|none~2|,0,2.5,,\n";
    CHECK_INT(ll_write_file(file, filled, strlen(filled), NULL), LL_OK);
    all = results_of(a, ll_str_text(&line), &code);
    CHECK_INT(code, LL_OK); /* the diagnosis stands without the list */
    CHECK(!ll_json_get_str(cJSON_GetArrayItem(all, 1), "file", NULL));
    CHECK_INT(ll_read_file(file, 0, &text, &len, NULL), LL_OK);
    CHECK_STR(text, filled);
    free(text);
    cJSON_Delete(all);
    ll_str_free(&line);
    free(file);
    ll_app_free(a);
    ll_dataset_unref(d);
}

/* A word of the field has its sentence in the result that says it first, and in no other. */
static void words_are_explained_where_they_come_first(void)
{
    static const char *const words[] = {
        "Spearman: ", "sample: ", "source: ", "gp: ", "draw: ", "optimal design: "};
    ll_dataset *d = made_data(usual, N_USUAL, 400, 37);
    ll_app *a = app_with(d);
    int code;
    cJSON_Delete(results_of(a, "partition source=s1,s2,s3 target=pooler", &code));
    cJSON *all = results_of(a, "diagnose pooler k=12 draws=2 out=none", &code), *result, *note;
    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        int said = 0;
        cJSON_ArrayForEach(result, all) cJSON_ArrayForEach(note, cJSON_GetObjectItem(result, "notes")) said +=
            !strncmp(note->valuestring, words[w], strlen(words[w]));
        CHECK_INT(said, 1);
    }
    cJSON_ArrayForEach(note, cJSON_GetObjectItem(cJSON_GetArrayItem(all, 0),
                                                 "notes")) if (strstr(note->valuestring, "Spearman: "))
        CHECK_HAS(note->valuestring, "Correlation of ranks");
    cJSON_Delete(all);
    ll_app_free(a);
    ll_dataset_unref(d);
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
        {"the command answers in order", the_command_answers_in_order},
        {"a device with samples alone is answered", a_device_with_samples_alone_is_answered},
        {"the verdict names its numbers", the_verdict_names_its_numbers},
        {"devices beside the task are named", devices_beside_the_task_are_named},
        {"devices beside the task are named by samples", devices_beside_the_task_are_named_by_samples},
        {"what to measure is what suggest says", what_to_measure_is_what_suggest_says},
        {"the list of what to measure is written", the_list_of_what_to_measure_is_written},
        {"words are explained where they come first", words_are_explained_where_they_come_first},
        {0},
    };
    return check_main("test_diagnose", cases, argc, argv);
}
