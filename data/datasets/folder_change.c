#include "data/datasets/folder_change.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/device/scores.h"
#include "core/space/own/numbers.h"
#include "data/datasets/bundled_proxies.h"

/* --- comparing ---------------------------------------------------------------------------------------------- */

/* The same gene, or in a space of numbers that has grown the same numbers. */
static bool same_architecture(const ll_dataset *d, const ll_dataset *old, int row)
{
    uint8_t here[LL_MAX_POSITIONS];
    const uint8_t *gene = ll_gene(old, row);
    if (d->space != old->space && !ll_numbers_translate(old->space, d->space, gene, here)) return false;
    return !memcmp(ll_gene(d, row), d->space == old->space ? gene : here, (size_t)d->space->n_positions);
}

bool ll_dataset_continues(const ll_dataset *d, const ll_dataset *old)
{
    if (d->n_archs < old->n_archs || d->n_devices < old->n_devices) return false;
    for (int i = 0; i < old->n_archs; i++)
        if (!same_architecture(d, old, i)) return false;
    for (int j = 0; j < old->n_devices; j++) {
        if (strcmp(d->devices[j].name, old->devices[j].name)) return false;
        for (int i = 0; i < old->n_archs; i++)
            if (ll_known(old, j, i) && !(ll_latencies(d, j)[i] == ll_latencies(old, j)[i])) return false;
    }
    return true;
}

/* Two vectors of which either may be missing; what is NaN may differ in its bits, which then counts as another. */
static bool same_numbers(const void *a, const void *b, size_t bytes)
{
    return a && b ? !memcmp(a, b, bytes) : a == b;
}

/* All that a folder holds but where it came from. */
static bool same_content(const ll_dataset *a, const ll_dataset *b)
{
    size_t archs = (size_t)a->n_archs;
    if (strcmp(a->hash.hex, b->hash.hex) || a->archs->n_features != b->archs->n_features ||
        a->reference.n != b->reference.n ||
        !same_numbers(a->std_ms, b->std_ms, archs * (size_t)a->n_devices * sizeof(double)) ||
        !ll_scores_same(a, b))
        return false;
    for (int i = 0; i < a->archs->n_features; i++) {
        const ll_feature *x = &a->archs->features[i], *y = ll_archs_feature(b->archs, x->name);
        if (!y || x->dim != y->dim || !same_numbers(x->v, y->v, archs * (size_t)x->dim * sizeof(float)))
            return false;
    }
    return true;
}

/* --- the change --------------------------------------------------------------------------------------------- */

static ll_status read_there(const ll_change *c, ll_dataset **there, ll_error *e)
{
    const char *path = ll_is_folder_dataset(c->to) ? c->to : c->from;
    if (c->how == LL_CHANGE_NEW && ll_is_there(c->to))
        return ll_fail(e, LL_FAILED, "%s is there already; replace=on makes it anew", c->to);
    return c->how == LL_CHANGE_JOIN && path ? ll_folder_load(path, there, e) : LL_OK;
}

/* DIR/.former/NAME: no dataset can be called that. */
static void add_former(const char *to, ll_str *out)
{
    char *dir = ll_path_folder(to);
    ll_str_addf(out, "%s/.former/%s", dir, ll_path_base(to));
    free(dir);
}

bool ll_folder_former(const char *path, char **former)
{
    ll_str place = {0};
    if (!path) return false;
    add_former(path, &place);
    *former = ll_str_take(&place);
    return true;
}

/* What c->to holds: of a dataset that is joined it was read already. false: nothing that can be read. */
static bool read_former(const ll_change *c, const ll_dataset *there, ll_dataset **old)
{
    if (c->how != LL_CHANGE_JOIN || !there || !ll_is_folder_dataset(c->to))
        return ll_folder_load(c->to, old, NULL) == LL_OK;
    *old = ll_dataset_ref(there);
    return true;
}

/* Where what is there is kept, and a sentence on it; NULL: nothing is worth keeping. */
static char *former_place(const ll_change *c, const ll_dataset *there, const ll_dataset *d, ll_str *said)
{
    ll_dataset *old = NULL;
    ll_str keep = {0};
    bool keeps = c->how == LL_CHANGE_ANEW || (c->how == LL_CHANGE_JOIN && c->keep);
    if (!keeps || !ll_is_there(c->to)) return NULL;
    bool damaged = !read_former(c, there, &old);
    if (damaged || !same_content(d, old)) {
        const char *name = ll_path_base(c->to);
        add_former(c->to, &keep);
        ll_str_addf(said, "%s was there ", name);
        if (damaged)
            ll_str_add(said, "and damaged");
        else
            ll_str_addf(said, "with %d device%s", old->n_devices, old->n_devices == 1 ? "" : "s");
        ll_str_addf(said, "; the former one is kept in %s", keep.s);
        if (!damaged) ll_str_addf(said, ", `dataset restore %s` brings it back", name);
    }
    ll_dataset_unref(old);
    return keep.len ? ll_str_take(&keep) : NULL;
}

