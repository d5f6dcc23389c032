#include "sessions/session.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/app/stale.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "sessions/folder.h"
#include "sessions/header.h"
#include "sessions/journal.h"
#include "sessions/manifest.h"
#include "sessions/place.h"

enum { RESIDENT = 32 };

/* --- steps ------------------------------------------------------------------------------------------------
 */

static void free_step(ll_step *p)
{
    free(p->line);
    cJSON_Delete(p->manifest);
    cJSON_Delete(p->kept);
    if (p->resident) ll_state_free(&p->state);
}

/* Steps behind `n` are given up. */
static void cut_steps(ll_session *s, int n)
{
    while (s->n_steps > n) free_step(&s->steps[--s->n_steps]);
}

/* A new step behind the present one; takes the manifest. State NULL: to be read when it is needed. */
static void push_step(ll_session *s, const char *line, cJSON *manifest, const ll_state *state)
{
    cut_steps(s, s->at + 1);
    s->steps = ll_realloc(s->steps, (size_t)s->n_steps + 1, sizeof *s->steps);
    ll_step *p = &s->steps[s->n_steps];
    *p = (ll_step){.line = ll_strdup(line), .manifest = manifest, .resident = state != NULL};
    if (state) ll_state_copy(&p->state, state);
    s->at = s->n_steps++;
    ll_step *old = s->at >= RESIDENT ? &s->steps[s->at - RESIDENT] : NULL;
    if (old && old->resident && old->manifest) {
        ll_state_free(&old->state);
        old->resident = false;
    }
}

static void begin(ll_session *s)
{
    ll_state empty = {0};
    s->at = -1;
    push_step(s, "", cJSON_CreateObject(), &empty);
}

static bool same_tags(const ll_strs *a, const ll_strs *b)
{
    bool same = a->n == b->n;
    for (int i = 0; i < a->n && same; i++) same = !strcmp(a->v[i], b->v[i]);
    return same;
}

/* Parts are immutable: the same addresses are the same state. */
static bool same_state(const ll_state *a, const ll_state *b)
{
    return a->data == b->data && a->task == b->task && a->samples == b->samples &&
           a->n_models == b->n_models && a->n_transfers == b->n_transfers && a->n_adapted == b->n_adapted &&
           a->n_searches == b->n_searches && a->codesign == b->codesign && a->encoders.n == b->encoders.n &&
           !memcmp(a->encoders.v, b->encoders.v, (size_t)a->encoders.n * sizeof *a->encoders.v) &&
           !memcmp(a->models, b->models, (size_t)a->n_models * sizeof *a->models) &&
           !memcmp(a->transfers, b->transfers, (size_t)a->n_transfers * sizeof *a->transfers) &&
           !memcmp(a->adapted, b->adapted, (size_t)a->n_adapted * sizeof *a->adapted) &&
           !memcmp(a->searches, b->searches, (size_t)a->n_searches * sizeof *a->searches) &&
           same_tags(&a->tags, &b->tags);
}

static char *blobs_of(const char *dir)
{
    return ll_path_join(dir, "blobs");
}

/* The state of a step that is not in memory; what became of it is said. It stays in memory when it is whole: what is
 * left out today may be back when it is asked for again. */
static ll_status read_step(ll_session *s, ll_request *rq, const char *dir, const ll_dataset *have, ll_step *p,
                           ll_state *out)
{
    char *blobs = blobs_of(dir);
    ll_strs said = {0};
    bool whole;
    ll_status status = ll_manifest_read(p->manifest, blobs, have, s->app, out, &said, &whole, &rq->error);
    if (!status) ll_stale_sentences(out, &said);
    for (int i = 0; i < said.n; i++) ll_warn(rq, "%s", said.v[i]);
    ll_strs_free(&said);
    free(blobs);
    if (status || !whole) return status;
    if (p->resident) ll_state_free(&p->state);
    ll_state_copy(&p->state, out);
    p->resident = true;
    return LL_OK;
}

static ll_status state_of(ll_session *s, ll_request *rq, int step, ll_state *out)
{
    ll_step *p = &s->steps[step];
    if (!p->resident && !s->dir) return LL_FAIL(rq, LL_FAILED, "step %d is no longer in memory", step);
    if (!p->resident) return read_step(s, rq, s->dir, rq->state.data, p, out);
    ll_state_copy(out, &p->state);
    return LL_OK;
}

/* --- writing ----------------------------------------------------------------------------------------------
 */

