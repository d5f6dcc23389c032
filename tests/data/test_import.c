/* Importers of the published files, the dataset folder, and what they say about bad input. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/device/scores.h"
#include "data/datasets/folder.h"
#include "data/importers/import.h"
#include "tests/check.h"

static const char help_nb201[] = "upstream/HELP/nasbench201", help_fbnet[] = "upstream/HELP/fbnet",
                  help_ofa[] = "upstream/HELP/ofa";

/* Imports a shared file or folder; NULL when it is not there (the case is then skipped). */
static ll_dataset *import_shared(const char *kind, const char *shared, ll_import *job)
{
    const char *path = check_shared(shared);
    ll_dataset *d = NULL;
    ll_error e = {0};
    if (!path) return NULL;
    job->path = path;
    if (!job->name) job->name = "test";
    CHECK_INT(ll_importer_find(kind)->read(job, &d, &e), LL_OK);
    CHECK_STR(e.message, "");
    return d;
}

static double at(const ll_dataset *d, const char *device, int row)
{
    int j = ll_dataset_device(d, device);
    return j < 0 ? NAN : ll_latencies(d, j)[row];
}

static int distinct(const ll_dataset *d, const char *device)
{
    const double *v = ll_latencies(d, ll_dataset_device(d, device));
    int n = 0;
    for (int i = 0; i < d->n_archs; i++) {
        bool before = false;
        for (int k = 0; k < i && !before; k++) before = v[k] == v[i];
        n += !before;
    }
    return n;
}

/* --- HELP --- */

static void help_nasbench201_is_read(void)
{
    ll_import job = {.name = "nb201"};
    ll_dataset *d = import_shared("help", help_nb201, &job);
    if (!d) return;
    CHECK_INT(d->n_archs, 15625);
    CHECK_INT(d->n_devices, 27);
    CHECK(at(d, "fpga", 0) == 2.57296);
    CHECK_INT(distinct(d, "pixel2"), 42);
    CHECK_STR(d->devices[ll_dataset_device(d, "titan_rtx_256")].note, "batch 256");
    CHECK(!d->devices[ll_dataset_device(d, "essential_ph_1")].note);
    CHECK_INT(d->reference.n, 10);
    CHECK_INT(d->reference.v[0], 11982);
    int row;
    ll_error e = {0};
    const char *text =
        "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_1x1~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|";
    CHECK_INT(ll_dataset_find_arch(d, text, &row, &e), LL_OK);
    CHECK_NEAR(ll_dataset_score(d, "cifar100_metad2a")->v[row], 72.41999998168944, 0);
    /* the index of the published file is the canonical one */
    for (int i = 0; i < d->n_archs; i += 97) CHECK_INT(d->space->index_of(d->space, ll_gene(d, i)), i);
    ll_dataset_unref(d);
    ll_strs_free(&job.notes);
}

static void help_fbnet_is_read(void)
{
    ll_import job = {.name = "fbnet"};
    ll_dataset *d = import_shared("help", help_fbnet, &job);
    if (!d) return;
    CHECK_INT(d->n_archs, 5000);
    CHECK_INT(d->n_devices, 27);
    CHECK_INT(ll_gene(d, 0)[0], 7);
    CHECK_INT(ll_gene(d, 0)[21], 5);
    CHECK(!d->n_scores);
    ll_dataset_unref(d);
    ll_strs_free(&job.notes);
}

/* No two of the 5,000 are the same in canonical form: sealing would say so. */
static void help_ofa_is_read(void)
{
    ll_import job = {.name = "ofa"};
    ll_dataset *d = import_shared("help", help_ofa, &job);
    if (!d) return;
    static const int reference[] = {1316, 1587, 1621, 1636, 1980, 2329, 2487, 3355, 3740, 4948};
    ll_str first = {0};
    CHECK_STR(d->space->name, "ofa");
    CHECK_INT(d->n_archs, 5000);
    CHECK_INT(d->n_devices, 12);
    d->space->format(d->space, ll_gene(d, 0), &first);
    CHECK_STR(first.s, "r204_k7e6-k5e4_k7e6-k7e3_k5e3-k7e6_k5e3-k3e6_k5e6-k3e4-k5e3");
    CHECK(at(d, "titan_rtx_64", 0) == 27.681560516357422);
    CHECK_STR(d->devices[ll_dataset_device(d, "v100_64")].note, "batch 64");
    CHECK_INT(d->reference.n, 10);
    CHECK(!memcmp(d->reference.v, reference, sizeof reference));
    CHECK_INT(ll_dataset_count(d, 3), 5000);
    ll_str_free(&first);
    ll_dataset_unref(d);
    ll_strs_free(&job.notes);
}

