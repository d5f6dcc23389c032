#include "core/base/system/owned.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/str.h"

static ll_status in_the_way(ll_error *e, const char *path, const char *fmt, const char *arg)
{
    ll_str why = {0};
    ll_str_addf(&why, "%.400s: ", path);
    ll_str_addf(&why, fmt, arg);
    ll_fail(e, LL_FAILED,
            "%s; latlab replaces and removes only what it made, so nothing was changed: move that away, or "
            "choose another name",
            why.s);
    ll_str_free(&why);
    return LL_FAILED;
}

/* Nobody could look: what is there may well be latlab's, and nobody is told to move it away. */
static bool could_not_look(int why)
{
    return why == EMFILE || why == ENFILE || why == ENOMEM || why == EIO || why == EACCES;
}

static ll_status not_recognised(ll_error *e, const char *path, const char *fmt, const char *arg)
{
    if (!could_not_look(errno)) return in_the_way(e, path, fmt, arg);
    return ll_fail(e, LL_FAILED, "%s: cannot be looked at: %s; nothing was changed", path, strerror(errno));
}

/* --- recognising --- */

typedef struct walk {
    bool unfinished; /* a folder in the making: it has no mark yet, and temporaries of single files */
    ll_error *e;
} walk;

typedef struct listing {
    ll_strs names;
    const ll_owned_entry **entries; /* of each name */
} listing;

static void free_listing(listing *l)
{
    free(l->entries);
    ll_strs_free(&l->names);
}

static int open_folder(int at, const char *name)
{
    return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool list_names(int dir, ll_strs *names)
{
    int own = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* closedir() closes it */
    DIR *d = own < 0 ? NULL : fdopendir(own);
    if (!d) {
        if (own >= 0) close(own);
        return false;
    }
    for (struct dirent *x; (x = readdir(d));)
        if (strcmp(x->d_name, ".") && strcmp(x->d_name, "..")) ll_strs_add(names, x->d_name);
    closedir(d);
    ll_strs_sort(names);
    return true;
}

/* Files of ll_writer, half written: PATH.tmp-PID, or hidden ones whose name is not taken from PATH. */
static bool is_temporary(const char *name)
{
    return !fnmatch("*.tmp-*", name, 0) || !fnmatch(".latlab-tmp-*", name, 0);
}

/* The entry that says what this name is, or NULL: a stranger's. */
static const ll_owned_entry *entry_of(const walk *w, int dir, const ll_owned_kind *kind, const char *name)
{
    struct stat st;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW)) return NULL;
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) return NULL;
    for (const ll_owned_entry *x = kind->entries; x->name; x++)
        if (!fnmatch(x->name, name, 0) && !x->folder == S_ISREG(st.st_mode) &&
            (w->unfinished || !x->made || x->made(dir, name)))
            return x;
    static const ll_owned_entry temporary = {.name = "*"};
    return w->unfinished && S_ISREG(st.st_mode) && is_temporary(name) ? &temporary : NULL;
}

static ll_status recognise(const walk *w, int dir, const char *path, const ll_owned_kind *kind, listing *l)
{
    errno = 0;
    if (!w->unfinished && kind->marked && !kind->marked(dir))
        return not_recognised(w->e, path, "is no %s of latlab", kind->what);
    if (!list_names(dir, &l->names)) return ll_fail(w->e, LL_FAILED, "%s: %s", path, strerror(errno));
    l->entries = LL_NEW_ARRAY(const ll_owned_entry *, l->names.n + 1);
    errno = 0;
    for (int i = 0; i < l->names.n; i++)
        if (!(l->entries[i] = entry_of(w, dir, kind, l->names.v[i])))
            return not_recognised(w->e, path, "holds %.200s, which is not of latlab's making", l->names.v[i]);
    return LL_OK;
}

/* --- walking --- */

typedef ll_status visit(const walk *w, int dir, const char *path, const ll_owned_kind *kind);

