#include "data/machines/remote/link.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/system/spawn.h"
#include "core/base/text/json.h"
#include "core/base/utf8.h"
#include "data/machines/host/describe.h"
#include "data/machines/remote/hosts.h"
#include "data/machines/remote/wire.h"

enum { TICK_MS = 50, MOST_PROGRAM = 1 << 27 };
#define PATIENCE_S 60.0 /* for a line of a machine that is being connected to */

extern char **environ;

struct ll_remote {
    char *via;
    ll_strs words;
    const ll_observer *observer;
    pid_t pid;
    int fd;       /* its standard input and output */
    int err;      /* what it says on standard error, a file without a name */
    ll_str heard; /* not yet a line */
    cJSON *machine, *engines;
    ll_elsewhere elsewhere;
};

/* --- the process --- */

static ll_status start_shell(ll_remote *r, ll_error *e)
{
    int fd[2], failed = 0;
    char **argv = LL_NEW_ARRAY(char *, r->words.n + 2);
    static char shell[] = "sh";
    for (int i = 0; i < r->words.n; i++) argv[i] = r->words.v[i];
    argv[r->words.n] = shell;
    r->err = memfd_create("complaints", MFD_CLOEXEC);
    if (r->err < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd)) {
        failed = errno;
    } else {
        r->fd = fd[0];
        /* a session of its own: no terminal to ask on, and no Ctrl-C but by the end of its input */
        failed = ll_spawn(argv, environ, (const int[]){fd[1], fd[1], r->err}, LL_OWN_SESSION, &r->pid);
        if (failed) r->pid = -1;
        close(fd[1]);
    }
    free(argv);
    return failed ? ll_fail(e, LL_FAILED, "cannot start %s: %s", r->words.v[0], strerror(failed)) : LL_OK;
}

/* An end of its input is the end of a shell or of latlab-measure; what does not end by that is ended. */
static void end_process(ll_remote *r)
{
    if (r->fd >= 0) close(r->fd);
    for (int tick = 0; r->pid > 0 && tick < 20; tick++) {
        if (waitpid(r->pid, NULL, WNOHANG) == r->pid)
            r->pid = -1;
        else
            poll(NULL, 0, TICK_MS);
    }
    if (r->pid > 0) {
        kill(-r->pid, SIGKILL);
        waitpid(r->pid, NULL, 0);
    }
    if (r->err >= 0) close(r->err);
    r->fd = r->err = -1;
    r->pid = -1;
    ll_str_clear(&r->heard);
}

/* The connection has ended: the last line of what it complained of. */
static ll_status gone(ll_remote *r, ll_error *e)
{
    char text[400];
    ssize_t n = r->err < 0 ? 0 : pread(r->err, text, sizeof text - 1, 0);
    ll_strs lines = {0};
    ll_str shown = {0};
    text[n > 0 ? n : 0] = 0;
    ll_strs_split(&lines, text, '\n');
    if (lines.n) {
        char *last = lines.v[lines.n - 1];
        last[strcspn(last, "\r")] = 0;
        ll_str_add(&shown, ": ");
        ll_utf8_visible(&shown, last);
    }
    ll_fail(e, LL_FAILED, "via=%.100s: the connection ended%s", r->via, ll_str_text(&shown));
    ll_str_free(&shown);
    ll_strs_free(&lines);
    return LL_FAILED;
}

/* --- lines --- */

