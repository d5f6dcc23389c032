/* The mouse as xterm reports it: SGR (1006) and, from terminals that know only that, the old three bytes. Pure:
 * characters in, events out; a report may come in pieces. */
#ifndef LL_TUI_SCREEN_MOUSE_H
#define LL_TUI_SCREEN_MOUSE_H

#include <stdbool.h>

typedef struct ll_mouse {
    int y, x;
    enum {
        LL_MOUSE_CLICK,
        LL_MOUSE_DRAG,
        LL_MOUSE_DOUBLE,
        LL_MOUSE_WHEEL_UP,
        LL_MOUSE_WHEEL_DOWN,
        LL_MOUSE_RELEASE /* goes to views that ask for it alone */
    } what;
} ll_mouse;

/* -1 up, 1 down, 0: not the wheel. */
static inline int ll_mouse_wheel(const ll_mouse *m)
{
    return m->what == LL_MOUSE_WHEEL_UP ? -1 : m->what == LL_MOUSE_WHEEL_DOWN;
}

typedef struct ll_mouse_reader {
    enum { LL_MOUSE_IDLE, LL_MOUSE_SGR, LL_MOUSE_X10 } form; /* of the report under way */
    int v[3], n;                                             /* button, column, row so far */
} ll_mouse_reader;

void ll_mouse_begin(ll_mouse_reader *r, bool sgr); /* behind ESC [ < or ESC [ M */
/* One character of the report. True: it is complete and is an event worth having (a press of the left button, a
 * move with it held, its release, the wheel). */
bool ll_mouse_take(ll_mouse_reader *r, int ch, ll_mouse *m);

#endif
