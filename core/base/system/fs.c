#include "core/base/system/fs.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/system/stream.h"

/* --- reading --- */

enum { BLOCK = 1 << 17 }; /* the wish to stop is asked for once a block */

/* What a plain file says of its size is taken for granted until it turns out to be another. */
static ll_status read_blocks(ll_stream *in, size_t most, char **text, size_t *len, ll_error *e)
{
    size_t room = in->size > 0 ? (size_t)in->size + 1 : BLOCK, n = 0, got = 1;
    char *b = ll_alloc(room + 1, 1);
    ll_status s = LL_OK;
    while (!s && got) {
        if (n == room) b = ll_realloc(b, (room *= 2) + 1, 1);
        s = ll_stream_read(in, b + n, room - n < BLOCK ? room - n : BLOCK, &got, e);
        if (!s) n += got;
        if (!s && n > most)
            s = ll_fail(e, LL_BAD_DATA, "%s: larger than the limit of %zu bytes", in->path, most);
    }
    if (s) {
        free(b);
        return s;
    }
    b[n] = 0;
    *text = b;
    if (len) *len = n;
    return LL_OK;
}

static ll_status read_stream(ll_stream *in, bool own, size_t most, char **text, size_t *len, ll_error *e)
{
    if (own && !in->file) return ll_fail(e, LL_BAD_DATA, "%s: is no file, a file was expected", in->path);
    if (in->size > 0 && (uintmax_t)in->size > most)
        return ll_fail(e, LL_BAD_DATA, "%s: larger than the limit of %zu bytes", in->path, most);
    return read_blocks(in, most, text, len, e);
}

static ll_status read_path(const char *path, bool own, size_t most, char **text, size_t *len, ll_error *e)
{
    ll_stream in;
    ll_status s = ll_stream_open(&in, path, e);
    if (s) return s;
    s = read_stream(&in, own, most ? most : (size_t)4 << 30, text, len, e);
    ll_stream_close(&in);
    return s;
}

ll_status ll_read_file(const char *path, size_t most, char **text, size_t *len, ll_error *e)
{
    return read_path(path, false, most, text, len, e);
}

ll_status ll_read_own_file(const char *path, size_t most, char **text, size_t *len, ll_error *e)
{
    return read_path(path, true, most, text, len, e);
}

bool ll_is_file(const char *path)
{
    struct stat st;
    return !stat(path, &st) && S_ISREG(st.st_mode);
}

bool ll_is_there(const char *path)
{
    struct stat st;
    return !lstat(path, &st);
}

bool ll_same_file(const char *a, const char *b)
{
    struct stat x, y;
    return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

bool ll_is_missing(const char *path)
{
    struct stat st;
    return stat(path, &st) && (errno == ENOENT || errno == ENOTDIR);
}

bool ll_is_dir(const char *path)
{
    struct stat st;
    return !stat(path, &st) && S_ISDIR(st.st_mode);
}

ll_status ll_make_dirs(const char *path, ll_error *e)
{
    char *copy = ll_strdup(path);
    ll_status s = LL_OK;
    for (char *p = copy + 1; !s; p++) {
        if (*p && *p != '/') continue;
        char end = *p;
        *p = 0;
        if (mkdir(copy, 0777) && !(errno == EEXIST && ll_is_dir(copy)))
            s = ll_fail(e, LL_FAILED, "%s: cannot create the folder: %s", copy, strerror(errno));
        *p = end;
        if (!end) break;
    }
    free(copy);
    return s;
}

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

ll_status ll_remove_tree(const char *path, ll_error *e)
{
    if (nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) && errno != ENOENT)
        return ll_fail(e, LL_FAILED, "%s: cannot remove: %s", path, strerror(errno));
    return LL_OK;
}

static bool ends_with(const char *text, const char *suffix)
{
    size_t n = strlen(text), m = strlen(suffix);
    return n >= m && !strcmp(text + n - m, suffix);
}

