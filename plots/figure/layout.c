#include "plots/figure/layout.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/num/ticks.h"
#include "plots/figure/key.h"

/* At scale 1: an average character of DejaVu Sans, and a line. */
enum { LEAST_PANEL = 30 }; /* pixels */
static const double CHAR_PX = 8.6, LINE_PX = 17.6;

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

/* Byte offset of character i. */
static size_t offset(const char *s, int i)
{
    size_t at = 0;
    while (s[at] && i > 0) {
        at++;
        while (((unsigned char)s[at] & 0xc0) == 0x80) at++;
        i--;
    }
    return at;
}

char *ll_text_cut(const char *text, int most)
{
    int n = ll_text_chars(text);
    if (n <= most) return ll_strdup(text);
    int head = (most - 2 + 1) / 2, tail = most - 2 - head;
    ll_str s = {0};
    ll_str_addn(&s, text, offset(text, head));
    ll_str_add(&s, "..");
    ll_str_add(&s, text + offset(text, n - tail));
    return ll_str_take(&s);
}

const char *ll_longest_line(const ll_strs *lines)
{
    const char *longest = NULL;
    for (int i = 0; i < lines->n; i++)
        if (!longest || ll_text_chars(lines->v[i]) > ll_text_chars(longest)) longest = lines->v[i];
    return longest;
}

int ll_name_chars(double width, double font, double scale)
{
    return (int)fmax(8, .33 * width / ll_text_px(1, LL_TICK_SIZE * font, scale));
}

/* --- ticks ---------------------------------------------------------------------------------------------------- */

static const ll_axis *axis_of(const ll_panel *p, char which)
{
    return which == 'x' ? &p->x : &p->y;
}

/* The renderer marks about eight values whatever the room. */
enum { RENDERERS_TICKS = 8 };

static int number_chars(double x)
{
    char text[32];
    return snprintf(text, sizeof text, "%.6g", x);
}

/* Of the longest tick, the renderer's own included. */
static int tick_chars(const ll_axis *a)
{
    int most = 0;
    for (int i = 0; i < a->n_ticks; i++) {
        int chars = ll_text_chars(a->tick_text[i]);
        most = chars > most ? chars : most;
    }
    if (a->n_ticks) return most;
    if (a->log)
        return (int)fmax(number_chars(pow(10, ceil(log10(a->lo)))),
                         number_chars(pow(10, floor(log10(a->hi)))));
    ll_ticks t = ll_ticks_within(fmin(a->lo, a->hi), fmax(a->lo, a->hi), RENDERERS_TICKS);
    for (int i = 0; i < t.n; i++) {
        int chars = number_chars(ll_tick_at(&t, i));
        most = chars > most ? chars : most;
    }
    return most;
}

static double tick_px(const ll_figure *f, const ll_axis *a)
{
    return a->font ? ll_text_px(tick_chars(a), LL_TICK_SIZE * a->font, f->scale) : 0;
}

/* --- margins -------------------------------------------------------------------------------------------------- */

double ll_label_room(const ll_figure *f, char which)
{
    return which == 'x' ? .8 * f->width : .62 * f->height / f->n_panels;
}

static double label_px(const ll_figure *f, const ll_axis *a, char which)
{
    ll_strs lines = {0};
    ll_text_wrap_words(&lines, a->label, ll_label_room(f, which), 1, f->scale, 2);
    double px = lines.n ? ll_line_px(.4 + 1.1 * lines.n, f->scale) : 0;
    ll_strs_free(&lines);
    return px;
}

double ll_beside_axis(const ll_figure *f, const ll_panel *p)
{
    return ll_line_px(.8, f->scale) + tick_px(f, &p->y) + label_px(f, &p->y, 'y');
}

static double left_of(const ll_figure *f, const ll_panel *p)
{
    if (p->margin[0]) return p->margin[0];
    return fmax(.03 * f->width, ll_beside_axis(f, p) + ll_line_px(.3, f->scale));
}

static double right_of(const ll_figure *f, const ll_panel *p)
{
    if (p->margin[1]) return p->margin[1];
    double last = p->x.rotated || !p->x.font ? 0 : .62 * tick_px(f, &p->x); /* of the last number */
    double colours = p->palette ? ll_line_px(6.25, f->scale) : 0; /* their box, its ticks and its label */
    return fmax(fmax(.03 * f->width, colours), fmax(ll_line_px(.7, f->scale), fmin(last, .08 * f->width)));
}

