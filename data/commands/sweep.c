/* sweep: an experiment of compare in many processes, on one machine or many. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/app/app.h"
#include "core/app/output.h"
#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/quote.h"
#include "core/commands/score/experiment_plan.h"
#include "data/commands/commands.h"
#include "data/sweep/emit.h"
#include "data/sweep/plan.h"
#include "data/sweep/run.h"
#include "data/sweep/state.h"

const ll_option ll_sweep_options[] = {
    LL_OPT_CHOICE("what", NULL, "plan|run|emit|status|merge", "what to do", LL_REQUIRED),
    LL_OPT_WORD("file", NULL, "the plan (emit: slurm, parallel or sh, and then the plan)", LL_REQUIRED,
                LL_OF(FILE)),
    LL_OPT_LIST("words", NULL, "plan: `compare`, and then its options; emit: the plan; merge: more files",
                LL_REST),
    {0},
};

/* --- options of each --- */

static const ll_option plan_own[] = {
    LL_OPT_REAL("minutes", "10", .01, 1e5, "what a task is to take", .unit = "min"),
    LL_OPT_WORD("results", NULL, "database by whose results cells are estimated", LL_OF(FILE)),
    LL_OPT_FORCE,
    {0},
};
static const ll_option run_own[] = {
    LL_OPT_INT("task", NULL, 0, 1e9, "which one; default: by $SLURM_ARRAY_TASK_ID"),
    LL_OPT_INT("of", NULL, 1, 1e9, "every so-many-th task from `task` on, instead of that one alone"),
    LL_OPT_WORD("scratch", NULL, "folder on a local disk; default: $TMPDIR or /tmp", LL_OF(FILE)),
    LL_OPT_REAL("copy", "60", 0, 1e6, "time between two copies of the results into the plan's folder",
                .unit = "s"),
    {0},
};
static const ll_option emit_own[] = {
    LL_OPT_WORD("out", NULL, "write the script to this file", LL_OF(FILE)),
    LL_OPT_INT("jobs", "0", 0, 1e6, "tasks at the same time; 0: as many as there are places"),
    LL_OPT_INT("array", "1000", 1, 1e7, "SLURM: entries that an array may have (MaxArraySize - 1)"),
    LL_OPT_WORD("memory", "4G", "SLURM: memory of a task"),
    LL_OPT_FORCE,
    {0},
};
static const ll_option merge_own[] = {
    LL_OPT_WORD("results", NULL, "another database than the usual one", LL_OF(FILE)),
    {0},
};

/* Those of plan and, behind them, those of the experiment, which `compare` has. */
static const ll_option *plan_options(void)
{
    enum { MOST = 40 };
    static ll_option all[MOST];
    int n = 0;
    for (const ll_option *o = plan_own; o->name; o++) all[n++] = *o;
    for (const ll_option *o = ll_plan_options; o->name && n < MOST - 1; o++) all[n++] = *o;
    return all;
}

/* Which has which, as help shows them: an experiment's are under `help compare`. */
static const ll_option_group groups[] = {
    {"plan", "and the options of an experiment: `help compare`", plan_own},
    {"run", "a task", run_own},
    {"emit", "a script", emit_own},
    {"merge", "into the results database", merge_own}};
enum { GROUPS = sizeof groups / sizeof *groups };

bool ll_sweep_option_group(int i, ll_option_group *out)
{
    if (i >= GROUPS) return false;
    *out = groups[i];
    return true;
}

const ll_option *ll_sweep_more(char *const *words, int n)
{
    if (!n) return NULL;
    if (!strcmp(words[0], "plan")) return plan_options();
    for (int i = 1; i < GROUPS; i++)
        if (!strcmp(words[0], groups[i].name)) return groups[i].options;
    return NULL;
}

/* --- the experiment of a plan --- */

/* A request as `compare` would get it. */
static ll_request experiment_request(ll_request *rq)
{
    ll_request inner = *rq;
    inner.args = inner.more = (ll_values){0};
    ll_values_init(&inner.args, ll_plan_options);
    return inner;
}

