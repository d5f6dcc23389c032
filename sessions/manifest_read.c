/* A state from its manifest, on a dataset that may have changed since. */
#include <stdlib.h>
#include <string.h>

#include "core/app/stale.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/base/text/quote.h"
#include "sessions/manifest_parts.h"

void ll_manifest_say(ll_manifest_reader *r, const char *fmt, ...)
{
    ll_str text = {0};
    va_list ap;
    va_start(ap, fmt);
    ll_str_addv(&text, fmt, ap);
    va_end(ap);
    ll_strs_take(r->said, ll_str_take(&text));
}

static const cJSON *part(const ll_manifest_reader *r, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(r->manifest, name);
}

/* --- by name ----------------------------------------------------------------------------------------------
 */

static void read_devices(const cJSON *o, const char *key, const ll_dataset *d, ll_ints *out, ll_strs *gone)
{
    const cJSON *name;
    cJSON_ArrayForEach(name, cJSON_GetObjectItemCaseSensitive(o, key))
    {
        if (!cJSON_IsString(name)) continue;
        int device = ll_dataset_device(d, name->valuestring);
        if (device >= 0)
            ll_ints_add(out, device);
        else
            ll_strs_add(gone, name->valuestring);
    }
}

static void say_gone(ll_manifest_reader *r, const char *task, bool all, const ll_strs *gone)
{
    ll_str names = {0};
    for (int i = 0; i < gone->n; i++) ll_str_addf(&names, "%s%s", i ? ", " : "", gone->v[i]);
    ll_manifest_say(r, "the task %s %s: %s of its devices %s not in %s any more%s", task,
                    all ? "is left out" : "has fewer devices", ll_str_text(&names),
                    gone->n > 1 ? "are" : "is", r->out->data->name,
                    all ? "; `task` or `partition` chooses others" : "");
    ll_str_free(&names);
}

static void read_task(ll_manifest_reader *r, const cJSON *o)
{
    ll_ints source = {0}, target = {0};
    ll_strs gone = {0};
    const ll_dataset *d = r->out->data;
    const char *task = ll_json_get_str(o, "name", "task");
    read_devices(o, "source", d, &source, &gone);
    read_devices(o, "target", d, &target, &gone);
    bool all = gone.n && !source.n && !target.n;
    if (gone.n) say_gone(r, task, all, &gone);
    if (all) {
        r->whole = false;
    } else {
        const cJSON *name;
        r->out->task = ll_task_new(task, d, &source, &target);
        cJSON_ArrayForEach(name, cJSON_GetObjectItemCaseSensitive(o, "missing"))
        {
            if (cJSON_IsString(name)) ll_strs_add(&r->out->task->missing, name->valuestring);
        }
        for (int i = 0; i < gone.n; i++) ll_strs_add(&r->out->task->missing, gone.v[i]);
    }
    ll_ints_free(&source);
    ll_ints_free(&target);
    ll_strs_free(&gone);
}

/* --- by row -----------------------------------------------------------------------------------------------
 */

/* Where a row of then is now, -1: nowhere. */
static int row_now(const ll_manifest_reader *r, int row)
{
    if (row < 0 || (r->n_then >= 0 && row >= r->n_then)) return -1;
    if (r->now) return r->now[row];
    return row < r->out->data->n_archs ? row : -1;
}

static void read_samples(ll_manifest_reader *r, const cJSON *o)
{
    int *rows = NULL, n = ll_json_get_ints(o, "rows", &rows), kept = 0;
    for (int i = 0; i < n; i++) {
        int row = row_now(r, rows[i]);
        if (row >= 0) rows[kept++] = row;
    }
    if (kept < n) {
        ll_manifest_say(r, "%d of %d %s are left out: their architectures are not in %s any more", n - kept,
                        n, ll_noun(n, "sample", "samples"), r->out->data->name);
        r->whole = false;
    }
    if (kept || !n)
        r->out->samples =
            ll_samples_new(rows, kept, ll_json_get_str(o, "sampler", "manual"),
                           ll_json_get_str(o, "device", NULL), (uint64_t)ll_json_get_num(o, "seed", 0));
    free(rows);
}

/* --- blobs ------------------------------------------------------------------------------------------------
 */

