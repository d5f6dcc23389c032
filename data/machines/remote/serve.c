#include "data/machines/remote/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "data/machines/host/bench.h"
#include "data/machines/host/machine.h"
#include "data/machines/remote/wire.h"

typedef struct server {
    FILE *out;
    int lock; /* a descriptor; -1: the machine is not taken yet */
    ll_host_settings settings;
    ll_bench *bench; /* NULL: nothing is open */
    int core;
    ll_network network;
    ll_str said;
} server;

static void say(server *s)
{
    fprintf(s->out, "%s\n", ll_str_text(&s->said));
    ll_str_clear(&s->said);
}

static void say_failed(server *s, int row, const ll_error *why)
{
    ll_wire_put_failed(&s->said, row, why);
    say(s);
}

static void say_fact(void *ctx, const char *key, const char *value)
{
    server *s = ctx;
    ll_str_addf(&s->said, "fact %s %s", key, value);
    say(s);
}

static void say_engines(server *s)
{
    const ll_host_engine *engine;
    for (int i = 0; (engine = ll_host_engine_at(i)); i++) {
        const ll_host_settings plain = {engine, LL_HOST_F32,     LL_ISA_NATIVE, 1,
                                        1,      LL_NETWORK_SEED, false,         false};
        if (engine->check(&plain, NULL)) continue;
        ll_str_addf(&s->said, "engine %s ", engine->name);
        engine->version(&s->said);
        say(s);
    }
}

/* Two that measure at once would measure each other. What all of them have in common is the folder that this program was
 * sent to; the lock ends with its process. */
static ll_status take_machine(server *s, ll_error *e)
{
    char folder[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", folder, sizeof folder - 1);
    if (s->lock >= 0 || n <= 0) return LL_OK;
    folder[n] = 0;
    *strrchr(folder, '/') = 0;
    s->lock = open(*folder ? folder : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->lock < 0 || !flock(s->lock, LOCK_EX | LOCK_NB) || errno != EWOULDBLOCK) return LL_OK;
    close(s->lock);
    s->lock = -1;
    return ll_fail(e, LL_FAILED, "another process is measuring on that machine; wait for it");
}

static ll_status pin(const server *s, int core, ll_error *e)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)core, &set);
    if (s->settings.threads > 1 || !sched_setaffinity(0, sizeof set, &set)) return LL_OK;
    return ll_fail(e, LL_USAGE, "core=%d cannot be used there", core);
}

/* Some builds of a library compute wrongly on a processor that they do not know: the control network, by plain C too. */
static ll_status check_numbers(const server *s, ll_error *e)
{
    ll_host_settings plain = s->settings;
    size_t n = (size_t)ll_network_classes(&s->network) * (size_t)s->settings.batch;
    float *got = LL_NEW_ARRAY(float, n), *right = LL_NEW_ARRAY(float, n);
    plain.engine = &ll_engine_reference;
    plain.threads = 1;
    ll_status status = ll_host_run_once(&s->settings, &s->network, got, e);
    if (!status) status = ll_host_run_once(&plain, &s->network, right, e);
    double distance = status ? 0 : ll_host_distance(got, right, (int)n);
    if (!status && !(distance <= ll_host_tolerance(s->settings.dtype)))
        status = ll_fail(e, LL_FAILED, "engine %s computes wrongly there: %.2g from plain C",
                         s->settings.engine->name, distance);
    free(got);
    free(right);
    return status;
}

static void open_bench(server *s, const char *text)
{
    ll_error e = {0};
    int core;
    ll_bench_close(s->bench);
    s->bench = NULL;
    ll_status status = ll_wire_get_open(text, &s->settings, &core, &s->network, &e);
    if (!status) status = s->settings.engine->check(&s->settings, &e);
    if (!status) status = take_machine(s, &e);
    if (!status) s->core = core < 0 ? ll_machine_core() : core;
    if (!status) status = pin(s, s->core, &e);
    if (!status) status = check_numbers(s, &e);
    if (!status) status = ll_bench_open(&s->settings, &s->network, &s->bench, &e);
    if (status) {
        ll_bench_close(s->bench);
        s->bench = NULL;
        say_failed(s, -1, &e);
        return;
    }
    ll_str_addf(&s->said, "opened %d", s->core);
    say(s);
}

static void visit(server *s, const char *text)
{
    ll_error e = {0};
    ll_visit v;
    int row, runs;
    ll_status status = ll_wire_get_visit(text, &row, &runs, &s->network, &e);
    if (!status && !s->bench) status = ll_fail(&e, LL_USAGE, "nothing is open");
    if (!status) status = ll_bench_visit(s->bench, &s->network, runs, &v, &e);
    if (status) {
        say_failed(s, row, &e);
        return;
    }
    ll_wire_put_visited(&s->said, row, &v);
    say(s);
}

static void answer(server *s, const char *line)
{
    const char *rest;
    if ((rest = ll_wire_behind(line, "visit"))) {
        visit(s, rest);
    } else if ((rest = ll_wire_behind(line, "open"))) {
        open_bench(s, rest);
    } else if (ll_wire_behind(line, "state")) {
        ll_machine_state(s->core, say_fact, s);
        fprintf(s->out, "ready\n");
    } else {
        ll_error e = {0};
        ll_fail(&e, LL_USAGE, "what is \"%.40s\"?", line);
        say_failed(s, -1, &e);
    }
}

ll_status ll_serve(FILE *in, FILE *out, const char *hash)
{
    server *s = LL_NEW(server);
    char *line = NULL;
    size_t room = 0;
    s->out = out;
    s->lock = -1;
    fprintf(out, "latlab-measure %d %s\n", LL_WIRE_VERSION, hash);
    ll_machine_facts(say_fact, s);
    say_engines(s);
    fprintf(out, "ready\n");
    bool heard = !fflush(out);
    for (ssize_t n; heard && (n = getline(&line, &room, in)) > 0; heard = !fflush(out)) {
        if (line[n - 1] == '\n') line[n - 1] = 0;
        answer(s, line);
    }
    free(line);
    ll_bench_close(s->bench);
    if (s->lock >= 0) close(s->lock);
    ll_str_free(&s->said);
    free(s);
    return heard ? LL_OK : LL_FAILED;
}
