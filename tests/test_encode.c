#include <stdlib.h>

#include "core/base/mem.h"
#include "core/encode/encoding.h"
#include "core/encode/pca.h"
#include "tests/check.h"
#include "tests/spaces.h"
#include "tests/toy.h"

static float at(const ll_matrix_f *m, int row, int col)
{
    return m->v[(size_t)row * (size_t)m->cols + (size_t)col];
}

static double row_sum(const ll_matrix_f *m, int row)
{
    double sum = 0;
    for (int c = 0; c < m->cols; c++) sum += at(m, row, c);
    return sum;
}

static void onehot_has_one_a_position(void)
{
    ll_dataset *d = all_cells();
    ll_matrix_f m;
    ll_error e = {0};
    CHECK_INT(ll_encode(d->archs, "onehot", &m, &e), LL_OK);
    CHECK_INT(m.rows, 15625);
    CHECK_INT(m.cols, 30);
    for (int i = 0; i < m.rows; i += 100)
        for (int p = 0; p < 6; p++)
            for (int o = 0; o < 5; o++) CHECK_INT(at(&m, i, 5 * p + o), ll_gene(d, i)[p] == o);
    ll_matrix_f_free(&m);
    ll_dataset_unref(d);
}

/* all 3x3 (index 1462): one path of each length: 3 / 33 / 333 in base 4 with 3x3 = 2: columns 2, 4+10, 20+42.
 * all none: no path. 3x3 on 0>1 and 1>3, none elsewhere: the one path of length two. */
static void paths_are_those_by_hand(void)
{
    ll_dataset *d = all_cells();
    ll_matrix_f m;
    ll_error e = {0};
    CHECK_INT(ll_encode(d->archs, "path", &m, &e), LL_OK);
    CHECK_INT(m.cols, 84);
    CHECK_NEAR(row_sum(&m, 1462), 3, 0);
    CHECK(at(&m, 1462, 2) == 1 && at(&m, 1462, 14) == 1 && at(&m, 1462, 62) == 1);
    int none = ll_dataset_row(d, (const uint8_t[]){0, 0, 0, 0, 0, 0});
    CHECK_NEAR(row_sum(&m, none), 0, 0);
    int two = ll_dataset_row(d, (const uint8_t[]){3, 0, 0, 0, 4, 0});
    CHECK_NEAR(row_sum(&m, two), 1, 0);
    CHECK(at(&m, two, 4 + 2 * 4 + 3) == 1);
    ll_matrix_f_free(&m);
    ll_dataset_unref(d);
}

/* Cells of one pruned graph have one code, others another: 8,687 graphs. */
static int columns;
static int compare_rows(const void *a, const void *b)
{
    return memcmp(a, b, (size_t)columns * sizeof(float));
}

static void graph_codes_tell_pruned_graphs_apart(void)
{
    ll_dataset *d = all_cells();
    ll_matrix_f m;
    ll_error e = {0};
    CHECK_INT(ll_encode(d->archs, "graph", &m, &e), LL_OK);
    CHECK_INT(m.cols, 28 + 30);
    columns = m.cols;
    qsort(m.v, (size_t)m.rows, (size_t)m.cols * sizeof(float), compare_rows);
    int distinct = 1;
    for (int i = 1; i < m.rows; i++)
        distinct +=
            compare_rows(m.v + (size_t)i * (size_t)m.cols, m.v + (size_t)(i - 1) * (size_t)m.cols) != 0;
    CHECK_INT(distinct, 8687);
    ll_matrix_f_free(&m);
    ll_dataset_unref(d);
}

static void cost_is_standardised(void)
{
    ll_dataset *d = some_fbnets(500);
    ll_matrix_f m;
    ll_error e = {0};
    CHECK_INT(ll_encode(d->archs, "cost", &m, &e), LL_OK);
    CHECK_INT(m.cols, 4);
    for (int c = 0; c < 4; c++) {
        double sum = 0, square = 0;
        for (int i = 0; i < m.rows; i++) {
            sum += at(&m, i, c);
            square += (double)at(&m, i, c) * at(&m, i, c);
        }
        CHECK_NEAR(sum / m.rows, 0, 1e-5);
        CHECK_NEAR(square / m.rows, 1, 1e-4);
    }
    ll_cost a, b;
    ll_space_cost(d->space, ll_gene(d, 0), &a);
    ll_space_cost(d->space, ll_gene(d, 1), &b);
    CHECK((a.macs > b.macs) == (at(&m, 0, 0) > at(&m, 1, 0)));
    CHECK((a.params > b.params) == (at(&m, 0, 1) > at(&m, 1, 1)));
    ll_matrix_f_free(&m);
    ll_dataset_unref(d);
}

