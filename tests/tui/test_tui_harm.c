/* The full screen when things go wrong: resizes, signals, random input. What is left of the terminal afterwards. */
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

/* Until all keys so far have been acted upon and their screen is there: a command line comes and goes after them. */
static void drawn(void)
{
    keys(":all keys");
    CHECK(until(":all keys"));
    keys("\025\033");
    CHECK(until_gone(":all keys"));
    pty_settle();
}

static void test_resize_storm(void)
{
    ll_rng rng = ll_rng_new(1, 1);
    if (!START(24, 80, LOADED)) return;
    CHECK(until("sim_phone_a53"));
    pty_resize(15, 50);
    CHECK(until("50 x 15 is too small"));
    for (int i = 0; i < 200; i++) {
        pty_resize(1 + ll_rng_below(&rng, 70), 1 + ll_rng_below(&rng, 220));
        if (i % 7 == 0) keys("2");
        if (i % 11 == 0) keys("4");
        pty_pump(3);
    }
    pty_resize(24, 80);
    pty_settle();
    keys("8122"); /* whatever was shown: the heatmap */
    CHECK(until("order cluster"));
    drawn();
    /* nothing of other sizes is left: the same as a screen drawn anew */
    static vt storm;
    storm = pty.t;
    keys("\014");
    drawn();
    for (int y = 0; y < 24; y++) {
        char row[VT_COLS * 4 + 1];
        strcpy(row, vt_row(&storm, y));
        CHECK_STR(vt_row(&pty.t, y), row);
    }
    keys("Q");
    if (CHECK(pty_wait_end())) CHECK_INT(pty.status, 0);
    pty_finish();
}

static int reversed_row(void)
{
    for (int y = 2; y < pty.t.rows; y++)
        if (pty.t.cell[y][3].reverse) return y;
    return -1;
}

static bool is_reversed(const char *row)
{
    return reversed_row() == atoi(row);
}

/* The down key as a terminal in its present mode sends it. */
static void down_moves(void)
{
    char next[12];
    snprintf(next, sizeof next, "%d", reversed_row() + 1);
    keys(pty.t.keypad ? "\033OB" : "\033[B");
    CHECK(until_true(is_reversed, next, "does not mark row"));
}

/* The first arrow key after a resize is one key, not Esc, [ and B. */
static void test_arrow_after_resize(void)
{
    if (!START(24, 80, LOADED)) return;
    CHECK(until("sim_phone_a53"));
    pty_settle();
    for (int i = 0; i < 4; i++) {
        pty_resize(24 + i % 2, 80 + i);
        pty_settle();
        CHECK(pty.t.keypad);
        down_moves();
    }
    keys("Q");
    if (CHECK(pty_wait_end())) CHECK_INT(pty.status, 0);
    pty_finish();
}

/* Terminals that are not quite the one TERM names: their keys are no Esc and a digit that opens a view. */
static void test_keys_of_other_terminals(void)
{
    static const char *const ends[] = {"\033[F", "\033OF", "\033[4~", "\033[8~"},
                             *const homes[] = {"\033[H", "\033OH", "\033[1~", "\033[7~"},
                             *const downs[] = {"\033[B", "\033OB", "\033[B", "\033OB"};
    if (!START(24, 80, LOADED)) return;
    CHECK(until("sim_phone_a53"));
    pty_settle();
    char first[12], last[12], second[12];
    snprintf(first, sizeof first, "%d", reversed_row());
    snprintf(second, sizeof second, "%d", reversed_row() + 1);
    snprintf(last, sizeof last, "%d", reversed_row() + 13); /* of fourteen devices */
    for (int i = 0; i < 4; i++) {
        keys(ends[i]);
        CHECK(until_true(is_reversed, last, "does not mark row"));
        keys(homes[i]);
        CHECK(until_true(is_reversed, first, "does not mark row"));
        keys(downs[i]);
        CHECK(until_true(is_reversed, second, "does not mark row"));
    }
    keys("Q");
    if (CHECK(pty_wait_end())) CHECK_INT(pty.status, 0);
    pty_finish();
}

