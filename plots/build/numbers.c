#include "plots/build/numbers.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "plots/figure/layout.h"

static const double SIZE = .75; /* of the texts */

/* Positions are shares of the axes. */
typedef struct numbers {
    const ll_panel *p;
    ll_numbered *points;
    int n;
    double *x, *y;        /* of the numbers; the points' own x */
    double width, height; /* of a number */
} numbers;

/* The value that lies there: the inverse of ll_axis_share. */
static double value_at(const ll_axis *a, double share)
{
    return a->log ? a->lo * pow(a->hi / a->lo, share) : a->lo + share * (a->hi - a->lo);
}

static void choose_side(numbers *l, int i)
{
    ll_numbered *point = &l->points[i];
    l->x[i] = ll_axis_share(&l->p->x, point->x);
    if (point->right && l->x[i] + l->width > 1)
        point->right = false;
    else if (!point->right && l->x[i] - l->width < 0)
        point->right = true;
}

/* Does number i stand on one before it, or on the point of another? */
static bool is_taken(const numbers *l, int i)
{
    double middle = l->x[i] + (l->points[i].right ? .6 : -.6) * l->width;
    for (int j = 0; j < l->n; j++) {
        double other = l->x[j] + (l->points[j].right ? .6 : -.6) * l->width;
        if (j < i && fabs(middle - other) < l->width && fabs(l->y[i] - l->y[j]) < l->height) return true;
        double point = ll_axis_share(&l->p->y, l->points[j].y);
        if (j != i && fabs(middle - l->x[j]) < .7 * l->width && fabs(l->y[i] - point) < .8 * l->height)
            return true;
    }
    return false;
}

/* The first free place on its way, then on the other. */
static void place(numbers *l, int i)
{
    enum { TRIES = 60 };
    double from = ll_axis_share(&l->p->y, l->points[i].y),
           step = (l->points[i].down ? -.25 : .25) * l->height;
    l->y[i] = from;
    for (int way = 0; way < 2 && is_taken(l, i); way++, step = -step)
        for (int k = 1; k < TRIES && is_taken(l, i); k++) {
            double y = from + k * step;
            if (y < .5 * l->height || y > 1 - .5 * l->height) break;
            l->y[i] = y;
        }
}

static void add_leader(const numbers *l, ll_panel *p, int i)
{
    const ll_numbered *point = &l->points[i];
    if (fabs(l->y[i] - ll_axis_share(&p->y, point->y)) <= .5 * l->height) return;
    ll_series *v = ll_panel_add(p, LL_MARK_SEGMENTS, LL_PEN_MUTED, 1);
    v->size = .5;
    ll_series_set4(v, 0, point->x, point->y,
                   value_at(&p->x, l->x[i] + (point->right ? .15 : -.15) * l->width),
                   value_at(&p->y, l->y[i]));
}

static void add_number(const numbers *l, ll_panel *p, int i)
{
    const ll_numbered *point = &l->points[i];
    ll_series *v = ll_panel_add(p, LL_MARK_TEXT, LL_PEN_TEXT, 1);
    v->align = point->right ? LL_ALIGN_LEFT : LL_ALIGN_RIGHT;
    v->size = SIZE;
    ll_series_set(v, 0, point->x, value_at(&p->y, l->y[i]));
    ll_series_text(v, 0, point->right ? "  %d" : "%d  ", point->number);
}

void ll_number_points(const ll_figure *f, ll_panel *p, ll_numbered *points, int n)
{
    double margin[4];
    ll_panel_margins(f, p, margin);
    numbers l = {.p = p,
                 .points = points,
                 .n = n,
                 .x = LL_NEW_ARRAY(double, n),
                 .y = LL_NEW_ARRAY(double, n),
                 .width = ll_text_px(8, SIZE, f->scale) / (f->width - margin[0] - margin[1]),
                 .height = 1.05 * ll_line_px(SIZE, f->scale) / (f->height - margin[2] - margin[3])};
    for (int i = 0; i < n; i++) choose_side(&l, i);
    for (int i = 0; i < n; i++) place(&l, i);
    for (int i = 0; i < n; i++) {
        add_leader(&l, p, i);
        add_number(&l, p, i);
    }
    free(l.x);
    free(l.y);
}
