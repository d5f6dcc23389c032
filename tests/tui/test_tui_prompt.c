/* The prompt in a pseudo-terminal. */
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

static void test_prompt(void)
{
    if (!START(24, 80, "--color=never")) return;
    CHECK(until("latlab>"));
    keys("load nb201_s\t");
    CHECK(until("load nb201_sim"));
    keys("\r");
    CHECK(until("nb201_sim>"));
    keys("arch?\r");
    CHECK(until("latency on each device"));
    CHECK(until_asked("nb201_sim> ")); /* until its command has ended, Ctrl-C is for that */
    keys("half a line");
    CHECK(until("half a line"));
    keys("\003");
    CHECK(until("^C"));
    CHECK(until_asked("nb201_sim> ")); /* two signals at once are one */
    keys("\003");
    CHECK(until("Ctrl-D or `quit` leaves"));
    keys("bogus\r");
    CHECK(until("error: no command 'bogus'"));
    CHECK(until_asked("nb201_sim> ")); /* Ctrl-D before the end of the command is told to wait */
    keys("\004");
    if (CHECK(pty_wait_end())) CHECK_INT(pty.status, 0);
    pty_check_restored();
    CHECK_INT(pty.t.unknown, 0);
    pty_finish();
}

static void test_prompt_cancels(void)
{
    if (!START(24, 80, "--color=never")) return;
    CHECK(until("latlab>"));
    keys("load nb201_sim; partition train=7 test=7; pretrain help\r");
    CHECK(until("/2000"));
    usleep(1100000);
    keys("spaces\r"); /* a question is answered beside what has run for a second */
    CHECK(until("NAS-Bench-201"));
    keys("\003");
    CHECK(until("cancelled"));
    CHECK(until("nb201_sim kl seed=1>"));
    keys("quit\r");
    if (CHECK(pty_wait_end())) CHECK_INT(pty.status, 0);
    pty_finish();
}

/* As a terminal without bracketed paste sends them. */
static void test_pasted_lines_keep_their_order(void)
{
    if (!START(24, 80, "--color=never")) return;
    CHECK(until("latlab>"));
    keys("load nb201_sim\rpartition source=sim_xeon_6226 target=sim_eyeriss\rpretrain gp\rinfo\r");
    CHECK(until("predictors               gp"));
    keys("quit\r");
    if (CHECK(pty_wait_end())) CHECK_INT(pty.status, 0);
    pty_finish();
}

static void test_history(void)
{
    if (!START(24, 80, "--color=never")) return;
    CHECK(until("latlab>"));
    keys("spaces\r");
    CHECK(until("fbnet"));
    CHECK(until_asked("latlab> "));
    keys("\004");
    CHECK(pty_wait_end());
    pty_finish();
    if (!START(24, 80, "--color=never")) return;
    CHECK(until("latlab>"));
    keys("\033[A"); /* up: the line of the session before */
    CHECK(until("latlab> spaces"));
    keys("\003");
    CHECK(until_asked("latlab> "));
    keys("\004");
    CHECK(pty_wait_end());
    pty_finish();
}

static void test_faces_take_turns(void)
{
    if (!START(24, 80, "--color=never")) return;
    CHECK(until("latlab>"));
    keys("load nb201_sim\r");
    CHECK(until("nb201_sim>"));
    keys("\030\001"); /* C-x C-a */
    CHECK(until("1devices"));
    CHECK(until("sim_eyeriss"));
    keys("\030\001");
    CHECK(until("nb201_sim>"));
    CHECK(!pty.t.alternate);
    keys("view corr\r");
    CHECK(until("spearman"));
    keys("q"); /* the last view: back to where one came from */
    CHECK(until("nb201_sim>"));
    CHECK(!pty.t.alternate);
    keys("view devices\r"); /* not what stands there still */
    CHECK(until("log latency"));
    keys("Q");
    if (CHECK(pty_wait_end())) CHECK_INT(pty.status, 0);
    pty_check_restored();
    pty_finish();
}

