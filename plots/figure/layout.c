#include "plots/figure/layout.h"

#include <math.h>

#include "core/num/ticks.h"

/* At scale 1: an average character of DejaVu Sans, and a line. */
enum { LEAST_PANEL = 30 }; /* pixels */
static const double CHAR_PX = 8.6, LINE_PX = 17.6;
static const double KEY = .9, TICK = .9; /* sizes of their texts */

int ll_text_chars(const char *text)
{
    int n = 0;
    for (; text && *text; text++) n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

double ll_text_px(int chars, double size, double scale)
{
    return CHAR_PX * chars * size * scale;
}

double ll_line_px(double size, double scale)
{
    return LINE_PX * size * scale;
}

double ll_text_fit(const char *text, double pixels, double size, double scale)
{
    double wide = ll_text_px(ll_text_chars(text), size, scale);
    return wide > pixels ? size * fmax(.6, pixels / wide) : size;
}

void ll_text_wrap(ll_strs *lines, const ll_strs *parts, const char *separator, double pixels, double size,
                  double scale, int most)
{
    ll_str line = {0};
    for (int i = 0; i < parts->n; i++) {
        int chars = ll_text_chars(ll_str_text(&line)) + ll_text_chars(parts->v[i]);
        bool full = line.len && ll_text_px(chars + 1, size, scale) > pixels && lines->n + 1 < most;
        if (full) ll_strs_take(lines, ll_str_take(&line));
        ll_str_addf(&line, "%s%s", line.len ? separator : "", parts->v[i]);
    }
    if (line.len) ll_strs_take(lines, ll_str_take(&line));
    ll_str_free(&line);
}

void ll_text_wrap_words(ll_strs *lines, const char *text, double pixels, double size, double scale, int most)
{
    ll_strs words = {0};
    ll_strs_split(&words, text ? text : "", ' ');
    ll_text_wrap(lines, &words, " ", pixels, size, scale, most);
    ll_strs_free(&words);
}

const char *ll_longest_line(const ll_strs *lines)
{
    const char *longest = NULL;
    for (int i = 0; i < lines->n; i++)
        if (!longest || ll_text_chars(lines->v[i]) > ll_text_chars(longest)) longest = lines->v[i];
    return longest;
}

int ll_key_lines(const ll_panel *p, double pixels, double scale)
{
    int n = 0, chars = 0;
    for (int i = 0; i < p->n_series; i++) {
        if (!p->series[i].title) continue;
        int length = ll_text_chars(p->series[i].title);
        chars = length > chars ? length : chars;
        n++;
    }
    int columns = (int)fmax(1, pixels / ll_text_px(chars + 7, KEY, scale)); /* with its sample */
    return (n + columns - 1) / columns;
}

void ll_figure_make_room(ll_figure *f)
{
    if (!f->grows) return;
    for (int i = 0; i < f->n_panels; i++) {
        const ll_panel *p = &f->panels[i];
        if (p->key != LL_KEY_OUTSIDE) continue;
        int more = ll_key_lines(p, .8 * f->width, f->scale) - 1;
        if (more > 0) f->height += (int)(more * ll_line_px(KEY, f->scale));
    }
}

bool ll_ticks_fit(const ll_axis *a, double pixels, double scale)
{
    int chars = 0;
    for (int i = 0; i < a->n_ticks; i++) chars += ll_text_chars(a->tick_text[i]) + 1;
    return ll_text_px(chars, TICK * a->font, scale) < pixels;
}

static double above_all(const ll_figure *f)
{
    bool two = ll_text_px(ll_text_chars(f->title), LL_TITLE_SIZE, f->scale) > .94 * f->width;
    return ll_line_px(f->untitled ? .4 : LL_TITLE_SIZE * (1 + two) + .6, f->scale);
}

static double above(const ll_figure *f, const ll_panel *p)
{
    ll_strs notes = {0};
    ll_text_wrap(&notes, &p->notes, ", ", .94 * f->width, LL_NOTES_SIZE, f->scale, 3);
    double lines = (p->title ? LL_TITLE_SIZE : 0) + LL_NOTES_SIZE * notes.n + .7;
    ll_strs_free(&notes);
    return ll_line_px(lines, f->scale);
}

static double below(const ll_figure *f, const ll_panel *p)
{
    int key = p->key == LL_KEY_OUTSIDE ? ll_key_lines(p, .8 * f->width, f->scale) : 0;
    return ll_line_px(2.1 + (p->x.label ? 2.2 : 0) + (key ? KEY * 1.15 * key + .8 : 0), f->scale);
}

void ll_panel_margins(const ll_figure *f, const ll_panel *p, double margin[4])
{
    for (int side = 0; side < 4; side++) margin[side] = p->margin[side];
    if (f->n_panels == 1) return;
    double room = f->height - above_all(f), top = above_all(f);
    for (int i = 0; i < f->n_panels; i++) room -= above(f, &f->panels[i]) + below(f, &f->panels[i]);
    room = fmax(room / f->n_panels, LEAST_PANEL);
    for (const ll_panel *q = f->panels; q < p; q++) top += above(f, q) + room + below(f, q);
    margin[0] = ll_text_px(6, TICK, f->scale) + ll_line_px(4.2, f->scale); /* numbers, and the label */
    margin[1] = fmax(.04 * f->width, ll_line_px(1.3, f->scale));
    margin[2] = top + above(f, p);
    margin[3] = fmax(0, f->height - margin[2] - room);
}

/* gnuplot marks about eight values whatever the room. */
enum { RENDERERS_TICKS = 8 };

double ll_tick_step(const ll_figure *f, const ll_panel *p, char which)
{
    const ll_axis *a = which == 'x' ? &p->x : &p->y;
    double margin[4];
    if (a->n_ticks || a->log || !(a->hi > a->lo)) return 0;
    ll_panel_margins(f, p, margin);
    double high = f->n_panels > 1 ? f->height - margin[2] - margin[3] : .65 * f->height;
    int room = (int)(which == 'x' ? .75 * f->width / ll_text_px(7, TICK, f->scale)
                                  : high / (1.7 * ll_line_px(TICK, f->scale)));
    return room < RENDERERS_TICKS ? ll_ticks_within(a->lo, a->hi, room > 1 ? room : 1).step : 0;
}
