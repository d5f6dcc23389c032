#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/decimal.h"
#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/size.h"
#include "core/base/system/fs.h"
#include "core/base/text/csv.h"
#include "core/base/text/json.h"
#include "core/base/text/near.h"
#include "core/costs/costs_file.h"
#include "core/space/files/space_json.h"
#include "data/datasets/folder.h"
#include "data/datasets/folder_scores.h"
#include "data/formats/npy.h"

enum { ARCHS_MOST = 20000000, DEVICES_MOST = 100000 };
static const size_t FILE_MOST = (size_t)1 << 30;

/* One folder while it is read. */
typedef struct loader {
    const char *dir;
    const cJSON *json;
    ll_dataset *d;
    bool repaired;  /* some text of the tables was no UTF-8 */
    ll_names files; /* beside latency.csv, so far */
} loader;

/* --- dataset.json --- */

static ll_status read_device(const cJSON *item, ll_device *v, ll_error *e)
{
    const char *name = ll_json_get_str(item, "name", NULL), *kind = ll_json_get_str(item, "kind", "measured");
    if (!name || !*name) return ll_fail(e, LL_BAD_DATA, "a device without a name");
    bool simulated = !strcmp(kind, "simulated");
    if (!simulated && strcmp(kind, "measured"))
        return ll_fail(e, LL_BAD_DATA,
                       "device %.100s has the kind \"%.40s\", measured or simulated was expected", name,
                       kind);
    ll_device_set(v, name, simulated ? LL_SIMULATED : LL_MEASURED, ll_json_get_str(item, "source", "unknown"),
                  ll_json_get_str(item, "unit_read", "ms"), ll_json_get_str(item, "hardware", NULL),
                  ll_json_get_str(item, "note", NULL));
    int of = ll_measurand_find(ll_json_get_str(item, "quantity", NULL));
    if (of < 0)
        return ll_fail(e, LL_BAD_DATA,
                       "device %.100s: \"%.40s\" is no quantity: latency, energy, power or memory", name,
                       ll_json_get_str(item, "quantity", NULL));
    v->of = (ll_measurand)of;
    v->repeat = ll_json_get_num(item, "repeat_spearman", NAN);
    if (!isnan(v->repeat) && !(fabs(v->repeat) <= 1))
        return ll_fail(e, LL_BAD_DATA, "device %.100s: repeat_spearman is %g, no correlation", name,
                       v->repeat);
    return LL_OK;
}

/* What dataset.json claims is no more than latency.csv can hold: a cell takes at least its separator. */
static ll_status check_claims(const loader *l, int n_archs, int n_devices, ll_error *e)
{
    if (n_archs < 0 || n_archs > ARCHS_MOST || n_devices > DEVICES_MOST)
        return ll_fail(e, LL_BAD_DATA, "\"archs\" is missing or out of range");
    struct stat st = {0};
    char *path = ll_path_join(l->dir, "latency.csv");
    size_t cells = (size_t)n_archs * ((size_t)n_devices + 1),
           bytes = stat(path, &st) ? 0 : (size_t)st.st_size;
    free(path);
    if (cells > bytes)
        return ll_fail(e, LL_BAD_DATA,
                       "%d architectures x %d devices are stated and latency.csv has %zu bytes: it is "
                       "truncated, or they are not true",
                       n_archs, n_devices, bytes);
    ll_budget budget = ll_budget_for(LL_READER_TABLE, bytes);
    return ll_budget_take(&budget, cells, 2 * sizeof(double), e); /* latencies and deviations */
}

static ll_status read_header(loader *l, ll_error *e)
{
    const ll_space *space = NULL;
    if (strcmp(ll_json_get_str(l->json, "format", ""), "latlab dataset"))
        return ll_fail(e, LL_BAD_DATA, "not a dataset of latlab");
    if (ll_json_get_int(l->json, "version", 0) != 1)
        return ll_fail(e, LL_BAD_DATA, "format version %d, 1 was expected",
                       ll_json_get_int(l->json, "version", 0));
    ll_status s = ll_space_from_json(cJSON_GetObjectItemCaseSensitive(l->json, "space"), &space, e);
    if (s) return s;
    const cJSON *devices = cJSON_GetObjectItemCaseSensitive(l->json, "devices"), *item;
    int n_archs = ll_json_get_int(l->json, "archs", -1), n_devices = cJSON_GetArraySize(devices), i = 0;
    s = check_claims(l, n_archs, n_devices, e);
    if (s) return s;
    const char *name = ll_json_get_str(l->json, "name", ll_path_base(l->dir));
    if (!ll_is_dataset_title(name))
        return ll_fail(
            e, LL_BAD_DATA,
            "\"name\" is \"%.100s\", which cannot name a dataset: letters, digits, '.', '_' and '-' "
            "were expected",
            name);
    l->d = ll_dataset_new(name, space, n_archs, n_devices);
    l->d->path = ll_strdup(l->dir);
    cJSON_ArrayForEach(item, devices)
    {
        s = read_device(item, &l->d->devices[i++], e);
        if (s) return s;
    }
    return LL_OK;
}

