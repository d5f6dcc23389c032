/* Correlation: the clustered heatmap, the cell under the cursor, and the scatter behind it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/decimal.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/device/ordering.h"
#include "tui/screen/views/views.h"

enum { MOST_GROUPS = 9 };

typedef struct corr_view {
    ll_view base;
    ll_matrix matrix;
    double *n; /* (matrix.n, matrix.n) common architectures */
    char *marks;
    int metric, order, zoom; /* zoom: columns of a cell, 0: as it fits */
    int groups;              /* asked for; 0: none */
    int *group;              /* (matrix.n) or NULL */
    int row, col;
    bool block; /* the cells between the anchor and the cursor are chosen */
    int anchor_r, anchor_c;
    ll_strs only;    /* devices shown; none: all */
    char *wanted;    /* searched for; NULL: nothing */
    ll_heatmap plan; /* as drawn last */
    ll_rect map;
} corr_view;

/* As words of a command line. */
static void add_names(const ll_strs *names, ll_str *out)
{
    for (int i = 0; i < names->n; i++) {
        if (i) ll_str_addc(out, ' ');
        ll_quote_word(out, names->v[i]);
    }
}

/* Groups that can be shown: in the order of the tree, no more than there are devices. */
static int cut_of(const corr_view *v)
{
    int n = v->only.n ? v->only.n : v->base.state.data ? v->base.state.data->n_devices : 0;
    return v->order != LL_ORDER_CLUSTER ? 0 : v->groups < n ? v->groups : n;
}

static void refresh(ll_view *base)
{
    corr_view *v = (corr_view *)base;
    ll_str line = {0};
    ll_str_add(&line, "corr ");
    add_names(&v->only, &line);
    ll_quote_addf(&line, " metric=%s order=%s", ll_corr_metric_name(v->metric), ll_order_name(v->order));
    if (cut_of(v)) ll_str_addf(&line, " cut=%d", cut_of(v));
    ll_screen_ask_line(base, "corr", ll_str_text(&line));
    ll_str_free(&line);
}

/* Of a dataset that has none of the devices shown: all again. */
static void failed(ll_view *base, const char *tag, const char *message)
{
    corr_view *v = (corr_view *)base;
    if (!v->only.n) {
        ll_view_say(base, "%s", message);
        return;
    }
    ll_strs_free(&v->only);
    base->stale = true;
}

static void read_counts(corr_view *v, const cJSON *event)
{
    ll_matrix counts;
    free(v->n);
    v->n = NULL;
    if (!ll_read_matrix(event, "devices", "n", &counts)) return;
    v->n = counts.v;
    counts.v = NULL;
    ll_matrix_free(&counts);
}

static void read_groups(corr_view *v, const cJSON *event)
{
    free(v->group);
    if (ll_json_get_ints(event, "groups", &v->group) == v->matrix.n) return;
    free(v->group);
    v->group = NULL;
}

static int find_name(const ll_matrix *m, const char *name, int otherwise)
{
    for (int i = 0; name && i < m->n; i++)
        if (!strcmp(m->names.v[i], name)) return i;
    return otherwise < m->n ? otherwise : 0;
}

static void mark_sides(corr_view *v)
{
    free(v->marks);
    v->marks = LL_NEW_ARRAY(char, v->matrix.n + 1);
    for (int i = 0; i < v->matrix.n; i++) v->marks[i] = ll_device_side(&v->base.state, v->matrix.names.v[i]);
}

static bool same_names(const ll_strs *a, const ll_strs *b)
{
    bool same = a->n == b->n;
    for (int i = 0; same && i < a->n; i++) same = !strcmp(a->v[i], b->v[i]);
    return same;
}

