/* The mouse in the full screen, as SGR reports through a pseudo-terminal, and F-keys beside their letters. */
#include <stdlib.h>
#include <string.h>

#include "core/base/system/fs.h"
#include "tests/check.h"
#include "tests/pty.h"
#include "tui/screen/mouse.h"

/* --- reports ---------------------------------------------------------------------------------------------- */

/* Feeds a report behind its introducer; the event it gives, -1 when none. */
static int read_report(bool sgr, const char *text, ll_mouse *m)
{
    ll_mouse_reader r;
    ll_mouse_begin(&r, sgr);
    for (const char *p = text; *p; p++)
        if (ll_mouse_take(&r, (unsigned char)*p, m)) return (int)m->what;
    CHECK(!r.form);
    return -1;
}

static void test_reports(void)
{
    ll_mouse m = {0};
    CHECK_INT(read_report(true, "0;5;3M", &m), LL_MOUSE_CLICK);
    CHECK_INT(m.x, 4);
    CHECK_INT(m.y, 2);
    CHECK_INT(read_report(true, "0;5;3m", &m), LL_MOUSE_RELEASE);
    CHECK_INT(read_report(true, "2;5;3m", &m), -1); /* the right button */
    CHECK_INT(read_report(true, "32;250;60M", &m), LL_MOUSE_DRAG);
    CHECK_INT(m.x, 249);
    CHECK_INT(read_report(true, "64;1;1M", &m), LL_MOUSE_WHEEL_UP);
    CHECK_INT(read_report(true, "65;1;1M", &m), LL_MOUSE_WHEEL_DOWN);
    CHECK_INT(read_report(true, "66;1;1M", &m), -1); /* sideways */
    CHECK_INT(read_report(true, "2;1;1M", &m), -1);  /* the right button */
    CHECK_INT(read_report(true, "0;0;0M", &m), -1);
    CHECK_INT(read_report(true, "0;5x", &m), -1); /* no report */
    CHECK_INT(read_report(true, "99999999999", &m), -1);
    CHECK_INT(read_report(false, " %#", &m), LL_MOUSE_CLICK);
    CHECK_INT(m.x, 4);
    CHECK_INT(m.y, 2);
    CHECK_INT(read_report(false, "#%#", &m), LL_MOUSE_RELEASE);
    CHECK_INT(read_report(false, "a!!", &m), LL_MOUSE_WHEEL_DOWN);
}

/* --- in the screen ---------------------------------------------------------------------------------------- */

static bool reversed(const char *text)
{
    int y, x;
    return vt_find(&pty.t, text, &y, &x) && pty.t.cell[y][x].reverse;
}

/* The rows begin with the first by name, or with the last. */
static bool edge_first(const char *text)
{
    int y0, y1, x;
    return vt_find(&pty.t, "sim_edge_tpu", &y0, &x) && vt_find(&pty.t, "sim_xeon_6226", &y1, &x) && y0 < y1;
}

static bool xeon_first(const char *text)
{
    int y0, y1, x;
    return vt_find(&pty.t, "sim_edge_tpu", &y0, &x) && vt_find(&pty.t, "sim_xeon_6226", &y1, &x) && y0 > y1;
}

static bool wants_mouse(const char *text)
{
    return pty.t.mouse;
}

static bool wants_no_mouse(const char *text)
{
    return !pty.t.mouse;
}

/* Clicks the first place where the text stands. */
static void click_on(const char *text)
{
    int y, x;
    if (CHECK(vt_find(&pty.t, text, &y, &x))) pty_click(y, x);
}

static void leave(void)
{
    keys("Q");
    if (CHECK(pty_wait_end())) CHECK_INT(pty.status, 0);
    pty_check_restored();
    pty_finish();
}

static void test_tables(void)
{
    if (!START(24, 80, LOADED)) return;
    CHECK(until("sim_phone_a53"));
    CHECK(pty.t.mouse);
    CHECK(until_true(reversed, "sim_xeon_6226", "has no cursor on"));
    click_on("sim_tpu_v1"); /* a row */
    CHECK(until_true(reversed, "sim_tpu_v1", "has no cursor on"));
    CHECK(!reversed("sim_xeon_6226"));
    click_on("device  "); /* a head sorts: the first by name comes up */
    CHECK(until_true(edge_first, "device", "is not sorted by"));
    click_on("device  "); /* again: the other way round */
    CHECK(until_true(xeon_first, "device", "is not sorted backwards by"));
    click_on("sim_eyeriss"); /* twice: Enter */
    click_on("sim_eyeriss");
    CHECK(until("kind      simulated"));
    pty_wheel(8, 10, true); /* its page scrolls */
    CHECK(until_gone("kind      simulated"));
    pty_wheel(8, 10, false);
    CHECK(until("kind      simulated"));
    leave();
}

