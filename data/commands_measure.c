/* measure: this machine as a device of the dataset. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/app/app.h"
#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "data/chosen.h"
#include "data/folder.h"
#include "data/host/machine.h"
#include "data/host/sweep.h"
#include "data/host/worker.h"
#include "data/measure.h"
#include "data/simulate.h"

static const char *const source = "latlab measure";

double ll_measure_digits(double x, int digits)
{
    char text[40];
    snprintf(text, sizeof text, "%.*e", digits - 1, x);
    return strtod(text, NULL);
}

/* One run of the command. */
typedef struct job {
    ll_request *rq;
    const char *device;
    ll_host_settings settings;
    char *note; /* the settings as text: what makes two devices the same */
    char *hardware;
    ll_ints rows;   /* of the dataset, to be measured */
    uint8_t *genes; /* (rows.n, positions) */
    char *journal;
    ll_times times;
    double seconds;
} job;

/* --- settings ----------------------------------------------------------------------------------------------- */

static int choice(const ll_values *v, const char *name, const char *(*name_of)(int), int n)
{
    for (int i = 0; i < n; i++)
        if (ll_is(v, name, name_of(i))) return i;
    return 0;
}

static const char *dtype_name(int i)
{
    return ll_host_dtype_name((ll_host_dtype)i);
}

static const char *isa_name(int i)
{
    return ll_host_isa_name((ll_host_isa)i);
}

static ll_status read_settings(job *j)
{
    const ll_values *v = &j->rq->args;
    ll_str note = {0}, cpu = {0};
    j->settings = (ll_host_settings){.engine = ll_host_engine_find(ll_word(v, "engine")),
                                     .dtype = (ll_host_dtype)choice(v, "dtype", dtype_name, 3),
                                     .isa = (ll_host_isa)choice(v, "isa", isa_name, 4),
                                     .threads = ll_int(v, "threads"),
                                     .batch = ll_int(v, "batch"),
                                     .seed = LL_NETWORK_SEED};
    ll_str_addf(&note, "engine=%s dtype=%s isa=%s threads=%d batch=%d", j->settings.engine->name,
                ll_word(v, "dtype"), ll_word(v, "isa"), j->settings.threads, j->settings.batch);
    j->note = ll_str_take(&note);
    ll_machine_cpu(&cpu);
    j->hardware = ll_str_take(&cpu);
    return j->settings.engine->check(&j->settings, &j->rq->error);
}

/* --- which architectures ------------------------------------------------------------------------------------ */

static ll_status choose_rows(job *j)
{
    const ll_request *rq = j->rq;
    const char *archs = ll_word(&rq->args, "archs");
    if (!strcmp(archs, "all")) {
        j->rows = ll_ints_range(rq->state.data->n_archs);
        return LL_OK;
    }
    if (!strcmp(archs, "suggest")) archs = "samples"; /* what the device has of them is left out below */
    return ll_chosen_archs(j->rq, archs, (uint64_t)ll_int(&rq->args, "seed"), &j->rows);
}

/* A device of that name must be of these settings; what it has already is not measured again. */
static ll_status check_device(job *j)
{
    const ll_dataset *d = j->rq->state.data;
    int at = ll_dataset_device(d, j->device);
    if (at < 0) return LL_OK;
    const ll_device *v = &d->devices[at];
    if (v->kind != LL_MEASURED || strcmp(v->source, source) || !v->note || strcmp(v->note, j->note))
        return LL_FAIL(
            j->rq, LL_USAGE,
            "device %s is in %s already, with other settings (%s: %s); these are %s: choose another name",
            j->device, d->name, v->source, v->note ? v->note : "none stated", j->note);
    if (!v->hardware || strcmp(v->hardware, j->hardware))
        return LL_FAIL(j->rq, LL_USAGE, "device %s was measured on %s, this is %s: choose another name",
                       j->device, v->hardware ? v->hardware : "another machine", j->hardware);
    for (int i = j->rows.n - 1; i >= 0; i--)
        if (ll_known(d, at, j->rows.v[i])) ll_ints_remove(&j->rows, i);
    return LL_OK;
}

static void gather_genes(job *j)
{
    const ll_dataset *d = j->rq->state.data;
    size_t positions = (size_t)d->space->n_positions;
    j->genes = LL_NEW_ARRAY(uint8_t, (size_t)j->rows.n * positions + 1);
    for (int i = 0; i < j->rows.n; i++)
        memcpy(j->genes + (size_t)i * positions, ll_gene(d, j->rows.v[i]), positions);
}

