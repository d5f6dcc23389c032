/* alpha: an image with a row for each choice of each position and a column for each step, bright where the choice is likely. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "plots/build/build.h"
#include "plots/build/thin.h"
#include "plots/figure/layout.h"

/* Columns: as many as a text terminal has beside the names. Names: characters, both parts together. */
enum { COLUMNS = 48, NAME = 24, TICKS = 6, NAMED_PIXELS = 15, LEAST_PIXELS = 7 };

static int column_of(const ll_alpha_data *d, int j, int columns)
{
    return columns > 1 ? (int)lround((double)j * (d->n_steps - 1) / (columns - 1)) : 0;
}

static void add_cells(const ll_alpha_data *d, ll_panel *p, int columns)
{
    double *m = LL_NEW_ARRAY(double, d->n *columns);
    for (int i = 0; i < d->n; i++)
        for (int j = 0; j < columns; j++) m[i * columns + j] = d->rows[i].p[column_of(d, j, columns)];
    ll_panel_add_image(p, d->n, columns, m);
    free(m);
    p->palette = ll_palette_find("cividis");
    p->value_lo = 0;
    p->value_hi = 1;
    p->value_label = ll_strdup("probability");
}

/* Lines between positions. */
static void add_borders(const ll_alpha_data *d, ll_panel *p, int columns)
{
    int n = 0;
    for (int i = 1; i < d->n; i++) n += d->rows[i].position != d->rows[i - 1].position;
    if (!n) return;
    ll_series *s = ll_panel_add(p, LL_MARK_SEGMENTS, LL_PEN_WHITE, n);
    s->size = 1.5;
    for (int i = 1, row = 0; i < d->n; i++)
        if (d->rows[i].position != d->rows[i - 1].position)
            ll_series_set4(s, row++, -.5, i - .5, columns - .5, i - .5);
}

static void set_axes(const ll_alpha_data *d, ll_panel *p, int columns)
{
    p->x.grid = p->y.grid = p->framed = false;
    p->x.lo = -.5;
    p->x.hi = columns - .5;
    p->y.lo = d->n - .5; /* the first position is on top */
    p->y.hi = -.5;
    ll_axis_label(&p->x, "step");
    for (int t = 0; t < TICKS && t < columns; t++) {
        int j = columns > TICKS ? (int)lround((double)t * (columns - 1) / (TICKS - 1)) : t;
        char text[32];
        snprintf(text, sizeof text, "%g", d->step[column_of(d, j, columns)]);
        ll_axis_tick(&p->x, j, text);
    }
    for (int i = 0; i < d->n; i++) {
        ll_str name = {0};
        ll_str_addf(&name, "%s %s", d->rows[i].position, d->rows[i].choice);
        char *shown = ll_text_cut(ll_str_text(&name), NAME);
        ll_axis_tick(&p->y, i, shown);
        free(shown);
        ll_str_free(&name);
    }
}

ll_status ll_build_alpha(const ll_alpha_data *d, ll_figure **out, ll_error *e)
{
    *out = NULL;
    if (d->n < 1 || d->n_steps < 1) return ll_fail(e, LL_BAD_DATA, "alpha: the search made no step");
    int columns = d->n_steps < COLUMNS ? d->n_steps : COLUMNS;
    double row = d->n > 60 ? LEAST_PIXELS : NAMED_PIXELS;
    *out = ll_figure_new("alpha", d->title, 1, ll_plot_list_size(d->size, 820, 150 + row * d->n));
    ll_panel *p = &(*out)->panels[0];
    add_cells(d, p, columns);
    add_borders(d, p, columns);
    set_axes(d, p, columns);
    if (d->n > 60) p->y.font = .5;
    return LL_OK;
}