static ll_status put(ll_remote *r, const char *bytes, size_t n, ll_error *e)
{
    struct pollfd p = {.fd = r->fd, .events = POLLOUT};
    while (n) {
        if (ll_cancelled(r->observer)) return LL_CANCELLED;
        if (poll(&p, 1, TICK_MS) <= 0) continue;
        ssize_t w = send(r->fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (w < 0 && errno != EINTR && errno != EAGAIN) return gone(r, e);
        if (w > 0) bytes += w, n -= (size_t)w;
    }
    return LL_OK;
}

static ll_status put_line(ll_remote *r, const char *line, ll_error *e)
{
    ll_status s = put(r, line, strlen(line), e);
    return s ? s : put(r, "\n", 1, e);
}

/* The next line that has come, to be freed; NULL: none is whole. */
static char *whole_line(ll_remote *r)
{
    char *end = r->heard.len ? memchr(r->heard.s, '\n', r->heard.len) : NULL;
    if (!end) return NULL;
    size_t n = (size_t)(end - r->heard.s);
    char *line = ll_strndup(r->heard.s, n);
    memmove(r->heard.s, end + 1, r->heard.len - n); /* with the zero behind it */
    r->heard.len -= n + 1;
    if (n && line[n - 1] == '\r') line[n - 1] = 0;
    return line;
}

/* *line is NULL when none came within the time. */
static ll_status take_line(ll_remote *r, int timeout_ms, char **line, ll_error *e)
{
    char bytes[4096];
    struct pollfd p = {.fd = r->fd, .events = POLLIN};
    *line = whole_line(r);
    if (*line || poll(&p, 1, timeout_ms) <= 0) return LL_OK;
    ssize_t n = recv(r->fd, bytes, sizeof bytes - 1, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) return gone(r, e);
    if (n > 0) {
        bytes[n] = 0;
        if (memchr(bytes, 0, (size_t)n))
            return ll_fail(e, LL_FAILED, "via=%.100s: what answers there is no text", r->via);
        ll_str_add(&r->heard, bytes);
    }
    if (r->heard.len > LL_WIRE_LINE)
        return ll_fail(e, LL_FAILED, "via=%.100s: what answers there is not latlab-measure", r->via);
    *line = whole_line(r);
    return LL_OK;
}

/* Waits for a line while somebody may cancel. */
static ll_status wait_line(ll_remote *r, char **line, ll_error *e)
{
    double until = ll_now_s() + PATIENCE_S;
    ll_status s = LL_OK;
    *line = NULL;
    while (!*line && !s) {
        if (ll_cancelled(r->observer)) return LL_CANCELLED;
        if (ll_now_s() > until)
            return ll_fail(e, LL_FAILED, "via=%.100s: no answer within %.0f s", r->via, PATIENCE_S);
        s = take_line(r, TICK_MS, line, e);
    }
    return s;
}

/* What stands behind `word` of the first line that begins with it: shells may greet before. To be freed. */
static ll_status wait_word(ll_remote *r, const char *word, char **rest, ll_error *e)
{
    char *line;
    ll_status s;
    *rest = NULL;
    while (!(s = wait_line(r, &line, e)) && !*rest) {
        const char *behind = ll_wire_behind(line, word);
        if (behind) *rest = ll_strdup(behind);
        free(line);
        if (*rest) break;
    }
    return s;
}

/* --- the program that measures there --- */

typedef struct program {
    char *bytes;
    size_t n;
    ll_hash hash;
} program;

static ll_status find_program(const ll_remote *r, const char *machine, program *out, ll_error *e)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    ll_str name = {0};
    ll_str_addf(&name, "latlab-measure-%.40s", machine);
    char *path = ll_came_along(name.s, name.s);
    ll_status s = LL_OK;
    if (machine[strspn(machine, plain)] || !ll_is_file(path))
        s = ll_fail(e, LL_FAILED,
                    "via=%.100s: that machine is %.40s, for which there is no latlab-measure here (`make "
                    "latlab-measure-aarch64` makes that of 64-bit Arm)",
                    r->via, machine);
    if (!s) s = ll_read_file(path, MOST_PROGRAM, &out->bytes, &out->n, e);
    if (!s) out->hash = ll_hash_bytes(out->bytes, out->n);
    ll_str_free(&name);
    free(path);
    return s;
}

/* Sets d to the folder and p to the program's path there. */
static void add_place(ll_str *script, const program *p)
{
    ll_str_addf(script, "d=\"${XDG_CACHE_HOME:-$HOME/.cache}/latlab\"; p=\"$d/latlab-measure-%s\"; ",
                p->hash.hex);
}

/* Until the other side ends the connection. */
static ll_status wait_end(ll_remote *r)
{
    char *line;
    while (!take_line(r, TICK_MS, &line, NULL)) {
        free(line);
        if (ll_cancelled(r->observer)) return LL_CANCELLED;
    }
    return LL_OK;
}

/* The bytes go to a program that reads to the end, never to the shell, which would take them for commands. Whether they
 * arrived is asked afterwards. */
