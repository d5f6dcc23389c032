/* Figures of a transfer: scatter, residual, curve. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/need.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/commands/look/look.h"
#include "core/num/stats.h"
#include "core/space/kinds.h"
#include "plots/build/build.h"
#include "plots/gather/gather.h"

bool ll_plot_log(const ll_request *rq, const double *v, int n)
{
    if (!ll_is(&rq->args, "log", "auto")) return ll_is(&rq->args, "log", "on");
    double *known = LL_NEW_ARRAY(double, n + 1);
    int m = 0;
    for (int i = 0; i < n; i++)
        if (isfinite(v[i])) known[m++] = v[i];
    double lo = m ? ll_quantile(known, m, .01) : 0, hi = m ? ll_quantile(known, m, .99) : 0;
    free(known);
    return lo > 0 && hi / lo > 20;
}

/* The transfer asked for, its measured column, and the fields every figure of a transfer reports. */
typedef struct seen {
    const ll_transfer *t;
    const double *measured_ms;
    ll_metrics metrics;
    double level;
    char *title;
} seen;

static ll_plot_quantity quantity_of(const ll_dataset *d, const ll_transfer *t)
{
    ll_measurand of = d->devices[ll_dataset_device(d, t->device)].of;
    return (ll_plot_quantity){ll_measurand_name(of), ll_measurand_unit(of)};
}

/* "energy predicted by" */
static char *predicted_by(const ll_dataset *d, const ll_transfer *t)
{
    ll_str text = {0};
    ll_str_addf(&text, "%s predicted by", quantity_of(d, t).name);
    return ll_str_take(&text);
}

/* `what` NULL: "latency predicted by". */
static ll_status look(ll_plot_request *p, const char *what, seen *v)
{
    ll_transfer *t;
    ll_status s = ll_need_transfer(p->rq, "device", &t);
    if (s) return s;
    const ll_dataset *d = p->rq->state.data;
    int device = ll_dataset_device(d, t->device);
    *v = (seen){.t = t, .measured_ms = ll_latencies(d, device), .level = ll_real(&p->rq->args, "level")};
    v->metrics = ll_transfer_metrics(t, d, LL_PROTOCOL_FULL, v->level, NULL);
    ll_str title = {0};
    char *predicted = what ? NULL : predicted_by(d, t);
    ll_str_addf(&title, "%s: %s %s", t->device, what ? what : predicted, t->predictor->name);
    free(predicted);
    v->title = ll_str_take(&title);
    ll_json_str(p->result, "device", t->device);
    ll_json_str(p->result, "predictor", t->predictor->name);
    ll_json_int(p->result, "k", t->samples.n);
    ll_json_int(p->result, "cost", t->measured.n);
    ll_metrics_json(&v->metrics, p->result);
    return LL_OK;
}

/* How alike two devices rank the architectures that both have. */
static double rank_correlation(const double *a, const double *b, int n, int *n_both)
{
    double *x = LL_NEW_ARRAY(double, n + 1), *y = LL_NEW_ARRAY(double, n + 1);
    int m = 0;
    for (int i = 0; i < n; i++)
        if (isfinite(a[i]) && isfinite(b[i])) x[m] = a[i], y[m++] = b[i];
    double r = ll_spearman(x, y, m);
    free(x);
    free(y);
    *n_both = m;
    return r;
}

static ll_status two_devices(ll_plot_request *p, const int device[2], ll_figure **out)
{
    const ll_dataset *d = p->rq->state.data;
    const ll_device *a = &d->devices[device[0]], *b = &d->devices[device[1]];
    const double *x = ll_latencies(d, device[0]), *y = ll_latencies(d, device[1]);
    if (ll_given(&p->rq->args, "worst"))
        return LL_FAIL(p->rq, LL_USAGE, "worst= names what is predicted badly: of one device, not of two");
    if (a->of != b->of)
        return LL_FAIL(p->rq, LL_USAGE, "%s and %s are different quantities: scatter compares two of one",
                       a->name, b->name);
    ll_str title = {0};
    ll_str_addf(&title, "%s and %s", a->name, b->name);
    ll_scatter_data s = {.title = ll_str_text(&title),
                         .quantity = {ll_measurand_name(a->of), ll_measurand_unit(a->of)},
                         .x_device = a->name,
                         .y_device = b->name,
                         .n = d->n_archs,
                         .measured_ms = x,
                         .predicted_ms = y,
                         .log = ll_plot_log(p->rq, x, d->n_archs) || ll_plot_log(p->rq, y, d->n_archs),
                         .size = p->size};
    s.spearman = rank_correlation(x, y, d->n_archs, &s.n_scored);
    ll_json_str(p->result, "device", a->name);
    ll_json_str(p->result, "against", b->name);
    ll_json_num(p->result, "spearman", s.spearman);
    ll_json_int(p->result, "n", s.n_scored);
    ll_status status = ll_build_scatter(&s, out, &p->rq->error);
    ll_str_free(&title);
    return status;
}

