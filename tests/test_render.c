/* Drawing without a terminal: canvas, colours, tables, results, charts, the edited line, settings, lessons. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "tests/check.h"
#include "tests/results.h"
#include "tui/draw/chart.h"
#include "tui/draw/ramp.h"
#include "tui/draw/read.h"
#include "tui/draw/render.h"
#include "tui/draw/table.h"
#include "tui/screen/line.h"

static char *canvas_text(const ll_canvas *c)
{
    ll_str out = {0};
    ll_canvas_text(c, 0, c->height, &out);
    return ll_str_take(&out);
}

static char *render(const char *json, const ll_look *look)
{
    ll_str out = {0};
    cJSON *result = cJSON_Parse(json);
    ll_render_result(result, look, &out);
    cJSON_Delete(result);
    return ll_str_take(&out);
}

static ll_look look_of(int width, ll_depth depth, bool utf8)
{
    ll_look look = ll_look_plain(width);
    look.depth = depth;
    look.utf8 = utf8;
    look.attributes = depth > LL_DEPTH_MONO;
    look.theme = ll_theme_at(0);
    return look;
}

static int longest_line(const char *text)
{
    int longest = 0;
    while (*text) {
        size_t n = strcspn(text, "\n");
        char *line = ll_memdup(text, n + 1, 1);
        line[n] = 0;
        int w = ll_text_width(line);
        if (w > longest) longest = w;
        free(line);
        text += n + (text[n] == '\n');
    }
    return longest;
}

/* --- canvas and colours --- */

static void test_utf8(void)
{
    uint32_t ch;
    CHECK_INT(ll_utf8_next("a", &ch), 1);
    CHECK_INT(ch, 'a');
    CHECK_INT(ll_utf8_next("\xc3\xa4", &ch), 2);
    CHECK_INT(ch, 0xe4);
    CHECK_INT(ll_utf8_next("\xe2\xa3\xbf", &ch), 3);
    CHECK_INT(ch, 0x28ff);
    CHECK_INT(ll_utf8_next("\xf0\x9f\x98\x80", &ch), 4);
    /* overlong, cut short, surrogate, stray: one byte each, the replacement character */
    static const char *const broken[] = {"\xc0\x80", "\xe2\xa3", "\xed\xa0\x80", "\x80", "\xff"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        CHECK_INT(ll_utf8_next(broken[i], &ch), 1);
        CHECK_INT(ch, 0xfffd);
    }
    CHECK_INT(ll_utf8_next("", &ch), 0);
    CHECK_INT(ll_text_width("\xe2\xa3\xbf"
                            "ab"),
              3);
}

static void test_canvas(void)
{
    ll_look look = ll_look_plain(0);
    ll_canvas c;
    ll_canvas_init(&c, &look, 2, 6);
    ll_put(&c, 0, 4, LL_S_TEXT, "abcdef"); /* cut at the edge */
    ll_put(&c, 7, 0, LL_S_TEXT, "below");  /* outside: ignored */
    ll_put(&c, 1, -2, LL_S_TEXT, "xyz");   /* begins outside */
    char *text = canvas_text(&c);
    CHECK_STR(text, "    ab\nz\n");
    free(text);
    ll_canvas_free(&c);

    ll_canvas_init(&c, &look, 0, 8); /* grows */
    CHECK_INT(ll_put_cut(&c, 2, 0, 5, LL_S_TEXT, "abcdefgh"), 5);
    text = canvas_text(&c);
    CHECK_STR(text, "\n\nabcd~\n");
    free(text);
    ll_canvas_free(&c);

    ll_canvas_init(&c, &look, 0, 8); /* two names that differ at their ends */
    CHECK_INT(ll_put_middle_cut(&c, 0, 0, 6, LL_S_TEXT, "pixel_3_fp16"), 6);
    CHECK_INT(ll_put_middle_cut(&c, 1, 0, 6, LL_S_TEXT, "pixel_3_int8"), 6);
    CHECK_INT(ll_put_middle_cut(&c, 2, 0, 6, LL_S_TEXT, "pixel3"), 6);
    CHECK(ll_put_middle_cut(&c, 3, 0, 6, LL_S_TEXT, "\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87") <= 6);
    CHECK_INT(ll_put_middle_cut(&c, 4, 0, 2, LL_S_TEXT, "abc"), 2);
    text = canvas_text(&c);
    CHECK(!strncmp(text, "pi~p16\npi~nt8\npixel3\n", 21));
    free(text);
    ll_canvas_free(&c);
}

