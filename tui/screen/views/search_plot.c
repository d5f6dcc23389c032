/* Score against latency: what was met, the front, the limit. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/num/stats.h"
#include "core/num/ticks.h"
#include "tui/screen/views/search_view.h"

static const double DEPTH = 3; /* the axis reaches below the median so many times as the best is above it */

const cJSON *ll_search_latency(const cJSON *row, int device)
{
    const cJSON *each = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(row, "each"), device);
    return each ? each : row;
}

/* --- reading --- */

void ll_search_plot_free(ll_search_plot *p)
{
    free(p->x);
    for (int i = 0; i < LL_MET_STATES; i++) free(p->y[i]);
    free(p->better);
    free(p->front_x);
    free(p->front_y);
    *p = (ll_search_plot){0};
}

/* Milliseconds of the device, of the first one when nothing else is told. */
static int read_ms(const cJSON *cloud, int device, double **ms)
{
    const cJSON *list = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(cloud, "each"), device);
    if (!list) return ll_json_get_nums(cloud, "ms", ms);
    int n = cJSON_GetArraySize(list), i = 0;
    const cJSON *item;
    *ms = LL_NEW_ARRAY(double, n + 1);
    cJSON_ArrayForEach(item, list)(*ms)[i++] = cJSON_IsNumber(item) ? item->valuedouble : NAN;
    return n;
}

static void split(ll_search_plot *p, const cJSON *states, const double *score)
{
    static const char *const names[] = {[LL_MET_OUT] = "out", [LL_MET_IN] = "in", [LL_MET_OPEN] = "open"};
    const cJSON *state = states ? states->child : NULL;
    for (int s = 0; s < LL_MET_STATES; s++) p->y[s] = LL_NEW_ARRAY(double, p->n + 1);
    for (int i = 0; i < p->n; i++, state = state ? state->next : NULL)
        for (int s = 0; s < LL_MET_STATES; s++)
            p->y[s][i] = cJSON_IsString(state) && !strcmp(state->valuestring, names[s]) ? score[i] : NAN;
}

typedef struct point {
    double x, y;
} point;

static int compare_points(const void *a, const void *b)
{
    const point *p = a, *q = b;
    if (p->x != q->x) return p->x < q->x ? -1 : 1;
    return p->y < q->y ? 1 : p->y > q->y ? -1 : 0;
}

/* What is on the front of these two alone: with several devices or costs the whole of it is no line. */
static void read_front(ll_search_plot *p, const cJSON *front, int device)
{
    const cJSON *row;
    int n = 0, most = cJSON_GetArraySize(front) + 1;
    point *at = LL_NEW_ARRAY(point, most);
    cJSON_ArrayForEach(row, front)
    {
        at[n].x = ll_json_get_num(ll_search_latency(row, device), "ms", NAN);
        at[n].y = ll_json_get_num(row, "score", NAN);
        n += !isnan(at[n].x) && !isnan(at[n].y);
    }
    if (n) qsort(at, (size_t)n, sizeof *at, compare_points);
    p->front_x = LL_NEW_ARRAY(double, most);
    p->front_y = LL_NEW_ARRAY(double, most);
    for (int i = 0; i < n; i++) {
        if (p->n_front && at[i].y <= p->front_y[p->n_front - 1]) continue;
        p->front_x[p->n_front] = at[i].x;
        p->front_y[p->n_front++] = at[i].y;
    }
    free(at);
}

/* A few architectures that learn nothing would flatten all the others. */
static void clip(ll_search_plot *p, const double *score, double chosen)
{
    double middle = ll_median(score, p->n), high = -INFINITY, least = INFINITY;
    for (int i = 0; i < p->n; i++) high = fmax(high, score[i]), least = fmin(least, score[i]);
    double low = middle - DEPTH * (high - middle), margin = .05 * (high - low);
    if (chosen < low) low = chosen;
    p->low = high > low && low - least > margin ? low - margin : NAN;
    p->high = high + margin;
    for (int i = 0; i < p->n; i++) p->below += score[i] < p->low;
}

/* Those of the open ones that could change the choice are marked, the others are many. */
static void mark_better(ll_search_plot *p, double chosen)
{
    p->better = LL_NEW_ARRAY(double, p->n + 1);
    for (int i = 0; i < p->n; i++)
        p->better[i] = !(p->y[LL_MET_OPEN][i] <= chosen) ? p->y[LL_MET_OPEN][i] : NAN;
}

void ll_search_plot_read(ll_search_plot *p, const cJSON *result, int device)
{
    const cJSON *cloud = cJSON_GetObjectItemCaseSensitive(result, "cloud");
    double *score;
    ll_search_plot_free(p);
    int n = ll_json_get_nums(cloud, "score", &score), m = read_ms(cloud, device, &p->x);
    p->n = n < m ? n : m;
    split(p, cJSON_GetObjectItemCaseSensitive(cloud, "state"), score);
    mark_better(p, ll_json_get_num(result, "score", NAN));
    read_front(p, cJSON_GetObjectItemCaseSensitive(result, "front"), device);
    clip(p, score, ll_json_get_num(result, "score", NAN));
    free(score);
    p->extent[0] = INFINITY, p->extent[1] = -INFINITY;
    for (int i = 0; i < p->n; i++) {
        p->extent[0] = fmin(p->extent[0], p->x[i]);
        p->extent[1] = fmax(p->extent[1], p->x[i]);
    }
    p->limit_ms = p->chosen[0] = p->here[0] = NAN;
}

