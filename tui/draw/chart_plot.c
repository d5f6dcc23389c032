/* Points and curves in a rectangle: 2 x 4 braille dots a cell with UTF-8, otherwise two heights a cell. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/num/ticks.h"
#include "tui/draw/chart.h"

static void widen(double v[2], const double *data, int n)
{
    for (int i = 0; data && i < n; i++) {
        if (!isfinite(data[i])) continue;
        v[0] = fmin(v[0], data[i]);
        v[1] = fmax(v[1], data[i]);
    }
}

static void add_margin(double v[2])
{
    if (v[0] > v[1]) v[0] = 0, v[1] = 1;
    double span = v[1] - v[0], margin = span > 0 ? span * 0.03 : fmax(fabs(v[0]) * 0.1, 0.5);
    v[0] -= margin;
    v[1] += margin;
}

void ll_chart_range(const ll_chart *p, double x[2], double y[2])
{
    x[0] = y[0] = INFINITY;
    x[1] = y[1] = -INFINITY;
    for (int i = 0; i < p->n_series; i++) {
        widen(x, p->series[i].x, p->series[i].n);
        widen(y, p->series[i].y, p->series[i].n);
    }
    if (p->identity) {
        x[0] = y[0] = fmin(x[0], y[0]);
        x[1] = y[1] = fmax(x[1], y[1]);
    }
    add_margin(x);
    add_margin(y);
    if (p->x_lo != p->x_hi) x[0] = p->x_lo, x[1] = p->x_hi;
    if (p->y_lo != p->y_hi) y[0] = p->y_lo, y[1] = p->y_hi;
}

/* --- the raster ----------------------------------------------------------------------------------------- */

typedef struct raster {
    int w, h;      /* cells */
    int dx, dy;    /* dots per cell */
    uint8_t *bits; /* (h, w) */
    ll_style *style;
    double x[2], y[2];
} raster;

