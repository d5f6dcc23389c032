/* The encoding arch2vec: what it learns, that it is the same for a seed, and what it refuses. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/encode/arch2vec/graphs.h"
#include "core/encode/encoding.h"
#include "core/num/blas.h"
#include "tests/check.h"
#include "tests/spaces.h"

static const ll_encoding *arch2vec(void)
{
    int i = 0;
    while (strcmp(ll_encodings[i]->name, "arch2vec")) i++;
    return ll_encodings[i];
}

/* n random members of a space. */
static ll_archs *some(const char *space, int n)
{
    const ll_space *s = ll_space_find(space);
    ll_archs *a = ll_archs_new(s, n);
    ll_rng r = ll_rng_new(4, LL_STREAM_DATA);
    for (int i = 0; i < n; i++) {
        ll_space_random(s, &r, ll_arch_at(a, i));
        ll_space_canonical(s, ll_arch_at(a, i));
    }
    return a;
}

/* Options that tests change; NULL: the default. */
typedef struct how {
    const char *epochs, *dim, *width, *rate;
    uint64_t seed;
    int threads; /* 0: no pool */
    ll_observer *observer;
} how;

static const how quick = {.epochs = "2", .dim = "8", .width = "16", .seed = 3};

static ll_status fit(const ll_archs *archs, const how *h, ll_encoder **c, ll_error *e)
{
    const char *const names[] = {"epochs", "dim", "width", "rate"}, *const values[] = {h->epochs, h->dim,
                                                                                       h->width, h->rate};
    ll_values o = {0};
    ll_pool *pool = h->threads ? ll_pool_new(h->threads) : NULL;
    ll_values_init(&o, arch2vec()->options);
    for (int i = 0; i < 4; i++)
        if (values[i]) CHECK_OK(ll_values_set(&o, names[i], values[i], e));
    ll_encode_job job = {
        .archs = archs, .options = &o, .seed = h->seed, .observer = h->observer, .pool = pool};
    ll_status s = ll_encoder_fit("arch2vec", &job, c, e);
    ll_values_free(&o);
    ll_pool_free(pool);
    return s;
}

static ll_encoder *fitted(const ll_archs *archs, const how *h)
{
    ll_encoder *c = NULL;
    ll_error e = {0};
    check_report(!fit(archs, h, &c, &e), __FILE__, __LINE__, "%s", e.message);
    return c;
}

static ll_matrix_f vectors(const ll_encoder *c, const ll_archs *archs)
{
    ll_matrix_f m = {0};
    ll_error e = {0};
    CHECK_OK(ll_encoder_apply(c, archs, &m, &e));
    return m;
}

static bool same(const ll_matrix_f *a, const ll_matrix_f *b)
{
    return a->rows == b->rows && a->cols == b->cols &&
           !memcmp(a->v, b->v, (size_t)a->rows * (size_t)a->cols * sizeof *a->v);
}

static double quality(const ll_encoder *c, const char *name)
{
    ll_quality q[LL_MOST_QUALITIES];
    int n = arch2vec()->qualities(c->state, q);
    for (int i = 0; i < n; i++)
        if (!strcmp(q[i].name, name)) return q[i].value;
    return -1;
}

/* --- learning --- */

static void cells_come_back(void)
{
    ll_archs *archs = some("nasbench201", 600);
    ll_encoder *few = fitted(archs, &(how){.epochs = "1", .width = "48", .seed = 1}),
               *more = fitted(archs, &(how){.epochs = "50", .width = "48", .rate = "0.003", .seed = 1});
    CHECK_INT(more->dim, 32);
    CHECK_INT(quality(more, "architectures"), 540);
    CHECK_INT(quality(more, "held_out"), 60);
    CHECK_INT(quality(more, "epochs"), 50);
    CHECK(quality(more, "loss") < .7 * quality(few, "loss"));
    CHECK(quality(few, "operations") < .3);
    CHECK(quality(more, "operations") > .8);
    CHECK(quality(more, "edges") > .9);
    CHECK(quality(more, "false_edges") < .5);
    ll_encoder_unref(few);
    ll_encoder_unref(more);
    ll_archs_unref(archs);
}

