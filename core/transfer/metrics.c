#include "core/transfer/metrics.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/num/sort.h"
#include "core/num/stats.h"

static const char *const protocol_names[] = {
    [LL_PROTOCOL_FULL] = "full", [LL_PROTOCOL_HELP] = "help", [LL_PROTOCOL_AUTHORS] = "authors"};
enum { N_PROTOCOLS = sizeof protocol_names / sizeof *protocol_names };

const char *ll_protocol_name(int p)
{
    return p >= 0 && p < N_PROTOCOLS ? protocol_names[p] : NULL;
}

ll_protocol ll_protocol_find(const char *name)
{
    for (int i = 0; i < N_PROTOCOLS; i++)
        if (!strcmp(protocol_names[i], name)) return (ll_protocol)i;
    return LL_PROTOCOL_FULL;
}

static void add_known(const ll_dataset *d, int device, int from, int to, ll_ints *rows)
{
    for (int i = from; i < to && i < d->n_archs; i++)
        if (ll_known(d, device, i)) ll_ints_add(rows, i);
}

typedef struct keyed {
    double key;
    int row;
} keyed;

static int by_key(const void *a, const void *b)
{
    const keyed *x = a, *y = b;
    int order = ll_by_number(x->key, y->key);
    return order ? order : x->row - y->row;
}

