/* For tests of what must not be harmed: a folder before and after, as text. Include it once per program. */
#ifndef LL_TESTS_HARM_H
#define LL_TESTS_HARM_H

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/hash.h"
#include "core/base/system/fs.h"
#include "tests/check.h"

/* A file of this text, its folders included. */
static inline void harm_write(const char *dir, const char *name, const char *text)
{
    ll_error e = {0};
    char *path = ll_path_join(dir, name), *slash = strrchr(path, '/');
    *slash = 0;
    CHECK_INT(ll_make_dirs(path, &e), LL_OK);
    *slash = '/';
    CHECK_INT(ll_write_file(path, text, strlen(text), &e), LL_OK);
    free(path);
}

static inline void harm_describe(const char *path, ll_str *out)
{
    struct stat st;
    ll_strs names = {0};
    char target[512] = "", *bytes;
    size_t n;
    if (lstat(path, &st)) return;
    ll_str_addf(out, "%s %o", path, st.st_mode);
    if (S_ISLNK(st.st_mode) && readlink(path, target, sizeof target - 1) > 0)
        ll_str_addf(out, " -> %s", target);
    if (S_ISREG(st.st_mode) && !ll_read_file(path, 0, &bytes, &n, NULL)) {
        ll_str_addf(out, " %s", ll_hash_bytes(bytes, n).hex);
        free(bytes);
    }
    ll_str_add(out, "\n");
    if (S_ISDIR(st.st_mode) && !ll_list_dir(path, NULL, &names, NULL))
        for (int i = 0; i < names.n; i++) {
            char *inside = ll_path_join(path, names.v[i]);
            if (strcmp(names.v[i], ".lock")) harm_describe(inside, out);
            free(inside);
        }
    ll_strs_free(&names);
}

/* Every name below the folder with its kind, mode and content, but the lock of a folder of datasets. Free it. */
static inline char *harm_picture(const char *dir)
{
    ll_str out = {0};
    harm_describe(dir, &out);
    return ll_str_take(&out);
}

/* Does any name in the folder hold this text? */
static inline bool harm_any(const char *dir, const char *text)
{
    ll_strs names = {0};
    bool found = false;
    ll_list_dir(dir, NULL, &names, NULL);
    for (int i = 0; i < names.n; i++) found = found || strstr(names.v[i], text);
    ll_strs_free(&names);
    return found;
}

#endif
