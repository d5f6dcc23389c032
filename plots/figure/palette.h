/* Colours: palettes for matrices, pens for marks. Chosen to stay apart for every common form of colour
 * blindness and in grey print. */
#ifndef LL_PLOTS_PALETTE_H
#define LL_PLOTS_PALETTE_H

#include <stdbool.h>
#include <stdint.h>

/* What a colour is for; a theme says which colour that is. The numbered ones are Okabe and Ito's set. */
typedef enum ll_pen {
    LL_PEN_TEXT,
    LL_PEN_MUTED,
    LL_PEN_GRID,
    LL_PEN_PAPER,
    LL_PEN_BLACK, /* black and white whatever the theme: on a cell of known colour */
    LL_PEN_WHITE,
    LL_PEN_BLUE,
    LL_PEN_VERMILLION,
    LL_PEN_GREEN,
    LL_PEN_PURPLE,
    LL_PEN_ORANGE,
    LL_PEN_SKY,
    LL_PENS
} ll_pen;
enum { LL_SERIES_INKS = LL_PENS - LL_PEN_BLUE };

typedef enum ll_plot_theme {
    LL_THEME_LIGHT,
    LL_THEME_DARK, /* light marks on a dark ground */
    LL_THEME_MARKED /* no colours but marks of the pens, LL_PEN_MARK + pen: for whoever puts colours in later */
} ll_plot_theme;
enum { LL_PEN_MARK = 0xfe0100 };
uint32_t ll_pen_rgb(ll_pen pen, ll_plot_theme theme);
ll_pen ll_pen_of_series(int i); /* the i-th of several series, cyclic */

typedef struct ll_palette {
    const char *name; /* "cividis", "viridis", "diverging" */
    int n;
    const uint32_t *stop; /* (n) 0xRRGGBB at equal distances */
} ll_palette;
const char *ll_palette_name(int i);                    /* NULL behind the last */
const ll_palette *ll_palette_find(const char *name);   /* NULL: none of this name */
uint32_t ll_palette_at(const ll_palette *p, double t); /* 0 <= t <= 1, clamped */
/* Relative luminance (WCAG 2.1) 0..1; above .18 black text reads better than white. */
double ll_luminance(uint32_t rgb);

#endif