static void set_place(ll_session *s, char *dir, const char *name)
{
    pthread_mutex_lock(&s->lock);
    free(s->dir);
    free(s->name);
    free(s->of);
    s->dir = dir;
    s->name = ll_strdup(name);
    s->of = NULL;
    pthread_mutex_unlock(&s->lock);
    char *blobs = dir ? blobs_of(dir) : NULL;
    ll_store_move(&s->store, blobs);
    free(blobs);
}

static int open_journal(const char *dir, ll_error *e)
{
    char *path = ll_path_join(dir, "journal.jsonl");
    int fd = ll_journal_open(path, e);
    free(path);
    return fd;
}

/* A folder in the making gets its header, our lock and an open journal; these stay with it when it is placed. */
static ll_status furnish(const ll_owned_work *w, const char *name, const cJSON *state, int *lock,
                         int *journal, ll_error *e)
{
    *journal = -1;
    ll_status status = ll_header_write(w->fresh, name, state, e);
    *lock = status ? -1 : ll_session_lock(w->fresh, e);
    if (*lock >= 0) *journal = open_journal(w->fresh, e);
    if (*journal >= 0) return LL_OK;
    if (*lock >= 0) close(*lock);
    *lock = -1;
    return LL_FAILED;
}

static void let_go(ll_session *s)
{
    if (s->journal_fd >= 0) close(s->journal_fd);
    if (s->lock_fd >= 0) close(s->lock_fd); /* which ends the lock */
    s->journal_fd = s->lock_fd = -1;
}

static ll_status mark_origin(const char *dir, const char *from, int journal, ll_error *e)
{
    struct stat st;
    return ll_header_mark_origin(dir, from, fstat(journal, &st) ? 0 : (double)st.st_size, e);
}

/* An unsaved folder to go on in: with what is in `from`, a saved one, or (NULL) empty. */
static ll_status make_folder(ll_session *s, const char *from, ll_error *e)
{
    ll_owned_work w;
    char *live = ll_sessions_live_dir(), *dir = NULL;
    int lock = -1, journal = -1;
    ll_sessions_sweep();
    ll_status status = ll_owned_begin(&w, live, &ll_session_kind, e);
    free(live);
    if (status) return status;
    if (from) status = ll_session_copy(from, w.fresh, e);
    if (!status) status = furnish(&w, NULL, NULL, &lock, &journal, e);
    if (!status) status = ll_header_mark_script(w.fresh, s->script, e);
    if (!status && from) status = mark_origin(w.fresh, from, journal, e);
    if (!status && (status = ll_session_place_live(&w, &dir, e))) {
        close(lock);
        close(journal);
    }
    ll_owned_end(&w);
    if (status) return status;
    char *of = from ? ll_strdup(from) : NULL;
    let_go(s);
    s->lock_fd = lock;
    s->journal_fd = journal;
    set_place(s, dir, NULL);
    s->of = of;
    return LL_OK;
}

ll_status ll_session_append(ll_session *s, const char *op, const char *line, const cJSON *kept, ll_error *e)
{
    cJSON *entry = cJSON_CreateObject();
    ll_json_int(entry, "n", s->next_n);
    ll_json_str(entry, "op", op);
    ll_json_int(entry, "at", s->at);
    ll_json_str(entry, "line", line);
    ll_json_now(entry, "time");
    cJSON_AddItemToObject(entry, "state", cJSON_Duplicate(s->steps[s->at].manifest, true));
    const cJSON *part;
    cJSON_ArrayForEach(part, kept) cJSON_AddItemToObject(entry, part->string, cJSON_Duplicate(part, true));
    char *path = ll_path_join(s->dir, "journal.jsonl");
    ll_status status = ll_journal_append(s->journal_fd, path, entry, e);
    free(path);
    cJSON_Delete(entry);
    if (!status) s->next_n++;
    return status;
}

/* The present step is done and goes into the journal, with its manifest. */
static ll_status append_step(ll_session *s, ll_error *e)
{
    ll_step *now = &s->steps[s->at];
    ll_status status = now->manifest ? LL_OK : ll_manifest_write(&s->store, &now->state, &now->manifest, e);
    if (!status) status = ll_session_append(s, "do", now->line, now->kept, e);
    if (status) return status;
    cJSON_Delete(now->kept);
    now->kept = NULL;
    return LL_OK;
}

