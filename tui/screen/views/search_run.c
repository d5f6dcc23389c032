/* A search while it runs: what its progress tells, and how the hypervolume grows. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "tui/draw/render.h"
#include "tui/screen/views/search_view.h"

#define SOON_S 0.3 /* what is over before that is not worth a page */

void ll_search_run_free(ll_search_run *r)
{
    free(r->command);
    ll_curve_free(&r->hypervolume);
    cJSON_Delete(r->latest);
    *r = (ll_search_run){0};
}

static bool is_search(const char *command)
{
    return !strncmp(command, "search", 6) && (!command[6] || command[6] == ' ');
}

static void take_progress(ll_search_run *r, const cJSON *e)
{
    ll_curve_add(&r->hypervolume, ll_json_get_num(e, "done", NAN), ll_json_get_num(e, "hypervolume", NAN));
    cJSON_Delete(r->latest);
    r->latest = cJSON_Duplicate(e, true);
}

bool ll_search_run_event(ll_search_run *r, const cJSON *e)
{
    const char *kind = ll_json_get_str(e, "event", "");
    int id = ll_json_get_int(e, "id", 0);
    if (!strcmp(kind, "begin") && is_search(ll_json_get_str(e, "command", ""))) {
        ll_search_run_free(r);
        *r = (ll_search_run){
            .id = id, .command = ll_strdup(ll_json_get_str(e, "command", "")), .began_s = ll_now_s()};
    } else if (id && id == r->id && !strcmp(kind, "progress")) {
        take_progress(r, e);
    } else if (id && id == r->id && !strcmp(kind, "end")) {
        ll_search_run_free(r);
        return true;
    }
    return false;
}

bool ll_search_run_shows(const ll_search_run *r)
{
    return r->id && r->latest && ll_now_s() - r->began_s > SOON_S;
}

void ll_search_draw_curve(ll_canvas *c, ll_rect at, const double *x, const double *y, int n)
{
    ll_chart_series series = {.x = x, .y = y, .n = n, .style = LL_S_CURVE2, .joined = true};
    ll_chart plot = {.y_title = "hypervolume", .series = &series, .n_series = 1};
    if (n < 2 || at.h < 6) return;
    if (at.h >= 9) plot.x_title = "architectures met";
    plot.x_hi = x[n - 1];
    ll_chart_draw(c, at, &plot);
}

static int draw_number(ll_canvas *c, int y, int x, const char *name, int digits, double value)
{
    if (isnan(value)) return y;
    ll_put(c, y, x, LL_S_HEAD, name);
    ll_putf(c, y, x + 18, LL_S_TEXT, "%.*f", digits, value);
    return y + 1;
}

void ll_search_run_draw(const ll_search_run *r, ll_canvas *c, ll_rect at)
{
    double done = ll_json_get_num(r->latest, "done", NAN), total = ll_json_get_num(r->latest, "total", 0);
    int x = at.x + 1, y = at.y, bar = at.w - 20 > 8 ? at.w - 20 : 8;
    ll_str spent = {0};
    ll_render_duration(ll_now_s() - r->began_s, &spent);
    x += ll_putf(c, y, x, LL_S_TITLE, "%s ", ll_json_get_str(r->latest, "phase", "searching"));
    ll_str what = {0};
    ll_str_addf(&what, "for %s; K stops it and keeps what it has", ll_str_text(&spent));
    ll_put_cut(c, y++, x, at.x + at.w - x, LL_S_FAINT, what.s);
    ll_str_free(&what);
    x = at.x + 1;
    if (total > 0) {
        ll_chart_bar(c, y, x, bar, done / total, LL_S_ACCENT);
        ll_putf(c, y++, x + bar + 1, LL_S_TEXT, "%.0f/%.0f", done, total);
    }
    y = draw_number(c, y, x, "architectures met", 0, total > 0 ? NAN : done);
    y = draw_number(c, y, x, "best within", 3, ll_json_get_num(r->latest, "best", NAN));
    y = draw_number(c, y, x, "front", 0, ll_json_get_num(r->latest, "front", NAN));
    y = draw_number(c, y, x, "hypervolume", 4, ll_json_get_num(r->latest, "hypervolume", NAN));
    int h = at.y + at.h - y;
    ll_search_draw_curve(c, (ll_rect){y, at.x, h < 16 ? h : 16, at.w}, r->hypervolume.x, r->hypervolume.y,
                         r->hypervolume.n);
    ll_str_free(&spent);
}
