#include "data/machines/host/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "data/machines/host/bench.h"

/* --- in the child --- */

static bool read_whole(int fd, void *to, size_t n)
{
    for (size_t got = 0; got < n;) {
        ssize_t r = read(fd, (char *)to + got, n - got);
        if (r == 0 || (r < 0 && errno != EINTR)) return false;
        if (r > 0) got += (size_t)r;
    }
    return true;
}

static bool write_whole(int fd, const void *from, size_t n)
{
    for (size_t put = 0; put < n;) {
        ssize_t w = send(fd, (const char *)from + put, n - put, MSG_NOSIGNAL);
        if (w < 0 && errno != EINTR) return false;
        if (w > 0) put += (size_t)w;
    }
    return true;
}

static void work(const ll_host_settings *s, const ll_space *space, const uint8_t *control, int fd)
{
    ll_bench *b = NULL;
    ll_worker_job job;
    ll_error e = {0};
    ll_network *network = LL_NEW(ll_network);
    ll_status ready = ll_network_build(space, control, network, &e);
    if (!ready) ready = ll_bench_open(s, network, &b, &e);
    while (read_whole(fd, &job, sizeof job)) {
        ll_worker_answer a = {.row = job.row, .status = ready};
        if (!ready) a.status = ll_host_network(s, space, job.gene, network, &e);
        if (!a.status) a.status = ll_bench_visit(b, network, job.runs, &a.visit, &e);
        if (a.status) snprintf(a.message, sizeof a.message, "%.199s", e.message);
        if (!write_whole(fd, &a, sizeof a)) return;
    }
}

/* Nothing of the program's terminal, files and signals is left to it. */
static void become_worker(int *fd, int core, int threads, pid_t parent)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)core, &set);
    if (threads == 1) sched_setaffinity(0, sizeof set, &set);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "latlab-worker");
    if (getppid() != parent) _exit(1);
    for (int i = 1; i < NSIG; i++)
        if (i != SIGSEGV && i != SIGABRT) signal(i, i == SIGINT || i == SIGTSTP ? SIG_IGN : SIG_DFL);
    int nothing = open("/dev/null", O_RDWR);
    for (int i = 0; i < 3; i++) dup2(nothing, i);
    dup2(*fd, 3);
    *fd = 3;
    close_range(4, ~0u, 0);
}

/* --- in the parent --- */

ll_status ll_worker_start(const ll_host_settings *s, const ll_space *space, const uint8_t *control, int core,
                          ll_worker *out, ll_error *e)
{
    int fd[2];
    pid_t parent = getpid();
    *out = (ll_worker){.pid = -1, .fd = -1, .core = core};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd))
        return ll_fail(e, LL_FAILED, "cannot start a worker process: %s", strerror(errno));
    out->pid = fork();
    if (out->pid == 0) {
        become_worker(&fd[1], core, s->threads, parent);
        work(s, space, control, fd[1]);
        _exit(0);
    }
    close(fd[1]);
    out->fd = fd[0];
    if (out->pid > 0) return LL_OK;
    close(fd[0]);
    out->fd = -1;
    return ll_fail(e, LL_FAILED, "cannot start a worker process: %s", strerror(errno));
}

static ll_status gone(ll_worker *w, ll_error *e)
{
    int how = 0;
    bool known = w->pid > 0 && waitpid(w->pid, &how, 0) == w->pid;
    w->pid = -1;
    if (known && WIFSIGNALED(how))
        return ll_fail(e, LL_FAILED, "the worker process was ended by signal %d (%s)", WTERMSIG(how),
                       strsignal(WTERMSIG(how)));
    return ll_fail(e, LL_FAILED, "the worker process ended");
}

ll_status ll_worker_send(ll_worker *w, const ll_worker_job *job, ll_error *e)
{
    return write_whole(w->fd, job, sizeof *job) ? LL_OK : gone(w, e);
}

ll_status ll_worker_receive(ll_worker *w, int timeout_ms, ll_worker_answer *out, bool *ready, ll_error *e)
{
    struct pollfd p = {.fd = w->fd, .events = POLLIN};
    *ready = false;
    if (poll(&p, 1, timeout_ms) <= 0) return LL_OK;
    ssize_t n = read(w->fd, (char *)&w->next + w->got, sizeof w->next - w->got);
    if (n == 0 || (n < 0 && errno != EINTR)) return gone(w, e);
    if (n > 0) w->got += (size_t)n;
    if (w->got < sizeof w->next) return LL_OK;
    *out = w->next;
    w->got = 0;
    *ready = true;
    return LL_OK;
}

void ll_worker_stop(ll_worker *w)
{
    if (w->fd >= 0) close(w->fd);
    if (w->pid > 0) {
        kill(w->pid, SIGKILL);
        waitpid(w->pid, NULL, 0);
    }
    *w = (ll_worker){.pid = -1, .fd = -1};
}
