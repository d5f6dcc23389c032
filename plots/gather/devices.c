/* Figures of devices: heatmap, bars, hist. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/need.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/commands/look/groups.h"
#include "core/commands/look/look.h"
#include "core/device/ordering.h"
#include "core/num/stats.h"
#include "plots/build/build.h"
#include "plots/gather/gather.h"

enum { MOST_HIST = 8 };

static const char *const labels[][2] = {{"spearman", "Spearman correlation"},
                                        {"kendall", "Kendall tau-b"},
                                        {"pearson", "Pearson correlation"},
                                        {"mape", "mean relative error (%)"},
                                        {"median_ape", "median relative error (%)"}};
enum { N_LABELS = sizeof labels / sizeof *labels };

const char *ll_plot_metric_name(int i)
{
    return i < N_LABELS ? labels[i][0] : NULL;
}

const char *ll_plot_metric(const char *metric)
{
    for (int i = 0; i < N_LABELS; i++)
        if (!strcmp(labels[i][0], metric)) return labels[i][1];
    return metric;
}

void ll_plot_metric_range(const char *metric, double *least, double *most)
{
    bool error = !strcmp(metric, "median_ape");
    *least = error ? 0 : -1;
    *most = error ? INFINITY : 1;
}

static const char **names_of(const ll_dataset *d, const ll_ints *devices)
{
    const char **names = LL_NEW_ARRAY(const char *, devices->n + 1);
    for (int i = 0; i < devices->n; i++) names[i] = d->devices[devices->v[i]].name;
    return names;
}

/* 's', 't' or ' ' per device; NULL when no task is set. The caller frees. */
static char *sides_of(const ll_state *s, const ll_ints *devices)
{
    if (!s->task) return NULL;
    char *sides = LL_NEW_ARRAY(char, devices->n + 1);
    for (int i = 0; i < devices->n; i++) {
        const char *role = ll_device_role(s, devices->v[i]);
        sides[i] = *role ? *role : ' ';
    }
    return sides;
}

static ll_status correlate(ll_request *rq, const ll_ints *devices, ll_corr *c)
{
    const char *name = ll_word(&rq->args, "metric");
    ll_corr_metric metric = ll_corr_metric_find(name);
    if (strcmp(ll_corr_metric_name(metric), name))
        return LL_FAIL(rq, LL_USAGE, "metric=%s is a score; devices are compared by a correlation", name);
    return ll_correlate(rq->state.data, devices->v, devices->n, metric, rq->pool, rq->observer, c,
                        &rq->error);
}

static ll_heatmap_join *joins_of(const ll_linkage *tree)
{
    ll_heatmap_join *joins = LL_NEW_ARRAY(ll_heatmap_join, tree->n);
    for (int i = 0; i + 1 < tree->n; i++)
        joins[i] = (ll_heatmap_join){tree->merges[i].a, tree->merges[i].b, tree->merges[i].height};
    return joins;
}

