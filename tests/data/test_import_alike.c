/* A device that is known under another name, or came in a wrong unit, shows when it is imported. */
#include <stdlib.h>

#include "data/importers/import_alike.h"
#include "tests/data/tables.h"

/* Device `name` of 27 architectures with latencies by formula. */
static ll_dataset *one(const char *name, int n, double (*ms)(int i))
{
    ll_str text = {0}, said = {0};
    ll_str_addf(&text, "arch,%s\n", name);
    for (int i = 0; i < n; i++) ll_str_addf(&text, "%d_%d_%d,%.6g\n", i / 9, i / 3 % 3, i % 3, ms(i));
    ll_dataset *d = read_table(text.s, (ll_import){.space = own_space(), .unit = "ms"}, &said);
    if (!CHECK(d != NULL)) printf("%s\n", ll_str_text(&said));
    ll_str_free(&text);
    ll_str_free(&said);
    return d;
}

static double plain(int i)
{
    return 1 + i * 7 % 27;
}
static double twice(int i)
{
    return 2 * plain(i) + .01 * (i % 3);
}
static double thousand(int i)
{
    return 1050 * plain(i);
}
static double thousandth(int i)
{
    return 1e-3 * plain(i);
}
static double other(int i)
{
    return 1 + i * i % 23;
}

static const char *notes_of(ll_dataset *fresh, const ll_dataset *a, const ll_dataset *b)
{
    static ll_str text;
    ll_import job = {0};
    ll_str_clear(&text);
    ll_import_note_alike(&job, fresh, (const ll_dataset *const[]){a, b}, 2);
    for (int i = 0; i < job.notes.n; i++) ll_str_addf(&text, "%s\n", job.notes.v[i]);
    ll_strs_free(&job.notes);
    ll_dataset_unref(fresh);
    return ll_str_text(&text);
}

static void the_nearest_device_is_named(void)
{
    ll_dataset *known = one("phone", 27, plain), *far = one("board", 27, other);
    CHECK_STR(notes_of(one("mine", 20, twice), far, known),
              "mine looks like phone of raw (Spearman 1.000 on 20 shared architectures)\n");
    CHECK_STR(notes_of(one("mine", 20, twice), NULL, far), "");
    CHECK_STR(notes_of(one("mine", 5, twice), known, NULL), "");   /* too few to tell */
    CHECK_STR(notes_of(one("phone", 27, plain), known, NULL), ""); /* the device itself */
    ll_dataset_unref(known);
    ll_dataset_unref(far);
}

static void a_factor_between_units_is_asked_about(void)
{
    ll_dataset *known = one("phone", 27, plain);
    CHECK_HAS(notes_of(one("mine", 27, thousand), known, NULL),
              "1000 times as large: was the file really in ms?");
    CHECK_HAS(notes_of(one("mine", 27, thousandth), known, NULL),
              "0.001 times as large: was the file really in ms?");
    CHECK(!strstr(notes_of(one("mine", 27, twice), known, NULL), "really"));
    ll_dataset_unref(known);
}

static const check_case cases[] = {
    {"the nearest device is named", the_nearest_device_is_named},
    {"a factor between units is asked about", a_factor_between_units_is_asked_about},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_import_alike", cases, argc, argv);
}
