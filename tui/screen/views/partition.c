/* Partition: the devices in three tables (source, target, neither) with their mean correlation across. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/decimal.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "tui/screen/views/views.h"

enum { SOURCE, TARGET, NEITHER, SIDES };

typedef struct partition_view {
    ll_view base;
    ll_matrix matrix; /* of all devices; n == 0 until it has come */
    ll_grid side[SIDES];
    int focus;
    int seed;                                  /* of the latest split made here */
    double mean, max, before_mean, before_max; /* of the task, and of the one before it; NaN: none */
} partition_view;

static void refresh(ll_view *base)
{
    partition_view *v = (partition_view *)base;
    const ll_task *t = base->state.task;
    if (t && v->mean > 0 && v->mean != t->mean_corr) v->before_mean = v->mean, v->before_max = v->max;
    v->mean = t ? t->mean_corr : NAN;
    v->max = t ? t->max_corr : NAN;
    ll_screen_ask(base, "corr", "corr order=file");
}

static int side_of(const ll_state *s, const char *device)
{
    char side = ll_device_side(s, device);
    return side == 'S' ? SOURCE : side == 'T' ? TARGET : NEITHER;
}

/* Mean correlation of a device with the devices of the other side; NaN when there are none. */
static double mean_across(const partition_view *v, int row, int other)
{
    int n = 0;
    double sum = 0;
    for (int col = 0; col < v->matrix.n; col++) {
        double r = v->matrix.v[(long)row * v->matrix.n + col];
        if (!isnan(r) && side_of(&v->base.state, v->matrix.names.v[col]) == other) sum += r, n++;
    }
    return n ? sum / n : NAN;
}

/* The bar as characters, so that it is a column like any other. */
static void add_bar(cJSON *row, double share, const ll_look *look)
{
    enum { WIDTH = 6 };
    ll_look plain = *look;
    ll_canvas c;
    ll_str text = {0};
    plain.attributes = false;
    ll_canvas_init(&c, &plain, 1, WIDTH);
    ll_chart_bar(&c, 0, 0, WIDTH, share, LL_S_TEXT);
    ll_canvas_text(&c, 0, 1, &text);
    ll_json_str(row, "bar", strtok(text.s, "\n"));
    ll_str_free(&text);
    ll_canvas_free(&c);
}

static void fill_side(partition_view *v, int side)
{
    static const ll_column columns[] = {
        {"name", "device", NULL, -1}, {"r", "r", NULL, 2}, {"bar", "", NULL, -1}, {0}};
    cJSON *table = ll_result_new("side"), *rows = ll_json_arr(table, "rows");
    ll_result_columns(table, columns);
    for (int i = 0; i < v->matrix.n; i++) {
        const char *name = v->matrix.names.v[i];
        if (side_of(&v->base.state, name) != side) continue;
        double r = mean_across(v, i, side == SOURCE ? TARGET : SOURCE);
        cJSON *row = ll_json_obj(rows, NULL);
        ll_json_str(row, "name", name);
        ll_json_num(row, "r", r);
        if (!isnan(r)) add_bar(row, r, ll_screen_look(v->base.screen));
    }
    ll_grid_set(&v->side[side], table);
    cJSON_Delete(table);
}

static void result(ll_view *base, const char *tag, const cJSON *event)
{
    partition_view *v = (partition_view *)base;
    ll_matrix_free(&v->matrix);
    if (!ll_read_matrix(event, "devices", "matrix", &v->matrix)) return;
    for (int i = 0; i < SIDES; i++) fill_side(v, i);
}

/* --- drawing --- */

static void draw_side(partition_view *v, ll_canvas *c, ll_rect r, int side)
{
    static const char *const titles[] = {"source", "target", "neither"};
    const ll_grid *g = &v->side[side];
    ll_str title = {0};
    ll_str_addf(&title, "%d %s", g->n, titles[side]);
    if (g->filter && *g->filter) ll_str_addf(&title, ", filter: %s", g->filter);
    ll_rect in = ll_frame(c, r, ll_str_text(&title), side == v->focus);
    ll_str_free(&title);
    if (g->n) ll_grid_draw(&v->side[side], c, in, side == v->focus, NULL, NULL);
    v->side[side].r = in; /* an empty one can be clicked, too */
}

static void draw_head(const partition_view *v, ll_canvas *c, int y)
{
    const ll_task *t = v->base.state.task;
    ll_str text = {0};
    if (!t) {
        ll_put_cut(c, y, 1, c->width - 2, LL_S_TEXT,
                   "No task yet: s splits, :task ND takes a published split, S and T assign.");
        return;
    }
    int x = 3 + ll_put(c, y, 1, LL_S_TITLE, t->name);
    if (t->target.n)
        ll_task_across(t, &text);
    else
        ll_str_add(&text, "no target yet: T makes the device under the cursor one");
    if (v->before_mean > 0)
        ll_str_addf(&text, "  (before: %.3f, %.3f)", ll_below_one(v->before_mean, 3),
                    ll_below_one(v->before_max, 3));
    ll_put_cut(c, y, x, c->width - x - 1, LL_S_TEXT, ll_str_text(&text));
    ll_str_free(&text);
}