static ll_status set_option(ll_request *inner, const char *text, ll_error *e)
{
    const char *equals = strchr(text, '=');
    if (!equals) return ll_fail(e, LL_BAD_DATA, "%s: not an option", text);
    ll_str name = {0};
    ll_str_addn(&name, text, (size_t)(equals - text));
    ll_status s = ll_values_set_marked(&inner->args, name.s, equals + 1, e);
    ll_str_free(&name);
    return s;
}

/* The options as given; the dataset that is loaded is one of the plan's, since where it runs none is. */
static ll_status take_options(ll_request *rq, ll_request *inner, ll_sweep_plan *p)
{
    ll_status s = LL_OK;
    ll_str data = {0};
    if (rq->state.data) ll_list_add(&data, rq->state.data->name);
    for (int i = 0; ll_plan_options[i].name && !s; i++) {
        const char *name = ll_plan_options[i].name;
        if (!ll_given(&rq->more, name)) continue;
        int at = (int)(ll_option_find(rq->more.table, name) - rq->more.table);
        if (!strcmp(name, "data")) {
            if (data.len) ll_str_addc(&data, ',');
            ll_str_add(&data, rq->more.marked[at]);
            continue;
        }
        ll_str b = {0};
        ll_str_addf(&b, "%s=%s", name, rq->more.marked[at]);
        s = strchr(b.s, '\n') ? LL_FAIL(rq, LL_USAGE, "%s=: a plan has no room for a line break", name)
                              : set_option(inner, b.s, &rq->error);
        ll_strs_take(&p->options, ll_str_take(&b));
    }
    if (!s && data.len) {
        ll_str b = {0};
        ll_str_addf(&b, "data=%s", ll_str_text(&data));
        s = set_option(inner, b.s, &rq->error);
        ll_strs_take(&p->options, ll_str_take(&b));
    }
    ll_str_free(&data);
    return s;
}

static void add_data(const ll_plan *x, ll_sweep_plan *p)
{
    for (int i = 0; i < x->n_datasets; i++) {
        ll_str b = {0};
        ll_str_addf(&b, "%s %s", x->datasets[i]->hash.hex, x->datasets[i]->name);
        ll_strs_take(&p->data, ll_str_take(&b));
    }
}

/* --- plan --- */

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
                       "a few for tasks of %g minutes",
                       p->minutes);
    ll_emit(rq, result);
}

static ll_status known_results(ll_request *rq, ll_results **out)
{
    char *path =
        ll_has(&rq->more, "results") ? ll_path_expand(ll_word(&rq->more, "results")) : ll_results_path();
    ll_status s = LL_OK;
    *out = NULL;
    if (ll_is_file(path)) s = ll_results_open(path, out, &rq->error);
    free(path);
    return s;
}

static ll_status sweep_plan(ll_request *rq)
{
    ll_request inner = experiment_request(rq);
    ll_sweep_plan p = {0};
    ll_plan x = {0};
    ll_results *known = NULL;
    char *path = NULL;
    ll_str text = {0};
    ll_status s = LL_OK;
    if (!ll_is(&rq->args, "words", "compare"))
        s = LL_FAIL(rq, LL_USAGE, "sweep plan FILE compare ...: `compare` and its options were expected");
    if (!s && !ll_given(&rq->more, "tasks"))
        s = LL_FAIL(rq, LL_USAGE,
                    "a plan names its tasks: tasks=ND,N1; `task list` shows the published ones");
    if (!s) s = ll_output_new(rq, ll_word(&rq->args, "file"), &path);
    if (!s) s = take_options(rq, &inner, &p);
    if (!s && (s = ll_plan_read(&inner, &x))) rq->error = inner.error;
    if (!s) s = known_results(rq, &known);
    if (!s) s = ll_sweep_plan_make(&x, known, ll_real(&rq->more, "minutes"), &p, &rq->error);
    if (!s) {
        add_data(&x, &p);
        ll_sweep_plan_text(&p, &text);
        s = ll_write_file(path, text.s, text.len, &rq->error);
    }
    if (!s) emit_plan(rq, &p, path);
    ll_results_close(known);
    ll_str_free(&text);
    ll_plan_free(&x);
    ll_sweep_plan_free(&p);
    ll_values_free(&inner.args);
    free(path);
    return s;
}