static void features_are_found_by_name(void)
{
    ll_dataset *d = toy_data(4, "a");
    float v[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    ll_matrix_f m;
    ll_error e = {0};
    ll_archs_set_feature(d->archs, "zcp", 2, v);
    CHECK_INT(ll_encode(d->archs, "zcp", &m, &e), LL_OK);
    CHECK(m.rows == 4 && m.cols == 2 && at(&m, 2, 1) == 6);
    ll_matrix_f_free(&m);
    CHECK_INT(ll_encode(d->archs, "caz", &m, &e), LL_USAGE);
    CHECK_HAS(e.message, "no cate");
    ll_archs_set_feature(d->archs, "cate", 1, v);
    ll_archs_set_feature(d->archs, "arch2vec", 1, v);
    CHECK_INT(ll_encode(d->archs, "caz", &m, &e), LL_OK);
    CHECK_INT(m.cols, 4);
    /* 1 2 3 4 has mean 2.5, standard deviation sqrt(1.25) */
    CHECK_NEAR(at(&m, 3, 0), 1.5 / sqrt(1.25), 1e-6);
    ll_matrix_f_free(&m);
    ll_dataset_unref(d);
}

static void what_is_missing_is_said(void)
{
    ll_dataset *d = toy_data(4, "a");
    float v[4] = {1, 2, NAN, 4};
    ll_matrix_f m;
    ll_error e = {0};
    ll_archs_set_feature(d->archs, "mine", 1, v);
    CHECK_INT(ll_encode(d->archs, "mine", &m, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, " has no mine");
    CHECK_INT(ll_encode(d->archs, "my", &m, &e), LL_USAGE);
    CHECK_HAS(e.message, "onehot, path, graph, cost, caz, mine");
    CHECK_INT(ll_encode(d->archs, "path", &m, &e), LL_USAGE);
    CHECK_INT(ll_encode(d->archs, "graph", &m, &e), LL_USAGE);
    CHECK_INT(ll_encode(d->archs, "cost", &m, &e), LL_USAGE);
    CHECK_HAS(e.message, "toy");
    ll_dataset_unref(d);
}

/* numpy: x = [[2,0,1],[0,1,0],[-1,3,2],[4,1,1]]; xc = x - x.mean(0); w, v = eigh(xc.T @ xc / 4);
 * the largest eigenvalue, the trace, and the last row times the first eigenvector */
static void components_are_numpys(void)
{
    float v[12] = {2, 0, 1, 0, 1, 0, -1, 3, 2, 4, 1, 1};
    ll_matrix_f x = {4, 3, v};
    double out[8], share[2], square = 0, cross = 0;
    ll_error e = {0};
    CHECK_INT(ll_pca(&x, 2, out, share, &e), LL_OK);
    for (int i = 0; i < 4; i++) {
        square += out[2 * i] * out[2 * i] / 4;
        cross += out[2 * i] * out[2 * i + 1];
    }
    CHECK_NEAR(cross, 0, 1e-12);
    CHECK_NEAR(square, 4.298396714084, 1e-9);
    CHECK_NEAR(share[0], 4.298396714084 / 5.375000000000, 1e-9);
    CHECK_NEAR(out[6], 2.599788178962, 1e-9);
}

static void components_beyond_the_rank_are_zero(void)
{
    float v[6] = {1, 1, 2, 2, 3, 3};
    ll_matrix_f x = {3, 2, v};
    double out[6], share[2];
    ll_error e = {0};
    CHECK_INT(ll_pca(&x, 2, out, share, &e), LL_OK);
    CHECK_NEAR(out[0], -sqrt(2), 1e-12);
    CHECK_NEAR(out[1], 0, 0);
    CHECK_NEAR(share[0], 1, 1e-12);
}

static const check_case cases[] = {
    {"onehot has one a position", onehot_has_one_a_position},
    {"paths are those by hand", paths_are_those_by_hand},
    {"graph codes tell pruned graphs apart", graph_codes_tell_pruned_graphs_apart},
    {"cost is standardised", cost_is_standardised},
    {"features are found by name", features_are_found_by_name},
    {"what is missing is said", what_is_missing_is_said},
    {"components are numpy's", components_are_numpys},
    {"components beyond the rank are zero", components_beyond_the_rank_are_zero},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_encode", cases, argc, argv);
}