static ll_status build_heatmap(ll_plot_request *p, const ll_corr *c, ll_figure **out)
{
    const ll_dataset *d = p->rq->state.data;
    const char *metric = ll_word(&p->rq->args, "metric");
    ll_order how = ll_order_find(ll_word(&p->rq->args, "order"));
    int *order = LL_NEW_ARRAY(int, c->devices.n + 1);
    ll_linkage tree = {0};
    ll_groups groups;
    ll_corr_order(c, d, how, order, &tree);
    ll_status s = ll_groups_read(p->rq, &tree, order, &groups);
    const char **names = names_of(d, &c->devices);
    char *side = sides_of(&p->rq->state, &c->devices);
    ll_heatmap_join *joins = how == LL_ORDER_CLUSTER ? joins_of(&tree) : NULL;
    ll_str title = {0};
    ll_str_addf(&title, "%s: correlation of %d %s", d->name, c->devices.n,
                ll_noun(c->devices.n, "device", "devices"));
    ll_heatmap_data h = {.title = title.s,
                         .value_label = ll_plot_metric(metric),
                         .n = c->devices.n,
                         .names = names,
                         .r = c->r,
                         .order = order,
                         .side = side,
                         .joins = joins,
                         .group = groups.of,
                         .palette = ll_word(&p->rq->args, "palette"),
                         .size = p->size};
    if (!s) s = ll_build_heatmap(&h, out, &p->rq->error);
    if (groups.n) ll_json_int(p->result, "groups", groups.n);
    ll_json_str(p->result, "metric", metric);
    ll_json_str(p->result, "order", ll_order_name(how));
    ll_json_int(p->result, "devices", c->devices.n);
    cJSON *list = ll_json_arr(p->result, "names");
    for (int i = 0; i < c->devices.n; i++) ll_json_str(list, NULL, names[i]);
    ll_str_free(&title);
    ll_groups_free(&groups);
    ll_linkage_free(&tree);
    free(joins);
    free(side);
    free(names);
    free(order);
    return s;
}

ll_status ll_gather_heatmap(ll_plot_request *p, ll_figure **out)
{
    ll_ints devices = {0};
    ll_corr c = {0};
    ll_status s = ll_need_data(p->rq);
    if (!s) s = ll_look_devices(p->rq, "device", &devices);
    if (!s) s = correlate(p->rq, &devices, &c);
    if (!s) s = build_heatmap(p, &c, out);
    ll_corr_free(&c);
    ll_ints_free(&devices);
    return s;
}

/* --- bars: one device against all others --- */

static ll_status build_bars(ll_plot_request *p, const ll_corr *c, const ll_ints *others, ll_figure **out)
{
    const ll_dataset *d = p->rq->state.data;
    const char *metric = ll_word(&p->rq->args, "metric"), *device = d->devices[c->devices.v[0]].name;
    double *r = LL_NEW_ARRAY(double, others->n + 1);
    for (int i = 0; i < others->n; i++) r[i] = ll_corr_at(c, 0, i + 1);
    const char **names = names_of(d, others);
    char *side = sides_of(&p->rq->state, others);
    ll_str title = {0};
    ll_str_addf(&title, "%s: correlation to the other devices", device);
    ll_bars_data b = {.title = title.s,
                      .value_label = ll_plot_metric(metric),
                      .n = others->n,
                      .names = names,
                      .v = r,
                      .side = side,
                      .size = p->size};
    ll_status s = ll_build_bars(&b, out, &p->rq->error);
    ll_json_str(p->result, "device", device);
    ll_json_str(p->result, "metric", metric);
    ll_str_free(&title);
    free(side);
    free(names);
    free(r);
    return s;
}

ll_status ll_gather_bars(ll_plot_request *p, ll_figure **out)
{
    int device;
    ll_status s = ll_need_device(p->rq, "device", &device);
    if (s) return s;
    ll_ints all = {0}, others = {0};
    ll_corr c = {0};
    ll_ints_add(&all, device);
    for (int i = 0; i < p->rq->state.data->n_devices; i++) {
        if (i == device) continue;
        ll_ints_add(&others, i);
        ll_ints_add(&all, i);
    }
    s = correlate(p->rq, &all, &c);
    if (!s) s = build_bars(p, &c, &others, out);
    ll_corr_free(&c);
    ll_ints_free(&others);
    ll_ints_free(&all);
    return s;
}

/* --- hist --- */

/* Named devices; else the targets of the task; else all. At most MOST_HIST are told apart by colour. */
static ll_status hist_devices(ll_request *rq, ll_ints *devices)
{
    if (!ll_has(&rq->args, "device") && rq->state.task)
        *devices = ll_ints_copy(rq->state.task->target.v, rq->state.task->target.n);
    else {
        ll_status s = ll_look_devices(rq, "device", devices);
        if (s) return s;
    }
    if (devices->n <= MOST_HIST || !ll_has(&rq->args, "device")) return LL_OK;
    return LL_FAIL(rq, LL_USAGE, "a histogram tells at most %d devices apart, not %d; name fewer", MOST_HIST,
                   devices->n);
}

