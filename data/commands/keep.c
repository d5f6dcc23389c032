/* device and dataset: what came in can be looked at, called otherwise, and go out again. What is taken away or replaced stays
 * as the former one (DIR/.former/NAME) until the next change, and `dataset restore` brings it back. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/app.h"
#include "core/app/need.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/base/text/quote.h"
#include "data/commands/commands.h"
#include "data/datasets/folder_change.h"
#include "data/importers/csv.h"

const ll_option ll_device_options[] = {
    LL_OPT_CHOICE("action", NULL, "info|rename|remove",
                  "show all that is known of it, call it otherwise, or take it out", LL_REQUIRED),
    LL_OPT_WORD("device", NULL, "a device of the loaded dataset", LL_REQUIRED, LL_OF(DEVICE)),
    LL_OPT_WORD("name", NULL, "rename: its new name", LL_POSITIONAL),
    {0},
};

const ll_option ll_dataset_options[] = {
    LL_OPT_CHOICE("action", NULL, "copy|rename|remove|restore",
                  "copy, call otherwise, take away, or bring back what was there before", LL_REQUIRED),
    LL_OPT_WORD("dataset", NULL, "its name; copy also takes the path of a folder", LL_REQUIRED,
                LL_OF(DATASET)),
    LL_OPT_WORD("name", NULL, "copy, rename: the new name", LL_POSITIONAL),
    {0},
};

/* --- one device --------------------------------------------------------------------------------------------- */

typedef struct edit {
    const char *device;
    const char *name; /* NULL: it is taken out */
} edit;

static void take_out(ll_dataset *d, int device)
{
    size_t n = (size_t)d->n_archs, behind = (size_t)(d->n_devices - 1 - device);
    ll_device gone = d->devices[device];
    memmove(d->devices + device, d->devices + device + 1, behind * sizeof gone);
    memmove(d->lat_ms + (size_t)device * n, d->lat_ms + ((size_t)device + 1) * n,
            behind * n * sizeof(double));
    if (d->std_ms)
        memmove(d->std_ms + (size_t)device * n, d->std_ms + ((size_t)device + 1) * n,
                behind * n * sizeof(double));
    d->n_devices--;
    free(gone.name);
    free(gone.source);
    free(gone.unit_read);
    free(gone.hardware);
    free(gone.note);
}

static ll_status edit_device(void *ctx, const ll_dataset *there, ll_dataset **out, ll_error *e)
{
    const edit *x = ctx;
    int device = there ? ll_dataset_device(there, x->device) : -1;
    if (device < 0) return ll_fail(e, LL_FAILED, "the dataset's folder has no device %s any more", x->device);
    ll_dataset *d = ll_dataset_extend(there, 0, 0);
    if (x->name) {
        free(d->devices[device].name);
        d->devices[device].name = ll_strdup(x->name);
    } else {
        take_out(d, device);
    }
    ll_status s = ll_dataset_seal(d, e);
    if (s)
        ll_dataset_unref(d);
    else
        *out = d;
    return s;
}

static ll_status check_rename(ll_request *rq, char **name)
{
    const ll_dataset *d = rq->state.data;
    const char *typed = ll_word(&rq->args, "name");
    if (!typed) return LL_FAIL(rq, LL_USAGE, "rename it to what? `device rename OLD NEW`");
    ll_status s = ll_table_device_name(typed, name, &rq->error);
    if (!s && ll_dataset_device(d, *name) >= 0)
        s = LL_FAIL(rq, LL_FAILED, "%s has a device %s already", d->name, *name);
    return s;
}

static ll_status change_device(ll_request *rq, int device, char *name)
{
    const ll_dataset *d = rq->state.data;
    char *to = NULL, *old = ll_strdup(d->devices[device].name);
    ll_dataset *changed = NULL;
    edit x = {old, name};
    ll_status s = ll_data_home(rq->app, d->path, &to, &rq->error);
    ll_change change = {.how = LL_CHANGE_JOIN,
                        .keep = true,
                        .to = to,
                        .from = d->path,
                        .make = edit_device,
                        .ctx = &x,
                        .observer = rq->observer};
    ll_str said = {0};
    if (!s) s = ll_folder_change(&change, &changed, &said, &rq->error);
    if (!s) {
        if (said.len) ll_note(rq, "%s", said.s);
        ll_note(rq, "%s %s; its task, samples and models are to be made anew", old,
                name ? "was renamed" : "was taken out");
        ll_state_set_data(&rq->state, changed, false);
    }
    ll_str_free(&said);
    free(old);
    free(to);
    return s;
}

