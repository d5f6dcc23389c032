#include "core/search/score.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/sort.h"
#include "core/search/costs.h"
#include "core/search/learnt.h"
#include "core/space/moves.h"

enum { REFERENCE = 2000, TERMS_MOST = 16 };

/* --- terms --- */

typedef struct term term;
struct term {
    double sign;
    ll_status (*apply)(const term *t, const ll_archs *archs, ll_observer *observer, ll_pool *pool,
                       double *out, ll_error *e);
    bool total;
    const ll_dataset *data;
    const ll_score *column; /* its values, or what they are learnt from; NULL: counted */
    const ll_cost_kind *cost;
    ll_learnt *learnt;
    double *sorted; /* (n_sorted) of the reference, for ranks */
    int n_sorted;
};

struct ll_scorer {
    int n;
    term terms[TERMS_MOST];
};

static ll_status apply_column(const term *t, const ll_archs *archs, ll_observer *observer, ll_pool *pool,
                              double *out, ll_error *e)
{
    (void)observer, (void)pool, (void)e;
    bool own = archs == t->data->archs;
    for (int i = 0; i < archs->n; i++) {
        int row = own ? i : ll_dataset_row(t->data, ll_arch(archs, i));
        out[i] = row < 0 ? NAN : t->column->v[row];
    }
    return LL_OK;
}

static ll_status apply_model(const term *t, const ll_archs *archs, ll_observer *observer, ll_pool *pool,
                             double *out, ll_error *e)
{
    (void)observer, (void)pool, (void)e;
    ll_score_model_apply(t->column->model, archs, out);
    return LL_OK;
}

static ll_status apply_cost(const term *t, const ll_archs *archs, ll_observer *observer, ll_pool *pool,
                            double *out, ll_error *e)
{
    (void)observer, (void)pool, (void)e;
    for (int i = 0; i < archs->n; i++) {
        ll_cost cost;
        out[i] = ll_space_cost(archs->space, ll_arch(archs, i), &cost) ? ll_cost_value(&cost, t->cost) : NAN;
    }
    return LL_OK;
}

static ll_status apply_learnt(const term *t, const ll_archs *archs, ll_observer *observer, ll_pool *pool,
                              double *out, ll_error *e)
{
    return ll_learnt_apply(t->learnt, archs, observer, pool, out, e);
}

/* --- making them --- */

static ll_status unknown(const char *name, const ll_scorer_job *job, ll_error *e)
{
    const ll_score *s;
    if (job->data) {
        ll_error have;
        ll_dataset_find_score(job->data, name, &s, &have);
        return ll_fail(e, LL_USAGE, "%.400s; macs, params and peak_kb are counted, gp:NAME is learnt",
                       have.message);
    }
    return ll_fail(e, LL_USAGE,
                   "no score \"%.60s\": without a dataset there are macs, params, activations and peak_kb",
                   name);
}

static ll_status make_learnt(const char *name, const ll_scorer_job *job, term *t, ll_error *e)
{
    if (!job->data) return ll_fail(e, LL_USAGE, "gp:%.60s is learnt from a dataset's score; load one", name);
    ll_status s = ll_dataset_find_score(job->data, name, &t->column, e);
    if (!s) s = ll_learnt_new(t->column, job, &t->learnt, e);
    t->apply = apply_learnt;
    t->total = true;
    return s;
}

/* A name in full goes before what is counted, what is counted before a part of a name. */
static bool is_column(const ll_dataset *d, const char *name, bool counted, const ll_score **out)
{
    ll_error ignored;
    if (!d) return false;
    *out = ll_dataset_score(d, name);
    return *out || (!counted && !ll_dataset_find_score(d, name, out, &ignored));
}

static ll_status make_term(const char *text, const ll_scorer_job *job, term *t, ll_error *e)
{
    const ll_cost_kind *cost = ll_cost_find(text + (*text == '-'));
    *t = (term){.sign = *text == '-' ? -1 : 1, .data = job->data};
    text += *text == '-';
    if (!strncmp(text, "gp:", 3)) return make_learnt(text + 3, job, t, e);
    if (is_column(job->data, text, cost, &t->column)) {
        t->total = t->column->model != NULL;
        t->apply = t->total ? apply_model : apply_column;
        return LL_OK;
    }
    if (!cost) return unknown(text, job, e);
    if (!job->space->layers)
        return ll_fail(e, LL_USAGE, "the layers of space %s are not known, so its %s are not",
                       job->space->name, text);
    t->cost = cost;
    t->apply = apply_cost;
    t->total = true;
    return LL_OK;
}

/* --- ranks --- */

/* The architectures that ranks are taken among. */
static ll_archs *reference(const ll_scorer_job *job)
{
    if (job->data) return ll_archs_ref(job->data->archs);
    ll_archs *archs = ll_archs_new(job->space, REFERENCE);
    ll_rng rng = ll_rng_new(0, LL_STREAM_SEARCH);
    for (int i = 0; i < REFERENCE; i++) ll_space_random(job->space, &rng, ll_arch_at(archs, i));
    return archs;
}

static int known_sorted(const double *v, int n, double *out)
{
    int known = 0;
    for (int i = 0; i < n; i++)
        if (!isnan(v[i])) out[known++] = v[i];
    int *order = LL_NEW_ARRAY(int, known + 1);
    double *sorted = LL_NEW_ARRAY(double, known + 1);
    ll_sort_order(out, known, order);
    for (int i = 0; i < known; i++) sorted[i] = out[order[i]];
    memcpy(out, sorted, (size_t)known * sizeof *out);
    free(sorted);
    free(order);
    return known;
}

