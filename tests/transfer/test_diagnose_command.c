/* The command diagnose: its answer in order, its verdict, what to measure next. */
#include <stdlib.h>

#include "core/app/app.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/commands/commands.h"
#include "core/diagnose/diagnose.h"
#include "core/num/stats.h"
#include "core/transfer/pretrain.h"
#include "tests/transfer/made_devices.h"

static cJSON *results_of(ll_app *a, const char *line, int *code)
{
    cJSON *all = cJSON_CreateArray(), *e;
    ll_app_submit(a, line);
    while ((e = ll_app_wait(a))) {
        if (!strcmp(ll_json_get_str(e, "event", ""), "end")) *code = ll_json_get_int(e, "code", -1);
        if (!strcmp(ll_json_get_str(e, "event", ""), "result"))
            cJSON_AddItemToArray(all, e);
        else
            cJSON_Delete(e);
    }
    return all;
}

static ll_app *app_with(const ll_dataset *d)
{
    ll_app *a = ll_app_new(&(ll_app_config){check_tmpdir(), 1});
    ll_state s = {.data = ll_dataset_ref(d)};
    ll_app_register(a, ll_partition_commands);
    ll_app_register(a, ll_diagnose_commands);
    ll_app_register(a, ll_active_commands);
    ll_app_register(a, ll_predict_commands);
    ll_app_restore(a, &s);
    ll_state_free(&s);
    return a;
}

static void the_command_answers_in_order(void)
{
    static const char *const kinds[] = {"diagnose",         "diagnose_advice", "diagnose_noise",
                                        "diagnose_sources", "diagnose_prices", "diagnose_residuals",
                                        "diagnose_samples"};
    ll_dataset *d = made_data(usual, N_USUAL, 400, 37);
    ll_app *a = app_with(d);
    int code;
    cJSON *all = results_of(a, "diagnose pooler", &code);
    CHECK_INT(code, LL_FAILED); /* no task yet */
    cJSON_Delete(all);
    cJSON_Delete(results_of(a, "partition source=s1,s2,s3 target=pooler", &code));
    all = results_of(a, "diagnose pooler k=12 draws=4 next=2", &code);
    CHECK_INT(code, LL_OK);
    CHECK_INT(cJSON_GetArraySize(all), 7);
    for (int i = 0; i < 7; i++) CHECK_STR(ll_json_get_str(cJSON_GetArrayItem(all, i), "kind", ""), kinds[i]);
    const cJSON *verdict = cJSON_GetArrayItem(all, 0);
    CHECK_INT(ll_json_get_int(verdict, "k", 0), 12);
    CHECK(ll_json_get_num(verdict, "spearman", 0) > .8);
    cJSON_Delete(all);
    ll_app_free(a);
    ll_dataset_unref(d);
}

static void a_device_with_samples_alone_is_answered(void)
{
    ll_dataset *d = made_data(usual, N_USUAL, 300, 50);
    for (int a = 0; a < 300; a++)
        if (a % 25) ll_latencies(d, POOLER)[a] = NAN; /* 12 stay */
    ll_dataset_seal(d, NULL);
    ll_app *a = app_with(d);
    int code;
    cJSON_Delete(results_of(a, "partition source=s1,s2,s3 target=pooler", &code));
    cJSON *all = results_of(a, "diagnose pooler k=12 out=none", &code);
    CHECK_INT(code, LL_OK);
    const cJSON *verdict = cJSON_GetArrayItem(all, 0);
    CHECK_HAS(ll_json_get_str(verdict, "summary", ""), "cannot be scored yet");
    CHECK_STR(ll_json_get_str(verdict, "kind", ""), "diagnose");
    CHECK(isnan(ll_json_get_num(verdict, "spearman", 0)));
    /* nothing is scored, and what can be expected has a width */
    double lo = ll_json_get_num(verdict, "expected_lo", 2), hi = ll_json_get_num(verdict, "expected_hi", -2);
    CHECK(lo < hi && lo > .5 && hi <= 1);
    const cJSON *noise = cJSON_GetArrayItem(all, 2), *left_out = cJSON_GetArrayItem(all, 5);
    CHECK_STR(ll_json_get_str(noise, "ceiling_from", ""), "posterior");
    CHECK(isnan(ll_json_get_num(noise, "ceiling_ties", 0)) && ll_json_get_num(noise, "noise_ms", 0) > 0);
    CHECK_STR(ll_json_get_str(left_out, "kind", ""), "diagnose_residuals");
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItem(left_out, "rows")), 12);
    cJSON_Delete(all);
    all = results_of(a, "diagnose pooler k=20", &code);
    CHECK_INT(code, LL_USAGE); /* more than are known */
    cJSON_Delete(all);
    ll_app_free(a);
    ll_dataset_unref(d);
}