/* What the manifest calls the i-th part; older ones do not say. */
static const char *in_words(const ll_manifest_reader *r, const char *list, int i, const char *otherwise)
{
    const cJSON *text = cJSON_GetArrayItem(part(r, list), i);
    return cJSON_IsString(text) ? text->valuestring : otherwise;
}

static void say_no_model(ll_manifest_reader *r, const char *predictor, const char *why)
{
    ll_str line = {0};
    ll_quote_addf(&line, "pretrain %s", *predictor ? predictor : "PREDICTOR");
    ll_manifest_say(r, "%s is left out: %s; `%s` makes it anew", *predictor ? predictor : "a model", why,
                    line.s);
    ll_str_free(&line);
    r->whole = false;
}

static ll_status read_models(ll_manifest_reader *r)
{
    const cJSON *name;
    int i = -1;
    cJSON_ArrayForEach(name, part(r, "models"))
    {
        ll_model **m = &r->out->models[r->out->n_models];
        const char *predictor = in_words(r, "predictors", ++i, "");
        ll_error why = {0};
        if (r->out->n_models == LL_MAX_MODELS || !cJSON_IsString(name)) break;
        ll_status s = ll_store_read_model(r->blobs, name->valuestring, r->out->data, m, &why);
        if (s == LL_CANCELLED) {
            if (r->e) *r->e = why;
            return s;
        }
        if (s) {
            say_no_model(r, predictor, why.message);
            continue;
        }
        if (r->now) ll_basis_move(&(*m)->basis, r->out->data, r->now, r->n_then);
        r->model_blob[r->out->n_models++] = name->valuestring;
    }
    return LL_OK;
}

/* Of rows of then, those that are among the first n now. */
static void move_rows(ll_ints *rows, const int *now, int n)
{
    int kept = 0;
    for (int i = 0; i < rows->n; i++)
        if (now[rows->v[i]] >= 0 && now[rows->v[i]] < n) rows->v[kept++] = now[rows->v[i]];
    rows->n = kept;
}

static void move_values(double **v, const int *from, int n)
{
    if (!*v) return;
    double *moved = LL_NEW_ARRAY(double, n + 1);
    for (int i = 0; i < n; i++) moved[i] = (*v)[from[i]];
    free(*v);
    *v = moved;
}

/* Predictions go with their architectures, as far as the first rows all have one. False: nothing is left. */
static bool move_transfer(const ll_manifest_reader *r, ll_transfer *t)
{
    int n = 0, n_archs = r->out->data->n_archs, *from = LL_NEW_ARRAY(int, n_archs + 1);
    for (int i = 0; i < n_archs; i++) from[i] = -1;
    for (int i = 0; i < t->n; i++)
        if (r->now[i] >= 0) from[r->now[i]] = i;
    while (n < n_archs && from[n] >= 0) n++;
    move_values(&t->score, from, n);
    move_values(&t->lat_ms, from, n);
    move_values(&t->sd_ms, from, n);
    move_rows(&t->samples, r->now, n);
    move_rows(&t->measured, r->now, n);
    t->n = n;
    ll_basis_move(&t->basis, r->out->data, r->now, r->n_then);
    free(from);
    return n && t->samples.n;
}

/* Blobs of older versions lack it: it is known only when nothing has changed. */
static void complete_hash(const ll_manifest_reader *r, ll_transfer *t, int device)
{
    if (t->target_hash) return;
    t->target_hash =
        ll_strdup(r->same ? ll_column_hash(r->out->data, device, t->measured.v, t->measured.n).hex : "");
}

static ll_status no_architectures(const ll_dataset *d, const char *device, ll_error *e)
{
    ll_str line = {0};
    ll_quote_addf(&line, "transfer %s", device);
    ll_fail(e, LL_BAD_DATA, "its architectures are not in %s any more; `%s` predicts those of now", d->name,
            line.s);
    ll_str_free(&line);
    return LL_BAD_DATA;
}

static ll_status read_transfer(ll_manifest_reader *r, const char *blob, ll_transfer **out, ll_error *e)
{
    const ll_dataset *d = r->out->data;
    ll_transfer *t = NULL;
    ll_status s = ll_store_read_transfer(r->blobs, blob, r->n_then >= 0 ? r->n_then : d->n_archs, &t, e);
    if (s) return s;
    int device = ll_dataset_device(d, t->device);
    if (device < 0)
        s = ll_fail(e, LL_BAD_DATA, "the device %s is not in %s any more", t->device, d->name);
    else if (r->now && !move_transfer(r, t))
        s = no_architectures(d, t->device, e);
    if (s) {
        ll_transfer_unref(t);
    } else {
        complete_hash(r, t, device);
        *out = t;
    }
    return s;
}

