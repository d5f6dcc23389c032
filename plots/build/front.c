/* front: score against predicted latency of what a search met, its front, the limit and the choice. */
#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/num/stats.h"
#include "plots/build/build.h"

typedef struct front {
    const ll_front_data *d;
    ll_figure *f;
    ll_panel *p;
} front;

/* --- axes --- */

/* The latencies that the axis has to hold: at most n + n_front + 3. */
static int latencies(const ll_front_data *d, double *v)
{
    int n = 0;
    for (int i = 0; i < d->n; i++) v[n++] = d->ms[i];
    for (int i = 0; i < d->n_front; i++) v[n++] = d->front[i].ms;
    v[n++] = d->chosen.ms;
    v[n++] = d->true_ms;
    double most = 0, least = INFINITY;
    for (int i = 0; i < n; i++)
        if (isfinite(v[i])) most = fmax(most, v[i]), least = fmin(least, v[i]);
    /* a limit in another unit would make a line of the cloud */
    if (d->max_ms < 1.5 * most && d->max_ms > least / 1.5) v[n++] = d->max_ms;
    return n;
}

static void set_x(front *s)
{
    ll_axis *x = &s->p->x;
    double *v = LL_NEW_ARRAY(double, s->d->n + s->d->n_front + 4);
    int n = latencies(s->d, v);
    x->log = s->d->log;
    ll_axis_fit(x, v, n, 1, .03);
    if (x->log) ll_axis_log_ticks(x);
    ll_axis_label(x, s->d->x_label);
    free(v);
}

/* Where the axis begins: at a tenth of the scores, when what lies below would take as much room as all the others. */
static double lowest_shown(const ll_front_data *d, const double *score, int n, double least, double most)
{
    double lo = ll_quantile(score, n, .1);
    if (isfinite(d->chosen.score)) lo = fmin(lo, d->chosen.score);
    if (isfinite(d->true_score)) lo = fmin(lo, d->true_score);
    return d->whole || most - lo > .5 * (most - least) ? least : lo;
}

static void set_y(front *s)
{
    const ll_front_data *d = s->d;
    double *v = LL_NEW_ARRAY(double, d->n + d->n_front + 3), ends[2] = {INFINITY, -INFINITY};
    int n = 0, below = 0;
    for (int i = 0; i < d->n; i++)
        if (isfinite(d->score[i])) v[n++] = d->score[i];
    int cloud = n;
    for (int i = 0; i < d->n_front; i++)
        if (isfinite(d->front[i].score)) v[n++] = d->front[i].score;
    if (isfinite(d->chosen.score)) v[n++] = d->chosen.score;
    if (isfinite(d->true_score)) v[n++] = d->true_score;
    for (int i = 0; i < n; i++) ends[0] = fmin(ends[0], v[i]), ends[1] = fmax(ends[1], v[i]);
    ends[0] = lowest_shown(d, v, cloud, ends[0], ends[1]);
    ll_axis_fit(&s->p->y, ends, 2, 1, .04);
    for (int i = 0; i < cloud; i++) below += v[i] < s->p->y.lo;
    ll_axis_label(&s->p->y, d->score_label);
    if (below) ll_panel_note(s->p, "%d of %d scores lie below the axis", below, cloud);
    if (below)
        ll_figure_note(s->f, "the lowest %d of %d scores lie below the axis; score_range=all shows them",
                       below, cloud);
    free(v);
}

static bool is_shown(const front *s, double ms, double score)
{
    return isfinite(ms) && isfinite(score) && (!s->p->x.log || ms > 0) && score >= s->p->y.lo;
}

/* --- limit and cloud --- */

