/* The interactive faces in a pseudo-terminal: what a user sees and what is left of the terminal afterwards. The
 * program is $LATLAB; its screen is read through tests/vt.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/rng.h"
#include "tests/check.h"
#include "tests/vt.h"

static char program[4096];
static double patience = 10; /* seconds; more under a sanitizer */

typedef struct session {
    pid_t pid;
    int fd;
    vt t;
    struct termios before; /* modes of the terminal when the program started */
    int status;            /* of waitpid, once it has ended */
    bool ended;
} session;

static session s; /* one at a time; the screen is too big for a stack */

static void child(const char *const *args, const char *term, const char *keys)
{
    if (chdir(check_tmpdir())) _exit(99);
    setenv("TERM", term, 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("XDG_STATE_HOME", check_tmpdir(), 1);
    setenv("XDG_DATA_HOME", check_tmpdir(), 1);
    setenv("XDG_CONFIG_HOME", check_tmpdir(), 1);
    unsetenv("COLORTERM");
    unsetenv("NO_COLOR");
    unsetenv("LATLAB_DATA");
    if (keys) setenv("LATLAB_KEYS", keys, 1);
    execv(program, (char *const *)args);
    _exit(98);
}

static bool start_in(const char *term, int rows, int cols, const char *keys, const char *const *args)
{
    if (!program[0]) {
        check_skip("no program in $LATLAB");
        return false;
    }
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    memset(&s, 0, sizeof s);
    vt_init(&s.t, rows, cols);
    int slave;
    if (openpty(&s.fd, &slave, NULL, NULL, &size)) return CHECK(!"openpty");
    tcgetattr(slave, &s.before);
    /* a key that sends a signal makes the terminal drop what is on its way to the screen, and it does so after it has
     * sent the signal: on two processors the answer to the key is lost now and then */
    s.before.c_lflag |= NOFLSH;
    tcsetattr(slave, TCSANOW, &s.before);
    s.pid = fork();
    if (s.pid == 0) {
        close(s.fd);
        login_tty(slave);
        child(args, term, keys);
    }
    close(slave);
    return true;
}

#define START(rows, cols, ...)                                                                               \
    start_in("xterm-256color", rows, cols, NULL, (const char *const[]){program, __VA_ARGS__, NULL})
#define LOADED "--tui", "-c", "load nb201_sim"

/* Reads what has been written; false after `ms` without anything, or at the end. */
static bool pump(int ms)
{
    char bytes[65536];
    struct pollfd p = {s.fd, POLLIN, 0};
    if (poll(&p, 1, ms) <= 0) return false;
    ssize_t n = read(s.fd, bytes, sizeof bytes);
    if (n <= 0) return false;
    vt_write(&s.t, bytes, (int)n);
    return true;
}

static void settle(void)
{
    while (pump(150)) {
    }
}

static bool until(const char *text)
{
    for (double end = ll_now_s() + patience; ll_now_s() < end;) {
        pump(20);
        if (vt_has(&s.t, text)) return true;
    }
    printf("  the screen has no \"%s\":\n", text);
    for (int y = 0; y < s.t.rows; y++) printf("  |%s\n", vt_row(&s.t, y));
    return false;
}

static void keys(const char *text)
{
    ssize_t n = write(s.fd, text, strlen(text));
    (void)n;
}

static bool wait_end(void)
{
    for (double end = ll_now_s() + patience; ll_now_s() < end && !s.ended;) {
        pump(10);
        s.ended = waitpid(s.pid, &s.status, WNOHANG) == s.pid;
    }
    while (pump(10)) {
    }
    return s.ended;
}

/* Ends what still runs; checks that the terminal is as it was. */
static void finish(void)
{
    if (!s.ended) {
        kill(s.pid, SIGKILL);
        waitpid(s.pid, &s.status, 0);
    }
    close(s.fd);
}

static void check_restored(void)
{
    struct termios now;
    CHECK(!s.t.alternate);
    CHECK(!s.t.cursor_hidden);
    if (!CHECK(!tcgetattr(s.fd, &now))) return;
    tcflag_t bits = ICANON | ECHO | ISIG;
    CHECK_INT(now.c_lflag & bits, s.before.c_lflag & bits);
    CHECK_INT(now.c_iflag & ICRNL, s.before.c_iflag & ICRNL);
    CHECK_INT(now.c_oflag & OPOST, s.before.c_oflag & OPOST);
}

/* --- the prompt ------------------------------------------------------------------------------------------- */

static void test_prompt(void)
{
    if (!START(24, 80, "--color=never")) return;
    CHECK(until("latlab>"));
    keys("load nb2\t");
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
    keys("\004");
    if (CHECK(wait_end())) CHECK_INT(s.status, 0);
    check_restored();
    CHECK_INT(s.t.unknown, 0);
    finish();
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
    if (CHECK(wait_end())) CHECK_INT(s.status, 0);
    finish();
}

static void test_history(void)
{
    if (!START(24, 80, "--color=never")) return;
    CHECK(until("latlab>"));
    keys("spaces\r");
    CHECK(until("fbnet"));
    keys("\004");
    CHECK(wait_end());
    finish();
    if (!START(24, 80, "--color=never")) return;
    CHECK(until("latlab>"));
    keys("\033[A"); /* up: the line of the session before */
    CHECK(until("latlab> spaces"));
    keys("\003");
    settle();
    keys("\004");
    CHECK(wait_end());
    finish();
}

static void test_faces_take_turns(void)
{
    if (!START(24, 80, "--color=never")) return;
    CHECK(until("latlab>"));
    keys("load nb201_sim\r");
    CHECK(until("nb201_sim>"));
    keys("\030\001"); /* C-x C-a */
    CHECK(until("1 devices"));
    CHECK(until("sim_eyeriss"));
    keys("\030\001");
    CHECK(until("nb201_sim>"));
    CHECK(!s.t.alternate);
    keys("view corr\r");
    CHECK(until("spearman"));
    keys("Q");
    if (CHECK(wait_end())) CHECK_INT(s.status, 0);
    check_restored();
    finish();
}

/* --- screens ---------------------------------------------------------------------------------------------- */

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
        if (CHECK(wait_end())) CHECK_INT(s.status, 0);
        CHECK_INT(s.t.unknown, 0);
        check_restored();
        finish();
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
    settle();
    if (CHECK(vt_find(&s.t, "1.0", &y, &x))) {
        vt_cell c = s.t.cell[y][x];
        CHECK_INT(c.bg, 221); /* 254,232,56 of cividis is nearest to 255,215,95 */
        CHECK_INT(c.fg, 16);
    }
    CHECK(s.t.cell[y][x + 4].reverse); /* row 0, column 1: where the cursor starts */
    CHECK(!s.t.cell[y][x].reverse);
    keys("Q");
    CHECK(wait_end());
    finish();
}

