#include "core/predict/kernels/price.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/num/stats.h"
#include "core/predict/simple/simple.h"

enum { LEAST_ROWS = 6 }; /* of a kind, for a forest */
static const double least_ms = 1e-6;

/* --- numbers of a part --- */

static double said(const ll_part *p, int field, double otherwise)
{
    return p->v[field] == LL_ANY ? otherwise : p->v[field];
}

typedef struct shape {
    double c, co, h, ho, k, g, m;
} shape;

static shape shape_of(const ll_part *p)
{
    shape s = {.c = said(p, LL_PART_C_IN, 1), .h = said(p, LL_PART_H_IN, 1)};
    s.co = said(p, LL_PART_C_OUT, s.c);
    s.ho = said(p, LL_PART_H_OUT, s.h / said(p, LL_PART_STRIDE, 1));
    s.k = said(p, LL_PART_KERNEL, 1);
    s.g = said(p, LL_PART_GROUPS, 1);
    s.m = said(p, LL_PART_MIDDLE, s.c);
    return s;
}

double ll_part_params(const ll_part *p)
{
    shape s = shape_of(p);
    switch (p->kind) {
    case LL_PART_CONV:
        return s.c / s.g * s.co * s.k * s.k + s.co;
    case LL_PART_LINEAR:
    case LL_PART_TAIL:
        return s.c * s.co + s.co;
    case LL_PART_SE:
        return 2 * s.c * said(p, LL_PART_MIDDLE, s.c / 4);
    case LL_PART_BLOCK:
        return s.c * s.m / s.g + s.m * s.k * s.k + s.m * s.co / s.g;
    default:
        return 0;
    }
}

/* Tensors once each, but for what is between the layers of a block. */
double ll_part_moved(const ll_part *p)
{
    shape s = shape_of(p);
    double in = s.c * s.h * s.h, out = s.co * s.ho * s.ho;
    switch (p->kind) {
    case LL_PART_CHOICE:
        return 0;
    case LL_PART_LINEAR:
        return s.c + s.co + ll_part_params(p);
    case LL_PART_ADD:
        return 3 * in;
    case LL_PART_MEAN:
    case LL_PART_TAIL:
        return in + s.co + ll_part_params(p);
    case LL_PART_SE:
        return 3 * in + ll_part_params(p);
    case LL_PART_BLOCK:
        return in + out + 2 * s.m * (s.h * s.h + s.ho * s.ho) + ll_part_params(p);
    default:
        return in + out + ll_part_params(p);
    }
}

void ll_price_features(const ll_part *p, double *row)
{
    for (int f = 0; f < LL_PART_POSITION; f++) row[f] = p->v[f];
    row[LL_PART_POSITION] = ll_part_macs(p);
    row[LL_PART_POSITION + 1] = ll_part_params(p);
    row[LL_PART_POSITION + 2] = ll_part_moved(p);
}

/* --- lines --- */

static double on_line(const double *line, const ll_part *p)
{
    return fmax(least_ms, line[0] + line[1] * ll_part_macs(p) + line[2] * ll_part_moved(p));
}

/* What a row's cost is of: layers, multiply-adds, numbers moved; and the kinds of these layers. */
typedef struct work {
    double sum[3];
    bool has[LL_KERNELS];
} work;

static void add_part(work *w, const ll_part *p)
{
    w->sum[0]++;
    w->sum[1] += ll_part_macs(p);
    w->sum[2] += ll_part_moved(p);
    w->has[ll_kernel_of(p)] = true;
}

/* The layers that a choice makes where the same is chosen at all positions that have it. */
static void add_choice(work *w, const ll_space *s, int position, int operation)
{
    uint8_t gene[LL_MAX_POSITIONS] = {0};
    ll_layer layers[LL_MAX_LAYERS];
    if (!s || !s->layers) return;
    for (int p = 0; p < s->n_positions; p++)
        if (operation < ll_space_choices(s, p)) gene[p] = (uint8_t)operation;
    int n = s->layers(s, gene, layers, LL_MAX_LAYERS);
    for (int i = 0; i < n; i++) {
        ll_part part = ll_part_of_layer(&layers[i]);
        if (layers[i].position == position && part.kind != LL_PART_COPY) add_part(w, &part);
    }
}

