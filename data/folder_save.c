#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/base/csv.h"
#include "core/base/fs.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "data/export.h"
#include "data/folder.h"
#include "data/npy.h"

static const char *const kinds[] = {[LL_MEASURED] = "measured", [LL_SIMULATED] = "simulated"};

/* --- tables --- */

/* An architecture as the digits of its operations, which every space reads too; its string where there are more than
 * ten operations. */
static void write_brief_arch(FILE *f, const ll_dataset *d, int row, ll_str *text)
{
    const uint8_t *gene = ll_gene(d, row);
    if (d->space->n_ops > 10) {
        ll_write_arch(f, d, row, text);
        return;
    }
    for (int i = 0; i < d->space->n_positions; i++) putc_unlocked('0' + gene[i], f);
}

/* (n_devices, n_archs) transposed: a row per architecture, its full string in latency.csv only. */
static ll_status write_table(const ll_dataset *d, const double *v, const char *path, ll_error *e)
{
    ll_writer w;
    ll_status s = ll_writer_open(&w, path, e);
    if (s) return s;
    ll_str text = {0};
    fputs("arch", w.f);
    for (int j = 0; j < d->n_devices; j++) {
        putc(',', w.f);
        ll_csv_write(w.f, d->devices[j].name);
    }
    putc('\n', w.f);
    for (int i = 0; i < d->n_archs; i++) {
        if (v == d->lat_ms)
            ll_write_arch(w.f, d, i, &text);
        else
            write_brief_arch(w.f, d, i, &text);
        for (int j = 0; j < d->n_devices; j++) {
            putc_unlocked(',', w.f);
            ll_csv_write_number(w.f, v[(size_t)j * (size_t)d->n_archs + (size_t)i]);
        }
        putc_unlocked('\n', w.f);
    }
    ll_str_free(&text);
    return ll_writer_commit(&w, e);
}

static ll_status write_accuracy(const ll_dataset *d, const char *path, ll_error *e)
{
    ll_writer w;
    ll_status s = ll_writer_open(&w, path, e);
    if (s) return s;
    ll_str text = {0};
    fputs("arch,", w.f);
    ll_csv_write(w.f, d->accuracy_name ? d->accuracy_name : "accuracy");
    putc('\n', w.f);
    for (int i = 0; i < d->n_archs; i++) {
        if (isnan(d->accuracy[i])) continue;
        ll_write_arch(w.f, d, i, &text);
        putc(',', w.f);
        ll_csv_write_number(w.f, d->accuracy[i]);
        putc('\n', w.f);
    }
    ll_str_free(&text);
    return ll_writer_commit(&w, e);
}

/* --- dataset.json --- */

static void add_space(cJSON *o, const ll_space *space)
{
    if (!space->own) {
        ll_json_str(o, "space", space->name);
        return;
    }
    cJSON *s = ll_json_obj(o, "space");
    ll_json_str(s, "name", space->name);
    ll_json_int(s, "positions", space->n_positions);
    ll_json_strs(s, "ops", (char *const *)space->ops, space->n_ops);
}

static void add_devices(cJSON *o, const ll_dataset *d)
{
    cJSON *a = ll_json_arr(o, "devices");
    for (int i = 0; i < d->n_devices; i++) {
        const ll_device *v = &d->devices[i];
        cJSON *x = ll_json_obj(a, NULL);
        ll_json_str(x, "name", v->name);
        ll_json_str(x, "kind", kinds[v->kind]);
        ll_json_str(x, "source", v->source);
        ll_json_str(x, "unit_read", v->unit_read);
        if (v->hardware) ll_json_str(x, "hardware", v->hardware);
        if (v->note) ll_json_str(x, "note", v->note);
        if (!isnan(v->repeat)) ll_json_num(x, "repeat_spearman", v->repeat);
    }
}

static cJSON *describe(const ll_dataset *d)
{
    cJSON *o = cJSON_CreateObject();
    ll_json_str(o, "format", "latlab dataset");
    ll_json_int(o, "version", 1);
    ll_json_str(o, "name", d->name);
    add_space(o, d->space);
    ll_json_int(o, "archs", d->n_archs);
    ll_json_str(o, "unit", "ms");
    add_devices(o, d);
    if (d->accuracy_name) ll_json_str(o, "accuracy", d->accuracy_name);
    if (d->reference.n) ll_json_ints(o, "reference", d->reference.v, d->reference.n);
    cJSON *features = ll_json_arr(o, "features");
    for (int i = 0; i < d->n_features; i++) ll_json_str(features, NULL, d->features[i].name);
    cJSON_AddItemToObject(o, "provenance", cJSON_Duplicate(d->provenance, true));
    ll_json_str(o, "hash", d->hash.hex);
    return o;
}

/* The content hash covers latencies; the other files are hashed as they lie on the disk. */
static ll_status add_file_hash(cJSON *files, const char *dir, const char *name, ll_error *e)
{
    char *path = ll_path_join(dir, name), *bytes;
    size_t n;
    ll_status s = ll_read_file(path, 0, &bytes, &n, e);
    if (!s) {
        ll_json_str(files, name, ll_hash_bytes(bytes, n).hex);
        free(bytes);
    }
    free(path);
    return s;
}

/* --- the folder --- */

static ll_status write_feature(const ll_dataset *d, const ll_feature *f, const char *path, ll_error *e)
{
    return ll_npy_write(path, LL_F32, 2, (long[]){d->n_archs, f->dim}, f->v, e);
}

typedef struct folder {
    const ll_dataset *d;
    const char *dir;
    cJSON *files;
} folder;

