/* The gnuplot process: is it there, what can it draw, draw. */
#ifndef LL_PLOTS_GNUPLOT_H
#define LL_PLOTS_GNUPLOT_H

#include "core/base/observer.h"
#include "core/base/status.h"
#include "plots/gnuplot/text.h"

enum { LL_GNUPLOT_TIMEOUT_S = 20 };

/* A gnuplot that has answered. Zero-initialise; ll_gnuplot_free. Thread: one at a time. */
typedef struct ll_gnuplot {
    char *program;   /* what was asked: $LATLAB_GNUPLOT, else "gnuplot" */
    char *terminals; /* GPVAL_TERMINALS: names between blanks; NULL: not asked yet */
    double version;
    double timeout_s; /* 0: LL_GNUPLOT_TIMEOUT_S */
} ll_gnuplot;

/* Asks the program for its version and terminals, once per program name. LL_FAILED says how to get gnuplot
 * when there is none, or what it did instead of answering. */
ll_status ll_gnuplot_probe(ll_gnuplot *g, const ll_observer *observer, ll_error *e);
bool ll_gnuplot_has(const ll_gnuplot *g, ll_gp_terminal t); /* after a probe */
/* Runs a script; `bytes` receives the picture. LL_FAILED carries gnuplot's own message; LL_CANCELLED. */
ll_status ll_gnuplot_draw(ll_gnuplot *g, const ll_figure *f, const ll_gp_target *target,
                          const ll_observer *observer, ll_str *bytes, ll_error *e);
void ll_gnuplot_free(ll_gnuplot *g);

/* out=FILE: .png, .svg, .pdf are drawn, .gp is the script that draws FILE's stem + ".png". The file appears
 * entirely or not at all; an old one survives any failure. LL_USAGE: another suffix. */
ll_status ll_figure_write(ll_gnuplot *g, const ll_figure *f, const char *path, ll_plot_theme theme,
                          const ll_observer *observer, ll_error *e);

#endif