static work *works_of(const ll_costs *c)
{
    work *w = LL_NEW_ARRAY(work, c->n + 1);
    for (int i = 0; i < c->n; i++) {
        const ll_part *p = &c->rows[i].part;
        if (p->kind == LL_PART_CHOICE)
            add_choice(&w[i], c->space, p->v[LL_PART_POSITION], p->v[LL_PART_OPERATION]);
        else
            add_part(&w[i], p);
    }
    return w;
}

/* Of rows which[0 .. n-1]; a row that costs next to nothing, or is of no layer, says nothing. Columns have their mean ratio to
 * the costs for unit, so that the penalty is the same for all. */
static void fit_line(const ll_costs *c, const work *works, const int *which, int n, double *line)
{
    static const double penalty[3] = {1e-3, 1e-3, 1e-3};
    double *x = LL_NEW_ARRAY(double, 3 * (size_t)n + 1), *y = LL_NEW_ARRAY(double, n + 1), unit[3] = {0};
    int m = 0;
    for (int i = 0; i < n; i++) {
        double ms = c->rows[which[i]].ms;
        const double *sum = works[which[i]].sum;
        if (ms <= least_ms || !(sum[0] > 0)) continue;
        for (int k = 0; k < 3; k++) unit[k] += x[3 * m + k] = sum[k] / ms;
        y[m++] = 1;
    }
    for (int k = 0; k < 3; k++) unit[k] = unit[k] > 0 ? m / unit[k] : 0;
    for (int i = 0; i < m; i++)
        for (int k = 0; k < 3; k++) x[3 * i + k] *= unit[k];
    line[0] = line[1] = line[2] = 0;
    if (m) ll_ridge_nonnegative(x, m, 3, y, penalty, line);
    for (int k = 0; k < 3; k++) line[k] *= unit[k];
    free(x);
    free(y);
}

/* --- forests --- */

typedef struct fitting {
    const ll_costs *c;
    const work *works; /* (c->n) */
    uint64_t seed;
    ll_observer *observer;
    ll_pool *pool;
    double *errors;
} fitting;

/* How rows are predicted by the trees that lack them. */
static void take_errors(const fitting *f, const int *which, const ll_left_out *o, const double *y,
                        ll_kernel_price *k)
{
    double *size = LL_NEW_ARRAY(double, o->n + 1), within = 0;
    for (int i = 0; i < o->n; i++) {
        if (!o->members[i]) continue;
        double error = exp(o->mean[i] - y[i]) - 1;
        if (f->errors) f->errors[which[i]] = error;
        size[k->known++] = fabs(error);
        within += fabs(error) <= LL_PRICE_AIM;
    }
    k->error = k->known ? ll_median(size, k->known) : NAN;
    k->within = k->known ? within / k->known : NAN;
    free(size);
}

static bool fit_forest(const fitting *f, const int *which, int n, ll_kernel_price *k)
{
    double *x = LL_NEW_ARRAY(double, (size_t)n *LL_PRICE_FEATURES), *y = LL_NEW_ARRAY(double, n);
    ll_left_out left_out = {0};
    for (int i = 0; i < n; i++) {
        const ll_cost_row *r = &f->c->rows[which[i]];
        ll_price_features(&r->part, x + (size_t)i * LL_PRICE_FEATURES);
        y[i] = log(fmax(r->ms, least_ms) / on_line(k->line, &r->part));
    }
    double line_penalty = 1e-3; /* a constant alone: the line's own was fitted to all rows */
    ll_forest_job job = {.n = n,
                         .dim = LL_PRICE_FEATURES,
                         .x = x,
                         .line = y, /* no column of it is looked at */
                         .penalty = &line_penalty,
                         .y = y,
                         .n_trees = LL_PRICE_TREES,
                         .rule = {1. / 3, 24, 1},
                         .seed = f->seed,
                         .observer = f->observer,
                         .pool = f->pool};
    bool done = ll_forest_fit(&job, &k->forest, &left_out);
    if (done) take_errors(f, which, &left_out, y, k);
    ll_left_out_free(&left_out);
    free(x);
    free(y);
    return done;
}

