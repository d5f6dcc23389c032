#include "sessions/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/stale.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/base/text/quote.h"
#include "data/datasets/folder_change.h"
#include "sessions/folder.h"
#include "sessions/header.h"
#include "sessions/journal.h"
#include "sessions/manifest.h"
#include "sessions/notes.h"
#include "sessions/place.h"

/* --- what the state holds, in a few fields ----------------------------------------------------------------
 */

static void add_state(cJSON *result, const ll_state *s)
{
    ll_json_str(result, "dataset", s->data ? s->data->name : NULL);
    ll_json_str(result, "task", s->task ? s->task->name : NULL);
    ll_json_int(result, "n_samples", s->samples ? s->samples->rows.n : 0);
    cJSON *models = ll_json_arr(result, "models"), *transfers = ll_json_arr(result, "transfers");
    for (int i = 0; i < s->n_models; i++)
        cJSON_AddItemToArray(models, ll_json_string(s->models[i]->predictor->name));
    for (int i = 0; i < s->n_transfers; i++) {
        ll_str text = {0};
        ll_str_addf(&text, "%s by %s", s->transfers[i]->device, s->transfers[i]->predictor->name);
        cJSON_AddItemToArray(transfers, ll_json_string(ll_str_text(&text)));
        ll_str_free(&text);
    }
}

static const ll_column state_columns[] = {{"session", "session", NULL, -1},
                                          {"dataset", "dataset", NULL, -1},
                                          {"task", "task", NULL, -1},
                                          {"n_samples", "samples", NULL, 0},
                                          {"models", "models", NULL, -1},
                                          {"transfers", "predictions", NULL, -1},
                                          {"steps", "steps that `undo` can go back", NULL, 0},
                                          {0}};

/* "first", "first (not saved)", "(unnamed)" */
static void add_name(cJSON *result, const ll_session *s)
{
    ll_str name = {0};
    if (s->of)
        ll_str_addf(&name, "%s (not saved)", ll_path_base(s->of));
    else
        ll_str_add(&name, s->name ? s->name : "(unnamed)");
    ll_json_str(result, "session", ll_str_text(&name));
    ll_json_str(result, "of", s->of ? ll_path_base(s->of) : NULL);
    ll_str_free(&name);
}

static void emit_state(ll_request *rq, const ll_session *s, const char *kind, const char *title,
                       const char *line)
{
    cJSON *result = ll_result_new(kind);
    if (title) ll_json_str(result, "title", title);
    add_name(result, s);
    if (line) ll_json_str(result, "line", line);
    add_state(result, &rq->state);
    ll_json_int(result, "steps", s->at);
    ll_json_int(result, "undone", s->n_steps - 1 - s->at);
    ll_result_columns(result, state_columns);
    ll_json_stale(result, &rq->state);
    ll_emit(rq, result);
}

/* --- save, open -------------------------------------------------------------------------------------------
 */

static ll_status run_save(ll_request *rq)
{
    ll_session *s = ll_session_of(rq->app);
    bool kept;
    const char *name = ll_word(&rq->args, "name");
    if (!name) name = s->name ? s->dir : s->of;
    if (!name) return LL_FAIL(rq, LL_USAGE, "which name? as in `save first`");
    ll_status status = ll_session_save(s, name, &kept, &rq->error);
    if (status) return status;
    if (kept) {
        char *line = ll_session_open_line(s->dir, "former=on");
        ll_note(rq, "a session %s was there: `%s` gives a copy of it", s->name, line);
        free(line);
    }
    emit_state(rq, s, "save", NULL, NULL);
    return LL_OK;
}

/* The session that was changed last and that nobody has open. */
static char *latest_session(void)
{
    ll_strs dirs = {0};
    char *found = NULL;
    ll_session_list(&dirs);
    for (int i = 0; i < dirs.n && !found; i++)
        if (!ll_session_locked(dirs.v[i])) found = ll_strdup(dirs.v[i]);
    ll_strs_free(&dirs);
    return found;
}

/* *dir becomes the folder of the state that the last `save` under its name replaced. */
static ll_status find_former(ll_request *rq, char **dir)
{
    char *former = ll_session_former(*dir);
    if (!ll_session_is(former)) {
        free(former);
        return LL_FAIL(rq, LL_FAILED,
                       "nothing is kept of what session %s was before: no `save` has replaced it",
                       ll_path_base(*dir));
    }
    free(*dir);
    *dir = former;
    return LL_OK;
}

