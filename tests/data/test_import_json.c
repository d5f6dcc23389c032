/* Measurements as JSON: the forms that scripts print them in are one table. */
#include <stdlib.h>

#include "tests/data/tables.h"

static ll_dataset *read(const char *text, ll_import job, ll_str *said)
{
    job.space = own_space();
    return read_table(text, job, said);
}

static void every_form_is_the_same_table(void)
{
    static const struct {
        const char *text, *device;
    } forms[] = {
        {"[{\"arch\": \"0_1_2\", \"pi (us)\": 1500}, {\"arch\": \"2_1_0\", \"pi (us)\": null}]", NULL},
        {"{\"arch\": \"0_1_2\", \"pi (us)\": 1500}\n\n{\"pi (us)\": NaN, \"arch\": [2, 1, 0]}\n", NULL},
        {"\xef\xbb\xbf [\n {\"arch\": {\"string\": \"0_1_2\"}, \"pi (us)\": 1500},\n"
         "{\"arch_string\": \"2_1_0\"}]",
         NULL},
        {"{\"arch\": [\"0_1_2\", \"2_1_0\"], \"pi (us)\": [1500, null]}", NULL},
        {"{\"pi (us)\": {\"0\": 1500, \"7\": NaN}, \"arch\": {\"0\": \"0_1_2\", \"7\": \"2_1_0\"}}", NULL},
        {"{\"0_1_2\": 1500, \"2_1_0\": -1}", "pi"},
        {"{\"0_1_2\": [1400, 1600], \"2_1_0\": []}", "pi"},
        {"{\"0_1_2\": {\"latency\": {\"mean\": 1500, \"std\": 2}}, \"2_1_0\": {\"latency\": {\"mean\": "
         "null}}}",
         "pi"},
        {"{\"pi\": {\"0_1_2\": 1500, \"2_1_0\": null}}", NULL},
        {"[[\"0_1_2\", 1500], [\"2_1_0\", null]]", "pi"},
        {"{\"device\": \"pi\", \"unit\": \"us\", \"runs\": [1], \"results\": [{\"arch\": \"0_1_2\", "
         "\"latency\": 1500}, {\"arch\": \"2_1_0\", \"latency\": null}]}",
         NULL},
        {"{\"when\": \"today\", \"measured\": {\"0_1_2\": 1500, \"2_1_0\": null}}", "pi"},
    };
    ll_str said = {0};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        ll_dataset *d = read(forms[i].text, (ll_import){.unit = "us", .device = forms[i].device}, &said);
        if (!CHECK(d != NULL)) printf("  %s\n  %s\n", forms[i].text, ll_str_text(&said));
        if (!d) continue;
        CHECK_INT(d->n_devices, 1);
        CHECK_INT(d->n_archs, 2);
        CHECK_NEAR(at(d, "pi", "0_1_2"), 1.5, 1e-12);
        CHECK(isnan(at(d, "pi", "2_1_0")));
        ll_dataset_unref(d);
    }
    ll_str_free(&said);
}

static void what_is_wrong_is_named(void)
{
    static const char *const bad[][2] = {
        {"{\"arch\": \"0_1_2\", \"pi\": 1}\n\n{\"arch\": \"x\", \"pi\": 1}\n",
         "line 3: unknown architecture"},
        {"{\"arch\": \"0_1_2\", \"pi\": 1}\n{\"arch\": \"2_1_0\" \"pi\": 1}\n", "line 2: not valid JSON"},
        {"{\"arch\": \"0_1_2\", \"pi\": 1}\n[1, 2]\n", "line 2: no object"},
        {"[{\"arch\": \"0_1_2\", \"pi\": 1}, {\"arch\": \"2_1_0\", \"pi\": \"slow\"}]",
         "a record a line: line 2: \"slow\" in column pi is no number"},
        {"[{\"arch\": \"0_1_2\", \"pi\": 1},\n{\"arch\": \"2_1_0\"", "not valid JSON"},
        {"[{\"pi\": 1}]", "one column, architectures and latencies were expected"},
        {"[{\"a\": \"first\", \"pi\": 1}]", "which column holds the architectures"},
        {"{\"a\": [1, 2], \"b\": [1]}", "JSON, but no table"},
        {"{\"a\": {\"x\": 1}, \"b\": {\"y\": 1}}", "JSON, but no table"},
        {"[[1, 2], [3]]", "JSON, but no table"},
        {"[[\"0_1_2\", 1], [\"2_1_0\"]]", "JSON, but no table"},
        {"{\"a\": 1}", "JSON, but no table"},
        {"[[]]", "JSON, but no table"},
        {"{\"a\": {}}", "JSON, but no table"},
        {"{\"a\": []}", "JSON, but no table"},
    };
    ll_str said = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ll_dataset *d = read(bad[i][0], (ll_import){.unit = "ms"}, &said);
        if (!CHECK(d == NULL)) printf("  %s\n", bad[i][0]);
        CHECK_HAS(ll_str_text(&said), bad[i][1]);
        ll_dataset_unref(d);
    }
    ll_str_free(&said);
}

/* Memory follows the file: neither columns that one record each has, nor a head that goes with every record, may square it. */
static void hostile_sizes_are_refused(void)
{
    enum { N = 20000 };
    ll_str said = {0}, text = {0};
    ll_str_add(&text, "[");
    for (int i = 0; i < N; i++) ll_str_addf(&text, "%s{\"c%d\": 1}", i ? "," : "", i);
    ll_str_add(&text, "]");
    CHECK(!read(text.s, (ll_import){.unit = "ms"}, &said));
    CHECK_HAS(ll_str_text(&said), "memory");
    ll_str_clear(&text);
    ll_str_add(&text, "{\"head\": \"");
    ll_str_repeat(&text, "0123456789", N);
    ll_str_add(&text, "\", \"results\": [{\"arch\": \"0_1_2\", \"pi\": 1}");
    for (int i = 1; i < N; i++) ll_str_add(&text, ",{}");
    ll_str_add(&text, "]}");
    CHECK(!read(text.s, (ll_import){.unit = "ms"}, &said));
    CHECK_HAS(ll_str_text(&said), "memory");
    ll_str_free(&text);
    ll_str_free(&said);
}

static const check_case cases[] = {
    {"every form is the same table", every_form_is_the_same_table},
    {"what is wrong is named", what_is_wrong_is_named},
    {"hostile sizes are refused", hostile_sizes_are_refused},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_import_json", cases, argc, argv);
}
