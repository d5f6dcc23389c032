/* A state from its manifest, on a dataset that may have changed since. */
#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/quote.h"
#include "core/space/numbers.h"
#include "core/space/space_json.h"
#include "data/datasets/bundled_proxies.h"
#include "data/datasets/folder.h"
#include "sessions/manifest.h"

typedef struct reader {
    const cJSON *manifest;
    const char *blobs;
    ll_state *out;
    ll_strs *said;
    bool whole; /* nothing was left out */
    bool same;  /* the dataset is what it was */
    int n_then; /* architectures it had; -1: not known */
    int *now;   /* the row of each of these now, -1: gone; NULL: each is where it was */
    const char *model_blob[LL_MAX_MODELS]; /* where each model of the state comes from; borrowed */
    ll_model *former; /* a model of which only what was adapted is left, and its blob: several may be of it */
    const char *former_blob;
    ll_error *e; /* of a cancelled reading */
} reader;

static void say(reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(reader *r, const char *fmt, ...)
{
    ll_str text = {0};
    va_list ap;
    va_start(ap, fmt);
    ll_str_addv(&text, fmt, ap);
    va_end(ap);
    ll_strs_take(r->said, ll_str_take(&text));
}

static const cJSON *part(const reader *r, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(r->manifest, name);
}

/* --- the dataset ------------------------------------------------------------------------------------------
 */

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
static ll_status open_blob(const reader *r, const cJSON *o, const char *blob, ll_dataset **out, ll_error *e)
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

static ll_status find_dataset(reader *r, const cJSON *o, const ll_dataset *have, const ll_app *app)
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
    say(r,
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
static void find_rows(reader *r, const cJSON *o)
{
    const ll_dataset *d = r->out->data;
    const char *name = ll_json_get_str(o, "genes", NULL);
    size_t positions = (size_t)d->space->n_positions;
    uint8_t *genes = NULL;
    ll_error why = {0};
    if (r->same) return;
    if (!name || r->n_then < 0) {
        r->n_then = -1;
        return;
    }
    if (ll_store_read_genes(r->blobs, name, (size_t)r->n_then * positions, &genes, &why)) {
        say(r, "%s; its architectures are taken to be the first ones of %s", why.message, d->name);
        r->n_then = -1;
        return;
    }
    former_space then = space_then(o, d->space);
    if (then.changed && !then.numbers)
        say(r, "the space %s is another one than then: the architectures of this session are not found in it",
            d->space->name);
    if (then.changed || r->n_then > d->n_archs ||
        memcmp(genes, d->archs->genes, (size_t)r->n_then * positions)) {
        r->now = LL_NEW_ARRAY(int, r->n_then + 1);
        for (int i = 0; i < r->n_then; i++) r->now[i] = row_of_gene(&then, d, genes + (size_t)i * positions);
    }
    free(genes);
}

static void say_changes(reader *r, const cJSON *o)
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
        say(r,
            "the session was saved by an older latlab that did not keep which architectures it spoke of: "
            "they "
            "are taken to be the first ones of %s",
            d->name);
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

static void say_gone(reader *r, const char *task, bool all, const ll_strs *gone)
{
    ll_str names = {0};
    for (int i = 0; i < gone->n; i++) ll_str_addf(&names, "%s%s", i ? ", " : "", gone->v[i]);
    say(r, "the task %s %s: %s of its devices %s not in %s any more%s", task,
        all ? "is left out" : "has fewer devices", ll_str_text(&names), gone->n > 1 ? "are" : "is",
        r->out->data->name, all ? "; `task` or `partition` chooses others" : "");
    ll_str_free(&names);
}

static void read_task(reader *r, const cJSON *o)
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
static int row_now(const reader *r, int row)
{
    if (row < 0 || (r->n_then >= 0 && row >= r->n_then)) return -1;
    if (r->now) return r->now[row];
    return row < r->out->data->n_archs ? row : -1;
}

static void read_samples(reader *r, const cJSON *o)
{
    int *rows = NULL, n = ll_json_get_ints(o, "rows", &rows), kept = 0;
    for (int i = 0; i < n; i++) {
        int row = row_now(r, rows[i]);
        if (row >= 0) rows[kept++] = row;
    }
    if (kept < n) {
        say(r, "%d of %d %s are left out: their architectures are not in %s any more", n - kept, n,
            ll_noun(n, "sample", "samples"), r->out->data->name);
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
static const char *in_words(const reader *r, const char *list, int i, const char *otherwise)
{
    const cJSON *text = cJSON_GetArrayItem(part(r, list), i);
    return cJSON_IsString(text) ? text->valuestring : otherwise;
}

static void say_no_model(reader *r, const char *predictor, const char *why)
{
    ll_str line = {0};
    ll_quote_addf(&line, "pretrain %s", *predictor ? predictor : "PREDICTOR");
    say(r, "%s is left out: %s; `%s` makes it anew", *predictor ? predictor : "a model", why, line.s);
    ll_str_free(&line);
    r->whole = false;
}

static ll_status read_models(reader *r)
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
static bool move_transfer(const reader *r, ll_transfer *t)
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
static void complete_hash(const reader *r, ll_transfer *t, int device)
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

static ll_status read_transfer(reader *r, const char *blob, ll_transfer **out, ll_error *e)
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
static ll_status find_model(reader *r, const char *blob, ll_model **out, ll_error *e)
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

static ll_status read_one_adapted(reader *r, const cJSON *o, ll_adapted **out, ll_error *e)
{
    ll_model *m = NULL;
    ll_status s = find_model(r, ll_json_get_str(o, "model", ""), &m, e);
    if (!s) s = ll_store_read_adapted(r->blobs, ll_json_get_str(o, "blob", ""), m, out, e);
    ll_model_unref(m);
    return s;
}

static void say_no_adapted(reader *r, const cJSON *o, const char *why)
{
    ll_str line = {0};
    const char *device = ll_json_get_str(o, "device", "DEVICE");
    ll_quote_addf(&line, "transfer %s", device);
    say(r, "what predicts architectures outside the table for %s by %s is left out: %s; `%s` makes it anew",
        device, ll_json_get_str(o, "predictor", "a predictor"), why, line.s);
    ll_str_free(&line);
}

static ll_status read_adapted(reader *r)
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
static ll_status read_found(reader *r, const char *name, const char *kind, ll_found **out)
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
    say(r, "what a %s found is left out: %s", kind, why.message);
    return LL_OK;
}

static ll_status read_searches(reader *r)
{
    const cJSON *name;
    cJSON_ArrayForEach(name, part(r, "searches"))
    {
        ll_found *found;
        if (r->out->n_searches == LL_MAX_SEARCHES || !cJSON_IsString(name)) break;
        ll_status s = read_found(r, name->valuestring, "search", &found);
        if (s) return s;
        if (found) r->out->searches[r->out->n_searches++] = found;
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

static ll_status read_transfers(reader *r)
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
            say(r, "what is predicted for %s is left out: %s", what, why.message);
        } else {
            r->out->n_transfers++;
        }
    }
    return LL_OK;
}

/* --- all of it --------------------------------------------------------------------------------------------
 */

static void read_rest(reader *r, const cJSON *dataset)
{
    const cJSON *task = part(r, "task"), *samples = part(r, "samples"), *tag;
    r->same = is_same(dataset, r->out->data);
    r->n_then = r->same ? r->out->data->n_archs : ll_json_get_int(dataset, "archs", -1);
    if (!r->same) say_changes(r, dataset);
    find_rows(r, dataset);
    if (task) read_task(r, task);
    if (samples) read_samples(r, samples);
    cJSON_ArrayForEach(tag, part(r, "tags"))
    {
        if (cJSON_IsString(tag)) ll_strs_add(&r->out->tags, tag->valuestring);
    }
}

/* The latest is the first of both, so the last one is added first. */
static ll_status read_encoders(reader *r)
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
            say(r, "the encoding %s is left out: %s; `encode %s` makes it anew", encoding, why.message,
                encoding);
        } else {
            ll_encoders_add(&r->out->encoders, c);
        }
    }
    return LL_OK;
}

/* What needs no data, then what speaks of its rows. */
static ll_status read_blobs(reader *r)
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
    reader r = {.manifest = manifest, .blobs = blobs, .out = &state, .said = said, .whole = true, .e = e};
    const cJSON *dataset = part(&r, "dataset");
    ll_status s = dataset ? find_dataset(&r, dataset, have, app) : LL_OK;
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

bool ll_manifest_unchanged(const cJSON *dataset)
{
    ll_dataset *d = NULL;
    const char *path = ll_json_get_str(dataset, "path", NULL);
    bool unchanged = path && !open_at(dataset, path, &d, NULL) && is_same(dataset, d);
    ll_dataset_unref(d);
    return unchanged;
}
