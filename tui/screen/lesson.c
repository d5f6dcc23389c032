/* A lesson under the view that it speaks of: what is told, what is asked, and the keys. */
#include <string.h>

#include "core/base/text/json.h"
#include "tui/draw/render.h"
#include "tui/screen/screen_in.h"

enum { LEAST_H = 6, VIEW_H = 8 };

bool ll_screen_in_lesson(const ll_screen *s)
{
    return s->f->lesson != NULL;
}

/* Questions, answers and checks line by line, what is chosen from a little to the right. */
static void add_lines(ll_paper *p, const char *text)
{
    for (const char *end; *text; text = *end ? end + 1 : end) {
        end = text + strcspn(text, "\n");
        ll_str line = {0};
        int indent = (int)strspn(text, " ");
        ll_str_addn(&line, text + indent, (size_t)(end - text - indent));
        ll_render_wrapped(p, indent ? LL_S_TEXT : LL_S_HEAD, indent, ll_str_text(&line));
        ll_str_free(&line);
    }
}

static void make_paper(const ll_screen *s, ll_paper *p)
{
    const char *told = ll_json_get_str(s->f->lesson, "summary", NULL);
    const char *text = ll_json_get_str(s->f->lesson, "text", NULL);
    *p = (ll_paper){.out = NULL};
    ll_canvas_init(&p->c, &s->look, 0, s->canvas.width - 2);
    if (s->lesson_why) ll_render_wrapped(p, LL_S_ERROR, 0, s->lesson_why);
    bool after = !strcmp(ll_json_get_str(s->f->lesson, "phase", ""), "after");
    if (text && after) add_lines(p, text);
    if (told) ll_render_wrapped(p, LL_S_TEXT, 0, told);
    if (text && !after) add_lines(p, text);
}

int ll_screen_lesson_height(const ll_screen *s)
{
    enum { FRAME = 3 }; /* the rule, what comes next, the keys */
    ll_paper p;
    make_paper(s, &p);
    int h = p.c.height + FRAME, most = s->canvas.height - 2 - VIEW_H;
    ll_canvas_free(&p.c);
    if (h < LEAST_H) h = LEAST_H;
    return h > most ? most : h;
}

/* "next: load nb201_host", or what runs, or what has failed. */
static void draw_next(ll_screen *s, int y)
{
    const char *commands = ll_json_get_str(s->f->lesson, "commands", NULL);
    bool runs = s->pending > 0 && s->running;
    const char *label = runs                       ? "runs: "
                        : s->lesson_why            ? "failed: "
                        : ll_lesson_asks_now(s->f) ? "asks; then: "
                                                   : "next: ";
    const char *what = runs                     ? s->running
                       : commands               ? commands
                       : ll_lesson_at_end(s->f) ? "the lesson is over"
                                                : "what follows";
    int x = 1 + ll_put(&s->canvas, y, 1, s->lesson_why ? LL_S_ERROR : LL_S_ACCENT, label);
    ll_put_cut(&s->canvas, y, x, s->canvas.width - x - 1, LL_S_TITLE, what);
}

static const char *enter_does(const ll_screen *s)
{
    return s->lesson_why              ? "tries again"
           : ll_lesson_at_end(s->f)   ? "closes"
           : ll_lesson_asks_now(s->f) ? "answers"
                                      : "goes on";
}

static void draw_keys(ll_screen *s, int y, int cut)
{
    int x = 1;
    for (const ll_key *k = ll_screen_lesson_keys(); k->key; k++) {
        const char *does = !strcmp(k->key, "Enter") ? enter_does(s) : k->help;
        ll_put(&s->canvas, y, x, LL_S_ACCENT, k->key);
        int key_w = ll_text_width(k->key),
            w = key_w + 1 + ll_put(&s->canvas, y, x + key_w + 1, LL_S_FAINT, does);
        ll_screen_add_spot(s, y, x, w, k->key);
        x += w + 2;
    }
    x += ll_put(&s->canvas, y, x, LL_S_ACCENT, "N") + 1;
    x += ll_put(&s->canvas, y, x, LL_S_FAINT, "leave") + 2;
    if (cut > 0) ll_putf(&s->canvas, y, x, LL_S_WARN, "%d more %s: ]", cut, cut > 1 ? "lines" : "line");
    if (cut < 0) ll_put(&s->canvas, y, x, LL_S_WARN, "[ goes back up");
}

void ll_screen_draw_lesson(ll_screen *s, int y, int h)
{
    ll_paper p;
    ll_screen_draw_rule(s, y, ll_json_get_str(s->f->lesson, "title", ""));
    make_paper(s, &p);
    int room = h - 3, most = p.c.height > room ? p.c.height - room : 0;
    if (s->lesson_top > most) s->lesson_top = most;
    int shown = p.c.height - s->lesson_top < room ? p.c.height - s->lesson_top : room;
    ll_blit(&s->canvas, (ll_rect){y + 1, 1, shown, s->canvas.width - 2}, &p.c, s->lesson_top, 0);
    ll_canvas_free(&p.c);
    draw_next(s, y + h - 2);
    draw_keys(s, y + h - 1, most > s->lesson_top ? most - s->lesson_top : -s->lesson_top);
}
