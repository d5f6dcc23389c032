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
#include "core/base/rng.h"
#include "core/num/stats.h"
#include "data/chosen.h"
#include "data/folder.h"
#include "data/host/machine.h"
#include "data/host/sweep.h"
#include "data/host/worker.h"
#include "data/measure.h"
#include "data/simulate.h"

static const char *const source = "latlab measure";
enum { DIGITS = 5, LEAST_CHECKED = 5 }; /* of a latency; architectures that a rank correlation takes */

double ll_measure_digits(double x, int digits)
{
    char text[40];
    snprintf(text, sizeof text, "%.*e", digits - 1, x);
    return strtod(text, NULL);
}

/* Architectures to measure, and what came of it. */
typedef struct pass {
    ll_ints rows; /* of the dataset */
    ll_times times;
} pass;

/* One run of the command. */
typedef struct job {
    ll_request *rq;
    const char *device;
    ll_host_settings settings;
    char *note; /* the settings as text: what makes two devices the same */
    char *hardware;
    pass first, again; /* again: some of them a second time, for check= */
    double repeat;     /* Spearman of the second time with the first; NaN: not asked for */
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
        j->first.rows = ll_ints_range(rq->state.data->n_archs);
        return LL_OK;
    }
    if (!strcmp(archs, "suggest")) archs = "samples"; /* what the device has of them is left out below */
    return ll_chosen_archs(j->rq, archs, (uint64_t)ll_int(&rq->args, "seed"), &j->first.rows);
}

/* Of what the device has or is about to have, in random order. */
static void choose_rows_again(job *j)
{
    const ll_dataset *d = j->rq->state.data;
    int at = ll_dataset_device(d, j->device), wanted = ll_int(&j->rq->args, "check");
    if (!wanted) return;
    ll_ints known = ll_ints_copy(j->first.rows.v, j->first.rows.n);
    for (int i = 0; i < d->n_archs && at >= 0; i++)
        if (ll_known(d, at, i)) ll_ints_add(&known, i);
    ll_rng r = ll_rng_new((uint64_t)ll_int(&j->rq->args, "seed"), LL_STREAM_SAMPLES);
    ll_rng_shuffle(&r, known.v, known.n);
    j->again.rows = ll_ints_copy(known.v, known.n < wanted ? known.n : wanted);
    ll_ints_free(&known);
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
    for (int i = j->first.rows.n - 1; i >= 0; i--)
        if (ll_known(d, at, j->first.rows.v[i])) ll_ints_remove(&j->first.rows, i);
    return LL_OK;
}

static uint8_t *genes_of(const ll_dataset *d, const ll_ints *rows) /* (rows.n, positions) */
{
    size_t positions = (size_t)d->space->n_positions;
    uint8_t *genes = LL_NEW_ARRAY(uint8_t, (size_t)rows->n * positions + 1);
    for (int i = 0; i < rows->n; i++)
        memcpy(genes + (size_t)i * positions, ll_gene(d, rows->v[i]), positions);
    return genes;
}

/* --- measuring ---------------------------------------------------------------------------------------------- */

static ll_status find_journal(const job *j, const char *suffix, char **journal)
{
    char *state = ll_xdg_dir(LL_XDG_STATE), *dir = ll_path_join(state, "measure");
    ll_str name = {0};
    ll_status s = ll_make_dirs(dir, &j->rq->error);
    ll_str_addf(&name, "%s-%s%s.runs", j->rq->state.data->space->name, j->device, suffix);
    *journal = ll_path_join(dir, ll_str_text(&name));
    if (!s && ll_bool(&j->rq->args, "again") && ll_is_file(*journal)) unlink(*journal);
    ll_str_free(&name);
    free(dir);
    free(state);
    return s;
}

static void say_stopped(const job *j, const ll_times *t, const char *journal)
{
    int complete = 0;
    for (int i = 0; i < t->n; i++) complete += t->count[i] > 0;
    ll_note(j->rq,
            "stopped: %d of %d architectures have times, kept in %s; the same command goes on from there",
            complete, t->n, journal);
}

