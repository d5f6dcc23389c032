#include "tui/views.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/render.h"

const ll_view_type *const ll_view_types[] = {
    &ll_view_devices,  &ll_view_corr, &ll_view_partition, &ll_view_archs, &ll_view_training, &ll_view_results,
    &ll_view_diagnose, &ll_view_log,  &ll_view_output,    &ll_view_card,  &ll_view_welcome,  NULL};

/* --- sides of the task --- */

char ll_device_side(const ll_state *s, const char *device)
{
    if (!s->data || !s->task) return ' ';
    int i = ll_dataset_device(s->data, device);
    return ll_ints_find(&s->task->source, i) >= 0 ? 'S' : ll_ints_find(&s->task->target, i) >= 0 ? 'T' : ' ';
}

static int add_side(const ll_state *s, const ll_ints *side, const char *but, const char *also, ll_str *out)
{
    int n = 0;
    for (int i = 0; side && i < side->n; i++) {
        const char *name = s->data->devices[side->v[i]].name;
        if (!strcmp(name, but)) continue;
        ll_str_addf(out, "%s%s", n++ ? "," : "", name);
    }
    if (also) ll_str_addf(out, "%s%s", n++ ? "," : "", also);
    return n;
}

void ll_assign_line(ll_app *app, const char *device, char side, ll_str *out)
{
    ll_state s;
    ll_str source = {0}, target = {0};
    ll_app_snapshot(app, &s);
    int n = add_side(&s, s.task ? &s.task->source : NULL, device, side == 'S' ? device : NULL, &source);
    int m = add_side(&s, s.task ? &s.task->target : NULL, device, side == 'T' ? device : NULL, &target);
    if (n && m) ll_str_addf(out, "partition source=%s target=%s", ll_str_text(&source), ll_str_text(&target));
    ll_str_free(&source);
    ll_str_free(&target);
    ll_state_free(&s);
}

/* --- scatters --- */

void ll_draw_device_scatter(ll_canvas *c, ll_rect r, const ll_state *s, const char *x, const char *y)
{
    int i = s->data ? ll_dataset_device(s->data, x) : -1, j = s->data ? ll_dataset_device(s->data, y) : -1;
    if (i < 0 || j < 0) return;
    ll_str x_title = {0}, y_title = {0};
    ll_str_addf(&x_title, "%s (ms)", x);
    ll_str_addf(&y_title, "%s (ms)", y);
    ll_series series = {.x = ll_latencies(s->data, i),
                        .y = ll_latencies(s->data, j),
                        .n = s->data->n_archs,
                        .style = LL_S_CURVE2};
    ll_plot plot = {
        .x_title = ll_str_text(&x_title), .y_title = ll_str_text(&y_title), .series = &series, .n_series = 1};
    ll_chart_plot(c, r, &plot);
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
    ll_series series[] = {{.name = "all", .x = measured, .y = t->lat_ms, .n = t->n, .style = LL_S_CURVE2},
                          {.name = "samples", .x = sx, .y = sy, .n = n, .style = LL_S_CURVE1, .mark = 'o'},
                          {.x = arch >= 0 ? &measured[arch] : NULL,
                           .y = arch >= 0 ? &t->lat_ms[arch] : NULL,
                           .n = arch >= 0,
                           .style = LL_S_CURSOR,
                           .mark = 'X'}};
    ll_plot plot = {.x_title = "measured (ms)",
                    .y_title = "predicted (ms)",
                    .series = series,
                    .n_series = 3,
                    .identity = true};
    ll_chart_plot(c, r, &plot);
    free(sx);
    free(sy);
    return true;
}

/* --- pager --- */

void ll_pager_set(ll_pager *p, const cJSON *const *results, int n, const ll_look *look)
{
    ll_canvas_free(&p->page);
    ll_canvas_init(&p->page, look, 0, look->width > 4 ? look->width - 2 : 2);
    ll_look inner = *look;
    inner.width = p->page.width;
    for (int i = 0; i < n; i++) {
        ll_canvas part;
        ll_render_canvas(results[i], &inner, &part);
        int y = p->page.height + (i > 0);
        ll_put(&p->page, y + part.height - 1, 0, LL_S_TEXT, ""); /* makes room */
        ll_blit(&p->page, (ll_rect){y, 0, part.height, part.width}, &part, 0, 0);
        ll_canvas_free(&part);
    }
    p->page.look = look;
}

void ll_pager_draw(ll_pager *p, ll_canvas *c, ll_rect r)
{
    int most = p->page.height - r.h;
    p->room = r.h;
    if (p->top > most) p->top = most;
    if (p->top < 0) p->top = 0;
    ll_blit(c, (ll_rect){r.y, r.x + 1, r.h, r.w - 2}, &p->page, p->top, 0);
    if (most > p->top) ll_putf(c, r.y + r.h - 1, r.x + r.w - 12, LL_S_FAINT, " %d more ", most - p->top);
}

void ll_pager_move(ll_pager *p, ll_move where)
{
    static const int lines[] = {[LL_UP] = -1, [LL_DOWN] = 1, [LL_FIRST] = -1000000, [LL_LAST] = 1000000};
    p->top += where == LL_PAGE_UP                     ? 1 - p->room
              : where == LL_PAGE_DOWN                 ? p->room - 1
              : where <= LL_DOWN || where >= LL_FIRST ? lines[where]
                                                      : 0;
    if (p->top < 0) p->top = 0;
}
