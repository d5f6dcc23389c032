#include "sessions/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/system/shared_file.h"
#include "core/base/text/json.h"
#include "data/datasets/folder.h"
#include "sessions/header.h"
#include "sessions/place.h"

enum { LONGEST_HEADER = 64 << 20 };
/* Unsaved sessions that are kept: a person's, a script's. */
static const int keep_live[] = {32, 8};

/* --- what is in it ----------------------------------------------------------------------------------------
 */

/* A plain file of an open folder; -1 for anything else. A planted pipe must not make us wait. */
static int open_plain(int dir, const char *name)
{
    struct stat st;
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return -1;
    int why = fstat(fd, &st) ? errno : S_ISREG(st.st_mode) ? 0 : ELOOP;
    if (!why) return fd;
    close(fd);
    errno = why;
    return -1;
}

/* Why something was not opened: it is gone, or of a kind that latlab makes none of. Anything else, and the session would
 * be copied without it. */
static bool is_no_part(int why)
{
    return why == ENOENT || why == ELOOP || why == ENOTDIR || why == ENXIO;
}

static bool read_all(int fd, size_t most, ll_str *out)
{
    char buffer[65536];
    ssize_t n;
    while ((n = read(fd, buffer, sizeof buffer)) > 0 && out->len + (size_t)n <= most)
        ll_str_addn(out, buffer, (size_t)n);
    return !n;
}

static bool is_marked(int dir)
{
    ll_str text = {0};
    int fd = open_plain(dir, "session.json");
    cJSON *o = fd >= 0 && read_all(fd, LONGEST_HEADER, &text) ? cJSON_Parse(ll_str_text(&text)) : NULL;
    bool is = !strcmp(ll_json_get_str(o, "format", ""), "latlab session");
    cJSON_Delete(o);
    ll_str_free(&text);
    if (fd >= 0) close(fd);
    return is;
}

static const ll_owned_kind empty_kind = {.what = "folder", .entries = (const ll_owned_entry[]){{0}}};

/* What a process that was killed left of a dataset in the making. */
static const ll_owned_kind work_kind = {
    .what = "work folder",
    .entries = (const ll_owned_entry[]){{.name = "lock"},
                                        {.name = "fresh", .folder = &ll_folder_kind},
                                        {.name = "aside", .folder = &empty_kind},
                                        {0}}};

static const ll_owned_kind blobs_kind = {
    .what = "blobs of a session",
    .entries = (const ll_owned_entry[]){{.name = "*.safetensors"},
                                        {.name = "*.genes"},
                                        {.name = "*.dataset", .folder = &ll_folder_kind},
                                        {.name = "new-*"},
                                        {.name = ".latlab-tmp-*"},
                                        {.name = ".latlab.tmp-*", .folder = &work_kind},
                                        {0}}};

/* Copied in this order: a journal that another process goes on with never names a blob that the copy lacks. */
const ll_owned_kind ll_session_kind = {.what = "session",
                                       .marked = is_marked,
                                       .entries =
                                           (const ll_owned_entry[]){{.name = "session.json"},
                                                                    {.name = "journal.jsonl"},
                                                                    {.name = "blobs", .folder = &blobs_kind},
                                                                    {.name = "lock"},
                                                                    {.name = "*.tmp-*"},
                                                                    {.name = ".latlab-tmp-*"},
                                                                    {0}}};

ll_status ll_session_check_parts(const char *dir, ll_error *e)
{
    ll_status s = LL_OK;
    for (const ll_owned_entry *x = ll_session_kind.entries; x->name && !s; x++) {
        struct stat st;
        char *path = ll_path_join(dir, x->name);
        mode_t wanted = x->folder ? S_IFDIR : S_IFREG;
        if (!lstat(path, &st) && (st.st_mode & S_IFMT) != wanted) {
            char *copy = ll_session_open_line(dir, "copy=on");
            s = ll_fail(e, LL_FAILED, "%s: is not a plain %s of the session's own; a copy can be taken: `%s`",
                        path, x->folder ? "folder" : "file", copy);
            free(copy);
        }
        free(path);
    }
    return s;
}

/* --- copying ----------------------------------------------------------------------------------------------
 */

static ll_status copy_bytes(int from, ll_writer *w, ll_error *e)
{
    char buffer[65536];
    ssize_t n;
    while ((n = read(from, buffer, sizeof buffer)) > 0) {
        if (ll_interrupted()) return ll_interrupt_fail(e);
        fwrite(buffer, 1, (size_t)n, w->f);
    }
    return n ? ll_fail(e, LL_FAILED, "%s: cannot read what it is a copy of: %s", w->path, strerror(errno))
             : LL_OK;
}