/* A lesson that was left goes on where it was, once it is asked for; the one of the session before is left. */
static void say_lesson(ll_request *rq, const char *dir)
{
    char *name = ll_notes_lesson(dir);
    ll_app_set_slot(rq->app, LL_SLOT_LESSON, NULL, NULL);
    if (name) ll_note(rq, "lesson %s is under way in it: `lesson` goes on", name);
    free(name);
}

static ll_status run_open(ll_request *rq)
{
    ll_session *s = ll_session_of(rq->app);
    const char *name = ll_word(&rq->args, "name");
    char *dir = NULL;
    ll_status status = LL_OK;
    if (name)
        status = ll_session_find(name, &dir, &rq->error);
    else if (!(dir = latest_session()))
        status = LL_FAIL(rq, LL_FAILED, "there is no session to open yet");
    bool former = ll_bool(&rq->args, "former"), copy = former || ll_bool(&rq->args, "copy");
    bool unsaved = s->dir && !s->name;
    if (!status && former) status = find_former(rq, &dir);
    if (!status && !copy && s->dir && !strcmp(s->dir, dir)) {
        ll_note(rq, "it is open already");
        s->handled = true;
    } else if (!status) {
        status = ll_session_open(s, rq, dir, copy);
        if (!status && unsaved)
            ll_note(rq, "the session that was left is not saved and stays: `sessions` lists it");
    }
    if (!status) say_lesson(rq, s->dir);
    if (!status) emit_state(rq, s, "open", NULL, NULL);
    free(dir);
    return status;
}

/* --- sessions ---------------------------------------------------------------------------------------------
 */

static void age_text(double age_s, char *out, size_t size)
{
    static const struct {
        double seconds;
        const char *unit;
    } units[] = {{86400, "days"}, {3600, "hours"}, {60, "minutes"}};
    for (int i = 0; i < 3; i++)
        if (age_s >= 2 * units[i].seconds) {
            snprintf(out, size, "%.0f %s", age_s / units[i].seconds, units[i].unit);
            return;
        }
    snprintf(out, size, "%.0f seconds", age_s < 0 ? 0 : age_s);
}

static void add_last(cJSON *row, const char *dir)
{
    char *path = ll_path_join(dir, "journal.jsonl");
    cJSON *entries = NULL;
    int lost;
    ll_error e = {0};
    const cJSON *last = NULL;
    if (!ll_journal_read(path, &entries, &lost, NULL, &e))
        last = cJSON_GetArrayItem(entries, cJSON_GetArraySize(entries) - 1);
    ll_json_str(row, "dataset", ll_manifest_dataset(cJSON_GetObjectItemCaseSensitive(last, "state")));
    ll_json_int(row, "commands", cJSON_GetArraySize(entries));
    ll_json_str(row, "last", e.status ? e.message : ll_json_get_str(last, "line", ""));
    cJSON_Delete(entries);
    free(path);
}

static void add_session(cJSON *rows, const char *dir, const char *own)
{
    char age[64];
    cJSON *row = ll_json_obj(rows, NULL);
    double age_s = ll_wall_s() - ll_session_changed_s(dir);
    char *live = ll_sessions_live_dir();
    age_text(age_s, age, sizeof age);
    bool saved = strncmp(dir, live, strlen(live)) != 0;
    char *of = saved ? NULL : ll_session_origin(dir);
    ll_str kept = {0};
    ll_str_addf(&kept, of ? "no, of %s" : saved ? "yes" : "no", of ? ll_path_base(of) : "");
    ll_json_str(row, "session", ll_path_base(dir));
    ll_json_bool(row, "saved", saved);
    ll_json_str(row, "of", of ? ll_path_base(of) : NULL);
    ll_json_str(row, "kept", ll_str_text(&kept));
    ll_str_free(&kept);
    free(of);
    const char *open = own && !strcmp(own, dir) ? "here" : ll_session_locked(dir) ? "elsewhere" : "";
    ll_json_str(row, "open", open);
    ll_json_num(row, "age_s", age_s);
    ll_json_str(row, "changed_s", age);
    add_last(row, dir);
    free(live);
}

