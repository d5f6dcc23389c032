/* The learnt encoding cate: what it learns, that it is the same every time, and what it refuses. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/encode/cate/pairs.h"
#include "core/encode/cate/tokens.h"
#include "core/encode/encoding.h"
#include "core/encode/parts.h"
#include "core/num/blas.h"
#include "tests/check.h"
#include "tests/spaces.h"
#include "tests/toy.h"

enum { CELLS = 400, DIM = 32 };

/* n different ones: every 39th, and around again. */
static ll_archs *some_cells(int n)
{
    const ll_space *s = ll_space_find("nasbench201");
    ll_archs *a = ll_archs_new(s, n);
    for (int i = 0; i < n; i++) s->at(s, 39 * i % s->n_archs, ll_arch_at(a, i));
    return a;
}

typedef struct fitting {
    int threads;
    uint64_t seed;
    const char *epochs, *batch, *within;
    ll_observer *observer;
    ll_error e;
} fitting;

static ll_encoder *fit(const ll_archs *a, fitting *f)
{
    ll_encoder *c = NULL;
    ll_values v = {0};
    ll_values_init(&v, ll_encoding_cate.options);
    CHECK_OK(ll_values_set(&v, "epochs", f->epochs ? f->epochs : "1", NULL));
    CHECK_OK(ll_values_set(&v, "batch", f->batch ? f->batch : "32", NULL));
    if (f->within) CHECK_OK(ll_values_set(&v, "within", f->within, NULL));
    ll_pool *pool = ll_pool_new(f->threads ? f->threads : 1);
    ll_encode_job job = {.archs = a, .options = &v, .seed = f->seed, .pool = pool, .observer = f->observer};
    CHECK_INT(ll_encoder_fit("cate", &job, &c, &f->e), f->e.status);
    ll_pool_free(pool);
    ll_values_free(&v);
    return c;
}

static ll_matrix_f vectors(const ll_encoder *c, const ll_archs *a)
{
    ll_matrix_f m;
    CHECK_OK(ll_encoder_apply(c, a, &m, NULL));
    CHECK(m.rows == a->n && m.cols == DIM);
    return m;
}

static bool same(const ll_matrix_f *a, const ll_matrix_f *b)
{
    return a->rows == b->rows && !memcmp(a->v, b->v, (size_t)a->rows * DIM * sizeof *a->v);
}

static double quality(const ll_encoder *c, const char *name)
{
    ll_quality q[LL_MOST_QUALITIES];
    int n = c->encoding->qualities(c->state, q);
    CHECK(n <= LL_MOST_QUALITIES);
    for (int i = 0; i < n; i++)
        if (!strcmp(q[i].name, name)) return q[i].value;
    return -1;
}

static void hidden_operations_come_back(void)
{
    ll_archs *a = some_cells(2 * CELLS);
    fitting f = {.seed = 1, .epochs = "8"};
    ll_encoder *c = fit(a, &f);
    check_report(quality(c, "tokens") > quality(c, "most_frequent") + .03, __FILE__, __LINE__,
                 "%.3f of the tokens come back, %.3f are the most frequent one", quality(c, "tokens"),
                 quality(c, "most_frequent"));
    CHECK(quality(c, "loss") > 0 && quality(c, "loss") < log(5));
    CHECK_NEAR(quality(c, "architectures"), 2 * CELLS, 0);
    ll_encoder_unref(c);
    ll_archs_unref(a);
}

static void a_seed_gives_the_same_bits_on_any_threads(void)
{
    ll_archs *a = some_cells(CELLS);
    ll_matrix_f m[4];
    static const struct {
        int threads;
        uint64_t seed;
    } how[4] = {{1, 1}, {1, 1}, {3, 1}, {1, 2}};
    for (int i = 0; i < 4; i++) {
        fitting f = {.threads = how[i].threads, .seed = how[i].seed, .batch = "300"};
        ll_encoder *c = fit(a, &f);
        m[i] = vectors(c, a);
        ll_encoder_unref(c);
    }
    CHECK(same(&m[0], &m[1]) && same(&m[0], &m[2]) && !same(&m[0], &m[3]));
    for (int i = 0; i < 4; i++) ll_matrix_f_free(&m[i]);
    ll_archs_unref(a);
}