ll_status ll_list_dir(const char *path, const char *suffix, ll_strs *names, ll_error *e)
{
    DIR *d = opendir(path);
    if (!d) return ll_fail(e, LL_BAD_DATA, "%s: %s", path, strerror(errno));
    errno = 0;
    for (struct dirent *entry; (entry = readdir(d)); errno = 0) {
        const char *name = entry->d_name;
        if (!strcmp(name, ".") || !strcmp(name, "..") || (suffix && !ends_with(name, suffix))) continue;
        ll_strs_add(names, name);
    }
    ll_status s = errno ? ll_fail(e, LL_FAILED, "%s: %s", path, strerror(errno)) : LL_OK;
    closedir(d);
    ll_strs_sort(names);
    return s;
}

char *ll_path_join(const char *a, const char *b)
{
    ll_str s = {0};
    size_t n = strlen(a);
    ll_str_add(&s, a);
    if (n && a[n - 1] != '/') ll_str_addc(&s, '/');
    ll_str_add(&s, b);
    return ll_str_take(&s);
}

const char *ll_path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

char *ll_path_folder(const char *path)
{
    size_t n = (size_t)(ll_path_base(path) - path);
    while (n > 1 && path[n - 1] == '/') n--;
    return n ? ll_strndup(path, n) : ll_strdup(".");
}

char *ll_path_stem(const char *path)
{
    char *stem = ll_strdup(ll_path_base(path)), *dot = strrchr(stem, '.');
    if (dot && dot != stem) *dot = 0;
    return stem;
}

static const char *home_dir(void)
{
    const char *home = getenv("HOME");
    if (home && home[0] == '/') return home;
    struct passwd *pw = getpwuid(getuid());
    return pw && pw->pw_dir ? pw->pw_dir : "/tmp";
}

const char *ll_path_temporary(void)
{
    const char *set = getenv("TMPDIR");
    return set && *set ? set : "/tmp";
}

char *ll_path_expand(const char *path)
{
    if (path[0] != '~' || (path[1] && path[1] != '/')) return ll_strdup(path);
    return path[1] ? ll_path_join(home_dir(), path + 2) : ll_strdup(home_dir());
}

char *ll_xdg_dir(ll_xdg kind)
{
    static const struct {
        const char *variable, *fallback;
    } places[] = {
        [LL_XDG_CONFIG] = {"XDG_CONFIG_HOME", ".config"},
        [LL_XDG_DATA] = {"XDG_DATA_HOME", ".local/share"},
        [LL_XDG_STATE] = {"XDG_STATE_HOME", ".local/state"},
        [LL_XDG_CACHE] = {"XDG_CACHE_HOME", ".cache"},
    };
    const char *set = getenv(places[kind].variable);
    if (set && set[0] == '/') return ll_path_join(set, "latlab");
    char *base = ll_path_join(home_dir(), places[kind].fallback), *path = ll_path_join(base, "latlab");
    free(base);
    return path;
}

/* --- beside the program --------------------------------------------------------------------------------- */

char *ll_beside_program(const char *relative)
{
    char exe[4096];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (n <= 0) return NULL;
    exe[n] = 0;
    for (int up = 0; up < 3; up++) { /* latlab, build/release/latlab, prefix/bin/latlab */
        char *slash = strrchr(exe, '/');
        if (!slash) return NULL;
        *slash = 0;
        char *path = ll_path_join(exe, relative);
        if (!access(path, F_OK)) return path;
        free(path);
    }
    return NULL;
}

char *ll_came_along(const char *in_tree, const char *installed)
{
    char *path = ll_beside_program(in_tree), *share = ll_path_join("share/latlab", installed);
    if (!path) path = ll_beside_program(share);
    free(share);
    return path ? path : ll_path_join(LL_DATA_DIR, installed);
}

char *ll_path_absolute(const char *path)
{
    char *linked = realpath(path, NULL);
    if (linked) return linked;
    char *folder = ll_path_folder(path), *real = realpath(folder, NULL);
    char *at = real ? ll_path_join(real, ll_path_base(path)) : ll_strdup(path);
    free(folder);
    free(real);
    return at;
}
