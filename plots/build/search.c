/* search: how far searches had come, over the architectures they had evaluated; regret: what they lack in the end, over
 * what was measured for them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "plots/build/build.h"
#include "plots/figure/layout.h"

/* --- search -------------------------------------------------------------------------------------------------- */

typedef struct part { /* one panel */
    const char *label, *note_before, *note_behind;
    const double *(*of)(const ll_course *c);
} part;

static const double *hypervolume_of(const ll_course *c)
{
    return c->hypervolume;
}

static const double *best_of(const ll_course *c)
{
    return c->best;
}

static int known(const ll_course *c, const double *v)
{
    int n = 0;
    for (int i = 0; i < c->n; i++) n += isfinite(v[i]) && c->evaluations[i] > 0;
    return n;
}

/* What all of them have reached after so many evaluations; before, any find is a leap. */
enum { SETTLED = 100 };

static double settled(const ll_course *c, const double *v)
{
    double at = NAN;
    for (int i = 0; i < c->n; i++) {
        if (!isfinite(v[i])) continue;
        at = v[i];
        if (c->evaluations[i] >= SETTLED) break;
    }
    return at;
}

/* The axis begins where the searches have settled, when the leaps before would take most of it. */
static bool set_y(const ll_courses_data *d, const part *what, ll_axis *y)
{
    double ends[2] = {INFINITY, -INFINITY}, least = INFINITY;
    for (int i = 0; i < d->n; i++) {
        const double *v = what->of(&d->courses[i]);
        ends[0] = fmin(ends[0], settled(&d->courses[i], v));
        for (int j = 0; j < d->courses[i].n; j++) {
            if (!isfinite(v[j])) continue;
            least = fmin(least, v[j]);
            ends[1] = fmax(ends[1], v[j]);
        }
    }
    bool cut = ends[1] > ends[0] && ends[1] - ends[0] < .5 * (ends[1] - least);
    if (!cut) ends[0] = least;
    if (ends[0] == ends[1]) ends[0] -= .05 * fabs(ends[0]), ends[1] += .05 * fabs(ends[1]);
    ll_axis_fit(y, ends, 2, 1, .08);
    return cut;
}

/* From where the first of them comes into sight of a panel. */
static void set_x(const ll_courses_data *d, const ll_panel *panels, ll_axis *x)
{
    double ends[2] = {INFINITY, 0};
    for (int i = 0; i < d->n; i++)
        for (int j = 0; j < d->courses[i].n; j++) {
            const ll_course *c = &d->courses[i];
            if (!(c->evaluations[j] > 0) || !isfinite(c->evaluations[j])) continue;
            ends[1] = fmax(ends[1], c->evaluations[j]);
            if (c->hypervolume[j] >= panels[0].y.lo || c->best[j] >= panels[1].y.lo)
                ends[0] = fmin(ends[0], c->evaluations[j]);
        }
    if (ends[0] == ends[1]) ends[0] = 0; /* one level */
    x->log = ends[0] > 0 && ends[1] / ends[0] >= 100;
    ll_axis_fit(x, ends, 2, 1, .03);
    x->lo = fmax(x->lo, 0);
    if (x->log) ll_axis_log_ticks(x);
}

/* What evaluates all at once has no course: its level stands for it, for the others to reach. */
static void add_level(ll_panel *p, ll_pen pen, double y)
{
    ll_series *v = ll_panel_add(p, LL_MARK_LINE, pen, 2);
    v->dashed = true;
    ll_series_set(v, 0, p->x.lo, y);
    ll_series_set(v, 1, p->x.hi, y);
}

/* It holds until the next evaluation. */
static void add_steps(ll_panel *p, ll_pen pen, const ll_course *c, const double *y, int n)
{
    ll_series *v = ll_panel_add(p, LL_MARK_LINE, pen, 2 * n - 1);
    v->size = 1.2;
    double last = NAN;
    for (int i = 0, row = 0; i < c->n; i++) {
        if (!isfinite(y[i]) || !(c->evaluations[i] > 0)) continue;
        if (row) ll_series_set(v, row++, c->evaluations[i], last);
        ll_series_set(v, row++, c->evaluations[i], last = y[i]);
    }
}

static void add_course(ll_panel *p, int i, const ll_course *c, const double *y)
{
    int n = known(c, y), end = c->n - 1;
    if (!n) return;
    while (!isfinite(y[end]) || !(c->evaluations[end] > 0)) end--;
    if (n > 1)
        add_steps(p, ll_pen_of_series(i), c, y, n);
    else
        add_level(p, ll_pen_of_series(i), y[end]);
    ll_series *mark = ll_panel_add(p, LL_MARK_POINTS, ll_pen_of_series(i), 1);
    mark->shape = (ll_shape)(i % LL_SHAPES);
    mark->size = 1.3;
    mark->halo = true;
    ll_series_name(mark, "%s", c->name);
    ll_series_set(mark, 0, c->evaluations[end], y[end]);
}

