#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/num/ticks.h"
#include "plots/build/build.h"

static double x_at(const ll_curve_data *d, int i)
{
    return d->x ? d->x[i] : i + 1;
}

static int known(const ll_curve_part *part)
{
    int n = 0;
    for (int i = 0; i < part->n; i++) n += isfinite(part->v[i]);
    return n;
}

static bool rises(const ll_curve_part *part) /* a correlation: its best value is the highest */
{
    return strstr(part->name, "spearman") || strstr(part->name, "kendall") || strstr(part->name, "pearson");
}

/* Position of the best value so far, or -1. */
static int best(const ll_curve_part *part)
{
    int at = -1;
    for (int i = 0; i < part->n; i++) {
        if (!isfinite(part->v[i])) continue;
        if (at < 0 || (rises(part) ? part->v[i] > part->v[at] : part->v[i] < part->v[at])) at = i;
    }
    return at;
}

int ll_curve_power(double hi)
{
    return hi >= 1e6 ? 3 * (int)floor(log10(hi) / 3) : 0;
}

const char *ll_curve_number(double x, int power, char out[LL_CURVE_NUMBER])
{
    int n = snprintf(out, LL_CURVE_NUMBER, "%.4g", x / pow(10, power));
    if (power) snprintf(out + n, LL_CURVE_NUMBER - (size_t)n, " x 10^%d", power);
    return out;
}

/* Large numbers in powers of 1000, which the label names: 350 for 3.5e+14 of a quantity in 10^12. */
static void power_ticks(ll_axis *y, int power)
{
    ll_ticks t = ll_ticks_within(y->lo, y->hi, 6);
    double unit = pow(10, power);
    for (int i = 0; i < t.n; i++) {
        char text[32];
        snprintf(text, sizeof text, "%.6g", ll_tick_at(&t, i) / unit);
        ll_axis_tick(y, ll_tick_at(&t, i), text);
    }
}

/* A loss that falls by orders of magnitude is read on a logarithmic axis. Returns the power of ten that it counts in. */
static int set_y(ll_axis *y, const ll_curve_part *part)
{
    double lo = INFINITY, hi = -INFINITY;
    for (int i = 0; i < part->n; i++)
        if (isfinite(part->v[i])) lo = fmin(lo, part->v[i]), hi = fmax(hi, part->v[i]);
    y->log = lo > 0 && hi / lo > 50;
    ll_axis_fit(y, part->v, part->n, 1, .06);
    if (y->log) ll_axis_log_ticks(y);
    int power = !y->log && y->lo > 0 ? ll_curve_power(y->hi) : 0;
    if (power) {
        power_ticks(y, power);
        ll_str label = {0};
        ll_str_addf(&label, "%s, 10^%d", part->name, power);
        ll_axis_label(y, label.s);
        ll_str_free(&label);
    } else {
        ll_axis_label(y, !strcmp(part->name, "spearman") ? "held-out Spearman" : part->name);
    }
    return power;
}

static void add_part(const ll_curve_data *d, ll_panel *p, const ll_curve_part *part, int i)
{
    int n = known(part), row = 0, at = best(part);
    int power = set_y(&p->y, part);
    char number[LL_CURVE_NUMBER];
    ll_series *line = ll_panel_add(p, LL_MARK_LINE, ll_pen_of_series(i), n);
    line->size = 1.2;
    for (int j = 0; j < part->n; j++)
        if (isfinite(part->v[j])) ll_series_set(line, row++, x_at(d, j), part->v[j]);
    ll_series *mark = ll_panel_add(p, LL_MARK_POINTS, ll_pen_of_series(i), 1);
    mark->halo = true;
    ll_series_set(mark, 0, x_at(d, at), part->v[at]);
    ll_panel_note(p, "%s %s at %s %g", rises(part) ? "highest" : "lowest",
                  ll_curve_number(part->v[at], power, number), d->x_label, x_at(d, at));
    ll_panel_note(p, "last %s", ll_curve_number(part->v[part->n - 1], power, number));
}

static void set_x(const ll_curve_data *d, ll_axis *x, bool last)
{
    double ends[2] = {INFINITY, -INFINITY};
    for (int i = 0; i < d->n_parts; i++)
        for (int j = 0; j < d->parts[i].n; j++) {
            ends[0] = fmin(ends[0], x_at(d, j));
            ends[1] = fmax(ends[1], x_at(d, j));
        }
    ll_axis_fit(x, ends, 2, 1, .02);
    if (last) ll_axis_label(x, d->x_label);
}

ll_status ll_build_curve(const ll_curve_data *d, ll_figure **out, ll_error *e)
{
    *out = NULL;
    int panels = 0;
    for (int i = 0; i < d->n_parts; i++) panels += known(&d->parts[i]) > 0;
    if (!panels) return ll_fail(e, LL_BAD_DATA, "curve: the history holds no numbers");
    ll_figure *f = *out =
        ll_figure_new("curve", d->title, panels, ll_plot_size_or(d->size, 900, 160 + 260 * panels));
    for (int i = 0, p = 0; i < d->n_parts; i++) {
        if (!known(&d->parts[i])) continue;
        set_x(d, &f->panels[p].x, p == panels - 1);
        add_part(d, &f->panels[p], &d->parts[i], p);
        p++;
    }
    return LL_OK;
}
