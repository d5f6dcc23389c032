/* Correlation: the clustered heatmap, the cell under the cursor, and the scatter behind it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tui/views.h"

static const char *const metrics[] = {"spearman", "kendall", "pearson"};
static const char *const orders[] = {"cluster", "name", "file", "mean"};

typedef struct corr_view {
    ll_view base;
    ll_state state;
    ll_matrix matrix;
    double *n; /* (matrix.n, matrix.n) common architectures */
    char *marks;
    int metric, order;
    int row, col, zoom;
    int row0, col0, rows, cols; /* as drawn last */
    int cell_w, label_w, head_h;
} corr_view;

static void refresh(ll_view *base)
{
    corr_view *v = (corr_view *)base;
    ll_state_free(&v->state);
    ll_app_snapshot(ll_screen_app(base->screen), &v->state);
    ll_screen_ask(base, "corr", "corr metric=%s order=%s", metrics[v->metric], orders[v->order]);
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

/* The cursor stays on its pair of devices when the order changes. */
static int find_name(const ll_matrix *m, const char *name, int otherwise)
{
    for (int i = 0; name && i < m->n; i++)
        if (!strcmp(m->names.v[i], name)) return i;
    return otherwise < m->n ? otherwise : 0;
}

static void result(ll_view *base, const char *tag, const cJSON *event)
{
    corr_view *v = (corr_view *)base;
    bool had = v->matrix.n > 0;
    char *row = had ? ll_strdup(v->matrix.names.v[v->row]) : NULL;
    char *col = had ? ll_strdup(v->matrix.names.v[v->col]) : NULL;
    ll_matrix_free(&v->matrix);
    if (!ll_read_matrix(event, "devices", "matrix", &v->matrix)) {
        ll_view_say(base, "fewer than two devices: nothing to correlate");
    } else {
        read_counts(v, event);
        v->row = find_name(&v->matrix, row, 0);
        v->col = find_name(&v->matrix, col, v->matrix.n > 1 ? 1 : 0);
        free(v->marks);
        v->marks = LL_NEW_ARRAY(char, v->matrix.n + 1);
        for (int i = 0; i < v->matrix.n; i++) v->marks[i] = ll_device_side(&v->state, v->matrix.names.v[i]);
    }
    free(row);
    free(col);
}

/* --- drawing --- */

static void keep_in_sight(int cursor, int n, int shown, int *first)
{
    if (cursor < *first) *first = cursor;
    if (shown > 0 && cursor >= *first + shown) *first = cursor - shown + 1;
    if (*first > n - shown) *first = n - shown;
    if (*first < 0) *first = 0;
}

static void draw_cell_line(const corr_view *v, ll_canvas *c, int y)
{
    long at = (long)v->row * v->matrix.n + v->col;
    int x = 1;
    ll_str head = {0};
    x += ll_putf(c, y, x, LL_S_TITLE, "%s", v->matrix.names.v[v->row]);
    x += ll_put(c, y, x, LL_S_FAINT, " / ");
    x += ll_putf(c, y, x, LL_S_TITLE, "%s", v->matrix.names.v[v->col]);
    if (isnan(v->matrix.v[at]))
        ll_str_addf(&head, "  %s n/a", metrics[v->metric]);
    else
        ll_str_addf(&head, "  %s %.5f", metrics[v->metric], v->matrix.v[at]);
    if (v->n) ll_str_addf(&head, "  n %.0f", v->n[at]);
    ll_put_cut(c, y, x, c->width - x, LL_S_TEXT, ll_str_text(&head));
    ll_str_free(&head);
}

static void draw(ll_view *base, ll_canvas *c, ll_rect r)
{
    corr_view *v = (corr_view *)base;
    if (v->matrix.n < 1) return;
    int side = r.w >= 110 ? r.w * 2 / 5 : 0;
    ll_heatmap m = {.n = v->matrix.n,
                    .v = v->matrix.v,
                    .names = v->matrix.names.v,
                    .marks = v->marks,
                    .cursor_r = v->row,
                    .cursor_c = v->col,
                    .cell_w = v->zoom};
    ll_heatmap_plan(&m, c->look, r.h - 2, r.w - side - 1);
    if (!v->zoom && m.cell_w > 1 && side) { /* a map that needs less leaves the scatter more */
        int used = ll_heatmap_width(&m);
        if (used + 2 < r.w - side) side = r.w - used - 3;
    }
    keep_in_sight(v->row, m.n, m.rows, &v->row0);
    keep_in_sight(v->col, m.n, m.cols, &v->col0);
    m.row0 = v->row0;
    m.col0 = v->col0;
    v->rows = m.rows, v->cols = m.cols, v->cell_w = m.cell_w, v->label_w = m.label_w, v->head_h = m.head_h;
    draw_cell_line(v, c, r.y);
    ll_heatmap_draw(&m, c, r.y + 1, r.x);
    int foot = r.y + r.h - 1;
    ll_heatmap_legend(&m, c, foot, 2);
    ll_putf(c, foot, 34, LL_S_FAINT, "order %s", orders[v->order]);
    if (m.rows < m.n || m.cols < m.n)
        ll_putf(c, foot, 52, LL_S_FAINT, "%d-%d of %d", v->row0 + 1, v->row0 + m.rows, m.n);
    if (side >= 30)
        ll_draw_device_scatter(c, (ll_rect){r.y + 1, r.x + r.w - side, r.h - 2, side - 1}, &v->state,
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
    int n = v->matrix.n;
    if (n < 1) return;
    switch (where) {
    case LL_UP:
        v->row--;
        break;
    case LL_DOWN:
        v->row++;
        break;
    case LL_LEFT:
        v->col--;
        break;
    case LL_RIGHT:
        v->col++;
        break;
    case LL_PAGE_UP:
        v->row -= v->rows;
        break;
    case LL_PAGE_DOWN:
        v->row += v->rows;
        break;
    case LL_FIRST:
        v->row = v->col = 0;
        break;
    case LL_LAST:
        v->row = v->col = n - 1;
        break;
    }
    v->row = clip(v->row, n);
    v->col = clip(v->col, n);
}

static bool action(ll_view *base, const char *name, const char *arg)
{
    corr_view *v = (corr_view *)base;
    if (!strcmp(name, "metric")) {
        v->metric = (v->metric + 1) % 3;
        base->stale = true;
    } else if (!strcmp(name, "order")) {
        v->order = (v->order + 1) % 4;
        base->stale = true;
    } else if (!strcmp(name, "zoom")) {
        v->zoom = (v->zoom + (*arg == '-' ? 4 : 1)) % 5; /* 0: as it fits */
    } else if (!strcmp(name, "transpose")) {
        int row = v->row;
        v->row = v->col;
        v->col = row;
    } else if (!strcmp(name, "copy") && v->matrix.n) {
        ll_str text = {0};
        ll_str_addf(&text, "%s / %s %s %.5f", v->matrix.names.v[v->row], v->matrix.names.v[v->col],
                    metrics[v->metric], v->matrix.v[(long)v->row * v->matrix.n + v->col]);
        ll_screen_copy(base->screen, ll_str_text(&text));
        ll_str_free(&text);
    } else {
        return false;
    }
    return true;
}

static bool expand(ll_view *base, const char *name, ll_str *out)
{
    corr_view *v = (corr_view *)base;
    ll_app *app = ll_screen_app(base->screen);
    if (v->matrix.n < 1) return false;
    const char *row = v->matrix.names.v[v->row];
    if (!strcmp(name, "device"))
        ll_str_add(out, row);
    else if (!strcmp(name, "other"))
        ll_str_add(out, v->matrix.names.v[v->col]);
    else if (!strcmp(name, "metric"))
        ll_str_add(out, metrics[v->metric]);
    else if (!strcmp(name, "order"))
        ll_str_add(out, orders[v->order]);
    else if (!strcmp(name, "as-source"))
        ll_assign_line(app, row, 'S', out);
    else if (!strcmp(name, "as-target"))
        ll_assign_line(app, row, 'T', out);
    else if (!strcmp(name, "as-neither"))
        ll_assign_line(app, row, '-', out);
    return out->len > 0;
}

static void click(ll_view *base, int y, int x, bool drag)
{
    corr_view *v = (corr_view *)base;
    int row = y - 1 - v->head_h, col = (x - 2 - v->label_w - 1);
    if (row < 0 || row >= v->rows || col < 0 || v->cell_w < 1 || col / v->cell_w >= v->cols) return;
    v->row = v->row0 + row;
    v->col = v->col0 + col / v->cell_w;
}

static void close_view(ll_view *base)
{
    corr_view *v = (corr_view *)base;
    ll_state_free(&v->state);
    ll_matrix_free(&v->matrix);
    free(v->n);
    free(v->marks);
}

static const ll_key keys[] = {
    {"m", "@metric", "metric: Spearman, Kendall, Pearson"},
    {"o", "@order", "order: cluster, name, file, mean"},
    {"z", "@zoom +", "zoom: cells of 1 to 4 columns, or as it fits"},
    {"x", "@transpose", "exchange row and column"},
    {"S", "{as-source}", "source: put the row's device on the source side"},
    {"T", "{as-target}", "target: put it on the target side"},
    {"-", "{as-neither}", "take it off both sides"},
    {"Enter", "corr {device}", "neighbours of the row's device"},
    {"p", "plot heatmap metric={metric} out=heatmap.png", "plot the heatmap to a file"},
    {0},
};

const ll_view_type ll_view_corr = {
    .name = "corr",
    .title = "Correlation of devices",
    .help = "Every pair over the architectures both devices know. S and T in the margin are the sides of the "
            "task. "
            "With enough room the scatter of the two devices stands beside the map.",
    .keys = keys,
    .size = sizeof(corr_view),
    .refresh = refresh,
    .result = result,
    .draw = draw,
    .move = move,
    .action = action,
    .expand = expand,
    .click = click,
    .close = close_view,
};
