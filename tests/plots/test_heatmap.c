/* Heatmaps: cells, numbers in them, groups; as pictures and in characters. */
#include <stdlib.h>

#include "plots/figure/key.h"
#include "plots/figure/layout.h"
#include "plots/terminal/drawing.h"
#include "plots/terminal/terminal.h"
#include "tests/plots/figures.h"

static void heatmap_is_built(void)
{
    ll_figure *f = three_devices("titan", true);
    const ll_panel *p = &f->panels[0];
    CHECK_STR(p->palette->name, "diverging"); /* a value is negative */
    CHECK_NEAR(p->value_lo, -1, 0);
    CHECK_INT(p->y.n_ticks, 3);
    CHECK_STR(p->x.tick_text[1], "fpga");
    CHECK(p->y.lo > p->y.hi); /* the first device is on top */
    CHECK(series_named(f, "n/a") && series_named(f, "n/a")->n == 2);
    CHECK(series_named(f, "source (1)") != NULL);
    CHECK(series_named(f, "target (1)") != NULL);
    CHECK_INT(f->notes.n, 1);
    /* the cell of a square: as wide as high */
    double wide = (f->width - p->margin[0] - p->margin[1]) / (p->x.hi - p->x.lo);
    double high = (f->height - p->margin[2] - p->margin[3]) / (p->y.lo - p->y.hi);
    CHECK_NEAR(wide, high, .02 * wide);
    ll_figure_free(f);
}

/* Where one name stands for several, the columns have none, and the matrix has half of the width. */
static void a_small_heatmap_is_mostly_matrix(void)
{
    enum { MANY = 51 };
    const char *names[MANY];
    double r[MANY * MANY];
    char side[MANY];
    for (int i = 0; i < MANY; i++)
        names[i] = "mobile_gpu_snapdragon_855_adreno_640_int8", side[i] = i < 9 ? 's' : 't';
    for (int i = 0; i < MANY * MANY; i++) r[i] = i / MANY == i % MANY ? 1 : .5;
    ll_heatmap_data d = {.title = "t", .value_label = "r", .n = MANY, .names = names, .r = r, .side = side};
    static const ll_plot_size sizes[] = {{.width = 350, .height = 260}, {.paper = true}};
    for (int i = 0; i < 2; i++) {
        ll_figure *f;
        d.size = sizes[i];
        CHECK_INT(ll_build_heatmap(&d, &f, NULL), LL_OK);
        const ll_panel *p = &f->panels[0];
        CHECK_NEAR(p->x.font, 0, 0);
        CHECK(f->width - p->margin[0] - p->margin[1] > .45 * f->width);
        CHECK(p->y.n_ticks > 4 && p->y.n_ticks < MANY);
        ll_figure_free(f);
    }
}

/* A thousand devices on a stamp stay on it; in SVG they are one picture, not a million rectangles. What has no correlation has
 * a key, and the key has room. */
static void a_heatmap_of_a_thousand_fits(void)
{
    enum { MANY = 1000 };
    const char **names = LL_NEW_ARRAY(const char *, MANY);
    double *r = LL_NEW_ARRAY(double, MANY *MANY);
    for (int i = 0; i < MANY; i++) names[i] = "device";
    for (int i = 0; i < MANY * MANY; i++) r[i] = i / MANY == i % MANY ? 1 : .5;
    ll_heatmap_data d = {.title = "t",
                         .value_label = "r",
                         .n = MANY,
                         .names = names,
                         .r = r,
                         .size = {.width = 350, .height = 260}};
    ll_figure *f;
    ll_str script = {0};
    CHECK_INT(ll_build_heatmap(&d, &f, NULL), LL_OK);
    for (int side = 0; side < 4; side++) CHECK(f->panels[0].margin[side] > 0);
    ll_gp_target svg = {.terminal = LL_GP_SVG};
    ll_gnuplot_text(f, &svg, &script);
    CHECK(!strstr(script.s, "with image pixels"));
    ll_figure_free(f);
    ll_str_free(&script);
    r[1] = r[2] = NAN;
    d = (ll_heatmap_data){.title = "t", .value_label = "r", .n = 2, .names = names, .r = r};
    CHECK_INT(ll_build_heatmap(&d, &f, NULL), LL_OK);
    ll_key key;
    double x, y;
    ll_key_lay(f, &f->panels[0], &key);
    CHECK_INT(key.n, 1);
    ll_key_place(f, &f->panels[0], &key, 0, &x, &y);
    CHECK(y + .4 * ll_line_px(key.size, f->scale) < f->height);
    ll_key_free(&key);
    ll_figure_free(f);
    free(names);
    free(r);
}

