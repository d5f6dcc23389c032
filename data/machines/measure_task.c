/* Measuring as a task of a sweep: into a journal of its own, which also says on what machine, when, and how warm it was. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/hash.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/system/shared_file.h"
#include "core/base/text/json.h"
#include "data/machines/measure.h"
#include "data/machines/measure_parts.h"
#include "data/machines/place.h"

struct ll_measure_task {
    ll_request *rq;
    const ll_space *space;
    char *journal, *identity, *note;
    ll_host_settings settings;
    ll_place place;
    bool begun;
    int lock;
};

void ll_measure_identity(const ll_request *rq, const ll_space *space, ll_str *out)
{
    ll_host_settings settings;
    char *note;
    ll_measure_settings(rq, &settings, &note);
    ll_str_addf(out, "latlab measure: space=%s %s on ", space->name, note);
    free(note);
}

/* --- one at a time --- */

/* Of this machine, whatever folder is for temporary files, or of the place that via= names as seen from here. */
static char *lock_name(const ll_request *rq)
{
    const char *via = ll_word(&rq->args, "via");
    ll_str b = {0};
    ll_hash h = ll_hash_bytes(via ? via : "", via ? strlen(via) : 0);
    ll_str_addf(&b, "/tmp/latlab-measuring-%ld-%.16s", (long)geteuid(), h.hex);
    return ll_str_take(&b);
}

static ll_status take_machine(ll_measure_task *t, ll_error *e)
{
    enum { A_DAY_MS = 86400000 };
    char *name = lock_name(t->rq);
    ll_status s = ll_shared_lock(name, 0, &t->lock, NULL);
    if (s && s != LL_CANCELLED) {
        ll_note(t->rq, "another task measures there: waiting for it");
        s = ll_shared_lock(name, A_DAY_MS, &t->lock, e);
    }
    free(name);
    return s;
}

/* --- the journal --- */

/* A line that is no time: readers of times pass over it. */
static ll_status append_record(const ll_measure_task *t, cJSON *o, ll_error *e)
{
    char *text = ll_json_line(o);
    int fd = ll_open_own(t->journal, O_APPEND, e);
    ll_status s = fd < 0 ? LL_FAILED : LL_OK;
    if (!s && dprintf(fd, "# %s\n", text) < 0)
        s = ll_fail(e, LL_FAILED, "%s: cannot write: %s", t->journal, strerror(errno));
    if (fd >= 0) close(fd);
    free(text);
    cJSON_Delete(o);
    return s;
}

static ll_status begin_journal(ll_measure_task *t, ll_error *e)
{
    char *text;
    size_t n;
    if (!ll_is_file(t->journal)) {
        ll_str b = {0};
        ll_str_addf(&b, "%s\n", t->identity);
        ll_status s = ll_write_file(t->journal, b.s, b.len, e);
        ll_str_free(&b);
        return s;
    }
    ll_status s = ll_read_own_file(t->journal, 0, &text, &n, e);
    if (s) return s;
    text[strcspn(text, "\n")] = 0;
    if (strcmp(text, t->identity))
        s = ll_fail(e, LL_USAGE,
                    "%s holds measurements of something else (%.200s); expected %.200s: a device is one "
                    "machine, or machines of one kind",
                    t->journal, text, t->identity);
    free(text);
    return s;
}

static ll_status say_where(const ll_measure_task *t, ll_error *e)
{
    cJSON *o = cJSON_CreateObject();
    ll_str version = {0};
    char host[128] = "";
    if (gethostname(host, sizeof host - 1)) *host = 0;
    ll_place_version(&t->place, &t->settings, &version);
    ll_json_str(o, "engine", ll_str_text(&version));
    cJSON_AddItemToObject(o, "machine", ll_place_describe(&t->place));
    ll_json_str(o, "from", host);
    ll_json_now(o, "begun");
    cJSON_AddItemToObject(o, "before", ll_place_state(&t->place, ll_measure_core(t->rq, &t->place)));
    ll_str_free(&version);
    return append_record(t, o, e);
}

/* --- a task --- */

static ll_status set_up(ll_measure_task *t, ll_error *e)
{
    ll_str identity = {0};
    ll_measure_settings(t->rq, &t->settings, &t->note);
    ll_status s = take_machine(t, e);
    if (!s && (s = ll_place_open(t->rq, &t->settings, &t->place))) *e = t->rq->error;
    if (s) return s;
    ll_measure_identity(t->rq, t->space, &identity);
    ll_str_add(&identity, t->place.hardware);
    t->identity = ll_str_take(&identity);
    s = begin_journal(t, e);
    if (!s) s = say_where(t, e);
    t->begun = !s;
    return s;
}

ll_status ll_measure_task_open(ll_request *rq, const ll_space *space, const char *journal,
                               ll_measure_task **out)
{
    ll_measure_task *t = LL_NEW(ll_measure_task);
    *t = (ll_measure_task){.rq = rq, .space = space, .journal = ll_strdup(journal), .lock = -1};
    *out = t;
    ll_error e = {0};
    ll_status s = set_up(t, &e);
    if (s) rq->error = e;
    return s;
}

ll_status ll_measure_task_run(ll_measure_task *t, const uint8_t *genes, int n, int *fresh, ll_error *e)
{
    ll_times times;
    ll_sweep sweep = {.settings = t->settings,
                      .space = t->space,
                      .genes = genes,
                      .n = n,
                      .repeats = ll_measure_repeats(t->rq),
                      .order_seed = (uint64_t)ll_int(&t->rq->args, "seed"),
                      .core = ll_measure_core(t->rq, &t->place),
                      .elsewhere = ll_remote_elsewhere(t->place.remote),
                      .journal = t->journal,
                      .identity = t->identity,
                      .observer = t->rq->observer};
    *fresh = 0;
    ll_status s = ll_sweep_recall(&sweep, &times, e);
    for (int i = 0; i < n && !s; i++) *fresh += !times.count[i];
    ll_times_free(&times);
    if (s) return s;
    s = ll_sweep_run(&sweep, &times, e);
    ll_times_free(&times);
    return s;
}

void ll_measure_task_close(ll_measure_task *t)
{
    if (!t) return;
    if (t->begun) {
        cJSON *o = cJSON_CreateObject();
        ll_json_now(o, "ended");
        cJSON_AddItemToObject(o, "after", ll_place_state(&t->place, ll_measure_core(t->rq, &t->place)));
        append_record(t, o, NULL); /* without it the times are as good */
    }
    ll_place_close(&t->place);
    ll_shared_unlock(t->lock);
    free(t->journal);
    free(t->identity);
    free(t->note);
    free(t);
}
