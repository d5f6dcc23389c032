#include "plots/gnuplot/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "plots/figure/layout.h"
#include "plots/gnuplot/script.h"

/* --- terminals ------------------------------------------------------------------------------------------ */

double ll_gp_scale_of(const script *s)
{
    return s->f->scale * s->width / s->f->width;
}

/* Marks and lines of a small figure are smaller than its texts are, which have to be read. */
double ll_gp_mark_scale(const script *s)
{
    return fmin(ll_gp_scale_of(s), ll_figure_scale(s->f->width, s->f->height) * s->width / s->f->width);
}

/* Size of a text, 1 is normal: the scale goes into the number itself, because not every terminal lays out by
 * its own fontscale. */
static double font_size(const script *s, double size)
{
    return LL_FIGURE_FONT * size * s->font * ll_gp_scale_of(s);
}

/* Whoever puts colours in later has a ground of its own. */
static void add_ground(const script *s)
{
    if (s->to->theme != LL_THEME_MARKED)
        ll_str_addf(s->out, " background '#%06x'", ll_pen_rgb(LL_PEN_PAPER, s->to->theme));
    ll_str_addc(s->out, '\n');
}

static void pixel_options(const script *s, const char *font)
{
    ll_str_addf(s->out, " size %d,%d font '%s,%.3g' linewidth %.3g", s->width, s->height, font,
                font_size(s, 1), ll_gp_mark_scale(s));
    add_ground(s);
}

static void cairo(const script *s)
{
    pixel_options(s, "Sans");
}

static void svg(const script *s)
{
    pixel_options(s, "sans-serif");
}

static void pdf(const script *s)
{
    ll_str_addf(s->out, " size %.3fin,%.3fin font 'Sans,%.3g' fontscale 1 linewidth %.3g", s->width / 96.,
                s->height / 96., font_size(s, 1), ll_gp_mark_scale(s));
    add_ground(s);
}

static void sixel(const script *s)
{
    ll_str_addf(s->out, " truecolor size %d,%d font 'Sans,%.3g'", s->width, s->height, font_size(s, 1));
    add_ground(s);
}

static const char *colour_option(const script *s)
{
    return s->to->colours >= 1 << 24 ? "ansirgb"
           : s->to->colours >= 256   ? "ansi256"
           : s->to->colours          ? "ansi"
                                     : "mono";
}

static void block(const script *s)
{
    ll_str_addf(s->out, " braille %s size %d,%d\n", colour_option(s), s->width, s->height);
}

static void dumb(const script *s)
{
    ll_str_addf(s->out, " nofeed noenhanced %s size %d,%d\n", colour_option(s), s->width, s->height);
}

typedef struct terminal {
    const char *name, *suffix;
    const char *begins, *ends; /* what complete output begins with and holds near its end */
    bool text;
    double font,
        point; /* what makes texts and points as large as pngcairo's: the terminals disagree on units */
    void (*options)(const script *s);
} terminal;

static const terminal terminals[LL_GP_TERMINALS] = {
    [LL_GP_PNG] = {"pngcairo", ".png", "\x89PNG\r\n", "IEND", false, 1, 1, cairo},
    [LL_GP_SVG] = {"svg", ".svg", "<?xml", "</svg>", false, 4 / 3., .6, svg},
    [LL_GP_PDF] = {"pdfcairo", ".pdf", "%PDF-", "%%EOF", false, .75, 1, pdf},
    [LL_GP_KITTY] = {"kittycairo", NULL, "\x1b_G", "\x1b\\", false, 1, 1, cairo},
    [LL_GP_SIXEL] = {"sixelgd", NULL, "\x1bP", "\x1b\\", false, 1, 1, sixel},
    [LL_GP_BLOCK] = {"block", NULL, "", "", true, 1, 1, block},
    [LL_GP_DUMB] = {"dumb", NULL, "", "", true, 1, 1, dumb},
};

const char *ll_gp_terminal_name(ll_gp_terminal t)
{
    return terminals[t].name;
}