static void test_mono(void)
{
    static const char *const terms[] = {"vt100", "linux", "xterm", "dumb"};
    for (int i = 0; i < 4; i++) {
        if (!start_in(terms[i], 24, 80, NULL, (const char *const[]){program, "--ascii", LOADED, NULL}))
            return;
        if (i < 3) {
            CHECK(until("sim_phone_a53"));
            keys("2");
            CHECK(until("order cluster"));
            for (int y = 0; y < 24; y++)
                for (int x = 0; x < 80; x++) CHECK(s.t.cell[y][x].ch < 128);
            keys("Q");
        }
        if (CHECK(wait_end())) CHECK(WIFEXITED(s.status) && WEXITSTATUS(s.status) == (i < 3 ? 0 : 2));
        finish();
    }
}

static void test_main_job(void)
{
    if (!START(40, 120, "--tui")) return;
    CHECK(until("Choose a dataset"));
    keys("j\r"); /* nb201_sim */
    CHECK(until("sim_phone_a53"));
    keys("3s");
    CHECK(until("partition train=8 test=6 seed=1"));
    CHECK(until("source and 6 target"));
    keys("5Pgp\r");
    CHECK(until("took"));
    keys("ttransfer sim_eyeriss k=10\025transfer sim_eyeriss k=10\r");
    CHECK(until("measured (ms)"));
    keys("6");
    CHECK(until("worst architectures"));
    CHECK(until("sim_eyeriss"));
    keys("p");
    CHECK(until("scatter-sim_eyeriss.png"));
    char *png = ll_path_join(check_tmpdir(), "scatter-sim_eyeriss.png");
    for (double end = ll_now_s() + patience; !ll_is_file(png) && ll_now_s() < end;) pump(50);
    CHECK(ll_is_file(png));
    free(png);
    keys("8");
    CHECK(until("> transfer sim_eyeriss k=10"));
    keys(":save-display screen.txt\rQ");
    CHECK(wait_end());
    finish();
    char *path = ll_path_join(check_tmpdir(), "screen.txt"), *text = NULL;
    size_t n;
    if (CHECK(!ll_read_file(path, 0, &text, &n, NULL))) CHECK_HAS(text, "> pretrain gp");
    free(text);
    free(path);
}

