/* What does an operation cost on the target, and what do the sources say it costs? Least squares of relative
 * latency on operation counts (all positions together) or on the one-hot of every position. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/diagnose/diagnose.h"
#include "core/num/blas.h"
#include "core/num/linalg.h"
#include "core/num/sort.h"
#include "core/num/stats.h"
#include "core/predict/gp/simulate.h"
#include "core/space/kinds.h"

static const double level = .9;
enum { ROWS_PER_COLUMN = 5, SPARE_ROWS = 4 };

/* --- the regression --- */

/* Every choice but the reference of its list has a column: one for all positions of that list, or one for each. */
typedef struct design {
    const ll_dataset *d;
    ll_kinds kinds;
    bool positions;
    int reference[LL_MAX_POSITIONS], first[LL_MAX_POSITIONS]; /* (n_positions) choice, column */
    int n_columns;                                            /* without the constant */
} design;

/* Of a list: none, else a skip, else its first. */
static int reference_at(const ll_space *s, int position)
{
    int skip = 0;
    for (int i = ll_space_choices(s, position) - 1; i >= 0; i--) {
        const char *name = ll_space_choice(s, position, i);
        if (!strcmp(name, "none")) return i;
        if (!strncmp(name, "skip", 4)) skip = i;
    }
    return skip;
}

int ll_reference_op(const ll_space *s)
{
    return reference_at(s, 0);
}

static design design_of(const ll_dataset *d, bool positions)
{
    const ll_space *s = d->space;
    design x = {.d = d, .kinds = ll_kinds_of(s), .positions = positions};
    for (int p = 0; p < s->n_positions; p++) {
        bool own = positions || x.kinds.like[p] == p;
        x.reference[p] = reference_at(s, p);
        x.first[p] = own ? x.n_columns : x.first[x.kinds.like[p]];
        x.n_columns += own ? ll_space_choices(s, p) - 1 : 0;
    }
    return x;
}

static int column_of(const design *x, int position, int choice)
{
    int reference = x->reference[position];
    return choice == reference ? -1 : x->first[position] + choice - (choice > reference);
}

static void fill_row(const design *x, int arch, double *row)
{
    const uint8_t *gene = ll_gene(x->d, arch);
    memset(row, 0, (size_t)(x->n_columns + 1) * sizeof *row);
    row[0] = 1;
    for (int p = 0; p < x->d->space->n_positions; p++) {
        int c = column_of(x, p, gene[p]);
        if (c >= 0) row[1 + c] += 1;
    }
}

typedef struct fit {
    double *beta, *se; /* (n_columns + 1), percent of the mean latency */
    double explained;
    int n;
} fit;

static void fit_free(fit *f)
{
    free(f->beta);
    free(f->se);
}

/* beta = (XᵀX)⁻¹Xᵀy from the sums; the inverse is left in `gram`. False when columns cannot be told apart. */
static bool solve(double *gram, const double *xy, int m, double *beta)
{
    double trace = 0;
    for (int c = 0; c < m; c++) trace += gram[c * m + c];
    for (int c = 0; c < m; c++)
        gram[c * m + c] += 1e-9 * trace / m; /* an operation that never occurs: price 0 */
    if (!ll_cholesky(m, gram, m)) return false;
    ll_cholesky_inverse(m, gram, m);
    ll_dgemv(false, m, m, 1, gram, m, xy, 0, beta);
    return true;
}

