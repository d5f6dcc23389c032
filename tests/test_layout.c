/* Where texts stand in figures: keys beside the data, lines that fit, sizes for a paper. */
#include "plots/figure/layout.h"
#include "tests/figures.h"

static void script_of(const ll_figure *f, ll_gp_terminal terminal, ll_str *out)
{
    ll_gp_target t = {.terminal = terminal};
    ll_str_clear(out);
    ll_gnuplot_text(f, &t, out);
}

static ll_figure *some_bars(ll_plot_size size)
{
    const char *names[] = {"first_device", "second_device", "third_device"};
    double v[] = {.999, .998, .7};
    ll_bars_data d = {
        .title = "t", .value_label = "r", .n = 3, .names = names, .v = v, .side = "st ", .size = size};
    ll_figure *f;
    CHECK_INT(ll_build_bars(&d, &f, NULL), LL_OK);
    return f;
}

static void no_key_lies_over_data(void)
{
    static const ll_plot_size sizes[] = {{0}, {.width = 350, .height = 260}, {.paper = true}};
    ll_str script = {0};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        ll_figure *f = some_bars(sizes[i]);
        script_of(f, LL_GP_PDF, &script);
        CHECK_HAS(script.s, "set key on outside below");
        CHECK(!strstr(script.s, "inside"));
        ll_figure_free(f);
    }
    ll_figure *f = cloud(30, "t"); /* a square: its key goes where there is room */
    script_of(f, LL_GP_PNG, &script);
    CHECK_HAS(script.s, "set key on outside below");
    CHECK(!strstr(script.s, "set label 'Spearman 0.9700' at graph 0.025"));
    f->width = 2 * f->height;
    script_of(f, LL_GP_PNG, &script);
    CHECK_HAS(script.s, "set key on outside right");
    ll_figure_free(f);
    ll_str_free(&script);
}

static void notes_stand_above_the_axes(void)
{
    ll_figure *f = cloud(30, "t");
    ll_str script = {0};
    script_of(f, LL_GP_PNG, &script);
    CHECK_HAS(script.s, "set title 't'.\"\\n\".' '"); /* an empty line for them */
    CHECK_HAS(script.s,
              "'Spearman 0.9700, n = 28 architectures, k = 2 samples, cost 2' at graph 0.5,1 center");
    ll_figure_free(f);
    ll_str_free(&script);
}

/* The margins of a heatmap hold one line of a title, however long it is. */
static void titles_keep_to_their_margin(void)
{
    ll_figure *f = three_devices(
        "a title that is far too long for a figure as narrow as this one is, and for any other", false);
    ll_str script = {0};
    script_of(f, LL_GP_PNG, &script);
    CHECK_HAS(script.s, "this one is, and for any other' font");
    CHECK(!strstr(script.s, "'.\"\\n\".'"));
    ll_figure_free(f);
    ll_str_free(&script);
}

static void texts_are_broken_where_they_do_not_fit(void)
{
    ll_strs lines = {0};
    double room = ll_text_px(10, 1, 1);
    ll_text_wrap_words(&lines, "one two three four five", room, 1, 1, 2);
    CHECK_INT(lines.n, 2);
    CHECK_STR(lines.v[0], "one two");
    CHECK_STR(lines.v[1], "three four five"); /* the last line takes the rest, smaller */
    CHECK_STR(ll_longest_line(&lines), lines.v[1]);
    CHECK_NEAR(ll_text_fit(lines.v[1], room, 1, 1), 10 / 15., 1e-9);
    CHECK_NEAR(ll_text_fit("short", room, 1, 1), 1, 0);
    CHECK_NEAR(ll_text_fit("a text far too long for any such room", room, 1, 1), .6, 1e-9);
    ll_strs_free(&lines);
    ll_text_wrap_words(&lines, NULL, room, 1, 1, 2);
    CHECK_INT(lines.n, 0);
    CHECK(ll_longest_line(&lines) == NULL);
}