/* Choices that cost something and make layers of this kind, into which (c->n); how many. */
static int choices_of(const fitting *f, int kernel, int *which)
{
    int n = 0;
    for (int i = 0; i < f->c->n; i++) {
        const ll_cost_row *r = &f->c->rows[i];
        if (r->part.kind == LL_PART_CHOICE && r->ms > least_ms && f->works[i].has[kernel]) which[n++] = i;
    }
    return n;
}

/* A kind without rows. */
static void borrow_line(const fitting *f, int *which, int kernel, ll_kernel_prices *out)
{
    ll_kernel_price *k = &out->kind[kernel];
    int n = choices_of(f, kernel, which);
    k->by = n ? LL_PRICED_BY_CHOICES : LL_PRICED_BY_ALL;
    if (n)
        fit_line(f->c, f->works, which, n, k->line);
    else
        memcpy(k->line, out->line, sizeof k->line);
}

static bool fit_kind(const fitting *f, int kernel, int *which, ll_kernel_prices *out)
{
    ll_kernel_price *k = &out->kind[kernel];
    for (int i = 0; i < f->c->n; i++)
        if (ll_kernel_of(&f->c->rows[i].part) == kernel) which[k->n++] = i;
    k->by = LL_PRICED_BY_ROWS;
    if (!k->n) borrow_line(f, which, kernel, out);
    if (!k->n || kernel == LL_PART_CHOICE) return true;
    fit_line(f->c, f->works, which, k->n, k->line);
    return k->n < LEAST_ROWS || fit_forest(f, which, k->n, k);
}

static void guess_lines(ll_kernel_prices *out)
{
    *out = (ll_kernel_prices){.line = {0, 1e-8, 1e-7}};
    for (int k = 0; k < LL_KERNELS; k++)
        out->kind[k] =
            (ll_kernel_price){.by = LL_PRICED_BY_ALL, .line = {0, 1e-8, 1e-7}, .error = NAN, .within = NAN};
}

ll_status ll_kernel_prices_fit(const ll_costs *c, uint64_t seed, ll_observer *o, ll_pool *pool,
                               ll_kernel_prices *out, double *errors, ll_error *e)
{
    bool go = true;
    guess_lines(out);
    if (!c || !c->n) return LL_OK;
    work *works = works_of(c);
    fitting f = {c, works, seed, o, pool, errors};
    int *which = LL_NEW_ARRAY(int, c->n);
    for (int i = 0; i < c->n; i++) {
        which[i] = i;
        if (errors) errors[i] = NAN;
    }
    fit_line(c, works, which, c->n, out->line);
    for (int k = 0; k < LL_KERNELS && go; k++) go = fit_kind(&f, k, which, out);
    free(which);
    free(works);
    if (go) return LL_OK;
    ll_kernel_prices_free(out);
    return ll_fail(e, LL_CANCELLED, "cancelled while kernels were learnt");
}

double ll_kernel_prices_of(const ll_kernel_prices *p, const ll_part *part)
{
    const ll_kernel_price *k = &p->kind[ll_kernel_of(part)];
    double row[LL_PRICE_FEATURES], value[LL_PRICE_TREES], sum = 0;
    if (!k->forest.n_trees) return on_line(k->line, part);
    ll_price_features(part, row);
    ll_forest_values(&k->forest, row, row, value);
    for (int t = 0; t < k->forest.n_trees; t++) sum += value[t];
    return on_line(k->line, part) * exp(sum / k->forest.n_trees);
}

void ll_kernel_prices_free(ll_kernel_prices *p)
{
    for (int k = 0; k < LL_KERNELS; k++) ll_forest_free(&p->kind[k].forest);
    *p = (ll_kernel_prices){0};
}
