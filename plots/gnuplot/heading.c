/* Title, notes and labels of axes. In pictures they are placed line by line, in the margins that plots/figure/layout.h
 * leaves for them: every terminal of gnuplot puts its own titles and labels elsewhere. */
#include <math.h>

#include "plots/figure/layout.h"
#include "plots/gnuplot/script.h"

static const double LINE = 1.1; /* from one line of a text to the next */

/* x, y: its middle, pixels of the figure from the upper left corner. */
static void add_line(const script *s, const char *text, double x, double y, double size, ll_pen pen,
                     bool upright)
{
    ll_str_add(s->out, "set label ");
    ll_gp_quote(s->out, text);
    ll_str_addf(s->out, " at screen %.5f,%.5f center%s front", x / s->f->width, 1 - y / s->f->height,
                upright ? " rotate by 90" : "");
    ll_gp_add_font(s, size);
    ll_gp_add_pen(s, "textcolor", pen);
    ll_str_addc(s->out, '\n');
}

/* Lines above each other, the last one `bottom` from the top of the figure; returns where the first one begins. */
static double add_lines(const script *s, const ll_strs *lines, double x, double bottom, double size,
                        ll_pen pen)
{
    double line = LINE * ll_line_px(size, s->f->scale);
    for (int i = lines->n - 1; i >= 0; i--, bottom -= line)
        add_line(s, lines->v[i], x, bottom - line / 2, size, pen, false);
    return bottom;
}

/* The title of a figure of one panel, or of a panel, and its notes. A margin of the figure's own holds one line. */
static void add_panel_heading(const script *s, const ll_panel *p)
{
    const char *title = s->f->n_panels > 1 ? p->title : s->f->untitled ? NULL : s->f->title;
    double room = ll_heading_room(s->f, p), scale = s->f->scale, m[4];
    ll_strs notes = {0}, lines = {0};
    ll_panel_margins(s->f, p, m);
    double x = (m[0] + s->f->width - m[1]) / 2, y = m[2] - ll_line_px(.3, scale);
    ll_text_wrap(&notes, &p->notes, ", ", room, LL_NOTES_SIZE, scale, 3);
    y = add_lines(s, &notes, x, y, ll_text_fit(ll_longest_line(&notes), room, LL_NOTES_SIZE, scale),
                  LL_PEN_MUTED);
    ll_text_wrap_words(&lines, title, room, LL_TITLE_SIZE, scale, p->margin[2] > 0 ? 1 : 2);
    add_lines(s, &lines, x, y - ll_line_px(.3, scale),
              ll_text_fit(ll_longest_line(&lines), room, LL_TITLE_SIZE, scale), LL_PEN_TEXT);
    ll_strs_free(&notes);
    ll_strs_free(&lines);
}

/* The title over all panels. */
static void add_figure_title(const script *s)
{
    double room = .94 * s->f->width, scale = s->f->scale;
    ll_strs lines = {0};
    ll_text_wrap_words(&lines, s->f->title, room, LL_TITLE_SIZE, scale, 2);
    add_lines(s, &lines, s->f->width / 2., ll_line_px(LINE * LL_TITLE_SIZE * lines.n + .3, scale),
              ll_text_fit(ll_longest_line(&lines), room, LL_TITLE_SIZE, scale), LL_PEN_TEXT);
    ll_strs_free(&lines);
}

/* A line of characters is dear: whoever shows the text has the title. */
static void add_text_heading(const script *s, const ll_panel *p)
{
    ll_strs lines = {0};
    ll_text_wrap(&lines, &p->notes, ", ", INFINITY, 1, 1, 1);
    ll_str_add(s->out, lines.n ? "set title " : "unset title\n");
    if (lines.n) ll_gp_quote(s->out, lines.v[0]);
    if (lines.n) ll_str_addc(s->out, '\n');
    ll_strs_free(&lines);
}

void ll_gp_add_heading(const script *s, const ll_panel *p)
{
    if (s->text) {
        add_text_heading(s, p);
        return;
    }
    if (s->f->n_panels > 1 && p == s->f->panels && !s->f->untitled) add_figure_title(s);
    add_panel_heading(s, p);
}

/* The panels of a text terminal have a narrow margin, where a long label would stand in the numbers. */
static bool fits_beside(const script *s, char which, const char *label)
{
    return which == 'x' || s->f->n_panels == 1 || ll_text_chars(label) < 5;
}

void ll_gp_add_label(const script *s, char which, const ll_panel *p)
{
    const char *text = which == 'x' ? p->x.label : p->y.label;
    ll_strs lines = {0};
    double m[4];
    if (s->text) {
        ll_str_addf(s->out, "set %clabel ", which);
        ll_gp_quote(s->out, fits_beside(s, which, text) ? text : NULL);
        ll_str_addc(s->out, '\n');
        return;
    }
    double room = ll_label_room(s->f, which), line = LINE * ll_line_px(1, s->f->scale);
    ll_panel_margins(s->f, p, m);
    ll_text_wrap_words(&lines, text, room, 1, s->f->scale, 2);
    double size = ll_text_fit(ll_longest_line(&lines), room, 1, s->f->scale);
    double x = (m[0] + s->f->width - m[1]) / 2, y = (m[2] + s->f->height - m[3]) / 2;
    double below =
        s->f->height - m[3] + ll_below_axis(s->f, p) - ll_line_px(.3, s->f->scale) - lines.n * line;
    double left = m[0] - ll_beside_axis(s->f, p) + ll_line_px(.2, s->f->scale);
    for (int i = 0; i < lines.n; i++)
        if (which == 'x')
            add_line(s, lines.v[i], x, below + (i + .5) * line, size, LL_PEN_TEXT, false);
        else
            add_line(s, lines.v[i], left + (i + .5) * line, y, size, LL_PEN_TEXT, true);
    ll_strs_free(&lines);
}
