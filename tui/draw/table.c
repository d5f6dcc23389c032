#include "tui/draw/table.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"

/* Blanks between columns; texts are not cut below these widths; the most lines of a text and of a head. */
enum { GAP = 2, FIRST = 20, LEAST = 10, LINES = 4, HEAD_LINES = 3 };

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

static int longest_word(const char *text)
{
    int most = 0;
    while (*text) {
        size_t n = strcspn(text, " ");
        ll_str word = {0};
        ll_str_addn(&word, text, n);
        int w = ll_text_width(ll_str_text(&word));
        if (w > most) most = w;
        ll_str_free(&word);
        text += n + (text[n] == ' ');
    }
    return most;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static int count_lines(const char *text, int width)
{
    int n = 0;
    do {
        text += ll_line_end(text, width);
        text += *text == ' ' || *text == '\n';
        n++;
    } while (*text);
    return n;
}

/* A head takes at most so many lines. */
static int least_head(const char *title)
{
    int w = longest_word(title);
    while (count_lines(title, w) > HEAD_LINES) w++;
    return w;
}

static void measure_column(ll_table *t, ll_table_column *col, const ll_look *look)
{
    const cJSON *row;
    ll_str text = {0};
    col->width = ll_text_width(col->title);
    if (col->width) t->headed = true;
    col->head = least_head(col->title);
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
        if (w > col->body) col->body = w;
    }
    col->width = larger(col->width, col->body);
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

/* Which row it is: what the other columns say is of no use without. */
static bool is_name(const ll_table_column *col)
{
    static const char *const names[] = {"architecture", "arch", "device", "target", NULL};
    for (int i = 0; names[i]; i++)
        if (!strcmp(col->key, names[i])) return true;
    return false;
}

/* The least width a column is worth showing with: numbers whole, the first column hardly cut at all. On one line texts are
 * cut; on several, they are broken into few lines, and heads into as many as they have words. */
static int least_width(const ll_table *t, int i)
{
    const ll_table_column *col = &t->columns[i];
    int least = i == 0 ? FIRST : LEAST;
    if (!t->wraps) return col->whole ? col->width : smaller(least, col->width);
    int body = col->whole ? col->body : smaller(larger(least, (col->body + LINES - 1) / LINES), col->body);
    return larger(body, col->head);
}

static int least_total(const ll_table *t)
{
    int w = 0;
    for (int i = 0; i < t->n_columns; i++)
        if (!t->columns[i].hidden) w += t->columns[i].least + (w ? GAP : 0);
    return w;
}

/* The last one that is no name, else the last but one; -1: one is left. */
static int next_to_hide(const ll_table *t)
{
    int shown = 0, last = -1, plain = -1;
    for (int i = 0; i < t->n_columns; i++) {
        const ll_table_column *col = &t->columns[i];
        if (col->hidden || !shown++) continue; /* the first one stays */
        last = i;
        if (!is_name(col)) plain = i;
    }
    return t->wraps && plain >= 0 ? plain : last;
}

/* The widest of those that are wider than they need to be: by their heads alone, or (`cut`) at all. */
static ll_table_column *widest_cut(const ll_table *t, bool cut)
{
    ll_table_column *best = NULL;
    for (int i = 0; i < t->n_columns; i++) {
        ll_table_column *col = &t->columns[i];
        int least = cut ? col->least : larger(col->body, col->head);
        if (!col->hidden && col->width > least && (!best || col->width > best->width)) best = col;
    }
    return best;
}

/* As many columns as fit with their least widths, then the longest heads are broken, then the widest texts, until they do. */
static void fit(ll_table *t, int width)
{
    for (int i = 0; i < t->n_columns; i++) t->columns[i].least = least_width(t, i);
    for (int i; least_total(t) > width && (i = next_to_hide(t)) >= 0;) {
        t->columns[i].hidden = true;
        t->n_hidden++;
    }
    for (int pass = t->wraps ? 0 : 1; pass < 2; pass++)
        for (ll_table_column *col; ll_table_width(t) > width && (col = widest_cut(t, pass));) col->width--;
}

static void lay_out(ll_table *t, const cJSON *columns, int width, const ll_look *look)
{
    read_columns(t, columns);
    for (int i = 0; i < t->n_columns; i++) measure_column(t, &t->columns[i], look);
    if (width > 0) fit(t, width);
}

void ll_table_layout(ll_table *t, const cJSON *rows, const cJSON *columns, int width, const ll_look *look)
{
    *t = (ll_table){.rows = rows};
    lay_out(t, columns, width, look);
}

void ll_table_wrap(ll_table *t, const cJSON *rows, const cJSON *columns, int width, const ll_look *look)
{
    *t = (ll_table){.rows = rows, .wraps = true};
    lay_out(t, columns, width, look);
}

void ll_table_add_hidden(const ll_table *t, ll_str *out)
{
    int n = 0;
    for (int i = 0; i < t->n_columns; i++)
        if (t->columns[i].hidden) ll_str_addf(out, "%s%s", n++ ? ", " : "", t->columns[i].title);
}

static void draw_line(const ll_table_column *col, const char *text, ll_style style, ll_canvas *c, int y,
                      int x)
{
    int w = ll_text_width(text);
    if (col->number && w < col->width) x += col->width - w;
    ll_put_cut(c, y, x, col->width, style, text);
}

static void draw_cell(const ll_table *t, const ll_table_column *col, const char *text, ll_style style,
                      ll_canvas *c, int y, int x)
{
    if (!t->wraps || col->whole || ll_text_width(text) <= col->width) {
        draw_line(col, text, style, c, y, x);
        return;
    }
    while (*text) {
        ll_str line = {0};
        size_t n = ll_line_end(text, col->width);
        ll_str_addn(&line, text, n);
        draw_line(col, ll_str_text(&line), style, c, y++, x);
        ll_str_free(&line);
        text += n + (text[n] == ' ' || text[n] == '\n');
    }
}

/* A head of one word too many is broken even over a column of numbers. */
static void draw_title(const ll_table *t, const ll_table_column *col, ll_canvas *c, int y, int x)
{
    ll_table_column head = *col;
    head.whole = false;
    draw_cell(t, &head, col->title, LL_S_HEAD, c, y, x);
}

void ll_table_draw_head(const ll_table *t, ll_canvas *c, int y, int x)
{
    int most = 1;
    for (int i = 0; t->wraps && i < t->n_columns; i++)
        if (!t->columns[i].hidden) most = larger(most, count_lines(t->columns[i].title, t->columns[i].width));
    for (int i = 0; i < t->n_columns; i++) {
        const ll_table_column *col = &t->columns[i];
        if (col->hidden) continue;
        draw_title(t, col, c, y + most - (t->wraps ? count_lines(col->title, col->width) : 1), x);
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
        draw_cell(t, col, ll_str_text(&text), cJSON_IsNull(v) ? LL_S_FAINT : LL_S_TEXT, c, y, x);
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