/* --- run --- */

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
                                        {"computed", "trials computed", NULL, 0},
                                        {0}};
    cJSON *result = ll_result_new("sweep_run");
    ll_json_int(result, "task", task);
    ll_json_int(result, "cells", ran->cells);
    ll_json_int(result, "of", ll_sweep_task_cells(p, task));
    ll_json_int(result, "computed", ran->computed);
    ll_result_columns(result, columns);
    ll_emit(rq, result);
}

/* The plan's experiment as it is here and now. */
static ll_status read_experiment(ll_request *inner, const ll_sweep_plan *p, const char *path, ll_plan *x)
{
    ll_sweep_plan now = {0};
    ll_status s = LL_OK;
    for (int i = 0; i < p->options.n && !s; i++) s = set_option(inner, p->options.v[i], &inner->error);
    if (!s) s = ll_plan_read(inner, x);
    if (!s) s = ll_sweep_plan_make(x, NULL, p->minutes, &now, &inner->error);
    if (!s) {
        add_data(x, &now);
        s = ll_sweep_plan_same(p, &now, path, &inner->error);
    }
    ll_sweep_plan_free(&now);
    return s;
}

static ll_status run_tasks(ll_request *rq, const ll_sweep_run *r)
{
    int task = 0, step = 1;
    ll_status s = which_task(rq, r->plan, &task, &step);
    for (; !s && task < r->plan->tasks; task += step) {
        ll_sweep_ran ran;
        s = ll_sweep_run_task(r, task, &ran, &rq->error);
        if (ran.damaged.status) ll_warn(rq, "computed again: %s", ran.damaged.message);
        emit_ran(rq, task, r->plan, &ran);
        if (step == r->plan->tasks) break;
    }
    return s;
}

static ll_status sweep_run(ll_request *rq)
{
    ll_request inner = experiment_request(rq);
    ll_sweep_plan p = {0};
    ll_plan x = {0};
    const char *tmp = getenv("TMPDIR");
    char *path = ll_path_expand(ll_word(&rq->args, "file")),
         *scratch = ll_path_expand(ll_has(&rq->more, "scratch") ? ll_word(&rq->more, "scratch")
                                   : tmp && *tmp                ? tmp
                                                                : "/tmp");
    inner.state.data = NULL; /* what is loaded here is no part of the plan */
    inner.state.task = NULL;
    ll_status s = ll_sweep_plan_read(path, &p, &rq->error);
    if (!s && (s = read_experiment(&inner, &p, path, &x))) rq->error = inner.error;
    ll_sweep_run r = {path, &p, &x, scratch, ll_real(&rq->more, "copy")};
    if (!s) s = run_tasks(rq, &r);
    if (s == LL_CANCELLED) s = LL_FAIL(rq, LL_LATER, "stopped before anything was computed");
    ll_plan_free(&x);
    ll_sweep_plan_free(&p);
    ll_values_free(&inner.args);
    free(scratch);
    free(path);
    return s;
}

/* --- emit --- */

static char *program_path(void)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0) return ll_strdup("latlab");
    path[n] = 0;
    return ll_strdup(path);
}

static char *absolute(const char *word)
{
    char *path = ll_path_expand(word), *at = ll_path_absolute(path);
    free(path);
    return at;
}

typedef void (*emitter)(const ll_sweep_plan *p, const ll_sweep_emit *how, ll_str *out);

static ll_status find_emitter(ll_request *rq, emitter *out)
{
    static const struct {
        const char *name;
        emitter emit;
    } all[] = {
        {"slurm", ll_sweep_emit_slurm}, {"parallel", ll_sweep_emit_parallel}, {"sh", ll_sweep_emit_sh}};
    const char *kind = ll_word(&rq->args, "file");
    for (int i = 0; i < 3; i++)
        if (!strcmp(kind, all[i].name)) {
            *out = all[i].emit;
            return LL_OK;
        }
    return LL_FAIL(rq, LL_USAGE, "sweep emit %s: slurm, parallel or sh was expected, and then the plan",
                   kind);
}

