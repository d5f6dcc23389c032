#include "sessions/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/mem.h"

enum { KEEP_LIVE = 8 };

static char *under(ll_xdg kind, const char *name)
{
    char *base = ll_xdg_dir(kind), *dir = ll_path_join(base, name);
    free(base);
    return dir;
}

char *ll_sessions_saved_dir(void)
{
    return under(LL_XDG_DATA, "sessions");
}

/* Another name than that of the saved ones, so that old ones can be dropped even where both XDG folders are
 * the same. */
char *ll_sessions_live_dir(void)
{
    return under(LL_XDG_STATE, "live");
}

static bool has_file(const char *dir, const char *name)
{
    char *path = ll_path_join(dir, name);
    bool found = ll_is_file(path);
    free(path);
    return found;
}

bool ll_session_is(const char *dir)
{
    return has_file(dir, "session.json") || has_file(dir, "journal.jsonl");
}

/* --- finding ----------------------------------------------------------------------------------------------
 */

ll_status ll_session_target(const char *name, char **dir, ll_error *e)
{
    if (strchr(name, '/')) {
        *dir = ll_path_expand(name);
        return LL_OK;
    }
    const char *allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    if (!*name || *name == '.' || name[strspn(name, allowed)] || strlen(name) > 100)
        return ll_fail(e, LL_USAGE,
                       "'%s' cannot be the name of a session: letters, digits, '.', '_' and '-' can", name);
    char *saved = ll_sessions_saved_dir();
    *dir = ll_path_join(saved, name);
    free(saved);
    return LL_OK;
}

static void say_nearest(const char *name, ll_error *e)
{
    ll_strs all = {0};
    ll_session_list(&all);
    const char *best = NULL;
    int least = (int)strlen(name) / 2 + 1;
    for (int i = 0; i < all.n; i++) {
        int distance = ll_edit_distance(name, ll_path_base(all.v[i]));
        if (distance < least) least = distance, best = ll_path_base(all.v[i]);
    }
    ll_fail(e, LL_FAILED, "there is no session %s%s%s; `sessions` lists them", name,
            best ? "; did you mean " : "", best ? best : "");
    ll_strs_free(&all);
}

ll_status ll_session_find(const char *name, char **dir, ll_error *e)
{
    ll_status s = ll_session_target(name, dir, e);
    if (s) return s;
    if (ll_session_is(*dir)) return LL_OK;
    free(*dir);
    char *live = ll_sessions_live_dir();
    *dir = ll_path_join(live, name);
    free(live);
    if (!strchr(name, '/') && ll_session_is(*dir)) return LL_OK;
    free(*dir);
    *dir = NULL;
    say_nearest(name, e);
    return LL_FAILED;
}

double ll_session_changed_s(const char *dir)
{
    struct stat st;
    char *journal = ll_path_join(dir, "journal.jsonl");
    bool known = !stat(journal, &st) || !stat(dir, &st);
    free(journal);
    return known ? (double)st.st_mtim.tv_sec + 1e-9 * (double)st.st_mtim.tv_nsec : 0;
}

static void add_sessions(char *parent, ll_strs *dirs)
{
    ll_strs names = {0};
    if (!ll_list_dir(parent, NULL, &names, NULL))
        for (int i = 0; i < names.n; i++) {
            char *dir = ll_path_join(parent, names.v[i]);
            if (names.v[i][0] != '.' && ll_session_is(dir))
                ll_strs_take(dirs, dir);
            else
                free(dir);
        }
    ll_strs_free(&names);
    free(parent);
}

static int latest_first(const void *a, const void *b)
{
    double x = ll_session_changed_s(*(char *const *)a), y = ll_session_changed_s(*(char *const *)b);
    return (x < y) - (x > y);
}

void ll_session_list(ll_strs *dirs)
{
    add_sessions(ll_sessions_saved_dir(), dirs);
    add_sessions(ll_sessions_live_dir(), dirs);
    if (dirs->n) qsort(dirs->v, (size_t)dirs->n, sizeof *dirs->v, latest_first);
}

/* --- lock -------------------------------------------------------------------------------------------------
 */

static int lock_file(const char *dir, bool create)
{
    char *path = ll_path_join(dir, "lock");
    int fd = open(path, create ? O_RDWR | O_CREAT | O_CLOEXEC : O_RDWR | O_CLOEXEC, 0666);
    free(path);
    return fd;
}

/* The number is for the message of whoever comes second; what counts is the lock, which ends with the
 * process. */
