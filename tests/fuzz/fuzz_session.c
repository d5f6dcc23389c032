/* Sessions of a stranger: session.json, journal.jsonl and blobs "blob-K" and "gene-K" whose names are made to fit their
 * content, wherever the other files name them. They are of the toy dataset. What opens goes back and forth, and is saved and
 * opened again as the same state. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/commands/commands.h"
#include "data/commands/commands.h"
#include "data/datasets/folder.h"
#include "sessions/commands.h"
#include "sessions/manifest.h"
#include "sessions/session.h"
#include "tests/fuzz/fuzz.h"

/* A home and a data folder with the toy in it, once. */
static const char *data_dir(void)
{
    static const char *const homes[] = {"XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME",
                                        "XDG_CACHE_HOME", "HOME"};
    static char dir[256];
    if (*dir) return dir;
    char *home = ll_fuzz_path("home"), *data = ll_fuzz_path("data"), *toy = ll_path_join(data, "toy");
    ll_error e = {0};
    for (size_t i = 0; i < sizeof homes / sizeof *homes; i++) setenv(homes[i], home, 1);
    LAW(!ll_make_dirs(data, &e) && !ll_folder_save(ll_fuzz_toy(), toy, NULL, &e), "%s", e.message);
    snprintf(dir, sizeof dir, "%s", data);
    free(home);
    free(data);
    free(toy);
    return dir;
}

static ll_app *new_app(const char *data)
{
    static const ll_command *const tables[] = {ll_session_commands, ll_data_commands, ll_look_commands,
                                               ll_predict_commands, ll_sample_commands};
    ll_app *a = ll_app_new(&(ll_app_config){data, 1});
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) ll_app_register(a, tables[i]);
    ll_sessions_start(a);
    return a;
}

static int warnings; /* that were said */

static ll_status say(ll_app *a, const char *command, const char *path)
{
    ll_str line = {0};
    ll_status status = LL_OK;
    ll_str_addf(&line, "%s%s%s", command, path ? " " : "", path ? path : "");
    ll_error e = {0};
    ll_app_submit(a, line.s);
    for (cJSON *event; (event = ll_app_wait(a)); cJSON_Delete(event)) {
        const char *kind = ll_json_get_str(event, "event", "");
        warnings += !strcmp(kind, "warning");
        if (!strcmp(kind, "error")) ll_fail(&e, LL_FAILED, "%s", ll_json_get_str(event, "message", ""));
        if (!strcmp(kind, "end")) status = (ll_status)ll_json_get_int(event, "code", LL_OK);
    }
    if (status) e.status = status;
    ll_fuzz_good(status, &e);
    ll_str_free(&line);
    return status;
}

static char *state_text(ll_app *a)
{
    ll_state s;
    cJSON *m = NULL;
    ll_error e = {0};
    ll_app_snapshot(a, &s);
    LAW(!ll_manifest_write(&ll_session_of(a)->store, &s, &m, &e), "%s", e.message);
    char *text = ll_json_line(m);
    cJSON_Delete(m);
    ll_state_free(&s);
    return text;
}

static void same_state(ll_app *a, const char *then, const char *when)
{
    char *now = state_text(a);
    LAW(!strcmp(then, now), "%s: the state was %s and is %s", when, then, now);
    free(now);
}

/* --- the folder --- */

/* What the blobs of a kind are called, and the ending of their names. */
static const struct {
    const char *part, *suffix;
} kinds[] = {{"blob-", ".safetensors"}, {"gene-", ".genes"}};
enum { KINDS = 2, BLOB_NAME = 6 };

/* Ending of the blob's name, NULL when it is none. */
static const char *blob_suffix(const ll_fuzz_part *p)
{
    for (int i = 0; i < KINDS; i++)
        if (!strncmp(p->name, kinds[i].part, BLOB_NAME - 1) && strlen(p->name) == BLOB_NAME)
            return kinds[i].suffix;
    return NULL;
}

static void add_blob_name(ll_str *to, const ll_fuzz_part *p)
{
    ll_str_addf(to, "%s%s", ll_hash_bytes(p->bytes, p->n).hex, blob_suffix(p));
}

