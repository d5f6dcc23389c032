/* The log in full: commands and what came of them; results fold out. */
#include <stdlib.h>
#include <string.h>

#include "tui/render.h"
#include "tui/views.h"

typedef struct log_view {
    ll_view base;
    int cursor, top, room;
    int seen; /* entries when drawn last: the cursor follows new ones while it stands at the end */
} log_view;

static int clip(int v, int hi)
{
    return v < 0 ? 0 : v > hi ? hi : v;
}

/* Rows of one entry: one, or its whole drawing when it is folded out. */
static int entry_rows(const ll_log_entry *e, const ll_look *look, ll_canvas *part)
{
    ll_look inner = *look;
    inner.width = look->width - 4;
    if (!e->folded_out || !e->result) return 1;
    ll_render_canvas(e->result, &inner, part);
    part->look = look;
    return part->height + 1;
}

static int draw_entry(const ll_log_entry *e, ll_canvas *c, ll_rect r, int y, bool cursor)
{
    ll_canvas part = {0};
    int rows = entry_rows(e, c->look, &part), left = r.y + r.h - y;
    if (e->kind == LL_LOG_RESULT) ll_put(c, y, r.x + 1, LL_S_FAINT, e->folded_out ? "-" : "+");
    ll_log_draw_entry(e, c, y, r.x + 2, r.w - 3);
    if (cursor) ll_restyle(c, (ll_rect){y, r.x, 1, r.w}, ll_style_ink(c->look, LL_S_CURSOR));
    if (part.cells) {
        int h = part.height < left - 1 ? part.height : left - 1;
        ll_blit(c, (ll_rect){y + 1, r.x + 4, h, r.w - 4}, &part, 0, 0);
        ll_canvas_free(&part);
    }
    return rows;
}

static void draw(ll_view *base, ll_canvas *c, ll_rect r)
{
    log_view *v = (log_view *)base;
    const ll_log *log = ll_screen_log(base->screen);
    if (v->cursor >= v->seen - 1) v->cursor = log->n - 1;
    v->seen = log->n;
    v->cursor = clip(v->cursor, log->n - 1);
    v->room = r.h;
    if (v->cursor < v->top) v->top = v->cursor;
    if (v->cursor >= v->top + r.h) v->top = v->cursor - r.h + 1;
    for (int y = r.y, i = v->top; i < log->n && y < r.y + r.h; i++)
        y += draw_entry(&log->v[i], c, r, y, i == v->cursor);
    if (!log->n) ll_put(c, r.y + 2, 4, LL_S_FAINT, "No command has been given yet.");
}

static void move(ll_view *base, ll_move where)
{
    log_view *v = (log_view *)base;
    int n = ll_screen_log(base->screen)->n;
    static const int step[] = {[LL_UP] = -1, [LL_DOWN] = 1, [LL_FIRST] = -100000, [LL_LAST] = 100000};
    if (where == LL_LEFT || where == LL_RIGHT) return;
    int by = where == LL_PAGE_UP ? -v->room : where == LL_PAGE_DOWN ? v->room : step[where];
    v->cursor = clip(v->cursor + by, n > 0 ? n - 1 : 0);
}

static bool action(ll_view *base, const char *name, const char *arg)
{
    log_view *v = (log_view *)base;
    ll_log *log = ll_screen_log(base->screen);
    ll_log_entry *e = v->cursor < log->n ? &log->v[v->cursor] : NULL;
    if (!strcmp(name, "fold") && e)
        e->folded_out = e->result && !e->folded_out;
    else if (!strcmp(name, "copy") && e)
        ll_screen_copy(base->screen, e->text);
    else if (!strcmp(name, "again") && e && e->kind == LL_LOG_COMMAND)
        ll_screen_type(base->screen, e->text);
    else
        return false;
    return true;
}

static void click(ll_view *base, int y, int x, bool drag)
{
    log_view *v = (log_view *)base;
    if (v->top + y < ll_screen_log(base->screen)->n) v->cursor = v->top + y;
}

static const ll_key keys[] = {
    {"Enter Space", "@fold", "fold a result out or in"},
    {"c", "@again", "copy the command to the : line"},
    {0},
};

const ll_view_type ll_view_log = {
    .name = "log",
    .title = "Log of commands and results",
    .help = "Every command of this session with its outcome. A line of it, or all of "
            "them, can be a script: `journal` shows what is kept for replay.",
    .keys = keys,
    .size = sizeof(log_view),
    .draw = draw,
    .move = move,
    .action = action,
    .click = click};