/* Nor on whether the architecture was among those that it was fitted on. */
static void a_vector_does_not_depend_on_its_company(void)
{
    ll_archs *a = some_cells(CELLS), *all = some_cells(3 * CELLS);
    fitting f = {.seed = 1};
    ll_encoder *c = fit(a, &f);
    ll_matrix_f m = vectors(c, all);
    for (int i = 0; i < all->n; i += 123) {
        ll_archs *alone = ll_archs_slice(all, i, i % 3 + 1);
        ll_matrix_f own = vectors(c, alone);
        CHECK(!memcmp(own.v, m.v + (size_t)i * DIM, (size_t)own.rows * DIM * sizeof *own.v));
        for (int j = 0; j < DIM; j++) CHECK(isfinite(own.v[j]));
        ll_matrix_f_free(&own);
        ll_archs_unref(alone);
    }
    ll_matrix_f_free(&m);
    ll_encoder_unref(c);
    ll_archs_unref(a);
    ll_archs_unref(all);
}

static void check_near(const ll_matrix_f *m, int a, int b, double most, bool near)
{
    double apart = 0;
    for (int j = 0; j < DIM; j++)
        apart = fmax(apart, fabs(m->v[(size_t)a * DIM + (size_t)j] - m->v[(size_t)b * DIM + (size_t)j]));
    check_report((apart < most) == near, __FILE__, __LINE__, "cells %d and %d are %g apart", a, b, apart);
}

/* What leads nowhere is not heard: 0>1 may be anything when nothing leaves node 1. Nor does a node's number show. */
static void a_vector_is_that_of_what_is_executed(void)
{
    static const uint8_t genes[][6] = {{3, 0, 0, 2, 0, 0}, {2, 0, 0, 2, 0, 0},  /* only 0>3 is alive */
                                       {3, 0, 0, 0, 2, 0}, {0, 3, 0, 0, 0, 2},  /* 0>1>3 and 0>2>3 */
                                       {3, 0, 0, 0, 4, 0}, {2, 0, 0, 0, 3, 0}}; /* others */
    ll_archs *fitted = some_cells(CELLS), *a = ll_archs_new(fitted->space, 0);
    for (int i = 0; i < 6; i++) ll_archs_push(a, genes[i]);
    fitting f = {.seed = 1};
    ll_encoder *c = fit(fitted, &f);
    ll_matrix_f m = vectors(c, a);
    check_near(&m, 0, 1, 1e-5, true);
    check_near(&m, 2, 3, 1e-5, true);
    check_near(&m, 0, 2, 1e-3, false);
    check_near(&m, 2, 4, 1e-3, false);
    check_near(&m, 2, 5, 1e-3, false);
    ll_matrix_f_free(&m);
    ll_encoder_unref(c);
    ll_archs_unref(a);
    ll_archs_unref(fitted);
}

static void a_chain_hears_what_came_before(void)
{
    ll_dataset *d = some_fbnets(300);
    ll_cate_shape shape = {d->space->n_ops, ll_cate_length(d->space), {1, 8}, {1, 8}};
    ll_cate_tokens t;
    ll_cate_tokens_read(&t, &shape, d->archs, 7, 2);
    CHECK_INT(t.length, 24);
    for (int i = 0; i < t.length; i++) {
        CHECK_INT(t.heard[1].count[i], i + 1);
        for (int j = 0; j <= i; j++) CHECK_INT(t.heard[1].list[i * t.length + j], j);
    }
    CHECK_INT(t.token[24], ll_cate_input_token(&shape));
    CHECK_INT(t.token[24 + 3], ll_gene(d, 8)[2]);
    CHECK_INT(t.token[24 + 23], ll_cate_output_token(&shape));
    ll_cate_tokens_free(&t);
    fitting f = {.seed = 1};
    ll_encoder *c = fit(d->archs, &f);
    ll_matrix_f m = vectors(c, d->archs);
    CHECK(quality(c, "tokens") > 0);
    ll_matrix_f_free(&m);
    ll_encoder_unref(c);
    ll_dataset_unref(d);
}