static ll_status read_reference(loader *l, ll_error *e)
{
    int *rows, n = ll_json_get_ints(l->json, "reference", &rows);
    l->d->reference = ll_ints_copy(rows, n);
    free(rows);
    for (int i = 0; i < n; i++)
        if (l->d->reference.v[i] < 0 || l->d->reference.v[i] >= l->d->n_archs)
            return ll_fail(e, LL_BAD_DATA, "%s/dataset.json: reference architecture %d is not in the dataset",
                           l->dir, l->d->reference.v[i]);
    return LL_OK;
}

/* --- tables --- */

static ll_status check_columns(const ll_dataset *d, const ll_csv *c, ll_error *e)
{
    if (c->n != d->n_devices + 1)
        return ll_csv_fail(c, e, "%d devices, %d were expected by dataset.json", c->n - 1, d->n_devices);
    for (int j = 0; j < d->n_devices; j++)
        if (strcmp(c->cells[j + 1], d->devices[j].name))
            return ll_csv_fail(c, e, "column %d is \"%.80s\", device %.80s was expected", j + 2,
                               c->cells[j + 1], d->devices[j].name);
    return LL_OK;
}

static ll_status read_row(const ll_dataset *d, const ll_csv *c, int row, double *v, ll_error *e)
{
    if (c->n != d->n_devices + 1)
        return ll_csv_fail(c, e, "%d cells, %d were expected", c->n, d->n_devices + 1);
    for (int j = 0; j < d->n_devices; j++) {
        double *x = &v[(size_t)j * (size_t)d->n_archs + (size_t)row];
        const char *cell = c->cells[j + 1], *end;
        if (!*cell) continue;
        if (!ll_decimal_read(cell, &end, x) || *end || !(*x >= 0 && *x < INFINITY))
            return ll_csv_fail(c, e, "\"%.40s\" of %.80s is no latency", cell, d->devices[j].name);
    }
    return LL_OK;
}

static ll_status read_gene(const ll_dataset *d, const ll_csv *c, int row, bool fill, ll_error *e)
{
    uint8_t gene[LL_MAX_POSITIONS], *own = d->archs->genes + (size_t)row * (size_t)d->space->n_positions;
    if (ll_space_parse(d->space, c->cells[0], fill ? own : gene, e))
        return ll_fail_in(e, "%s: line %d: ", c->what, c->line);
    if (!fill && memcmp(own, gene, (size_t)d->space->n_positions))
        return ll_csv_fail(c, e, "the architectures are in another order than in latency.csv");
    return LL_OK;
}

/* latency.csv (which also gives the architectures) or std.csv into v (n_devices, n_archs). */
static ll_status read_table(loader *l, const char *name, double *v, bool genes, ll_error *e)
{
    ll_dataset *d = l->d;
    char *path = ll_path_join(l->dir, name);
    ll_csv c;
    bool more;
    int row = 0;
    ll_status s = ll_csv_open(&c, path, e);
    free(path);
    if (s) return s;
    l->repaired |= c.repaired;
    c.separator = ',';
    s = ll_csv_next(&c, &more, e);
    if (!s) s = check_columns(d, &c, e);
    while (!s && !(s = ll_csv_next(&c, &more, e)) && more) {
        if (ll_interrupted()) s = ll_interrupt_fail(e);
        if (!s && row == d->n_archs)
            s = ll_csv_fail(&c, e, "more rows than the %d that dataset.json states", d->n_archs);
        if (!s) s = read_gene(d, &c, row, genes, e);
        if (!s) s = read_row(d, &c, row++, v, e);
    }
    if (!s && row < d->n_archs)
        s = ll_csv_fail(&c, e, "the file ends after %d of %d architectures: it is truncated", row,
                        d->n_archs);
    ll_csv_close(&c);
    return s;
}