static void every_space_has_vectors(void)
{
    static char *const ops[] = {(char *)"a", (char *)"b"};
    ll_error e = {0};
    CHECK(ll_space_define("arch2vec-own", 3, ops, 2, &e) != NULL);
    const char *const spaces[] = {"nasbench201", "fbnet", "ofa", "arch2vec-own"};
    for (int i = 0; i < 4; i++) {
        ll_archs *archs = some(spaces[i], 40);
        ll_encoder *c = fitted(archs, &quick);
        ll_matrix_f m = vectors(c, archs);
        CHECK_INT(m.cols, 8);
        for (int j = 0; j < m.rows * m.cols; j++) CHECK(isfinite(m.v[j]));
        ll_matrix_f_free(&m);
        ll_encoder_unref(c);
        ll_archs_unref(archs);
    }
}

static void epochs_follow_the_space(void)
{
    ll_archs *cells = some("nasbench201", 12), *chains = some("fbnet", 12);
    how h = {.dim = "4", .width = "4"};
    ll_encoder *of_cells = fitted(cells, &h), *of_chains = fitted(chains, &h);
    CHECK_INT(quality(of_cells, "epochs"), 10);
    CHECK_INT(quality(of_chains, "epochs"), 50);
    ll_encoder_unref(of_cells);
    ll_encoder_unref(of_chains);
    ll_archs_unref(cells);
    ll_archs_unref(chains);
}

/* --- the same --- */

static void one_seed_has_one_answer(void)
{
    ll_archs *archs = some("nasbench201", 200);
    how again = quick, other = quick;
    again.threads = 3;
    other.seed = 4;
    ll_encoder *c[3] = {fitted(archs, &quick), fitted(archs, &again), fitted(archs, &other)};
    ll_matrix_f m[3];
    for (int i = 0; i < 3; i++) m[i] = vectors(c[i], archs);
    CHECK(same(&m[0], &m[1]));
    CHECK(!same(&m[0], &m[2]));
    for (int i = 0; i < 3; i++) {
        ll_matrix_f_free(&m[i]);
        ll_encoder_unref(c[i]);
    }
    ll_archs_unref(archs);
}

static void vectors_do_not_depend_on_their_company(void)
{
    ll_archs *archs = some("nasbench201", 300);
    how h = quick;
    h.width = "128"; /* wide enough for a library to choose its kernels by the number of rows */
    ll_encoder *c = fitted(archs, &h);
    ll_matrix_f all = vectors(c, archs);
    for (int i = 0; i < 300; i += 37) {
        ll_archs *one = ll_archs_slice(archs, i, 1 + i % 3);
        ll_matrix_f m = vectors(c, one);
        CHECK(!memcmp(m.v, all.v + (size_t)i * 8, 8 * sizeof *m.v));
        ll_matrix_f_free(&m);
        ll_archs_unref(one);
    }
    ll_matrix_f_free(&all);
    ll_encoder_unref(c);
    ll_archs_unref(archs);
}

/* Those that it never saw have vectors as well, of their own. */
static void others_have_vectors(void)
{
    ll_archs *archs = some("nasbench201", 100), *all = ll_archs_new(archs->space, 1000);
    for (int i = 0; i < 1000; i++) archs->space->at(archs->space, 15 * i, ll_arch_at(all, i));
    ll_encoder *c = fitted(archs, &quick);
    ll_matrix_f m = vectors(c, all);
    int apart = 0;
    for (int i = 1; i < m.rows; i++) apart += memcmp(m.v, m.v + (size_t)i * 8, 8 * sizeof *m.v) != 0;
    CHECK(apart > 900);
    ll_matrix_f_free(&m);
    ll_encoder_unref(c);
    ll_archs_unref(all);
    ll_archs_unref(archs);
}

/* --- in a file --- */

static void a_file_gives_the_same_vectors(void)
{
    ll_archs *archs = some("fbnet", 60);
    ll_encoder *c = fitted(archs, &quick), *back = NULL;
    ll_tensors file = {0};
    ll_error e = {0};
    CHECK_OK(ll_encoder_save(c, "z/", &file, &e));
    CHECK_OK(ll_encoder_load(&file, "z/", archs->space, &back, &e));
    ll_matrix_f a = vectors(c, archs), b = vectors(back, archs);
    CHECK(same(&a, &b));
    CHECK_NEAR(quality(back, "edges"), quality(c, "edges"), 0);
    CHECK_NEAR(quality(back, "architectures"), 54, 0);
    ll_matrix_f_free(&a);
    ll_matrix_f_free(&b);
    ll_encoder_unref(back);
    ll_tensors_free(&file);
    ll_encoder_unref(c);
    ll_archs_unref(archs);
}

