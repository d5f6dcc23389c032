#include "core/predict/kernels/correct.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/predict/simple/simple.h"

enum { FOLDS_MOST = 50 };

/* Penalties on rows y / y: how far the common factor is from the ratio of the means, the offset in units of the mean latency,
 * how far groups' own factors are from the common one, in units of the ratio. A penalty of 1e12 leaves a column out. */
typedef struct form {
    const char *how;
    double offset, groups;
} form;
static const double out = 1e12, factor_penalty = 1e-3;
/* The least factor, of the ratio of the means; and of a group, of the common factor. */
static const double least = .02;
/* From few things to learn to many. */
static const form forms[] = {
    {"factor", 1e12, 1e12}, {"offset", 1e-3, 1e12}, {"groups", 1e12, 3},   {"groups", 1e12, .3},
    {"groups", 1e12, .03},  {"groups", 1e-3, .3},   {"groups", 1e-3, .03},
};
enum { FORMS = sizeof forms / sizeof *forms };

typedef struct problem {
    const double *sums, *y;
    int k, n_used;
    int used[LL_GROUPS]; /* groups that any sample has */
} problem;

static double total(const problem *p, int i)
{
    double sum = 0;
    for (int g = 0; g < LL_GROUPS; g++) sum += p->sums[(size_t)i * LL_GROUPS + (size_t)g];
    return sum;
}

static bool is_left_out(int i, int fold, int folds)
{
    return fold >= 0 && i % folds == fold;
}

/* Ratio of the means, and the mean latency, of what is not left out. */
static double ratio(const problem *p, int fold, int folds, double *mean)
{
    double sums = 0, y = 0;
    int n = 0;
    for (int i = 0; i < p->k; i++) {
        if (is_left_out(i, fold, folds)) continue;
        sums += total(p, i);
        y += p->y[i];
        n++;
    }
    *mean = n ? y / n : 0;
    return sums > 0 ? y / sums : 1;
}

/* Columns: the common factor less the least it may be; the offset; and where groups have factors of their own, each group's less
 * the least that it may be. */
enum { FACTOR, OFFSET, OWN };

typedef struct solving {
    const problem *p;
    const form *f;
    bool own;
    double mean, scale;
    int dim, n;
    double *x, *y;
} solving;

static double *add_row(solving *s, double y)
{
    double *row = s->x + (size_t)s->n * (size_t)s->dim;
    memset(row, 0, (size_t)s->dim * sizeof *row);
    s->y[s->n++] = y;
    return row;
}

/* What sample i takes, as a share of it. */
static void add_sample(solving *s, int i)
{
    const problem *p = s->p;
    double unit = s->scale / p->y[i], sum = unit * total(p, i), common = s->own ? least : 1;
    double *row = add_row(s, 1 - least * common * sum);
    row[FACTOR] = common * sum;
    row[OFFSET] = s->mean / p->y[i];
    for (int g = 0; g < p->n_used && s->own; g++)
        row[OWN + g] = unit * p->sums[(size_t)i * LL_GROUPS + (size_t)p->used[g]];
}

/* The common factor is near 1, in units of the ratio of the means, and each group's near the common one. */
static void add_priors(solving *s)
{
    double weight = sqrt(factor_penalty);
    add_row(s, weight * (1 - least))[FACTOR] = weight;
    weight = sqrt(s->f->groups);
    for (int g = 0; g < s->p->n_used && s->own; g++) {
        double *row = add_row(s, weight * (1 - least) * least);
        row[OWN + g] = weight;
        row[FACTOR] = -weight * (1 - least);
    }
}

/* The solution w (dim) as factors and milliseconds. */
static void take_solution(const solving *s, const double *w, ll_correction *c)
{
    double factor = s->scale * (least + w[FACTOR]);
    *c = (ll_correction){
        .how = s->f->how, .factor = factor, .offset_ms = s->f->offset < out ? s->mean * w[OFFSET] : 0};
    for (int g = 0; g < LL_GROUPS; g++) c->groups[g] = factor;
    for (int g = 0; g < s->p->n_used && s->own; g++)
        c->groups[s->p->used[g]] = least * factor + s->scale * w[OWN + g];
}

/* From all samples but those of a fold; fold -1: from all. */
static void fit(const problem *p, const form *f, int fold, int folds, ll_correction *c)
{
    solving s = {.p = p, .f = f, .own = f->groups < out};
    s.scale = ratio(p, fold, folds, &s.mean);
    s.dim = OWN + (s.own ? p->n_used : 0);
    int rows = p->k + 1 + p->n_used;
    s.x = LL_NEW_ARRAY(double, (size_t)rows *(size_t)s.dim);
    s.y = LL_NEW_ARRAY(double, rows);
    double *penalty = LL_NEW_ARRAY(double, s.dim), *w = LL_NEW_ARRAY(double, s.dim);
    penalty[OFFSET] = f->offset;
    for (int i = 0; i < p->k; i++)
        if (!is_left_out(i, fold, folds)) add_sample(&s, i);
    add_priors(&s);
    ll_ridge_nonnegative(s.x, s.n, s.dim, s.y, penalty, w);
    take_solution(&s, w, c);
    free(s.x);
    free(s.y);
    free(penalty);
    free(w);
}

