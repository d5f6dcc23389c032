/* Search: score against latency with the limit to be moved, the architecture beside it, the front as a table. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/quantities.h"
#include "core/app/stale.h"
#include "core/base/clock.h"
#include "core/base/decimal.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "tui/screen/views/search_view.h"

#define REST_S 0.5 /* the limit has come to rest when it has not been moved for so long */

typedef struct search_view {
    ll_view base;
    ll_found *found; /* of the state: the latest; NULL: none */
    ll_search_run run;
    ll_search_plot plot;
    ll_grid front;
    int device;      /* of the search, on the x axis */
    double limit_ms; /* being moved, or searched for now; 0: that of the search */
    double moved_s;  /* when it was moved last; 0: it rests */
    ll_pager card;
    int laid_width, laid_row;
    bool reading;       /* the card has the focus, and the whole width where it needs it */
    bool held, dragged; /* the mouse's button, since it was pressed in the plot */
} search_view;

static const cJSON *result_of(const search_view *v)
{
    return v->found ? v->found->result : NULL;
}

static const char *chosen_of(const search_view *v)
{
    return ll_json_get_str(result_of(v), "arch", NULL);
}

static int n_devices(const search_view *v)
{
    return cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(result_of(v), "devices"));
}

static const char *device_at(const search_view *v, int i)
{
    const cJSON *name = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(result_of(v), "devices"), i);
    return cJSON_IsString(name) ? name->valuestring : NULL;
}

/* The search to begin from: what runs now, else what is shown; with the limit where it was moved to. */
static void line_now(const search_view *v, const char *but, ll_str *out)
{
    const char *line = v->run.id ? v->run.command : ll_json_get_str(result_of(v), "line", "search");
    ll_str moved = {0};
    if (v->moved_s > 0) ll_search_line_limit(line, device_at(v, v->device), v->limit_ms, &moved);
    ll_search_line_but(v->moved_s > 0 ? ll_str_text(&moved) : line, but, out);
    ll_str_free(&moved);
}

/* Of the device on the x axis; NaN: it has none. */
static double limit_of(const search_view *v)
{
    const char *device = device_at(v, v->device);
    const cJSON *limit;
    cJSON_ArrayForEach(limit, cJSON_GetObjectItemCaseSensitive(result_of(v), "limits"))
    {
        const char *name = ll_json_get_str(limit, "device", NULL);
        if (name && device && !strcmp(name, device)) return ll_json_get_num(limit, "max_ms", NAN);
    }
    return NAN;
}

/* --- a new result --- */

static bool listed(const search_view *v, const char *list, const char *arch)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(result_of(v), list))
    {
        if (cJSON_IsString(item) && !strcmp(item->valuestring, arch)) return true;
    }
    return false;
}

/* '*' what was chosen, v what was measured to verify, ? what could still change the choice. */
static char mark(void *ctx, const cJSON *row, ll_style *style)
{
    const search_view *v = ctx;
    const char *arch = ll_json_get_str(row, "arch", "");
    bool chosen = chosen_of(v) && !strcmp(chosen_of(v), arch);
    *style = chosen ? LL_S_TAG : LL_S_ACCENT;
    return chosen ? '*' : listed(v, "measured", arch) ? 'v' : listed(v, "open", arch) ? '?' : ' ';
}

static void show(search_view *v)
{
    if (v->device >= n_devices(v)) v->device = 0;
    ll_search_table(&v->front, result_of(v), v->device);
    if (chosen_of(v)) ll_grid_find(&v->front, "arch", chosen_of(v));
    ll_search_plot_read(&v->plot, result_of(v), v->device);
    v->card.top = v->laid_width = 0;
}

static void refresh(ll_view *base)
{
    search_view *v = (search_view *)base;
    ll_found *found = base->state.n_searches ? base->state.searches[0] : NULL;
    if (found == v->found) return;
    ll_found_unref(v->found); /* kept here: the state may have lost it by the next drawing */
    v->found = found ? ll_found_ref(found) : NULL;
    if (v->found) show(v);
}

static void event(ll_view *base, const cJSON *e)
{
    search_view *v = (search_view *)base;
    if (ll_search_run_event(&v->run, e) && v->moved_s <= 0) v->limit_ms = 0; /* the result says where it is */
}

/* --- the limit --- */

static double limit_now(const search_view *v)
{
    return v->limit_ms > 0 ? v->limit_ms : limit_of(v);
}

