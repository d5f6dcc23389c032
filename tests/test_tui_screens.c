/* The screens. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/rng.h"
#include "tests/check.h"
#include "tests/pty.h"

static const int sizes[][2] = {{24, 80}, {40, 120}, {60, 200}, {18, 60}};

static void test_sizes(void)
{
    for (int i = 0; i < 4; i++) {
        if (!START(sizes[i][0], sizes[i][1], LOADED)) return;
        CHECK(until("sim_tpu_v1"));
        keys("2");
        CHECK(until("spearman 0."));
        CHECK(until("order cluster"));
        keys("3");
        CHECK(until("neither"));
        keys("4");
        CHECK(until("architecture 0"));
        keys("5");
        CHECK(until("Nothing has been trained"));
        keys("6");
        CHECK(until("No transfer yet"));
        keys("8");
        CHECK(until("No command has been given"));
        keys("?");
        CHECK(until("Everywhere"));
        keys("qQ");
        if (CHECK(pty_wait_end())) CHECK_INT(pty.status, 0);
        CHECK_INT(pty.t.unknown, 0);
        pty_check_restored();
        pty_finish();
    }
}

/* The cell of the heatmap's diagonal is the map's last colour with black on it; the cursor's is reversed. */
static void test_heatmap_colours(void)
{
    int y, x;
    if (!START(40, 120, LOADED)) return;
    CHECK(until("sim_phone_a53"));
    keys("2");
    CHECK(until("order cluster"));
    pty_settle();
    if (CHECK(vt_find(&pty.t, "1.0", &y, &x))) {
        vt_cell c = pty.t.cell[y][x];
        CHECK_INT(c.bg, 221); /* 254,232,56 of cividis is nearest to 255,215,95 */
        CHECK_INT(c.fg, 16);
    }
    CHECK(pty.t.cell[y][x + 4].reverse); /* row 0, column 1: where the cursor starts */
    CHECK(!pty.t.cell[y][x].reverse);
    keys("Q");
    CHECK(pty_wait_end());
    pty_finish();
}

static void test_mono(void)
{
    static const char *const terms[] = {"vt100", "linux", "xterm", "dumb"};
    for (int i = 0; i < 4; i++) {
        if (!pty_begin(&(pty_start){.term = terms[i], .rows = 24, .cols = 80, .keys = NULL},
                       (const char *const[]){pty_program, "--ascii", LOADED, NULL}))
            return;
        if (i < 3) {
            CHECK(until("sim_phone_a53"));
            keys("2");
            CHECK(until("order cluster"));
            for (int y = 0; y < 24; y++)
                for (int x = 0; x < 80; x++) CHECK(pty.t.cell[y][x].ch < 128);
            keys("Q");
        }
        if (CHECK(pty_wait_end())) CHECK(WIFEXITED(pty.status) && WEXITSTATUS(pty.status) == (i < 3 ? 0 : 2));
        pty_finish();
    }
}

int main(int argc, char **argv)
{
    pty_find_program();
    static const check_case cases[] = {{"every view at every size", test_sizes},
                                       {"colours of the heatmap", test_heatmap_colours},
                                       {"vt100, linux, xterm, dumb", test_mono},
                                       {0}};
    return check_main("test_tui_screens", cases, argc, argv);
}