static ll_status give_script(ll_request *rq, const ll_str *script)
{
    char *path;
    if (ll_has(&rq->more, "out")) {
        ll_status s = ll_output_new(rq, ll_word(&rq->more, "out"), &path);
        if (s) return s;
        s = ll_write_file(path, script->s, script->len, &rq->error);
        if (!s) ll_note(rq, "the script is in %s", path);
        free(path);
        return s;
    }
    cJSON *result = ll_result_new("sweep_script");
    ll_json_str(result, "text", script->s);
    ll_emit(rq, result);
    return LL_OK;
}

static ll_status sweep_emit(ll_request *rq)
{
    ll_sweep_plan p = {0};
    emitter emit = NULL;
    ll_str script = {0};
    ll_strs words = {0};
    ll_list_names(&rq->args, "words", &words);
    char *program = program_path(), *path = absolute(words.n ? words.v[0] : ""),
         *data = absolute(ll_app_data_dir(rq->app));
    ll_status s = find_emitter(rq, &emit);
    if (!s && words.n != 1) s = LL_FAIL(rq, LL_USAGE, "sweep emit KIND PLAN: one plan was expected");
    if (!s) s = ll_sweep_plan_read(path, &p, &rq->error);
    if (!s) {
        emit(&p,
             &(ll_sweep_emit){path, program, data, ll_int(&rq->more, "jobs"), ll_int(&rq->more, "array"),
                              ll_word(&rq->more, "memory")},
             &script);
        s = give_script(rq, &script);
    }
    ll_sweep_plan_free(&p);
    ll_strs_free(&words);
    ll_str_free(&script);
    free(program);
    free(path);
    free(data);
    return s;
}

/* --- status --- */

static ll_sweep_state state_of(const char *plan, int task)
{
    char *path = ll_sweep_task_path(plan, task, ".state"),
         *results = ll_sweep_task_path(plan, task, ".sqlite");
    ll_sweep_state s = ll_sweep_state_read(path);
    if (s.phase == LL_SWEEP_DONE && !ll_is_file(results)) s = (ll_sweep_state){0};
    free(path);
    free(results);
    return s;
}

/* Tasks that are neither done nor missing, a row each. */
static void status_row(cJSON *rows, const ll_sweep_plan *p, int task, const ll_sweep_state *st)
{
    cJSON *row = ll_json_obj(rows, NULL);
    ll_json_int(row, "task", task);
    ll_json_str(row, "state", ll_sweep_phase_name(st->phase));
    ll_json_int(row, "done", st->done);
    ll_json_int(row, "cells", ll_sweep_task_cells(p, task));
    ll_json_str(row, "host", st->host);
    ll_json_num(row, "heard_s", ll_wall_s() - st->heard);
    ll_json_str(row, "message", st->message);
}

static void emit_status(ll_request *rq, const ll_sweep_plan *p, const char *path)
{
    static const ll_column columns[] = {{"task", "task", NULL, 0},    {"state", "state", NULL, -1},
                                        {"done", "cells", NULL, 0},   {"cells", "of", NULL, 0},
                                        {"host", "host", NULL, -1},   {"heard_s", "heard of", "s ago", 0},
                                        {"message", "why", NULL, -1}, {0}};
    int count[LL_SWEEP_PHASES] = {0}, cells = 0;
    double left = 0;
    cJSON *result = ll_result_new("sweep_status"), *rows = ll_json_arr(result, "rows");
    for (int i = 0; i < p->tasks; i++) {
        ll_sweep_state st = state_of(path, i);
        int all = ll_sweep_task_cells(p, i);
        if (st.done < 0 || st.done > all) st.done = 0;
        count[st.phase]++;
        cells += st.done;
        left += ll_sweep_task_seconds(p, i) * (all - st.done) / (all ? all : 1);
        if (st.phase != LL_SWEEP_DONE && st.phase != LL_SWEEP_MISSING) status_row(rows, p, i, &st);
    }
    ll_str title = {0};
    ll_str_addf(&title, "%d of %d tasks done", count[LL_SWEEP_DONE], p->tasks);
    for (int i = 0; i < LL_SWEEP_DONE; i++)
        if (count[i]) ll_str_addf(&title, ", %d %s", count[i], ll_sweep_phase_name((ll_sweep_phase)i));
    ll_json_str(result, "title", title.s);
    for (int i = 0; i < LL_SWEEP_PHASES; i++)
        ll_json_int(result, ll_sweep_phase_name((ll_sweep_phase)i), count[i]);
    ll_json_int(result, "cells_done", cells);
    ll_json_int(result, "cells", p->n);
    ll_json_num(result, "left_minutes", left / 60);
    ll_result_columns(result, columns);
    ll_result_note(result, "%d of %d cells are there; about %.1f minutes of one core are left%s", cells, p->n,
                   left / 60, p->estimated ? "" : " (by guess)");
    ll_emit(rq, result);
    ll_str_free(&title);
}

