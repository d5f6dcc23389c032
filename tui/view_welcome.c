/* The first thing to see while no dataset is loaded: which there are, and the tour. */
#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "tui/views.h"

typedef struct welcome_view {
    ll_view base;
    ll_strs names; /* datasets that `load` offers */
    int cursor;
    bool waiting; /* no dataset was loaded when it was last refreshed */
} welcome_view;

static bool has_data(ll_view *base)
{
    ll_state state;
    ll_app_snapshot(ll_screen_app(base->screen), &state);
    bool data = state.data != NULL;
    ll_state_free(&state);
    return data;
}

static void refresh(ll_view *base)
{
    welcome_view *v = (welcome_view *)base;
    bool data = has_data(base);
    if (data && v->waiting) ll_screen_open(base->screen, "devices"); /* loaded by a command: chosen */
    v->waiting = !data;
    ll_strs_free(&v->names);
    ll_app_complete(ll_screen_app(base->screen), "load ", &v->names);
    for (int i = v->names.n - 1; i >= 0; i--) /* options of the command are no datasets */
        if (strchr(v->names.v[i], '=') || strchr(v->names.v[i], '/')) {
            free(v->names.v[i]);
            memmove(v->names.v + i, v->names.v + i + 1, sizeof *v->names.v * (size_t)(v->names.n - i - 1));
            v->names.n--;
        }
    ll_strs_sort(&v->names);
    if (v->cursor >= v->names.n) v->cursor = 0;
}

static void draw(ll_view *base, ll_canvas *c, ll_rect r)
{
    welcome_view *v = (welcome_view *)base;
    int y = r.y + 1;
    ll_put(c, y++, 4, LL_S_TITLE, "latlab: hardware-aware NAS latency prediction");
    y++;
    ll_put(c, y++, 4, LL_S_TEXT,
           v->names.n ? "Choose a dataset (arrows, Enter):" : "No dataset was found. Import one:");
    if (!v->names.n) ll_put(c, y++, 6, LL_S_HEAD, ":import help DIR as NAME");
    for (int i = 0; i < v->names.n && y < r.y + r.h - 4; i++) {
        ll_putf(c, y, 6, LL_S_TEXT, " %s ", v->names.v[i]);
        if (i == v->cursor)
            ll_restyle(c, (ll_rect){y, 6, 1, ll_text_width(v->names.v[i]) + 2},
                       ll_style_ink(c->look, LL_S_CURSOR));
        y++;
    }
    y++;
    int x = 4 + ll_put(c, y, 4, LL_S_ACCENT, "t");
    ll_put(c, y++, x + 1, LL_S_TEXT, "a two-minute tour made of real commands");
    x = 4 + ll_put(c, y, 4, LL_S_ACCENT, "?");
    x += ll_put(c, y, x + 1, LL_S_TEXT, "the keys") + 3;
    x += ll_put(c, y, x, LL_S_ACCENT, ":") + 1;
    ll_put(c, y, x, LL_S_TEXT, "any command (Tab completes)");
}

static void move(ll_view *base, ll_move where)
{
    welcome_view *v = (welcome_view *)base;
    v->cursor += where == LL_DOWN ? 1 : where == LL_UP ? -1 : 0;
    if (v->cursor >= v->names.n) v->cursor = v->names.n - 1;
    if (v->cursor < 0) v->cursor = 0;
}

static bool action(ll_view *base, const char *name, const char *arg)
{
    welcome_view *v = (welcome_view *)base;
    if (strcmp(name, "load")) return false;
    if (v->cursor < v->names.n) {
        ll_screen_submitf(base->screen, "load %s", v->names.v[v->cursor]);
        ll_screen_open(base->screen, "devices");
    }
    return true;
}

static void click(ll_view *base, int y, int x, bool drag)
{
    welcome_view *v = (welcome_view *)base;
    if (y >= 4 && y - 4 < v->names.n) v->cursor = y - 4;
}

static void close_view(ll_view *base)
{
    ll_strs_free(&((welcome_view *)base)->names);
}

static const ll_key keys[] = {
    {"Enter", "@load", "load it"},
    {"t", "lesson tour", "tour"},
    {0},
};

const ll_view_type ll_view_welcome = {.name = "welcome",
                                      .title = "Welcome",
                                      .keys = keys,
                                      .size = sizeof(welcome_view),
                                      .refresh = refresh,
                                      .draw = draw,
                                      .move = move,
                                      .action = action,
                                      .click = click,
                                      .close = close_view};
