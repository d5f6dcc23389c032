/* The help page of a view: its paragraph and the tables of keys, as they are bound now. */
#include <string.h>

#include "tui/draw/render.h"
#include "tui/screen/screen_in.h"

/* A text in the column that begins at x, from row y on; how many rows it takes. */
static int say(ll_paper *p, int y, int x, ll_style style, const char *text)
{
    ll_paper part = {.out = NULL};
    ll_canvas_init(&part.c, p->c.look, 0, p->c.width - x);
    ll_render_wrapped(&part, style, 0, text);
    int rows = part.c.height;
    ll_put(&p->c, y + rows - 1, x, style, ""); /* makes room */
    ll_blit(&p->c, (ll_rect){y, x, rows, p->c.width - x}, &part.c, 0, 0);
    ll_canvas_free(&part.c);
    return rows;
}

/* Keys with their F-key, what they do, and the command behind them where it fits; `but` are bound before these. */
static void draw_keys(ll_paper *p, const ll_key *keys, const ll_key *but)
{
    enum { HELP = 16 };
    for (const ll_key *k = keys; k && k->key; k++) {
        if (!k->help || ll_keys_have(but, k->key)) continue;
        int y = p->c.height, x = 2 + ll_put(&p->c, y, 2, LL_S_ACCENT, k->key);
        const char *twin = ll_screen_twin(k->key);
        if (twin) ll_put(&p->c, y, x + 1, LL_S_ACCENT, twin);
        int rows = say(p, y, HELP, LL_S_TEXT, k->help);
        if (k->text[0] == '@' || k->text[0] == '{') continue;
        ll_str command = {0};
        ll_str_addf(&command, ":%s", k->text);
        x = HELP + ll_text_width(k->help) + 2;
        if (rows == 1 && x + ll_text_width(command.s) <= p->c.width)
            ll_put(&p->c, y, x, LL_S_FAINT, command.s);
        else
            say(p, p->c.height, HELP + 2, LL_S_FAINT, command.s);
        ll_str_free(&command);
    }
}

static void draw_bindings(ll_paper *p, const ll_screen *s, const char *view)
{
    for (int i = 0; i < s->config.n_bindings; i++) {
        const ll_binding *b = &s->config.bindings[i];
        if (strcmp(b->view, view) && strcmp(b->view, "all")) continue;
        int y = p->c.height;
        ll_put(&p->c, y, 2, LL_S_ACCENT, b->key);
        ll_putf(&p->c, y, 16, LL_S_TEXT, "%s (your config)", b->text);
    }
}

static void draw_page(ll_paper *p, const ll_screen *s)
{
    const ll_view_type *t = ll_screen_top(s)->type;
    ll_put(&p->c, p->c.height, 0, LL_S_TITLE, t->title);
    if (t->help) ll_render_wrapped(p, LL_S_TEXT, 0, t->help);
    ll_put(&p->c, p->c.height, 0, LL_S_HEAD, "In this view");
    draw_bindings(p, s, t->name);
    draw_keys(p, t->keys, NULL);
    draw_keys(p, t->shared, t->keys);
    ll_put(&p->c, p->c.height, 0, LL_S_HEAD, "Everywhere");
    draw_keys(p, ll_screen_global_keys(), NULL);
    ll_put(&p->c, p->c.height, 0, LL_S_HEAD, "Mouse");
    ll_render_wrapped(
        p, LL_S_TEXT, 2,
        "A click moves the cursor, chooses a tab, a pane, a column to sort by, or a hint of the last row; "
        "twice is Enter; the wheel scrolls; dragging in the heatmap chooses a block, in the search it moves "
        "the limit. Hold Shift to select "
        "text as your terminal does; `set mouse off` gives the mouse back to it.");
    ll_put(&p->c, p->c.height, 0, LL_S_HEAD, "Commands");
    ll_render_wrapped(
        p, LL_S_TEXT, 2,
        "Every key that is not mere movement runs a command, shown behind it and in the log: type it "
        "at : or at the prompt, or put it in a script. `:help` lists them all, `:help CMD` explains one.");
}

void ll_screen_draw_help(ll_screen *s)
{
    ll_canvas *c = &s->canvas;
    int w = c->width - 4 < 96 ? c->width - 4 : 96, h = c->height - 2;
    ll_rect frame = {1, (c->width - w) / 2, h, w};
    ll_paper p = {.out = NULL};
    ll_fill(c, frame, ' ', ll_style_ink(&s->look, LL_S_TEXT));
    ll_rect in = {frame.y + 1, frame.x + 1, frame.h - 2, frame.w - 2};
    ll_canvas_init(&p.c, &s->look, 0, in.w - 2);
    draw_page(&p, s);
    int most = p.c.height - in.h;
    if (s->help_top > most) s->help_top = most > 0 ? most : 0;
    ll_str title = {0};
    ll_str_add(&title, "help (arrows scroll, any other key closes)");
    if (most > s->help_top) ll_str_addf(&title, ", %d more lines", most - s->help_top);
    ll_frame(c, frame, ll_str_text(&title), true);
    ll_str_free(&title);
    ll_blit(c, (ll_rect){in.y, in.x + 1, in.h, in.w - 2}, &p.c, s->help_top, 0);
    ll_canvas_free(&p.c);
}
