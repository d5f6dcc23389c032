/* HELP: its network in float beside the same in double, training, the published checkpoints. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/stats.h"
#include "core/predict/help/help.h"
#include "core/transfer/experiment.h"
#include "data/formats/model_file.h"
#include "data/importers/import.h"
#include "tests/check.h"

/* --- the network --- */

/* The same network in double (core/nn/real.h). */
ll_help_net *ll_help_net_new_f64(const ll_help_shape *s, int most);
void ll_help_net_free_f64(ll_help_net *net);
void ll_help_forward_f64(ll_help_net *net, const double *p, const double *h, const double *x, int n,
                         double *out);

/* v (n) random numbers, and the same in float */
static float *random_numbers(ll_rng *r, int n, double scale, double *v)
{
    float *rounded = LL_NEW_ARRAY(float, n);
    for (int i = 0; i < n; i++) v[i] = rounded[i] = (float)(scale * ll_rng_normal(r));
    return rounded;
}

static void float_and_double_agree(void)
{
    enum { N = 7 };
    ll_help_shape s = {true, LL_HELP_LABELS, true};
    ll_rng r = ll_rng_new(7, 3);
    int n = ll_help_params(&s), n_x = N * ll_help_rows(&s) * s.n_in;
    double *p = LL_NEW_ARRAY(double, n), *x = LL_NEW_ARRAY(double, n_x), h[10], expected[N];
    float *p32 = random_numbers(&r, n, .07, p), *x32 = random_numbers(&r, n_x, 1, x),
          *h32 = random_numbers(&r, 10, 1, h), out[N];
    ll_help_net *net = ll_help_net_new(&s, N), *twin = ll_help_net_new_f64(&s, N);
    ll_help_forward(net, p32, h32, x32, N, out);
    ll_help_forward_f64(twin, p, h, x, N, expected);
    for (int i = 0; i < N; i++) CHECK_NEAR(out[i], expected[i], 1e-4 * (1 + fabs(expected[i])));
    ll_help_net_free(net);
    ll_help_net_free_f64(twin);
    free(p);
    free(x);
    free(p32);
    free(x32);
    free(h32);
}

static void parts_are_named_as_published(void)
{
    ll_help_shape s = {true, LL_HELP_LABELS, true};
    ll_help_slot slots[LL_HELP_SLOTS];
    CHECK_INT(ll_help_slots(&s, slots), 18);
    CHECK_STR(slots[0].name, "gc1.weight");
    CHECK_INT(ll_help_params(&s), 800 + 3 * 10000 + 400 + 1000 + 10000 + 200 + 2 * 40200 + 201);
    s = (ll_help_shape){false, 132, false};
    CHECK_INT(ll_help_slots(&s, slots), 10);
    CHECK_INT(ll_help_params(&s), 13300 + 3 * 10100 + 101);
}

/* --- training --- */

/* 80 cells on four devices whose latency is a different mixture of operations. */
static ll_dataset *toy_dataset(void)
{
    const ll_space *space = ll_space_find("nasbench201");
    ll_dataset *d = ll_dataset_new("toy", space, 80, 4);
    ll_error e = {0};
    for (int i = 0; i < 80; i++) {
        uint8_t *gene = ll_arch_at(d->archs, i);
        space->at(space, i * 190, gene);
        for (int dev = 0; dev < 4; dev++)
            for (int p = 0; p < 6; p++) {
                double *lat = &ll_latencies(d, dev)[i];
                *lat =
                    (isnan(*lat) ? 1 : *lat) + (gene[p] == 3) + .2 * dev * (gene[p] == 4) + .01 * p * gene[p];
            }
    }
    for (int dev = 0; dev < 4; dev++) {
        char name[16];
        snprintf(name, sizeof name, "dev%d", dev);
        ll_device_set(&d->devices[dev], name, LL_MEASURED, "test", "ms", NULL, NULL);
    }
    CHECK_INT(ll_dataset_seal(d, &e), LL_OK);
    return d;
}

static bool stop_at_third(void *ctx)
{
    return ++*(int *)ctx > 3;
}

