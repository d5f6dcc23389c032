/* A figure in a terminal, by the best way that both the terminal and gnuplot know: kitty, sixel, block, dumb.
 * What the terminal can do is the face's knowledge: it says so once with ll_plots_set_caps. */
#ifndef LL_PLOTS_TERMINAL_H
#define LL_PLOTS_TERMINAL_H

#include "plots/gnuplot/gnuplot.h"
#include "plots/terminal/caps.h"

/* Draws into `out`; *raw: escape sequences of a graphics protocol, to be sent as they are, else lines of text
 * (with colour sequences when caps->colours). width and height: pixels for graphics, characters for text; 0:
 * as the caps suggest. LL_FAILED and LL_CANCELLED as ll_gnuplot_draw. */
ll_status ll_plot_terminal(ll_gnuplot *g, const ll_figure *f, const ll_plot_caps *caps, int width, int height,
                           const ll_observer *observer, ll_str *out, bool *raw, ll_error *e);

#endif
