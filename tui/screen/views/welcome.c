/* The first thing to see while no dataset is loaded: which there are, and the tour. */
#include <stdlib.h>
#include <string.h>

#include "core/base/text/json.h"
#include "tui/screen/views/views.h"

typedef struct welcome_view {
    ll_view base;
    ll_grid list; /* datasets that `load` takes */
    bool waiting; /* no dataset was loaded when it was last refreshed */
    bool session; /* `open` has one to take up */
} welcome_view;

static void refresh(ll_view *base)
{
    welcome_view *v = (welcome_view *)base;
    bool data = base->state.data != NULL;
    if (data && v->waiting) ll_screen_open(base->screen, "devices"); /* loaded by a command: chosen */
    v->waiting = !data;
    ll_screen_ask(base, "datasets", "datasets");
    ll_screen_ask(base, "sessions", "sessions");
}

/* Is there a session that nobody has open? */
static bool is_to_open(const cJSON *sessions)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(sessions, "rows"))
    {
        if (!*ll_json_get_str(row, "open", "")) return true;
    }
    return false;
}

/* Where each dataset lies is for `datasets` to say; here it is what to choose from. */
static void result(ll_view *base, const char *tag, const cJSON *event)
{
    if (!strcmp(tag, "sessions")) {
        ((welcome_view *)base)->session = is_to_open(event);
        return;
    }
    cJSON *table = cJSON_Duplicate(event, true), *row;
    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(table, "rows"))
    {
        cJSON_DeleteItemFromObject(row, "path");
    }
    ll_grid_set(&((welcome_view *)base)->list, table);
    cJSON_Delete(table);
}

static void draw(ll_view *base, ll_canvas *c, ll_rect r)
{
    welcome_view *v = (welcome_view *)base;
    int y = r.y + 1, n = v->list.n, room = r.h - 9;
    ll_put(c, y, 4, LL_S_TITLE, "latlab: hardware-aware NAS latency prediction");
    y += 2;
    if (!v->list.result) return;
    ll_put(c, y++, 4, LL_S_TEXT,
           n ? "Choose a dataset (arrows, Enter):"
             : "No dataset was found. Import one, `:help import` says how:");
    if (!n) ll_put(c, y++, 6, LL_S_HEAD, ":import help DIR as NAME");
    int h = n + 1 < room ? n + 1 : room;
    if (n) ll_grid_draw(&v->list, c, (ll_rect){y, 3, h, r.w - 4}, true, NULL, NULL);
    y += (n ? h : 0) + 1;
    int x = 4 + ll_put(c, y, 4, LL_S_ACCENT, "t");
    ll_put(c, y++, x + 1, LL_S_TEXT, "a two-minute tour made of real commands");
    if (v->session) {
        x = 4 + ll_put(c, y, 4, LL_S_ACCENT, "o");
        ll_put(c, y++, x + 1, LL_S_TEXT, "the last session, where it was left");
    }
    x = 4 + ll_put(c, y, 4, LL_S_ACCENT, "i");
    ll_put_cut(c, y++, x + 1, c->width - x - 2, LL_S_TEXT,
               "data of your own: CSV, HELP, OneProxy, EAGLE (`:help import` says how)");
    x = 4 + ll_put(c, y, 4, LL_S_ACCENT, "?");
    x += ll_put(c, y, x + 1, LL_S_TEXT, "the keys") + 3;
    x += ll_put(c, y, x, LL_S_ACCENT, ":") + 1;
    ll_put(c, y, x, LL_S_TEXT, "any command (Tab completes)");
}

static ll_grid *grid(ll_view *base)
{
    return &((welcome_view *)base)->list;
}

static bool action(ll_view *base, const char *name, const char *arg)
{
    const char *dataset = ll_json_get_str(ll_grid_row(grid(base)), "name", NULL);
    if (strcmp(name, "load")) return false;
    if (dataset) {
        ll_screen_submitf(base->screen, "load %s", dataset);
        ll_screen_open(base->screen, "devices");
    }
    return true;
}

static bool offers(const ll_view *base, const char *key)
{
    return strcmp(key, "o") || ((const welcome_view *)base)->session;
}

static void close_view(ll_view *base)
{
    ll_grid_free(grid(base));
}

static const ll_key keys[] = {
    {"Enter", "@load", "load it"},
    {"o", "open", "open: the last session"},
    {"i", "@command import ", "import: data of your own"},
    {"t", "lesson tour", "tour: two minutes of real commands"},
    {0},
};

const ll_view_type ll_view_welcome = {
    .name = "welcome",
    .title = "Welcome",
    .help = "The datasets that were found. Those whose name ends in _sim come with latlab and are simulated.",
    .keys = keys,
    .size = sizeof(welcome_view),
    .refresh = refresh,
    .result = result,
    .draw = draw,
    .grid = grid,
    .action = action,
    .offers = offers,
    .close = close_view,
};
