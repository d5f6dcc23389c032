#include "core/costs/costs_file.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/system/fs.h"

enum { FILE_MOST = 32 << 20 };

static bool ends_in(const char *path, const char *ending)
{
    size_t n = strlen(path), m = strlen(ending);
    return n > m && !strcasecmp(path + n - m, ending);
}

static bool is_yaml(const char *path)
{
    return ends_in(path, ".yaml") || ends_in(path, ".yml");
}

ll_status ll_costs_read_text(ll_costs *c, const char *what, const char *text, size_t n, int *ignored,
                             ll_error *e)
{
    return is_yaml(what) ? ll_costs_read_yaml(c, what, text, n, e)
                         : ll_costs_read_csv(c, what, text, n, ignored, e);
}

ll_status ll_costs_read(ll_costs *c, const char *path, int *ignored, ll_error *e)
{
    char *text;
    size_t n;
    ll_status s = ll_read_file(path, FILE_MOST, &text, &n, e);
    if (s) return s;
    s = ll_costs_read_text(c, path, text, n, ignored, e);
    free(text);
    return s;
}

static ll_status list_folder(const char *path, ll_strs *out, ll_error *e)
{
    ll_strs names = {0};
    ll_status s = ll_list_dir(path, NULL, &names, e);
    int before = out->n;
    for (int i = 0; i < names.n; i++)
        if (is_yaml(names.v[i]) || ends_in(names.v[i], ".csv"))
            ll_strs_take(out, ll_path_join(path, names.v[i]));
    ll_strs_free(&names);
    if (!s && out->n == before)
        s = ll_fail(e, LL_BAD_DATA, "%s: no .yaml, .yml or .csv in this folder", path);
    return s;
}

/* A file may have a comma in its name. */
static ll_status list_files(const char *paths, ll_strs *out, ll_error *e)
{
    ll_strs parts = {0};
    ll_status s = LL_OK;
    char *whole = ll_path_expand(paths);
    if (ll_is_there(whole))
        ll_strs_add(&parts, whole);
    else
        ll_strs_split(&parts, paths, ',');
    for (int i = 0; i < parts.n && !s; i++) {
        char *path = ll_path_expand(parts.v[i]);
        if (ll_is_dir(path))
            s = list_folder(path, out, e);
        else
            ll_strs_add(out, path);
        free(path);
    }
    free(whole);
    ll_strs_free(&parts);
    return s;
}

static void note(ll_strs *notes, const char *fmt, int n, int of) __attribute__((format(printf, 2, 0)));
static void note(ll_strs *notes, const char *fmt, int n, int of)
{
    ll_str text = {0};
    ll_str_addf(&text, fmt, n, of);
    ll_strs_take(notes, ll_str_take(&text));
}

ll_status ll_costs_open(const char *paths, const ll_space *space, ll_costs **out, ll_strs *notes, ll_error *e)
{
    ll_strs files = {0};
    ll_costs *c = ll_costs_new(space);
    int ignored = 0, joined = 0;
    ll_status s = list_files(paths, &files, e);
    for (int i = 0; i < files.n && !s; i++) s = ll_costs_read(c, files.v[i], &ignored, e);
    if (!s && !c->n) s = ll_fail(e, LL_BAD_DATA, "%s: no costs in it", paths);
    if (s) {
        ll_costs_unref(c);
    } else {
        ll_costs_seal(c, &joined);
        *out = c;
    }
    if (!s && notes && joined)
        note(notes,
             "%d rows are of parts that others are of, too: their mean counts, weighted by the runs (%d "
             "parts left)",
             joined, c->n);
    if (!s && notes && ignored)
        note(notes, "%d rows are of what networks here do not have (maxpool, concat, ...); %d parts are left",
             ignored, c->n);
    ll_strs_free(&files);
    return s;
}
