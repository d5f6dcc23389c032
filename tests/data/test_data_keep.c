/* What came in goes out again: devices and datasets are renamed, taken away and brought back, and nothing is lost on the way. */
#include <stdlib.h>
#include <unistd.h>

#include "data/datasets/folder.h"
#include "tests/say.h"

static const char table[] = "arch,a,b,b_std,c\n1,2,3,.5,4\n5,4,5,.25,9\n77,1,1,.125,\n";

static void import(ll_app *a, const char *text, const char *how)
{
    ll_str path = {0}, line = {0};
    ll_str_addf(&path, "%s/in.csv", check_tmpdir());
    CHECK_OK(ll_write_file(path.s, text, strlen(text), NULL));
    ll_str_addf(&line, "import csv %s %s unit=ms", path.s, how);
    SAY(a, line.s);
    ll_str_free(&line);
    ll_str_free(&path);
}

static ll_app *world(void)
{
    ll_app *a = app_new();
    import(a, table, "as t space=nasbench201");
    SAY(a, "load t");
    return a;
}

/* What the folder holds; NULL: there is none. */
static ll_dataset *stored(const char *name)
{
    ll_str path = {0};
    ll_dataset *d = NULL;
    ll_str_addf(&path, "%s/data/%s", check_tmpdir(), name);
    if (ll_is_folder_dataset(path.s)) CHECK_OK(ll_folder_load(path.s, &d, NULL));
    ll_str_free(&path);
    return d;
}

static void check_devices(const char *name, const char *expected)
{
    ll_dataset *d = stored(name);
    ll_str names = {0};
    for (int j = 0; d && j < d->n_devices; j++) ll_str_addf(&names, "%s%s", j ? "|" : "", d->devices[j].name);
    CHECK_STR(ll_str_text(&names), expected);
    ll_str_free(&names);
    ll_dataset_unref(d);
}

static void devices_are_renamed_and_taken_out(void)
{
    ll_app *a = world();
    SAY(a, "device info b");
    CHECK_HAS(said, "\"source\":\"in.csv\"");
    CHECK_HAS(said, "\"n\":3,\"deviations\":3");
    SAY(a, "device rename a \"my phone, 2*\"");
    check_devices("t", "my phone, 2*|b|c");
    SAY(a, "devices \"my phone, 2*\"");
    CHECK_HAS(said, "1 of 3 devices");
    SAY(a, "device remove \"my phone, 2*\"");
    check_devices("t", "b|c");
    check_devices(".former/t", "my phone, 2*|b|c");
    ll_dataset *d = stored("t");
    CHECK_NEAR(ll_latencies(d, 0)[1], 5, 0);
    CHECK_NEAR(d->std_ms[2], .125, 0);
    CHECK_NEAR(ll_latencies(d, 1)[1], 9, 0);
    CHECK(isnan(ll_latencies(d, 1)[2]));
    ll_dataset_unref(d);
    SAY(a, "dataset restore t");
    check_devices("t", "my phone, 2*|b|c");
    check_devices(".former/t", "b|c"); /* and back again, when that was a mistake */
    ll_app_free(a);
}

static void names_of_devices_have_one_rule(void)
{
    static const struct {
        const char *line, *why;
    } bad[] = {{"device rename b a", "has a device a already"},
               {"device rename b", "to what?"},
               {"device rename b \"\"", "it is empty"},
               {"device rename nosuch x", "nosuch"},
               {"device rename b \"\xc2\x9b\"", "U+009B"},
               {"device rename b "
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                "aaaaaaaaa",
                "at most 100"}};
    ll_app *a = world();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(say(a, bad[i].line) != LL_OK);
        CHECK_HAS(said, bad[i].why);
        check_devices("t", "a|b|c");
    }
    SAY(a, "device rename b \"  a b  \""); /* blanks at its ends are dropped */
    check_devices("t", "a|a b|c");
    /* what a heading would mean is no name at any door, for `export csv` writes it as one */
    CHECK(say(a, "device rename c latency") != LL_OK);
    CHECK(say(a, "device rename c x_std") != LL_OK);
    ll_app_free(a);
}

