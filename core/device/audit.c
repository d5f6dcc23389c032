#include "core/device/audit.h"

#include <stdlib.h>

#include "core/base/mem.h"
#include "core/device/hardware.h"
#include "core/num/sort.h"
#include "core/num/stats.h"

#define NEAR_ZERO 0.2 /* of the median */

/* Known latencies, ascending; the caller frees. */
static double *sorted_known(const ll_dataset *d, int device, int *n)
{
    const double *lat = ll_latencies(d, device);
    double *known = LL_NEW_ARRAY(double, d->n_archs + 1), *sorted = LL_NEW_ARRAY(double, d->n_archs + 1);
    int *order = LL_NEW_ARRAY(int, d->n_archs + 1);
    *n = 0;
    for (int i = 0; i < d->n_archs; i++)
        if (!isnan(lat[i])) known[(*n)++] = lat[i];
    ll_sort_order(known, *n, order);
    for (int i = 0; i < *n; i++) sorted[i] = known[order[i]];
    free(known);
    free(order);
    return sorted;
}

static void count_values(ll_audit *a, const double *sorted, int n)
{
    int tied = 0;
    for (int i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && sorted[j] == sorted[i];) j++;
        a->distinct++;
        if (j - i > 1) tied += j - i;
    }
    a->tie_share = n ? (double)tied / n : NAN;
    for (int i = 0; i < n; i++) {
        a->zeros += sorted[i] == 0;
        a->negatives += sorted[i] < 0;
        a->near_zero += sorted[i] > 0 && sorted[i] < NEAR_ZERO * a->median_ms;
    }
}

static bool multiples_of(double step, const double *v, int n)
{
    for (int i = 0; i < n; i++) {
        double k = v[i] / step;
        if (fabs(k - nearbyint(k)) > 1e-6) return false;
    }
    return true;
}

/* Any short decimal is a multiple of something; a clock step is worth a word only when it makes ties. */
static double clock_step(const ll_audit *a, const double *sorted, int n)
{
    static const double steps[] = {10, 1, .5, .1, .05, .01, .001};
    if (n < 2 || a->distinct < 2 || a->tie_share < .5) return 0;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (multiples_of(steps[i], sorted, n)) return steps[i];
    return 0;
}

static double relative_spread(const ll_dataset *d, int device)
{
    if (!d->std_ms) return NAN;
    const double *lat = ll_latencies(d, device), *sd = d->std_ms + (size_t)device * (size_t)d->n_archs;
    double *v = LL_NEW_ARRAY(double, d->n_archs + 1);
    int n = 0;
    for (int i = 0; i < d->n_archs; i++)
        if (lat[i] > 0 && !isnan(sd[i])) v[n++] = sd[i] / lat[i];
    double median = ll_median(v, n);
    free(v);
    return median;
}

static ll_audit audit_values(const ll_dataset *d, int device)
{
    int n;
    double *sorted = sorted_known(d, device, &n);
    ll_audit a = {.device = device, .known = n, .missing = d->n_archs - n, .twin = -1, .twin_corr = NAN};
    a.min_ms = n ? sorted[0] : NAN;
    a.max_ms = n ? sorted[n - 1] : NAN;
    a.median_ms = n ? (sorted[(n - 1) / 2] + sorted[n / 2]) / 2 : NAN;
    a.spread = relative_spread(d, device);
    count_values(&a, sorted, n);
    a.step_ms = clock_step(&a, sorted, n);
    free(sorted);
    return a;
}

/* Against the median of the other columns' medians. Real devices differ by tens, a wrong unit by a thousand;
 * three columns are the least that can outvote one. */
static void judge_units(const ll_dataset *d, ll_audit *audits, int n)
{
    double *medians = LL_NEW_ARRAY(double, 2 * (size_t)n + 1), *others = medians + n;
    int known = 0;
    for (int i = 0; i < n; i++) {
        bool positive = audits[i].median_ms > 0 && d->devices[audits[i].device].of == LL_LATENCY;
        medians[i] = positive ? audits[i].median_ms : NAN;
        known += positive;
    }
    ll_medians_without(medians, n, others);
    for (int i = 0; i < n; i++) {
        bool apart = d->devices[audits[i].device].of != LL_LATENCY; /* nothing to compare it with */
        double ratio = apart || known - (medians[i] > 0) < 2 ? NAN : audits[i].median_ms / others[i];
        audits[i].unit_ratio = ratio;
        if (ratio > 0) audits[i].unit_off = ratio > 300 ? 3 : ratio < 1 / 300. ? -3 : 0;
    }
    free(medians);
}

