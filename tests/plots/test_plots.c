/* Figures, palettes and their gnuplot text. The process and the command are in test_gnuplot.c. */
#include <stdlib.h>

#include "plots/build/thin.h"
#include "plots/figure/layout.h"
#include "plots/gnuplot/text.h"
#include "tests/plots/figures.h"

static void scatter_is_built(void)
{
    ll_figure *f = cloud(200, "t");
    const ll_panel *p = &f->panels[0];
    CHECK(p->square);
    CHECK_NEAR(p->x.lo, p->y.lo, 0);
    CHECK_NEAR(p->x.hi, p->y.hi, 0);
    CHECK_INT(series_named(f, "few-shot samples (2)")->n, 2);
    CHECK_INT(series_named(f, "architectures")->n, 198);
    CHECK_INT(series_named(f, "largest")->n, 2);
    CHECK_STR(p->notes.v[0], "Spearman 0.9700");
    CHECK_INT(f->notes.n, 2);
    CHECK_HAS(f->notes.v[0], "architecture ");
    ll_figure_free(f);
}

static void dense_clouds_are_thinned_and_say_so(void)
{
    ll_figure *f = cloud(15625, "t"), *g = cloud(15625, "t");
    const ll_series *a = series_named(f, "architectures"), *b = series_named(g, "architectures");
    CHECK_INT(a->n, LL_MOST_POINTS);
    CHECK(!memcmp(a->v, b->v, (size_t)(2 * a->n) * sizeof *a->v));
    CHECK_INT(f->notes.n, 1 + 2);
    CHECK_HAS(f->notes.v[0], "4000 of 15623");
    ll_figure_free(f);
    ll_figure_free(g);
    ll_ints rows = ll_ints_range(10);
    double key[] = {9, 8, 7, 6, 5, 4, 3, 2, 1, 0};
    ll_ints three = ll_rows_thin(&rows, key, 3);
    CHECK_INT(three.n, 3);
    CHECK_INT(three.v[0], 0); /* both ends stay */
    CHECK_INT(three.v[2], 9);
    ll_ints_free(&three);
    ll_ints_free(&rows);
}