static ll_status sweep_status(ll_request *rq)
{
    ll_sweep_plan p = {0};
    char *path = ll_path_expand(ll_word(&rq->args, "file"));
    ll_status s = ll_sweep_plan_read(path, &p, &rq->error);
    if (!s) emit_status(rq, &p, path);
    ll_sweep_plan_free(&p);
    free(path);
    return s;
}

/* --- merge --- */

/* Files by themselves, and of a plan those that are there; *missing: how many of its tasks have none. */
static ll_status add_files(ll_request *rq, const char *word, ll_strs *files, int *missing)
{
    char *path = ll_path_expand(word);
    ll_sweep_plan p = {0};
    ll_status s = LL_OK;
    if (ll_sweep_is_plan(path)) {
        s = ll_sweep_plan_read(path, &p, &rq->error);
        for (int i = 0; i < p.tasks && !s; i++) {
            char *file = ll_sweep_task_path(path, i, ".sqlite");
            if (ll_is_file(file))
                ll_strs_add(files, file);
            else
                ++*missing;
            free(file);
        }
    } else {
        ll_strs_add(files, path);
    }
    ll_sweep_plan_free(&p);
    free(path);
    return s;
}

static void emit_merged(ll_request *rq, int files, int missing, const ll_merged *all)
{
    static const ll_column columns[] = {{"files", "files", NULL, 0},
                                        {"trials", "new trials", NULL, 0},
                                        {"known", "known", NULL, 0},
                                        {"missing", "tasks missing", NULL, 0},
                                        {0}};
    cJSON *result = ll_result_new("sweep_merge");
    ll_json_int(result, "files", files);
    ll_json_int(result, "trials", all->trials);
    ll_json_int(result, "searches", all->searches);
    ll_json_int(result, "known", all->known);
    ll_json_int(result, "missing", missing);
    ll_result_columns(result, columns);
    ll_emit(rq, result);
}

static ll_status sweep_merge(ll_request *rq)
{
    ll_strs words = {0}, files = {0};
    ll_results *db = NULL;
    ll_merged all = {0};
    int missing = 0, i = 0;
    ll_list_names(&rq->args, "words", &words);
    ll_status s = add_files(rq, ll_word(&rq->args, "file"), &files, &missing);
    for (int w = 0; w < words.n && !s; w++) s = add_files(rq, words.v[w], &files, &missing);
    if (!s) s = ll_open_results(rq, &rq->more, true, &db);
    for (; i < files.n && !s; i++) {
        ll_merged one;
        s = ll_cancelled(rq->observer) ? LL_FAIL(rq, LL_CANCELLED, "cancelled")
                                       : ll_results_merge(db, files.v[i], &one, &rq->error);
        if (s) break;
        all.trials += one.trials;
        all.searches += one.searches;
        all.known += one.known;
    }
    if (!s || i) emit_merged(rq, i, missing, &all);
    ll_results_close(db);
    ll_strs_free(&words);
    ll_strs_free(&files);
    return s;
}

ll_status ll_run_sweep(ll_request *rq)
{
    static const struct {
        const char *name;
        ll_status (*run)(ll_request *rq);
    } all[] = {{"plan", sweep_plan},
               {"run", sweep_run},
               {"emit", sweep_emit},
               {"status", sweep_status},
               {"merge", sweep_merge}};
    int i = 0;
    while (!ll_is(&rq->args, "what", all[i].name)) i++;
    return all[i].run(rq);
}
