/* Look-up tables as devices of a dataset: sums, what is missing, and the table that stays with them. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/costs/costs_file.h"
#include "core/device/dataset.h"
#include "data/datasets/folder.h"
#include "data/importers/import.h"
#include "tests/check.h"
#include "tests/spaces.h"

static char *file_of(const char *name, const char *text, size_t n)
{
    ll_error e = {0};
    char *path = ll_path_join(check_tmpdir(), name);
    CHECK_INT(ll_write_file(path, text, n, &e), LL_OK);
    return path;
}

static ll_dataset *imported(ll_status (*read)(ll_import *, ll_dataset **, ll_error *), ll_import *job)
{
    ll_dataset *d = NULL;
    ll_error e = {0};
    check_report(!read(job, &d, &e), __FILE__, __LINE__, "%s", e.message);
    return d;
}

/* The smallest network at 160x160: 9.89034651207867 ms by Once-for-All's own program (ofa/tutorial/latency_table.py). */
static void note10_sums_as_published(void)
{
    const char *path = check_shared("upstream/OFA/note10/160_lookup_table.yaml");
    const ll_space *s = ll_space_find("ofa_w12");
    uint8_t gene[LL_MAX_POSITIONS] = {0};
    ll_error e = {0};
    ll_costs *c = NULL;
    ll_bill bill;
    if (!path) return;
    gene[45] = 8; /* 160 */
    CHECK_OK(ll_costs_open(path, s, &c, NULL, &e));
    if (!c) return;
    ll_costs_bill(c, s, gene, &bill);
    CHECK_INT(bill.missing, 0);
    CHECK_NEAR(bill.ms, 9.89034651207867, 1e-12);
    ll_costs_unref(c);
}

/* One resolution of 25 has a table: what is drawn has it. */
static void resolutions_without_a_table_are_not_drawn(void)
{
    const char *path = check_shared("upstream/OFA/note10/160_lookup_table.yaml");
    if (!path) return;
    ll_import job = {.path = path, .name = "t", .space = ll_space_find("ofa_w12"), .n = 40};
    ll_dataset *d = imported(ll_import_lut, &job);
    CHECK(d && d->n_archs == 40);
    for (int i = 0; d && i < d->n_archs; i++) CHECK(ll_gene(d, i)[45] == 8 && ll_known(d, 0, i));
    if (CHECK(job.notes.n >= 2)) CHECK_HAS(job.notes.v[0], "are passed over");
    ll_dataset_unref(d);
    ll_strs_free(&job.notes);
}

/* A pickle {"nasbench201": {}, "fbnet": {"raspi4_latency": {block: cost}}} whose costs are those of cost_of(). */
static double cost_of(const char *name)
{
    double ms = 0;
    for (const char *p = name; *p; p++) ms = ms * 1.01 + *p / 64.;
    return ms;
}

static void put_text(ll_str *out, const char *text)
{
    ll_str_addc(out, 'X');
    for (int i = 0; i < 4; i++) ll_str_addc(out, (char)(strlen(text) >> 8 * i & 255));
    ll_str_add(out, text);
}

static void put_block(ll_str *out, const char *name)
{
    uint64_t bits;
    double ms = cost_of(name);
    memcpy(&bits, &ms, sizeof bits);
    put_text(out, name);
    ll_str_addc(out, 'G');
    for (int i = 7; i >= 0; i--) ll_str_addc(out, (char)(bits >> 8 * i & 255));
    ll_str_addc(out, 's');
}

