#include "tui/screen/views/views.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

const ll_view_type *const ll_view_types[] = {&ll_view_devices,
                                             &ll_view_corr,
                                             &ll_view_partition,
                                             &ll_view_archs,
                                             &ll_view_training,
                                             &ll_view_results,
                                             &ll_view_diagnose,
                                             &ll_view_log,
                                             &ll_view_search,
                                             &ll_view_output,
                                             &ll_view_card,
                                             &ll_view_welcome,
                                             NULL};

const ll_key ll_device_keys[] = {
    {"S", "{as-source}", "source: put it on the source side of the task"},
    {"T", "{as-target}", "target: put it on the target side"},
    {"-", "{as-neither}", "neither: take it off both sides"},
    {"c", "corr {device}", "neighbours: what correlates with it"},
    {"t", "@command transfer {device} k=20", "transfer to it"},
    {"x", "@command diagnose {device}", "diagnose: why it transfers badly"},
    {0},
};

/* --- scatters --- */

void ll_draw_device_scatter(ll_canvas *c, ll_rect r, const ll_state *s, const char *x, const char *y)
{
    int i = s->data ? ll_dataset_device(s->data, x) : -1, j = s->data ? ll_dataset_device(s->data, y) : -1;
    if (i < 0 || j < 0) return;
    ll_str x_title = {0}, y_title = {0};
    ll_str_addf(&x_title, "%s (%s)", x, ll_device_unit(s->data, i));
    ll_str_addf(&y_title, "%s (%s)", y, ll_device_unit(s->data, j));
    ll_chart_series series = {.x = ll_latencies(s->data, i),
                              .y = ll_latencies(s->data, j),
                              .n = s->data->n_archs,
                              .style = LL_S_CURVE2};
    ll_chart plot = {
        .x_title = ll_str_text(&x_title), .y_title = ll_str_text(&y_title), .series = &series, .n_series = 1};
    ll_chart_draw(c, r, &plot);
    ll_str_free(&x_title);
    ll_str_free(&y_title);
}

bool ll_draw_transfer_scatter(ll_canvas *c, ll_rect r, const ll_state *s, const ll_transfer *t, int arch)
{
    int device = s->data && t ? ll_dataset_device(s->data, t->device) : -1, n = t ? t->samples.n : 0;
    if (device < 0 || t->n != s->data->n_archs) return false;
    const double *measured = ll_latencies(s->data, device);
    double *sx = LL_NEW_ARRAY(double, n + 1), *sy = LL_NEW_ARRAY(double, n + 1);
    for (int i = 0; i < n; i++) {
        sx[i] = measured[t->samples.v[i]];
        sy[i] = t->lat_ms[t->samples.v[i]];
    }
    ll_chart_series series[] = {
        {.name = "all", .x = measured, .y = t->lat_ms, .n = t->n, .style = LL_S_CURVE2},
        {.name = "samples", .x = sx, .y = sy, .n = n, .style = LL_S_CURVE1, .mark = 'o'},
        {.x = arch >= 0 ? &measured[arch] : NULL,
         .y = arch >= 0 ? &t->lat_ms[arch] : NULL,
         .n = arch >= 0,
         .style = LL_S_CURSOR,
         .mark = 'X'}};
    char x_title[32], y_title[32];
    snprintf(x_title, sizeof x_title, "measured (%s)", ll_device_unit(s->data, device));
    snprintf(y_title, sizeof y_title, "predicted (%s)", ll_device_unit(s->data, device));
    ll_chart plot = {
        .x_title = x_title, .y_title = y_title, .series = series, .n_series = 3, .identity = true};
    ll_chart_draw(c, r, &plot);
    free(sx);
    free(sy);
    return true;
}