/* Cursor and block stay where they are while the devices do; in another order the cursor stays on its pair. */
static void result(ll_view *base, const char *tag, const cJSON *event)
{
    corr_view *v = (corr_view *)base;
    if (strcmp(ll_json_get_str(event, "kind", ""), "corr")) return; /* the groups as a table */
    ll_matrix before = v->matrix;
    bool had = before.n > 0;
    v->matrix = (ll_matrix){0};
    if (!ll_read_matrix(event, "devices", "matrix", &v->matrix)) {
        ll_view_say(base, "fewer than two devices: nothing to correlate");
    } else if (!same_names(&before.names, &v->matrix.names)) {
        v->row = find_name(&v->matrix, had ? before.names.v[v->row] : NULL, 0);
        v->col = find_name(&v->matrix, had ? before.names.v[v->col] : NULL, v->matrix.n > 1 ? 1 : 0);
        v->block = false;
    }
    if (v->matrix.n) read_counts(v, event);
    read_groups(v, event);
    mark_sides(v);
    ll_matrix_free(&before);
}

/* --- the block --- */

typedef struct block {
    int r0, r1, c0, c1; /* inclusive */
} block;

static block chosen(const corr_view *v)
{
    int r = v->block ? v->anchor_r : v->row, c = v->block ? v->anchor_c : v->col;
    return (block){r < v->row ? r : v->row, r < v->row ? v->row : r, c < v->col ? c : v->col,
                   c < v->col ? v->col : c};
}

/* Devices of the block's rows and columns, as they stand in the map; without a block that of the row. */
static void chosen_devices(const corr_view *v, ll_strs *out)
{
    block b = chosen(v);
    for (int i = 0; i < v->matrix.n; i++)
        if ((i >= b.r0 && i <= b.r1) || (v->block && i >= b.c0 && i <= b.c1))
            ll_strs_add(out, v->matrix.names.v[i]);
}

typedef struct block_sum {
    double mean, lo, hi, n_lo, n_hi;
    int cells;
} block_sum;

/* Over the pairs of two devices: a device's correlation with itself says nothing. */
static block_sum sum_up(const corr_view *v)
{
    block b = chosen(v);
    block_sum s = {.lo = INFINITY, .hi = -INFINITY, .n_lo = INFINITY, .n_hi = -INFINITY};
    for (int r = b.r0; r <= b.r1; r++)
        for (int c = b.c0; c <= b.c1; c++) {
            long at = (long)r * v->matrix.n + c;
            if (r == c || isnan(v->matrix.v[at])) continue;
            s.mean += v->matrix.v[at];
            s.cells++;
            s.lo = fmin(s.lo, v->matrix.v[at]);
            s.hi = fmax(s.hi, v->matrix.v[at]);
            if (v->n) s.n_lo = fmin(s.n_lo, v->n[at]), s.n_hi = fmax(s.n_hi, v->n[at]);
        }
    s.mean = s.cells ? s.mean / s.cells : NAN;
    return s;
}

static void describe_block(const corr_view *v, ll_str *out)
{
    ll_strs devices = {0};
    block b = chosen(v);
    block_sum s = sum_up(v);
    chosen_devices(v, &devices);
    ll_str_addf(out, "block %d x %d, %d devices", b.r1 - b.r0 + 1, b.c1 - b.c0 + 1, devices.n);
    if (s.cells)
        ll_str_addf(out, "  mean %s %.4f (%.3f to %.3f)", ll_corr_metric_name(v->metric),
                    ll_below_one(s.mean, 4), ll_below_one(s.lo, 3), ll_below_one(s.hi, 3));
    if (s.cells && s.n_lo == s.n_hi) ll_str_addf(out, "  n %.0f", s.n_lo);
    if (s.cells && s.n_lo < s.n_hi) ll_str_addf(out, "  n %.0f to %.0f", s.n_lo, s.n_hi);
    ll_strs_free(&devices);
}

static void describe_cell(const corr_view *v, ll_str *out)
{
    long at = (long)v->row * v->matrix.n + v->col;
    if (isnan(v->matrix.v[at]))
        ll_str_addf(out, "%s n/a", ll_corr_metric_name(v->metric));
    else
        ll_str_addf(out, "%s %.5f", ll_corr_metric_name(v->metric), ll_below_one(v->matrix.v[at], 5));
    if (v->n) ll_str_addf(out, "  n %.0f", v->n[at]);
}

/* --- drawing --- */

