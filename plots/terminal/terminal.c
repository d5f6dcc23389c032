#include "plots/terminal/terminal.h"

#include <string.h>

#include "plots/terminal/drawing.h"

const ll_plot_caps ll_plot_caps_none = {.columns = 79, .rows = 24};

static ll_gp_terminal best_terminal(const ll_gnuplot *g, const ll_plot_caps *caps)
{
    if (caps->kitty && ll_gnuplot_has(g, LL_GP_KITTY)) return LL_GP_KITTY;
    if (caps->sixel && ll_gnuplot_has(g, LL_GP_SIXEL)) return LL_GP_SIXEL;
    if (caps->utf8 && ll_gnuplot_has(g, LL_GP_BLOCK)) return LL_GP_BLOCK;
    return LL_GP_DUMB;
}

static bool draws_text(ll_gp_terminal t)
{
    return t == LL_GP_BLOCK || t == LL_GP_DUMB;
}

static int within(int x, int lo, int hi)
{
    return x < lo ? lo : x > hi ? hi : x;
}

/* Pixels: as wide as the screen, in the figure's own shape, and not higher than the screen. */
static void choose_pixels(const ll_figure *f, const ll_plot_caps *caps, ll_gp_target *t)
{
    int wide = caps->columns * (caps->cell_width ? caps->cell_width : 9);
    int high = (caps->rows - 2) * (caps->cell_height ? caps->cell_height : 18);
    if (!t->width) t->width = within(f->width, 300, within(wide, 300, 4000));
    if (!t->height) t->height = (int)((double)f->height * t->width / f->width);
    if (t->height > high && high >= 240) {
        t->width = (int)((double)t->width * high / t->height);
        t->height = high;
    }
}

/* A list of names down the side wants a line each, however short the screen, beside those of frame, ticks, label and
 * key. */
static void choose_characters(const ll_figure *f, const ll_plot_caps *caps, ll_gp_target *t)
{
    enum { NOT_ROWS = 8 };
    const ll_axis *y = &f->panels[0].y;
    if (!t->height && y->lo > y->hi && y->n_ticks) t->height = within(y->n_ticks + NOT_ROWS, 10, 200);
    if (!t->width) t->width = within(caps->columns, 40, 160);
    if (!t->height) t->height = within(caps->rows - 2, 12, 48);
}

/* Length of a line that shows nothing: blanks, form feeds, colour sequences; -1: it shows something. */
static int empty_line(const char *s)
{
    int n = 0;
    for (; s[n] != '\n'; n++) {
        if (s[n] == '\033') n += (int)strcspn(s + n, "m\n");
        if (!s[n] || !strchr(" \f\rm", s[n])) return -1;
    }
    return n;
}

/* gnuplot puts a form feed before text, leaves lines empty on top and pads every line with blanks; take all
 * of it away. */
static void trim(const ll_str *drawn, ll_str *out)
{
    const char *s = ll_str_text(drawn);
    for (int empty; (empty = empty_line(s)) >= 0;) s += empty + 1;
    while (*s) {
        size_t n = strcspn(s, "\n"), kept = n;
        while (kept && s[kept - 1] == ' ') kept--;
        for (size_t i = 0; i < kept; i++)
            if (s[i] != '\f') ll_str_addc(out, s[i]);
        s += n + (s[n] == '\n');
        ll_str_addc(out, '\n');
    }
    while (out->len > 1 && out->s[out->len - 1] == '\n') out->s[--out->len] = 0;
}

ll_status ll_plot_terminal(ll_gnuplot *g, const ll_figure *f, const ll_plot_caps *caps, int width, int height,
                           const ll_observer *observer, ll_str *out, bool *raw, ll_error *e)
{
    ll_status s = ll_gnuplot_probe(g, observer, e);
    if (s) return s;
    ll_gp_target t = {.terminal = best_terminal(g, caps),
                      .width = width,
                      .height = height,
                      .colours = caps->colours,
                      .theme = caps->dark ? LL_THEME_DARK : LL_THEME_LIGHT};
    if (draws_text(t.terminal) && ll_drawing_fits(f)) {
        *raw = false;
        ll_drawing_matrix(f, caps, out);
        return LL_OK;
    }
    *raw = !draws_text(t.terminal);
    if (*raw)
        choose_pixels(f, caps, &t);
    else
        choose_characters(f, caps, &t);
    ll_str drawn = {0};
    s = ll_gnuplot_draw(g, f, &t, observer, &drawn, e);
    if (!s && *raw) ll_str_addn(out, drawn.s, drawn.len);
    if (!s && !*raw) trim(&drawn, out);
    ll_str_free(&drawn);
    return s;
}