static void sign(int fd)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) || pwrite(fd, text, (size_t)n, 0) != n) return;
}

int ll_session_lock(const char *dir, ll_error *e)
{
    int fd = lock_file(dir, true);
    if (fd < 0) {
        ll_fail(e, LL_FAILED, "%s: cannot write there: %s", dir, strerror(errno));
        return -1;
    }
    if (!flock(fd, LOCK_EX | LOCK_NB)) {
        sign(fd);
        return fd;
    }
    char text[32] = "";
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    text[n > 0 ? strcspn(text, "\n") : 0] = 0;
    ll_fail(e, LL_FAILED,
            "session %s is open in another latlab (process %s); close that one, or take a copy: "
            "open %s copy=on",
            ll_path_base(dir), *text ? text : "unknown", ll_path_base(dir));
    close(fd);
    return -1;
}

bool ll_session_locked(const char *dir)
{
    int fd = lock_file(dir, false);
    if (fd < 0) return false;
    bool locked = flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK;
    close(fd);
    return locked;
}

/* --- making, copying, replacing ---------------------------------------------------------------------------
 */

static void drop_old(const char *live)
{
    ll_strs dirs = {0};
    add_sessions(ll_strdup(live), &dirs);
    if (dirs.n) qsort(dirs.v, (size_t)dirs.n, sizeof *dirs.v, latest_first);
    for (int i = KEEP_LIVE; i < dirs.n; i++)
        if (!ll_session_locked(dirs.v[i])) ll_remove_tree(dirs.v[i], NULL);
    ll_strs_free(&dirs);
}

ll_status ll_session_fresh(char **dir, ll_error *e)
{
    char *live = ll_sessions_live_dir(), stamp[32];
    time_t now = (time_t)ll_wall_s();
    struct tm tm;
    strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", gmtime_r(&now, &tm));
    ll_status s = ll_make_dirs(live, e);
    if (!s) drop_old(live);
    *dir = NULL;
    for (int try = 1; !s && !*dir; try++) {
        ll_str path = {0};
        ll_str_addf(&path, "%s/%s-%ld", live, stamp, (long)getpid());
        if (try > 1) ll_str_addf(&path, "-%d", try);
        if (!mkdir(path.s, 0777))
            *dir = ll_str_take(&path);
        else if (errno != EEXIST)
            s = ll_fail(e, LL_FAILED, "%s: cannot create the folder: %s", path.s, strerror(errno));
        ll_str_free(&path);
    }
    free(live);
    return s;
}

static ll_status copy_tree(const char *from, const char *to, ll_error *e);

static ll_status copy_entry(const char *from, const char *to, const char *name, ll_error *e)
{
    char *source = ll_path_join(from, name), *copy = ll_path_join(to, name), *bytes;
    size_t n;
    ll_status s;
    if (ll_is_dir(source)) {
        s = copy_tree(source, copy, e);
    } else {
        s = ll_read_file(source, 0, &bytes, &n, e);
        if (!s) {
            s = ll_write_file(copy, bytes, n, e);
            free(bytes);
        }
    }
    free(source);
    free(copy);
    return s;
}

static ll_status copy_tree(const char *from, const char *to, ll_error *e)
{
    ll_strs names = {0};
    ll_status s = ll_make_dirs(to, e);
    if (!s) s = ll_list_dir(from, NULL, &names, e);
    for (int i = 0; i < names.n && !s; i++)
        if (strcmp(names.v[i], "lock") && !strstr(names.v[i], ".tmp-"))
            s = copy_entry(from, to, names.v[i], e);
    ll_strs_free(&names);
    return s;
}

ll_status ll_session_copy(const char *from, const char *to, ll_error *e)
{
    ll_status s = copy_tree(from, to, e);
    if (s) ll_remove_tree(to, NULL);
    return s;
}

ll_status ll_session_replace(const char *temporary, const char *dir, bool *kept, ll_error *e)
{
    ll_str old = {0};
    ll_str_addf(&old, "%s.old", dir);
    *kept = ll_is_dir(dir);
    ll_status s = *kept ? ll_remove_tree(old.s, e) : LL_OK;
    if (!s && *kept && rename(dir, old.s))
        s = ll_fail(e, LL_FAILED, "%s: cannot be moved aside: %s", dir, strerror(errno));
    if (!s && rename(temporary, dir)) {
        s = ll_fail(e, LL_FAILED, "%s: cannot write: %s", dir, strerror(errno));
        if (*kept) rename(old.s, dir);
    }
    ll_str_free(&old);
    return s;
}
