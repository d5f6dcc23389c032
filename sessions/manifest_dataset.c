/* The dataset of a session again: where it was, where it has moved to, and which of its architectures are where now. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/space/files/space_json.h"
#include "core/space/own/numbers.h"
#include "data/datasets/bundled_proxies.h"
#include "data/datasets/folder.h"
#include "sessions/manifest_parts.h"

/* The dataset at a path when it is of the same search space. */
static ll_status open_at(const cJSON *o, const char *path, ll_dataset **out, ll_error *e)
{
    ll_dataset *d = NULL;
    const char *space = ll_json_get_str(o, "space", NULL);
    ll_status s = ll_is_dir(path) ? ll_folder_load(path, &d, e)
                                  : ll_fail(e, LL_BAD_DATA, "%s: there is no such folder", path);
    if (!s && space && strcmp(space, d->space->name)) {
        s = ll_fail(e, LL_BAD_DATA, "%s: is of %s now, not of %s", path, d->space->name, space);
        ll_dataset_unref(d);
    }
    if (!s) *out = d;
    return s;
}

static bool is_same(const cJSON *o, const ll_dataset *d)
{
    return !strcmp(ll_json_get_str(o, "hash", ""), d->hash.hex);
}

/* A dataset that was moved is looked for by its name in the folders of datasets. Replaces *best by an unchanged one, or
 * by any when there is none yet. */
static ll_status find_moved(const cJSON *o, const ll_app *app, ll_dataset **best, ll_error *e)
{
    ll_strs dirs = {0};
    ll_error why = {0};
    ll_status s = LL_OK;
    const char *name = ll_json_get_str(o, "name", "");
    if (app && *name && !strchr(name, '/')) ll_app_data_dirs(app, &dirs);
    for (int i = 0; i < dirs.n && !(*best && is_same(o, *best)) && s != LL_CANCELLED; i++) {
        ll_dataset *d = NULL;
        char *at = ll_path_join(dirs.v[i], name);
        s = open_at(o, at, &d, &why);
        if (d && (!*best || is_same(o, d))) {
            ll_dataset_unref(*best);
            *best = d;
        } else {
            ll_dataset_unref(d);
        }
        free(at);
    }
    ll_strs_free(&dirs);
    if (s != LL_CANCELLED) return LL_OK;
    *e = why;
    return s;
}

/* The blob of a dataset that lived in memory, as it does again. */
static ll_status open_blob(const ll_manifest_reader *r, const cJSON *o, const char *blob, ll_dataset **out,
                           ll_error *e)
{
    if (strchr(blob, '/')) return ll_fail(e, LL_BAD_DATA, "'%s' is no name of a blob", blob);
    char *at = ll_path_join(r->blobs, blob);
    ll_status s = open_at(o, at, out, e);
    if (!s) {
        free((*out)->path);
        (*out)->path = NULL;
    }
    free(at);
    return s;
}

ll_status ll_manifest_find_dataset(ll_manifest_reader *r, const cJSON *o, const ll_dataset *have,
                                   const ll_app *app)
{
    ll_dataset **d = &r->out->data;
    ll_error why = {0};
    const char *path = ll_json_get_str(o, "path", NULL), *blob = ll_json_get_str(o, "blob", NULL);
    const char *name = ll_json_get_str(o, "name", "without a name");
    if (have && is_same(o, have)) {
        *d = ll_dataset_ref(have);
        return LL_OK;
    }
    ll_status s = blob   ? open_blob(r, o, blob, d, &why)
                  : path ? open_at(o, path, d, &why)
                         : ll_fail(&why, LL_BAD_DATA, "it is not said where it is");
    if (s != LL_CANCELLED && !blob && !(*d && is_same(o, *d))) s = find_moved(o, app, d, &why);
    if (s == LL_CANCELLED) {
        if (r->e) *r->e = why;
        return s;
    }
    if (*d) {
        ll_attach_proxies(*d);
        return LL_OK;
    }
    r->whole = false;
    ll_manifest_say(
        r,
        "the dataset %s of this session is gone: %s; what was made of it stays in the session, and is shown "
        "again "
        "when the dataset is back and the session is opened once more",
        name, why.message);
    return LL_OK;
}
/* What the space was: of one that has changed, architectures that are numbers may still be there, others cannot be found. */
typedef struct former_space {
    const ll_space *numbers; /* NULL: none */
    bool changed;
} former_space;

