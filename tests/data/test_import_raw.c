/* Tables as measuring scripts and spreadsheets write them: runs, holes, decimal commas, separators, lists. */
#include <stdlib.h>

#include "data/datasets/folder.h"
#include "tests/data/tables.h"

static ll_dataset *read(const char *text, ll_import job, ll_str *said)
{
    job.space = own_space();
    if (!job.unit) job.unit = "ms";
    return read_table(text, job, said);
}

static double std_at(const ll_dataset *d, int device, int row)
{
    return d->std_ms ? d->std_ms[(size_t)device * (size_t)d->n_archs + (size_t)row] : NAN;
}

/* It may be a name; that the numbers were taken for something else is said. */
static void a_unit_in_a_name_is_asked_about(void)
{
    ll_str said = {0};
    ll_dataset *d = read("arch,phone_us,server\n0_0_0,4,2\n", (ll_import){0}, &said);
    CHECK_HAS(ll_str_text(&said),
              "phone_us was read in ms, though its name ends in us: if that is its unit, say unit=us");
    ll_dataset_unref(d);
    ll_str_clear(&said);
    d = read("arch,phone_us,server_ms\n0_0_0,4,2\n", (ll_import){.unit = "us"}, &said);
    CHECK(!strstr(ll_str_text(&said), "phone_us was read"));
    ll_dataset_unref(d);
    ll_str_free(&said);
}

/* --- runs --- */

static const char two_devices[] =
    "arch,device,latency_us\n0_0_0,pi,4000\n0_0_0,pi,1000\n0_0_0,pi,3000\n0_0_0,pi,2000\n"
    "1_2_0,pi,7000\n0_0_0,tpu,10\n0_0_0,tpu,NA\n0_0_0,tpu,30\n";

static void runs_become_one(void)
{
    static const struct {
        const char *as;
        double pi, tpu;
    } all[] = {{"median", 2.5, .02}, {"min", 1, .01}, {"mean", 2.5, .02}};
    ll_str said = {0};
    for (int i = 0; i < 3; i++) {
        ll_dataset *d = read(two_devices, (ll_import){.unit = "us", .repeats = all[i].as}, &said);
        if (!CHECK(d != NULL)) continue;
        CHECK_INT(d->n_archs, 2);
        CHECK_NEAR(at(d, "pi", "0_0_0"), all[i].pi, 1e-12);
        CHECK_NEAR(at(d, "tpu", "0_0_0"), all[i].tpu, 1e-12);
        CHECK_NEAR(at(d, "pi", "1_2_0"), 7, 1e-12);
        CHECK(isnan(at(d, "tpu", "1_2_0")));
        CHECK_NEAR(std_at(d, 0, 0), sqrt(5. / 3), 1e-12);
        CHECK_NEAR(std_at(d, 1, 0), sqrt(2e-4), 1e-12);
        CHECK(isnan(std_at(d, 0, 1)));
        CHECK_HAS(ll_str_text(&said), "of 1 to 4 runs");
        CHECK_HAS(ll_str_text(&said), "1 cell says NA");
        CHECK_HAS(d->devices[0].note, all[i].as);
        ll_dataset_unref(d);
    }
    ll_str_free(&said);
}

