#include "tui/draw/table.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"

enum { GAP = 2, FIRST = 20, LEAST = 10 }; /* blanks between columns; texts are not cut below these */

static void set_title(ll_table_column *col, const char *title, const char *unit)
{
    ll_str s = {0};
    ll_str_add(&s, title);
    if (unit && *unit) ll_str_addf(&s, *title ? " (%s)" : "%s", unit);
    col->title = ll_str_take(&s);
}

/* Some row has a value there: a column of blanks is not worth its width. */
static bool is_used(const cJSON *rows, const char *key)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, rows)
    {
        const cJSON *v = cJSON_GetObjectItemCaseSensitive(row, key);
        if (v && !cJSON_IsNull(v) && !(cJSON_IsString(v) && !*v->valuestring)) return true;
    }
    return false;
}

/* Columns as the result names them, else every key of the first row. */
static void read_columns(ll_table *t, const cJSON *columns)
{
    const cJSON *item, *first = cJSON_GetArrayItem(t->rows, 0);
    bool named = cJSON_GetArraySize(columns) > 0;
    const cJSON *from = named ? columns : first;
    t->columns = LL_NEW_ARRAY(ll_table_column, cJSON_GetArraySize(from) + 1);
    cJSON_ArrayForEach(item, from)
    {
        ll_table_column *col = &t->columns[t->n_columns];
        col->key = named ? ll_json_get_str(item, "key", NULL) : item->string;
        if (!col->key || !is_used(t->rows, col->key)) continue;
        col->digits = named ? ll_json_get_int(item, "digits", -1) : -1;
        set_title(col, named ? ll_json_get_str(item, "title", col->key) : col->key,
                  named ? ll_json_get_str(item, "unit", "") : "");
        t->n_columns++;
    }
}

static void measure_column(ll_table *t, ll_table_column *col, const ll_look *look)
{
    const cJSON *row;
    ll_str text = {0};
    col->width = ll_text_width(col->title);
    if (col->width) t->headed = true;
    int numbers = 0, others = 0, arrays = 0;
    cJSON_ArrayForEach(row, t->rows)
    {
        const cJSON *v = cJSON_GetObjectItemCaseSensitive(row, col->key);
        if (cJSON_IsNumber(v))
            numbers++;
        else if (v && !cJSON_IsNull(v))
            others++;
        arrays += cJSON_IsArray(v);
        ll_str_clear(&text);
        ll_render_value(v, col->digits, look, &text);
        int w = ll_text_width(ll_str_text(&text));
        if (w > col->width) col->width = w;
    }
    col->number = numbers > 0 && others == 0;
    col->whole = col->number || arrays > 0; /* half a number or half a drawing says nothing */
    ll_str_free(&text);
}

int ll_table_width(const ll_table *t)
{
    int w = 0;
    for (int i = 0; i < t->n_columns; i++)
        if (!t->columns[i].hidden) w += t->columns[i].width + (w ? GAP : 0);
    return w;
}

/* The least width a column is worth showing with: numbers whole, texts cut, the first column hardly at all. */
static int least_width(const ll_table *t, int i)
{
    const ll_table_column *col = &t->columns[i];
    int least = i == 0 ? FIRST : LEAST;
    return col->whole || col->width < least ? col->width : least;
}

static int least_total(const ll_table *t, int n)
{
    int w = 0;
    for (int i = 0; i < n; i++) w += least_width(t, i) + (i ? GAP : 0);
    return w;
}

static ll_table_column *widest_cut(const ll_table *t, int n)
{
    ll_table_column *best = NULL;
    for (int i = 0; i < n; i++) {
        ll_table_column *col = &t->columns[i];
        if (col->width > least_width(t, i) && (!best || col->width > best->width)) best = col;
    }
    return best;
}

/* As many columns as fit with their least widths, then the widest texts are cut until they do fit. */
static void fit(ll_table *t, int width)
{
    int n = t->n_columns;
    while (n > 1 && least_total(t, n) > width) {
        t->columns[--n].hidden = true;
        t->n_hidden++;
    }
    for (ll_table_column *col; ll_table_width(t) > width && (col = widest_cut(t, n));) col->width--;
}

void ll_table_layout(ll_table *t, const cJSON *rows, const cJSON *columns, int width, const ll_look *look)
{
    *t = (ll_table){.rows = rows};
    read_columns(t, columns);
    for (int i = 0; i < t->n_columns; i++) measure_column(t, &t->columns[i], look);
    if (width > 0) fit(t, width);
}

static void draw_cell(const ll_table_column *col, const char *text, ll_style style, ll_canvas *c, int y,
                      int x)
{
    int w = ll_text_width(text);
    if (col->number && w < col->width) x += col->width - w;
    ll_put_cut(c, y, x, col->width, style, text);
}

void ll_table_draw_head(const ll_table *t, ll_canvas *c, int y, int x)
{
    for (int i = 0; i < t->n_columns; i++) {
        const ll_table_column *col = &t->columns[i];
        if (col->hidden) continue;
        draw_cell(col, col->title, LL_S_HEAD, c, y, x);
        x += col->width + GAP;
    }
}

void ll_table_draw_row(const ll_table *t, const cJSON *row, ll_canvas *c, int y, int x)
{
    ll_str text = {0};
    for (int i = 0; i < t->n_columns; i++) {
        const ll_table_column *col = &t->columns[i];
        if (col->hidden) continue;
        const cJSON *v = cJSON_GetObjectItemCaseSensitive(row, col->key);
        ll_str_clear(&text);
        ll_render_value(v, col->digits, c->look, &text);
        draw_cell(col, ll_str_text(&text), cJSON_IsNull(v) ? LL_S_FAINT : LL_S_TEXT, c, y, x);
        x += col->width + GAP;
    }
    ll_str_free(&text);
}

void ll_table_free(ll_table *t)
{
    for (int i = 0; i < t->n_columns; i++) free(t->columns[i].title);
    free(t->columns);
    t->columns = NULL;
}