static bool has_note(const cJSON *result, const char *words)
{
    const cJSON *note;
    cJSON_ArrayForEach(
        note, cJSON_GetObjectItem(result, "notes")) if (strstr(note->valuestring, words)) return true;
    return false;
}

/* It has no others that it could be held against. */
/* pooler has the latencies of s1, and only of these rows. */
static ll_app *app_with_few(int first, int n, ll_dataset **d)
{
    *d = made_data(usual, N_USUAL, 300, 50);
    const double *like = ll_latencies(*d, ll_dataset_device(*d, "s1"));
    for (int a = 0; a < 300; a++) ll_latencies(*d, POOLER)[a] = a >= first && a < first + n ? like[a] : NAN;
    ll_dataset_seal(*d, NULL);
    return app_with(*d);
}

/* Everything before the diagnosis of pooler, and it. */
static cJSON *diagnosed(ll_app *a, const char *pretrain, const char *transfer)
{
    int code;
    cJSON_Delete(results_of(a, "partition source=s1,s2,s3 target=pooler", &code));
    cJSON_Delete(results_of(a, pretrain, &code));
    if (transfer) cJSON_Delete(results_of(a, transfer, &code));
    CHECK_INT(code, LL_OK);
    cJSON *all = results_of(a, "diagnose pooler out=none", &code);
    CHECK_INT(code, LL_OK);
    return all;
}

static const char *summary_of(const cJSON *all)
{
    return ll_json_get_str(cJSON_GetArrayItem(all, 0), "summary", "");
}

/* A line through one sample is level. */
static void what_is_the_same_everywhere_is_no_order(void)
{
    ll_dataset *d = made_data(usual, N_USUAL, 300, 50);
    ll_dataset_seal(d, NULL);
    ll_app *a = app_with(d);
    cJSON *all = diagnosed(a, "pretrain ridge", "transfer pooler k=1");
    CHECK_HAS(summary_of(all), "ridge does not rank pooler");
    cJSON_Delete(all);
    ll_app_free(a);
    ll_dataset_unref(d);
}

/* Nobody has said how many samples, so it is all that there are; and their order makes no twin of a source. */
static void a_few_latencies_are_the_samples(void)
{
    ll_dataset *d;
    ll_app *a = app_with_few(0, 4, &d);
    int code;
    cJSON *split = results_of(a, "partition source=s1,s2,s3 target=pooler", &code), *device;
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItem(cJSON_GetArrayItem(split, 0), "warnings")), 0);
    cJSON_Delete(split);
    split = results_of(a, "partition target=s1", &code); /* nor is it a source, unless it is named */
    cJSON_ArrayForEach(device, cJSON_GetObjectItem(cJSON_GetArrayItem(split, 0), "source"))
        CHECK(strcmp(cJSON_GetStringValue(device), "pooler") != 0);
    cJSON_Delete(split);
    cJSON *all = diagnosed(a, "pretrain gp", NULL);
    CHECK_HAS(summary_of(all), "of its 4 latencies");
    cJSON_Delete(all);
    ll_app_free(a);
    ll_dataset_unref(d);
}

