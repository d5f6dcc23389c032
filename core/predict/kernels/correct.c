#include "core/predict/kernels/correct.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/predict/simple/simple.h"

enum { FOLDS_MOST = 50 };

/* Weights of rows y / y: how far the common factor is from the ratio of the means, the offset in units of the mean latency,
 * the groups' own factors in units of the common one. A penalty of 1e12 leaves a column out. */
typedef struct form {
    const char *how;
    double offset, groups;
} form;
static const double out = 1e12, factor_penalty = 1e-3;
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

/* From all samples but those of a fold; fold -1: from all. */
static void fit(const problem *p, const form *f, int fold, int folds, ll_correction *c)
{
    int dim = 2 + p->n_used, n = 0;
    double mean, scale = ratio(p, fold, folds, &mean);
    double *x = LL_NEW_ARRAY(double, (size_t)p->k *(size_t)dim), *y = LL_NEW_ARRAY(double, p->k),
           *penalty = LL_NEW_ARRAY(double, dim), *w = LL_NEW_ARRAY(double, dim);
    for (int i = 0; i < p->k; i++) {
        if (is_left_out(i, fold, folds)) continue;
        double *row = x + (size_t)n * (size_t)dim;
        row[0] = scale * total(p, i) / p->y[i];
        row[1] = mean / p->y[i];
        for (int g = 0; g < p->n_used; g++)
            row[2 + g] = scale * p->sums[(size_t)i * LL_GROUPS + (size_t)p->used[g]] / p->y[i];
        y[n++] = 1 - row[0];
    }
    penalty[0] = factor_penalty;
    penalty[1] = f->offset;
    for (int g = 0; g < p->n_used; g++) penalty[2 + g] = f->groups;
    if (!n || !ll_ridge(x, n, dim, y, penalty, w)) memset(w, 0, (size_t)dim * sizeof *w);
    *c = (ll_correction){
        .how = f->how, .factor = fmax(0, scale * (1 + w[0])), .offset_ms = f->offset < out ? mean * w[1] : 0};
    for (int g = 0; g < LL_GROUPS; g++) c->groups[g] = c->factor;
    for (int g = 0; g < p->n_used && f->groups < out; g++)
        c->groups[p->used[g]] = fmax(0, scale * (1 + w[0] + w[2 + g]));
    free(x);
    free(y);
    free(penalty);
    free(w);
}

/* Squares of the relative errors of samples that are left out, into square (k); returns the root of their mean, NaN below
 * two samples. */
static double left_out_errors(const problem *p, const form *f, double *square)
{
    int folds = p->k < FOLDS_MOST ? p->k : FOLDS_MOST;
    double sum = 0;
    if (p->k < 2) return NAN;
    for (int fold = 0; fold < folds; fold++) {
        ll_correction c;
        fit(p, f, fold, folds, &c);
        for (int i = fold; i < p->k; i += folds) {
            double error = ll_corrected(&c, p->sums + (size_t)i * LL_GROUPS) / p->y[i] - 1;
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

/* The table as it is: how far off it is needs no sample left out. */
static void take_as_it_is(const problem *p, ll_correction *c)
{
    double square = 0;
    *c = (ll_correction){.how = "none", .factor = 1};
    for (int g = 0; g < LL_GROUPS; g++) c->groups[g] = 1;
    for (int i = 0; i < p->k; i++) {
        double error = total(p, i) / p->y[i] - 1;
        square += error * error;
    }
    c->error = p->k ? sqrt(square / p->k) : NAN;
}

/* The form that left-out samples choose of those that are called so. square, other: room (k). */
static const form *choose_form(const problem *p, const char *how, double *square, double *other,
                               double *error)
{
    const form *best = NULL;
    for (int i = 0; i < FORMS; i++) {
        if (strcmp(how, "auto") && strcmp(how, forms[i].how)) continue;
        double e = left_out_errors(p, &forms[i], other);
        bool same = best && !strcmp(best->how, forms[i].how); /* the same form under another prior */
        if (best && !(same ? e < *error : p->k > 2 && is_better(square, other, p->k))) continue;
        best = &forms[i];
        *error = e;
        memcpy(square, other, (size_t)p->k * sizeof *square);
    }
    return best;
}

void ll_correct(const double *sums, const double *y, int k, const char *how, ll_correction *c)
{
    problem p = {sums, y, k, 0, {0}};
    double *square = LL_NEW_ARRAY(double, k + 1), *other = LL_NEW_ARRAY(double, k + 1), error = NAN;
    double plain = left_out_errors(&p, &forms[0], other);
    find_used(&p);
    if (strcmp(how, "none") != 0) {
        const form *best = choose_form(&p, how, square, other, &error);
        fit(&p, best, -1, 1, c);
        c->error = error;
    } else {
        take_as_it_is(&p, c);
    }
    c->plain_error = plain;
    free(square);
    free(other);
}

double ll_corrected(const ll_correction *c, const double *groups)
{
    double ms = c->offset_ms;
    for (int g = 0; g < LL_GROUPS; g++) ms += c->groups[g] * groups[g];
    return ms;
}
