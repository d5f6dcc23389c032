/* The frame around the view: bar of views, log pane, status and keys. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "tui/draw/graphics.h"
#include "tui/draw/render.h"
#include "tui/screen/screen_in.h"

enum { LEAST_W = 60, LEAST_H = 18, TABS = 9 };

bool ll_screen_too_small(const ll_screen *s)
{
    return s->canvas.width < LEAST_W || s->canvas.height < LEAST_H;
}

/* --- places --------------------------------------------------------------------------------------------- */

/* Rows that the log pane may have, its title line among them; the view always keeps twelve. */
static int log_room(const ll_screen *s)
{
    int most = s->canvas.height - 2 - 12, h = s->config.log_lines;
    if (s->maximised) return 0;
    if (ll_screen_in_lesson(s)) return ll_screen_lesson_height(s);
    if (s->canvas.height < 30 && h > 4) h = 4;
    if (s->canvas.height >= 40) h += h > 0 ? 3 : 0;
    return h > most ? most : h;
}

/* Those it has lines for. */
static int log_height(const ll_screen *s)
{
    int h = log_room(s);
    if (h < 1 || ll_screen_in_lesson(s)) return h;
    return 1 + ll_log_rows(&s->log, s->log.n, s->canvas.width - 2, h - 1);
}

void ll_screen_tell_room(const ll_screen *s)
{
    int page = s->canvas.height - 2 - log_room(s);
    ll_graphics_tell(s->f->app, &s->f->out, page > 0 ? page : 1);
}

ll_rect ll_screen_view_rect(const ll_screen *s)
{
    return (ll_rect){1, 0, s->canvas.height - 2 - log_height(s), s->canvas.width};
}

/* --- bar of views --------------------------------------------------------------------------------------- */

/* What is loaded: in the bar, or in the rule of the log when the bar has no room for it. */
static bool draw_state(ll_screen *s, int y, int from, ll_style style)
{
    ll_str state = {0};
    ll_prompt_state(s->f->app, &state);
    int w = ll_text_width(ll_str_text(&state)), x = s->canvas.width - w - 2;
    bool fits = x > from;
    if (fits) ll_putf(&s->canvas, y, x, style, " %s ", ll_str_text(&state));
    ll_str_free(&state);
    return fits;
}

/* Columns of the tabs, when there is a blank behind each number (gap 1) or none. */
static int tabs_width(int gap)
{
    int w = 1;
    for (int i = 0; ll_view_types[i] && i < TABS; i++) w += 2 + gap + ll_text_width(ll_view_types[i]->name);
    return w;
}

/* "1 devices", closer when there is no room for the blank, and only the open one named when there is none at all. */
static int draw_tab(ll_screen *s, int i, int x)
{
    ll_canvas *c = &s->canvas;
    const ll_view_type *t = ll_view_types[i];
    bool here = t == ll_screen_top(s)->type, named = here || tabs_width(0) <= c->width;
    char key[2] = {(char)('1' + i), 0};
    int w = ll_put(c, 0, x, LL_S_BAR, key);
    if (named) w += ll_putf(c, 0, x + w, LL_S_BAR, "%s%s", tabs_width(1) <= c->width ? " " : "", t->name);
    ll_ink ink = ll_style_ink(&s->look, LL_S_BAR);
    ink.attr ^= LL_REVERSE; /* the open one stands out whatever the theme */
    ink.attr |= LL_BOLD;
    if (here) ll_restyle(c, (ll_rect){0, x, 1, w}, ink);
    ll_screen_add_spot(s, 0, x, w, key);
    return x + w + 1;
}

static void draw_bar(ll_screen *s)
{
    ll_canvas *c = &s->canvas;
    ll_fill(c, (ll_rect){0, 0, 1, c->width}, ' ', ll_style_ink(&s->look, LL_S_BAR));
    int x = 1;
    for (int i = 0; ll_view_types[i] && i < TABS; i++) x = draw_tab(s, i, x);
    s->state_in_bar = draw_state(s, 0, x, LL_S_BAR);
}

/* --- log pane ---------------------------------------------------------------------------------------------- */

void ll_screen_draw_rule(ll_screen *s, int y, const char *title)
{
    ll_ink ink = ll_style_ink(&s->look, LL_S_FAINT);
    for (int x = 0; x < s->canvas.width; x++) ll_put_cell(&s->canvas, y, x, 0x2500, ink);
    int w = ll_putf(&s->canvas, y, 2, LL_S_FAINT, " %s ", title);
    if (!s->state_in_bar) draw_state(s, y, w + 4, LL_S_HEAD);
}

