/* The gnuplot process, pictures and terminals. */
#include <locale.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/system/fs.h"
#include "plots/gnuplot/process.h"
#include "plots/terminal/drawing.h"
#include "plots/terminal/terminal.h"
#include "tests/plots/figures.h"

/* --- the process --- */

#define ANSWER "case \"$(cat)\" in *GPVAL*) printf '5.4\\n x dumb pngcairo svg \\n'; exit 0;; esac\n"

/* Draws a small figure with the fake; returns the status and leaves the message. */
static ll_status draw_with(const char *body, double timeout_s, const ll_observer *o, ll_error *e)
{
    fake_gnuplot("fake", body);
    ll_gnuplot g = {.timeout_s = timeout_s};
    ll_figure *f = cloud(4000, "t");
    ll_gp_target t = {.terminal = LL_GP_PNG};
    ll_str bytes = {0};
    *e = (ll_error){0};
    ll_status s = ll_gnuplot_draw(&g, f, &t, o, &bytes, e);
    ll_str_free(&bytes);
    ll_figure_free(f);
    ll_gnuplot_free(&g);
    unsetenv("LATLAB_GNUPLOT");
    return s;
}

static bool cancelled(void *ctx)
{
    int *asked = ctx;
    return ++*asked > 3;
}

static void bad_gnuplots_are_clear_errors(void)
{
    ll_error e;
    CHECK_INT(draw_with("exit 3", 5, NULL, &e), LL_FAILED);
    CHECK_HAS(e.message, "status 3");
    CHECK_HAS(e.message, "apt-get install gnuplot-nox");
    CHECK_INT(draw_with("cat >/dev/null; echo hello", 5, NULL, &e), LL_FAILED);
    CHECK_HAS(e.message, "does not answer like gnuplot");
    CHECK_INT(draw_with("kill -SEGV $$", 5, NULL, &e), LL_FAILED);
    CHECK_HAS(e.message, "signal 11");
    CHECK_INT(draw_with(ANSWER "exit 1", 5, NULL, &e), LL_FAILED); /* dies before reading its input */
    CHECK_HAS(e.message, "it said nothing");
    CHECK_INT(draw_with(ANSWER "echo garbage", 5, NULL, &e), LL_FAILED);
    CHECK_HAS(e.message, "no complete pngcairo picture");
    CHECK_INT(
        draw_with(
            ANSWER
            "printf 'gnuplot> plot\\n      ^\\n line 3: warning: x\\n line 7: no such thing\\n\\n' >&2; "
            "exit 1",
            5, NULL, &e),
        LL_FAILED);
    CHECK_HAS(e.message, "line 7: no such thing");
    CHECK_INT(draw_with("printf '5.4\\n x dumb svg \\n'", 5, NULL, &e), LL_FAILED);
    CHECK_HAS(e.message, "has no terminal pngcairo");
    CHECK_INT(draw_with(ANSWER "yes | head -c 300000000", 60, NULL, &e), LL_FAILED);
    CHECK_HAS(e.message, "more than 256 MB");
}

static void hanging_gnuplots_are_stopped(void)
{
    ll_error e;
    double start = ll_now_s();
    CHECK_INT(draw_with("sleep 30", .3, NULL, &e), LL_FAILED); /* deaf from the start */
    CHECK_HAS(e.message, "did not end within 0.3 s");
    CHECK_INT(draw_with(ANSWER "exec >&- 2>&-; sleep 30", .3, NULL, &e), LL_FAILED);
    CHECK_INT(draw_with(ANSWER "trap '' TERM INT; sleep 30 & wait", .3, NULL, &e), LL_FAILED);
    /* ends itself, but a child of it keeps the pipes open */
    CHECK_INT(draw_with(ANSWER "sleep 30 & exit 1", 5, NULL, &e), LL_FAILED);
    CHECK_HAS(e.message, "status 1");
    int asked = 0;
    ll_observer o = {.cancelled = cancelled, .ctx = &asked};
    CHECK_INT(draw_with("sleep 30", 20, &o, &e), LL_CANCELLED);
    CHECK(ll_now_s() - start < 8);
}