static void set_limit(search_view *v, double ms)
{
    double step = ll_search_plot_step(&v->plot);
    v->limit_ms = fmax(round(ms / step), 1) * step;
    v->moved_s = ll_now_s();
    ll_screen_redraw(v->base.screen);
}

/* Without a limit it begins at what was chosen; one far off begins at the edge of what was met. */
static void move_limit(search_view *v, int steps)
{
    const double *extent = v->plot.extent;
    double from = limit_now(v);
    if (!v->found || !v->plot.n) return;
    if (isnan(from)) from = ll_json_get_num(result_of(v), "ms", extent[1]);
    if (isnan(from)) from = extent[1];
    set_limit(v, fmin(fmax(from, extent[0]), extent[1]) + steps * ll_search_plot_step(&v->plot));
}

/* The search again with the limit where it is now, instead of one that still runs. */
static void search_again(search_view *v)
{
    ll_str again = {0};
    line_now(v, NULL, &again);
    v->moved_s = 0;
    if (v->run.id) ll_app_cancel(ll_screen_app(v->base.screen));
    ll_screen_submit(v->base.screen, ll_str_text(&again));
    ll_str_free(&again);
}

static bool wait_for_rest(ll_view *base)
{
    search_view *v = (search_view *)base;
    if (v->moved_s > 0 && !v->dragged && ll_now_s() - v->moved_s >= REST_S) search_again(v);
    return v->moved_s > 0;
}

/* --- drawing --- */

static ll_search_card card_of(const search_view *v)
{
    const cJSON *row = ll_grid_row(&v->front);
    const char *arch = ll_json_get_str(row, "arch", NULL);
    return (ll_search_card){.result = result_of(v),
                            .row = row,
                            .device = v->device,
                            .chosen = arch && chosen_of(v) && !strcmp(arch, chosen_of(v))};
}

static void draw_head(const search_view *v, ll_canvas *c, int y, int w)
{
    const cJSON *r = result_of(v);
    ll_str text = {0};
    ll_style style = LL_S_ACCENT;
    int x = 1 + ll_put_cut(c, y, 1, w / 2, LL_S_TITLE, ll_json_get_str(r, "title", "")) + 2;
    if (v->moved_s > 0)
        ll_str_addf(&text, "limit %.6g %s: searched for when it rests", v->limit_ms, ll_result_unit(r));
    else if (v->run.id)
        ll_str_add(&text, v->limit_ms > 0 ? "searching with this limit..." : "searching...");
    else if (ll_stale_search(&v->base.state, v->found, &text))
        style = LL_S_WARN, ll_str_add(&text, "; f searches anew");
    if (text.len) {
        ll_put_cut(c, y, x, w - x - 1, style, text.s);
    } else {
        ll_str_addf(&text, "p=%g, %s, %.0f met", ll_json_get_num(r, "p", NAN),
                    ll_json_get_str(r, "method", ""), ll_json_get_num(r, "evaluations", 0));
        if (v->front.filter && *v->front.filter)
            ll_str_addf(&text, "; filter: %s (%d of %d)", v->front.filter, v->front.order.n, v->front.n);
        ll_put_cut(c, y, x, w - x - 1, LL_S_FAINT, text.s);
    }
    ll_str_free(&text);
}

static void draw_plot(search_view *v, ll_canvas *c, ll_rect r)
{
    const cJSON *row = ll_grid_row(&v->front), *result = result_of(v);
    const cJSON *chosen = result;
    ll_search_plot *p = &v->plot;
    if (v->device) { /* its latency is among the limits' */
        const cJSON *limit;
        cJSON_ArrayForEach(limit, cJSON_GetObjectItemCaseSensitive(result, "limits"))
        {
            const char *name = ll_json_get_str(limit, "device", NULL);
            if (name && !strcmp(name, device_at(v, v->device))) chosen = limit;
        }
    }
    p->device = device_at(v, v->device);
    p->score = ll_json_get_str(result, "score_name", "score");
    p->limit_ms = limit_now(v);
    p->unit = ll_result_unit(result);
    p->chosen[0] = ll_json_get_num(chosen, "ms", NAN);
    p->chosen[1] = ll_json_get_num(result, "score", NAN);
    p->here[0] = card_of(v).chosen ? NAN : ll_json_get_num(row, "ms", NAN);
    p->here[1] = ll_json_get_num(row, "score", NAN);
    ll_search_plot_draw(p, c, r);
}

