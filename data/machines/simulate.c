#include "data/machines/simulate.h"

#include <stdlib.h>
#include <string.h>

#include "core/app/app.h"
#include "core/app/need.h"
#include "core/base/index.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/space/moves.h"
#include "data/datasets/folder_change.h"
#include "data/importers/csv.h"
#include "data/importers/draw.h"

enum { CHUNK = 64 };

/* --- columns -------------------------------------------------------------------------------------------- */

typedef struct sweep {
    ll_dataset *d;
    int first, n;
    const ll_sim_machine *machines;
    const ll_observer *observer;
} sweep;

static void fill_chunk(void *ctx, int chunk)
{
    const sweep *s = ctx;
    int begin = chunk * CHUNK, end = begin + CHUNK < s->d->n_archs ? begin + CHUNK : s->d->n_archs;
    if (ll_cancelled(s->observer)) return;
    for (int row = begin; row < end; row++) {
        const uint8_t *gene = ll_gene(s->d, row);
        for (int i = 0; i < s->n; i++) {
            double ms;
            if (ll_sim_network_ms(&s->machines[i], s->d->space, gene, &ms, NULL)) return;
            const char *device = s->d->devices[s->first + i].name;
            ll_latencies(s->d, s->first + i)[row] =
                ll_sim_measure(&s->machines[i], device, s->d->space, gene, ms);
        }
    }
}

ll_status ll_simulate_fill(ll_dataset *d, int first, const ll_sim_machine *machines, int n, ll_pool *pool,
                           ll_observer *observer, ll_error *e)
{
    double ms;
    for (int i = 0; i < n && d->n_archs; i++) { /* a space without layers fails here, not on the threads */
        ll_status s = ll_sim_network_ms(&machines[i], d->space, ll_gene(d, 0), &ms, e);
        if (s) return s;
    }
    sweep s = {d, first, n, machines, observer};
    ll_pool_run(pool, (d->n_archs + CHUNK - 1) / CHUNK, fill_chunk, &s);
    return ll_cancelled(observer) ? LL_CANCELLED : LL_OK;
}

static void name_device(ll_device *device, const char *name, const ll_sim_machine *m, const char *hardware)
{
    ll_str source = {0};
    char *note = ll_sim_machine_text(m);
    ll_str_addf(&source, "latlab simulate, %s model", m->model->name);
    ll_device_set(device, name, LL_SIMULATED, ll_str_text(&source), "ms", hardware, note);
    free(note);
    ll_str_free(&source);
}

ll_status ll_simulate_machine(const ll_device *device, ll_sim_machine *out, ll_error *e)
{
    if (device->kind != LL_SIMULATED || !device->note)
        return ll_fail(e, LL_USAGE, "%s was measured: no model of it is known here", device->name);
    return ll_sim_machine_read(device->note, out, NULL, e);
}

/* --- a dataset of published machines -------------------------------------------------------------------- */

static ll_status preset_machine(const ll_sim_preset *p, ll_sim_machine *out, ll_values *values, ll_error *e)
{
    ll_str text = {0};
    ll_str_addf(&text, "model=%s %s", p->model, p->parameters);
    ll_status s = ll_sim_machine_read(ll_str_text(&text), out, values, e);
    ll_str_free(&text);
    return s;
}

static bool matches(const ll_strs *patterns, const char *name)
{
    for (int i = 0; i < patterns->n; i++)
        if (ll_glob(patterns->v[i], name)) return true;
    return false;
}

static void add_provenance(ll_dataset *d, const ll_sim_preset *const *presets, int n, uint64_t seed)
{
    d->provenance = cJSON_CreateObject();
    ll_json_str(d->provenance, "made_by", "latlab simulate: analytical cost models, nothing was measured");
    ll_json_bool(d->provenance, "simulated", true);
    if (!d->space->n_archs || d->n_archs < d->space->n_archs) ll_json_int(d->provenance, "seed", (long)seed);
    cJSON *list = ll_json_arr(d->provenance, "machines");
    for (int i = 0; i < n; i++) {
        cJSON *o = ll_json_obj(list, NULL);
        ll_json_str(o, "device", presets[i]->name);
        ll_json_str(o, "model", presets[i]->model);
        ll_json_str(o, "parameters", presets[i]->parameters);
        ll_json_str(o, "source", presets[i]->source);
    }
}

static ll_status add_machines(ll_dataset *d, const ll_sim_preset *const *presets, int n, ll_pool *pool,
                              ll_observer *observer, ll_error *e)
{
    ll_sim_machine *machines = LL_NEW_ARRAY(ll_sim_machine, n);
    ll_status s = LL_OK;
    for (int i = 0; i < n && !s; i++) {
        s = preset_machine(presets[i], &machines[i], NULL, e);
        if (!s) name_device(&d->devices[i], presets[i]->name, &machines[i], presets[i]->hardware);
    }
    if (!s) s = ll_simulate_fill(d, 0, machines, n, pool, observer, e);
    free(machines);
    return s;
}

