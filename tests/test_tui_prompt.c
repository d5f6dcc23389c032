/* The prompt in a pseudo-terminal. */
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
    keys("half a line");
    CHECK(until("half a line"));
    keys("\003");
    CHECK(until("^C"));
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
    keys("spaces\r"); /* a question is answered beside the training */
    CHECK(until("NAS-Bench-201"));
    keys("\003");
    CHECK(until("cancelled"));
    CHECK(until("nb201_sim kl seed=1>"));
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
    keys("Q");
    if (CHECK(pty_wait_end())) CHECK_INT(pty.status, 0);
    pty_check_restored();
    pty_finish();
}

int main(int argc, char **argv)
{
    pty_find_program();
    static const check_case cases[] = {
        {"completion, help, Ctrl-C, Ctrl-D", test_prompt},
        {"a long command is cancelled, questions answered beside it", test_prompt_cancels},
        {"history outlives the session", test_history},
        {"prompt and screen take turns", test_faces_take_turns},
        {0}};
    return check_main("test_tui_prompt", cases, argc, argv);
}
