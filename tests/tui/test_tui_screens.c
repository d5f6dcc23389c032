/* The screens. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/rng.h"
#include "core/base/system/fs.h"
#include "tests/check.h"
#include "tests/pty.h"

/* --- stored screens ---------------------------------------------------------------------------------------
 * tests/screens/VIEW-COLSxROWS.txt is the screen as text; for the heatmap its colours follow. `make screens` writes
 * them anew: look at the difference before keeping it. What depends on time or place is masked. */

static const int sizes[][2] = {{24, 80}, {40, 120}, {60, 200}};

/* Numbers that are seconds become '#', the blanks before them two: they are at the right edge. */
static void mask_times(char *row)
{
    for (char *unit = row; (unit = strstr(unit, " s")); unit++) {
        char *from = unit;
        if (unit[2] && unit[2] != ' ') continue;
        while (from > row && strchr("0123456789.", from[-1])) from--;
        if (from == unit) continue;
        *from = '#';
        memmove(from + 1, unit, strlen(unit) + 1);
        char *word = from; /* "ok # s" */
        while (word > row && (word[-1] != ' ' || (word - row > 1 && word[-2] != ' '))) word--;
        char *gap = word;
        while (gap > row && gap[-1] == ' ') gap--;
        if (word - gap > 2) memmove(gap + 2, word, strlen(word) + 1);
        unit = strstr(row, "# s");
    }
}

static void mask(char *row)
{
    static const char *const ends[] = {"took ", "hash ", "path ", "  run "}; /* what follows is its own */
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char *at = strstr(row, ends[i]);
        if (at) strcpy(at + strlen(ends[i]), "#");
    }
    mask_times(row);
}

static void add_text(ll_str *out)
{
    char row[VT_COLS * 4 + 1];
    for (int y = 0; y < pty.t.rows; y++) {
        strcpy(row, vt_row(&pty.t, y));
        mask(row);
        ll_str_addf(out, "%s\n", row);
    }
}

static bool same_colours(const vt_cell *a, const vt_cell *b)
{
    return a->fg == b->fg && a->bg == b->bg && a->bold == b->bold && a->reverse == b->reverse;
}

/* Runs of cells that are not plain: "row 4: 24-26 16 on 221; 27-29 16 on 143 reverse". */
static void add_colours(ll_str *out)
{
    const vt_cell plain = {.fg = -1, .bg = -1};
    for (int y = 1; y < pty.t.rows - 2; y++) {
        const vt_cell *row = pty.t.cell[y];
        int n = 0;
        for (int x = 0, end; x < pty.t.cols; x = end) {
            for (end = x + 1; end < pty.t.cols && same_colours(&row[x], &row[end]);) end++;
            if (same_colours(&row[x], &plain) || (row[x].bg < 0 && !row[x].reverse)) continue;
            ll_str_addf(out, n++ ? "; " : "row %d: ", y);
            ll_str_addf(out, "%d-%d %d on %d%s%s", x, end - 1, row[x].fg, row[x].bg,
                        row[x].bold ? " bold" : "", row[x].reverse ? " reverse" : "");
        }
        if (n) ll_str_addc(out, '\n');
    }
}

static void show_difference(const char *path, const char *want, const char *have)
{
    printf("  %s:\n", path);
    for (int line = 1; *want || *have; line++) {
        size_t n = strcspn(want, "\n"), m = strcspn(have, "\n");
        if (n != m || strncmp(want, have, n))
            printf("  %3d -%.*s\n      +%.*s\n", line, (int)n, want, (int)m, have);
        want += n + (want[n] != 0);
        have += m + (have[m] != 0);
    }
}

static char *screen_text(bool colours)
{
    ll_str now = {0};
    add_text(&now);
    if (colours) add_colours(&now);
    return ll_str_take(&now);
}

/* What the screen comes to; on a busy machine its last part may be long in coming. */
static void compare_with_stored(const char *path, bool colours)
{
    char *stored = NULL;
    size_t n;
    ll_error e = {0};
    if (!CHECK(!ll_read_file(path, 0, &stored, &n, &e))) {
        printf("  %s (`make screens` writes it)\n", e.message);
        return;
    }
    char *now = screen_text(colours);
    for (double end = ll_now_s() + pty_patience; strcmp(stored, now) && ll_now_s() < end;) {
        pty_pump(20);
        free(now);
        now = screen_text(colours);
    }
    if (!CHECK(!strcmp(stored, now))) show_difference(path, stored, now);
    free(stored);
    free(now);
}

static void compare_screen(const char *view, bool colours)
{
    ll_str path = {0};
    ll_str_addf(&path, "tests/screens/%s-%dx%d.txt", view, pty.t.cols, pty.t.rows);
    if (getenv("LATLAB_WRITE_SCREENS")) {
        ll_error e = {0};
        pty_settle();
        char *now = screen_text(colours);
        CHECK(!ll_write_file(path.s, now, strlen(now), &e));
        free(now);
    } else {
        compare_with_stored(path.s, colours);
    }
    ll_str_free(&path);
}

static const struct {
    const char *name, *keys, *until;
} views[] = {
    {"devices", "1", "log latency"},         {"corr", "2", "order cluster"},
    {"corr_groups", "CCC", "4 groups"},      {"partition", "3", "6 target"},
    {"archs", "4", "multiply-adds"},         {"training", "5", "transfer sim_ey"},
    {"results", "6", "worst architectures"}, {"diagnose", "7", "Enter diag"},
    {"log", "8", "pretrain flops"},          {"search", ":search sim_eyeriss max=14\r9", "within 14 ms"},
    {"help", "q1?", "In this view"}};

