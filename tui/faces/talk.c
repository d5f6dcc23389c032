#include "tui/faces/talk.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/text/json.h"
#include "tui/draw/render.h"

enum { PLAIN_EVERY_S = 10 };

ll_talk ll_talk_new(FILE *f, ll_look look)
{
    return (ll_talk){
        .f = f, .look = look, .rewrites = look.width > 0 && look.attributes, .last_s = ll_now_s()};
}

void ll_talk_clear(ll_talk *t)
{
    if (t->open) fputs("\r\033[K", t->f);
    t->open = false;
}

void ll_talk_say(ll_talk *t, ll_style style, const char *label, const char *message)
{
    ll_str text = {0}, lines = {0};
    ll_talk_clear(t);
    ll_str_addf(&text, "%s%s%s%s", *label && t->where ? t->where : "", *label && t->where ? ": " : "", label,
                message);
    ll_paper p = {.out = &lines};
    ll_canvas_init(&p.c, &t->look, 0,
                   t->look.width > 0 ? t->look.width : ll_text_width(ll_str_text(&text)) + 1);
    ll_render_wrapped(&p, style, 0, ll_str_text(&text));
    ll_paper_flush(&p, 0);
    fputs(ll_str_text(&lines), t->f);
    fflush(t->f);
    ll_canvas_free(&p.c);
    ll_str_free(&lines);
    ll_str_free(&text);
}

static void show_progress(ll_talk *t, const cJSON *progress)
{
    double now = ll_now_s();
    if (now - t->last_s < (t->rewrites ? 0.1 : PLAIN_EVERY_S)) return;
    t->last_s = now;
    ll_str line = {0};
    ll_render_progress(progress, &t->look, t->rewrites ? t->look.width - 1 : 100, &line);
    if (t->rewrites)
        fprintf(t->f, "\r%s\033[K", ll_str_text(&line));
    else
        fprintf(t->f, "%s\n", ll_str_text(&line));
    fflush(t->f);
    t->open = t->rewrites;
    ll_str_free(&line);
}

void ll_talk_event(ll_talk *t, const cJSON *event)
{
    static const struct {
        const char *event, *label;
        ll_style style;
    } kinds[] = {
        {"note", "", LL_S_FAINT}, {"warning", "warning: ", LL_S_WARN}, {"error", "error: ", LL_S_ERROR}};
    const char *kind = ll_json_get_str(event, "event", "");
    if (!strcmp(kind, "progress")) show_progress(t, event);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(kinds[i].event, kind))
            ll_talk_say(t, kinds[i].style, kinds[i].label, ll_json_get_str(event, "message", ""));
}
