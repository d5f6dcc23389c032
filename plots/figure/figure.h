/* A figure as data: panels with axes, marks and notes. Builders (plots/build/build.h) make one from plain arrays;
 * plots/gnuplot turns it into a script, plots/terminal into plain characters. Nothing here knows a terminal, a
 * file or a process.
 *
 * All strings are copied; a figure owns everything in it. Thread: a figure belongs to one thread. */
#ifndef LL_PLOTS_FIGURE_H
#define LL_PLOTS_FIGURE_H

#include <stdbool.h>

#include "core/base/str.h"
#include "plots/figure/palette.h"

/* Columns of a mark's rows. Seven marks are enough: a box plot is rectangles and segments, a histogram is
 * bands and a line, an error bar is a segment. */
typedef enum ll_mark {
    LL_MARK_POINTS,   /* x y */
    LL_MARK_LINE,     /* x y */
    LL_MARK_BAND,     /* x lo hi */
    LL_MARK_RECTS,    /* x0 x1 y0 y1 */
    LL_MARK_SEGMENTS, /* x0 y0 x1 y1 */
    LL_MARK_TEXT,     /* x y, and a text per row */
    LL_MARK_IMAGE,    /* one row per matrix row, cell (i, j) is centred on x = j, y = i */
} ll_mark;

typedef enum ll_shape {
    LL_SHAPE_DISC,
    LL_SHAPE_RING,
    LL_SHAPE_SQUARE,
    LL_SHAPE_DIAMOND,
    LL_SHAPE_CROSS
} ll_shape;
enum { LL_SHAPES = 5 };
typedef enum ll_align { LL_ALIGN_LEFT, LL_ALIGN_CENTRE, LL_ALIGN_RIGHT } ll_align;

typedef struct ll_series {
    ll_mark mark;
    char *title; /* entry in the key; NULL: none */
    ll_pen pen;
    double opacity; /* 1: opaque */
    double size;    /* line width, point size or font size, 1 is normal */
    ll_shape shape;
    ll_align align;
    bool dashed;
    bool halo; /* points with a rim of paper, to stand out of a cloud */
    int n, cols;
    double *v;   /* (n, cols) row-major; NaN leaves a gap */
    char **text; /* (n) for LL_MARK_TEXT, else NULL */
} ll_series;

typedef struct ll_axis {
    char *label;
    bool log, grid;
    bool rotated;     /* tick texts run upwards */
    double lo, hi;    /* lo > hi: the axis runs backwards; both set by every builder */
    double font;      /* of the ticks, 1 is normal; 0: no ticks */
    int n_ticks;      /* 0: the renderer chooses */
    double *tick;     /* (n_ticks) */
    char **tick_text; /* (n_ticks) */
} ll_axis;

/* A legend never lies over data. Where lines carry their names at their ends, it is for text terminals alone. */
typedef enum ll_legend {
    LL_KEY_NONE,
    LL_KEY_OUTSIDE, /* below the panel; to the right of a square one that has room there */
    LL_KEY_TEXT     /* outside, in characters only */
} ll_legend;

typedef struct ll_panel {
    char *title;
    ll_axis x, y;
    ll_series *series; /* drawn in this order */
    int n_series, cap;
    bool square;      /* as high as wide */
    bool framed;      /* axis lines */
    double margin[4]; /* left, right, top, bottom: pixels of the figure; 0: the renderer chooses */
    ll_strs notes;    /* parts of a line above the panel */
    ll_legend key;
    const ll_palette *palette; /* of an image; NULL: none */
    double value_lo, value_hi; /* the range the palette spans */
    char *value_label;
} ll_panel;

/* How large, and what for. Zero: as suits the figure. */
typedef struct ll_plot_size {
    int width, height; /* 96 of these pixels make an inch, as in CSS, SVG and PDF */
    double font;       /* points of an axis label; 0: it grows with the figure */
    double dots;       /* of a picture made of dots, per pixel of width and height; 0: 1 */
    bool paper;        /* a column of a paper: 3.33 in wide, 8 points, and the title is left to the caption */
    int points;        /* a cloud of more is thinned; 0: LL_MOST_POINTS */
    bool free_height;  /* nobody asked for the height: set on the way */
} ll_plot_size;

typedef struct ll_figure {
    char *kind; /* "scatter", ... */
    char *title;
    ll_panel *panels; /* (n_panels), stacked from top to bottom */
    int n_panels;
    int width, height; /* the size it was made for, pixels */
    double scale;      /* of texts and marks; 1: axis labels of 11 points */
    double dots;
    bool untitled; /* the title is not drawn */
    bool grows;    /* its height may go with its keys */
    ll_strs notes; /* what a reader must know: points left out, pairs missing */
} ll_figure;

/* Clouds larger than this are thinned, the same way every time, and the figure says so. */
enum { LL_MOST_POINTS = 4000 };
int ll_most_points(const ll_plot_size *size);

enum { LL_FIGURE_FONT = 11 }; /* points of an axis label at scale 1 */

/* What was asked for, and for what was not a width and height that suit the figure on a screen; their shape is kept in a
 * paper's column, as far as there is room for texts. */
ll_plot_size ll_plot_size_or(ll_plot_size asked, int width, int height);
/* The same for a list of names, whose height goes with the size of texts: `height` is at scale 1. */
ll_plot_size ll_plot_list_size(ll_plot_size asked, int width, double height);
/* The scale of texts that a size asks for, when it turns out to be this large. */
double ll_plot_scale(const ll_plot_size *size, int width, int height);
/* size: complete. */
ll_figure *ll_figure_new(const char *kind, const char *title, int n_panels, ll_plot_size size);
void ll_figure_free(ll_figure *f);
void ll_figure_note(ll_figure *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* How much larger than on 900 x 700 pixels texts and marks are drawn, when no size of font is asked for. */
double ll_figure_scale(int width, int height);
/* Rows of numbers in all series: what "points" in a result counts. */
int ll_figure_points(const ll_figure *f);

/* Add a series of n rows, zeroed; valid until the next one is added. */
ll_series *ll_panel_add(ll_panel *p, ll_mark mark, ll_pen pen, int n);
ll_series *ll_panel_add_image(ll_panel *p, int rows, int cols, const double *v);
void ll_series_name(ll_series *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void ll_series_set(ll_series *s, int row, double a, double b); /* two columns */
/* All columns: c and d count where there are any. */
void ll_series_set4(ll_series *s, int row, double a, double b, double c, double d);
void ll_series_text(ll_series *s, int row, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void ll_panel_note(ll_panel *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void ll_axis_label(ll_axis *a, const char *text);

/* What the numbers of a device are: an axis says "measured energy (mJ)". All zero: latencies in ms. */
typedef struct ll_plot_quantity {
    const char *name, *unit;
} ll_plot_quantity;
const char *ll_plot_unit(const ll_plot_quantity *q);
/* "measured latency (ms)"; before: "measured ", "" */
void ll_plot_label(ll_axis *axis, const char *before, const ll_plot_quantity *q);

/* Range of the finite values with a margin (a share of the range), never empty: a constant gets room on both
 * sides, no value at all gives 0..1. On a logarithmic axis only positive values count. */
void ll_axis_fit(ll_axis *a, const double *v, int n, int stride, double margin);
void ll_axis_tick(ll_axis *a, double at, const char *text);
/* Ticks at 1, 2, 5 times powers of ten on a logarithmic axis, where renderers mark powers only. */
void ll_axis_log_ticks(ll_axis *a);

#endif
