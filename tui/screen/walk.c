#include "tui/screen/walk.h"

static int clip(int v, int lo, int hi)
{
    return v > hi ? hi < lo ? lo : hi : v < lo ? lo : v;
}

bool ll_walk_move(ll_walk *l, int n, ll_move where)
{
    int page = l->room > 1 ? l->room - 1 : 1;
    const int steps[] = {[LL_UP] = -1,          [LL_DOWN] = 1,   [LL_PAGE_UP] = -page,
                         [LL_PAGE_DOWN] = page, [LL_FIRST] = -n, [LL_LAST] = n};
    if (where == LL_LEFT || where == LL_RIGHT) return false;
    l->cursor = clip(l->cursor + steps[where], 0, n - 1);
    return true;
}

void ll_walk_show(ll_walk *l, int n, int room)
{
    l->room = room;
    l->cursor = clip(l->cursor, 0, n - 1);
    l->top = clip(l->top, l->cursor - room + 1, l->cursor);
    l->top = clip(l->top, 0, n - room);
}

void ll_walk_scroll(ll_walk *l, int n, int by)
{
    l->top = clip(l->top + by, 0, n - l->room);
    l->cursor = clip(l->cursor, l->top, l->top + l->room - 1);
    l->cursor = clip(l->cursor, 0, n - 1);
}
