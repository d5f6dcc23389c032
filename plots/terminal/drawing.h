/* A matrix in characters: what a text terminal shows of a heatmap, where pixels would be half a letter. */
#ifndef LL_PLOTS_DRAWING_H
#define LL_PLOTS_DRAWING_H

#include "plots/figure/figure.h"
#include "plots/terminal/caps.h"

/* Has the figure a matrix to draw this way? */
bool ll_drawing_fits(const ll_figure *f);
/* Two digits a cell where the columns allow it, else one sign per cell from low to high; on coloured ground
 * when caps->colours >= 256. Rows carry the names, columns their numbers. */
void ll_drawing_matrix(const ll_figure *f, const ll_plot_caps *caps, ll_str *out);

#endif
