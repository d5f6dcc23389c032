/* measure layers: every distinct layer of a space alone, as a table of layer costs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/output.h"
#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/costs/costs_file.h"
#include "data/machines/host/sweep.h"
#include "data/machines/layer_choice.h"
#include "data/machines/measure.h"
#include "data/machines/place.h"

enum { DIGITS = 5 };

typedef struct job {
    ll_request *rq;
    ll_place place;
    ll_host_settings settings;
    const ll_space *space;
    ll_layer_space *layers;
    ll_layer_choice choice; /* of them */
    double wrong;           /* share of the chosen that the forests of the others miss; NaN: not asked */
    char *note, *out;
    ll_times times;    /* of the units, and behind them of the network that does nothing */
    double like_ms;    /* of the control network beside the device that the table is to be like; NaN: none */
    double nothing_ms; /* what that takes */
    int unsettled, negative;
    long runs;
    ll_costs *costs; /* what came of it */
    ll_str unclear;  /* kinds behind one another of which the times do not tell */
} job;

static ll_status find_space(job *j)
{
    ll_request *rq = j->rq;
    if (!ll_given(&rq->args, "space") && rq->state.data) {
        j->space = rq->state.data->space;
        return LL_OK;
    }
    return ll_space_open(ll_word(&rq->args, "space"), &j->space, &rq->error);
}

/* What is known of how this device was measured; NULL: nothing. */
static const cJSON *record_of(const ll_dataset *d, const char *device)
{
    const cJSON *record, *list = d ? cJSON_GetObjectItemCaseSensitive(d->provenance, "measured") : NULL;
    cJSON_ArrayForEach(record,
                       list) if (!strcmp(ll_json_get_str(record, "device", ""), device)) return record;
    return NULL;
}

/* A machine's speed moves between sweeps, by more than what a table is off; both have timed the same control network. */
static ll_status find_level(job *j)
{
    ll_request *rq = j->rq;
    const char *like = ll_word(&rq->args, "like");
    j->like_ms = NAN;
    if (!like) return LL_OK;
    const cJSON *record = record_of(rq->state.data, like);
    if (!record || ll_dataset_device(rq->state.data, like) < 0)
        return LL_FAIL(rq, LL_USAGE, "like=%s: no device of the loaded dataset that `measure` has measured",
                       like);
    const char *settings = ll_json_get_str(record, "settings", "");
    if (strcmp(settings, j->note) != 0 || rq->state.data->space != j->space)
        return LL_FAIL(rq, LL_USAGE, "like=%s: it was measured with %s in %s, the layers are with %s in %s",
                       like, settings, rq->state.data->space->name, j->note, j->space->name);
    j->like_ms = ll_json_get_num(record, "control_ms", NAN);
    if (j->like_ms > 0) return LL_OK;
    return LL_FAIL(rq, LL_FAILED, "like=%s: its dataset does not say what the control network took", like);
}

static ll_status check_machine(job *j)
{
    if (isnan(j->like_ms)) return LL_OK;
    const char *like = ll_word(&j->rq->args, "like");
    const ll_dataset *d = j->rq->state.data;
    const char *hardware = d->devices[ll_dataset_device(d, like)].hardware;
    if (hardware && !strcmp(hardware, j->place.hardware)) return LL_OK;
    return LL_FAIL(j->rq, LL_USAGE, "like=%s: it was measured on %s, this is %s", like,
                   hardware ? hardware : "another machine", j->place.hardware);
}

