#include "sessions/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "data/folder.h"

/* --- writing ----------------------------------------------------------------------------------------------
 */

static ll_status write_dataset(ll_store *st, const ll_dataset *d, cJSON *out, ll_error *e)
{
    const char *blob = NULL;
    ll_status s = d->path ? LL_OK : ll_store_dataset(st, d, &blob, e);
    cJSON *o = ll_json_obj(out, "dataset");
    ll_json_str(o, "name", d->name);
    ll_json_str(o, "space", d->space->name);
    char *full = d->path ? realpath(d->path, NULL) : NULL; /* it will be opened from another folder */
    ll_json_str(o, "path", full ? full : d->path);
    free(full);
    ll_json_str(o, "hash", d->hash.hex);
    if (blob) ll_json_str(o, "blob", blob);
    return s;
}

static void write_devices(cJSON *o, const char *key, const ll_dataset *d, const ll_ints *devices)
{
    cJSON *list = ll_json_arr(o, key);
    for (int i = 0; i < devices->n; i++)
        cJSON_AddItemToArray(list, ll_json_string(d->devices[devices->v[i]].name));
}

static void write_task(const ll_task *t, const ll_dataset *d, cJSON *out)
{
    cJSON *o = ll_json_obj(out, "task");
    ll_json_str(o, "name", t->name);
    write_devices(o, "source", d, &t->source);
    write_devices(o, "target", d, &t->target);
    ll_json_strs(o, "missing", t->missing.v, t->missing.n);
}

static void write_samples(const ll_samples *m, cJSON *out)
{
    cJSON *o = ll_json_obj(out, "samples");
    ll_json_ints(o, "rows", m->rows.v, m->rows.n);
    ll_json_str(o, "sampler", m->sampler);
    ll_json_str(o, "device", m->device);
    ll_json_int(o, "seed", (long)m->seed);
}

static ll_status write_blobs(ll_store *st, const ll_state *s, cJSON *out, ll_error *e)
{
    cJSON *models = ll_json_arr(out, "models"), *transfers = ll_json_arr(out, "transfers");
    const char *name;
    for (int i = 0; i < s->n_models; i++) {
        ll_status status = ll_store_model(st, s->models[i], s->data, &name, e);
        if (status) return status;
        cJSON_AddItemToArray(models, ll_json_string(name));
    }
    for (int i = 0; i < s->n_transfers; i++) {
        ll_status status = ll_store_transfer(st, s->transfers[i], &name, e);
        if (status) return status;
        cJSON_AddItemToArray(transfers, ll_json_string(name));
    }
    return LL_OK;
}

ll_status ll_manifest_write(ll_store *st, const ll_state *s, cJSON **out, ll_error *e)
{
    cJSON *o = cJSON_CreateObject();
    ll_status status = s->data ? write_dataset(st, s->data, o, e) : LL_OK;
    if (s->data && s->task) write_task(s->task, s->data, o);
    if (s->samples) write_samples(s->samples, o);
    if (s->tags.n) ll_json_strs(o, "tags", s->tags.v, s->tags.n);
    if (!status) status = write_blobs(st, s, o, e);
    if (status) {
        cJSON_Delete(o);
        o = NULL;
    }
    *out = o;
    return status;
}

/* --- the dataset again ------------------------------------------------------------------------------------
 */

static ll_status open_at(const char *path, const char *hash, ll_dataset **out, ll_error *e)
{
    ll_dataset *d = NULL;
    ll_status s = ll_folder_load(path, &d, e);
    if (s) return s;
    if (!strcmp(d->hash.hex, hash)) {
        *out = d;
        return LL_OK;
    }
    ll_fail(e, LL_BAD_DATA, "%s: has changed since the session was saved (hash %.8s then, %.8s now)", path,
            hash, d->hash.hex);
    ll_dataset_unref(d);
    return LL_BAD_DATA;
}

/* A dataset that was moved is looked for by its name in the folders of datasets. */
static ll_status find_moved(const char *name, const char *path, const char *hash, const ll_app *app,
                            ll_dataset **out, ll_error *e)
{
    ll_strs dirs = {0};
    if (app) ll_app_data_dirs(app, &dirs);
    ll_status s = LL_BAD_DATA;
    for (int i = 0; i < dirs.n && s; i++) {
        char *at = ll_path_join(dirs.v[i], name);
        if (ll_is_dir(at)) s = open_at(at, hash, out, NULL);
        free(at);
    }
    ll_strs_free(&dirs);
    return s ? ll_fail(e, LL_BAD_DATA,
                       "the dataset %s of this session is not at %s any more, and nowhere else", name, path)
             : LL_OK;
}

static ll_status read_dataset(const cJSON *o, const char *blobs, const ll_dataset *have, const ll_app *app,
                              ll_dataset **out, ll_error *e)
{
    const char *name = ll_json_get_str(o, "name", NULL), *path = ll_json_get_str(o, "path", NULL);
    const char *hash = ll_json_get_str(o, "hash", NULL), *blob = ll_json_get_str(o, "blob", NULL);
    if (!name || !hash || (!path && !blob) || (blob && strchr(blob, '/')))
        return ll_fail(e, LL_BAD_DATA, "the dataset of this session has no name, hash or place");
    if (have && !strcmp(have->hash.hex, hash)) {
        *out = ll_dataset_ref(have);
        return LL_OK;
    }
    if (path && !blob)
        return ll_is_dir(path) ? open_at(path, hash, out, e) : find_moved(name, path, hash, app, out, e);
    char *at = ll_path_join(blobs, blob);
    ll_status s = open_at(at, hash, out, e);
    if (!s) { /* it lives in memory, as before */
        free((*out)->path);
        (*out)->path = NULL;
    }
    free(at);
    return s;
}