/* --- measuring ---------------------------------------------------------------------------------------------- */

static ll_status find_journal(job *j)
{
    char *state = ll_xdg_dir(LL_XDG_STATE), *dir = ll_path_join(state, "measure");
    ll_str name = {0};
    ll_status s = ll_make_dirs(dir, &j->rq->error);
    ll_str_addf(&name, "%s-%s.runs", j->rq->state.data->space->name, j->device);
    j->journal = ll_path_join(dir, ll_str_text(&name));
    if (!s && ll_bool(&j->rq->args, "again") && ll_is_file(j->journal)) unlink(j->journal);
    ll_str_free(&name);
    free(dir);
    free(state);
    return s;
}

static ll_status measure(job *j)
{
    ll_request *rq = j->rq;
    ll_str identity = {0};
    ll_str_addf(&identity, "latlab measure: space=%s %s on %s", rq->state.data->space->name, j->note,
                j->hardware);
    ll_sweep sweep = {.settings = j->settings,
                      .space = rq->state.data->space,
                      .genes = j->genes,
                      .n = j->rows.n,
                      .repeats =
                          ll_is(&rq->args, "repeats", "auto") ? 0 : atoi(ll_word(&rq->args, "repeats")),
                      .order_seed = (uint64_t)ll_int(&rq->args, "seed"),
                      .core = ll_given(&rq->args, "core") ? ll_int(&rq->args, "core") : ll_worker_core(),
                      .journal = j->journal,
                      .identity = ll_str_text(&identity),
                      .observer = rq->observer};
    double begun = ll_now_s();
    ll_status s = ll_sweep_run(&sweep, &j->times, &rq->error);
    j->seconds = ll_now_s() - begun;
    ll_str_free(&identity);
    if (s == LL_CANCELLED) {
        int complete = 0;
        for (int i = 0; i < j->times.n; i++) complete += j->times.count[i] > 0;
        ll_note(rq,
                "stopped: %d of %d architectures have times, kept in %s; the same command goes on from there",
                complete, j->times.n, j->journal);
    }
    return s;
}

/* --- the device --------------------------------------------------------------------------------------------- */

static void fill_device(const job *j, ll_dataset *d, int at)
{
    size_t cells = (size_t)d->n_devices * (size_t)d->n_archs;
    if (!d->std_ms) {
        d->std_ms = LL_NEW_ARRAY(double, cells);
        for (size_t i = 0; i < cells; i++) d->std_ms[i] = NAN;
    }
    for (int i = 0; i < j->rows.n; i++) {
        ll_spread s = ll_times_spread(&j->times, i);
        ll_latencies(d, at)[j->rows.v[i]] = ll_measure_digits(s.median, 5);
        d->std_ms[(size_t)at * (size_t)d->n_archs + (size_t)j->rows.v[i]] = ll_measure_digits(s.std, 2);
    }
}

static cJSON *record_of(const job *j)
{
    long runs = 0, unsettled = 0;
    int least = LL_MAX_TIMES;
    ll_str version = {0};
    char date[32];
    time_t now = (time_t)ll_wall_s();
    struct tm utc;
    strftime(date, sizeof date, "%Y-%m-%d", gmtime_r(&now, &utc));
    for (int i = 0; i < j->times.n; i++) {
        runs += j->times.count[i];
        if (j->times.count[i] < least) least = j->times.count[i];
        unsettled += !ll_times_spread(&j->times, i).settled;
    }
    j->settings.engine->version(&version);
    cJSON *o = cJSON_CreateObject();
    ll_json_str(o, "device", j->device);
    ll_json_str(o, "engine", ll_str_text(&version));
    ll_json_str(o, "settings", j->note);
    ll_json_str(o, "command", j->rq->line);
    ll_json_str(o, "date", date);
    ll_json_int(o, "weights_seed", LL_NETWORK_SEED);
    ll_json_int(o, "order_seed", ll_int(&j->rq->args, "seed"));
    ll_json_int(o, "architectures", j->times.n);
    ll_json_int(o, "runs", runs);
    ll_json_int(o, "least_runs", least);
    ll_json_int(o, "unsettled", unsettled);
    ll_json_num(o, "control_ms", ll_measure_digits(j->times.usual, 4));
    ll_json_num(o, "repeat_spearman", round(1e4 * ll_times_repeat(&j->times)) / 1e4);
    cJSON_AddItemToObject(o, "machine", ll_machine_describe());
    ll_str_free(&version);
    return o;
}

