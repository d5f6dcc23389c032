#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "tests/crash/crash.h"

/* One traced run. */
typedef struct tracing {
    const cr_run *run;
    cr_outcome *out;
    cr_page *page;
    char *home, *work, *printed; /* what is of the world; where stdout goes */
    pid_t root;
    long matches;                   /* calls of the fault's kinds so far */
    pid_t pending;                  /* a thread that is stopped again when its call is done; 0: none */
    struct user_regs_struct before; /* its registers, to be put back */
} tracing;

/* --- the child ---------------------------------------------------------------------------------------------- */

/* Only the calls of the table stop the program; everything else runs at full speed. */
static void install_filter(void)
{
    struct sock_filter code[256] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    };
    int n = 1;
    for (int i = 0; i < cr_n_calls; i++) {
        code[n++] =
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)cr_calls[i].number, 0, 1);
        code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
    }
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {(unsigned short)n, code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
        _exit(126);
}

static void redirect(const cr_run *run, const char *suffix, int to)
{
    ll_str path = {0};
    ll_str_addf(&path, "%s/log/%s.%s", run->world, run->tag, suffix);
    int fd = open(path.s, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (fd < 0 || dup2(fd, to) < 0) _exit(126);
    close(fd);
    ll_str_free(&path);
}

/* Nothing of the machine's: a home of its own, no terminal, one locale, one thread for the algebra. */
static void set_environment(const cr_run *run)
{
    static const char *const below_home[][2] = {{"HOME", "home"},
                                                {"XDG_DATA_HOME", "home/data"},
                                                {"XDG_STATE_HOME", "home/state"},
                                                {"XDG_CONFIG_HOME", "home/config"},
                                                {"XDG_CACHE_HOME", "home/cache"},
                                                {"TMPDIR", "home/tmp"},
                                                {"LATLAB_CRASH_PAGE", "log/page"}};
    clearenv();
    for (size_t i = 0; i < sizeof below_home / sizeof *below_home; i++) {
        char *path = cr_path(run->world, below_home[i][1]);
        setenv(below_home[i][0], path, 1);
        free(path);
    }
    setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    if (run->shim) setenv("LD_PRELOAD", run->shim, 1);
}

static _Noreturn void child(const cr_run *run)
{
    char *work = cr_path(run->world, "work"), *script = cr_path(run->world, run->script);
    struct rlimit no_core = {0, 0};
    const char *argv[] = {run->program, "--json", script, run->keep_going ? "--keep-going" : NULL, NULL};
    setpgid(0, 0);
    umask(022);
    setrlimit(RLIMIT_CORE, &no_core);
    set_environment(run);
    int null = open("/dev/null", O_RDONLY);
    if (chdir(work) || null < 0 || dup2(null, 0) < 0) _exit(126);
    redirect(run, "out", 1);
    redirect(run, "err", 2);
    if (run->count) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL)) _exit(126);
        raise(SIGSTOP);
        install_filter();
    }
    execv(run->program, (char *const *)argv);
    _exit(126);
}

/* --- a call ------------------------------------------------------------------------------------------------ */

static long argument(const struct user_regs_struct *r, int i)
{
    const unsigned long long a[] = {r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9};
    return (long)a[i];
}

/* Text in the program's memory, page by page: the next one may not be there. */
static void read_text(pid_t pid, long at, char *text, size_t size)
{
    size_t n = 0;
    while (n + 1 < size) {
        size_t rest = 4096 - ((size_t)at + n) % 4096, wanted = rest < size - 1 - n ? rest : size - 1 - n;
        struct iovec local = {text + n, wanted}, remote = {(void *)((size_t)at + n), wanted};
        ssize_t got = process_vm_readv(pid, &local, 1, &remote, 1, 0);
        if (got <= 0) break;
        n += (size_t)got;
        if (memchr(text + n - (size_t)got, 0, (size_t)got)) return;
    }
    text[n] = 0;
}

static bool begins(const char *text, const char *prefix)
{
    return !strncmp(text, prefix, strlen(prefix));
}

static bool in_world(const tracing *t, const char *path)
{
    return path[0] != '/' || cr_is_below(path, t->home) || cr_is_below(path, t->work);
}

static void descriptor_path(pid_t pid, int fd, char *path, size_t size)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)pid, fd);
    ssize_t n = readlink(link, path, size - 1);
    path[n > 0 ? n : 0] = 0;
    if (path[0] != '/') snprintf(path, size, "/descriptor/%d", fd); /* a pipe, or none */
}

static void subject(pid_t pid, const cr_call *c, const struct user_regs_struct *r, char *path, size_t size)
{
    path[0] = 0;
    if (c->path >= 0) read_text(pid, argument(r, c->path), path, size);
    if (c->path > 0 && !path[0]) descriptor_path(pid, (int)argument(r, c->path - 1), path, size);
    if (c->fd >= 0) descriptor_path(pid, (int)argument(r, c->fd), path, size);
}

static bool opens_to_write(const cr_call *c, const struct user_regs_struct *r)
{
    long flags = argument(r, c->path + 1);
    return (flags & O_ACCMODE) != O_RDONLY || flags & O_CREAT;
}

