/* Tables of layer costs: what files may look like, what is refused, and what an architecture's bill comes to. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/costs/costs_file.h"
#include "core/costs/costs_tensors.h"
#include "core/costs/coverage.h"
#include "core/costs/part_names.h"
#include "tests/check.h"

/* A sealed table of this text; NULL: refused, *e says why. */
static ll_costs *table_of(const char *what, const char *text, const ll_space *space, ll_error *e)
{
    ll_costs *c = ll_costs_new(space);
    *e = (ll_error){0};
    if (ll_costs_read_text(c, what, text, strlen(text), NULL, e)) {
        ll_costs_unref(c);
        return NULL;
    }
    ll_costs_seal(c, NULL);
    return c;
}

static void refused(const char *what, const char *text, const char *why)
{
    ll_error e;
    ll_costs *c = table_of(what, text, ll_space_find("nasbench201"), &e);
    check_report(!c && e.status == LL_BAD_DATA && strstr(e.message, why), __FILE__, __LINE__,
                 "%s: \"%s\" should hold \"%s\"", what, e.message, why);
    ll_costs_unref(c);
}

static void names_are_read_and_written(void)
{
    static const char *const names[] = {
        "Conv-input:224x224x3-output:112x112x24",
        "Conv_1-input:7x7x192-output:7x7x1152",
        "Conv_2-input:1x1x1152-output:1x1x1536",
        "Logits-input:1x1x1536-output:1000",
        "Logits-input:7x7x1280-output:1000",
        "AvgPool2D-input:7x7x1152-output:1x1x1152",
        "expanded_conv-input:14x14x96-output:14x14x136-expand:288-kernel:7-stride:1-idskip:0-se:1-hs:1",
        "expanded_conv-input:7x7x192-output:7x7x320-expand:6-kernel:5-stride:1-idskip:0"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        ll_part p;
        ll_error e = {0};
        ll_str text = {0};
        CHECK_OK(ll_part_read_name(names[i], &p, &e));
        CHECK(ll_part_write_name(&p, &text));
        CHECK_STR(ll_str_text(&text), names[i]);
        ll_str_free(&text);
    }
    static const char *const bad[] = {"",
                                      "Conv",
                                      "Conv-input:224x224x3",
                                      "Conv-input:224x112x3-output:112x112x24",
                                      "Conv-input:224x224x3-output:112x112x24x1",
                                      "Conv-input:99999999x99999999x3-output:1x1x1",
                                      "Pool-input:4x4x3-output:2x2x3",
                                      "expanded_conv-input:7x7x8-output:7x7x8",
                                      "expanded_conv-input:7x7x8-output:7x7x8-expand:6-expand:6",
                                      "AvgPool2D-input:7x7x8-output:1x1x9",
                                      "ConvBlock_H32_W16_Cin16",
                                      "ConvBlock_H32_H32"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ll_part p;
        ll_error e = {0};
        check_report(ll_part_read_name(bad[i], &p, &e) == LL_BAD_DATA, __FILE__, __LINE__, "%s", bad[i]);
    }
}

static void rows_of_yaml_are_read(void)
{
    ll_error e;
    ll_costs *c = table_of("t.yaml",
                           "Conv-input:224x224x3-output:112x112x32:\n  count: 10\n  mean: 1.5\n  var: 0.01\n"
                           "Conv_1-input:7x7x320-output:7x7x1280: &a {mean: 2, std: .5, min: 1}\n"
                           "Conv_1-input:7x7x192-output:7x7x1152: *a\n"
                           "Logits-input:7x7x1280-output:1000: 3.25\n",
                           NULL, &e);
    CHECK_STR(e.message, "");
    if (!c) return;
    CHECK_INT(c->n, 4);
    ll_part stem, same;
    CHECK_OK(ll_part_read_name("Conv-input:224x224x3-output:112x112x32", &stem, &e));
    CHECK_OK(ll_part_read_name("Conv_1-input:7x7x192-output:7x7x1152", &same, &e));
    stem.v[LL_PART_STRIDE] = 2, stem.v[LL_PART_ACT] = LL_RELU6;
    const ll_cost_row *r = ll_costs_find(c, &stem), *alias = ll_costs_find(c, &same);
    CHECK(r && alias);
    if (!r || !alias) return;
    CHECK_NEAR(r->ms, 1.5, 0);
    CHECK_NEAR(r->std_ms, .1, 1e-15);
    CHECK_INT(r->count, 10);
    CHECK_NEAR(alias->ms, 2, 0);
    CHECK_NEAR(alias->std_ms, .5, 0);
    ll_costs_unref(c);
}