/* Do both end in one place, as two that evaluate all do? */
static bool end_alike(const ll_course *a, const ll_course *b)
{
    if (!a->n || !b->n) return false;
    int i = a->n - 1, j = b->n - 1;
    return a->evaluations[i] == b->evaluations[j] && a->hypervolume[i] == b->hypervolume[j] &&
           a->best[i] == b->best[j];
}

static void note_hidden(const ll_courses_data *d, ll_figure *f)
{
    for (int i = 0; i < d->n; i++)
        for (int j = i + 1; j < d->n; j++) {
            if (!end_alike(&d->courses[i], &d->courses[j])) continue;
            ll_figure_note(f, "%s ends where %s does, under its mark", d->courses[i].name,
                           d->courses[j].name);
            break;
        }
}

ll_status ll_build_search(const ll_courses_data *d, ll_figure **out, ll_error *e)
{
    const part parts[] = {{"hypervolume", "", " of the front found so far", hypervolume_of},
                          {d->score_label, "best ", " within the limits so far", best_of}};
    int any = 0;
    bool cut = false;
    *out = NULL;
    for (int i = 0; i < d->n; i++)
        any += known(&d->courses[i], d->courses[i].hypervolume) && known(&d->courses[i], d->courses[i].best);
    if (!any) return ll_fail(e, LL_BAD_DATA, "search: none of them found anything within its limits");
    *out = ll_figure_new("search", d->title, 2, ll_plot_size_or(d->size, 900, 720));
    ll_panel *p = (*out)->panels;
    for (int i = 0; i < 2; i++) {
        cut |= set_y(d, &parts[i], &p[i].y);
        ll_axis_label(&p[i].y, parts[i].label);
        ll_panel_note(&p[i], "%s%s%s", parts[i].note_before, parts[i].label, parts[i].note_behind);
    }
    for (int i = 0; i < 2; i++) {
        set_x(d, p, &p[i].x);
        for (int j = 0; j < d->n; j++) add_course(&p[i], j, &d->courses[j], parts[i].of(&d->courses[j]));
    }
    ll_axis_label(&p[1].x, "architectures evaluated");
    p[1].key = LL_KEY_OUTSIDE;
    note_hidden(d, *out);
    if (cut) ll_figure_note(*out, "what lies below the axes came before evaluation %d", SETTLED);
    return LL_OK;
}

/* --- regret -------------------------------------------------------------------------------------------------- */

/* The labels of points that lie on each other, a line each, beside them. Positions and sizes are shares of the axes. */
typedef struct block {
    ll_ints points;
    int chars;            /* of the longest */
    double px, py;        /* of the first point */
    double x, y;          /* left end, middle of the first line; the others follow below */
    double width, height; /* height: from the first middle to the last */
    bool left;            /* it ends at the point */
} block;

/* Of a character and a line in a text terminal of 80 x 24, and of what lies beside a point. */
static const double CHAR = 1 / 66., LINE = 1 / 16., GAP = .015;
static const double TEXT = .85; /* size of a label */

typedef struct regrets {
    const ll_regret_data *d;
    ll_panel *p;
    double small, line; /* of a character in the picture; of a line in either */
    ll_ints rows;       /* those that are known */
    block *blocks;
    int n_blocks, placed;
} regrets;

static double share(const ll_axis *a, double x)
{
    return a->log ? log(x / a->lo) / log(a->hi / a->lo) : (x - a->lo) / (a->hi - a->lo);
}

static double at_share(const ll_axis *a, double t)
{
    return a->log ? a->lo * pow(a->hi / a->lo, t) : a->lo + t * (a->hi - a->lo);
}

static void make_blocks(regrets *r)
{
    r->blocks = LL_NEW_ARRAY(block, r->rows.n + 1);
    for (int i = 0; i < r->rows.n; i++) {
        const ll_regret_point *at = &r->d->points[r->rows.v[i]];
        double x = share(&r->p->x, at->measurements), y = share(&r->p->y, at->regret);
        int j = 0, chars = ll_text_chars(at->name);
        while (j < r->n_blocks &&
               (fabs(x - r->blocks[j].px) > GAP / 2 || fabs(y - r->blocks[j].py) > r->line / 2))
            j++;
        block *b = &r->blocks[j];
        if (j == r->n_blocks) *b = (block){.px = x, .py = y}, r->n_blocks++;
        if (chars > b->chars) b->chars = chars;
        b->height = b->points.n * r->line;
        ll_ints_add(&b->points, r->rows.v[i]);
    }
}

