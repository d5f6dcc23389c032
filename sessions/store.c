#include "sessions/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/system/owned.h"
#include "core/base/text/json.h"
#include "data/datasets/folder.h"
#include "data/formats/encoder_file.h"
#include "data/formats/model_file.h"
#include "data/formats/safetensors.h"
#include "sessions/pack.h"

#define SUFFIX ".safetensors"
#define FOUND  "latlab.search" /* the text of a blob that is a search's result */
enum { MOST_PARTS = 256 }; /* more than one state has; what was forgotten is written again to the same name */

/* --- parts that are stored already ------------------------------------------------------------------------
 */

static const char *find_part(const ll_store *st, const void *part)
{
    for (int i = 0; i < st->n_parts; i++)
        if (st->parts[i].part == part) return st->parts[i].name;
    return NULL;
}

static void forget_oldest(ll_store *st)
{
    st->parts[0].release(st->parts[0].part);
    free(st->parts[0].name);
    memmove(st->parts, st->parts + 1, (size_t)--st->n_parts * sizeof *st->parts);
}

static const char *remember(ll_store *st, const void *part, void (*release)(const void *), const char *name)
{
    if (st->n_parts == MOST_PARTS) forget_oldest(st);
    st->parts = ll_realloc(st->parts, (size_t)st->n_parts + 1, sizeof *st->parts);
    st->parts[st->n_parts] = (ll_store_part){part, release, ll_strdup(name)};
    return st->parts[st->n_parts++].name;
}

void ll_store_forget(ll_store *st)
{
    for (int i = 0; i < st->n_parts; i++) {
        st->parts[i].release(st->parts[i].part);
        free(st->parts[i].name);
    }
    free(st->parts);
    st->parts = NULL;
    st->n_parts = 0;
}

void ll_store_move(ll_store *st, const char *dir)
{
    char *copy = ll_strdup(dir);
    free(st->dir);
    st->dir = copy;
}

void ll_store_free(ll_store *st)
{
    ll_store_forget(st);
    free(st->dir);
    *st = (ll_store){0};
}

static void release_model(const void *p)
{
    ll_model_unref((ll_model *)p);
}

static void release_transfer(const void *p)
{
    ll_transfer_unref((ll_transfer *)p);
}

static void release_found(const void *p)
{
    ll_found_unref((ll_found *)p);
}

static void release_adapted(const void *p)
{
    ll_adapted_unref((ll_adapted *)p);
}

static void release_dataset(const void *p)
{
    ll_dataset_unref((ll_dataset *)p);
}

/* --- writing ----------------------------------------------------------------------------------------------
 */

static ll_status hash_file(const char *path, ll_hash *out, ll_error *e)
{
    char *bytes;
    size_t n;
    ll_status s = ll_read_own_file(path, 0, &bytes, &n, e);
    if (s) return s;
    *out = ll_hash_bytes(bytes, n);
    free(bytes);
    return LL_OK;
}

/* A name that nobody can foresee: a link that was planted under it would be followed. The caller frees. */
static char *temporary_path(const ll_store *st)
{
    uint64_t r;
    ll_str path = {0};
    if (getrandom(&r, sizeof r, 0) != sizeof r) r = (uint64_t)getpid();
    ll_str_addf(&path, "%s/new-%016llx", st->dir, (unsigned long long)r);
    return ll_str_take(&path);
}

/* What was written under the temporary name gets the hash of its content as its name. */
static ll_status name_by_content(const ll_store *st, const char *temporary, char name[64], ll_error *e)
{
    ll_hash h;
    ll_status s = hash_file(temporary, &h, e);
    if (s) return s;
    snprintf(name, 64, "%s" SUFFIX, h.hex);
    char *path = ll_path_join(st->dir, name);
    if (rename(temporary, path))
        s = ll_fail(e, LL_FAILED, "%s: cannot write: %s", path, strerror(errno));
    else
        ll_owned_sync(st->dir); /* the journal's line that names it is synced next */
    free(path);
    return s;
}

/* A new blob with what `write` makes of the part; `name` receives what the blob is called. */
static ll_status write_blob(const ll_store *st, const void *part,
                            ll_status (*write)(const void *part, const char *path, ll_error *e),
                            char name[64], ll_error *e)
{
    char *temporary = temporary_path(st);
    ll_status s = ll_make_dirs(st->dir, e);
    if (!s) s = write(part, temporary, e);
    if (!s) s = name_by_content(st, temporary, name, e);
    unlink(temporary);
    free(temporary);
    return s;
}