static ll_status send_program(ll_remote *r, const program *p, ll_error *e)
{
    ll_str script = {0};
    char *rest = NULL;
    ll_status s = start_shell(r, e);
    add_place(&script, p);
    ll_str_add(&script, "umask 077; mkdir -p \"$d\" || exit 1; echo latlab:send; exec cat >\"$p.new\"");
    if (!s) s = put_line(r, ll_str_text(&script), e);
    if (!s) s = wait_word(r, "latlab:send", &rest, e);
    if (!s && put(r, p->bytes, p->n, NULL) == LL_CANCELLED) s = LL_CANCELLED;
    if (!s) shutdown(r->fd, SHUT_WR);
    if (!s) s = wait_end(r);
    end_process(r);
    free(rest);
    ll_str_free(&script);
    return s;
}

/* Asks the shell for the program; *there: it has it, in full. */
static ll_status ask_for_program(ll_remote *r, const program *p, bool *there, ll_error *e)
{
    ll_str script = {0};
    char *rest = NULL;
    add_place(&script, p);
    ll_str_addf(&script,
                "if [ -f \"$p.new\" ] && [ $(wc -c <\"$p.new\") -eq %zu ]; then chmod 700 \"$p.new\" && mv "
                "\"$p.new\" "
                "\"$p\"; fi; if [ -x \"$p\" ]; then echo latlab:there yes; else echo latlab:there no; fi",
                p->n);
    ll_status s = put_line(r, ll_str_text(&script), e);
    if (!s) s = wait_word(r, "latlab:there", &rest, e);
    *there = rest && !strcmp(rest, "yes");
    free(rest);
    ll_str_free(&script);
    return s;
}

static ll_status ask_machine(ll_remote *r, program *out, ll_error *e)
{
    char *machine = NULL;
    ll_status s = put_line(r, "echo \"latlab:is $(uname -m)\"", e);
    if (!s) s = wait_word(r, "latlab:is", &machine, e);
    if (!s) s = find_program(r, machine, out, e);
    free(machine);
    return s;
}

/* A shell there that has the program: sent first where it is not. */
static ll_status prepare(ll_remote *r, program *p, ll_error *e)
{
    bool there = false;
    ll_status s = start_shell(r, e);
    if (!s) s = ask_machine(r, p, e);
    if (!s) s = ask_for_program(r, p, &there, e);
    if (s || there) return s;
    end_process(r);
    s = send_program(r, p, e);
    if (!s) s = start_shell(r, e);
    if (!s) s = ask_for_program(r, p, &there, e);
    if (!s && !there)
        s = ll_fail(e, LL_FAILED,
                    "via=%.100s: latlab-measure (%.1f MB) did not arrive whole: is its disk full?", r->via,
                    (double)p->n * 1e-6);
    return s;
}

/* "fact KEY VALUE" and "engine NAME VERSION", until "ready". */
static ll_status take_facts(ll_remote *r, cJSON *facts, ll_error *e)
{
    char *line;
    ll_status s;
    for (bool ready = false; !ready;) {
        if ((s = wait_line(r, &line, e))) return s;
        const char *fact = ll_wire_behind(line, "fact"), *engine = ll_wire_behind(line, "engine");
        char *rest = (char *)(fact ? fact : engine), *key = rest ? strsep(&rest, " ") : NULL;
        if (key && rest && fact) ll_describe_fact(facts, key, rest);
        if (key && rest && engine) ll_json_str(r->engines, key, rest);
        ready = ll_wire_behind(line, "ready") != NULL;
        free(line);
    }
    return LL_OK;
}

static ll_status run_program(ll_remote *r, const program *p, ll_error *e)
{
    char *greeting = NULL, expected[64];
    ll_status s = put_line(r, "exec \"$p\"", e);
    if (!s) s = wait_word(r, "latlab-measure", &greeting, e);
    snprintf(expected, sizeof expected, "%d %s", LL_WIRE_VERSION, p->hash.hex);
    if (!s && strcmp(greeting, expected))
        s = ll_fail(e, LL_FAILED, "via=%.100s: what runs there is %.60s, not %s", r->via, greeting, expected);
    free(greeting);
    return s ? s : take_facts(r, r->machine, e);
}