static void an_absent_gnuplot_is_a_clear_error(void)
{
    setenv("LATLAB_GNUPLOT", check_missing(), 1);
    ll_gnuplot g = {0};
    ll_error e = {0};
    CHECK_INT(ll_gnuplot_probe(&g, NULL, &e), LL_FAILED);
    CHECK_HAS(e.message, "cannot start ");
    CHECK_HAS(e.message, check_missing());
    CHECK_HAS(e.message, ": No such file");
    CHECK_HAS(e.message, "LATLAB_GNUPLOT");
    ll_gnuplot_free(&g);
    setenv("LATLAB_GNUPLOT", check_tmpdir(), 1);
    CHECK_INT(ll_gnuplot_probe(&g, NULL, &e), LL_FAILED);
    ll_gnuplot_free(&g);
    unsetenv("LATLAB_GNUPLOT");
}

static void the_probe_is_asked_once(void)
{
    fake_gnuplot("counting", "echo x >> \"$0.count\"\ncat > /dev/null; printf '5.4\\n dumb \\n'");
    ll_gnuplot g = {0};
    for (int i = 0; i < 3; i++) CHECK_INT(ll_gnuplot_probe(&g, NULL, NULL), LL_OK);
    char *text;
    size_t n;
    CHECK_INT(ll_read_file(in_tmp("counting.count"), 0, &text, &n, NULL), LL_OK);
    CHECK_INT(n, 2);
    CHECK(ll_gnuplot_has(&g, LL_GP_DUMB) && !ll_gnuplot_has(&g, LL_GP_PNG));
    free(text);
    ll_gnuplot_free(&g);
    unsetenv("LATLAB_GNUPLOT");
}

static void processes_get_their_input_and_no_more(void)
{
    char program[] = "/bin/sh", option[] = "-c",
         body[] = "cat; echo err >&2; test -z \"$LC_NUMERIC\"; echo $LC_ALL; exit 7";
    char *const argv[] = {program, option, body, NULL};
    size_t n = 3 << 20; /* more than any pipe holds, both ways */
    char *input = LL_NEW_ARRAY(char, n);
    memset(input, 'y', n);
    ll_process p = {argv, input, n, 20, 64 << 20, NULL};
    ll_str out = {0}, err = {0};
    int code = 0;
    setenv("LC_NUMERIC", "de_DE.UTF-8", 1);
    CHECK_INT(ll_process_run(&p, &out, &err, &code, NULL), LL_OK);
    CHECK_INT(code, 7);
    CHECK_INT(out.len, n + strlen("C.UTF-8\n"));
    CHECK_STR(out.s + n, "C.UTF-8\n");
    CHECK_STR(err.s, "err\n");
    unsetenv("LC_NUMERIC");
    free(input);
    ll_str_free(&out);
    ll_str_free(&err);
}

/* --- gnuplot itself --- */

static char *written(ll_gnuplot *g, const ll_figure *f, const char *name, size_t *n)
{
    ll_error e = {0};
    char *bytes = NULL;
    *n = 0;
    CHECK_INT(ll_figure_write(g, f, in_tmp(name), false, NULL, &e), LL_OK);
    CHECK_STR(e.message, "");
    CHECK_INT(ll_read_file(in_tmp(name), 0, &bytes, n, NULL), LL_OK);
    return bytes ? bytes : LL_NEW_ARRAY(char, 64);
}

static long big_endian(const char *s)
{
    const unsigned char *b = (const unsigned char *)s;
    return (long)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
}

