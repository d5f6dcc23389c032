#include "tui/screen/grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"

static const cJSON *columns_of(const ll_grid *g)
{
    return cJSON_GetObjectItemCaseSensitive(g->result, "columns");
}

static const char *sort_key(const ll_grid *g)
{
    const cJSON *col = g->sort >= 0 ? cJSON_GetArrayItem(columns_of(g), g->sort) : NULL;
    return ll_json_get_str(col, "key", NULL);
}

/* --- order ---------------------------------------------------------------------------------------------- */

static bool passes(const ll_grid *g, const cJSON *row)
{
    const cJSON *item;
    if (!g->filter || !*g->filter) return true;
    cJSON_ArrayForEach(item, row)
    {
        if (cJSON_IsString(item) && strcasestr(item->valuestring, g->filter)) return true;
    }
    return false;
}

/* Missing values last, whichever way round. */
static int compare(const void *a, const void *b, void *ctx)
{
    const ll_grid *g = ctx;
    const char *key = sort_key(g);
    int i = *(const int *)a, j = *(const int *)b, sign = g->down ? -1 : 1;
    const cJSON *x = key ? cJSON_GetObjectItemCaseSensitive(g->rows[i], key) : NULL;
    const cJSON *y = key ? cJSON_GetObjectItemCaseSensitive(g->rows[j], key) : NULL;
    bool no_x = !x || cJSON_IsNull(x), no_y = !y || cJSON_IsNull(y);
    if (no_x || no_y) return no_x != no_y ? no_x - no_y : i - j;
    if (cJSON_IsNumber(x) && cJSON_IsNumber(y) && x->valuedouble != y->valuedouble)
        return x->valuedouble < y->valuedouble ? -sign : sign;
    if (cJSON_IsString(x) && cJSON_IsString(y) && strcmp(x->valuestring, y->valuestring))
        return sign * strcmp(x->valuestring, y->valuestring);
    return i - j;
}

static void arrange(ll_grid *g)
{
    int at = g->list.cursor < g->order.n ? g->order.v[g->list.cursor] : -1;
    g->order.n = 0;
    for (int i = 0; i < g->n; i++)
        if (passes(g, g->rows[i])) ll_ints_add(&g->order, i);
    if (g->order.n && sort_key(g)) qsort_r(g->order.v, (size_t)g->order.n, sizeof(int), compare, g);
    int place = ll_ints_find(&g->order, at); /* the cursor stays on its row */
    if (place >= 0) g->list.cursor = place;
    if (g->list.cursor >= g->order.n) g->list.cursor = g->order.n > 0 ? g->order.n - 1 : 0;
}

void ll_grid_set(ll_grid *g, const cJSON *result)
{
    bool fresh = !g->result;
    cJSON_Delete(g->result);
    free(g->rows);
    g->result = cJSON_Duplicate(result, true);
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(g->result, "rows"), *row;
    g->n = 0;
    g->rows = LL_NEW_ARRAY(const cJSON *, cJSON_GetArraySize(rows) + 1);
    cJSON_ArrayForEach(row, rows) g->rows[g->n++] = row;
    if (fresh) g->sort = -1;
    if (g->skipped > cJSON_GetArraySize(columns_of(g)) - 2) g->skipped = 0; /* a table of fewer columns */
    if (g->order.n != g->n) g->order.n = 0; /* other rows: places mean nothing any more */
    arrange(g);
}

void ll_grid_free(ll_grid *g)
{
    cJSON_Delete(g->result);
    free(g->rows);
    free(g->filter);
    ll_ints_free(&g->order);
    *g = (ll_grid){.sort = -1};
}

const cJSON *ll_grid_row(const ll_grid *g)
{
    return g->list.cursor < g->order.n ? g->rows[g->order.v[g->list.cursor]] : NULL;
}

/* --- keys ----------------------------------------------------------------------------------------------- */

/* Some row has a number or a word in that column: it can be sorted by. */
static bool sortable(const ll_grid *g, int column)
{
    const char *key = ll_json_get_str(cJSON_GetArrayItem(columns_of(g), column), "key", "");
    for (int i = 0; i < g->n; i++) {
        const cJSON *v = cJSON_GetObjectItemCaseSensitive(g->rows[i], key);
        if (cJSON_IsNumber(v) || (cJSON_IsString(v) && *v->valuestring)) return true;
    }
    return false;
}

static void choose_column(ll_grid *g, int step)
{
    int at = g->sort + step, n = cJSON_GetArraySize(columns_of(g));
    while (at >= 0 && at < n && !sortable(g, at)) at += step;
    if (at < n) g->sort = at < 0 ? -1 : at;
    arrange(g);
}

