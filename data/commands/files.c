/* export, model and doctor. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/app/app.h"
#include "core/app/need.h"
#include "core/app/output.h"
#include "core/base/size.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/num/blas.h"
#include "core/num/blas_choice.h"
#include "core/space/files/shipped.h"
#include "core/space/files/space_json.h"
#include "core/space/own/listing.h"
#include "data/commands/commands.h"
#include "data/datasets/bundled_proxies.h"
#include "data/datasets/export.h"
#include "data/datasets/folder.h"
#include "data/formats/model_file.h"

/* --- export --- */

const ll_option ll_export_options[] = {
    LL_OPT_CHOICE("what", NULL, "csv|npy|scores|predictions|onnx|lut",
                  "csv, npy: latencies; scores: accuracies and the like, as CSV; predictions: measured and "
                  "predicted of the transfers, as CSV; onnx: networks; lut: a table of layer costs",
                  LL_REQUIRED),
    LL_OPT_WORD("subject", NULL,
                "the file to write; onnx: the architectures (samples, suggest, random:N, or indices and "
                "strings joined by commas)",
                LL_REQUIRED, LL_OF(FILE)),
    LL_OPT_LIST("devices", NULL, "only these (names or patterns)", LL_OF(DEVICE)),
    LL_OPT_WORD("predictor", NULL, "predictions: only those of this predictor", LL_OF(PREDICTOR)),
    LL_OPT_WORD("table", NULL,
                "lut: a device that is made of a table, or files (default: the device that is)",
                LL_OF(DEVICE)),
    LL_OPT_REAL("level", "0.9", .01, .999, "predictions: of the interval"),
    LL_OPT_FORCE,
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

static ll_status export_scores(ll_request *rq, const char *path)
{
    const ll_dataset *d = rq->state.data;
    if (!d->n_scores) return LL_FAIL(rq, LL_FAILED, "%s has no scores", d->name);
    ll_status s = ll_export_scores(d, path, &rq->error);
    if (!s) emit_export(rq, path, "scores", d->n_archs, &(ll_strs){0});
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

static ll_status export_lut(ll_request *rq, const char *path)
{
    int rows = 0;
    ll_status s = ll_export_lut(rq, path, &rows);
    if (!s) emit_export(rq, path, "lut", rows, &(ll_strs){0});
    return s;
}

ll_status ll_run_export(ll_request *rq)
{
    const char *what = ll_word(&rq->args, "what");
    ll_status s = ll_need_data(rq);
    if (s) return s;
    if (!strcmp(what, "onnx")) return ll_export_onnx(rq, ll_word(&rq->args, "subject"));
    char *path;
    s = ll_output_new(rq, ll_word(&rq->args, "subject"), &path);
    if (s) return s;
    s = !strcmp(what, "predictions") ? export_predictions(rq, path)
        : !strcmp(what, "scores")    ? export_scores(rq, path)
        : !strcmp(what, "lut")       ? export_lut(rq, path)
                                     : export_latencies(rq, what, path);
    free(path);
    return s;
}

/* --- model --- */

const ll_option ll_model_options[] = {
    LL_OPT_CHOICE("action", NULL, "save|load", "save the current model, or load one", LL_REQUIRED),
    LL_OPT_WORD("file", NULL, "a .safetensors file", LL_REQUIRED, LL_OF(FILE)),
    LL_OPT_WORD("how", NULL, "the word `as`, which may be left out", LL_POSITIONAL, LL_ONE_OF("as")),
    LL_OPT_WORD("predictor", NULL,
                "save: whose model (default: the current one); load: of a file that does not say",
                LL_POSITIONAL, LL_OF(PREDICTOR)),
    LL_OPT_LIST(
        "adapted", NULL,
        "save: with what it was adapted to for these devices, or `all`; the file then predicts without "
        "data",
        LL_OF(DEVICE)),
    LL_OPT_FORCE,
    {0},
};

static void emit_model(ll_request *rq, const ll_model *m, ll_adapted *const *adapted, int n,
                       const char *action, const char *path)
{
    static const ll_column columns[] = {{"action", "action", NULL, -1},
                                        {"predictor", "predictor", NULL, -1},
                                        {"space", "search space", NULL, -1},
                                        {"n_source", "source devices", NULL, 0},
                                        {"adapted", "adapted to", NULL, -1},
                                        {"file", "file", NULL, -1},
                                        {0}};
    cJSON *result = ll_result_new("model");
    ll_json_str(result, "action", action);
    ll_json_str(result, "predictor", m->predictor->name);
    ll_json_str(result, "space", m->space->name);
    ll_json_int(result, "n_source", m->source.n);
    ll_json_strs(result, "source", m->source.v, m->source.n);
    cJSON *devices = n ? ll_json_arr(result, "adapted") : NULL;
    for (int i = 0; i < n; i++) ll_json_str(devices, NULL, adapted[i]->device);
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

/* What the state has adapted of one model; NULL: of any. */
typedef struct chosen {
    const ll_model *model;
    ll_adapted *v[LL_MAX_TRANSFERS];
    int n;
} chosen;

static ll_status choose_one(ll_request *rq, const char *device, const char *predictor, chosen *c)
{
    ll_adapted *a = ll_state_adapted(&rq->state, device, predictor);
    if (!a) return ll_no_adapted(rq, device, predictor);
    if (c->model && a->model != c->model)
        return LL_FAIL(rq, LL_FAILED,
                       "%s was adapted from another model than this one: save it to a file of its own, or "
                       "`transfer` it again",
                       device);
    for (int i = 0; i < c->n; i++)
        if (c->v[i] == a) return LL_OK;
    c->model = a->model;
    c->v[c->n++] = a;
    return LL_OK;
}

static bool means_all(const ll_strs *names)
{
    return names->n == 1 && !strcmp(names->v[0], "all");
}

/* adapted=all: of the model that is saved. */
static void choose_all(const ll_request *rq, chosen *c)
{
    for (int i = 0; i < rq->state.n_adapted; i++)
        if (rq->state.adapted[i]->model == c->model) c->v[c->n++] = rq->state.adapted[i];
}

static ll_status choose(ll_request *rq, const char *predictor, chosen *c)
{
    ll_strs names = {0};
    ll_status s = LL_OK;
    ll_list_names(&rq->args, "adapted", &names);
    if (!names.n || predictor || means_all(&names)) c->model = ll_state_model(&rq->state, predictor);
    if (means_all(&names)) {
        choose_all(rq, c);
        if (!c->n) s = ll_no_adapted(rq, NULL, predictor);
    }
    for (int i = 0; !s && !means_all(&names) && i < names.n; i++)
        s = choose_one(rq, names.v[i], predictor, c);
    ll_strs_free(&names);
    return s;
}

static ll_status save_model(ll_request *rq, const char *path)
{
    const char *name = named_predictor(rq);
    chosen c = {0};
    ll_status s = choose(rq, name, &c);
    if (s) return s;
    if (!c.model)
        return LL_FAIL(rq, LL_FAILED, "%s%s is not pretrained yet; `pretrain PREDICTOR` does that",
                       name ? "" : "any predictor: nothing", name ? name : "");
    s = ll_model_save(c.model, c.v, c.n, path, &rq->error);
    if (!s) emit_model(rq, c.model, c.v, c.n, "save", path);
    rq->unchanged = true;
    return s;
}

/* With data that has the device its rows are predicted too. */
static ll_status add_adapted(ll_request *rq, ll_adapted *a)
{
    ll_transfer *t = NULL;
    ll_error why = {0};
    ll_status s =
        rq->state.data ? ll_transfer_of(a, rq->state.data, rq->observer, rq->pool, &t, &why) : LL_OK;
    if (s && s != LL_FAILED) {
        rq->error = why;
        return s;
    }
    if (s)
        ll_note(rq, "%s: %s, so it predicts what archs= names and no row of the table", a->device,
                why.message);
    if (t)
        ll_state_add_transfer(&rq->state, t);
    else
        ll_state_add_adapted(&rq->state, ll_adapted_ref(a));
    return LL_OK;
}

ll_status ll_use_adapted(ll_request *rq)
{
    ll_adapted *all[LL_MAX_TRANSFERS];
    int n = rq->state.n_adapted;
    ll_status s = LL_OK;
    for (int i = 0; i < n; i++) all[i] = ll_adapted_ref(rq->state.adapted[i]);
    for (int i = n - 1; i >= 0; i--) {
        if (!s && !ll_state_transfer(&rq->state, all[i]->device, all[i]->model->predictor->name))
            s = add_adapted(rq, all[i]);
        ll_adapted_unref(all[i]);
    }
    return s;
}

static ll_status load_model(ll_request *rq, const char *path)
{
    ll_model_file f;
    ll_status s = ll_model_load(path, named_predictor(rq), rq->state.data, &f, &rq->error);
    if (s) return s;
    for (int i = 0; i < f.warnings.n; i++) ll_warn(rq, "%s: %s", ll_path_base(path), f.warnings.v[i]);
    /* that it is of other data was said; from here on what counts is whether the data here changes */
    if (rq->state.data && f.model->basis.device.n) {
        ll_basis_free(&f.model->basis);
        ll_basis_take(&f.model->basis, rq->state.data, &f.model->source);
    }
    for (int i = f.n_adapted - 1; i >= 0 && !s; i--) s = add_adapted(rq, f.adapted[i]);
    if (!s) {
        emit_model(rq, f.model, f.adapted, f.n_adapted, "load", path);
        ll_state_add_model(&rq->state, ll_model_ref(f.model));
    }
    ll_model_file_free(&f);
    return s;
}

ll_status ll_run_model(ll_request *rq)
{
    bool save = ll_is(&rq->args, "action", "save");
    if (!save && ll_has(&rq->args, "adapted"))
        return LL_FAIL(rq, LL_USAGE, "adapted= goes with save: load takes all that is in the file");
    const char *file = ll_word(&rq->args, "file");
    char *path = save ? NULL : ll_path_expand(file);
    ll_status s = save ? ll_output_new(rq, file, &path) : LL_OK;
    if (!s) s = save ? save_model(rq, path) : load_model(rq, path);
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

/* What is refused however much memory there is, from the tables that say so. */
static void add_limits(cJSON *rows)
{
    ll_str text = {0};
    for (int r = 0; r < LL_READERS; r++) {
        const ll_limit *x = ll_limit_of((ll_reader)r);
        ll_str_clear(&text);
        ll_str_addf(&text, "a file of %zu MiB; memory %zu times the file and %zu MiB, %zu MiB in all",
                    x->file_most >> 20, x->times, x->plus >> 20, x->most >> 20);
        ll_str what = {0};
        ll_str_addf(&what, "limit of %s", x->what);
        add_place(rows, ll_str_text(&what), NULL, ll_str_text(&text));
        ll_str_free(&what);
    }
    ll_str_clear(&text);
    ll_str_addf(&text,
                "%d %s, %d operations each (%d where they are numbers); up to %d architectures are listed",
                LL_MAX_POSITIONS, ll_noun(LL_MAX_POSITIONS, "position", "positions"), LL_MAX_OPS,
                LL_MAX_CHOICES, LL_MOST_LISTED);
    add_place(rows, "limit of a search space", NULL, ll_str_text(&text));
    add_place(
        rows, "limit of encodings", NULL,
        "memory: samplers and maps hold 4 bytes for each architecture and dimension (onehot: positions x "
        "operations)");
    ll_str_free(&text);
}

/* Files that come along are passed over where they are wrong: here it is said. Takes dir; returns how many are. */
static int check_files(cJSON *rows, const char *what, char *dir, const char *suffix,
                       ll_status (*check)(const char *path, ll_error *e))
{
    ll_strs names = {0};
    int bad = 0;
    if (ll_list_dir(dir, suffix, &names, NULL)) add_place(rows, what, dir, "not there");
    for (int i = 0; i < names.n; i++) {
        char *path = ll_path_join(dir, names.v[i]);
        ll_error e = {0};
        bool good = check(path, &e) == LL_OK;
        add_place(rows, what, path, good ? "complete" : e.message);
        bad += !good;
        free(path);
    }
    ll_strs_free(&names);
    free(dir);
    return bad;
}

static ll_status check_space(const char *path, ll_error *e)
{
    const ll_space *space;
    return ll_space_from_file(path, &space, e);
}

/* What the linear algebra runs on, and whether the processor could do better. */
static void add_kernels(ll_request *rq, cJSON *rows)
{
    char *advice = ll_blas_advice();
    add_place(rows, "kernels of OpenBLAS", NULL, ll_blas_kernels());
    if (advice) ll_warn(rq, "%s", advice);
    free(advice);
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
    int bad_spaces = check_files(rows, "search space", ll_spaces_dir(), ".json", check_space);
    int bad_proxies = check_files(rows, "bundled proxies", ll_bundled_proxies_dir(), ".safetensors",
                                  ll_bundled_proxies_check);
    add_xdg(rows, "sessions and history", LL_XDG_STATE);
    add_xdg(rows, "settings", LL_XDG_CONFIG);
    add_kernels(rq, rows);
    add_limits(rows);
    ll_json_int(result, "bad", bad);
    ll_emit(rq, result);
    ll_strs_free(&dirs);
    ll_strs_free(&seen);
    if (bad_proxies && !bad && !bad_spaces)
        return LL_FAIL(rq, LL_BAD_DATA, "bundled proxies are damaged and left out: install them again");
    if (bad_spaces && !bad)
        return LL_FAIL(rq, LL_BAD_DATA, "a search space that comes along is damaged: install it again");
    return bad ? LL_FAIL(rq, LL_BAD_DATA, "%d dataset%s damaged: import %s again", bad,
                         bad > 1 ? "s are" : " is", bad > 1 ? "them" : "it")
               : LL_OK;
}