/* The rule of the log pane reaches from edge to edge. */
static bool is_as_wide(const char *rule)
{
    for (int y = 0; y < pty.t.rows; y++)
        if (pty.t.cell[y][0].ch == 0x2500 && pty.t.cell[y][pty.t.cols - 1].ch == 0x2500) return true;
    return false;
}

static void check_width(int rows, int cols)
{
    pty_resize(rows, cols);
    CHECK(until_true(is_as_wide, "", "is not as wide as the terminal"));
}

/* The prompt has a way of its own to know the terminal's size, and the screen must not believe it later. */
static void test_sizes_after_the_prompt(void)
{
    if (!START(24, 80, "--color=never")) return;
    CHECK(until("latlab>"));
    keys("load nb201_sim\r");
    CHECK(until("nb201_sim>"));
    keys("view corr\r");
    CHECK(until("spearman"));
    check_width(40, 120);
    check_width(24, 100);
    keys("\030\001");
    CHECK(until("nb201_sim>"));
    pty_resize(40, 110);
    keys("\030\001");
    CHECK(until("log latency"));
    CHECK(until_true(is_as_wide, "", "is not as wide as the terminal"));
    check_width(30, 100);
    keys("Q");
    if (CHECK(pty_wait_end())) CHECK_INT(pty.status, 0);
    pty_finish();
}

static int escapes;
static void count_escapes(const char *bytes, int n)
{
    for (int i = 0; i < n; i++) escapes += bytes[i] == '\033';
}

/* As over ssh from a terminal that the other machine has not heard of: said before anything is written. */
static void test_an_unknown_terminal_is_named(void)
{
    pty_start how = {.term = "xterm-unheard-of", .rows = 24, .cols = 120, .on_output = count_escapes};
    if (!pty_begin(&how, (const char *const[]){pty_program, "--tui", "-c", "load nb201_sim", NULL})) return;
    CHECK(until("TERM=xterm-unheard-of is not known here: install its terminfo, or set TERM=xterm-256color"));
    if (CHECK(pty_wait_end())) CHECK(WEXITSTATUS(pty.status) == 2);
    CHECK_INT(escapes, 0);
    pty_finish();
}

/* What fits is printed; what does not is the pager's, and the prompt is there again behind it. */
static void test_long_answers_are_paged(void)
{
    pty_start how = {.rows = 24, .cols = 80, .pager = "sed -n 's/^option/PAGED/p;2q'; echo left early"};
    if (!pty_begin(&how, (const char *const[]){pty_program, "--color=never", NULL})) return;
    CHECK(until_asked("latlab> "));
    keys("help spearman\r");
    CHECK(until("ranks"));
    CHECK(until_asked("latlab> "));
    CHECK(!vt_has(&pty.t, "left early"));
    keys("help transfer\r");
    CHECK(until("left early"));
    CHECK(until_asked("latlab> "));
    keys("help transfer\rhelp gp\r"); /* typed ahead: for the prompt, not for the pager */
    CHECK(until("Gaussian process: intervals"));
    CHECK(until_asked("latlab> "));
    keys("quit\r");
    CHECK(pty_wait_end());
    pty_check_restored();
    pty_finish();
    how.pager = "no-such-pager-anywhere 2>/dev/null";
    if (!pty_begin(&how, (const char *const[]){pty_program, "--color=never", NULL})) return;
    CHECK(until_asked("latlab> "));
    keys("help transfer\r");
    CHECK(until("default: the one chosen on")); /* its end */
    keys("quit\r");
    CHECK(pty_wait_end());
    pty_finish();
}