/* The model of this blob, which the state may have already; one reference for the caller. */
static ll_status find_model(ll_manifest_reader *r, const char *blob, ll_model **out, ll_error *e)
{
    for (int i = 0; i < r->out->n_models; i++)
        if (!strcmp(r->model_blob[i], blob)) {
            *out = ll_model_ref(r->out->models[i]);
            return LL_OK;
        }
    if (!r->former_blob || strcmp(r->former_blob, blob)) {
        ll_model_unref(r->former);
        r->former = NULL;
        r->former_blob = blob;
        ll_status s = ll_store_read_model(r->blobs, blob, r->out->data, &r->former, e);
        if (s) return s;
    }
    if (!r->former) return ll_fail(e, LL_BAD_DATA, "its model %s cannot be read", blob);
    *out = ll_model_ref(r->former);
    return LL_OK;
}

static ll_status read_one_adapted(ll_manifest_reader *r, const cJSON *o, ll_adapted **out, ll_error *e)
{
    ll_model *m = NULL;
    ll_status s = find_model(r, ll_json_get_str(o, "model", ""), &m, e);
    if (!s) s = ll_store_read_adapted(r->blobs, ll_json_get_str(o, "blob", ""), m, out, e);
    ll_model_unref(m);
    return s;
}

static void say_no_adapted(ll_manifest_reader *r, const cJSON *o, const char *why)
{
    ll_str line = {0};
    const char *device = ll_json_get_str(o, "device", "DEVICE");
    ll_quote_addf(&line, "transfer %s", device);
    ll_manifest_say(
        r, "what predicts architectures outside the table for %s by %s is left out: %s; `%s` makes it anew",
        device, ll_json_get_str(o, "predictor", "a predictor"), why, line.s);
    ll_str_free(&line);
}

static ll_status read_adapted(ll_manifest_reader *r)
{
    const cJSON *o;
    cJSON_ArrayForEach(o, part(r, "adapted"))
    {
        ll_error why = {0};
        if (r->out->n_adapted == LL_MAX_TRANSFERS) break;
        ll_status s = read_one_adapted(r, o, &r->out->adapted[r->out->n_adapted], &why);
        if (s == LL_CANCELLED) {
            if (r->e) *r->e = why;
            return s;
        }
        if (s) {
            r->whole = false;
            say_no_adapted(r, o, why.message);
        } else {
            r->out->n_adapted++;
        }
    }
    return LL_OK;
}

/* NULL: it is left out, and that was said. */
static ll_status read_found(ll_manifest_reader *r, const char *name, const char *kind, ll_found **out)
{
    ll_error why = {0};
    ll_status s = ll_store_read_found(r->blobs, name, kind, out, &why);
    if (!s) return LL_OK;
    *out = NULL;
    if (s == LL_CANCELLED) {
        if (r->e) *r->e = why;
        return s;
    }
    r->whole = false;
    ll_manifest_say(r, "what a %s found is left out: %s", kind, why.message);
    return LL_OK;
}

/* What was adapted is there by now, or it is not and the search has nothing left to go by. */
static void read_went_by(const ll_state *s, const cJSON *o, ll_found *f)
{
    const char *outdated = ll_json_get_str(o, "outdated", NULL);
    const char *predictor = ll_json_get_str(o, "predictor", NULL);
    const cJSON *name;
    cJSON_ArrayForEach(name, cJSON_GetObjectItemCaseSensitive(o, "devices"))
    {
        if (!cJSON_IsString(name) || outdated) continue;
        int n = f->n_by;
        ll_found_went_by(f, s, name->valuestring, predictor);
        if (f->n_by > n) continue;
        free(f->outdated);
        ll_str why = {0};
        ll_stale_unpredicted(name->valuestring, &why);
        f->outdated = ll_str_take(&why);
    }
    if (outdated) f->outdated = ll_strdup(outdated);
}