static void test_deadly_signals(void)
{
    static const struct {
        int sig, ended_by; /* ended_by 0: exits with 128 + sig */
    } cases[] = {{SIGTERM, 0}, {SIGHUP, 0}, {SIGABRT, SIGABRT}, {SIGSEGV, SIGSEGV}};
    bool sanitized = check_under(NULL);
    for (int i = 0; i < 4; i++) {
        if (!START(24, 80, LOADED)) return;
        CHECK(until("sim_phone_a53"));
        CHECK(pty.t.alternate);
        kill(pty.pid, cases[i].sig);
        if (CHECK(pty_wait_end()) && cases[i].ended_by && !sanitized)
            CHECK(WIFSIGNALED(pty.status) && WTERMSIG(pty.status) == cases[i].ended_by);
        else if (!cases[i].ended_by)
            CHECK(WIFEXITED(pty.status) && WEXITSTATUS(pty.status) == 128 + cases[i].sig);
        pty_check_restored();
        pty_finish();
    }
}

static bool is_full_screen(const char *text)
{
    (void)text;
    return pty.t.alternate;
}

/* Under a shell, because the kernel does not stop a pty_program that nobody could continue. */
static void test_suspend(void)
{
    char line[5000];
    if (!pty_program[0]) return check_skip("no pty_program in $LATLAB");
    if (!pty_begin(&(pty_start){.term = "xterm-256color", .rows = 24, .cols = 80, .keys = NULL},
                   (const char *const[]){pty_program, NULL}))
        return;
    pty_finish(); /* only to have looked for the pty_program */
    char kept[sizeof pty_program];
    strcpy(kept, pty_program);
    strcpy(pty_program, "/bin/bash");
    bool good = START(24, 80, "--norc", "-i");
    strcpy(pty_program, kept);
    if (!good) return;
    CHECK(until("bash"));
    snprintf(line, sizeof line, "stty -a | head -n 1; %s --tui -c 'load nb201_sim'\r", pty_program);
    keys(line);
    CHECK(until("sim_phone_a53"));
    keys("\032"); /* the screen is still being drawn: the key must not get lost for that */
    CHECK(until("Stopped"));
    CHECK(!pty.t.alternate);
    CHECK(!pty.t.cursor_hidden);
    keys("fg\r");
    CHECK(until_true(is_full_screen, "the full screen", "does not come back to"));
    CHECK(until("1devices"));
    pty_settle();
    down_moves();
    keys("2");
    CHECK(until("order cluster"));
    keys("Q");
    pty_settle();
    keys("echo back again\r");
    CHECK(until("back again"));
    pty_finish();
}

static void test_interrupt(void)
{
    if (!START(24, 80, LOADED)) return;
    CHECK(until("sim_phone_a53"));
    keys("\003");
    CHECK(until("nothing runs; Q leaves"));
    keys(":partition train=7 test=7; pretrain help\r");
    CHECK(until("Ctrl-C cancels"));
    CHECK(until("/2000"));
    keys("\003");
    CHECK(until("cancelled"));
    keys("Q");
    if (CHECK(pty_wait_end())) CHECK_INT(pty.status, 0);
    pty_check_restored();
    pty_finish();
}

/* --- the monkey ------------------------------------------------------------------------------------------- */

static void random_key(ll_rng *rng)
{
    static const char *const alphabet[] = {
        "1",        "2",        "3",       "4",        "5",      "6",        "7",      "8",        "9",
        "<",        ">",        "f",       "j",        "k",      "h",        "l",      "g",        "G",
        "q",        " ",        "\r",      "\t",       "?",      "/",        "a",      "c",        "e",
        "m",        "o",        "p",       "w",        "z",      "x",        "r",      "s",        "S",
        "T",        "-",        "U",       "u",        "y",      "O",        "[",      "]",        "R",
        "\014",     "v",        "C",       "E",        ".",      ",",        "Z",      "n",        "N",
        ":",        "\033",     "\177",    "\027",     "\033[A", "\033[B",   "\033[C", "\033[D",   "\033OA",
        "\033OB",   "\033[5~",  "\033[6~", "\033[Z",   "\033OP", "\033[15~", "\033OR", "\033[17~", "\033[18~",
        "\033[23~", "\033[24~", "\030",    "\xc3\xa4", "\022"};
    keys(alphabet[ll_rng_below(rng, (int)(sizeof alphabet / sizeof *alphabet))]);
}