static ll_status set_up(job *j)
{
    ll_request *rq = j->rq;
    const char *out = ll_word(&rq->args, "out");
    if (!out)
        return LL_FAIL(rq, LL_USAGE, "out=FILE.csv is missing: the table of layer costs that is written");
    ll_status s = ll_measure_check_repeats(rq);
    if (!s) s = find_space(j);
    ll_measure_settings(rq, &j->settings, &j->note);
    j->settings.warm_input = true; /* within a network it has just been made */
    if (!s && j->settings.simplified)
        s = LL_FAIL(rq, LL_USAGE, "execution=simplified: there is nothing to simplify in a layer alone");
    if (!s && j->settings.dtype != LL_HOST_F32)
        s = LL_FAIL(rq, LL_USAGE,
                    "layers are timed in f32: what a layer of fewer bits reads depends on what comes before");
    if (!s) s = find_level(j);
    if (!s) s = ll_output_new(rq, out, &j->out);
    if (!s) s = ll_layer_space_new(j->space, rq->observer, &j->layers, &rq->error);
    if (!s) s = ll_place_open(rq, &j->settings, &j->place);
    return s ? s : check_machine(j);
}

/* What the indices of the journal mean. */
static void add_identity(const job *j, ll_str *out)
{
    const ll_layer_space *l = j->layers;
    ll_hash h = ll_hash_bytes("", 0);
    for (int i = 0; i < l->n; i++) h = ll_hash_more(&h, &l->units[i].part, sizeof l->units[i].part);
    for (int i = l->n; i < l->n + l->n_pairs; i++)
        h = ll_hash_more(&h, &l->units[i].before, 2 * sizeof l->units[i].before);
    ll_str_addf(out,
                "latlab measure: %d layers and %d pairs (%.16s), input in the cache, of space=%s %s on %s",
                l->n, l->n_pairs, h.hex, j->space->name, j->note, j->place.hardware);
}

static void say_stopped(const job *j, const char *journal)
{
    int known = 0, asked = 0;
    for (int i = 0; i < j->times.n; i++) {
        known += j->times.count[i] > 0;
        asked += j->choice.chosen[i];
    }
    ll_note(j->rq,
            "stopped: %d of %d layers and pairs have times, kept in %s; the same command goes on from there",
            known, asked, journal);
}

static ll_status sweep(job *j, const char *journal)
{
    ll_request *rq = j->rq;
    ll_str identity = {0};
    int n = j->layers->empty + 1;
    ll_times_free(&j->times);
    uint8_t control[LL_UNIT_WIDTH], *genes = LL_NEW_ARRAY(uint8_t, (size_t)n * LL_UNIT_WIDTH);
    for (int i = 0; i < n; i++) ll_layer_space_gene(i, genes + (size_t)i * LL_UNIT_WIDTH);
    ll_layer_space_gene(j->layers->control, control);
    add_identity(j, &identity);
    ll_sweep sweep = {.settings = j->settings,
                      .space = &j->layers->space,
                      .genes = genes,
                      .control = control,
                      .n = n,
                      .only = j->choice.chosen,
                      .repeats = ll_measure_repeats(rq),
                      .stable = ll_bool(&rq->args, "stable"),
                      .order_seed = (uint64_t)ll_int(&rq->args, "seed"),
                      .core = ll_measure_core(rq, &j->place),
                      .elsewhere = ll_remote_elsewhere(j->place.remote),
                      .journal = journal,
                      .identity = ll_str_text(&identity),
                      .observer = rq->observer};
    ll_status s = ll_sweep_run(&sweep, &j->times, &rq->error);
    if (s == LL_CANCELLED) say_stopped(j, journal);
    ll_str_free(&identity);
    free(genes);
    return s;
}

/* What times of this sweep are multiplied by. */
static double level(const job *j)
{
    return isnan(j->like_ms) ? 1 : j->like_ms / j->times.usual;
}

/* Less what a call that does nothing takes; the spreads of both add up. A layer that takes less than nothing is too small
 * for this clock: it costs 0, and is counted. */
static ll_status add_row(job *j, int i, const ll_spread *nothing, ll_costs *c)
{
    ll_spread s = ll_times_spread(&j->times, i);
    double ms = level(j) * fmax(0, s.median - nothing->median), std = level(j) * hypot(s.std, nothing->std);
    j->negative += s.median < nothing->median;
    j->unsettled += !s.settled;
    j->runs += j->times.count[i];
    ll_cost_row row = {j->layers->units[i].part, ll_measure_digits(ms, DIGITS), ll_measure_digits(std, 2),
                       j->times.count[i]};
    return ll_costs_add(c, &row, &j->rq->error);
}

