/* Scores of architectures: from files of every kind into a dataset, its folder, and out again. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/device/scores.h"
#include "data/datasets/folder.h"
#include "data/importers/import.h"
#include "tests/say.h"

/* 60 cells of NAS-Bench-201 from 100 on, one device. */
static void make_table(ll_app *a)
{
    ll_str csv = {0};
    const ll_space *space = ll_space_find("nasbench201");
    char *path = ll_path_join(check_tmpdir(), "table.csv");
    ll_str_add(&csv, "arch,phone\n");
    for (int i = 0; i < 60; i++) {
        uint8_t gene[6];
        space->at(space, 100 + i, gene);
        space->format(space, gene, &csv);
        ll_str_addf(&csv, ",%d\n", 1 + i);
    }
    CHECK_OK(ll_write_file(path, csv.s, csv.len, NULL));
    ll_str line = {0};
    ll_str_addf(&line, "import csv %s as table space=nasbench201 unit=ms", path);
    CHECK_OK(say(a, line.s));
    ll_str_free(&line);
    ll_str_free(&csv);
    free(path);
}

/* Writes the file and imports it into the table. */
static ll_status import(ll_app *a, const char *file, const char *text, const char *options)
{
    char *path = ll_path_join(check_tmpdir(), file);
    ll_str line = {0};
    CHECK_OK(ll_write_file(path, text, strlen(text), NULL));
    ll_str_addf(&line, "import accuracy %s into table %s", path, options);
    ll_status s = say(a, line.s);
    ll_str_free(&line);
    free(path);
    return s;
}

static double value(ll_app *a, const char *arch, const char *name)
{
    ll_str line = {0};
    ll_str_addf(&line, "arch %s", arch);
    CHECK_OK(say(a, line.s));
    ll_str_free(&line);
    cJSON *r = said_result("arch");
    double found = NAN;
    const cJSON *score;
    cJSON_ArrayForEach(score, cJSON_GetObjectItemCaseSensitive(
                                  r, "scores")) if (!strcmp(ll_json_get_str(score, "name", ""), name)) found =
        ll_json_get_num(score, "value", NAN);
    cJSON_Delete(r);
    return found;
}

static void tables_and_dicts_are_read(void)
{
    ll_app *a = app_new();
    make_table(a);
    CHECK_OK(import(a, "acc.csv", "arch,cifar10,seed\n100,91.5,1\n159,92.25,1\n5,10,1\n", "metric=cifar10"));
    CHECK(strstr(said, "1 of 3 architectures in the file are not in table"));
    CHECK(strstr(said, "58 architectures of table have no cifar10"));
    CHECK_OK(import(a, "acc.json", "{\"101\": 0.5, \"102\": 0.75}", "metric=loss split=valid source=me"));
    CHECK_OK(say(a, "load table"));
    CHECK_NEAR(value(a, "0", "cifar10"), 91.5, 0);
    CHECK_NEAR(value(a, "59", "cifar10"), 92.25, 0);
    CHECK_NEAR(value(a, "2", "loss_valid"), .75, 0);
    CHECK_OK(say(a, "scores"));
    cJSON *r = said_result("scores"), *rows = cJSON_GetObjectItemCaseSensitive(r, "rows");
    CHECK_INT(cJSON_GetArraySize(rows), 2);
    cJSON *first = cJSON_GetArrayItem(rows, 0), *second = cJSON_GetArrayItem(rows, 1);
    CHECK_STR(ll_json_get_str(first, "name", ""), "cifar10");
    CHECK_STR(ll_json_get_str(first, "unit", ""), "%");
    CHECK_STR(ll_json_get_str(first, "split", ""), "test");
    CHECK_STR(ll_json_get_str(first, "source", ""), "acc.csv");
    CHECK_INT(ll_json_get_int(first, "n", 0), 2);
    CHECK_STR(ll_json_get_str(second, "unit", "?"), "");
    CHECK_STR(ll_json_get_str(second, "split", ""), "valid");
    CHECK_STR(ll_json_get_str(second, "source", ""), "me");
    cJSON_Delete(r);
    ll_app_free(a);
}

