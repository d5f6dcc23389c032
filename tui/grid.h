/* A table to walk through: rows of a result with a cursor, sorted by any column, filtered as one types. */
#ifndef LL_TUI_GRID_H
#define LL_TUI_GRID_H

#include "tui/screen.h"
#include "tui/table.h"

typedef struct ll_grid {
    cJSON *result; /* own copy; "rows" and "columns" are used */
    const cJSON **rows;
    int n;
    ll_ints order; /* rows shown, in this order */
    int cursor, top, page;
    int sort;  /* column, -1: as they came */
    bool down; /* descending */
    char *filter;
} ll_grid;

void ll_grid_set(ll_grid *l, const cJSON *result); /* keeps sort and filter, and the cursor's place */
void ll_grid_free(ll_grid *l);
const cJSON *ll_grid_row(const ll_grid *l);   /* under the cursor, NULL: none */
void ll_grid_move(ll_grid *l, ll_move where); /* left and right choose the column to sort by */
/* "filter-by TEXT", "reverse"; false: none of these. */
bool ll_grid_action(ll_grid *l, const char *name, const char *arg);
/* `mark` gives a letter and style to put before a row; may be NULL. */
typedef char (*ll_grid_mark)(void *ctx, const cJSON *row, ll_style *style);
void ll_grid_draw(ll_grid *l, ll_canvas *c, ll_rect r, ll_grid_mark mark, void *ctx);
void ll_grid_click(ll_grid *l, int y); /* row of its rectangle */

#endif