static int by_value(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* Drop the tenth with the lowest and the tenth with the highest latency. */
static void trim_to_middle(const ll_dataset *d, int device, ll_ints *rows)
{
    int n = rows->n, cut = n / 10;
    keyed *v = LL_NEW_ARRAY(keyed, n);
    for (int i = 0; i < n; i++) v[i] = (keyed){ll_latencies(d, device)[rows->v[i]], rows->v[i]};
    if (n) qsort(v, (size_t)n, sizeof *v, by_key);
    rows->n = n - 2 * cut;
    for (int i = 0; i < rows->n; i++) rows->v[i] = v[i + cut].row;
    if (rows->n) qsort(rows->v, (size_t)rows->n, sizeof *rows->v, by_value);
    free(v);
}

/* HELP learns from the first n architectures of a space and asks about the next thousand (its
 * data loader). */
static int help_query_start(const ll_dataset *d)
{
    return ll_space_help_pool(d->space, d->n_archs);
}

static void drop_samples(ll_ints *rows, const int *samples, int k, int n_archs)
{
    unsigned char *taken = LL_NEW_ARRAY(unsigned char, n_archs);
    for (int i = 0; i < k; i++) taken[samples[i]] = 1;
    int kept = 0;
    for (int i = 0; i < rows->n; i++)
        if (!taken[rows->v[i]]) rows->v[kept++] = rows->v[i];
    rows->n = kept;
    free(taken);
}

ll_ints ll_scoring_rows(const ll_dataset *d, int device, ll_protocol p, const int *samples, int k)
{
    ll_ints rows = {0};
    int start = help_query_start(d);
    if (p == LL_PROTOCOL_AUTHORS) {
        add_known(d, device, 0, 128, &rows);
    } else if (p == LL_PROTOCOL_HELP) {
        add_known(d, device, start, start + 1000, &rows);
        trim_to_middle(d, device, &rows);
    } else {
        add_known(d, device, 0, d->n_archs, &rows);
        drop_samples(&rows, samples, k, d->n_archs);
    }
    return rows;
}

ll_ints ll_support_rows(const ll_dataset *d, int device, ll_protocol p)
{
    ll_ints rows = {0};
    if (device < 0) return ll_ints_range(d->n_archs);
    add_known(d, device, 0, p == LL_PROTOCOL_HELP ? help_query_start(d) : d->n_archs, &rows);
    if (p == LL_PROTOCOL_HELP) trim_to_middle(d, device, &rows);
    return rows;
}

/* values[rows[i]] for all i; NULL gives NULL */
static double *gather(const double *values, const int *rows, int n)
{
    if (!values) return NULL;
    double *v = LL_NEW_ARRAY(double, n);
    for (int i = 0; i < n; i++) v[i] = values[rows[i]];
    return v;
}

static void errors_of(const double *y, const double *lat, int n, ll_metrics *m)
{
    double square = 0, sum = 0;
    int in5 = 0, in10 = 0, n_ape = 0;
    double *ape = LL_NEW_ARRAY(double, n);
    for (int i = 0; i < n; i++) {
        square += (lat[i] - y[i]) * (lat[i] - y[i]);
        if (y[i] <= 0) continue; /* a relative error of nothing says nothing */
        double a = 100 * fabs(lat[i] - y[i]) / y[i];
        ape[n_ape++] = a;
        sum += a;
        in5 += a <= 5;
        in10 += a <= 10;
    }
    m->rmse_ms = n ? sqrt(square / n) : NAN;
    m->mape = n_ape ? sum / n_ape : NAN;
    m->median_ape = n_ape ? ll_median(ape, n_ape) : NAN;
    m->within_5 = n_ape ? (double)in5 / n_ape : NAN;
    m->within_10 = n_ape ? (double)in10 / n_ape : NAN;
    free(ape);
}

static void intervals_of(const double *y, const double *lo, const double *hi, int n, ll_metrics *m)
{
    double width = 0;
    int inside = 0;
    for (int i = 0; i < n; i++) {
        inside += y[i] >= lo[i] && y[i] <= hi[i];
        width += hi[i] - lo[i];
    }
    m->coverage = n ? (double)inside / n : NAN;
    m->width_ms = n ? width / n : NAN;
}

ll_metrics ll_metrics_of(const double *measured_ms, const double *score, const double *lat_ms,
                         const double *lo_ms, const double *hi_ms, double level, const int *rows, int n)
{
    ll_metrics m = {.n = n,
                    .rmse_ms = NAN,
                    .mape = NAN,
                    .median_ape = NAN,
                    .within_5 = NAN,
                    .within_10 = NAN,
                    .coverage = NAN,
                    .width_ms = NAN,
                    .level = level};
    double *y = gather(measured_ms, rows, n), *s = gather(score, rows, n), *lat = gather(lat_ms, rows, n);
    double *lo = gather(lo_ms, rows, n), *hi = gather(hi_ms, rows, n);
    m.spearman = ll_spearman(y, s, n);
    m.kendall = ll_kendall(y, s, n);
    m.pearson = ll_pearson(y, lat ? lat : s, n);
    if (lat) errors_of(y, lat, n, &m);
    if (lo && hi) intervals_of(y, lo, hi, n, &m);
    free(y);
    free(s);
    free(lat);
    free(lo);
    free(hi);
    return m;
}

static int worst_first(const void *a, const void *b)
{
    const keyed *x = a, *y = b;
    int order = ll_by_number(y->key, x->key);
    return order ? order : x->row - y->row;
}

ll_ints ll_worst_rows(const double *measured_ms, const double *lat_ms, const int *rows, int n_rows, int most)
{
    keyed *off = LL_NEW_ARRAY(keyed, n_rows + 1);
    ll_ints worst = {0};
    int n = 0;
    for (int i = 0; i < n_rows; i++) {
        double y = measured_ms[rows[i]], error = fabs(lat_ms[rows[i]] - y) / y;
        if (y > 0 && isfinite(error)) off[n++] = (keyed){error, rows[i]};
    }
    qsort(off, (size_t)n, sizeof *off, worst_first);
    for (int i = 0; i < n && i < most; i++) ll_ints_add(&worst, off[i].row);
    free(off);
    return worst;
}

/* --- what the intervals promise --- */

/* P(X <= most) of X ~ B(n, p). */
static double binomial_below(int most, int n, double p)
{
    double sum = 0, log_odds = log(p) - log1p(-p), log_term = n * log1p(-p);
    for (int i = 0; i <= most; i++) {
        sum += exp(log_term);
        log_term += log((n - i) / (i + 1.)) + log_odds;
    }
    return sum;
}

ll_coverage_fault ll_coverage_judge(double coverage, double level, int n)
{
    const double rare = .01;
    if (isnan(coverage) || n < 1 || fabs(coverage - level) <= LL_COVERAGE_MARGIN) return LL_AS_PROMISED;
    int inside = (int)lround(coverage * n);
    if (coverage < level) return binomial_below(inside, n, level) < rare ? LL_TOO_NARROW : LL_AS_PROMISED;
    return binomial_below(n - inside, n, 1 - level) < rare ? LL_TOO_WIDE : LL_AS_PROMISED;
}

const char *ll_coverage_fault_name(ll_coverage_fault f)
{
    static const char *const names[] = {"", "too narrow", "too wide"};
    return names[f];
}

void ll_coverage_say(ll_str *out, double coverage, double level, int n)
{
    ll_coverage_fault f = ll_coverage_judge(coverage, level, n);
    if (!f) return;
    ll_str_addf(out, "the %g %% intervals hold %.0f %% of %d latencies, so they are %s%s", 100 * level,
                100 * coverage, n, ll_coverage_fault_name(f),
                f == LL_TOO_NARROW ? ": often a device unlike its sources, or too few samples to notice"
                                   : "");
}

void ll_metrics_json(const ll_metrics *m, cJSON *o)
{
    ll_json_int(o, "n", m->n);
    ll_json_num(o, "spearman", m->spearman);
    ll_json_num(o, "kendall", m->kendall);
    ll_json_num(o, "pearson", m->pearson);
    ll_json_num(o, "rmse_ms", m->rmse_ms);
    ll_json_num(o, "mape", m->mape);
    ll_json_num(o, "median_ape", m->median_ape);
    ll_json_num(o, "within_5", m->within_5);
    ll_json_num(o, "within_10", m->within_10);
    if (isnan(m->coverage)) return;
    ll_json_num(o, "level", m->level);
    ll_json_num(o, "coverage", m->coverage);
    ll_json_num(o, "width_ms", m->width_ms);
}
