/* Rows of JSON objects as an aligned table. Numbers stand right, text left; what does not fit is first cut
 * (the widest texts), then columns are left out from the right, and the table says so. */
#ifndef LL_TUI_DRAW_TABLE_H
#define LL_TUI_DRAW_TABLE_H

#include <cjson/cJSON.h>

#include "tui/draw/paper.h"

typedef struct ll_table_column {
    const char *key; /* borrowed from the result */
    char *title;     /* with its unit */
    int digits, width;
    bool number, whole, hidden;
} ll_table_column;

typedef struct ll_table {
    const cJSON *rows;
    ll_table_column *columns;
    int n_columns, n_hidden;
    bool headed; /* some title is not empty */
} ll_table;

/* Lays out rows for `width` columns (0: natural). The result must outlive the table. */
void ll_table_layout(ll_table *t, const cJSON *rows, const cJSON *columns, int width, const ll_look *look);
int ll_table_width(const ll_table *t);
void ll_table_draw_head(const ll_table *t, ll_canvas *c, int y, int x);
void ll_table_draw_row(const ll_table *t, const cJSON *row, ll_canvas *c, int y, int x);
void ll_table_free(ll_table *t);

#endif
