#include "core/base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"

static ll_status read_open_file(FILE *f, const char *path, size_t most, char **text, size_t *len, ll_error *e)
{
    struct stat st;
    if (fstat(fileno(f), &st)) return ll_fail(e, LL_FAILED, "%s: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode)) return ll_fail(e, LL_BAD_DATA, "%s: is a folder, a file was expected", path);
    ll_str b = {0};
    char buffer[65536];
    size_t n;
    while ((n = fread(buffer, 1, sizeof buffer, f)) > 0) {
        if (b.len + n > most) {
            ll_str_free(&b);
            return ll_fail(e, LL_BAD_DATA, "%s: larger than the limit of %zu bytes", path, most);
        }
        ll_str_addn(&b, buffer, n);
    }
    if (ferror(f)) {
        ll_str_free(&b);
        return ll_fail(e, LL_FAILED, "%s: %s", path, strerror(errno));
    }
    if (len) *len = b.len;
    *text = ll_str_take(&b);
    return LL_OK;
}

ll_status ll_read_file(const char *path, size_t most, char **text, size_t *len, ll_error *e)
{
    FILE *f = fopen(path, "rbe");
    if (!f) return ll_fail(e, LL_BAD_DATA, "%s: %s", path, strerror(errno));
    ll_status s = read_open_file(f, path, most ? most : (size_t)4 << 30, text, len, e);
    fclose(f);
    return s;
}

/* A device or a pipe is written to as it is: a rename would put a plain file in its place. */
static bool is_special(const char *path)
{
    struct stat st;
    return !stat(path, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

ll_status ll_writer_open(ll_writer *w, const char *path, ll_error *e)
{
    ll_str temporary = {0};
    if (!is_special(path)) ll_str_addf(&temporary, "%s.tmp-%ld", path, (long)getpid());
    *w = (ll_writer){.path = ll_strdup(path), .temporary = temporary.len ? ll_str_take(&temporary) : NULL};
    w->f = fopen(w->temporary ? w->temporary : path, "wbe");
    if (w->f) return LL_OK;
    ll_fail(e, LL_FAILED, "%s: cannot write: %s", path, strerror(errno));
    ll_writer_abandon(w);
    return LL_FAILED;
}

void ll_writer_abandon(ll_writer *w)
{
    if (w->f) {
        fclose(w->f);
        if (w->temporary) unlink(w->temporary);
    }
    free(w->path);
    free(w->temporary);
    *w = (ll_writer){0};
}

ll_status ll_writer_commit(ll_writer *w, ll_error *e)
{
    bool good = !fflush(w->f) && !ferror(w->f) && (!w->temporary || !fsync(fileno(w->f)));
    int why = errno;
    if (good && w->temporary && rename(w->temporary, w->path)) good = false, why = errno;
    if (!good) {
        ll_fail(e, LL_FAILED, "%s: cannot write: %s%s", w->path, strerror(why),
                w->temporary ? "; what was there is unchanged" : "");
        ll_writer_abandon(w);
        return LL_FAILED;
    }
    fclose(w->f);
    free(w->path);
    free(w->temporary);
    *w = (ll_writer){0};
    return LL_OK;
}

ll_status ll_write_file(const char *path, const void *bytes, size_t len, ll_error *e)
{
    ll_writer w;
    if (ll_writer_open(&w, path, e)) return LL_FAILED;
    fwrite(bytes, 1, len, w.f);
    return ll_writer_commit(&w, e);
}

bool ll_is_file(const char *path)
{
    struct stat st;
    return !stat(path, &st) && S_ISREG(st.st_mode);
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
    for (struct dirent *entry; (entry = readdir(d));) {
        const char *name = entry->d_name;
        if (!strcmp(name, ".") || !strcmp(name, "..") || (suffix && !ends_with(name, suffix))) continue;
        ll_strs_add(names, name);
    }
    closedir(d);
    ll_strs_sort(names);
    return LL_OK;
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

/* --- beside the program ------------------------------------------------------------------------------------
 */

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