static ll_status read_std(loader *l, ll_error *e)
{
    size_t cells = (size_t)l->d->n_archs * (size_t)l->d->n_devices;
    l->d->std_ms = ll_alloc_aligned(cells + 1, sizeof(double));
    for (size_t i = 0; i < cells; i++) l->d->std_ms[i] = NAN;
    return read_table(l, "std.csv", l->d->std_ms, false, e);
}

/* NaN is missing, infinite is nothing. */
static ll_status check_feature(const char *path, const ll_npy *a, ll_error *e)
{
    for (size_t i = 0; i < a->count; i++)
        if (isinf(((const float *)a->data)[i]))
            return ll_fail(e, LL_BAD_DATA, "%s: number %zu is infinite", path, i);
    return LL_OK;
}

static ll_status read_feature(loader *l, const char *file, ll_error *e)
{
    char *path = ll_path_join(l->dir, file), *name = ll_path_stem(file);
    ll_npy a = {0};
    ll_status s = ll_npy_read(path, &a, e);
    if (!s && (a.n_dims != 2 || a.dtype != LL_F32 || a.shape[0] != l->d->n_archs || a.shape[1] < 1 ||
               a.shape[1] > 1 << 20))
        s = ll_fail(e, LL_BAD_DATA, "%s: an array of (%d, dim) float32 was expected", path, l->d->n_archs);
    if (!s) s = check_feature(path, &a, e);
    if (!s) ll_archs_set_feature(l->d->archs, name, (int)a.shape[1], a.data);
    ll_npy_free(&a);
    free(path);
    free(name);
    return s;
}

/* "layers-3.csv" */
static ll_status read_costs(loader *l, const char *file, ll_error *e)
{
    char *end, *path = ll_path_join(l->dir, file);
    long device = strtol(file + strlen("layers-"), &end, 10);
    ll_costs *c = ll_costs_new(l->d->space);
    ll_status s = LL_OK;
    if (strcmp(end, ".csv") || device < 0 || device >= l->d->n_devices)
        s = ll_fail(e, LL_BAD_DATA, "%s: there is no such device", path);
    if (!s) s = ll_costs_read(c, path, NULL, e);
    if (!s) s = ll_costs_timed_by(c, l->d->devices[device].note, e);
    free(path);
    if (s) {
        ll_costs_unref(c);
        return s;
    }
    ll_costs_seal(c, NULL);
    ll_device_set_costs(&l->d->devices[device], c);
    return LL_OK;
}

/* --- files beside latency.csv --- */

static ll_status check_file(const char *dir, const cJSON *entry, ll_error *e)
{
    char *path = ll_path_join(dir, entry->string), *bytes;
    size_t n;
    ll_status s = ll_read_own_file(path, FILE_MOST, &bytes, &n, e);
    if (!s) {
        const char *stated = cJSON_IsString(entry) ? entry->valuestring : "";
        if (strcmp(ll_hash_bytes(bytes, n).hex, stated))
            s = ll_fail(e, LL_BAD_DATA,
                        "%s: its content is not what dataset.json states: it was changed or damaged", path);
        free(bytes);
    }
    free(path);
    return s;
}

static bool plain_name(const char *name)
{
    return *name && *name != '.' && !strchr(name, '/');
}

static ll_status read_file_entry(loader *l, const cJSON *entry, ll_error *e)
{
    const char *name = entry->string;
    if (!plain_name(name))
        return ll_fail(e, LL_BAD_DATA, "%s/dataset.json: \"%.80s\" is no file of this folder", l->dir, name);
    if (!ll_names_add_new(&l->files, name)) /* each is read once, however long the list is */
        return ll_fail(e, LL_BAD_DATA, "%s/dataset.json: \"%.80s\" is stated twice", l->dir, name);
    ll_status s = check_file(l->dir, entry, e);
    if (s) return s;
    if (!strcmp(name, "std.csv")) return l->d->std_ms ? LL_OK : read_std(l, e);
    if (!strcmp(name, "accuracy.csv")) return ll_folder_read_scores(l->dir, l->json, l->d, e);
    if (ll_glob("layers-*.csv", name)) return read_costs(l, name, e);
    if (ll_glob("*.npy", name)) return read_feature(l, name, e);
    if (ll_glob("*.safetensors", name)) return ll_folder_read_score_model(l->dir, name, l->d, e);
    return LL_OK;
}

