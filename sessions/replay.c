/* `replay`: the lines of a script, or of a session's journal with its results to compare with. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "sessions/commands.h"
#include "sessions/journal.h"
#include "sessions/manifest.h"
#include "sessions/place.h"

enum { DEEPEST = 8 };

typedef struct replay {
    ll_request *rq;
    bool check;
    int ran, checked;
    bool data_changed; /* what is loaded is not what was, and that was said */
    cJSON *different;  /* [{"line","where"}] */
} replay;

static bool is_command(const char *line)
{
    while (isspace((unsigned char)*line)) line++;
    return *line && *line != '#';
}

static void add_difference(replay *r, const char *line, const char *where)
{
    cJSON *o = ll_json_obj(r->different, NULL);
    ll_json_str(o, "line", line);
    ll_json_str(o, "where", where);
    ll_warn(r->rq, "%s: differs at %s", line, where);
}

/* Now's results pass through text as the recorded ones did, so that equal numbers stay equal. */
static void compare(replay *r, const char *line, const cJSON *then, const cJSON *now)
{
    char *text = ll_json_line(now), *where;
    cJSON *copy = cJSON_Parse(text), *result;
    cJSON_ArrayForEach(result, copy) ll_drop_drawing(result);
    r->checked++;
    if (!ll_same_results(then, copy, &where)) {
        add_difference(r, line, where);
        free(where);
    }
    cJSON_Delete(copy);
    free(text);
}

/* `entry`: of the journal; NULL: the line is no recorded one. */
static ll_status run_one(replay *r, const char *line, const cJSON *entry)
{
    const cJSON *recorded = cJSON_GetObjectItemCaseSensitive(entry, "results");
    cJSON *results = NULL;
    if (ll_cancelled(r->rq->observer)) return LL_FAIL(r->rq, LL_CANCELLED, "cancelled");
    ll_note(r->rq, "> %s", line);
    r->rq->made_then = cJSON_GetObjectItemCaseSensitive(entry, "files");
    ll_status s = ll_app_run_line(r->rq, line, r->check ? &results : NULL);
    r->rq->made_then = NULL;
    if (!s) r->ran++;
    if (!s && r->check && recorded) compare(r, line, recorded, results);
    if (s && s != LL_CANCELLED) ll_fail_in(&r->rq->error, "%s: ", line);
    cJSON_Delete(results);
    return s;
}

static ll_status replay_script(replay *r, const char *path)
{
    char *text;
    size_t len;
    ll_strs lines = {0};
    if (r->check)
        return LL_FAIL(r->rq, LL_USAGE, "%s is a script: only a session has numbers to check", path);
    ll_status s = ll_read_file(path, (size_t)16 << 20, &text, &len, &r->rq->error);
    if (s) return s;
    ll_split_lines(text, &lines);
    for (int i = 0; i < lines.n && !s; i++)
        if (is_command(lines.v[i])) s = run_one(r, lines.v[i], NULL);
    ll_strs_free(&lines);
    free(text);
    return s;
}

/* The last state in which the journal names a dataset at this path: what its folder should hold now. */
static const cJSON *last_dataset(const cJSON *entries, const char *path)
{
    const cJSON *entry, *last = NULL;
    cJSON_ArrayForEach(entry, entries)
    {
        const cJSON *state = cJSON_GetObjectItemCaseSensitive(entry, "state");
        const cJSON *dataset = cJSON_GetObjectItemCaseSensitive(state, "dataset");
        if (!strcmp(ll_json_get_str(dataset, "path", ""), path)) last = dataset;
    }
    return last;
}

/* A line that made or extended a dataset on disk which is still there, as the session left it: making it
 * again would fail, loading it gives the same. Returns its path, else NULL. */
static const char *already_made(const replay *r, const char *line, const cJSON *entries, const cJSON *entry)
{
    ll_strs words = {0};
    ll_split_words(line, &words, NULL);
    const ll_command *c = words.n ? ll_app_find(r->rq->app, words.v[0]) : NULL;
    bool makes = c && !strcmp(c->group, "data") && strcmp(c->name, "load");
    ll_strs_free(&words);
    const cJSON *state = cJSON_GetObjectItemCaseSensitive(entry, "state");
    const cJSON *dataset = cJSON_GetObjectItemCaseSensitive(state, "dataset");
    const char *path = ll_json_get_str(dataset, "path", NULL);
    return makes && path && ll_manifest_unchanged(last_dataset(entries, path)) ? path : NULL;
}

