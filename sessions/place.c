#include "sessions/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/near.h"
#include "core/base/text/quote.h"
#include "sessions/header.h"

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

/* Hidden names are latlab's own: former states, folders in the making. */
static ll_status check_name(const char *name, bool path, ll_error *e)
{
    const char *allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    if (*name && *name != '.' && (path || !name[strspn(name, allowed)]) && strlen(name) <= 100) return LL_OK;
    return ll_fail(e, LL_USAGE,
                   "'%.200s' cannot be the name of a session: letters, digits, '.', '_' and '-' can%s", name,
                   *name == '.' ? ", and no '.' as the first" : "");
}

ll_status ll_session_target(const char *name, char **dir, ll_error *e)
{
    bool path = strchr(name, '/') != NULL;
    char *place = path ? NULL : ll_sessions_saved_dir();
    *dir = path ? ll_path_expand(name) : ll_path_join(place, name);
    free(place);
    for (size_t n = strlen(*dir); n > 1 && (*dir)[n - 1] == '/'; n--) (*dir)[n - 1] = 0;
    ll_status s = check_name(path ? ll_path_base(*dir) : name, path, e);
    if (s) {
        free(*dir);
        *dir = NULL;
    }
    return s;
}

static void say_nearest(const char *name, ll_error *e)
{
    ll_strs all = {0};
    ll_near near = ll_near_to(name);
    ll_session_list(&all);
    for (int i = 0; i < all.n; i++) ll_near_offer(&near, ll_path_base(all.v[i]));
    ll_near_fail(&near, e, LL_FAILED, "`sessions` lists them", "there is no session %s", name);
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

/* By its name where that finds it, else by its path. */
char *ll_session_open_line(const char *dir, const char *option)
{
    ll_str line = {0};
    char *found = NULL;
    bool by_name = !ll_session_find(ll_path_base(dir), &found, NULL) && !strcmp(found, dir);
    ll_quote_addf(&line, "open %s", by_name ? ll_path_base(dir) : dir);
    if (option) ll_str_addf(&line, " %s", option);
    free(found);
    return ll_str_take(&line);
}

double ll_session_changed_s(const char *dir)
{
    struct stat st;
    char *journal = ll_path_join(dir, "journal.jsonl");
    bool known = !stat(journal, &st) || !stat(dir, &st);
    free(journal);
    return known ? (double)st.st_mtim.tv_sec + 1e-9 * (double)st.st_mtim.tv_nsec : 0;
}

bool ll_session_is_begun(const char *dir)
{
    struct stat st;
    char *journal = ll_path_join(dir, "journal.jsonl");
    bool begun =
        stat(journal, &st) ? !ll_is_missing(journal) : (double)st.st_size > ll_session_inherited(dir);
    free(journal);
    return begun;
}

static void add_sessions(char *parent, bool begun, ll_strs *dirs)
{
    ll_strs names = {0};
    if (!ll_list_dir(parent, NULL, &names, NULL))
        for (int i = 0; i < names.n; i++) {
            char *dir = ll_path_join(parent, names.v[i]);
            if (names.v[i][0] != '.' && ll_session_is(dir) && (!begun || ll_session_is_begun(dir)))
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

static void sort_latest_first(ll_strs *dirs)
{
    if (dirs->n) qsort(dirs->v, (size_t)dirs->n, sizeof *dirs->v, latest_first);
}

void ll_session_list(ll_strs *dirs)
{
    add_sessions(ll_sessions_saved_dir(), false, dirs);
    add_sessions(ll_sessions_live_dir(), true, dirs);
    sort_latest_first(dirs);
}

void ll_session_list_live(ll_strs *dirs)
{
    add_sessions(ll_sessions_live_dir(), false, dirs);
    sort_latest_first(dirs);
}

/* --- lock -------------------------------------------------------------------------------------------------
 */

/* A planted link, pipe or device in the lock's place must neither be followed nor waited for. */
static int lock_file(const char *dir, bool create)
{
    char *path = ll_path_join(dir, "lock");
    struct stat st;
    int fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | (create ? O_CREAT : 0), 0666);
    if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
        close(fd);
        fd = -1;
        errno = EINVAL;
    }
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

/* Is it still the lock of what has this name? The folder may have been moved between opening and locking. */
static bool is_lock_of(const char *dir, int fd)
{
    struct stat own, there;
    char *path = ll_path_join(dir, "lock");
    bool same =
        !fstat(fd, &own) && !lstat(path, &there) && own.st_dev == there.st_dev && own.st_ino == there.st_ino;
    free(path);
    return same;
}

static int fail_open_elsewhere(const char *dir, int fd, ll_error *e)
{
    char text[32] = "";
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    text[n > 0 ? strcspn(text, "\n") : 0] = 0;
    char *copy = ll_session_open_line(dir, "copy=on");
    ll_fail(e, LL_FAILED,
            "session %s is open in another latlab (process %s); close that one, or take a copy: `%s`",
            ll_path_base(dir), *text ? text : "unknown", copy);
    free(copy);
    close(fd);
    return -1;
}

int ll_session_lock(const char *dir, ll_error *e)
{
    enum { PROBED = 3 }; /* another process may only have asked whether it is locked */
    int why = EAGAIN;
    for (int tries = 0; tries < 10; tries++) {
        int fd = lock_file(dir, true);
        if (fd < 0) {
            why = errno;
            break;
        }
        if (flock(fd, LOCK_EX | LOCK_NB)) {
            if (tries >= PROBED) return fail_open_elsewhere(dir, fd, e);
            close(fd);
            usleep(5000);
            continue;
        }
        if (is_lock_of(dir, fd)) {
            sign(fd);
            return fd;
        }
        close(fd);
    }
    char *copy = ll_session_open_line(dir, "copy=on");
    ll_fail(e, LL_FAILED, "%s: cannot write there: %s; a copy can be taken: `%s`", dir, strerror(why), copy);
    free(copy);
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
