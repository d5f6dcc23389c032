/* Box plots out of rectangles and segments. */
#ifndef LL_PLOTS_BOX_H
#define LL_PLOTS_BOX_H

#include "plots/figure/figure.h"

typedef struct ll_box {
    double x, width;
    double lo, q1, median, q3, hi; /* lo, hi: 5th and 95th percentile */
} ll_box;
typedef struct ll_boxes { /* zero-initialise */
    ll_box *v;
    int n;
} ll_boxes;

void ll_boxes_add(ll_boxes *b, double x, double width, const double *v, int n); /* n > 0, no NaN */
void ll_boxes_draw(const ll_boxes *b, ll_panel *p);
void ll_boxes_free(ll_boxes *b);

#endif