static void add_remark(const job *j, ll_str *out)
{
    ll_str version = {0};
    char date[LL_DATE_SIZE];
    ll_place_version(&j->place, &j->settings, &version);
    ll_str_addf(out,
                "latlab measure layers space=%s: %s (%s) on %s, %s; %.3g us a call are subtracted, the "
                "control network takes %.4g ms",
                j->space->name, j->note, ll_str_text(&version), j->place.hardware,
                ll_utc_text("%Y-%m-%d", date), 1e3 * j->nothing_ms, j->times.usual);
    if (!isnan(j->like_ms))
        ll_str_addf(out, " here and %.4g ms beside %s, whose speed these costs are at", j->like_ms,
                    ll_word(&j->rq->args, "like"));
    ll_str_free(&version);
}

/* Which kinds this engine does as one. The error of a median is 1.2533 that of a mean, for normal noise. */
static ll_status add_fusions(job *j, const ll_spread *nothing, ll_costs *c)
{
    ll_fusion found[LL_KERNELS * LL_KERNELS];
    int n_units = j->layers->n + j->layers->n_pairs;
    double *ms = LL_NEW_ARRAY(double, n_units + 1), *error_ms = LL_NEW_ARRAY(double, n_units + 1);
    for (int i = 0; i < n_units; i++) {
        ll_spread s = ll_times_spread(&j->times, i);
        ms[i] = s.median - nothing->median;
        error_ms[i] = 1.2533 * s.std / sqrt(j->times.count[i]); /* one run: not known, and says nothing */
    }
    int n = ll_layer_space_fusions(j->layers, ms, error_ms, found, &j->unclear);
    free(ms);
    free(error_ms);
    ll_status s = LL_OK;
    for (int i = 0; i < n && !s; i++) {
        found[i].gain = ll_measure_digits(found[i].gain, 3);
        s = ll_costs_add_fusion(c, &found[i], &j->rq->error);
    }
    return s;
}

/* Of the layers that are chosen. */
static ll_status make_table(job *j)
{
    ll_costs_unref(j->costs);
    ll_str_free(&j->unclear);
    ll_costs *c = j->costs = ll_costs_new(NULL);
    ll_spread nothing = ll_times_spread(&j->times, j->layers->empty);
    ll_status s = LL_OK;
    j->nothing_ms = nothing.median;
    j->runs = j->unsettled = j->negative = 0;
    for (int i = 0; i < j->layers->n && !s; i++)
        if (j->choice.chosen[i]) s = add_row(j, i, &nothing, c);
    if (!s) s = add_fusions(j, &nothing, c);
    ll_costs_seal(c, NULL);
    return s;
}

/* Until the budget is spent, or what was timed tells what the rest takes. */
static ll_status time_layers(job *j, const char *journal)
{
    const ll_values *v = &j->rq->args;
    ll_status s;
    ll_layer_choice_begin(j->layers, ll_int(v, "budget"), (uint64_t)ll_int(v, "seed"), &j->choice);
    do {
        s = sweep(j, journal);
        if (!s) s = make_table(j);
    } while (!s && ll_layer_choice_more(j->layers, j->costs, j->rq->observer, &j->choice, &j->wrong));
    if (!s && ll_cancelled(j->rq->observer)) s = ll_fail(&j->rq->error, LL_CANCELLED, "cancelled");
    return s;
}

static ll_status write_table(job *j)
{
    ll_str remark = {0};
    ll_status s = LL_OK;
    add_remark(j, &remark);
    if (!s) s = ll_costs_write_csv(j->costs, ll_str_text(&remark), j->out, &j->rq->error);
    ll_str_free(&remark);
    return s;
}