static former_space space_then(const cJSON *o, const ll_space *now)
{
    const cJSON *definition = cJSON_GetObjectItemCaseSensitive(o, "space_definition");
    former_space then = {0};
    if (!definition || !now->own) return then;
    if (cJSON_GetObjectItemCaseSensitive(definition, "columns")) {
        then.numbers = ll_numbers_from_json(definition, NULL);
        then.changed = then.numbers != now;
    } else {
        cJSON *own = ll_space_json(now);
        then.changed = !cJSON_Compare(own, definition, true);
        cJSON_Delete(own);
    }
    return then;
}

static int row_of_gene(const former_space *then, const ll_dataset *d, const uint8_t *gene)
{
    uint8_t here[LL_MAX_POSITIONS];
    if (!then->changed) return ll_dataset_row(d, gene);
    return then->numbers && ll_numbers_translate(then->numbers, d->space, gene, here)
               ? ll_dataset_row(d, here)
               : -1;
}

/* Which rows the architectures of then are in now. */
static void find_moved_rows(ll_manifest_reader *r, const cJSON *o)
{
    const ll_dataset *d = r->out->data;
    const char *name = ll_json_get_str(o, "genes", NULL);
    size_t positions = (size_t)d->space->n_positions;
    uint8_t *genes = NULL;
    ll_error why = {0};
    if (!name || r->n_then < 0) {
        r->n_then = -1;
        return;
    }
    if (ll_store_read_genes(r->blobs, name, (size_t)r->n_then * positions, &genes, &why)) {
        ll_manifest_say(r, "%s; its architectures are taken to be the first ones of %s", why.message,
                        d->name);
        r->n_then = -1;
        return;
    }
    former_space then = space_then(o, d->space);
    if (then.changed && !then.numbers)
        ll_manifest_say(
            r, "the space %s is another one than then: the architectures of this session are not found in it",
            d->space->name);
    if (then.changed || r->n_then > d->n_archs ||
        memcmp(genes, d->archs->genes, (size_t)r->n_then * positions)) {
        r->now = LL_NEW_ARRAY(int, r->n_then + 1);
        for (int i = 0; i < r->n_then; i++) r->now[i] = row_of_gene(&then, d, genes + (size_t)i * positions);
    }
    free(genes);
}

static void say_changes(ll_manifest_reader *r, const cJSON *o)
{
    const ll_dataset *d = r->out->data;
    int devices = ll_json_get_int(o, "devices", -1);
    ll_str text = {0};
    ll_str_addf(&text, "the dataset %s has changed since", d->name);
    if (devices >= 0 && devices != d->n_devices)
        ll_str_addf(&text, ": %d %s (%d then)", d->n_devices, ll_noun(d->n_devices, "device", "devices"),
                    devices);
    if (r->n_then >= 0 && r->n_then != d->n_archs)
        ll_str_addf(&text, "%s %d %s (%d then)", devices != d->n_devices ? "," : ":", d->n_archs,
                    ll_noun(d->n_archs, "architecture", "architectures"), r->n_then);
    ll_strs_take(r->said, ll_str_take(&text));
    if (!ll_json_get_str(o, "genes", NULL))
        ll_manifest_say(
            r,
            "the session was saved by an older latlab that did not keep which architectures it spoke of: "
            "they "
            "are taken to be the first ones of %s",
            d->name);
}

void ll_manifest_find_rows(ll_manifest_reader *r, const cJSON *o)
{
    r->same = is_same(o, r->out->data);
    r->n_then = r->same ? r->out->data->n_archs : ll_json_get_int(o, "archs", -1);
    if (r->same) return;
    say_changes(r, o);
    find_moved_rows(r, o);
}

bool ll_manifest_unchanged(const cJSON *dataset)
{
    ll_dataset *d = NULL;
    const char *path = ll_json_get_str(dataset, "path", NULL);
    bool unchanged = path && !open_at(dataset, path, &d, NULL) && is_same(dataset, d);
    ll_dataset_unref(d);
    return unchanged;
}