/* A dataset loaded by a typed command ends the choice of one; a card shows its device, not its result's kind. */
static void test_from_welcome_to_card(void)
{
    if (!START(24, 80, "--tui")) return;
    CHECK(until("Choose a dataset"));
    keys(":load nb201_sim\r");
    CHECK(until("sim_phone_a53"));
    CHECK(!vt_has(&s.t, "Choose a dataset"));
    keys("\r");
    CHECK(until("kind      simulated"));
    keys("3");
    CHECK(until("S and T assign."));
    keys(":view welcome\r");
    CHECK(until("Choose a dataset"));
    keys("Q");
    CHECK(wait_end());
    finish();
}

static void test_command_line(void)
{
    if (!START(24, 80, LOADED)) return;
    CHECK(until("sim_phone_a53"));
    keys(":cor");
    CHECK(until(":cor"));
    keys("\t");
    CHECK(until("metric=spearman")); /* what the command takes */
    keys("sim_eye\t\r");
    CHECK(until("correlation of sim_eyeriss")); /* a question is answered on a page of its own */
    keys("q");
    CHECK(until("log latency"));
    keys("/eye");
    CHECK(until("filter: eye"));
    settle();
    CHECK(!vt_has(&s.t, "sim_phone_a53"));
    keys("\033");
    CHECK(until("sim_phone_a53"));
    keys(":bogus\r");
    CHECK(until("no command 'bogus'"));
    keys("Q");
    CHECK(wait_end());
    finish();
}

static void test_config(void)
{
    char *dir = ll_path_join(check_tmpdir(), "latlab"), *path = ll_path_join(dir, "config");
    static const char text[] = "set theme dark\nset volume 11\nbind devices F6 corr {device}\n";
    CHECK(!ll_make_dirs(dir, NULL) && !ll_write_file(path, text, sizeof text - 1, NULL));
    if (START(24, 80, LOADED)) {
        CHECK(until("config:2: no setting 'volume'"));
        CHECK(until("sim_phone_a53"));
        keys("\033[17~");
        CHECK(until("> corr sim_xeon_6226"));
        keys("Q");
        CHECK(wait_end());
        finish();
    }
    unlink(path);
    free(path);
    free(dir);
}

static void test_key_file(void)
{
    char *path = ll_path_join(check_tmpdir(), "keys.txt"), *shot = ll_path_join(check_tmpdir(), "corr.txt"),
         *text = NULL;
    static const char script[] = "# to the heatmap, one down\n2 Down\n:save-display corr.txt\nQ\n";
    size_t n;
    CHECK(!ll_write_file(path, script, sizeof script - 1, NULL));
    if (start_in("xterm-256color", 24, 80, path, (const char *const[]){program, LOADED, NULL})) {
        if (CHECK(wait_end())) CHECK_INT(s.status, 0);
        if (CHECK(!ll_read_file(shot, 0, &text, &n, NULL))) CHECK_HAS(text, "spearman 1.00000");
        free(text);
        finish();
    }
    free(path);
    free(shot);
}

