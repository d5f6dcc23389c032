/* sweep plan FILE COMMAND ...: what is to be computed, as a file. */
#include <stdlib.h>

#include "core/app/output.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "data/sweep/commands/kind.h"

static void emit_plan(ll_request *rq, const ll_sweep_plan *p, const char *path)
{
    static const ll_column columns[] = {{"path", "plan", NULL, -1},
                                        {"tasks", "tasks", NULL, 0},
                                        {"cells", "cells", NULL, 0},
                                        {"minutes", "all of it", "min", 1},
                                        {"longest", "longest task", "min", 1},
                                        {0}};
    double all = 0;
    for (int i = 0; i < p->n; i++) all += p->cells[i].seconds;
    cJSON *result = ll_result_new("sweep_plan");
    ll_json_str(result, "path", path);
    ll_json_int(result, "tasks", p->tasks);
    ll_json_int(result, "cells", p->n);
    ll_json_num(result, "minutes", all / 60);
    ll_json_num(result, "longest", ll_sweep_longest_task(p) / 60);
    ll_result_columns(result, columns);
    if (!p->estimated)
        ll_result_note(result,
                       "no earlier results of these predictors: a trial counts one second; plan again after "
                       "a few for tasks of %g %s",
                       p->minutes, p->minutes == 1 ? "minute" : "minutes");
    ll_emit(rq, result);
}

static ll_status find_kind(ll_request *rq, const ll_sweep_kind **out)
{
    ll_strs words = {0};
    ll_list_names(&rq->args, "words", &words);
    *out = words.n ? ll_sweep_kind_find(words.v[0]) : NULL;
    if (*out && words.n > 1 && !(*out)->rest) *out = NULL;
    ll_strs_free(&words);
    if (*out) return LL_OK;
    return LL_FAIL(
        rq, LL_USAGE,
        "sweep plan FILE compare ...: `compare`, `measure` or `proxies` and its options were expected");
}

ll_status ll_sweep_plan_command(ll_request *rq)
{
    ll_sweep_plan p = {0};
    const ll_sweep_kind *kind;
    char *path = NULL;
    ll_str text = {0};
    ll_status s = find_kind(rq, &kind);
    if (!s) s = ll_output_new(rq, ll_word(&rq->args, "file"), &path);
    if (!s) {
        ll_sweep_plan_begin(&p, kind->command, ll_real(&rq->more, "minutes"));
        s = kind->plan(rq, &p);
    }
    if (!s) {
        ll_sweep_plan_text(&p, &text);
        s = ll_write_file(path, text.s, text.len, &rq->error);
    }
    if (!s) emit_plan(rq, &p, path);
    ll_str_free(&text);
    ll_sweep_plan_free(&p);
    free(path);
    return s;
}
