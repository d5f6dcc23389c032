#include "plots/figure/figure.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/num/ticks.h"

/* A column of a paper. */
#define COLUMN_PX   320. /* 3.33 in */
#define COLUMN_FONT 8.
#define PAGE_PX     768. /* 8 in */

double ll_figure_scale(int width, int height)
{
    return fmax(.6, fmin(sqrt(width * (double)height / (900. * 700.)), 4));
}

double ll_plot_scale(const ll_plot_size *size, int width, int height)
{
    double font = size->font ? size->font : size->paper ? COLUMN_FONT : 0;
    return font ? font / LL_FIGURE_FONT : ll_figure_scale(width, height);
}

int ll_most_points(const ll_plot_size *size)
{
    return size->points > 0 ? size->points : LL_MOST_POINTS;
}

ll_plot_size ll_plot_size_or(ll_plot_size asked, int width, int height)
{
    double shape = fmax(.75, fmin((double)height / width, 1));
    if (!asked.width) asked.width = asked.paper ? (int)COLUMN_PX : width;
    asked.free_height = asked.paper && !asked.height;
    if (!asked.height) asked.height = asked.paper ? (int)(shape * asked.width) : height;
    return asked;
}

ll_plot_size ll_plot_list_size(ll_plot_size asked, int width, double height)
{
    double scale = asked.font || asked.paper ? ll_plot_scale(&asked, 0, 0) : 1;
    bool free_height = asked.paper && !asked.height;
    if (!asked.height) asked.height = (int)fmin(asked.paper ? PAGE_PX : 1600, scale * height);
    asked = ll_plot_size_or(asked, width, asked.height);
    asked.free_height = free_height;
    return asked;
}

ll_figure *ll_figure_new(const char *kind, const char *title, int n_panels, ll_plot_size size)
{
    ll_figure *f = LL_NEW(ll_figure);
    *f = (ll_figure){.kind = ll_strdup(kind),
                     .title = ll_strdup(title),
                     .width = size.width,
                     .height = size.height,
                     .scale = ll_plot_scale(&size, size.width, size.height),
                     .dots = size.dots > 0 ? size.dots : 1,
                     .untitled = size.paper,
                     .grows = size.free_height};
    f->panels = LL_NEW_ARRAY(ll_panel, n_panels);
    f->n_panels = n_panels;
    for (int i = 0; i < n_panels; i++) {
        ll_panel *p = &f->panels[i];
        p->framed = p->x.grid = p->y.grid = true;
        p->x.font = p->y.font = 1;
        p->x.hi = p->y.hi = p->value_hi = 1;
    }
    return f;
}

static void free_texts(char **text, int n)
{
    for (int i = 0; text && i < n; i++) free(text[i]);
    free(text);
}

static void free_axis(ll_axis *a)
{
    free_texts(a->tick_text, a->n_ticks);
    free(a->tick);
    free(a->label);
}

static void free_panel(ll_panel *p)
{
    for (int i = 0; i < p->n_series; i++) {
        free_texts(p->series[i].text, p->series[i].n);
        free(p->series[i].title);
        free(p->series[i].v);
    }
    free(p->series);
    free_axis(&p->x);
    free_axis(&p->y);
    ll_strs_free(&p->notes);
    free(p->value_label);
    free(p->title);
}

void ll_figure_free(ll_figure *f)
{
    if (!f) return;
    for (int i = 0; i < f->n_panels; i++) free_panel(&f->panels[i]);
    ll_strs_free(&f->notes);
    free(f->panels);
    free(f->title);
    free(f->kind);
    free(f);
}

static char *format(const char *fmt, va_list ap)
{
    ll_str s = {0};
    ll_str_addv(&s, fmt, ap);
    return ll_str_take(&s);
}

void ll_figure_note(ll_figure *f, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    ll_strs_take(&f->notes, format(fmt, ap));
    va_end(ap);
}

void ll_panel_note(ll_panel *p, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    ll_strs_take(&p->notes, format(fmt, ap));
    va_end(ap);
}

/* Lines and bands go through what points, bars and cells show; alone they are what is shown. */
static int panel_points(const ll_panel *p)
{
    int n = 0, lines = 0;
    for (int j = 0; j < p->n_series; j++) {
        const ll_series *s = &p->series[j];
        if (s->mark == LL_MARK_POINTS || s->mark == LL_MARK_RECTS) n += s->n;
        if (s->mark == LL_MARK_IMAGE) n += s->n * s->cols;
        if (s->mark == LL_MARK_LINE) lines += s->n;
    }
    return n ? n : lines;
}

int ll_figure_points(const ll_figure *f)
{
    int n = 0;
    for (int i = 0; i < f->n_panels; i++) n += panel_points(&f->panels[i]);
    return n;
}

static const int columns[] = {
    [LL_MARK_POINTS] = 2,   [LL_MARK_LINE] = 2, [LL_MARK_BAND] = 3, [LL_MARK_RECTS] = 4,
    [LL_MARK_SEGMENTS] = 4, [LL_MARK_TEXT] = 2, [LL_MARK_IMAGE] = 0};