/* `seed`: of the order, another one for the second time. */
static ll_status sweep(const job *j, pass *p, const char *journal, uint64_t seed)
{
    ll_request *rq = j->rq;
    ll_str identity = {0};
    ll_str_addf(&identity, "latlab measure: space=%s %s on %s", rq->state.data->space->name, j->note,
                j->hardware);
    uint8_t *genes = genes_of(rq->state.data, &p->rows);
    ll_sweep sweep = {.settings = j->settings,
                      .space = rq->state.data->space,
                      .genes = genes,
                      .n = p->rows.n,
                      .repeats =
                          ll_is(&rq->args, "repeats", "auto") ? 0 : atoi(ll_word(&rq->args, "repeats")),
                      .order_seed = seed,
                      .core = ll_given(&rq->args, "core") ? ll_int(&rq->args, "core") : ll_worker_core(),
                      .journal = journal,
                      .identity = ll_str_text(&identity),
                      .observer = rq->observer};
    ll_status s = ll_sweep_run(&sweep, &p->times, &rq->error);
    if (s == LL_CANCELLED) say_stopped(j, &p->times, journal);
    ll_str_free(&identity);
    free(genes);
    return s;
}

static ll_status measure_pass(job *j, pass *p, const char *suffix, uint64_t more_seed)
{
    char *journal = NULL;
    if (!p->rows.n) return LL_OK;
    ll_status s = find_journal(j, suffix, &journal);
    if (!s) s = sweep(j, p, journal, (uint64_t)ll_int(&j->rq->args, "seed") + more_seed);
    free(journal);
    return s;
}

static ll_status measure(job *j)
{
    double begun = ll_now_s();
    ll_status s = measure_pass(j, &j->first, "", 0);
    if (!s) s = measure_pass(j, &j->again, ".check", 1);
    j->seconds = ll_now_s() - begun;
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
    for (int i = 0; i < j->first.rows.n; i++) {
        ll_spread s = ll_times_spread(&j->first.times, i);
        int row = j->first.rows.v[i];
        ll_latencies(d, at)[row] = ll_measure_digits(s.median, DIGITS);
        d->std_ms[(size_t)at * (size_t)d->n_archs + (size_t)row] = ll_measure_digits(s.std, 2);
    }
}

/* How the second measurement ranks the architectures that both have. */
static double repeat_of(const job *j, const ll_dataset *d, int at)
{
    int n = j->again.rows.n;
    double *once = LL_NEW_ARRAY(double, n + 1), *twice = LL_NEW_ARRAY(double, n + 1);
    for (int i = 0; i < n; i++) {
        once[i] = ll_latencies(d, at)[j->again.rows.v[i]];
        twice[i] = ll_times_spread(&j->again.times, i).median;
    }
    double r = n >= LEAST_CHECKED ? round(1e4 * ll_spearman(once, twice, n)) / 1e4 : NAN;
    free(once);
    free(twice);
    return r;
}

static void record_runs(cJSON *o, const ll_times *t)
{
    long runs = 0, unsettled = 0;
    int least = t->n ? LL_MAX_TIMES : 0;
    for (int i = 0; i < t->n; i++) {
        runs += t->count[i];
        if (t->count[i] < least) least = t->count[i];
        unsettled += !ll_times_spread(t, i).settled;
    }
    ll_json_int(o, "architectures", t->n);
    ll_json_int(o, "runs", runs);
    ll_json_int(o, "least_runs", least);
    ll_json_int(o, "unsettled", unsettled);
    ll_json_num(o, "control_ms", t->n ? ll_measure_digits(t->usual, 4) : NAN);
    ll_json_num(o, "halves_spearman", round(1e4 * ll_times_repeat(t)) / 1e4);
}

static cJSON *record_of(const job *j)
{
    ll_str version = {0};
    char date[32];
    time_t now = (time_t)ll_wall_s();
    struct tm utc;
    strftime(date, sizeof date, "%Y-%m-%d", gmtime_r(&now, &utc));
    j->settings.engine->version(&version);
    cJSON *o = cJSON_CreateObject();
    ll_json_str(o, "device", j->device);
    ll_json_str(o, "engine", ll_str_text(&version));
    ll_json_str(o, "settings", j->note);
    ll_json_str(o, "command", j->rq->line);
    ll_json_str(o, "date", date);
    ll_json_int(o, "weights_seed", LL_NETWORK_SEED);
    ll_json_int(o, "order_seed", ll_int(&j->rq->args, "seed"));
    record_runs(o, &j->first.times);
    if (j->again.rows.n) {
        ll_json_int(o, "checked", j->again.rows.n);
        ll_json_num(o, "repeat_spearman", j->repeat);
    }
    cJSON_AddItemToObject(o, "machine", ll_machine_describe());
    ll_str_free(&version);
    return o;
}