/* Writes one optional file and notes its hash. */
static ll_status put(const folder *x, const char *name, const ll_feature *feature, ll_error *e)
{
    char *path = ll_path_join(x->dir, name);
    ll_status s = feature                    ? write_feature(x->d, feature, path, e)
                  : !strcmp(name, "std.csv") ? write_table(x->d, x->d->std_ms, path, e)
                                             : write_accuracy(x->d, path, e);
    free(path);
    return s ? s : add_file_hash(x->files, x->dir, name, e);
}

static ll_status write_files(const ll_dataset *d, const char *dir, ll_error *e)
{
    cJSON *json = describe(d);
    folder x = {d, dir, ll_json_obj(json, "files")};
    char *latency = ll_path_join(dir, "latency.csv"), *info = ll_path_join(dir, "dataset.json");
    ll_status s = write_table(d, d->lat_ms, latency, e);
    if (!s && d->std_ms) s = put(&x, "std.csv", NULL, e);
    if (!s && d->accuracy) s = put(&x, "accuracy.csv", NULL, e);
    for (int i = 0; !s && i < d->n_features; i++) {
        ll_str name = {0};
        ll_str_addf(&name, "%s.npy", d->features[i].name);
        s = put(&x, name.s, &d->features[i], e);
        ll_str_free(&name);
    }
    char *text = ll_json_text(json);
    if (!s) s = ll_write_file(info, text, strlen(text), e);
    free(text);
    free(latency);
    free(info);
    cJSON_Delete(json);
    return s;
}

/* Two names swapped at once where the file system can; else there is a moment without the folder. */
static bool swap(const char *a, const char *b, const char *aside)
{
    if (!renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE)) return true;
    if (rename(b, aside)) return false;
    if (!rename(a, b)) return !rename(aside, a);
    int why = errno;
    rename(aside, b);
    errno = why;
    return false;
}

/* Puts the complete folder `fresh` in the place of `path`. */
static ll_status install(const char *fresh, const char *path, const char *keep, ll_error *e)
{
    ll_status s = LL_OK;
    if (!ll_is_dir(path)) {
        if (rename(fresh, path)) s = ll_fail(e, LL_FAILED, "%s: cannot write: %s", path, strerror(errno));
        return s;
    }
    ll_str aside = {0};
    ll_str_addf(&aside, "%s-old", fresh);
    if (!swap(fresh, path, aside.s)) {
        s = ll_fail(e, LL_FAILED, "%s: cannot replace: %s; what was there is unchanged", path,
                    strerror(errno));
    } else if (keep) { /* `fresh` now holds the former folder */
        s = ll_remove_tree(keep, e);
        if (!s && rename(fresh, keep))
            s = ll_fail(e, LL_FAILED, "%s: cannot write: %s", keep, strerror(errno));
    }
    ll_str_free(&aside);
    return s;
}

/* DIR/.NAME.tmp-PID: on the same file system, and hidden from lists of datasets. */
static char *temporary_beside(const char *path)
{
    ll_str t = {0};
    const char *base = ll_path_base(path);
    ll_str_addn(&t, path, (size_t)(base - path));
    ll_str_addf(&t, ".%s.tmp-%ld", base, (long)getpid());
    return ll_str_take(&t);
}

/* Temporaries beside `path` whose process is gone: it was killed while it wrote. */
static void remove_orphans(const char *path)
{
    const char *base = ll_path_base(path);
    ll_str dir = {0}, prefix = {0};
    ll_strs names = {0};
    ll_error ignored;
    ll_str_addn(&dir, path, (size_t)(base - path));
    ll_str_addf(&prefix, ".%s.tmp-", base);
    DIR *d = opendir(dir.len ? dir.s : ".");
    for (struct dirent *entry; d && (entry = readdir(d));)
        if (!strncmp(entry->d_name, prefix.s, prefix.len)) ll_strs_add(&names, entry->d_name);
    if (d) closedir(d);
    for (int i = 0; i < names.n; i++) {
        long pid = strtol(names.v[i] + prefix.len, NULL, 10);
        char *orphan = ll_path_join(dir.len ? dir.s : ".", names.v[i]);
        if (pid > 0 && kill((pid_t)pid, 0) && errno == ESRCH) ll_remove_tree(orphan, &ignored);
        free(orphan);
    }
    ll_strs_free(&names);
    ll_str_free(&dir);
    ll_str_free(&prefix);
}

ll_status ll_folder_save(const ll_dataset *d, const char *path, const char *keep, ll_error *e)
{
    char *fresh = temporary_beside(path);
    ll_error ignored;
    remove_orphans(path);
    ll_remove_tree(fresh, &ignored); /* left by a process of this number that died */
    ll_status s = ll_make_dirs(fresh, e);
    if (!s) s = write_files(d, fresh, e);
    if (!s) s = install(fresh, path, keep, e);
    ll_remove_tree(fresh, &ignored);
    free(fresh);
    return s;
}

/* --- one writer at a time --- */

ll_status ll_folder_lock(const char *dir, ll_observer *observer, int *lock, ll_error *e)
{
    ll_status s = ll_make_dirs(dir, e);
    if (s) return s;
    char *path = ll_path_join(dir, ".lock");
    *lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (*lock < 0) s = ll_fail(e, LL_FAILED, "%s: cannot write: %s", path, strerror(errno));
    for (int tries = 0; !s && flock(*lock, LOCK_EX | LOCK_NB); tries++) {
        if (tries == 400)
            s = ll_fail(e, LL_FAILED, "%s: another process is changing the datasets there; try again", dir);
        if (ll_cancelled(observer))
            s = ll_fail(e, LL_CANCELLED, "stopped while another process held %s", path);
        if (!s) usleep(50000);
    }
    if (s) {
        ll_folder_unlock(*lock);
        *lock = -1;
    }
    free(path);
    return s;
}

void ll_folder_unlock(int lock)
{
    if (lock >= 0) close(lock);
}
