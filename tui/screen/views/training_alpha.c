#include "tui/screen/views/training_alpha.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "tui/draw/chart.h"

enum {
    MOST = 4096,
    POSITION = 6,
    CHOICE = 13,
    NUMBER = 4
}; /* snapshots that are kept; columns of a row's parts */

void ll_alpha_run_free(ll_alpha_run *a)
{
    cJSON_Delete(a->positions);
    free(a->p);
    *a = (ll_alpha_run){0};
}

/* --- collecting --- */

static int count_rows(const cJSON *positions)
{
    const cJSON *at;
    int n = 0;
    cJSON_ArrayForEach(at, positions) n += cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(at, "p"));
    return n;
}

static void begin(ll_alpha_run *a, const cJSON *positions)
{
    ll_alpha_run_free(a);
    a->positions = cJSON_Duplicate(positions, true);
    a->rows = count_rows(positions);
}

/* One more distribution; every other one is dropped when there are too many. */
static double *next_snapshot(ll_alpha_run *a)
{
    if (a->n == MOST) {
        for (int i = 0; i < MOST / 2; i++)
            for (int j = 0; j < a->rows; j++) a->p[i * a->rows + j] = a->p[2 * i * a->rows + j];
        a->n = MOST / 2;
    }
    a->p = ll_realloc(a->p, (size_t)(a->n + 1) * (size_t)a->rows + 1, sizeof *a->p);
    return a->p + (size_t)a->n++ * (size_t)a->rows;
}

static double number(const cJSON *x)
{
    return cJSON_IsNumber(x) ? x->valuedouble : NAN;
}

static void take_latest(ll_alpha_run *a, const cJSON *positions)
{
    const cJSON *at, *p;
    int row = 0;
    if (!a->positions || count_rows(positions) != a->rows) begin(a, positions);
    double *to = next_snapshot(a);
    cJSON_ArrayForEach(at, positions) cJSON_ArrayForEach(p, cJSON_GetObjectItemCaseSensitive(at, "p"))
        to[row++] = number(p);
}

/* (choices, steps) of each position become steps of all rows. */
static void take_all(ll_alpha_run *a, const cJSON *positions, int steps)
{
    const cJSON *at, *over, *p;
    int row = 0;
    begin(a, positions);
    for (int i = 0; i < steps && i < MOST; i++) {
        double *to = next_snapshot(a);
        for (int j = 0; j < a->rows; j++) to[j] = NAN;
    }
    cJSON_ArrayForEach(at, positions) cJSON_ArrayForEach(over, cJSON_GetObjectItemCaseSensitive(at, "p"))
    {
        int i = 0;
        cJSON_ArrayForEach(p, over) if (i < a->n) a->p[(size_t)i++ * (size_t)a->rows + (size_t)row] =
            number(p);
        row++;
    }
}

bool ll_alpha_run_take(ll_alpha_run *a, const cJSON *event)
{
    const cJSON *alpha = cJSON_GetObjectItemCaseSensitive(event, "alpha");
    const cJSON *positions = cJSON_GetObjectItemCaseSensitive(alpha, "positions");
    if (cJSON_IsArray(alpha) && count_rows(alpha))
        take_latest(a, alpha);
    else if (cJSON_IsArray(positions) && count_rows(positions))
        take_all(a, positions, cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(alpha, "step")));
    else
        return false;
    return true;
}

/* --- drawing --- */

static double latest(const ll_alpha_run *a, int row)
{
    return a->n ? a->p[(size_t)(a->n - 1) * (size_t)a->rows + (size_t)row] : NAN;
}

/* Is this choice among the `most` likeliest of its position's n, of equal ones the first? */
static bool is_likely(const ll_alpha_run *a, int first, int n, int row, int most)
{
    int before = 0;
    for (int i = first; i < first + n; i++)
        before += latest(a, i) > latest(a, row) || (latest(a, i) == latest(a, row) && i < row);
    return before < most;
}

static void draw_cells(const ll_alpha_run *a, ll_canvas *c, int y, int x, int w, int row)
{
    static const char ramp[] = " .:-=+*#%@";
    ll_heatmap scale = {.lo = 0, .hi = 1};
    int n = a->n < w ? a->n : w;
    for (int j = 0; j < n; j++) {
        int at = n > 1 ? (int)lround((double)j * (a->n - 1) / (n - 1)) : 0;
        double p = a->p[(size_t)at * (size_t)a->rows + (size_t)row];
        bool colour = c->look->depth >= LL_DEPTH_256;
        char ch = colour || isnan(p) ? ' ' : ramp[(int)fmin(fmax(p, 0) * 9.999, 9)];
        ll_put_cell(c, y, x + j, (uint32_t)ch, ll_heatmap_ink(&scale, c->look, p));
    }
}

static void draw_row(const ll_alpha_run *a, ll_canvas *c, ll_rect r, const char *position, const char *choice,
                     int row)
{
    double p = latest(a, row);
    int x = r.x + POSITION + CHOICE + 2, w = r.w - POSITION - CHOICE - NUMBER - 4;
    ll_put_cut(c, r.y, r.x + 1, POSITION - 1, LL_S_HEAD, position);
    ll_put_cut(c, r.y, r.x + POSITION + 1, CHOICE, p > .5 ? LL_S_TEXT : LL_S_FAINT, choice);
    draw_cells(a, c, r.y, x, w, row);
    ll_putf(c, r.y, r.x + r.w - NUMBER - 1, p > .5 ? LL_S_TEXT : LL_S_FAINT, "%.2f", p);
}

void ll_alpha_run_draw(const ll_alpha_run *a, ll_canvas *c, ll_rect r)
{
    const cJSON *at;
    int n_positions = cJSON_GetArraySize(a->positions), y = r.y + 1, first = 0, position = 0;
    int room = r.h - 1, most = a->rows <= room                     ? a->rows
                               : n_positions && room > n_positions ? room / n_positions
                                                                   : 1;
    ll_put_cut(c, r.y, r.x + 1, r.w - 2, LL_S_HEAD, "probability of each choice, over the steps");
    cJSON_ArrayForEach(at, a->positions)
    {
        int n = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(at, "p")), shown = 0;
        const cJSON *choices = cJSON_GetObjectItemCaseSensitive(at, "choices");
        if (y == r.y + r.h - 1 && n_positions - position > 1 && most == 1) {
            ll_putf(c, y, r.x + 1, LL_S_FAINT, "%d more positions", n_positions - position);
            return;
        }
        for (int i = 0; i < n && y < r.y + r.h; i++) {
            const char *name = cJSON_GetStringValue(cJSON_GetArrayItem(choices, i));
            if (!is_likely(a, first, n, first + i, most)) continue;
            draw_row(a, c, (ll_rect){y++, r.x, 1, r.w}, shown++ ? "" : ll_json_get_str(at, "position", ""),
                     name ? name : "", first + i);
        }
        first += n;
        position++;
    }
}