/* No row has anything there: it is not shown, wherever one scrolls. */
static bool is_empty(const ll_grid *g, int column)
{
    const char *key = ll_json_get_str(cJSON_GetArrayItem(columns_of(g), column), "key", "");
    for (int i = 0; i < g->n; i++) {
        const cJSON *v = cJSON_GetObjectItemCaseSensitive(g->rows[i], key);
        if (v && !cJSON_IsNull(v) && !(cJSON_IsString(v) && !*v->valuestring)) return false;
    }
    return true;
}

/* By one column that is shown. */
static void scroll_sideways(ll_grid *g, int step)
{
    int most = cJSON_GetArraySize(columns_of(g)) - 2;
    if (step > 0 && !g->beyond) return;
    do {
        int past = step > 0 ? g->skipped + 1 : g->skipped; /* the column that goes, or comes back */
        if (g->skipped + step < 0 || g->skipped + step > most) return;
        g->skipped += step;
        if (!is_empty(g, past)) return;
    } while (true);
}

void ll_grid_move(ll_grid *g, ll_move where)
{
    if (!ll_walk_move(&g->list, g->order.n, where)) choose_column(g, where == LL_LEFT ? -1 : 1);
}

bool ll_grid_find(ll_grid *g, const char *key, const char *value)
{
    for (int i = 0; i < g->order.n; i++) {
        if (strcmp(ll_json_get_str(g->rows[g->order.v[i]], key, ""), value)) continue;
        g->list.cursor = i;
        return true;
    }
    return false;
}

bool ll_grid_action(ll_grid *g, const char *name, const char *arg)
{
    if (!strcmp(name, "filter-by")) {
        free(g->filter);
        g->filter = ll_strdup(arg);
    } else if (!strcmp(name, "reverse")) {
        g->down = !g->down;
    } else if (!strcmp(name, "columns")) {
        scroll_sideways(g, *arg == '-' ? -1 : 1);
    } else {
        return false;
    }
    arrange(g);
    return true;
}

void ll_grid_copy(const ll_grid *g, ll_str *out)
{
    const cJSON *row = ll_grid_row(g), *col;
    ll_look plain = ll_look_plain(0);
    int n = 0;
    cJSON_ArrayForEach(col, columns_of(g))
    {
        const cJSON *v = cJSON_GetObjectItemCaseSensitive(row, ll_json_get_str(col, "key", ""));
        if (!v || cJSON_IsArray(v) || cJSON_IsNull(v)) continue;
        if (n++) ll_str_addc(out, '\t');
        ll_render_value(v, ll_json_get_int(col, "digits", -1), &plain, out);
    }
}

/* --- mouse ---------------------------------------------------------------------------------------------- */

static void click_head(ll_grid *g, int x)
{
    for (int i = 0; i < g->n_heads; i++) {
        if (x >= g->heads[i].end) continue;
        if (g->sort == g->heads[i].column)
            g->down = !g->down;
        else if (sortable(g, g->heads[i].column))
            g->sort = g->heads[i].column;
        arrange(g);
        return;
    }
}

bool ll_grid_mouse(ll_grid *g, const ll_mouse *m)
{
    int row = g->list.top + m->y - g->r.y - 1;
    if (!ll_rect_has(g->r, m->y, m->x)) return false;
    if (ll_mouse_wheel(m)) {
        ll_walk_scroll(&g->list, g->order.n, 3 * ll_mouse_wheel(m));
    } else if (m->y == g->r.y) {
        if (m->what != LL_MOUSE_DRAG) click_head(g, m->x);
        return m->what == LL_MOUSE_CLICK; /* twice is two clicks here, not Enter */
    } else if (row < g->order.n) {
        g->list.cursor = row;
    }
    return true;
}

/* --- drawing -------------------------------------------------------------------------------------------- */

static int column_index(const ll_grid *g, const char *key)
{
    const cJSON *col;
    int i = 0;
    cJSON_ArrayForEach(col, columns_of(g))
    {
        if (!strcmp(ll_json_get_str(col, "key", ""), key)) return i;
        i++;
    }
    return -1;
}

/* The result's columns as they are shown: the first, which names the row; the one that is sorted by, where there is no
 * room for it at its place (`forward`); the others behind those that were scrolled past. */