static ll_status extend(job *j, const cJSON *record, ll_dataset **out)
{
    ll_request *rq = j->rq;
    int at = ll_dataset_device(rq->state.data, j->device);
    ll_dataset *d = ll_dataset_extend(rq->state.data, 0, at < 0);
    if (at < 0) {
        at = d->n_devices - 1;
        ll_device_set(&d->devices[at], j->device, LL_MEASURED, source, "ms", j->hardware, j->note);
    }
    fill_device(j, d, at);
    if (!d->provenance) d->provenance = cJSON_CreateObject();
    cJSON *list = cJSON_GetObjectItem(d->provenance, "measured");
    if (!list) list = ll_json_arr(d->provenance, "measured");
    cJSON_AddItemToArray(list, cJSON_Duplicate(record, true));
    free(d->path); /* not what the folder holds, until it is saved */
    d->path = NULL;
    ll_status s = ll_dataset_seal(d, &rq->error);
    if (s)
        ll_dataset_unref(d);
    else
        *out = d;
    return s;
}

/* To the data folder, as `import into` does: what was measured outlives the session. A dataset that exists only in
 * memory stays there. */
static ll_status save(ll_request *rq, ll_dataset *d, const char *was_at)
{
    int lock = -1;
    if (!ll_bool(&rq->args, "save")) return LL_OK;
    if (!was_at) {
        ll_note(
            rq,
            "%s is not on the disk, so the device belongs to the session; `save` and `export csv` keep it",
            d->name);
        return LL_OK;
    }
    char *to = ll_path_join(ll_app_data_dir(rq->app), d->name);
    ll_status s = ll_folder_lock(ll_app_data_dir(rq->app), rq->observer, &lock, &rq->error);
    if (!s) s = ll_folder_save(d, to, NULL, &rq->error);
    ll_folder_unlock(lock);
    if (!s) {
        d->path = to;
        ll_note(rq, "wrote %s", to);
    } else {
        free(to);
    }
    return s;
}

static void show(job *j, const cJSON *record)
{
    static const ll_column columns[] = {{"device", "device", NULL, -1},
                                        {"kind_of_device", "kind", NULL, -1},
                                        {"settings", "settings", NULL, -1},
                                        {"engine", "engine", NULL, -1},
                                        {"architectures", "architectures", NULL, 0},
                                        {"runs", "timed runs", NULL, 0},
                                        {"unsettled", "unsettled", NULL, 0},
                                        {"repeat_spearman", "agrees with itself", "Spearman", 4},
                                        {"least_s", "least", "s", -1},
                                        {"largest_s", "largest", "s", -1},
                                        {0}};
    cJSON *result = ll_result_new("measure");
    double least = INFINITY, largest = -INFINITY;
    for (int i = 0; i < j->times.n; i++) {
        double ms = ll_times_spread(&j->times, i).median;
        least = fmin(least, ms);
        largest = fmax(largest, ms);
    }
    for (const cJSON *x = record->child; x; x = x->next)
        cJSON_AddItemToObject(result, x->string, cJSON_Duplicate(x, true));
    ll_json_str(result, "kind_of_device", "measured");
    ll_json_ints(result, "rows_measured", j->rows.v, j->rows.n < 1000 ? j->rows.n : 0);
    ll_json_num(result, "least_s", least * 1e-3);
    ll_json_num(result, "largest_s", largest * 1e-3);
    ll_json_num(result, "measuring_s", j->seconds);
    ll_result_columns(result, columns);
    ll_emit(j->rq, result);
    if (j->times.busy)
        ll_warn(j->rq, "in %ld visits another process kept taking the core; those times are not undisturbed",
                j->times.busy);
}

static ll_status finish(job *j)
{
    ll_request *rq = j->rq;
    ll_dataset *d = NULL;
    char *was_at = ll_strdup(rq->state.data->path);
    cJSON *record = record_of(j);
    ll_status s = extend(j, record, &d);
    if (!s) s = save(rq, d, was_at);
    if (!s) {
        show(j, record);
        ll_state_set_data(&rq->state, d, true);
    } else {
        ll_dataset_unref(d);
    }
    cJSON_Delete(record);
    free(was_at);
    return s;
}

