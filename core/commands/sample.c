/* sample: draw the architectures to measure, or pick them by hand. */
#include <stdlib.h>
#include <string.h>

#include "core/app/need.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/commands/arch_fields.h"
#include "core/commands/commands.h"
#include "core/commands/refit.h"

static const ll_column sample_columns[] = {{"row", "row", NULL, 0},
                                           {"arch", "architecture", NULL, -1},
                                           {"mmacs", "MMACs", NULL, 2},
                                           {"lat_ms", "measured", "ms", 4},
                                           {0}};

static void add_rows(cJSON *result, const ll_dataset *d, int device, const ll_samples *s)
{
    cJSON *rows = ll_json_arr(result, "rows");
    ll_arch_fields fields = ll_arch_fields_of(d->space, d);
    for (int i = 0; s && i < s->rows.n; i++) {
        cJSON *row = ll_json_obj(rows, NULL);
        ll_arch_fields_json(&fields, ll_gene(d, s->rows.v[i]), row);
        if (device >= 0) ll_json_num(row, "lat_ms", ll_latencies(d, device)[s->rows.v[i]]);
    }
    ll_arch_fields_free(&fields);
}

static void emit_samples(ll_request *rq)
{
    const ll_samples *s = rq->state.samples;
    const ll_dataset *d = rq->state.data;
    cJSON *result = ll_result_new("sample");
    int n = s ? s->rows.n : 0, device = s && s->device ? ll_dataset_device(d, s->device) : -1;
    ll_str title = {0};
    ll_str_addf(&title, "%d %s of %s", n, n == 1 ? "sample" : "samples", d->name);
    if (n && strcmp(s->sampler, "manual")) ll_str_addf(&title, ", drawn by %s", s->sampler);
    ll_json_str(result, "title", ll_str_text(&title));
    ll_str_free(&title);
    ll_json_int(result, "k", n);
    ll_json_str(result, "sampler", s ? s->sampler : NULL);
    ll_json_num(result, "seed", s ? (double)s->seed : NAN);
    ll_json_str(result, "device", s ? s->device : NULL);
    ll_json_ints(result, "samples", s ? s->rows.v : NULL, n);
    ll_result_columns(result, sample_columns);
    add_rows(result, d, device, s);
    ll_emit(rq, result);
}

static ll_status draw(ll_request *rq)
{
    int device = -1;
    ll_status s = LL_OK;
    if (!ll_given(&rq->args, "k"))
        return LL_FAIL(rq, LL_USAGE,
                       "how many? `sample k=20` draws 20 architectures, `sample add ROW` picks one");
    if (ll_has(&rq->args, "device")) s = ll_need_device(rq, "device", &device);
    if (!s)
        s = ll_draw(rq, device, ll_word(&rq->args, "sampler"), ll_int(&rq->args, "k"),
                    (uint64_t)ll_real(&rq->args, "seed"), LL_PROTOCOL_FULL, ll_word(&rq->args, "encoding"));
    return s;
}

/* The rows named on the command line. */
static ll_status named_rows(ll_request *rq, ll_ints *rows)
{
    ll_strs names = {0};
    ll_status s = LL_OK;
    ll_list(&rq->args, "archs", &names);
    if (!names.n) s = LL_FAIL(rq, LL_USAGE, "which architecture? give its row or its string");
    if (!s) s = ll_dataset_find_archs(rq->state.data, &names, rows, &rq->error);
    ll_strs_free(&names);
    return s;
}

static void replace_rows(ll_request *rq, const ll_ints *rows)
{
    const ll_samples *old = rq->state.samples;
    ll_samples *now =
        ll_samples_new(rows->v, rows->n, "manual", old ? old->device : NULL, old ? old->seed : 0);
    ll_state_set_samples(&rq->state, now);
}

static ll_status change_by_hand(ll_request *rq, bool add)
{
    ll_ints named = {0}, rows = {0};
    ll_status s = named_rows(rq, &named);
    if (rq->state.samples) rows = ll_ints_copy(rq->state.samples->rows.v, rq->state.samples->rows.n);
    for (int i = 0; i < named.n && !s; i++) {
        int at = ll_ints_find(&rows, named.v[i]);
        if (add && at < 0)
            ll_ints_add(&rows, named.v[i]);
        else if (!add && at >= 0)
            ll_ints_remove(&rows, at);
        else
            ll_note(rq, "architecture %d is %s", named.v[i], add ? "a sample already" : "no sample");
    }
    if (!s) replace_rows(rq, &rows);
    ll_ints_free(&named);
    ll_ints_free(&rows);
    return s ? s : ll_refit_live(rq);
}

static ll_status run_sample(ll_request *rq)
{
    const char *action = ll_word(&rq->args, "action");
    ll_status s = ll_need_data(rq);
    if (s) return s;
    if (!strcmp(action, "draw"))
        s = draw(rq);
    else if (!strcmp(action, "add") || !strcmp(action, "remove"))
        s = change_by_hand(rq, !strcmp(action, "add"));
    else if (!strcmp(action, "clear"))
        ll_state_set_samples(&rq->state, NULL);
    if (!s) emit_samples(rq);
    return s;
}

static const ll_option sample_options[] = {
    LL_OPT_CHOICE("action", "draw", "draw|add|remove|clear|show", "draw with a sampler, or pick by hand",
                  LL_POSITIONAL),
    LL_OPT_LIST("archs", NULL, "for add and remove: rows or strings", LL_REST),
    LL_OPT_INT("k", NULL, 1, 1e6, "how many architectures to draw"),
    LL_OPT_WORD("sampler", "random", "how they are chosen; auto: by optimal design", LL_OF(SAMPLER)),
    LL_OPT_WORD(
        "encoding", NULL,
        "vectors that kmeans, cosine and maxmin work on (`encodings` lists them); as sampler=kmeans:graf",
        LL_OF(ENCODING)),
    LL_OPT_INT("seed", "1", 0, 0, "of the draw"),
    LL_OPT_WORD("device", NULL, "draw only among architectures measured on this device", LL_OF(DEVICE)),
    {0},
};

const ll_command ll_sample_commands[] = {
    {.name = "sample",
     .alias = "s",
     .group = "sample",
     .summary = "Choose the few architectures to measure on the target",
     .options = sample_options,
     .flags = LL_CMD_CHANGES | LL_CMD_LONG,
     .run = run_sample,
     .help = "Without an action it draws k architectures. add and remove pick by hand; when the latest "
             "transfer is by a\n"
             "predictor that re-fits in milliseconds (gp), its predictions and scores follow at once.",
     .examples = "  sample k=20 sampler=random seed=1\n  sample k=10 sampler=dopt\n  sample add 1462\n  "
                 "sample remove 1462\n"
                 "  sample show"},
    {0},
};