static void hostile_yaml_is_refused(void)
{
#define ROW "Logits-input:1x1x8-output:4"
    static const char *const bad[][2] = {
        {"", "line 1: the file is empty"},
        {"[1, 2]\n", "line 1: a mapping of layers to costs was expected"},
        {"hello\n", "line 1: a mapping of layers"},
        {"a: 1\n", "line 1: \"a\" is no part of a network"},
        {ROW ":\n  mean: -1\n", "line 2: mean \"-1\": a number from 0 was expected"},
        {ROW ":\n  mean: .nan\n", "line 2: mean \".nan\""},
        {ROW ":\n  mean: 1e999\n", "line 2: mean \"1e999\""},
        {ROW ":\n  mean: 1e308\n", "cost: no device takes 1e+308 ms"},
        {ROW ": 1e-300\n", "cost: no device takes 1e-300 ms"},
        {ROW ":\n  count: 3\n", "line 3: no mean"},
        {ROW ":\n  mean: 1\n  mean: 2\n", "line 3: mean is given twice"},
        {ROW ":\n  mean: [1]\n", "line 2: a number was expected: rows have two levels"},
        {ROW ":\n  mean: !!python/object/apply:os.system [id]\n", "line 2: a number was expected"},
        {ROW ": !!python/name:os.system x\n", "line 1: the cost is no number"},
        {ROW ": [1, 2]\n", "line 1: mean, std and count were expected"},
        {ROW ": 1\n" ROW ": 2\n", "line 2: \"" ROW "\" is given twice"},
        {ROW ": *a\n", "line 1: *a stands for no row before it"},
        {"? [[[[[[[[[[[[[[[[[[[[\n", "line 1: "},
        {"&a [*a, *a]\n", "line 1: a mapping of layers"},
        {"&a {" ROW ": *a}\n", "*a stands for no row"},
        {ROW ": 1\n---\n" ROW ": 2\n", "one document"},
        {ROW ": \"\\0\"\n", "line 1: the cost is no number"},
        {ROW ": {mean: 1\n", "no YAML"},
        {"\t\x01", "no YAML"},
    };
#undef ROW
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) refused("t.yaml", bad[i][0], bad[i][1]);
}

/* nn-Meter's columns; the kernel by the file's name or a column; what networks here do not have is counted. */
static void kernels_are_read(void)
{
    ll_error e;
    ll_costs *c =
        table_of("/x/Data_dwconv-bn-relu6_prior.csv",
                 "model_path,HW,CIN,COUT,KERNEL_SIZE,STRIDES,feature_0,latency\n"
                 "dwconv-bn-relu6_prior_A,14,96,,3,2,0.1,1.25\nconv-bn-relu_prior_B,14,96,24,1,1,9,2\n",
                 NULL, &e);
    CHECK_STR(e.message, "");
    ll_layer dw = {.kind = LL_CONV,
                   .c_in = 96,
                   .c_out = 96,
                   .h_in = 14,
                   .h_out = 7,
                   .kernel = 3,
                   .stride = 2,
                   .groups = 96,
                   .act = LL_RELU6};
    ll_part p = ll_part_of_layer(&dw);
    const ll_cost_row *r = c ? ll_costs_find(c, &p) : NULL;
    CHECK(r && r->ms == 1.25);
    p.v[LL_PART_ACT] = LL_RELU;
    CHECK(c && !ll_costs_find(c, &p));
    ll_costs_unref(c);
    c = ll_costs_new(NULL);
    int ignored = 0;
    static const char text[] =
        "kind,HW,CIN,KERNEL_SIZE,POOL_STRIDES,latency\nmaxpool,8,4,3,2,1\navgpool,8,4,3,1,1\n";
    CHECK_OK(ll_costs_read_text(c, "k.csv", text, strlen(text), &ignored, &e));
    CHECK_INT(ignored, 1);
    CHECK_INT(c->n, 1);
    ll_costs_unref(c);
}