/* hw_nas_bench_api.py's walk along FBNet: the name of each block of this architecture, or of all choices (NULL). */
static double walk(const uint8_t *gene, ll_str *out)
{
    static const int blocks[] = {1, 4, 4, 4, 4, 4, 1}, channels[] = {16, 24, 32, 64, 112, 184, 352},
                     strides[] = {1, 1, 2, 2, 1, 2, 1},
                     choice[8][3] = {{1, 3, 1}, {1, 3, 2}, {3, 3, 1}, {6, 3, 1},
                                     {1, 5, 1}, {1, 5, 2}, {3, 5, 1}, {6, 5, 1}};
    double sum = 0;
    int side = 32, c = 16, p = 0;
    char name[100];
    for (int i = 0; i < 7; i++)
        for (int j = 0; j < blocks[i]; j++, p++) {
            int stride = j ? 1 : strides[i];
            for (int op = 0; op < 9; op++) {
                if (gene && gene[p] != op) continue;
                if (op < 8)
                    snprintf(name, sizeof name,
                             "ConvBlock_H%d_W%d_Cin%d_Cout%d_exp%d_kernel%d_stride%d_group%d", side, side, c,
                             channels[i], choice[op][0], choice[op][1], stride, choice[op][2]);
                else
                    snprintf(name, sizeof name, "Skip_H%d_W%d_Cin%d_Cout%d_stride%d", side, side, c,
                             channels[i], stride);
                if (out) put_block(out, name);
                sum += cost_of(name);
            }
            side /= stride;
            c = channels[i];
        }
    static const char *const fixed[] = {"ConvNorm_H32_W32_Cin3_Cout16_kernel3_stride1_group1",
                                        "ConvNorm_H4_W4_Cin352_Cout1504_kernel1_stride1_group1",
                                        "AvgP_H4_W4_Cin1504_Cout1504_kernel4_stride1", "FC_Cin1504_Cout100"};
    for (int i = 0; i < 4; i++) {
        if (out) put_block(out, fixed[i]);
        sum += cost_of(fixed[i]);
    }
    return sum;
}