/* Data must not be able to drive the terminal. */
static void test_controls_are_shown_not_sent(void)
{
    ll_look look = look_of(40, LL_DEPTH_256, true);
    char *text = render("{\"kind\":\"x\",\"title\":\"a\\u001b]0;pwned\\u0007b\\u009b31m\\tz\"}", &look);
    CHECK(!strstr(text, "\033]"));
    CHECK(!strchr(text, '\a'));
    CHECK_HAS(text, "\xef\xbf\xbd]0;pwned");
    free(text);
}

static void test_escapes(void)
{
    ll_look look = look_of(0, LL_DEPTH_256, true);
    ll_canvas c;
    ll_canvas_init(&c, &look, 1, 6);
    ll_put_cell(&c, 0, 0, 'a', (ll_ink){LL_RGB(255, 0, 0), LL_PLAIN, LL_BOLD});
    ll_put_cell(&c, 0, 1, 'b', (ll_ink){LL_RGB(255, 0, 0), LL_PLAIN, LL_BOLD});
    ll_put_cell(&c, 0, 2, 'c', (ll_ink){LL_PLAIN, 3, 0});
    char *text = canvas_text(&c); /* one escape for a run of the same ink, none left open */
    CHECK_STR(text, "\033[0;1;38;5;196mab\033[0;43mc\033[0m\n");
    free(text);
    ll_canvas_free(&c);
}

static void test_colours(void)
{
    CHECK_INT(ll_colour_at(LL_RGB(255, 255, 255), LL_DEPTH_256), 231); /* 231 is the cube's white */
    CHECK_INT(ll_colour_at(LL_RGB(255, 0, 0), LL_DEPTH_256), 196);
    CHECK_INT(ll_colour_at(LL_RGB(255, 0, 0), LL_DEPTH_16), 9);
    CHECK_INT(ll_colour_at(196, LL_DEPTH_8), 1);
    CHECK_INT(ll_colour_at(8, LL_DEPTH_8), 7);
    CHECK_INT(ll_colour_at(LL_RGB(1, 2, 3), LL_DEPTH_MONO), LL_PLAIN);
    CHECK_INT(ll_colour_at(LL_PLAIN, LL_DEPTH_TRUE), LL_PLAIN);
    CHECK_INT(ll_ramp("cividis", 0), LL_RGB(0x00, 0x22, 0x4e)); /* ends as matplotlib has them */
    CHECK_INT(ll_ramp("cividis", 1), LL_RGB(0xfe, 0xe8, 0x38));
    CHECK_INT(ll_ramp("viridis", 1), LL_RGB(0xfd, 0xe7, 0x25));
    CHECK_INT(ll_ramp("cividis", 7), ll_ramp("cividis", 1));
    CHECK_INT(ll_ramp("cividis", NAN), LL_RGB(96, 96, 96));
    CHECK_INT(ll_readable_on(ll_ramp("cividis", 0)), LL_RGB(255, 255, 255));
    CHECK_INT(ll_readable_on(ll_ramp("cividis", 1)), LL_RGB(0, 0, 0));
}

static double lightness(int colour)
{
    double lab[3];
    ll_colour_lab(colour, lab);
    return lab[0];
}

/* The maps must read in grey too: in true colour lightness rises all the way, in 256 colours it never falls, nor is
 * there a colour twice; and the steps are small enough to tell values apart. */
static void test_ramps_rise(void)
{
    static const char *const names[] = {"cividis", "viridis"};
    for (int m = 0; m < 2; m++) {
        int steps = 0;
        for (int i = 1; i <= 1000; i++) {
            double t = i / 1000., before = (i - 1) / 1000.;
            int a = ll_ramp_at(names[m], before, LL_DEPTH_256), b = ll_ramp_at(names[m], t, LL_DEPTH_256);
            if (i % 10 == 0) CHECK(lightness(ll_ramp(names[m], t)) > lightness(ll_ramp(names[m], t - .01)));
            CHECK(a == b || lightness(b) > lightness(a));
            steps += a != b;
        }
        CHECK(steps >= 10);
        CHECK_INT(ll_ramp_at(names[m], .3, LL_DEPTH_TRUE), ll_ramp(names[m], .3));
    }
}

