/* sweep emit KIND PLAN: the script that runs it. */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/app/app.h"
#include "core/app/output.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "data/sweep/commands/kind.h"
#include "data/sweep/emit.h"
#include "data/sweep/state.h"

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

/* --- memory of a task --- */

enum {
    LEAST_MB = 256,
    PROGRAM_MB = 192
};                /* asked for at least; of a process that has loaded nothing, twice over */
#define SPARE 1.5 /* asked for, times what was seen: other cells may take more */

/* What the tasks that have run had at most; 0: none has. */
static double peak_mb(const ll_sweep_plan *p, const char *path, int *tasks)
{
    double most = 0;
    for (int i = *tasks = 0; i < p->tasks; i++) {
        char *file = ll_sweep_task_path(path, i, ".state");
        ll_sweep_state s = ll_sweep_state_read(file);
        *tasks += s.peak_mb > 0;
        most = fmax(most, s.peak_mb);
        free(file);
    }
    return most;
}

/* How much, and by what: both stand in the script. */
static void choose_memory(ll_request *rq, const ll_sweep_kind *kind, const ll_sweep_plan *p, const char *path,
                          ll_str *memory, ll_str *why)
{
    int tasks;
    double seen = peak_mb(p, path, &tasks), wanted;
    if (strcmp(ll_word(&rq->more, "memory"), "auto")) {
        ll_str_add(memory, ll_word(&rq->more, "memory"));
        ll_str_add(why, "as it was asked for");
        return;
    }
    if (seen > 0) {
        wanted = SPARE * seen;
        ll_str_addf(why, "by measuring: of %d task%s that ran the largest had %.0f MB", tasks,
                    ll_plural(tasks), seen);
    } else {
        wanted = PROGRAM_MB + kind->memory_mb(rq, p);
        ll_str_addf(why, "by the size of the data: no task has run yet; after one, emit again");
    }
    ll_str_addf(memory, "%.0fM", fmax(LEAST_MB, 64 * ceil(wanted / 64)));
}

/* --- the command --- */

/* What is measured elsewhere needs no node for itself. */
static bool measures_here(const ll_sweep_kind *kind, const ll_sweep_plan *p)
{
    bool here = kind->one_at_a_time;
    for (int i = 0; i < p->options.n; i++) here = here && strncmp(p->options.v[i], "via=", 4);
    return here;
}

static ll_status emit_script(ll_request *rq, const ll_sweep_kind *kind, const ll_sweep_plan *p,
                             const char *path, emitter emit)
{
    ll_str script = {0}, memory = {0}, why = {0};
    char *program = program_path(), *data = absolute(ll_app_data_dir(rq->app));
    choose_memory(rq, kind, p, path, &memory, &why);
    emit(p,
         &(ll_sweep_emit){.path = path,
                          .program = program,
                          .data = data,
                          .at_once = ll_int(&rq->more, "jobs"),
                          .array = ll_int(&rq->more, "array"),
                          .memory = ll_str_text(&memory),
                          .memory_by = ll_str_text(&why),
                          .one_at_a_time = kind->one_at_a_time,
                          .exclusive = measures_here(kind, p)},
         &script);
    ll_status s = give_script(rq, &script);
    ll_str_free(&script);
    ll_str_free(&memory);
    ll_str_free(&why);
    free(program);
    free(data);
    return s;
}

ll_status ll_sweep_emit_command(ll_request *rq)
{
    ll_sweep_plan p = {0};
    const ll_sweep_kind *kind;
    emitter emit = NULL;
    ll_strs words = {0};
    ll_list_names(&rq->args, "words", &words);
    char *path = absolute(words.n ? words.v[0] : "");
    ll_status s = find_emitter(rq, &emit);
    if (!s && words.n != 1) s = LL_FAIL(rq, LL_USAGE, "sweep emit KIND PLAN: one plan was expected");
    if (!s) s = ll_sweep_open_plan(path, &p, &kind, &rq->error);
    if (!s) s = emit_script(rq, kind, &p, path, emit);
    ll_sweep_plan_free(&p);
    ll_strs_free(&words);
    free(path);
    return s;
}
