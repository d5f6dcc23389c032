/* What `measure stable=on` says of itself. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/output.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/num/stats.h"
#include "data/machines/host/stable.h"
#include "data/machines/host/sweep.h"
#include "data/machines/measure.h"
#include "data/machines/place.h"

/* Percent, of the median over the rows and of the widest; NaN: no row has an interval. */
static void intervals(const ll_times *t, double *middle, double *widest, int *wide)
{
    double *v = LL_NEW_ARRAY(double, t->n + 1);
    int n = 0;
    *wide = 0;
    *widest = NAN;
    for (int row = 0; row < t->n; row++) {
        double x = ll_times_interval(t, row);
        *wide += !(x <= LL_NARROW);
        if (isfinite(x)) v[n++] = 100 * x;
    }
    for (int i = 0; i < n; i++) *widest = fmax(*widest, v[i]);
    *middle = n ? ll_median(v, n) : NAN;
    free(v);
}

static double rounded(double x)
{
    return round(100 * x) / 100;
}

void ll_measure_record_stable(cJSON *record, const ll_times *t)
{
    double middle, widest;
    int wide;
    intervals(t, &middle, &widest, &wide);
    ll_json_bool(record, "stable", true);
    ll_json_num(record, "interval_percent", rounded(middle));
    ll_json_num(record, "widest_interval_percent", rounded(widest));
    ll_json_int(record, "wide_intervals", wide);
    ll_json_num(record, "calm_percent", rounded(100 * ll_times_calm(t)));
    ll_json_num(record, "cooled_s", rounded(t->waited_s));
}

/* A governor that holds one frequency; what a guest sees of it is nothing. */
static void say_clock(ll_request *rq, const ll_place *place)
{
    cJSON *machine = ll_place_describe(place);
    const char *governor = ll_json_get_str(machine, "governor", "unknown");
    if (!strcmp(governor, "unknown"))
        ll_note(rq, "the system does not tell whether its clock is fixed: the control network stands for it");
    else if (strcmp(governor, "performance") != 0 && strcmp(governor, "userspace") != 0)
        ll_warn(
            rq,
            "the governor %.40s moves the clock: `cpupower frequency-set -g performance` fixes it; nothing "
            "was changed",
            governor);
    cJSON_Delete(machine);
}

void ll_measure_say_stable(ll_request *rq, const ll_place *place, const ll_times *t)
{
    double middle, widest;
    int wide;
    intervals(t, &middle, &widest, &wide);
    ll_note(
        rq,
        "medians within +-%.2g %% (95 %%, median over what was timed; the widest +-%.2g %%), %d of %d wider "
        "than %g %%; %.0f %% of the runs on a calm machine, %.1f s waited for it",
        middle, widest, wide, t->n, 100 * LL_NARROW, 100 * ll_times_calm(t), t->waited_s);
    say_clock(rq, place);
}
