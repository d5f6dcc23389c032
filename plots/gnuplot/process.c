#include "plots/gnuplot/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/system/spawn.h"

extern char **environ;

enum { TICK_MS = 20 };

typedef struct child {
    const ll_process *p;
    pid_t pid;
    int out, err; /* our ends; -1: closed */
    bool ended;
    int status;
} child;

static void shut(int *fd)
{
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

/* The child's environment: ours, but numbers have points and texts are UTF-8. */
static char **environment(void)
{
    int n = 0, kept = 0;
    while (environ[n]) n++;
    char **v = LL_NEW_ARRAY(char *, n + 2);
    for (int i = 0; i < n; i++)
        if (strncmp(environ[i], "LC_", 3) && strncmp(environ[i], "LANG", 4)) v[kept++] = environ[i];
    static char locale[] = "LC_ALL=C.UTF-8";
    v[kept] = locale;
    return v;
}

/* What it is to read, as a file without a name: gnuplot takes a script from a stream byte by byte, which is ten times as
 * slow as drawing it; and nobody need feed it while it runs. -1: errno. */
static int input_file(const ll_process *p)
{
    int fd = memfd_create("input", MFD_CLOEXEC);
    size_t written = 0;
    while (fd >= 0 && written < p->input_len) {
        ssize_t n = write(fd, p->input + written, p->input_len - written);
        if (n < 0 && errno != EINTR) {
            int why = errno;
            shut(&fd);
            errno = why;
        }
        if (n > 0) written += (size_t)n;
    }
    if (fd >= 0) lseek(fd, 0, SEEK_SET);
    return fd;
}

static ll_status start(child *c, ll_error *e)
{
    int in = input_file(c->p), out[2] = {-1, -1}, err[2] = {-1, -1};
    int failed = in < 0 || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC) ? errno : 0;
    char **env = environment();
    if (!failed) failed = ll_spawn(c->p->argv, env, (const int[]){in, out[1], err[1]}, LL_OWN_GROUP, &c->pid);
    free(env);
    shut(&in);
    shut(&out[1]);
    shut(&err[1]);
    c->out = out[0];
    c->err = err[0];
    if (!failed) return LL_OK;
    shut(&c->out);
    shut(&c->err);
    return ll_fail(e, LL_FAILED, "cannot start %s: %s", c->p->argv[0], strerror(failed));
}

static void collect(int *fd, ll_str *into)
{
    char bytes[65536];
    ssize_t n = read(*fd, bytes, sizeof bytes);
    if (n > 0)
        ll_str_addn(into, bytes, (size_t)n);
    else if (n == 0 || errno != EINTR)
        shut(fd);
}

static void step(child *c, ll_str *out, ll_str *err)
{
    struct pollfd v[2] = {{.fd = c->out, .events = POLLIN}, {.fd = c->err, .events = POLLIN}};
    if (poll(v, 2, TICK_MS) <= 0) return;
    if (v[0].revents) collect(&c->out, out);
    if (v[1].revents) collect(&c->err, err);
}

/* Reads until the child has ended and all it wrote is here. A grandchild that holds our pipes open after the
 * child's end is not waited for: one quiet tick is enough. */
static ll_status converse(child *c, ll_str *out, ll_str *err, ll_error *e)
{
    double end = ll_now_s() + c->p->timeout_s;
    while (!c->ended || c->out >= 0 || c->err >= 0) {
        size_t had = out->len + err->len;
        step(c, out, err);
        bool quiet = out->len + err->len == had;
        if (c->ended && quiet) break;
        if (!c->ended && (quiet || c->out < 0)) c->ended = waitpid(c->pid, &c->status, WNOHANG) == c->pid;
        if (ll_cancelled(c->p->observer)) return ll_fail(e, LL_CANCELLED, "cancelled");
        if (out->len + err->len > c->p->most_output)
            return ll_fail(e, LL_FAILED, "%s wrote more than %zu MB", c->p->argv[0], c->p->most_output >> 20);
        if (ll_now_s() > end)
            return ll_fail(e, LL_FAILED, "%s did not end within %g s and was stopped", c->p->argv[0],
                           c->p->timeout_s);
    }
    return LL_OK;
}

ll_status ll_process_run(const ll_process *p, ll_str *out, ll_str *err, int *exit_code, ll_error *e)
{
    child c = {.p = p, .out = -1, .err = -1};
    ll_status s = start(&c, e);
    if (s) return s;
    s = converse(&c, out, err, e);
    shut(&c.out);
    shut(&c.err);
    kill(-c.pid, SIGKILL); /* also what it left behind */
    while (!c.ended && waitpid(c.pid, &c.status, 0) < 0 && errno == EINTR) continue;
    *exit_code = WIFEXITED(c.status) ? WEXITSTATUS(c.status) : 128 + WTERMSIG(c.status);
    return s;
}
