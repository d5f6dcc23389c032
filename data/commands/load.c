/* load and datasets. */
#include <stdlib.h>
#include <string.h>

#include "core/app/app.h"
#include "core/app/simulated.h"
#include "core/base/clock.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "data/commands/commands.h"
#include "data/datasets/bundled_proxies.h"
#include "data/datasets/folder_change.h"
#include "data/importers/import.h"

const ll_option ll_load_options[] = {
    LL_OPT_WORD("dataset", NULL, "name of a dataset, or the path of its folder", LL_REQUIRED, LL_OF(DATASET)),
    LL_OPT_LIST("join", NULL, "datasets of the same search space whose devices come with it", LL_OF(DATASET)),
    {0},
};

static int count_simulated(const ll_dataset *d)
{
    int n = 0;
    for (int i = 0; i < d->n_devices; i++) n += d->devices[i].kind == LL_SIMULATED;
    return n;
}

void ll_dataset_fields(cJSON *o, const ll_dataset *d)
{
    size_t known = 0;
    for (int i = 0; i < d->n_devices; i++) known += (size_t)ll_dataset_count(d, i);
    ll_json_str(o, "dataset", d->name);
    ll_json_str(o, "space", d->space->name);
    ll_json_int(o, "archs", d->n_archs);
    ll_json_int(o, "devices", d->n_devices);
    ll_json_int(o, "simulated", count_simulated(d));
    ll_json_num(o, "coverage", 100.0 * (double)known / ((double)d->n_archs * d->n_devices));
    ll_json_str(o, "hash", d->hash.hex);
    ll_json_str(o, "path", d->path);
}

static void emit_load(ll_request *rq, const ll_dataset *d, double seconds)
{
    static const ll_column columns[] = {{"dataset", "dataset", NULL, -1},
                                        {"space", "search space", NULL, -1},
                                        {"archs", "architectures", NULL, 0},
                                        {"devices", "devices", NULL, 0},
                                        {"simulated", "of them simulated", NULL, 0},
                                        {"coverage", "measured cells", "%", 1},
                                        {"hash", "hash", NULL, -1},
                                        {"path", "path", NULL, -1},
                                        {"seconds", "took", "s", 3},
                                        {0}};
    cJSON *result = ll_result_new("load");
    ll_dataset_fields(result, d);
    ll_json_num(result, "seconds", seconds);
    ll_result_columns(result, columns);
    ll_emit(rq, result);
}

/* Where datasets are looked for, after what a killed process left of one in the first is set right. */
static void search_path(ll_app *a, ll_strs *dirs)
{
    ll_app_data_dirs(a, dirs);
    ll_owned_sweep(dirs->v[0], &ll_folder_kind);
}

ll_status ll_data_find(ll_app *a, const char *name, ll_dataset **out, ll_error *e)
{
    ll_strs dirs = {0};
    char *path = NULL;
    search_path(a, &dirs);
    ll_status s = ll_folder_find(&dirs, name, &path, e);
    if (!s) s = ll_folder_load(path, out, e);
    if (!s) ll_attach_proxies(*out);
    free(path);
    ll_strs_free(&dirs);
    return s;
}

ll_status ll_data_home(ll_app *a, const char *path, char **to, ll_error *e)
{
    char *bundled = ll_app_bundled_dir();
    ll_status s = ll_folder_home(ll_app_data_dir(a), bundled, path, to, e);
    free(bundled);
    return s;
}

/* *d becomes the dataset with the devices of another one: in memory only, the folders stay as they are. */
static ll_status join(ll_request *rq, const char *name, ll_dataset **d)
{
    ll_dataset *other = NULL, *joint = NULL;
    ll_status s = ll_data_find(rq->app, name, &other, &rq->error);
    if (!s) s = ll_import_join(*d, other, false, &joint, NULL, &rq->error);
    if (!s) {
        ll_str names = {0};
        ll_str_addf(&names, "%s+%s", (*d)->name, other->name);
        free(joint->name);
        joint->name = ll_str_take(&names);
        s = ll_dataset_seal(joint, &rq->error);
    }
    ll_dataset_unref(other);
    if (s) {
        ll_dataset_unref(joint);
        return s;
    }
    ll_dataset_unref(*d);
    *d = joint;
    return LL_OK;
}

