/* A page of text longer than its place: scrolled, searched. */
#ifndef LL_TUI_SCREEN_PAGER_H
#define LL_TUI_SCREEN_PAGER_H

#include "tui/screen/screen.h"

struct ll_pager {
    ll_canvas page;
    int top, left; /* what of the page is at the upper left corner */
    int last;      /* row where the last result begins */
    ll_rect r;     /* where it was drawn last */
    char *wanted;  /* text searched for; NULL: none */
    int found;     /* row that has it and is marked; -1, or nothing wanted: none */
};

void ll_pager_free(ll_pager *p);
/* The page: drawings of results one below the other, as wide as the look, which may be wider than the place: `left` then
 * scrolls sideways. */
void ll_pager_set(ll_pager *p, const cJSON *const *results, int n, const ll_look *look);
void ll_pager_draw(ll_pager *p, ll_canvas *c, ll_rect r);
void ll_pager_move(ll_pager *p, ll_move where);
/* "filter-by TEXT": to the next line that has it, which is marked; "" ends the search. "find +" and "find -": to the line
 * after or before that has it, and round the end. False: another action, or nothing is searched for. */
bool ll_pager_action(ll_pager *p, const char *name, const char *arg);
void ll_pager_copy(const ll_pager *p, ll_str *out);  /* the line searched for, else the first one in sight */
bool ll_pager_mouse(ll_pager *p, const ll_mouse *m); /* the wheel; false: outside */

#endif