/* The dataset with the device as it is now. */
static ll_status extend(job *j, cJSON **record, ll_dataset **out)
{
    ll_request *rq = j->rq;
    int at = ll_dataset_device(rq->state.data, j->device);
    ll_dataset *d = ll_dataset_extend(rq->state.data, 0, at < 0);
    if (at < 0) {
        at = d->n_devices - 1;
        ll_device_set(&d->devices[at], j->device, LL_MEASURED, source, "ms", j->hardware, j->note);
    }
    fill_device(j, d, at);
    j->repeat = repeat_of(j, d, at);
    if (j->again.rows.n) d->devices[at].repeat = j->repeat;
    *record = record_of(j);
    if (!d->provenance) d->provenance = cJSON_CreateObject();
    cJSON_AddItemToArray(ll_json_list(d->provenance, "measured"), cJSON_Duplicate(*record, true));
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
                                        {"halves_spearman", "halves agree", "Spearman", 4},
                                        {"checked", "measured again", NULL, 0},
                                        {"repeat_spearman", "the same again", "Spearman", 4},
                                        {"least_s", "least", "s", -1},
                                        {"largest_s", "largest", "s", -1},
                                        {0}};
    cJSON *result = ll_result_new("measure");
    double least = INFINITY, largest = -INFINITY;
    const ll_times *t = &j->first.times;
    for (int i = 0; i < t->n; i++) {
        double ms = ll_times_spread(t, i).median;
        least = fmin(least, ms);
        largest = fmax(largest, ms);
    }
    for (const cJSON *x = record->child; x; x = x->next)
        cJSON_AddItemToObject(result, x->string, cJSON_Duplicate(x, true));
    ll_json_str(result, "kind_of_device", "measured");
    ll_json_ints(result, "rows_measured", j->first.rows.v, j->first.rows.n < 1000 ? j->first.rows.n : 0);
    ll_json_num(result, "least_s", t->n ? least * 1e-3 : NAN);
    ll_json_num(result, "largest_s", t->n ? largest * 1e-3 : NAN);
    ll_json_num(result, "measuring_s", j->seconds);
    ll_result_columns(result, columns);
    ll_emit(j->rq, result);
    if (t->busy)
        ll_warn(j->rq, "in %ld visits another process kept taking the core; those times are not undisturbed",
                t->busy);
}

static ll_status finish(job *j)
{
    ll_request *rq = j->rq;
    ll_dataset *d = NULL;
    char *was_at = ll_strdup(rq->state.data->path);
    cJSON *record = NULL;
    ll_status s = extend(j, &record, &d);
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
    choose_rows_again(j);
    if (!j->first.rows.n) ll_note(rq, "device %s has all of these architectures already", j->device);
    if (!j->first.rows.n && !j->again.rows.n) return LL_OK;
    s = measure(j);
    return s ? s : finish(j);
}

static void free_pass(pass *p)
{
    ll_times_free(&p->times);
    ll_ints_free(&p->rows);
}

static ll_status run_measure(ll_request *rq)
{
    if (ll_is(&rq->args, "what", "list")) return ll_measure_list_engines(rq);
    job j = {.rq = rq, .device = ll_word(&rq->args, "device"), .repeat = NAN};
    ll_status s = measure_device(&j);
    free_pass(&j.first);
    free_pass(&j.again);
    free(j.note);
    free(j.hardware);
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
    {.name = "check",
     .type = LL_INT,
     .otherwise = "0",
     .lo = 0,
     .hi = 1000000,
     .unit = "architectures",
     .help = "measured a second time, afterwards: how far the device agrees with itself"},
    {.name = "seed",
     .type = LL_INT,
     .otherwise = "1",
     .lo = 0,
     .hi = 2147483646,
     .help = "of the order, of random:N and of check"},
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