static void what_contradicts_is_refused(void)
{
    static const struct {
        const char *file, *text, *options, *says;
    } bad[] = {
        {"a.csv", "arch,acc\n100,91\n100,90\n", "metric=x", "comes twice"},
        {"a.csv", "arch,top1,top5\n100,91,99\n", "metric=x", "which column holds the accuracies"},
        {"a.csv", "cell_id,acc\n100,91\n", "metric=x", "which column holds the architectures"},
        {"a.csv", "arch,acc,acc\n100,91,90\n", "metric=x", "two columns are called"},
        {"a.csv", "arch,acc\n100,good\n", "metric=x", "good\\\" is no number"},
        {"a.csv", "arch,acc\n20000,91\n", "metric=x", "line 2"},
        {"a.csv", "arch,acc\n5,91\n", "metric=x", "none of its 1 architectures is in table"},
        {"a.csv", "", "metric=x", "the file is empty"},
        {"a.json", "[1, 2, 3]", "metric=x", "a list of 3 numbers, 15625 were expected"},
        {"a.json", "{\"100\": \"high\"}", "metric=x", "is no number"},
        {"a.json", "{\"100\": 1e999}", "metric=x", "entry 0 is inf, which is no score"},
        {"a.csv", "arch,acc\n100,1e101\n", "metric=x", "1e101\\\" is no number"},
        {"a.csv", "arch,acc\n100,91\n", "metric='a b'", "is no name of a score"},
        {"a.csv", "arch,acc\n100,80\n", "metric=first",
         "score first (a.csv) is in table already and 1 values differ"},
        {"a.p", "\x80\x02]q\x00.", "metric=x", "a.p"},
    };
    ll_app *a = app_new();
    make_table(a);
    CHECK_OK(import(a, "a.csv", "arch,acc\n100,91\n", "metric=first"));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bool refused = import(a, bad[i].file, bad[i].text, bad[i].options) != LL_OK;
        check_report(refused && strstr(said, bad[i].says), __FILE__, __LINE__, "case %zu: %s", i, said);
    }
    CHECK_OK(import(a, "a.csv", "arch,acc\n100,80\n101,81\n", "metric=first replace=on"));
    CHECK_OK(say(a, "load table"));
    CHECK_NEAR(value(a, "0", "first"), 80, 0);
    CHECK_NEAR(value(a, "1", "first"), 81, 0);
    ll_app_free(a);
}

/* A folder gives back no more than 64: the one too many is refused, not written. */
static void no_more_are_kept_than_can_be_read(void)
{
    ll_app *a = app_new();
    ll_str options = {0};
    make_table(a);
    for (int i = 0; i < LL_SCORES_MOST; i++) {
        ll_str_clear(&options);
        ll_str_addf(&options, "metric=s%d", i);
        CHECK_OK(import(a, "a.csv", "arch,acc\n100,91\n", options.s));
    }
    CHECK_INT(import(a, "a.csv", "arch,acc\n100,91\n", "metric=more"), LL_BAD_DATA);
    CHECK(strstr(said, "at most 64 scores"));
    CHECK_OK(say(a, "load table"));
    CHECK_NEAR(value(a, "0", "s63"), 91, 0);
    ll_str_free(&options);
    ll_app_free(a);
}

/* Whoever made the columns: what no reader would take back is not written, least of all beside the folder. */
static void what_cannot_be_read_is_not_written(void)
{
    static const char *const names[] = {"../x", "a b", ""};
    char *dir = ll_path_join(check_tmpdir(), "unreadable");
    for (size_t i = 0; i <= sizeof names / sizeof *names; i++) {
        ll_error e = {0};
        bool named = i < sizeof names / sizeof *names;
        ll_dataset *d = ll_dataset_new("unreadable", ll_space_find("nasbench201"), 1, 0);
        ll_dataset_make_score(d, named ? names[i] : "fine")->v[0] = named ? 1 : INFINITY;
        CHECK_INT(ll_dataset_seal(d, &e), LL_OK);
        CHECK_INT(ll_folder_save(d, dir, NULL, &e), LL_BAD_DATA);
        CHECK(strstr(e.message, named ? "is no name of a score" : "inf is no score"));
        CHECK(!ll_is_there(dir));
        ll_dataset_unref(d);
    }
    free(dir);
}