static ll_model *train_toy(const ll_dataset *d, const char *name, int threads, int *stop)
{
    ll_ints source = ll_ints_range(3);
    ll_values options;
    ll_error e = {0};
    ll_pool *pool = ll_pool_new(threads);
    ll_observer observer = {.cancelled = stop ? stop_at_third : NULL, .ctx = stop};
    const ll_predictor *p = ll_predictor_find(name);
    ll_values_init(&options, p->pretrain_options);
    ll_values_set(&options, "episodes", "6", &e);
    ll_values_set(&options, "support", "5", &e);
    ll_values_set(&options, "query", "20", &e);
    ll_values_set(&options, "valid_every", "2", &e);
    ll_pretrain_plan plan = {.data = d,
                             .predictor = p,
                             .source = &source,
                             .seed = 3,
                             .options = &options,
                             .observer = &observer,
                             .pool = pool};
    ll_model *m = NULL;
    CHECK_INT(ll_pretrain_run(&plan, &m, &e), stop ? LL_CANCELLED : LL_OK);
    ll_values_free(&options);
    ll_pool_free(pool);
    ll_ints_free(&source);
    return m;
}

/* Scores of a transfer to the fourth device; freed by the caller. */
static double *toy_scores(const ll_dataset *d, const ll_model *m)
{
    int samples[] = {1, 5, 9, 20, 33};
    ll_transfer_plan plan = {.data = d, .model = m, .target = 3, .samples = samples, .k = 5};
    ll_transfer *t = NULL;
    ll_error e = {0};
    CHECK_INT(ll_transfer_run(&plan, &t, &e), LL_OK);
    double *scores =
        t ? ll_memdup(t->score, (size_t)t->n, sizeof *t->score) : LL_NEW_ARRAY(double, d->n_archs);
    ll_transfer_unref(t);
    return scores;
}

static void threads_do_not_change_a_bit(void)
{
    static const char *const names[] = {"help", "metasgd", "maml"};
    ll_dataset *d = toy_dataset();
    for (int i = 0; i < 3; i++) {
        ll_model *one = train_toy(d, names[i], 1, NULL), *three = train_toy(d, names[i], 3, NULL);
        double *a = toy_scores(d, one), *b = toy_scores(d, three);
        CHECK(!memcmp(a, b, sizeof *a * (size_t)d->n_archs));
        free(a);
        free(b);
        ll_model_unref(one);
        ll_model_unref(three);
    }
    ll_dataset_unref(d);
}

static void a_cancelled_training_leaves_a_model(void)
{
    ll_dataset *d = toy_dataset();
    int calls = 0;
    ll_model *m = train_toy(d, "help", 1, &calls);
    CHECK(m);
    if (m) free(toy_scores(d, m));
    ll_model_unref(m);
    ll_dataset_unref(d);
}

static void saved_weights_come_back(void)
{
    ll_dataset *d = toy_dataset();
    ll_model *m = train_toy(d, "help", 1, NULL), *back;
    ll_tensors t = {0};
    void *impl = NULL;
    ll_error e = {0};
    CHECK_INT(m->predictor->save(m->impl, &t, &e), LL_OK);
    CHECK_INT(m->predictor->load(&(ll_load_job){&t, d->space, NULL, NULL}, &impl, &e), LL_OK);
    back = ll_model_new(m->predictor, d->space, impl);
    double *a = toy_scores(d, m), *b = toy_scores(d, back);
    CHECK(!memcmp(a, b, sizeof *a * (size_t)d->n_archs));
    free(a);
    free(b);
    ll_tensors_free(&t);
    ll_model_unref(m);
    ll_model_unref(back);
    ll_dataset_unref(d);
}