/* The last entries; of those that need more rows than there are, the end. */
static void draw_log(ll_screen *s, int y, int h)
{
    ll_canvas *c = &s->canvas;
    int w = c->width - 2, first, rows = 0;
    if (s->log_back > s->log.n - 1) s->log_back = s->log.n > 0 ? s->log.n - 1 : 0;
    while (s->log_back > 0 && ll_log_rows(&s->log, s->log.n - s->log_back, w, h - 1) < h - 1) s->log_back--;
    ll_screen_draw_rule(s, y, s->log_back ? "log (scrolled back; ] goes on)" : "log");
    ll_canvas lines;
    ll_canvas_init(&lines, &s->look, 0, w);
    int last = s->log.n - s->log_back;
    for (first = last; first > 0 && rows < h - 1;) rows += ll_log_entry_rows(&s->log.v[--first], w);
    for (int i = first, at = 0; i < last; i++) at += ll_log_draw_entry(&s->log.v[i], &lines, at, 0, w);
    int skipped = lines.height > h - 1 ? lines.height - (h - 1) : 0;
    ll_blit(c, (ll_rect){y + 1, 1, h - 1, w}, &lines, skipped, 0);
    ll_canvas_free(&lines);
}

/* --- last row ------------------------------------------------------------------------------------------- */

/* "Enter card": a key and the first words of its help; it can be clicked. Returns the columns used, 0 when there
 * is no room. */
static int draw_hint(ll_screen *s, const ll_key *k, int y, int x)
{
    ll_str hint = {0};
    size_t n = strcspn(k->key, " "), m = strcspn(k->help, ":;(,");
    ll_str_addf(&hint, "%.*s", (int)n, k->key);
    int key_w = ll_text_width(ll_str_text(&hint));
    ll_str_addf(&hint, " %.*s", (int)m, k->help);
    int w = ll_text_width(ll_str_text(&hint));
    if (x + w + 2 >= s->canvas.width - 16) {
        w = 0;
    } else {
        ll_put(&s->canvas, y, x, LL_S_FAINT, ll_str_text(&hint));
        ll_restyle(&s->canvas, (ll_rect){y, x, 1, key_w}, ll_style_ink(&s->look, LL_S_ACCENT));
        ll_screen_add_spot(s, y, x, w, k->key);
    }
    ll_str_free(&hint);
    return w ? w + 2 : 0;
}

/* What a lesson has taken from the view is hinted at in its pane. */
static bool is_offered(const ll_screen *s, const char *key)
{
    const ll_view *v = ll_screen_top(s);
    if (ll_screen_in_lesson(s) && ll_keys_have(ll_screen_lesson_keys(), key)) return false;
    return !v->type->offers || v->type->offers(v, key);
}

static void draw_hints(ll_screen *s, int y)
{
    const ll_view_type *t = ll_screen_top(s)->type;
    int x = 1;
    for (const ll_key *k = t->keys; k && k->key; k++)
        if (k->help && is_offered(s, k->key)) x += draw_hint(s, k, y, x);
    for (const ll_key *k = t->shared; k && k->key; k++)
        if (k->help && !ll_keys_have(t->keys, k->key) && is_offered(s, k->key)) x += draw_hint(s, k, y, x);
    x = s->canvas.width - 15;
    ll_put(&s->canvas, y, x, LL_S_ACCENT, "?");
    ll_put(&s->canvas, y, x + 2, LL_S_FAINT, "help");
    ll_screen_add_spot(s, y, x, 6, "?");
    ll_put(&s->canvas, y, x + 8, LL_S_ACCENT, ":");
    ll_put(&s->canvas, y, x + 10, LL_S_FAINT, "cmd");
    ll_screen_add_spot(s, y, x + 8, 5, ":");
}

static int draw_choice(ll_screen *s, int y, int x, const char *key, const char *what)
{
    ll_put(&s->canvas, y, x, LL_S_ACCENT, key);
    int w = 2 + ll_put(&s->canvas, y, x + 2, LL_S_TEXT, what);
    ll_screen_add_spot(s, y, x, w, key);
    return x + w + 2;
}

/* The end of a long path says more than its beginning. */
static void draw_over(ll_screen *s, int y)
{
    enum { REST = 55 }; /* columns of all but the file */
    int room = s->canvas.width - REST, skip = 0;
    for (uint32_t ch; ll_text_width(s->over_file + skip) > room && s->over_file[skip];)
        skip += ll_utf8_next(s->over_file + skip, &ch);
    int x = 1 + ll_putf(&s->canvas, y, 1, LL_S_WARN, "%s%s is there already: write over it?",
                        skip ? "..." : "", s->over_file + skip);
    x = draw_choice(s, y, x + 2, "y", "yes");
    draw_choice(s, y, x, "n", "no");
}

static void draw_cancel(ll_screen *s, int y)
{
    bool paused = ll_app_paused(s->f->app);
    int x = s->canvas.width - 17;
    ll_put(&s->canvas, y, x, paused ? LL_S_WARN : LL_S_FAINT,
           paused ? "paused, K cancels" : "Ctrl-C cancels");
    ll_screen_add_spot(s, y, x, 15, "K");
}

