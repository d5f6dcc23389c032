/* Drawings for kinds of results that deserve more than a table. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "tui/draw/chart.h"
#include "tui/draw/read.h"
#include "tui/draw/render.h"

/* Nobody reads wider ones, and a square of thousands of cells would take gigabytes to draw. */
enum { CORR_COLUMNS = 250 };

static int corr_width(const cJSON *result, const ll_look *look)
{
    int n = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(result, "devices"));
    return 30 + 4 * (n < CORR_COLUMNS ? n : CORR_COLUMNS);
}

static void draw_corr(ll_paper *p, const cJSON *result)
{
    ll_matrix matrix;
    ll_render_title(p, result);
    if (!ll_read_matrix(result, "devices", "matrix", &matrix)) {
        ll_render_body(p, result);
        return;
    }
    int *group = NULL;
    if (ll_json_get_ints(result, "groups", &group) != matrix.n) {
        free(group);
        group = NULL;
    }
    ll_heatmap m = {.n = matrix.n,
                    .v = matrix.v,
                    .names = matrix.names.v,
                    .group = group,
                    .cursor_r = -1,
                    .cursor_c = -1};
    ll_heatmap_plan(&m, p->c.look, 0, p->c.width);
    ll_heatmap_draw(&m, &p->c, p->c.height, 0);
    ll_heatmap_legend(&m, &p->c, p->c.height + 1, 2);
    if (m.cols < m.n)
        ll_putf(&p->c, p->c.height, 0, LL_S_FAINT,
                "(%d columns left out: a wider terminal, a device pattern, --json or "
                "`write FILE.csv corr` shows them)",
                m.n - m.cols);
    ll_render_notes(p, result);
    free(group);
    ll_matrix_free(&matrix);
}

static void draw_map(ll_paper *p, const cJSON *result)
{
    double *x, *y;
    int *samples, n = ll_json_get_nums(result, "x", &x), k = ll_json_get_ints(result, "samples", &samples), m;
    double *sx = LL_NEW_ARRAY(double, k + 1), *sy = LL_NEW_ARRAY(double, k + 1);
    n = ll_json_get_nums(result, "y", &y) == n ? n : 0;
    for (m = 0; m < k && samples[m] >= 0 && samples[m] < n; m++) sx[m] = x[samples[m]], sy[m] = y[samples[m]];
    ll_chart_series series[] = {
        {.name = "all", .x = x, .y = y, .n = n, .style = LL_S_CURVE2},
        {.name = k ? "samples" : NULL, .x = sx, .y = sy, .n = m, .style = LL_S_CURVE1, .mark = 'o'}};
    ll_chart plot = {.x_title = "component 1", .y_title = "component 2", .series = series, .n_series = 2};
    ll_render_title(p, result);
    int w = p->c.width < 100 ? p->c.width : 100;
    ll_chart_draw(&p->c, (ll_rect){p->c.height, 0, w / 4 + 4, w}, &plot);
    ll_render_notes(p, result);
    free(x);
    free(y);
    free(samples);
    free(sx);
    free(sy);
}

/* Width of a text field of the rows, its title included. */
static int field_width(const cJSON *rows, const char *key)
{
    int w = ll_text_width(key);
    const cJSON *row;
    cJSON_ArrayForEach(row, rows)
    {
        int here = ll_text_width(ll_json_get_str(row, key, ""));
        if (here > w) w = here;
    }
    return w;
}

/* The options of one command: what they are for is never cut but goes on in further lines, below the name
 * where there is little room beside it. */
