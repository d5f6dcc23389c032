/* Partition: the devices in three columns (source, target, neither) with their mean correlation across. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/views.h"

enum { SOURCE, TARGET, NEITHER, SIDES };

typedef struct partition_view {
    ll_view base;
    ll_state state;
    ll_matrix matrix; /* of all devices; n == 0 until it has come */
    ll_ints side[SIDES];
    int focus, cursor[SIDES], top[SIDES];
    int seed;                       /* of the latest split made here */
    double before_mean, before_max; /* of the task before this one; NaN: none */
    char *shown;                    /* name of the task shown, to notice a change */
} partition_view;

static void sort_out(partition_view *v)
{
    const ll_state *s = &v->state;
    for (int i = 0; i < SIDES; i++) ll_ints_free(&v->side[i]);
    for (int i = 0; i < s->data->n_devices; i++) {
        char side = ll_device_side(s, s->data->devices[i].name);
        ll_ints_add(&v->side[side == 'S' ? SOURCE : side == 'T' ? TARGET : NEITHER], i);
    }
    for (int i = 0; i < SIDES; i++)
        if (v->cursor[i] >= v->side[i].n) v->cursor[i] = v->side[i].n > 0 ? v->side[i].n - 1 : 0;
}

static void refresh(ll_view *base)
{
    partition_view *v = (partition_view *)base;
    const ll_task *t = v->state.task;
    double mean = t ? t->mean_corr : NAN, max = t ? t->max_corr : NAN;
    ll_state_free(&v->state);
    ll_app_snapshot(ll_screen_app(base->screen), &v->state);
    if (v->state.task && (isnan(mean) || v->state.task->mean_corr != mean))
        v->before_mean = mean, v->before_max = max;
    if (!v->state.data) {
        ll_view_say(base, "No dataset is loaded: press 1 and choose one.");
        return;
    }
    sort_out(v);
    ll_screen_ask(base, "corr", "corr order=file");
}

static void result(ll_view *base, const char *tag, const cJSON *event)
{
    partition_view *v = (partition_view *)base;
    ll_matrix_free(&v->matrix);
    ll_read_matrix(event, "devices", "matrix", &v->matrix);
}

static int index_of(const ll_matrix *m, const char *name)
{
    for (int i = 0; i < m->n; i++)
        if (!strcmp(m->names.v[i], name)) return i;
    return -1;
}

/* Mean correlation of a device with the devices of a side; NaN when there are none. */
static double mean_with(const partition_view *v, int device, int side)
{
    const ll_dataset *d = v->state.data;
    int row = index_of(&v->matrix, d->devices[device].name), n = 0;
    double sum = 0;
    for (int i = 0; row >= 0 && i < v->side[side].n; i++) {
        int col = index_of(&v->matrix, d->devices[v->side[side].v[i]].name);
        double r = col >= 0 ? v->matrix.v[(long)row * v->matrix.n + col] : NAN;
        if (!isnan(r)) sum += r, n++;
    }
    return n ? sum / n : NAN;
}

/* --- drawing --- */

static void draw_row(const partition_view *v, ll_canvas *c, int y, ll_rect in, int side, int i)
{
    int device = v->side[side].v[i];
    double r = mean_with(v, device, side == SOURCE ? TARGET : SOURCE);
    char number[8] = "";
    if (!isnan(r)) ll_heatmap_number(r, number);
    ll_style style = side == SOURCE ? LL_S_SOURCE : side == TARGET ? LL_S_TARGET : LL_S_TEXT;
    ll_put_cut(c, y, in.x + 1, in.w - 13, style, v->state.data->devices[device].name);
    ll_put(c, y, in.x + in.w - 4, LL_S_TEXT, number);
    if (!isnan(r)) ll_chart_bar(c, y, in.x + in.w - 11, 6, r, style);
    if (side == v->focus && i == v->cursor[side])
        ll_restyle(c, (ll_rect){y, in.x, 1, in.w}, ll_style_ink(c->look, LL_S_CURSOR));
}

static void draw_side(partition_view *v, ll_canvas *c, ll_rect r, int side)
{
    static const char *const titles[] = {"source", "target", "neither"};
    ll_str title = {0};
    ll_str_addf(&title, "%d %s", v->side[side].n, titles[side]);
    if (v->side[side].n) ll_str_add(&title, ", mean r");
    ll_rect in = ll_frame(c, r, ll_str_text(&title), side == v->focus);
    ll_str_free(&title);
    if (v->cursor[side] < v->top[side]) v->top[side] = v->cursor[side];
    if (v->cursor[side] >= v->top[side] + in.h) v->top[side] = v->cursor[side] - in.h + 1;
    for (int i = 0; i < in.h && v->top[side] + i < v->side[side].n; i++)
        draw_row(v, c, in.y + i, in, side, v->top[side] + i);
}