ll_status ll_simulate_dataset(const char *name, const ll_space *space, int n, uint64_t seed,
                              const ll_strs *patterns, ll_pool *pool, ll_observer *observer, ll_dataset **out,
                              ll_error *e)
{
    const ll_sim_preset *presets[64];
    int devices = 0;
    for (const ll_sim_preset *p = ll_sim_presets; p->name && devices < 64; p++)
        if (matches(patterns, p->name)) presets[devices++] = p;
    if (!devices)
        return ll_fail(e, LL_USAGE, "no published machine is called that; `simulate list` names them");
    ll_dataset *d;
    ll_status s = ll_draw_dataset(name, space, n, devices, seed, NULL, &d, e);
    if (s) return s;
    s = add_machines(d, presets, devices, pool, observer, e);
    add_provenance(d, presets, devices, seed);
    if (!s) s = ll_dataset_seal(d, e);
    if (!s) *out = ll_dataset_ref(d);
    ll_dataset_unref(d);
    return s;
}

/* --- commands ------------------------------------------------------------------------------------------- */

static ll_status list_machines(ll_request *rq)
{
    static const ll_column columns[] = {{"device", "device", NULL, -1},
                                        {"model", "model", NULL, -1},
                                        {"parameters", "parameters", NULL, -1},
                                        {"source", "numbers from", NULL, -1},
                                        {0}};
    cJSON *result = ll_result_new("machines");
    ll_json_str(result, "title",
                "Published machines that `simulate` knows (all are models, nothing was measured)");
    ll_result_columns(result, columns);
    cJSON *rows = ll_json_arr(result, "rows");
    for (const ll_sim_preset *p = ll_sim_presets; p->name; p++) {
        cJSON *o = ll_json_obj(rows, NULL);
        ll_json_str(o, "device", p->name);
        ll_json_str(o, "model", p->model);
        ll_json_str(o, "hardware", p->hardware);
        ll_json_str(o, "parameters", p->parameters);
        ll_json_str(o, "source", p->source);
    }
    ll_emit(rq, result);
    return LL_OK;
}

static ll_status give(void *ctx, const ll_dataset *there, ll_dataset **out, ll_error *e)
{
    *out = ll_dataset_ref(ctx);
    return LL_OK;
}

static ll_status store_dataset(ll_request *rq, ll_dataset *d)
{
    char *path = ll_path_join(ll_app_data_dir(rq->app), d->name);
    ll_str said = {0};
    ll_dataset *stored = NULL;
    ll_change change = {.how = ll_bool(&rq->args, "replace") ? LL_CHANGE_ANEW : LL_CHANGE_NEW,
                        .to = path,
                        .make = give,
                        .ctx = d,
                        .observer = rq->observer};
    ll_status s = ll_folder_change(&change, &stored, &said, &rq->error);
    if (!s && said.len) ll_note(rq, "%s", said.s);
    if (!s) ll_note(rq, "wrote %s", path);
    if (!s) ll_state_set_data(&rq->state, stored, false);
    ll_str_free(&said);
    free(path);
    return s;
}

static void show_dataset(ll_request *rq, const ll_dataset *d)
{
    static const ll_column columns[] = {{"dataset", "dataset", NULL, -1},
                                        {"space", "space", NULL, -1},
                                        {"architectures", "architectures", NULL, 0},
                                        {"n_devices", "simulated devices", NULL, 0},
                                        {"hash", "content", NULL, -1},
                                        {0}};
    cJSON *result = ll_result_new("simulate");
    ll_json_str(result, "dataset", d->name);
    ll_json_str(result, "space", d->space->name);
    ll_json_int(result, "architectures", d->n_archs);
    ll_json_int(result, "n_devices", d->n_devices);
    ll_json_str(result, "hash", d->hash.hex);
    ll_json_bool(result, "simulated", true);
    ll_result_columns(result, columns);
    ll_emit(rq, result);
}

