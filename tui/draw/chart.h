/* Charts on a canvas. Pure functions of data, rectangle and the canvas's look: braille, blocks and colour
 * where the look has them, plain characters otherwise. NaN is missing and is never drawn as a number. */
#ifndef LL_TUI_DRAW_CHART_H
#define LL_TUI_DRAW_CHART_H

#include <cjson/cJSON.h>

#include "tui/draw/canvas.h"

/* One column per number, at most 24 (longer arrays are averaged down). */
void ll_chart_sparkline(const cJSON *numbers, const ll_look *look, ll_str *out);
/* A horizontal bar for share 0..1 in w columns, in eighths of a column. */
void ll_chart_bar(ll_canvas *c, int y, int x, int w, double share, ll_style style);

typedef struct ll_chart_series {
    const char *name;
    const double *x, *y; /* (n) */
    int n;
    ll_style style;
    bool joined; /* a line instead of dots */
    char mark;   /* 0: dots; else this character over everything else */
} ll_chart_series;

typedef struct ll_chart {
    const char *x_title, *y_title;
    const ll_chart_series *series;
    int n_series;
    double x_lo, x_hi, y_lo, y_hi; /* all zero: from the data */
    bool identity;                 /* the line y = x */
} ll_chart;
void ll_chart_draw(ll_canvas *c, ll_rect r, const ll_chart *plot);
/* The data's place behind one cell of a plot that was drawn in r. */
void ll_chart_at(const ll_chart *plot, ll_rect r, int row, int col, double *x, double *y);
/* Where the plot itself is, without axes and titles, and the column of it that x falls into. */
ll_rect ll_chart_inside(const ll_chart *plot, ll_rect r);
int ll_chart_column(const ll_chart *plot, ll_rect r, const ll_look *look, double x);
/* Extent of the data of all series with a small margin; a single value gets one around it. */
void ll_chart_range(const ll_chart *plot, double x[2], double y[2]);

typedef struct ll_heatmap {
    int n;                                  /* rows and columns */
    const double *v;                        /* (n, n) */
    char *const *names;                     /* (n) */
    const char *marks;                      /* (n) one letter a row ('S' source, 'T' target, ' '), or NULL */
    const int *group;                       /* (n) lines part those that stand side by side; NULL: none */
    const char *ramp;                       /* of the look when NULL */
    int row0, col0;                         /* first one shown */
    int cursor_r, cursor_c;                 /* -1: none */
    int block_r, block_c, block_h, block_w; /* cells that are chosen; block_h 0: none */
    /* set by ll_heatmap_plan */
    double lo, hi;
    bool diverging;
    int cell_w, label_w, head_h;
    int rows, cols; /* shown */
    bool numbered;  /* columns are headed by numbers, which the rows' labels repeat */
    int common;     /* letters all names begin with, left out of the columns' heads */
} ll_heatmap;
/* Chooses cell width, label width and how many rows and columns fit in h x w (h 0: all rows). `cell_w` may be
 * preset to 1..4 to ask for a zoom. */
void ll_heatmap_plan(ll_heatmap *m, const ll_look *look, int h, int w);
int ll_heatmap_width(const ll_heatmap *m); /* of the planned drawing */
void ll_heatmap_draw(const ll_heatmap *m, ll_canvas *c, int y, int x);
void ll_heatmap_legend(const ll_heatmap *m, ll_canvas *c, int y, int x);
/* Ink and three characters of one value: ".97", "1.0", "n/a". */
ll_ink ll_heatmap_ink(const ll_heatmap *m, const ll_look *look, double v);
void ll_heatmap_number(double v, char text[8]);

#endif