/* Left and right: those of the widest of all panels. */
static void side_margins(const ll_figure *f, double margin[4])
{
    margin[0] = margin[1] = 0;
    for (int i = 0; i < f->n_panels; i++) {
        margin[0] = fmax(margin[0], left_of(f, &f->panels[i]));
        margin[1] = fmax(margin[1], right_of(f, &f->panels[i]));
    }
}

static bool ticks_fit(const ll_figure *f, const ll_panel *p)
{
    const ll_axis *a = &p->x;
    double margin[4];
    int chars = 0;
    side_margins(f, margin);
    for (int i = 0; i < a->n_ticks; i++) chars += ll_text_chars(a->tick_text[i]) + 1;
    return .92 * ll_text_px(chars, LL_TICK_SIZE * a->font, f->scale) < f->width - margin[0] - margin[1];
}

static bool is_number(const char *text)
{
    char *end;
    strtod(text, &end);
    return end > text && !*end;
}

static bool has_names(const ll_axis *a)
{
    for (int i = 0; i < a->n_ticks; i++)
        if (!is_number(a->tick_text[i])) return true;
    return false;
}

bool ll_ticks_upright(const ll_figure *f, const ll_panel *p)
{
    return p->x.rotated || (has_names(&p->x) && !ticks_fit(f, p));
}

double ll_below_axis(const ll_figure *f, const ll_panel *p)
{
    const ll_axis *a = &p->x;
    double ticks = !a->font                 ? 0
                   : ll_ticks_upright(f, p) ? tick_px(f, a) + ll_line_px(.5, f->scale)
                                            : ll_line_px(LL_TICK_SIZE, f->scale);
    return ticks + ll_line_px(1, f->scale) + label_px(f, a, 'x');
}

static double below(const ll_figure *f, const ll_panel *p)
{
    ll_key key;
    ll_key_lay(f, p, &key);
    double px = ll_below_axis(f, p) + (key.n && !key.beside ? key.height : 0);
    ll_key_free(&key);
    return px + ll_line_px(.3, f->scale);
}

double ll_heading_room(const ll_figure *f, const ll_panel *p)
{
    double margin[4];
    side_margins(f, margin);
    double middle = (margin[0] + f->width - margin[1]) / 2;
    ll_key key;
    ll_key_lay(f, p, &key);
    if (key.n && key.beside) middle -= key.width / 2; /* the square stands left of it */
    ll_key_free(&key);
    return p->margin[0] ? .94 * f->width - tick_px(f, &p->y) : 1.94 * fmin(middle, f->width - middle);
}

/* Over all panels, when there are several. */
static double above_all(const ll_figure *f)
{
    if (f->n_panels == 1) return 0;
    bool two = ll_text_px(ll_text_chars(f->title), LL_TITLE_SIZE, f->scale) > .94 * f->width;
    return ll_line_px(f->untitled ? .4 : 1.1 * LL_TITLE_SIZE * (1 + two) + .6, f->scale);
}

static double above(const ll_figure *f, const ll_panel *p)
{
    const char *title = f->n_panels > 1 ? p->title : f->untitled ? NULL : f->title;
    ll_strs notes = {0}, lines = {0};
    double room = ll_heading_room(f, p);
    ll_text_wrap(&notes, &p->notes, ", ", room, LL_NOTES_SIZE, f->scale, 3);
    ll_text_wrap_words(&lines, title, room, LL_TITLE_SIZE, f->scale, 2);
    double px = ll_line_px(1.1 * LL_TITLE_SIZE * lines.n + 1.1 * LL_NOTES_SIZE * notes.n + (lines.n ? 1 : .6),
                           f->scale);
    ll_strs_free(&notes);
    ll_strs_free(&lines);
    return px;
}

/* What is left over goes to both sides, or all to the key at the right; and below. */
static void make_square(const ll_figure *f, const ll_panel *p, double margin[4])
{
    ll_key key;
    ll_key_lay(f, p, &key);
    double beside = key.n && key.beside ? key.width + ll_line_px(.8, f->scale) : 0;
    double wide = f->width - margin[0] - margin[1] - beside, high = f->height - margin[2] - margin[3];
    double side = fmax(LEAST_PANEL, fmin(wide, high)), over = fmax(0, wide - side) / 2;
    margin[0] += over;
    margin[1] = f->width - margin[0] - side;
    margin[3] = f->height - margin[2] - side;
    ll_key_free(&key);
}

