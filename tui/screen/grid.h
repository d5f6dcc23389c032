/* A table to walk through: rows of a result with a cursor, sorted by any column, filtered as one types. */
#ifndef LL_TUI_SCREEN_GRID_H
#define LL_TUI_SCREEN_GRID_H

#include "tui/draw/table.h"
#include "tui/screen/screen.h"

enum { LL_MAX_HEADS = 24 };

struct ll_grid {
    cJSON *result; /* own copy; "rows" and "columns" are used */
    const cJSON **rows;
    int n;
    ll_ints order; /* rows shown, in this order */
    ll_walk list;  /* the cursor among them */
    int sort;      /* column, -1: as they came */
    bool down;     /* descending */
    int skipped;   /* columns behind the first that were scrolled past */
    int beyond;    /* columns for which there was no room when it was drawn last */
    char *filter;
    ll_rect r; /* where it was drawn last; h 0: not yet */
    struct {
        int end, column;
    } heads[LL_MAX_HEADS]; /* where each column's head ends */
    int n_heads;
};

void ll_grid_set(ll_grid *g, const cJSON *result); /* keeps sort and filter, and the cursor's place */
void ll_grid_free(ll_grid *g);
const cJSON *ll_grid_row(const ll_grid *g);   /* under the cursor, NULL: none */
void ll_grid_move(ll_grid *g, ll_move where); /* left and right choose the column to sort by */
bool ll_grid_find(ll_grid *g, const char *key, const char *value); /* cursor to the row that has it */
/* "filter-by TEXT", "reverse", "columns +" and "columns -" (scrolls sideways; the first column stays); false: none of
 * these. */
bool ll_grid_action(ll_grid *g, const char *name, const char *arg);
/* The row under the cursor as text: its values with tabs between. */
void ll_grid_copy(const ll_grid *g, ll_str *out);
/* `mark` gives a letter and style to put before a row; may be NULL. The cursor is shown only with the focus. */
typedef char (*ll_grid_mark)(void *ctx, const cJSON *row, ll_style *style);
void ll_grid_draw(ll_grid *g, ll_canvas *c, ll_rect r, bool focused, ll_grid_mark mark, void *ctx);
/* In places of the screen. A click on a head sorts, on a row goes there; the wheel scrolls. False: outside. */
bool ll_grid_mouse(ll_grid *g, const ll_mouse *m);

#endif
