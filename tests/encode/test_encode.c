#include <stdlib.h>

#include "core/base/clock.h"
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
    CHECK_HAS(e.message, "cate");
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
    CHECK_HAS(e.message, "expected one of onehot, numbers, path, graph, graf, cost");
    CHECK_HAS(e.message, "caz, mine");
    CHECK_INT(ll_encode(d->archs, "path", &m, &e), LL_USAGE);
    CHECK_INT(ll_encode(d->archs, "graph", &m, &e), LL_USAGE);
    CHECK_INT(ll_encode(d->archs, "cost", &m, &e), LL_USAGE);
    CHECK_HAS(e.message, "toy");
    ll_dataset_unref(d);
}

/* --- graf --- */

/* Columns of a set, and where the sets of five operations are: 5 single ones, 10 pairs, 10 of three, 5 of four, all. */
enum { COUNT, NO_PATH, SHORTEST, LONGEST, MOST_ON_PATH, IN_LEAST, IN_MOST, OUT_LEAST, OUT_MOST, PER_SET };
enum { NONE, SKIP, CONV_1, CONV_3, POOL, CONV_3_OR_POOL = 14, BUT_NONE = 25, ALL = 30, SETS };

static void check_set(const ll_matrix_f *m, int row, int set, const int *expected)
{
    for (int c = 0; c < PER_SET; c++)
        check_report(at(m, row, PER_SET * set + c) == (float)expected[c], __FILE__, __LINE__,
                     "cell %d, set %d, column %d is %g, not %d", row, set, c, at(m, row, PER_SET * set + c),
                     expected[c]);
}

/* Nodes 0 .. 3; edges 0>1 0>2 1>2 0>3 1>3 2>3. */
static void graf_of_cells_is_by_hand(void)
{
    static const struct {
        uint8_t gene[6];
        int set, expected[PER_SET];
    } cases_by_hand[] = {
        /* 3x3 everywhere: paths of one to three edges; 1, 2, 3 edges into nodes 1, 2, 3; 3, 2, 1 out of 0, 1, 2 */
        {{3, 3, 3, 3, 3, 3}, CONV_3, {6, 0, 1, 3, 3, 1, 3, 1, 3}},
        {{3, 3, 3, 3, 3, 3}, POOL, {0, 1, 0, 0, 0, 0, 0, 0, 0}},
        {{3, 3, 3, 3, 3, 3}, BUT_NONE, {6, 0, 1, 3, 3, 1, 3, 1, 3}},
        /* 0>1 is a 3x3, 1>3 a pool, all else none: a 3x3 on a path, but no path of 3x3s ... */
        {{3, 0, 0, 0, 4, 0}, CONV_3, {1, 1, 0, 0, 1, 0, 1, 0, 1}},
        /* ... together they are the path 0>1>3 */
        {{3, 0, 0, 0, 4, 0}, CONV_3_OR_POOL, {2, 0, 2, 2, 2, 0, 1, 0, 1}},
        /* none as drawn: 0>3, and 0>2>3; 1>2 is no way, as 0>1 is no none */
        {{3, 0, 0, 0, 4, 0}, NONE, {4, 0, 1, 2, 2, 0, 2, 1, 2}},
        /* skip on 0>1, 1>2, 2>3, a 1x1 on 0>3: the skips go through all nodes, the 1x1 around them */
        {{1, 0, 1, 2, 0, 1}, SKIP, {3, 0, 3, 3, 3, 1, 1, 1, 1}},
        {{1, 0, 1, 2, 0, 1}, CONV_1, {1, 0, 1, 1, 1, 0, 1, 0, 1}},
        {{1, 0, 1, 2, 0, 1}, BUT_NONE, {4, 0, 1, 3, 3, 1, 2, 1, 2}},
        {{1, 0, 1, 2, 0, 1}, ALL, {6, 0, 1, 3, 3, 1, 3, 1, 3}},
    };
    ll_dataset *d = all_cells();
    ll_matrix_f m;
    ll_error e = {0};
    CHECK_INT(ll_encode(d->archs, "graf", &m, &e), LL_OK);
    CHECK_INT(m.cols, SETS * PER_SET);
    for (size_t i = 0; i < sizeof cases_by_hand / sizeof *cases_by_hand; i++)
        check_set(&m, ll_dataset_row(d, cases_by_hand[i].gene), cases_by_hand[i].set,
                  cases_by_hand[i].expected);
    ll_matrix_f_free(&m);
    ll_dataset_unref(d);
}