static void files_are_drawn(void)
{
    ll_gnuplot g = {0};
    if (!have_gnuplot(&g)) return;
    ll_figure *f = three_devices(NASTY, true);
    size_t n;
    char *png = written(&g, f, "h.png", &n);
    CHECK(n > 1000 && !memcmp(png, "\x89PNG\r\n\x1a\n", 8));
    CHECK_INT(big_endian(png + 16), f->width);
    CHECK_INT(big_endian(png + 20), f->height);
    free(png);
    char *svg = written(&g, f, "h.svg", &n);
    CHECK(!strncmp(svg, "<?xml", 5));
    CHECK_HAS(svg, "a'b\"c\\`touch pwned`{_^@x} &lt;&amp;"); /* every sign arrives as it is */
    CHECK_HAS(svg, "<text>fpga</text>");
    CHECK_HAS(svg, "%d $x"); /* also in a tick, where gnuplot expects a format */
    free(svg);
    char *pdf = written(&g, f, "h.pdf", &n);
    CHECK(!strncmp(pdf, "%PDF-", 5));
    free(pdf);
    CHECK(access("pwned", F_OK) != 0); /* nothing in a name was executed */
    ll_figure_free(f);
    ll_gnuplot_free(&g);
}

static void a_script_draws_by_itself(void)
{
    ll_gnuplot g = {0};
    if (!have_gnuplot(&g)) return;
    ll_figure *f = cloud(500, NASTY);
    size_t n;
    free(written(&g, f, "s.gp", &n));
    char command[1200];
    snprintf(command, sizeof command, "cd '%s' && gnuplot s.gp 2>&1", check_tmpdir());
    CHECK_INT(system(command), 0);
    char *png;
    CHECK_INT(ll_read_file(in_tmp("s.png"), 0, &png, &n, NULL), LL_OK);
    CHECK(!memcmp(png, "\x89PNG", 4));
    free(png);
    ll_figure_free(f);
    ll_gnuplot_free(&g);
}

static void every_figure_is_drawn_by_every_terminal(void)
{
    ll_gnuplot g = {0};
    if (!have_gnuplot(&g)) return;
    double loss[] = {1, .1, .01}, rho[] = {.5, .8, .7}, v[] = {.3, -.1};
    const char *names[] = {NASTY, "b"};
    ll_curve_part parts[] = {{"loss", loss, 3}, {"spearman", rho, 3}};
    ll_device_score scores[] = {{NASTY, "gp", 5, .9, .02}, {"b", NASTY, 20, .95, .01}};
    ll_curve_data cd = {.title = NASTY, .x_label = "epoch", .parts = parts, .n_parts = 2};
    ll_bars_data bd = {.title = NASTY, .value_label = "r", .n = 2, .names = names, .v = v, .side = "st"};
    ll_compare_data sd = {.title = NASTY, .value_label = "s", .scores = scores, .n = 2, .ceiling = 1};
    double ms[] = {1, 2, 3}, score[] = {90, 91, 92}, evaluations[] = {1, 10, 1000};
    ll_met state[] = {LL_MET_IN, LL_MET_OPEN, LL_MET_OUT};
    ll_front_point front[] = {{1, .5, 1.5, 90}, {2, 1.5, 2.4, 91}};
    ll_front_data fd = {.title = NASTY,
                        .x_label = NASTY,
                        .score_label = NASTY,
                        .n = 3,
                        .n_met = 9,
                        .ms = ms,
                        .score = score,
                        .state = state,
                        .n_front = 2,
                        .front = front,
                        .level = .9,
                        .max_ms = 2.5,
                        .chosen = front[1],
                        .true_ms = 2.2,
                        .true_score = 91};
    ll_course courses[] = {{NASTY, 3, evaluations, ms, score}, {"b", 1, ms, ms, score}};
    ll_courses_data od = {.title = NASTY, .score_label = NASTY, .courses = courses, .n = 2};
    ll_regret_point regrets[] = {{NASTY, 10, .5, 1}, {NASTY, 10, .5, 0}, {"c", 20, 0, -1}};
    ll_regret_data rd = {.title = NASTY, .value_label = NASTY, .points = regrets, .n = 3};
    enum { FIGURES = 9 };
    ll_figure *f[FIGURES] = {three_devices(NASTY, true), cloud(60, NASTY)};
    ll_build_curve(&cd, &f[2], NULL);
    ll_build_bars(&bd, &f[3], NULL);
    ll_build_compare(&sd, &f[4], NULL);
    ll_build_shots(&sd, &f[5], NULL);
    ll_build_front(&fd, &f[6], NULL);
    ll_build_search(&od, &f[7], NULL);
    ll_build_regret(&rd, &f[8], NULL);
    for (int i = 0; i < FIGURES; i++) {
        for (int t = 0; t < LL_GP_TERMINALS; t++) {
            if (!ll_gnuplot_has(&g, (ll_gp_terminal)t)) continue;
            ll_gp_target target = {
                .terminal = (ll_gp_terminal)t, .colours = t == LL_GP_DUMB ? 256 : 0, .theme = i % 2};
            ll_str out = {0};
            ll_error e = {0};
            CHECK_INT(ll_gnuplot_draw(&g, f[i], &target, NULL, &out, &e), LL_OK);
            CHECK_STR(e.message, "");
            ll_str_free(&out);
        }
        ll_figure_free(f[i]);
    }
    ll_gnuplot_free(&g);
}

