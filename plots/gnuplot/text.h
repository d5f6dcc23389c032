/* Figure -> gnuplot script. Pure: the same figure and target give the same text. The script carries its data
 * in inline blocks, needs gnuplot 5.4 or newer and nothing else.
 *
 * Every text of the user (device names, titles) reaches gnuplot inside a single-quoted string, where gnuplot
 * expands neither backquotes nor macros nor escapes, with the enhanced mode off. */
#ifndef LL_PLOTS_GNUPLOT_TEXT_H
#define LL_PLOTS_GNUPLOT_TEXT_H

#include "plots/figure/figure.h"

typedef enum ll_gp_terminal {
    LL_GP_PNG,
    LL_GP_SVG,
    LL_GP_PDF,
    LL_GP_KITTY,
    LL_GP_SIXEL,
    LL_GP_BLOCK,
    LL_GP_DUMB,
    LL_GP_TERMINALS
} ll_gp_terminal;

typedef struct ll_gp_target {
    ll_gp_terminal terminal;
    int width, height; /* pixels; characters for block and dumb; 0: the figure's own size */
    int colours;       /* block and dumb: 0, 16, 256 or 1 << 24 */
    ll_plot_theme theme;
    const char *output; /* file the script itself writes; NULL: gnuplot's standard output */
} ll_gp_target;

/* gnuplot's name of a terminal, as in GPVAL_TERMINALS. */
const char *ll_gp_terminal_name(ll_gp_terminal t);
/* Terminal for a file by its suffix; false: none of .png, .svg, .pdf. */
bool ll_gp_terminal_of(const char *path, ll_gp_terminal *t);
/* Do these bytes look like what the terminal writes, complete from beginning to end? */
bool ll_gp_complete(ll_gp_terminal t, const char *bytes, size_t n);

void ll_gnuplot_text(const ll_figure *f, const ll_gp_target *target, ll_str *out);

/* A text as a single-quoted gnuplot string: control characters become blanks, bytes that are not UTF-8
 * become '?', quotes are doubled, and what is longer than 200 characters ends in "...". */
void ll_gp_quote(ll_str *out, const char *text);

#endif