bool ll_gp_terminal_of(const char *path, ll_gp_terminal *t)
{
    const char *dot = strrchr(path, '.');
    for (int i = 0; dot && i < LL_GP_TERMINALS; i++)
        if (terminals[i].suffix && !strcasecmp(dot, terminals[i].suffix)) {
            *t = (ll_gp_terminal)i;
            return true;
        }
    return false;
}

bool ll_gp_complete(ll_gp_terminal t, const char *bytes, size_t n)
{
    const char *begins = terminals[t].begins, *ends = terminals[t].ends;
    size_t tail = n < 64 ? n : 64, skip = 0;
    /* gnuplot puts a form feed or line breaks before what it sends to a terminal */
    while (!terminals[t].suffix && skip < n && strchr("\f\r\n", bytes[skip])) skip++;
    return n > 0 && n - skip >= strlen(begins) && !memcmp(bytes + skip, begins, strlen(begins)) &&
           memmem(bytes + n - tail, tail, ends, strlen(ends));
}

/* --- texts ---------------------------------------------------------------------------------------------- */

void ll_gp_add_pen(const script *s, const char *option, ll_pen pen)
{
    if (!s->text) ll_str_addf(s->out, " %s rgb '#%06x'", option, ll_pen_rgb(pen, s->to->theme));
}

void ll_gp_add_font(const script *s, double size)
{
    if (!s->text) ll_str_addf(s->out, " font ',%.3g'", font_size(s, size));
}

/* --- data ----------------------------------------------------------------------------------------------- */

static void add_number(ll_str *out, double x)
{
    ll_str_addf(out, isfinite(x) ? "%.7g" : "NaN", x);
}

static void data_block(const script *s, int panel, int series, const ll_series *v)
{
    ll_str_addf(s->out, "$p%d_%d << EOD\n", panel, series);
    for (int i = 0; i < v->n; i++)
        for (int j = 0; j < v->cols; j++) {
            add_number(s->out, v->v[i * v->cols + j]);
            ll_str_addc(s->out, j + 1 < v->cols ? ' ' : '\n');
        }
    ll_str_add(s->out, "EOD\n");
}

static bool is_drawn(const script *s, const ll_series *v)
{
    if (v->mark == LL_MARK_TEXT || !v->n) return false; /* texts are labels, not data */
    return !(s->text && v->mark == LL_MARK_BAND);
}

/* --- axes ----------------------------------------------------------------------------------------------- */

/* gnuplot takes a tick's text for a printf format. */
static void quote_tick(ll_str *out, const char *text)
{
    ll_str doubled = {0};
    for (const char *c = text; *c; c++) {
        if (*c == '%') ll_str_addc(&doubled, '%');
        ll_str_addc(&doubled, *c);
    }
    ll_gp_quote(out, ll_str_text(&doubled));
    ll_str_free(&doubled);
}

static void add_own_ticks(const script *s, char which, const ll_axis *a, const ll_panel *p)
{
    bool *shown = LL_NEW_ARRAY(bool, a->n_ticks + 1);
    int n = 0;
    if (!s->text) ll_ticks_shown(s->f, p, which, shown);
    for (int i = 0; i < a->n_ticks; i++) {
        ll_str_add(s->out, n++ ? ", " : " (");
        quote_tick(s->out, s->text || shown[i] ? a->tick_text[i] : "");
        ll_str_addf(s->out, " %.7g", a->tick[i]);
    }
    ll_str_addc(s->out, ')');
    free(shown);
}

static void add_ticks(const script *s, char which, const ll_axis *a, const ll_panel *p)
{
    double step = s->text ? 0 : ll_tick_step(s->f, p, which);
    if (!a->font) {
        ll_str_addf(s->out, "unset %ctics\n", which);
        return;
    }
    ll_str_addf(s->out, "set %ctics nomirror out scale %s", which, p->framed ? "0.4" : "0");
    ll_gp_add_font(s, LL_TICK_SIZE * a->font);
    ll_gp_add_pen(s, "textcolor", LL_PEN_TEXT);
    if (a->rotated || (which == 'x' && !s->text && ll_ticks_upright(s->f, p)))
        ll_str_add(s->out, " rotate by 90 right");
    if (a->n_ticks) add_own_ticks(s, which, a, p);
    if (step > 0) ll_str_addf(s->out, " %.7g", step);
    ll_str_addc(s->out, '\n');
}