/* Steps that waited for one that is worth a folder, undone ones too. */
static ll_status append_waiting(ll_session *s, ll_error *e)
{
    int at = s->at;
    ll_status status = LL_OK;
    if (!s->waiting) return LL_OK;
    for (int i = 1; i < s->n_steps && !status; i++) {
        s->at = i;
        status = append_step(s, e);
    }
    s->at = at;
    if (!status && at < s->n_steps - 1) status = ll_session_append(s, "undo", "undo", NULL, e);
    s->waiting = status != LL_OK;
    return status;
}

/* Before something is written: a folder that may be written to. */
ll_status ll_session_need_folder(ll_session *s, ll_request *rq, ll_error *e)
{
    if (s->dir && !s->name) return append_waiting(s, e);
    ll_status status = make_folder(s, s->dir, e);
    if (!status) status = append_waiting(s, e);
    if (!status && s->of)
        ll_note(
            rq,
            "session %s stays as it was saved, this goes on in an unsaved copy: `save` puts it in its place",
            ll_path_base(s->of));
    return status;
}

/* Does a script's step only name what lies on the disk anyway? Nobody would go on with that. */
static bool may_wait(const ll_session *s, const ll_request *rq)
{
    const ll_state *now = &rq->state;
    bool made = now->samples || now->n_models || now->n_transfers || now->n_adapted || now->n_searches ||
                now->encoders.n || now->tags.n || (now->data && !now->data->path);
    return s->memory || (s->script && !s->dir && !made && !(rq->command->flags & LL_CMD_NO_UNDO));
}

/* The journal is behind: say so once, go on in memory. */
static void fall_behind(ll_session *s, ll_request *rq, const ll_error *e)
{
    if (!s->behind)
        ll_warn(rq, "this session is not journalled any more, `undo` still works: %s", e->message);
    s->behind = true;
}

static void on_commit(void *ctx, ll_request *rq)
{
    ll_session *s = ctx;
    ll_error e = {0};
    if (s->handled) {
        s->handled = false;
        return;
    }
    if (s->steps[s->at].resident && same_state(&s->steps[s->at].state, &rq->state)) return;
    bool waits = may_wait(s, rq);
    ll_status status = waits ? LL_OK : ll_session_need_folder(s, rq, &e);
    push_step(s, rq->line, NULL, &rq->state);
    s->steps[s->at].kept = ll_journal_kept(rq);
    if (waits)
        s->waiting = true;
    else if (status || append_step(s, &e))
        fall_behind(s, rq, &e);
    else
        s->behind = false;
}

ll_status ll_session_go(ll_session *s, ll_request *rq, int step, const char *op)
{
    ll_state state;
    ll_error e = {0};
    ll_status status = state_of(s, rq, step, &state);
    if (status) return status;
    ll_state_free(&rq->state);
    rq->state = state;
    s->at = step;
    if (s->dir && (ll_session_need_folder(s, rq, &e) || ll_session_append(s, op, rq->line, NULL, &e)))
        fall_behind(s, rq, &e);
    s->handled = true;
    return LL_OK;
}

/* --- leaving, opening, saving -----------------------------------------------------------------------------
 */

void ll_session_close(ll_session *s)
{
    let_go(s);
    cut_steps(s, 0);
    ll_store_forget(&s->store);
    set_place(s, NULL, NULL);
    s->behind = s->waiting = false;
    s->next_n = 1;
    begin(s);
}

/* One journal line as it moved the steps: "do" gives up what was undone before it. Where lines are lost, steps that are
 * not known stand for them, so that the numbers of the others stay. */
static void take_entry(ll_session *s, cJSON *entry, int *lost)
{
    int at = ll_json_get_int(entry, "at", s->at + 1);
    bool is_do = !strcmp(ll_json_get_str(entry, "op", "do"), "do");
    for (; *lost > 0 && at > s->n_steps - !is_do; --*lost) {
        s->at = s->n_steps - 1;
        push_step(s, "(a damaged line of the journal)", cJSON_Duplicate(s->steps[s->at].manifest, true),
                  NULL);
    }
    if (is_do) {
        s->at = (at >= 1 && at <= s->n_steps ? at : s->n_steps) - 1;
        cJSON *state = cJSON_DetachItemFromObjectCaseSensitive(entry, "state");
        push_step(s, ll_json_get_str(entry, "line", ""), state ? state : cJSON_CreateObject(), NULL);
    } else {
        s->at = at < 0 ? 0 : at >= s->n_steps ? s->n_steps - 1 : at;
    }
    s->next_n = ll_json_get_int(entry, "n", s->next_n) + 1;
}