/* To load again what is loaded would lose the predictors, which the line itself had left as they were. */
static bool is_loaded(const replay *r, const cJSON *entries, const char *path)
{
    const ll_dataset *d = r->rq->state.data;
    return d && d->path && !strcmp(d->path, path) &&
           !strcmp(d->hash.hex, ll_json_get_str(last_dataset(entries, path), "hash", ""));
}

/* Other numbers are no wonder where the data is another one than then. */
static void look_at_data(replay *r, const cJSON *entry)
{
    const cJSON *state = cJSON_GetObjectItemCaseSensitive(entry, "state");
    const cJSON *then = cJSON_GetObjectItemCaseSensitive(state, "dataset");
    const ll_dataset *now = r->rq->state.data;
    const char *hash = ll_json_get_str(then, "hash", NULL);
    if (!r->check || r->data_changed || !now || !hash || !strcmp(hash, now->hash.hex)) return;
    r->data_changed = true;
    ll_warn(r->rq, "the data changed: %s is not the one that the session had", now->name);
}

static ll_status replay_recorded(replay *r, const char *line, const cJSON *entry)
{
    ll_status s = run_one(r, line, entry);
    if (!s) look_at_data(r, entry);
    return s;
}

static ll_status replay_entry(replay *r, const cJSON *entries, const cJSON *entry)
{
    const char *line = ll_json_get_str(entry, "line", "");
    if (!is_command(line) || cJSON_HasObjectItem(entry, "lesson")) return LL_OK;
    const char *path = already_made(r, line, entries, entry);
    if (!path) return replay_recorded(r, line, entry);
    ll_str load = {0};
    ll_note(r->rq, "%s: the dataset is there as the session left it", line);
    if (is_loaded(r, entries, path)) return LL_OK;
    ll_str_add(&load, "load ");
    ll_quote_word(&load, path);
    ll_status s = run_one(r, ll_str_text(&load), NULL);
    ll_str_free(&load);
    return s;
}

static ll_status replay_session(replay *r, const char *name)
{
    char *dir, *journal = NULL;
    cJSON *entries = NULL, *entry;
    int lost = 0;
    ll_str why = {0};
    ll_status s = ll_session_find(name, &dir, &r->rq->error);
    if (s) return s;
    journal = ll_path_join(dir, "journal.jsonl");
    s = ll_journal_read(journal, &entries, &lost, &why, &r->rq->error);
    if (lost) ll_warn(r->rq, "%s", why.s);
    ll_str_free(&why);
    if (!s) { /* from the beginning, in a session of its own; the present one stays where it is */
        ll_session_close(ll_session_of(r->rq->app));
        ll_state_free(&r->rq->state);
        ll_app_restore(r->rq->app, &r->rq->state);
    }
    cJSON_ArrayForEach(entry, entries)
    {
        if (!s) s = replay_entry(r, entries, entry);
    }
    cJSON_Delete(entries);
    free(journal);
    free(dir);
    return s;
}

static void emit_replay(replay *r, const char *what)
{
    static const ll_column columns[] = {{"what", "replayed", NULL, -1},
                                        {"ran", "commands", NULL, 0},
                                        {"checked", "compared", NULL, 0},
                                        {"n_different", "different", NULL, 0},
                                        {0}};
    cJSON *result = ll_result_new("replay");
    ll_json_str(result, "what", what);
    ll_json_int(result, "ran", r->ran);
    ll_json_int(result, "checked", r->checked);
    ll_json_bool(result, "data_changed", r->data_changed);
    ll_json_int(result, "n_different", cJSON_GetArraySize(r->different));
    cJSON_AddItemToObject(result, "different", r->different);
    ll_result_columns(result, columns);
    ll_emit(r->rq, result);
}

ll_status ll_replay_run(ll_request *rq)
{
    ll_session *s = ll_session_of(rq->app);
    const char *what = ll_word(&rq->args, "what");
    if (s->depth == DEEPEST) return LL_FAIL(rq, LL_USAGE, "%s: replays are nested too deeply", what);
    replay r = {.rq = rq, .check = ll_bool(&rq->args, "check"), .different = cJSON_CreateArray()};
    s->depth++;
    ll_status status = ll_is_file(what) ? replay_script(&r, what) : replay_session(&r, what);
    s->depth--;
    if (status) {
        cJSON_Delete(r.different);
        return status;
    }
    int n = cJSON_GetArraySize(r.different);
    emit_replay(&r, what);
    if (n)
        return LL_FAIL(rq, LL_FAILED, "%s: %d of %d commands gave other numbers than then%s", what, n,
                       r.checked, r.data_changed ? ": the data changed" : "");
    s->handled = true;
    return LL_OK;
}