void ll_panel_margins(const ll_figure *f, const ll_panel *p, double margin[4])
{
    side_margins(f, margin);
    double room = f->height - above_all(f), top = above_all(f);
    for (int i = 0; i < f->n_panels; i++) room -= above(f, &f->panels[i]) + below(f, &f->panels[i]);
    room = fmax(room / f->n_panels, LEAST_PANEL);
    for (const ll_panel *q = f->panels; q < p; q++) top += above(f, q) + room + below(f, q);
    margin[2] = top + above(f, p);
    margin[3] = fmax(0, f->height - margin[2] - room);
    if (p->square) make_square(f, p, margin);
    for (int side = 2; side < 4; side++)
        if (p->margin[side]) margin[side] = p->margin[side];
}

void ll_figure_make_room(ll_figure *f)
{
    if (!f->grows) return;
    int height = f->height;
    for (int i = 0; i < f->n_panels; i++) {
        const ll_panel *p = &f->panels[i];
        ll_key key;
        double margin[4];
        f->height = 4 * height; /* no entry is left out for want of height */
        ll_key_lay(f, p, &key);
        f->height = height;
        if (key.n) height += (int)(key.height * (key.lines - 1) / key.lines);
        ll_key_free(&key);
        if (!p->square || f->n_panels > 1) continue;
        side_margins(f, margin);
        height =
            (int)(above(f, p) + f->width - margin[0] - margin[1] + below(f, p)); /* as large as it is wide */
    }
    f->height = height;
}

/* --- which ticks ------------------------------------------------------------------------------------------------ */

/* How long the axis is. */
static double length_px(const ll_figure *f, const ll_panel *p, char which)
{
    double m[4];
    ll_panel_margins(f, p, m);
    return which == 'x' ? f->width - m[0] - m[1] : f->height - m[2] - m[3];
}

double ll_tick_step(const ll_figure *f, const ll_panel *p, char which)
{
    const ll_axis *a = axis_of(p, which);
    if (a->n_ticks || a->log || !(a->hi > a->lo)) return 0;
    double each = which == 'x' ? ll_text_px(tick_chars(a) + 2, LL_TICK_SIZE, f->scale)
                               : 1.7 * ll_line_px(LL_TICK_SIZE, f->scale);
    int room = (int)(length_px(f, p, which) / each);
    return room < RENDERERS_TICKS ? ll_ticks_within(a->lo, a->hi, room > 1 ? room : 1).step : 0;
}

double ll_axis_share(const ll_axis *a, double v)
{
    return a->log ? log(v / a->lo) / log(a->hi / a->lo) : (v - a->lo) / (a->hi - a->lo);
}

static bool is_power(double x)
{
    double e = log10(fabs(x));
    return fabs(e - round(e)) < 1e-9;
}

/* Names one above the other may come closer than numbers do: without them one does not know what stands there. */
static const double NAMES_APART = .7;

/* Does the text of tick i keep clear of all that are shown? */
static bool is_clear(const ll_figure *f, const ll_axis *a, char which, double length, const bool *shown,
                     int i)
{
    double line = ll_line_px(LL_TICK_SIZE * a->font, f->scale) * (has_names(a) ? NAMES_APART : 1);
    for (int j = 0; j < a->n_ticks; j++) {
        if (!shown[j]) continue;
        int chars = ll_text_chars(a->tick_text[i]) + ll_text_chars(a->tick_text[j]);
        double apart = which == 'x' ? ll_text_px(chars + 2, LL_TICK_SIZE * a->font, f->scale) / 2 : line;
        if (fabs(ll_axis_share(a, a->tick[i]) - ll_axis_share(a, a->tick[j])) * length < apart) return false;
    }
    return true;
}

void ll_ticks_shown(const ll_figure *f, const ll_panel *p, char which, bool *shown)
{
    const ll_axis *a = axis_of(p, which);
    bool names = has_names(a);
    double length = length_px(f, p, which);
    for (int i = 0; i < a->n_ticks; i++) shown[i] = names && which == 'x';
    for (int pass = a->log ? 0 : 1; pass < 2; pass++)
        for (int i = 0; i < a->n_ticks; i++)
            if (!shown[i] && (pass || is_power(a->tick[i])))
                shown[i] = is_clear(f, a, which, length, shown, i);
}