static void a_file_that_cannot_be_written_keeps_the_old(void)
{
    ll_gnuplot g = {0};
    if (!have_gnuplot(&g)) return;
    ll_figure *f = cloud(20, "t");
    ll_error e = {0};
    CHECK_INT(ll_write_file(in_tmp("old.png"), "old", 3, &e), LL_OK);
    CHECK_INT(ll_figure_write(&g, f, in_tmp("no/such/folder/x.png"), false, NULL, &e), LL_FAILED);
    CHECK_HAS(e.message, "no/such/folder");
    CHECK_INT(ll_figure_write(&g, f, in_tmp("x.jpeg"), false, NULL, &e), LL_USAGE);
    CHECK_HAS(e.message, ".png, .svg, .pdf or .gp");
    ll_gnuplot_free(&g);
    fake_gnuplot("half", ANSWER "printf '\\211PNG\\r\\n'");
    CHECK_INT(ll_figure_write(&g, f, in_tmp("old.png"), false, NULL, &e), LL_FAILED);
    unsetenv("LATLAB_GNUPLOT");
    char *text;
    size_t n;
    CHECK_INT(ll_read_file(in_tmp("old.png"), 0, &text, &n, &e), LL_OK);
    CHECK_STR(text, "old");
    free(text);
    ll_figure_free(f);
    ll_gnuplot_free(&g);
}

/* --- terminals --- */

static void terminals_get_the_best_there_is(void)
{
    ll_gnuplot g = {0};
    if (!have_gnuplot(&g)) return;
    ll_figure *f = cloud(300, "t");
    ll_str out = {0};
    bool raw = true;
    ll_plot_caps caps = ll_plot_caps_none;
    CHECK_INT(ll_plot_terminal(&g, f, &caps, 0, 0, NULL, &out, &raw, NULL), LL_OK);
    CHECK(!raw);
    CHECK_HAS(out.s, "measured latency (ms)");
    CHECK(!strchr(out.s, '\033') && !strchr(out.s, '\f'));
    for (const char *line = out.s; *line;) {
        size_t n = strcspn(line, "\n");
        CHECK(n <= 79);
        line += n + (line[n] == '\n');
    }
    ll_str_clear(&out);
    caps.colours = 256;
    CHECK_INT(ll_plot_terminal(&g, f, &caps, 60, 20, NULL, &out, &raw, NULL), LL_OK);
    CHECK(!raw && strstr(out.s, "\033[38;5;"));
    CHECK(!strchr(out.s, '\f'));
    ll_str_clear(&out);
    caps.sixel = true;
    if (ll_gnuplot_has(&g, LL_GP_SIXEL)) {
        CHECK_INT(ll_plot_terminal(&g, f, &caps, 0, 0, NULL, &out, &raw, NULL), LL_OK);
        CHECK(raw && strstr(out.s, "\033P"));
    }
    ll_str_free(&out);
    ll_figure_free(f);
    ll_gnuplot_free(&g);
}

