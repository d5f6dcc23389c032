#include "plots/build/list.h"

#include <math.h>
#include <stdlib.h>

#include "plots/figure/layout.h"

static const double LEAST = .6; /* smallest size of a name */
enum { AROUND = 6 };            /* lines that title, ticks, label and key take */

double ll_side_names(ll_figure *f, ll_panel *p, const char *const *names, const int *order, int n)
{
    double line = ll_line_px(LL_TICK_SIZE, f->scale);
    double each = fmax(line, f->height - AROUND * line) / n; /* pixels */
    double font = fmax(LEAST, fmin(1, each / line));
    int step = (int)ceil(LEAST * line / each - 1e-9);
    if (step < 1) step = 1;
    p->y.font = font;
    for (int i = 0; i < n; i += step) {
        char *name = ll_text_cut(names[order ? order[i] : i], ll_name_chars(f->width, font, f->scale));
        ll_axis_tick(&p->y, i, name);
        free(name);
    }
    if (step > 1) ll_figure_note(f, "%d names, one of %d is shown: a larger size= shows all", n, step);
    return step > 1 ? 0 : font;
}
