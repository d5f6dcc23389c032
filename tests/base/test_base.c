#include <stdlib.h>

#include "core/base/hash.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/str.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/base/text/near.h"
#include "core/base/text/option.h"
#include "core/num/pool.h"
#include "core/num/tensors.h"
#include "tests/check.h"

static void errors_keep_context(void)
{
    ll_error e = {0};
    CHECK_INT(ll_fail(&e, LL_BAD_DATA, "%d rows", 3), LL_BAD_DATA);
    ll_fail_in(&e, "%s: line %d: ", "a.csv", 7);
    CHECK_INT(ll_fail_in(NULL, "%s: ", "nobody asked"), LL_FAILED);
    CHECK_STR(e.message, "a.csv: line 7: 3 rows");
    ll_fail(&e, LL_USAGE, "again: %s", e.message);
    CHECK_STR(e.message, "again: a.csv: line 7: 3 rows");
}

static void strings_split_and_match(void)
{
    ll_strs l = {0};
    ll_strs_split(&l, " a, bc ,,d ", ',');
    CHECK_INT(l.n, 3);
    CHECK_STR(l.v[1], "bc");
    ll_strs_free(&l);
    CHECK(ll_glob("titan*_?", "TITAN_rtx_1"));
    CHECK(!ll_glob("titan", "titanx"));
    CHECK(ll_glob("*", ""));
    CHECK_INT(ll_edit_distance("pixel2", "Pixl3"), 2);
    CHECK_INT(ll_edit_distance("laod", "load"), 1);
}

static void random_numbers_are_seeded(void)
{
    ll_rng a = ll_rng_new(1, 2), b = ll_rng_new(1, 2), c = ll_rng_new(1, 3);
    CHECK(ll_rng_u64(&a) == ll_rng_u64(&b));
    CHECK(ll_rng_u64(&a) != ll_rng_u64(&c));
    double sum = 0, square = 0;
    for (int i = 0; i < 100000; i++) {
        double x = ll_rng_normal(&a);
        sum += x;
        square += x * x;
    }
    CHECK_NEAR(sum / 100000, 0, .02);
    CHECK_NEAR(square / 100000, 1, .03);
    int pool[50], out[50], seen[50] = {0};
    for (int i = 0; i < 50; i++) pool[i] = i;
    ll_rng_sample(&a, pool, 50, 50, out);
    for (int i = 0; i < 50; i++) seen[out[i]]++;
    for (int i = 0; i < 50; i++) CHECK_INT(seen[i], 1);
}

static const char *shape_name(int i)
{
    static const char *const names[] = {"ring", "star", NULL};
    return names[i];
}

static const ll_option table[] = {
    LL_OPT_WORD("device", NULL, "the target", LL_REQUIRED),
    LL_OPT_INT("k", "20", 1, 100, "samples"),
    LL_OPT_CHOICE("gnn", "dgf", "dgf|gat", "layer"),
    LL_OPT_BOOL("live", NULL, "redraw"),
    LL_OPT_NAMES("shape", NULL, shape_name, "of the nodes"),
    LL_OPT_WORD("out", "x.csv", "file", LL_OF_OUTPUT),
    {0},
};

static ll_status parse(ll_values *v, const char *line, ll_error *e)
{
    ll_strs words = {0};
    ll_strs_split(&words, line, ' ');
    ll_values_init(v, table);
    ll_status s = ll_values_parse(v, words.v, words.n, e);
    ll_strs_free(&words);
    return s;
}

/* Whatever would be written without it; a file of that name has a path. */
static void none_is_no_output(void)
{
    ll_values v, copy = {0};
    ll_error e = {0};
    CHECK_INT(parse(&v, "fpga", &e), LL_OK);
    CHECK(ll_is(&v, "out", "x.csv"));
    CHECK_INT(ll_values_set(&v, "out", "none", &e), LL_OK);
    CHECK(!ll_has(&v, "out") && !ll_word(&v, "out") && ll_given(&v, "out"));
    ll_values_copy(&copy, &v);
    CHECK(!ll_has(&copy, "out") && ll_given(&copy, "out"));
    cJSON *record = ll_values_json(&v);
    CHECK(!cJSON_GetObjectItem(record, "out"));
    cJSON_Delete(record);
    CHECK_INT(ll_values_set(&v, "out", "./none", &e), LL_OK);
    CHECK(ll_is(&v, "out", "./none"));
    ll_values_free(&copy);
    ll_values_free(&v);
    CHECK_INT(parse(&v, "none", &e), LL_OK); /* other words are what they say */
    CHECK(ll_is(&v, "device", "none"));
    ll_values_free(&v);
}

