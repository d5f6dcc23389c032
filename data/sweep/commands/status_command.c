/* sweep status PLAN: how far its tasks are, once or until nothing is left to run. */
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/base/text/progress.h"
#include "data/sweep/commands/kind.h"
#include "data/sweep/state.h"

typedef struct tally {
    int count[LL_SWEEP_PHASES], cells;
    double left_s, peak_mb;
    cJSON *rows; /* tasks that are neither done nor missing */
} tally;

static ll_sweep_state state_of(const ll_sweep_kind *kind, const char *plan, int task)
{
    char *path = ll_sweep_task_path(plan, task, ".state"),
         *results = ll_sweep_task_path(plan, task, kind->suffix);
    ll_sweep_state s = ll_sweep_state_read(path);
    if (s.phase == LL_SWEEP_DONE && !ll_is_file(results)) s = (ll_sweep_state){0};
    free(path);
    free(results);
    return s;
}

static void add_row(cJSON *rows, const ll_sweep_plan *p, int task, const ll_sweep_state *st)
{
    cJSON *row = ll_json_obj(rows, NULL);
    ll_json_int(row, "task", task);
    ll_json_str(row, "state", ll_sweep_phase_name(st->phase));
    ll_json_int(row, "done", st->done);
    ll_json_int(row, "cells", ll_sweep_task_cells(p, task));
    ll_json_str(row, "host", st->host);
    ll_json_int(row, "pid", (int)st->pid);
    ll_json_num(row, "heard_s", ll_wall_s() - st->heard);
    ll_json_str(row, "message", st->message);
}

static tally look(const ll_sweep_kind *kind, const ll_sweep_plan *p, const char *path)
{
    tally t = {.rows = cJSON_CreateArray()};
    for (int i = 0; i < p->tasks; i++) {
        ll_sweep_state st = state_of(kind, path, i);
        int all = ll_sweep_task_cells(p, i);
        if (st.done < 0 || st.done > all) st.done = 0;
        t.count[st.phase]++;
        t.cells += st.done;
        t.left_s += ll_sweep_task_seconds(p, i) * (all - st.done) / (all ? all : 1);
        t.peak_mb = fmax(t.peak_mb, st.peak_mb);
        if (st.phase != LL_SWEEP_DONE && st.phase != LL_SWEEP_MISSING) add_row(t.rows, p, i, &st);
    }
    return t;
}

static void add_counts(cJSON *o, const tally *t)
{
    for (int i = 0; i < LL_SWEEP_PHASES; i++)
        ll_json_int(o, ll_sweep_phase_name((ll_sweep_phase)i), t->count[i]);
}

/* live: the next one takes its place. */
static void emit_status(ll_request *rq, const ll_sweep_plan *p, const tally *t, bool live)
{
    static const ll_column columns[] = {{"task", "task", NULL, 0},    {"state", "state", NULL, -1},
                                        {"done", "cells", NULL, 0},   {"cells", "of", NULL, 0},
                                        {"host", "host", NULL, -1},   {"heard_s", "heard of", "s ago", 0},
                                        {"message", "why", NULL, -1}, {0}};
    cJSON *result = ll_result_new("sweep_status");
    ll_str title = {0};
    ll_str_addf(&title, "%d of %d tasks done", t->count[LL_SWEEP_DONE], p->tasks);
    for (int i = 0; i < LL_SWEEP_DONE; i++)
        if (t->count[i]) ll_str_addf(&title, ", %d %s", t->count[i], ll_sweep_phase_name((ll_sweep_phase)i));
    ll_json_str(result, "title", title.s);
    cJSON_AddItemToObject(result, "rows", cJSON_Duplicate(t->rows, true));
    add_counts(result, t);
    ll_json_int(result, "cells_done", t->cells);
    ll_json_int(result, "cells", p->n);
    ll_json_num(result, "left_minutes", t->left_s / 60);
    if (t->peak_mb > 0) ll_json_num(result, "peak_mb", round(t->peak_mb));
    if (live) ll_json_bool(result, "live", true);
    ll_result_columns(result, columns);
    ll_result_note(result, "%d of %d cells are there; about %.1f minutes of one core are left%s", t->cells,
                   p->n, t->left_s / 60, p->estimated ? "" : " (by guess)");
    ll_emit(rq, result);
    ll_str_free(&title);
}

static void report(ll_request *rq, const ll_sweep_plan *p, const tally *t)
{
    cJSON *o = ll_progress_new("sweep", t->cells, p->n);
    for (int i = 0; i < LL_SWEEP_PHASES; i++)
        if (t->count[i]) ll_json_int(o, ll_sweep_phase_name((ll_sweep_phase)i), t->count[i]);
    ll_progress(rq->observer, o);
}

/* Whether anybody works on it is known only in part: what has not begun may be waiting in a queue. */
static bool is_over(const ll_sweep_plan *p, const tally *t)
{
    return t->count[LL_SWEEP_DONE] + t->count[LL_SWEEP_FAILED] == p->tasks;
}

static bool same(const tally *a, const tally *b)
{
    bool equal = a->cells == b->cells;
    for (int i = 0; i < LL_SWEEP_PHASES; i++) equal = equal && a->count[i] == b->count[i];
    return equal;
}

/* What is on the screen when it ends is how it was then, so stopping is no failure. */
static void watch(ll_request *rq, const ll_sweep_kind *kind, const ll_sweep_plan *p, const char *path)
{
    tally shown = {.cells = -1}, t = look(kind, p, path);
    while (!is_over(p, &t) && !ll_cancelled(rq->observer)) {
        report(rq, p, &t);
        if (!same(&t, &shown)) {
            emit_status(rq, p, &t, true);
            shown = t;
        }
        double next = ll_now_s() + ll_real(&rq->more, "every");
        while (ll_now_s() < next && !ll_cancelled(rq->observer)) usleep(50000);
        if (ll_cancelled(rq->observer)) break; /* who is to stop reads no files any more */
        cJSON_Delete(t.rows);
        t = look(kind, p, path);
    }
    emit_status(rq, p, &t, false);
    cJSON_Delete(t.rows);
}

ll_status ll_sweep_status_command(ll_request *rq)
{
    ll_sweep_plan p = {0};
    const ll_sweep_kind *kind;
    char *path = ll_path_expand(ll_word(&rq->args, "file"));
    ll_status s = ll_sweep_open_plan(path, &p, &kind, &rq->error);
    if (!s && ll_bool(&rq->more, "watch")) {
        watch(rq, kind, &p, path);
    } else if (!s) {
        tally t = look(kind, &p, path);
        emit_status(rq, &p, &t, false);
        cJSON_Delete(t.rows);
    }
    ll_sweep_plan_free(&p);
    free(path);
    return s;
}