/* Latencies (n_archs) at these rows, those that are not known left out. */
static bool fit_latencies(const design *x, const double *lat_ms, const ll_ints *rows, fit *out)
{
    int m = x->n_columns + 1, n = 0;
    double *X = LL_NEW_ARRAY(double, (size_t)rows->n *(size_t)m), *y = LL_NEW_ARRAY(double, rows->n + 1);
    double *gram = LL_NEW_ARRAY(double, (size_t)m *(size_t)m), *xy = LL_NEW_ARRAY(double, m), rss = 0;
    *out = (fit){LL_NEW_ARRAY(double, m), LL_NEW_ARRAY(double, m), NAN, 0};
    for (int i = 0; i < rows->n; i++) {
        if (isnan(lat_ms[rows->v[i]])) continue;
        fill_row(x, rows->v[i], X + (size_t)n * (size_t)m);
        y[n++] = lat_ms[rows->v[i]];
    }
    double mean = ll_mean(y, n);
    for (int i = 0; i < n; i++) y[i] *= 100 / mean;
    bool good = n >= m + SPARE_ROWS && mean > 0;
    if (good) {
        ll_dsyrk(true, m, n, 1, X, m, 0, gram, m);
        ll_dgemv(true, n, m, 1, X, m, y, 0, xy);
        good = solve(gram, xy, m, out->beta);
    }
    for (int i = 0; i < n && good; i++) {
        double r = y[i] - ll_ddot(m, X + (size_t)i * (size_t)m, out->beta);
        rss += r * r;
    }
    double variance = ll_std(y, n) * ll_std(y, n) * (n - 1);
    for (int c = 0; c < m && good; c++) out->se[c] = sqrt(rss / (n - m) * gram[c * m + c]);
    out->explained = good && variance > 0 ? 1 - rss / variance : NAN;
    out->n = n;
    free(X);
    free(y);
    free(gram);
    free(xy);
    return good;
}

static bool fit_device(const design *x, int device, const ll_ints *rows, fit *out)
{
    return fit_latencies(x, ll_latencies(x->d, device), rows, out);
}

/* --- prices of a device of which little more than the samples is known --- */

enum { WORLDS = 48 };

/* Mean and deviation of the prices over devices drawn from the posterior. */
static bool fit_belief(const ll_diagnosis *q, const design *x, const ll_ints *rows, fit *out)
{
    ll_belief b;
    int m = x->n_columns + 1, n = 0;
    *out = (fit){LL_NEW_ARRAY(double, m), LL_NEW_ARRAY(double, m), 0, rows->n};
    if (!ll_diagnose_belief(q, &b)) return false;
    double *lat = LL_NEW_ARRAY(double, b.prior->n);
    for (int w = 0; w < WORLDS && !ll_cancelled(q->observer); w++) {
        ll_rng rng = ll_rng_new(q->seed, (uint64_t)(100 + w));
        fit one;
        ll_gp_simulate_calibrated(b.prior, &b.gp->draws, &b.posterior, b.mean_ms, q->transfer->samples.v,
                                  b.y_ms, q->transfer->samples.n, &rng, lat);
        if (fit_latencies(x, lat, rows, &one)) {
            n++;
            for (int c = 0; c < m; c++) {
                double off = one.beta[c] - out->beta[c];
                out->beta[c] += off / n;
                out->se[c] += off * (one.beta[c] - out->beta[c]);
            }
            out->explained += (one.explained - out->explained) / n;
        }
        fit_free(&one);
    }
    for (int c = 0; c < m; c++) out->se[c] = n > 1 ? sqrt(out->se[c] / (n - 1)) : NAN;
    free(lat);
    ll_belief_free(&b);
    return n > 1;
}

/* --- prices of the target beside those of the sources --- */

static void compare(ll_price *p, const fit *target, const fit *sources, int n_sources, int column)
{
    double t = ll_student_quantile(.5 + level / 2, target->n - 2), sum = 0;
    p->target = target->beta[1 + column];
    p->target_se = target->se[1 + column];
    p->source_lo = INFINITY;
    p->source_hi = -INFINITY;
    for (int i = 0; i < n_sources; i++) {
        double price = sources[i].beta[1 + column];
        sum += price;
        p->source_lo = fmin(p->source_lo, price);
        p->source_hi = fmax(p->source_hi, price);
    }
    p->source = n_sources ? sum / n_sources : NAN;
    /* a ratio to a price near 0, or to one the sources do not even agree on the sign of, means nothing */
    bool tells = fabs(p->source) > .5 && p->source_lo * p->source_hi > 0;
    p->ratio = tells ? p->target / p->source : NAN;
    p->ratio_lo = tells ? (p->target - copysign(t * p->target_se, p->source)) / p->source : NAN;
    p->ratio_hi = tells ? (p->target + copysign(t * p->target_se, p->source)) / p->source : NAN;
}

