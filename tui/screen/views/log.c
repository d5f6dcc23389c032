/* The log in full: commands and what came of them; results fold out. Scrolled by rows, walked by entries. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/draw/render.h"
#include "tui/screen/views/views.h"

typedef struct log_view {
    ll_view base;
    ll_ints shown; /* entries that pass the filter */
    char *filter;
    ll_walk list; /* the cursor among them */
    int top;      /* first row in sight, of all rows of all shown entries */
    int seen;     /* entries when drawn last: the cursor follows new ones while it stands at the end */
    ll_rect r;
    ll_ints row_of; /* entry of each row in sight, for clicks */
} log_view;

static const ll_log_entry *entry_at(const log_view *v, int i)
{
    return &ll_screen_log(v->base.screen)->v[v->shown.v[i]];
}

static void choose_shown(log_view *v)
{
    const ll_log *log = ll_screen_log(v->base.screen);
    v->shown.n = 0;
    for (int i = 0; i < log->n; i++)
        if (!v->filter || !*v->filter || strcasestr(log->v[i].text, v->filter)) ll_ints_add(&v->shown, i);
    if (v->list.cursor >= v->seen - 1) v->list.cursor = v->shown.n - 1;
    v->seen = v->shown.n;
}

enum { MARGIN = 3 }; /* columns beside an entry */

/* Rows of one entry: its own, and its whole drawing when it is folded out (then `part` is it, to be freed). */
static int entry_rows(const ll_log_entry *e, const ll_look *look, ll_canvas *part)
{
    ll_look inner = *look;
    inner.width = look->width - 4;
    *part = (ll_canvas){0};
    if (!e->folded_out || !e->result) return ll_log_entry_rows(e, look->width - MARGIN);
    ll_render_canvas(e->result, &inner, part);
    part->look = look;
    return part->height + 1;
}

/* The first row of entry i, and in *rows how many it has. */
static int first_row(const log_view *v, const ll_look *look, int entry, int *rows)
{
    int y = 0;
    *rows = 0;
    for (int i = 0; i <= entry && i < v->shown.n; i++) {
        ll_canvas part;
        y += *rows;
        *rows = entry_rows(entry_at(v, i), look, &part);
        ll_canvas_free(&part);
    }
    return y;
}

/* An entry as it would stand on a page of its own; the caller frees. */
static void draw_whole(const ll_log_entry *e, const ll_look *look, bool cursor, ll_canvas *c)
{
    ll_canvas part;
    entry_rows(e, look, &part);
    ll_canvas_init(c, look, 0, look->width);
    int rows = ll_log_draw_entry(e, c, 0, 2, look->width - MARGIN);
    ll_put(c, rows - 1, 0, LL_S_TEXT, ""); /* also where nothing was said */
    if (e->kind == LL_LOG_RESULT) ll_put(c, 0, 1, LL_S_FAINT, e->folded_out ? "-" : "+");
    if (cursor) ll_restyle(c, (ll_rect){0, 0, rows, look->width}, ll_style_ink(look, LL_S_CURSOR));
    if (part.cells) {
        ll_put(c, rows + part.height - 1, 0, LL_S_TEXT, ""); /* makes room */
        ll_blit(c, (ll_rect){rows, 4, part.height, look->width - 4}, &part, 0, 0);
    }
    ll_canvas_free(&part);
}

/* Draws the part of an entry that lies within r, its first row being row y of the screen. */
static int draw_entry(log_view *v, ll_canvas *c, ll_rect r, int y, int i)
{
    ll_canvas whole;
    draw_whole(entry_at(v, i), c->look, i == v->list.cursor, &whole);
    int rows = whole.height, skipped = y < r.y ? r.y - y : 0, h = rows - skipped,
        room = r.y + r.h - y - skipped;
    if (h > 0 && room > 0)
        ll_blit(c, (ll_rect){y + skipped, r.x, h < room ? h : room, r.w}, &whole, skipped, 0);
    ll_canvas_free(&whole);
    for (int row = y; row < y + rows; row++)
        if (row >= r.y && row < r.y + r.h) ll_ints_add(&v->row_of, i);
    return rows;
}