static void add_axis(const script *s, char which, const ll_axis *a, const ll_panel *p)
{
    ll_str_addf(s->out, "%s logscale %c\n", a->log ? "set" : "unset", which);
    ll_str_addf(s->out, "set %crange [%.9g:%.9g] noextend\n", which, a->lo, a->hi);
    add_ticks(s, which, a, p);
    ll_gp_add_label(s, which, p);
}

static void add_grid(const script *s, const ll_panel *p)
{
    ll_str_add(s->out, "unset grid\n");
    if (!s->text && (p->x.grid || p->y.grid)) {
        ll_str_addf(s->out, "set grid %s %s back linetype 1 linewidth 0.6", p->x.grid ? "xtics" : "noxtics",
                    p->y.grid ? "ytics" : "noytics");
        ll_gp_add_pen(s, "linecolor", LL_PEN_GRID);
        ll_str_addc(s->out, '\n');
    }
    if (!p->framed) {
        ll_str_add(s->out, "set border 0\n");
        return;
    }
    ll_str_add(s->out, "set border 3 back linewidth 0.8");
    ll_gp_add_pen(s, "linecolor", LL_PEN_MUTED);
    ll_str_addc(s->out, '\n');
}

/* In characters: what stands behind the last bar or the end of a line has a margin of its own. */
static void add_text_margin(const script *s, const ll_panel *p)
{
    int most = 0;
    for (int i = 0; p->margin[1] && i < p->n_series; i++)
        for (int j = 0; p->series[i].text && p->series[i].align == LL_ALIGN_LEFT && j < p->series[i].n; j++) {
            int chars = ll_text_chars(p->series[i].text[j]);
            most = chars > most ? chars : most;
        }
    if (most) ll_str_addf(s->out, "set rmargin %d\n", most < s->width / 4 ? most + 1 : s->width / 4);
}

static void add_shape(const script *s, const ll_panel *p)
{
    double margin[4];
    ll_str_addf(s->out, "set size %s\n", p->square && !s->text ? "ratio 1" : "noratio");
    if (s->text) {
        add_text_margin(s, p);
        return;
    }
    static const char *const names[] = {"lmargin", "rmargin", "tmargin", "bmargin"};
    ll_panel_margins(s->f, p, margin);
    for (int side = 0; side < 4; side++) {
        double at = margin[side] / (side < 2 ? s->f->width : s->f->height);
        bool from_far_end = side == 1 || side == 2;
        ll_str_addf(s->out, "set %s at screen %.5f\n", names[side], from_far_end ? 1 - at : at);
    }
}

/* --- texts in the panel ---------------------------------------------------------------------------------- */

static void add_texts(const script *s, const ll_series *v)
{
    static const char *const sides[] = {"left", "center", "right"}; /* by ll_align */
    for (int i = 0; i < v->n; i++) {
        const double *at = v->v + i * v->cols;
        if (!v->text[i] || !isfinite(at[0]) || !isfinite(at[1])) continue;
        ll_str_add(s->out, "set label ");
        ll_gp_quote(s->out, v->text[i]);
        ll_str_addf(s->out, " at first %.7g,%.7g %s front", at[0], at[1], sides[v->align]);
        ll_gp_add_font(s, v->size);
        ll_gp_add_pen(s, "textcolor", v->pen);
        ll_str_addc(s->out, '\n');
    }
}

