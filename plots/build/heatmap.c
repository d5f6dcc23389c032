#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "plots/build/build.h"
#include "plots/build/thin.h"
#include "plots/figure/layout.h"

/* Pixels: across all cells, where there are many; what a cell has at least where each is named, and what a name gets where not. */
enum { NAME_CHARS = 26, LEAST_CHARS = 8, ACROSS = 2000, NAMED = 7, NAME_ROOM = 14 };

typedef struct heatmap {
    const ll_heatmap_data *d;
    ll_figure *f;
    ll_panel *p;
    const int *order;
    double cell;  /* pixels */
    int step;     /* every how many-th device is named */
    double font;  /* of the names */
    int chars;    /* of a name, at most */
    double scale; /* of the figure's texts */
    double marks; /* and of its marks */
    double margin[4];
    double crown; /* height of the dendrogram, cells */
    double rim;   /* width of the margin for source and target marks, cells */
    bool bare;    /* some rows are named, which are the columns too: the columns need no names */
} heatmap;

static double at(const heatmap *h, int row, int col)
{
    return h->d->r[h->order[row] * h->d->n + h->order[col]];
}

/* A tick text of font 1 is this high, and a character this wide, at scale 1 (DejaVu Sans). */
#define EM   13.2
#define WIDE (.58 * EM)

/* A column of a paper has a width, and the height goes with it. */
static ll_plot_size asked_size(const ll_heatmap_data *d)
{
    ll_plot_size size = d->size;
    if (size.paper) size.width = ll_plot_size_or(size, 1, 1).width;
    return size;
}

/* Names take at most a quarter of the width, and less where they only say about where one is. */
static int name_chars(const heatmap *h, int width, double scale)
{
    int longest = ll_longest_name(h->d->names, h->d->n), most = NAME_CHARS;
    double share = h->bare ? .22 : .24;
    if (width) most = (int)fmax(LEAST_CHARS, fmin(most, share * width / (WIDE * scale * h->font)));
    return longest < most ? longest : most;
}

/* The cell's size decides the size of the names, and what names and scale take away decides the
 * cell's size. */
