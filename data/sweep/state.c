#include "data/sweep/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/system/fs.h"
#include "core/base/system/shared_file.h"
#include "core/base/text/json.h"

static const char *const names[] = {"missing", "running", "stopped", "failed", "lost", "done"};

const char *ll_sweep_phase_name(ll_sweep_phase p)
{
    return names[p];
}

static void own_host(char *out, size_t size)
{
    if (gethostname(out, size)) *out = 0;
    out[size - 1] = 0;
}

/* What it has had itself and what a process that measures had were there at the same time. */
static double peak_mb(void)
{
    struct rusage own, started;
    if (getrusage(RUSAGE_SELF, &own) || getrusage(RUSAGE_CHILDREN, &started)) return 0;
    return (double)(own.ru_maxrss + started.ru_maxrss) / 1024;
}

ll_status ll_sweep_state_write(const char *path, const ll_sweep_state *s, ll_error *e)
{
    char host[sizeof s->host];
    own_host(host, sizeof host);
    cJSON *o = cJSON_CreateObject();
    ll_json_str(o, "phase", names[s->phase]);
    ll_json_int(o, "done", s->done);
    ll_json_str(o, "host", host);
    ll_json_int(o, "pid", (long)getpid());
    ll_json_num(o, "heard", ll_wall_s());
    ll_json_num(o, "peak_mb", peak_mb());
    ll_json_str(o, "local", s->local);
    ll_json_str(o, "message", s->message);
    char *text = ll_json_line(o);
    ll_status status = ll_write_file(path, text, strlen(text), e);
    free(text);
    cJSON_Delete(o);
    return status;
}

static bool is_gone(const ll_sweep_state *s)
{
    char host[sizeof s->host];
    own_host(host, sizeof host);
    return !strcmp(host, s->host) && *s->local && !ll_shared_locked(s->local);
}

ll_sweep_state ll_sweep_state_read(const char *path)
{
    ll_sweep_state s = {0};
    cJSON *o;
    if (!ll_is_file(path) || ll_json_read_file(path, &o, NULL)) return s;
    const char *phase = ll_json_get_str(o, "phase", "");
    for (int i = 0; i < LL_SWEEP_PHASES; i++)
        if (!strcmp(phase, names[i])) s.phase = (ll_sweep_phase)i;
    s.done = ll_json_get_int(o, "done", 0);
    s.pid = ll_json_get_int(o, "pid", 0);
    s.heard = ll_json_get_num(o, "heard", 0);
    s.peak_mb = ll_json_get_num(o, "peak_mb", 0);
    snprintf(s.local, sizeof s.local, "%s", ll_json_get_str(o, "local", ""));
    snprintf(s.host, sizeof s.host, "%s", ll_json_get_str(o, "host", ""));
    snprintf(s.message, sizeof s.message, "%s", ll_json_get_str(o, "message", ""));
    cJSON_Delete(o);
    if (s.phase == LL_SWEEP_RUNNING && is_gone(&s)) s.phase = LL_SWEEP_LOST;
    return s;
}
