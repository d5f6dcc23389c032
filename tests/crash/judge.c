#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "core/base/hash.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "tests/crash/crash.h"

static void complain(ll_strs *bad, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void complain(ll_strs *bad, const char *fmt, ...)
{
    ll_str text = {0};
    va_list ap;
    va_start(ap, fmt);
    ll_str_addv(&text, fmt, ap);
    va_end(ap);
    ll_strs_take(bad, ll_str_take(&text));
}

void cr_script(const char *path, ll_strs *lines)
{
    char *text = cr_read(path);
    ll_strs all = {0};
    if (!text) cr_stop("%s: cannot be read", path);
    ll_strs_split(&all, text, '\n');
    for (int i = 0; i < all.n; i++)
        if (all.v[i][0] != '#') ll_strs_add(lines, all.v[i]);
    ll_strs_free(&all);
    free(text);
}

/* --- the event stream of a run -------------------------------------------------------------------------------- */

static cJSON *read_events(const char *world, const char *tag)
{
    ll_str path = {0};
    ll_strs lines = {0};
    cJSON *events = cJSON_CreateArray();
    ll_str_addf(&path, "%s/log/%s.out", world, tag);
    char *text = cr_read(path.s);
    if (text) ll_strs_split(&lines, text, '\n');
    for (int i = 0; i < lines.n; i++) {
        cJSON *event = cJSON_Parse(lines.v[i]); /* the last line may be half of one */
        if (event) cJSON_AddItemToArray(events, event);
    }
    ll_strs_free(&lines);
    ll_str_free(&path);
    free(text);
    return events;
}

static bool is_event(const cJSON *e, const char *what)
{
    return !strcmp(ll_json_get_str(e, "event", ""), what);
}

/* Commands that said they were done. */
static int steps_done(const cJSON *events)
{
    int n = 0;
    for (const cJSON *e = events->child; e; e = e->next)
        n += is_event(e, "end") && !ll_json_get_int(e, "code", 1);
    return n;
}

/* Did it say that a step could not be journalled? */
static bool warned(const cJSON *events)
{
    for (const cJSON *e = events->child; e; e = e->next)
        if (is_event(e, "warning") && strstr(ll_json_get_str(e, "message", ""), "not journalled"))
            return true;
    return false;
}

static void check_ends(const cJSON *events, const ll_strs *lines, const char *what, ll_strs *bad)
{
    const char *why = "";
    int n = 0;
    for (const cJSON *e = events->child; e; e = e->next) {
        if (is_event(e, "error")) why = ll_json_get_str(e, "message", "");
        if (!is_event(e, "end")) continue;
        if (ll_json_get_int(e, "code", 1) && n < lines->n)
            complain(bad, "%s: `%s` fails: %s", what, lines->v[n], why);
        n++;
    }
    if (n < lines->n) complain(bad, "%s: stops at `%s`", what, lines->v[n]);
}

/* Runs lines in a fresh process without a fault; the caller deletes the events. */
static cJSON *run_lines(const cr_judge *j, const char *world, const ll_strs *lines, const char *tag,
                        ll_strs *bad)
{
    ll_str text = {0}, script = {0};
    for (int i = 0; i < lines->n; i++) ll_str_addf(&text, "%s\n", lines->v[i]);
    ll_str_addf(&script, "log/%s.latlab", tag);
    char *path = cr_path(world, script.s);
    cr_write(path, ll_str_text(&text));
    cr_run run = {.program = j->program, .world = world, .script = script.s, .tag = tag, .keep_going = true};
    cr_outcome o;
    cr_execute(&run, &o);
    if (WIFSIGNALED(o.status))
        complain(bad, "%s: ends by signal %d (%s)%s", tag, WTERMSIG(o.status), strsignal(WTERMSIG(o.status)),
                 o.timed_out ? " after the longest time it may take" : "");
    free(path);
    ll_str_free(&text);
    ll_str_free(&script);
    return read_events(world, tag);
}

/* --- what is there -------------------------------------------------------------------------------------------- */

static const cJSON *rows_of(const cJSON *events, const char *kind)
{
    for (const cJSON *e = events->child; e; e = e->next)
        if (is_event(e, "result") && !strcmp(ll_json_get_str(e, "kind", ""), kind))
            return cJSON_GetObjectItemCaseSensitive(e, "rows");
    return NULL;
}

static void see_datasets(const cJSON *events, const char *world, ll_strs *seen, ll_strs *use)
{
    const cJSON *rows = rows_of(events, "datasets");
    for (const cJSON *r = rows ? rows->child : NULL; r; r = r->next) {
        const char *name = ll_json_get_str(r, "name", "?");
        if (strncmp(ll_json_get_str(r, "path", ""), world, strlen(world)))
            continue; /* came with the program */
        complain(seen, "dataset %s\t%d architectures x %d devices", name, ll_json_get_int(r, "archs", -1),
                 ll_json_get_int(r, "devices", -1));
        complain(use, "load %s", name);
    }
}

/* An unnamed session is known by what it holds: its name is a date and a process. */
static void see_sessions(const cJSON *events, ll_strs *seen, ll_strs *use)
{
    const cJSON *rows = rows_of(events, "sessions");
    for (const cJSON *r = rows ? rows->child : NULL; r; r = r->next) {
        const char *name = ll_json_get_str(r, "session", "?"), *last = ll_json_get_str(r, "last", "");
        int n = ll_json_get_int(r, "commands", -1);
        if (ll_json_get_bool(r, "saved", false))
            complain(seen, "session %s\t%d commands, the last `%s`", name, n, last);
        else
            complain(seen, "unnamed session of %d commands, the last `%s`\tlisted", n, last);
        complain(use, "open %s", name);
    }
}

static void see_tasks(const cJSON *events, ll_strs *seen)
{
    const cJSON *rows = rows_of(events, "tasks");
    for (const cJSON *r = rows ? rows->child : NULL; r; r = r->next)
        if (strcmp(ll_json_get_str(r, "origin", ""), "NASFLAT"))
            complain(seen, "task %s\t%d source, %d target devices", ll_json_get_str(r, "name", "?"),
                     ll_json_get_int(r, "n_source", -1), ll_json_get_int(r, "n_target", -1));
}

/* Files that commands of the script write for the user: old or new, whole, and with the mode they had. */
static void see_files(const char *world, ll_strs *seen)
{
    static const char *const files[] = {"work/table.csv", "work/out.csv", "work/corr.csv",
                                        "home/config/latlab/config"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *path = cr_path(world, files[i]), *text = cr_read(path);
        struct stat st;
        if (text && !stat(path, &st))
            complain(seen, "file %s\tmode %o, content %s", files[i], st.st_mode & 07777,
                     ll_hash_bytes(text, strlen(text)).hex);
        free(text);
        free(path);
    }
}

static void check_database(const char *world, ll_strs *bad)
{
    char *path = cr_path(world, "home/data/latlab/results.sqlite");
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    struct stat there;
    if (stat(path, &there)) {
        free(path);
        return;
    }
    const char *verdict = "cannot be opened";
    if (!sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) &&
        !sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &st, NULL) && sqlite3_step(st) == SQLITE_ROW)
        verdict = (const char *)sqlite3_column_text(st, 0);
    if (strcmp(verdict, "ok")) complain(bad, "results database: %s", verdict);
    sqlite3_finalize(st);
    sqlite3_close(db);
    free(path);
}