/* A folder whose ofa_archs.pt is this pickle. */
static void check_ofa_refused(const char *pickle, size_t n, const char *why)
{
    char *dir = ll_path_join(check_tmpdir(), "ofa"), *path = ll_path_join(dir, "ofa_archs.pt");
    ll_import job = {.name = "ofa", .path = dir};
    ll_dataset *d = NULL;
    ll_error e = {0};
    CHECK_INT(ll_make_dirs(dir, &e), LL_OK);
    CHECK_INT(ll_write_file(path, pickle, n, &e), LL_OK);
    CHECK_INT(ll_import_help(&job, &d, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, path);
    CHECK_HAS(e.message, why);
    CHECK_INT(ll_remove_tree(dir, &e), LL_OK);
    free(path);
    free(dir);
}
#define CHECK_OFA_REFUSED(PICKLE, WHY) check_ofa_refused(PICKLE, sizeof(PICKLE) - 1, WHY)

static void damaged_ofa_lists_are_refused(void)
{
    CHECK_OFA_REFUSED("\x80\x02}.", "a dict, a list of architectures was expected");
    CHECK_OFA_REFUSED("\x80\x02K\x01.", "a int, a list of architectures was expected");
    CHECK_OFA_REFUSED("\x80\x02]K\x01"
                      "a.",
                      "entry 0: no dict of numbers");
    CHECK_OFA_REFUSED("\x80\x02]}U\x01"
                      "dK\x01sa.",
                      "entry 0: no dict of numbers"); /* a key of bytes */
    CHECK_OFA_REFUSED("\x80\x02]}\x8c\x01"
                      "d]sa.",
                      "entry 0: \"{\"d\": []}\" is no ofa architecture");
    CHECK_OFA_REFUSED("\x80\x02]q\x00h\x00"
                      "a.",
                      "entry 0: no dict of numbers"); /* a list in itself */
    CHECK_OFA_REFUSED("\x80\x02}\x8c\x04"
                      "arch]}\x8c\x01"
                      "d}sas.",
                      "entry 0: no dict of numbers");
}

/* --- the folder --- */

static void folder_round_trip_keeps_the_hash(void)
{
    ll_import job = {.name = "nb201"};
    ll_dataset *d = import_shared("help", help_nb201, &job), *back = NULL;
    if (!d) return;
    ll_error e = {0};
    char *path = ll_path_join(check_tmpdir(), "nb201");
    CHECK_INT(ll_folder_save(d, path, NULL, &e), LL_OK);
    CHECK_INT(ll_folder_load(path, &back, &e), LL_OK);
    CHECK_STR(e.message, "");
    if (back) {
        CHECK_STR(back->hash.hex, d->hash.hex);
        CHECK(d->n_scores == 2 && ll_scores_same(back, d));
        CHECK_STR(back->scores[0].source, d->scores[0].source);
        CHECK_STR(back->scores[0].unit, "%");
        CHECK_STR(back->scores[0].split, "test");
        CHECK_INT(back->reference.n, 10);
        CHECK_STR(back->devices[3].source, "HELP");
        CHECK_STR(back->path, path);
    }
    ll_dataset_unref(back);
    ll_dataset_unref(d);
    ll_strs_free(&job.notes);
    free(path);
}

/* A saved small dataset: three cells, two devices, one missing latency. */
static ll_dataset *small(const char *name)
{
    const ll_space *space = ll_space_find("nasbench201");
    ll_dataset *d = ll_dataset_new(name, space, 3, 2);
    ll_error e = {0};
    for (int i = 0; i < 3; i++)
        space->at(space, 10 * i, d->archs->genes + (size_t)i * (size_t)space->n_positions);
    ll_device_set(&d->devices[0], "phone", LL_MEASURED, "me", "us", "Phone 1", "batch 1");
    ll_device_set(&d->devices[1], "model", LL_SIMULATED, "me", "ms", NULL, NULL);
    for (int i = 0; i < 3; i++) ll_latencies(d, 0)[i] = 1 + i / 3.0;
    ll_latencies(d, 1)[1] = 0;
    const float zcp[6] = {1, 2, 3, NAN, 5, 6};
    ll_archs_set_feature(d->archs, "zcp", 2, zcp);
    CHECK_INT(ll_dataset_seal(d, &e), LL_OK);
    return d;
}

static char *save_small(const char *name)
{
    ll_dataset *d = small(name);
    ll_error e = {0};
    char *path = ll_path_join(check_tmpdir(), name);
    CHECK_INT(ll_folder_save(d, path, NULL, &e), LL_OK);
    ll_dataset_unref(d);
    return path;
}

static void folder_keeps_everything(void)
{
    char *path = save_small("small");
    ll_dataset *d = NULL;
    ll_error e = {0};
    CHECK_INT(ll_folder_load(path, &d, &e), LL_OK);
    CHECK_STR(e.message, "");
    if (d) {
        CHECK_STR(d->devices[0].hardware, "Phone 1");
        CHECK_STR(d->devices[0].note, "batch 1");
        CHECK_STR(d->devices[0].unit_read, "us");
        CHECK_INT(d->devices[1].kind, LL_SIMULATED);
        CHECK(ll_latencies(d, 0)[1] == 1 + 1 / 3.0);
        CHECK(isnan(at(d, "model", 0)) && at(d, "model", 1) == 0);
        const ll_feature *f = ll_archs_feature(d->archs, "zcp");
        CHECK(f && f->dim == 2 && f->v[4] == 5 && isnan(f->v[3]));
    }
    ll_dataset_unref(d);
    free(path);
}

static void folder_of_a_users_space(void)
{
    char a[] = "a", b[] = "b", c[] = "c", *ops[] = {a, b, c};
    ll_error e = {0};
    const ll_space *space = ll_space_define("mine3", 4, ops, 3, &e);
    CHECK(space != NULL);
    if (!space) return;
    ll_dataset *d = ll_dataset_new("own", space, 2, 1), *back = NULL;
    d->archs->genes[7] = 2;
    ll_device_set(&d->devices[0], "x", LL_MEASURED, "me", "ms", NULL, NULL);
    ll_latencies(d, 0)[0] = 1e-7;
    CHECK_INT(ll_dataset_seal(d, &e), LL_OK);
    char *path = ll_path_join(check_tmpdir(), "own");
    CHECK_INT(ll_folder_save(d, path, NULL, &e), LL_OK);
    CHECK_INT(ll_folder_load(path, &back, &e), LL_OK);
    CHECK(back && back->space == space && !strcmp(back->hash.hex, d->hash.hex));
    ll_dataset_unref(d);
    ll_dataset_unref(back);
    free(path);
}

/* Replaces the first `from` in a file of the folder; what loading then says. */
static void check_changed(const char *file, const char *from, const char *to, const char *say)
{
    char *dir = save_small("changed"), *path = ll_path_join(dir, file), *text;
    ll_dataset *d = NULL;
    ll_error e = {0};
    ll_str out = {0};
    size_t n;
    CHECK_INT(ll_read_file(path, 0, &text, &n, &e), LL_OK);
    char *at_text = strstr(text, from);
    CHECK(at_text != NULL);
    if (at_text) {
        ll_str_addn(&out, text, (size_t)(at_text - text));
        ll_str_add(&out, to);
        ll_str_add(&out, at_text + strlen(from));
        CHECK_INT(ll_write_file(path, out.s, out.len, &e), LL_OK);
    }
    CHECK_INT(ll_folder_load(dir, &d, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, say);
    CHECK_HAS(e.message, dir);
    CHECK_INT(ll_remove_tree(dir, &e), LL_OK); /* what is damaged may not be recognised any more */
    ll_str_free(&out);
    free(text);
    free(path);
    free(dir);
}

static void changed_folders_are_refused(void)
{
    check_changed("latency.csv", ",1,", ",1.5,", "hash");
    check_changed("latency.csv", ",1,", ",-1,", "line 2: \"-1\" of phone is no latency");
    check_changed("latency.csv", ",1,", ",1;", "line 2: 2 cells");
    check_changed("latency.csv", "phone", "fone", "\"fone\"");
    check_changed("latency.csv", "|avg_pool", "|bad_pool", "line 2: ");
    check_changed("dataset.json", "\"hash\":\t\"", "\"hash\":\t\"0", "hash");
    check_changed("dataset.json", "\"archs\":\t3", "\"archs\":\t4", "truncated");
    check_changed("dataset.json", "\"archs\":\t3", "\"archs\":\t2", "more rows");
    check_changed("dataset.json", "nasbench201", "nasbench202", "\"nasbench202\"");
    check_changed("dataset.json", "\"version\":\t1", "\"version\":\t9", "version 9");
    check_changed("dataset.json", "zcp.npy", "../zcp.npy", "no file of this folder");
    check_changed("dataset.json", "{", "[", "JSON");
    check_changed("zcp.npy", "NUMPY", "NUMPI", "zcp.npy: its content is not");
}

static void replacing_keeps_the_old_until_the_new_is_complete(void)
{
    char *path = save_small("replaced"), *keep = ll_path_join(check_tmpdir(), "kept");
    ll_dataset *d = small("replaced"), *back = NULL;
    ll_error e = {0};
    ll_latencies(d, 0)[0] = 7;
    CHECK_INT(ll_dataset_seal(d, &e), LL_OK);
    CHECK_INT(ll_folder_save(d, path, keep, &e), LL_OK);
    CHECK_INT(ll_folder_load(path, &back, &e), LL_OK);
    CHECK(at(back, "phone", 0) == 7);
    ll_dataset_unref(back);
    CHECK_INT(ll_folder_load(keep, &back, &e), LL_OK);
    CHECK(at(back, "phone", 0) == 1);
    ll_dataset_unref(back);
    ll_strs names = {0};
    CHECK_INT(ll_list_dir(check_tmpdir(), NULL, &names, &e), LL_OK);
    for (int i = 0; i < names.n; i++) CHECK(!strstr(names.v[i], ".tmp"));
    ll_strs_free(&names);
    ll_dataset_unref(d);
    free(path);
    free(keep);
}

static bool at_once(void *ctx)
{
    (void)ctx;
    return true;
}

/* A second writer waits, and can be told to stop waiting. */
static void one_writer_at_a_time(void)
{
    int first, second;
    ll_error e = {0};
    ll_observer impatient = {.cancelled = at_once};
    CHECK_INT(ll_folder_lock(check_tmpdir(), NULL, &first, &e), LL_OK);
    CHECK_INT(ll_folder_lock(check_tmpdir(), &impatient, &second, &e), LL_CANCELLED);
    CHECK_INT(second, -1);
    ll_folder_unlock(first);
    CHECK_INT(ll_folder_lock(check_tmpdir(), &impatient, &second, &e), LL_OK);
    ll_folder_unlock(second);
}

static void folders_are_found_by_name(void)
{
    char *path = save_small("findme"), *found = NULL;
    ll_strs dirs = {0};
    ll_error e = {0};
    ll_strs_add(&dirs, check_missing());
    ll_strs_add(&dirs, check_tmpdir());
    CHECK_INT(ll_folder_find(&dirs, "findme", &found, &e), LL_OK);
    CHECK_STR(found, path);
    free(found);
    CHECK_INT(ll_folder_find(&dirs, path, &found, &e), LL_OK);
    CHECK_STR(found, path);
    free(found);
    CHECK_INT(ll_folder_find(&dirs, "findmee", &found, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, check_missing());
    CHECK_INT(ll_folder_check_name("../x", &e), LL_USAGE);
    CHECK_INT(ll_folder_check_name(".x", &e), LL_USAGE);
    CHECK_INT(ll_folder_check_name("", &e), LL_USAGE);
    CHECK_INT(ll_folder_check_name("nb201-v2.1_x", &e), LL_OK);
    ll_strs_free(&dirs);
    free(path);
}

/* --- OneProxy and BRP-NAS --- */

static void oneproxy_cells_are_matched(void)
{
    ll_import job = {.name = "op"}, help_job = {.name = "nb201"};
    const char *shared = check_shared("upstream/OneProxy/eagle_to_nb201_index.json");
    char *index_path = ll_strdup(shared);
    ll_dataset *help = import_shared("help", help_nb201, &help_job);
    job.into = help;
    ll_dataset *d = help ? import_shared("oneproxy", "upstream/OneProxy", &job) : NULL;
    if (d) {
        cJSON *json = NULL;
        ll_error e = {0};
        int *index, wrong = 0;
        CHECK_INT(ll_json_read_file(index_path, &json, &e), LL_OK);
        CHECK_INT(ll_json_get_ints(json, "help_index", &index), 1999);
        CHECK_INT(d->n_archs, 1999);
        CHECK_INT(d->n_devices, 18);
        for (int i = 0; i < d->n_archs; i++) wrong += ll_dataset_row(help, ll_gene(d, i)) != index[i];
        CHECK_INT(wrong, 0);
        CHECK_INT(ll_dataset_count(d, ll_dataset_device(d, "rice_edgetpu")), 1999 - 259);
        for (size_t i = 0; i < (size_t)d->n_archs * (size_t)d->n_devices; i++) wrong += d->lat_ms[i] < 0;
        CHECK_INT(wrong, 0);
        CHECK_NEAR(at(d, "rice_fpga", 0), at(help, "fpga", index[0]), 0);
        free(index);
        cJSON_Delete(json);
    }
    ll_dataset_unref(d);
    ll_dataset_unref(help);
    ll_strs_free(&job.notes);
    ll_strs_free(&help_job.notes);
    free(index_path);
}

/* Is there a way from the input to the output of the cell? */
static bool connected(const uint8_t *op)
{
    return op[3] || (op[0] && op[4]) || (op[1] && op[5]) || (op[0] && op[2] && op[5]);
}

/* By names: EAGLE's operations in its order, on the edges in its order. */
static void published_numbers_are_the_spaces(void)
{
    static const char *const ops[] = {"none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"};
    const ll_space *space = ll_space_find("nasbench201");
    int wrong = 0;
    for (int code = 0; code < 15625; code++) {
        int op[6];
        uint8_t direct[LL_MAX_POSITIONS], named[LL_MAX_POSITIONS];
        ll_str text = {0};
        for (int edge = 0, rest = code; edge < 6; edge++, rest /= 5) op[edge] = rest % 5;
        ll_str_addf(&text, "|%s~0|+|%s~0|%s~1|+|%s~0|%s~1|%s~2|", ops[op[0]], ops[op[1]], ops[op[2]],
                    ops[op[3]], ops[op[4]], ops[op[5]]);
        ll_import_cell(op, direct);
        wrong += space->parse(space, text.s, named, NULL) || memcmp(direct, named, 6) != 0;
        ll_str_free(&text);
    }
    CHECK_INT(wrong, 0);
}

static void brpnas_has_every_connected_cell(void)
{
    ll_import job = {.name = "i7"}, op_job = {.name = "op"};
    ll_dataset *d = import_shared("brpnas", "upstream/BRP-NAS/desktop-cpu-core-i7-7820x-fp32.pkl", &job);
    ll_dataset *op = d ? import_shared("oneproxy", "upstream/OneProxy", &op_job) : NULL;
    if (op) {
        const ll_space *space = d->space;
        uint8_t gene[LL_MAX_POSITIONS];
        int wrong = 0;
        CHECK_INT(d->n_archs, 15284);
        CHECK_STR(d->devices[0].name, "desktop_cpu_core_i7_7820x_fp32");
        CHECK_STR(d->devices[0].unit_read, "s");
        for (int i = 0; i < 15625; i++) {
            space->at(space, i, gene);
            wrong += (ll_dataset_row(d, gene) >= 0) != connected(gene);
        }
        CHECK_INT(wrong, 0);
        /* the same numbers as OneProxy publishes in milliseconds: so the cells and the units are right */
        int i7 = ll_dataset_device(op, "eagle_i7");
        for (int i = 0; i < op->n_archs; i++)
            wrong += ll_latencies(op, i7)[i] != ll_latencies(d, 0)[ll_dataset_row(d, ll_gene(op, i))];
        CHECK_INT(wrong, 0);
    }
    ll_dataset_unref(d);
    ll_dataset_unref(op);
    ll_strs_free(&job.notes);
    ll_strs_free(&op_job.notes);
}

static void zero_cost_proxies_become_a_feature(void)
{
    ll_import help_job = {.name = "fbnet"}, job = {.name = "fbnet"};
    ll_dataset *fbnet = import_shared("help", help_fbnet, &help_job), *joint = NULL;
    if (!fbnet) return;
    job.into = fbnet;
    job.space = fbnet->space;
    ll_dataset *d = import_shared("zcp", "upstream/NASFLAT/zc_fbnet.json", &job);
    ll_error e = {0};
    int row;
    CHECK_INT(ll_import_merge(fbnet, d, false, &joint, NULL, &e), LL_OK);
    CHECK_STR(joint->hash.hex, fbnet->hash.hex);
    const ll_feature *f = ll_archs_feature(joint->archs, "zcp");
    CHECK(f && f->dim == 13);
    /* the first entry of the file; columns in alphabetical order: synflow is the twelfth */
    CHECK_INT(ll_dataset_find_arch(joint, "2_8_6_3_8_4_8_4_1_8_7_8_0_6_2_5_2_6_0_2_7_7", &row, &e), LL_OK);
    CHECK_NEAR(f->v[13 * row + 2], 72783744.0, 8);
    CHECK_NEAR(f->v[13 * row + 11], log(7.640764242538909e+31), 1e-5);
    ll_dataset_unref(joint);
    ll_dataset_unref(d);
    ll_dataset_unref(fbnet);
    ll_strs_free(&help_job.notes);
    ll_strs_free(&job.notes);
}

/* --- joining --- */

static void joining_completes_and_refuses(void)
{
    ll_dataset *a = small("a"), *b = small("b"), *out = NULL;
    ll_error e = {0};
    ll_strs notes = {0};
    /* b fills what a lacks, and its phone agrees within 0.1 percent */
    ll_latencies(b, 1)[0] = 5;
    ll_latencies(b, 0)[1] *= 1.0005;
    CHECK_INT(ll_dataset_seal(b, &e), LL_OK);
    CHECK_INT(ll_import_merge(a, b, false, &out, &notes, &e), LL_OK);
    CHECK_INT(out->n_devices, 2);
    CHECK_INT(out->n_archs, 3);
    CHECK(at(out, "model", 0) == 5 && at(out, "model", 1) == 0);
    CHECK(at(out, "phone", 1) == at(a, "phone", 1));
    ll_dataset_unref(out);
    /* other values are refused, and a is not touched */
    ll_latencies(b, 0)[2] = 9;
    CHECK_INT(ll_dataset_seal(b, &e), LL_OK);
    CHECK_INT(ll_import_merge(a, b, false, &out, &notes, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "phone");
    CHECK_HAS(e.message, "1 of 3");
    CHECK_HAS(e.message, "9 ms in the file");
    CHECK_INT(ll_import_merge(a, b, true, &out, &notes, &e), LL_OK);
    CHECK(at(out, "phone", 2) == 9);
    CHECK(at(a, "phone", 2) == 1 + 2 / 3.0);
    ll_dataset_unref(out);
    ll_dataset_unref(a);
    ll_dataset_unref(b);
    ll_strs_free(&notes);
}

static void joining_adds_rows_and_devices(void)
{
    const ll_space *space = ll_space_find("nasbench201");
    ll_dataset *a = small("a"), *b = ll_dataset_new("b", space, 2, 1), *out = NULL;
    ll_error e = {0};
    space->at(space, 777, ll_arch_at(b->archs, 0));
    space->at(space, 10, ll_arch_at(b->archs, 1));
    ll_device_set(&b->devices[0], "new", LL_MEASURED, "me", "ms", NULL, NULL);
    ll_latencies(b, 0)[0] = 3;
    ll_latencies(b, 0)[1] = 4;
    ll_dataset_make_score(b, "cifar10")->v[0] = 70;
    CHECK_INT(ll_dataset_seal(b, &e), LL_OK);
    CHECK_INT(ll_import_merge(a, b, false, &out, NULL, &e), LL_OK);
    CHECK_INT(out->n_archs, 4);
    CHECK_INT(out->n_devices, 3);
    CHECK(at(out, "new", 3) == 3 && at(out, "new", 1) == 4 && isnan(at(out, "new", 0)));
    CHECK(isnan(at(out, "phone", 3)));
    CHECK(out->scores[0].v[3] == 70 && isnan(out->scores[0].v[1]));
    CHECK_INT(ll_dataset_row(out, ll_arch_at(b->archs, 0)), 3);
    CHECK(isnan(ll_archs_feature(out->archs, "zcp")->v[6]));
    ll_dataset_unref(out);
    ll_dataset_unref(a);
    ll_dataset_unref(b);
}

/* A device that gains latencies keeps what is known of it: how far it agrees with itself, and where it came from. */
static void joining_keeps_what_is_known_of_a_device(void)
{
    const ll_space *space = ll_space_find("nasbench201");
    ll_dataset *a = small("a"), *b = ll_dataset_new("b", space, 1, 1), *out = NULL, *back = NULL;
    ll_error e = {0};
    space->at(space, 777, ll_arch_at(b->archs, 0));
    ll_device_set(&b->devices[0], a->devices[0].name, a->devices[0].kind, "again", "ms", NULL, NULL);
    ll_latencies(b, 0)[0] = 3;
    CHECK_INT(ll_dataset_seal(b, &e), LL_OK);
    ll_json_str(ll_json_obj(ll_json_list(b->provenance, "measured"), NULL), "device", "phone");
    b->devices[0].repeat = .9;
    CHECK_INT(ll_import_merge(a, b, false, &out, NULL, &e), LL_OK);
    CHECK_NEAR(out->devices[0].repeat, .9, 0);
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItem(out->provenance, "measured")), 1);
    b->devices[0].repeat = .5; /* what was there first is kept */
    CHECK_INT(ll_import_merge(out, b, true, &back, NULL, &e), LL_OK);
    CHECK_NEAR(back->devices[0].repeat, .9, 0);
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItem(back->provenance, "measured")), 2);
    ll_dataset_unref(back);
    ll_dataset_unref(out);
    ll_dataset_unref(a);
    ll_dataset_unref(b);
}