static bool is_lock(const struct user_regs_struct *r)
{
    long what = argument(r, 1);
    return what == F_SETLK || what == F_SETLKW || what == F_OFD_SETLK || what == F_OFD_SETLKW;
}

/* What the call counts as, or -1. */
static int kind_of(const tracing *t, const cr_call *c, const struct user_regs_struct *r, const char *path)
{
    bool ours = in_world(t, path);
    if (c->kind == CR_READ_OPEN) return !opens_to_write(c, r) ? CR_READ_OPEN : ours ? CR_WRITE_OPEN : -1;
    if (c->kind == CR_WRITE && !strcmp(path, t->printed)) return CR_PRINT;
    if (c->number == SYS_fcntl && !is_lock(r)) return -1;
    if (c->kind == CR_SPAWN || c->kind == CR_PIPE) return (int)c->kind;
    return ours ? (int)c->kind : -1;
}

/* --- the fault --------------------------------------------------------------------------------------------- */

static void set_registers(pid_t pid, struct user_regs_struct *r)
{
    ptrace(PTRACE_SETREGS, pid, NULL, r);
}

/* Returns the request with which the thread goes on. */
static int strike(tracing *t, pid_t pid, struct user_regs_struct *r)
{
    const cr_mode *m = t->run->fault.mode;
    t->out->hit = true;
    switch (m->action) {
    case CR_KILL_BEFORE:
        t->out->killed = true;
        kill(pid, SIGKILL);
        return PTRACE_CONT;
    case CR_FAIL:
        r->orig_rax = (unsigned long long)-1;
        r->rax = (unsigned long long)-m->error;
        set_registers(pid, r);
        return PTRACE_CONT;
    case CR_SHORTEN:
        t->before = *r;
        if (r->rdx > 1) r->rdx /= 2;
        set_registers(pid, r);
        break;
    default:
        t->before = *r;
    }
    t->pending = pid;
    return PTRACE_SYSCALL;
}

/* The call in which the fault waited is done. */
static void strike_after(tracing *t, pid_t pid)
{
    const cr_mode *m = t->run->fault.mode;
    struct user_regs_struct r;
    t->pending = 0;
    if (m->action == CR_KILL_AFTER) {
        t->out->killed = true;
        kill(pid, SIGKILL);
        return;
    }
    if (ptrace(PTRACE_GETREGS, pid, NULL, &r)) return;
    if (m->action == CR_FAIL_AFTER)
        r.rax = (unsigned long long)-m->error;
    else
        r.rdx = t->before.rdx;
    set_registers(pid, &r);
}

/* Absolute, as argument `i` gives it behind the descriptor of its folder. */
static void absolute(const tracing *t, pid_t pid, const struct user_regs_struct *r, int i, bool at,
                     char *path, size_t size)
{
    char name[2048], folder[2048];
    read_text(pid, argument(r, i), name, sizeof name);
    int fd = at ? (int)argument(r, i - 1) : AT_FDCWD;
    if (fd == AT_FDCWD)
        snprintf(folder, sizeof folder, "%s", t->work);
    else
        descriptor_path(pid, fd, folder, sizeof folder);
    snprintf(path, size, "%s%s%s", name[0] == '/' ? "" : folder, name[0] == '/' ? "" : "/", name);
}

static void show_order(const tracing *t, pid_t pid, const cr_call *c, int kind,
                       const struct user_regs_struct *r, const char *subject_path)
{
    char path[4200], to[4200];
    bool at = c->path > 0;
    if (kind == CR_PRINT) {
        size_t n = (size_t)argument(r, 2) + 1;
        read_text(pid, argument(r, 1), to, n < sizeof to ? n : sizeof to);
    }
    if (kind == CR_RENAME) absolute(t, pid, r, at ? 3 : 1, at, to, sizeof to);
    if (c->path >= 0)
        absolute(t, pid, r, c->path, at, path, sizeof path);
    else
        snprintf(path, sizeof path, "%s", subject_path);
    cr_order_see(t->run->order, (cr_kind)kind, path, to);
}

static int on_call(tracing *t, pid_t pid)
{
    struct user_regs_struct r;
    char path[4096];
    if (ptrace(PTRACE_GETREGS, pid, NULL, &r)) return PTRACE_CONT;
    const cr_call *c = cr_call_find((long)r.orig_rax);
    if (!c) return PTRACE_CONT;
    subject(pid, c, &r, path, sizeof path);
    if (!t->page->armed && path[0] && begins(path, t->run->world)) t->page->armed = 1;
    int kind = t->page->armed ? kind_of(t, c, &r, path) : -1;
    if (kind < 0) return PTRACE_CONT;
    t->out->counts.of[kind]++;
    if (t->run->order) show_order(t, pid, c, kind, &r, path);
    const cr_fault *f = &t->run->fault;
    if (!f->mode || !(f->mode->kinds & CR_BIT(kind))) return PTRACE_CONT;
    long n = ++t->matches;
    if (n < f->nth || (n > f->nth && !f->mode->lasting)) return PTRACE_CONT;
    if (n == f->nth)
        snprintf(t->out->where, sizeof t->out->where, "%s %.250s", c->name,
                 begins(path, t->run->world) ? path + strlen(t->run->world) + 1 : path);
    return strike(t, pid, &r);
}