/* `plot scatter A B`: neither needs a prediction. *done: two devices were named. */
static ll_status device_against_device(ll_plot_request *p, bool *done, ll_figure **out)
{
    ll_strs names = {0};
    int device[2];
    ll_list_names(&p->rq->args, "device", &names);
    *done = names.n == 2;
    ll_status s = *done ? ll_need_data(p->rq) : LL_OK;
    for (int i = 0; *done && i < 2 && !s; i++)
        s = ll_dataset_find_device(p->rq->state.data, names.v[i], &device[i], &p->rq->error);
    if (*done && !s) s = two_devices(p, device, out);
    ll_strs_free(&names);
    return s;
}

ll_status ll_gather_scatter(ll_plot_request *p, ll_figure **out)
{
    seen v;
    bool two;
    ll_status s = device_against_device(p, &two, out);
    if (two || s) return s;
    s = look(p, NULL, &v);
    if (s) return s;
    int n = v.t->n;
    double *lo = LL_NEW_ARRAY(double, n + 1), *hi = LL_NEW_ARRAY(double, n + 1);
    bool intervals = ll_transfer_interval(v.t, v.level, lo, hi);
    ll_scatter_data d = {.title = v.title,
                         .quantity = quantity_of(p->rq->state.data, v.t),
                         .n = n,
                         .measured_ms = v.measured_ms,
                         .predicted_ms = v.t->lat_ms,
                         .lo_ms = intervals ? lo : NULL,
                         .hi_ms = intervals ? hi : NULL,
                         .samples = v.t->samples.v,
                         .k = v.t->samples.n,
                         .cost = v.t->measured.n,
                         .spearman = v.metrics.spearman,
                         .level = v.level,
                         .n_scored = v.metrics.n,
                         .worst = ll_int(&p->rq->args, "worst"),
                         .log = ll_plot_log(p->rq, v.measured_ms, n),
                         .size = p->size};
    s = ll_build_scatter(&d, out, &p->rq->error);
    free(v.title);
    free(hi);
    free(lo);
    return s;
}

/* --- residual --- */

/* (n, n_ops): how often each operation stands in each architecture; the caller frees. */
static int *count_operations(const ll_dataset *d, const ll_kinds *kinds)
{
    int *count = LL_NEW_ARRAY(int, (size_t)d->n_archs *(size_t)kinds->n + 1);
    for (int i = 0; i < d->n_archs; i++)
        ll_kinds_count(kinds, d->space, ll_gene(d, i), count + (size_t)i * (size_t)kinds->n);
    return count;
}

/* What operations are called where there is little room. */
static void name_operations(const ll_space *s, const ll_kinds *kinds, ll_strs *out)
{
    for (int o = 0; o < kinds->n; o++) {
        ll_str name = {0};
        if (!s->choices && s->ops_short)
            ll_str_add(&name, s->ops_short[o]);
        else
            ll_kind_name(kinds, s, o, &name);
        ll_strs_take(out, ll_str_take(&name));
    }
}

static ll_status residual_by_operation(ll_plot_request *p, const seen *v, ll_figure **out)
{
    const ll_dataset *data = p->rq->state.data;
    ll_kinds kinds = ll_kinds_of(data->space);
    ll_strs names = {0};
    int *count = count_operations(data, &kinds);
    name_operations(data->space, &kinds, &names);
    ll_operation_data d = {.title = v->title,
                           .n = v->t->n,
                           .n_ops = kinds.n,
                           .measured_ms = v->measured_ms,
                           .predicted_ms = v->t->lat_ms,
                           .count = count,
                           .ops = (const char *const *)names.v,
                           .size = p->size};
    ll_status s = ll_build_residual_by_operation(&d, out, &p->rq->error);
    ll_strs_free(&names);
    free(count);
    return s;
}

