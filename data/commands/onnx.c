/* export onnx: a folder with a model per architecture and a table to fill in. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/app/output.h"
#include "core/archs/archs_csv.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/csv.h"
#include "core/base/text/json.h"
#include "core/base/text/progress.h"
#include "data/commands/chosen.h"
#include "data/commands/commands.h"
#include "data/datasets/export.h"
#include "data/formats/onnx.h"

static const char TABLE[] = "measure.csv";

/* One export: what is wanted, and the files it made that were not there before. */
typedef struct folder {
    ll_request *rq;
    char *path;
    bool fresh; /* the folder itself was not there */
    ll_ints rows;
    ll_network *net;
    ll_strs made;
    double bytes;
} folder;

static char *model_path(const folder *f, int row)
{
    ll_str name = {0};
    ll_str_addf(&name, "%d.onnx", row);
    char *path = ll_path_join(f->path, name.s);
    ll_str_free(&name);
    return path;
}

/* The network of a row; also the check, before anything is written, that there is one. */
static ll_status build(folder *f, int row)
{
    const ll_dataset *d = f->rq->state.data;
    return ll_network_build(d->space, ll_gene(d, row), f->net, &f->rq->error);
}

static ll_status write_model(folder *f, int row)
{
    const ll_dataset *d = f->rq->state.data;
    ll_str arch = {0}, bytes = {0};
    ll_status s = build(f, row);
    if (s) return s;
    char *path = model_path(f, row);
    bool fresh = !ll_is_file(path);
    d->space->format(d->space, ll_gene(d, row), &arch);
    ll_onnx_model(f->net,
                  &(ll_onnx_options){ll_str_text(&arch), ll_int(&f->rq->more, "batch"),
                                     (uint64_t)ll_int(&f->rq->more, "seed")},
                  &bytes);
    s = ll_write_file(path, bytes.s, bytes.len, &f->rq->error);
    if (!s && fresh) ll_strs_add(&f->made, path);
    f->bytes += (double)bytes.len;
    ll_str_free(&arch);
    ll_str_free(&bytes);
    free(path);
    return s;
}

static void write_head(FILE *f)
{
    static const char *const columns[] = {"row", "file", "latency_ms", "std_ms"};
    ll_strs names = {0};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) ll_strs_add(&names, columns[i]);
    ll_arch_write_head(f, &names);
    ll_strs_free(&names);
}

static ll_status write_table(folder *f, const char *path)
{
    ll_writer w;
    ll_str arch = {0};
    ll_status s = ll_writer_open(&w, path, &f->rq->error);
    if (s) return s;
    write_head(w.f);
    for (int i = 0; i < f->rows.n; i++) {
        ll_arch_write(w.f, f->rq->state.data->space, ll_gene(f->rq->state.data, f->rows.v[i]), &arch);
        fprintf(w.f, ",%d,%d.onnx,,\n", f->rows.v[i], f->rows.v[i]);
    }
    ll_str_free(&arch);
    return ll_writer_commit(&w, &f->rq->error);
}

static ll_status write_models(folder *f)
{
    ll_status s = LL_OK;
    for (int i = 0; i < f->rows.n && !s; i++) {
        if (ll_cancelled(f->rq->observer)) return LL_FAIL(f->rq, LL_CANCELLED, "cancelled");
        if (ll_observer_due(f->rq->observer, .1))
            ll_progress(f->rq->observer, ll_progress_new("export", i, f->rows.n));
        s = write_model(f, f->rows.v[i]);
    }
    return s;
}

/* What a failed or cancelled export made is taken away again; what was there before stays. */
static void take_back(folder *f)
{
    for (int i = 0; i < f->made.n; i++) unlink(f->made.v[i]);
    if (f->fresh) rmdir(f->path);
}