static void bad_tables_are_refused(void)
{
    static const char *const bad[][2] = {
        {"kind,ms\nconv,1\n", "line 2: conv without h_in"},
        {"kind,c_in,ms\nfoo,1,1\n", "line 2: \"foo\" is no kind of part"},
        {"kind,c_in,h_in,ms\nmean,8,0,1\n", "line 2: h_in 0 of mean is out of range"},
        {"kind,c_in,h_in,ms\nmean,8,2.5,1\n", "line 2: \"2.5\" in column 3: a whole number"},
        {"kind,c_in,h_in,ms,std_ms\nmean,8,2,1,-1\n", "line 2: standard deviation \"-1\""},
        {"kind,c_in,h_in,ms\nmean,8,2,\n", "line 2: the cost is missing"},
        {"kind,c_in,c_out,act,ms\nlinear,8,2,gelu,1\n", "line 2: \"gelu\" is no activation"},
        {"kind,c_in,h_in,ms\nmean,8,2,1e-300\n",
         "line 2: cost \"1e-300\": no device takes 1e-300 ms: 0, or from 1e-09 to 1e+09 ms was expected"},
        {"kind,c_in,h_in,ms\nmean,8,2,1e308\n", "line 2: cost \"1e308\": no device takes 1e+308 ms"},
        {"operation,ms\nnor_conv_1x1,1e10\n", "line 2: cost \"1e10\": no device takes 1e+10 ms"},
        {"kind,c_in,h_in,ms,std_ms\nmean,8,2,1,1e200\n", "line 2: standard deviation 1e+200: at most"},
        {"HW,CIN,latency\n8,8,1\n", "what the costs are of is not said"},
        {"name,ms\nConv-input:1,1\n", "line 2: \"Conv-input:1\" is no part of a network"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) refused("t.csv", bad[i][0], bad[i][1]);
    ll_error e;
    CHECK(!table_of("t.csv", "operation,ms\nnone,1\n", NULL, &e));
    CHECK_HAS(e.message, "line 2: a cost of an operation, and no search space is known");
}

/* Means are weighted by their runs; the deviation is around the joint mean. */
static void equal_parts_become_one(void)
{
    ll_error e;
    ll_costs *c =
        table_of("t.csv", "kind,h_in,c_in,ms,std_ms,count\nmean,7,8,1,0,30\nmean,7,8,5,0,10\n", NULL, &e);
    CHECK(c && c->n == 1);
    if (!c) return;
    CHECK_NEAR(c->rows[0].ms, 2, 1e-15);
    CHECK_NEAR(c->rows[0].std_ms, sqrt(3), 1e-12);
    CHECK_INT(c->rows[0].count, 40);
    ll_costs_unref(c);
}

static void same_tables(const ll_costs *a, const ll_costs *b)
{
    CHECK_INT(a->n, b->n);
    for (int i = 0; i < a->n && i < b->n; i++) {
        CHECK(!ll_part_compare(&a->rows[i].part, &b->rows[i].part));
        CHECK_NEAR(a->rows[i].ms, b->rows[i].ms, 0);
        CHECK_NEAR(a->rows[i].std_ms, b->rows[i].std_ms, 0);
        CHECK_INT(a->rows[i].count, b->rows[i].count);
    }
}

static ll_costs *opened(const char *path, const ll_space *space)
{
    ll_error e = {0};
    ll_costs *c = NULL;
    check_report(!ll_costs_open(path, space, &c, NULL, &e), __FILE__, __LINE__, "%s", e.message);
    return c;
}

/* The published tables of a Galaxy Note 10: out and in again in both forms, nothing is lost. */
static void note10_comes_back(void)
{
    const char *folder = check_shared("upstream/OFA/note10");
    if (!folder) return;
    ll_costs *c = opened(folder, NULL);
    char *csv = ll_path_join(check_tmpdir(), "out.csv"), *yaml = ll_path_join(check_tmpdir(), "out.yaml");
    ll_error e = {0};
    int left_out = -1;
    if (!c) return;
    CHECK(c->n > 400);
    CHECK_OK(ll_costs_write_csv(c, NULL, csv, &e));
    CHECK_OK(ll_costs_write_yaml(c, yaml, &left_out, &e));
    CHECK_INT(left_out, 0);
    ll_costs *a = opened(csv, NULL), *b = opened(yaml, NULL);
    if (a) same_tables(c, a);
    if (b) same_tables(c, b);
    ll_costs_unref(a);
    ll_costs_unref(b);
    ll_costs_unref(c);
    free(csv);
    free(yaml);
}

static ll_costs *read_text(const char *what, const char *text, ll_costs *into, ll_status *status, ll_error *e)
{
    *status = ll_costs_read_text(into, what, text, strlen(text), NULL, e);
    return into;
}

/* What timed a table stays with it, in files and in models, and rows of another engine do not join it. */
static void what_timed_a_table_stays_with_it(void)
{
    static const char mine[] =
        "# latlab measure layers space=fbnet: engine=onednn dtype=f32 (oneDNN 2.6.3) on x\n"
        "kind,h_in,c_in,h_out,c_out,kernel,ms\nconv,32,16,32,16,3,.05\n",
                      other[] = "# latlab measure layers space=fbnet: engine=blas dtype=f32 (plain) on x\n"
                                "kind,h_in,c_in,h_out,c_out,kernel,ms\nconv,16,16,16,16,3,.02\n";
    ll_error e = {0};
    ll_status status;
    ll_tensors file = {0};
    char *path = ll_path_join(check_tmpdir(), "timed.csv");
    ll_costs *back = NULL, *c = read_text("mine.csv", mine, ll_costs_new(NULL), &status, &e);
    CHECK_OK(status);
    CHECK_STR(c->settings, "engine=onednn dtype=f32");
    CHECK_INT(ll_costs_read_text(c, "other.csv", other, strlen(other), NULL, &e), LL_BAD_DATA);
    CHECK_HAS(e.message,
              "other.csv: timed with engine=blas dtype=f32, and rows of the same table with engine=onednn");
    ll_costs_seal(c, NULL);
    ll_costs *wordy = ll_costs_new(NULL);
    char note[4000] = "engine=";
    memset(note + strlen(note), 'x', sizeof note - 8);
    CHECK_OK(ll_costs_timed_by(wordy, note, &e));
    CHECK(wordy->settings && strlen(wordy->settings) == 200);
    ll_costs_unref(wordy);
    CHECK_OK(ll_costs_write_csv(c, NULL, path, &e));
    if ((back = opened(path, NULL))) CHECK_STR(back->settings, c->settings);
    ll_costs_unref(back);
    ll_costs_save(c, &file);
    CHECK_OK(ll_costs_load(&file, NULL, &back, &e));
    if (back) CHECK_STR(back->settings, c->settings);
    ll_costs_unref(back);
    ll_costs_unref(c);
    ll_tensors_free(&file);
    free(path);
}

/* What a table lacks is counted and named, once each. */
static void what_a_table_lacks_is_named(void)
{
    static const char text[] =
        "kind,h_in,c_in,h_out,c_out,kernel,stride,groups,ms\nconv,32,16,32,16,3,1,1,.05\n";
    const ll_space *s = ll_space_find("nasbench201");
    ll_error e = {0};
    ll_status status;
    ll_str said = {0};
    ll_coverage v;
    const uint8_t genes[12] = {3, 3, 3, 3, 3, 3,
                               1, 1, 1, 1, 1, 1}; /* a cell of 3x3 convolutions, one of copies */
    ll_costs *c = read_text("one.csv", text, ll_costs_new(s), &status, &e);
    CHECK_OK(status);
    ll_costs_seal(c, NULL);
    ll_costs_coverage(c, s, genes, 2, &v);
    CHECK_INT(v.parts - v.missing, 30); /* six in each of the first five cells */
    CHECK_INT(v.n_named, LL_COVERAGE_NAMED);
    ll_coverage_text(&v, s, &said);
    CHECK_HAS(ll_str_text(&said), "of 2 networks (");
    CHECK_HAS(ll_str_text(&said), "have no row: conv 3x3 3>16 32x32, ");
    ll_str_free(&said);
    ll_costs_unref(c);
}

/* All parts of an architecture, each as its own row of 1 ms: nothing is missing, however they are cut. */
static void bill_covers_each_layer_once(void)
{
    static const char *const spaces[] = {"nasbench201", "fbnet", "ofa"};
    for (int k = 0; k < 3; k++) {
        const ll_space *s = ll_space_find(spaces[k]);
        uint8_t gene[LL_MAX_POSITIONS] = {0};
        ll_network n;
        ll_error e = {0};
        ll_bill bill;
        for (int p = 0; p < s->n_positions; p++) gene[p] = (uint8_t)(p % 3 ? 1 : 0);
        ll_space_canonical(s, gene);
        CHECK_OK(ll_network_build(s, gene, &n, &e));
        ll_costs *c = ll_costs_new(NULL);
        for (int i = 0; i < n.n_layers; i++) {
            ll_cost_row row = {ll_part_of_layer(&n.layers[i]), 1, NAN, 0};
            CHECK_OK(ll_costs_add(c, &row, &e));
            for (ll_part_kind kind = LL_PART_SE; kind <= LL_PART_TAIL && k; kind++)
                if (ll_part_at(&n, i, kind, &row.part)) CHECK_OK(ll_costs_add(c, &row, &e));
        }
        ll_costs_seal(c, NULL);
        ll_costs_bill(c, s, gene, &bill);
        CHECK_INT(bill.missing, 0);
        int layers = 0;
        bool blocks = false;
        for (int i = 0; i < bill.n; i++) {
            CHECK_INT(bill.lines[i].first, layers);
            layers += bill.lines[i].n;
            blocks |= bill.lines[i].part.kind == LL_PART_BLOCK;
        }
        CHECK_INT(layers, n.n_layers);
        CHECK(blocks == (k > 0));
        CHECK_NEAR(bill.ms, bill.n, 0);
        ll_costs_unref(c);
    }
}

/* HW-NAS-Bench's names are parts of FBNet's networks: the whole sum is found. */
static void fbnet_blocks_have_names(void)
{
    ll_error e;
    ll_costs *c = table_of("t.csv",
                           "name,ms\nConvNorm_H32_W32_Cin3_Cout16_kernel3_stride1_group1,1\n"
                           "ConvBlock_H32_W32_Cin16_Cout16_exp1_kernel3_stride1_group1,2\n"
                           "ConvBlock_H32_W32_Cin16_Cout24_exp1_kernel5_stride1_group2,4\n"
                           "Skip_H32_W32_Cin24_Cout24_stride1,8\nSkip_H32_W32_Cin24_Cout32_stride2,16\n"
                           "AvgP_H4_W4_Cin1504_Cout1504_kernel4_stride1,32\nFC_Cin1504_Cout100,64\n",
                           NULL, &e);
    CHECK_STR(e.message, "");
    uint8_t gene[LL_MAX_POSITIONS];
    for (int p = 0; p < 22; p++) gene[p] = 8;
    gene[0] = 0, gene[1] = 5;
    ll_bill bill;
    if (!c) return;
    ll_costs_bill(c, ll_space_find("fbnet"), gene, &bill);
    CHECK_NEAR(bill.ms, 1 + 2 + 4 + 3 * 8 + 16 + 32 + 64, 0);
    ll_costs_unref(c);
}

/* What is saved within a model prices as before; damaged tensors are refused. */
static void tensors_come_back(void)
{
    ll_error e;
    ll_costs *c = table_of("t.csv",
                           "operation,ms\nnor_conv_1x1,1\nnor_conv_3x3,2\nskip_connect,0\navg_pool_3x3,3\n",
                           ll_space_find("nasbench201"), &e),
             *again = NULL;
    ll_tensors t = {0};
    CHECK(c != NULL);
    if (!c) return;
    ll_costs_save(c, &t);
    CHECK_OK(ll_costs_load(&t, c->space, &again, &e));
    if (again) same_tables(c, again);
    ll_costs_unref(again);
    ((int32_t *)ll_tensors_find(&t, "costs.part")->data)[0] = 99;
    CHECK_INT(ll_costs_load(&t, c->space, &again, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "costs.part");
    ll_tensors_free(&t);
    ll_costs_unref(c);
}

static const check_case cases[] = {
    {"names are read and written", names_are_read_and_written},
    {"rows of yaml are read", rows_of_yaml_are_read},
    {"hostile yaml is refused", hostile_yaml_is_refused},
    {"kernels are read", kernels_are_read},
    {"bad tables are refused", bad_tables_are_refused},
    {"equal parts become one", equal_parts_become_one},
    {"note10 comes back", note10_comes_back},
    {"what timed a table stays with it", what_timed_a_table_stays_with_it},
    {"what a table lacks is named", what_a_table_lacks_is_named},
    {"bill covers each layer once", bill_covers_each_layer_once},
    {"fbnet blocks have names", fbnet_blocks_have_names},
    {"tensors come back", tensors_come_back},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_costs", cases, argc, argv);
}