static void a_single_sample_is_alone(void)
{
    ll_dataset *d;
    ll_app *a = app_with_few(7, 1, &d);
    cJSON *all = diagnosed(a, "pretrain gp", "transfer pooler k=1"), *result;
    CHECK_HAS(summary_of(all), "of its 1 latency fewer than 10 are left besides the 1 sample.");
    cJSON_ArrayForEach(result, all)
    {
        CHECK(!has_note(result, "the others predict it") && !has_note(result, "the others say"));
        CHECK(!has_note(result, "these 1"));
    }
    CHECK(has_note(cJSON_GetArrayItem(all, 1), "one sample cannot tell which sources to take"));
    CHECK_INT(cJSON_GetArraySize(all), 6); /* instead of residuals a sentence */
    cJSON_ArrayForEach(result, all) CHECK(strcmp(ll_json_get_str(result, "kind", ""), "diagnose_residuals"));
    cJSON_Delete(all);
    ll_app_free(a);
    ll_dataset_unref(d);
}

/* In plain words, and with the numbers that decide. */
static void the_verdict_names_its_numbers(void)
{
    ll_dataset *d = made_data(usual, N_USUAL, 400, 37);
    ll_app *a = app_with(d);
    int code;
    cJSON_Delete(results_of(a, "partition source=s1,s2,s3 target=pooler", &code));
    cJSON *all = results_of(a, "diagnose pooler k=5 draws=4 next=2 out=none", &code);
    const cJSON *verdict = cJSON_GetArrayItem(all, 0), *samples = cJSON_GetArrayItem(all, 6);
    const char *said = ll_json_get_str(verdict, "summary", "");
    char number[64];
    snprintf(number, sizeof number, "Spearman %.3f on the 395 architectures",
             ll_json_get_num(verdict, "spearman", NAN));
    CHECK_HAS(said, number);
    CHECK_HAS(said, "avg_pool_3x3, which costs");
    CHECK_HAS(said, "source");
    if (!strcmp(ll_json_get_str(verdict, "main_cause", ""), "samples")) {
        snprintf(number, sizeof number, "%.3f on average from 4 other draws",
                 ll_json_get_num(samples, "mean", NAN));
        CHECK_HAS(said, number);
    }
    cJSON_Delete(all);
    ll_app_free(a);
    ll_dataset_unref(d);
}

/* The cousin is the pooler's like, and no source: it is named, with the number that no source has. */
static void devices_beside_the_task_are_named(void)
{
    ll_dataset *d = made_data(usual, N_USUAL, 400, 37);
    subject s = ask(ll_dataset_ref(d), three, 3, POOLER, 12);
    ll_sources_report r;
    CHECK_INT(ll_diagnose_sources(&s.q, &r, NULL), LL_OK);
    CHECK_INT(r.n_others, 1);
    CHECK_INT(r.others[0].device, COUSIN);
    CHECK_NEAR(r.others[0].on_all, ll_spearman(ll_latencies(d, COUSIN), ll_latencies(d, POOLER), 400), 1e-12);
    for (int i = 0; i < r.n; i++) CHECK(r.sources[i].on_all < r.others[0].on_all);
    ll_sources_report_free(&r);
    done(&s);
    ll_app *a = app_with(d);
    int code;
    cJSON_Delete(results_of(a, "partition source=s1,s2,cousin target=pooler", &code));
    cJSON *all = results_of(a, "diagnose pooler k=12 draws=2 out=none", &code);
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItem(cJSON_GetArrayItem(all, 3), "others")), 0);
    cJSON_Delete(all);
    cJSON_Delete(results_of(a, "partition source=s1,s2,s3 target=pooler", &code));
    all = results_of(a, "diagnose pooler k=12 draws=2 out=none", &code);
    CHECK_HAS(ll_json_get_str(cJSON_GetArrayItem(all, 0), "summary", ""),
              "cousin, which is no source of task");
    cJSON_Delete(all);
    ll_app_free(a);
    ll_dataset_unref(d);
}