static void options_are_checked(void)
{
    ll_values v;
    ll_error e = {0};
    CHECK_INT(parse(&v, "fpga k=5 live=on", &e), LL_OK);
    CHECK_STR(ll_word(&v, "device"), "fpga");
    CHECK_INT(ll_int(&v, "k"), 5);
    CHECK(ll_bool(&v, "live") && !ll_given(&v, "gnn") && ll_is(&v, "gnn", "dgf"));
    CHECK_INT(ll_chosen(&v, "shape"), -1);
    CHECK_INT(ll_values_set(&v, "shape", "star", &e), LL_OK);
    CHECK_INT(ll_chosen(&v, "shape"), 1);
    ll_values_free(&v);
    static const char *const bad[][2] = {{"fpga k=0", "between 1 and 100"},
                                         {"fpga k=2.5", "whole number"},
                                         {"fpga k=x", "whole number"},
                                         {"", "device is missing"},
                                         {"fpga gnn=x", "dgf|gat"},
                                         {"fpga gnm=dgf", "did you mean gnn"},
                                         {"fpga extra", "no further argument was expected behind device"},
                                         {"fpga live=2", "on or off"},
                                         {"fpga shape=line", "ring|star"}};
    for (int i = 0; i < 9; i++) {
        CHECK_INT(parse(&v, bad[i][0], &e), LL_USAGE);
        CHECK_HAS(e.message, bad[i][1]);
        ll_values_free(&v);
    }
}

static void ranges_are_words(void)
{
    static const struct {
        ll_option o;
        const char *text;
    } cases[] = {{{.name = "a", .lo = 1, .hi = 1e6}, "between 1 and 1000000"},
                 {{.name = "b", .lo = 0, .hi = 9007199254740992}, "0 or more"},
                 {{.name = "c", .lo = 1e-9, .hi = .5, .unit = "ms"}, "between 1e-09 and 0.5 ms"},
                 {{.name = "d"}, ""}};
    for (int i = 0; i < 4; i++) {
        ll_str text = {0};
        ll_option_range(&cases[i].o, &text);
        CHECK_STR(ll_str_text(&text), cases[i].text);
        ll_str_free(&text);
    }
}

static void files_are_replaced_or_kept(void)
{
    ll_error e = {0};
    char *dir = ll_path_join(check_tmpdir(), "a/b"), *path = ll_path_join(dir, "f"), *text;
    size_t len;
    CHECK_INT(ll_make_dirs(dir, &e), LL_OK);
    CHECK_INT(ll_write_file(path, "one", 3, &e), LL_OK);
    ll_writer w;
    CHECK_INT(ll_writer_open(&w, path, &e), LL_OK);
    fprintf(w.f, "two");
    ll_writer_abandon(&w);
    CHECK_INT(ll_read_file(path, 0, &text, &len, &e), LL_OK);
    CHECK_STR(text, "one");
    free(text);
    CHECK_INT(ll_read_file(path, 2, &text, &len, &e), LL_BAD_DATA);
    CHECK_INT(ll_read_file(dir, 0, &text, &len, &e), LL_BAD_DATA);
    CHECK_INT(ll_write_file("/dev/full/x", "one", 3, &e), LL_FAILED);
    free(dir);
    free(path);
}