static void draw(ll_view *base, ll_canvas *c, ll_rect r)
{
    partition_view *v = (partition_view *)base;
    const ll_task *t = v->state.task;
    if (!v->state.data) return;
    if (!t) {
        ll_put(c, r.y, 1, LL_S_TEXT,
               "No task yet: n splits, :task ND takes a published split, S and T assign.");
    } else {
        int x = 1 + ll_put(c, r.y, 1, LL_S_TITLE, t->name);
        x += ll_putf(c, r.y, x + 2, LL_S_TEXT, "Spearman across: mean %.3f, highest %.3f", t->mean_corr,
                     t->max_corr) +
             4;
        if (!isnan(v->before_mean) && v->before_mean > 0)
            ll_putf(c, r.y, x, LL_S_FAINT, "(before: %.3f, %.3f)", v->before_mean, v->before_max);
    }
    int w = r.w / SIDES;
    for (int i = 0; i < SIDES; i++)
        draw_side(v, c, (ll_rect){r.y + 1, r.x + i * w, r.h - 1, i == SIDES - 1 ? r.w - i * w : w}, i);
}

/* --- keys --- */

static void move(ll_view *base, ll_move where)
{
    partition_view *v = (partition_view *)base;
    int *cursor = &v->cursor[v->focus], n = v->side[v->focus].n, page = base->r.h > 4 ? base->r.h - 4 : 1;
    static const int steps[] = {[LL_UP] = -1, [LL_DOWN] = 1, [LL_FIRST] = -10000, [LL_LAST] = 10000};
    if (where == LL_LEFT || where == LL_RIGHT) {
        v->focus = (v->focus + (where == LL_LEFT ? SIDES - 1 : 1)) % SIDES;
        return;
    }
    *cursor += where == LL_PAGE_UP ? -page : where == LL_PAGE_DOWN ? page : steps[where];
    if (*cursor >= n) *cursor = n - 1;
    if (*cursor < 0) *cursor = 0;
}

static bool action(ll_view *base, const char *name, const char *arg)
{
    partition_view *v = (partition_view *)base;
    if (strcmp(name, "pane")) return false;
    v->focus = (v->focus + (*arg == '-' ? SIDES - 1 : 1)) % SIDES;
    return true;
}

static bool expand(ll_view *base, const char *name, ll_str *out)
{
    partition_view *v = (partition_view *)base;
    ll_app *app = ll_screen_app(base->screen);
    const ll_ints *side = &v->side[v->focus];
    const char *device =
        v->cursor[v->focus] < side->n ? v->state.data->devices[side->v[v->cursor[v->focus]]].name : NULL;
    const ll_task *t = v->state.task;
    if (!strcmp(name, "split") && v->state.data) {
        int n = v->state.data->n_devices, train = t ? t->source.n : n * 3 / 5,
            test = t ? t->target.n : n - n * 3 / 5;
        ll_str_addf(out, "partition train=%d test=%d seed=%d", train, test, ++v->seed);
    } else if (!device) {
        return false;
    } else if (!strcmp(name, "device")) {
        ll_str_add(out, device);
    } else if (!strcmp(name, "across")) {
        ll_assign_line(app, device, v->focus == SOURCE ? 'T' : 'S', out);
    } else if (!strcmp(name, "as-source")) {
        ll_assign_line(app, device, 'S', out);
    } else if (!strcmp(name, "as-target")) {
        ll_assign_line(app, device, 'T', out);
    } else if (!strcmp(name, "as-neither")) {
        ll_assign_line(app, device, '-', out);
    }
    return out->len > 0;
}

static void close_view(ll_view *base)
{
    partition_view *v = (partition_view *)base;
    for (int i = 0; i < SIDES; i++) ll_ints_free(&v->side[i]);
    ll_state_free(&v->state);
    ll_matrix_free(&v->matrix);
}

static const ll_key keys[] = {
    {"s", "{split}", "split with the next seed: sides of the same size as now"},
    {"Space Enter", "{across}", "across: move the device to the other side"},
    {"S", "{as-source}", "to source"},
    {"T", "{as-target}", "to target"},
    {"-", "{as-neither}", "to neither"},
    {"w", "@command task save ", "save as a task"},
    {"c", "@command task ", "choose a published or saved task"},
    {"P", "@command pretrain ", "pretrain on the sources"},
    {"Tab", "@pane +", "next column"},
    {"S-Tab", "@pane -", NULL},
    {"t", "@command transfer {device} k=20", "transfer to this device"},
    {0},
};

const ll_view_type ll_view_partition = {
    .name = "partition",
    .title = "Source and target devices",
    .help = "Beside each device stands its mean Spearman correlation with the other side: a target that "
            "resembles "
            "no source is the hard case. Moving a device runs `partition source=... target=...`; u takes it "
            "back.",
    .keys = keys,
    .size = sizeof(partition_view),
    .refresh = refresh,
    .result = result,
    .draw = draw,
    .move = move,
    .action = action,
    .expand = expand,
    .close = close_view,
};