static void emit_device(ll_request *rq, int device)
{
    static const ll_column columns[] = {{"device", "device", NULL, -1},
                                        {"dataset", "dataset", NULL, -1},
                                        {"device_kind", "kind", NULL, -1},
                                        {"quantity", "measured is", NULL, -1},
                                        {"unit", "kept in", NULL, -1},
                                        {"unit_read", "read as", NULL, -1},
                                        {"source", "source", NULL, -1},
                                        {"hardware", "hardware", NULL, -1},
                                        {"note", "note", NULL, -1},
                                        {"n", "architectures", NULL, 0},
                                        {"deviations", "with a deviation", NULL, 0},
                                        {0}};
    const ll_dataset *d = rq->state.data;
    const ll_device *v = &d->devices[device];
    int deviations = 0;
    for (int i = 0; d->std_ms && i < d->n_archs; i++)
        deviations += !isnan(d->std_ms[(size_t)device * (size_t)d->n_archs + (size_t)i]);
    cJSON *o = ll_result_new("device");
    ll_json_str(o, "device", v->name);
    ll_json_str(o, "dataset", d->name);
    ll_json_str(o, "device_kind", v->kind == LL_SIMULATED ? "simulated" : "measured");
    ll_json_str(o, "quantity", ll_measurand_name(v->of));
    ll_json_str(o, "unit", ll_device_unit(d, device));
    ll_json_str(o, "unit_read", v->unit_read);
    ll_json_str(o, "source", v->source);
    ll_json_str(o, "hardware", v->hardware);
    ll_json_str(o, "note", v->note);
    ll_json_int(o, "n", ll_dataset_count(d, device));
    ll_json_int(o, "deviations", deviations);
    ll_result_columns(o, columns);
    ll_emit(rq, o);
}

ll_status ll_run_device(ll_request *rq)
{
    int device;
    char *name = NULL;
    ll_status s = ll_need_data(rq);
    if (!s) s = ll_need_device(rq, "device", &device);
    if (s) return s;
    if (ll_is(&rq->args, "action", "info")) {
        emit_device(rq, device);
        return LL_OK;
    }
    bool rename = ll_is(&rq->args, "action", "rename");
    if (!rq->state.data->path)
        s = LL_FAIL(rq, LL_FAILED, "%s was joined in memory: load the dataset that has the device",
                    rq->state.data->name);
    if (!s && !rename && rq->state.data->n_devices == 1)
        s = LL_FAIL(rq, LL_FAILED, "%s has no other device: `dataset remove` takes all of it away",
                    rq->state.data->name);
    if (!s && rename) s = check_rename(rq, &name);
    if (!s) s = change_device(rq, device, name);
    free(name);
    return s;
}

/* --- a whole dataset ---------------------------------------------------------------------------------------- */

typedef struct copying {
    const ll_dataset *from;
    const char *name;
} copying;

static ll_status copy_of(void *ctx, const ll_dataset *there, ll_dataset **out, ll_error *e)
{
    const copying *x = ctx;
    ll_dataset *d = ll_dataset_extend(x->from, 0, 0);
    (void)there;
    free(d->name);
    d->name = ll_strdup(x->name);
    ll_status s = ll_dataset_seal(d, e);
    if (s)
        ll_dataset_unref(d);
    else
        *out = d;
    return s;
}

static void emit_dataset(ll_request *rq, const ll_dataset *d, const char *action)
{
    static const ll_column columns[] = {{"action", "action", NULL, -1},
                                        {"dataset", "dataset", NULL, -1},
                                        {"space", "search space", NULL, -1},
                                        {"archs", "architectures", NULL, 0},
                                        {"devices", "devices", NULL, 0},
                                        {"path", "path", NULL, -1},
                                        {0}};
    cJSON *o = ll_result_new("dataset");
    ll_json_str(o, "action", action);
    ll_dataset_fields(o, d);
    ll_result_columns(o, columns);
    ll_emit(rq, o);
}

/* The folder NAME of the data folder becomes a copy of `from`. */
static ll_status write_copy(ll_request *rq, const ll_dataset *from, const char *name, ll_change_how how,
                            const char *action)
{
    char *to = ll_path_join(ll_app_data_dir(rq->app), name);
    copying x = {from, name};
    ll_change change = {.how = how, .to = to, .make = copy_of, .ctx = &x, .observer = rq->observer};
    ll_dataset *d = NULL;
    ll_str said = {0};
    ll_status s = ll_folder_check_name(name, &rq->error);
    if (!s && how == LL_CHANGE_NEW && ll_is_there(to))
        s = LL_FAIL(rq, LL_FAILED, "%s is there already: give another name", to);
    if (!s) s = ll_folder_change(&change, &d, &said, &rq->error);
    if (!s && said.len) ll_note(rq, "%s", said.s);
    if (!s) emit_dataset(rq, d, action);
    ll_dataset_unref(d);
    ll_str_free(&said);
    free(to);
    return s;
}

