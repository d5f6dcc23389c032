#include "tui/draw/curve.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"

void ll_curve_add(ll_curve *c, double x, double y)
{
    if (isnan(y) || (c->n && c->x[c->n - 1] >= x)) return;
    if (c->n == c->cap) {
        c->cap = c->cap ? 2 * c->cap : 128;
        c->x = ll_realloc(c->x, (size_t)c->cap, sizeof *c->x);
        c->y = ll_realloc(c->y, (size_t)c->cap, sizeof *c->y);
    }
    c->x[c->n] = x;
    c->y[c->n++] = y;
}

void ll_curve_free(ll_curve *c)
{
    free(c->x);
    free(c->y);
    *c = (ll_curve){0};
}