static void draw_cell_line(const corr_view *v, ll_canvas *c, int y)
{
    int x = 1;
    ll_str head = {0};
    if (v->block) {
        describe_block(v, &head);
        ll_put_cut(c, y, x, c->width - x, LL_S_TITLE, ll_str_text(&head));
    } else {
        x += ll_putf(c, y, x, LL_S_TITLE, "%s", v->matrix.names.v[v->row]);
        x += ll_put(c, y, x, LL_S_FAINT, " / ");
        x += ll_putf(c, y, x, LL_S_TITLE, "%s", v->matrix.names.v[v->col]) + 2;
        describe_cell(v, &head);
        ll_put_cut(c, y, x, c->width - x, LL_S_TEXT, ll_str_text(&head));
    }
    ll_str_free(&head);
}

static void draw_foot(const corr_view *v, const ll_heatmap *m, ll_canvas *c, int y)
{
    ll_str text = {0};
    ll_heatmap_legend(m, c, y, 2);
    ll_str_addf(&text, "order %s", ll_order_name(v->order));
    if (v->group)
        ll_str_addf(&text, ", %d groups", v->group[v->matrix.n - 1]); /* the last shown has the last number */
    if (v->only.n)
        ll_str_addf(&text, ", %d of %d devices (Z: all)", v->only.n, v->base.state.data->n_devices);
    if (m->rows < m->n || m->cols < m->n)
        ll_str_addf(&text, ", rows %d-%d of %d", m->row0 + 1, m->row0 + m->rows, m->n);
    ll_put_cut(c, y, 34, c->width - 35, LL_S_FAINT, ll_str_text(&text));
    ll_str_free(&text);
}

static int scroll_to(int cursor, int n, int shown, int first)
{
    ll_walk walk = {.cursor = cursor, .top = first};
    ll_walk_show(&walk, n, shown);
    return walk.top;
}

static void plan_map(corr_view *v, const ll_look *look, int h, int w)
{
    block b = chosen(v);
    ll_heatmap m = {.n = v->matrix.n,
                    .v = v->matrix.v,
                    .names = v->matrix.names.v,
                    .marks = v->marks,
                    .group = v->group,
                    .cursor_r = v->row,
                    .cursor_c = v->col,
                    .block_r = b.r0,
                    .block_c = b.c0,
                    .block_h = v->block ? b.r1 - b.r0 + 1 : 0,
                    .block_w = b.c1 - b.c0 + 1,
                    .cell_w = v->zoom};
    ll_heatmap_plan(&m, look, h, w);
    m.row0 = scroll_to(v->row, m.n, m.rows, v->plan.row0);
    m.col0 = scroll_to(v->col, m.n, m.cols, v->plan.col0);
    v->plan = m;
}

static void draw(ll_view *base, ll_canvas *c, ll_rect r)
{
    corr_view *v = (corr_view *)base;
    if (v->matrix.n < 1) return;
    int side = r.w >= 110 ? r.w * 2 / 5 : 0;
    plan_map(v, c->look, r.h - 2, r.w - side - 1);
    if (!v->zoom && v->plan.cell_w > 1 && side) { /* a map that needs less leaves the scatter more */
        int used = ll_heatmap_width(&v->plan);
        if (used + 2 < r.w - side) side = r.w - used - 3;
    }
    v->map = (ll_rect){r.y + 1, r.x, r.h - 2, r.w - side};
    draw_cell_line(v, c, r.y);
    ll_heatmap_draw(&v->plan, c, v->map.y, v->map.x);
    draw_foot(v, &v->plan, c, r.y + r.h - 1);
    if (side >= 30)
        ll_draw_device_scatter(c, (ll_rect){r.y + 1, r.x + r.w - side, r.h - 2, side - 1}, &base->state,
                               v->matrix.names.v[v->col], v->matrix.names.v[v->row]);
}

/* --- keys --- */

static int clip(int x, int n)
{
    return x < 0 ? 0 : x >= n ? n - 1 : x;
}

static void move(ll_view *base, ll_move where)
{
    corr_view *v = (corr_view *)base;
    int n = v->matrix.n, page = v->plan.rows;
    static const struct {
        int row, col, page;
    } steps[] = {[LL_UP] = {-1, 0, 0},           [LL_DOWN] = {1, 0, 0},      [LL_LEFT] = {0, -1, 0},
                 [LL_RIGHT] = {0, 1, 0},         [LL_PAGE_UP] = {0, 0, -1},  [LL_PAGE_DOWN] = {0, 0, 1},
                 [LL_FIRST] = {-9999, -9999, 0}, [LL_LAST] = {9999, 9999, 0}};
    if (n < 1) return;
    v->row = clip(v->row + steps[where].row + steps[where].page * page, n);
    v->col = clip(v->col + steps[where].col, n);
}