/* Mean square error on the samples of a transfer with so many steps. */
static double error_on_samples(const ll_dataset *d, const ll_model *m, const char *steps)
{
    int samples[] = {1, 5, 9, 20, 33};
    ll_values options;
    ll_error e = {0};
    ll_transfer *t = NULL;
    double sum = 0;
    ll_values_init(&options, m->predictor->transfer_options);
    CHECK_INT(ll_values_set(&options, "steps", steps, &e), LL_OK);
    ll_transfer_plan plan = {
        .data = d, .model = m, .target = 3, .samples = samples, .k = 5, .options = &options};
    CHECK_INT(ll_transfer_run(&plan, &t, &e), LL_OK);
    for (int i = 0; i < 5 && t; i++) {
        double off = t->lat_ms[samples[i]] - ll_latencies(d, 3)[samples[i]];
        sum += off * off / 5;
    }
    ll_transfer_unref(t);
    ll_values_free(&options);
    return sum;
}

/* 0 is the two steps of the meta-training; many are what lets the network follow the samples. */
static void more_steps_fit_the_samples(void)
{
    if (check_under("tsan")) return; /* one thread */
    ll_dataset *d = toy_dataset();
    ll_model *m = train_toy(d, "maml", 1, NULL);
    double two = error_on_samples(d, m, "0");
    CHECK_NEAR(error_on_samples(d, m, "2"), two, 0);
    CHECK(error_on_samples(d, m, "2000") < .7 * two);
    ll_model_unref(m);
    ll_dataset_unref(d);
}

/* --- the published checkpoints under HELP's protocol --- */

static ll_dataset *import_space(const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "upstream/HELP/%s", name);
    const char *folder = check_shared(path);
    ll_import job = {.path = folder, .name = name};
    ll_dataset *d = NULL;
    ll_error e = {0};
    if (folder && ll_import_help(&job, &d, &e)) CHECK_STR(e.message, "");
    ll_strs_free(&job.notes);
    return d;
}

static ll_model *load_checkpoint(const char *space, const ll_dataset *d, ll_error *e)
{
    char path[96];
    snprintf(path, sizeof path, "upstream/HELP/%s/checkpoint/help_max_corr.pt", space);
    ll_model_file f;
    if (ll_model_load(check_shared(path), "help", d, &f, e)) return NULL;
    ll_model *m = ll_model_ref(f.model);
    ll_model_file_free(&f);
    return m;
}

/* Mean Spearman over seeds of 10 support points drawn and scored as HELP does. */
static double query_set_score(const ll_dataset *d, const ll_model *m, const char *device, int seeds,
                              int *cost)
{
    int target = ll_dataset_device(d, device);
    double sum = 0;
    ll_values options;
    ll_error e = {0};
    ll_values_init(&options, m->predictor->transfer_options);
    ll_values_set(&options, "protocol", "help", &e);
    for (int seed = 1; seed <= seeds; seed++) {
        ll_ints samples;
        ll_transfer *t;
        CHECK_INT(ll_draw_samples(d, target, ll_sampler_find("random"), 10, (uint64_t)seed, LL_PROTOCOL_HELP,
                                  NULL, NULL, NULL, &samples, &e),
                  LL_OK);
        ll_transfer_plan plan = {
            .data = d, .model = m, .target = target, .samples = samples.v, .k = 10, .options = &options};
        CHECK_INT(ll_transfer_run(&plan, &t, &e), LL_OK);
        sum += ll_transfer_metrics(t, d, LL_PROTOCOL_HELP, .9, NULL).spearman / seeds;
        *cost = t->measured.n;
        ll_transfer_unref(t);
        ll_ints_free(&samples);
    }
    ll_values_free(&options);
    return sum;
}

typedef struct published {
    const char *device;
    double mean, tolerance; /* the authors' code on the same checkpoint; two of its standard deviations */
} published;

static void check_published(const char *space, const published *rows, int n, double mean, double tolerance)
{
    ll_error e = {0};
    if (check_under("tsan")) return; /* one thread, many minutes */
    ll_dataset *d = import_space(space);
    if (!d) return;
    ll_model *m = load_checkpoint(space, d, &e);
    CHECK_STR(e.message, "");
    double sum = 0;
    bool slow = check_under(NULL); /* then one draw, and only its mean is checked, loosely */
    int seeds = slow ? 1 : 10;
    if (slow) tolerance += .03;
    for (int i = 0; m && i < n; i++) {
        int cost = 0;
        double score = query_set_score(d, m, rows[i].device, seeds, &cost);
        check_report(slow || fabs(score - rows[i].mean) <= rows[i].tolerance, __FILE__, __LINE__,
                     "%s: %.3f, expected %.3f", rows[i].device, score, rows[i].mean);
        CHECK(cost > 100); /* the published scaling looks at the whole training pool, and that is counted */
        sum += score / n;
    }
    CHECK_NEAR(sum, mean, tolerance);
    ll_model_unref(m);
    ll_dataset_unref(d);
}