static void add_limit(front *s)
{
    double at = s->d->max_ms, lo = s->p->y.lo, hi = s->p->y.hi;
    if (!isfinite(at)) return;
    if (at > s->p->x.lo) {
        ll_series *side = ll_panel_add(s->p, LL_MARK_BAND, LL_PEN_GREEN, 2);
        side->opacity = .09;
        ll_series_set4(side, 0, s->p->x.lo, lo, hi, 0);
        ll_series_set4(side, 1, fmin(at, s->p->x.hi), lo, hi, 0);
    }
    if (at < s->p->x.lo || at > s->p->x.hi) {
        ll_figure_note(s->f, "the limit, %.4g %s, lies %s of all that is drawn", at,
                       ll_plot_unit(&s->d->quantity), at < s->p->x.lo ? "left" : "right");
        return;
    }
    ll_series *v = ll_panel_add(s->p, LL_MARK_SEGMENTS, LL_PEN_GREEN, 1);
    ll_series_set4(v, 0, at, lo, at, hi);
    v->dashed = true;
    v->size = 1.2;
    ll_series_name(v, "limit %.4g %s", at, ll_plot_unit(&s->d->quantity));
}

static const struct kind {
    ll_met state;
    const char *name;
    ll_pen pen;
    ll_shape shape;
    double opacity;
} kinds[] = {{LL_MET_OUT, "beyond", LL_PEN_MUTED, LL_SHAPE_DISC, .22},
             {LL_MET_IN, "within", LL_PEN_BLUE, LL_SHAPE_DISC, .45},
             {LL_MET_OPEN, "open", LL_PEN_ORANGE, LL_SHAPE_RING, .6}};

static void add_kind(front *s, const struct kind *kind)
{
    const ll_front_data *d = s->d;
    int all = 0, n = 0;
    for (int i = 0; i < d->n; i++) {
        all += d->state[i] == kind->state;
        n += d->state[i] == kind->state && is_shown(s, d->ms[i], d->score[i]);
    }
    if (!all) return;
    ll_series *v = ll_panel_add(s->p, LL_MARK_POINTS, kind->pen, n);
    v->shape = kind->shape;
    v->opacity = kind->opacity;
    v->size = d->n > 500 ? .5 : .8;
    ll_series_name(v, "%s (%d)", kind->name, all);
    for (int i = 0, row = 0; i < d->n; i++)
        if (d->state[i] == kind->state && is_shown(s, d->ms[i], d->score[i]))
            ll_series_set(v, row++, d->ms[i], d->score[i]);
}

/* --- the front --- */

static void add_intervals(front *s)
{
    const ll_front_data *d = s->d;
    int n = 0;
    for (int i = 0; i < d->n_front; i++)
        n += isfinite(d->front[i].lo_ms) && is_shown(s, d->front[i].ms, d->front[i].score);
    if (!n) return;
    ll_series *v = ll_panel_add(s->p, LL_MARK_SEGMENTS, LL_PEN_SKY, n);
    v->size = .9;
    ll_series_name(v, "%g %% interval", 100 * d->level);
    for (int i = 0, row = 0; i < d->n_front; i++) {
        const ll_front_point *at = &d->front[i];
        if (isfinite(at->lo_ms) && is_shown(s, at->ms, at->score))
            ll_series_set4(v, row++, fmax(at->lo_ms, s->p->x.lo), at->score, fmin(at->hi_ms, s->p->x.hi),
                           at->score);
    }
}

/* The most that a latency buys, as a step line to the limit. Of a front in more objectives than two some members lie under
 * it. */
static void add_steps(front *s)
{
    const ll_front_data *d = s->d;
    double *x = LL_NEW_ARRAY(double, 2 * d->n_front + 2), *y = LL_NEW_ARRAY(double, 2 * d->n_front + 2);
    double best = -INFINITY;
    int n = 0;
    for (int i = 0; i < d->n_front; i++) {
        const ll_front_point *at = &d->front[i];
        if (!isfinite(at->ms) || !(at->score > best)) continue;
        if (is_shown(s, at->ms, at->score)) {
            if (best > -INFINITY) x[n] = at->ms, y[n++] = fmax(best, s->p->y.lo);
            x[n] = at->ms, y[n++] = at->score;
        }
        best = at->score;
    }
    double end = isfinite(d->max_ms) ? fmin(d->max_ms, s->p->x.hi) : s->p->x.hi;
    if (n && end > x[n - 1]) x[n] = end, y[n] = y[n - 1], n++;
    ll_series *v = ll_panel_add(s->p, LL_MARK_LINE, LL_PEN_TEXT, n);
    for (int i = 0; i < n; i++) ll_series_set(v, i, x[i], y[i]);
    free(y);
    free(x);
}