static cJSON *shown_columns(const ll_grid *g, bool forward)
{
    cJSON *columns = cJSON_CreateArray();
    const cJSON *col, *sorted = forward ? cJSON_GetArrayItem(columns_of(g), g->sort) : NULL;
    int i = 0;
    cJSON_ArrayForEach(col, columns_of(g))
    {
        if (i == 0 || (i > g->skipped && col != sorted))
            cJSON_AddItemToArray(columns, cJSON_Duplicate(col, true));
        if (i == 0 && sorted && sorted != col) cJSON_AddItemToArray(columns, cJSON_Duplicate(sorted, true));
        i++;
    }
    return columns;
}

static void lay_out_columns(const ll_grid *g, ll_table *t, bool forward, int width, const ll_look *look)
{
    cJSON *columns = shown_columns(g, forward);
    ll_table_layout(t, cJSON_GetObjectItemCaseSensitive(g->result, "rows"), columns, width, look);
    for (int i = 0; i < t->n_columns; i++) /* keys live in the copy: point them at the result's own */
        t->columns[i].key =
            ll_json_get_str(cJSON_GetArrayItem(columns_of(g), column_index(g, t->columns[i].key)), "key", "");
    cJSON_Delete(columns);
}

static bool is_shown(const ll_table *t, const char *key)
{
    for (int i = 0; i < t->n_columns; i++)
        if (!strcmp(t->columns[i].key, key)) return !t->columns[i].hidden;
    return false;
}

static void lay_out(ll_grid *g, ll_table *t, int width, const ll_look *look)
{
    const char *key = sort_key(g);
    lay_out_columns(g, t, false, width, look);
    if (key && !is_shown(t, key)) {
        ll_table_free(t);
        lay_out_columns(g, t, true, width, look);
    }
    g->beyond = t->n_hidden;
}

/* How many columns are beyond the edge; where there is no room for that, that there are some. */
static void draw_beyond(const ll_grid *g, ll_canvas *c, int y, int x, int right)
{
    ll_str text = {0};
    ll_str_addf(&text, "+%d>", g->beyond);
    if (g->beyond && x + (int)text.len <= right)
        ll_put(c, y, x, LL_S_ACCENT, ll_str_text(&text));
    else if (g->beyond)
        ll_put(c, y, right - 1, LL_S_ACCENT, ">");
    ll_str_free(&text);
}

static void draw_head(ll_grid *g, const ll_table *t, ll_canvas *c, int y, int x, int right)
{
    const char *key = sort_key(g);
    ll_table_draw_head(t, c, y, x);
    g->n_heads = 0;
    for (int i = 0; i < t->n_columns; i++) {
        const ll_table_column *col = &t->columns[i];
        if (col->hidden) continue;
        if (key && !strcmp(col->key, key))
            ll_put(c, y, x + col->width, LL_S_ACCENT,
                   !c->look->utf8 ? g->down ? "v" : "^"
                   : g->down      ? "\xe2\x86\x93"
                                  : "\xe2\x86\x91");
        x += col->width + 2;
        if (g->n_heads < LL_MAX_HEADS) {
            g->heads[g->n_heads].end = x;
            g->heads[g->n_heads++].column = column_index(g, col->key);
        }
    }
    draw_beyond(g, c, y, x, right);
}

void ll_grid_draw(ll_grid *g, ll_canvas *c, ll_rect r, bool focused, ll_grid_mark mark, void *ctx)
{
    enum { MARGIN = 3 };
    ll_table t;
    g->r = r;
    if (!g->result) return;
    lay_out(g, &t, r.w - MARGIN - 1, c->look);
    draw_head(g, &t, c, r.y, r.x + MARGIN, r.x + r.w);
    if (g->skipped) ll_put(c, r.y, r.x + 1, LL_S_ACCENT, "<");
    ll_walk_show(&g->list, g->order.n, r.h - 1);
    for (int i = g->list.top; i < g->order.n && i < g->list.top + r.h - 1; i++) {
        ll_rect line = {r.y + 1 + i - g->list.top, r.x, 1, r.w};
        ll_style style = LL_S_TEXT;
        char letter = mark ? mark(ctx, g->rows[g->order.v[i]], &style) : ' ';
        ll_table_draw_row(&t, g->rows[g->order.v[i]], c, line.y, r.x + MARGIN);
        ll_putf(c, line.y, r.x + 1, style, "%c", letter);
        if (focused && i == g->list.cursor) ll_restyle(c, line, ll_style_ink(c->look, LL_S_CURSOR));
    }
    if (g->n && !g->order.n) ll_put(c, r.y + 2, r.x + MARGIN, LL_S_FAINT, "nothing matches the filter");
    ll_table_free(&t);
}
