#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "plots/build.h"
#include "plots/thin.h"

enum { NAME_CHARS = 26 };

typedef struct heatmap {
    const ll_heatmap_data *d;
    ll_figure *f;
    ll_panel *p;
    const int *order;
    double cell;  /* pixels */
    double crown; /* height of the dendrogram, cells */
    double rim;   /* width of the margin for source and target marks, cells */
} heatmap;

static double at(const heatmap *h, int row, int col)
{
    return h->d->r[h->order[row] * h->d->n + h->order[col]];
}

/* Pixels the names and the scale take from the square. */
static double name_pixels(const ll_heatmap_data *d)
{
    int chars = ll_longest_name(d->names, d->n);
    return 7.2 * (chars < NAME_CHARS ? chars : NAME_CHARS);
}

static void choose_size(const ll_heatmap_data *d, int *width, int *height, double *cell)
{
    double names = name_pixels(d), extra = d->joins ? .12 * d->n : 0;
    double wanted = fmax(14, fmin(64, 620. / d->n));
    double square = wanted * (d->n + extra + 1.5);
    *width = d->width ? d->width : (int)fmax(520, fmin(2400, wanted * d->n + names + 150));
    *height = d->height ? d->height : (int)fmax(460, fmin(2400, square + names + 90));
    *cell = fmin((*width - names - 150) / (d->n + 1.5), (*height - names - 90) / (d->n + extra + 1.5));
    *cell = fmax(*cell, 1);
}

static void choose_palette(heatmap *h)
{
    double lo = 1;
    for (int i = 0; i < h->d->n * h->d->n; i++)
        if (h->d->r[i] < lo) lo = h->d->r[i];
    const ll_palette *asked = h->d->palette ? ll_palette_find(h->d->palette) : NULL;
    h->p->palette = asked ? asked : ll_palette_find(lo < 0 ? "diverging" : "cividis");
    bool symmetric = h->p->palette == ll_palette_find("diverging");
    h->p->value_lo = symmetric ? -1 : fmin(.9, floor(10 * lo) / 10);
    h->p->value_hi = 1;
}

static void add_cells(heatmap *h)
{
    int n = h->d->n;
    double *m = LL_NEW_ARRAY(double, n *n);
    for (int i = 0; i < n * n; i++) m[i] = at(h, i / n, i % n);
    ll_panel_add_image(h->p, n, n, m);
    free(m);
}

/* A cell's number, as short as two digits can be. */
static void cell_text(ll_series *s, int row, double r)
{
    char text[16];
    snprintf(text, sizeof text, "%.2f", r);
    bool negative = text[0] == '-';
    const char *digits = text + negative;
    if (digits[0] == '0') digits++;
    ll_series_text(s, row, "%s%s", negative && atof(text) != 0 ? "-" : "", digits[0] == '1' ? "1" : digits);
}

static bool dark_cell(const heatmap *h, double r)
{
    double t = (r - h->p->value_lo) / (h->p->value_hi - h->p->value_lo);
    return ll_luminance(ll_palette_at(h->p->palette, t)) < .18;
}

/* Numbers in white on dark cells and in black on light ones, when the cells have room. */
static void add_numbers(heatmap *h, bool dark)
{
    int n = h->d->n, count = 0;
    double font = fmin(1, h->cell * .38 / 14);
    if (h->cell < 21) return;
    for (int i = 0; i < n * n; i++)
        count += isfinite(at(h, i / n, i % n)) && dark_cell(h, at(h, i / n, i % n)) == dark;
    ll_series *s = ll_panel_add(h->p, LL_MARK_TEXT, dark ? LL_INK_WHITE : LL_INK_BLACK, count);
    s->align = LL_ALIGN_CENTRE;
    s->size = font;
    for (int i = 0, row = 0; i < n * n; i++) {
        double r = at(h, i / n, i % n);
        if (!isfinite(r) || dark_cell(h, r) != dark) continue;
        ll_series_set(s, row, i % n, i / n);
        cell_text(s, row++, r);
    }
}

static void add_missing(heatmap *h)
{
    int n = h->d->n, count = 0;
    for (int i = 0; i < n * n; i++) count += !isfinite(at(h, i / n, i % n));
    if (!count) return;
    ll_series *s = ll_panel_add(h->p, LL_MARK_POINTS, LL_INK_MUTED, count);
    s->shape = LL_SHAPE_CROSS;
    s->size = fmin(1.2, h->cell / 24);
    ll_series_name(s, "n/a");
    for (int i = 0, row = 0; i < n * n; i++)
        if (!isfinite(at(h, i / n, i % n))) ll_series_set(s, row++, i % n, i / n);
    h->p->key_at = LL_OUTSIDE;
    ll_figure_note(h->f,
                   "%d of %d pairs have no rank correlation (constant column or fewer than two common "
                   "architectures): n/a",
                   count, n * n);
}