static void add_palette(const script *s, const ll_panel *p)
{
    if (!p->palette) return;
    ll_str_add(s->out, "set palette defined (");
    for (int i = 0; i < p->palette->n; i++)
        ll_str_addf(s->out, "%s%d '#%06x'", i ? ", " : "", i, p->palette->stop[i]);
    ll_str_addf(s->out, ")\nset cbrange [%.7g:%.7g]\n", p->value_lo, p->value_hi);
    if (s->text) {
        ll_str_add(s->out, "unset colorbox\n");
        return;
    }
    ll_str_add(s->out, "set colorbox vertical noborder\nset cbtics scale 0.3");
    ll_gp_add_font(s, .9);
    ll_gp_add_pen(s, "textcolor", LL_PEN_TEXT);
    ll_str_add(s->out, "\nset cblabel ");
    ll_gp_quote(s->out, p->value_label);
    ll_gp_add_pen(s, "textcolor", LL_PEN_TEXT);
    ll_str_addc(s->out, '\n');
}

/* --- marks ---------------------------------------------------------------------------------------------- */

void ll_gp_add_colour(const script *s, ll_pen pen, double opacity)
{
    unsigned rgb = ll_pen_rgb(pen, s->to->theme);
    if (s->to->terminal == LL_GP_DUMB && !s->to->colours) return;
    if (s->text || opacity >= 1)
        ll_str_addf(s->out, " linecolor rgb '#%06x'", rgb);
    else
        ll_str_addf(s->out, " linecolor rgb '#%02x%06x'", (unsigned)lround(255 * (1 - opacity)), rgb);
}

const int ll_gp_point_types[] = {[LL_SHAPE_DISC] = 7,
                                 [LL_SHAPE_RING] = 6,
                                 [LL_SHAPE_SQUARE] = 5,
                                 [LL_SHAPE_DIAMOND] = 13,
                                 [LL_SHAPE_CROSS] = 2};

/* In characters they are letters, so a cloud is drawn as dots. */
static void points(const script *s, const ll_series *v)
{
    static const char letters[] = ".o#*x"; /* by shape */
    if (s->text)
        ll_str_addf(s->out, "using 1:2 with points pointtype '%c'", letters[v->shape]);
    else
        ll_str_addf(s->out, "using 1:2 with points pointtype %d pointsize %.3g", ll_gp_point_types[v->shape],
                    .8 * v->size * s->point * ll_gp_mark_scale(s));
}

static void line(const script *s, const ll_series *v)
{
    ll_str_addf(s->out, "using 1:2 with lines linewidth %.3g%s", 1.6 * v->size,
                v->dashed ? " dashtype 2" : "");
}

static void band(const script *s, const ll_series *v)
{
    ll_str_add(s->out, "using 1:2:3 with filledcurves");
}

static void rects(const script *s, const ll_series *v)
{
    ll_str_add(s->out, "using (($1+$2)/2):(($3+$4)/2):1:2:3:4 with boxxyerror");
    if (!s->text) ll_str_addf(s->out, " fillstyle transparent solid %.3g noborder", v->opacity);
}

static void segments(const script *s, const ll_series *v)
{
    ll_str_addf(s->out, "using 1:2:($3-$1):($4-$2) with vectors nohead linewidth %.3g%s", 1.2 * v->size,
                v->dashed ? " dashtype 2" : "");
}

enum { MOST_RECTANGLES = 250 * 250 };

/* One picture, unless it would be blurred: viewers of SVG smooth pictures when they enlarge them. A rectangle for each of a
 * million cells is a file that no viewer opens. */
static void image(const script *s, const ll_series *v)
{
    bool cells = s->to->terminal == LL_GP_SVG && (long)v->n * v->cols <= MOST_RECTANGLES;
    ll_str_add(s->out, cells ? "matrix with image pixels" : "matrix with image");
}

static void (*const marks[])(const script *s, const ll_series *v) = {
    [LL_MARK_POINTS] = points, [LL_MARK_LINE] = line,         [LL_MARK_BAND] = band,
    [LL_MARK_RECTS] = rects,   [LL_MARK_SEGMENTS] = segments, [LL_MARK_IMAGE] = image,
};