static void begin_block(corr_view *v)
{
    v->anchor_r = v->row;
    v->anchor_c = v->col;
    v->block = true;
}

/* Only the block's devices, or all again. */
static void narrow(corr_view *v)
{
    ll_strs devices = {0};
    if (v->block) chosen_devices(v, &devices);
    if (devices.n < 2 && !v->only.n) {
        ll_screen_say(v->base.screen, LL_S_FAINT,
                      "v or the mouse chooses a block; Z then shows its devices alone");
        ll_strs_free(&devices);
        return;
    }
    ll_strs_free(&v->only);
    if (devices.n >= 2) v->only = devices;
    v->base.stale = true;
}

static void copy(corr_view *v)
{
    ll_str text = {0};
    ll_strs devices = {0};
    if (v->block) {
        chosen_devices(v, &devices);
        add_names(&devices, &text);
        ll_str_add(&text, ": ");
        describe_block(v, &text);
    } else {
        ll_str_addf(&text, "%s / %s ", v->matrix.names.v[v->row], v->matrix.names.v[v->col]);
        describe_cell(v, &text);
    }
    ll_screen_copy(v->base.screen, ll_str_text(&text));
    ll_strs_free(&devices);
    ll_str_free(&text);
}

/* The first device from that row on (step 1) or back (-1), and round the end, whose name has what is searched for. */
static void search(corr_view *v, int from, int step)
{
    int n = v->matrix.n;
    for (int i = 0; i < n && v->wanted; i++) {
        int row = ((from + step * i) % n + n) % n;
        if (!strcasestr(v->matrix.names.v[row], v->wanted)) continue;
        v->row = row;
        return;
    }
}

static void begin_search(corr_view *v, const char *text)
{
    free(v->wanted);
    v->wanted = *text ? ll_strdup(text) : NULL;
    search(v, v->row, 1);
}

static void exchange(corr_view *v)
{
    int row = v->row, anchor = v->anchor_r;
    v->row = v->col;
    v->col = row;
    v->anchor_r = v->anchor_c;
    v->anchor_c = anchor;
}

static bool action(ll_view *base, const char *name, const char *arg)
{
    corr_view *v = (corr_view *)base;
    if (v->matrix.n < 1) return false;
    if (!strcmp(name, "metric"))
        v->metric = ll_corr_metric_name(v->metric + 1) ? v->metric + 1 : 0, base->stale = true;
    else if (!strcmp(name, "order"))
        v->order = ll_order_name(v->order + 1) ? v->order + 1 : 0, base->stale = true;
    else if (!strcmp(name, "groups"))
        v->groups = v->groups == MOST_GROUPS ? 0 : v->groups ? v->groups + 1 : 2, base->stale = true;
    else if (!strcmp(name, "zoom"))
        v->zoom = (v->zoom + 1) % 5; /* 0: as it fits */
    else if (!strcmp(name, "block"))
        v->block ? (void)(v->block = false) : begin_block(v);
    else if (!strcmp(name, "narrow"))
        narrow(v);
    else if (!strcmp(name, "transpose"))
        exchange(v);
    else if (!strcmp(name, "filter-by"))
        begin_search(v, arg);
    else if (!strcmp(name, "find") && v->wanted)
        search(v, *arg == '-' ? v->row - 1 : v->row + 1, *arg == '-' ? -1 : 1);
    else if (!strcmp(name, "copy"))
        copy(v);
    else
        return false;
    return true;
}

static const char *device(ll_view *base)
{
    corr_view *v = (corr_view *)base;
    return v->matrix.n ? v->matrix.names.v[v->row] : NULL;
}