/* The part "blob-K" that `at` names; NULL: none. */
static const ll_fuzz_part *blob_named(const ll_fuzz_part *parts, int count, const char *at, size_t left)
{
    for (int i = 0; i < count; i++)
        if (blob_suffix(&parts[i]) && left >= BLOB_NAME && !memcmp(at, parts[i].name, BLOB_NAME))
            return &parts[i];
    return NULL;
}

static void fill_in(const ll_fuzz_part *parts, int count, const ll_fuzz_part *p, ll_str *out)
{
    const char *text = (const char *)p->bytes;
    for (size_t i = 0; i < p->n;) {
        const ll_fuzz_part *blob = blob_named(parts, count, text + i, p->n - i);
        if (blob)
            add_blob_name(out, blob), i += BLOB_NAME;
        else
            ll_str_addc(out, text[i++]);
    }
}

static void write_part(const char *dir, const ll_fuzz_part *parts, int count, const ll_fuzz_part *p)
{
    ll_str path = {0}, text = {0};
    ll_str_addf(&path, "%s/%s", dir, blob_suffix(p) ? "blobs/" : "");
    if (blob_suffix(p)) {
        add_blob_name(&path, p);
        ll_fuzz_file(path.s, p->bytes, p->n);
    } else if (!strcmp(p->name, "session.json") || !strcmp(p->name, "journal.jsonl")) {
        ll_str_add(&path, p->name);
        fill_in(parts, count, p, &text);
        ll_fuzz_file(path.s, (const uint8_t *)ll_str_text(&text), text.len);
    }
    ll_str_free(&path);
    ll_str_free(&text);
}

static void write_session(const char *dir, const ll_fuzz_part *parts, int count)
{
    char *blobs = ll_path_join(dir, "blobs");
    ll_error e = {0};
    LAW(!ll_make_dirs(blobs, &e), "%s", e.message);
    for (int i = 0; i < count; i++) write_part(dir, parts, count, &parts[i]);
    free(blobs);
}

/* --- the laws --- */

/* Whoever asks for a part of the state gets it or a sentence. */
static void look(ll_app *a)
{
    static const char *const lines[] = {"info",        "devices", "sample",  "predict laptop",
                                        "eval laptop", "journal", "sessions"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) say(a, lines[i], NULL);
    char *path = ll_fuzz_path("predictions.csv");
    say(a, "export predictions", path);
    free(path);
}

/* Back and forth again. A session that opened whole is as before; one that did not may be more than what opened, since
 * its dataset is in memory by then. Returns whether it is the same. */
static bool undo_and_redo(ll_app *a, const char *opened, bool whole)
{
    if (say(a, "undo", NULL)) return true;
    LAW(!say(a, "redo", NULL), "what was undone cannot be redone");
    if (whole) same_state(a, opened, "after undo and redo");
    char *now = state_text(a);
    bool same = !strcmp(opened, now);
    free(now);
    return same;
}

/* What is saved opens as the same state. */
static void save_and_open(ll_app *a, const char *then, const char *saved)
{
    if (say(a, "save", saved)) return;
    same_state(a, then, "after save");
    ll_app *b = new_app(data_dir());
    LAW(!say(b, "open copy=on", saved), "what was saved does not open");
    same_state(b, then, "opened again");
    ll_app_free(b);
}

static void run(const uint8_t *bytes, size_t n)
{
    ll_fuzz_part parts[LL_FUZZ_PARTS];
    int count = ll_fuzz_split(bytes, n, parts);
    if (!count) return;
    const char *data = data_dir();
    char *dir = ll_fuzz_path("stranger"), *saved = ll_fuzz_path("saved"), *home = ll_fuzz_path("home");
    write_session(dir, parts, count);
    ll_app *a = new_app(data);
    warnings = 0;
    if (!say(a, "open", dir)) {
        bool whole = !warnings;
        look(a);
        char *opened = state_text(a);
        if (undo_and_redo(a, opened, whole)) save_and_open(a, opened, saved);
        free(opened);
    }
    ll_app_free(a);
    ll_remove_tree(dir, NULL);
    ll_remove_tree(saved, NULL);
    ll_remove_tree(home, NULL);
    free(dir);
    free(saved);
    free(home);
}

const ll_fuzz_target ll_fuzz_session = {"session", run};