/* A line for each bar, with its whole number, however low the screen. */
static void bars_have_lines_in_text(void)
{
    enum { MANY = 45 };
    ll_gnuplot g = {0};
    char text[MANY][16];
    const char *names[MANY];
    double v[MANY];
    for (int i = 0; i < MANY; i++) {
        snprintf(text[i], sizeof text[i], "device_%02d", i);
        names[i] = text[i];
        v[i] = .912 - i / 100.;
    }
    if (!have_gnuplot(&g)) return;
    for (int n = 1; n <= MANY; n += 4) {
        ll_bars_data d = {.title = "t", .value_label = "r", .n = n, .names = names, .v = v};
        ll_figure *f;
        ll_str out = {0};
        bool raw;
        CHECK_INT(ll_build_bars(&d, &f, NULL), LL_OK);
        CHECK_INT(ll_plot_terminal(&g, f, &ll_plot_caps_none, 0, 0, NULL, &out, &raw, NULL), LL_OK);
        for (int i = 0; i < n; i++) {
            char number[16];
            snprintf(number, sizeof number, " %.3f\n", v[i]);
            const char *line = strstr(ll_str_text(&out), names[i]);
            if (!CHECK(line)) continue;
            const char *end = strchr(line, '\n'), *has = strstr(line, number);
            CHECK(has && end && has < end);
        }
        ll_str_free(&out);
        ll_figure_free(f);
    }
    ll_gnuplot_free(&g);
}

static void matrices_are_drawn_in_text(void)
{
    ll_figure *f = three_devices("titan", true);
    ll_str out = {0};
    ll_plot_caps caps = ll_plot_caps_none;
    CHECK(ll_drawing_fits(f));
    ll_drawing_matrix(f, &caps, &out);
    CHECK_STR(out.s, "             1  2  3\n"
                     "1 titan  s   1 50-25\n"
                     "2 fpga   t  50  1n/a\n"
                     "3 raspi4   -25n/a  1\n"
                     "titan in hundredths; 1 alone is 1.00");
    ll_str_clear(&out);
    caps.columns = 16; /* of nine signs over -1..1, .5 is the seventh and -.25 the fourth */
    ll_drawing_matrix(f, &caps, &out);
    CHECK_HAS(out.s, "1 titan  s @#=\n");
    CHECK_HAS(out.s, "2 fpga   t #@ \n");
    ll_str_clear(&out);
    caps = (ll_plot_caps){.columns = 79, .colours = 256};
    ll_drawing_matrix(f, &caps, &out);
    CHECK_HAS(out.s, "\033[48;5;130;38;5;231m  1\033[0m"); /* 1 is the darkest orange */
    ll_str_free(&out);
    ll_figure_free(f);
}

/* Names of wide and of combining characters take the columns they take. */
static void matrices_stand_in_columns(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    ll_figure *f = three_devices("\u8a2d\u5099e\u0301", true);
    ll_str out = {0};
    ll_drawing_matrix(f, &ll_plot_caps_none, &out);
    CHECK_HAS(out.s, "1 \u8a2d\u5099e\u0301  s   1 50-25\n"
                     "2 fpga   t  50  1n/a\n");
    ll_str_free(&out);
    ll_figure_free(f);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"bad gnuplots are clear errors", bad_gnuplots_are_clear_errors},
        {"hanging gnuplots are stopped", hanging_gnuplots_are_stopped},
        {"an absent gnuplot is a clear error", an_absent_gnuplot_is_a_clear_error},
        {"the probe is asked once", the_probe_is_asked_once},
        {"processes get their input and no more", processes_get_their_input_and_no_more},
        {"files are drawn", files_are_drawn},
        {"a script draws by itself", a_script_draws_by_itself},
        {"every figure is drawn by every terminal", every_figure_is_drawn_by_every_terminal},
        {"a file that cannot be written keeps the old", a_file_that_cannot_be_written_keeps_the_old},
        {"terminals get the best there is", terminals_get_the_best_there_is},
        {"matrices stand in columns", matrices_stand_in_columns},
        {"bars have lines in text", bars_have_lines_in_text},
        {"matrices are drawn in text", matrices_are_drawn_in_text},
        {0}};
    return check_main("gnuplot", cases, argc, argv);
}