/* The journal tells all; a header that is damaged is only said to be. */
static ll_status read_header(ll_request *rq, const char *dir, bool needed, cJSON **out)
{
    char *path = ll_path_join(dir, "session.json");
    ll_error why = {0};
    *out = NULL;
    ll_status status = ll_is_missing(path) ? LL_OK : ll_json_read_file(path, out, &why);
    if (status == LL_BAD_DATA && !needed) {
        ll_warn(rq, "%s; the session goes by its journal", why.message);
        status = LL_OK;
    }
    int version = ll_json_get_int(*out, "version", LL_SESSION_VERSION);
    if (!status && version > LL_SESSION_VERSION)
        status = ll_fail(&why, LL_BAD_DATA, "%s: has version %d, this latlab reads up to %d", path, version,
                         LL_SESSION_VERSION);
    if (status) rq->error = why;
    free(path);
    return status;
}

static ll_status read_steps(ll_session *s, ll_request *rq, const char *dir)
{
    char *path = ll_path_join(dir, "journal.jsonl");
    cJSON *header = NULL, *entries = NULL, *entry;
    int lost = 0;
    ll_str why = {0};
    bool has_journal = !ll_is_missing(path);
    ll_status status = read_header(rq, dir, !has_journal, &header);
    if (!status && has_journal) status = ll_journal_read(path, &entries, &lost, &why, &rq->error);
    if (lost) ll_warn(rq, "%s", why.s);
    cJSON_ArrayForEach(entry, entries) take_entry(s, entry, &lost);
    cJSON *saved = cJSON_DetachItemFromObjectCaseSensitive(header, "state");
    s->behind = !status && s->n_steps == 1 && saved;
    if (s->behind)
        push_step(s, "", saved, NULL);
    else
        cJSON_Delete(saved);
    cJSON_Delete(entries);
    cJSON_Delete(header);
    ll_str_free(&why);
    free(path);
    return status;
}

static ll_session *session_new(ll_app *app)
{
    ll_session *s = LL_NEW(ll_session);
    *s = (ll_session){.app = app, .lock_fd = -1, .journal_fd = -1, .next_n = 1};
    pthread_mutex_init(&s->lock, NULL);
    begin(s);
    return s;
}