static ll_status cannot_copy(const char *path, const char *name, ll_error *e)
{
    if (is_no_part(errno)) return LL_OK;
    return ll_fail(e, LL_FAILED, "%s/%s: cannot be read: %s", path, name, strerror(errno));
}

static ll_status copy_file(int dir, const char *path, const char *name, const char *to, ll_error *e)
{
    int fd = open_plain(dir, name);
    if (fd < 0) return cannot_copy(path, name, e);
    char *copy = ll_path_join(to, name);
    ll_writer w;
    ll_status s = ll_writer_open(&w, copy, e);
    if (!s && (s = copy_bytes(fd, &w, e))) ll_writer_abandon(&w);
    if (!s) s = ll_writer_commit(&w, e);
    close(fd);
    free(copy);
    return s;
}

static ll_status copy_folder(int at, const char *path, const char *name, const ll_owned_kind *kind,
                             const char *to, ll_error *e);

/* All names in the folder that match the entry. */
static ll_status copy_matching(int dir, const char *path, const ll_owned_entry *entry, const char *to,
                               ll_error *e)
{
    ll_strs names = {0};
    ll_status s = ll_list_dir(path, NULL, &names, e);
    for (int i = 0; i < names.n && !s; i++) {
        if (fnmatch(entry->name, names.v[i], 0)) continue;
        s = entry->folder ? copy_folder(dir, path, names.v[i], entry->folder, to, e)
                          : copy_file(dir, path, names.v[i], to, e);
    }
    ll_strs_free(&names);
    return s;
}

static bool is_in_the_making(const ll_owned_entry *entry)
{
    return !strcmp(entry->name, "new-*") || strstr(entry->name, "tmp-");
}

/* Locks, and files and folders in the making, are of a process, not of the session. */
static bool is_passing(const ll_owned_entry *entry)
{
    return !strcmp(entry->name, "lock") || is_in_the_making(entry);
}

static ll_status copy_all(int dir, const char *path, const ll_owned_kind *kind, const char *to, ll_error *e)
{
    ll_status s = LL_OK;
    for (const ll_owned_entry *x = kind->entries; x->name && !s; x++)
        if (!is_passing(x)) s = copy_matching(dir, path, x, to, e);
    return s;
}

static ll_status copy_folder(int at, const char *path, const char *name, const ll_owned_kind *kind,
                             const char *to, ll_error *e)
{
    int dir = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0) return cannot_copy(path, name, e);
    char *inside = ll_path_join(path, name), *copy = ll_path_join(to, name);
    ll_status s = ll_make_dirs(copy, e);
    if (!s) s = copy_all(dir, inside, kind, copy, e);
    close(dir);
    free(inside);
    free(copy);
    return s;
}

ll_status ll_session_copy(const char *from, const char *to, ll_error *e)
{
    int dir = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) return ll_fail(e, LL_FAILED, "%s: %s", from, strerror(errno));
    ll_status s = copy_all(dir, from, &ll_session_kind, to, e);
    close(dir);
    return s;
}

/* --- placing ----------------------------------------------------------------------------------------------
 */

/* A rename onto a folder succeeds only where that one is empty, and a session is not: no name is taken twice. */
ll_status ll_session_place_live(ll_owned_work *w, char **dir, ll_error *e)
{
    char stamp[LL_DATE_SIZE];
    ll_utc_text("%Y%m%d-%H%M%S", stamp);
    for (int try = 1;; try++) {
        ll_str path = {0};
        ll_str_addf(&path, "%s/%s-%ld", w->dir, stamp, (long)getpid());
        if (try > 1) ll_str_addf(&path, "-%d", try);
        *dir = ll_str_take(&path);
        if (!rename(w->fresh, *dir)) {
            ll_owned_sync(w->dir);
            return LL_OK;
        }
        bool taken = errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR;
        if (!taken) ll_fail(e, LL_FAILED, "%s: cannot create the folder: %s", *dir, strerror(errno));
        free(*dir);
        *dir = NULL;
        if (!taken) return LL_FAILED;
    }
}

static char *beside(const char *dir, const char *before, const char *after)
{
    ll_str path = {0};
    const char *base = ll_path_base(dir);
    ll_str_addn(&path, dir, (size_t)(base - dir));
    ll_str_addf(&path, "%s%s%s", before, base, after);
    return ll_str_take(&path);
}

char *ll_session_former(const char *dir)
{
    return beside(dir, ".", ".former");
}