static ll_status write_changed(const ll_change *c, const ll_dataset *there, const ll_dataset *d, ll_str *said,
                               ll_error *e)
{
    ll_str sentence = {0};
    char *keep = former_place(c, there, d, &sentence);
    ll_status s = ll_folder_save(d, c->to, keep, e);
    if (!s && said) ll_str_add(said, ll_str_text(&sentence));
    ll_str_free(&sentence);
    free(keep);
    return s;
}

static ll_status change(const ll_change *c, ll_dataset **out, ll_str *said, ll_error *e)
{
    ll_dataset *there = NULL, *d = NULL;
    ll_status s = ll_owned_check(c->to, &ll_folder_kind, e);
    if (!s) s = read_there(c, &there, e);
    if (!s) s = c->make(c->ctx, there, &d, e);
    if (!s) s = write_changed(c, there, d, said, e);
    ll_dataset_unref(there);
    if (s)
        ll_dataset_unref(d);
    else
        *out = ll_dataset_at(d, c->to);
    return s;
}

ll_status ll_folder_change(const ll_change *c, ll_dataset **out, ll_str *said, ll_error *e)
{
    int lock;
    char *dir = ll_path_folder(c->to);
    ll_status s = ll_folder_lock(dir, c->observer, &lock, e);
    if (!s) s = change(c, out, said, e);
    ll_folder_unlock(lock);
    free(dir);
    if (!s) ll_attach_proxies(*out);
    return s;
}

/* Only what is older than the former one is lost whenever this ends. */
static ll_status set_aside(const char *path, const char *former, ll_error *e)
{
    char *dir = ll_path_folder(path), *kept = ll_path_folder(former);
    ll_status s = ll_owned_check(path, &ll_folder_kind, e);
    if (!s) s = ll_make_dirs(kept, e);
    if (!s) s = ll_owned_remove(former, &ll_folder_kind, e);
    if (!s && rename(path, former))
        s = ll_fail(e, LL_FAILED, "%s: cannot be moved to %s: %s", path, former, strerror(errno));
    if (!s) {
        ll_owned_sync(kept);
        ll_owned_sync(dir);
    }
    free(kept);
    free(dir);
    return s;
}

ll_status ll_folder_set_aside(const char *path, ll_observer *observer, ll_str *kept, ll_error *e)
{
    int lock;
    char *dir = ll_path_folder(path);
    add_former(path, kept);
    ll_status s = ll_folder_lock(dir, observer, &lock, e);
    if (!s) s = set_aside(path, ll_str_text(kept), e);
    ll_folder_unlock(lock);
    free(dir);
    return s;
}

/* --- where -------------------------------------------------------------------------------------------------- */

static bool same_folder(const char *a, const char *b)
{
    struct stat x, y;
    return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* "." and "x/.." by their names. */
static char *by_name(const char *path)
{
    const char *base = ll_path_base(path);
    char *full = !strcmp(base, ".") || !strcmp(base, "..") ? realpath(path, NULL) : NULL;
    return full ? full : ll_strdup(path);
}

/* Known before the work is done. */
static ll_status check_place(const char *to, ll_error *e)
{
    char *parent = ll_path_folder(to);
    ll_status s = ll_owned_check(to, &ll_folder_kind, e);
    if (!s && ll_is_there(parent) && access(parent, W_OK | X_OK))
        s = ll_fail(e, LL_FAILED, "%s: cannot write there: %s", parent, strerror(errno));
    free(parent);
    return s;
}

ll_status ll_folder_home(const char *data_dir, const char *bundled, const char *loaded, char **to,
                         ll_error *e)
{
    char *path = by_name(loaded), *parent = ll_path_folder(path);
    bool there = same_folder(parent, data_dir), copied = false;
    if (!there && ll_is_there(parent)) copied = same_folder(parent, bundled) || access(parent, W_OK | X_OK);
    ll_status s = there || copied ? ll_folder_check_name(ll_path_base(path), e) : LL_OK;
    *to = copied ? ll_path_join(data_dir, ll_path_base(path)) : ll_strdup(path);
    if (!s) s = check_place(*to, e);
    if (s) {
        free(*to);
        *to = NULL;
    }
    free(parent);
    free(path);
    return s;
}

bool ll_change_extends(const char *to, const ll_dataset *there, const ll_dataset *loaded)
{
    return !there || !strcmp(to, loaded->path) || ll_dataset_continues(there, loaded);
}