/* Number `at` of a tensor becomes `value`; its file is then refused with `said`. */
static void check_broken(const ll_encoder *c, const char *name, int at, float value, const char *said)
{
    ll_tensors file = {0};
    ll_encoder *back = NULL;
    ll_error e = {0};
    CHECK_OK(ll_encoder_save(c, "", &file, &e));
    const ll_tensor *t = ll_tensors_find(&file, name);
    if (t->dtype == LL_I32)
        ((int32_t *)t->data)[at] = (int32_t)value;
    else
        ((float *)t->data)[at] = value;
    CHECK_INT(ll_encoder_load(&file, "", c->space, &back, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, said);
    CHECK(!back);
    ll_tensors_free(&file);
}

static void broken_files_are_refused(void)
{
    ll_archs *archs = some("nasbench201", 40);
    ll_encoder *c = fitted(archs, &quick), *back = NULL;
    ll_tensors file = {0};
    ll_error e = {0};
    check_broken(c, "shape", 0, 9, "graphs of 9 nodes");
    check_broken(c, "shape", 1, -1, "-1 labels");
    check_broken(c, "shape", 2, 2000000000, "2000000000 wide");
    check_broken(c, "shape", 2, 17, "weights");
    check_broken(c, "shape", 3, 9, "9 columns");
    check_broken(c, "weights", 5, NAN, "number 5");
    check_broken(c, "statistics", 16, -1, "variance");
    CHECK_OK(ll_encoder_save(c, "", &file, &e));
    CHECK_INT(ll_encoder_load(&file, "", ll_space_find("fbnet"), &back, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "fbnet");
    ll_tensors_free(&file);
    ll_encoder_unref(c);
    ll_archs_unref(archs);
}

/* --- few, none, stopped, gone wrong --- */

static void few_architectures_are_all_learnt_from(void)
{
    for (int n = 1; n <= 11; n += 5) {
        ll_archs *archs = some("nasbench201", n);
        ll_encoder *c = fitted(archs, &quick);
        ll_matrix_f m = vectors(c, archs);
        for (int j = 0; j < m.rows * m.cols; j++) CHECK(isfinite(m.v[j]));
        CHECK_INT(quality(c, "architectures"), n < 10 ? n : 9);
        CHECK(isnan(quality(c, "edges")) == (n < 10));
        ll_matrix_f_free(&m);
        ll_encoder_unref(c);
        ll_archs_unref(archs);
    }
}

static void none_is_refused(void)
{
    ll_archs *archs = some("nasbench201", 0);
    ll_encoder *c = NULL;
    ll_error e = {0};
    CHECK_INT(fit(archs, &quick, &c, &e), LL_USAGE);
    CHECK_HAS(e.message, "there are none");
    ll_archs_unref(archs);
}

typedef struct watch {
    int asked, stop_at, reports;
    double done, total;
    bool phase, left;
} watch;

static bool asked(void *ctx)
{
    watch *w = ctx;
    return ++w->asked > w->stop_at;
}

static void heard(void *ctx, cJSON *p)
{
    watch *w = ctx;
    w->reports++;
    w->done = cJSON_GetObjectItem(p, "done")->valuedouble;
    w->total = cJSON_GetObjectItem(p, "total")->valuedouble;
    w->phase = !strcmp(cJSON_GetObjectItem(p, "phase")->valuestring, "arch2vec");
    w->left = cJSON_GetObjectItem(p, "left_s") != NULL;
    cJSON_Delete(p);
}

static void it_stops_at_any_step(void)
{
    ll_archs *archs = some("nasbench201", 100);
    for (int stop_at = 0; stop_at < 8; stop_at++) { /* 2 x 3 steps, and one look at the rest */
        watch w = {.stop_at = stop_at};
        how h = quick;
        ll_encoder *c = NULL;
        ll_error e = {0};
        h.observer = &(ll_observer){.cancelled = asked, .progress = heard, .ctx = &w};
        CHECK_INT(fit(archs, &h, &c, &e), stop_at < 7 ? LL_CANCELLED : LL_OK);
        if (stop_at < 7) CHECK_HAS(e.message, "of 6 steps");
        CHECK_INT(w.asked, stop_at < 7 ? stop_at + 1 : 7);
        if (stop_at) CHECK(w.reports > 0 && w.phase && w.left && w.done >= 1 && w.total == 6);
        ll_encoder_unref(c);
    }
    ll_archs_unref(archs);
}

/* A rate that no option allows: the second step's loss is no number. */
static void a_loss_gone_wrong_is_said(void)
{
    ll_archs *archs = some("nasbench201", 100);
    ll_encoder *c = NULL;
    ll_values o = {0};
    ll_error e = {0};
    ll_values_init(&o, arch2vec()->options);
    for (int i = 0; o.table[i].name; i++) {
        if (strcmp(o.table[i].name, "rate")) continue;
        free(o.text[i]);
        o.text[i] = ll_strdup("1e30");
    }
    CHECK_INT(ll_encoder_fit("arch2vec", &(ll_encode_job){.archs = archs, .options = &o}, &c, &e), LL_FAILED);
    CHECK_HAS(e.message, "at step 2 of 30");
    CHECK_HAS(e.message, "rate");
    CHECK(!c);
    ll_values_free(&o);
    ll_archs_unref(archs);
}

/* --- what it reads --- */

static void pruned_nodes_keep_their_operation(void)
{
    const uint8_t gene[6] = {3, 0, 0, 0, 4, 0}; /* 0>1 a 3x3, 1>3 a pool, else none */
    const ll_space *s = ll_space_find("nasbench201");
    int nodes, labels;
    ll_graph graph;
    CHECK_OK(ll_arch2vec_graphs_of(s, &nodes, &labels, NULL));
    CHECK(nodes == 8 && labels == 7);
    ll_arch2vec_graphs *g = ll_arch2vec_graphs_new(nodes, labels, 2);
    for (int i = 0; i < 2; i++) {
        CHECK(ll_arch2vec_graph(s, gene, &graph));
        ll_arch2vec_graphs_add(g, &graph);
    }
    ll_arch2vec_graphs_number(g);
    const int label[8] = {LL_ARCH2VEC_INPUT, 5, 2, 2, 2, 6, 2, LL_ARCH2VEC_OUTPUT};
    int arcs = 0;
    for (int i = 0; i < 16; i++) CHECK_INT(g->label[i], label[i % 8]);
    for (int i = 0; i < 64; i++) arcs += g->arc[i];
    CHECK_INT(arcs, 6); /* 0-1, 1-5, 5-7, both ways */
    /* two equal graphs, four cut-off nodes of one operation: five rows */
    for (int r = 0; r < LL_ARCH2VEC_ROUNDS; r++) CHECK_INT(g->round[r].n, 5);
    CHECK_INT(g->round[3].count[g->row_of[2]], 8);
    CHECK_INT(g->round[3].count[g->row_of[0]], 2);
    ll_arch2vec_graphs_free(g);
}

static void a_feature_of_that_name_wins(void)
{
    ll_archs *archs = some("nasbench201", 3);
    ll_matrix_f m = {0};
    ll_error e = {0};
    ll_archs_set_feature(archs, "arch2vec", 1, (const float[]){5, 6, 7});
    CHECK_OK(ll_encode(archs, "arch2vec", &m, &e));
    CHECK(m.cols == 1 && m.v[1] == 6);
    ll_matrix_f_free(&m);
    ll_archs_unref(archs);
}

static const check_case cases[] = {
    {"cells come back", cells_come_back},
    {"every space has vectors", every_space_has_vectors},
    {"epochs follow the space", epochs_follow_the_space},
    {"one seed has one answer", one_seed_has_one_answer},
    {"vectors do not depend on their company", vectors_do_not_depend_on_their_company},
    {"others have vectors", others_have_vectors},
    {"a file gives the same vectors", a_file_gives_the_same_vectors},
    {"broken files are refused", broken_files_are_refused},
    {"few architectures are all learnt from", few_architectures_are_all_learnt_from},
    {"none is refused", none_is_refused},
    {"it stops at any step", it_stops_at_any_step},
    {"a loss gone wrong is said", a_loss_gone_wrong_is_said},
    {"pruned nodes keep their operation", pruned_nodes_keep_their_operation},
    {"a feature of that name wins", a_feature_of_that_name_wins},
    {0},
};

int main(int argc, char **argv)
{
    ll_blas_init();
    return check_main("test_arch2vec", cases, argc, argv);
}
