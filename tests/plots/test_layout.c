/* Where texts stand in figures: keys beside the data, lines that fit, sizes for a paper. */
#include "plots/figure/key.h"
#include "plots/figure/layout.h"
#include "tests/plots/figures.h"

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

/* Every entry lies on the figure, outside the axes, and clear of the others. Returns how many there are. */
static int check_key(const ll_figure *f, const ll_panel *p)
{
    double m[4], x[64], y[64], wide[64], top = 1e9, bottom = 0;
    ll_key key;
    ll_key_lay(f, p, &key);
    ll_panel_margins(f, p, m);
    CHECK(f->width - m[0] - m[1] > .35 * fmin(f->width, f->height)); /* and leaves room for the data */
    for (int i = 0; i < key.n; i++) {
        ll_key_place(f, p, &key, i, &x[i], &y[i]);
        wide[i] = key.sample + ll_text_px(ll_text_chars(key.entry[i].text), key.size, f->scale);
        double half = .4 * ll_line_px(key.size, f->scale);
        bool below = y[i] - half > f->height - m[3], beside = x[i] > f->width - m[1];
        CHECK(below || beside);
        CHECK(x[i] >= 0 && x[i] + wide[i] <= f->width + 1);
        CHECK(y[i] - half >= 0 && y[i] + half <= f->height);
        for (int j = 0; j < i; j++)
            CHECK(fabs(y[i] - y[j]) > 1.9 * half || x[i] >= x[j] + wide[j] || x[j] >= x[i] + wide[i]);
        top = fmin(top, y[i] - half), bottom = fmax(bottom, y[i] + half);
    }
    if (!key.beside) CHECK(bottom - top <= f->height / 3. + ll_line_px(1, f->scale));
    int n = key.n;
    ll_key_free(&key);
    return n;
}

static const ll_plot_size sizes[] = {{0}, {.width = 350, .height = 260}, {.paper = true}};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

static void no_key_lies_over_data(void)
{
    ll_str script = {0};
    for (size_t i = 0; i < N_SIZES; i++) {
        ll_figure *f = some_bars(sizes[i]);
        CHECK_INT(check_key(f, &f->panels[0]), 3);
        script_of(f, LL_GP_PDF, &script);
        CHECK_HAS(script.s, "unset key");
        CHECK_HAS(script.s, "set label 'source (1)' at screen ");
        CHECK_HAS(script.s, "set object rectangle from screen ");
        script_of(f, LL_GP_DUMB, &script);
        CHECK_HAS(script.s, "set key on outside below");
        ll_figure_free(f);
        f = three_devices("titan", true);
        check_key(f, &f->panels[0]);
        ll_figure_free(f);
    }
    ll_figure *f = cloud(30, "t"); /* a square: its key goes where it leaves the square larger */
    ll_key key;
    for (int wide = 0; wide < 2; wide++) {
        CHECK_INT(check_key(f, &f->panels[0]), 4);
        ll_key_lay(f, &f->panels[0], &key);
        CHECK_INT(key.beside, wide);
        ll_key_free(&key);
        f->width = 2 * f->height;
    }
    ll_figure_free(f);
    ll_str_free(&script);
}

/* Forty predictors with long names: the key shrinks, cuts, and says how many have no place; a paper's figure grows. */
static void a_key_of_many_takes_its_share(void)
{
    ll_device_score scores[40];
    char names[40][64];
    for (int i = 0; i < 40; i++) {
        snprintf(names[i], sizeof names[i], "predictor %d with encodings é %% _x '\"", i);
        scores[i] = (ll_device_score){"fpga", names[i], 10, .5 + .01 * i, 0};
    }
    ll_compare_data d = {.title = "t", .value_label = "r", .scores = scores, .n = 40, .ceiling = NAN};
    for (size_t i = 0; i < N_SIZES; i++) {
        ll_figure *f;
        ll_key key;
        d.size = sizes[i];
        CHECK_INT(ll_build_compare(&d, &f, NULL), LL_OK);
        ll_figure_make_room(f);
        int n = check_key(f, &f->panels[0]);
        ll_key_lay(f, &f->panels[0], &key);
        if (i == 1) CHECK(n < 40 && !key.entry[n - 1].series && strstr(key.entry[n - 1].text, " more"));
        if (i == 0) CHECK_INT(n, 40);
        ll_key_free(&key);
        ll_figure_free(f);
    }
}