static void dot(raster *r, int px, int py, ll_style style)
{
    static const uint8_t braille[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    if (px < 0 || py < 0 || px >= r->w * r->dx || py >= r->h * r->dy) return;
    int cell = py / r->dy * r->w + px / r->dx;
    r->bits[cell] |= r->dy == 4 ? braille[py % 4][px % 2] : (uint8_t)(1 << py % 2);
    r->style[cell] = style;
}

static double to_x(const raster *r, double x)
{
    return (x - r->x[0]) / (r->x[1] - r->x[0]) * (r->w * r->dx - 1);
}

static double to_y(const raster *r, double y)
{
    return (r->y[1] - y) / (r->y[1] - r->y[0]) * (r->h * r->dy - 1);
}

static void line(raster *r, double x0, double y0, double x1, double y1, ll_style style, int every)
{
    double ax = to_x(r, x0), ay = to_y(r, y0), bx = to_x(r, x1), by = to_y(r, y1);
    if (!isfinite(ax + ay + bx + by)) return;
    double longest = fmax(fabs(bx - ax), fabs(by - ay));
    int n = longest > 20000 ? 20000 : (int)ceil(longest);
    for (int i = 0; i <= n; i += every) {
        double f = n ? (double)i / n : 0;
        dot(r, (int)lround(ax + f * (bx - ax)), (int)lround(ay + f * (by - ay)), style);
    }
}

static void draw_series(raster *r, const ll_chart_series *s)
{
    for (int i = 0; i < s->n; i++) {
        if (!isfinite(s->x[i]) || !isfinite(s->y[i])) continue;
        if (s->joined && i && isfinite(s->x[i - 1]) && isfinite(s->y[i - 1]))
            line(r, s->x[i - 1], s->y[i - 1], s->x[i], s->y[i], s->style, 1);
        else if (!s->mark)
            dot(r, (int)lround(to_x(r, s->x[i])), (int)lround(to_y(r, s->y[i])), s->style);
    }
}

static void put_raster(const raster *r, ll_canvas *c, int y, int x)
{
    static const char half[] = " '.:"; /* bit 0 upper, bit 1 lower */
    for (int i = 0; i < r->h; i++)
        for (int j = 0; j < r->w; j++) {
            int cell = i * r->w + j;
            if (!r->bits[cell]) continue;
            uint32_t ch = r->dy == 4 ? 0x2800u + r->bits[cell] : (uint32_t)half[r->bits[cell] & 3];
            ll_put_cell(c, y + i, x + j, ch, ll_style_ink(c->look, r->style[cell]));
        }
}

static void put_marks(const raster *r, ll_canvas *c, int y, int x, const ll_chart_series *s)
{
    for (int i = 0; s->mark && i < s->n; i++) {
        if (!isfinite(s->x[i]) || !isfinite(s->y[i])) continue;
        int cx = (int)lround(to_x(r, s->x[i])) / r->dx, cy = (int)lround(to_y(r, s->y[i])) / r->dy;
        if (cx >= 0 && cx < r->w && cy >= 0 && cy < r->h)
            ll_put_cell(c, y + cy, x + cx, (uint32_t)s->mark, ll_style_ink(c->look, s->style));
    }
}

/* --- axes ----------------------------------------------------------------------------------------------- */

/* So many, or up to `most` where that would leave no second one to read the scale by. */
static ll_ticks two_at_least(const double range[2], int wanted, int most)
{
    ll_ticks ticks = ll_ticks_within(range[0], range[1], wanted);
    for (int n = wanted + 1; ticks.n < 2 && n <= most; n++) ticks = ll_ticks_within(range[0], range[1], n);
    return ticks;
}

static void y_axis(const raster *r, ll_canvas *c, int y, int x, int label_w)
{
    ll_ticks ticks = two_at_least(r->y, r->h / 3, r->h / 2 + 1);
    ll_ink ink = ll_style_ink(c->look, LL_S_FAINT);
    for (int i = 0; i < r->h; i++) ll_put_cell(c, y + i, x + label_w, 0x2502, ink);
    for (int i = 0; i < ticks.n; i++) {
        int row = (int)lround(to_y(r, ll_tick_at(&ticks, i))) / r->dy;
        char text[32];
        snprintf(text, sizeof text, "%.*f", ticks.digits, ll_tick_at(&ticks, i));
        int n = (int)strlen(text);
        ll_put_cut(c, y + row, x + (n < label_w ? label_w - n : 0), label_w, LL_S_FAINT, text);
        ll_put_cell(c, y + row, x + label_w, 0x2524, ink);
    }
}

static void x_axis(const raster *r, ll_canvas *c, int y, int x)
{
    int free_from = x;
    ll_ticks ticks = two_at_least(r->x, r->w / 12, r->w / 6);
    ll_ink ink = ll_style_ink(c->look, LL_S_FAINT);
    ll_put_cell(c, y, x - 1, 0x2514, ink);
    for (int j = 0; j < r->w; j++) ll_put_cell(c, y, x + j, 0x2500, ink);
    for (int i = 0; i < ticks.n; i++) {
        int col = (int)lround(to_x(r, ll_tick_at(&ticks, i))) / r->dx;
        char text[32];
        snprintf(text, sizeof text, "%.*f", ticks.digits, ll_tick_at(&ticks, i));
        int n = (int)strlen(text), at = x + col - n / 2;
        if (at < free_from || at + n > x + r->w) continue;
        ll_put_cell(c, y, x + col, 0x252c, ink);
        ll_put(c, y + 1, at, LL_S_FAINT, text);
        free_from = at + n + 1;
    }
}

static void titles(const ll_chart *p, ll_canvas *c, ll_rect r, int label_w)
{
    if (p->y_title) ll_put_cut(c, r.y, r.x + 1, r.w - 1, LL_S_HEAD, p->y_title);
    int x = r.x + r.w, least = r.x + label_w + 8,
        title = r.x + 3 + (p->y_title ? ll_text_width(p->y_title) : 0);
    if (title > least) least = title;
    for (int i = p->n_series - 1; i >= 0; i--) { /* legend, right-aligned in the title's row */
        const ll_chart_series *s = &p->series[i];
        if (!s->name) continue;
        x -= ll_text_width(s->name) + 3;
        if (x < least) break;
        ll_put_cell(c, r.y, x,
                    s->mark     ? (uint32_t)s->mark
                    : s->joined ? 0x2500
                                : 0x2022,
                    ll_style_ink(c->look, s->style));
        ll_put(c, r.y, x + 2, s->style, s->name);
    }
    if (p->x_title)
        ll_put_cut(c, r.y + r.h - 1, r.x + r.w - ll_text_width(p->x_title), r.w, LL_S_HEAD, p->x_title);
}

enum { LABEL = 7 };

/* Cells of the plot itself: beside the labels; a row for the titles, two for the x axis, one for its title. */
ll_rect ll_chart_inside(const ll_chart *p, ll_rect r)
{
    return (ll_rect){r.y + 1, r.x + LABEL + 1, r.h - (p->x_title ? 4 : 3), r.w - LABEL - 1};
}

void ll_chart_at(const ll_chart *p, ll_rect r, int row, int col, double *x, double *y)
{
    ll_rect in = ll_chart_inside(p, r);
    double xs[2], ys[2];
    ll_chart_range(p, xs, ys);
    *x = xs[0] + (xs[1] - xs[0]) * (col - in.x + 0.5) / (in.w > 0 ? in.w : 1);
    *y = ys[1] - (ys[1] - ys[0]) * (row - in.y + 0.5) / (in.h > 0 ? in.h : 1);
}

int ll_chart_column(const ll_chart *p, ll_rect r, const ll_look *look, double x)
{
    ll_rect in = ll_chart_inside(p, r);
    raster k = {.w = in.w, .dx = look->utf8 ? 2 : 1};
    ll_chart_range(p, k.x, k.y);
    return in.x + (int)lround(to_x(&k, x)) / k.dx;
}

void ll_chart_draw(ll_canvas *c, ll_rect r, const ll_chart *p)
{
    ll_rect in = ll_chart_inside(p, r);
    raster k = {.w = in.w, .h = in.h, .dx = c->look->utf8 ? 2 : 1, .dy = c->look->utf8 ? 4 : 2};
    if (k.w < 4 || k.h < 2) return;
    k.bits = LL_NEW_ARRAY(uint8_t, k.w * k.h);
    k.style = LL_NEW_ARRAY(ll_style, k.w * k.h);
    ll_chart_range(p, k.x, k.y);
    int y = in.y, x = in.x;
    if (p->identity) line(&k, k.x[0], k.x[0], k.x[1], k.x[1], LL_S_FAINT, 3);
    for (int i = 0; i < p->n_series; i++) draw_series(&k, &p->series[i]);
    y_axis(&k, c, y, r.x, LABEL);
    x_axis(&k, c, y + k.h, x);
    put_raster(&k, c, y, x);
    for (int i = 0; i < p->n_series; i++) put_marks(&k, c, y, x, &p->series[i]);
    titles(p, c, r, LABEL);
    free(k.bits);
    free(k.style);
}
