/* measure: this machine as a device of the dataset. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/app.h"
#include "core/app/go_on.h"
#include "core/app/need.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/num/stats.h"
#include "data/commands/chosen.h"
#include "data/commands/commands.h"
#include "data/datasets/folder_change.h"
#include "data/importers/csv.h"
#include "data/importers/draw.h"
#include "data/importers/import.h"
#include "data/machines/host/sweep.h"
#include "data/machines/measure.h"
#include "data/machines/measure_job.h"
#include "data/machines/measure_parts.h"
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

/* --- which architectures ------------------------------------------------------------------------------------ */

static ll_status choose_rows(ll_measure_job *j)
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
static void choose_rows_again(ll_measure_job *j)
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

/* A device of that name must be of these settings and of this machine, once it is known which one that is. */
static ll_status check_device(const ll_measure_job *j, const ll_dataset *d, ll_error *e)
{
    int at = ll_dataset_device(d, j->device);
    if (at < 0) return LL_OK;
    const ll_device *v = &d->devices[at];
    if (v->kind != LL_MEASURED || strcmp(v->source, source) || !v->note || strcmp(v->note, j->note))
        return ll_fail(
            e, LL_USAGE,
            "device %s is in %s already, with other settings (%s: %s); these are %s: choose another name",
            j->device, d->name, v->source, v->note ? v->note : "none stated", j->note);
    if (j->place.hardware && (!v->hardware || strcmp(v->hardware, j->place.hardware)))
        return ll_fail(e, LL_USAGE, "device %s was measured on %s, this is %s: choose another name",
                       j->device, v->hardware ? v->hardware : "another machine", j->place.hardware);
    return LL_OK;
}

/* What the device has already is not measured again. */
static void drop_known(ll_measure_job *j)
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

static ll_status find_journal(const ll_measure_job *j, const char *suffix, char **journal)
{
    ll_str name = {0};
    ll_str_addf(&name, "%s-%s%s", j->rq->state.data->space->name, j->device, suffix);
    ll_status s = ll_measure_journal(j->rq, ll_str_text(&name), journal);
    ll_str_free(&name);
    return s;
}

static void say_stopped(const ll_measure_job *j, const ll_times *t, const char *journal)
{
    int complete = 0;
    for (int i = 0; i < t->n; i++) complete += t->count[i] > 0;
    ll_note(j->rq, "stopped: %d of %d %s have times, kept in %s; the same command goes on from there",
            complete, t->n, ll_noun(t->n, "architecture", "architectures"), journal);
}