/* A table that is there may hold measurements by now: it is not written over unless the user says so. */
static ll_status check_table(folder *f, const char *table)
{
    struct stat st;
    if (stat(table, &st) || ll_bool(&f->rq->more, "replace")) return LL_OK;
    return LL_FAIL(f->rq, LL_FAILED,
                   "%s is there already and may hold measurements: give another folder, or replace=on",
                   table);
}

static ll_status write_folder(folder *f)
{
    char *table = ll_path_join(f->path, TABLE);
    f->fresh = !ll_is_dir(f->path);
    ll_status s = check_table(f, table);
    if (!s) s = build(f, f->rows.v[0]);
    if (!s) s = ll_make_dirs(f->path, &f->rq->error);
    if (!s) {
        s = write_models(f);
        if (!s) s = write_table(f, table);
        if (s) take_back(f);
    }
    free(table);
    return s;
}

static void emit_folder(const folder *f)
{
    static const ll_column columns[] = {{"what", "what", NULL, -1},     {"rows", "models", NULL, 0},
                                        {"opset", "opset", NULL, 0},    {"batch", "batch", "images", 0},
                                        {"megabytes", "size", "MB", 1}, {"folder", "folder", NULL, -1},
                                        {"table", "table", NULL, -1},   {0}};
    const ll_dataset *d = f->rq->state.data;
    const ll_samples *samples = f->rq->state.samples;
    cJSON *result = ll_result_new("export");
    ll_json_str(result, "what", "onnx");
    ll_json_int(result, "rows", f->rows.n);
    ll_json_ints(result, "archs", f->rows.v, f->rows.n);
    ll_json_int(result, "opset", LL_ONNX_OPSET);
    ll_json_int(result, "batch", ll_int(&f->rq->more, "batch"));
    ll_json_int(result, "seed", ll_int(&f->rq->more, "seed"));
    ll_json_num(result, "megabytes", f->bytes / 1e6);
    ll_json_str(result, "folder", f->path);
    ll_json_str(result, "table", TABLE);
    ll_result_columns(result, columns);
    ll_emit(f->rq, result);
    char *table = ll_path_join(f->path, TABLE);
    ll_note_fill_in(f->rq, table, d->name, samples && samples->device ? samples->device : "NAME");
    free(table);
}

static ll_status find_folder(ll_request *rq, const char *word, char **path)
{
    char *inside = ll_path_join(word, TABLE), *table = NULL;
    ll_status s = ll_output_path(rq, inside, &table);
    if (!s) *path = ll_path_folder(table);
    free(inside);
    free(table);
    return s;
}

ll_status ll_export_onnx(ll_request *rq, const char *archs)
{
    folder f = {.rq = rq, .net = LL_NEW(ll_network)};
    ll_status s = LL_OK;
    if (!ll_has(&rq->more, "out"))
        s = LL_FAIL(rq, LL_USAGE, "out=FOLDER is missing: the folder for the models and %s", TABLE);
    else
        s = find_folder(rq, ll_word(&rq->more, "out"), &f.path);
    if (!s) s = ll_chosen_archs(rq, archs, (uint64_t)ll_int(&rq->more, "seed"), &f.rows);
    if (!s) s = write_folder(&f);
    if (!s) emit_folder(&f);
    ll_ints_free(&f.rows);
    ll_strs_free(&f.made);
    free(f.path);
    free(f.net);
    return s;
}

static const ll_option onnx_options[] = {
    LL_OPT_WORD("out", NULL, "onnx: the folder to write", LL_OF_OUTPUT),
    LL_OPT_INT("batch", "1", 1, 65536, "onnx: images per run", .unit = "images"),
    LL_OPT_INT("seed", "1", 0, 2147483647, "onnx: of the weights, and of random:N"),
    LL_OPT_BOOL("replace", "off", "onnx: write over a measure.csv that is there"),
    {0},
};

const ll_option *ll_export_more(char *const *words, int n)
{
    for (int i = 0; i < n; i++)
        if (!strcmp(words[i], "onnx") || !strcmp(words[i], "what=onnx")) return onnx_options;
    return NULL;
}