static ll_status run_sessions(ll_request *rq)
{
    static const ll_column columns[] = {{"session", "session", NULL, -1},
                                        {"kept", "saved", NULL, -1},
                                        {"changed_s", "changed ago", NULL, -1},
                                        {"dataset", "dataset", NULL, -1},
                                        {"commands", "commands", NULL, 0},
                                        {"last", "last command", NULL, -1},
                                        {"open", "open", NULL, -1},
                                        {0}};
    ll_session *s = ll_session_of(rq->app);
    ll_strs dirs = {0};
    ll_session_list(&dirs);
    pthread_mutex_lock(&s->lock);
    char *own = ll_strdup(s->dir);
    pthread_mutex_unlock(&s->lock);
    cJSON *result = ll_result_new("sessions");
    ll_result_columns(result, columns);
    cJSON *rows = ll_json_arr(result, "rows");
    for (int i = 0; i < dirs.n; i++) add_session(rows, dirs.v[i], own);
    if (!dirs.n) ll_note(rq, "there is no session yet; `save NAME` makes one");
    ll_emit(rq, result);
    free(own);
    ll_strs_free(&dirs);
    return LL_OK;
}

/* --- journal, undo, redo ----------------------------------------------------------------------------------
 */

static ll_status run_journal(ll_request *rq)
{
    static const ll_column columns[] = {
        {"step", "step", NULL, 0}, {"now", "", NULL, -1}, {"line", "command", NULL, -1}, {0}};
    const ll_session *s = ll_session_of(rq->app);
    cJSON *result = ll_result_new("journal");
    add_name(result, s);
    ll_json_str(result, "folder", s->dir);
    ll_json_int(result, "at", s->at);
    ll_result_columns(result, columns);
    cJSON *rows = ll_json_arr(result, "rows");
    for (int i = 0; i < s->n_steps; i++) {
        cJSON *row = ll_json_obj(rows, NULL);
        ll_json_int(row, "step", i);
        ll_json_str(row, "now", i == s->at ? "now" : i > s->at ? "undone" : "");
        ll_json_str(row, "line", i ? s->steps[i].line : "(nothing yet)");
    }
    ll_emit(rq, result);
    return LL_OK;
}

/* "undone: pretrain gp; transfer fpga": the steps between, in the order in which they were taken. */
static void emit_moved(ll_request *rq, const ll_session *s, const char *kind, const char *what, int was)
{
    int first = was < s->at ? was : s->at, last = was < s->at ? s->at : was;
    ll_str title = {0};
    ll_str_add(&title, what);
    for (int i = first + 1; i <= last; i++)
        ll_str_addf(&title, "%s%s", i == first + 1 ? ": " : "; ", s->steps[i].line);
    emit_state(rq, s, kind, ll_str_text(&title), s->steps[last].line);
    ll_str_free(&title);
}

/* Did one of these steps change files, too (import, device, measure)? */
static const ll_command *changed_files(const ll_request *rq, const ll_session *s, int first, int last)
{
    for (int i = last; i >= first; i--) {
        char *name = ll_strndup(s->steps[i].line, strcspn(s->steps[i].line, " "));
        const ll_command *c = ll_app_find(rq->app, name);
        free(name);
        if (c && (c->flags & LL_CMD_NO_UNDO)) return c;
    }
    return NULL;
}

/* A step back is one of the session: the folder of its dataset stays as the command left it. */
static void note_files(ll_request *rq, const ll_session *s, const ll_dataset *data, int was)
{
    const ll_command *c = changed_files(rq, s, s->at + 1, was);
    char *folder = NULL;
    if (!c || !ll_folder_former(data->path, &folder)) return;
    if (ll_is_dir(folder)) {
        ll_str line = {0};
        ll_quote_addf(&line, "dataset restore %s", ll_path_base(data->path));
        ll_note(rq, "what `%s` wrote to %s stays there: `%s` brings back what it held before", c->name,
                data->path, line.s);
        ll_str_free(&line);
    } else {
        ll_note(rq, "what `%s` wrote to %s stays there", c->name, data->path);
    }
    free(folder);
}

static ll_status run_undo(ll_request *rq)
{
    ll_session *s = ll_session_of(rq->app);
    int n = ll_int(&rq->args, "steps"), was = s->at;
    if (!s->at) return LL_FAIL(rq, LL_FAILED, "there is nothing to undo");
    ll_dataset *data = rq->state.data ? ll_dataset_ref(rq->state.data) : NULL;
    ll_status status = ll_session_go(s, rq, n < s->at ? s->at - n : 0, "undo");
    if (!status) emit_moved(rq, s, "undo", "undone", was);
    if (!status && data && data->path) note_files(rq, s, data, was);
    ll_dataset_unref(data);
    return status;
}

static ll_status run_redo(ll_request *rq)
{
    ll_session *s = ll_session_of(rq->app);
    int n = ll_int(&rq->args, "steps"), was = s->at, most = s->n_steps - 1 - was;
    if (!most) return LL_FAIL(rq, LL_FAILED, "there is nothing to redo");
    ll_status status = ll_session_go(s, rq, s->at + (n < most ? n : most), "redo");
    if (!status) emit_moved(rq, s, "redo", "done again", was);
    return status;
}