static ll_status read_searches(ll_manifest_reader *r)
{
    const cJSON *name;
    int i = 0;
    cJSON_ArrayForEach(name, part(r, "searches"))
    {
        ll_found *found;
        if (r->out->n_searches == LL_MAX_SEARCHES || !cJSON_IsString(name)) break;
        ll_status s = read_found(r, name->valuestring, "search", &found);
        if (s) return s;
        if (found) read_went_by(r->out, cJSON_GetArrayItem(part(r, "went_by"), i), found);
        if (found) r->out->searches[r->out->n_searches++] = found;
        i++;
    }
    name = part(r, "codesign");
    return cJSON_IsString(name) ? read_found(r, name->valuestring, "codesign", &r->out->codesign) : LL_OK;
}

/* Those of the table are predictions by the adapted one of the same device and predictor. */
static void join_transfers(ll_state *s)
{
    for (int i = 0; i < s->n_transfers; i++) {
        ll_transfer *t = s->transfers[i];
        t->adapted = ll_adapted_ref(ll_state_adapted(s, t->device, t->predictor->name));
    }
}

static ll_status read_transfers(ll_manifest_reader *r)
{
    const cJSON *name;
    int i = -1;
    cJSON_ArrayForEach(name, part(r, "transfers"))
    {
        const char *what = in_words(r, "predictions", ++i, "a device");
        ll_error why = {0};
        if (r->out->n_transfers == LL_MAX_TRANSFERS || !cJSON_IsString(name)) break;
        ll_status s = read_transfer(r, name->valuestring, &r->out->transfers[r->out->n_transfers], &why);
        if (s == LL_CANCELLED) {
            if (r->e) *r->e = why;
            return s;
        }
        if (s) {
            r->whole = false;
            ll_manifest_say(r, "what is predicted for %s is left out: %s", what, why.message);
        } else {
            r->out->n_transfers++;
        }
    }
    return LL_OK;
}

/* --- all of it --------------------------------------------------------------------------------------------
 */

static void read_rest(ll_manifest_reader *r, const cJSON *dataset)
{
    const cJSON *task = part(r, "task"), *samples = part(r, "samples"), *tag;
    ll_manifest_find_rows(r, dataset);
    if (task) read_task(r, task);
    if (samples) read_samples(r, samples);
    cJSON_ArrayForEach(tag, part(r, "tags"))
    {
        if (cJSON_IsString(tag)) ll_strs_add(&r->out->tags, tag->valuestring);
    }
}

/* The latest is the first of both, so the last one is added first. */
static ll_status read_encoders(ll_manifest_reader *r)
{
    const cJSON *list = part(r, "encoders");
    for (int i = cJSON_GetArraySize(list) - 1; i >= 0; i--) {
        const cJSON *name = cJSON_GetArrayItem(list, i);
        const char *encoding = in_words(r, "encodings", i, "");
        ll_encoder *c = NULL;
        ll_error why = {0};
        if (!cJSON_IsString(name)) continue;
        ll_status s = ll_store_read_encoder(r->blobs, name->valuestring, &c, &why);
        if (s == LL_CANCELLED) {
            if (r->e) *r->e = why;
            return s;
        }
        if (s) {
            r->whole = false;
            ll_manifest_say(r, "the encoding %s is left out: %s; `encode %s` makes it anew", encoding,
                            why.message, encoding);
        } else {
            ll_encoders_add(&r->out->encoders, c);
        }
    }
    return LL_OK;
}

/* What needs no data, then what speaks of its rows. */
static ll_status read_blobs(ll_manifest_reader *r)
{
    ll_status s = read_models(r);
    if (!s) s = read_adapted(r);
    if (!s && r->out->data) s = read_transfers(r);
    if (!s) s = read_searches(r);
    if (!s) s = read_encoders(r);
    if (!s) join_transfers(r->out);
    return s;
}

ll_status ll_manifest_read(const cJSON *manifest, const char *blobs, const ll_dataset *have,
                           const ll_app *app, ll_state *out, ll_strs *said, bool *whole, ll_error *e)
{
    ll_state state = {0};
    ll_manifest_reader r = {
        .manifest = manifest, .blobs = blobs, .out = &state, .said = said, .whole = true, .e = e};
    const cJSON *dataset = part(&r, "dataset");
    ll_status s = dataset ? ll_manifest_find_dataset(&r, dataset, have, app) : LL_OK;
    if (!s && state.data) read_rest(&r, dataset);
    if (!s) s = read_blobs(&r);
    free(r.now);
    ll_model_unref(r.former);
    *whole = r.whole;
    if (s)
        ll_state_free(&state);
    else
        *out = state;
    return s;
}
