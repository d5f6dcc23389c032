#include "tests/pty.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

#include "core/base/clock.h"
#include "tests/check.h"

pty_session pty;
char pty_program[4096];
double pty_patience = 30;

void pty_find_program(void)
{
    const char *latlab = getenv("LATLAB");
    if (!realpath(latlab ? latlab : "./latlab", pty_program)) pty_program[0] = 0;
    check_tmpdir(); /* here, so that every child has the same */
    if (check_under(NULL)) pty_patience = 180;
}

static void child(const pty_start *how, const char *const *args)
{
    if (chdir(check_tmpdir())) _exit(99);
    setenv("TERM", how->term ? how->term : "xterm-256color", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("XDG_STATE_HOME", check_tmpdir(), 1);
    setenv("XDG_DATA_HOME", check_tmpdir(), 1);
    setenv("XDG_CONFIG_HOME", check_tmpdir(), 1);
    setenv("PAGER", how->pager ? how->pager : "cat", 1);
    unsetenv("COLORTERM");
    if (how->colorterm) setenv("COLORTERM", how->colorterm, 1);
    unsetenv("NO_COLOR");
    unsetenv("LATLAB_DATA");
    if (how->keys) setenv("LATLAB_KEYS", how->keys, 1);
    execv(how->program ? how->program : pty_program, (char *const *)args);
    _exit(98);
}

bool pty_begin(const pty_start *how, const char *const *args)
{
    if (!pty_program[0]) {
        check_skip("no program in $LATLAB");
        return false;
    }
    struct winsize size = {.ws_row = (unsigned short)how->rows, .ws_col = (unsigned short)how->cols};
    memset(&pty, 0, sizeof pty);
    pty.on_output = how->on_output;
    vt_init(&pty.t, how->rows, how->cols);
    int slave;
    if (openpty(&pty.fd, &slave, NULL, NULL, &size)) return CHECK(!"openpty");
    tcgetattr(slave, &pty.before);
    /* a key that sends a signal makes the terminal drop what is on its way to the screen, and it does so after it has
     * sent the signal: on two processors the answer to the key is lost now and then */
    pty.before.c_lflag |= NOFLSH;
    tcsetattr(slave, TCSANOW, &pty.before);
    pty.pid = fork();
    if (pty.pid == 0) {
        close(pty.fd);
        login_tty(slave);
        child(how, args);
    }
    close(slave);
    return true;
}

bool pty_pump(int ms)
{
    char bytes[65536];
    struct pollfd p = {pty.fd, POLLIN, 0};
    if (poll(&p, 1, ms) <= 0) return false;
    ssize_t n = read(pty.fd, bytes, sizeof bytes);
    if (n <= 0) return false;
    if (pty.on_output) pty.on_output(bytes, (int)n);
    vt_write(&pty.t, bytes, (int)n);
    return true;
}

void pty_settle(void)
{
    while (pty_pump(150)) {
    }
}

void pty_print(void)
{
    for (int y = 0; y < pty.t.rows; y++) printf("  |%s\n", vt_row(&pty.t, y));
}

bool until_true(bool (*is)(const char *text), const char *text, const char *otherwise)
{
    for (double end = ll_now_s() + pty_patience; ll_now_s() < end;) {
        pty_pump(20);
        if (is(text)) return true;
    }
    printf("  the screen %s \"%s\":\n", otherwise, text);
    pty_print();
    return false;
}

static bool is_there(const char *text)
{
    return vt_has(&pty.t, text);
}

static bool is_gone(const char *text)
{
    return !is_there(text);
}

/* What a program asks with ends in a blank, which a row of the screen does not tell from what was never written. */
static bool is_before_cursor(const char *text)
{
    size_t n = strlen(text);
    while (n && text[n - 1] == ' ') n--;
    const char *row = vt_row(&pty.t, pty.t.y);
    return !strncmp(row, text, n) && !row[n];
}

bool until(const char *text)
{
    return until_true(is_there, text, "has no");
}

bool until_gone(const char *text)
{
    return until_true(is_gone, text, "still has");
}

bool until_asked(const char *prompt)
{
    return until_true(is_before_cursor, prompt, "does not wait behind");
}

void keys(const char *text)
{
    ssize_t n = write(pty.fd, text, strlen(text));
    (void)n;
}

static void report(int button, int y, int x, char final)
{
    char text[40];
    snprintf(text, sizeof text, "\033[<%d;%d;%d%c", button, x + 1, y + 1, final);
    keys(text);
}

void pty_click(int y, int x)
{
    report(0, y, x, 'M');
    report(0, y, x, 'm');
}

void pty_drag(int y0, int x0, int y1, int x1)
{
    report(0, y0, x0, 'M');
    report(32, (y0 + y1) / 2, (x0 + x1) / 2, 'M');
    report(32, y1, x1, 'M');
    report(0, y1, x1, 'm');
}

void pty_wheel(int y, int x, bool down)
{
    report(down ? 65 : 64, y, x, 'M');
}

void pty_resize(int rows, int cols)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    vt_resize(&pty.t, rows, cols);
    ioctl(pty.fd, TIOCSWINSZ, &size);
}

/* Q came while a command ran, which on a slow machine none of these tests can rule out; now it has ended. */
static bool was_told_to_wait(void)
{
    return vt_has(&pty.t, "Q again cancels it") && !vt_has(&pty.t, "Ctrl-C cancels");
}

bool pty_wait_end(void)
{
    bool again = false;
    for (double end = ll_now_s() + pty_patience; ll_now_s() < end && !pty.ended;) {
        pty_pump(10);
        pty.ended = waitpid(pty.pid, &pty.status, WNOHANG) == pty.pid;
        if (pty.ended || again || !was_told_to_wait()) continue;
        while (pty_pump(1000)) { /* what has just begun does not show that it runs */
        }
        again = was_told_to_wait();
        if (again) keys("Q");
    }
    while (pty_pump(10)) {
    }
    if (!pty.ended) pty_print();
    return pty.ended;
}

void pty_finish(void)
{
    if (!pty.ended) {
        kill(pty.pid, SIGKILL);
        waitpid(pty.pid, &pty.status, 0);
    }
    close(pty.fd);
}

void pty_check_restored(void)
{
    struct termios now;
    CHECK(!pty.t.alternate);
    CHECK(!pty.t.cursor_hidden);
    CHECK(!pty.t.mouse);
    if (!CHECK(!tcgetattr(pty.fd, &now))) return;
    tcflag_t bits = ICANON | ECHO | ISIG;
    CHECK_INT(now.c_lflag & bits, pty.before.c_lflag & bits);
    CHECK_INT(now.c_iflag & ICRNL, pty.before.c_iflag & ICRNL);
    CHECK_INT(now.c_oflag & OPOST, pty.before.c_oflag & OPOST);
    CHECK_INT(now.c_cc[VSUSP], pty.before.c_cc[VSUSP]);
}