/* --- measuring --- */

const char *ll_remote_cpu(const ll_remote *r)
{
    return ll_json_get_str(r->machine, "cpu", "unknown processor");
}

const cJSON *ll_remote_machine(const ll_remote *r)
{
    return r->machine;
}

const char *ll_remote_engine(const ll_remote *r, const char *name)
{
    return ll_json_get_str(r->engines, name, NULL);
}

static ll_status start_there(void *self, const ll_host_settings *s, int core, const ll_network *control,
                             ll_error *e)
{
    ll_remote *r = self;
    ll_str line = {0};
    char *said = NULL;
    int row;
    ll_wire_put_open(&line, s, core, control);
    ll_status status = put_line(r, ll_str_text(&line), e);
    if (!status) status = wait_line(r, &said, e);
    const char *why = said ? ll_wire_behind(said, "failed") : NULL;
    if (why) {
        ll_error there = {0};
        status = ll_wire_get_failed(why, &row, &there, e);
        if (!status) status = ll_fail(e, there.status, "via=%.100s: %s", r->via, there.message);
    } else if (said && !ll_wire_behind(said, "opened")) {
        status = ll_fail(e, LL_FAILED, "via=%.100s: it says \"%.60s\"", r->via, said);
    }
    free(said);
    ll_str_free(&line);
    return status;
}

static ll_status send_there(void *self, int row, int runs, const ll_network *n, ll_error *e)
{
    ll_remote *r = self;
    ll_str line = {0};
    ll_wire_put_visit(&line, row, runs, n);
    ll_status s = put_line(r, ll_str_text(&line), e);
    ll_str_free(&line);
    return s;
}

static ll_status receive_there(void *self, int timeout_ms, ll_worker_answer *out, bool *ready, ll_error *e)
{
    ll_remote *r = self;
    char *line = NULL;
    ll_error there = {0};
    ll_status s = take_line(r, timeout_ms, &line, e);
    *ready = line != NULL;
    if (s || !line) return s;
    const char *visited = ll_wire_behind(line, "visited"), *failed = ll_wire_behind(line, "failed");
    *out = (ll_worker_answer){0};
    if (visited)
        s = ll_wire_get_visited(visited, &out->row, &out->visit, e);
    else if (failed)
        s = ll_wire_get_failed(failed, &out->row, &there, e);
    else
        s = ll_fail(e, LL_FAILED, "via=%.100s: it says \"%.60s\"", r->via, line);
    out->status = there.status;
    snprintf(out->message, sizeof out->message, "%.199s", there.message);
    free(line);
    return s;
}

const ll_elsewhere *ll_remote_elsewhere(const ll_remote *r)
{
    return r ? &r->elsewhere : NULL;
}

ll_status ll_remote_state(ll_remote *r, cJSON *into, ll_error *e)
{
    ll_status s = put_line(r, "state", e);
    return s ? s : take_facts(r, into, e);
}

/* --- the connection --- */

ll_status ll_remote_open(const char *via, const ll_observer *o, ll_remote **out, ll_error *e)
{
    program p = {0};
    ll_strs words = {0};
    ll_status s = ll_host_command(via, &words, e);
    if (s) {
        ll_strs_free(&words);
        return s;
    }
    ll_remote *r = LL_NEW(ll_remote);
    *r = (ll_remote){.via = ll_strdup(via),
                     .words = words,
                     .observer = o,
                     .pid = -1,
                     .fd = -1,
                     .err = -1,
                     .elsewhere = {r, start_there, send_there, receive_there}};
    r->machine = cJSON_CreateObject();
    r->engines = cJSON_CreateObject();
    s = prepare(r, &p, e);
    if (!s) s = run_program(r, &p, e);
    free(p.bytes);
    if (s)
        ll_remote_close(r);
    else
        *out = r;
    return s;
}

void ll_remote_close(ll_remote *r)
{
    if (!r) return;
    end_process(r);
    ll_strs_free(&r->words);
    ll_str_free(&r->heard);
    cJSON_Delete(r->machine);
    cJSON_Delete(r->engines);
    free(r->via);
    free(r);
}
