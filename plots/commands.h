/* The command of this room: plot. */
#ifndef LL_PLOTS_COMMANDS_H
#define LL_PLOTS_COMMANDS_H

#include "core/app/app.h"
#include "plots/caps.h"

extern const ll_command ll_plot_commands[]; /* ends with a record whose name is NULL */

/* What the face's terminal can draw; copied. Call it before the first submit, and again when the window's
 * size changes (any thread). Without it plots are 79 x 24 characters without colour. */
void ll_plots_set_caps(ll_app *a, const ll_plot_caps *caps);

#endif
