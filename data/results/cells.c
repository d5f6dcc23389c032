#include "data/results/cells.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/num/sort.h"
#include "core/num/stats.h"
#include "core/num/wilcoxon.h"

static const struct {
    const char *key;
    int sign;
} measures[LL_MEASURES] = {
    [LL_BY_SPEARMAN] = {"spearman", 1},   [LL_BY_KENDALL] = {"kendall", 1},   [LL_BY_MAPE] = {"mape", -1},
    [LL_BY_WITHIN_10] = {"within_10", 1}, [LL_BY_COVERAGE] = {"coverage", 0}, [LL_BY_WIDTH] = {"width_ms", 0},
};

int ll_measure_sign(ll_measure m)
{
    return measures[m].sign;
}

const char *ll_measure_key(ll_measure m)
{
    return measures[m].key;
}

/* --- trials ------------------------------------------------------------------------------------------------- */

void ll_kept_add(ll_kept_trials *t, const ll_kept_trial *trial)
{
    if (t->n == t->cap) {
        t->cap = t->cap ? 2 * t->cap : 256;
        t->v = ll_realloc(t->v, (size_t)t->cap, sizeof *t->v);
    }
    t->v[t->n++] = *trial;
}

static int by_place(const ll_kept_trial *a, const ll_kept_trial *b)
{
    int order = ll_by_number(a->seed, b->seed);
    return order ? order : strcmp(a->device, b->device);
}

static int by_trial(const ll_kept_trial *a, const ll_kept_trial *b)
{
    int order = a->line != b->line ? a->line - b->line : a->column - b->column;
    if (!order) order = by_place(a, b);
    return order ? order : ll_by_number(a->pretrain_seed, b->pretrain_seed);
}

static int newest_first(const void *a, const void *b)
{
    const ll_kept_trial *x = a, *y = b;
    int order = by_trial(x, y);
    return order ? order : ll_by_number(y->finished, x->finished);
}

int ll_kept_sort(ll_kept_trials *t)
{
    int n = 0, before = t->n;
    if (t->n) qsort(t->v, (size_t)t->n, sizeof *t->v, newest_first);
    for (int i = 0; i < t->n; i++)
        if (n && !by_trial(&t->v[n - 1], &t->v[i]))
            free(t->v[i].device);
        else
            t->v[n++] = t->v[i];
    t->n = n;
    return before - n;
}

void ll_kept_free(ll_kept_trials *t)
{
    for (int i = 0; i < t->n; i++) free(t->v[i].device);
    free(t->v);
    *t = (ll_kept_trials){0};
}

/* --- one cell ----------------------------------------------------------------------------------------------- */

static bool is_before(const ll_kept_trial *t, int line, int column)
{
    return t->line != line ? t->line < line : t->column < column;
}

/* The first that does not stand before this cell. */
static int first_from(const ll_kept_trials *t, int line, int column)
{
    int from = 0, to = t->n;
    while (from < to) {
        int middle = from + (to - from) / 2;
        if (is_before(&t->v[middle], line, column))
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

ll_cell ll_cell_at(const ll_kept_trials *sorted, int line, int column)
{
    int from = first_from(sorted, line, column), to = first_from(sorted, line, column + 1);
    return (ll_cell){sorted->v + from, to - from};
}

typedef struct draw {
    double seed, pretrain_seed, sum;
    int n;
} draw;

static draw *draw_of(draw *all, int *n, const ll_kept_trial *t)
{
    for (int i = *n - 1; i >= 0; i--)
        if (all[i].seed == t->seed && all[i].pretrain_seed == t->pretrain_seed) return &all[i];
    all[*n] = (draw){.seed = t->seed, .pretrain_seed = t->pretrain_seed};
    return &all[(*n)++];
}

ll_cell_sum ll_cell_sum_up(ll_cell c, ll_measure m, int devices)
{
    draw *draws = LL_NEW_ARRAY(draw, c.n + 1);
    double *mean = LL_NEW_ARRAY(double, c.n + 1);
    int n = 0;
    ll_cell_sum s = {NAN, NAN, NAN, 0, 0};
    for (int i = 0; i < c.n; i++) {
        draw *d = draw_of(draws, &n, &c.v[i]);
        if (!isfinite(c.v[i].v[m])) continue;
        d->sum += c.v[i].v[m];
        d->n++;
    }
    for (int i = 0; i < n; i++)
        if (draws[i].n && draws[i].n >= devices) mean[s.draws++] = draws[i].sum / draws[i].n;
    s.left_out = n - s.draws;
    if (s.draws) s.mean = ll_mean(mean, s.draws);
    if (s.draws > 1) s.sd = ll_std(mean, s.draws);
    s.se = s.sd / sqrt(s.draws);
    free(draws);
    free(mean);
    return s;
}

int ll_cell_seeds(ll_cell c)
{
    int n = 0; /* they are in order */
    for (int i = 0; i < c.n; i++) n += !i || c.v[i].seed != c.v[i - 1].seed;
    return n;
}

int ll_cell_pretrainings(ll_cell c)
{
    int n = 0;
    for (int i = 0; i < c.n; i++) {
        int j = 0;
        while (c.v[j].pretrain_seed != c.v[i].pretrain_seed) j++;
        n += j == i;
    }
    return n;
}

/* --- two and more ------------------------------------------------------------------------------------------- */

/* Mean over the pretraining seeds of the place that begins at *i, which moves behind it. */
static double place_mean(ll_cell c, ll_measure m, int *i)
{
    double sum = 0;
    int from = *i;
    for (; *i < c.n && !by_place(&c.v[*i], &c.v[from]); ++*i) sum += c.v[*i].v[m];
    return sum / (*i - from);
}

static int pairs_of(ll_cell a, ll_cell b, ll_measure m, double *x, double *y)
{
    int n = 0;
    for (int i = 0, j = 0; i < a.n && j < b.n;) {
        int order = by_place(&a.v[i], &b.v[j]);
        double u = order <= 0 ? place_mean(a, m, &i) : NAN, v = order >= 0 ? place_mean(b, m, &j) : NAN;
        if (isfinite(u) && isfinite(v)) x[n] = u, y[n++] = v;
    }
    return n;
}

ll_cell_test ll_cell_compare(ll_cell a, ll_cell b, ll_measure m)
{
    double *x = LL_NEW_ARRAY(double, a.n + 1), *y = LL_NEW_ARRAY(double, a.n + 1);
    ll_cell_test t = {1, NAN, pairs_of(a, b, m, x, y)};
    if (t.pairs) t.gain = ll_mean(x, t.pairs) - ll_mean(y, t.pairs);
    if (t.pairs) t.p = ll_wilcoxon(x, y, t.pairs);
    free(x);
    free(y);
    return t;
}

bool ll_cell_beats(ll_cell a, ll_cell b, ll_measure m)
{
    ll_cell_test t = ll_cell_compare(a, b, m);
    return t.p < .05 && t.gain * measures[m].sign > 0;
}

int ll_cells_best(const ll_cell *cells, int n, ll_measure m, int devices, bool *wins)
{
    int best = -1, others = 0;
    double most = NAN;
    for (int j = 0; j < n; j++) {
        double v = ll_cell_sum_up(cells[j], m, devices).mean * measures[m].sign;
        if (!isfinite(v)) continue;
        if (best < 0 || v > most) best = j, most = v;
    }
    *wins = best >= 0;
    for (int j = 0; j < n && best >= 0; j++) {
        if (j == best || !cells[j].n) continue;
        others++;
        *wins = *wins && ll_cell_beats(cells[best], cells[j], m);
    }
    *wins = *wins && others > 0;
    return best;
}
