#include "tui/screen/mouse.h"

enum { BUTTON = 3, MOTION = 32, WHEEL = 64, RELEASED = 3, OTHERS = 128 };

void ll_mouse_begin(ll_mouse_reader *r, bool sgr)
{
    *r = (ll_mouse_reader){.form = sgr ? LL_MOUSE_SGR : LL_MOUSE_X10};
}

static bool finish(ll_mouse_reader *r, bool pressed, ll_mouse *m)
{
    int b = r->v[0], released = r->form == LL_MOUSE_SGR ? 0 : RELEASED; /* the old form names no button */
    r->form = LL_MOUSE_IDLE;
    m->x = r->v[1] - 1;
    m->y = r->v[2] - 1;
    if (b & OTHERS || m->x < 0 || m->y < 0) return false;
    if (b & WHEEL) {
        m->what = b & 1 ? LL_MOUSE_WHEEL_DOWN : LL_MOUSE_WHEEL_UP;
        return (b & BUTTON) < 2; /* the others go sideways */
    }
    if (!pressed) {
        m->what = LL_MOUSE_RELEASE;
        return (b & BUTTON) == released;
    }
    m->what = b & MOTION ? LL_MOUSE_DRAG : LL_MOUSE_CLICK;
    return (b & BUTTON) == 0;
}

static bool take_sgr(ll_mouse_reader *r, int ch, ll_mouse *m)
{
    if (ch >= '0' && ch <= '9' && r->v[r->n] < 100000) {
        r->v[r->n] = 10 * r->v[r->n] + ch - '0';
    } else if (ch == ';' && r->n < 2) {
        r->n++;
    } else if ((ch == 'M' || ch == 'm') && r->n == 2) {
        return finish(r, ch == 'M', m);
    } else {
        r->form = LL_MOUSE_IDLE; /* no report after all */
    }
    return false;
}

bool ll_mouse_take(ll_mouse_reader *r, int ch, ll_mouse *m)
{
    if (r->form == LL_MOUSE_SGR) return take_sgr(r, ch, m);
    if (r->form == LL_MOUSE_IDLE) return false;
    r->v[r->n++] = ch - 32;
    return r->n == 3 && finish(r, r->v[0] < 0 || (r->v[0] & BUTTON) != RELEASED, m);
}