static void a_second_line_is_a_mistake_unless_told(void)
{
    ll_str said = {0};
    CHECK(read(two_devices, (ll_import){.unit = "us"}, &said) == NULL);
    CHECK_HAS(ll_str_text(&said), "line 3: this architecture on pi stands in line 2 already");
    CHECK_HAS(ll_str_text(&said), "repeats=median");
    CHECK(read("arch,pi\n0_0_0,1\n1_1_1,2\n0_0_0,3\n", (ll_import){0}, &said) == NULL);
    CHECK_HAS(ll_str_text(&said), "stands in line 2 already");
    /* told by repeats=, by a column of runs, by lists in the cells */
    static const char *const tables[] = {"arch,pi\n0_0_0,1\n1_1_1,2\n0_0_0,4\n0_0_0,3\n",
                                         "arch,trial,pi\n0_0_0,1,1\n1_1_1,1,2\n0_0_0,2,4\n0_0_0,3,3\n",
                                         "arch,pi\n0_0_0,\"[1, 4.0, 3]\"\n1_1_1,2\n",
                                         "arch;pi\n0_0_0;(1,4,nan,3)\n1_1_1;[2, None]\n"};
    for (int i = 0; i < 4; i++) {
        ll_dataset *d = read(tables[i], (ll_import){.repeats = i ? NULL : "median"}, &said);
        if (!CHECK(d != NULL)) printf("%s\n", ll_str_text(&said));
        if (!d) continue;
        CHECK_NEAR(at(d, "pi", "0_0_0"), 3, 0);
        CHECK_NEAR(at(d, "pi", "1_1_1"), 2, 0);
        CHECK_INT(d->n_devices, 1);
        CHECK_HAS(ll_str_text(&said), "the median of 1 to 3 runs");
        ll_dataset_unref(d);
    }
    ll_str_free(&said);
}

static void another_setting_is_another_device(void)
{
    static const char text[] =
        "arch,device,precision,lat\n0_0_0,pi,int8,1\n1_1_1,pi,fp32,2\n0_0_0,pi,fp32,3\n";
    ll_str said = {0};
    ll_strs key = {0};
    CHECK(read(text, (ll_import){0}, &said) == NULL);
    CHECK_HAS(ll_str_text(&said), "line 3: pi was measured with precision fp32 here and int8 before");
    CHECK_HAS(ll_str_text(&said), "key=device,precision");
    ll_strs_add(&key, "device"), ll_strs_add(&key, "precision");
    ll_dataset *d = read(text, (ll_import){.key = &key}, &said);
    if (CHECK(d != NULL)) {
        CHECK_INT(d->n_devices, 2);
        CHECK_NEAR(at(d, "pi_int8", "0_0_0"), 1, 0);
        CHECK_NEAR(at(d, "pi_fp32", "0_0_0"), 3, 0);
        ll_dataset_unref(d);
    }
    CHECK(read("arch,pi\n0_0_0,1\n", (ll_import){.key = &key}, &said) == NULL);
    CHECK_HAS(ll_str_text(&said), "key= goes with a measurement a line");
    ll_strs_add(&key, "arch");
    CHECK(read(text, (ll_import){.key = &key}, &said) == NULL);
    CHECK_HAS(ll_str_text(&said), "names the architecture");
    free(key.v[--key.n]);
    ll_strs_add(&key, "nosuch");
    CHECK(read(text, (ll_import){.key = &key}, &said) == NULL);
    CHECK_HAS(ll_str_text(&said), "no column is called \"nosuch\"");
    ll_strs_free(&key);
    /* one setting all over is none that matters */
    d = read("arch,device,batch_size,lat\n0_0_0,pi,1,1\n0_0_0,tpu,32,2\n", (ll_import){0}, &said);
    CHECK(d != NULL);
    ll_dataset_unref(d);
    ll_str_free(&said);
}

/* --- holes --- */

static void holes_have_many_names(void)
{
    static const char text[] = "arch,pi,pi_std,tpu\n0_0_0,NA,NaN,1\n0_0_1,null,,n/a\n0_0_2,None, nan ,-1\n"
                               "0_1_0, ,-,-1.0\n0_1_1,5,.5,2\n";
    ll_str said = {0};
    ll_dataset *d = read(text, (ll_import){0}, &said);
    if (CHECK(d != NULL)) {
        CHECK_INT(ll_dataset_count(d, 0), 1);
        CHECK_INT(ll_dataset_count(d, 1), 2);
        CHECK_NEAR(std_at(d, 0, ll_dataset_count(d, 0) ? 4 : 0), .5, 0);
        CHECK_HAS(ll_str_text(&said), "2 cells are -1");
        CHECK_HAS(ll_str_text(&said),
                  "7 cells say NA, NaN, null, n/a, None, nan, -, read as not measured, as 1 empty one is");
        ll_dataset_unref(d);
    }
    CHECK(read("arch,pi\n0_0_0,inf\n", (ll_import){0}, &said) == NULL);
    CHECK(read("arch,pi\n0_0_0,NAN1\n", (ll_import){0}, &said) == NULL);
    CHECK(read("arch,pi\n0_0_0,-2\n", (ll_import){0}, &said) == NULL);
    CHECK_HAS(ll_str_text(&said), "negative");
    ll_str_free(&said);
}

