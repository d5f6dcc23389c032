/* The command of this room: plot. */
#ifndef LL_PLOTS_COMMANDS_H
#define LL_PLOTS_COMMANDS_H

#include "core/app/app.h"
#include "plots/figure/figure.h"
#include "plots/terminal/caps.h"

extern const ll_command ll_plot_commands[]; /* ends with a record whose name is NULL */

/* What the face's terminal can draw; copied. Call it before the first submit, and again when the window's
 * size changes (any thread). Without it plots are 79 x 24 characters without colour. */
void ll_plots_set_caps(ll_app *a, const ll_plot_caps *caps);

/* For another command: the figure of a line such as "plot scatter fpga" as SVG, of this size, its colours marks of the pens
 * (LL_THEME_MARKED). *result: what `plot` says of it, "title" and "notes" among it; the caller deletes it in any case. A
 * failure leaves its sentence in outer->error. */
ll_status ll_plot_svg(ll_request *outer, const char *line, const ll_plot_size *size, ll_str *svg,
                      cJSON **result);

#endif