static void the_published_cell_checkpoint_scores_as_published(void)
{
    static const published rows[] = {{"titan_rtx_256", .990, .014}, {"gold_6226", .991, .004},
                                     {"pixel2", .809, .026},        {"raspi4", .894, .042},
                                     {"eyeriss", .899, .120},       {"fpga", .985, .010}};
    check_published("nasbench201", rows, 6, .928, .015);
}

static void the_published_fbnet_checkpoint_scores_as_published(void)
{
    static const published rows[] = {{"raspi4", .897, .02}, {"eyeriss", .941, .02}, {"fpga", .894, .02}};
    check_published("fbnet", rows, 3, .9107, .01);
}

static void the_published_ofa_checkpoint_scores_as_published(void)
{
    static const published rows[] = {{"titan_rtx_64", .982, .003}};
    check_published("ofa", rows, 1, .982, .003);
}

/* Kernels and expansions of the blocks that are there, and one of 25 resolutions; no depths. */
static void ofas_inputs_are_as_described(void)
{
    const ll_space *s = ll_space_find("ofa");
    ll_archs *a = ll_archs_new(s, 1);
    float x[145], sum = 0;
    ll_error e = {0};
    const char *text = "r140_k5e3-k7e4_k3e3-k3e3_k3e3-k3e3_k3e3-k3e3_k3e3-k3e3-k3e3-k7e6";
    static const int ones[] = {1, 5, 12, 15, 59, 60, 64, 119, 123};
    CHECK_INT(ll_help_shape_of(s, true).n_in, 145);
    CHECK_INT(ll_help_shape_of(ll_space_find("fbnet"), true).n_in, 132);
    CHECK_INT(ll_space_parse(s, text, ll_arch_at(a, 0), &e), LL_OK);
    ll_help_inputs(a, NULL, 1, x);
    for (int i = 0; i < 145; i++) sum += x[i];
    CHECK(sum == 2 * 12 + 1);
    for (size_t i = 0; i < sizeof ones / sizeof *ones; i++) CHECK(x[ones[i]] == 1);
    for (int i = 6; i < 12; i++) CHECK(x[i] == 0 && x[60 + i] == 0);
    ll_archs_unref(a);
}

static void a_checkpoint_of_another_space_is_refused(void)
{
    ll_error e = {0};
    ll_dataset *d = import_space("fbnet");
    if (!d) return;
    CHECK(!load_checkpoint("nasbench201", d, &e));
    CHECK_INT(e.status, LL_BAD_DATA);
    CHECK_HAS(e.message, "fc1.weight");
    ll_dataset_unref(d);
}

static const check_case cases[] = {
    {"float and double agree", float_and_double_agree},
    {"parts are named as published", parts_are_named_as_published},
    {"threads do not change a bit", threads_do_not_change_a_bit},
    {"a cancelled training leaves a model", a_cancelled_training_leaves_a_model},
    {"saved weights come back", saved_weights_come_back},
    {"more steps fit the samples", more_steps_fit_the_samples},
    {"the published cell checkpoint scores as published", the_published_cell_checkpoint_scores_as_published},
    {"the published fbnet checkpoint scores as published",
     the_published_fbnet_checkpoint_scores_as_published},
    {"the published ofa checkpoint scores as published", the_published_ofa_checkpoint_scores_as_published},
    {"ofa's inputs are as described", ofas_inputs_are_as_described},
    {"a checkpoint of another space is refused", a_checkpoint_of_another_space_is_refused},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_help", cases, argc, argv);
}