static ll_status rank_term(const ll_scorer_job *job, const ll_archs *among, term *t, ll_error *e)
{
    double *v = LL_NEW_ARRAY(double, among->n + 1);
    t->sorted = LL_NEW_ARRAY(double, among->n + 1);
    ll_status s = t->apply(t, among, job->observer, job->pool, v, e);
    if (!s) t->n_sorted = known_sorted(v, among->n, t->sorted);
    free(v);
    return s;
}

/* How many are below x, and with it those that equal it. */
static int count_below(const double *sorted, int n, double x, bool with)
{
    int low = 0, high = n;
    while (low < high) {
        int mid = (low + high) / 2;
        if (sorted[mid] < x || (with && sorted[mid] == x))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* 0 below all, 1 above all, the middle of equal ones. */
static double rank_of(const term *t, double x)
{
    if (isnan(x) || !t->n_sorted) return NAN;
    return (count_below(t->sorted, t->n_sorted, x, false) + count_below(t->sorted, t->n_sorted, x, true)) /
           (2. * t->n_sorted);
}

/* --- the scorer --- */

static ll_status make_terms(ll_scorer *s, const ll_strs *words, const ll_scorer_job *job, ll_error *e)
{
    if (words->n > TERMS_MOST) return ll_fail(e, LL_USAGE, "a score has at most %d terms", TERMS_MOST);
    for (int i = 0; i < words->n; i++) {
        ll_status status = make_term(words->v[i], job, &s->terms[s->n++], e);
        if (status) return status;
    }
    return s->n ? LL_OK : ll_fail(e, LL_USAGE, "score= names no score");
}

static ll_status rank_terms(ll_scorer *s, const ll_scorer_job *job, ll_error *e)
{
    ll_archs *among = reference(job);
    ll_status status = LL_OK;
    for (int i = 0; i < s->n && !status; i++) status = rank_term(job, among, &s->terms[i], e);
    ll_archs_unref(among);
    return status;
}

ll_status ll_scorer_new(const char *text, const ll_scorer_job *job, ll_scorer **out, ll_error *e)
{
    ll_scorer *s = LL_NEW(ll_scorer);
    ll_strs words = {0};
    ll_strs_split(&words, text, '+');
    ll_status status = make_terms(s, &words, job, e);
    if (!status && s->n > 1) status = rank_terms(s, job, e);
    ll_strs_free(&words);
    if (status)
        ll_scorer_free(s);
    else
        *out = s;
    return status;
}

void ll_scorer_free(ll_scorer *s)
{
    for (int i = 0; s && i < s->n; i++) {
        ll_learnt_free(s->terms[i].learnt);
        free(s->terms[i].sorted);
    }
    free(s);
}

static ll_status add_rank(const ll_scorer *s, const term *t, const ll_archs *archs, ll_observer *observer,
                          ll_pool *pool, double *v, double *out, ll_error *e)
{
    ll_status status = t->apply(t, archs, observer, pool, v, e);
    for (int i = 0; i < archs->n && !status; i++) {
        double rank = rank_of(t, v[i]);
        out[i] += (t->sign < 0 ? 1 - rank : rank) / s->n;
    }
    return status;
}

ll_status ll_scorer_apply(const ll_scorer *s, const ll_archs *archs, ll_observer *observer, ll_pool *pool,
                          double *out, ll_error *e)
{
    const term *first = s->terms;
    ll_status status = LL_OK;
    if (s->n == 1) {
        status = first->apply(first, archs, observer, pool, out, e);
        for (int i = 0; i < archs->n && first->sign < 0; i++) out[i] = -out[i];
        return status;
    }
    double *v = LL_NEW_ARRAY(double, archs->n + 1);
    memset(out, 0, (size_t)archs->n * sizeof *out);
    for (int i = 0; i < s->n && !status; i++)
        status = add_rank(s, &s->terms[i], archs, observer, pool, v, out, e);
    free(v);
    return status;
}

bool ll_scorer_is_total(const ll_scorer *s)
{
    bool total = true;
    for (int i = 0; i < s->n; i++) total &= s->terms[i].total;
    return total;
}

static bool is_learnt(const ll_scorer *s)
{
    for (int i = 0; i < s->n; i++)
        if (s->terms[i].learnt) return true;
    return false;
}

double ll_scorer_truth(const ll_scorer *s, const ll_space *space, const uint8_t *gene)
{
    double x = NAN;
    ll_error ignored;
    const term *first = s->terms;
    if (s->n == 1 && first->column && !first->column->model) {
        int row = ll_dataset_row(first->data, gene);
        return row < 0 ? NAN : first->sign * first->column->v[row];
    }
    if (is_learnt(s)) return NAN;
    ll_archs *one = ll_archs_new(space, 1);
    memcpy(ll_arch_at(one, 0), gene, (size_t)space->n_positions);
    if (ll_scorer_apply(s, one, NULL, NULL, &x, &ignored)) x = NAN;
    ll_archs_unref(one);
    return x;
}

void ll_scorer_says(const ll_scorer *s, ll_strs *out)
{
    for (int i = 0; i < s->n; i++)
        if (s->terms[i].learnt) ll_learnt_says(s->terms[i].learnt, out);
}