/* Names take a third of the width and a line each; where there is no line for each, some stand for all. */
static void names_leave_room_for_data(void)
{
    enum { MANY = 200 };
    char text[MANY][80];
    const char *names[MANY];
    double v[MANY];
    for (int i = 0; i < MANY; i++) {
        snprintf(text[i], sizeof text[i],
                 "mobile_gpu_%%s_'quoted'_\"%d\"_größe_of_a_very_long_device_name_%d", i, i);
        names[i] = text[i];
        v[i] = 1 - i / 300.;
    }
    ll_bars_data d = {.title = "t", .value_label = "r", .n = MANY, .names = names, .v = v};
    for (size_t i = 0; i < N_SIZES; i++)
        for (d.n = 1; d.n <= MANY; d.n = d.n == 1 ? 2 : d.n == 2 ? 60 : d.n + 140) {
            ll_figure *f;
            double m[4];
            d.size = sizes[i];
            CHECK_INT(ll_build_bars(&d, &f, NULL), LL_OK);
            const ll_axis *y = &f->panels[0].y;
            ll_panel_margins(f, &f->panels[0], m);
            CHECK(m[0] < .45 * f->width);
            CHECK(f->width - m[0] - m[1] > .4 * f->width);
            double apart =
                (f->height - m[2] - m[3]) / d.n * (d.n > 1 && y->n_ticks > 1 ? y->tick[1] - y->tick[0] : 1);
            CHECK(apart > .8 * ll_line_px(LL_TICK_SIZE * y->font, f->scale));
            if (y->n_ticks < d.n) CHECK_HAS(f->notes.v[0], "is shown");
            ll_figure_free(f);
        }
    char *cut = ll_text_cut("äöüäöüäöüäöü", 8);
    CHECK_STR(cut, "äöü..äöü");
    free(cut);
}

static void numbers_of_the_worst_stand_apart(void)
{
    double measured[60], predicted[60];
    for (int i = 0; i < 60; i++) {
        measured[i] = 4 + .002 * i;
        predicted[i] = measured[i] * (i % 2 ? 1.2 : .8);
    }
    ll_scatter_data d = {
        .title = "t", .n = 60, .measured_ms = measured, .predicted_ms = predicted, .worst = 9};
    for (size_t s = 0; s < N_SIZES; s++) {
        ll_figure *f;
        double m[4];
        int n = 0;
        d.size = sizes[s];
        CHECK_INT(ll_build_scatter(&d, &f, NULL), LL_OK);
        const ll_panel *p = &f->panels[0];
        ll_panel_margins(f, p, m);
        double side = f->width - m[0] - m[1], range = p->y.hi - p->y.lo, line = ll_line_px(.75, f->scale);
        for (int i = 0; i < p->n_series; i++) {
            const ll_series *a = &p->series[i];
            n += a->mark == LL_MARK_TEXT;
            for (int j = 0; a->mark == LL_MARK_TEXT && j < i; j++) {
                const ll_series *b = &p->series[j];
                if (b->mark != LL_MARK_TEXT || b->align != a->align) continue;
                CHECK(fabs(a->v[1] - b->v[1]) / range * side > .9 * line);
            }
        }
        CHECK_INT(n, 9);
        ll_figure_free(f);
    }
}

/* Points by the left edge carry theirs on the right, whatever side they are on; residuals have numbers, too. */
static void numbers_stay_within_the_panel(void)
{
    double measured[60], predicted[60];
    for (int i = 0; i < 60; i++) {
        measured[i] = i < 5 ? 1 + .001 * i : 4 + .1 * i;
        predicted[i] = measured[i] * (i < 5 ? 1.9 + .01 * i : 1.01);
    }
    ll_scatter_data scatter = {
        .title = "t", .n = 60, .measured_ms = measured, .predicted_ms = predicted, .worst = 5};
    ll_residual_data residual = {
        .title = "t", .n = 60, .measured_ms = measured, .predicted_ms = predicted, .worst = 5};
    for (size_t s = 0; s < 2 * N_SIZES; s++) {
        ll_figure *f;
        int n = 0;
        scatter.size = residual.size = sizes[s / 2];
        CHECK_INT(s % 2 ? ll_build_residual(&residual, &f, NULL) : ll_build_scatter(&scatter, &f, NULL),
                  LL_OK);
        const ll_panel *p = &f->panels[0];
        for (int i = 0; i < p->n_series; i++) {
            const ll_series *a = &p->series[i];
            if (a->mark != LL_MARK_TEXT) continue;
            CHECK(a->v[1] > p->y.lo && a->v[1] < p->y.hi);
            CHECK_INT(a->align, LL_ALIGN_LEFT);
            CHECK_INT(atoi(a->text[0]), 4 - n++);
        }
        CHECK_INT(n, 5);
        ll_figure_free(f);
    }
}