static void datasets_come_and_go(void)
{
    ll_app *a = world();
    CHECK(say(a, "dataset remove t") != LL_OK);
    CHECK_HAS(said, "is the loaded dataset");
    SAY(a, "dataset copy t u");
    check_devices("u", "a|b|c");
    CHECK(say(a, "dataset copy t u") != LL_OK);
    CHECK(say(a, "dataset rename u t") != LL_OK);
    CHECK_HAS(said, "is there already");
    SAY(a, "dataset rename u v");
    check_devices("v", "a|b|c");
    CHECK(!stored("u"));
    check_devices(".former/u", "a|b|c");
    SAY(a, "dataset remove v");
    CHECK_HAS(said, "`dataset restore v` brings it back");
    CHECK(!stored("v"));
    SAY(a, "dataset restore v");
    check_devices("v", "a|b|c");
    ll_dataset *d = stored("v");
    CHECK_STR(d->name, "v");
    ll_dataset_unref(d);
    static const char *const bad[] = {"dataset restore nosuch", "dataset remove nosuch",
                                      "dataset remove ../t",    "dataset copy t sessions",
                                      "dataset copy t .former", "dataset copy nosuch x",
                                      "dataset rename v",       "dataset remove nb201_host"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(say(a, bad[i]) != LL_OK);
    check_devices("v", "a|b|c");
    check_devices("t", "a|b|c");
    ll_app_free(a);
}

/* A stranger's file in the folder is in the way, and stays. */
static void what_is_not_latlabs_stays(void)
{
    ll_app *a = world();
    char *file = ll_path_join(check_tmpdir(), "data/w/mine.txt");
    SAY(a, "dataset copy t w");
    CHECK_OK(ll_write_file(file, "x", 1, NULL));
    CHECK(say(a, "dataset remove w") != LL_OK);
    CHECK(ll_is_file(file));
    check_devices("w", "a|b|c");
    unlink(file);
    SAY(a, "dataset remove w");
    free(file);
    ll_app_free(a);
}

static void an_import_can_be_taken_back(void)
{
    ll_app *a = world();
    import(a, "arch,d\n1,7\n", "into t");
    CHECK_HAS(said, "`dataset restore t` brings it back");
    check_devices("t", "a|b|c|d");
    SAY(a, "undo");
    CHECK_HAS(said, "what `import` wrote to");
    CHECK_HAS(said, "`dataset restore t` brings back");
    check_devices("t", "a|b|c|d");
    SAY(a, "dataset restore t");
    check_devices("t", "a|b|c");
    SAY(a, "sample k=2 seed=1");
    SAY(a, "undo");
    CHECK(!strstr(said, "stays there")); /* nothing but the session */
    ll_app_free(a);
}

/* Runs whose mean is beyond all numbers, of energy, since no latency is so long: a table that cannot be read back is not written
 * over one that can. */
static void what_overflows_is_not_written(void)
{
    ll_app *a = world();
    ll_str path = {0}, line = {0};
    const char *text = "arch,device,energy_mj\n1,big,1e308\n1,big,1e308\n5,big,2\n";
    ll_str_addf(&path, "%s/big.csv", check_tmpdir());
    CHECK_OK(ll_write_file(path.s, text, strlen(text), NULL));
    for (int i = 0; i < 2; i++) {
        ll_str_clear(&line);
        ll_str_addf(&line, "import csv %s into t unit=mJ repeats=%s", path.s, i ? "min" : "mean");
        CHECK(say(a, line.s) != LL_OK);
        CHECK_HAS(said, "of big is inf: nothing was written");
        check_devices("t", "a|b|c");
    }
    ll_str_free(&path);
    ll_str_free(&line);
    ll_app_free(a);
}

static void a_damaged_one_takes_no_good_ones_place(void)
{
    ll_app *a = world();
    ll_str path = {0};
    import(a, "arch,d\n1,7\n", "into t"); /* the one before is the former one now */
    ll_str_addf(&path, "%s/data/t/latency.csv", check_tmpdir());
    CHECK_OK(ll_write_file(path.s, "arch,a\n", 7, NULL));
    import(a, table, "as other space=nasbench201");
    SAY(a, "load other");
    CHECK(say(a, "dataset remove t") != LL_OK);
    CHECK_HAS(said, "t is damaged, and the former one, whose place it would take, is not");
    SAY(a, "dataset restore t");
    check_devices("t", "a|b|c");
    SAY(a, "dataset remove t");
    ll_str_free(&path);
    ll_app_free(a);
}

static const check_case cases[] = {
    {"a damaged one takes no good one's place", a_damaged_one_takes_no_good_ones_place},
    {"what overflows is not written", what_overflows_is_not_written},
    {"devices are renamed and taken out", devices_are_renamed_and_taken_out},
    {"names of devices have one rule", names_of_devices_have_one_rule},
    {"datasets come and go", datasets_come_and_go},
    {"what is not latlab's stays", what_is_not_latlabs_stays},
    {"an import can be taken back", an_import_can_be_taken_back},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_data_keep", cases, argc, argv);
}