static void limit_hist(ll_request *rq, ll_ints *devices)
{
    if (devices->n <= MOST_HIST) return;
    ll_warn(rq, "only the first %d of %d devices are shown; name the ones you want", MOST_HIST, devices->n);
    devices->n = MOST_HIST;
}

/* Of devices that nobody has named those in another unit than the first are left out, and said to be. */
static void keep_first_quantity(ll_request *rq, ll_ints *devices)
{
    const ll_dataset *d = rq->state.data;
    ll_str others = {0};
    int kept = 0;
    for (int i = 0; i < devices->n; i++) {
        const ll_device *one = &d->devices[devices->v[i]];
        bool same = one->of == d->devices[devices->v[0]].of;
        if (same)
            devices->v[kept++] = devices->v[i];
        else
            ll_str_addf(&others, "%s%s (%s)", others.len ? ", " : "", one->name, ll_measurand_unit(one->of));
    }
    devices->n = kept;
    if (others.len)
        ll_warn(rq, "in another unit and left out: %s; name them for a figure of their own", others.s);
    ll_str_free(&others);
}

/* One axis has one unit. */
static ll_status check_one_quantity(ll_plot_request *p, ll_ints *devices)
{
    const ll_dataset *d = p->rq->state.data;
    if (!ll_has(&p->rq->args, "device")) keep_first_quantity(p->rq, devices);
    for (int i = 1; i < devices->n; i++) {
        const ll_device *a = &d->devices[devices->v[0]], *b = &d->devices[devices->v[i]];
        if (a->of != b->of)
            return LL_FAIL(p->rq, LL_USAGE, "%s is in %s and %s in %s: name devices of one quantity", a->name,
                           ll_measurand_unit(a->of), b->name, ll_measurand_unit(b->of));
    }
    return LL_OK;
}

static ll_status build_hist(ll_plot_request *p, const ll_ints *devices, ll_figure **out)
{
    const ll_dataset *d = p->rq->state.data;
    const double **columns = LL_NEW_ARRAY(const double *, devices->n + 1);
    double *all = LL_NEW_ARRAY(double, devices->n * d->n_archs + 1);
    for (int i = 0; i < devices->n; i++) {
        columns[i] = ll_latencies(d, devices->v[i]);
        memcpy(all + i * d->n_archs, columns[i], (size_t)d->n_archs * sizeof *all);
    }
    const char **names = names_of(d, devices);
    ll_str title = {0};
    ll_measurand of = d->devices[devices->v[0]].of;
    ll_plot_quantity quantity = {ll_measurand_name(of), ll_measurand_unit(of)};
    ll_str_addf(&title, "%s: %s of the architectures", d->name, quantity.name);
    ll_hist_data h = {.title = title.s,
                      .quantity = quantity,
                      .n_devices = devices->n,
                      .n = d->n_archs,
                      .names = names,
                      .lat_ms = columns,
                      .log = ll_plot_log(p->rq, all, devices->n * d->n_archs),
                      .size = p->size};
    ll_status s = ll_build_hist(&h, out, &p->rq->error);
    ll_json_devices(p->result, "devices", d, devices);
    ll_str_free(&title);
    free(names);
    free(all);
    free(columns);
    return s;
}

ll_status ll_gather_hist(ll_plot_request *p, ll_figure **out)
{
    ll_ints devices = {0};
    ll_status s = ll_need_data(p->rq);
    if (!s) s = hist_devices(p->rq, &devices);
    if (!s) s = check_one_quantity(p, &devices);
    if (!s) limit_hist(p->rq, &devices);
    if (!s) s = build_hist(p, &devices, out);
    ll_ints_free(&devices);
    return s;
}
