#include "core/commands/predict/choose.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/commands/predicted.h"
#include "core/commands/search/setup.h"
#include "core/num/sort.h"

typedef struct choosing {
    ll_request *rq;
    const ll_transfer *t;
    const ll_dataset *d;
    int n; /* rows that the transfer knows */
} choosing;

static ll_scorer_job job_of(const choosing *c)
{
    return (ll_scorer_job){.space = c->d->space,
                           .data = c->d,
                           .k = 200,
                           .seed = 1,
                           .observer = c->rq->observer,
                           .pool = c->rq->pool};
}

/* --- which meet the conditions --- */

static ll_status find_within(const choosing *c, bool *keep)
{
    double max = INFINITY;
    ll_where *where = NULL;
    ll_scorer_job job = job_of(c);
    const char *limit = ll_word(&c->rq->args, "max"), *conditions = ll_word(&c->rq->args, "where");
    ll_error *e = &c->rq->error;
    const char *unit = ll_measurand_unit(c->t->adapted ? c->t->adapted->of : LL_LATENCY);
    ll_status s = limit ? ll_search_read_limit("max", limit, unit, &max, e) : LL_OK;
    if (!s && conditions) s = ll_where_new(conditions, &job, &where, e);
    if (!s) s = ll_where_apply(where, c->d->archs, c->rq->observer, c->rq->pool, keep, e);
    for (int i = 0; i < c->n && !s; i++) keep[i] = keep[i] && c->t->lat_ms[i] <= max;
    ll_where_free(where);
    return s;
}

/* --- by what they are ordered --- */

/* ms, or a score: (d->n_archs). */
static ll_status values_of(const choosing *c, const char *name, double *out)
{
    ll_scorer *scorer;
    ll_scorer_job job = job_of(c);
    if (!strcmp(name, "ms")) {
        memcpy(out, c->t->lat_ms, (size_t)c->n * sizeof *out);
        return LL_OK;
    }
    ll_status s = ll_scorer_new(name, &job, &scorer, &c->rq->error);
    if (s) return s;
    s = ll_scorer_apply(scorer, c->d->archs, c->rq->observer, c->rq->pool, out, &c->rq->error);
    ll_scorer_free(scorer);
    return s;
}

/* Rows in the order of v, the highest first when `down`; equal ones the fastest first, unknown ones last. */
static void order_rows(const choosing *c, const double *v, bool down, ll_ints *rows)
{
    double *key = LL_NEW_ARRAY(double, rows->n + 1);
    int *order = LL_NEW_ARRAY(int, rows->n + 1), *sorted = LL_NEW_ARRAY(int, rows->n + 1);
    for (int pass = 0; pass < 2; pass++) { /* the sort keeps the order of equal ones */
        for (int i = 0; i < rows->n; i++) {
            double x = pass ? v[rows->v[i]] : c->t->score[rows->v[i]];
            key[i] = pass && down ? -x : x;
        }
        ll_sort_order(key, rows->n, order);
        for (int i = 0; i < rows->n; i++) sorted[i] = rows->v[order[i]];
        memcpy(rows->v, sorted, (size_t)rows->n * sizeof *sorted);
    }
    free(key);
    free(order);
    free(sorted);
}

static void cut(ll_ints *rows, int top)
{
    if (rows->n > top) rows->n = top;
}

/* The word `score` means the dataset's first one. */
static ll_status by_name(const choosing *c, const char **name)
{
    *name = ll_word(&c->rq->args, "by");
    if (*name && !**name) return LL_FAIL(c->rq, LL_USAGE, "by= names no score");
    if (!*name || strcmp(*name, "score") || ll_dataset_score(c->d, "score")) return LL_OK;
    if (!c->d->n_scores)
        return LL_FAIL(c->rq, LL_USAGE,
                       "%s has no scores: `import accuracy FILE into %s metric=NAME` brings them", c->d->name,
                       c->d->name);
    *name = c->d->scores[0].name;
    return LL_OK;
}

static ll_status sort_shown(const choosing *c, double *v, ll_ints *rows)
{
    const char *sort = ll_word(&c->rq->args, "sort");
    if (!sort) return LL_OK;
    bool down = *sort == '-';
    ll_status s = values_of(c, sort + down, v);
    if (!s) order_rows(c, v, strcmp(sort + down, "ms") ? !down : down, rows);
    return s;
}

static void only_known(const double *v, ll_ints *rows)
{
    int n = 0;
    for (int i = 0; i < rows->n; i++)
        if (!isnan(v[rows->v[i]])) rows->v[n++] = rows->v[i];
    rows->n = n;
}

static ll_status order_all(const choosing *c, double *v, ll_chosen_rows *out)
{
    const char *by;
    bool slowest = ll_is(&c->rq->args, "order", "slowest");
    ll_status s = by_name(c, &by);
    if (s) return s;
    s = values_of(c, by ? by : "ms", v);
    if (s) return s;
    if (by) only_known(v, &out->rows);
    order_rows(c, by ? v : c->t->score, by || slowest, &out->rows);
    cut(&out->rows, ll_int(&c->rq->args, "top"));
    double *shown = by ? ll_memdup(v, (size_t)c->d->n_archs + 1, sizeof *v) : NULL;
    s = sort_shown(c, v, &out->rows);
    if (by && !s) {
        out->by = ll_strdup(by);
        out->values = LL_NEW_ARRAY(double, out->rows.n + 1);
        for (int i = 0; i < out->rows.n; i++) out->values[i] = shown[out->rows.v[i]];
    }
    free(shown);
    return s;
}

ll_status ll_choose_rows(ll_request *rq, const ll_transfer *t, ll_chosen_rows *out)
{
    choosing c = {rq, t, rq->state.data, t->n};
    bool *keep = LL_NEW_ARRAY(bool, c.d->n_archs + 1);
    double *v = LL_NEW_ARRAY(double, c.d->n_archs + 1);
    *out = (ll_chosen_rows){0};
    ll_status s = find_within(&c, keep);
    for (int i = 0; i < c.n && !s; i++)
        if (keep[i]) ll_ints_add(&out->rows, i);
    out->within = out->rows.n;
    if (!s) s = order_all(&c, v, out);
    free(keep);
    free(v);
    if (s) ll_chosen_rows_free(out);
    return s;
}

void ll_chosen_rows_free(ll_chosen_rows *c)
{
    ll_ints_free(&c->rows);
    free(c->by);
    free(c->values);
    *c = (ll_chosen_rows){0};
}
