/* Rows of JSON objects as an aligned table. Numbers stand right, text left. Where the width is not enough, heads and then
 * the widest texts are broken over several lines (in a list to walk through, where a row is one line: cut), and only when
 * that is not enough are columns left out: from the right, those last that say which architecture or device it is. */
#ifndef LL_TUI_DRAW_TABLE_H
#define LL_TUI_DRAW_TABLE_H

#include <cjson/cJSON.h>

#include "tui/draw/paper.h"

typedef struct ll_table_column {
    const char *key; /* borrowed from the result */
    char *title;     /* with its unit */
    int digits, width;
    int body, head, least; /* the widest cell; the least width of the title; that of the column */
    bool number, whole, hidden;
} ll_table_column;

typedef struct ll_table {
    const cJSON *rows;
    ll_table_column *columns;
    int n_columns, n_hidden;
    bool headed; /* some title is not empty */
    bool wraps;  /* cells and heads take as many lines as they need; else one */
} ll_table;

/* Lays out rows for `width` columns (0: natural), every row on one line. The result must outlive the table. */
void ll_table_layout(ll_table *t, const cJSON *rows, const cJSON *columns, int width, const ll_look *look);
/* The same with lines that are broken where they are too long. */
void ll_table_wrap(ll_table *t, const cJSON *rows, const cJSON *columns, int width, const ll_look *look);
int ll_table_width(const ll_table *t);
void ll_table_draw_head(const ll_table *t, ll_canvas *c, int y, int x);
void ll_table_draw_row(const ll_table *t, const cJSON *row, ll_canvas *c, int y, int x);
/* The titles of the columns that are left out, with commas between. */
void ll_table_add_hidden(const ll_table *t, ll_str *out);
void ll_table_free(ll_table *t);

#endif
