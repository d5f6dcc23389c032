#include "core/app/output.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/app/app.h"
#include "core/base/hash.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"

/* What latlab keeps at `folder`: "dataset", "session"; NULL: nothing. */
static const char *kept_at(const ll_app *app, const char *folder)
{
    int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const char *what = NULL;
    const ll_owned_kind *kind;
    for (int i = 0; dir >= 0 && !what && (kind = ll_app_kept_kind(app, i)); i++)
        if (kind->marked(dir)) what = kind->what;
    if (dir >= 0) close(dir);
    return what;
}

/* The folder itself, or the one it is a part of (a session's blobs). */
static ll_status check_folder(ll_request *rq, const char *path, const char *folder)
{
    char *above = ll_path_folder(folder);
    const char *what = kept_at(rq->app, folder), *at = folder;
    if (!what) what = kept_at(rq->app, at = above);
    ll_status s =
        what ? LL_FAIL(rq, LL_FAILED, "%s: %s is a %s of latlab, which would be damaged: write elsewhere",
                       path, at, what)
             : LL_OK;
    free(above);
    return s;
}

/* Where a link that leads to nothing yet leads to; else the path itself. The caller frees. */
static char *follow(const char *path)
{
    char target[PATH_MAX];
    ssize_t n = readlink(path, target, sizeof target - 1);
    if (n <= 0) return ll_strdup(path);
    target[n] = 0;
    if (*target == '/') return ll_strdup(target);
    char *folder = ll_path_folder(path), *there = ll_path_join(folder, target);
    free(folder);
    return there;
}

/* The folder that a file will lie in, or the nearest one above it that is there. The caller frees. */
static char *nearest_folder(const char *path)
{
    char *at = ll_path_folder(path), *found;
    while (!(found = realpath(at, NULL)) && strcmp(at, "/") && strcmp(at, ".")) {
        char *above = ll_path_folder(at);
        free(at);
        at = above;
    }
    free(at);
    return found;
}

/* The file would appear where its name does not say. */
static ll_status check_link(ll_request *rq, const char *path, const char *linked)
{
    if (!ll_is_there(path) || !ll_is_missing(path)) return LL_OK;
    return LL_FAIL(rq, LL_FAILED, "%s is a link to %s, where nothing is: write to that itself", path, linked);
}

ll_status ll_output_path(ll_request *rq, const char *word, char **path)
{
    *path = ll_path_expand(word);
    char *linked = realpath(*path, NULL);
    if (!linked) linked = follow(*path);
    char *folder = nearest_folder(linked);
    ll_status s = folder ? check_folder(rq, *path, folder) : LL_OK;
    if (!s) s = check_link(rq, *path, linked);
    free(linked);
    free(folder);
    if (s) {
        free(*path);
        *path = NULL;
    }
    return s;
}

static bool is_forced(const ll_request *rq)
{
    const ll_values *v = ll_option_find(rq->command->options, "force") ? &rq->args : &rq->more;
    return ll_option_find(v->table, "force") && ll_bool(v, "force");
}

/* A file that somebody may miss: not a device or a pipe, and not one that was only just made for us. */
static bool holds_something(const char *path)
{
    struct stat st;
    return !stat(path, &st) && S_ISREG(st.st_mode) && st.st_size > 0;
}

static bool hash_of(const char *path, ll_hash *out)
{
    char *text;
    size_t n;
    if (!holds_something(path) || ll_read_own_file(path, 0, &text, &n, NULL)) return false;
    *out = ll_hash_bytes(text, n);
    free(text);
    return true;
}

void ll_output_wrote(ll_request *rq, const char *path)
{
    ll_strs_take(&rq->outputs, ll_path_absolute(path));
}

void ll_output_list(const ll_request *rq, cJSON *entry)
{
    ll_hash hash;
    cJSON *files = rq->outputs.n ? ll_json_arr(entry, "files") : NULL;
    for (int i = 0; i < rq->outputs.n; i++) {
        if (!hash_of(rq->outputs.v[i], &hash)) continue;
        cJSON *o = ll_json_obj(files, NULL);
        ll_json_str(o, "path", rq->outputs.v[i]);
        ll_json_str(o, "hash", hash.hex);
    }
}

static const cJSON *find_made_then(const ll_request *rq, const char *path)
{
    const cJSON *file, *found = NULL;
    char *at = ll_path_absolute(path);
    cJSON_ArrayForEach(file, rq->made_then) if (!strcmp(ll_json_get_str(file, "path", ""), at)) found = file;
    free(at);
    return found;
}

bool ll_output_made_then(const ll_request *rq, const char *path)
{
    return find_made_then(rq, path) != NULL;
}

static bool is_as_made(const ll_request *rq, const char *path)
{
    ll_hash hash;
    const cJSON *file = find_made_then(rq, path);
    return file && hash_of(path, &hash) && !strcmp(hash.hex, ll_json_get_str(file, "hash", ""));
}

ll_status ll_output_new(ll_request *rq, const char *word, char **path)
{
    ll_status s = ll_output_path(rq, word, path);
    if (s) return s;
    if (is_forced(rq) || !holds_something(*path) || is_as_made(rq, *path)) {
        ll_output_wrote(rq, *path);
        return LL_OK;
    }
    s = LL_FAIL(rq, LL_FAILED, "%s is there already: give another file, or force=on to write over it", *path);
    free(rq->in_the_way);
    rq->in_the_way = *path;
    *path = NULL;
    return s;
}
