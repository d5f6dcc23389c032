/* export, model and doctor. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/app/app.h"
#include "core/base/fs.h"
#include "core/base/json.h"
#include "data/datasets/commands.h"
#include "data/datasets/export.h"
#include "data/datasets/folder.h"
#include "data/formats/model_file.h"

/* --- export --- */

const ll_option ll_export_options[] = {
    LL_OPT_CHOICE(
        "what", NULL, "csv|npy|predictions|onnx",
        "csv, npy: latencies; predictions: measured and predicted of the transfers, as CSV; onnx: networks",
        LL_REQUIRED),
    LL_OPT_WORD("subject", NULL,
                "the file to write; onnx: the architectures (samples, suggest, random:N, or indices and "
                "strings joined by commas)",
                LL_REQUIRED, LL_OF(FILE)),
    LL_OPT_LIST("devices", NULL, "only these (names or patterns)", LL_OF(DEVICE)),
    LL_OPT_WORD("predictor", NULL, "predictions: only those of this predictor", LL_OF(PREDICTOR)),
    LL_OPT_REAL("level", "0.9", .01, .999, "predictions: of the interval"),
    {0},
};

static ll_status chosen_devices(ll_request *rq, ll_ints *out)
{
    ll_strs patterns = {0};
    ll_patterns(&rq->args, "devices", &patterns);
    ll_status s = LL_OK;
    if (patterns.n)
        s = ll_dataset_find_devices(rq->state.data, &patterns, out, &rq->error);
    else
        *out = ll_ints_range(rq->state.data->n_devices);
    ll_strs_free(&patterns);
    return s;
}

static void emit_export(ll_request *rq, const char *path, const char *what, int rows, const ll_strs *devices)
{
    static const ll_column columns[] = {{"what", "what", NULL, -1},
                                        {"rows", "rows", NULL, 0},
                                        {"n_devices", "devices", NULL, 0},
                                        {"file", "file", NULL, -1},
                                        {0}};
    cJSON *result = ll_result_new("export");
    ll_json_str(result, "what", what);
    ll_json_int(result, "rows", rows);
    ll_json_int(result, "n_devices", devices->n);
    ll_json_strs(result, "devices", devices->v, devices->n);
    ll_json_str(result, "file", path);
    ll_result_columns(result, columns);
    ll_emit(rq, result);
}

static ll_status export_latencies(ll_request *rq, const char *what, const char *path)
{
    const ll_dataset *d = rq->state.data;
    ll_ints devices = {0};
    ll_status s = chosen_devices(rq, &devices);
    if (!s)
        s = !strcmp(what, "csv") ? ll_export_csv(d, &devices, path, &rq->error)
                                 : ll_export_npy(d, &devices, path, &rq->error);
    if (!s) {
        ll_strs names = {0};
        for (int i = 0; i < devices.n; i++) ll_strs_add(&names, d->devices[devices.v[i]].name);
        emit_export(rq, path, what, d->n_archs, &names);
        ll_strs_free(&names);
    }
    ll_ints_free(&devices);
    return s;
}

/* Transfers to the chosen devices, by the chosen predictor. */
static int chosen_transfers(ll_request *rq, const ll_ints *devices, ll_transfer **out)
{
    const char *predictor = ll_word(&rq->args, "predictor");
    int n = 0;
    for (int i = 0; i < rq->state.n_transfers; i++) {
        ll_transfer *t = rq->state.transfers[i];
        if (predictor && strcmp(predictor, t->predictor->name)) continue;
        if (ll_ints_find(devices, ll_dataset_device(rq->state.data, t->device)) >= 0) out[n++] = t;
    }
    return n;
}

static ll_status export_predictions(ll_request *rq, const char *path)
{
    ll_transfer *t[LL_MAX_TRANSFERS];
    ll_ints devices = {0};
    ll_strs names = {0};
    ll_status s = chosen_devices(rq, &devices);
    int n = s ? 0 : chosen_transfers(rq, &devices, t);
    if (!s && !n) s = LL_FAIL(rq, LL_FAILED, "nothing is predicted yet; `transfer DEVICE k=20` does that");
    if (!s) s = ll_export_predictions(rq->state.data, t, n, ll_real(&rq->args, "level"), path, &rq->error);
    for (int i = 0; !s && i < n; i++)
        if (!ll_strs_has(&names, t[i]->device)) ll_strs_add(&names, t[i]->device);
    if (!s) emit_export(rq, path, "predictions", n * rq->state.data->n_archs, &names);
    ll_strs_free(&names);
    ll_ints_free(&devices);
    return s;
}

ll_status ll_run_export(ll_request *rq)
{
    const char *what = ll_word(&rq->args, "what");
    ll_status s = ll_need_data(rq);
    if (s) return s;
    if (!strcmp(what, "onnx")) return ll_export_onnx(rq, ll_word(&rq->args, "subject"));
    char *path = ll_path_expand(ll_word(&rq->args, "subject"));
    s = strcmp(what, "predictions") ? export_latencies(rq, what, path) : export_predictions(rq, path);
    free(path);
    return s;
}

/* --- model --- */

const ll_option ll_model_options[] = {
    LL_OPT_CHOICE("action", NULL, "save|load", "save the current model, or load one", LL_REQUIRED),
    LL_OPT_WORD("file", NULL, "a .safetensors file", LL_REQUIRED, LL_OF(FILE)),
    LL_OPT_WORD("how", NULL, "the word `as`, which may be left out", LL_POSITIONAL),
    LL_OPT_WORD("predictor", NULL,
                "save: whose model (default: the current one); load: of a file that does not say",
                LL_POSITIONAL, LL_OF(PREDICTOR)),
    {0},
};