static void panels_above_each_other_are_equally_high(void)
{
    double loss[] = {1, .1, .01}, rho[] = {.5, .8, .7};
    ll_curve_part parts[] = {{"loss", loss, 3}, {"spearman", rho, 3}};
    ll_curve_data d = {.title = "t", .x_label = "epoch", .parts = parts, .n_parts = 2};
    static const ll_plot_size sizes[] = {{0}, {.width = 350, .height = 260}, {.paper = true}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        ll_figure *f;
        double m[2][4], high[2];
        d.size = sizes[i];
        CHECK_INT(ll_build_curve(&d, &f, NULL), LL_OK);
        f->panels[1].key = LL_KEY_OUTSIDE;
        ll_series_name(&f->panels[1].series[0], "a line");
        for (int p = 0; p < 2; p++) {
            ll_panel_margins(f, &f->panels[p], m[p]);
            high[p] = f->height - m[p][2] - m[p][3];
        }
        CHECK_NEAR(high[0], high[1], 1e-9);
        CHECK(high[0] >= 30);
        CHECK(f->height - m[0][3] < m[1][2]); /* with the ticks of the upper one between them */
        CHECK(m[1][3] > ll_line_px(3, f->scale));
        ll_figure_free(f);
    }
}

static void a_paper_has_its_sizes(void)
{
    ll_figure *f = some_bars((ll_plot_size){.paper = true});
    ll_str script = {0};
    int height = f->height;
    CHECK_INT(f->width, 320);
    CHECK_NEAR(f->scale * LL_FIGURE_FONT, 8, 1e-9);
    script_of(f, LL_GP_PDF, &script);
    CHECK_HAS(script.s, "size 3.333in,");
    CHECK(!strstr(script.s, "set title 't'"));
    ll_figure_make_room(f); /* a key of two lines */
    CHECK(f->height > height);
    ll_figure_free(f);
    f = some_bars((ll_plot_size){.width = 320, .height = 200, .font = 9, .dots = 3});
    CHECK_NEAR(f->scale * LL_FIGURE_FONT, 9, 1e-9);
    ll_figure_make_room(f); /* whoever asks for a height gets it */
    CHECK_INT(f->height, 200);
    script_of(f, LL_GP_PNG, &script);
    CHECK_HAS(script.s, "size 960,600 font 'Sans,27'");
    script_of(f, LL_GP_SVG, &script);
    CHECK_HAS(script.s, "size 320,200 font 'sans-serif,12'");
    ll_figure_free(f);
    ll_str_free(&script);
}

/* Eight ticks of gnuplot's would lie on each other. */
static void ticks_have_room(void)
{
    double loss[] = {93.45, 94.2}, rho[] = {.5, .8};
    ll_curve_part parts[] = {{"a", loss, 2}, {"b", rho, 2}};
    ll_curve_data d = {.title = "t", .x_label = "epoch", .parts = parts, .n_parts = 2};
    ll_figure *f;
    ll_str script = {0};
    CHECK_INT(ll_build_curve(&d, &f, NULL), LL_OK);
    CHECK_NEAR(ll_tick_step(f, &f->panels[0], 'y'), 0, 0);
    ll_figure_free(f);
    d.size = (ll_plot_size){.width = 350, .height = 200};
    CHECK_INT(ll_build_curve(&d, &f, NULL), LL_OK);
    double step = ll_tick_step(f, &f->panels[0], 'y'), margin[4];
    ll_panel_margins(f, &f->panels[0], margin);
    CHECK(step > 0);
    double apart = step / (f->panels[0].y.hi - f->panels[0].y.lo) * (f->height - margin[2] - margin[3]);
    CHECK(apart > ll_line_px(.9, f->scale));
    script_of(f, LL_GP_PNG, &script);
    CHECK_HAS(script.s, "set ytics nomirror");
    ll_axis_tick(&f->panels[0].y, 94, "94"); /* its own stay */
    CHECK_NEAR(ll_tick_step(f, &f->panels[0], 'y'), 0, 0);
    ll_figure_free(f);
    ll_str_free(&script);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"no key lies over data", no_key_lies_over_data},
        {"notes stand above the axes", notes_stand_above_the_axes},
        {"titles keep to their margin", titles_keep_to_their_margin},
        {"texts are broken where they do not fit", texts_are_broken_where_they_do_not_fit},
        {"panels above each other are equally high", panels_above_each_other_are_equally_high},
        {"ticks have room", ticks_have_room},
        {"a paper has its sizes", a_paper_has_its_sizes},
        {0}};
    return check_main("layout", cases, argc, argv);
}