/* --- the limit --- */

double ll_search_plot_step(const ll_search_plot *p)
{
    ll_ticks t = ll_ticks_within(p->extent[0], p->extent[1], 75);
    return t.n ? t.step : fmax(p->extent[1], 1e-3) / 50;
}

double ll_search_plot_ms(const ll_search_plot *p, int col)
{
    double t = p->in.w > 0 ? (col - p->in.x + .5) / p->in.w : 0;
    return p->range_x[0] + (p->range_x[1] - p->range_x[0]) * fmin(fmax(t, 0), 1);
}

static bool is_tick(const ll_canvas *c, int y, int x)
{
    uint32_t ch = x < c->width ? c->cells[(long)y * c->width + x].ch : 0;
    return ch == 0x252c || ch == '+';
}

/* A limit far off must not squash what was met. */
static double shown_limit(const ll_search_plot *p)
{
    double span = p->extent[1] - p->extent[0];
    bool near = p->limit_ms > p->extent[0] - span / 4 && p->limit_ms < p->extent[1] + span / 4;
    return near ? p->limit_ms : NAN;
}

/* The part of the axis that is within is a double line: it is told apart without colour, too. */
static void mark_side(const ll_search_plot *p, const ll_chart *chart, ll_canvas *c, ll_rect r)
{
    int y = p->in.y + p->in.h, end = ll_chart_column(chart, r, c->look, p->limit_ms);
    ll_ink ink = ll_style_ink(c->look, LL_S_GOOD);
    ll_str text = {0};
    if (isnan(p->limit_ms)) return;
    for (int x = p->in.x; x <= end && x < p->in.x + p->in.w; x++)
        if (!is_tick(c, y, x)) ll_put_cell(c, y, x, 0x2501, ink);
    ll_str_addf(&text, "within %.6g %s", p->limit_ms, p->unit);
    int x = r.x + 1, room = r.w - (x - r.x) - ll_text_width(chart->x_title) - 2;
    if (room > ll_text_width(ll_str_text(&text)) + 2) {
        ll_put_cell(c, r.y + r.h - 1, x, 0x2501, ink);
        ll_put(c, r.y + r.h - 1, x + 2, LL_S_GOOD, ll_str_text(&text));
    }
    ll_str_free(&text);
}

/* --- drawing --- */

/* Without braille points are characters of their own: nothing else would tell them apart. */
static char letter(const ll_look *look, char ascii)
{
    return look->utf8 ? 0 : ascii;
}

void ll_search_plot_draw(ll_search_plot *p, ll_canvas *c, ll_rect r)
{
    ll_str x_title = {0}, y_title = {0};
    double limit = shown_limit(p), limit_x[] = {limit, limit}, limit_y[] = {NAN, NAN};
    ll_chart_series series[] = {
        {.name = "beyond", .x = p->x, .y = p->y[LL_MET_OUT], .n = p->n, .style = LL_S_FAINT},
        {.name = "within", .x = p->x, .y = p->y[LL_MET_IN], .n = p->n, .style = LL_S_CURVE2},
        {.x = p->x, .y = p->y[LL_MET_OPEN], .n = p->n, .style = LL_S_WARN},
        {.name = "open", .x = p->x, .y = p->better, .n = p->n, .style = LL_S_WARN, .mark = 'o'},
        {.name = "front",
         .x = p->front_x,
         .y = p->front_y,
         .n = p->n_front,
         .style = LL_S_CURVE1,
         .joined = true},
        {.x = limit_x, .y = limit_y, .n = 2, .style = LL_S_ACCENT, .joined = true},
        {.name = "chosen", .x = &p->chosen[0], .y = &p->chosen[1], .n = 1, .style = LL_S_TAG, .mark = '*'},
        {.x = &p->here[0], .y = &p->here[1], .n = 1, .style = LL_S_CURSOR, .mark = 'X'}};
    ll_chart chart = {.series = series, .n_series = sizeof series / sizeof *series};
    series[0].mark = letter(c->look, '.');
    series[1].mark = letter(c->look, '+');
    series[2].mark = letter(c->look, 'o');
    series[4].mark = letter(c->look, '#');
    ll_str_addf(&x_title, "%s (%s)", p->device, p->unit);
    ll_str_addf(&y_title, p->below ? "%s (%d below)" : "%s", p->score, p->below);
    chart.x_title = ll_str_text(&x_title);
    chart.y_title = ll_str_text(&y_title);
    ll_chart_range(&chart, p->range_x, p->range_y);
    if (!isnan(p->low)) p->range_y[0] = p->low, p->range_y[1] = p->high;
    limit_y[0] = p->range_y[0], limit_y[1] = p->range_y[1];
    chart.x_lo = p->range_x[0], chart.x_hi = p->range_x[1];
    chart.y_lo = p->range_y[0], chart.y_hi = p->range_y[1];
    p->r = r;
    p->in = ll_chart_inside(&chart, r);
    ll_chart_draw(c, r, &chart);
    if (p->in.w >= 4 && p->in.h >= 2) mark_side(p, &chart, c, r);
    ll_str_free(&x_title);
    ll_str_free(&y_title);
}