static bool equal_columns(const ll_dataset *d, int a, int b)
{
    const double *x = ll_latencies(d, a), *y = ll_latencies(d, b);
    int common = 0;
    for (int i = 0; i < d->n_archs; i++) {
        if (isnan(x[i]) || isnan(y[i])) continue;
        if (x[i] != y[i]) return false;
        common++;
    }
    return common > 0;
}

static void find_twin(const ll_dataset *d, const ll_corr *c, ll_audit *a, int at)
{
    for (int j = 0; j < c->devices.n; j++) {
        double r = ll_corr_at(c, at, j);
        if (j == at || isnan(r) || r <= LL_TWIN || (a->twin >= 0 && r <= a->twin_corr)) continue;
        a->twin = c->devices.v[j];
        a->twin_corr = r;
    }
    a->twin_equal = a->twin >= 0 && equal_columns(d, a->device, a->twin);
}

void ll_audit_devices(const ll_dataset *d, const int *devices, int n_devices, const ll_corr *c,
                      ll_audit *audits)
{
    for (int i = 0; i < n_devices; i++) audits[i] = audit_values(d, devices[i]);
    judge_units(d, audits, n_devices);
    for (int i = 0; i < n_devices && c; i++) find_twin(d, c, &audits[i], i);
}

/* --- in words --- */

static void say(ll_strs *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(ll_strs *out, const char *fmt, ...)
{
    ll_str text = {0};
    va_list ap;
    va_start(ap, fmt);
    ll_str_addv(&text, fmt, ap);
    va_end(ap);
    ll_strs_take(out, ll_str_take(&text));
}

static void say_wrong_values(const char *name, ll_measurand of, const ll_audit *a, ll_strs *out)
{
    const char *unit = ll_measurand_unit(of);
    if (a->negatives) say(out, "%s: %d negative %s", name, a->negatives, ll_measurand_noun(of, a->negatives));
    if (a->zeros)
        say(out, "%s: %d %s %s exactly 0", name, a->zeros, ll_measurand_noun(of, a->zeros),
            ll_noun(a->zeros, "is", "are"));
    if (a->unit_off)
        say(out, "%s: the median is %.3g x the median device's; was the unit %s?", name, a->unit_ratio,
            a->unit_off > 0 ? "us" : "s");
    if (a->distinct == 1 && a->known > 1)
        say(out, "%s: all %d %s are equal", name, a->known, ll_measurand_noun(of, a->known));
    if (a->near_zero)
        say(out,
            "%s: %d %s %s below %g x the median (%.4g %s), down to %.3g %s; relative errors and "
            "logarithms explode there",
            name, a->near_zero, ll_measurand_noun(of, a->near_zero), ll_noun(a->near_zero, "is", "are"),
            NEAR_ZERO, a->median_ms, unit, a->min_ms, unit);
}

static void say_clock(const char *name, const char *unit, const ll_audit *a, ll_strs *out)
{
    if (a->tie_share < .5 || a->distinct < 2) return;
    ll_str clock = {0};
    if (a->step_ms > 0) ll_str_addf(&clock, "whole multiples of %g %s, ", a->step_ms, unit);
    say(out, "%s: %s%d distinct values; %.0f %% of the architectures share theirs", name, ll_str_text(&clock),
        a->distinct, 100 * a->tie_share);
    ll_str_free(&clock);
}

void ll_audit_findings(const ll_dataset *d, const ll_audit *a, int kinds, ll_strs *out)
{
    const char *name = d->devices[a->device].name, *unit = ll_device_unit(d, a->device);
    if (kinds & LL_FOUND_VALUES) say_wrong_values(name, d->devices[a->device].of, a, out);
    if (kinds & LL_FOUND_CLOCK) say_clock(name, unit, a, out);
    if (kinds & LL_FOUND_TWIN && a->twin >= 0)
        say(out, "%s: %s %s (Spearman %.4f)%s", name, a->twin_equal ? "equal to" : "nearly the same as",
            d->devices[a->twin].name, a->twin_corr,
            ll_same_hardware(d, a->device, a->twin) ? ", the same hardware" : "");
    if (kinds & LL_FOUND_MISSING && a->missing)
        say(out, "%s: %d of %d architectures have no %s", name, a->missing, a->known + a->missing,
            ll_measurand_name(d->devices[a->device].of));
}