static ll_status write_model(const void *part, const char *path, ll_error *e)
{
    return ll_model_save(part, NULL, 0, path, e);
}

static ll_status write_adapted(const void *part, const char *path, ll_error *e)
{
    ll_tensors t = {0};
    ll_status s = ll_adapted_save(part, &t, e);
    if (!s) s = ll_safetensors_write(path, &t, e);
    ll_tensors_free(&t);
    return s;
}

static ll_status write_transfer(const void *part, const char *path, ll_error *e)
{
    ll_tensors t;
    ll_transfer_pack(part, &t);
    ll_status s = ll_safetensors_write(path, &t, e);
    ll_tensors_free(&t);
    return s;
}

/* All of it is text beside no tensors. */
static ll_status write_found(const void *part, const char *path, ll_error *e)
{
    ll_tensors t = {0};
    ll_tensors_set_json(&t, FOUND, ((const ll_found *)part)->result);
    ll_status s = ll_safetensors_write(path, &t, e);
    ll_tensors_free(&t);
    return s;
}

/* Takes over a reference of the part, which keeps its address from being used again for another one. */
static ll_status store(ll_store *st, const void *part,
                       ll_status (*write)(const void *part, const char *path, ll_error *e),
                       void (*release)(const void *part), const char **name, ll_error *e)
{
    char file[64];
    *name = find_part(st, part);
    ll_status s = *name ? LL_OK : write_blob(st, part, write, file, e);
    if (s || *name)
        release(part);
    else
        *name = remember(st, part, release, file);
    return s;
}

ll_status ll_store_model(ll_store *st, const ll_model *m, const char **name, ll_error *e)
{
    return store(st, ll_model_ref(m), write_model, release_model, name, e);
}

ll_status ll_store_adapted(ll_store *st, const ll_adapted *a, const char **name, ll_error *e)
{
    return store(st, ll_adapted_ref(a), write_adapted, release_adapted, name, e);
}

ll_status ll_store_transfer(ll_store *st, const ll_transfer *t, const char **name, ll_error *e)
{
    return store(st, ll_transfer_ref(t), write_transfer, release_transfer, name, e);
}

ll_status ll_store_found(ll_store *st, const ll_found *f, const char **name, ll_error *e)
{
    return store(st, ll_found_ref(f), write_found, release_found, name, e);
}

static ll_status write_encoder(const void *part, const char *path, ll_error *e)
{
    return ll_encoder_write(part, path, e);
}

static void release_encoder(const void *part)
{
    ll_encoder_unref((ll_encoder *)part);
}

ll_status ll_store_encoder(ll_store *st, const ll_encoder *c, const char **name, ll_error *e)
{
    return store(st, ll_encoder_ref(c), write_encoder, release_encoder, name, e);
}

/* In the place of whatever has this name: a link there is replaced, not followed. */
static ll_status put_genes(const ll_store *st, const uint8_t *genes, size_t n, const char *path, ll_error *e)
{
    char *temporary = temporary_path(st);
    ll_status s = ll_write_file(temporary, genes, n, e);
    if (!s && rename(temporary, path))
        s = ll_fail(e, LL_FAILED, "%s: cannot write: %s", path, strerror(errno));
    if (!s) ll_owned_sync(st->dir);
    unlink(temporary);
    free(temporary);
    return s;
}

/* Datasets that differ in their columns alone share one blob. */
ll_status ll_store_genes(const ll_store *st, const ll_dataset *d, char **name, ll_error *e)
{
    size_t n = (size_t)d->n_archs * (size_t)d->space->n_positions;
    ll_str file = {0};
    ll_str_addf(&file, "%s.genes", ll_hash_bytes(d->archs->genes, n).hex);
    char *path = ll_path_join(st->dir, file.s);
    ll_status s = ll_make_dirs(st->dir, e);
    if (!s && !ll_is_file(path)) s = put_genes(st, d->archs->genes, n, path, e);
    free(path);
    *name = ll_str_take(&file);
    return s;
}