/* How the search went, where the card leaves room for it. */
static void draw_steps(const search_view *v, ll_canvas *c, ll_rect r)
{
    const cJSON *steps = cJSON_GetObjectItemCaseSensitive(result_of(v), "steps");
    double *x, *y;
    int n = ll_json_get_nums(steps, "evaluations", &x), m = ll_json_get_nums(steps, "hypervolume", &y);
    ll_search_draw_curve(c, r, x, y, n < m ? n : m);
    free(x);
    free(y);
}

static void draw_card(search_view *v, ll_canvas *c, ll_rect r)
{
    enum { STEPS = 12 };
    ll_search_card card = card_of(v);
    int row = v->front.list.cursor;
    if (v->laid_width != r.w || v->laid_row != row) {
        if (v->laid_row != row) v->card.top = 0;
        ll_search_card_set(&card, &v->card, c->look, r.w);
        v->laid_width = r.w, v->laid_row = row;
    }
    int x = r.x + 1, index = ll_json_get_int(card.row, "index", -1);
    x += ll_put(c, r.y, x,
                card.chosen ? LL_S_TAG
                : card.row  ? LL_S_TITLE
                            : LL_S_WARN,
                card.chosen ? "chosen"
                : card.row  ? "on the front"
                            : "nothing is within");
    if (index >= 0) x += ll_putf(c, r.y, x, LL_S_TITLE, ": %d", index);
    if (v->reading) ll_put_cut(c, r.y, x + 2, r.x + r.w - x - 3, LL_S_FAINT, "Tab: back to the plot");
    ll_pager_draw(&v->card, c, (ll_rect){r.y + 1, r.x, r.h - 1, r.w});
    int below = r.h - 2 - v->card.page.height;
    if (below >= STEPS) draw_steps(v, c, (ll_rect){r.y + r.h - STEPS, r.x, STEPS, r.w < 72 ? r.w : 72});
}

/* The card as wide as its drawing where the plot keeps enough beside it. */
static int side_width(const search_view *v, int w)
{
    enum { PLOT = 44, LEAST = 34 };
    ll_search_card card = card_of(v);
    int wanted = ll_search_card_width(&card) + 4;
    if (w - wanted >= PLOT && wanted > LEAST) return wanted;
    return !v->reading ? (w - LEAST >= PLOT ? LEAST : w * 2 / 5) : w;
}

static void draw_found(search_view *v, ll_canvas *c, ll_rect r)
{
    int most = r.h / 3 > 5 ? r.h / 3
               : r.h < 15  ? 4
                           : 5,
        table = v->front.n + 1 < most ? v->front.n + 1 : most;
    int side = side_width(v, r.w), top = r.h - 1 - table;
    ll_rect right = {r.y + 1, r.x + r.w - side, top, side};
    draw_head(v, c, r.y, r.w);
    v->plot.in.w = 0;
    if (side < r.w) draw_plot(v, c, (ll_rect){r.y + 1, r.x, top, r.w - side});
    if (ll_search_run_shows(&v->run))
        ll_search_run_draw(&v->run, c, right);
    else
        draw_card(v, c, right);
    ll_grid_draw(&v->front, c, (ll_rect){r.y + 1 + top, r.x, table, r.w}, !v->reading, mark, v);
}

static void draw(ll_view *base, ll_canvas *c, ll_rect r)
{
    search_view *v = (search_view *)base;
    if (v->found)
        draw_found(v, c, r);
    else if (ll_search_run_shows(&v->run))
        ll_search_run_draw(&v->run, c, (ll_rect){r.y + 1, r.x + 2, r.h - 1, r.w - 4});
    else
        ll_search_draw_empty(&v->base.state, c, r);
}

/* --- keys --- */

static ll_grid *grid(ll_view *base)
{
    search_view *v = (search_view *)base;
    return v->found ? &v->front : NULL;
}

static void move(ll_view *base, ll_move where)
{
    search_view *v = (search_view *)base;
    if (v->reading)
        ll_pager_move(&v->card, where);
    else if (v->found)
        ll_grid_move(&v->front, where);
}

static void next_axis(search_view *v)
{
    if (n_devices(v) < 2) {
        ll_screen_say(v->base.screen, LL_S_FAINT,
                      "the search is for one device; name several: search A,B max=5");
        return;
    }
    if (v->moved_s > 0) search_again(v); /* the limit that was moved is of the device so far */
    v->device = (v->device + 1) % n_devices(v);
    v->limit_ms = 0;
    show(v);
}