static const check_case cases[] = {
    {"help nasbench201 is read", help_nasbench201_is_read},
    {"help fbnet is read", help_fbnet_is_read},
    {"help ofa is read", help_ofa_is_read},
    {"damaged ofa lists are refused", damaged_ofa_lists_are_refused},
    {"folder round trip keeps the hash", folder_round_trip_keeps_the_hash},
    {"folder keeps everything", folder_keeps_everything},
    {"folder of a user's space", folder_of_a_users_space},
    {"changed folders are refused", changed_folders_are_refused},
    {"replacing keeps the old until the new is complete", replacing_keeps_the_old_until_the_new_is_complete},
    {"one writer at a time", one_writer_at_a_time},
    {"folders are found by name", folders_are_found_by_name},
    {"oneproxy cells are matched", oneproxy_cells_are_matched},
    {"published numbers are the space's", published_numbers_are_the_spaces},
    {"brpnas has every connected cell", brpnas_has_every_connected_cell},
    {"zero-cost proxies become a feature", zero_cost_proxies_become_a_feature},
    {"joining completes and refuses", joining_completes_and_refuses},
    {"joining adds rows and devices", joining_adds_rows_and_devices},
    {"joining keeps what is known of a device", joining_keeps_what_is_known_of_a_device},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_import", cases, argc, argv);
}