static void missing_and_constant_values_are_drawn_or_refused(void)
{
    double nothing[] = {NAN, NAN, 3}, half[] = {1, NAN, NAN}, same[] = {2, 2, 2}, zero[] = {0, 0, 0};
    ll_error e = {0};
    ll_figure *f;
    ll_scatter_data d = {.title = "t", .n = 3, .measured_ms = half, .predicted_ms = nothing, .spearman = NAN};
    CHECK_INT(ll_build_scatter(&d, &f, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "none of the 3");
    d.measured_ms = d.predicted_ms = same;
    CHECK_INT(ll_build_scatter(&d, &f, &e), LL_OK);
    CHECK(f->panels[0].x.lo < 2 && f->panels[0].x.hi > 2);
    ll_figure_free(f);
    d.log = true;
    d.measured_ms = d.predicted_ms = zero;
    CHECK_INT(ll_build_scatter(&d, &f, &e), LL_BAD_DATA);
    const double *columns[] = {same, nothing, zero};
    const char *names[] = {"same", "one", "zero"};
    ll_hist_data h = {.title = "t", .n_devices = 3, .n = 3, .names = names, .lat_ms = columns};
    CHECK_INT(ll_build_hist(&h, &f, &e), LL_OK);
    CHECK_HAS(series_named(f, "one")->title, "n 1, median 3 ms");
    ll_figure_free(f);
    h.log = true;
    h.n_devices = 1;
    h.lat_ms = columns + 2;
    CHECK_INT(ll_build_hist(&h, &f, &e), LL_BAD_DATA);
}

static void histograms_add_up(void)
{
    double v[1000];
    for (int i = 0; i < 1000; i++) v[i] = 5 + (i * 37 % 1000) / 1000.;
    const double *columns[] = {v};
    const char *names[] = {"d"};
    ll_hist_data h = {.title = "t", .n_devices = 1, .n = 1000, .names = names, .lat_ms = columns};
    ll_figure *f;
    CHECK_INT(ll_build_hist(&h, &f, NULL), LL_OK);
    const ll_series *band = &f->panels[0].series[0];
    double sum = 0;
    for (int i = 0; i < band->n; i += 2) sum += band->v[3 * i + 2];
    CHECK_NEAR(sum, 100, 1e-9);
    ll_figure_free(f);
}

/* Percent are of what is counted: what is not is said. */
static void histograms_say_what_they_leave_out(void)
{
    double v[] = {0, -1, NAN, 1, 2, 3, 4, 5, NAN};
    const double *columns[] = {v};
    const char *names[] = {"d"};
    ll_hist_data h = {.title = "t", .n_devices = 1, .n = 9, .names = names, .lat_ms = columns, .log = true};
    ll_figure *f;
    CHECK_INT(ll_build_hist(&h, &f, NULL), LL_OK);
    CHECK_INT(f->notes.n, 2);
    CHECK_HAS(f->notes.v[0], "2 of 7 values of latency are not above 0");
    CHECK_STR(f->notes.v[1], "2 of 9 are not measured");
    ll_figure_free(f);
    h.log = false;
    CHECK_INT(ll_build_hist(&h, &f, NULL), LL_OK);
    CHECK_INT(f->notes.n, 1);
    ll_figure_free(f);
}

static void residuals_are_relative(void)
{
    double m[64], p[64];
    for (int i = 0; i < 64; i++) m[i] = 1 + i, p[i] = 1.1 * m[i];
    p[10] = 2 * m[10];
    ll_residual_data d = {.title = "t", .n = 64, .measured_ms = m, .predicted_ms = p, .worst = 1};
    ll_figure *f;
    CHECK_INT(ll_build_residual(&d, &f, NULL), LL_OK);
    const ll_series *median = series_named(f, "running median");
    CHECK_INT(median->n, 8);
    for (int i = 0; i < median->n; i++) CHECK_NEAR(median->v[2 * i + 1], 10, 1e-9);
    CHECK_STR(f->notes.v[0], "architecture 10: +100.0 %");
    CHECK(f->panels[0].y.hi >= 100); /* what is named is shown */
    ll_figure_free(f);
    p[10] = m[10];
    p[20] = 0; /* a prediction like any other */
    CHECK_INT(ll_build_residual(&d, &f, NULL), LL_OK);
    CHECK_STR(f->notes.v[0], "architecture 20: -100.0 %");
    ll_figure_free(f);
}

static void operations_are_staircases(void)
{
    enum { N = 60 };
    double m[N], p[N];
    int count[2 * N];
    const char *ops[] = {"conv", "skip"};
    for (int i = 0; i < N; i++) { /* every conv is priced 5 % too high */
        count[2 * i] = i % 3;
        count[2 * i + 1] = 2 - i % 3;
        m[i] = 10;
        p[i] = 10 * (1 + .05 * (i % 3));
    }
    ll_operation_data d = {
        .title = "t", .n = N, .n_ops = 2, .measured_ms = m, .predicted_ms = p, .count = count, .ops = ops};
    ll_figure *f;
    CHECK_INT(ll_build_residual_by_operation(&d, &f, NULL), LL_OK);
    const ll_panel *panel = &f->panels[0];
    const ll_series *medians = &panel->series[panel->n_series - 1];
    CHECK_INT(medians->n, 6);
    for (int i = 0; i < 3; i++) {
        CHECK_NEAR(medians->v[4 * i + 1], 5 * i, 1e-9);
        CHECK_NEAR(medians->v[4 * (i + 3) + 1], 5 * (2 - i), 1e-9);
    }
    CHECK_STR(panel->x.tick_text[0], "conv 0-2");
    ll_figure_free(f);
}

static void curves_show_whatever_is_there(void)
{
    double loss[] = {1, .1, .01}, rho[] = {NAN, .8, .7}, nothing[] = {NAN};
    ll_curve_part parts[] = {{"loss", loss, 3}, {"spearman", rho, 3}, {"other", nothing, 1}};
    ll_curve_data d = {.title = "t", .x_label = "epoch", .parts = parts, .n_parts = 3};
    ll_figure *f;
    CHECK_INT(ll_build_curve(&d, &f, NULL), LL_OK);
    CHECK_INT(f->n_panels, 2);
    CHECK(f->panels[0].y.log);
    CHECK(!f->panels[1].y.log);
    CHECK_INT(f->panels[1].series[0].n, 2);
    CHECK_STR(f->panels[1].notes.v[0], "highest 0.8 at epoch 2");
    CHECK_STR(f->panels[1].notes.v[1], "last 0.7");
    ll_figure_free(f);
    d.parts = parts + 2;
    d.n_parts = 1;
    CHECK_INT(ll_build_curve(&d, &f, NULL), LL_BAD_DATA);
    double edp[] = {1.956e14, 1.769e14}; /* the notes count as the axis does */
    d.parts = &(ll_curve_part){"EDP", edp, 2};
    CHECK_INT(ll_build_curve(&d, &f, NULL), LL_OK);
    CHECK_STR(f->panels[0].y.label, "EDP, 10^12");
    CHECK_STR(f->panels[0].notes.v[0], "lowest 176.9 x 10^12 at epoch 2");
    ll_figure_free(f);
}

static void probabilities_have_a_row_for_each_choice(void)
{
    double one[100], other[100], step[100];
    for (int i = 0; i < 100; i++) step[i] = 3 * i, one[i] = i / 99., other[i] = 1 - one[i];
    const char *first = "0>1", *second = "0>2";
    ll_alpha_row rows[] = {{first, "none", one}, {first, "conv", other}, {second, "conv", one}};
    ll_alpha_data d = {.title = "t", .step = step, .n_steps = 100, .rows = rows, .n = 3};
    ll_figure *f;
    CHECK_INT(ll_build_alpha(&d, &f, NULL), LL_OK);
    const ll_panel *p = &f->panels[0];
    const ll_series *cells = &p->series[0];
    CHECK(cells->n == 3 && cells->cols == 48);
    CHECK_NEAR(cells->v[47], 1, 0); /* the last step is the last column */
    CHECK_NEAR(cells->v[48], 1, 0);
    CHECK_STR(p->y.tick_text[1], "0>1 conv");
    CHECK_STR(p->x.tick_text[0], "0");
    CHECK_STR(p->x.tick_text[p->x.n_ticks - 1], "297");
    CHECK_INT(p->series[1].n, 1); /* a line between the positions */
    ll_figure_free(f);
    d.n_steps = 1;
    CHECK_INT(ll_build_alpha(&d, &f, NULL), LL_OK);
    CHECK_INT(f->panels[0].series[0].cols, 1);
    ll_figure_free(f);
    d.n = 0;
    CHECK_INT(ll_build_alpha(&d, &f, NULL), LL_BAD_DATA);
}

static void bars_are_sorted(void)
{
    const char *names[] = {"low", "none", "high"};
    double v[] = {-.2, NAN, .9};
    ll_bars_data d = {.title = "t", .value_label = "r", .n = 3, .names = names, .v = v, .side = "s t"};
    ll_figure *f;
    CHECK_INT(ll_build_bars(&d, &f, NULL), LL_OK);
    CHECK_STR(f->panels[0].y.tick_text[0], "high");
    CHECK_STR(f->panels[0].y.tick_text[2], "none");
    CHECK_STR(text_at(f, 0, 2), " n/a");
    CHECK(f->panels[0].x.lo < -.2);
    CHECK_INT(series_named(f, "target (1)")->n, 1);
    ll_figure_free(f);
}

/* Each right of the panel, in the colour of its line, none on another. */
static void check_names_at_ends(const ll_figure *f, int least)
{
    const ll_panel *p = &f->panels[0];
    double high = ll_line_px(.8, f->scale) / f->height * (p->y.hi - p->y.lo), last = -INFINITY;
    int n = 0;
    for (int i = 0; i < p->n_series; i++) {
        const ll_series *s = &p->series[i];
        if (s->mark != LL_MARK_TEXT) continue;
        const ll_series *line = series_named(f, s->text[0] + 1);
        CHECK(line && line->pen == s->pen);
        CHECK_NEAR(s->v[0], p->x.hi, 0);
        CHECK(s->v[1] >= last + high && s->v[1] <= p->y.hi);
        last = s->v[1];
        n++;
    }
    CHECK(n >= least);
    CHECK(p->margin[1] > 0);
}

static void scores_are_compared(void)
{
    ll_device_score scores[] = {{"fpga", "gp", 5, .9, .02},     {"fpga", "gp", 20, .95, .01},
                                {"raspi4", "gp", 20, .8, NAN},  {"fpga", "help", 20, .85, .03},
                                {"raspi4", "help", 20, NAN, 0}, {"fpga", "gp", 80, .99, 0}};
    ll_compare_data d = {.title = "t", .value_label = "spearman", .scores = scores, .n = 6, .ceiling = NAN};
    ll_figure *f;
    CHECK_INT(ll_build_compare(&d, &f, NULL), LL_OK);
    CHECK_INT(series_named(f, "gp")->n, 2);
    CHECK_INT(series_named(f, "help")->n, 1);
    CHECK_NEAR(series_named(f, "gp")->v[0], .99, 0); /* the last of several counts */
    ll_figure_free(f);
    d.ceiling = .995;
    CHECK_INT(ll_build_shots(&d, &f, NULL), LL_OK);
    CHECK_INT(series_named(f, "gp on fpga")->n, 3);
    CHECK_INT(series_named(f, "gp on raspi4")->n, 1);
    CHECK(series_named(f, "help on raspi4") == NULL);
    CHECK(series_named(f, "best to expect: 0.9950") != NULL);
    CHECK(f->panels[0].y.hi > .995);
    CHECK(f->panels[0].x.log);
    CHECK(f->panels[0].key == LL_KEY_TEXT);
    check_names_at_ends(
        f, 3); /* gp on two devices, help on one, the best to expect; help has no score elsewhere */
    ll_figure_free(f);
    scores[1].sd = .2; /* no correlation is beyond 1 */
    d.least = -1;
    d.most = 1;
    CHECK_INT(ll_build_shots(&d, &f, NULL), LL_OK);
    const ll_series *band = &f->panels[0].series[0];
    CHECK_INT(band->mark, LL_MARK_BAND);
    CHECK_NEAR(band->v[1 * 3 + 1], .75, 1e-12);
    CHECK_NEAR(band->v[1 * 3 + 2], 1, 0);
    CHECK(f->panels[0].y.hi < 1.05);
    ll_figure_free(f);
    d.n = 0;
    CHECK_INT(ll_build_compare(&d, &f, NULL), LL_BAD_DATA);
}

/* A staircase of 20 within a limit of 20 ms, a cloud under it, a few that learnt nothing. */
static ll_front_data staircase(void)
{
    enum { N = 200, FRONT = 20 };
    static double ms[N], score[N];
    static ll_met state[N];
    static ll_front_point front[FRONT];
    for (int i = 0; i < N; i++) {
        ms[i] = 1 + i % 40;
        score[i] = i < 12 ? 10 : 85 + i % 10;
        state[i] = ms[i] > 22 ? LL_MET_OUT : ms[i] > 18 ? LL_MET_OPEN : LL_MET_IN;
    }
    for (int i = 0; i < FRONT; i++) front[i] = (ll_front_point){1 + i * .9, i * .9, 2 + i * .9, 90 + i * .2};
    front[0].score = 10;
    return (ll_front_data){.title = "t",
                           .x_label = "predicted latency (ms)",
                           .score_label = "cifar10",
                           .n = N,
                           .n_met = 1000,
                           .ms = ms,
                           .score = score,
                           .state = state,
                           .n_front = FRONT,
                           .front = front,
                           .level = .9,
                           .max_ms = 20,
                           .chosen = front[FRONT - 1],
                           .true_ms = 21,
                           .true_score = 93};
}

static void fronts_are_steps(void)
{
    ll_front_data d = staircase();
    ll_figure *f;
    CHECK_INT(ll_build_front(&d, &f, NULL), LL_OK);
    const ll_panel *p = &f->panels[0];
    CHECK_STR(p->y.label, "cifar10");
    CHECK_STR(p->notes.v[0], "12 of 200 scores lie below the axis");
    CHECK(p->y.lo > 80 && p->y.hi < 100);
    CHECK_HAS(f->notes.v[0], "score_range=all");
    CHECK_INT(series_named(f, "front (20)")->n, 19);
    CHECK_INT(series_named(f, "90 % interval")->n, 19);
    CHECK_HAS(series_named(f, "in truth")->title, "beyond the limit");
    CHECK(series_named(f, "open") && series_named(f, "within") && series_named(f, "beyond"));
    CHECK_NEAR(series_named(f, "limit 20 ms")->v[0], 20, 0);
    const ll_series *steps = NULL;
    for (int i = 0; i < p->n_series; i++)
        if (p->series[i].mark == LL_MARK_LINE) steps = &p->series[i];
    for (int i = 1; i < steps->n; i++) { /* one coordinate at a time */
        const double *a = steps->v + 2 * (i - 1), *b = steps->v + 2 * i;
        CHECK((a[0] == b[0] && a[1] < b[1]) || (a[0] < b[0] && a[1] == b[1]));
    }
    CHECK_NEAR(steps->v[2 * steps->n - 2], 20, 0); /* on to the limit */
    ll_figure_free(f);
    d.whole = true;
    CHECK_INT(ll_build_front(&d, &f, NULL), LL_OK);
    CHECK_STR(f->panels[0].y.label, "cifar10");
    CHECK(f->panels[0].y.lo < 10);
    CHECK_INT(series_named(f, "front (20)")->n, 20);
    ll_figure_free(f);
}

static void fronts_lack_what_is_not_known(void)
{
    ll_front_data d = staircase();
    ll_figure *f;
    ll_error e = {0};
    d.max_ms = d.true_ms = d.true_score = NAN;
    d.chosen = (ll_front_point){NAN, NAN, NAN, NAN};
    d.n_front = 0;
    CHECK_INT(ll_build_front(&d, &f, NULL), LL_OK);
    CHECK(!series_named(f, "limit") && !series_named(f, "chosen") && !series_named(f, "front"));
    ll_figure_free(f);
    d.max_ms = 5000; /* in another unit: said, not drawn */
    CHECK_INT(ll_build_front(&d, &f, NULL), LL_OK);
    CHECK(f->panels[0].x.hi < 50 && !series_named(f, "limit"));
    CHECK_HAS(f->notes.v[2], "lies right");
    ll_figure_free(f);
    d.n = 0;
    CHECK_INT(ll_build_front(&d, &f, &e), LL_BAD_DATA);
    CHECK(f == NULL);
}

static void searches_have_courses(void)
{
    double n[] = {1, 50, 100, 5000}, volume[] = {NAN, .2, .9, .95}, best[] = {NAN, 60, 90, 93};
    double end[] = {15625}, high[] = {.96}, most[] = {94};
    ll_course courses[] = {{"nsga2", 4, n, volume, best}, {"exhaustive", 1, end, high, most}};
    ll_courses_data d = {.title = "t", .score_label = "cifar10", .courses = courses, .n = 2};
    ll_figure *f;
    CHECK_INT(ll_build_search(&d, &f, NULL), LL_OK);
    CHECK_INT(f->n_panels, 2);
    CHECK(f->panels[0].x.log && f->panels[1].x.log);
    CHECK_NEAR(f->panels[0].x.lo, f->panels[1].x.lo, 0);
    CHECK(f->panels[0].y.lo > .2 && f->panels[1].y.lo > 60); /* the leap before 100 is cut and said */
    CHECK_HAS(f->notes.v[0], "before evaluation 100");
    CHECK_INT(f->panels[0].series[0].n, 5); /* three values that hold until the next */
    CHECK(f->panels[0].series[2].dashed);   /* one value is a level */
    CHECK_NEAR(series_named(f, "exhaustive")->v[0], 15625, 0);
    ll_figure_free(f);
    courses[0] = courses[1];
    courses[0].name = "verified";
    CHECK_INT(ll_build_search(&d, &f, NULL), LL_OK);
    CHECK_STR(f->notes.v[0], "verified ends where exhaustive does, under its mark");
    ll_figure_free(f);
    d.courses = courses + 1;
    d.n = 1;
    CHECK_INT(ll_build_search(&d, &f, NULL), LL_OK);
    CHECK(!f->panels[0].x.log);
    ll_figure_free(f);
    high[0] = most[0] = NAN;
    CHECK_INT(ll_build_search(&d, &f, NULL), LL_BAD_DATA);
}

/* Labels of `f` whose lines would be written over each other in 80 columns. */
static int labels_that_touch(const ll_figure *f)
{
    const ll_panel *p = &f->panels[0];
    double at[8][4];
    int n = 0, touching = 0;
    for (int i = 0; i < p->n_series; i++) {
        const ll_series *s = &p->series[i];
        for (int j = 0; s->mark == LL_MARK_TEXT && j < s->n && n < 8; j++) {
            double x = (s->v[2 * j] - p->x.lo) / (p->x.hi - p->x.lo), wide = (double)strlen(s->text[j]) / 66;
            double y = (s->v[2 * j + 1] - p->y.lo) / (p->y.hi - p->y.lo);
            if (s->align == LL_ALIGN_RIGHT) x -= wide;
            CHECK(x >= 0 && x + wide <= 1 && y > 0 && y < 1);
            for (int k = 0; k < n; k++)
                touching += fabs(at[k][1] - y) < .06 && at[k][0] < x + wide && x < at[k][0] + at[k][2];
            at[n][0] = x, at[n][1] = y, at[n++][2] = wide;
        }
    }
    return touching;
}

/* Ten architectures on a line, slower from left to right; one is not measured. */
static void a_map_marks_fifths_and_samples(void)
{
    double xy[20], ms[10];
    const int samples[] = {3, 99};
    for (int i = 0; i < 10; i++) xy[2 * i] = i, xy[2 * i + 1] = 0, ms[i] = i + 1;
    ms[5] = NAN;
    ll_map_data d = {.title = "t",
                     .encoding = "graf",
                     .n = 10,
                     .xy = xy,
                     .share = (const double[]){.6, .4},
                     .samples = samples,
                     .k = 2};
    ll_figure *f;
    CHECK_INT(ll_build_map(&d, &f, NULL), LL_OK);
    CHECK_INT(series_named(f, "architectures")->n, 9);
    CHECK_INT(series_named(f, "samples (1)")->n, 1);
    CHECK_HAS(f->panels[0].x.label, "component 1 of graf (60 %");
    ll_figure_free(f);
    d.lat_ms = ms, d.device = "phone";
    CHECK_INT(ll_build_map(&d, &f, NULL), LL_OK);
    CHECK_INT(series_named(f, "fastest fifth on phone")->n, 2);
    CHECK_INT(series_named(f, "slowest fifth on phone")->n, 2);
    CHECK_INT(series_named(f, "between")->n, 4);
    ll_figure_free(f);
    d.n = 0;
    CHECK_INT(ll_build_map(&d, &f, NULL), LL_BAD_DATA);
}

static void regrets_are_labelled(void)
{
    ll_regret_point points[] = {{"exhaustive", 10, .03, 0},
                                {"nsga2, seed 1", 10, .03, 0},
                                {"evolution, seed 1", 10, .03, 0},
                                {"exhaustive, 11 verified", 21, .01, 0},
                                {"walk", 10, -.2, 1},
                                {"random", 10, NAN, -1},
                                {"ofa", 30, .4, -1}};
    ll_regret_data d = {.title = "t", .value_label = "regret", .points = points, .n = 7};
    ll_figure *f;
    CHECK_INT(ll_build_regret(&d, &f, NULL), LL_OK);
    CHECK_INT(series_named(f, "within")->n, 4);
    CHECK_INT(series_named(f, "truly beyond a limit")->n, 1);
    CHECK_INT(series_named(f, "not known")->n, 1);
    CHECK_HAS(f->notes.v[0], "1 of 7 searches");
    CHECK_INT(labels_that_touch(f), 0);
    ll_figure_free(f);
    points[4].regret = 0; /* its name keeps off the line of the best there is */
    CHECK_INT(ll_build_regret(&d, &f, NULL), LL_OK);
    const ll_panel *p = &f->panels[0];
    double margin[4];
    ll_panel_margins(f, p, margin);
    double line = ll_line_px(.85, f->scale) / (f->height - margin[2] - margin[3]) * (p->y.hi - p->y.lo);
    for (int i = 0; i < p->n_series; i++)
        for (int j = 0; p->series[i].mark == LL_MARK_TEXT && j < p->series[i].n; j++)
            CHECK(fabs(p->series[i].v[2 * j + 1]) > .5 * line);
    ll_figure_free(f);
    points[4].regret = -.2;
    d.n = 1;
    CHECK_INT(ll_build_regret(&d, &f, NULL), LL_OK);
    CHECK(f->panels[0].y.lo < 0 && f->panels[0].y.hi > .03);
    ll_figure_free(f);
    d.points = points + 5;
    CHECK_INT(ll_build_regret(&d, &f, NULL), LL_BAD_DATA);
}

static void logarithmic_axes_have_round_ticks(void)
{
    ll_axis a = {.log = true, .lo = 2, .hi = 90};
    ll_axis_log_ticks(&a);
    CHECK_INT(a.n_ticks, 5); /* 2 5 10 20 50 */
    CHECK_STR(a.tick_text[2], "10");
    for (int i = 0; i < a.n_ticks; i++) free(a.tick_text[i]);
    a.n_ticks = 0;
    a.lo = .9, a.hi = 2.2;
    ll_axis_log_ticks(&a);
    CHECK_INT(a.n_ticks, 3); /* 1 1.5 2 */
    CHECK_STR(a.tick_text[1], "1.5");
    for (int i = 0; i < a.n_ticks; i++) free(a.tick_text[i]);
    free(a.tick_text);
    free(a.tick);
}

/* --- gnuplot text --- */

static void texts_are_quoted(void)
{
    ll_str s = {0};
    ll_gp_quote(&s, NASTY);
    CHECK_STR(s.s, "'a''b\"c\\`touch pwned`{_^@x} <&>%d $x'");
    ll_str_clear(&s);
    ll_gp_quote(&s, "\xff\xc0\x80ok \xe2\x82\xac\xed\xa0\x80\t\x7f");
    CHECK_STR(s.s, "'???ok \xe2\x82\xac???  '");
    ll_str_clear(&s);
    ll_gp_quote(&s, NULL);
    CHECK_STR(s.s, "''");
    ll_str_clear(&s);
    char longest[5000];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    ll_gp_quote(&s, longest);
    CHECK_INT(s.len, 200 + 3 + 2);
    ll_str_free(&s);
}

static void scripts_are_as_expected(void)
{
    ll_figure *f = ll_figure_new("test", "it's", 1, (ll_plot_size){.width = 400, .height = 300});
    ll_panel *p = &f->panels[0];
    ll_axis_label(&p->x, "x");
    ll_series *s = ll_panel_add(p, LL_MARK_LINE, LL_PEN_BLUE, 2);
    ll_series_name(s, "line");
    ll_series_set(s, 0, 0, 1. / 3);
    ll_series_set(s, 1, 1, NAN);
    ll_str out = {0};
    ll_gp_target t = {.terminal = LL_GP_DUMB};
    ll_gnuplot_text(f, &t, &out);
    CHECK_STR(
        out.s,
        "# latlab plot test: for gnuplot 5.4 or newer\n"
        "set encoding utf8\n"
        "set terminal dumb nofeed noenhanced mono size 79,24\n"
        "set datafile missing 'NaN'\nset clip two\n"
        "$p0_0 << EOD\n0 0.3333333\n1 NaN\nEOD\n"
        "unset label\nunset title\nunset grid\nset border 3 back linewidth 0.8\n"
        "unset logscale x\nset xrange [0:1] noextend\nset xtics nomirror out scale 0.4\nset xlabel 'x'\n"
        "unset logscale y\nset yrange [0:1] noextend\nset ytics nomirror out scale 0.4\nset ylabel ''\n"
        "set size noratio\nunset key\n"
        "plot $p0_0 using 1:2 with lines linewidth 1.6 title 'line'\nunset output\n");
    ll_str_clear(&out);
    t = (ll_gp_target){.terminal = LL_GP_PNG, .output = "o'x.png"};
    ll_gnuplot_text(f, &t, &out);
    CHECK_HAS(out.s, "set terminal pngcairo noenhanced size 400,300");
    CHECK_HAS(out.s, "set output 'o''x.png'\n");
    CHECK_HAS(out.s, "set label 'it''s' at screen");
    CHECK_HAS(out.s, "linecolor rgb '#0072b2'");
    ll_str_free(&out);
    ll_figure_free(f);
}

static void pictures_are_recognised(void)
{
    CHECK(ll_gp_complete(LL_GP_SVG, "<?xml version=\"1.0\"?><svg></svg>\n", 34));
    CHECK(!ll_gp_complete(LL_GP_SVG, "<?xml version=\"1.0\"?><svg>", 26));
    CHECK(!ll_gp_complete(LL_GP_PNG, "", 0));
    CHECK(ll_gp_complete(LL_GP_SIXEL, "\f\x1bPq..\x1b\\", 9));
    ll_gp_terminal t;
    CHECK(ll_gp_terminal_of("a.b/c.SVG", &t) && t == LL_GP_SVG);
    CHECK(!ll_gp_terminal_of("png", &t));
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"scatter is built", scatter_is_built},
        {"dense clouds are thinned and say so", dense_clouds_are_thinned_and_say_so},
        {"missing and constant values are drawn or refused",
         missing_and_constant_values_are_drawn_or_refused},
        {"histograms add up", histograms_add_up},
        {"histograms say what they leave out", histograms_say_what_they_leave_out},
        {"residuals are relative", residuals_are_relative},
        {"operations are staircases", operations_are_staircases},
        {"curves show whatever is there", curves_show_whatever_is_there},
        {"probabilities have a row for each choice", probabilities_have_a_row_for_each_choice},
        {"bars are sorted", bars_are_sorted},
        {"scores are compared", scores_are_compared},
        {"fronts are steps", fronts_are_steps},
        {"fronts lack what is not known", fronts_lack_what_is_not_known},
        {"searches have courses", searches_have_courses},
        {"regrets are labelled", regrets_are_labelled},
        {"a map marks fifths and samples", a_map_marks_fifths_and_samples},
        {"logarithmic axes have round ticks", logarithmic_axes_have_round_ticks},
        {"texts are quoted", texts_are_quoted},
        {"scripts are as expected", scripts_are_as_expected},
        {"pictures are recognised", pictures_are_recognised},
        {0}};
    return check_main("plots", cases, argc, argv);
}