/* --- dialects --- */

static void dialects_are_one_table(void)
{
    static const char *const tables[] = {
        "arch,pi,tpu\n0_1_2,1.5,20\n2_1_0,2.25,30\n",
        "arch;pi;tpu\r\n0_1_2;1,5;20\r\n2_1_0;2,25;30\r\n",
        "sep=;\r\narch;pi;tpu\r\n0_1_2;1,5;20\r\n2_1_0;2,25;30",
        "\xef\xbb\xbfsep=,\narch,pi,tpu\n0_1_2,1.5,20\n2_1_0,2.25,30\n",
        "sep=|\narch|pi|tpu\n0_1_2|1.5|20\n2_1_0|2.25|30\n",
        "arch\tpi\ttpu\n0_1_2\t1,5\t20\n2_1_0\t2,25\t30\n",
        "arch,pi,tpu,\n0_1_2,1.5,20,\n2_1_0,2.25,30,\n",
        "arch,pi,tpu,,,\n0_1_2,1.5,20\n2_1_0,2.25,30,,\n",
        "Unnamed: 0,arch,pi,tpu\n0,0_1_2,1.5,20\n1,2_1_0,2.25,30\n",
        ",arch,pi,tpu\n0,0_1_2,1.5,20.0\n1,2_1_0,2.25,30.0\n",
    };
    ll_str said = {0};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        ll_dataset *d = read(tables[i], (ll_import){0}, &said);
        if (!CHECK(d != NULL)) printf("%s\n%s\n", tables[i], ll_str_text(&said));
        if (!d) continue;
        CHECK_INT(d->n_devices, 2);
        CHECK_NEAR(at(d, "pi", "0_1_2"), 1.5, 0);
        CHECK_NEAR(at(d, "pi", "2_1_0"), 2.25, 0);
        CHECK_NEAR(at(d, "tpu", "2_1_0"), 30, 0);
        ll_dataset_unref(d);
    }
    ll_str_free(&said);
}

/* A second column that says what it measures, and not of what. */
static void other_kinds_of_files_are_named(void)
{
    static const char *const all[][2] = {
        {"PK\003\004\024", "a zip archive, as spreadsheets (.xlsx, .ods)"},
        {"\x1f\x8b\x08", "compressed with gzip: gunzip it first"},
        {"PAR1\x15", "a Parquet file"},
        {"\x80\x04\x95", "a pickle: `import brpnas` reads"},
        {"\x80\x02}", "pickle.load(sys.stdin.buffer).items()])' < "},
        {"(dp0\nVa\np1\nF1.0\ns.", "a pickle"},
        {"0_0_0,1\n1_0_0,2\n", "line 1: the first line is a measurement already"},
        {"0_0_0 1.5\n1_0_0 2\n", "line 1: the first line is a measurement already"},
        {"INFO measuring 0_0_0: 1.5 ms\nINFO measuring 1_0_0: 2 ms\n", "a measurement already"},
    };
    ll_str said = {0};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        CHECK(!read(all[i][0], (ll_import){.device = "pi"}, &said));
        CHECK_HAS(ll_str_text(&said), all[i][1]);
    }
    ll_str_free(&said);
}