static void test_diverging_is_lightest_in_the_middle(void)
{
    for (int i = 1; i <= 500; i++) {
        double t = i / 500., before = (i - 1) / 500.;
        for (int side = -1; side <= 1; side += 2) {
            int a = ll_ramp_diverging_at(side * before, LL_DEPTH_256),
                b = ll_ramp_diverging_at(side * t, LL_DEPTH_256);
            CHECK(a == b || lightness(b) < lightness(a));
        }
    }
    double blue[3], orange[3], white[3];
    ll_colour_lab(ll_ramp_diverging_at(-1, LL_DEPTH_256), blue);
    ll_colour_lab(ll_ramp_diverging_at(1, LL_DEPTH_256), orange);
    ll_colour_lab(LL_RGB(255, 255, 255), white);
    CHECK(blue[2] < -20 && orange[2] > 20);
    CHECK_NEAR(white[0], 100, 1e-3);
    CHECK_NEAR(white[1], 0, 1e-2);
    CHECK_NEAR(white[2], 0, 2e-2);
}

/* --- results --- */

static void test_table(void)
{
    ll_look look = ll_look_plain(0);
    char *text = render(table_json, &look);
    CHECK_STR(text, "Devices\n"
                    "device     median (ms)  good\n"
                    "a                 1.00  yes\n" /* 1.005 is 1.00499... in binary */
                    "long_name            -  no\n"
                    "b               123.40\n"
                    "one note\n");
    free(text);
}

static void test_table_adapts(void)
{
    static const int widths[] = {80, 40, 30, 24, 20};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        ll_look look = ll_look_plain(widths[i]);
        char *text = render(table_json, &look);
        CHECK(longest_line(text) <= widths[i]);
        CHECK_HAS(text, "long_name");
        if (widths[i] < 24) CHECK_HAS(text, "left out"); /* above, heads of several lines are enough */
        free(text);
    }
}

/* What is too long for its column goes on below, and what names the row is kept where there is no room for all. */
static void test_table_wraps(void)
{
    static const char json[] =
        "{\"kind\":\"suggest\",\"columns\":[{\"key\":\"row\",\"title\":\"row\"},"
        "{\"key\":\"told\",\"title\":\"teaches (% of what is unknown)\",\"digits\":1},"
        "{\"key\":\"note\",\"title\":\"a remark about "
        "it\"},{\"key\":\"architecture\",\"title\":\"architecture\"}],"
        "\"rows\":[{\"row\":11421,\"told\":8.4,\"note\":\"measured twice, both times in the morning\","
        "\"architecture\":\"|nor_conv_3x3~0|+|nor_conv_3x3~0|none~1|+|skip_connect~0|none~1|none~2|\"}]}";
    ll_look look = ll_look_plain(60);
    char *text = render(json, &look);
    CHECK(longest_line(text) <= 60);
    CHECK_STR(text, "       teaches (%\n"
                    "       of what is\n"
                    "  row    unknown)  a remark about it    architecture\n"
                    "11421         8.4  measured twice,      |nor_conv_3x3~0|+|\n"
                    "                   both times in the    nor_conv_3x3~0|\n"
                    "                   morning              none~1|+|\n"
                    "                                        skip_connect~0|\n"
                    "                                        none~1|none~2|\n");
    free(text);
    look.width = 34;
    text = render(json, &look);
    CHECK_HAS(text, "|nor_conv_3x3~0|");
    CHECK_HAS(text, "(left out for want of room:\nteaches");
    free(text);
}

static void test_no_rows(void)
{
    ll_look look = ll_look_plain(60);
    char *text = render(
        "{\"kind\":\"t\",\"title\":\"x\",\"columns\":[{\"key\":\"a\",\"title\":\"a\"}],\"rows\":[]}", &look);
    CHECK_STR(text, "x\n  (none)\n");
    free(text);
}

static void test_nothing_is_not_shown(void)
{
    ll_look look = ll_look_plain(60);
    char *text = render(
        "{\"kind\":\"t\",\"columns\":[{\"key\":\"a\",\"title\":\"a\"},{\"key\":\"b\",\"title\":\"b\"}],"
        "\"rows\":[{\"a\":1,\"b\":null},{\"a\":2}]}",
        &look);
    CHECK_STR(text, "a\n1\n2\n");
    free(text);
    text = render(
        "{\"kind\":\"t\",\"columns\":[{\"key\":\"a\",\"title\":\"a\"},{\"key\":\"b\",\"title\":\"b\"}],"
        "\"a\":1,\"b\":null}",
        &look);
    CHECK_STR(text, "  a  1\n");
    free(text);
}

