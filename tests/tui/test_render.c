/* Drawing without a terminal: canvas, colours, tables, results, progress. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "tests/check.h"
#include "tests/results.h"
#include "tests/tui/drawn.h"
#include "tui/draw/chart.h"
#include "tui/draw/ramp.h"
#include "tui/draw/read.h"
#include "tui/draw/render.h"
#include "tui/draw/table.h"
#include "tui/screen/line.h"

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
        {"progress in one line", test_progress},
        {"durations", test_durations},
        {"what goes on from an indented line", test_hanging_lines},
        {0}};
    return check_main("test_render", cases, argc, argv);
}
