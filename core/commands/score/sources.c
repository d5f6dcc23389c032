/* sources: which devices of the dataset to learn from, chosen by what the target's samples say. */
#include "core/commands/score/sources.h"

#include <stdlib.h>

#include "core/app/need.h"
#include "core/base/decimal.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/commands/commands.h"
#include "core/commands/refit.h"
#include "core/device/hardware.h"

ll_source_rule ll_source_rule_of(const ll_values *v)
{
    return (ll_source_rule){ll_int(v, "most"), ll_bool(v, "own")};
}

static const char *name_of(const ll_request *rq, int device)
{
    return rq->state.data->devices[device].name;
}

static void source_row(ll_request *rq, cJSON *rows, const ll_chosen_source *c)
{
    cJSON *row = ll_json_obj(rows, NULL);
    bool told = !isnan(c->on_samples);
    ll_json_str(row, "device", name_of(rq, c->device));
    ll_json_num(row, "likeness", c->likeness);
    ll_json_num(row, "on_samples", c->on_samples);
    ll_json_num(row, "lo", told ? c->lo : NAN);
    ll_json_num(row, "hi", told ? c->hi : NAN);
    ll_json_int(row, "k", c->k);
    ll_json_bool(row, "same_hardware", c->same_hardware);
    ll_json_bool(row, "twin", c->twin);
    ll_json_str(row, "mark", c->same_hardware ? "the same hardware" : c->twin ? "ranks as it does" : "");
}

/* A source that is the target under another name makes every score that follows say little. */
static void warn_of_twins(ll_request *rq, int target, const ll_chosen_source *chosen, int n)
{
    for (int i = 0; i < n; i++)
        if (chosen[i].same_hardware)
            ll_warn(rq, "%s is the same hardware as %s (%s); own=off leaves it out",
                    name_of(rq, chosen[i].device), name_of(rq, target), ll_hardware(rq->state.data, target));
        else if (chosen[i].twin)
            ll_warn(rq, "%s ranks the %d samples as %s does (Spearman %.4f): it may be the same hardware",
                    name_of(rq, chosen[i].device), chosen[i].k, name_of(rq, target),
                    ll_below_one(chosen[i].on_samples, 4));
}

static void emit_chosen(ll_request *rq, int target, const ll_chosen_source *chosen, int n, int candidates)
{
    static const ll_column columns[] = {{"device", "source", NULL, -1},
                                        {"likeness", "likeness", NULL, 3},
                                        {"on_samples", "on the samples", NULL, 3},
                                        {"lo", "from", NULL, 3},
                                        {"hi", "to", NULL, 3},
                                        {"k", "k", NULL, 0},
                                        {"mark", "", NULL, -1},
                                        {0}};
    cJSON *result = ll_result_new("sources");
    ll_str title = {0};
    ll_str_addf(&title, "%d of %d devices as sources for %s, by %d samples", n, candidates,
                name_of(rq, target), rq->state.samples->rows.n);
    ll_json_str(result, "title", title.s);
    ll_str_free(&title);
    ll_json_str(result, "target", name_of(rq, target));
    ll_json_int(result, "candidates", candidates);
    ll_json_ints(result, "samples", rq->state.samples->rows.v, rq->state.samples->rows.n);
    ll_result_columns(result, columns);
    cJSON *rows = ll_json_arr(result, "rows");
    for (int i = 0; i < n; i++) source_row(rq, rows, &chosen[i]);
    ll_result_note(result,
                   "Spearman with a 90 %% interval; likeness is that, drawn towards how alike a device is to "
                   "the others. They are the sources of the task now: pretrain, then transfer %s",
                   name_of(rq, target));
    ll_emit(rq, result);
    warn_of_twins(rq, target, chosen, n);
}

static void set_task(ll_request *rq, int target, const ll_chosen_source *chosen, int n)
{
    ll_ints source = {0}, targets = ll_ints_copy(&target, 1);
    for (int i = 0; i < n; i++) ll_ints_add(&source, chosen[i].device);
    ll_state_set_task(&rq->state, ll_task_new("sources auto", rq->state.data, &source, &targets));
    ll_ints_free(&source);
    ll_ints_free(&targets);
}

static ll_status choose(ll_request *rq, int target, const ll_ints *candidates, const ll_source_rule *rule)
{
    ll_corr among;
    ll_status s = ll_correlate(rq->state.data, candidates->v, candidates->n, LL_SPEARMAN, rq->pool,
                               rq->observer, &among, &rq->error);
    if (s) return s;
    const ll_ints *rows = &rq->state.samples->rows;
    ll_chosen_source *chosen = LL_NEW_ARRAY(ll_chosen_source, rule->most);
    int n = ll_choose_sources(rq->state.data, &among, target, rows->v, rows->n, rule, chosen);
    emit_chosen(rq, target, chosen, n, candidates->n);
    set_task(rq, target, chosen, n);
    free(chosen);
    ll_corr_free(&among);
    return LL_OK;
}

static ll_status run_sources(ll_request *rq)
{
    int target;
    ll_source_rule rule = ll_source_rule_of(&rq->args);
    ll_status s = ll_need_data(rq);
    if (!s) s = ll_need_device(rq, "device", &target);
    if (!s) s = ll_need_samples(rq, target);
    if (s) return s;
    ll_ints candidates = ll_source_candidates(rq->state.data, target, &rule);
    s = candidates.n ? choose(rq, target, &candidates, &rule)
                     : LL_FAIL(rq, LL_FAILED,
                               "%s has no other device to learn from: `load NAME join=OTHER` or an "
                               "import brings more",
                               rq->state.data->name);
    ll_ints_free(&candidates);
    return s;
}

static const ll_option sources_options[] = {
    LL_OPT_CHOICE("how", NULL, "auto", "auto: the most alike, as far as the samples tell", LL_REQUIRED),
    LL_OPT_WORD("device", NULL, "the target; absent: the only target of the task", LL_POSITIONAL,
                LL_OF(DEVICE)),
    LL_OPT_INT("k", "10", 1, 1e6, "draw so many anew", .unit = "samples"),
    LL_OPT_WORD("sampler", "random", "how they are drawn", LL_OF(SAMPLER)),
    LL_OPT_REAL("seed", "1", 0, 9007199254740992, "of the draw"),
    LL_OPT_SOURCE_RULE,
    {0},
};

const ll_command ll_sources_commands[] = {
    {.name = "sources",
     .group = "partition",
     .summary = "Choose source devices for a target by its samples, from all of the dataset",
     .options = sources_options,
     .flags = LL_CMD_CHANGES | LL_CMD_LONG,
     .run = run_sources,
     .help =
         "Nothing of the target but the samples is looked at: those picked before, or a new draw. A device's "
         "likeness is\n"
         "its Spearman correlation with the target on them, drawn towards what it has with the other devices "
         "on "
         "average,\n"
         "the more so the fewer samples there are. The most alike become the sources of the task; one that "
         "ranks "
         "as another\n"
         "chosen one does waits until nothing else is left. `score` and `compare` do the same in every trial "
         "with "
         "sources=auto.",
     .examples = "  sources auto pixel2 k=10\n  sources auto mine most=15 own=off"},
    {0},
};