/* --- the other parts again --------------------------------------------------------------------------------
 */

static ll_status read_devices(const cJSON *o, const char *key, const ll_dataset *d, ll_ints *out, ll_error *e)
{
    const cJSON *name;
    cJSON_ArrayForEach(name, cJSON_GetObjectItemCaseSensitive(o, key))
    {
        int device = cJSON_IsString(name) ? ll_dataset_device(d, name->valuestring) : -1;
        if (device < 0)
            return ll_fail(e, LL_BAD_DATA, "the task names a device that %s does not have", d->name);
        ll_ints_add(out, device);
    }
    return LL_OK;
}

static ll_status read_task(const cJSON *o, ll_state *out, ll_error *e)
{
    ll_ints source = {0}, target = {0};
    ll_status s = read_devices(o, "source", out->data, &source, e);
    if (!s) s = read_devices(o, "target", out->data, &target, e);
    if (!s) {
        out->task = ll_task_new(ll_json_get_str(o, "name", "task"), out->data, &source, &target);
        const cJSON *name;
        cJSON_ArrayForEach(name, cJSON_GetObjectItemCaseSensitive(o, "missing"))
        {
            if (cJSON_IsString(name)) ll_strs_add(&out->task->missing, name->valuestring);
        }
    }
    ll_ints_free(&source);
    ll_ints_free(&target);
    return s;
}

static ll_status read_samples(const cJSON *o, ll_state *out, ll_error *e)
{
    int *rows = NULL, n = ll_json_get_ints(o, "rows", &rows);
    ll_status s = LL_OK;
    for (int i = 0; i < n && !s; i++)
        if (rows[i] < 0 || rows[i] >= out->data->n_archs)
            s = ll_fail(e, LL_BAD_DATA, "sample %d is not one of the %d architectures", rows[i],
                        out->data->n_archs);
    if (!s)
        out->samples =
            ll_samples_new(rows, n, ll_json_get_str(o, "sampler", "manual"),
                           ll_json_get_str(o, "device", NULL), (uint64_t)ll_json_get_num(o, "seed", 0));
    free(rows);
    return s;
}

static ll_status read_models(const cJSON *list, const char *blobs, ll_state *out, ll_error *e)
{
    const cJSON *name;
    cJSON_ArrayForEach(name, list)
    {
        if (out->n_models == LL_MAX_MODELS || !cJSON_IsString(name)) break;
        ll_status s =
            ll_store_read_model(blobs, name->valuestring, out->data, &out->models[out->n_models], e);
        if (s) return s;
        out->n_models++;
    }
    return LL_OK;
}

static ll_status read_transfers(const cJSON *list, const char *blobs, ll_state *out, ll_error *e)
{
    const cJSON *name;
    cJSON_ArrayForEach(name, list)
    {
        if (out->n_transfers == LL_MAX_TRANSFERS || !cJSON_IsString(name)) break;
        ll_status s = ll_store_read_transfer(blobs, name->valuestring, out->data->n_archs,
                                             &out->transfers[out->n_transfers], e);
        if (s) return s;
        out->n_transfers++;
    }
    return LL_OK;
}

static ll_status read_parts(const cJSON *m, const char *blobs, ll_state *out, ll_error *e)
{
    const cJSON *task = cJSON_GetObjectItemCaseSensitive(m, "task");
    const cJSON *samples = cJSON_GetObjectItemCaseSensitive(m, "samples"), *tag;
    ll_status s = task ? read_task(task, out, e) : LL_OK;
    if (!s && samples) s = read_samples(samples, out, e);
    cJSON_ArrayForEach(tag, cJSON_GetObjectItemCaseSensitive(m, "tags"))
    {
        if (cJSON_IsString(tag)) ll_strs_add(&out->tags, tag->valuestring);
    }
    if (!s) s = read_models(cJSON_GetObjectItemCaseSensitive(m, "models"), blobs, out, e);
    if (!s) s = read_transfers(cJSON_GetObjectItemCaseSensitive(m, "transfers"), blobs, out, e);
    return s;
}

ll_status ll_manifest_read(const cJSON *manifest, const char *blobs, const ll_dataset *have,
                           const ll_app *app, ll_state *out, ll_error *e)
{
    ll_state state = {0};
    const cJSON *dataset = cJSON_GetObjectItemCaseSensitive(manifest, "dataset");
    ll_status s = LL_OK;
    if (dataset) { /* without one there is nothing else */
        s = read_dataset(dataset, blobs, have, app, &state.data, e);
        if (!s) s = read_parts(manifest, blobs, &state, e);
    }
    if (s)
        ll_state_free(&state);
    else
        *out = state;
    return s;
}

const char *ll_manifest_dataset(const cJSON *manifest)
{
    return ll_json_get_str(cJSON_GetObjectItemCaseSensitive(manifest, "dataset"), "name", "");
}
