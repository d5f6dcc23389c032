/* HELP: first and second derivatives against finite differences in double; the published checkpoints. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/stats.h"
#include "core/predict/help/net.h"
#include "core/transfer/experiment.h"
#include "data/datasets/import.h"
#include "data/formats/model_file.h"
#include "tests/check.h"

enum { NS = 5, NQ = 7 };

typedef struct problem {
    ll_help_shape shape;
    int n; /* parameters */
    double *p, *a, *xs, *xq, h[10], ys[NS], yq[NQ];
    ll_help_net_f64 *net;
} problem;

static double *random_numbers(ll_rng *r, int n, double scale)
{
    double *v = LL_NEW_ARRAY(double, n);
    for (int i = 0; i < n; i++) v[i] = scale * ll_rng_normal(r);
    return v;
}

static problem problem_new(bool graph, bool device)
{
    problem q = {.shape = {graph, graph ? LL_HELP_LABELS : 12, device}};
    ll_rng r = ll_rng_new(7, graph * 2 + device);
    int rows = ll_help_rows(&q.shape);
    q.n = ll_help_params(&q.shape);
    q.p = random_numbers(&r, q.n, .07);
    q.a = random_numbers(&r, q.n, 3e-3);
    q.xs = random_numbers(&r, NS * rows * q.shape.n_in, 1);
    q.xq = random_numbers(&r, NQ * rows * q.shape.n_in, 1);
    for (int i = 0; i < 10; i++) q.h[i] = ll_rng_uniform(&r);
    for (int i = 0; i < NS; i++) q.ys[i] = ll_rng_uniform(&r);
    for (int i = 0; i < NQ; i++) q.yq[i] = ll_rng_uniform(&r);
    q.net = ll_help_net_new_f64(&q.shape, NQ);
    return q;
}

static void problem_free(problem *q)
{
    free(q->p);
    free(q->a);
    free(q->xs);
    free(q->xq);
    ll_help_net_free_f64(q->net);
}

/* Directional derivative by central differences against <g, v>; relu kinks are avoided by a small step. */
static void check_direction(const char *what, double plus, double minus, double step, const double *g,
                            const double *v, int n)
{
    double numeric = (plus - minus) / (2 * step), exact = 0;
    for (int i = 0; i < n; i++) exact += g[i] * v[i];
    check_report(fabs(numeric - exact) <= 1e-6 * (1 + fabs(exact)), __FILE__, __LINE__,
                 "%s: %.10g by differences, %.10g by formula", what, numeric, exact);
}

static void move(double *to, const double *from, double step, const double *v, int n)
{
    for (int i = 0; i < n; i++) to[i] = from[i] + step * v[i];
}

static void check_gradient_and_hessian(bool graph, bool device)
{
    problem q = problem_new(graph, device);
    ll_rng r = ll_rng_new(3, 3);
    double *g = LL_NEW_ARRAY(double, q.n), *gp = LL_NEW_ARRAY(double, q.n), *gm = LL_NEW_ARRAY(double, q.n);
    double *hv = LL_NEW_ARRAY(double, q.n), *moved = LL_NEW_ARRAY(double, q.n), step = 1e-6;
    for (int trial = 0; trial < 3; trial++) {
        double *v = random_numbers(&r, q.n, .05);
        ll_help_gradient_f64(q.net, q.p, q.h, q.xq, q.yq, NQ, g);
        ll_help_hessian_vector_f64(q.net, q.p, q.h, q.xq, q.yq, NQ, v, hv);
        move(moved, q.p, step, v, q.n);
        double plus = ll_help_gradient_f64(q.net, moved, q.h, q.xq, q.yq, NQ, gp);
        move(moved, q.p, -step, v, q.n);
        double minus = ll_help_gradient_f64(q.net, moved, q.h, q.xq, q.yq, NQ, gm);
        check_direction("gradient", plus, minus, step, g, v, q.n);
        double worst = 0, largest = 0;
        for (int i = 0; i < q.n; i++) {
            worst = fmax(worst, fabs((gp[i] - gm[i]) / (2 * step) - hv[i]));
            largest = fmax(largest, fabs(hv[i]));
        }
        CHECK(largest > 1e-5);
        check_report(worst < 1e-5 * largest, __FILE__, __LINE__, "Hessian-vector product is off by %g of %g",
                     worst, largest);
        free(v);
    }
    free(g);
    free(gp);
    free(gm);
    free(hv);
    free(moved);
    problem_free(&q);
}

static void derivatives_of_the_graph_network(void)
{
    check_gradient_and_hessian(true, true);
    check_gradient_and_hessian(true, false);
}

