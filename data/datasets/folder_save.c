#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/archs/archs_csv.h"
#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/csv.h"
#include "core/base/text/json.h"
#include "core/costs/costs_file.h"
#include "core/space/files/space_json.h"
#include "data/datasets/export.h"
#include "data/datasets/folder.h"
#include "data/datasets/folder_scores.h"
#include "data/formats/npy.h"

enum { INFO_MOST = 64 << 20 }; /* bytes of dataset.json */

static const char *const kinds[] = {[LL_MEASURED] = "measured", [LL_SIMULATED] = "simulated"};

/* --- tables --- */

static void write_head(FILE *f, const ll_dataset *d)
{
    ll_strs names = {0};
    for (int j = 0; j < d->n_devices; j++) ll_strs_add(&names, d->devices[j].name);
    ll_arch_write_head(f, &names);
    ll_strs_free(&names);
}

/* (n_devices, n_archs) transposed: a row per architecture, its full string in latency.csv only. */
static ll_status write_table(const ll_dataset *d, const double *v, const char *path, ll_error *e)
{
    ll_writer w;
    ll_status s = ll_writer_open(&w, path, e);
    if (s) return s;
    ll_str text = {0};
    bool digits = ll_space_reads_digits(d->space);
    write_head(w.f, d);
    for (int i = 0; i < d->n_archs; i++) {
        if (ll_interrupted()) {
            ll_str_free(&text);
            ll_writer_abandon(&w);
            return ll_interrupt_fail(e);
        }
        ll_write_brief_arch(w.f, d, i, digits && v != d->lat_ms, &text);
        for (int j = 0; j < d->n_devices; j++) {
            putc_unlocked(',', w.f);
            ll_csv_write_number(w.f, v[(size_t)j * (size_t)d->n_archs + (size_t)i]);
        }
        putc_unlocked('\n', w.f);
    }
    ll_str_free(&text);
    return ll_writer_commit(&w, e);
}

/* --- dataset.json --- */

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
        if (v->of != LL_LATENCY) ll_json_str(x, "quantity", ll_measurand_name(v->of));
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
    cJSON_AddItemToObject(o, "space", ll_space_json(d->space));
    ll_json_int(o, "archs", d->n_archs);
    ll_json_str(o, "unit", "ms");
    add_devices(o, d);
    if (d->n_scores) ll_folder_describe_scores(d, o);
    if (d->reference.n) ll_json_ints(o, "reference", d->reference.v, d->reference.n);
    cJSON *features = ll_json_arr(o, "features");
    for (int i = 0; i < d->archs->n_features; i++)
        if (!d->archs->features[i].attached) ll_json_str(features, NULL, d->archs->features[i].name);
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
                                             : ll_folder_write_scores(x->d, path, e);
    free(path);
    return s ? s : add_file_hash(x->files, x->dir, name, e);
}

static ll_status put_model(const folder *x, const ll_score *score, ll_error *e)
{
    ll_str name = {0};
    ll_str_addf(&name, "%s.safetensors", score->name);
    char *path = ll_path_join(x->dir, name.s);
    ll_status s = ll_folder_write_score_model(score, path, e);
    if (!s) s = add_file_hash(x->files, x->dir, name.s, e);
    ll_str_free(&name);
    free(path);
    return s;
}

static ll_status put_costs(const folder *x, int device, ll_error *e)
{
    char name[32];
    snprintf(name, sizeof name, "layers-%d.csv", device);
    char *path = ll_path_join(x->dir, name);
    ll_status s = ll_costs_write_csv(x->d->devices[device].costs, NULL, path, e);
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
    if (!s && d->n_scores) s = put(&x, "accuracy.csv", NULL, e);
    for (int i = 0; !s && i < d->archs->n_features; i++) {
        ll_str name = {0};
        if (d->archs->features[i].attached) continue;
        ll_str_addf(&name, "%s.npy", d->archs->features[i].name);
        s = put(&x, name.s, &d->archs->features[i], e);
        ll_str_free(&name);
    }
    for (int i = 0; !s && i < d->n_scores; i++)
        if (d->scores[i].model) s = put_model(&x, &d->scores[i], e);
    for (int j = 0; !s && j < d->n_devices; j++)
        if (d->devices[j].costs) s = put_costs(&x, j, e);
    char *text = ll_json_text(json);
    if (!s) s = ll_write_file(info, text, strlen(text), e);
    free(text);
    free(latency);
    free(info);
    cJSON_Delete(json);
    return s;
}