/* Three columns of the same width; an empty one leaves its room to the others. */
static void draw(ll_view *base, ll_canvas *c, ll_rect r)
{
    enum { NARROW = 14 };
    partition_view *v = (partition_view *)base;
    int narrow = 0, x = r.x, wide = SIDES;
    if (!base->state.data) return;
    draw_head(v, c, r.y);
    for (int i = 0; i < SIDES; i++) narrow += v->matrix.n && !v->side[i].n;
    wide -= narrow;
    for (int i = 0; i < SIDES; i++) {
        bool empty = v->matrix.n && !v->side[i].n;
        int w = empty ? NARROW : (r.w - narrow * NARROW) / (wide > 0 ? wide : 1);
        if (i == SIDES - 1) w = r.w - x;
        draw_side(v, c, (ll_rect){r.y + 1, x, r.h - 1, w}, i);
        x += w;
    }
}

/* --- keys --- */

static ll_grid *grid(ll_view *base)
{
    partition_view *v = (partition_view *)base;
    return &v->side[v->focus];
}

static void move(ll_view *base, ll_move where)
{
    partition_view *v = (partition_view *)base;
    if (where == LL_LEFT || where == LL_RIGHT)
        v->focus = (v->focus + (where == LL_LEFT ? SIDES - 1 : 1)) % SIDES;
    else
        ll_grid_move(grid(base), where);
}

/* Left and right go to the next table here, so a key of its own chooses the column to sort by. */
static bool action(ll_view *base, const char *name, const char *arg)
{
    partition_view *v = (partition_view *)base;
    if (!strcmp(name, "pane"))
        move(base, *arg == '-' ? LL_LEFT : LL_RIGHT);
    else if (!strcmp(name, "sort"))
        for (int i = 0; i < SIDES; i++) ll_grid_move(&v->side[i], v->side[i].sort < 1 ? LL_RIGHT : LL_LEFT);
    else
        return false;
    return true;
}

static bool mouse(ll_view *base, const ll_mouse *m)
{
    partition_view *v = (partition_view *)base;
    for (int i = 0; i < SIDES; i++) {
        if (!ll_grid_mouse(&v->side[i], m)) continue;
        if (m->what == LL_MOUSE_CLICK || m->what == LL_MOUSE_DOUBLE) v->focus = i;
        return true;
    }
    return false;
}

static const char *device(ll_view *base)
{
    return ll_json_get_str(ll_grid_row(grid(base)), "name", NULL);
}

/* The next split: sides of the same size as now, or three to two. */
static void next_split(partition_view *v, ll_str *out)
{
    const ll_state *s = &v->base.state;
    int n = s->data->n_devices, train = s->task ? s->task->source.n : 0,
        test = s->task ? s->task->target.n : 0;
    if (!train || !test) train = n * 3 / 5, test = n - train;
    ll_str_addf(out, "partition train=%d test=%d seed=%d", train, test, ++v->seed);
}

static bool expand(ll_view *base, const char *name, ll_str *out)
{
    partition_view *v = (partition_view *)base;
    if (!strcmp(name, "split") && base->state.data) next_split(v, out);
    if (!strcmp(name, "across") && device(base)) {
        ll_strs one = {0};
        ll_strs_add(&one, device(base));
        ll_assign_line(&base->state, &one, v->focus == SOURCE ? 'T' : 'S', out);
        ll_strs_free(&one);
    }
    return out->len > 0;
}

static void close_view(ll_view *base)
{
    partition_view *v = (partition_view *)base;
    for (int i = 0; i < SIDES; i++) ll_grid_free(&v->side[i]);
    ll_matrix_free(&v->matrix);
}

static const ll_key keys[] = {
    {"s", "{split}", "split: with the next seed, sides of the same size as now"},
    {"Space Enter", "{across}", "across: move the device to the other side"},
    {"w", "@command task save ", "save: as a task"},
    {"c", "@command task ", "choose: a published or saved task"},
    {"P", "@command pretrain ", "pretrain: on the sources"},
    {"Tab", "@pane +", "next column"},
    {"S-Tab", "@pane -", NULL},
    {"o", "@sort", "order: by correlation across, or as in the file"},
    {"p", "plot heatmap out=partition.png", "plot the heatmap, sides marked, to a file"},
    {"e", "write partition.csv 'corr order=file'", "export the correlations"},
    {0},
};

const ll_view_type ll_view_partition = {
    .name = "partition",
    .title = "Source and target devices",
    .help =
        "Beside each device stands its mean Spearman correlation with the other side: a target that "
        "resembles no "
        "source is the hard case. Moving a device runs `partition source=... target=...`; u takes it back.",
    .keys = keys,
    .shared = ll_device_keys,
    .size = sizeof(partition_view),
    .needs_data = true,
    .refresh = refresh,
    .result = result,
    .draw = draw,
    .grid = grid,
    .device = device,
    .move = move,
    .action = action,
    .expand = expand,
    .mouse = mouse,
    .close = close_view,
};