static void draw_options(ll_paper *p, const cJSON *rows)
{
    enum { GAP = 2, LEAST = 24 };
    int value = field_width(rows, "option") + GAP;
    int otherwise = value + field_width(rows, "value") + GAP;
    int help = otherwise + field_width(rows, "default") + GAP;
    bool beside = help + LEAST <= p->c.width;
    const cJSON *row;
    ll_put(&p->c, p->c.height + 1, 0, LL_S_HEAD, "option"); /* below an empty line */
    ll_put(&p->c, p->c.height - 1, value, LL_S_HEAD, "value");
    ll_put(&p->c, p->c.height - 1, otherwise, LL_S_HEAD, "default");
    cJSON_ArrayForEach(row, rows)
    {
        int y = p->c.height;
        ll_put(&p->c, y, 0, LL_S_TEXT, ll_json_get_str(row, "option", ""));
        ll_put(&p->c, y, value, LL_S_TEXT, ll_json_get_str(row, "value", ""));
        ll_put(&p->c, y, otherwise, LL_S_TEXT, ll_json_get_str(row, "default", ""));
        ll_paper text = {.out = NULL};
        int x = beside ? help : 4, room = p->c.width - x;
        ll_canvas_init(&text.c, p->c.look, 0, room);
        ll_render_wrapped(&text, LL_S_TEXT, 0, ll_json_get_str(row, "help", ""));
        y += beside ? 0 : 1;
        ll_put(&p->c, y + text.c.height - 1, x, LL_S_TEXT, "");
        ll_blit(&p->c, (ll_rect){y, x, text.c.height, room}, &text.c, 0, 0);
        ll_canvas_free(&text.c);
    }
}

/* What was drawn narrower, below what is there. */
static void append(ll_paper *p, int x, ll_paper *narrow)
{
    int y = p->c.height;
    if (!narrow->c.height) return;
    ll_put(&p->c, y + narrow->c.height - 1, 0, LL_S_TEXT, "");
    ll_blit(&p->c, (ll_rect){y, x, narrow->c.height, narrow->c.width}, &narrow->c, 0, 0);
}

/* Lines of running text belong together and are broken anew; those that begin with a blank stay as they are. */
static void draw_prose(ll_paper *p, const char *text)
{
    enum { COMFORTABLE = 110 };
    ll_paper narrow = {.out = NULL};
    ll_str run = {0};
    ll_canvas_init(&narrow.c, p->c.look, 0, p->c.width > COMFORTABLE ? COMFORTABLE : p->c.width);
    while (*text) {
        size_t n = strcspn(text, "\n"), next = n + (text[n] == '\n');
        bool flows = n && *text != ' ' && text[n - 1] != ':',
             goes_on = text[next] && !strchr(" \n", text[next]);
        ll_str_addf(&run, "%s%.*s", run.len ? " " : "", (int)n, text);
        if (!flows || !goes_on) {
            if (run.len)
                ll_render_wrapped(&narrow, LL_S_TEXT, 0, ll_str_text(&run));
            else
                ll_put(&narrow.c, narrow.c.height, 0, LL_S_TEXT, "");
            ll_str_clear(&run);
        }
        text += next;
    }
    append(p, 0, &narrow);
    ll_canvas_free(&narrow.c);
    ll_str_free(&run);
}

static void draw_group(ll_paper *p, const cJSON *group)
{
    ll_put(&p->c, p->c.height, 0, LL_S_TEXT, "");
    ll_str head = {0};
    ll_str_addf(&head, "%s: %s", ll_json_get_str(group, "name", ""), ll_json_get_str(group, "summary", ""));
    ll_render_wrapped(p, LL_S_TITLE, 0, ll_str_text(&head));
    ll_str_free(&head);
    draw_options(p, cJSON_GetObjectItemCaseSensitive(group, "rows"));
}

static void draw_help(ll_paper *p, const cJSON *result)
{
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(result, "rows"), *group;
    const char *text = ll_json_get_str(result, "text", NULL);
    if (!text) { /* the list of commands */
        ll_render_title(p, result);
        ll_render_body(p, result);
        return;
    }
    draw_prose(p, text);
    if (rows) draw_options(p, rows);
    cJSON_ArrayForEach(group, cJSON_GetObjectItemCaseSensitive(result, "groups")) draw_group(p, group);
}

const ll_render_kind ll_render_kinds[] = {
    {"help", draw_help, NULL},
    {"map", draw_map, NULL},
    {"corr", draw_corr, corr_width},
    {0},
};