static void open_arch(search_view *v)
{
    const cJSON *row = ll_grid_row(&v->front);
    const ll_dataset *d = v->base.state.data;
    int at = ll_json_get_int(row, "row", -1);
    ll_str text = {0};
    if (!row) return;
    ll_str_addf(&text, "%d", at);
    if (d && at >= 0 && at < d->n_archs) {
        ll_view *archs = ll_screen_find(v->base.screen, "archs");
        archs->type->action(archs, "show", ll_str_text(&text));
        ll_screen_open(v->base.screen, "archs");
    } else {
        ll_screen_submitf(v->base.screen, "arch %s", ll_json_get_str(row, "arch", ""));
    }
    ll_str_free(&text);
}

static bool action(ll_view *base, const char *name, const char *arg)
{
    search_view *v = (search_view *)base;
    const cJSON *row = v->found ? ll_grid_row(&v->front) : NULL;
    if (!strcmp(name, "limit"))
        move_limit(v, *arg == '-' ? -1 : 1);
    else if (!strcmp(name, "axis") && v->found)
        next_axis(v);
    else if (!strcmp(name, "open"))
        open_arch(v);
    else if (!strcmp(name, "read"))
        v->reading = !v->reading;
    else if (!strcmp(name, "copy") && row)
        ll_screen_copy(base->screen, ll_json_get_str(row, "arch", ""));
    else
        return false;
    return true;
}

/* What an option is in the search to begin from; `otherwise`: that does not say. */
static char *value_now(const search_view *v, const char *option, const char *otherwise)
{
    ll_str line = {0}, value = {0};
    line_now(v, NULL, &line);
    if (!ll_search_line_value(ll_str_text(&line), option, &value)) ll_str_add(&value, otherwise);
    ll_str_free(&line);
    return ll_str_take(&value);
}

static void next_score(const search_view *v, ll_str *out)
{
    const ll_dataset *d = v->base.state.data;
    int n = d ? d->n_scores : 0, at = -1;
    char *now = value_now(v, "score", n ? d->scores[0].name : "");
    for (int i = 0; i < n; i++)
        if (!strcmp(d->scores[i].name, now)) at = i;
    ll_quote_word(out, n ? d->scores[(at + 1) % n].name : strcmp(now, "params") ? "params" : "macs");
    free(now);
}

static void next_p(const search_view *v, ll_str *out)
{
    static const double steps[] = {.5, .9, .95};
    char *text = value_now(v, "p", "0.9");
    double now;
    int i = 0;
    if (!ll_decimal_parse(text, &now)) now = .9;
    while (i < 3 && steps[i] <= now + 1e-9) i++;
    ll_str_addf(out, "%g", steps[i % 3]);
    free(text);
}

/* Where the dataset knows all of the device, it answers; what was measured here can be measured here. */
static const char *verified_by(const search_view *v)
{
    const ll_dataset *d = v->base.state.data;
    int device = d ? ll_dataset_device(d, device_at(v, 0)) : -1;
    if (device < 0) return "csv";
    if (ll_dataset_count(d, device) == d->n_archs) return "table";
    return !strcmp(d->devices[device].source, "latlab measure") ? "host" : "csv";
}

/* Of a decision that is still open: a search that is given again measures the same ones first. */
static int measured_in_vain(const search_view *v)
{
    bool open = cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(result_of(v), "closed"));
    return open ? ll_json_get_int(result_of(v), "verified", 0) : 0;
}

/* What f begins with: the search there was, or one for the device that was adapted to. */
static void begin_line(const search_view *v, ll_str *out)
{
    const ll_state *s = &v->base.state;
    if (v->found)
        line_now(v, NULL, out);
    else if (s->n_adapted)
        ll_quote_addf(out, "search %s max=", s->adapted[0]->device);
    else
        ll_str_add(out, "search ");
}

static bool expand(ll_view *base, const char *name, ll_str *out)
{
    search_view *v = (search_view *)base;
    if (!strcmp(name, "begin"))
        begin_line(v, out);
    else if (!v->found)
        return false;
    else if (!strncmp(name, "search-but-", 11))
        line_now(v, name + 11, out);
    else if (!strcmp(name, "search"))
        line_now(v, NULL, out);
    else if (!strcmp(name, "next-score"))
        next_score(v, out);
    else if (!strcmp(name, "next-p"))
        next_p(v, out);
    else if (!strcmp(name, "verify"))
        ll_str_addf(out, "%d", 5 + measured_in_vain(v));
    else if (!strcmp(name, "by"))
        ll_str_add(out, verified_by(v));
    else
        return false;
    return true;
}