static void derivatives_of_the_flat_network(void)
{
    check_gradient_and_hessian(false, true);
    check_gradient_and_hessian(false, false);
}

static double episode(problem *q, const double *p, const double *a, double *gp, double *ga)
{
    return ll_help_episode_f64(q->net, p, a, q->h, q->xs, q->ys, NS, q->xq, q->yq, NQ, 2, false, gp, ga);
}

static void the_whole_inner_loop_is_second_order(void)
{
    for (int graph = 0; graph < 2; graph++) {
        problem q = problem_new(graph, true);
        ll_rng r = ll_rng_new(5, 5);
        double *gp = LL_NEW_ARRAY(double, q.n), *ga = LL_NEW_ARRAY(double, q.n), step = 1e-6;
        double *moved = LL_NEW_ARRAY(double, q.n), *x = LL_NEW_ARRAY(double, q.n),
               *y = LL_NEW_ARRAY(double, q.n);
        double *v = random_numbers(&r, q.n, .05);
        episode(&q, q.p, q.a, gp, ga);
        move(moved, q.p, step, v, q.n);
        double plus = episode(&q, moved, q.a, x, y);
        move(moved, q.p, -step, v, q.n);
        check_direction("meta-gradient of the weights", plus, episode(&q, moved, q.a, x, y), step, gp, v,
                        q.n);
        move(moved, q.a, step, v, q.n);
        plus = episode(&q, q.p, moved, x, y);
        move(moved, q.a, -step, v, q.n);
        check_direction("meta-gradient of the step sizes", plus, episode(&q, q.p, moved, x, y), step, ga, v,
                        q.n);
        /* the second-order part is there: the first-order gradient differs */
        ll_help_episode_f64(q.net, q.p, q.a, q.h, q.xs, q.ys, NS, q.xq, q.yq, NQ, 2, true, x, y);
        double gap = 0;
        for (int i = 0; i < q.n; i++) gap = fmax(gap, fabs(x[i] - gp[i]));
        CHECK(gap > 1e-6);
        free(gp);
        free(ga);
        free(moved);
        free(x);
        free(y);
        free(v);
        problem_free(&q);
    }
}

static void float_and_double_agree(void)
{
    problem q = problem_new(true, true);
    ll_help_net *net = ll_help_net_new(&q.shape, NQ);
    int size = NQ * ll_help_rows(&q.shape) * q.shape.n_in;
    float *p = LL_NEW_ARRAY(float, q.n), *x = LL_NEW_ARRAY(float, size), h[10], out[NQ];
    double reference[NQ];
    for (int i = 0; i < q.n; i++) p[i] = (float)q.p[i];
    for (int i = 0; i < size; i++) x[i] = (float)q.xq[i];
    for (int i = 0; i < 10; i++) h[i] = (float)q.h[i];
    ll_help_forward(net, p, h, x, NQ, out);
    ll_help_forward_f64(q.net, q.p, q.h, q.xq, NQ, reference);
    for (int i = 0; i < NQ; i++) CHECK_NEAR(out[i], reference[i], 1e-3 * (1 + fabs(reference[i])));
    free(p);
    free(x);
    ll_help_net_free(net);
    problem_free(&q);
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
    ll_model *m = NULL;
    ll_strs warnings = {0};
    ll_model_load(check_shared(path), "help", d, &m, &warnings, e);
    ll_strs_free(&warnings);
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
                                  NULL, NULL, &samples, &e),
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
    const char *sanitizer = getenv("LATLAB_SANITIZER");
    if (sanitizer && !strcmp(sanitizer, "tsan")) return; /* one thread, many minutes */
    ll_dataset *d = import_space(space);
    if (!d) return;
    ll_model *m = load_checkpoint(space, d, &e);
    CHECK_STR(e.message, "");
    double sum = 0;
    bool slow = sanitizer != NULL; /* then one draw, and only its mean is checked, loosely */
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
    {"derivatives of the graph network", derivatives_of_the_graph_network},
    {"derivatives of the flat network", derivatives_of_the_flat_network},
    {"the whole inner loop is second order", the_whole_inner_loop_is_second_order},
    {"float and double agree", float_and_double_agree},
    {"parts are named as published", parts_are_named_as_published},
    {"threads do not change a bit", threads_do_not_change_a_bit},
    {"a cancelled training leaves a model", a_cancelled_training_leaves_a_model},
    {"saved weights come back", saved_weights_come_back},
    {"the published cell checkpoint scores as published", the_published_cell_checkpoint_scores_as_published},
    {"the published fbnet checkpoint scores as published",
     the_published_fbnet_checkpoint_scores_as_published},
    {"a checkpoint of another space is refused", a_checkpoint_of_another_space_is_refused},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_help", cases, argc, argv);
}