static void json_knows_whole_numbers(void)
{
    static const struct {
        const char *text;
        bool whole;
    } cases[] = {{"7", true},    {"-100", true},   {"100.0", true}, {"101", false}, {"1e300", false},
                 {"1.5", false}, {"\"7\"", false}, {"true", false}, {"null", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cJSON *v = cJSON_Parse(cases[i].text);
        int value = 0;
        check_report(ll_json_is_whole(v, 100, &value) == cases[i].whole, __FILE__, __LINE__, "%s",
                     cases[i].text);
        if (cases[i].whole) CHECK_INT(value, v->valuedouble);
        cJSON_Delete(v);
    }
    CHECK(!ll_json_is_whole(NULL, 100, NULL));
}

static void json_says_null_for_nan(void)
{
    cJSON *o = cJSON_CreateObject();
    double v[] = {1, NAN}, *back;
    ll_json_nums(o, "v", v, 2);
    ll_json_num(o, "x", INFINITY);
    char *line = ll_json_line(o);
    CHECK_STR(line, "{\"v\":[1,null],\"x\":null}");
    CHECK_INT(ll_json_get_nums(o, "v", &back), 2);
    CHECK(isnan(back[1]) && isnan(ll_json_get_num(o, "x", 3)));
    free(back);
    free(line);
    cJSON_Delete(o);
}

static void count_chunk(void *ctx, int i)
{
    ((int *)ctx)[i]++;
}

static void pools_run_every_chunk_once(void)
{
    for (int threads = 1; threads <= 4; threads++) {
        ll_pool *p = ll_pool_new(threads);
        int hits[1000] = {0};
        for (int round = 0; round < 50; round++) ll_pool_run(p, 1000, count_chunk, hits);
        for (int i = 0; i < 1000; i++)
            if (hits[i] != 50) CHECK_INT(hits[i], 50);
        ll_pool_free(p);
    }
}

typedef struct by_thread {
    int of[1000]; /* chunks */
    int threads;
    _Atomic int wrong;
} by_thread;

static void note_thread(void *ctx, int i, int thread)
{
    by_thread *b = ctx;
    b->of[i]++;
    if (thread < 0 || thread >= b->threads) b->wrong++;
}

static void pools_say_which_thread_runs(void)
{
    for (int threads = 1; threads <= 4; threads++) {
        ll_pool *p = threads > 1 ? ll_pool_new(threads) : NULL;
        by_thread b = {.threads = ll_pool_threads(p)};
        CHECK_INT(b.threads, threads);
        for (int round = 0; round < 50; round++) ll_pool_run_by(p, 1000, note_thread, &b);
        for (int i = 0; i < 1000; i++)
            if (b.of[i] != 50) CHECK_INT(b.of[i], 50);
        CHECK_INT(b.wrong, 0);
        ll_pool_free(p);
    }
}

static void tensors_check_shapes(void)
{
    ll_tensors t = {0};
    ll_error e = {0};
    const ll_tensor *x;
    ll_tensors_add(&t, "w", LL_F32, 2, (long[]){2, 3}, NULL);
    CHECK_INT(ll_tensors_need(&t, "w", LL_F32, 2, (long[]){2, 3}, &x, &e), LL_OK);
    CHECK_INT(ll_tensors_need(&t, "w", LL_F32, 2, (long[]){3, 2}, &x, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "(2,3)");
    CHECK_INT(ll_tensors_need(&t, "v", LL_F32, 1, (long[]){2}, &x, &e), LL_BAD_DATA);
    ll_tensors_free(&t);
}

static void hashes_tell_bytes_apart(void)
{
    ll_hash a = ll_hash_bytes("abc", 3), b = ll_hash_bytes("abd", 3);
    CHECK_INT(strlen(a.hex), 32);
    CHECK(strcmp(a.hex, b.hex));
    CHECK_STR(ll_hash_bytes("", 0).hex, "99aa06d3014798d86001c324468d497f"); /* XXH3's published empty hash */
}

static void near_names_are_meant_and_others_are_not(void)
{
    static const char *const names[] = {"load",     "corr", "order", "predict", "pretrain", "plot",
                                        "spearman", "gp",   "N1",    "N3",      "q",        NULL};
    static const char *const words[][2] = {
        {"laod", "load"},       {"lod", "load"},      {"cor", "corr"},
        {"colour", NULL},       {"x", NULL},          {"ls", NULL},
        {"pre", NULL},          {"pret", "pretrain"}, {"spaerman", "spearman"},
        {"predcit", "predict"}, {"exit", NULL},       {"cat", NULL},
        {"GP", "gp"},           {"N2", NULL},         {"", NULL},
        {"spear", "spearman"},  {"qu", NULL},         {"aq", NULL}};
    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        ll_near near = ll_near_to(words[w][0]);
        for (int i = 0; names[i]; i++) ll_near_offer(&near, names[i]);
        const char *best = ll_near_best(&near);
        CHECK_STR(best ? best : "", words[w][1] ? words[w][1] : "");
        ll_near_free(&near);
    }
}

static const check_case cases[] = {
    {"errors keep context", errors_keep_context},
    {"strings split and match", strings_split_and_match},
    {"random numbers are seeded", random_numbers_are_seeded},
    {"near names are meant and others are not", near_names_are_meant_and_others_are_not},
    {"options are checked", options_are_checked},
    {"none is no output", none_is_no_output},
    {"ranges are words", ranges_are_words},
    {"files are replaced or kept", files_are_replaced_or_kept},
    {"json says null for NaN", json_says_null_for_nan},
    {"json knows whole numbers", json_knows_whole_numbers},
    {"pools run every chunk once", pools_run_every_chunk_once},
    {"pools say which thread runs", pools_say_which_thread_runs},
    {"tensors check shapes", tensors_check_shapes},
    {"hashes tell bytes apart", hashes_tell_bytes_apart},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_base", cases, argc, argv);
}