static void test_stored(void)
{
    for (int i = 0; i < 3; i++) {
        if (!START(sizes[i][0], sizes[i][1], "--tui", "-c", "load nb201_sim")) return;
        CHECK(until("sim_tpu_v1"));
        keys(":partition train=8 test=6; pretrain flops; transfer sim_eyeriss k=10\r");
        CHECK(until("transfer sim_eyeriss k=10  "));
        CHECK(until("samples 10"));
        for (size_t v = 0; v < sizeof views / sizeof *views; v++) {
            keys(views[v].keys);
            CHECK(until(views[v].until));
            compare_screen(views[v].name, !strncmp(views[v].name, "corr", 4));
        }
        keys("qQ");
        if (CHECK(pty_wait_end())) CHECK_INT(pty.status, 0);
        CHECK_INT(pty.t.unknown, 0);
        pty_check_restored();
        pty_finish();
    }
}

/* Before anything has been done each view says what to do, down to the least size. */
static void test_empty_views(void)
{
    if (!START(18, 60, LOADED)) return;
    CHECK(until("sim_tpu_v1"));
    keys("2");
    CHECK(until("spearman 0."));
    CHECK(until("order cluster"));
    keys("3");
    CHECK(until("14 neither"));
    keys("4");
    CHECK(until("architecture 0"));
    keys("5");
    CHECK(until("Nothing has been trained"));
    keys("6");
    CHECK(until("No transfer yet"));
    keys("7");
    CHECK(until("Nothing to diagnose yet"));
    keys("8");
    CHECK(until("No command has been given"));
    keys("?");
    CHECK(until("In this view"));
    keys("qQ");
    if (CHECK(pty_wait_end())) CHECK_INT(pty.status, 0);
    CHECK_INT(pty.t.unknown, 0);
    pty_check_restored();
    pty_finish();
}

/* The cell of the heatmap's diagonal is the map's last colour with black on it; the cursor's is reversed. */
static void test_heatmap_colours(void)
{
    int y, x;
    if (!START(40, 120, LOADED)) return;
    CHECK(until("sim_phone_a53"));
    keys("2");
    CHECK(until("1.0.73"));
    if (CHECK(vt_find(&pty.t, "1.0", &y, &x))) {
        vt_cell c = pty.t.cell[y][x];
        CHECK_INT(c.bg, 220); /* where cividis ends in 256 colours */
        CHECK_INT(c.fg, 16);
    }
    CHECK(pty.t.cell[y][x + 4].reverse); /* row 0, column 1: where the cursor starts */
    CHECK(!pty.t.cell[y][x].reverse);
    keys("Q");
    CHECK(pty_wait_end());
    pty_finish();
}

/* The terminal says that it knows RGB, its terminfo does not: the map has its own colours all the same, also behind a
 * cursor that has moved on. */
static void test_true_colour(void)
{
    int y, x;
    if (!pty_begin(&(pty_start){.rows = 40, .cols = 120, .colorterm = "truecolor"},
                   (const char *const[]){pty_program, LOADED, NULL}))
        return;
    CHECK(until("sim_phone_a53"));
    keys("2");
    CHECK(until("1.0.73"));
    pty_settle();
    for (int i = 0; i < 2 && CHECK(vt_find(&pty.t, "1.0.73", &y, &x)); i++) {
        CHECK_INT(pty.t.cell[y][x].bg, 1 << 24 | 0xfee838);
        CHECK_INT(pty.t.cell[y][x].fg, 1 << 24);
        keys("jjll");
        pty_settle();
    }
    CHECK_INT(pty.t.unknown, 0);
    keys("Q");
    CHECK(pty_wait_end());
    pty_finish();
}

static void test_mono(void)
{
    static const char *const terms[] = {"vt100", "linux", "xterm", "tmux-256color", "screen", "dumb"};
    enum { N = sizeof terms / sizeof *terms, DUMB = N - 1 };
    for (int i = 0; i < N; i++) {
        if (!pty_begin(&(pty_start){.term = terms[i], .rows = 24, .cols = 80, .keys = NULL},
                       (const char *const[]){pty_program, "--ascii", LOADED, NULL}))
            return;
        if (i != DUMB) {
            CHECK(until("sim_phone_a53"));
            keys("2");
            CHECK(until("order cluster"));
            for (int y = 0; y < 24; y++)
                for (int x = 0; x < 80; x++) CHECK(pty.t.cell[y][x].ch < 128);
            keys("Q");
        }
        if (CHECK(pty_wait_end()))
            CHECK(WIFEXITED(pty.status) && WEXITSTATUS(pty.status) == (i == DUMB ? 2 : 0));
        pty_finish();
    }
}

int main(int argc, char **argv)
{
    pty_find_program();
    static const check_case cases[] = {{"every view as it was stored", test_stored},
                                       {"views before anything was done", test_empty_views},
                                       {"colours of the heatmap", test_heatmap_colours},
                                       {"true colour", test_true_colour},
                                       {"vt100, linux, xterm, tmux, screen, dumb", test_mono},
                                       {0}};
    return check_main("test_tui_screens", cases, argc, argv);
}