/* One layer of one input: weights that are finite, and a sum that is not. */
static void a_model_that_overflows_says_nothing(void)
{
    const ll_space *space = ll_space_find("nasbench201");
    const double scale = 1e300;
    float weight = 3e38f, bias = 0;
    ll_tensors t = {0};
    ll_score_model *m = NULL;
    ll_error e = {0};
    double x = 0;
    ll_tensors_add(&t, "0.weight", LL_F32, 2, (long[]){1, 1}, &weight);
    ll_tensors_add(&t, "0.bias", LL_F32, 1, (long[]){1}, &bias);
    ll_tensors_add(&t, "input", LL_I32, 2, (long[]){space->n_positions, space->n_ops}, NULL);
    ll_tensors_add(&t, "scale", LL_F64, 1, (long[]){1}, &scale);
    CHECK_INT(ll_score_model_new(space, &t, &m, &e), LL_OK);
    ll_archs *one = ll_archs_new(space, 1);
    ll_score_model_apply(m, one, &x);
    CHECK(isnan(x));
    ll_archs_unref(one);
    ll_score_model_unref(m);
    ll_tensors_free(&t);
}

static void exported_scores_come_back(void)
{
    ll_app *a = app_new();
    char *out = ll_path_join(check_tmpdir(), "scores.csv");
    ll_str line = {0};
    make_table(a);
    CHECK_OK(import(a, "a.csv", "arch,acc\n100,91.125\n", "metric=first"));
    CHECK_OK(import(a, "a.csv", "arch,acc\n159,0.1\n", "metric=second"));
    CHECK_OK(say(a, "load table"));
    ll_str_addf(&line, "export scores %s", out);
    CHECK_OK(say(a, line.s));
    ll_str_clear(&line);
    ll_str_addf(&line, "import accuracy %s into table metric=second", out);
    CHECK_OK(say(a, line.s));
    ll_str_clear(&line);
    ll_str_addf(&line, "import accuracy %s into table metric=first", out);
    CHECK_OK(say(a, line.s));
    CHECK(strstr(said, "score first was there: 0 values are new"));
    CHECK_NEAR(value(a, "59", "second"), .1, 0);
    ll_str_free(&line);
    free(out);
    ll_app_free(a);
}

/* A folder of the time when a dataset had one accuracy. */
static void old_folders_are_read(void)
{
    ll_app *a = app_new();
    make_table(a);
    char *data = ll_path_join(check_tmpdir(), "data"), *dir = ll_path_join(data, "table");
    char *info = ll_path_join(dir, "dataset.json"), *accuracy = ll_path_join(dir, "accuracy.csv");
    const ll_space *space = ll_space_find("nasbench201");
    uint8_t gene[6];
    cJSON *json;
    ll_dataset *d = NULL;
    ll_error e = {0};
    ll_str text = {0};
    ll_str_add(&text, "arch,cifar100 (MetaD2A)\n");
    space->at(space, 103, gene);
    space->format(space, gene, &text);
    ll_str_add(&text, ",70.5\n");
    CHECK_OK(ll_json_read_file(info, &json, &e));
    ll_json_str(json, "accuracy", "cifar100 (MetaD2A)");
    ll_json_str(cJSON_GetObjectItemCaseSensitive(json, "files"), "accuracy.csv",
                ll_hash_bytes(text.s, text.len).hex);
    char *whole = ll_json_text(json);
    CHECK_OK(ll_write_file(info, whole, strlen(whole), NULL));
    CHECK_OK(ll_write_file(accuracy, text.s, text.len, NULL));
    ll_status s = ll_folder_load(dir, &d, &e);
    check_report(!s, __FILE__, __LINE__, "%s", e.message);
    if (d) {
        CHECK_INT(d->n_scores, 1);
        CHECK_STR(d->scores[0].name, "cifar100");
        CHECK_STR(d->scores[0].source, "cifar100 (MetaD2A)");
        CHECK_NEAR(d->scores[0].v[ll_dataset_row(d, gene)], 70.5, 0);
        CHECK_INT(ll_score_count(d, &d->scores[0]), 1);
    }
    ll_dataset_unref(d);
    /* the same row again, with another number */
    space->format(space, gene, &text);
    ll_str_add(&text, ",71\n");
    cJSON_DeleteItemFromObject(cJSON_GetObjectItemCaseSensitive(json, "files"), "accuracy.csv");
    ll_json_str(cJSON_GetObjectItemCaseSensitive(json, "files"), "accuracy.csv",
                ll_hash_bytes(text.s, text.len).hex);
    free(whole);
    whole = ll_json_text(json);
    CHECK_OK(ll_write_file(info, whole, strlen(whole), NULL));
    CHECK_OK(ll_write_file(accuracy, text.s, text.len, NULL));
    CHECK_INT(ll_folder_load(dir, &d, &e), LL_BAD_DATA);
    check_report(strstr(e.message, "line 3: the architecture stands in an earlier line too"), __FILE__,
                 __LINE__, "%s", e.message);
    cJSON_Delete(json);
    ll_str_free(&text);
    free(whole);
    free(accuracy);
    free(info);
    free(dir);
    free(data);
    ll_app_free(a);
}

