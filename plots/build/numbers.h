/* Numbers beside points of a cloud, none on another or on another's point. */
#ifndef LL_PLOTS_NUMBERS_H
#define LL_PLOTS_NUMBERS_H

#include "plots/figure/figure.h"

typedef struct ll_numbered {
    int number;
    double x, y; /* of the point */
    bool right;  /* the number stands right of it, else left; over the edge of the panel, on the other side */
    bool down;   /* makes way downwards, else up; at the end of the panel, the other way */
} ll_numbered;

/* Texts, and a line to the point where one had to make way. The axes have their ranges. `points` is changed: `right` is
 * the side where the number has room. */
void ll_number_points(const ll_figure *f, ll_panel *p, ll_numbered *points, int n);

#endif