static void test_tabs_hints_log(void)
{
    if (!START(24, 80, LOADED)) return;
    CHECK(until("sim_phone_a53"));
    click_on("3partition"); /* a tab */
    CHECK(until("14 neither"));
    click_on("s split  ");     /* a hint of the last row */
    CHECK(until("0 neither")); /* the pane has the split: the log says "6 target devices" before it */
    click_on("6 target");      /* a pane: what is moved now comes from there */
    pty_settle();
    click_on("sim_tpu_v1");
    keys(" ");
    CHECK(until("9 source"));
    CHECK(until("5 target"));
    pty_wheel(21, 10, false); /* the log */
    CHECK(until("scrolled back"));
    pty_wheel(21, 10, true);
    CHECK(until_gone("scrolled back"));
    click_on("? help");
    CHECK(until("In this view"));
    pty_wheel(10, 10, true);
    pty_click(10, 10);
    CHECK(until_gone("In this view"));
    leave();
}

/* Dragging over the heatmap: the block's devices, its mean and n; the keys act on it. */
static void test_block(void)
{
    int y, x;
    if (!START(24, 80, LOADED)) return;
    CHECK(until("sim_phone_a53"));
    keys("2");
    CHECK(until("1.0 .73"));
    if (!CHECK(vt_find(&pty.t, "1.0", &y, &x))) return pty_finish();
    pty_click(y + 2, x + 1);
    CHECK(until("sim_phone_a53 / sim_v100_streams_b1"));
    pty_drag(y, x + 5, y + 1,
             x + 13); /* rows 1 and 2, columns 2 to 4: five of six pairs, the diagonal left out */
    CHECK(until("block 2 x 3, 4 devices"));
    /* mean of .73476, .73393, .74166; .99469, .98877 as `corr` prints them, to three decimals */
    CHECK(until("mean spearman 0.83"));
    CHECK(until("n 15625"));
    pty_settle();
    CHECK(pty.t.cell[y][x + 8].reverse);
    CHECK(!pty.t.cell[y + 2][x + 8].reverse);
    keys(" "); /* tag them */
    CHECK(until("> tag sim_v100_streams_b1 sim_raspi4 sim_phone_a53 sim_v100_b256"));
    keys("Z"); /* alone */
    CHECK(until("4 of 14 devices"));
    CHECK(until_gone("sim_edge_tpu"));
    keys("Z");
    CHECK(until("sim_edge_tpu"));
    keys("gvjjl"); /* the same by keys: from the first cell */
    CHECK(until("block 3 x 2"));
    keys("S");
    CHECK(until("> partition source=sim_v100_streams_b1,sim_raspi4,sim_phone_a53"));
    leave();
}

static void test_off(void)
{
    if (!START(24, 80, LOADED)) return;
    CHECK(until("sim_phone_a53"));
    keys(":set mouse off\r");
    CHECK(until_true(wants_no_mouse, "the mouse", "still asks for"));
    keys(":set mouse on\r");
    CHECK(until_true(wants_mouse, "the mouse", "does not ask for"));
    leave();
}

/* --- F-keys ----------------------------------------------------------------------------------------------- */

static void test_function_keys(void)
{
    if (!START(30, 100, LOADED)) return;
    CHECK(until("sim_phone_a53"));
    keys("\033OP"); /* F1: help, which names the twins */
    CHECK(until("p F8"));
    CHECK(until("e F4"));
    keys("q\033OQ"); /* F2: the command line */
    CHECK(until(":"));
    keys("tag sim_eyeriss\r");
    CHECK(until("1 tagged"));
    keys("\033ORtpu\r"); /* F3: filter */
    CHECK(until("filter: tpu (2 of 14)"));
    keys("\033[17~"); /* F6: reverse */
    keys("\033[18~"); /* F7: undo */
    CHECK(until("0 tagged"));
    keys("\033[19~"); /* F8: the plot of this view */
    CHECK(until("> plot hist"));
    keys("\033OS"); /* F4: its data */
    CHECK(until("> export csv devices.csv"));
    CHECK(until("Enter card")); /* the hints are back: nothing runs */
    keys("\033[23~");           /* F11: the view alone */
    CHECK(until_gone("\xe2\x94\x80 log "));
    keys("\033[21~"); /* F10 */
    if (CHECK(pty_wait_end())) CHECK_INT(pty.status, 0);
    pty_check_restored();
    pty_finish();
}

int main(int argc, char **argv)
{
    pty_find_program();
    static const check_case cases[] = {{"reports", test_reports},
                                       {"tables: rows, heads, double click, wheel", test_tables},
                                       {"tabs, hints, panes, the log, help", test_tabs_hints_log},
                                       {"a block of the heatmap", test_block},
                                       {"off by a setting", test_off},
                                       {"F-keys and their letters", test_function_keys},
                                       {0}};
    return check_main("test_tui_mouse", cases, argc, argv);
}
