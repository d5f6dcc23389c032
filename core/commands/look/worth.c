/* scores against=...: what each score is worth, by its rank correlation with others and with latencies. A proxy that counts
 * multiply-adds alone agrees with an accuracy no better than with a latency. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/need.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/commands/look/look.h"
#include "core/device/scores.h"
#include "core/encode/encoding.h"
#include "core/num/stats.h"

/* A named number of every architecture. */
typedef struct numbers {
    char *name;
    double *v;
} numbers;

typedef struct all {
    const ll_dataset *d;
    numbers *v;
    int n;
} all;

static double *add(all *a, const char *name)
{
    a->v = ll_realloc(a->v, (size_t)a->n + 1, sizeof *a->v);
    a->v[a->n] = (numbers){ll_strdup(name), LL_NEW_ARRAY(double, a->d->n_archs + 1)};
    return a->v[a->n++].v;
}

static void add_copy(all *a, const char *name, const double *v)
{
    memcpy(add(a, name), v, (size_t)a->d->n_archs * sizeof *v);
}

static const numbers *find(const all *a, const char *name) /* NULL: none */
{
    for (int i = 0; i < a->n; i++)
        if (!strcmp(a->v[i].name, name)) return &a->v[i];
    return NULL;
}

/* A name said twice is one column. */
static void add_once(all *a, const char *name, const double *v)
{
    if (!find(a, name)) add_copy(a, name, v);
}

static void free_all(all *a)
{
    for (int i = 0; i < a->n; i++) {
        free(a->v[i].name);
        free(a->v[i].v);
    }
    free(a->v);
}

/* The scores of the data, and the proxies that came with the architectures. */
static void take_scores(all *a)
{
    const ll_feature *zcp = ll_archs_feature(a->d->archs, "zcp");
    for (int i = 0; i < a->d->n_scores; i++) add_copy(a, a->d->scores[i].name, a->d->scores[i].v);
    for (int k = 0; zcp && zcp->dim == LL_ZCP_PROXIES && k < zcp->dim; k++) {
        if (ll_dataset_score(a->d, ll_zcp_proxy(k))) continue;
        double *v = add(a, ll_zcp_proxy(k));
        for (int i = 0; i < a->d->n_archs; i++) v[i] = (double)zcp->v[(size_t)i * LL_ZCP_PROXIES + (size_t)k];
    }
}

static ll_status take_other(ll_request *rq, const all *scores, const char *name, all *out)
{
    const numbers *score = find(scores, name);
    int device = ll_dataset_device(out->d, name);
    if (!score && device < 0)
        return LL_FAIL(rq, LL_USAGE, "against=%.80s: no score of %s (`scores`) and no device (`devices`)",
                       name, out->d->name);
    add_once(out, name, score ? score->v : ll_latencies(out->d, device));
    return LL_OK;
}

static ll_status take_others(ll_request *rq, const all *scores, all *out)
{
    ll_strs names = {0};
    ll_status s = LL_OK;
    ll_list(&rq->args, "against", &names);
    if (!names.n) s = LL_FAIL(rq, LL_USAGE, "against= names nothing");
    for (int i = 0; i < names.n && !s; i++) {
        bool devices = !strcmp(names.v[i], "devices");
        for (int k = 0; devices && k < out->d->n_devices; k++)
            add_once(out, out->d->devices[k].name, ll_latencies(out->d, k));
        if (!devices) s = take_other(rq, scores, names.v[i], out);
    }
    ll_strs_free(&names);
    return s;
}

/* Fewest and most architectures that two have in common. */
typedef struct shared {
    int least, most;
} shared;

/* Over the architectures that have both. */
static double agreement(const double *a, const double *b, int n, shared *common)
{
    double *x = LL_NEW_ARRAY(double, n + 1), *y = LL_NEW_ARRAY(double, n + 1);
    int both = 0;
    for (int i = 0; i < n; i++)
        if (!isnan(a[i]) && !isnan(b[i])) x[both] = a[i], y[both++] = b[i];
    if (both < common->least) common->least = both;
    if (both > common->most) common->most = both;
    double r = both > 2 ? ll_spearman(x, y, both) : NAN;
    free(x);
    free(y);
    return r;
}

static void add_columns(cJSON *result, const all *others)
{
    ll_column *columns = LL_NEW_ARRAY(ll_column, others->n + 2);
    columns[0] = (ll_column){"name", "Spearman of", NULL, -1};
    for (int i = 0; i < others->n; i++)
        columns[i + 1] = (ll_column){others->v[i].name, others->v[i].name, NULL, 3};
    ll_result_columns(result, columns);
    free(columns);
}

static void note_common(cJSON *result, const shared *x)
{
    if (x->least == x->most)
        ll_result_note(result, "over %d %s", x->most, ll_noun(x->most, "architecture", "architectures"));
    else
        ll_result_note(result, "over the architectures that have both: %d to %d of them", x->least, x->most);
}

ll_status ll_run_worth(ll_request *rq)
{
    all scores = {.d = rq->state.data}, others = {.d = rq->state.data};
    take_scores(&scores);
    ll_status s = take_others(rq, &scores, &others);
    if (!s && !scores.n) s = LL_FAIL(rq, LL_FAILED, "%s has no scores", scores.d->name);
    if (!s) {
        shared common = {.least = INT_MAX};
        cJSON *result = ll_result_new("worth"), *rows = ll_json_arr(result, "rows");
        add_columns(result, &others);
        for (int i = 0; i < scores.n; i++) {
            cJSON *row = ll_json_obj(rows, NULL);
            ll_json_str(row, "name", scores.v[i].name);
            for (int k = 0; k < others.n; k++)
                ll_json_num(row, others.v[k].name,
                            agreement(scores.v[i].v, others.v[k].v, scores.d->n_archs, &common));
        }
        note_common(result, &common);
        ll_emit(rq, result);
    }
    free_all(&scores);
    free_all(&others);
    return s;
}