static ll_dataset *with_few(int every)
{
    ll_dataset *d = made_data(usual, N_USUAL, 300, 50);
    for (int a = 0; a < 300; a++)
        if (a % every) ll_latencies(d, POOLER)[a] = NAN;
    ll_dataset_seal(d, NULL);
    return d;
}

/* With nothing but the samples it takes those: the cousin is named with its interval and how sure that is, a device that is
 * as like as the sources is not. */
static void devices_beside_the_task_are_named_by_samples(void)
{
    subject s = ask(with_few(1), three, 3, POOLER, 12);
    ll_dataset *d = ll_dataset_extend(s.d, 0, 0);
    for (int a = 0; a < d->n_archs; a++)
        if (ll_ints_find(&s.t->samples, a) < 0) ll_latencies(d, POOLER)[a] = NAN;
    ll_dataset_seal(d, NULL);
    s.q.data = d;
    ll_sources_report r;
    CHECK(ll_diagnose_few(&s.q));
    CHECK_INT(ll_diagnose_sources(&s.q, &r, NULL), LL_OK);
    CHECK_INT(r.n_others, 1);
    CHECK_INT(r.others[0].device, COUSIN);
    CHECK(r.others[0].surely >= LL_SURELY && r.others[0].on_samples > r.sources[0].on_samples);
    CHECK(r.others[0].lo < r.others[0].on_samples && isnan(r.sources[0].surely));
    ll_sources_report_free(&r);
    ll_dataset_unref(d);
    done(&s);
}

static ll_ints numbers(const cJSON *list, const char *key)
{
    ll_ints v = {0};
    const cJSON *item;
    cJSON_ArrayForEach(item, list) ll_ints_add(&v, key ? ll_json_get_int(item, key, -1) : item->valueint);
    return v;
}

static void check_same_numbers(ll_ints x, ll_ints y)
{
    CHECK_INT(x.n, y.n);
    for (int i = 0; i < x.n && i < y.n; i++) CHECK_INT(x.v[i], y.v[i]);
    ll_ints_free(&x);
    ll_ints_free(&y);
}

/* What one command says to measure next is what the other says, of a benchmark's device and of one that is being
 * measured, with few samples (another sampler) and with more of it measured than the transfer has learnt from. */
static void what_to_measure_is_what_suggest_says(void)
{
    static const struct {
        int every, k, next;
    } cases[] = {{1, 12, 5}, {1, 2, 3}, {25, 12, 5}, {25, 8, 5}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_dataset *d = with_few(cases[i].every);
        ll_app *a = app_with(d);
        int code;
        char line[128];
        cJSON_Delete(results_of(a, "partition source=s1,s2,s3 target=pooler", &code));
        cJSON_Delete(results_of(a, "pretrain gp", &code));
        snprintf(line, sizeof line, "transfer pooler k=%d", cases[i].k);
        cJSON_Delete(results_of(a, line, &code));
        CHECK_INT(code, LL_OK);
        snprintf(line, sizeof line, "diagnose pooler draws=1 next=%d out=none", cases[i].next);
        cJSON *diagnosis = results_of(a, line, &code);
        snprintf(line, sizeof line, "suggest device=pooler next=%d", cases[i].next);
        cJSON *suggestion = results_of(a, line, &code);
        CHECK_INT(code, LL_OK);
        check_same_numbers(numbers(cJSON_GetObjectItem(cJSON_GetArrayItem(diagnosis, 1), "next"), NULL),
                           numbers(cJSON_GetObjectItem(cJSON_GetArrayItem(suggestion, 0), "rows"), "row"));
        cJSON_Delete(diagnosis);
        cJSON_Delete(suggestion);
        ll_app_free(a);
        ll_dataset_unref(d);
    }
}