ll_status ll_store_dataset(ll_store *st, const ll_dataset *d, const char **name, ll_error *e)
{
    if ((*name = find_part(st, d))) return LL_OK;
    ll_str file = {0};
    ll_str_addf(&file, "%s.dataset", d->hash.hex);
    char *path = ll_path_join(st->dir, file.s);
    ll_status s = ll_make_dirs(st->dir, e);
    if (!s && !ll_is_dir(path)) s = ll_folder_save(d, path, NULL, e);
    if (!s) *name = remember(st, ll_dataset_ref(d), release_dataset, file.s);
    free(path);
    ll_str_free(&file);
    return s;
}

/* --- reading --- */

/* Path of a blob whose content still has the hash it is named by. */
static ll_status check_blob(const char *dir, const char *name, char **path, ll_error *e)
{
    ll_hash h = {""};
    *path = NULL;
    if (strchr(name, '/')) return ll_fail(e, LL_BAD_DATA, "%s: '%s' is no name of a blob", dir, name);
    *path = ll_path_join(dir, name);
    ll_status s = hash_file(*path, &h, e);
    if (s || !strncmp(h.hex, name, strlen(h.hex))) return s;
    return ll_fail(e, LL_BAD_DATA, "%s: is damaged: its content has the hash %s, not the one it is named by",
                   *path, h.hex);
}

ll_status ll_store_read_model(const char *dir, const char *name, const ll_dataset *data, ll_model **out,
                              ll_error *e)
{
    ll_model_file f = {0};
    char *path;
    ll_status s = check_blob(dir, name, &path, e);
    if (!s)
        s = ll_model_load(path, NULL, data, &f, e); /* its warnings: the same data was checked by its hash */
    if (!s) {
        *out = f.model;
        f.model = NULL;
    }
    ll_model_file_free(&f);
    free(path);
    return s;
}

/* The tensors of a blob; *path is the caller's to free, to speak of it. */
static ll_status read_blob(const char *dir, const char *name, ll_tensors *t, char **path, ll_error *e)
{
    *t = (ll_tensors){0};
    ll_status s = check_blob(dir, name, path, e);
    return s ? s : ll_safetensors_read(*path, t, e);
}

ll_status ll_store_read_adapted(const char *dir, const char *name, const ll_model *model, ll_adapted **out,
                                ll_error *e)
{
    ll_tensors t;
    char *path;
    ll_status s = read_blob(dir, name, &t, &path, e);
    if (!s) s = ll_tensors_finite(&t, e);
    if (!s && ll_adapted_load(&t, model, out, e)) s = ll_fail_in(e, "%s: ", path);
    ll_tensors_free(&t);
    free(path);
    return s;
}

ll_status ll_store_read_encoder(const char *dir, const char *name, ll_encoder **out, ll_error *e)
{
    char *path;
    ll_status s = check_blob(dir, name, &path, e);
    if (!s) s = ll_encoder_read(path, out, e);
    free(path);
    return s;
}

ll_status ll_store_read_found(const char *dir, const char *name, const char *kind, ll_found **out,
                              ll_error *e)
{
    ll_tensors t;
    char *path;
    ll_status s = read_blob(dir, name, &t, &path, e);
    cJSON *result = NULL;
    if (!s && ll_tensors_json(&t, FOUND, &result, e)) s = ll_fail_in(e, "%s: ", path);
    if (!s && strcmp(ll_json_get_str(result, "kind", ""), kind))
        s = ll_fail(e, LL_BAD_DATA, "%s: it holds no result of a %s", path, kind);
    if (!s) *out = ll_found_new(result);
    cJSON_Delete(result);
    ll_tensors_free(&t);
    free(path);
    return s;
}

ll_status ll_store_read_transfer(const char *dir, const char *name, int n_archs, ll_transfer **out,
                                 ll_error *e)
{
    ll_tensors t;
    char *path;
    ll_status s = read_blob(dir, name, &t, &path, e);
    if (!s && ll_transfer_unpack(&t, n_archs, out, e)) s = ll_fail_in(e, "%s: ", path);
    ll_tensors_free(&t);
    free(path);
    return s;
}

ll_status ll_store_read_genes(const char *dir, const char *name, size_t n, uint8_t **out, ll_error *e)
{
    char *path, *bytes;
    size_t len;
    ll_status s = check_blob(dir, name, &path, e);
    if (!s) s = ll_read_own_file(path, 0, &bytes, &len, e);
    if (!s && len != n) {
        free(bytes);
        s = ll_fail(e, LL_BAD_DATA, "%s: has %zu bytes, %zu were expected", path, len, n);
    }
    if (!s) *out = (uint8_t *)bytes;
    free(path);
    return s;
}