static ll_status simulate_dataset(ll_request *rq)
{
    const ll_values *v = &rq->args;
    const char *name = ll_word(v, "dataset"), *space_name = ll_word(v, "space");
    const ll_space *space;
    ll_status s = ll_space_open(space_name, &space, &rq->error);
    if (!s) s = ll_folder_check_name(name, &rq->error);
    if (s) return s;
    ll_strs patterns = {0};
    ll_list(v, "machines", &patterns);
    ll_dataset *d = NULL;
    s = ll_simulate_dataset(name, space, ll_int(v, "n"), (uint64_t)ll_int(v, "seed"), &patterns, rq->pool,
                            rq->observer, &d, &rq->error);
    ll_strs_free(&patterns);
    if (!s) s = store_dataset(rq, d);
    if (!s) show_dataset(rq, rq->state.data);
    ll_dataset_unref(d);
    return s;
}

/* The parameters: a published machine's, or the model's defaults; then what the line gives. */
static ll_status machine_of_request(ll_request *rq, const ll_sim_preset *preset, ll_sim_machine *m)
{
    ll_values v;
    ll_status s = LL_OK;
    if (preset)
        s = preset_machine(preset, m, &v, &rq->error);
    else
        ll_values_init(&v, rq->more.table);
    if (s) return s;
    for (int i = 0; rq->more.table[i].name && !s; i++)
        if (rq->more.given[i]) s = ll_values_set(&v, rq->more.table[i].name, rq->more.text[i], &rq->error);
    const ll_sim_model *model = preset ? ll_sim_model_find(preset->model) : NULL;
    if (!model) model = ll_sim_model_find(ll_word(&rq->args, "model"));
    if (!s) *m = ll_sim_machine_of(model, &v);
    ll_values_free(&v);
    return s;
}

static const ll_sim_preset *preset_of(const char *device, const char *model, const char *like)
{
    if (like) return ll_sim_preset_find(like);
    return model || !device ? NULL : ll_sim_preset_find(device);
}

static ll_status extend_with(ll_request *rq, const char *name, const ll_sim_machine *m, const char *hardware,
                             ll_dataset **out)
{
    ll_dataset *d = ll_dataset_extend(rq->state.data, 0, 1);
    int at = d->n_devices - 1;
    name_device(&d->devices[at], name, m, hardware);
    free(d->path); /* it is not what the folder holds any more */
    d->path = NULL;
    ll_status s = ll_simulate_fill(d, at, m, 1, rq->pool, rq->observer, &rq->error);
    if (!s) s = ll_dataset_seal(d, &rq->error);
    if (!s)
        *out = d;
    else
        ll_dataset_unref(d);
    return s;
}

static void show_device(ll_request *rq, const ll_dataset *d, const ll_sim_machine *m)
{
    static const ll_column columns[] = {
        {"device", "device", NULL, -1},        {"kind_of_device", "kind", NULL, -1},
        {"machine", "machine", NULL, -1},      {"architectures", "architectures", NULL, 0},
        {"least_ms", "least", "ms", -1},       {"largest_ms", "largest", "ms", -1},
        {"peak_gflops", "peak", "GFLOP/s", 1}, {0}};
    const double *ms = ll_latencies(d, d->n_devices - 1);
    double least = INFINITY, largest = -INFINITY;
    for (int i = 0; i < d->n_archs; i++) {
        least = fmin(least, ms[i]);
        largest = fmax(largest, ms[i]);
    }
    cJSON *result = ll_result_new("simulate");
    ll_json_str(result, "device", d->devices[d->n_devices - 1].name);
    ll_json_str(result, "kind_of_device", "simulated");
    ll_json_str(result, "machine", d->devices[d->n_devices - 1].note);
    ll_json_int(result, "architectures", d->n_archs);
    ll_json_num(result, "least_ms", least);
    ll_json_num(result, "largest_ms", largest);
    ll_json_num(result, "peak_gflops", m->model->peak_gflops(m));
    ll_result_columns(result, columns);
    ll_emit(rq, result);
}

static ll_status simulate_device(ll_request *rq)
{
    ll_status s = ll_need_data(rq);
    if (s) return s;
    const char *name = ll_word(&rq->args, "device"), *like = ll_word(&rq->args, "like");
    const ll_sim_preset *preset = preset_of(name, ll_word(&rq->args, "model"), like);
    if (!preset && !rq->more.table)
        return LL_FAIL(rq, LL_USAGE,
                       "simulate: model=roofline|systolic|rowstationary|gpu|dsp|cpu or like=MACHINE "
                       "is missing; `simulate list` names the published machines");
    if (ll_dataset_device(rq->state.data, name) >= 0)
        return LL_FAIL(rq, LL_USAGE, "device %s is in %s already; choose another name", name,
                       rq->state.data->name);
    ll_sim_machine m;
    ll_dataset *d = NULL;
    s = ll_table_check_device(name, &rq->error);
    if (!s) s = machine_of_request(rq, preset, &m);
    if (!s) s = extend_with(rq, name, &m, preset ? preset->hardware : NULL, &d);
    if (s) return s;
    show_device(rq, d, &m);
    ll_state_set_data(&rq->state, d, true);
    return LL_OK;
}