static void add_front(front *s)
{
    const ll_front_data *d = s->d;
    int n = 0;
    if (!d->n_front) return;
    add_intervals(s);
    add_steps(s);
    for (int i = 0; i < d->n_front; i++) n += is_shown(s, d->front[i].ms, d->front[i].score);
    ll_series *v = ll_panel_add(s->p, LL_MARK_POINTS, LL_PEN_TEXT, n);
    v->shape = LL_SHAPE_SQUARE;
    v->size = .7;
    ll_series_name(v, "front (%d)", d->n_front);
    for (int i = 0, row = 0; i < d->n_front; i++)
        if (is_shown(s, d->front[i].ms, d->front[i].score))
            ll_series_set(v, row++, d->front[i].ms, d->front[i].score);
    if (n < d->n_front)
        ll_figure_note(s->f, "%d of %d members of the front lie outside the axes", d->n_front - n,
                       d->n_front);
}

/* --- the choice --- */

static bool is_known(const ll_front_data *d)
{
    return d->true_ms == d->chosen.ms && d->true_score == d->chosen.score;
}

static void add_truth(front *s)
{
    const ll_front_data *d = s->d;
    if (is_known(d) || !is_shown(s, d->true_ms, d->true_score)) return;
    ll_series *way = ll_panel_add(s->p, LL_MARK_SEGMENTS, LL_PEN_VERMILLION, 1);
    ll_series_set4(way, 0, d->chosen.ms, d->chosen.score, d->true_ms, d->true_score);
    ll_series *v = ll_panel_add(s->p, LL_MARK_POINTS, LL_PEN_VERMILLION, 1);
    v->shape = LL_SHAPE_CROSS;
    v->size = 1.5;
    v->halo = true;
    ll_series_name(v, "in truth: %.4g %s, %.4g%s", d->true_ms, ll_plot_unit(&d->quantity), d->true_score,
                   d->true_ms > d->max_ms ? ", beyond the limit" : "");
    ll_series_set(v, 0, d->true_ms, d->true_score);
}

static void add_choice(front *s)
{
    const ll_front_data *d = s->d;
    if (!is_shown(s, d->chosen.ms, d->chosen.score)) return;
    add_truth(s);
    ll_series *v = ll_panel_add(s->p, LL_MARK_POINTS, LL_PEN_VERMILLION, 1);
    v->shape = LL_SHAPE_DIAMOND;
    v->size = 2;
    v->halo = true;
    ll_series_name(v, "chosen%s: %.4g %s, %.4g", is_known(d) ? " (known)" : "", d->chosen.ms,
                   ll_plot_unit(&d->quantity), d->chosen.score);
    ll_series_set(v, 0, d->chosen.ms, d->chosen.score);
}

ll_status ll_build_front(const ll_front_data *d, ll_figure **out, ll_error *e)
{
    int known = 0;
    *out = NULL;
    for (int i = 0; i < d->n; i++)
        known += isfinite(d->ms[i]) && isfinite(d->score[i]) && (!d->log || d->ms[i] > 0);
    if (!known)
        return ll_fail(e, LL_BAD_DATA,
                       "front: none of the architectures that were met has both a latency%s and a score",
                       d->log ? " above 0" : "");
    front s = {.d = d};
    *out = s.f = ll_figure_new("front", d->title, 1, ll_plot_size_or(d->size, 900, 680));
    s.p = &s.f->panels[0];
    set_x(&s);
    set_y(&s);
    if (d->n < d->n_met)
        ll_figure_note(s.f, "%d of %d architectures that were met are drawn, evenly among them", d->n,
                       d->n_met);
    if (known < d->n) ll_figure_note(s.f, "%d of %d have no place on a logarithmic axis", d->n - known, d->n);
    add_limit(&s);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) add_kind(&s, &kinds[i]);
    add_front(&s);
    add_choice(&s);
    s.p->key = LL_KEY_OUTSIDE;
    return LL_OK;
}