/* Anywhere, also beyond the screen. */
static void random_mouse(ll_rng *rng)
{
    int v[4];
    for (int i = 0; i < 4; i++) v[i] = ll_rng_below(rng, i % 2 ? 90 : 26);
    switch (ll_rng_below(rng, 4)) {
    case 0:
        pty_drag(v[0], v[1], v[2], v[3]);
        break;
    case 1:
        pty_wheel(v[0], v[1], v[2] % 2);
        break;
    default:
        pty_click(v[0], v[1]);
    }
}

static int monkey_keys(void)
{
    const char *wish = getenv("LATLAB_MONKEY");
    if (wish) return atoi(wish);
    return check_under("tsan") ? 300 : 10000; /* the thread sanitizer is 30 times slower */
}

/* Ends what runs (Ctrl-C twice drops what waits, too) and waits until the program has come to the keys it has: a Ctrl-C
 * that finds one waiting for more than a second ends the program, as it should. */
static void let_it_catch_up(void)
{
    double end = ll_now_s() + 20;
    keys("\033\003\003:all keys");
    while (ll_now_s() < end && !vt_has(&pty.t, ":all keys")) pty_pump(20);
    keys("\025\033");
    while (pty_pump(60) && ll_now_s() < end) {
    }
}

/* Random keys and clicks in every view; the program must still be there, and answer. The small dataset, because what
 * keys set off takes its time with the number of architectures. */
static void test_monkey(void)
{
    int total = monkey_keys();
    ll_rng rng = ll_rng_new(2026, 1);
    if (!START(24, 80, "--tui", "-c",
               "load fbnet_sim; partition train=8 test=6; pretrain gp n=200; transfer sim_eyeriss k=10; "
               "search sim_eyeriss max=30 score=params method=random budget=300"))
        return;
    CHECK(until("8log")); /* the screen, after what the commands have said */
    for (int i = 0; i < total && !pty.ended; i++) {
        if (ll_rng_below(&rng, 10))
            random_key(&rng);
        else
            random_mouse(&rng);
        if (i % 8 == 7) pty_pump(10);
        if (i % 200 == 199) let_it_catch_up();
        while (pty_pump(0)) {
        }
        if (i % 500 == 499) pty_resize(18 + ll_rng_below(&rng, 40), 60 + ll_rng_below(&rng, 140));
        pty.ended = waitpid(pty.pid, &pty.status, WNOHANG) == pty.pid;
    }
    CHECK(!pty.ended);
    pty_resize(24, 80);
    let_it_catch_up();
    keys("\033\033");
    pty_settle();
    keys("QQ");
    double before = pty_patience;
    pty_patience = 180; /* commands the monkey has given may have to be cancelled first */
    if (!CHECK(pty_wait_end())) pty_print();
    CHECK_INT(pty.status, 0);
    pty_patience = before;
    pty_finish();
}

int main(int argc, char **argv)
{
    pty_find_program();
    static const check_case cases[] = {{"resize storm", test_resize_storm},
                                       {"an arrow after a resize", test_arrow_after_resize},
                                       {"keys of other terminals", test_keys_of_other_terminals},
                                       {"killed, the terminal is restored", test_deadly_signals},
                                       {"Ctrl-C cancels", test_interrupt},
                                       {"Ctrl-Z and fg", test_suspend},
                                       {"monkey", test_monkey},
                                       {0}};
    return check_main("test_tui_harm", cases, argc, argv);
}