/* What is predicted of each sample that is left out, into ms (k), and the square of its relative error into square (k); returns
 * the root of their mean, NaN below two samples. */
static double left_out_errors(const problem *p, const form *f, double *ms, double *square)
{
    int folds = p->k < FOLDS_MOST ? p->k : FOLDS_MOST;
    double sum = 0;
    if (p->k < 2) return NAN;
    for (int fold = 0; fold < folds; fold++) {
        ll_correction c;
        fit(p, f, fold, folds, &c);
        for (int i = fold; i < p->k; i += folds) {
            ms[i] = ll_corrected(&c, p->sums + (size_t)i * LL_GROUPS);
            double error = ms[i] / p->y[i] - 1;
            square[i] = error * error;
            sum += square[i];
        }
    }
    return sqrt(sum / p->k);
}

/* Are the errors `now` smaller than those of before by more than chance makes them: by a standard error of the mean difference
 * of their squares, and by what is worth it? */
static bool is_better(const double *before, const double *now, int k)
{
    static const double worth = .005;
    double sum = 0, square = 0, old = 0, new = 0;
    for (int i = 0; i < k; i++) {
        double d = before[i] - now[i];
        sum += d;
        square += d * d;
        old += before[i];
        new += now[i];
    }
    double mean = sum / k, error = sqrt(fmax(0, square / k - mean * mean) / (k - 1));
    return mean > error && sqrt(old / k) > sqrt(new / k) + worth;
}

static void find_used(problem *p)
{
    for (int g = 0; g < LL_GROUPS; g++) {
        bool any = false;
        for (int i = 0; i < p->k && !any; i++) any = p->sums[(size_t)i * LL_GROUPS + (size_t)g] > 0;
        if (any) p->used[p->n_used++] = g;
    }
}

/* What was predicted of the samples, and how far off that was. */
typedef struct errors {
    double *ms, *square; /* (k) */
} errors;

static errors new_errors(int k)
{
    return (errors){LL_NEW_ARRAY(double, k + 1), LL_NEW_ARRAY(double, k + 1)};
}

static void free_errors(errors *x)
{
    free(x->ms);
    free(x->square);
}

/* The table as it is: how far off it is needs no sample left out. */
static void take_as_it_is(const problem *p, double *ms, ll_correction *c)
{
    double square = 0;
    *c = (ll_correction){.how = "none", .factor = 1};
    for (int g = 0; g < LL_GROUPS; g++) c->groups[g] = 1;
    for (int i = 0; i < p->k; i++) {
        ms[i] = total(p, i);
        double error = ms[i] / p->y[i] - 1;
        square += error * error;
    }
    c->error = p->k ? sqrt(square / p->k) : NAN;
}

/* The form that left-out samples choose of those that are called so, with its errors in *of. */
static const form *choose_form(const problem *p, const char *how, errors *of, double *error)
{
    const form *best = NULL;
    errors other = new_errors(p->k);
    for (int i = 0; i < FORMS; i++) {
        if (strcmp(how, "auto") && strcmp(how, forms[i].how)) continue;
        double e = left_out_errors(p, &forms[i], other.ms, other.square);
        bool same = best && !strcmp(best->how, forms[i].how); /* the same form under another prior */
        if (best && !(same ? e < *error : p->k > 2 && is_better(of->square, other.square, p->k))) continue;
        best = &forms[i];
        *error = e;
        errors now = *of;
        *of = other;
        other = now;
    }
    free_errors(&other);
    return best;
}

void ll_correct(const double *sums, const double *y, int k, const char *how, ll_correction *c)
{
    problem p = {sums, y, k, 0, {0}};
    errors of = new_errors(k);
    double error = NAN, plain = left_out_errors(&p, &forms[0], of.ms, of.square);
    find_used(&p);
    if (strcmp(how, "none") != 0) {
        const form *best = choose_form(&p, how, &of, &error);
        fit(&p, best, -1, 1, c);
        c->error = error;
    } else {
        take_as_it_is(&p, of.ms, c);
    }
    c->plain_error = plain;
    ll_deviation_fit(of.ms, y, k, &c->deviation);
    free_errors(&of);
}

double ll_corrected(const ll_correction *c, const double *groups)
{
    double ms = c->offset_ms;
    for (int g = 0; g < LL_GROUPS; g++) ms += c->groups[g] * groups[g];
    return ms;
}