void cr_observe(const cr_judge *j, const char *world, ll_strs *seen, ll_strs *use, ll_strs *bad)
{
    static const char *const lists[] = {"datasets", "sessions", "task list", "results"};
    ll_strs lines = {0};
    for (int i = 0; i < 4; i++) ll_strs_add(&lines, lists[i]);
    cJSON *events = run_lines(j, world, &lines, "observe", bad);
    check_ends(events, &lines, "afterwards", bad);
    see_datasets(events, world, seen, use);
    see_sessions(events, seen, use);
    see_tasks(events, seen);
    const cJSON *results = rows_of(events, "results");
    complain(seen, "results\t%d", results ? cJSON_GetArraySize(results) : 0);
    see_files(world, seen);
    check_database(world, bad);
    ll_strs_sort(seen);
    cJSON_Delete(events);
    ll_strs_free(&lines);
}

void cr_use(const cr_judge *j, const char *world, const ll_strs *use, ll_strs *bad)
{
    ll_strs lines = {0};
    for (int i = 0; i < use->n; i++) ll_strs_add(&lines, use->v[i]);
    cr_script("tests/crash/after.latlab", &lines);
    cJSON *events = run_lines(j, world, &lines, "after", bad);
    check_ends(events, &lines, "afterwards", bad);
    check_database(world, bad);
    cJSON_Delete(events);
    ll_strs_free(&lines);
}

/* --- is that what may be there? ------------------------------------------------------------------------------ */

/* The state of a thing in a list of "thing\tstate", NULL when the list lacks it. */
static const char *state_of(const ll_strs *list, const char *thing, size_t n)
{
    for (int i = 0; i < list->n; i++)
        if (!strncmp(list->v[i], thing, n) && list->v[i][n] == '\t') return list->v[i] + n + 1;
    return NULL;
}