static void test_help_of_options_is_whole(void)
{
    static const char *const help =
        "{\"kind\":\"help\",\"command\":\"c\",\"text\":\"c "
        "[DEV]\\n\",\"rows\":[{\"option\":\"device\",\"value\":"
        "\"a,b,...\",\"default\":\"\",\"help\":\"names or patterns, none means all, one alone lists its "
        "neighbours\"}]}";
    static const int widths[] = {120, 60, 40, 30};
    for (int i = 0; i < 4; i++) {
        ll_look look = ll_look_plain(widths[i]);
        char *text = render(help, &look);
        CHECK(longest_line(text) <= widths[i]);
        CHECK_HAS(text, "neighbours");
        CHECK_HAS(text, "c [DEV]");
        free(text);
    }
}

static void test_fields(void)
{
    ll_look look = ll_look_plain(60);
    char *text = render("{\"kind\":\"f\",\"columns\":[{\"key\":\"rho\",\"title\":\"Spearman\",\"digits\":3},"
                        "{\"key\":\"t\",\"title\":\"took\",\"unit\":\"s\",\"digits\":1},{\"key\":\"gone\","
                        "\"title\":\"gone\"}],"
                        "\"rho\":0.97349,\"t\":2.25}",
                        &look);
    CHECK_STR(text, "  Spearman  0.973\n  took      2.2 s\n");
    free(text);
    text = render(
        "{\"kind\":\"f\",\"columns\":[{\"key\":\"rmse\",\"title\":\"RMSE\",\"unit\":\"ms\",\"digits\":3},"
        "{\"key\":\"n\",\"title\":\"n\",\"digits\":0},{\"key\":\"ms\",\"title\":\"ms\",\"digits\":3}],"
        "\"rmse\":607105024,\"n\":607105024,\"ms\":258855.2088}",
        &look);
    CHECK_STR(text, "  RMSE  6.071e+08 ms\n  n     607105024\n  ms    258855.209\n");
    free(text);
    text = render("{\"kind\":\"bare\",\"n\":3,\"name\":\"x\",\"list\":[1,2],\"deep\":{\"a\":1}}", &look);
    CHECK_STR(text, "  n     3\n  name  x\n  list  1, 2\n");
    free(text);
}

static void test_text_keeps_its_lines(void)
{
    ll_look look = ll_look_plain(10);
    char *text = render("{\"kind\":\"d\",\"text\":\"  a\\n\\n   bb\\n\"}", &look);
    CHECK_STR(text, "  a\n\n   bb\n");
    free(text);
}

/* What gnuplot draws for a terminal carries colours; they become cells and come out again. */
static void test_text_with_colours(void)
{
    ll_look look = look_of(20, LL_DEPTH_256, true), plain = ll_look_plain(20);
    const char *json = "{\"kind\":\"d\",\"coloured\":true,"
                       "\"text\":\"a\\u001b[38;5;196mb\\u001b[1;34mc\\u001b[0md\\u001b[2Je\"}";
    char *text = render(json, &look);
    CHECK_STR(text, "a\033[0;38;5;196mb\033[0;1;34mc\033[0mde\n");
    free(text);
    text = render(json, &plain);
    CHECK_STR(text, "abcde\n");
    free(text);
    text = render("{\"kind\":\"d\",\"text\":\"a\\u001b[7mb\"}", &look); /* no drawing: data */
    CHECK_STR(text, "a\xef\xbf\xbd[7mb\n");
    free(text);
}

/* A mark that has no width of its own stays on its letter; a second one has no room. */
static void test_accents(void)
{
    ll_look look = look_of(20, LL_DEPTH_MONO, true), ascii = ll_look_plain(20);
    const char *json = "{\"kind\":\"d\",\"text\":\"Gera\\u0308\\u0301t\\u0308\"}";
    char *text = render(json, &look);
    CHECK_STR(text, "Gera\xcc\x88t\xcc\x88\n");
    free(text);
    text = render(json, &ascii);
    CHECK_STR(text, "Gerat\n");
    free(text);
    CHECK_INT(ll_text_width("a\xcc\x88"), 1);
}

static void test_long_table_streams(void)
{
    cJSON *result = cJSON_CreateObject(), *rows = ll_json_arr(result, "rows");
    for (int i = 0; i < 5000; i++) ll_json_int(ll_json_obj(rows, NULL), "i", i);
    ll_look look = ll_look_plain(0);
    ll_str out = {0};
    ll_render_result(result, &look, &out);
    int lines = 0;
    for (const char *p = ll_str_text(&out); *p; p++) lines += *p == '\n';
    CHECK_INT(lines, 5001);
    CHECK_HAS(ll_str_text(&out), "\n4999\n");
    ll_str_free(&out);
    cJSON_Delete(result);
}