static void fbnet_sums_as_published(void)
{
    ll_str text = {0};
    ll_str_add(&text, "\x80\x02}");
    put_text(&text, "nasbench201");
    ll_str_add(&text, "}s");
    put_text(&text, "fbnet");
    ll_str_addc(&text, '}');
    put_text(&text, "raspi4_latency");
    ll_str_addc(&text, '}');
    walk(NULL, &text);
    ll_str_add(&text, "ss.");
    char *path = file_of("hw.pickle", text.s, text.len);
    ll_import job = {.path = path, .name = "fb", .space = ll_space_find("fbnet"), .n = 40};
    ll_dataset *d = imported(ll_import_hwnas, &job);
    for (int i = 0; d && i < d->n_archs; i++)
        CHECK_NEAR(ll_latencies(d, 0)[i] / walk(ll_gene(d, i), NULL), 1, 1e-12);
    CHECK(d && d->n_archs == 40 && d->devices[0].costs && !strcmp(d->devices[0].hardware, "Raspberry Pi 4"));
    CHECK(ll_is_hwnas(path));
    CHECK(ll_importer_of(path, ll_importer_find("help")) == ll_importer_find("hwnasbench"));
    ll_error e = {0};
    ll_dataset *bad = NULL;
    job.metric = "cifar100";
    CHECK_INT(ll_import_hwnas(&job, &bad, &e), LL_USAGE);
    job.metric = NULL;
    job.space = ll_space_find("ofa");
    CHECK_INT(ll_import_hwnas(&job, &bad, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "no \"ofa\" in it (it has nasbench201, fbnet)");
    ll_dataset_unref(d);
    ll_strs_free(&job.notes);
    ll_str_free(&text);
    free(path);
}

static const char table[] = "kind,h_in,c_in,c_out,kernel,groups,ms\n"
                            "conv,32,16,16,3,1,2\nconv,16,32,32,3,1,2\nconv,8,64,64,3,1,2\n"
                            "conv,32,16,16,1,1,1\nconv,16,32,32,1,1,1\nconv,8,64,64,1,1,1\n"
                            "add,32,16,,,,.5\nadd,16,32,,,,.5\nadd,8,64,,,,.5\n";

/* Pools are not in the table: architectures without them have sums, the stem and the rest are left out of all. */
static void what_is_missing_is_said(void)
{
    char *path = file_of("layers.csv", table, sizeof table - 1);
    ll_import job = {.path = path, .name = "t", .space = ll_space_find("nasbench201"), .n = 300};
    ll_dataset *d = imported(ll_import_lut, &job);
    int known = 0;
    for (int i = 0; d && i < d->n_archs; i++) {
        bool pool = false;
        ll_network n;
        CHECK_OK(ll_network_build(d->space, ll_gene(d, i), &n, NULL));
        for (int k = 0; k < n.n_layers; k++)
            pool |= n.layers[k].kind == LL_POOL_AVG && n.layers[k].position >= 0;
        CHECK(ll_known(d, 0, i) == !pool);
        known += !pool;
    }
    CHECK(d && known > 0 && known < d->n_archs);
    CHECK_INT(job.notes.n, 3);
    if (job.notes.n == 3) {
        CHECK_HAS(job.notes.v[1], "pool");
        CHECK_HAS(job.notes.v[2], "conv 3x3 3>16");
    }
    ll_dataset_unref(d);
    ll_strs_free(&job.notes);
    free(path);
}

/* The table goes to the disk with its device, comes back, and stays when others join. */
static void table_stays_with_its_device(void)
{
    static const char text[] =
        "operation,position,ms,std\nnor_conv_3x3,,2,.2\nnor_conv_1x1,,1,\navg_pool_3x3,,.5,\n"
        "skip_connect,,.25,\nnor_conv_3x3,1>3,3,\n";
    char *path = file_of("ops.csv", text, sizeof text - 1), *folder = ll_path_join(check_tmpdir(), "saved");
    ll_dataset *cells = all_cells(), *joined = NULL, *loaded = NULL;
    ll_import job = {.path = path, .name = "t", .space = cells->space, .into = cells, .device = "lut"};
    ll_dataset *d = imported(ll_import_lut, &job);
    ll_error e = {0};
    CHECK_OK(ll_dataset_seal(cells, &e));
    CHECK(d && d->n_archs == 15625);
    CHECK_OK(ll_import_merge(cells, d, false, &joined, NULL, &e));
    CHECK_OK(ll_folder_save(joined, folder, NULL, &e));
    CHECK_OK(ll_folder_load(folder, &loaded, &e));
    CHECK_STR(e.message, "");
    int j = loaded ? ll_dataset_device(loaded, "lut") : -1;
    CHECK(j >= 0 && loaded->devices[j].costs && loaded->devices[j].costs->n == d->devices[0].costs->n);
    for (int i = 0; j >= 0 && i < loaded->n_archs; i += 1001) {
        ll_bill bill;
        ll_costs_bill(loaded->devices[j].costs, loaded->space, ll_gene(loaded, i), &bill);
        CHECK_NEAR(bill.ms, ll_latencies(loaded, j)[i], 0);
    }
    CHECK(j >= 0 && !loaded->devices[0].costs);
    ll_dataset_unref(cells);
    ll_dataset_unref(d);
    ll_dataset_unref(joined);
    ll_dataset_unref(loaded);
    ll_strs_free(&job.notes);
    free(path);
    free(folder);
}

/* Rows of layers become the blocks that Once-for-All's tables have. */
static void layers_become_blocks(void)
{
    const ll_space *s = ll_space_find("ofa");
    uint8_t gene[LL_MAX_POSITIONS] = {0};
    ll_network n;
    ll_error e = {0};
    ll_bill bill, grouped;
    ll_costs *c = ll_costs_new(NULL);
    CHECK_OK(ll_network_build(s, gene, &n, &e));
    for (int i = 0; i < n.n_layers; i++) {
        ll_cost_row row = {ll_part_of_layer(&n.layers[i]), .25, .5, 7};
        CHECK_OK(ll_costs_add(c, &row, &e));
    }
    ll_costs_seal(c, NULL);
    for (int i = 0; i < c->n; i++) c->rows[i].ms = .25, c->rows[i].std_ms = .5;
    ll_costs *blocks = ll_costs_regroup(c, s, gene, 1);
    ll_costs_bill(c, s, gene, &bill);
    ll_costs_bill(blocks, s, gene, &grouped);
    CHECK_NEAR(grouped.ms, bill.ms, 1e-12);
    CHECK_INT(grouped.missing, 0);
    CHECK_INT(grouped.n, 16); /* stem, 11 blocks, convolution, mean, convolution, classifier */
    char *yaml = ll_path_join(check_tmpdir(), "blocks.yaml");
    int left_out = -1;
    CHECK_OK(ll_costs_write_yaml(blocks, yaml, &left_out, &e));
    CHECK_INT(left_out, 0);
    ll_costs_unref(c);
    ll_costs_unref(blocks);
    free(yaml);
}

static const check_case cases[] = {
    {"note10 sums as published", note10_sums_as_published},
    {"resolutions without a table are not drawn", resolutions_without_a_table_are_not_drawn},
    {"fbnet sums as published", fbnet_sums_as_published},
    {"what is missing is said", what_is_missing_is_said},
    {"table stays with its device", table_stays_with_its_device},
    {"layers become blocks", layers_become_blocks},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_lut_import", cases, argc, argv);
}