static void emit_model(ll_request *rq, const ll_model *m, const char *action, const char *path)
{
    static const ll_column columns[] = {
        {"action", "action", NULL, -1},      {"predictor", "predictor", NULL, -1},
        {"space", "search space", NULL, -1}, {"n_source", "source devices", NULL, 0},
        {"file", "file", NULL, -1},          {0}};
    cJSON *result = ll_result_new("model");
    ll_json_str(result, "action", action);
    ll_json_str(result, "predictor", m->predictor->name);
    ll_json_str(result, "space", rq->state.data->space->name);
    ll_json_int(result, "n_source", m->source.n);
    ll_json_strs(result, "source", m->source.v, m->source.n);
    ll_json_str(result, "file", path);
    ll_json_str(result, "data_hash", m->data_hash);
    ll_result_columns(result, columns);
    ll_emit(rq, result);
}

/* The predictor in `save FILE PREDICTOR` and `load FILE as PREDICTOR`; NULL when none is named. */
static const char *named_predictor(const ll_request *rq)
{
    const char *how = ll_word(&rq->args, "how"), *name = ll_word(&rq->args, "predictor");
    return name || !how || !strcmp(how, "as") ? name : how;
}

static ll_status save_model(ll_request *rq, const char *path)
{
    const char *name = named_predictor(rq);
    const ll_model *m = ll_state_model(&rq->state, name);
    if (!m)
        return LL_FAIL(rq, LL_FAILED, "%s%s is not pretrained yet; `pretrain PREDICTOR` does that",
                       name ? "" : "any predictor: nothing", name ? name : "");
    ll_status s = ll_model_save(m, rq->state.data, path, &rq->error);
    if (!s) emit_model(rq, m, "save", path);
    return s;
}

static ll_status load_model(ll_request *rq, const char *path)
{
    ll_model *m = NULL;
    ll_strs warnings = {0};
    ll_status s = ll_model_load(path, named_predictor(rq), rq->state.data, &m, &warnings, &rq->error);
    for (int i = 0; !s && i < warnings.n; i++) ll_warn(rq, "%s: %s", ll_path_base(path), warnings.v[i]);
    ll_strs_free(&warnings);
    if (s) return s;
    /* that it is of other data was said; from here on what counts is whether the data here changes */
    if (m->basis.device.n) {
        ll_basis_free(&m->basis);
        ll_basis_take(&m->basis, rq->state.data, &m->source);
    }
    emit_model(rq, m, "load", path);
    ll_state_add_model(&rq->state, m);
    return LL_OK;
}

ll_status ll_run_model(ll_request *rq)
{
    ll_status s = ll_need_data(rq);
    if (s) return s;
    char *path = ll_path_expand(ll_word(&rq->args, "file"));
    s = ll_is(&rq->args, "action", "save") ? save_model(rq, path) : load_model(rq, path);
    free(path);
    return s;
}

/* --- doctor --- */

static void add_place(cJSON *rows, const char *what, const char *path, const char *state)
{
    cJSON *row = ll_json_obj(rows, NULL);
    ll_json_str(row, "what", what);
    ll_json_str(row, "path", path);
    ll_json_str(row, "state", state);
}

static const char *folder_state(const char *path)
{
    if (!ll_is_dir(path)) return "not there yet";
    return access(path, W_OK) ? "read only" : "writable";
}

/* Loads every dataset of a folder, which checks its hashes. Returns how many are bad. */
static int check_datasets(cJSON *rows, const char *dir)
{
    ll_strs names = {0};
    ll_error e = {0};
    int bad = 0;
    if (!ll_is_dir(dir) || ll_list_dir(dir, NULL, &names, &e)) return 0;
    for (int i = 0; i < names.n; i++) {
        char *path = ll_path_join(dir, names.v[i]);
        ll_dataset *d = NULL;
        if (names.v[i][0] != '.' && ll_is_folder_dataset(path)) {
            bool good = ll_folder_load(path, &d, &e) == LL_OK;
            add_place(rows, "dataset", path, good ? "complete" : e.message);
            bad += !good;
            ll_dataset_unref(d);
        }
        free(path);
    }
    ll_strs_free(&names);
    return bad;
}

static void add_xdg(cJSON *rows, const char *what, ll_xdg kind)
{
    char *path = ll_xdg_dir(kind);
    add_place(rows, what, path, folder_state(path));
    free(path);
}

ll_status ll_run_doctor(ll_request *rq)
{
    static const ll_column columns[] = {
        {"what", "what", NULL, -1}, {"path", "path", NULL, -1}, {"state", "state", NULL, -1}, {0}};
    cJSON *result = ll_result_new("doctor");
    ll_strs dirs = {0}, seen = {0};
    int bad = 0;
    ll_result_columns(result, columns);
    cJSON *rows = ll_json_arr(result, "rows");
    ll_app_data_dirs(rq->app, &dirs);
    for (int i = 0; i < dirs.n; i++) {
        if (ll_strs_has(&seen, dirs.v[i])) continue;
        ll_strs_add(&seen, dirs.v[i]);
        add_place(rows, i ? "data" : "data, imports go here", dirs.v[i], folder_state(dirs.v[i]));
        bad += check_datasets(rows, dirs.v[i]);
    }
    add_xdg(rows, "sessions and history", LL_XDG_STATE);
    add_xdg(rows, "settings", LL_XDG_CONFIG);
    ll_json_int(result, "bad", bad);
    ll_emit(rq, result);
    ll_strs_free(&dirs);
    ll_strs_free(&seen);
    return bad ? LL_FAIL(rq, LL_BAD_DATA, "%d dataset%s damaged: import %s again", bad,
                         bad > 1 ? "s are" : " is", bad > 1 ? "them" : "it")
               : LL_OK;
}
