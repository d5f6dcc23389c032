#include <math.h>

#include "core/base/clock.h"
#include "core/base/text/json.h"
#include "data/machines/measure.h"
#include "data/machines/measure_job.h"

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

cJSON *ll_measure_record(const ll_measure_job *j)
{
    ll_str version = {0};
    char date[LL_DATE_SIZE];
    ll_place_version(&j->place, &j->settings, &version);
    cJSON *o = cJSON_CreateObject();
    ll_json_str(o, "device", j->device);
    ll_json_str(o, "engine", ll_str_text(&version));
    ll_json_str(o, "settings", j->note);
    ll_json_str(o, "command", j->rq->line);
    ll_json_str(o, "date", ll_utc_text("%Y-%m-%d", date));
    ll_json_int(o, "weights_seed", LL_NETWORK_SEED);
    ll_json_int(o, "order_seed", ll_int(&j->rq->args, "seed"));
    record_runs(o, &j->first.times);
    if (j->again.rows.n) {
        ll_json_int(o, "checked", j->again.rows.n);
        ll_json_num(o, "repeat_spearman", j->repeat);
    }
    if (j->tasks) cJSON_AddItemToObject(o, "tasks", cJSON_Duplicate(j->tasks, true));
    cJSON_AddItemToObject(o, "machine", ll_place_describe(&j->place));
    record_state(o, "before", j->before);
    record_state(o, "after", j->after);
    ll_str_free(&version);
    return o;
}
