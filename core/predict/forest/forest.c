#include "core/predict/forest/forest.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/predict/simple/simple.h"

/* --- one member --- */

typedef struct grower {
    const ll_forest_job *job;
    ll_tree_data data;
    ll_forest *forest;
    int *count; /* (n_trees, n) how often each row is in a member's bootstrap */
    int first;  /* tree of piece 0 */
} grower;

static int *counts_of(const grower *g, int tree)
{
    return g->count + (size_t)tree * (size_t)g->job->n;
}

static double line_value(const ll_forest *f, int tree, const double *line)
{
    double sum = f->line[tree];
    for (int c = 0; c < f->n_line; c++) sum += f->line[(1 + c) * f->n_trees + tree] * line[c];
    return sum;
}

/* Ridge on the bootstrap, rows as often as it has them. */
static void fit_line(const ll_forest_job *j, const int *count, ll_forest *f, int tree)
{
    int p = 1 + j->n_line, n = 0;
    double *w = LL_NEW_ARRAY(double, p), *x = LL_NEW_ARRAY(double, (size_t)j->n *(size_t)p),
           *y = LL_NEW_ARRAY(double, j->n);
    for (int i = 0; i < j->n; i++)
        for (int times = 0; times < count[i]; times++, n++) {
            x[(size_t)n * (size_t)p] = 1;
            memcpy(x + (size_t)n * (size_t)p + 1, j->line + (size_t)i * (size_t)j->n_line,
                   (size_t)j->n_line * sizeof *x);
            y[n] = j->y[i];
        }
    if (ll_ridge(x, n, p, y, j->penalty, w))
        for (int c = 0; c < p; c++) f->line[c * f->n_trees + tree] = w[c];
    free(w);
    free(x);
    free(y);
}

static void grow_member(void *ctx, int piece)
{
    const grower *g = ctx;
    const ll_forest_job *j = g->job;
    int tree = g->first + piece, *count = counts_of(g, tree);
    ll_rng rng = ll_rng_new(j->seed, LL_STREAM_TREES | (uint64_t)tree << 32);
    double *y = ll_memdup(j->y, (size_t)j->n, sizeof *y);
    for (int i = 0; i < j->n; i++) count[ll_rng_below(&rng, j->n)]++;
    if (j->n_line) fit_line(j, count, g->forest, tree);
    for (int i = 0; i < j->n; i++)
        y[i] -= line_value(g->forest, tree, j->line + (size_t)i * (size_t)j->n_line);
    ll_tree_grow(&g->data, y, count, &j->rule, &rng, &g->forest->tree[tree]);
    free(y);
}

/* --- all of them --- */

static double member_value(const ll_forest *f, int tree, const double *row, const double *line)
{
    return line_value(f, tree, line) + ll_tree_value(&f->tree[tree], row);
}

/* In two passes, so that members that agree have variance 0. */
static void leave_out(const grower *g, int i, ll_left_out *o)
{
    const ll_forest_job *j = g->job;
    double sum = 0, square = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int t = 0; t < j->n_trees; t++) {
            if (counts_of(g, t)[i]) continue;
            double v = member_value(g->forest, t, j->x + (size_t)i * (size_t)j->dim,
                                    j->line + (size_t)i * (size_t)j->n_line);
            if (pass)
                square += (v - o->mean[i]) * (v - o->mean[i]);
            else
                sum += v, o->members[i]++, o->mean[i] = sum / o->members[i];
        }
    if (o->members[i]) o->variance[i] = square / o->members[i];
}

static void leave_each_out(const grower *g, ll_left_out *o)
{
    int n = g->job->n;
    *o = (ll_left_out){n, LL_NEW_ARRAY(int, n), LL_NEW_ARRAY(double, n), LL_NEW_ARRAY(double, n)};
    for (int i = 0; i < n; i++) leave_out(g, i, o);
}

static void forest_new(ll_forest *f, int n_trees, int dim, int n_line)
{
    *f = (ll_forest){n_trees, dim, n_line, LL_NEW_ARRAY(ll_tree, n_trees),
                     LL_NEW_ARRAY(double, (size_t)n_trees *(size_t)(1 + n_line))};
}

bool ll_forest_fit(const ll_forest_job *job, ll_forest *out, ll_left_out *out_of_bag)
{
    enum { TREES_PER_LOOK = 16 };
    forest_new(out, job->n_trees, job->dim, job->n_line);
    grower g = {.job = job, .forest = out};
    bool go = true;
    g.count = LL_NEW_ARRAY(int, (size_t)job->n_trees *(size_t)job->n);
    ll_tree_data_init(&g.data, job->x, job->n, job->dim);
    for (; g.first < job->n_trees && go; g.first += TREES_PER_LOOK) {
        int left = job->n_trees - g.first;
        go = !ll_cancelled(job->observer);
        if (go) ll_pool_run(job->pool, left < TREES_PER_LOOK ? left : TREES_PER_LOOK, grow_member, &g);
    }
    if (go && out_of_bag) leave_each_out(&g, out_of_bag);
    ll_tree_data_free(&g.data);
    free(g.count);
    if (!go) ll_forest_free(out);
    return go;
}

void ll_forest_values(const ll_forest *f, const double *row, const double *line, double *value)
{
    memcpy(value, f->line, (size_t)f->n_trees * sizeof *value);
    for (int c = 0; c < f->n_line; c++) {
        const double *w = f->line + (size_t)(1 + c) * (size_t)f->n_trees;
        for (int t = 0; t < f->n_trees; t++) value[t] += w[t] * line[c];
    }
    for (int t = 0; t < f->n_trees; t++) value[t] += ll_tree_value(&f->tree[t], row);
}

void ll_forest_free(ll_forest *f)
{
    for (int t = 0; t < f->n_trees; t++) ll_tree_free(&f->tree[t]);
    free(f->tree);
    free(f->line);
    *f = (ll_forest){0};
}

void ll_left_out_free(ll_left_out *o)
{
    free(o->members);
    free(o->mean);
    free(o->variance);
    *o = (ll_left_out){0};
}
