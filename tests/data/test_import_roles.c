/* What each column of a table is taken for: said by the user, by its name, or asked about. */
#include <stdlib.h>

#include "tests/data/tables.h"

/* What comes of a table with some options: NULL reads no device at all, else a latency of "0_0_0" is expected. */
typedef struct role_case {
    const char *table, *device, *latency, *unit, *ignore, *devices, *missing;
    const char *of;   /* the device that is read; NULL: refused */
    double ms;        /* of 0_0_0 */
    const char *says; /* in the refusal or the notes; NULL: nothing is asked */
} role_case;

static ll_dataset *read_case(const role_case *c, ll_str *said)
{
    ll_strs ignore = {0}, devices = {0}, missing = {0};
    if (c->ignore) ll_strs_split(&ignore, c->ignore, ',');
    if (c->devices) ll_strs_split(&devices, c->devices, ',');
    if (c->missing) ll_strs_split(&missing, c->missing, ',');
    ll_dataset *d = read_table(c->table,
                               (ll_import){.space = own_space(),
                                           .device = c->device,
                                           .latency = c->latency,
                                           .unit = c->unit,
                                           .ignore = &ignore,
                                           .devices = &devices,
                                           .missing = &missing},
                               said);
    ll_strs_free(&ignore);
    ll_strs_free(&devices);
    ll_strs_free(&missing);
    return d;
}

static void check_all(const role_case *cases)
{
    ll_str said = {0};
    for (const role_case *c = cases; c->table; c++) {
        ll_dataset *d = read_case(c, &said);
        const char *text = ll_str_text(&said);
        check_report(!d == !c->of, __FILE__, __LINE__, "%s: %s", c->table, text);
        if (d && c->of) {
            double ms = at(d, c->of, "0_0_0");
            check_report(fabs(ms - c->ms) < 1e-9 || (isnan(ms) && isnan(c->ms)), __FILE__, __LINE__,
                         "%s: %g ms, %g expected", c->table, ms, c->ms);
        }
        if (c->says)
            check_report(strstr(text, c->says) != NULL, __FILE__, __LINE__, "%s: %s, not: %s", c->table, text,
                         c->says);
        ll_dataset_unref(d);
    }
    ll_str_free(&said);
}

static void two_that_may_be_the_latency_are_asked_about(void)
{
    static const role_case cases[] = {
        {"arch,device,time,lat_us\n0_0_0,pi,17,1000\n",
         .says = "time and lat_us may both be the latency: give latency=time or"},
        {"arch,device,time,lat_us\n0_0_0,pi,17,1000\n", .latency = "lat_us", .of = "pi", .ms = 1},
        {"arch,device,time,lat_us\n0_0_0,pi,17,1000\n", .ignore = "time", .of = "pi", .ms = 1},
        {"arch,device,value,latency_ms\n0_0_0,pi,17,2\n", .says = "value and latency_ms may both"},
        {"arch,mean_ms,median_ms\n0_0_0,3,2\n", .device = "pi", .says = "mean_ms and median_ms may both"},
        {"arch,mean_ms,median_ms\n0_0_0,3,2\n", .device = "pi", .latency = "median_ms", .of = "pi", .ms = 2},
        /* a throughput beside a latency, and another quantity, are no second latency */
        {"arch,device,fps,latency_ms\n0_0_0,pi,100,9\n", .of = "pi", .ms = 9,
         .says = "column fps was left out"},
        {"arch,device,energy_mJ,latency (us)\n0_0_0,pi,4,9000\n", .of = "pi", .ms = 9,
         .says = "energy_mJ was left out"},
        {0},
    };
    check_all(cases);
}