static bool expand(ll_view *base, const char *name, ll_str *out)
{
    corr_view *v = (corr_view *)base;
    ll_strs devices = {0};
    if (v->matrix.n < 1) return false;
    chosen_devices(v, &devices);
    bool known = true;
    if (!strcmp(name, "devices"))
        add_names(&devices, out);
    else if (!strcmp(name, "shown"))
        add_names(&v->only, out);
    else if (!strcmp(name, "other"))
        ll_quote_word(out, v->matrix.names.v[v->col]);
    else if (!strcmp(name, "metric"))
        ll_str_add(out, ll_corr_metric_name(v->metric));
    else if (!strcmp(name, "order"))
        ll_str_add(out, ll_order_name(v->order));
    else if (!strcmp(name, "cut")) {
        if (cut_of(v)) ll_str_addf(out, "cut=%d", cut_of(v));
    } else
        known = ll_assign_expand(&base->state, &devices, name, out);
    ll_strs_free(&devices);
    return known;
}

/* --- mouse --- */

/* The cell at a place of the screen; dragging beyond the edge means the edge. */
static bool cell_at(const corr_view *v, int y, int x, bool clipped, int *row, int *col)
{
    const ll_heatmap *m = &v->plan;
    int left = v->map.x + ll_heatmap_width(m) - m->cols * m->cell_w;
    int i = y - v->map.y - m->head_h, j = x < left ? -1 : (x - left) / m->cell_w;
    if (!clipped && (i < 0 || i >= m->rows || j < 0 || j >= m->cols)) return false;
    *row = m->row0 + clip(i, m->rows);
    *col = m->col0 + clip(j, m->cols);
    return true;
}

static bool mouse(ll_view *base, const ll_mouse *m)
{
    corr_view *v = (corr_view *)base;
    int row, col;
    if (v->matrix.n < 1 || !ll_rect_has(v->map, m->y, m->x)) return false;
    if (ll_mouse_wheel(m)) {
        for (int i = 0; i < 3; i++) move(base, ll_mouse_wheel(m) < 0 ? LL_UP : LL_DOWN);
        return true;
    }
    if (!cell_at(v, m->y, m->x, m->what == LL_MOUSE_DRAG, &row, &col)) return false;
    if (m->what == LL_MOUSE_DRAG && !v->block) begin_block(v);
    if (m->what == LL_MOUSE_CLICK) v->block = false;
    v->row = row;
    v->col = col;
    return true;
}

static void close_view(ll_view *base)
{
    corr_view *v = (corr_view *)base;
    ll_matrix_free(&v->matrix);
    ll_strs_free(&v->only);
    free(v->wanted);
    free(v->n);
    free(v->marks);
    free(v->group);
}

static const ll_key keys[] = {
    {"m", "@metric", "metric: Spearman, Kendall, Pearson"},
    {"o", "@order", "order: cluster, name, file, mean"},
    {"C", "@groups", "groups: of alike devices, none, 2, 3 ... 9"},
    {"z", "@zoom", "zoom: cells of 1 to 4 columns, or as it fits"},
    {"v", "@block", "block: begin or end one (also by dragging the mouse)"},
    {"Z", "@narrow", "its devices alone: those of the block; again: all"},
    {"Space", "tag {devices}", "tag: the row's device, or the block's"},
    {"x", "@transpose", "exchange: row and column"},
    {"S", "{as-source}", "source: the row's device, or the block's, on the source side"},
    {"T", "{as-target}", "target: the same on the target side"},
    {"Enter", "corr {device}", "neighbours of the row's device"},
    {"p", "plot heatmap {shown} metric={metric} order={order} {cut} out=heatmap.png",
     "plot the heatmap to a file"},
    {"e", "write corr.csv 'corr {shown} metric={metric} order={order}'", "export the correlations"},
    {0},
};

const ll_view_type ll_view_corr = {
    .name = "corr",
    .title = "Correlation of devices",
    .help = "Every pair over the architectures both devices know. S and T in the margin are the sides of the "
            "task. "
            "With enough room the scatter of the two devices stands beside the map.",
    .keys = keys,
    .shared = ll_device_keys,
    .size = sizeof(corr_view),
    .needs_data = true,
    .refresh = refresh,
    .result = result,
    .failed = failed,
    .draw = draw,
    .device = device,
    .move = move,
    .action = action,
    .expand = expand,
    .mouse = mouse,
    .close = close_view,
};