static void session_free(void *p)
{
    ll_session *s = p;
    let_go(s);
    cut_steps(s, 0);
    free(s->steps);
    ll_store_free(&s->store);
    free(s->dir);
    free(s->name);
    free(s->of);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* Everything that can fail, into a session of its own. */
static ll_status prepare(ll_session *s, ll_request *rq, const char *dir, bool saved, ll_state *state)
{
    ll_status status = ll_session_check_parts(dir, &rq->error);
    if (status) return status;
    s->lock_fd = ll_session_lock(dir, &rq->error);
    if (s->lock_fd < 0) return rq->error.status;
    ll_session_tidy(dir);
    set_place(s, ll_strdup(dir), saved ? ll_path_base(dir) : NULL);
    if (!saved) s->of = ll_session_origin(dir);
    status = read_steps(s, rq, dir);
    if (status) return status;
    s->journal_fd = open_journal(dir, &rq->error);
    if (s->journal_fd < 0) return rq->error.status;
    status = read_step(s, rq, dir, rq->state.data, &s->steps[s->at], state);
    /* a step that only the header told of: what follows in the journal must find it there */
    if (!status && s->behind) s->behind = ll_session_append(s, "do", "", NULL, NULL) != LL_OK;
    return status;
}

/* The lists on other threads look at dir and name of the session of the app: it stays where it is, and takes
 * over what the other one holds. */
static void take_over(ll_session *s, ll_session *other)
{
    ll_session_close(s);
    cut_steps(s, 0);
    free(s->steps);
    s->steps = other->steps;
    s->n_steps = other->n_steps;
    s->at = other->at;
    s->next_n = other->next_n;
    s->behind = other->behind;
    s->waiting = false;
    s->lock_fd = other->lock_fd;
    s->journal_fd = other->journal_fd;
    set_place(s, ll_strdup(other->dir), other->name);
    s->of = other->of;
    other->of = NULL;
    other->steps = NULL;
    other->n_steps = 0;
    other->lock_fd = other->journal_fd = -1;
}

static bool is_saved(const char *dir)
{
    char *live = ll_sessions_live_dir();
    size_t n = strlen(live);
    bool saved = strncmp(dir, live, n) || dir[n] != '/';
    free(live);
    return saved;
}

/* A copy of a session among the live ones. */
static ll_status copy_live(const char *from, char **dir, ll_error *e)
{
    ll_owned_work w;
    char *live = ll_sessions_live_dir();
    ll_status status = ll_owned_begin(&w, live, &ll_session_kind, e);
    free(live);
    if (status) return status;
    status = ll_session_copy(from, w.fresh, e);
    if (!status && ll_owned_check(w.fresh, &ll_session_kind, NULL)) /* its header was damaged */
        status = ll_header_write(w.fresh, NULL, NULL, e);
    if (!status) status = ll_session_place_live(&w, dir, e);
    ll_owned_end(&w);
    return status;
}

ll_status ll_session_open(ll_session *s, ll_request *rq, const char *dir, bool copy)
{
    char *own = NULL;
    ll_status status = copy ? copy_live(dir, &own, &rq->error) : LL_OK;
    ll_session *other = session_new(s->app);
    ll_state state;
    const char *at = own ? own : dir;
    if (!status) status = prepare(other, rq, at, is_saved(at), &state);
    if (!status && (own || !is_saved(at))) status = ll_header_mark_script(at, s->script, &rq->error);
    /* not before: it may be one of the old that was copied, and a copy without a journal counts as never begun until it is
     * locked */
    if (!status && own) ll_sessions_sweep();
    if (!status) {
        take_over(s, other);
        ll_state_free(&rq->state);
        rq->state = state;
        s->handled = true;
    }
    session_free(other); /* which ends its lock */
    if (status && own) ll_session_remove(own, NULL);
    free(own);
    return status;
}

/* The folder holds all of the present state, or an error says why not. */
static ll_status catch_up(ll_session *s, ll_error *e)
{
    ll_status status = s->dir ? LL_OK : make_folder(s, NULL, e);
    if (!status) status = append_waiting(s, e);
    ll_step *now = &s->steps[s->at];
    if (!status && !now->manifest) status = ll_manifest_write(&s->store, &now->state, &now->manifest, e);
    if (!status && s->behind) status = append_step(s, e);
    if (!status) s->behind = false;
    return status;
}

/* Its content lives on under the name that `save` gave it. */
static void drop_unnamed(ll_session *s)
{
    let_go(s);
    if (!s->name) ll_session_remove(s->dir, NULL);
}

static ll_status save_to(ll_session *s, const char *dir, bool *kept, ll_error *e)
{
    int lock = -1, journal = -1;
    ll_owned_work w;
    char *parent = ll_path_folder(dir);
    ll_status status = ll_owned_begin(&w, parent, &ll_session_kind, e);
    free(parent);
    if (status) return status;
    status = ll_session_copy(s->dir, w.fresh, e);
    if (!status) status = furnish(&w, ll_path_base(dir), s->steps[s->at].manifest, &lock, &journal, e);
    if (!status && (status = ll_session_place_saved(&w, dir, kept, e))) {
        close(lock);
        close(journal);
    }
    ll_owned_end(&w);
    if (status) return status;
    drop_unnamed(s);
    s->lock_fd = lock;
    s->journal_fd = journal;
    set_place(s, ll_strdup(dir), ll_path_base(dir));
    return LL_OK;
}

/* Two paths of one folder. */
static bool is_here(const ll_session *s, const char *dir)
{
    struct stat own, other;
    return s->dir && !stat(s->dir, &own) && !stat(dir, &other) && own.st_dev == other.st_dev &&
           own.st_ino == other.st_ino;
}

ll_status ll_session_save(ll_session *s, const char *name, bool *kept, ll_error *e)
{
    char *dir;
    *kept = false;
    if (s->n_steps == 1) return ll_fail(e, LL_FAILED, "there is nothing to save yet: nothing was loaded");
    ll_status status = ll_session_target(name, &dir, e);
    if (status) return status;
    status = catch_up(s, e);
    if (!status)
        status = is_here(s, dir) ? ll_header_write(s->dir, s->name, s->steps[s->at].manifest, e)
                                 : save_to(s, dir, kept, e);
    free(dir);
    return status;
}

/* --- the session of an app --------------------------------------------------------------------------------
 */

void ll_sessions_start(ll_app *app)
{
    ll_session *s = session_new(app);
    ll_app_set_slot(app, LL_SLOT_SESSIONS, s, session_free);
    ll_app_on_commit(app, on_commit, s);
    ll_app_keep(app, &ll_session_kind);
}

void ll_sessions_of_script(ll_app *app)
{
    ll_session_of(app)->script = true;
}

void ll_sessions_in_memory(ll_app *app)
{
    ll_session_of(app)->memory = true;
}

ll_session *ll_session_of(ll_app *app)
{
    return ll_app_slot(app, LL_SLOT_SESSIONS);
}