static bool is_free(const regrets *r, const block *v)
{
    double top = v->y, bottom = v->y - v->height;
    if (v->x < 0 || v->x + v->width > 1 || bottom < r->line / 2 || top > 1 - r->line / 2) return false;
    for (int i = 0; i < v->points.n; i++) /* the line of the best there is would strike it through */
        if (fabs(top - i * r->line - share(&r->p->y, 0)) < .55 * r->line) return false;
    for (int i = 0; i < r->n_blocks; i++) {
        const block *o = &r->blocks[i];
        bool beside = o->px < v->x - GAP / 2 || o->px > v->x + v->width + GAP / 2;
        if (!beside && o->py < top + .6 * r->line && o->py > bottom - .6 * r->line) return false;
        if (i < r->placed && bottom < o->y + r->line && o->y - o->height < top + r->line &&
            v->x < o->x + o->width + CHAR && o->x < v->x + v->width + CHAR)
            return false;
    }
    return true;
}

/* Beside the point, any of its lines level with it; where that is taken, as near as there is room. */
static bool place(const regrets *r, block *b, double one)
{
    b->width = (b->chars + 1) * one;
    for (int i = 0; i < 4 * 24; i++) {
        int away = (i / 2 + 1) / 2;
        double side = i / 2 % 2 ? 1 : -1;
        b->left = i % 2;
        b->x = b->left ? b->px - GAP - b->width : b->px + GAP;
        b->y = b->py + b->height / 2 + side * away * r->line / 2;
        if (is_free(r, b)) return true;
    }
    return false;
}

static bool place_all(regrets *r, double one)
{
    bool free = true;
    for (r->placed = 0; r->placed < r->n_blocks; r->placed++) {
        block *b = &r->blocks[r->placed];
        if (place(r, b, one)) continue;
        b->left = b->px > .5;
        b->x = b->left ? b->px - GAP - b->width : b->px + GAP;
        b->y = b->py + b->height / 2;
        free = false;
    }
    return free;
}

/* From the point to its labels, and along them: they belong to one. */
static void add_bracket(regrets *r, const block *b, double x)
{
    bool level = b->py < b->y + r->line / 2 && b->py > b->y - b->height - r->line / 2;
    if (level && b->points.n == 1) return;
    ll_series *v = ll_panel_add(r->p, LL_MARK_LINE, LL_PEN_MUTED, 3);
    double near = level          ? b->py
                  : b->py > b->y ? b->y
                                 : b->y - b->height,
           far = near == b->y ? b->y - b->height : b->y;
    v->size = .5;
    ll_series_set(v, 0, at_share(&r->p->x, b->px), at_share(&r->p->y, b->py));
    ll_series_set(v, 1, x, at_share(&r->p->y, near));
    ll_series_set(v, 2, x, at_share(&r->p->y, far));
    if (!level) return;
    ll_series_set(v, 0, x, at_share(&r->p->y, b->y + r->line / 3));
    ll_series_set(v, 2, x, at_share(&r->p->y, b->y - b->height - r->line / 3));
}

static void add_block(regrets *r, const block *b)
{
    double edge = b->left ? b->px - .7 * GAP : b->px + .7 * GAP;
    double x = b->left ? b->x + b->width : b->x;
    add_bracket(r, b, at_share(&r->p->x, edge));
    ll_series *text = ll_panel_add(r->p, LL_MARK_TEXT, LL_PEN_TEXT, b->points.n);
    text->align = b->left ? LL_ALIGN_RIGHT : LL_ALIGN_LEFT;
    text->size = TEXT;
    for (int i = 0; i < b->points.n; i++) {
        ll_series_set(text, i, at_share(&r->p->x, x), at_share(&r->p->y, b->y - i * r->line));
        ll_series_text(text, i, "%s", r->d->points[b->points.v[i]].name);
    }
}

/* The small ones first: they find room beside their point, the large ones have more places to go. */
static int smaller_first(const void *a, const void *b)
{
    const block *x = a, *y = b;
    return x->points.n != y->points.n ? x->points.n - y->points.n : x->points.v[0] - y->points.v[0];
}

static void add_labels(regrets *r)
{
    make_blocks(r);
    qsort(r->blocks, (size_t)r->n_blocks, sizeof *r->blocks, smaller_first);
    if (!place_all(r, fmax(CHAR, r->small)))
        place_all(r, r->small); /* a text terminal has no room for them, a picture may */
    for (int i = 0; i < r->n_blocks; i++) {
        add_block(r, &r->blocks[i]);
        ll_ints_free(&r->blocks[i].points);
    }
    free(r->blocks);
}