/* The cursor's entry in sight; of one that is higher than the screen, some of it. */
static void keep_in_sight(log_view *v, const ll_look *look, int h)
{
    int rows, first = first_row(v, look, v->list.cursor, &rows);
    if (first + rows > v->top + h && rows <= h) v->top = first + rows - h;
    if (first + rows <= v->top || (first < v->top && rows <= h)) v->top = first;
    if (first >= v->top + h) v->top = first;
}

static void draw(ll_view *base, ll_canvas *c, ll_rect r)
{
    log_view *v = (log_view *)base;
    choose_shown(v);
    ll_walk_show(&v->list, v->shown.n, r.h);
    v->r = r;
    v->row_of.n = 0;
    if (!v->shown.n)
        ll_put(c, r.y + 2, 4, LL_S_FAINT,
               v->filter && *v->filter ? "nothing matches the filter" : "No command has been given yet.");
    keep_in_sight(v, c->look, r.h);
    for (int y = r.y - v->top, i = 0; i < v->shown.n && y < r.y + r.h; i++) y += draw_entry(v, c, r, y, i);
}

/* --- keys --- */

/* Through an entry that is higher than the screen row by row, else from entry to entry. */
static bool scroll_within(log_view *v, ll_move where)
{
    int rows, first = first_row(v, ll_screen_look(v->base.screen), v->list.cursor, &rows);
    if (where == LL_DOWN && rows > v->r.h && first + rows > v->top + v->r.h)
        v->top++;
    else if (where == LL_UP && rows > v->r.h && first < v->top)
        v->top--;
    else
        return false;
    return true;
}

static void move(ll_view *base, ll_move where)
{
    log_view *v = (log_view *)base;
    if (v->shown.n && !scroll_within(v, where)) ll_walk_move(&v->list, v->shown.n, where);
}

static bool fold(log_view *v)
{
    ll_log_entry *e = &ll_screen_log(v->base.screen)->v[v->shown.v[v->list.cursor]];
    e->folded_out = e->result && !e->folded_out;
    return true;
}

static bool action(ll_view *base, const char *name, const char *arg)
{
    log_view *v = (log_view *)base;
    if (!strcmp(name, "filter-by")) {
        free(v->filter);
        v->filter = ll_strdup(arg);
        return true;
    }
    if (v->list.cursor >= v->shown.n || v->list.cursor < 0) return false;
    const ll_log_entry *e = entry_at(v, v->list.cursor);
    if (!strcmp(name, "fold")) return fold(v);
    if (!strcmp(name, "copy"))
        ll_screen_copy(base->screen, e->text);
    else if (!strcmp(name, "again") && e->kind == LL_LOG_COMMAND)
        ll_screen_type(base->screen, e->text);
    else
        return false;
    return true;
}

static bool mouse(ll_view *base, const ll_mouse *m)
{
    log_view *v = (log_view *)base;
    int row = m->y - v->r.y;
    if (!ll_rect_has(v->r, m->y, m->x)) return false;
    if (ll_mouse_wheel(m)) {
        for (int i = 0; i < 3; i++) move(base, ll_mouse_wheel(m) < 0 ? LL_UP : LL_DOWN);
        return true;
    }
    if (row < v->row_of.n) v->list.cursor = v->row_of.v[row];
    return true;
}

static void close_view(ll_view *base)
{
    log_view *v = (log_view *)base;
    ll_ints_free(&v->shown);
    ll_ints_free(&v->row_of);
    free(v->filter);
}

static const ll_key keys[] = {
    {"Enter Space", "@fold", "fold: a result out or in"},
    {"c", "@again", "again: the command to the : line"},
    {"w", "@command save ", "save: the session, to go on with it or replay it"},
    {"e", "write steps.csv journal", "export the steps"},
    {0},
};

const ll_view_type ll_view_log = {
    .name = "log",
    .title = "Log of commands and results",
    .help = "Every command of this session with its outcome. A line of it, or all of them, can be a script: "
            "`journal` "
            "shows what is kept for replay.",
    .keys = keys,
    .size = sizeof(log_view),
    .draw = draw,
    .move = move,
    .action = action,
    .mouse = mouse,
    .close = close_view,
};