static void add_side(heatmap *h, char side, const char *name, ll_ink ink, ll_shape shape)
{
    int n = h->d->n, count = 0;
    for (int i = 0; i < n; i++) count += h->d->side[h->order[i]] == side;
    if (!count) return;
    ll_series *s = ll_panel_add(h->p, LL_MARK_POINTS, ink, 2 * count);
    s->shape = shape;
    s->size = fmax(.4, fmin(1.3, h->cell / 18));
    ll_series_name(s, "%s (%d)", name, count);
    for (int i = 0, row = 0; i < n; i++) {
        if (h->d->side[h->order[i]] != side) continue;
        ll_series_set(s, row++, -.5 - h->rim / 2, i);
        ll_series_set(s, row++, i, n - .5 + h->rim / 2);
    }
    h->p->key_at = LL_OUTSIDE;
}

/* The tree above the matrix: a join of two subtrees is a bracket at its height. */
static void add_dendrogram(heatmap *h)
{
    int n = h->d->n;
    double *x = LL_NEW_ARRAY(double, 2 * n), *y = LL_NEW_ARRAY(double, 2 * n);
    for (int i = 0; i < n; i++) x[h->order[i]] = i;
    double top = 0;
    for (int m = 0; m < n - 1; m++) top = fmax(top, h->d->joins[m].height);
    ll_series *s = ll_panel_add(h->p, LL_MARK_SEGMENTS, LL_INK_TEXT, 3 * (n - 1));
    s->size = .7;
    double base = -.5 - .25;
    for (int i = 0; i < 2 * n; i++) y[i] = base;
    for (int m = 0; m < n - 1; m++) {
        const ll_heatmap_join *j = &h->d->joins[m];
        double up = base - (h->crown - .4) * (top > 0 ? j->height / top : 1);
        ll_series_set4(s, 3 * m, x[j->a], y[j->a], x[j->a], up);
        ll_series_set4(s, 3 * m + 1, x[j->b], y[j->b], x[j->b], up);
        ll_series_set4(s, 3 * m + 2, x[j->a], up, x[j->b], up);
        x[n + m] = (x[j->a] + x[j->b]) / 2;
        y[n + m] = up;
    }
    free(x);
    free(y);
}

static void set_axis(heatmap *h, ll_axis *a, double font)
{
    a->grid = false;
    a->font = font;
    for (int i = 0; i < h->d->n; i++) {
        char *name = ll_short_name(h->d->names[h->order[i]], NAME_CHARS);
        ll_axis_tick(a, i, name);
        free(name);
    }
}

static void set_axes(heatmap *h)
{
    int n = h->d->n;
    double font = fmax(.35, fmin(1.1, h->cell / 15));
    set_axis(h, &h->p->x, font);
    set_axis(h, &h->p->y, font);
    h->p->x.rotated = true;
    h->p->x.lo = -.5 - h->rim;
    h->p->x.hi = n - .5;
    h->p->y.lo = n - .5 + h->rim; /* the first device is on top */
    h->p->y.hi = -.5 - h->crown;
    h->p->framed = false;
    h->p->aspect = LL_ASPECT_EQUAL_UNITS;
}

static void draw(heatmap *h)
{
    h->crown = h->d->joins && h->d->n > 1 ? fmax(1, .12 * h->d->n) : 0;
    h->rim = h->d->side ? fmax(.8, .025 * h->d->n) : 0;
    set_axes(h);
    choose_palette(h);
    h->p->value_label = ll_strdup(h->d->value_label);
    add_cells(h);
    add_missing(h);
    if (h->d->side) add_side(h, 's', "source", LL_INK_BLUE, LL_SHAPE_SQUARE);
    if (h->d->side) add_side(h, 't', "target", LL_INK_VERMILLION, LL_SHAPE_DIAMOND);
    if (h->crown > 0) add_dendrogram(h);
    add_numbers(h, true);
    add_numbers(h, false);
}

ll_status ll_build_heatmap(const ll_heatmap_data *d, ll_figure **out, ll_error *e)
{
    *out = NULL;
    if (d->n < 1) return ll_fail(e, LL_BAD_DATA, "heatmap: no device to show");
    ll_ints same = ll_ints_range(d->n);
    heatmap h = {.d = d, .order = d->order ? d->order : same.v};
    int width, height;
    choose_size(d, &width, &height, &h.cell);
    *out = h.f = ll_figure_new("heatmap", d->title, 1, width, height);
    h.p = &h.f->panels[0];
    draw(&h);
    ll_ints_free(&same);
    return LL_OK;
}