ll_series *ll_panel_add(ll_panel *p, ll_mark mark, ll_pen pen, int n)
{
    if (p->n_series == p->cap) {
        p->cap = p->cap ? 2 * p->cap : 4;
        p->series = ll_realloc(p->series, (size_t)p->cap, sizeof *p->series);
    }
    ll_series *s = &p->series[p->n_series++];
    *s = (ll_series){.mark = mark, .pen = pen, .opacity = 1, .size = 1, .n = n, .cols = columns[mark]};
    s->v = LL_NEW_ARRAY(double, (size_t)n *(size_t)s->cols + 1);
    if (mark == LL_MARK_TEXT) s->text = LL_NEW_ARRAY(char *, n + 1);
    return s;
}

ll_series *ll_panel_add_image(ll_panel *p, int rows, int cols, const double *v)
{
    ll_series *s = ll_panel_add(p, LL_MARK_IMAGE, LL_PEN_TEXT, rows);
    free(s->v);
    s->v = ll_memdup(v, (size_t)rows * (size_t)cols, sizeof *v);
    s->cols = cols;
    return s;
}

void ll_series_name(ll_series *s, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    free(s->title);
    s->title = format(fmt, ap);
    va_end(ap);
}

void ll_series_set(ll_series *s, int row, double a, double b)
{
    s->v[row * s->cols] = a;
    s->v[row * s->cols + 1] = b;
}

void ll_series_set4(ll_series *s, int row, double a, double b, double c, double d)
{
    ll_series_set(s, row, a, b);
    if (s->cols > 2) s->v[row * s->cols + 2] = c;
    if (s->cols > 3) s->v[row * s->cols + 3] = d;
}

void ll_series_text(ll_series *s, int row, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    free(s->text[row]);
    s->text[row] = format(fmt, ap);
    va_end(ap);
}

const char *ll_plot_unit(const ll_plot_quantity *q)
{
    return q->unit ? q->unit : "ms";
}

void ll_plot_label(ll_axis *axis, const char *before, const ll_plot_quantity *q)
{
    char label[64];
    snprintf(label, sizeof label, "%s%s (%s)", before, q->name ? q->name : "latency", ll_plot_unit(q));
    ll_axis_label(axis, label);
}

void ll_axis_label(ll_axis *a, const char *text)
{
    free(a->label);
    a->label = ll_strdup(text);
}

static bool drawable(const ll_axis *a, double x)
{
    return isfinite(x) && (!a->log || x > 0);
}

void ll_axis_fit(ll_axis *a, const double *v, int n, int stride, double margin)
{
    double lo = INFINITY, hi = -INFINITY;
    for (int i = 0; i < n; i++) {
        double x = v[i * stride];
        if (!drawable(a, x)) continue;
        lo = fmin(lo, x);
        hi = fmax(hi, x);
    }
    if (lo > hi) lo = a->log ? 1 : 0, hi = a->log ? 10 : 1;
    if (hi - lo < 1e-7 * fmax(fabs(lo), fabs(hi)))
        hi = lo; /* apart by rounding alone: no renderer tells them apart */
    if (a->log) {
        double room = pow(hi / lo, margin) * (hi > lo ? 1 : 1.5);
        a->lo = lo / room;
        a->hi = hi * room;
        return;
    }
    double room = hi > lo ? margin * (hi - lo) : lo ? .1 * fabs(lo) : 1;
    a->lo = lo - room;
    a->hi = hi + room;
}

void ll_axis_tick(ll_axis *a, double at, const char *text)
{
    a->tick = ll_realloc(a->tick, (size_t)a->n_ticks + 1, sizeof *a->tick);
    a->tick_text = ll_realloc(a->tick_text, (size_t)a->n_ticks + 1, sizeof *a->tick_text);
    a->tick[a->n_ticks] = at;
    a->tick_text[a->n_ticks++] = ll_strdup(text);
}

static void tick_number(ll_axis *a, double at)
{
    char text[32];
    snprintf(text, sizeof text, "%.6g", at);
    ll_axis_tick(a, at, text);
}

void ll_axis_log_ticks(ll_axis *a)
{
    if (a->hi / a->lo < 4) { /* within a few times, round numbers serve better than powers */
        ll_ticks t = ll_ticks_within(a->lo, a->hi, 6);
        for (int i = 0; i < t.n; i++)
            if (ll_tick_at(&t, i) > 0) tick_number(a, ll_tick_at(&t, i));
        return;
    }
    double decades = log10(a->hi / a->lo);
    static const double within[] = {1, 2, 5};
    int step = decades > 8 ? (int)ceil(decades / 8) : 1;
    for (int e = (int)floor(log10(a->lo)); e <= (int)ceil(log10(a->hi)); e += step)
        for (int m = 0; m < (decades > 3 ? 1 : 3); m++) {
            double at = within[m] * pow(10, e);
            if (at >= a->lo && at <= a->hi) tick_number(a, at);
        }
}