static void pairs_are_similar(void)
{
    static const double params[] = {50, 10, 11, 12, 30, 31, 13};
    static const int which[] = {0, 1, 2, 3, 4, 5, 6};
    ll_cate_pair p[14];
    int n = ll_cate_pairs(params, which, 7, 2, 1, p);
    CHECK_INT(n, 1 + 2 + 2 + 1); /* 11; 12; 13, without 10; 31 */
    for (int i = 0; i < n; i++) {
        double apart = params[p[i].first] - params[p[i].second];
        CHECK(apart > 0 && apart <= 2);
        CHECK(i == 0 || p[i].first != p[i - 1].first || p[i].second != p[i - 1].second);
    }
    CHECK_INT(ll_cate_pairs(params, which, 7, .5, 1, p), 0);
    CHECK_INT(ll_cate_pairs(params, which, 0, 2, 1, p), 0);
}

/* --- refused, stopped --- */

static void what_cannot_be_learnt_is_said(void)
{
    ll_archs *one = some_cells(1), *two = some_cells(2);
    ll_dataset *d = toy_data(20, "a");
    fitting f = {.seed = 1}, g = {.seed = 1}, h = {.seed = 1, .within = "0"};
    memset(ll_arch_at(two, 1), 3, 6); /* the one with most parameters, beside one with fewest */
    CHECK(!fit(one, &f) && f.e.status == LL_FAILED);
    CHECK_HAS(f.e.message, "these 1 no two");
    CHECK(!fit(d->archs, &g) && g.e.status == LL_USAGE);
    CHECK_HAS(g.e.message, "those of toy are not known");
    CHECK(!fit(two, &h) && h.e.status == LL_FAILED);
    CHECK_HAS(h.e.message, "within 0");
    ll_dataset_unref(d);
    ll_archs_unref(one);
    ll_archs_unref(two);
}

/* A pair, too few to hold any out: it learns, and does not know how well. */
static void two_are_enough(void)
{
    ll_archs *a = some_cells(2);
    fitting f = {.seed = 1, .within = "1e9"};
    ll_encoder *c = fit(a, &f);
    CHECK(c && isnan(quality(c, "tokens")) && isnan(quality(c, "loss")));
    ll_encoder_unref(c);
    ll_archs_unref(a);
}

typedef struct watcher {
    int asked, stop_at, reports;
    double done, total, left_s;
    bool is_cate;
} watcher;

static bool asks(void *ctx)
{
    watcher *w = ctx;
    return w->stop_at && ++w->asked >= w->stop_at;
}

static double number(const cJSON *o, const char *name)
{
    return cJSON_GetNumberValue(cJSON_GetObjectItem(o, name));
}

static void hears(void *ctx, cJSON *o)
{
    watcher *w = ctx;
    w->reports++;
    w->done = number(o, "done");
    w->total = number(o, "total");
    w->left_s = number(o, "left_s");
    w->is_cate = !strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(o, "phase")), "cate");
    cJSON_Delete(o);
}

static void it_says_how_far_it_is_and_stops_when_asked(void)
{
    ll_archs *a = some_cells(CELLS);
    watcher w = {0};
    ll_observer o = {.progress = hears, .cancelled = asks, .ctx = &w};
    fitting f = {.seed = 1, .observer = &o};
    ll_encoder_unref(fit(a, &f));
    CHECK(w.reports > 0 && w.is_cate && w.total > 20 && w.done > 0 && w.done <= w.total && w.left_s >= 0);
    for (int at = 1; at < 30; at += 7) {
        fitting g = {.seed = 1, .observer = &o};
        w = (watcher){.stop_at = at};
        CHECK(!fit(a, &g) && g.e.status == LL_CANCELLED);
        CHECK(w.asked < at + 8);
    }
    ll_archs_unref(a);
}

/* --- in the data, in a file --- */