/* A row for each choice, however low the figure, and the numbers of the colours beside them. */
static void choices_and_colours_have_room(void)
{
    enum { ROWS = 30, STEPS = 4 };
    static const double p[STEPS] = {.2, .4, .6, .8}, step[STEPS] = {0, 1, 2, 3};
    ll_alpha_row rows[ROWS];
    for (int i = 0; i < ROWS; i++) rows[i] = (ll_alpha_row){"0>1", "nor_conv_3x3", p};
    ll_alpha_data d = {.title = "t", .step = step, .n_steps = STEPS, .rows = rows, .n = ROWS};
    for (size_t s = 0; s < N_SIZES; s++) {
        ll_figure *f;
        double m[4];
        bool shown[ROWS];
        int last = -1, n = 0;
        d.size = sizes[s];
        CHECK_INT(ll_build_alpha(&d, &f, NULL), LL_OK);
        ll_panel_margins(f, &f->panels[0], m);
        CHECK(m[1] > ll_text_px(4, LL_TICK_SIZE, f->scale) + 2 * ll_line_px(1, f->scale));
        ll_ticks_shown(f, &f->panels[0], 'y', shown);
        for (int i = 0; i < ROWS; i++) {
            if (!shown[i]) continue;
            double apart = (i - last) * (f->height - m[2] - m[3]) / ROWS;
            CHECK(last < 0 || apart > .65 * ll_line_px(LL_TICK_SIZE, f->scale));
            last = i;
            n++;
        }
        CHECK(n >= 5);
        ll_figure_free(f);
    }
}

/* 1000 2000 5000 10000 in two inches: the powers of ten stay, and what has room between them. */
static void crowded_ticks_are_left_out(void)
{
    ll_figure *f = ll_figure_new("test", "t", 1, (ll_plot_size){.width = 350, .height = 260});
    ll_panel *p = &f->panels[0];
    bool shown[32];
    int n = 0;
    p->x = (ll_axis){.log = true, .lo = 80, .hi = 20000, .font = 1};
    const double at[] = {100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 2000, 5000, 10000};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        char text[16];
        snprintf(text, sizeof text, "%g", at[i]);
        ll_axis_tick(&p->x, at[i], text);
    }
    ll_ticks_shown(f, p, 'x', shown);
    for (int i = 0; i < p->x.n_ticks; i++) n += shown[i];
    CHECK(n >= 3 && n < p->x.n_ticks);
    CHECK(shown[0] && shown[9] && shown[12]);
    CHECK(!shown[8]);
    ll_figure_free(f);
}

static void notes_stand_above_the_axes(void)
{
    ll_figure *f = cloud(30, "t");
    ll_str script = {0};
    script_of(f, LL_GP_PNG, &script);
    double note[2], title[2], m[4];
    ll_panel_margins(f, &f->panels[0], m);
    CHECK_INT(sscanf(strstr(script.s, "cost 2' at screen ") + 18, "%lf,%lf", &note[0], &note[1]), 2);
    CHECK_INT(sscanf(strstr(script.s, "'t' at screen ") + 14, "%lf,%lf", &title[0], &title[1]), 2);
    CHECK(note[1] > 1 - m[2] / f->height && title[1] > note[1] && title[1] < 1);
    CHECK_NEAR(title[0], note[0], 1e-6);
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
    CHECK_HAS(script.s, "this one is, and for any other' at screen");
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
    for (size_t i = 0; i < N_SIZES; i++) {
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
    CHECK(!strstr(script.s, "set label 't'"));
    ll_figure_make_room(f); /* a key of one line */
    CHECK_INT(f->height, height);
    ll_series_name(&f->panels[0].series[0], "a name that leaves no place for another");
    ll_figure_make_room(f);
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
        {"a key of many takes its share", a_key_of_many_takes_its_share},
        {"names leave room for data", names_leave_room_for_data},
        {"numbers of the worst stand apart", numbers_of_the_worst_stand_apart},
        {"numbers stay within the panel", numbers_stay_within_the_panel},
        {"choices and colours have room", choices_and_colours_have_room},
        {"crowded ticks are left out", crowded_ticks_are_left_out},
        {"notes stand above the axes", notes_stand_above_the_axes},
        {"titles keep to their margin", titles_keep_to_their_margin},
        {"texts are broken where they do not fit", texts_are_broken_where_they_do_not_fit},
        {"panels above each other are equally high", panels_above_each_other_are_equally_high},
        {"ticks have room", ticks_have_room},
        {"a paper has its sizes", a_paper_has_its_sizes},
        {0}};
    return check_main("layout", cases, argc, argv);
}
