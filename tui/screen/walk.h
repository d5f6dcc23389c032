/* Walking through n lines of which some are shown: the cursor, the first line in sight, a page. */
#ifndef LL_TUI_SCREEN_WALK_H
#define LL_TUI_SCREEN_WALK_H

#include <stdbool.h>

typedef enum ll_move {
    LL_UP,
    LL_DOWN,
    LL_LEFT,
    LL_RIGHT,
    LL_PAGE_UP,
    LL_PAGE_DOWN,
    LL_FIRST,
    LL_LAST
} ll_move;

typedef struct ll_walk {
    int cursor, top;
    int room; /* lines in sight when it was drawn last */
} ll_walk;

/* False for left and right, which a list leaves to others. */
bool ll_walk_move(ll_walk *l, int n, ll_move where);
/* Before drawing: the cursor within the n lines and in sight. */
void ll_walk_show(ll_walk *l, int n, int room);
/* Scroll by lines; the cursor follows only as far as it must to stay in sight. */
void ll_walk_scroll(ll_walk *l, int n, int by);

#endif
