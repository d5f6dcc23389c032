/* For tests that talk to a whole app: every command table, a data folder of its own, one session. Include it
 * once per program. */
#ifndef LL_TESTS_SAY_H
#define LL_TESTS_SAY_H

#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/commands/commands.h"
#include "data/commands/commands.h"
#include "data/machines/codesign.h"
#include "data/machines/measure.h"
#include "data/machines/simulate.h"
#include "data/sweep/commands/sweep.h"
#include "sessions/commands.h"
#include "sessions/journal.h"
#include "sessions/manifest.h"
#include "sessions/place.h"
#include "tests/check.h"

static ll_app *app_new(void)
{
    char *dir = ll_path_join(check_tmpdir(), "data");
    ll_app *a = ll_app_new(&(ll_app_config){dir, 1});
    static const ll_command *const tables[] = {
        ll_data_commands,    ll_simulate_commands,     ll_partition_commands, ll_look_commands,
        ll_sources_commands, ll_sample_commands,       ll_predict_commands,   ll_session_commands,
        ll_help_commands,    ll_monotonicity_commands, ll_map_commands,       ll_measure_commands,
        ll_search_commands,  ll_encode_commands,       ll_sweep_commands,     ll_proxies_commands};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) ll_app_register(a, tables[i]);
    ll_app_register(a, ll_codesign_commands);
    ll_sessions_start(a);
    free(dir);
    return a;
}

/* Everything a command said but its begin and its times, one JSON object per line; freed by the next call. */
static const char *said;
static ll_status say(ll_app *a, const char *line)
{
    static ll_str text;
    ll_status status = LL_OK;
    ll_str_clear(&text);
    ll_app_submit(a, line);
    for (cJSON *event; (event = ll_app_wait(a)); cJSON_Delete(event)) {
        const char *kind = ll_json_get_str(event, "event", "");
        if (!strcmp(kind, "end")) status = (ll_status)ll_json_get_int(event, "code", LL_OK);
        if (!strcmp(kind, "begin") || !strcmp(kind, "end") || !strcmp(kind, "progress")) continue;
        cJSON *masked = ll_mask_times(event);
        cJSON_DeleteItemFromObject(masked, "id");
        char *json = ll_json_line(masked);
        ll_str_addf(&text, "%s\n", json);
        free(json);
        cJSON_Delete(masked);
    }
    said = ll_str_text(&text);
    return status;
}

/* The first result of this kind among what was said; the caller deletes it. NULL: none. */
static inline cJSON *said_result(const char *kind)
{
    ll_strs lines = {0};
    cJSON *found = NULL;
    ll_strs_split(&lines, said, '\n');
    for (int i = 0; i < lines.n && !found; i++) {
        cJSON *o = cJSON_Parse(lines.v[i]);
        if (!strcmp(ll_json_get_str(o, "kind", ""), kind))
            found = o;
        else
            cJSON_Delete(o);
    }
    ll_strs_free(&lines);
    return found;
}

#define SAY(a, line)                                                                                         \
    do {                                                                                                     \
        if (!CHECK_OK(say(a, line))) printf("    %s: %s\n", line, said);                                     \
    } while (0)

static char *state_text(ll_app *a)
{
    ll_state s;
    ll_app_snapshot(a, &s);
    ll_session *session = ll_session_of(a);
    cJSON *m = NULL;
    CHECK_OK(ll_manifest_write(&session->store, &s, &m, NULL));
    char *text = ll_json_line(m);
    cJSON_Delete(m);
    ll_state_free(&s);
    return text;
}

/* The same state, and the same predictions for it. */
static inline void check_same_state(ll_app *a, const char *then)
{
    char *now = state_text(a);
    CHECK_STR(now, then);
    free(now);
}

static const char *const work[] = {
    "load toy",
    "partition source=sim_v100_b1,sim_v100_b32,sim_v100_b256 target=sim_eyeriss",
    "sample k=6 seed=3",
    "tag sim_eyeriss",
    "pretrain gp n=60 seed=1",
    "transfer sim_eyeriss k=6 seed=3",
    NULL};

static inline void do_work(ll_app *a)
{
    for (int i = 0; work[i]; i++) SAY(a, work[i]);
}

static inline char *saved_path(const char *name, const char *file)
{
    char *dir = ll_sessions_saved_dir(), *session = ll_path_join(dir, name),
         *path = ll_path_join(session, file);
    free(dir);
    free(session);
    return path;
}

static inline char *read_text(const char *path, size_t *len)
{
    char *text = NULL;
    ll_error e = {0};
    if (!CHECK_OK(ll_read_file(path, 0, &text, len, &e))) printf("    %s\n", e.message);
    return text;
}

static inline void make_toy(void)
{
    ll_app *a = app_new();
    SAY(a, "simulate dataset=toy space=fbnet n=150 seed=5 machines=sim_v100_b*,sim_eyeriss,sim_raspi4");
    ll_app_free(a);
}

/* A short session; tagged, so that it can be told from others. */
static inline ll_app *app_with(const char *tag)
{
    char line[64];
    ll_app *a = app_new();
    SAY(a, "load toy");
    snprintf(line, sizeof line, "tag %s", tag);
    SAY(a, line);
    return a;
}

#endif