static void add_halo(const script *s, int panel, int series, const ll_series *v)
{
    ll_series rim = *v;
    rim.pen = LL_PEN_PAPER;
    rim.size = v->size * 1.35;
    ll_str_addf(s->out, "$p%d_%d ", panel, series);
    points(s, &rim);
    ll_gp_add_colour(s, rim.pen, 1);
    ll_str_add(s->out, " notitle, \\\n     ");
}

static void add_mark(const script *s, int panel, int series, const ll_series *v)
{
    if (v->halo && !s->text) add_halo(s, panel, series, v);
    ll_str_addf(s->out, "$p%d_%d ", panel, series);
    marks[v->mark](s, v);
    if (v->mark != LL_MARK_IMAGE) ll_gp_add_colour(s, v->pen, v->mark == LL_MARK_RECTS ? 1 : v->opacity);
    ll_str_add(s->out, v->title && s->text ? " title " : " notitle");
    if (v->title && s->text) ll_gp_quote(s->out, v->title);
}

static void add_plot(const script *s, int panel, const ll_panel *p)
{
    bool first = true;
    for (int i = 0; i < p->n_series; i++) {
        if (!is_drawn(s, &p->series[i])) continue;
        ll_str_add(s->out, first ? "plot " : ", \\\n     ");
        add_mark(s, panel, i, &p->series[i]);
        first = false;
    }
    ll_str_add(s->out, first ? "plot NaN notitle\n" : "\n");
}

/* --- the whole ------------------------------------------------------------------------------------------ */

static void add_panel(const script *s, int panel)
{
    const ll_panel *p = &s->f->panels[panel];
    ll_str_add(s->out, s->text ? "unset label\n" : "unset label\nunset arrow\nunset object\n");
    ll_gp_add_heading(s, p);
    add_grid(s, p);
    add_axis(s, 'x', &p->x, p);
    add_axis(s, 'y', &p->y, p);
    add_shape(s, p);
    ll_gp_add_key(s, p);
    add_palette(s, p);
    for (int i = 0; i < p->n_series; i++)
        if (p->series[i].mark == LL_MARK_TEXT) add_texts(s, &p->series[i]);
    add_plot(s, panel, p);
}

static void add_header(const script *s)
{
    ll_str_addf(s->out, "# latlab plot %s: for gnuplot 5.4 or newer\n", s->f->kind);
    ll_str_addf(s->out, "set encoding utf8\nset terminal %s", terminals[s->to->terminal].name);
    if (!s->text && s->to->terminal != LL_GP_SIXEL) ll_str_add(s->out, " noenhanced");
    terminals[s->to->terminal].options(s);
    if (s->to->output) {
        ll_str_add(s->out, "set output ");
        ll_gp_quote(s->out, s->to->output);
        ll_str_addc(s->out, '\n');
    }
    ll_str_add(s->out, "set datafile missing 'NaN'\nset clip two\n");
}

void ll_gnuplot_text(const ll_figure *f, const ll_gp_target *target, ll_str *out)
{
    const terminal *t = &terminals[target->terminal];
    script s = {.f = f, .to = target, .out = out, .font = t->font, .point = t->point, .text = t->text};
    double dots = target->terminal == LL_GP_PNG ? f->dots : 1;
    s.width = target->width ? target->width : s.text ? 79 : (int)lround(dots * f->width);
    s.height = target->height ? target->height : s.text ? 24 : (int)lround(dots * f->height);
    add_header(&s);
    for (int i = 0; i < f->n_panels; i++)
        for (int j = 0; j < f->panels[i].n_series; j++)
            if (is_drawn(&s, &f->panels[i].series[j])) data_block(&s, i, j, &f->panels[i].series[j]);
    if (f->n_panels > 1) {
        ll_str_addf(out, "set multiplot layout %d,1", f->n_panels);
        ll_str_addc(out, '\n');
        if (s.text) ll_str_add(out, "set lmargin 9\n");
    }
    for (int i = 0; i < f->n_panels; i++) add_panel(&s, i);
    ll_str_add(out, f->n_panels > 1 ? "unset multiplot\nunset output\n" : "unset output\n");
}