/* A cell under its other name has the same numbers in every set that leaves out none, whose edge 1>2 turns round. */
static void graf_does_not_depend_on_names_of_nodes(void)
{
    ll_dataset *d = all_cells();
    ll_matrix_f m;
    ll_error e = {0};
    int mirrored = 0;
    CHECK_INT(ll_encode(d->archs, "graf", &m, &e), LL_OK);
    for (int i = 0; i < m.rows; i++) {
        uint8_t mirror[6];
        if (!ll_cell_mirror(d->space, ll_gene(d, i), mirror)) continue;
        int j = ll_dataset_row(d, mirror);
        mirrored++;
        for (int set = SKIP; set <= POOL; set++)
            CHECK(!memcmp(&m.v[(size_t)i * SETS * PER_SET + (size_t)set * PER_SET],
                          &m.v[(size_t)j * SETS * PER_SET + (size_t)set * PER_SET], PER_SET * sizeof(float)));
        for (int c = 0; c < PER_SET; c++)
            CHECK(at(&m, i, PER_SET * BUT_NONE + c) == at(&m, j, PER_SET * BUT_NONE + c));
    }
    CHECK_INT(mirrored, 3125 - 125);
    ll_matrix_f_free(&m);
    ll_dataset_unref(d);
}

static ll_archs *one_arch(const ll_space *s, const char *text)
{
    uint8_t gene[LL_MAX_POSITIONS];
    ll_error e = {0};
    ll_archs *a = ll_archs_new(s, 0);
    check_report(!ll_space_parse(s, text, gene, &e), __FILE__, __LINE__, "%s", e.message);
    ll_archs_push(a, gene);
    return a;
}

/* FBNet: a column for each operation, then for each in each of seven stages of 1, 4, 4, 4, 4, 4, 1 positions. */
static void graf_of_fbnet_counts_stages(void)
{
    ll_dataset *d = some_fbnets(50);
    int ops = d->space->n_ops, stage_of[22];
    ll_matrix_f m;
    ll_error e = {0};
    for (int p = 0; p < 22; p++) stage_of[p] = (p + 3) / 4;
    CHECK_INT(ll_encode(d->archs, "graf", &m, &e), LL_OK);
    CHECK_INT(m.cols, 8 * ops);
    for (int i = 0; i < m.rows; i++) {
        float expected[8 * LL_MAX_OPS] = {0};
        for (int p = 0; p < 22; p++) {
            expected[ll_gene(d, i)[p]]++;
            expected[ops * (1 + stage_of[p]) + ll_gene(d, i)[p]]++;
        }
        CHECK(!memcmp(expected, m.v + (size_t)i * (size_t)m.cols, (size_t)m.cols * sizeof(float)));
    }
    ll_matrix_f_free(&m);
    ll_dataset_unref(d);
}

/* OFA: 3 kernels, 3 expansions, 3 depths, 25 resolutions over all; kernels and expansions of each stage: 5 x 3, 5 x 3. Of the 20
 * slots only those count that are there: here 4 + 2 + 2 + 3 + 2. */
static void graf_of_ofa_counts_what_is_there(void)
{
    enum { KERNELS = 0, EXPANSIONS = 3, DEPTHS = 6, RESOLUTIONS = 9, STAGES = 34 };
    ll_archs *a = one_arch(ll_space_find("ofa"),
                           "r132_k3e3-k3e3-k5e6-k7e6_k3e3-k3e3_k5e4-k5e4_k7e6-k7e6-k7e6_k3e6-k3e4");
    ll_matrix_f m;
    ll_error e = {0};
    CHECK_INT(ll_encode(a, "graf", &m, &e), LL_OK);
    CHECK_INT(m.cols, STAGES + 15 + 15);
    CHECK(at(&m, 0, KERNELS) == 6 && at(&m, 0, KERNELS + 1) == 3 && at(&m, 0, KERNELS + 2) == 4);
    CHECK(at(&m, 0, EXPANSIONS) == 4 && at(&m, 0, EXPANSIONS + 1) == 3 && at(&m, 0, EXPANSIONS + 2) == 6);
    CHECK(at(&m, 0, DEPTHS) == 3 && at(&m, 0, DEPTHS + 1) == 1 && at(&m, 0, DEPTHS + 2) == 1);
    CHECK(at(&m, 0, RESOLUTIONS) == 0 && at(&m, 0, RESOLUTIONS + 1) == 1);
    /* kernels of stage 1; expansions of stages 4 and 5 */
    CHECK(at(&m, 0, STAGES) == 2 && at(&m, 0, STAGES + 1) == 1 && at(&m, 0, STAGES + 2) == 1);
    CHECK(at(&m, 0, STAGES + 24) == 0 && at(&m, 0, STAGES + 25) == 0 && at(&m, 0, STAGES + 26) == 3);
    CHECK(at(&m, 0, STAGES + 27) == 0 && at(&m, 0, STAGES + 28) == 1 && at(&m, 0, STAGES + 29) == 1);
    CHECK_NEAR(row_sum(&m, 0), 2 * (13 + 13) + 5 + 1, 0);
    ll_matrix_f_free(&m);
    ll_archs_unref(a);
}