/* --- the command -------------------------------------------------------------------------------------------- */

static ll_status list_engines(ll_request *rq)
{
    static const ll_column columns[] = {
        {"engine", "engine", NULL, -1}, {"version", "version", NULL, -1},      {"dtype", "dtype", NULL, -1},
        {"isa", "isa", NULL, -1},       {"here", "on this machine", NULL, -1}, {0}};
    cJSON *result = ll_result_new("engines"), *machine = ll_machine_describe();
    ll_str title = {0};
    ll_str_addf(&title, "%s, %d cores", ll_json_get_str(machine, "cpu", ""),
                ll_json_get_int(machine, "cores", 0));
    ll_json_str(result, "title", ll_str_text(&title));
    cJSON_AddItemToObject(result, "machine", machine);
    ll_result_columns(result, columns);
    cJSON *rows = ll_json_arr(result, "rows");
    const ll_host_engine *engine;
    for (int i = 0; (engine = ll_host_engine_at(i)); i++)
        for (int t = 0; t < 3; t++)
            for (int isa = 0; isa < 4; isa++) {
                ll_host_settings s = {engine, (ll_host_dtype)t, (ll_host_isa)isa, 1, 1, LL_NETWORK_SEED};
                ll_error e = {0};
                ll_status status = engine->check(&s, &e);
                if (status == LL_USAGE) continue; /* never does that */
                ll_str version = {0};
                cJSON *o = ll_json_obj(rows, NULL);
                engine->version(&version);
                ll_json_str(o, "engine", engine->name);
                ll_json_str(o, "version", ll_str_text(&version));
                ll_json_str(o, "dtype", dtype_name(t));
                ll_json_str(o, "isa", isa_name(isa));
                ll_json_str(o, "here", status ? e.message : "yes");
                ll_str_free(&version);
            }
    ll_emit(rq, result);
    ll_str_free(&title);
    return LL_OK;
}

static ll_status check_repeats(ll_request *rq)
{
    const char *text = ll_word(&rq->args, "repeats");
    char *end;
    long n = strtol(text, &end, 10);
    if (!strcmp(text, "auto") || (*text && !*end && n >= 1 && n <= LL_MAX_TIMES)) return LL_OK;
    return LL_FAIL(rq, LL_USAGE, "repeats=%.40s: auto or a number from 1 to %d was expected", text,
                   (int)LL_MAX_TIMES);
}

/* dataset=NAME: the one of that name in the data folder, or a new one without devices. */
static ll_status open_dataset(ll_request *rq)
{
    const char *name = ll_word(&rq->args, "dataset"), *space_name = ll_word(&rq->args, "space");
    const ll_space *space = ll_space_find(space_name);
    if (!space) return LL_FAIL(rq, LL_USAGE, "space=%s: no such space; `spaces` lists them", space_name);
    ll_status s = ll_folder_check_name(name, &rq->error);
    if (s) return s;
    char *path = ll_path_join(ll_app_data_dir(rq->app), name);
    ll_dataset *d = NULL;
    if (ll_is_folder_dataset(path)) {
        s = ll_folder_load(path, &d, &rq->error);
    } else {
        s = ll_draw_dataset(name, space, ll_int(&rq->args, "n"), 0, (uint64_t)ll_int(&rq->args, "seed"), &d,
                            &rq->error);
        if (!s) d->path = ll_strdup(path);
        if (!s) s = ll_dataset_seal(d, &rq->error);
    }
    if (!s)
        ll_state_set_data(&rq->state, d, false);
    else
        ll_dataset_unref(d);
    free(path);
    return s;
}

static ll_status measure_device(job *j)
{
    ll_request *rq = j->rq;
    ll_network network;
    ll_status s = ll_given(&rq->args, "dataset") ? open_dataset(rq) : ll_need_data(rq);
    if (!s && !j->device)
        s = LL_FAIL(rq, LL_USAGE, "device=NAME is missing: what this machine is to be called");
    if (!s) s = ll_folder_check_name(j->device, &rq->error);
    if (!s) s = check_repeats(rq);
    if (!s) s = read_settings(j);
    if (!s && rq->state.data->n_archs)
        s = ll_network_build(rq->state.data->space, ll_gene(rq->state.data, 0), &network, &rq->error);
    if (!s) s = choose_rows(j);
    if (!s) s = check_device(j);
    if (s) return s;
    if (!j->rows.n) {
        ll_note(rq, "device %s has all of these architectures already", j->device);
        return LL_OK;
    }
    gather_genes(j);
    s = find_journal(j);
    if (!s) s = measure(j);
    return s ? s : finish(j);
}

