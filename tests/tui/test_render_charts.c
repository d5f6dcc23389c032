/* Drawing without a terminal: heatmaps, sparklines, plots. */
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text/json.h"
#include "tests/check.h"
#include "tests/results.h"
#include "tests/tui/drawn.h"
#include "tui/draw/chart.h"
#include "tui/draw/ramp.h"
#include "tui/draw/render.h"

static void test_heatmap_ascii(void)
{
    ll_look look = ll_look_plain(60);
    char *text = render(corr_json, &look);
    CHECK_STR(text, "Spearman\n"
                    "          a   b   c\n"
                    "  dev_a  1.0 .25 n/a\n"
                    "  dev_b  .25 1.0 .50\n"
                    "  dev_c  n/a .50 1.0\n"
                    "\n"
                    "  0.2   ..::--==++**##%%@@ 1.0\n");
    free(text);
}

/* A bar stands between groups, where cells have room for it. */
static void test_heatmap_groups(void)
{
    ll_look look = ll_look_plain(60);
    double v[9] = {1, .9, .1, .9, 1, .2, .1, .2, 1};
    char a[] = "dev_a", b[] = "dev_b", c_[] = "dev_c", *names[] = {a, b, c_};
    int group[] = {1, 1, 2};
    ll_heatmap m = {.n = 3, .v = v, .names = names, .group = group, .cursor_r = -1, .cursor_c = -1};
    ll_canvas c;
    ll_canvas_init(&c, &look, 0, 60);
    ll_heatmap_plan(&m, &look, 0, 60);
    ll_heatmap_draw(&m, &c, 0, 0);
    char *text = canvas_text(&c);
    CHECK_STR(text, "          a   b   c\n"
                    "  dev_a  1.0 .90|.10\n"
                    "  dev_b  .90 1.0|.20\n"
                    "  dev_c  .10 .20|1.0\n");
    free(text);
    ll_canvas_free(&c);
}

static void test_heatmap_colours(void)
{
    ll_look look = look_of(60, LL_DEPTH_256, true);
    char *text = render(corr_json, &look);
    ll_str cell = {0};
    int bg = ll_ramp_at("cividis", 1, LL_DEPTH_256); /* the diagonal, black on yellow */
    ll_str_addf(&cell, "\033[0;38;5;16;48;5;%dm 1.0", bg);
    CHECK_HAS(text, ll_str_text(&cell));
    ll_str_free(&cell);
    free(text);
    look.depth = LL_DEPTH_TRUE;
    text = render(corr_json, &look);
    CHECK_HAS(text, "48;2;254;232;56m 1.0");
    free(text);
    look.depth = LL_DEPTH_16; /* too few for a map: numbers alone */
    text = render(corr_json, &look);
    CHECK(!strstr(text, "48;"));
    free(text);
}

static cJSON *corr_of(int n)
{
    cJSON *result = cJSON_CreateObject(), *names = ll_json_arr(result, "devices"),
          *m = ll_json_arr(result, "matrix");
    double *row = calloc((size_t)n, sizeof *row);
    ll_json_str(result, "kind", "corr");
    for (int i = 0; i < n; i++) {
        ll_str name = {0};
        ll_str_addf(&name, "some_device_with_a_name_%d", i);
        cJSON_AddItemToArray(names, cJSON_CreateString(ll_str_text(&name)));
        ll_str_free(&name);
        for (int j = 0; j < n; j++) row[j] = i == j ? 1 : .5;
        cJSON_AddItemToArray(m, cJSON_CreateDoubleArray(row, n));
    }
    free(row);
    return result;
}

/* 46 devices in 80 columns: every one has its column, none is wider than the terminal. */
static void test_heatmap_many(void)
{
    cJSON *result = corr_of(46);
    ll_look look = ll_look_plain(80);
    ll_str out = {0};
    ll_render_result(result, &look, &out);
    CHECK(longest_line(ll_str_text(&out)) <= 80);
    CHECK(!strstr(ll_str_text(&out), "left out"));
    ll_str_clear(&out);
    look.width = 40;
    ll_render_result(result, &look, &out);
    CHECK(longest_line(ll_str_text(&out)) <= 40);
    CHECK_HAS(ll_str_text(&out), "left out");
    ll_str_free(&out);
    cJSON_Delete(result);
}

/* Without a terminal's width lines are as long as they need, within reason: a square of cells takes memory. */
static void test_heatmap_of_hundreds(void)
{
    cJSON *result = corr_of(900);
    ll_look look = ll_look_plain(0);
    ll_str out = {0};
    ll_render_result(result, &look, &out);
    CHECK(longest_line(ll_str_text(&out)) <= 1100);
    ll_str_free(&out);
    cJSON_Delete(result);
}

