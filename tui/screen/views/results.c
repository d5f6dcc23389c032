/* Results: metrics of every transfer, the scatter or the residuals of one, its worst architectures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "plots/build/build.h"
#include "tui/screen/views/views.h"

enum { WORST = 100 };

typedef struct results_view {
    ll_view base;
    ll_grid runs, worst;
    char *device, *predictor; /* whose worst ones are listed */
    bool on_worst, residuals;
} results_view;

static const ll_transfer *current(const results_view *v)
{
    const cJSON *row = ll_grid_row(&v->runs);
    const char *device = ll_json_get_str(row, "device", NULL),
               *predictor = ll_json_get_str(row, "predictor", NULL);
    return device ? ll_state_transfer(&v->base.state, device, predictor) : NULL;
}

static void refresh(ll_view *base)
{
    results_view *v = (results_view *)base;
    free(v->device);
    v->device = NULL;
    if (base->state.n_transfers)
        ll_screen_ask(base, "eval", "eval all");
    else
        ll_view_say(
            base, "No transfer yet. Press 5, pretrain a predictor (P), transfer it to a device (t); or type "
                  ":transfer DEVICE k=20.");
}

static void result(ll_view *base, const char *tag, const cJSON *event)
{
    ll_grid_set(&((results_view *)base)->runs, event);
}

/* --- the worst architectures --- */

static void worst_row(cJSON *rows, const ll_state *s, const ll_transfer *t, int device, int arch)
{
    ll_str text = {0};
    double measured = ll_latencies(s->data, device)[arch];
    cJSON *row = ll_json_obj(rows, NULL);
    s->data->space->format(s->data->space, ll_gene(s->data, arch), &text);
    ll_json_int(row, "row", arch);
    ll_json_num(row, "measured_ms", measured);
    ll_json_num(row, "predicted_ms", t->lat_ms[arch]);
    ll_json_num(row, "error", 100 * (t->lat_ms[arch] / measured - 1));
    ll_json_str(row, "arch", ll_str_text(&text));
    ll_str_free(&text);
}

static void list_worst(results_view *v, const ll_transfer *t)
{
    const ll_dataset *d = v->base.state.data;
    int device = ll_dataset_device(d, t->device);
    if (device < 0 || t->n != d->n_archs) return;
    const char *unit = ll_device_unit(d, device);
    const ll_column columns[] = {{"row", "row", NULL, 0},
                                 {"error", "error", "%", 1},
                                 {"measured_ms", "meas.", unit, 3},
                                 {"predicted_ms", "pred.", unit, 3},
                                 {"arch", "architecture", NULL, -1},
                                 {0}};
    ll_ints scored = ll_scoring_rows(d, device, LL_PROTOCOL_FULL, t->samples.v, t->samples.n);
    ll_ints worst = ll_worst_rows(ll_latencies(d, device), t->lat_ms, scored.v, scored.n, WORST);
    cJSON *list = ll_result_new("worst"), *rows = ll_json_arr(list, "rows");
    ll_result_columns(list, columns);
    for (int i = 0; i < worst.n; i++) worst_row(rows, &v->base.state, t, device, worst.v[i]);
    ll_grid_set(&v->worst, list);
    cJSON_Delete(list);
    ll_ints_free(&scored);
    ll_ints_free(&worst);
}

static void follow_cursor(results_view *v)
{
    const ll_transfer *t = current(v);
    if (!t || (v->device && !strcmp(v->device, t->device) && !strcmp(v->predictor, t->predictor->name)))
        return;
    free(v->device);
    free(v->predictor);
    v->device = ll_strdup(t->device);
    v->predictor = ll_strdup(t->predictor->name);
    list_worst(v, t);
}

/* --- drawing --- */

static int cursor_arch(const results_view *v)
{
    return v->on_worst ? ll_json_get_int(ll_grid_row(&v->worst), "row", -1) : -1;
}

/* Ends of the errors shown, as the figure on file has them; returns how many lie outside. */
static int residual_range(const double *error, int n, double ends[2])
{
    double *known = LL_NEW_ARRAY(double, n + 1);
    int k = 0, outside = 0;
    for (int i = 0; i < n; i++)
        if (isfinite(error[i])) known[k++] = error[i];
    ll_residual_range(known, k, ends);
    for (int i = 0; i < k; i++) outside += known[i] < ends[0] || known[i] > ends[1];
    free(known);
    return outside;
}

