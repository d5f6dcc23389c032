/* sweep run PLAN: one of its tasks, or every so many-th. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "data/sweep/commands/kind.h"

static bool environment(const char *name, long *out)
{
    const char *text = getenv(name);
    char *end;
    if (!text || !*text) return false;
    errno = 0;
    *out = strtol(text, &end, 10);
    return !*end && !errno && *out >= 0;
}

/* The place of this entry in its array, from 0. */
static ll_status which_task(ll_request *rq, const ll_sweep_plan *p, int *task, int *step)
{
    long id, first = 0, by = 1;
    *step = ll_given(&rq->more, "of") ? ll_int(&rq->more, "of") : p->tasks;
    if (ll_given(&rq->more, "task")) {
        *task = ll_int(&rq->more, "task");
    } else {
        if (!environment("SLURM_ARRAY_TASK_ID", &id))
            return LL_FAIL(rq, LL_USAGE,
                           "which task? task=0 to task=%d; an array job of SLURM says it itself",
                           p->tasks - 1);
        environment("SLURM_ARRAY_TASK_MIN", &first);
        environment("SLURM_ARRAY_TASK_STEP", &by);
        id = (id - first) / (by ? by : 1);
        *task = id < 0 || id > INT_MAX ? INT_MAX : (int)id;
    }
    if (*task >= p->tasks || *task >= *step)
        return LL_FAIL(rq, LL_USAGE, "task=%d: expected 0 to %d, the tasks there are", *task,
                       (*step < p->tasks ? *step : p->tasks) - 1);
    return LL_OK;
}

static void emit_ran(ll_request *rq, int task, const ll_sweep_plan *p, const ll_sweep_ran *ran)
{
    static const ll_column columns[] = {{"task", "task", NULL, 0},
                                        {"cells", "cells", NULL, 0},
                                        {"of", "of", NULL, 0},
                                        {"computed", "computed", NULL, 0},
                                        {0}};
    cJSON *result = ll_result_new("sweep_run");
    ll_json_int(result, "task", task);
    ll_json_int(result, "cells", ran->cells);
    ll_json_int(result, "of", ll_sweep_task_cells(p, task));
    ll_json_int(result, "computed", ran->computed);
    ll_result_columns(result, columns);
    ll_emit(rq, result);
}

static ll_status run_tasks(ll_request *rq, const ll_sweep_job *r, const ll_sweep_work *w)
{
    int task = 0, step = 1;
    ll_status s = which_task(rq, r->plan, &task, &step);
    for (; !s && task < r->plan->tasks; task += step) {
        ll_sweep_ran ran;
        s = ll_sweep_run_task(r, w, task, &ran, &rq->error);
        if (ran.damaged.status) ll_warn(rq, "computed again: %s", ran.damaged.message);
        emit_ran(rq, task, r->plan, &ran);
        if (step == r->plan->tasks) break;
    }
    return s;
}

ll_status ll_sweep_run_command(ll_request *rq)
{
    ll_sweep_plan p = {0};
    const ll_sweep_kind *kind = NULL;
    ll_sweep_work work = {0};
    void *self = NULL;
    char *path = ll_path_expand(ll_word(&rq->args, "file")),
         *scratch = ll_path_expand(ll_has(&rq->more, "scratch") ? ll_word(&rq->more, "scratch")
                                                                : ll_path_temporary());
    ll_status s = ll_sweep_open_plan(path, &p, &kind, &rq->error);
    if (!s) s = kind->open(rq, path, &p, &self, &work);
    if (!s) s = run_tasks(rq, &(ll_sweep_job){path, &p, scratch, ll_real(&rq->more, "copy")}, &work);
    if (s == LL_CANCELLED) s = LL_FAIL(rq, LL_LATER, "stopped before anything was computed");
    if (kind) kind->close(self);
    ll_sweep_plan_free(&p);
    free(scratch);
    free(path);
    return s;
}