/* One of the user's own: what came with the program stays. */
static ll_status own_folder(ll_request *rq, const char *name, char **path)
{
    ll_status s = ll_folder_check_name(name, &rq->error);
    if (s) return s;
    *path = ll_path_join(ll_app_data_dir(rq->app), name);
    if (!ll_is_folder_dataset(*path))
        s = LL_FAIL(rq, LL_FAILED, "there is no dataset %s in %s, where yours lie", name,
                    ll_app_data_dir(rq->app));
    const ll_dataset *loaded = rq->state.data;
    if (!s && loaded && loaded->path && !strcmp(loaded->path, *path))
        s = LL_FAIL(rq, LL_FAILED, "%s is the loaded dataset: `load` another one first", name);
    return s;
}

static ll_status take_away(ll_request *rq, const char *path, const char *name)
{
    ll_str kept = {0};
    ll_status s = ll_folder_set_aside(path, rq->observer, &kept, &rq->error);
    if (!s) {
        ll_str line = {0};
        ll_quote_addf(&line, "dataset restore %s", name);
        ll_note(rq, "%s was taken away; it is kept in %s, `%s` brings it back", name, ll_str_text(&kept),
                line.s);
        ll_str_free(&line);
    }
    ll_str_free(&kept);
    return s;
}

static bool is_readable(const char *path)
{
    ll_dataset *d = NULL;
    bool readable = ll_folder_load(path, &d, NULL) == LL_OK;
    ll_dataset_unref(d);
    return readable;
}

/* What is taken away takes the place of the former one: a damaged one not that of one that is whole. */
static ll_status check_former(ll_request *rq, const char *path, const char *name)
{
    char *former = NULL;
    bool better = ll_folder_former(path, &former) && !is_readable(path) && is_readable(former);
    free(former);
    return better ? LL_FAIL(rq, LL_FAILED,
                            "%s is damaged, and the former one, whose place it would take, is not: `dataset "
                            "restore %s` brings that back",
                            name, name)
                  : LL_OK;
}

static ll_status remove_dataset(ll_request *rq, const char *name)
{
    char *path = NULL;
    ll_status s = own_folder(rq, name, &path);
    if (!s) s = check_former(rq, path, name);
    if (!s) s = take_away(rq, path, name);
    free(path);
    return s;
}

static ll_status copy_dataset(ll_request *rq, const char *from, const char *name)
{
    ll_dataset *d = NULL;
    ll_status s = ll_data_find(rq->app, from, &d, &rq->error);
    if (!s) s = write_copy(rq, d, name, LL_CHANGE_NEW, "copy");
    ll_dataset_unref(d);
    return s;
}

/* A copy first, so that nothing is lost whenever it ends. */
static ll_status rename_dataset(ll_request *rq, const char *from, const char *name)
{
    char *path = NULL;
    ll_dataset *d = NULL;
    ll_status s = own_folder(rq, from, &path);
    if (!s) s = ll_folder_load(path, &d, &rq->error);
    if (!s) s = write_copy(rq, d, name, LL_CHANGE_NEW, "rename");
    if (!s) s = take_away(rq, path, from);
    ll_dataset_unref(d);
    free(path);
    return s;
}

static ll_status restore_dataset(ll_request *rq, const char *name)
{
    ll_dataset *d = NULL;
    char *path = ll_path_join(ll_app_data_dir(rq->app), name), *former = NULL;
    ll_status s = ll_folder_check_name(name, &rq->error);
    if (!s && !(ll_folder_former(path, &former) && ll_is_folder_dataset(former)))
        s = LL_FAIL(rq, LL_FAILED, "of %s no former one is kept", name);
    if (!s) s = ll_folder_load(former, &d, &rq->error);
    if (!s) s = write_copy(rq, d, name, LL_CHANGE_ANEW, "restore");
    const ll_dataset *loaded = rq->state.data;
    if (!s && loaded && !strcmp(loaded->name, name))
        ll_note(rq, "the session goes on with what it has loaded: `load %s` takes the restored one", name);
    ll_dataset_unref(d);
    free(former);
    free(path);
    return s;
}

ll_status ll_run_dataset(ll_request *rq)
{
    const char *dataset = ll_word(&rq->args, "dataset"), *name = ll_word(&rq->args, "name");
    bool copy = ll_is(&rq->args, "action", "copy"), rename = ll_is(&rq->args, "action", "rename");
    if ((copy || rename) && !name)
        return LL_FAIL(rq, LL_USAGE, "%s it to what? `dataset %s OLD NEW`", copy ? "copy" : "rename",
                       copy ? "copy" : "rename");
    if (copy) return copy_dataset(rq, dataset, name);
    if (rename) return rename_dataset(rq, dataset, name);
    return ll_is(&rq->args, "action", "remove") ? remove_dataset(rq, dataset) : restore_dataset(rq, dataset);
}