static ll_status read_content(loader *l, ll_error *e)
{
    const cJSON *entry;
    ll_status s = read_header(l, e);
    if (s) return ll_fail_in(e, "%s/dataset.json: ", l->dir);
    s = read_table(l, "latency.csv", l->d->lat_ms, true, e);
    if (s) return s;
    const cJSON *provenance = cJSON_GetObjectItemCaseSensitive(l->json, "provenance");
    if (cJSON_IsObject(provenance)) l->d->provenance = cJSON_Duplicate(provenance, true);
    s = ll_dataset_index(l->d, e);
    cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(l->json, "files")) if (!s) s =
        read_file_entry(l, entry, e);
    return s ? s : read_reference(l, e);
}

static ll_status seal(loader *l, ll_error *e)
{
    ll_status s = ll_dataset_seal(l->d, e);
    if (s) return s;
    const char *hash = ll_json_get_str(l->json, "hash", "");
    /* names that are no UTF-8 were once let in, and hashed as they were: the numbers are there, and saving mends it */
    if (strcmp(hash, l->d->hash.hex) && !l->repaired)
        return ll_fail(
            e, LL_BAD_DATA,
            "%s: the hash of the latencies is %s, dataset.json states %.40s: latency.csv was changed or "
            "damaged",
            l->dir, l->d->hash.hex, *hash ? hash : "none");
    return LL_OK;
}

static ll_status load_once(const char *path, ll_dataset **out, ll_error *e)
{
    cJSON *json;
    char *info = ll_path_join(path, "dataset.json");
    ll_status s = ll_json_read_file(info, &json, e);
    free(info);
    if (s) return s;
    loader l = {.dir = path, .json = json};
    s = read_content(&l, e);
    if (!s) s = seal(&l, e);
    ll_names_free(&l.files);
    cJSON_Delete(json);
    if (s)
        ll_dataset_unref(l.d);
    else
        *out = l.d;
    return s;
}

/* Another process may put a new folder in its place (in one step, owned.h) while it is read file by file: then what was
 * read is of both, and is read again. */
ll_status ll_folder_load(const char *path, ll_dataset **out, ll_error *e)
{
    enum { TRIES = 5 };
    for (int i = 1;; i++) {
        struct stat before = {0}, after = {0};
        bool there = !stat(path, &before);
        ll_status s = load_once(path, out, e);
        bool same =
            !there || stat(path, &after) || (before.st_ino == after.st_ino && before.st_dev == after.st_dev);
        if (!s || same || i == TRIES) return s;
    }
}

/* --- where --- */

bool ll_is_folder_dataset(const char *path)
{
    char *info = ll_path_join(path, "dataset.json");
    bool is = ll_is_file(info);
    free(info);
    return is;
}

static void offer_folders(const char *dir, ll_near *near)
{
    ll_strs names = {0};
    if (ll_list_dir(dir, NULL, &names, NULL)) return;
    for (int i = 0; i < names.n; i++) {
        char *path = ll_path_join(dir, names.v[i]);
        if (ll_is_folder_dataset(path)) ll_near_offer(near, names.v[i]);
        free(path);
    }
    ll_strs_free(&names);
}

static void unknown_dataset(const ll_strs *dirs, const char *name, const char *tried, ll_error *e)
{
    ll_near near = ll_near_to(name);
    for (int i = 0; i < dirs->n; i++) offer_folders(dirs->v[i], &near);
    ll_near_fail(&near, e, LL_BAD_DATA, "`datasets` lists them",
                 "no dataset is called %.100s (looked in %.600s)", name, tried);
}

ll_status ll_folder_find(const ll_strs *dirs, const char *name, char **path, ll_error *e)
{
    ll_str tried = {0};
    for (int i = 0; i < dirs->n && plain_name(name); i++) {
        *path = ll_path_join(dirs->v[i], name);
        if (ll_is_folder_dataset(*path)) {
            ll_str_free(&tried);
            return LL_OK;
        }
        free(*path);
        ll_str_addf(&tried, "%s%s", i ? ", " : "", dirs->v[i]);
    }
    *path = ll_path_expand(name);
    bool found = ll_is_folder_dataset(*path);
    size_t n = strlen(*path);
    while (n > 1 && (*path)[n - 1] == '/') (*path)[--n] = 0;
    if (!found) {
        free(*path);
        *path = NULL;
        if (tried.len)
            unknown_dataset(dirs, name, tried.s, e);
        else
            ll_fail(e, LL_BAD_DATA, "%.300s: not a dataset folder (it has no dataset.json)", name);
    }
    ll_str_free(&tried);
    return found ? LL_OK : LL_BAD_DATA;
}
