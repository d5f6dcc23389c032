/* The faces as fingers feel them: time to the prompt, to the first screen, from a key to its answer, at rest and
 * while a predictor trains on all cores. Through a pseudo-terminal, ./latlab itself. */
#include <math.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/num/stats.h"
#include "tests/bench/bench.h"

enum { STARTS = 9, KEYS = 200 };

typedef struct terminal {
    pid_t pid;
    int fd;
    char seen[1 << 20];
    size_t n;
} terminal;

static terminal t;

static void start(const char *option, const char *commands)
{
    struct winsize size = {.ws_row = 40, .ws_col = 120};
    t.n = 0;
    t.pid = forkpty(&t.fd, NULL, NULL, &size);
    if (t.pid) return;
    setenv("TERM", "xterm-256color", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    execl("./latlab", "latlab", option, commands ? "-c" : (char *)NULL, commands, (char *)NULL);
    _exit(1);
}

static void stop(void)
{
    kill(t.pid, SIGKILL);
    waitpid(t.pid, NULL, 0);
    close(t.fd);
}

/* Milliseconds until the output since the last call holds `text`; NaN after ten seconds. */
static double wait_for(const char *text)
{
    double begin = ll_now_s();
    t.n = 0;
    while (ll_now_s() - begin < 10) {
        struct pollfd p = {t.fd, POLLIN, 0};
        if (poll(&p, 1, 100) <= 0) continue;
        if (t.n + 4096 >= sizeof t.seen) t.n = 0;
        ssize_t got = read(t.fd, t.seen + t.n, sizeof t.seen - t.n - 1);
        if (got <= 0) break;
        t.n += (size_t)got;
        t.seen[t.n] = 0;
        if (memmem(t.seen, t.n, text, strlen(text))) return 1e3 * (ll_now_s() - begin);
    }
    return NAN;
}

static void drain(int ms)
{
    struct pollfd p = {t.fd, POLLIN, 0};
    while (poll(&p, 1, ms) > 0 && read(t.fd, t.seen, sizeof t.seen) > 0) {
    }
}

static double time_start(const char *option, const char *commands, const char *text)
{
    double took[STARTS];
    for (int i = 0; i < STARTS; i++) {
        start(option, commands);
        took[i] = wait_for(text);
        stop();
    }
    return ll_median(took, STARTS);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The help page opened and closed again and again: the whole screen changes at each key. */
static void time_keys(const char *what)
{
    double took[KEYS];
    for (int i = 0; i < KEYS; i++) {
        drain(0);
        if (write(t.fd, "?", 1) != 1) return;
        took[i] = wait_for("Everywhere");
        if (write(t.fd, "q", 1) != 1) return;
        wait_for("log latency"); /* closed: else the two keys might be drawn as one */
    }
    qsort(took, KEYS, sizeof *took, by_size);
    char name[64];
    snprintf(name, sizeof name, "key, %s, median", what);
    bench_row(name, took[KEYS / 2], "ms", NAN, "lower", NULL);
    snprintf(name, sizeof name, "key, %s, p99", what);
    bench_row(name, took[KEYS * 99 / 100], "ms", 50, "lower", NULL);
}

void bench_tui(void)
{
    bench_title("The faces: what fingers feel");
    bench_row("start to prompt", time_start("--color=never", NULL, "latlab>"), "ms", 30, "lower", NULL);
    bench_row("start to full screen", time_start("--tui", "load nb201_sim", "sim_phone_a53"), "ms", NAN,
              "lower", "with the bundled data loaded");
    start("--tui", "load nb201_sim");
    wait_for("sim_phone_a53");
    time_keys("at rest");
    static const char train[] = ":partition train=8 test=6; pretrain help\r";
    if (write(t.fd, train, sizeof train - 1) < 0) return;
    wait_for("/2000");
    time_keys("while training");
    stop();
}