static ll_status residual_by_latency(ll_plot_request *p, const seen *v, ll_figure **out)
{
    ll_residual_data d = {.title = v->title,
                          .quantity = quantity_of(p->rq->state.data, v->t),
                          .n = v->t->n,
                          .measured_ms = v->measured_ms,
                          .predicted_ms = v->t->lat_ms,
                          .samples = v->t->samples.v,
                          .k = v->t->samples.n,
                          .worst = ll_int(&p->rq->args, "worst"),
                          .log = ll_plot_log(p->rq, v->measured_ms, v->t->n),
                          .size = p->size};
    return ll_build_residual(&d, out, &p->rq->error);
}

ll_status ll_gather_residual(ll_plot_request *p, ll_figure **out)
{
    seen v;
    ll_status s = look(p, "relative error of", &v);
    if (s) return s;
    bool operation = ll_is(&p->rq->args, "by", "operation");
    ll_json_str(p->result, "by", operation ? "operation" : "latency");
    s = operation ? residual_by_operation(p, &v, out) : residual_by_latency(p, &v, out);
    free(v.title);
    return s;
}

/* --- curve --- */

enum { MOST_PARTS = 6 };

/* Every array of numbers in a history but "epoch", which is the axis. */
static int history_parts(const cJSON *history, ll_curve_part *parts)
{
    int n = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, history)
    {
        if (n == MOST_PARTS || !cJSON_IsArray(item) || !strcmp(item->string, "epoch")) continue;
        double *v;
        int count = ll_json_get_nums(history, item->string, &v);
        parts[n++] = (ll_curve_part){item->string, v, count};
    }
    return n;
}

static ll_status build_curve(ll_plot_request *p, const char *title, const cJSON *history, ll_figure **out)
{
    ll_curve_part parts[MOST_PARTS];
    double *epoch = NULL;
    int n = history_parts(history, parts), longest = 0, epochs = ll_json_get_nums(history, "epoch", &epoch);
    for (int i = 0; i < n; i++) longest = parts[i].n > longest ? parts[i].n : longest;
    ll_curve_data d = {.title = title,
                       .x_label = ll_json_get_str(history, "unit", "epoch"),
                       .x = epochs >= longest ? epoch : NULL,
                       .parts = parts,
                       .n_parts = n,
                       .size = p->size};
    ll_status s = ll_build_curve(&d, out, &p->rq->error);
    ll_json_int(p->result, "epochs", longest);
    for (int i = 0; i < n; i++) free((double *)parts[i].v);
    free(epoch);
    return s;
}

/* Without a device the pretraining of the predictor, with one its transfer. */
ll_status ll_gather_curve(ll_plot_request *p, ll_figure **out)
{
    ll_request *rq = p->rq;
    ll_str title = {0};
    const cJSON *info = NULL;
    const char *name = NULL, *what = "pretraining";
    if (ll_has(&rq->args, "device")) {
        ll_transfer *t;
        ll_status s = ll_need_transfer(rq, "device", &t);
        if (s) return s;
        info = t->info;
        name = t->predictor->name;
        what = "transfer";
        ll_str_addf(&title, "%s: transfer of %s", t->device, name);
    } else {
        const ll_model *m = ll_state_model(&rq->state, ll_word(&rq->args, "predictor"));
        if (!m) return LL_FAIL(rq, LL_FAILED, "no predictor is pretrained yet; `pretrain nasflat` does that");
        info = m->info;
        name = m->predictor->name;
        ll_str_addf(&title, "pretraining of %s on %d %s", name, m->source.n,
                    ll_noun(m->source.n, "device", "devices"));
    }
    ll_json_str(p->result, "predictor", name);
    const cJSON *history = cJSON_GetObjectItemCaseSensitive(info, "history");
    ll_status s = history
                      ? build_curve(p, title.s, history, out)
                      : LL_FAIL(rq, LL_FAILED, "the %s of %s keeps no training history to draw", what, name);
    ll_str_free(&title);
    return s;
}