static void a_feature_of_that_name_comes_first(void)
{
    ll_archs *a = some_cells(3);
    ll_matrix_f m;
    ll_archs_set_feature(a, "cate", 2, (const float[]){1, 2, 3, 4, 5, 6});
    CHECK_OK(ll_encode(a, "cate", &m, NULL));
    CHECK(m.cols == 2 && m.v[5] == 6);
    ll_matrix_f_free(&m);
    ll_archs_unref(a);
}

static void what_is_saved_comes_back(void)
{
    ll_archs *a = some_cells(100);
    fitting f = {.seed = 1};
    ll_encoder *c = fit(a, &f), *again = NULL;
    ll_tensors t = {0};
    ll_error e = {0};
    CHECK_OK(ll_encoder_save(c, "x/", &t, &e));
    CHECK_OK(ll_encoder_load(&t, "x/", a->space, &again, &e));
    ll_matrix_f m = vectors(c, a), n = vectors(again, a);
    CHECK(same(&m, &n));
    CHECK_NEAR(quality(again, "tokens"), quality(c, "tokens"), 0);
    CHECK_NEAR(quality(again, "architectures"), 100, 0);
    ll_matrix_f_free(&m);
    ll_matrix_f_free(&n);
    ll_encoder_unref(again);
    CHECK_INT(ll_encoder_load(&t, "x/", ll_space_find("fbnet"), &again, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "weights");
    ll_tensors_free(&t);
    ll_encoder_unref(c);
    ll_archs_unref(a);
}

/* A file of an encoder with one thing wrong. */
static void refused(const char *size, long n, float weight, const char *dim, const char *says)
{
    ll_tensors t = {0};
    ll_encoder *c = NULL;
    ll_error e = {0};
    ll_tensors_set_text(&t, "encoding", "cate");
    ll_tensors_set_text(&t, "name", "cate");
    ll_tensors_set_text(&t, "dim", dim);
    if (size) ll_tensors_set_text(&t, "size", size);
    ll_tensor *w = ll_tensors_add(&t, "weights", LL_F32, 1, &n, NULL);
    ((float *)w->data)[n - 1] = weight;
    CHECK_INT(ll_encoder_load(&t, "", ll_space_find("nasbench201"), &c, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, says);
    ll_encoder_unref(c);
    ll_tensors_free(&t);
}

static void a_wrong_file_is_refused(void)
{
    ll_cate_shape shape = {5, 8, {3, 128}, {3, 256}};
    long n = (long)ll_cate_layout_of(&shape).n;
    refused(NULL, n, 0, "32", "small or published");
    refused("enormous", n, 0, "32", "enormous");
    refused("small", n, 0, "31", "32 columns");
    refused("small", n - 1, 0, "32", "weights");
    refused("published", n, 0, "32", "weights");
    refused("small", n, NAN, "32", "weights");
}

static const check_case cases[] = {
    {"hidden operations come back", hidden_operations_come_back},
    {"a seed gives the same bits on any threads", a_seed_gives_the_same_bits_on_any_threads},
    {"a vector does not depend on its company", a_vector_does_not_depend_on_its_company},
    {"a vector is that of what is executed", a_vector_is_that_of_what_is_executed},
    {"a chain hears what came before", a_chain_hears_what_came_before},
    {"pairs are similar", pairs_are_similar},
    {"what cannot be learnt is said", what_cannot_be_learnt_is_said},
    {"two are enough", two_are_enough},
    {"it says how far it is and stops when asked", it_says_how_far_it_is_and_stops_when_asked},
    {"a feature of that name comes first", a_feature_of_that_name_comes_first},
    {"what is saved comes back", what_is_saved_comes_back},
    {"a wrong file is refused", a_wrong_file_is_refused},
    {0},
};

/* The thread sanitizer takes minutes for the others, which are of one thread. */
static const check_case threads[] = {
    {"a seed gives the same bits on any threads", a_seed_gives_the_same_bits_on_any_threads},
    {0},
};

int main(int argc, char **argv)
{
    ll_blas_init();
    return check_main("test_cate", check_under("tsan") ? threads : cases, argc, argv);
}
