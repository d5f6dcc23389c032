/* The mouse: places that are keys (tabs, hints), the log, and what the view makes of it. */
#include <string.h>

#include "core/base/clock.h"
#include "tui/screen/grid.h"
#include "tui/screen/pager.h"
#include "tui/screen/screen_in.h"

#define DOUBLE_S 0.4 /* two clicks on one place within this are one double click */

void ll_screen_forget_spots(ll_screen *s)
{
    s->n_spots = 0;
}

void ll_screen_add_spot(ll_screen *s, int y, int x, int w, const char *key)
{
    if (s->n_spots == LL_MAX_SPOTS) return;
    ll_spot *spot = &s->spots[s->n_spots++];
    size_t n = strcspn(key, " ");
    spot->r = (ll_rect){y, x, 1, w};
    memcpy(spot->key, key, n < LL_KEY_NAME ? n : LL_KEY_NAME - 1);
    spot->key[n < LL_KEY_NAME ? n : LL_KEY_NAME - 1] = 0;
}

static bool press_spot(ll_screen *s, const ll_mouse *m)
{
    for (int i = 0; i < s->n_spots; i++) {
        if (!ll_rect_has(s->spots[i].r, m->y, m->x)) continue;
        char key[LL_KEY_NAME];
        strcpy(key, s->spots[i].key); /* the key may draw, and so change the spots */
        ll_screen_key(s, key);
        return true;
    }
    return false;
}

static bool scroll_log(ll_screen *s, const ll_mouse *m)
{
    ll_rect view = ll_screen_view_rect(s);
    if (!ll_mouse_wheel(m) || m->y < view.y + view.h) return false;
    ll_screen_do(s, ll_mouse_wheel(m) < 0 ? "@log-up" : "@log-down");
    return true;
}

/* A view finds what is under the mouse by how it drew it last: of a picture that is no longer its own it would find what
 * is not there. */
static void to_view(ll_screen *s, const ll_mouse *m)
{
    ll_view *v = ll_screen_top(s);
    if (v->message || v->undrawn) return;
    bool taken = v->type->mouse && v->type->mouse(v, m);
    if (!taken && v->type->grid && v->type->grid(v)) taken = ll_grid_mouse(v->type->grid(v), m);
    if (!taken && v->type->pager && v->type->pager(v)) taken = ll_pager_mouse(v->type->pager(v), m);
    if (taken && m->what == LL_MOUSE_DOUBLE && ll_screen_bound(s, "Enter"))
        ll_screen_do(s, ll_screen_bound(s, "Enter"));
}

static void notice_double(ll_screen *s, ll_mouse *m)
{
    double now = ll_now_s();
    if (m->what != LL_MOUSE_CLICK) return;
    bool same = s->click.y == m->y && s->click.x == m->x && now - s->clicked_s < DOUBLE_S;
    s->click = *m;
    s->clicked_s = same ? 0 : now;
    if (same) m->what = LL_MOUSE_DOUBLE;
}

void ll_screen_mouse(ll_screen *s, const ll_mouse *event)
{
    ll_mouse m = *event;
    if (m.what == LL_MOUSE_RELEASE) {
        const ll_view_type *t = ll_screen_top(s)->type;
        if (t->release) t->release(ll_screen_top(s));
        return;
    }
    notice_double(s, &m);
    s->dirty = true;
    if (s->mode == LL_MODE_HELP) {
        ll_screen_key(s, !ll_mouse_wheel(&m) ? "Esc" : ll_mouse_wheel(&m) < 0 ? "Up" : "Down");
    } else if (s->mode == LL_MODE_VIEW && !scroll_log(s, &m)) {
        if (m.what != LL_MOUSE_CLICK || !press_spot(s, &m)) to_view(s, &m);
    }
}