static ll_plot_size choose_size(heatmap *h)
{
    const ll_heatmap_data *d = h->d;
    ll_plot_size asked = asked_size(d), size = asked;
    double across = d->n + h->rim, down = d->n + h->rim + h->crown, scale = ll_plot_scale(&asked, 900, 700);
    h->cell = fmax(fmin(15, (double)ACROSS / d->n), fmin(56, 640. / d->n));
    for (int pass = 0; pass < 4; pass++) {
        h->step = h->cell < NAMED ? (int)ceil(NAME_ROOM / h->cell) : 1;
        h->font = fmin(1.05, h->cell * h->step / (1.1 * EM * scale));
        h->bare = asked.width && h->step > 1;
        h->chars = name_chars(h, asked.width, scale);
        double names = 30 * scale + WIDE * scale * h->font * h->chars, under = h->bare ? 16 * scale : names;
        double right = (asked.width ? 96 : 110) * scale, top = (size.paper ? 14 : 52) * scale,
               key = d->side ? 28 * scale : 0;
        size.width = asked.width ? asked.width : (int)fmax(480, h->cell * across + names + right);
        if (asked.width) h->cell = (size.width - names - right) / across;
        double wanted = h->cell * down + under + top + key;
        size.height = asked.height ? asked.height : (int)fmax(asked.width ? 60 : 400, wanted);
        h->cell =
            fmax(1, fmin((size.width - names - right) / across, (size.height - under - top - key) / down));
        double aside = (size.width - names - right - h->cell * across) / 2;
        double over = (size.height - under - top - key - h->cell * down) / 2;
        h->margin[0] = names + aside;
        h->margin[1] = right + aside;
        h->margin[2] = top + over;
        h->margin[3] = under + key + over;
        scale = ll_plot_scale(&asked, size.width, size.height);
    }
    h->scale = scale;
    h->marks = fmin(scale, ll_figure_scale(size.width, size.height));
    return size;
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

/* A cell's number, as short as two digits can be. One is written for the same order alone: what only rounds to it gets a
 * third digit and is cut there, .998 .9996 as .999. */
static void cell_text(ll_series *s, int row, double r)
{
    bool same = fabs(r) >= 1 - 1e-9, close = !same && fabs(r) >= .995;
    char text[16];
    snprintf(text, sizeof text, close ? "%.3f" : "%.2f",
             close ? trunc(r * 1000 + copysign(1e-6, r)) / 1000 : r);
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
    double font = fmin(.9, h->cell / (34 * h->scale));
    if (h->cell < 20) return;
    for (int i = 0; i < n * n; i++)
        count += isfinite(at(h, i / n, i % n)) && dark_cell(h, at(h, i / n, i % n)) == dark;
    ll_series *s = ll_panel_add(h->p, LL_MARK_TEXT, dark ? LL_PEN_WHITE : LL_PEN_BLACK, count);
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
    ll_series *s = ll_panel_add(h->p, LL_MARK_POINTS, LL_PEN_MUTED, count);
    s->shape = LL_SHAPE_CROSS;
    s->size = fmin(1.2, h->cell / (24 * h->marks));
    ll_series_name(s, "n/a");
    for (int i = 0, row = 0; i < n * n; i++)
        if (!isfinite(at(h, i / n, i % n))) ll_series_set(s, row++, i % n, i / n);
    h->p->key = LL_KEY_OUTSIDE;
    ll_figure_note(h->f,
                   "%d of %d pairs have no rank correlation (constant column or fewer than two common "
                   "architectures): n/a",
                   count, n * n);
}

static void add_side(heatmap *h, char side, const char *name, ll_pen pen, ll_shape shape)
{
    int n = h->d->n, count = 0;
    for (int i = 0; i < n; i++) count += h->d->side[h->order[i]] == side;
    if (!count) return;
    ll_series *s = ll_panel_add(h->p, LL_MARK_POINTS, pen, 2 * count);
    s->shape = shape;
    s->size = fmax(.4, fmin(1.5, h->cell / (12 * h->marks)));
    ll_series_name(s, "%s (%d)", name, count);
    for (int i = 0, row = 0; i < n; i++) {
        if (h->d->side[h->order[i]] != side) continue;
        ll_series_set(s, row++, -.5 - h->rim / 2, i);
        ll_series_set(s, row++, i, n - .5 + h->rim / 2);
    }
    h->p->key = LL_KEY_OUTSIDE;
}

/* The tree above the matrix: a join of two subtrees is a bracket at its height. */
static void add_dendrogram(heatmap *h)
{
    int n = h->d->n;
    double *x = LL_NEW_ARRAY(double, 2 * n), *y = LL_NEW_ARRAY(double, 2 * n);
    for (int i = 0; i < n; i++) x[h->order[i]] = i;
    double top = 0;
    for (int m = 0; m < n - 1; m++) top = fmax(top, h->d->joins[m].height);
    ll_series *s = ll_panel_add(h->p, LL_MARK_SEGMENTS, LL_PEN_TEXT, 3 * (n - 1));
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

/* Behind the last of those that stand side by side in the group of `from`. */
static int group_end(const heatmap *h, int from)
{
    int to = from + 1;
    while (to < h->d->n && h->d->group[h->order[to]] == h->d->group[h->order[from]]) to++;
    return to;
}

/* Squares along the diagonal, black in a rim of white: seen on every colour. */
static void add_frames(heatmap *h, ll_pen pen, double size)
{
    int groups = 0;
    for (int from = 0; from < h->d->n; from = group_end(h, from)) groups++;
    ll_series *s = ll_panel_add(h->p, LL_MARK_SEGMENTS, pen, 4 * groups);
    s->size = size;
    for (int from = 0, row = 0; from < h->d->n; from = group_end(h, from)) {
        double lo = from - .5, hi = group_end(h, from) - .5;
        ll_series_set4(s, row++, lo, lo, hi, lo);
        ll_series_set4(s, row++, lo, hi, hi, hi);
        ll_series_set4(s, row++, lo, lo, lo, hi);
        ll_series_set4(s, row++, hi, lo, hi, hi);
    }
}

static void set_axis(heatmap *h, ll_axis *a, double font)
{
    a->grid = false;
    a->font = font;
    for (int i = 0; i < h->d->n; i += h->step) {
        char *name = ll_text_cut(h->d->names[h->order[i]], h->chars);
        ll_axis_tick(a, i, name);
        free(name);
    }
}

static void set_axes(heatmap *h)
{
    int n = h->d->n;
    set_axis(h, &h->p->x, h->bare ? 0 : h->font);
    set_axis(h, &h->p->y, h->font);
    h->p->x.rotated = true;
    h->p->x.lo = -.5 - h->rim;
    h->p->x.hi = n - .5;
    h->p->y.lo = n - .5 + h->rim; /* the first device is on top */
    h->p->y.hi = -.5 - h->crown;
    h->p->framed = false;
    for (int i = 0; i < 4; i++) h->p->margin[i] = h->margin[i];
    if (h->step > 1)
        ll_figure_note(h->f, "%d devices, one name for %d: a device pattern shows some of them", n, h->step);
}

static void draw(heatmap *h)
{
    set_axes(h);
    choose_palette(h);
    h->p->value_label = ll_strdup(h->d->value_label);
    add_cells(h);
    add_missing(h);
    if (h->d->group) add_frames(h, LL_PEN_WHITE, 3.4);
    if (h->d->group) add_frames(h, LL_PEN_BLACK, 1.5);
    if (h->d->side) add_side(h, 's', "source", LL_PEN_BLUE, LL_SHAPE_SQUARE);
    if (h->d->side) add_side(h, 't', "target", LL_PEN_VERMILLION, LL_SHAPE_DIAMOND);
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
    h.crown = d->joins && d->n > 1 ? fmax(1, .12 * d->n) : 0;
    h.rim = d->side ? fmax(.6, .025 * d->n) : 0;
    *out = h.f = ll_figure_new("heatmap", d->title, 1, choose_size(&h));
    h.p = &h.f->panels[0];
    draw(&h);
    ll_ints_free(&same);
    return LL_OK;
}