/* The list is written where it is of use, named, and what somebody filled in is kept. */
static void the_list_of_what_to_measure_is_written(void)
{
    ll_dataset *d = with_few(25);
    ll_app *a = app_with(d);
    int code;
    ll_str line = {0};
    char *file = ll_path_join(check_tmpdir(), "next.csv"), *text;
    size_t len;
    cJSON_Delete(results_of(a, "partition source=s1,s2,s3 target=pooler", &code));
    ll_str_addf(&line, "diagnose pooler k=12 draws=1 next=3 out=%s", file);
    cJSON *all = results_of(a, ll_str_text(&line), &code);
    CHECK_INT(code, LL_OK);
    CHECK_STR(ll_json_get_str(cJSON_GetArrayItem(all, 1), "file", ""), file);
    CHECK_INT(ll_read_file(file, 0, &text, &len, NULL), LL_OK);
    CHECK_HAS(text, "arch,row,mmacs,latency_ms");
    free(text);
    cJSON_Delete(all);
    const char *filled = "arch,row,latency_ms,std_ms,teaches_percent\n|none~0|+|none~0|none~1|+|none~0|"
                         "none~1|none~2|,0,2.5,,\n";
    CHECK_INT(ll_write_file(file, filled, strlen(filled), NULL), LL_OK);
    all = results_of(a, ll_str_text(&line), &code);
    CHECK_INT(code, LL_OK); /* the diagnosis stands without the list */
    CHECK(!ll_json_get_str(cJSON_GetArrayItem(all, 1), "file", NULL));
    CHECK_INT(ll_read_file(file, 0, &text, &len, NULL), LL_OK);
    CHECK_STR(text, filled);
    free(text);
    cJSON_Delete(all);
    ll_str_free(&line);
    free(file);
    ll_app_free(a);
    ll_dataset_unref(d);
}

/* A word of the field has its sentence in the result that says it first, and in no other. */
static void words_are_explained_where_they_come_first(void)
{
    static const char *const words[] = {
        "Spearman: ", "sample: ", "source: ", "gp: ", "draw: ", "optimal design: "};
    ll_dataset *d = made_data(usual, N_USUAL, 400, 37);
    ll_app *a = app_with(d);
    int code;
    cJSON_Delete(results_of(a, "partition source=s1,s2,s3 target=pooler", &code));
    cJSON *all = results_of(a, "diagnose pooler k=12 draws=2 out=none", &code), *result, *note;
    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        int said = 0;
        cJSON_ArrayForEach(result, all) cJSON_ArrayForEach(note, cJSON_GetObjectItem(result, "notes")) said +=
            !strncmp(note->valuestring, words[w], strlen(words[w]));
        CHECK_INT(said, 1);
    }
    cJSON_ArrayForEach(note, cJSON_GetObjectItem(cJSON_GetArrayItem(all, 0),
                                                 "notes")) if (strstr(note->valuestring, "Spearman: "))
        CHECK_HAS(note->valuestring, "Correlation of ranks");
    cJSON_Delete(all);
    ll_app_free(a);
    ll_dataset_unref(d);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"the command answers in order", the_command_answers_in_order},
        {"a device with samples alone is answered", a_device_with_samples_alone_is_answered},
        {"what is the same everywhere is no order", what_is_the_same_everywhere_is_no_order},
        {"a few latencies are the samples", a_few_latencies_are_the_samples},
        {"a single sample is alone", a_single_sample_is_alone},
        {"the verdict names its numbers", the_verdict_names_its_numbers},
        {"devices beside the task are named", devices_beside_the_task_are_named},
        {"devices beside the task are named by samples", devices_beside_the_task_are_named_by_samples},
        {"what to measure is what suggest says", what_to_measure_is_what_suggest_says},
        {"the list of what to measure is written", the_list_of_what_to_measure_is_written},
        {"words are explained where they come first", words_are_explained_where_they_come_first},
        {0},
    };
    return check_main("test_diagnose_command", cases, argc, argv);
}