static void test_wrapped_notes(void)
{
    ll_look look = ll_look_plain(20);
    char *text =
        render("{\"kind\":\"n\",\"text\":\"\",\"notes\":[\"the quick brown fox jumps over\"]}", &look);
    CHECK_STR(text, "the quick brown fox\njumps over\n");
    free(text);
}

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

static void test_progress(void)
{
    ll_look look = ll_look_plain(100);
    cJSON *p =
        cJSON_Parse("{\"id\":4,\"phase\":\"pretrain\",\"done\":5,\"total\":10,\"loss\":0.125,\"left_s\":75}");
    ll_str out = {0};
    ll_render_progress(p, &look, 100, &out);
    CHECK_STR(ll_str_text(&out), "pretrain ########........ 5/10  1 min 15 s left  loss 0.125");
    for (int w = 20; w < 100; w += 7) {
        ll_str_clear(&out);
        ll_render_progress(p, &look, w, &out);
        CHECK(ll_text_width(ll_str_text(&out)) <= w);
    }
    cJSON_SetNumberValue(cJSON_GetObjectItem(p, "done"), 10); /* whoever estimates may come after the end */
    ll_str_clear(&out);
    ll_render_progress(p, &look, 100, &out);
    CHECK_STR(ll_str_text(&out), "pretrain ################ 10/10  loss 0.125");
    ll_str_free(&out);
    cJSON_Delete(p);
}

static void test_durations(void)
{
    static const struct {
        double s;
        const char *text;
    } cases[] = {{.04, "0.0 s"}, {9.94, "9.9 s"}, {12.4, "12 s"}, {65, "1 min 05 s"}, {7260, "2 h 01 min"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_str out = {0};
        ll_render_duration(cases[i].s, &out);
        CHECK_STR(ll_str_text(&out), cases[i].text);
        ll_str_free(&out);
    }
}

/* --- charts --- */

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

/* What goes on from an indented line, as an example does, is seen to go on. */
static void test_hanging_lines(void)
{
    ll_look narrow = ll_look_plain(24);
    ll_paper p = {.out = NULL};
    ll_str out = {0};
    ll_canvas_init(&p.c, &narrow, 0, 24);
    ll_render_wrapped(&p, LL_S_TEXT, 0,
                      "Examples, of which one is long:\n  compare tasks=ND k=10 out=all.md\nend");
    ll_canvas_text(&p.c, 0, p.c.height, &out);
    CHECK_STR(out.s, "Examples, of which one\nis long:\n  compare tasks=ND k=10\n    out=all.md\nend\n");
    ll_str_free(&out);
    ll_canvas_free(&p.c);
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
        {"UTF-8 is decoded, broken UTF-8 replaced", test_utf8},
        {"a canvas cuts what does not fit", test_canvas},
        {"control characters in data are shown, not sent", test_controls_are_shown_not_sent},
        {"one escape for a run of one ink", test_escapes},
        {"colours come down to what a terminal has", test_colours},
        {"colour maps rise in lightness", test_ramps_rise},
        {"the diverging map is lightest in the middle", test_diverging_is_lightest_in_the_middle},
        {"rows are an aligned table", test_table},
        {"a table adapts to the width", test_table_adapts},
        {"a table breaks what is too long", test_table_wraps},
        {"no rows", test_no_rows},
        {"nothing is not shown", test_nothing_is_not_shown},
        {"help of options is whole", test_help_of_options_is_whole},
        {"fields stand one per line", test_fields},
        {"a drawing keeps its lines", test_text_keeps_its_lines},
        {"a drawing keeps its colours", test_text_with_colours},
        {"accents stay on their letters", test_accents},
        {"a long table needs little memory", test_long_table_streams},
        {"notes are wrapped", test_wrapped_notes},
        {"heatmap in ASCII", test_heatmap_ascii},
        {"heatmap with groups", test_heatmap_groups},
        {"heatmap in colours", test_heatmap_colours},
        {"heatmap of many devices", test_heatmap_many},
        {"a heatmap of hundreds is no wider than can be read", test_heatmap_of_hundreds},
        {"numbers of heatmap cells", test_heatmap_numbers},
        {"progress in one line", test_progress},
        {"durations", test_durations},
        {"sparkline", test_sparkline},
        {"plot: corners are where they belong", test_plot_corners},
        {"plot: survives any data and size", test_plot_survives},
        {"plot: two numbers on the upright axis", test_charts_have_two_ticks},
        {"what goes on from an indented line", test_hanging_lines},
        {0}};
    return check_main("test_render", cases, argc, argv);
}