static void say_fusions(const job *j)
{
    ll_str fuses = {0}, not = {0};
    for (int i = 0; i < j->costs->n_fusions; i++) {
        const ll_fusion *f = &j->costs->fusions[i];
        ll_str *to = ll_fusion_fuses(f) ? &fuses : &not ;
        if (to->len) ll_str_add(to, ", ");
        ll_fusion_text(f, to);
        ll_str_addf(to, " (%.2f)", f->gain);
    }
    if (j->costs->n_fusions)
        ll_note(j->rq, "done as one, with the share of the cheaper that is saved: %s; not: %s",
                fuses.len ? fuses.s : "none", not .len ? not .s : "none");
    ll_str_free(&fuses);
    ll_str_free(&not );
}

static void show(const job *j)
{
    static const ll_column columns[] = {
        {"space", "search space", NULL, -1}, {"settings", "settings", NULL, -1},
        {"engine", "engine", NULL, -1},      {"layers", "layers", NULL, 0},
        {"pairs", "pairs", NULL, 0},         {"runs", "timed runs", NULL, 0},
        {"unsettled", "unsettled", NULL, 0}, {"nothing_us", "subtracted", "us a call", 2},
        {"file", "table", NULL, -1},         {0}};
    ll_request *rq = j->rq;
    ll_str version = {0};
    cJSON *result = ll_result_new("measure_layers");
    ll_place_version(&j->place, &j->settings, &version);
    ll_json_str(result, "space", j->space->name);
    ll_json_str(result, "settings", j->note);
    ll_json_str(result, "engine", ll_str_text(&version));
    ll_json_int(result, "layers", j->choice.n);
    ll_json_int(result, "of_layers", j->layers->n);
    ll_json_num(result, "missed_percent", round(1000 * j->wrong) / 10);
    ll_json_int(result, "pairs", j->layers->n_pairs);
    ll_json_int(result, "runs", j->runs);
    ll_json_int(result, "unsettled", j->unsettled);
    ll_json_num(result, "nothing_us", 1e3 * j->nothing_ms);
    ll_json_str(result, "file", j->out);
    cJSON_AddItemToObject(result, "machine", ll_place_describe(&j->place));
    ll_result_columns(result, columns);
    ll_emit(rq, result);
    ll_str_free(&version);
    if (j->layers->drawn)
        ll_note(
            rq,
            "%s cannot be listed: these are the layers of architectures that were drawn until they brought "
            "nothing new",
            j->space->name);
    say_fusions(j);
    if (j->times.stable) ll_measure_say_stable(rq, &j->place, &j->times);
    if (j->negative)
        ll_warn(rq, "%d %s took less than a call that does nothing, which is subtracted: 0 in the table",
                j->negative, ll_noun(j->negative, "layer", "layers"));
    if (j->times.busy)
        ll_warn(rq, "in %ld visits another process kept taking the core; those times are not undisturbed",
                j->times.busy);
    ll_note(rq, "`import lut %s as NAME space=%s` makes a device of its sums", j->out, j->space->name);
}

static ll_status measure(job *j)
{
    char *journal = NULL;
    ll_str name = {0};
    ll_str_addf(&name, "%s-layers-%.12s", j->space->name, ll_hash_bytes(j->note, strlen(j->note)).hex);
    ll_status s = ll_measure_journal(j->rq, ll_str_text(&name), &journal);
    if (!s) s = time_layers(j, journal);
    if (!s) s = write_table(j);
    ll_str_free(&name);
    free(journal);
    return s;
}

ll_status ll_measure_layers(ll_request *rq)
{
    job j = {.rq = rq};
    rq->unchanged = true;
    ll_status s = set_up(&j);
    if (!s) s = measure(&j);
    if (!s) show(&j);
    ll_times_free(&j.times);
    ll_layer_choice_free(&j.choice);
    ll_place_close(&j.place);
    ll_layer_space_free(j.layers);
    ll_costs_unref(j.costs);
    ll_str_free(&j.unclear);
    free(j.note);
    free(j.out);
    return s;
}