/* --- mouse --- */

/* The architecture of the front nearest to a place of the plot. */
static void go_near(search_view *v, int y, int x)
{
    const ll_search_plot *p = &v->plot;
    double best = INFINITY, px = (x - p->in.x + .5) / p->in.w, py = (y - p->in.y + .5) / p->in.h;
    int at = v->front.list.cursor;
    for (int i = 0; i < v->front.order.n; i++) {
        const cJSON *row = v->front.rows[v->front.order.v[i]];
        double dx = (ll_json_get_num(row, "ms", NAN) - p->range_x[0]) / (p->range_x[1] - p->range_x[0]) - px,
               dy = (p->range_y[1] - ll_json_get_num(row, "score", NAN)) / (p->range_y[1] - p->range_y[0]) -
                    py;
        if (dx * dx + dy * dy < best) best = dx * dx + dy * dy, at = i;
    }
    v->front.list.cursor = at;
}

/* A click goes to the nearest of the front; dragging from there takes the limit along, wherever it is. */
static bool mouse(ll_view *base, const ll_mouse *m)
{
    search_view *v = (search_view *)base;
    bool in_plot = v->plot.in.w > 0 && ll_rect_has(v->plot.in, m->y, m->x);
    if (!v->found) return false;
    if (m->what == LL_MOUSE_DRAG && v->held) {
        v->dragged = true;
        set_limit(v, ll_search_plot_ms(&v->plot, m->x));
        return true;
    }
    if (!ll_mouse_wheel(m)) v->held = in_plot, v->dragged = false;
    if (ll_rect_has(v->card.r, m->y, m->x)) return ll_pager_mouse(&v->card, m);
    if (in_plot && !ll_mouse_wheel(m)) go_near(v, m->y, m->x);
    return in_plot;
}

static void release(ll_view *base)
{
    search_view *v = (search_view *)base;
    if (v->dragged && v->moved_s > 0) search_again(v);
    v->dragged = v->held = false;
}

static void close_view(ll_view *base)
{
    search_view *v = (search_view *)base;
    ll_found_unref(v->found);
    ll_search_run_free(&v->run);
    ll_search_plot_free(&v->plot);
    ll_grid_free(&v->front);
    ll_pager_free(&v->card);
}

static const ll_key keys[] = {
    {"<", "@limit -", "limit: < and > move it, as dragging does; when it rests, the search runs again"},
    {">", "@limit +", NULL},
    {"f", "@command {begin}", "find: a search, or the one shown with other options"},
    {"v", "@command {search} verify={verify} by={by}", "verify: measure what the choice depends on"},
    {"s", "{search-but-score} score={next-score}", "score: the dataset's next one"},
    {"c", "{search-but-p} p={next-p}", "certainty: within with p=.5, .9, .95"},
    {"m", "@command {search-but-method} method=", "method: of searching"},
    {"x", "@axis", "axis: the next device of several"},
    {"Tab S-Tab", "@read", "pane: the front or the card; the card scrolls"},
    {"Enter", "@open", "open: the architecture under the cursor"},
    {"p", "plot front out=front.png", "plot the front to a file"},
    {"e", "write search.json '{search}'", "export: all of it, searched for once more"},
    {0},
};

const ll_view_type ll_view_search = {
    .name = "search",
    .title = "The architecture to deploy",
    .help = "What the latest search met: score against latency, the front as a line, the limit upright; left "
            "of it the "
            "axis is a double line. o: the interval straddles a limit, so measuring could decide. * was "
            "chosen, X is "
            "under the cursor; in the table v was measured to verify, ? could still change the choice. "
            "Moving the "
            "limit, s and c give the same search again, without verify=, so that no key measures anything by "
            "itself.",
    .keys = keys,
    .size = sizeof(search_view),
    .refresh = refresh,
    .event = event,
    .draw = draw,
    .grid = grid,
    .move = move,
    .action = action,
    .expand = expand,
    .mouse = mouse,
    .release = release,
    .wait = wait_for_rest,
    .close = close_view,
};