/* --- what goes wrong -------------------------------------------------------------------------------------- */

static void resize(int rows, int cols)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    vt_resize(&s.t, rows, cols);
    ioctl(s.fd, TIOCSWINSZ, &size);
}

static void test_resize_storm(void)
{
    ll_rng rng = ll_rng_new(1, 1);
    if (!START(24, 80, LOADED)) return;
    CHECK(until("sim_phone_a53"));
    resize(15, 50);
    CHECK(until("50 x 15 is too small"));
    for (int i = 0; i < 200; i++) {
        resize(1 + ll_rng_below(&rng, 70), 1 + ll_rng_below(&rng, 220));
        if (i % 7 == 0) keys("2");
        if (i % 11 == 0) keys("4");
        pump(3);
    }
    resize(24, 80);
    settle();
    keys("8122"); /* whatever was shown: the heatmap */
    CHECK(until("order cluster"));
    settle();
    /* nothing of other sizes is left: the same as a screen drawn anew */
    static vt storm;
    storm = s.t;
    keys("\014");
    settle();
    for (int y = 0; y < 24; y++) {
        char row[VT_COLS * 4 + 1];
        strcpy(row, vt_row(&storm, y));
        CHECK_STR(vt_row(&s.t, y), row);
    }
    keys("Q");
    if (CHECK(wait_end())) CHECK_INT(s.status, 0);
    finish();
}

static void test_deadly_signals(void)
{
    static const struct {
        int sig, ended_by; /* ended_by 0: exits with 128 + sig */
    } cases[] = {{SIGTERM, 0}, {SIGHUP, 0}, {SIGABRT, SIGABRT}, {SIGSEGV, SIGSEGV}};
    bool sanitized = getenv("LATLAB_SANITIZER") != NULL;
    for (int i = 0; i < 4; i++) {
        if (!START(24, 80, LOADED)) return;
        CHECK(until("sim_phone_a53"));
        CHECK(s.t.alternate);
        kill(s.pid, cases[i].sig);
        if (CHECK(wait_end()) && cases[i].ended_by && !sanitized)
            CHECK(WIFSIGNALED(s.status) && WTERMSIG(s.status) == cases[i].ended_by);
        else if (!cases[i].ended_by)
            CHECK(WIFEXITED(s.status) && WEXITSTATUS(s.status) == 128 + cases[i].sig);
        check_restored();
        finish();
    }
}

/* Under a shell, because the kernel does not stop a program that nobody could continue. */
static void test_suspend(void)
{
    char line[5000];
    if (!program[0]) return check_skip("no program in $LATLAB");
    if (!start_in("xterm-256color", 24, 80, NULL, (const char *const[]){program, NULL})) return;
    finish(); /* only to have looked for the program */
    char kept[sizeof program];
    strcpy(kept, program);
    strcpy(program, "/bin/bash");
    bool good = START(24, 80, "--norc", "-i");
    strcpy(program, kept);
    if (!good) return;
    CHECK(until("bash"));
    snprintf(line, sizeof line, "stty -a | head -n 1; %s --tui -c 'load nb201_sim'\r", program);
    keys(line);
    CHECK(until("sim_phone_a53"));
    keys("\032"); /* the screen is still being drawn: the key must not get lost for that */
    CHECK(until("Stopped"));
    CHECK(!s.t.alternate);
    CHECK(!s.t.cursor_hidden);
    keys("fg\r");
    CHECK(until("1 devices"));
    CHECK(s.t.alternate);
    keys("2");
    CHECK(until("order cluster"));
    keys("Q");
    settle();
    keys("echo back again\r");
    CHECK(until("back again"));
    finish();
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
    if (CHECK(wait_end())) CHECK_INT(s.status, 0);
    check_restored();
    finish();
}