static ll_status visit_inside(const walk *w, int dir, const char *path, const char *name,
                              const ll_owned_kind *kind, visit *go)
{
    ll_str inside = {0};
    ll_str_addf(&inside, "%s/%s", path, name);
    int fd = open_folder(dir, name);
    ll_status s =
        fd < 0 ? ll_fail(w->e, LL_FAILED, "%s: %s", inside.s, strerror(errno)) : go(w, fd, inside.s, kind);
    if (fd >= 0) close(fd);
    ll_str_free(&inside);
    return s;
}

static ll_status check_folder(const walk *w, int dir, const char *path, const ll_owned_kind *kind)
{
    listing l = {0};
    ll_status s = recognise(w, dir, path, kind, &l);
    for (int i = 0; !s && i < l.names.n; i++)
        if (l.entries[i]->folder)
            s = visit_inside(w, dir, path, l.names.v[i], l.entries[i]->folder, check_folder);
    free_listing(&l);
    return s;
}

static ll_status empty_folder(const walk *w, int dir, const char *path, const ll_owned_kind *kind);

static ll_status remove_entry(const walk *w, int dir, const char *path, const char *name,
                              const ll_owned_entry *entry)
{
    ll_status s = LL_OK;
    if (entry->folder) s = visit_inside(w, dir, path, name, entry->folder, empty_folder);
    if (!s && unlinkat(dir, name, entry->folder ? AT_REMOVEDIR : 0) && errno != ENOENT)
        s = ll_fail(w->e, LL_FAILED, "%s/%s: cannot remove: %s", path, name, strerror(errno));
    return s;
}

/* Everything is recognised anew before anything goes; the mark goes last, so that the rest is known until then. */
static ll_status empty_folder(const walk *w, int dir, const char *path, const ll_owned_kind *kind)
{
    listing l = {0};
    ll_status s = recognise(w, dir, path, kind, &l);
    for (int last = 0; !s && last < 2; last++)
        for (int i = 0; !s && i < l.names.n; i++)
            if ((l.entries[i] == kind->entries) == last)
                s = remove_entry(w, dir, path, l.names.v[i], l.entries[i]);
    free_listing(&l);
    return s;
}

/* Opens a folder. *dir is -1 with LL_OK where nothing is there. */
static ll_status open_owned(const char *path, int *dir, ll_error *e)
{
    struct stat st;
    *dir = -1;
    if (lstat(path, &st))
        return errno == ENOENT ? LL_OK : ll_fail(e, LL_FAILED, "%s: %s", path, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return in_the_way(e, path, "is %s, not a folder of latlab's",
                          S_ISLNK(st.st_mode) ? "a link" : "a file");
    *dir = open_folder(AT_FDCWD, path);
    return *dir < 0 ? ll_fail(e, LL_FAILED, "%s: %s", path, strerror(errno)) : LL_OK;
}

/* An open folder and all in it, in whatever state it is. */
static ll_status remove_folder(const walk *w, int dir, const char *path, const ll_owned_kind *kind)
{
    ll_status s = check_folder(w, dir, path, kind);
    if (!s) s = empty_folder(w, dir, path, kind);
    if (!s && rmdir(path) && errno != ENOENT)
        s = ll_fail(w->e, LL_FAILED, "%s: cannot remove: %s", path, strerror(errno));
    return s;
}

static ll_status visit_path(const char *path, const ll_owned_kind *kind, visit *go, ll_error *e)
{
    int dir;
    ll_status s = open_owned(path, &dir, e);
    if (dir < 0) return s;
    s = go(&(walk){.e = e}, dir, path, kind);
    close(dir);
    return s;
}

ll_status ll_owned_check(const char *path, const ll_owned_kind *kind, ll_error *e)
{
    return visit_path(path, kind, check_folder, e);
}

ll_status ll_owned_remove(const char *path, const ll_owned_kind *kind, ll_error *e)
{
    return visit_path(path, kind, remove_folder, e);
}

ll_status ll_owned_remove_unfinished(int dir, const char *path, const ll_owned_kind *kind, ll_error *e)
{
    return remove_folder(&(walk){.unfinished = true, .e = e}, dir, path, kind);
}
