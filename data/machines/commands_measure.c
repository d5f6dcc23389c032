/* measure: this machine as a device of the dataset. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/app/app.h"
#include "core/app/go_on.h"
#include "core/app/need.h"
#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/stats.h"
#include "data/commands/chosen.h"
#include "data/commands/commands.h"
#include "data/datasets/folder_change.h"
#include "data/importers/csv.h"
#include "data/importers/draw.h"
#include "data/importers/import.h"
#include "data/machines/host/sweep.h"
#include "data/machines/measure.h"
#include "data/machines/place.h"
#include "data/machines/simulate.h"

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
    char *to;   /* folder that is written at the end, or NULL */
    char *note; /* the settings as text: what makes two devices the same */
    ll_place place;
    cJSON *before, *after; /* clock and temperature */
    pass first, again;     /* again: some of them a second time, for check= */
    double repeat;         /* Spearman of the second time with the first; NaN: not asked for */
    double seconds;
    cJSON *record; /* how it was measured */
    bool met;      /* another process has changed the dataset on the disk meanwhile */
} job;

/* --- settings ----------------------------------------------------------------------------------------------- */

static ll_status read_settings(job *j)
{
    ll_status s = ll_place_open(j->rq, &j->place);
    return s ? s : ll_measure_settings(j->rq, &j->place, &j->settings, &j->note);
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

/* A device of that name must be of these settings. */
static ll_status check_device(const job *j, const ll_dataset *d, ll_error *e)
{
    int at = ll_dataset_device(d, j->device);
    if (at < 0) return LL_OK;
    const ll_device *v = &d->devices[at];
    if (v->kind != LL_MEASURED || strcmp(v->source, source) || !v->note || strcmp(v->note, j->note))
        return ll_fail(
            e, LL_USAGE,
            "device %s is in %s already, with other settings (%s: %s); these are %s: choose another name",
            j->device, d->name, v->source, v->note ? v->note : "none stated", j->note);
    if (!v->hardware || strcmp(v->hardware, j->place.hardware))
        return ll_fail(e, LL_USAGE, "device %s was measured on %s, this is %s: choose another name",
                       j->device, v->hardware ? v->hardware : "another machine", j->place.hardware);
    return LL_OK;
}

/* What the device has already is not measured again. */
static void drop_known(job *j)
{
    const ll_dataset *d = j->rq->state.data;
    int at = ll_dataset_device(d, j->device);
    for (int i = j->first.rows.n - 1; i >= 0 && at >= 0; i--)
        if (ll_known(d, at, j->first.rows.v[i])) ll_ints_remove(&j->first.rows, i);
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
    ll_str name = {0};
    ll_str_addf(&name, "%s-%s%s", j->rq->state.data->space->name, j->device, suffix);
    ll_status s = ll_measure_journal(j->rq, ll_str_text(&name), journal);
    ll_str_free(&name);
    return s;
}

static void say_stopped(const job *j, const ll_times *t, const char *journal)
{
    int complete = 0;
    for (int i = 0; i < t->n; i++) complete += t->count[i] > 0;
    ll_note(j->rq, "stopped: %d of %d %s have times, kept in %s; the same command goes on from there",
            complete, t->n, ll_noun(t->n, "architecture", "architectures"), journal);
}

/* `seed`: of the order, another one for the second time. */
static ll_status sweep(const job *j, pass *p, const char *journal, uint64_t seed)
{
    ll_request *rq = j->rq;
    ll_str identity = {0};
    ll_str_addf(&identity, "latlab measure: space=%s %s on %s", rq->state.data->space->name, j->note,
                j->place.hardware);
    uint8_t *genes = genes_of(rq->state.data, &p->rows);
    ll_sweep sweep = {.settings = j->settings,
                      .space = rq->state.data->space,
                      .genes = genes,
                      .n = p->rows.n,
                      .repeats = ll_measure_repeats(rq),
                      .stable = ll_bool(&rq->args, "stable"),
                      .order_seed = seed,
                      .core = ll_measure_core(rq, &j->place),
                      .elsewhere = ll_remote_elsewhere(j->place.remote),
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
    int core = ll_measure_core(j->rq, &j->place);
    j->before = ll_place_state(&j->place, core);
    ll_status s = measure_pass(j, &j->first, "", 0);
    if (!s) s = measure_pass(j, &j->again, ".check", 1);
    j->seconds = ll_now_s() - begun;
    j->after = ll_place_state(&j->place, core);
    return s;
}

/* --- the device --------------------------------------------------------------------------------------------- */

/* The latency that `d` has for a row of the loaded dataset, else the one just measured; NaN: neither. */
static double once_ms(const job *j, const ll_dataset *d, int row)
{
    int at = ll_dataset_device(d, j->device), there = ll_dataset_row(d, ll_gene(j->rq->state.data, row));
    if (at >= 0 && there >= 0 && ll_known(d, at, there)) return ll_latencies(d, at)[there];
    int i = ll_ints_find(&j->first.rows, row);
    return i < 0 ? NAN : ll_measure_digits(ll_times_spread(&j->first.times, i).median, DIGITS);
}

/* How the second measurement ranks the architectures that both have. */
static double repeat_of(const job *j, const ll_dataset *d)
{
    int n = 0;
    double *once = LL_NEW_ARRAY(double, j->again.rows.n + 1),
           *twice = LL_NEW_ARRAY(double, j->again.rows.n + 1);
    for (int i = 0; i < j->again.rows.n; i++) {
        double ms = once_ms(j, d, j->again.rows.v[i]);
        if (isnan(ms)) continue;
        once[n] = ms;
        twice[n++] = ll_times_spread(&j->again.times, i).median;
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
    if (t->stable) ll_measure_record_stable(o, t);
}

/* A machine may tell nothing of it. */
static void record_state(cJSON *o, const char *when, const cJSON *state)
{
    if (state && state->child) cJSON_AddItemToObject(o, when, cJSON_Duplicate(state, true));
}

static cJSON *record_of(const job *j)
{
    ll_str version = {0};
    char date[32];
    time_t now = (time_t)ll_wall_s();
    struct tm utc;
    strftime(date, sizeof date, "%Y-%m-%d", gmtime_r(&now, &utc));
    ll_place_version(&j->place, &j->settings, &version);
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
    cJSON_AddItemToObject(o, "machine", ll_place_describe(&j->place));
    record_state(o, "before", j->before);
    record_state(o, "after", j->after);
    ll_str_free(&version);
    return o;
}

/* What was measured as a dataset of one device; what `d` has of it by now is left out. */
static ll_status measured_alone(const job *j, const ll_dataset *d, ll_dataset **out, ll_error *e)
{
    const ll_ints *rows = &j->first.rows;
    ll_dataset *m = ll_dataset_new(d->name, d->space, rows->n, 1);
    size_t positions = (size_t)d->space->n_positions;
    int at = ll_dataset_device(d, j->device);
    ll_device_set(&m->devices[0], j->device, LL_MEASURED, source, "ms", j->place.hardware, j->note);
    m->std_ms = LL_NEW_ARRAY(double, rows->n + 1);
    for (int i = 0; i < rows->n; i++) {
        const uint8_t *gene = ll_gene(j->rq->state.data, rows->v[i]);
        int there = ll_dataset_row(d, gene);
        bool known = at >= 0 && there >= 0 && ll_known(d, at, there);
        ll_spread s = ll_times_spread(&j->first.times, i);
        memcpy(m->archs->genes + (size_t)i * positions, gene, positions);
        ll_latencies(m, 0)[i] = known ? NAN : ll_measure_digits(s.median, DIGITS);
        m->std_ms[i] = known ? NAN : ll_measure_digits(s.std, 2);
    }
    m->provenance = cJSON_CreateObject();
    cJSON_AddItemToArray(ll_json_list(m->provenance, "measured"), cJSON_Duplicate(j->record, true));
    ll_status s = ll_dataset_seal(m, e);
    if (s)
        ll_dataset_unref(m);
    else
        *out = m;
    return s;
}

static ll_status add_device(job *j, const ll_dataset *d, ll_dataset **out, ll_error *e)
{
    ll_dataset *m = NULL, *both = NULL;
    ll_status s = check_device(j, d, e);
    if (s) return s;
    j->repeat = repeat_of(j, d);
    cJSON_Delete(j->record);
    j->record = record_of(j);
    s = measured_alone(j, d, &m, e);
    if (!s) s = ll_import_join(d, m, false, &both, NULL, e);
    ll_dataset_unref(m);
    if (!s && j->again.rows.n) both->devices[ll_dataset_device(both, j->device)].repeat = j->repeat;
    if (!s) s = ll_dataset_seal(both, e);
    if (s)
        ll_dataset_unref(both);
    else
        *out = both;
    return s;
}

/* The dataset as the folder is to hold it: what is there by now, with the device. */
static ll_status extend(void *ctx, const ll_dataset *there, ll_dataset **out, ll_error *e)
{
    job *j = ctx;
    const ll_dataset *loaded = j->rq->state.data;
    j->met = there && strcmp(there->hash.hex, loaded->hash.hex) != 0;
    if (j->met && !ll_change_extends(j->to, there, loaded))
        return ll_fail(
            e, LL_FAILED,
            "%s is another dataset than the one measured, which cannot be changed where it is; the "
            "times are kept: the same command with save=off gives the device to the session",
            j->to);
    return add_device(j, there ? there : loaded, out, e);
}

/* What was measured outlives the session. A dataset that exists only in memory stays there. */
static ll_status save(job *j, ll_dataset **out)
{
    ll_request *rq = j->rq;
    if (!j->to) {
        if (ll_bool(&rq->args, "save"))
            ll_note(rq,
                    "%s is not on the disk, so the device belongs to the session; `save` and `export csv` "
                    "keep it",
                    rq->state.data->name);
        return add_device(j, rq->state.data, out, &rq->error);
    }
    ll_change change = {.how = LL_CHANGE_JOIN,
                        .to = j->to,
                        .from = ll_is_folder_dataset(rq->state.data->path) ? rq->state.data->path : NULL,
                        .make = extend,
                        .ctx = j,
                        .observer = rq->observer};
    ll_status s = ll_folder_change(&change, out, NULL, &rq->error);
    if (s) return s;
    if (j->met)
        ll_note(rq, "%s was changed by another process meanwhile; what it holds by now is kept and loaded",
                j->to);
    ll_note(rq, "wrote %s", j->to);
    return LL_OK;
}

static void show(const job *j)
{
    static const ll_column columns[] = {{"device", "device", NULL, -1},
                                        {"kind_of_device", "kind", NULL, -1},
                                        {"settings", "settings", NULL, -1},
                                        {"engine", "engine", NULL, -1},
                                        {"architectures", "architectures", NULL, 0},
                                        {"runs", "timed runs", NULL, 0},
                                        {"unsettled", "unsettled", NULL, 0},
                                        {"halves_spearman", "halves agree", "Spearman", 4},
                                        {"interval_percent", "intervals", "+-%", 2},
                                        {"calm_percent", "calm runs", "%", 0},
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
    for (const cJSON *x = j->record->child; x; x = x->next)
        cJSON_AddItemToObject(result, x->string, cJSON_Duplicate(x, true));
    ll_json_str(result, "kind_of_device", "measured");
    ll_json_ints(result, "rows_measured", j->first.rows.v, j->first.rows.n < 1000 ? j->first.rows.n : 0);
    ll_json_num(result, "least_s", t->n ? least * 1e-3 : NAN);
    ll_json_num(result, "largest_s", t->n ? largest * 1e-3 : NAN);
    ll_json_num(result, "measuring_s", j->seconds);
    ll_result_columns(result, columns);
    ll_emit(j->rq, result);
    if (t->stable && t->n) ll_measure_say_stable(j->rq, &j->place, t);
    if (t->busy)
        ll_warn(j->rq, "in %ld visits another process kept taking the core; those times are not undisturbed",
                t->busy);
}

static ll_status finish(job *j)
{
    ll_dataset *d = NULL;
    ll_status s = save(j, &d);
    if (s) return s;
    show(j);
    ll_go_on_with(j->rq, d, ll_dataset_continues(d, j->rq->state.data));
    return LL_OK;
}

/* --- the command -------------------------------------------------------------------------------------------- */

/* dataset=NAME: the one of that name in the data folder, or a new one without devices. */
/* A dataset that is there is taken as it is: what was asked of a new one must not be silently something else. */
static ll_status check_known_dataset(ll_request *rq, const ll_dataset *d, const ll_space *space)
{
    if (ll_given(&rq->args, "space") && d->space != space)
        return LL_FAIL(rq, LL_USAGE, "%s is of space %s, not of %s", d->name, d->space->name, space->name);
    if (ll_given(&rq->args, "n") && ll_int(&rq->args, "n") != d->n_archs)
        ll_warn(rq,
                "%s is there already, with %d %s: n=%d is not looked at; `measure dataset=` under "
                "another "
                "name draws anew",
                d->name, d->n_archs, ll_noun(d->n_archs, "architecture", "architectures"),
                ll_int(&rq->args, "n"));
    return LL_OK;
}

static ll_status open_dataset(ll_request *rq)
{
    const char *name = ll_word(&rq->args, "dataset"), *space_name = ll_word(&rq->args, "space");
    const ll_space *space;
    ll_status s = ll_space_open(space_name, &space, &rq->error);
    if (!s) s = ll_folder_check_name(name, &rq->error);
    if (s) return s;
    char *path = ll_path_join(ll_app_data_dir(rq->app), name);
    ll_dataset *d = NULL;
    s = ll_owned_check(path, &ll_folder_kind, &rq->error);
    if (!s && ll_is_folder_dataset(path)) {
        s = ll_folder_load(path, &d, &rq->error);
        if (!s) s = check_known_dataset(rq, d, space);
    } else if (!s) {
        s = ll_draw_dataset(name, space, ll_int(&rq->args, "n"), 0, (uint64_t)ll_int(&rq->args, "seed"), NULL,
                            &d, &rq->error);
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

/* Known before anything is measured, so that nothing is in the way when hours have gone into it. */
static ll_status choose_place(job *j)
{
    const char *path = j->rq->state.data->path;
    if (!path || !ll_bool(&j->rq->args, "save")) return LL_OK;
    return ll_data_home(j->rq->app, path, &j->to, &j->rq->error);
}

static ll_status check_device_name(ll_request *rq, const char *name)
{
    if (!name) return LL_FAIL(rq, LL_USAGE, "device=NAME is missing: what this machine is to be called");
    if (ll_is_plain_name(name)) return ll_table_check_device(name, &rq->error);
    return LL_FAIL(rq, LL_USAGE, "\"%.100s\" cannot name a device: use letters, digits, '.', '_' and '-'",
                   name);
}

static ll_status measure_device(job *j)
{
    ll_request *rq = j->rq;
    ll_network network;
    ll_status s = ll_given(&rq->args, "dataset") ? open_dataset(rq) : ll_need_data(rq);
    if (!s) s = check_device_name(rq, j->device);
    if (!s) s = ll_measure_check_repeats(rq);
    if (!s) s = read_settings(j);
    if (!s && rq->state.data->n_archs)
        s = ll_network_build(rq->state.data->space, ll_gene(rq->state.data, 0), &network, &rq->error);
    if (!s) s = choose_rows(j);
    if (!s) s = check_device(j, rq->state.data, &rq->error);
    if (!s) s = choose_place(j);
    if (s) return s;
    drop_known(j);
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
    if (ll_is(&rq->args, "what", "layers")) return ll_measure_layers(rq);
    job j = {.rq = rq, .device = ll_word(&rq->args, "device"), .repeat = NAN};
    ll_status s = measure_device(&j);
    free_pass(&j.first);
    free_pass(&j.again);
    cJSON_Delete(j.record);
    free(j.to);
    free(j.note);
    ll_place_close(&j.place);
    cJSON_Delete(j.before);
    cJSON_Delete(j.after);
    return s;
}

const ll_command ll_measure_commands[] = {
    {.name = "measure",
     .group = "data",
     .summary = "Time the networks on this machine: a device of its own",
     .options = ll_measure_options,
     .flags = LL_CMD_CHANGES | LL_CMD_LONG,
     .run = run_measure,
     .help =
         "Builds each network with seeded random weights and times it in a process of its own, on one "
         "core: warm-up\n"
         "until stable, rounds in random order, runs taken again when another process took the core. The "
         "median is the\n"
         "latency; its standard deviation is kept beside it. Frequency and energy settings are reported, "
         "never changed.\n"
         "\n"
         "Ctrl-C keeps what is measured: the same command goes on from there.\n"
         "\n"
         "stable=on takes more time so that two runs agree: the machine is warmed up until settled, waited "
         "for where it is\n"
         "slow, and each network timed until the interval of its median is narrow; intervals and the "
         "clock are reported.\n"
         "\n"
         "execution=simplified leaves out of a network what runtimes that simplify graphs leave out, and "
         "computes the\n"
         "same: what the result does not need, copies, zeros, what is there twice; what the image does "
         "not reach "
         "is\n"
         "computed beforehand.\n"
         "\n"
         "via= measures on another machine, a board or a phone: a program that needs nothing there is "
         "sent once, "
         "checks its\n"
         "numbers against plain C, and its times come back one by one. The device is that machine's: "
         "processor, clock and\n"
         "temperature stand in the record. A connection that breaks loses nothing. via= is \"ssh "
         "USER@HOST\", "
         "\"adb shell\",\n"
         "\"docker exec -i NAME\", or the name of a line \"NAME = COMMAND\" in ~/.config/latlab/hosts; "
         "keys must "
         "be known and\n"
         "nothing may ask for a password.\n"
         "\n"
         "`layers` times every distinct layer of a space alone, as a network of one layer in f32, beside "
         "a control "
         "network;\n"
         "what a call that does nothing takes is subtracted and stated. out= is a table of layer costs: "
         "`import lut` "
         "makes a\n"
         "device of its sums, `export lut FILE.yaml` the table that Once-for-All reads.",
     .examples = "  measure list\n"
                 "  measure device=mine archs=samples\n"
                 "  measure device=mine archs=random:200 seed=7\n"
                 "  measure device=mine archs=random:200 stable=on\n"
                 "  measure device=mine_avx2_int8 isa=avx2 dtype=int8\n"
                 "  measure device=mine_simple execution=simplified\n"
                 "  measure device=mine_blas engine=blas batch=8 repeats=10\n"
                 "  measure device=pi via=\"ssh pi@raspberrypi\" archs=suggest\n"
                 "  measure dataset=own space=fbnet n=500 device=mine\n"
                 "  measure layers space=fbnet out=layers.csv"},
    {0}};
