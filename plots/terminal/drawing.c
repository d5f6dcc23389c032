#include "plots/terminal/drawing.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/decimal.h"
#include "core/base/utf8.h"

static const char ramp[] = ".:-=+*#%@";

typedef struct matrix {
    const ll_panel *p;
    const ll_series *cells;
    const ll_plot_caps *caps;
    ll_str *out;
    int names;  /* width of the names */
    int digits; /* width of a row's number */
    int cell;   /* characters of a cell: 3 or 1 */
} matrix;

static const ll_series *cells_of(const ll_figure *f)
{
    for (int i = 0; f->n_panels == 1 && i < f->panels[0].n_series; i++)
        if (f->panels[0].series[i].mark == LL_MARK_IMAGE) return &f->panels[0].series[i];
    return NULL;
}

bool ll_drawing_fits(const ll_figure *f)
{
    const ll_series *s = cells_of(f);
    return s && s->n == f->panels[0].y.n_ticks;
}

/* First letter of the series that marks this row in the margin, as in source and target. */
static char side_of(const matrix *m, int row)
{
    for (int i = 0; i < m->p->n_series; i++) {
        const ll_series *s = &m->p->series[i];
        for (int j = 0; s->mark == LL_MARK_POINTS && s->title && j < s->n; j++)
            if (s->v[2 * j] < -.5 && s->v[2 * j + 1] == row) return s->title[0];
    }
    return ' ';
}

/* The 6 x 6 x 6 cube of the 256 colours: its steps are 0, 95, 135, 175, 215, 255. */
static int cube(uint32_t rgb)
{
    int index = 16, weight[] = {36, 6, 1};
    for (int i = 0; i < 3; i++) {
        int level = (int)(rgb >> (16 - 8 * i) & 255);
        index += weight[i] * (level < 48 ? 0 : level < 115 ? 1 : (level - 35) / 40);
    }
    return index;
}

static double share(const matrix *m, double x)
{
    double t = (x - m->p->value_lo) / (m->p->value_hi - m->p->value_lo);
    return t > 0 ? fmin(t, 1) : 0;
}

static void cell_text(const matrix *m, double x, char text[8])
{
    int percent = (int)lround(100 * ll_below_one(x, 2)); /* 1 is written for the same order alone */
    if (m->cell == 1)
        snprintf(text, 8, "%c", isnan(x) ? ' ' : ramp[(int)fmin(share(m, x) * 9, 8)]);
    else if (isnan(x))
        snprintf(text, 8, "n/a");
    else
        snprintf(text, 8, percent >= 100 ? "  1" : "%3d", percent % 100);
}

static void add_cell(const matrix *m, double x)
{
    char text[8];
    cell_text(m, x, text);
    if (m->caps->colours < 256 || isnan(x)) {
        ll_str_add(m->out, text);
        return;
    }
    uint32_t rgb = ll_palette_at(m->p->palette, share(m, x));
    ll_str_addf(m->out, "\033[48;5;%d;38;5;%dm%s\033[0m", cube(rgb), ll_luminance(rgb) > .18 ? 16 : 231,
                text);
}

static void add_row(const matrix *m, int row)
{
    const char *name = m->p->y.tick_text[row];
    ll_str_addf(m->out, "%*d ", m->digits, row + 1);
    ll_utf8_visible(m->out, name); /* the drawing's own colours go to the terminal, a name's do not */
    ll_str_repeat(m->out, " ", m->names - ll_text_width(name));
    ll_str_addf(m->out, " %c ", side_of(m, row));
    for (int j = 0; j < m->cells->cols; j++) add_cell(m, m->cells->v[row * m->cells->cols + j]);
    ll_str_addc(m->out, '\n');
}

/* Numbers of the columns; of narrow ones only the last digit. */
static void add_head(const matrix *m)
{
    ll_str_repeat(m->out, " ", m->digits + m->names + 4);
    for (int j = 1; j <= m->cells->cols; j++)
        ll_str_addf(m->out, m->cell == 1 ? "%d" : "%3d", m->cell == 1 ? j % 10 : j % 100);
    ll_str_addc(m->out, '\n');
}

static void add_scale(const matrix *m)
{
    const char *label = m->p->value_label ? m->p->value_label : "value";
    if (m->cell > 1)
        ll_str_addf(m->out, "%s in hundredths; 1 alone is 1.00", label);
    else
        ll_str_addf(m->out, "%s: %c is up to %.2f, %c from %.2f", label, ramp[0],
                    m->p->value_lo + (m->p->value_hi - m->p->value_lo) / 9, ramp[8],
                    m->p->value_hi - (m->p->value_hi - m->p->value_lo) / 9);
}

void ll_drawing_matrix(const ll_figure *f, const ll_plot_caps *caps, ll_str *out)
{
    matrix m = {.p = &f->panels[0], .cells = cells_of(f), .caps = caps, .out = out};
    for (int i = 0; i < m.cells->n; i++) {
        int n = ll_text_width(m.p->y.tick_text[i]);
        m.names = n > m.names ? n : m.names;
    }
    m.digits = m.cells->n > 99 ? 3 : m.cells->n > 9 ? 2 : 1;
    m.cell = m.digits + m.names + 4 + 3 * m.cells->cols <= caps->columns ? 3 : 1;
    add_head(&m);
    for (int i = 0; i < m.cells->n; i++) add_row(&m, i);
    add_scale(&m);
}
