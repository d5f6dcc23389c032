/* The prompt and the screen when a command waits for a file that does not come, and when memory runs out: the user gets
 * an answer, and the terminal back. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/system/fs.h"
#include "tests/check.h"
#include "tests/pty.h"

static char *shims; /* folder of the shims; NULL: this build cannot have them */

/* The program gets this shim, told by this variable; false, and the case is skipped, where it cannot. */
static bool preload(const char *name, const char *variable, const char *value)
{
    if (!shims) {
        check_skip("a sanitizer and a shim do not go together");
        return false;
    }
    char *path = ll_path_join(shims, name);
    bool there = CHECK(ll_is_file(path)); /* make builds it */
    setenv("LD_PRELOAD", path, 1);
    setenv(variable, value, 1);
    free(path);
    return there;
}

static void forget_shims(void)
{
    unsetenv("LD_PRELOAD");
    unsetenv("LATLAB_SHIM_DEAD");
    unsetenv("LATLAB_SHIM_FAIL");
    unsetenv("LATLAB_SHIM_FOR");
}

static void type_import(const char *file)
{
    char line[5000];
    snprintf(line, sizeof line, "import csv %s/%s as x space=nasbench201 unit=ms\r", check_tmpdir(), file);
    keys(line);
}

static void ends_with(int status)
{
    if (CHECK(pty_wait_end())) CHECK(WIFEXITED(pty.status) && WEXITSTATUS(pty.status) == status);
    pty_check_restored();
    pty_finish();
}

static void test_prompt_comes_back_from_a_pipe(void)
{
    char *pipe = ll_path_join(check_tmpdir(), "pipe");
    CHECK(!mkfifo(pipe, 0600));
    free(pipe);
    if (!START(24, 120, "--color=never")) return;
    CHECK(until("latlab>"));
    type_import("pipe");
    CHECK(until("working"));
    keys("\003");
    CHECK(until("cancelled"));
    keys("spaces\r");
    CHECK(until("fbnet"));
    pty_settle();
    keys("\004");
    ends_with(0);
}

/* A prompt whose command waits for a server that is dead. */
static bool stuck_prompt(void)
{
    if (!preload("shim_hang.so", "LATLAB_SHIM_DEAD", "dead.csv")) return false;
    if (!START(24, 120, "--color=never")) return false;
    CHECK(until("latlab>"));
    type_import("dead.csv");
    return CHECK(until("working"));
}

static void test_prompt_is_left(void)
{
    if (stuck_prompt()) {
        keys("\003");
        CHECK(until("does not notice"));
        keys("spaces\r"); /* the prompt is there all the while */
        CHECK(until("fbnet"));
        keys("\003");
        ends_with(128 + SIGINT);
    }
    forget_shims();
}

static void test_prompt_is_terminated(void)
{
    if (stuck_prompt()) {
        kill(pty.pid, SIGTERM);
        ends_with(128 + SIGTERM);
    }
    forget_shims();
}

static void test_screen_is_left(void)
{
    if (preload("shim_hang.so", "LATLAB_SHIM_DEAD", "dead.csv") && START(24, 120, LOADED)) {
        CHECK(until("sim_phone_a53"));
        keys(":");
        type_import("dead.csv");
        pty_settle();
        keys("\003");
        CHECK(until("does not notice"));
        keys("2"); /* a view opens beside it */
        pty_settle();
        keys("\003");
        ends_with(128 + SIGINT);
    }
    forget_shims();
}

/* What was told of a command that did not notice is not the last word when it does. */
static void test_late_cancel_is_told(void)
{
    char *slow = ll_path_join(check_tmpdir(), "slow.csv");
    static const char table[] = "arch,phone\n0,1\n";
    CHECK_INT(ll_write_file(slow, table, strlen(table), NULL), LL_OK);
    setenv("LATLAB_SHIM_FOR", "2", 1);
    if (preload("shim_hang.so", "LATLAB_SHIM_DEAD", "slow.csv") && START(24, 80, LOADED)) {
        CHECK(until("sim_phone_a53"));
        keys(":");
        type_import("slow.csv");
        pty_settle();
        keys("\003");
        CHECK(until("does not notice"));
        CHECK(until("it has ended: cancelled"));
        keys("Q");
        ends_with(0);
    }
    forget_shims();
    free(slow);
}

/* Whenever memory runs out: a sentence and a status, never a signal; and the terminal as it was. */
static void test_out_of_memory(void)
{
    static const char *const when[] = {"300+", "1500+", "3000+", "5000+", "7000+", "10000+"};
    int ends = 0;
    for (int i = 0; i < 12; i++) {
        bool screen = i % 2;
        if (!preload("shim_memory.so", "LATLAB_SHIM_FAIL", when[i / 2])) break;
        if (!(screen ? START(24, 120, LOADED) : START(24, 120, "--color=never"))) break;
        pty_settle();
        keys(screen ? "2341:sample k=5\r" : "load nb201_sim\rdevices\rcorr\rhelp\rspaces\r");
        pty_settle();
        keys(screen ? "Q" : "\025quit\r");
        if (CHECK(pty_wait_end())) CHECK(WIFEXITED(pty.status) && WEXITSTATUS(pty.status) <= 4);
        ends += WIFEXITED(pty.status) && WEXITSTATUS(pty.status) == 4;
        pty_check_restored();
        pty_finish();
    }
    forget_shims();
    if (shims) CHECK(ends >= 4); /* it did run out */
}

static void find_shims(void)
{
    if (check_under(NULL)) return;
    char here[4096];
    const char *set = getenv("LATLAB_SHIMS");
    shims = realpath(set ? set : "build/release", here) ? ll_path_join(here, "") : NULL;
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"the prompt comes back from a pipe", test_prompt_comes_back_from_a_pipe},
        {"a stuck prompt can be left", test_prompt_is_left},
        {"a stuck prompt can be terminated", test_prompt_is_terminated},
        {"a stuck screen can be left", test_screen_is_left},
        {"a late cancel is told", test_late_cancel_is_told},
        {"out of memory brings the terminal back", test_out_of_memory},
        {0}};
    pty_find_program();
    find_shims();
    return check_main("test_tui_stuck", cases, argc, argv);
}