/* `seed`: of the order, another one for the second time. */
static ll_status sweep(const ll_measure_job *j, ll_measure_pass *p, const char *journal, uint64_t seed)
{
    ll_request *rq = j->rq;
    ll_str identity = {0};
    ll_measure_identity(rq, rq->state.data->space, &identity);
    ll_str_add(&identity, j->place.hardware);
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

static ll_status measure_pass(ll_measure_job *j, ll_measure_pass *p, const char *suffix, uint64_t more_seed)
{
    char *journal = NULL;
    if (!p->rows.n) return LL_OK;
    ll_status s = find_journal(j, suffix, &journal);
    if (!s) s = sweep(j, p, journal, (uint64_t)ll_int(&j->rq->args, "seed") + more_seed);
    free(journal);
    return s;
}

static ll_status measure(ll_measure_job *j)
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
static double once_ms(const ll_measure_job *j, const ll_dataset *d, int row)
{
    int at = ll_dataset_device(d, j->device), there = ll_dataset_row(d, ll_gene(j->rq->state.data, row));
    if (at >= 0 && there >= 0 && ll_known(d, at, there)) return ll_latencies(d, at)[there];
    int i = ll_ints_find(&j->first.rows, row);
    return i < 0 ? NAN : ll_measure_digits(ll_times_spread(&j->first.times, i).median, DIGITS);
}

/* How the second measurement ranks the architectures that both have. */
static double repeat_of(const ll_measure_job *j, const ll_dataset *d)
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

/* What was measured as a dataset of one device; what `d` has of it by now is left out. */
static ll_status measured_alone(const ll_measure_job *j, const ll_dataset *d, ll_dataset **out, ll_error *e)
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

static ll_status add_device(ll_measure_job *j, const ll_dataset *d, ll_dataset **out, ll_error *e)
{
    ll_dataset *m = NULL, *both = NULL;
    ll_status s = check_device(j, d, e);
    if (s) return s;
    j->repeat = repeat_of(j, d);
    cJSON_Delete(j->record);
    j->record = ll_measure_record(j);
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
    ll_measure_job *j = ctx;
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
static ll_status save(ll_measure_job *j, ll_dataset **out)
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

static void show(const ll_measure_job *j)
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

static ll_status finish(ll_measure_job *j)
{
    ll_dataset *d = NULL;
    ll_status s = save(j, &d);
    if (s) return s;
    show(j);
    ll_go_on_with(j->rq, d, ll_dataset_continues(d, j->rq->state.data));
    return LL_OK;
}

/* --- the command -------------------------------------------------------------------------------------------- */

/* Known before anything is measured, so that nothing is in the way when hours have gone into it. */
static ll_status choose_place(ll_measure_job *j)
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

/* Everything that can be known without the machine. */
static ll_status choose(ll_measure_job *j)
{
    ll_request *rq = j->rq;
    ll_network network;
    ll_status s = ll_given(&rq->args, "dataset") ? ll_measure_open_dataset(rq) : ll_need_data(rq);
    if (!s) s = check_device_name(rq, j->device);
    if (!s) s = ll_measure_check_repeats(rq);
    ll_measure_settings(rq, &j->settings, &j->note);
    if (!s && rq->state.data->n_archs)
        s = ll_network_build(rq->state.data->space, ll_gene(rq->state.data, 0), &network, &rq->error);
    if (!s) s = choose_rows(j);
    if (!s) s = check_device(j, rq->state.data, &rq->error);
    if (!s) s = choose_place(j);
    if (!s) drop_known(j);
    return s;
}

static ll_status measure_device(ll_measure_job *j)
{
    ll_request *rq = j->rq;
    ll_status s = choose(j);
    if (!s) s = ll_place_open(rq, &j->settings, &j->place); /* connects: nothing else may be wrong by now */
    if (!s) s = check_device(j, rq->state.data, &rq->error);
    if (s) return s;
    choose_rows_again(j);
    if (!j->first.rows.n) ll_note(rq, "device %s has all of these architectures already", j->device);
    if (!j->first.rows.n && !j->again.rows.n) return LL_OK;
    s = measure(j);
    return s ? s : finish(j);
}

static void free_pass(ll_measure_pass *p)
{
    ll_times_free(&p->times);
    ll_ints_free(&p->rows);
}

static void free_job(ll_measure_job *j)
{
    free_pass(&j->first);
    free_pass(&j->again);
    cJSON_Delete(j->record);
    free(j->to);
    free(j->note);
    ll_place_close(&j->place);
    cJSON_Delete(j->before);
    cJSON_Delete(j->after);
}

static ll_status run_measure(ll_request *rq)
{
    if (ll_is(&rq->args, "what", "list")) return ll_measure_list_engines(rq);
    if (ll_is(&rq->args, "what", "layers")) return ll_measure_layers(rq);
    ll_measure_job j = {.rq = rq, .device = ll_word(&rq->args, "device"), .repeat = NAN};
    ll_status s = measure_device(&j);
    free_job(&j);
    return s;
}

ll_status ll_measure_choose(ll_request *rq, ll_ints *rows)
{
    ll_measure_job j = {.rq = rq, .device = ll_word(&rq->args, "device"), .repeat = NAN};
    ll_status s = choose(&j);
    *rows = ll_ints_copy(j.first.rows.v, s ? 0 : j.first.rows.n);
    free_job(&j);
    return s;
}

/* What the device has already must be what was measured. */
static ll_status check_known(const ll_measure_job *j, const ll_measured_parts *m)
{
    const ll_dataset *d = j->rq->state.data;
    int at = ll_dataset_device(d, j->device);
    for (int i = 0; i < m->rows.n && at >= 0; i++) {
        double had = ll_known(d, at, m->rows.v[i]) ? ll_latencies(d, at)[m->rows.v[i]] : NAN,
               ms = ll_times_spread(&m->times, i).median;
        if (fabs(had - ms) > 1e-3 * had)
            return LL_FAIL(j->rq, LL_BAD_DATA,
                           "%s: row %d of %s is %g ms there, %g ms is what was measured: nothing is merged",
                           j->device, m->rows.v[i], d->name, had, ll_measure_digits(ms, DIGITS));
    }
    return LL_OK;
}

/* Its rows that the device lacks become the job's. */
static void take_measured(ll_measure_job *j, ll_measured_parts *m)
{
    j->first = (ll_measure_pass){m->rows, m->times};
    m->rows = (ll_ints){0};
    m->times = (ll_times){0};
}

ll_status ll_measure_merge(ll_request *rq, ll_measured_parts *m, int *fresh)
{
    ll_measure_job j = {.rq = rq, .device = ll_word(&rq->args, "device"), .repeat = NAN, .tasks = m->tasks};
    const ll_dataset *d = rq->state.data;
    int at = ll_dataset_device(d, j.device);
    j.place = (ll_place){.hardware = ll_strdup(m->hardware), .told = cJSON_Duplicate(m->told, true)};
    ll_measure_settings(rq, &j.settings, &j.note);
    ll_status s = check_device(&j, d, &rq->error);
    if (!s) s = choose_place(&j);
    if (!s) s = check_known(&j, m);
    *fresh = 0;
    for (int i = 0; i < m->rows.n && !s; i++) *fresh += at < 0 || !ll_known(d, at, m->rows.v[i]);
    if (!s && *fresh) {
        take_measured(&j, m);
        s = finish(&j);
    }
    free_job(&j);
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
         "device of its sums, `export lut FILE.yaml` the table that Once-for-All reads. What a layer reads "
         "is in "
         "the cache, as\n"
         "behind the layer that made it; like=DEVICE states costs at the speed that device was measured at.",
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