/* --- the run ----------------------------------------------------------------------------------------------- */

static volatile pid_t to_kill;

static void on_alarm(int sig)
{
    (void)sig;
    if (to_kill) kill(-to_kill, SIGKILL);
}

static bool is_crash(int sig)
{
    return sig == SIGSEGV || sig == SIGABRT || sig == SIGBUS || sig == SIGFPE || sig == SIGILL ||
           sig == SIGSYS || sig == SIGTRAP;
}

/* FILE+OFFSET of the instruction, for addr2line. */
static void find_crash(tracing *t, pid_t pid)
{
    struct user_regs_struct r;
    char path[64], line[600], file[400];
    unsigned long from, to, offset;
    snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
    FILE *maps = fopen(path, "r");
    if (maps && !ptrace(PTRACE_GETREGS, pid, NULL, &r))
        while (fgets(line, sizeof line, maps))
            if (sscanf(line, "%lx-%lx %*s %lx %*s %*s %399s", &from, &to, &offset, file) == 4 &&
                from <= r.rip && r.rip < to)
                snprintf(t->out->crash_at, sizeof t->out->crash_at, " at %.200s+0x%lx", file,
                         (unsigned long)r.rip - from + offset);
    if (maps) fclose(maps);
}

static void ended(tracing *t, pid_t pid, int status)
{
    if (WIFSIGNALED(status) && is_crash(WTERMSIG(status))) t->out->own_signal = WTERMSIG(status);
    if (pid == t->root) t->out->status = status;
    if (pid == t->pending) t->pending = 0;
}

static void stopped(tracing *t, pid_t pid, int status)
{
    int sig = WSTOPSIG(status), event = status >> 16, request = PTRACE_CONT;
    if (event == PTRACE_EVENT_SECCOMP)
        request = on_call(t, pid);
    else if (sig == (SIGTRAP | 0x80))
        strike_after(t, pid);
    if (!event && is_crash(sig)) find_crash(t, pid);
    bool deliver = !event && sig != SIGSTOP && sig != (SIGTRAP | 0x80);
    ptrace(request, pid, NULL, (void *)(long)(deliver ? sig : 0));
}

/* Some containers forbid it. */
static _Noreturn void cannot_trace(void)
{
    puts("SKIP crash: this system does not let a program be traced (ptrace, seccomp)\ncrash: 0 passed, 0 "
         "failed");
    exit(0);
}

static void follow(tracing *t)
{
    int status;
    if (t->run->count) {
        if (waitpid(t->root, &status, 0) != t->root || !WIFSTOPPED(status)) cannot_trace();
        long options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                       PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL;
        if (ptrace(PTRACE_SETOPTIONS, t->root, NULL, (void *)options)) cr_stop("ptrace: %s", strerror(errno));
        ptrace(PTRACE_CONT, t->root, NULL, NULL);
    }
    for (;;) { /* until nothing of the run is left, its helpers included */
        pid_t pid = waitpid(-1, &status, __WALL);
        if (pid < 0 && errno == EINTR) continue;
        if (pid < 0) return;
        if (WIFSTOPPED(status))
            stopped(t, pid, status);
        else
            ended(t, pid, status);
    }
}

static cr_page *map_page(const cr_run *run)
{
    char *path = cr_path(run->world, "log/page");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0 || ftruncate(fd, sizeof(cr_page))) cr_stop("%s: %s", path, strerror(errno));
    cr_page *page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED) cr_stop("%s: %s", path, strerror(errno));
    close(fd);
    free(path);
    *page = (cr_page){0};
    const cr_fault *f = &run->fault;
    if (f->mode && f->mode->kinds & CR_BIT(CR_ALLOC))
        page->fail_at = f->nth, page->lasting = f->mode->lasting;
    return page;
}

void cr_execute(const cr_run *run, cr_outcome *out)
{
    ll_str printed = {0};
    *out = (cr_outcome){0};
    ll_str_addf(&printed, "%s/log/%s.out", run->world, run->tag);
    tracing t = {.run = run,
                 .out = out,
                 .page = map_page(run),
                 .home = cr_path(run->world, "home"),
                 .work = cr_path(run->world, "work"),
                 .printed = ll_str_take(&printed)};
    struct sigaction action = {.sa_handler = on_alarm}, former;
    sigaction(SIGALRM, &action, &former);
    t.root = fork();
    if (!t.root) child(run);
    if (t.root < 0) cr_stop("fork: %s", strerror(errno));
    to_kill = t.root;
    alarm(CR_TIMEOUT_S);
    follow(&t);
    out->timed_out = !alarm(0);
    to_kill = 0;
    sigaction(SIGALRM, &former, NULL);
    out->counts.of[CR_ALLOC] = t.page->allocs;
    if (t.page->failed) out->hit = true;
    munmap(t.page, sizeof *t.page);
    free(t.home);
    free(t.work);
    free(t.printed);
}