/* Random keys in every view; the program must still be there, and answer. */
static void test_monkey(void)
{
    static const char *const alphabet[] = {
        "1",       "2",       "3",      "4",      "5",        "6",      "7",        "8",      "j",
        "k",       "h",       "l",      "g",      "G",        "q",      " ",        "\r",     "\t",
        "?",       "/",       "a",      "m",      "o",        "z",      "x",        "r",      "s",
        "S",       "T",       "-",      "U",      "u",        "y",      "O",        "[",      "]",
        "R",       "\014",    "v",      "C",      "E",        ".",      ",",        "Z",      "n",
        "N",       ":",       "\033",   "\177",   "\027",     "\033[A", "\033[B",   "\033[C", "\033[D",
        "\033[5~", "\033[6~", "\033[Z", "\033OP", "\033[15~", "\030",   "\xc3\xa4", "\022"};
    enum { N = sizeof alphabet / sizeof *alphabet };
    const char *wish = getenv("LATLAB_MONKEY");
    const char *sanitizer = getenv("LATLAB_SANITIZER");
    bool slow = sanitizer && !strcmp(sanitizer, "tsan");
    int total = wish ? atoi(wish) : slow ? 300 : 2000;
    ll_rng rng = ll_rng_new(2026, 1);
    if (!START(24, 80, "--tui", "-c",
               "load nb201_sim; partition train=8 test=6; pretrain gp; transfer sim_eyeriss k=10"))
        return;
    CHECK(until("sim_phone_a53"));
    for (int i = 0; i < total && !s.ended; i++) {
        keys(alphabet[ll_rng_below(&rng, N)]);
        if (i % 8 == 7) pump(30);
        while (pump(0)) {
        }
        if (i % 500 == 499) resize(18 + ll_rng_below(&rng, 40), 60 + ll_rng_below(&rng, 140));
        s.ended = waitpid(s.pid, &s.status, WNOHANG) == s.pid;
    }
    CHECK(!s.ended);
    resize(24, 80);
    keys("\033");
    settle();
    keys("\033\033");
    settle();
    keys("8");
    CHECK(until("8 log"));
    keys("QQ");
    double before = patience;
    patience = slow ? 150 : 60; /* commands the monkey has given may have to be cancelled first */
    if (CHECK(wait_end())) CHECK_INT(s.status, 0);
    patience = before;
    finish();
}

int main(int argc, char **argv)
{
    const char *latlab = getenv("LATLAB");
    if (!realpath(latlab ? latlab : "./latlab", program)) program[0] = 0;
    check_tmpdir(); /* here, so that every child has the same */
    if (getenv("LATLAB_SANITIZER")) patience = 40;
    static const check_case cases[] = {
        {"prompt: completion, help, Ctrl-C, Ctrl-D", test_prompt},
        {"prompt: a long command is cancelled, questions answered beside it", test_prompt_cancels},
        {"prompt: history outlives the session", test_history},
        {"prompt and screen take turns", test_faces_take_turns},
        {"screen: every view at every size", test_sizes},
        {"screen: colours of the heatmap", test_heatmap_colours},
        {"screen: vt100, linux, xterm, dumb", test_mono},
        {"screen: from data to a saved scatter", test_main_job},
        {"from welcome to card", test_from_welcome_to_card},
        {"screen: command line and filter", test_command_line},
        {"screen: config file", test_config},
        {"screen: keys from a file", test_key_file},
        {"screen: resize storm", test_resize_storm},
        {"screen: killed, the terminal is restored", test_deadly_signals},
        {"screen: Ctrl-C cancels", test_interrupt},
        {"screen: Ctrl-Z and fg", test_suspend},
        {"screen: monkey", test_monkey},
        {0}};
    return check_main("test_tui", cases, argc, argv);
}
