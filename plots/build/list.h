/* A list of names down the side of a panel. */
#ifndef LL_PLOTS_LIST_H
#define LL_PLOTS_LIST_H

#include "plots/figure/figure.h"

/* Ticks of the y axis at 0 .. n-1, the first on top: names[order[i]], or names[i] when order is NULL. Long names are cut in
 * the middle; the texts shrink with the lines, and where they would be too small, one name stands for several and the figure
 * says so. Returns the size of the names: 0 when not each is named. Needs the figure's size. */
double ll_side_names(ll_figure *f, ll_panel *p, const char *const *names, const int *order, int n);

#endif