static ll_status run_measure(ll_request *rq)
{
    if (ll_is(&rq->args, "what", "list")) return list_engines(rq);
    job j = {.rq = rq, .device = ll_word(&rq->args, "device")};
    ll_status s = measure_device(&j);
    ll_times_free(&j.times);
    ll_ints_free(&j.rows);
    free(j.genes);
    free(j.note);
    free(j.hardware);
    free(j.journal);
    return s;
}

static const ll_option measure_options[] = {
    {.name = "what",
     .type = LL_CHOICE,
     .choices = "list",
     .positional = true,
     .help = "list: what this machine can do"},
    {.name = "device", .type = LL_WORD, .help = "name of the device that is added, or extended"},
    {.name = "engine",
     .type = LL_CHOICE,
     .otherwise = "onednn",
     .choices = "onednn|blas|reference",
     .help = "what runs the networks"},
    {.name = "dtype",
     .type = LL_CHOICE,
     .otherwise = "f32",
     .choices = "f32|bf16|int8",
     .help = "numbers it computes with"},
    {.name = "isa",
     .type = LL_CHOICE,
     .otherwise = "native",
     .choices = "native|sse41|avx2|avx512",
     .help = "instruction set at most; native: whatever the processor has"},
    {.name = "threads", .type = LL_INT, .otherwise = "1", .lo = 1, .hi = 256, .help = "of the engine"},
    {.name = "batch",
     .type = LL_INT,
     .otherwise = "1",
     .lo = 1,
     .hi = 256,
     .unit = "images",
     .help = "images per run; the latency is that of the batch"},
    {.name = "archs",
     .type = LL_LIST,
     .otherwise = "all",
     .help = "all, samples or suggest (what is picked), random:N, or indices and strings"},
    {.name = "repeats",
     .type = LL_WORD,
     .otherwise = "auto",
     .help = "timed runs of each architecture; auto: 5, up to 15 where they disagree"},
    {.name = "seed",
     .type = LL_INT,
     .otherwise = "1",
     .lo = 0,
     .hi = 2147483647,
     .help = "of the order, and of random:N"},
    {.name = "dataset",
     .type = LL_WORD,
     .help = "measure into this dataset of the data folder; a new one if there is none"},
    {.name = "space",
     .type = LL_WORD,
     .otherwise = "nasbench201",
     .complete = LL_COMPLETE_SPACE,
     .help = "search space of a new dataset"},
    {.name = "n",
     .type = LL_INT,
     .otherwise = "0",
     .lo = 0,
     .hi = 1000000,
     .help = "architectures of a new dataset; 0: all, 2000 where they cannot be listed"},
    {.name = "core",
     .type = LL_INT,
     .lo = 0,
     .hi = 1023,
     .help = "core to run on; otherwise the last one allowed"},
    {.name = "again",
     .type = LL_BOOL,
     .otherwise = "off",
     .help = "drop what an earlier sweep of this device has kept"},
    {.name = "save",
     .type = LL_BOOL,
     .otherwise = "on",
     .help = "write the dataset to the data folder when done"},
    {0}};

const ll_command ll_measure_commands[] = {
    {.name = "measure",
     .group = "data",
     .summary = "Time the networks on this machine: a device of its own",
     .options = measure_options,
     .flags = LL_CMD_CHANGES | LL_CMD_LONG,
     .run = run_measure,
     .help = "Builds each network with seeded random weights and times it in a process of its own, on one "
             "core: warm-up\n"
             "until stable, rounds in random order, runs taken again when another process took the core. The "
             "median is the\n"
             "latency; its standard deviation is kept beside it. Frequency and energy settings are reported, "
             "never changed.\n"
             "\n"
             "Ctrl-C keeps what is measured: the same command goes on from there.",
     .examples = "  measure list\n"
                 "  measure device=mine archs=samples\n"
                 "  measure device=mine archs=random:200 seed=7\n"
                 "  measure device=mine_avx2_int8 isa=avx2 dtype=int8\n"
                 "  measure device=mine_blas engine=blas batch=8 repeats=10\n"
                 "  measure dataset=own space=fbnet n=500 device=mine"},
    {0}};