static bool same(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

/* compare writes its results one by one */
static bool between(const char *is, const char *least, const char *most)
{
    return is && least && most && atoi(is) >= atoi(least) && atoi(is) <= atoi(most);
}

static void check_thing(const cr_judge *j, const ll_strs *seen, const char *line, int lo, int hi,
                        ll_strs *bad)
{
    size_t n = strcspn(line, "\t");
    const char *is = state_of(seen, line, n);
    for (int k = lo; k <= hi; k++)
        if (same(is, state_of(&j->after[k], line, n))) return;
    const char *least = state_of(&j->after[lo], line, n), *most = state_of(&j->after[hi], line, n);
    if (!strncmp(line, "results", n) && between(is, least, most)) return;
    complain(bad, "%.*s: is %s, expected %s%s%s", (int)n, line, is ? is : "not there",
             least ? least : "nothing", same(least, most) ? "" : " or ",
             same(least, most) ? ""
             : most            ? most
                               : "nothing");
}

static bool is_session(const char *line)
{
    return !strncmp(line, "session ", 8) || !strncmp(line, "unnamed session", 15);
}

/* An unnamed session of an earlier step that could not be removed when it got a name: nothing is lost by it. */
static bool is_former(const cr_judge *j, const char *thing, int hi)
{
    if (strncmp(thing, "unnamed session", 15)) return false;
    for (int k = 0; k <= hi; k++)
        if (state_of(&j->after[k], thing, strlen(thing))) return true;
    return false;
}

/* Steps that only name data wait for one that makes something, and are written before it: killed in between, the session is
 * there with its beginning, and nothing is lost. */
static bool is_beginning(const char *thing)
{
    const char *last = strstr(thing, "the last `");
    return last && !strncmp(thing, "unnamed session", 15) && !strncmp(last, "the last `load ", 15);
}

/* Each thing that is there, or should be, must be as after one of the steps lo..hi. Where the program warned that a step
 * could not be journalled, its session lacks that step: any state of it will do. */
static void check_state(const cr_judge *j, const ll_strs *seen, int lo, int hi, bool warning, ll_strs *bad)
{
    ll_strs done = {0};
    for (int k = lo; k <= hi + 1; k++) {
        const ll_strs *list = k <= hi ? &j->after[k] : seen;
        for (int i = 0; i < list->n; i++) {
            char *thing = ll_strdup(list->v[i]);
            thing[strcspn(thing, "\t")] = 0;
            bool excused = (warning && is_session(thing)) ||
                           (list == seen && (is_former(j, thing, hi) || is_beginning(thing)));
            if (!ll_strs_has(&done, thing) && !excused) check_thing(j, seen, list->v[i], lo, hi, bad);
            ll_strs_take(&done, thing);
        }
    }
    ll_strs_free(&done);
}

/* --- a trial -------------------------------------------------------------------------------------------------- */

/* A sentence: a line of three words at least. */
static bool says_why(const char *world)
{
    char *path = cr_path(world, "log/faulted.err"), *text = cr_read(path);
    ll_strs words = {0};
    if (text) ll_strs_split(&words, text, ' ');
    bool good = words.n >= 3;
    ll_strs_free(&words);
    free(text);
    free(path);
    return good;
}

/* How the faulted run ended. */
static void check_end(const cr_judge *j, const char *world, const cr_outcome *o, int done, ll_strs *bad)
{
    if (o->timed_out) complain(bad, "hangs: it had not ended after %d s", CR_TIMEOUT_S);
    if (o->own_signal)
        complain(bad, "dies of signal %d (%s)%s", o->own_signal, strsignal(o->own_signal), o->crash_at);
    if (o->own_signal || o->timed_out || !WIFEXITED(o->status)) {
        if (!o->killed && !o->own_signal && !o->timed_out)
            complain(bad, "was not killed, and did not end by itself");
        return;
    }
    int code = WEXITSTATUS(o->status);
    if (code > 4 && code != 130) complain(bad, "ends with exit status %d", code);
    if (code && !says_why(world)) complain(bad, "ends with exit status %d and does not say why", code);
    if (!code && done < j->steps.n)
        complain(bad, "ends with exit status 0 after %d of %d steps", done, j->steps.n);
}

static void compare_lists(const ll_strs *was, const ll_strs *is, ll_strs *bad)
{
    for (int i = 0; i < was->n; i++)
        if (strcmp(was->v[i], is->v[i]))
            complain(bad, "a stranger's file was \"%s\", is \"%s\"", was->v[i], is->v[i]);
}

static void check_leavings(const cr_judge *j, const char *world, ll_strs *bad)
{
    ll_strs shapes = {0}, strangers = {0};
    cr_shapes(world, &shapes);
    for (int i = 0; i < shapes.n; i++)
        if (!ll_strs_has(&j->shapes, shapes.v[i])) complain(bad, "an orphan is left: %s", shapes.v[i]);
    cr_strangers(world, &strangers);
    compare_lists(&j->strangers, &strangers, bad);
    ll_strs_free(&shapes);
    ll_strs_free(&strangers);
}

void cr_judge_trial(const cr_judge *j, const char *world, const cr_outcome *o, ll_strs *bad)
{
    ll_strs seen = {0}, use = {0};
    cJSON *events = read_events(world, "faulted");
    int done = steps_done(events);
    bool clean = WIFEXITED(o->status) && !WEXITSTATUS(o->status);
    check_end(j, world, o, done, bad);
    cr_observe(j, world, &seen, &use, bad);
    check_state(j, &seen, done, clean || done == j->steps.n ? done : done + 1, warned(events), bad);
    cr_age(world); /* the next start is later: what is quite new may still be somebody's */
    cr_use(j, world, &use, bad);
    check_leavings(j, world, bad);
    cJSON_Delete(events);
    ll_strs_free(&seen);
    ll_strs_free(&use);
}