/* RoBoT's lists as published: their best cells (data/bundled/README.md). */
static void published_lists_are_in_index_order(void)
{
    static const struct {
        const char *file;
        int best;
        double value;
    } lists[] = {{"nb2_cf10_test_accuracy.p", 6111, 94.3733},
                 {"nb2_cf100_test_accuracy.p", 9930, 73.5133},
                 {"nb2_im120_test_accuracy.p", 857, 47.3111}};
    const ll_space *space = ll_space_find("nasbench201");
    ll_error e = {0};
    ll_dataset *into = ll_dataset_new("all", space, space->n_archs, 0);
    for (int i = 0; i < space->n_archs; i++) space->at(space, i, ll_arch_at(into->archs, i));
    CHECK_OK(ll_dataset_seal(into, &e));
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        char path[200];
        snprintf(path, sizeof path, "../shared/upstream/RoBoT/%s", lists[k].file);
        if (!ll_is_file(path)) {
            check_skip("no ../shared/upstream/RoBoT");
            break;
        }
        ll_import job = {.path = path, .name = "x", .space = space, .into = into, .metric = "m"};
        ll_dataset *d = NULL;
        CHECK_OK(ll_import_accuracy(&job, &d, &e));
        int best = ll_dataset_row(d, ll_gene(into, lists[k].best));
        CHECK_NEAR(d->scores[0].v[best], lists[k].value, 1e-4);
        CHECK_INT(ll_score_place(d, &d->scores[0], d->scores[0].v[best]), 1);
        CHECK_INT(d->n_archs, space->n_archs);
        ll_strs_free(&job.notes);
        ll_dataset_unref(d);
    }
    ll_dataset_unref(into);
}

static void scores_are_found_by_prefix(void)
{
    const ll_score *s;
    ll_error e = {0};
    ll_dataset *d = ll_dataset_new("d", ll_space_find("nasbench201"), 2, 0);
    ll_dataset_make_score(d, "cifar100_metad2a");
    ll_dataset_make_score(d, "nwot");
    CHECK_OK(ll_dataset_find_score(d, "cifar100", &s, &e));
    CHECK_STR(s->name, "cifar100_metad2a");
    ll_dataset_make_score(d, "cifar100");
    CHECK_OK(ll_dataset_find_score(d, "cifar100", &s, &e));
    CHECK_STR(s->name, "cifar100");
    CHECK_INT(ll_dataset_find_score(d, "cifar", &s, &e), LL_USAGE);
    CHECK(strstr(e.message, "cifar100_metad2a, nwot, cifar100"));
    ll_dataset_unref(d);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"tables and dicts are read", tables_and_dicts_are_read},
        {"what contradicts is refused", what_contradicts_is_refused},
        {"no more are kept than can be read", no_more_are_kept_than_can_be_read},
        {"what cannot be read is not written", what_cannot_be_read_is_not_written},
        {"a model that overflows says nothing", a_model_that_overflows_says_nothing},
        {"exported scores come back", exported_scores_come_back},
        {"old folders are read", old_folders_are_read},
        {"published lists are in index order", published_lists_are_in_index_order},
        {"scores are found by prefix", scores_are_found_by_prefix},
        {0},
    };
    return check_main("test_scores", cases, argc, argv);
}
