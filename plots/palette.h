/* Colours: palettes for matrices, inks for marks. Chosen to stay apart for every common form of colour
 * blindness and in grey print. */
#ifndef LL_PLOTS_PALETTE_H
#define LL_PLOTS_PALETTE_H

#include <stdbool.h>
#include <stdint.h>

/* What a colour is for; a theme says which colour that is. The numbered ones are Okabe and Ito's set. */
typedef enum ll_ink {
    LL_INK_TEXT,
    LL_INK_MUTED,
    LL_INK_GRID,
    LL_INK_PAPER,
    LL_INK_BLACK, /* black and white whatever the theme: on a cell of known colour */
    LL_INK_WHITE,
    LL_INK_BLUE,
    LL_INK_VERMILLION,
    LL_INK_GREEN,
    LL_INK_PURPLE,
    LL_INK_ORANGE,
    LL_INK_SKY,
    LL_INKS
} ll_ink;
enum { LL_SERIES_INKS = LL_INKS - LL_INK_BLUE };

uint32_t ll_ink_rgb(ll_ink ink, bool dark);
ll_ink ll_ink_of_series(int i); /* the i-th of several series, cyclic */

typedef struct ll_palette {
    const char *name; /* "cividis", "viridis", "diverging" */
    int n;
    const uint32_t *stop; /* (n) 0xRRGGBB at equal distances */
} ll_palette;
const ll_palette *ll_palette_find(const char *name);   /* NULL: none of this name */
uint32_t ll_palette_at(const ll_palette *p, double t); /* 0 <= t <= 1, clamped */
/* Relative luminance (WCAG 2.1) 0..1; above .18 black text reads better than white. */
double ll_luminance(uint32_t rgb);

#endif