static ll_status find_all(ll_request *rq, ll_dataset **d)
{
    ll_strs others = {0};
    ll_status s = ll_data_find(rq->app, ll_word(&rq->args, "dataset"), d, &rq->error);
    ll_list(&rq->args, "join", &others);
    for (int i = 0; i < others.n && !s; i++) s = join(rq, others.v[i], d);
    ll_strs_free(&others);
    if (s) ll_dataset_unref(*d);
    return s;
}

static void note_simulated(ll_request *rq, const ll_dataset *d)
{
    ll_ints simulated = {0};
    ll_str text = {0};
    for (int i = 0; i < d->n_devices; i++)
        if (d->devices[i].kind == LL_SIMULATED) ll_ints_add(&simulated, i);
    if (simulated.n) {
        ll_say_simulated(d, &simulated, d->n_devices, &text);
        ll_note(rq, "%s", ll_str_text(&text));
    }
    ll_ints_free(&simulated);
    ll_str_free(&text);
}

ll_status ll_run_load(ll_request *rq)
{
    ll_dataset *d = NULL;
    double start = ll_now_s();
    ll_status s = find_all(rq, &d);
    if (s) return s;
    emit_load(rq, d, ll_now_s() - start);
    note_simulated(rq, d);
    ll_state_set_data(&rq->state, d, false);
    return ll_use_adapted(rq);
}

/* --- datasets --- */

static const char *space_name(const cJSON *json)
{
    const cJSON *space = cJSON_GetObjectItemCaseSensitive(json, "space");
    return cJSON_IsString(space) ? space->valuestring : ll_json_get_str(space, "name", "?");
}

static int simulated_devices(const cJSON *devices)
{
    const cJSON *item;
    int n = 0;
    cJSON_ArrayForEach(item, devices) n += !strcmp(ll_json_get_str(item, "kind", ""), "simulated");
    return n;
}

/* One row from dataset.json alone: the tables are not read. `seen` holds names that hide this one. */
static void add_dataset(cJSON *rows, const char *dir, const char *name, ll_strs *seen)
{
    char *path = ll_path_join(dir, name), *info = ll_path_join(path, "dataset.json");
    ll_error e = {0};
    cJSON *json = NULL;
    if (ll_is_file(info) && !ll_strs_has(seen, name)) {
        ll_status s = ll_json_read_file(info, &json, &e);
        const cJSON *devices = cJSON_GetObjectItemCaseSensitive(json, "devices");
        cJSON *row = ll_json_obj(rows, NULL);
        ll_strs_add(seen, name);
        ll_json_str(row, "name", name);
        ll_json_str(row, "space", s ? "unreadable" : space_name(json));
        ll_json_int(row, "archs", ll_json_get_int(json, "archs", 0));
        ll_json_int(row, "devices", cJSON_GetArraySize(devices));
        ll_json_int(row, "simulated", simulated_devices(devices));
        ll_json_str(row, "path", path);
    }
    cJSON_Delete(json);
    free(info);
    free(path);
}

static void add_folder(cJSON *rows, const char *dir, ll_strs *seen)
{
    ll_strs names = {0};
    ll_error e = {0};
    if (!ll_is_dir(dir) || ll_list_dir(dir, NULL, &names, &e)) return;
    for (int i = 0; i < names.n; i++)
        if (names.v[i][0] != '.') add_dataset(rows, dir, names.v[i], seen);
    ll_strs_free(&names);
}

ll_status ll_run_datasets(ll_request *rq)
{
    static const ll_column columns[] = {{"name", "dataset", NULL, -1},
                                        {"space", "space", NULL, -1},
                                        {"archs", "architectures", NULL, 0},
                                        {"devices", "devices", NULL, 0},
                                        {"simulated", "simulated", NULL, 0},
                                        {"path", "path", NULL, -1},
                                        {0}};
    ll_strs dirs = {0}, seen = {0};
    cJSON *result = ll_result_new("datasets");
    ll_result_columns(result, columns);
    cJSON *rows = ll_json_arr(result, "rows");
    search_path(rq->app, &dirs);
    for (int i = 0; i < dirs.n; i++) add_folder(rows, dirs.v[i], &seen);
    if (!seen.n) {
        ll_json_str(ll_json_arr(result, "notes"), NULL, "none yet; `import` makes one, see `help import`");
    }
    ll_emit(rq, result);
    ll_strs_free(&dirs);
    ll_strs_free(&seen);
    return LL_OK;
}