static void draw_status(ll_screen *s, int y)
{
    ll_canvas *c = &s->canvas;
    if (s->mode == LL_MODE_ASK) {
        draw_over(s, y);
    } else if (s->progress) {
        ll_str text = {0};
        ll_look plain = s->look;
        plain.attributes = false;
        ll_render_progress(s->progress, &plain, c->width - 20, &text);
        ll_put_cut(c, y, 1, c->width - 19, LL_S_ACCENT, ll_str_text(&text));
        draw_cancel(s, y);
        ll_str_free(&text);
    } else if (s->running) {
        ll_put(c, y, 1, LL_S_ACCENT, "running: ");
        ll_put_cut(c, y, 10, c->width - 28, LL_S_ACCENT, s->running);
        draw_cancel(s, y);
    } else {
        draw_hints(s, y);
    }
}

/* Candidates for the word being typed, in the row above the line. */
static void draw_offers(ll_screen *s, int y)
{
    ll_canvas *c = &s->canvas;
    if (s->mode != LL_MODE_COMMAND || s->line.offers.n < 1) return;
    ll_fill(c, (ll_rect){y, 0, 1, c->width}, ' ', ll_style_ink(&s->look, LL_S_BAR));
    int x = 1;
    for (int i = 0; i < s->line.offers.n; i++) {
        int w = ll_text_width(s->line.offers.v[i]);
        if (x + w + 8 > c->width) {
            ll_putf(c, y, x, LL_S_BAR, "+%d", s->line.offers.n - i);
            break;
        }
        x += ll_put(c, y, x, LL_S_BAR, s->line.offers.v[i]) + 2;
    }
}

/* What the command under the cursor takes, once its name stands. */
static void draw_usage(ll_screen *s, int y)
{
    const char *line = ll_str_text(&s->line.text) + ll_prompt_command_start(ll_str_text(&s->line.text));
    size_t n = strcspn(line, " ");
    if (s->mode != LL_MODE_COMMAND || !line[n]) return;
    char *name = ll_memdup(line, n + 1, 1);
    name[n] = 0;
    const ll_command *cmd = ll_app_find(s->f->app, name);
    free(name);
    if (!cmd) return;
    ll_str usage = {0};
    ll_command_usage(cmd, &usage);
    ll_fill(&s->canvas, (ll_rect){y, 0, 1, s->canvas.width}, ' ', ll_style_ink(&s->look, LL_S_TEXT));
    ll_put_cut(&s->canvas, y, 1, s->canvas.width - 2, LL_S_HEAD, ll_str_text(&usage));
    ll_str_free(&usage);
}

/* --- all of it ------------------------------------------------------------------------------------------ */

static void draw_view(ll_screen *s)
{
    ll_view *v = ll_screen_top(s);
    v->r = ll_screen_view_rect(s);
    v->undrawn = false;
    if (v->message) {
        ll_paper p = {.out = NULL};
        ll_canvas_init(&p.c, &s->look, 0, v->r.w - 8);
        ll_render_wrapped(&p, LL_S_TEXT, 0, v->message);
        ll_blit(&s->canvas, (ll_rect){v->r.y + 2, 4, p.c.height, v->r.w - 8}, &p.c, 0, 0);
        ll_canvas_free(&p.c);
    } else {
        v->type->draw(v, &s->canvas, v->r);
    }
}

static void draw_too_small(ll_screen *s)
{
    ll_canvas *c = &s->canvas;
    ll_putf(c, c->height / 2 - 1, 1, LL_S_TITLE, "%d x %d is too small", c->width, c->height);
    ll_putf(c, c->height / 2, 1, LL_S_TEXT, "latlab needs %d x %d", LEAST_W, LEAST_H);
    ll_put(c, c->height / 2 + 1, 1, LL_S_FAINT, "(Q leaves)");
}

void ll_screen_draw(ll_screen *s, int *cursor_y, int *cursor_x)
{
    ll_canvas *c = &s->canvas;
    ll_canvas_clear(c);
    ll_screen_forget_spots(s);
    if (ll_screen_too_small(s)) {
        draw_too_small(s);
        return;
    }
    int last = c->height - 1, log_h = log_height(s), log_y = last - log_h;
    draw_bar(s);
    draw_view(s);
    if (log_h > 0 && ll_screen_in_lesson(s))
        ll_screen_draw_lesson(s, log_y, log_h);
    else if (log_h > 0)
        draw_log(s, log_y, log_h);
    if (s->mode == LL_MODE_COMMAND || s->mode == LL_MODE_FILTER) {
        *cursor_y = last;
        *cursor_x = ll_line_draw(&s->line, c, last, 0, c->width, s->mode == LL_MODE_COMMAND ? ":" : "/");
        draw_usage(s, last - 2);
        draw_offers(s, last - 1);
    } else {
        draw_status(s, last);
    }
    if (s->mode == LL_MODE_HELP) ll_screen_draw_help(s);
}