/* What ll_folder_load refuses is not written: sums and deviations of numbers that are all finite may overflow. */
static ll_status check_numbers(const ll_dataset *d, ll_error *e)
{
    const double *tables[] = {d->lat_ms, d->std_ms};
    size_t cells = (size_t)d->n_archs * (size_t)d->n_devices;
    for (int t = 0; t < 2; t++)
        for (size_t i = 0; tables[t] && i < cells; i++) {
            double x = tables[t][i];
            if (isnan(x) || (x >= 0 && x < INFINITY)) continue;
            return ll_fail(e, LL_BAD_DATA, "%s of %.80s is %g: nothing was written",
                           t ? "a deviation" : "a latency", d->devices[i / (size_t)d->n_archs].name, x);
        }
    return LL_OK;
}

ll_status ll_folder_save(const ll_dataset *d, const char *path, const char *keep, ll_error *e)
{
    ll_owned_work work;
    ll_status s = ll_scores_check(d, e);
    if (!s) s = check_numbers(d, e);
    if (s) return s;
    char *dir = ll_path_folder(path);
    s = ll_owned_begin(&work, dir, &ll_folder_kind, e);
    free(dir);
    if (s) return s;
    s = write_files(d, work.fresh, e);
    if (!s) s = ll_owned_install(&work, path, keep, e);
    ll_owned_end(&work);
    return s;
}

/* --- what latlab writes into one --- */

/* The text of dataset.json in an open folder. */
static bool read_info(int dir, ll_str *text)
{
    struct stat st;
    char buffer[16384];
    size_t n;
    int fd = openat(dir, "dataset.json", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    FILE *f = fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) ? NULL : fdopen(fd, "rb");
    if (!f) {
        if (fd >= 0) close(fd);
        return false;
    }
    while (text->len < INFO_MOST && (n = fread(buffer, 1, sizeof buffer, f)) > 0)
        ll_str_addn(text, buffer, n);
    fclose(f);
    return true;
}

/* In quotes; the text may be damaged, so nothing parses it. */
static bool info_says(int dir, const char *word)
{
    ll_str text = {0}, quoted = {0};
    ll_str_addf(&quoted, "\"%s\"", word);
    bool found = read_info(dir, &text) && strstr(ll_str_text(&text), quoted.s);
    ll_str_free(&text);
    ll_str_free(&quoted);
    return found;
}

static bool is_dataset(int dir)
{
    return info_says(dir, "latlab dataset");
}

static const ll_owned_entry entries[] = {
    {.name = "dataset.json"},
    {.name = "latency.csv"},
    {.name = "std.csv"},
    {.name = "accuracy.csv"},
    {.name = "layers-*.csv", .made = info_says},
    {.name = "*.npy", .made = info_says},
    {.name = "*.safetensors", .made = info_says},
    {0},
};

const ll_owned_kind ll_folder_kind = {"dataset", is_dataset, entries};

/* --- one writer at a time --- */

static ll_status open_lock(const char *path, int *lock, ll_error *e)
{
    struct stat st;
    *lock = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
    if (*lock < 0 && errno == EACCES && ll_is_file(path)) /* another user's, in a folder that is shared */
        *lock = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (*lock < 0)
        return ll_fail(e, LL_FAILED, "%s: cannot write: %s", path,
                       errno == ELOOP ? "it is a link" : strerror(errno));
    if (fstat(*lock, &st) || !S_ISREG(st.st_mode)) return ll_fail(e, LL_FAILED, "%s: is no plain file", path);
    return LL_OK;
}

static ll_status wait_for(int lock, const char *path, ll_observer *observer, ll_error *e)
{
    for (int tries = 0; flock(lock, LOCK_EX | LOCK_NB); tries++) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return ll_fail(e, LL_FAILED, "%s: cannot be locked: %s", path, strerror(errno));
        if (tries == 400)
            return ll_fail(e, LL_FAILED, "%s: another process is changing the datasets there; try again",
                           path);
        if (ll_cancelled(observer))
            return ll_fail(e, LL_CANCELLED, "stopped while another process held %s", path);
        usleep(50000);
    }
    return LL_OK;
}

ll_status ll_folder_lock(const char *dir, ll_observer *observer, int *lock, ll_error *e)
{
    *lock = -1;
    ll_status s = ll_make_dirs(dir, e);
    if (s) return s;
    char *path = ll_path_join(dir, ".lock");
    s = open_lock(path, lock, e);
    if (!s) s = wait_for(*lock, path, observer, e);
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