char *ll_session_farewell(ll_app *app)
{
    const ll_session *s = ll_session_of(app);
    if (!s->dir || s->behind) return NULL;
    if (!s->name) return ll_strdup("session kept: `open` goes on");
    char *open = ll_session_open_line(s->dir, NULL);
    ll_str text = {0};
    ll_str_addf(&text, "session kept as %s: `%s` goes on", s->name, open);
    free(open);
    return ll_str_take(&text);
}

/* --- table ------------------------------------------------------------------------------------------------
 */

static const ll_option save_options[] = {
    LL_OPT_WORD("name", NULL, "name of the session, or a folder with a slash in it", LL_POSITIONAL,
                LL_OF(SESSION)),
    {0},
};

static const ll_option open_options[] = {
    LL_OPT_WORD("name", NULL, "name of the session; without one: the session that was changed last",
                LL_POSITIONAL, LL_OF(SESSION)),
    LL_OPT_BOOL("copy", "off",
                "go on in a copy that knows nothing of it: also of one that is open elsewhere"),
    LL_OPT_BOOL("former", "off", "go on in a copy of what it was before the last `save` replaced it"),
    {0},
};

static const ll_option step_options[] = {
    LL_OPT_INT("steps", "1", 1, 1000000, "how many", LL_POSITIONAL),
    {0},
};

static const ll_option replay_options[] = {
    LL_OPT_WORD("what", NULL, "a script file, or the name of a session", LL_REQUIRED, LL_OF(SESSION)),
    LL_OPT_BOOL("check", "off", "compare every number with the session's own; any difference is a failure"),
    {0},
};

const ll_command ll_session_commands[] = {
    {.name = "save",
     .group = "session",
     .summary = "Keep this session under a name",
     .options = save_options,
     .flags = LL_CMD_NO_UNDO,
     .run = run_save,
     .help = "Dataset (by path and content hash), task, samples, models, predictions and every step for "
             "undo. What\n"
             "comes after it goes on in an unsaved copy, which is written as it happens: the saved session "
             "stays as it\n"
             "is until `save` is said again, with or without the name. A session that had the name is kept "
             "once more:\n"
             "`open NAME former=on` gives a copy of it. Nothing else is replaced: neither a folder of yours "
             "nor a\n"
             "session that is open elsewhere.",
     .examples = "  save first"},
    {.name = "open",
     .group = "session",
     .summary = "Go on with a session, as it was left or killed",
     .options = open_options,
     .flags = LL_CMD_CHANGES | LL_CMD_LONG | LL_CMD_NO_UNDO,
     .run = run_open,
     .help =
         "Models and predictions are read, nothing is trained again. What is tried next does not change it: "
         "from\n"
         "the first change on it is an unsaved copy, which `save` puts in its place. Runs that were not "
         "saved are\n"
         "kept too, the 32 most recent ones (`sessions` lists them): `open` alone takes up the one that was\n"
         "changed last. A session opens whatever has become of its\n"
         "dataset: what was made of data that has changed is named as stale, with the command that makes it "
         "anew.",
     .examples = "  open first\n"
                 "  open first copy=on\n"
                 "  open"},
    {.name = "sessions",
     .group = "session",
     .summary = "List sessions, the last changed first",
     .flags = LL_CMD_LOOK,
     .run = run_sessions},
    {.name = "journal",
     .group = "session",
     .summary = "List the steps of this session",
     .flags = 0,
     .run = run_journal},
    {.name = "undo",
     .group = "session",
     .summary = "Go back a step",
     .options = step_options,
     .flags = LL_CMD_CHANGES,
     .run = run_undo,
     .help = "Goes back in what was loaded, split, sampled, trained and predicted. Files that were written "
             "stay."},
    {.name = "redo",
     .group = "session",
     .summary = "Take back an undo",
     .options = step_options,
     .flags = LL_CMD_CHANGES,
     .run = run_redo},
    {.name = "replay",
     .group = "session",
     .summary = "Run a script, or the commands of a session again",
     .options = replay_options,
     .flags = LL_CMD_CHANGES | LL_CMD_LONG,
     .run = ll_replay_run,
     .help =
         "A script runs as if it had been typed. A session runs from the beginning, in a new session; with\n"
         "check=on its results must be the same numbers as then (times aside).",
     .examples = "  replay sessions/demo.latlab\n"
                 "  replay first check=on"},
    {0}};