/* Fits of the sources that know enough; returns how many. */
static int fit_sources(const ll_diagnosis *q, const design *x, const ll_ints *rows, fit *sources)
{
    int n = 0;
    for (int i = 0; i < q->task->source.n; i++) {
        if (fit_device(x, q->task->source.v[i], rows, &sources[n]))
            n++;
        else
            fit_free(&sources[n]);
    }
    return n;
}

static int by_difference(const void *a, const void *b)
{
    const ll_price *x = a, *y = b;
    int order = ll_by_number(fabs(y->target - y->source), fabs(x->target - x->source));
    if (order) return order;
    return x->position != y->position ? x->position - y->position : x->op - y->op;
}

/* All prices of one design; NULL when the target's latencies do not suffice. */
static ll_price *price_list(const ll_diagnosis *q, const design *x, const ll_ints *target_rows,
                            const ll_ints *rows, bool from_samples, int *n, double *explained)
{
    const ll_space *s = q->data->space;
    fit target, *sources = LL_NEW_ARRAY(fit, q->task->source.n + 1);
    ll_price *list = NULL;
    *n = 0;
    if (from_samples ? fit_belief(q, x, rows, &target) : fit_device(x, q->device, target_rows, &target)) {
        int n_sources = fit_sources(q, x, rows, sources);
        list = LL_NEW_ARRAY(ll_price, x->n_columns + 1);
        for (int p = 0; p < s->n_positions; p++)
            for (int c = 0; c < ll_space_choices(s, p); c++) {
                if (c == x->reference[p] || (!x->positions && x->kinds.like[p] != p)) continue;
                ll_price *price = &list[(*n)++];
                price->op = x->positions ? c : x->kinds.first[p] + c;
                price->position = x->positions ? p : -1;
                price->instead = x->reference[p];
                compare(price, &target, sources, n_sources, column_of(x, p, c));
            }
        *explained = target.explained;
        for (int i = 0; i < n_sources; i++) fit_free(&sources[i]);
    }
    fit_free(&target);
    free(sources);
    return list;
}

ll_status ll_diagnose_prices(const ll_diagnosis *q, ll_prices_report *out, ll_error *e)
{
    const ll_space *s = q->data->space;
    *out = (ll_prices_report){0};
    if (s->facts->columns)
        return ll_fail(e, LL_FAILED, "Nothing: the architectures of %s are numbers and no operations",
                       s->name);
    design x = design_of(q->data, false), each = design_of(q->data, true);
    ll_ints known = ll_dataset_common(q->data, &q->device, 1), all = ll_ints_range(q->data->n_archs);
    *out = (ll_prices_report){.one_list = x.kinds.many[0] == s->n_positions, .reference = x.reference[0]};
    out->from_samples = ll_diagnose_few(q);
    out->n_rows = known.n;
    out->by_op = price_list(q, &x, &known, &all, out->from_samples, &out->n_by_op, &out->additive);
    double ignored;
    bool more = each.n_columns > x.n_columns; /* else each position has a list of its own already */
    if (more && !out->from_samples && known.n > ROWS_PER_COLUMN * each.n_columns)
        out->by_position = price_list(q, &each, &known, &all, false, &out->n_by_position, &ignored);
    if (out->by_position)
        qsort(out->by_position, (size_t)out->n_by_position, sizeof(ll_price), by_difference);
    int n_known = known.n;
    ll_ints_free(&known);
    ll_ints_free(&all);
    if (out->by_op) return LL_OK;
    return ll_fail(e, LL_FAILED, "%d latencies are too few to price %d operations", n_known, x.n_columns);
}

void ll_prices_report_free(ll_prices_report *r)
{
    free(r->by_op);
    free(r->by_position);
    *r = (ll_prices_report){0};
}