/* A user's space of which no stages are known: lists that agree are counted together, others apart. */
static void graf_of_own_spaces_counts_lists(void)
{
    static char *const kernels[] = {(char *)"3", (char *)"5"}, *const blocks[] = {(char *)"skip",
                                                                                  (char *)"mb"};
    const ll_position positions[] = {{"k1", kernels, 2}, {"b1", blocks, 2}, {"k2", kernels, 2}};
    const float expected[4] = {0, 2, 1, 0};
    ll_error e = {0};
    const ll_space *s = ll_space_define_positions("graf-own", positions, 3, &e);
    ll_archs *a = one_arch(s, "5|skip|5");
    ll_matrix_f m;
    CHECK_INT(ll_encode(a, "graf", &m, &e), LL_OK);
    CHECK_INT(m.cols, 4);
    CHECK(!memcmp(m.v, expected, sizeof expected));
    ll_matrix_f_free(&m);
    ll_archs_unref(a);
}

static void graf_is_quick(void)
{
    ll_dataset *d = all_cells();
    ll_matrix_f m;
    double start = ll_now_s();
    CHECK_INT(ll_encode(d->archs, "graf", &m, NULL), LL_OK);
    double took = ll_now_s() - start;
    check_report(took < 1, __FILE__, __LINE__, "15,625 cells took %.3f s", took);
    ll_matrix_f_free(&m);
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

/* A set that grows, as the candidates of a search do, knows nothing of what is new. */
static void features_grow_with_their_set(void)
{
    const ll_space *s = ll_space_find("nasbench201");
    ll_archs *a = ll_archs_new(s, 3);
    for (int i = 0; i < 3; i++) s->at(s, i, ll_arch_at(a, i));
    ll_archs_set_feature(a, "zcp", 2, (const float[]){1, 2, 3, 4, 5, 6});
    for (int i = 3; i < 400; i++) {
        uint8_t gene[LL_MAX_POSITIONS];
        s->at(s, i, gene);
        CHECK_INT(ll_archs_add(a, gene, NULL), i);
    }
    ll_archs *last = ll_archs_slice(a, 2, 398);
    const float *v = ll_archs_feature(last, "zcp")->v;
    CHECK(v[0] == 5 && v[1] == 6);
    for (int i = 2; i < 2 * 398; i++) CHECK(isnan(v[i]));
    ll_archs_unref(last);
    ll_archs_unref(a);
}

static const check_case cases[] = {
    {"onehot has one a position", onehot_has_one_a_position},
    {"paths are those by hand", paths_are_those_by_hand},
    {"graph codes tell pruned graphs apart", graph_codes_tell_pruned_graphs_apart},
    {"cost is standardised", cost_is_standardised},
    {"features are found by name", features_are_found_by_name},
    {"what is missing is said", what_is_missing_is_said},
    {"graf of cells is by hand", graf_of_cells_is_by_hand},
    {"graf does not depend on names of nodes", graf_does_not_depend_on_names_of_nodes},
    {"graf of fbnet counts stages", graf_of_fbnet_counts_stages},
    {"graf of ofa counts what is there", graf_of_ofa_counts_what_is_there},
    {"graf of own spaces counts lists", graf_of_own_spaces_counts_lists},
    {"graf is quick", graf_is_quick},
    {"components are numpy's", components_are_numpys},
    {"components beyond the rank are zero", components_beyond_the_rank_are_zero},
    {"features grow with their set", features_grow_with_their_set},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_encode", cases, argc, argv);
}