static ll_status run_simulate(ll_request *rq)
{
    if (ll_is(&rq->args, "what", "list")) return list_machines(rq);
    bool device = ll_given(&rq->args, "device"), dataset = ll_given(&rq->args, "dataset");
    if (device == dataset)
        return LL_FAIL(rq, LL_USAGE,
                       "either device=NAME (adds one to the loaded dataset) or dataset=NAME "
                       "space=SPACE (makes a dataset) was expected");
    return dataset ? simulate_dataset(rq) : simulate_device(rq);
}

static const char *value_of(char *const *words, int n, const char *key)
{
    size_t len = strlen(key);
    for (int i = 0; i < n; i++)
        if (!strncmp(words[i], key, len) && words[i][len] == '=') return words[i] + len + 1;
    return NULL;
}

/* "model=gpu", a published machine, or (for `help simulate gpu`) the name of either alone. */
static const ll_option *machine_options(char *const *words, int n)
{
    const char *name = value_of(words, n, "model");
    const ll_sim_preset *p = preset_of(value_of(words, n, "device"), name, value_of(words, n, "like"));
    if (n == 1 && !p) p = ll_sim_preset_find(words[0]);
    if (n == 1 && !name) name = words[0];
    const ll_sim_model *m = p || name ? ll_sim_model_find(p ? p->model : name) : NULL;
    return m ? m->options : NULL;
}

static const char *model_name(int i)
{
    return ll_sim_models[i] ? ll_sim_models[i]->name : NULL;
}

static const char *preset_name(int i)
{
    return ll_sim_presets[i].name;
}

static const ll_option simulate_options[] = {
    LL_OPT_CHOICE("what", NULL, "list", "list: the published machines", LL_POSITIONAL),
    LL_OPT_WORD("device", NULL, "add a device of this name to the loaded dataset"),
    LL_OPT_NAMES("model", NULL, model_name, "cost model; its parameters follow as key=value"),
    LL_OPT_WORD("like", NULL, "begin with the parameters of a published machine", .choice_at = preset_name),
    LL_OPT_WORD("dataset", NULL, "make a dataset of this name instead", LL_OF(DATASET)),
    LL_OPT_WORD("space", "nasbench201", "search space of the dataset: a name, or a file *.json",
                LL_OF(SPACE)),
    LL_OPT_INT("n", "0", 0, 1000000,
               "architectures of the dataset; 0: all, 2000 where there are more than 16384"),
    LL_OPT_INT("seed", "1", 0, 2147483647, "of drawing them"),
    LL_OPT_LIST("machines", "*", "published machines of the dataset, with * and ?", .choice_at = preset_name),
    LL_OPT_BOOL("replace", "off", "a dataset of this name is made anew"),
    {0},
};

static const ll_option roofline_options[] = {
    LL_OPT_WORD("arch", NULL, "architecture: index or string", LL_REQUIRED),
    LL_OPT_WORD("device", NULL, "simulated device of the dataset, or a published machine", LL_REQUIRED,
                LL_OF(DEVICE)),
    {0},
};

const ll_command ll_simulate_commands[] = {
    {.name = "simulate",
     .group = "data",
     .summary = "Add a device that is an analytical model, or make a dataset of such devices",
     .options = simulate_options,
     .flags = LL_CMD_CHANGES | LL_CMD_LONG,
     .run = run_simulate,
     .more_options = machine_options,
     .help = "The latency of every architecture is computed layer by layer from shapes and published "
             "numbers: nothing\n"
             "is measured, and the device is marked simulated wherever it shows.\n"
             "\n"
             "The new device belongs to the loaded dataset in memory and to the session; `simulate "
             "dataset=NAME`\n"
             "writes a dataset of its own. `help simulate gpu` lists the parameters of a model.",
     .examples = "  simulate list\n"
                 "  simulate device=big_array model=systolic rows=512 cols=512\n"
                 "  simulate device=half_speed like=sim_tpu_v1 clock=350\n"
                 "  simulate dataset=toys space=fbnet n=500 seed=3 machines=sim_v100*,sim_eyeriss"},
    {.name = "roofline",
     .group = "look",
     .summary = "Draw the layers of a network under the roof of a simulated device",
     .options = roofline_options,
     .flags = LL_CMD_LOOK,
     .run = ll_roofline_run,
     .help = "A layer left of the ridge is limited by memory, right of it by arithmetic; one far below the "
             "roof loses\n"
             "its time to overhead or to a shape that leaves units idle.",
     .examples = "  roofline 1462 device=sim_tpu_v1"},
    {0}};
