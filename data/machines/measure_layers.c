/* measure layers: every distinct layer of a space alone, as a table of layer costs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/app/output.h"
#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/costs/costs_file.h"
#include "data/machines/host/sweep.h"
#include "data/machines/layer_space.h"
#include "data/machines/measure.h"
#include "data/machines/place.h"

enum { DIGITS = 5 };

typedef struct job {
    ll_request *rq;
    ll_place place;
    ll_host_settings settings;
    const ll_space *space;
    ll_layer_space *layers;
    char *note, *out;
    ll_times times;    /* of the units, and behind them of the network that does nothing */
    double nothing_ms; /* what that takes */
    int unsettled;
    long runs;
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

static ll_status set_up(job *j)
{
    ll_request *rq = j->rq;
    const char *out = ll_word(&rq->args, "out");
    if (!out)
        return LL_FAIL(rq, LL_USAGE, "out=FILE.csv is missing: the table of layer costs that is written");
    ll_status s = ll_measure_check_repeats(rq);
    if (!s) s = find_space(j);
    ll_measure_settings(rq, &j->settings, &j->note);
    if (!s && j->settings.simplified)
        s = LL_FAIL(rq, LL_USAGE, "execution=simplified: there is nothing to simplify in a layer alone");
    if (!s && j->settings.dtype != LL_HOST_F32)
        s = LL_FAIL(rq, LL_USAGE,
                    "layers are timed in f32: what a layer of fewer bits reads depends on what comes before");
    if (!s) s = ll_output_new(rq, out, &j->out);
    if (!s) s = ll_layer_space_new(j->space, rq->observer, &j->layers, &rq->error);
    return s ? s : ll_place_open(rq, &j->settings, &j->place);
}

/* What the indices of the journal mean. */
static void add_identity(const job *j, ll_str *out)
{
    ll_hash h = ll_hash_bytes("", 0);
    for (int i = 0; i < j->layers->n; i++)
        h = ll_hash_more(&h, &j->layers->units[i].part, sizeof j->layers->units[i].part);
    ll_str_addf(out, "latlab measure: %d layers (%.16s) of space=%s %s on %s", j->layers->n, h.hex,
                j->space->name, j->note, j->place.hardware);
}

static void say_stopped(const job *j, const char *journal)
{
    int known = 0;
    for (int i = 0; i < j->times.n; i++) known += j->times.count[i] > 0;
    ll_note(j->rq, "stopped: %d of %d layers have times, kept in %s; the same command goes on from there",
            known, j->times.n, journal);
}

static ll_status sweep(job *j, const char *journal)
{
    ll_request *rq = j->rq;
    ll_str identity = {0};
    int n = j->layers->n + 1;
    uint8_t control[LL_UNIT_WIDTH], *genes = LL_NEW_ARRAY(uint8_t, (size_t)n * LL_UNIT_WIDTH);
    for (int i = 0; i < n; i++) ll_layer_space_gene(i, genes + (size_t)i * LL_UNIT_WIDTH);
    ll_layer_space_gene(j->layers->control, control);
    add_identity(j, &identity);
    ll_sweep sweep = {.settings = j->settings,
                      .space = &j->layers->space,
                      .genes = genes,
                      .control = control,
                      .n = n,
                      .repeats = ll_measure_repeats(rq),
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

/* Less what a call that does nothing takes; the spreads of both add up. */
static ll_status add_row(job *j, int i, const ll_spread *nothing, ll_costs *c)
{
    ll_spread s = ll_times_spread(&j->times, i);
    double ms = fmax(0, s.median - nothing->median), std = hypot(s.std, nothing->std);
    j->unsettled += !s.settled;
    j->runs += j->times.count[i];
    ll_cost_row row = {j->layers->units[i].part, ll_measure_digits(ms, DIGITS), ll_measure_digits(std, 2),
                       j->times.count[i]};
    return ll_costs_add(c, &row, &j->rq->error);
}

static void add_remark(const job *j, ll_str *out)
{
    ll_str version = {0};
    char date[32];
    time_t now = (time_t)ll_wall_s();
    struct tm utc;
    strftime(date, sizeof date, "%Y-%m-%d", gmtime_r(&now, &utc));
    ll_place_version(&j->place, &j->settings, &version);
    ll_str_addf(out, "latlab measure layers space=%s: %s (%s) on %s, %s; %.3g us a call are subtracted",
                j->space->name, j->note, ll_str_text(&version), j->place.hardware, date, 1e3 * j->nothing_ms);
    ll_str_free(&version);
}

static ll_status write_table(job *j)
{
    ll_costs *c = ll_costs_new(NULL);
    ll_str remark = {0};
    ll_spread nothing = ll_times_spread(&j->times, j->layers->empty);
    ll_status s = LL_OK;
    j->nothing_ms = nothing.median;
    for (int i = 0; i < j->layers->n && !s; i++) s = add_row(j, i, &nothing, c);
    ll_costs_seal(c, NULL);
    add_remark(j, &remark);
    if (!s) s = ll_costs_write_csv(c, ll_str_text(&remark), j->out, &j->rq->error);
    ll_str_free(&remark);
    ll_costs_unref(c);
    return s;
}

static void show(const job *j)
{
    static const ll_column columns[] = {{"space", "search space", NULL, -1},
                                        {"settings", "settings", NULL, -1},
                                        {"engine", "engine", NULL, -1},
                                        {"layers", "layers", NULL, 0},
                                        {"runs", "timed runs", NULL, 0},
                                        {"unsettled", "unsettled", NULL, 0},
                                        {"nothing_us", "subtracted", "us a call", 2},
                                        {"file", "table", NULL, -1},
                                        {0}};
    ll_request *rq = j->rq;
    ll_str version = {0};
    cJSON *result = ll_result_new("measure_layers");
    ll_place_version(&j->place, &j->settings, &version);
    ll_json_str(result, "space", j->space->name);
    ll_json_str(result, "settings", j->note);
    ll_json_str(result, "engine", ll_str_text(&version));
    ll_json_int(result, "layers", j->layers->n);
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
    if (!s) s = sweep(j, journal);
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
    ll_place_close(&j.place);
    ll_layer_space_free(j.layers);
    free(j.note);
    free(j.out);
    return s;
}