static void heatmap_cells_hold_short_numbers(void)
{
    ll_figure *f = three_devices("titan", false);
    CHECK_STR(text_at(f, 0, 0), "1");
    CHECK_STR(text_at(f, 1, 0), ".50");
    CHECK_STR(text_at(f, 2, 0), "-.25");
    ll_figure_free(f);
    const char *names[] = {"alone"};
    double one = 1;
    ll_heatmap_data d = {.title = "t", .value_label = "r", .n = 1, .names = names, .r = &one};
    CHECK_INT(ll_build_heatmap(&d, &f, NULL), LL_OK);
    CHECK_STR(text_at(f, 0, 0), "1");
    CHECK(f->panels[0].value_lo < f->panels[0].value_hi);
    ll_figure_free(f);
    static const struct {
        double r;
        const char *text;
    } close[] = {{.9949, ".99"},  {.995, ".995"},   {.998, ".998"},
                 {.9999, ".999"}, {-.998, "-.998"}, {-1, "-1"}};
    for (size_t i = 0; i < sizeof close / sizeof *close; i++) { /* nothing but 1 is written as 1 */
        one = close[i].r;
        CHECK_INT(ll_build_heatmap(&d, &f, NULL), LL_OK);
        CHECK_STR(text_at(f, 0, 0), close[i].text);
        ll_figure_free(f);
    }
    one = NAN;
    CHECK_INT(ll_build_heatmap(&d, &f, NULL), LL_OK);
    CHECK(text_at(f, 0, 0) == NULL);
    ll_figure_free(f);
    ll_error e = {0};
    d.n = 0;
    CHECK_INT(ll_build_heatmap(&d, &f, &e), LL_BAD_DATA);
    CHECK(f == NULL);
}

static void heatmap_text_contrasts_with_its_cell(void)
{
    CHECK_NEAR(ll_luminance(0xffffff), 1, 1e-12);
    CHECK_NEAR(ll_luminance(0x808080), .2158605, 1e-6); /* WCAG formula by hand */
    const ll_palette *p = ll_palette_find("cividis");
    CHECK_INT(ll_palette_at(p, 0), 0x00224e);
    CHECK_INT(ll_palette_at(p, 1), 0xfee838);
    CHECK_INT(ll_palette_at(p, NAN), 0x00224e);
    double last = -1;
    for (int i = 0; i <= 100; i++) { /* readable in grey: it only gets lighter */
        double l = ll_luminance(ll_palette_at(p, i / 100.));
        CHECK(l >= last);
        last = l;
    }
}

/* In characters, too, 1 is written for the same order alone. */
static void drawn_cells_round_nothing_to_one(void)
{
    const char *names[] = {"a", "b"};
    double r[] = {1, .998, .998, 1};
    ll_heatmap_data d = {.title = "t", .value_label = "r", .n = 2, .names = names, .r = r};
    ll_figure *f;
    ll_str s = {0};
    CHECK_INT(ll_build_heatmap(&d, &f, NULL), LL_OK);
    ll_drawing_matrix(f, &ll_plot_caps_none, &s);
    CHECK_HAS(s.s, "1 a     1 99\n2 b    99  1\n");
    ll_str_free(&s);
    ll_figure_free(f);
}

static void groups_are_framed(void)
{
    const char *names[] = {"a", "b", "c"};
    double r[] = {1, .9, .1, .9, 1, .1, .1, .1, 1};
    int order[] = {2, 0, 1}, group[] = {1, 1, 0};
    ll_heatmap_data d = {
        .title = "t", .value_label = "r", .n = 3, .names = names, .r = r, .order = order, .group = group};
    ll_figure *f;
    CHECK_INT(ll_build_heatmap(&d, &f, NULL), LL_OK);
    const ll_series *frame = NULL;
    for (int i = 0; i < f->panels[0].n_series; i++)
        if (f->panels[0].series[i].pen == LL_PEN_BLACK && f->panels[0].series[i].mark == LL_MARK_SEGMENTS)
            frame = &f->panels[0].series[i];
    CHECK_INT(frame ? frame->n : 0, 2 * 4);
    CHECK(frame && frame->v[0] == -.5 && frame->v[2] == .5); /* c alone, then a and b */
    CHECK(frame && frame->v[16] == .5 && frame->v[18] == 2.5);
    ll_figure_free(f);
}

/* A picture of a thousand devices has cells of some pixels, names that can be read, and says what is left out. */
static void heatmap_of_many_devices_stays_a_picture(void)
{
    enum { N = 1000 };
    static const char *names[N];
    double *r = calloc(N * N, sizeof *r);
    for (int i = 0; i < N; i++) names[i] = "device";
    for (int i = 0; i < N * N; i++) r[i] = i % (N + 1) ? .5 : 1;
    ll_heatmap_data d = {.title = "t", .value_label = "r", .n = N, .names = names, .r = r};
    ll_figure *f;
    CHECK_OK(ll_build_heatmap(&d, &f, NULL));
    CHECK(f->width <= 3000 && f->height <= 3000);
    CHECK(f->panels[0].x.n_ticks < 300 && f->panels[0].x.n_ticks > 50);
    CHECK_INT(f->notes.n, 1);
    CHECK_HAS(f->notes.v[0], "1000 devices, one name for ");
    ll_figure_free(f);
    d.n = 60;
    CHECK_OK(ll_build_heatmap(&d, &f, NULL));
    CHECK_INT(f->panels[0].x.n_ticks, 60);
    CHECK_INT(f->notes.n, 0);
    ll_figure_free(f);
    free(r);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"heatmap is built", heatmap_is_built},
        {"heatmap cells hold short numbers", heatmap_cells_hold_short_numbers},
        {"a small heatmap is mostly matrix", a_small_heatmap_is_mostly_matrix},
        {"a heatmap of a thousand fits", a_heatmap_of_a_thousand_fits},
        {"heatmap text contrasts with its cell", heatmap_text_contrasts_with_its_cell},
        {"drawn cells round nothing to one", drawn_cells_round_nothing_to_one},
        {"groups are framed", groups_are_framed},
        {"heatmap of many devices stays a picture", heatmap_of_many_devices_stays_a_picture},
        {0}};
    return check_main("heatmap", cases, argc, argv);
}