/* The screen of this size with a lesson of this text before its first step; false: there is no program. */
static bool begin_lesson(int rows, int cols, const char *script)
{
    char *path = ll_path_join(check_tmpdir(), "wait.latlab");
    CHECK_OK(ll_write_file(path, script, strlen(script), NULL));
    bool begun = START(rows, cols, "--color=never", "--tui");
    if (begun) {
        CHECK(until("latlab: hardware-aware"));
        keys(":lesson ");
        keys(path);
        keys("\r");
        CHECK(until("wait, step 1 of"));
    }
    free(path);
    return begun;
}

static void end_lesson(void)
{
    keys("Q");
    CHECK(pty_wait_end());
    pty_finish();
}

/* It is shown with the reason until it has run. */
static void test_a_lesson_stays_at_a_failing_step(void)
{
    if (!begin_lesson(24, 80,
                      "# First:\nload nb201_sim\npartition source=sim_v* target=sim_raspi4\n"
                      "# No such device:\narch 0 device=nothing\n# Last.\n"))
        return;
    CHECK(until("next: load nb201_sim; partition"));
    keys("\r");
    CHECK(until("wait, step 2 of 3"));
    keys("n");
    CHECK(until("wait.latlab:5: "));
    CHECK(until("failed: arch 0"));
    CHECK(until("Enter tries again"));
    CHECK(until("wait, step 2 of 3"));
    end_lesson();
}

/* No key begins the next step while one runs. */
static void test_a_lesson_waits(void)
{
    if (!begin_lesson(40, 120,
                      "# Long:\nload nb201_sim\npartition source=sim_v* target=sim_raspi4\npretrain help\n"
                      "# Behind it:\ndevices\n"))
        return;
    keys("\r");
    CHECK(until("/2000"));
    keys("\r\r");
    CHECK(until("runs: pretrain help"));
    CHECK(until("wait, step 1 of 2"));
    keys("K");
    CHECK(until("failed: load"));
    end_lesson();
}

/* At the prompt an empty line goes on, and what is no command answers the question. */
static void test_a_lesson_at_the_prompt(void)
{
    static const char script[] =
        "# One.\nload nb201_sim\n# Two.\n#ask n: How many devices?\n#answer {rows}\ndevices\n# End.\n";
    char *path = ll_path_join(check_tmpdir(), "asked.latlab");
    CHECK_OK(ll_write_file(path, script, sizeof script - 1, NULL));
    if (START(24, 80, "--color=never")) {
        CHECK(until_asked("latlab>"));
        keys("lesson ");
        keys(path);
        keys("\r");
        CHECK(until("Enter runs: load nb201_sim"));
        CHECK(until_asked("latlab>"));
        keys("\r");
        CHECK(until("How many devices?"));
        CHECK(until_asked("nb201_sim>"));
        keys("13\r");
        CHECK(until("you say 13"));
        CHECK(until_asked("nb201_sim>"));
        keys("\r");
        CHECK(until("n: you said 13; right is 14"));
        CHECK(until_asked("nb201_sim>"));
        keys("quit\r");
        CHECK(pty_wait_end());
        pty_finish();
    }
    free(path);
}

int main(int argc, char **argv)
{
    pty_find_program();
    static const check_case cases[] = {
        {"a lesson stays at a failing step", test_a_lesson_stays_at_a_failing_step},
        {"a lesson waits for its step", test_a_lesson_waits},
        {"a lesson at the prompt", test_a_lesson_at_the_prompt},
        {"completion, help, Ctrl-C, Ctrl-D", test_prompt},
        {"a long command is cancelled, questions answered beside it", test_prompt_cancels},
        {"pasted lines keep their order", test_pasted_lines_keep_their_order},
        {"long answers are paged", test_long_answers_are_paged},
        {"history outlives the session", test_history},
        {"an unknown terminal is named", test_an_unknown_terminal_is_named},
        {"the screen's size after the prompt", test_sizes_after_the_prompt},
        {"prompt and screen take turns", test_faces_take_turns},
        {0}};
    return check_main("test_tui_prompt", cases, argc, argv);
}
