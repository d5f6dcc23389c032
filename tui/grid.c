#include "tui/grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"

static const cJSON *columns_of(const ll_grid *l)
{
    return cJSON_GetObjectItemCaseSensitive(l->result, "columns");
}

static const char *sort_key(const ll_grid *l)
{
    const cJSON *col = l->sort >= 0 ? cJSON_GetArrayItem(columns_of(l), l->sort) : NULL;
    return ll_json_get_str(col, "key", NULL);
}

/* --- order ------------------------------------------------------------------------------------------------
 */

static bool passes(const ll_grid *l, const cJSON *row)
{
    const cJSON *item;
    if (!l->filter || !*l->filter) return true;
    cJSON_ArrayForEach(item, row)
    {
        if (cJSON_IsString(item) && strcasestr(item->valuestring, l->filter)) return true;
    }
    return false;
}

/* Missing values last, whichever way round. */
static int compare(const void *a, const void *b, void *ctx)
{
    const ll_grid *l = ctx;
    const char *key = sort_key(l);
    int i = *(const int *)a, j = *(const int *)b, sign = l->down ? -1 : 1;
    const cJSON *x = key ? cJSON_GetObjectItemCaseSensitive(l->rows[i], key) : NULL;
    const cJSON *y = key ? cJSON_GetObjectItemCaseSensitive(l->rows[j], key) : NULL;
    bool no_x = !x || cJSON_IsNull(x), no_y = !y || cJSON_IsNull(y);
    if (no_x || no_y) return no_x != no_y ? no_x - no_y : i - j;
    if (cJSON_IsNumber(x) && cJSON_IsNumber(y) && x->valuedouble != y->valuedouble)
        return x->valuedouble < y->valuedouble ? -sign : sign;
    if (cJSON_IsString(x) && cJSON_IsString(y) && strcmp(x->valuestring, y->valuestring))
        return sign * strcmp(x->valuestring, y->valuestring);
    return i - j;
}

static void arrange(ll_grid *l)
{
    int at = l->cursor < l->order.n ? l->order.v[l->cursor] : -1;
    l->order.n = 0;
    for (int i = 0; i < l->n; i++)
        if (passes(l, l->rows[i])) ll_ints_add(&l->order, i);
    if (l->order.n && sort_key(l)) qsort_r(l->order.v, (size_t)l->order.n, sizeof(int), compare, l);
    int place = ll_ints_find(&l->order, at); /* the cursor stays on its row */
    if (place >= 0) l->cursor = place;
    if (l->cursor >= l->order.n) l->cursor = l->order.n > 0 ? l->order.n - 1 : 0;
}

void ll_grid_set(ll_grid *l, const cJSON *result)
{
    bool fresh = !l->result;
    cJSON_Delete(l->result);
    free(l->rows);
    l->result = cJSON_Duplicate(result, true);
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(l->result, "rows"), *row;
    l->n = 0;
    l->rows = LL_NEW_ARRAY(const cJSON *, cJSON_GetArraySize(rows) + 1);
    cJSON_ArrayForEach(row, rows) l->rows[l->n++] = row;
    if (fresh) l->sort = -1;
    if (l->order.n != l->n) l->order.n = 0; /* other rows: places mean nothing any more */
    arrange(l);
}

void ll_grid_free(ll_grid *l)
{
    cJSON_Delete(l->result);
    free(l->rows);
    free(l->filter);
    ll_ints_free(&l->order);
    *l = (ll_grid){.sort = -1};
}

const cJSON *ll_grid_row(const ll_grid *l)
{
    return l->cursor < l->order.n ? l->rows[l->order.v[l->cursor]] : NULL;
}

/* --- keys -------------------------------------------------------------------------------------------------
 */

void ll_grid_move(ll_grid *l, ll_move where)
{
    int page = l->page > 1 ? l->page - 1 : 1, n_columns = cJSON_GetArraySize(columns_of(l));
    switch (where) {
    case LL_UP:
        l->cursor--;
        break;
    case LL_DOWN:
        l->cursor++;
        break;
    case LL_PAGE_UP:
        l->cursor -= page;
        break;
    case LL_PAGE_DOWN:
        l->cursor += page;
        break;
    case LL_FIRST:
        l->cursor = 0;
        break;
    case LL_LAST:
        l->cursor = l->order.n - 1;
        break;
    case LL_LEFT:
        if (l->sort >= 0) l->sort--;
        break;
    case LL_RIGHT:
        if (l->sort < n_columns - 1) l->sort++;
        break;
    }
    if (l->cursor >= l->order.n) l->cursor = l->order.n - 1;
    if (l->cursor < 0) l->cursor = 0;
    if (where == LL_LEFT || where == LL_RIGHT) arrange(l);
}

bool ll_grid_action(ll_grid *l, const char *name, const char *arg)
{
    if (!strcmp(name, "filter-by")) {
        free(l->filter);
        l->filter = ll_strdup(arg);
    } else if (!strcmp(name, "reverse")) {
        l->down = !l->down;
    } else {
        return false;
    }
    arrange(l);
    return true;
}

void ll_grid_click(ll_grid *l, int y)
{
    if (y < 1 || l->top + y - 1 >= l->order.n) return;
    l->cursor = l->top + y - 1;
}

/* --- drawing ----------------------------------------------------------------------------------------------
 */

static void scroll(ll_grid *l, int room)
{
    l->page = room;
    if (l->cursor < l->top) l->top = l->cursor;
    if (l->cursor >= l->top + room) l->top = l->cursor - room + 1;
    if (l->top > l->order.n - room) l->top = l->order.n - room;
    if (l->top < 0) l->top = 0;
}

static void draw_sort_mark(const ll_grid *l, const ll_table *t, ll_canvas *c, int y, int x)
{
    const char *key = sort_key(l);
    for (int i = 0; i < t->n_columns; i++) {
        const ll_table_column *col = &t->columns[i];
        if (col->hidden) continue;
        if (key && !strcmp(col->key, key))
            ll_put(c, y, x + col->width, LL_S_ACCENT, l->down ? "\xe2\x86\x93" : "\xe2\x86\x91");
        x += col->width + 2;
    }
}

void ll_grid_draw(ll_grid *l, ll_canvas *c, ll_rect r, ll_grid_mark mark, void *ctx)
{
    enum { MARGIN = 3 };
    ll_table t;
    if (!l->result) return;
    ll_table_layout(&t, cJSON_GetObjectItemCaseSensitive(l->result, "rows"), columns_of(l), r.w - MARGIN - 1,
                    c->look);
    ll_table_draw_head(&t, c, r.y, r.x + MARGIN);
    draw_sort_mark(l, &t, c, r.y, r.x + MARGIN);
    scroll(l, r.h - 1);
    for (int i = 0; i < r.h - 1 && l->top + i < l->order.n; i++) {
        const cJSON *row = l->rows[l->order.v[l->top + i]];
        int y = r.y + 1 + i;
        ll_style style = LL_S_TEXT;
        char letter = mark ? mark(ctx, row, &style) : ' ';
        ll_table_draw_row(&t, row, c, y, r.x + MARGIN);
        ll_putf(c, y, r.x + 1, style, "%c", letter);
        if (l->top + i == l->cursor)
            ll_restyle(c, (ll_rect){y, r.x, 1, r.w}, ll_style_ink(c->look, LL_S_CURSOR));
    }
    if (!l->order.n) ll_put(c, r.y + 2, r.x + MARGIN, LL_S_FAINT, "nothing matches the filter");
    ll_table_free(&t);
}