/* The one column of architectures need not be called so, in any language. */
static void cells_say_which_column_is_which(void)
{
    static const char *const tables[] = {
        "Architektur;pi\r\n0_1_2;1,5\r\n",
        ",modell,pi\n0,0_1_2,1.5\n",
        "index,name,pi\n0,0_1_2,1.5\n",
        "pi,\xe6\x9e\xb6\xe6\x9e\x84\n1.5,\"[0, 1, 2]\"\n",
    };
    static const char *const unknown[] = {"a,b,pi\n0_1_2,2_1_0,1.5\n", "a,pi\nfirst,1.5\n", "a,b\n1.5,2\n"};
    ll_str said = {0};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        ll_dataset *d = read(tables[i], (ll_import){0}, &said);
        if (CHECK(d != NULL)) CHECK_NEAR(at(d, "pi", "0_1_2"), 1.5, 0);
        CHECK_HAS(ll_str_text(&said), "names the architectures: its cells do");
        ll_dataset_unref(d);
    }
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        CHECK(!read(unknown[i], (ll_import){0}, &said));
        CHECK_HAS(ll_str_text(&said), "which column holds the architectures");
    }
    ll_str_free(&said);
}

/* However a script calls the latency and its deviation, neither is a device. */
static void the_latency_has_many_names(void)
{
    static const char *const headings[] = {
        "arch,latency_mean,latency_std", "arch,mean_latency,std_latency",
        "arch,lat_avg,lat_std",          "arch,inference_time_ms,inference_time_std",
        "arch,Latency (ms),stdev (ms)",  "arch,elapsed_ms,sd_ms",
        "arch,time_p50,std,n_runs",      "arch,latency_ms_mean,latency_ms_std"};
    ll_str said = {0};
    for (size_t i = 0; i < sizeof headings / sizeof *headings; i++) {
        ll_str table = {0};
        ll_str_addf(&table, "%s\n0_1_2,1.5,.25%s\n", headings[i], strstr(headings[i], "n_runs") ? ",30" : "");
        ll_dataset *d = read(table.s, (ll_import){.device = "pi"}, &said);
        if (!CHECK(d != NULL)) printf("  %s: %s\n", headings[i], ll_str_text(&said));
        if (d) CHECK_NEAR(at(d, "pi", "0_1_2"), 1.5, 0);
        if (d) CHECK_NEAR(std_at(d, 0, 0), .25, 0);
        ll_dataset_unref(d);
        CHECK(!read(table.s, (ll_import){0}, &said));
        CHECK_HAS(ll_str_text(&said), "which device is it?");
        ll_str_free(&table);
    }
    CHECK(!read("arch,duration_s\n0_1_2,1.5\n", (ll_import){.device = "pi"}, &said));
    CHECK_HAS(ll_str_text(&said), "duration_s, which is s, and unit=ms was given");
    ll_str_free(&said);
}

/* Beside the word that says what is measured a unit is one wherever it stands; elsewhere it is asked for. */
static void a_unit_may_stand_inside(void)
{
    static const struct {
        const char *column;
        double ms; /* 0: it is asked for */
    } cases[] = {{"latency_ms_mean", 5},    {"mean_ms_latency", 5},        {"lat_us_p50", .005},
                 {"Latency (ms) mean", 5},  {"time_s_avg", 5000},          {"throughput_fps_mean", 200},
                 {"latency_us_east", .005}, {"latency_server_us_east", 0}, {"s_latency", 0}};
    ll_str said = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_str table = {0}, name = {0};
        ll_str_addf(&table, "arch,%s\n0_1_2,5\n", cases[i].column);
        ll_str_addf(&name, "call it \"%s (ms)\"", cases[i].column);
        ll_dataset *d = read_table(table.s, (ll_import){.space = own_space(), .device = "pi"}, &said);
        if (!CHECK((d != NULL) == (cases[i].ms > 0))) printf("  %s: %s\n", cases[i].column, said.s);
        if (d) CHECK_NEAR(at(d, "pi", "0_1_2"), cases[i].ms, 1e-12);
        if (!d) CHECK_HAS(said.s, name.s);
        ll_dataset_unref(d);
        ll_str_free(&table);
        ll_str_free(&name);
    }
    CHECK(!read_table("arch,lat_us_p50\n0_1_2,5\n",
                      (ll_import){.space = own_space(), .device = "pi", .unit = "ms"}, &said));
    CHECK_HAS(said.s, "lat_us_p50, which is us, and unit=ms was given");
    ll_dataset *d =
        read("arch,b_power (mW)\n0_1_2,5\n", (ll_import){0}, &said); /* of a device, whose name is b */
    if (CHECK(d != NULL)) CHECK_STR(d->devices[0].name, "b_power");
    ll_dataset_unref(d);
    ll_str_free(&said);
}