/* The lock of a session that is to be moved; -1 in *lock where there is none. */
static ll_status hold(const char *dir, int *lock, ll_error *e)
{
    *lock = -1;
    if (!ll_is_there(dir)) return LL_OK;
    ll_status s = ll_owned_check(dir, &ll_session_kind, e);
    if (s) return s;
    *lock = ll_session_lock(dir, e);
    if (*lock >= 0) return LL_OK;
    return ll_session_locked(dir)
               ? ll_fail(e, LL_FAILED, "session %s is open in another latlab: save under another name",
                         ll_path_base(dir))
               : LL_FAILED;
}

static ll_status replace(ll_owned_work *w, const char *dir, const char *former, bool *kept, ll_error *e)
{
    int lock, former_lock = -1;
    ll_status s = hold(dir, &lock, e);
    if (!s && lock >= 0) s = hold(former, &former_lock, e);
    if (!s) s = ll_owned_install(w, dir, former, e);
    *kept = !s && lock >= 0;
    if (lock >= 0) close(lock);
    if (former_lock >= 0) close(former_lock);
    return s;
}

/* Two processes that save under one name do it one after the other. */
ll_status ll_session_place_saved(ll_owned_work *w, const char *dir, bool *kept, ll_error *e)
{
    char *former = ll_session_former(dir), *all = ll_path_join(w->dir, "sessions");
    int turn;
    *kept = false;
    ll_status s = ll_shared_lock(all, LL_SHARED_WAIT_MS, &turn, e);
    if (!s) s = replace(w, dir, former, kept, e);
    ll_shared_unlock(turn);
    free(all);
    free(former);
    return s;
}

/* --- tidying ----------------------------------------------------------------------------------------------
 */

static void tidy(int dir, const char *path, const ll_owned_kind *kind)
{
    ll_strs names = {0};
    struct stat st;
    if (ll_list_dir(path, NULL, &names, NULL)) return;
    for (int i = 0; i < names.n; i++)
        for (const ll_owned_entry *x = kind->entries; x->name; x++)
            if (is_in_the_making(x) && !x->folder && !fnmatch(x->name, names.v[i], 0) &&
                !fstatat(dir, names.v[i], &st, AT_SYMLINK_NOFOLLOW) && S_ISREG(st.st_mode))
                unlinkat(dir, names.v[i], 0);
    ll_strs_free(&names);
}

static void tidy_folder(const char *path, const ll_owned_kind *kind)
{
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0) return;
    tidy(dir, path, kind);
    close(dir);
}

void ll_session_tidy(const char *dir)
{
    char *blobs = ll_path_join(dir, "blobs");
    tidy_folder(dir, &ll_session_kind);
    tidy_folder(blobs, &blobs_kind);
    if (ll_is_dir(blobs)) ll_owned_sweep(blobs, &ll_folder_kind);
    free(blobs);
}

/* --- removing ---------------------------------------------------------------------------------------------
 */

/* It leaves its place at once and whole; a kill leaves the rest in a work folder, for the next sweep. */
static ll_status remove_held(const char *dir, ll_error *e)
{
    ll_owned_work w;
    char *parent = ll_path_folder(dir);
    ll_status s = ll_owned_begin(&w, parent, &ll_session_kind, e);
    free(parent);
    if (s) return s;
    if (rename(dir, w.fresh)) s = ll_fail(e, LL_FAILED, "%s: cannot remove: %s", dir, strerror(errno));
    ll_owned_end(&w);
    return s;
}

ll_status ll_session_remove(const char *dir, ll_error *e)
{
    int lock;
    ll_status s = hold(dir, &lock, e);
    if (!s && lock >= 0) s = remove_held(dir, e);
    if (lock >= 0) close(lock);
    return s;
}

/* Scripts run by the hundred: those that are kept are counted apart, so that they push out none of a person's. */
static void drop_old(void)
{
    ll_strs dirs = {0};
    int kept[2] = {0};
    ll_session_list_live(&dirs);
    for (int i = 0; i < dirs.n; i++) {
        bool script = ll_session_is_script(dirs.v[i]);
        if (!ll_session_is_begun(dirs.v[i]) || ++kept[script] > keep_live[script])
            ll_session_remove(dirs.v[i], NULL);
    }
    ll_strs_free(&dirs);
}

void ll_sessions_sweep(void)
{
    char *places[] = {ll_sessions_saved_dir(), ll_sessions_live_dir()};
    for (int i = 0; i < 2; i++) {
        if (ll_is_dir(places[i])) ll_owned_sweep(places[i], &ll_session_kind);
        free(places[i]);
    }
    drop_old();
}