static void draw_residuals(const results_view *v, ll_canvas *c, ll_rect r, const ll_transfer *t)
{
    const ll_dataset *d = v->base.state.data;
    int device = ll_dataset_device(d, t->device);
    if (device < 0 || t->n != d->n_archs) return;
    const double *lat = ll_latencies(d, device);
    double *error = LL_NEW_ARRAY(double, t->n), *zero_y = LL_NEW_ARRAY(double, t->n), ends[2];
    for (int i = 0; i < t->n; i++) error[i] = 100 * (t->lat_ms[i] / lat[i] - 1);
    int outside = residual_range(error, t->n, ends);
    ll_chart_series series[] = {{.x = lat, .y = zero_y, .n = t->n, .style = LL_S_FAINT},
                                {.x = lat, .y = error, .n = t->n, .style = LL_S_CURVE2}};
    char x_title[32], y_title[64];
    snprintf(x_title, sizeof x_title, "measured (%s)", ll_device_unit(d, device));
    snprintf(y_title, sizeof y_title, outside ? "error (%%), %d outside" : "error (%%)", outside);
    ll_chart plot = {.x_title = x_title,
                     .y_title = y_title,
                     .series = series,
                     .n_series = 2,
                     .y_lo = ends[0],
                     .y_hi = ends[1]};
    ll_chart_draw(c, r, &plot);
    free(error);
    free(zero_y);
}

static void draw(ll_view *base, ll_canvas *c, ll_rect r)
{
    results_view *v = (results_view *)base;
    const ll_transfer *t;
    follow_cursor(v);
    t = current(v);
    int list_h = v->runs.n + 1 < r.h / 3 ? v->runs.n + 1 : r.h / 3, left = r.w / 2;
    ll_grid_draw(&v->runs, c, (ll_rect){r.y, r.x, list_h, r.w}, !v->on_worst, NULL, NULL);
    if (!t) return;
    ll_rect below = {r.y + list_h, r.x, r.h - list_h, left};
    if (v->residuals)
        draw_residuals(v, c, below, t);
    else
        ll_draw_transfer_scatter(c, below, &v->base.state, t, cursor_arch(v));
    ll_rect side =
        ll_frame(c, (ll_rect){below.y, left, below.h, r.w - left}, "worst architectures", v->on_worst);
    ll_grid_draw(&v->worst, c, side, v->on_worst, NULL, NULL);
}

/* --- keys --- */

static ll_grid *grid(ll_view *base)
{
    results_view *v = (results_view *)base;
    return v->on_worst ? &v->worst : &v->runs;
}

/* A click brings the focus along. */
static bool mouse(ll_view *base, const ll_mouse *m)
{
    results_view *v = (results_view *)base;
    bool worst = ll_grid_mouse(&v->worst, m), hit = worst || ll_grid_mouse(&v->runs, m);
    if (hit && !ll_mouse_wheel(m)) v->on_worst = worst;
    return hit;
}

static bool action(ll_view *base, const char *name, const char *arg)
{
    results_view *v = (results_view *)base;
    if (!strcmp(name, "pane")) {
        v->on_worst = !v->on_worst;
    } else if (!strcmp(name, "residuals")) {
        v->residuals = !v->residuals;
    } else if (!strcmp(name, "open")) {
        int arch = cursor_arch(v);
        v->on_worst = true;
        if (arch < 0) return true;
        ll_str text = {0};
        ll_str_addf(&text, "%d", arch);
        ll_view *archs = ll_screen_find(base->screen, "archs");
        archs->type->action(archs, "show", ll_str_text(&text));
        ll_str_free(&text);
        ll_screen_open(base->screen, "archs");
    } else {
        return false;
    }
    return true;
}

static const char *device(ll_view *base)
{
    const ll_transfer *t = current((results_view *)base);
    return t ? t->device : NULL;
}

static bool expand(ll_view *base, const char *name, ll_str *out)
{
    results_view *v = (results_view *)base;
    const ll_transfer *t = current(v);
    if (!strcmp(name, "predictor") && t) ll_str_add(out, t->predictor->name);
    if (!strcmp(name, "arch") && cursor_arch(v) >= 0) ll_str_addf(out, "%d", cursor_arch(v));
    return out->len > 0;
}

static void close_view(ll_view *base)
{
    results_view *v = (results_view *)base;
    ll_grid_free(&v->runs);
    ll_grid_free(&v->worst);
    free(v->device);
    free(v->predictor);
}

static const ll_key keys[] = {
    {"Tab S-Tab", "@pane", "pane: transfers or worst architectures"},
    {"Enter", "@open", "open: the worst architecture under the cursor"},
    {"v", "@residuals", "residuals: instead of the scatter"},
    {"p", "plot scatter {device} predictor={predictor} out=scatter-{device}.png",
     "plot predicted against measured to a file"},
    {"e", "export predictions predictions-{device}.csv devices={device}", "export the predictions"},
    {0},
};

const ll_view_type ll_view_results = {
    .name = "results",
    .title = "Predicted against measured",
    .help = "Metrics of every transfer so far, on all measured architectures but the samples. Samples are "
            "marked o. "
            "Tab goes to the worst architectures; Enter opens the one under the cursor.",
    .keys = keys,
    .shared = ll_device_keys,
    .size = sizeof(results_view),
    .refresh = refresh,
    .result = result,
    .draw = draw,
    .grid = grid,
    .device = device,
    .action = action,
    .expand = expand,
    .mouse = mouse,
    .close = close_view,
};