static void emptied_lines_are_passed_over(void)
{
    ll_str said = {0};
    ll_dataset *d = read("arch,pi\n0_0_0,1\n,\n\n1_0_0,2\n , \n", (ll_import){0}, &said);
    if (CHECK(d != NULL)) CHECK_INT(d->n_archs, 2);
    ll_dataset_unref(d);
    ll_str_free(&said);
}

static void a_quantity_of_no_device_is_asked_about(void)
{
    const char *table = "arch,pi_ms,energy_mJ\n0_0_0,1,5\n1_1_1,2,7\n";
    ll_str said = {0};
    ll_strs devices = {0};
    ll_dataset *d = read(table, (ll_import){.unit = "ms"}, &said);
    CHECK(d == NULL);
    CHECK_HAS(ll_str_text(&said), "of which device is energy_mJ?");
    CHECK_HAS(ll_str_text(&said), "devices=pi_ms");
    ll_strs_add(&devices, "pi_ms");
    d = read(table, (ll_import){.unit = "ms", .devices = &devices}, &said);
    if (CHECK(d != NULL)) {
        CHECK_INT(d->n_devices, 1);
        CHECK_NEAR(at(d, "pi_ms", "1_1_1"), 2, 0);
    }
    ll_dataset_unref(d);
    ll_strs_free(&devices);
    ll_str_free(&said);
}

static void what_could_be_two_things_is_refused(void)
{
    static const struct {
        const char *table, *why;
    } bad[] = {
        {"arch;pi\n0_0_0;1,5\n1_1_1;2.5\n", "a decimal comma stands in line 2 and a decimal point in line 3"},
        {"arch;pi\n0_0_0;2.5\n1_1_1;1,250\n",
         "a decimal comma stands in line 3 and a decimal point in line 2"},
        {"arch;pi\n0_0_0;1.000,5\n", "line 2"},
        {"arch,pi\n0_0_0,\"1,5\"\n", "has a decimal comma"},
        {"arch,pi,\n0_0_0,1,5\n", "3 cells, 2 were expected"},
        {"arch,pi,tpu\n0_0_0,1\n", "2 cells, 3 were expected"},
        {"arch,pi\n0_0_0,\"[1, x]\"\n", "\"x\" in column pi is no number"},
    };
    ll_str said = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ll_dataset *d = read(bad[i].table, (ll_import){0}, &said);
        CHECK(d == NULL);
        CHECK_HAS(ll_str_text(&said), bad[i].why);
        ll_dataset_unref(d);
    }
    ll_str_free(&said);
}

static const check_case cases[] = {
    {"a unit in a name is asked about", a_unit_in_a_name_is_asked_about},
    {"runs become one", runs_become_one},
    {"a second line is a mistake unless told", a_second_line_is_a_mistake_unless_told},
    {"another setting is another device", another_setting_is_another_device},
    {"holes have many names", holes_have_many_names},
    {"dialects are one table", dialects_are_one_table},
    {"a quantity of no device is asked about", a_quantity_of_no_device_is_asked_about},
    {"what could be two things is refused", what_could_be_two_things_is_refused},
    {"other kinds of files are named", other_kinds_of_files_are_named},
    {"cells say which column is which", cells_say_which_column_is_which},
    {"the latency has many names", the_latency_has_many_names},
    {"a unit may stand inside", a_unit_may_stand_inside},
    {"emptied lines are passed over", emptied_lines_are_passed_over},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_import_raw", cases, argc, argv);
}