static void test_heatmap_numbers(void)
{
    static const struct {
        double v;
        const char *text;
    } cases[] = {{1, "1.0"}, {.9949, ".99"}, {.995, ".99"}, {.998, ".99"}, {.05, ".05"},
                 {0, ".00"}, {-.34, "-.3"},  {-.9, "-.9"},  {-1, "-1."},   {NAN, "n/a"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[8];
        ll_heatmap_number(cases[i].v, text);
        CHECK_STR(text, cases[i].text);
    }
}

static void test_sparkline(void)
{
    ll_look plain = ll_look_plain(0), utf8 = look_of(0, LL_DEPTH_MONO, true);
    cJSON *v = cJSON_Parse("[0,1,2,3,4,5,6,7]");
    ll_str out = {0};
    ll_chart_sparkline(v, &plain, &out);
    CHECK_STR(ll_str_text(&out), "_.-=+*%#");
    ll_str_clear(&out);
    ll_chart_sparkline(v, &utf8, &out);
    CHECK_INT(ll_text_width(ll_str_text(&out)), 8);
    CHECK(!strncmp(ll_str_text(&out), "\xe2\x96\x81", 3));  /* from the lowest block ... */
    CHECK(!strcmp(ll_str_text(&out) + 21, "\xe2\x96\x88")); /* ... to the full one */
    ll_str_free(&out);
    cJSON_Delete(v);
}

static void test_plot_corners(void)
{
    ll_look look = look_of(0, LL_DEPTH_MONO, true);
    double x[] = {0, 1}, y[] = {0, 1};
    ll_chart_series s = {.x = x, .y = y, .n = 2, .style = LL_S_TEXT};
    ll_chart p = {.series = &s, .n_series = 1, .x_lo = 0, .x_hi = 1, .y_lo = 0, .y_hi = 1};
    ll_canvas c;
    ll_canvas_init(&c, &look, 10, 30);
    ll_chart_draw(&c, (ll_rect){0, 0, 10, 30}, &p);
    /* inside: rows 1..7, columns 8..29; the lowest left and the highest right dot */
    CHECK_INT(c.cells[7 * 30 + 8].ch, 0x2800 + 0x40);
    CHECK_INT(c.cells[1 * 30 + 29].ch, 0x2800 + 0x08);
    ll_canvas_free(&c);
}

static void test_plot_survives(void)
{
    double x[] = {NAN, 1, INFINITY, 2}, y[] = {1, NAN, 3, -INFINITY}, same[] = {5, 5, 5, 5};
    ll_chart_series bad = {.x = x, .y = y, .n = 4, .joined = true},
                    flat = {.x = same, .y = same, .n = 4, .joined = true};
    ll_chart_series none = {.n = 0};
    const ll_chart_series *all[] = {&bad, &flat, &none};
    for (int i = 0; i < 3; i++)
        for (int h = 0; h < 12; h++)
            for (int w = 0; w < 30; w += 3)
                for (int utf8 = 0; utf8 < 2; utf8++) {
                    ll_look look = look_of(0, LL_DEPTH_MONO, utf8);
                    ll_chart p = {
                        .x_title = "x", .y_title = "y", .series = all[i], .n_series = 1, .identity = h % 2};
                    ll_canvas c;
                    ll_canvas_init(&c, &look, 12, 30);
                    ll_chart_draw(&c, (ll_rect){0, 0, h, w}, &p);
                    for (int y2 = h; y2 < 12; y2++) CHECK_INT(c.cells[y2 * 30].ch, ' ');
                    ll_canvas_free(&c);
                }
}

/* However low or narrow a chart is, two numbers say what its height means, and two its width. */
static void test_charts_have_two_ticks(void)
{
    static const double ranges[][2] = {{.02, .12}, {.72, .97}, {.016, .047}, {3, 290}, {-.3, .8}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        for (int h = 7; h < 14; h++) {
            double x[] = {-.1, 4.4};
            ll_look wide = ll_look_plain(32);
            ll_chart_series s = {.x = x, .y = ranges[i], .n = 2, .joined = true};
            ll_chart p = {.series = &s, .n_series = 1, .y_title = "loss"};
            ll_canvas c;
            ll_str out = {0};
            int ticks = 0;
            ll_canvas_init(&c, &wide, h, 32);
            ll_chart_draw(&c, (ll_rect){0, 0, h, 32}, &p);
            ll_canvas_text(&c, 0, h, &out);
            for (const char *line = out.s; *line; line += strcspn(line, "\n") + 1)
                ticks += line[strspn(line, " -0123456789.")] == '+' &&
                         strspn(line, " -") < strspn(line, " -0123456789.");
            const char *below = strstr(out.s, "+--"); /* the axis, and the row of its numbers */
            below = below ? below + strcspn(below, "\n") : "";
            below += strspn(below, " \n");
            CHECK(strpbrk(below + strcspn(below, " "), "123456789"));
            check_report(ticks >= 2, __FILE__, __LINE__, "%d ticks in %d rows:\n%s", ticks, h, out.s);
            ll_str_free(&out);
            ll_canvas_free(&c);
        }
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    static const check_case cases[] = {
        {"heatmap in ASCII", test_heatmap_ascii},
        {"heatmap with groups", test_heatmap_groups},
        {"heatmap in colours", test_heatmap_colours},
        {"heatmap of many devices", test_heatmap_many},
        {"a heatmap of hundreds is no wider than can be read", test_heatmap_of_hundreds},
        {"numbers of heatmap cells", test_heatmap_numbers},
        {"sparkline", test_sparkline},
        {"plot: corners are where they belong", test_plot_corners},
        {"plot: survives any data and size", test_plot_survives},
        {"plot: two numbers on the upright axis", test_charts_have_two_ticks},
        {0}};
    return check_main("test_render_charts", cases, argc, argv);
}