static void columns_are_named(void)
{
    static const role_case cases[] = {
        {"arch,device,p50 [ms],p99 [ms]\n0_0_0,pi,5,9\n",
         .says = "p50 (ms) and p99 (ms) may both be the latency"},
        {"arch,device,p50 [ms],p99 [ms]\n0_0_0,pi,5,9\n", .latency = "p50", .of = "pi", .ms = 5},
        {"arch,p50,p99\n0_0_0,5,9\n", .device = "pi", .unit = "ms",
         .says = "p50 and p99 may both be the latency"},
        {"arch,p50,p99\n0_0_0,5,9\n", .device = "pi", .unit = "us", .latency = "p99", .of = "pi", .ms = .009},
        {"arch,latency_ms,latency_us\n0_0_0,5,4000\n", .device = "pi", .devices = "latency_us", .of = "pi",
         .ms = 4},
        {"arch;my phone (ms);notes\n0_0_0;5,5;first\n", .devices = "my phone", .of = "my phone", .ms = 5.5},
        {"arch;my phone (ms);notes\n0_0_0;5,5;first\n", .ignore = "notes", .of = "my phone", .ms = 5.5},
        {"arch;my phone (ms);notes\n0_0_0;5,5;first\n", .says = "(ignore=notes leaves it out)"},
        {"arch,pi\n0_0_0,5\n", .latency = "pc", .device = "x",
         .says = "latency=: no column is called \"pc\""},
        {"arch,pi\n0_0_0,5\n", .latency = "arch", .device = "x",
         .says = "latency=arch: that column names the architecture"},
        {"arch,pi\n0_0_0,5\n", .ignore = "pc", .says = "ignore=: no column is called \"pc\""},
        {"arch,pi\n0_0_0,5\n", .ignore = "arch", .says = "ignore=arch: that column names the architecture"},
        {0},
    };
    check_all(cases);
}

static void units_stand_in_names_and_cells(void)
{
    static const role_case cases[] = {
        {"arch,latency_cpu_us\n0_0_0,4000\n", .of = "latency_cpu_us", .ms = 4, .says = "read as us"},
        {"arch,device,mean_us\n0_0_0,pi,4000\n", .of = "pi", .ms = 4},
        {"arch,device,mean_us\n0_0_0,pi,4000\n", .unit = "ms", .says = "which is us, and unit=ms was given"},
        {"arch,device,latency\n0_0_0,pi,17.5 ms\n", .unit = "ms", .of = "pi", .ms = 17.5},
        {"arch,device,latency\n0_0_0,pi,17.5us\n", .unit = "us", .of = "pi", .ms = .0175},
        {"arch,device,latency\n0_0_0,pi,1e1 ms \n", .unit = "ms", .of = "pi", .ms = 10},
        {"arch,device,latency\n0_0_0,pi,17.5 ms\n", .unit = "us",
         .says = "is in ms, the column was read in us"},
        {"arch,device,latency\n0_0_0,pi,17.5 km\n", .unit = "ms",
         .says = "\"17.5 km\" in column latency is no number"},
        {"arch,device,latency\n0_0_0,pi,ms\n", .unit = "ms", .says = "\"ms\" in column latency is no number"},
        {0},
    };
    check_all(cases);
}

static void words_for_nothing_are_given(void)
{
    static const role_case cases[] = {
        {"arch,pi (ms)\n0_0_0,timeout\n1_0_0,3\n", .says = "missing= says which words"},
        {"arch,pi (ms)\n0_0_0,Timeout \n1_0_0,3\n", .missing = "timeout", .of = "pi", .ms = NAN,
         .says = "1 cell says Timeout"},
        {"arch,pi (ms)\n0_0_0,out of memory\n1_0_0,3\n", .missing = "oom,out of memory", .of = "pi",
         .ms = NAN},
        {"arch,pi (ms)\n0_0_0,4\n1_0_0,timeouts\n", .missing = "timeout",
         .says = "\"timeouts\" in column pi (ms) is no number"},
        {0},
    };
    check_all(cases);
}

static void a_setting_that_varies_is_asked_about(void)
{
    static const role_case cases[] = {
        {"arch,device,latency_ms,governor\n0_0_0,pi,4,performance\n1_0_0,pi,5,powersave\n",
         .says = "pi was measured with governor powersave here and performance before: key=device,governor"},
        {"arch,device,latency_ms,governor\n0_0_0,pi,4,performance\n1_0_0,pi,5,powersave\n",
         .ignore = "governor", .of = "pi", .ms = 4},
        {"arch,device,latency_ms,governor\n0_0_0,pi,4,performance\n1_0_0,pc,5,powersave\n", .of = "pi",
         .ms = 4},
        {0},
    };
    check_all(cases);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"two that may be the latency are asked about", two_that_may_be_the_latency_are_asked_about},
        {"columns are named", columns_are_named},
        {"units stand in names and cells", units_stand_in_names_and_cells},
        {"words for nothing are given", words_for_nothing_are_given},
        {"a setting that varies is asked about", a_setting_that_varies_is_asked_about},
        {0},
    };
    return check_main("test_import_roles", cases, argc, argv);
}
