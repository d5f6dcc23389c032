#include "sessions/manifest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/stale.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/space/files/space_json.h"

/* --- writing ----------------------------------------------------------------------------------------------
 */

static ll_status write_dataset(ll_store *st, const ll_dataset *d, cJSON *out, ll_error *e)
{
    const char *blob = NULL;
    char *genes = NULL;
    ll_status s = d->path ? ll_store_genes(st, d, &genes, e) : ll_store_dataset(st, d, &blob, e);
    cJSON *o = ll_json_obj(out, "dataset");
    ll_json_str(o, "name", d->name);
    ll_json_str(o, "space", d->space->name);
    if (d->space->own) cJSON_AddItemToObject(o, "space_definition", ll_space_json(d->space));
    char *full = d->path ? realpath(d->path, NULL) : NULL; /* it will be opened from another folder */
    if (d->path && !full && errno == ENOMEM) ll_no_memory(0);
    ll_json_str(o, "path", full ? full : d->path);
    free(full);
    ll_json_str(o, "hash", d->hash.hex);
    if (blob) ll_json_str(o, "blob", blob);
    if (genes) ll_json_str(o, "genes", genes);
    ll_json_int(o, "archs", d->n_archs);
    ll_json_int(o, "devices", d->n_devices);
    free(genes);
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

/* A part by the name of its blob, and in words for when the blob cannot be read any more. */
static void add_part(cJSON *o, const char *list, const char *words, const char *blob, const char *device,
                     const char *predictor)
{
    ll_str text = {0};
    ll_str_addf(&text, "%s%s%s", device, *device ? " by " : "", predictor);
    ll_json_str(ll_json_list(o, list), NULL, blob);
    ll_json_str(ll_json_list(o, words), NULL, text.s);
    ll_str_free(&text);
}

/* A name is the store's only until the next part is stored. */
static ll_status write_adapted(ll_store *st, const ll_adapted *a, cJSON *list, ll_error *e)
{
    const char *name;
    cJSON *o = ll_json_obj(list, NULL);
    ll_json_str(o, "device", a->device);
    ll_json_str(o, "predictor", a->model->predictor->name);
    ll_status s = ll_store_model(st, a->model, &name, e);
    if (s) return s;
    ll_json_str(o, "model", name);
    s = ll_store_adapted(st, a, &name, e);
    if (!s) ll_json_str(o, "blob", name);
    return s;
}

/* Beside a search, since its blob is of the result alone: the devices whose predictors it went by, or why it is outdated. */
static void write_went_by(const ll_state *s, const ll_found *f, cJSON *o)
{
    ll_str why = {0};
    if (ll_stale_search(s, f, &why)) ll_json_str(o, "outdated", why.s);
    ll_json_str(o, "predictor", f->predictor);
    cJSON *devices = ll_json_arr(o, "devices");
    for (int i = 0; i < f->n_by; i++) ll_json_str(devices, NULL, f->by[i]->device);
    ll_str_free(&why);
}

static ll_status write_blobs(ll_store *st, const ll_state *s, cJSON *out, ll_error *e)
{
    const char *name;
    for (int i = 0; i < s->n_models; i++) {
        ll_status status = ll_store_model(st, s->models[i], &name, e);
        if (status) return status;
        add_part(out, "models", "predictors", name, "", s->models[i]->predictor->name);
    }
    for (int i = 0; i < s->n_transfers; i++) {
        const ll_transfer *t = s->transfers[i];
        ll_status status = ll_store_transfer(st, t, &name, e);
        if (status) return status;
        add_part(out, "transfers", "predictions", name, t->device, t->predictor->name);
    }
    for (int i = 0; i < s->n_adapted; i++) {
        ll_status status = write_adapted(st, s->adapted[i], ll_json_list(out, "adapted"), e);
        if (status) return status;
    }
    for (int i = 0; i < s->n_searches; i++) {
        ll_status status = ll_store_found(st, s->searches[i], &name, e);
        if (status) return status;
        ll_json_str(ll_json_list(out, "searches"), NULL, name);
        write_went_by(s, s->searches[i], ll_json_obj(ll_json_list(out, "went_by"), NULL));
    }
    if (s->codesign) {
        ll_status status = ll_store_found(st, s->codesign, &name, e);
        if (status) return status;
        ll_json_str(out, "codesign", name);
    }
    for (int i = 0; i < s->encoders.n; i++) {
        ll_status status = ll_store_encoder(st, s->encoders.v[i], &name, e);
        if (status) return status;
        add_part(out, "encoders", "encodings", name, "", s->encoders.v[i]->name);
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

const char *ll_manifest_dataset(const cJSON *manifest)
{
    return ll_json_get_str(cJSON_GetObjectItemCaseSensitive(manifest, "dataset"), "name", "");
}