/* The most points that lie in one place. */
static int most_in_one_place(const regrets *r)
{
    int most = 0;
    for (int i = 0; i < r->rows.n; i++) {
        const ll_regret_point *a = &r->d->points[r->rows.v[i]];
        int n = 0;
        for (int j = 0; j < r->rows.n; j++) {
            const ll_regret_point *b = &r->d->points[r->rows.v[j]];
            n += a->regret == b->regret && a->measurements == b->measurements;
        }
        if (n > most) most = n;
    }
    return most;
}

/* 0, the best there is, is on it; below the lowest there is room for its labels. */
static void set_regret_y(regrets *r)
{
    ll_axis *y = &r->p->y;
    double lo = 0, hi = 0;
    for (int i = 0; i < r->rows.n; i++) {
        lo = fmin(lo, r->d->points[r->rows.v[i]].regret);
        hi = fmax(hi, r->d->points[r->rows.v[i]].regret);
    }
    double range = hi > lo ? hi - lo : 1, below = (most_in_one_place(r) / 2. + 1) * r->line,
           above = 2 * r->line;
    double scale = range / (1 - below - above);
    y->lo = lo - below * scale;
    y->hi = y->lo + scale;
    ll_axis_label(y, r->d->value_label);
}

static void set_regret_x(regrets *r)
{
    ll_axis *x = &r->p->x;
    double ends[2] = {INFINITY, 0};
    for (int i = 0; i < r->rows.n; i++) {
        ends[0] = fmin(ends[0], r->d->points[r->rows.v[i]].measurements);
        ends[1] = fmax(ends[1], r->d->points[r->rows.v[i]].measurements);
    }
    x->log = ends[0] > 0 && ends[1] / ends[0] > 20;
    ll_axis_fit(x, ends, 2, 1, .2);
    if (x->log) ll_axis_log_ticks(x);
    if (!x->log) x->lo = 0, x->hi = ends[1] > 0 ? 1.2 * ends[1] : 1;
    ll_axis_label(x, "measurements of the target");
}

static void add_zero(regrets *r)
{
    ll_series *v = ll_panel_add(r->p, LL_MARK_LINE, LL_PEN_MUTED, 2);
    v->dashed = true;
    v->size = .8;
    ll_series_set(v, 0, r->p->x.lo, 0);
    ll_series_set(v, 1, r->p->x.hi, 0);
    ll_series_name(v, "the best there is within the limits");
}

static void add_points(regrets *r, int violation, ll_pen pen, ll_shape shape, const char *name)
{
    int n = 0;
    for (int i = 0; i < r->rows.n; i++) n += r->d->points[r->rows.v[i]].violation == violation;
    if (!n) return;
    ll_series *v = ll_panel_add(r->p, LL_MARK_POINTS, pen, n);
    v->shape = shape;
    v->size = 1.6;
    v->halo = true;
    ll_series_name(v, "%s (%d)", name, n);
    for (int i = 0, row = 0; i < r->rows.n; i++) {
        const ll_regret_point *at = &r->d->points[r->rows.v[i]];
        if (at->violation == violation) ll_series_set(v, row++, at->measurements, at->regret);
    }
}

ll_status ll_build_regret(const ll_regret_data *d, ll_figure **out, ll_error *e)
{
    regrets r = {.d = d};
    double margin[4];
    *out = NULL;
    for (int i = 0; i < d->n; i++)
        if (isfinite(d->points[i].regret) && isfinite(d->points[i].measurements)) ll_ints_add(&r.rows, i);
    if (!r.rows.n)
        return ll_fail(
            e, LL_BAD_DATA,
            "regret: the dataset does not know the truth of what was chosen, or nothing was chosen");
    *out = ll_figure_new("regret", d->title, 1, ll_plot_size_or(d->size, 900, 600));
    r.p = &(*out)->panels[0];
    /* the axes take about three quarters of the picture */
    r.line = fmax(LINE, ll_line_px(TEXT, (*out)->scale) / (.7 * (*out)->height));
    set_regret_x(&r);
    set_regret_y(&r);
    add_zero(&r);
    add_points(&r, 0, LL_PEN_BLUE, LL_SHAPE_DISC, "within the limits");
    add_points(&r, 1, LL_PEN_VERMILLION, LL_SHAPE_DIAMOND, "truly beyond a limit");
    add_points(&r, -1, LL_PEN_MUTED, LL_SHAPE_RING, "not known whether within");
    r.p->key = LL_KEY_OUTSIDE;
    ll_panel_margins(*out, r.p, margin);
    r.small = ll_text_px(1, TEXT, (*out)->scale) / ((*out)->width - margin[0] - margin[1]);
    add_labels(&r);
    if (r.rows.n < d->n)
        ll_figure_note(*out, "the regret of %d of %d searches is not known: they are left out",
                       d->n - r.rows.n, d->n);
    ll_ints_free(&r.rows);
    return LL_OK;
}
