/* sweep: what compare, measure and proxies do, in many processes on one machine or many. */
#include "data/sweep/commands/sweep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/output.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/quote.h"
#include "data/sweep/commands/kind.h"

/* --- what can be spread --- */

static const ll_sweep_kind *const kinds[] = {&ll_sweep_of_compare, &ll_sweep_of_measure,
                                             &ll_sweep_of_proxies};
enum { KINDS = sizeof kinds / sizeof *kinds };

const ll_sweep_kind *ll_sweep_kind_at(int i)
{
    return i < KINDS ? kinds[i] : NULL;
}

const ll_sweep_kind *ll_sweep_kind_find(const char *command)
{
    for (int i = 0; i < KINDS; i++)
        if (!strcmp(kinds[i]->command, command)) return kinds[i];
    return NULL;
}

ll_status ll_sweep_open_plan(const char *path, ll_sweep_plan *p, const ll_sweep_kind **kind, ll_error *e)
{
    ll_status s = ll_sweep_plan_read(path, p, e);
    *kind = s ? NULL : ll_sweep_kind_find(p->command);
    if (s || *kind) return s;
    return ll_fail(e, LL_BAD_DATA, "%s: a plan of \"%.40s\", which this latlab does not spread", path,
                   p->command);
}

/* --- options --- */

static const ll_option options[] = {
    LL_OPT_CHOICE("what", NULL, "plan|run|emit|status|merge", "what to do", LL_REQUIRED),
    LL_OPT_WORD("file", NULL, "the plan (emit: slurm, parallel or sh, and then the plan)", LL_REQUIRED,
                LL_OF(FILE)),
    LL_OPT_LIST("words", NULL,
                "plan: `compare`, `measure` or `proxies`, and then its options; emit: the plan; merge: more "
                "files",
                LL_REST),
    {0},
};

/* --- options of each --- */

static const ll_option plan_own[] = {
    LL_OPT_REAL("minutes", "10", .01, 1e5, "what a task is to take", .unit = "min"),
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
    LL_OPT_WORD("out", NULL, "write the script to this file", LL_OF_OUTPUT),
    LL_OPT_INT("jobs", "0", 0, 1e6, "tasks at the same time; 0: as many as there are places"),
    LL_OPT_INT("array", "1000", 1, 1e7, "SLURM: entries that an array may have (MaxArraySize - 1)"),
    LL_OPT_WORD("memory", "auto",
                "SLURM: memory of a task; auto: by what tasks took that have run, else by the data"),
    LL_OPT_FORCE,
    {0},
};
static const ll_option status_own[] = {
    LL_OPT_BOOL("watch", "off", "look again and again, until nothing is left to run, or Ctrl-C"),
    LL_OPT_REAL("every", "2", .1, 86400, "time between two looks", .unit = "s"),
    {0},
};

enum { MOST = 60 };

/* Those of plan, and behind them those of the command that is planned. */
static const ll_option *plan_options(const ll_sweep_kind *kind)
{
    static ll_option all[KINDS][MOST];
    int k = 0, n = 0;
    while (kinds[k] != kind) k++;
    for (const ll_option *o = plan_own; o->name; o++) all[k][n++] = *o;
    for (const ll_option *o = kind->options(); o->name && n < MOST - 1; o++) all[k][n++] = *o;
    return all[k];
}

/* All that merge may be told, whatever the plan is of: that is in its file. */
static const ll_option *merge_options(void)
{
    static ll_option all[MOST];
    int n = 0;
    for (int k = 0; k < KINDS; k++)
        for (const ll_option *o = kinds[k]->merge_options; o->name && n < MOST - 1; o++) all[n++] = *o;
    return all;
}

/* Which has which, as help shows them: an experiment's are under `help compare`. */
static bool option_group(int i, ll_option_group *out)
{
    const ll_option_group groups[] = {
        {"plan", "and the options of what is planned: `help compare`, `help measure`, `help proxies`",
         plan_own},
        {"run", "a task", run_own},
        {"emit", "a script", emit_own},
        {"status", "how far the tasks are", status_own},
        {"merge", "what tasks have brought", merge_options()}};
    if (i >= (int)(sizeof groups / sizeof *groups)) return false;
    *out = groups[i];
    return true;
}

/* The command of a plan: the third word that is no option. */
static const ll_option *planned_options(char *const *words, int n)
{
    int at = 0;
    for (int i = 0; i < n; i++) {
        if (ll_option_key(words[i]) || at++ != 2) continue;
        const ll_sweep_kind *kind = ll_sweep_kind_find(words[i]);
        return kind ? plan_options(kind) : plan_own;
    }
    return plan_options(&ll_sweep_of_compare);
}

static const ll_option *more_options(char *const *words, int n)
{
    if (!n) return NULL;
    if (!strcmp(words[0], "plan")) return planned_options(words, n);
    if (!strcmp(words[0], "run")) return run_own;
    if (!strcmp(words[0], "emit")) return emit_own;
    if (!strcmp(words[0], "status")) return status_own;
    return strcmp(words[0], "merge") ? NULL : merge_options();
}

/* --- a plan's options, in and out --- */

ll_request ll_sweep_inner(ll_request *rq, const ll_option *table)
{
    ll_request inner = *rq;
    inner.args = inner.more = (ll_values){0};
    inner.error = (ll_error){0};
    ll_values_init(&inner.args, table);
    return inner;
}

ll_status ll_sweep_set(ll_request *inner, const char *text, ll_error *e)
{
    const char *equals = strchr(text, '=');
    if (!equals) return ll_fail(e, LL_BAD_DATA, "%s: not an option", text);
    ll_str name = {0};
    ll_str_addn(&name, text, (size_t)(equals - text));
    ll_status s = ll_values_set_marked(&inner->args, name.s, equals + 1, e);
    ll_str_free(&name);
    return s;
}

ll_status ll_sweep_keep(ll_request *rq, const char *name, const char *marked, ll_request *inner,
                        ll_sweep_plan *p)
{
    ll_str b = {0};
    ll_str_addf(&b, "%s=%s", name, marked);
    ll_status s = strchr(b.s, '\n') ? LL_FAIL(rq, LL_USAGE, "%s=: a plan has no room for a line break", name)
                                    : ll_sweep_set(inner, b.s, &rq->error);
    ll_strs_take(&p->options, ll_str_take(&b));
    return s;
}

const char *ll_sweep_marked(const ll_request *rq, const char *name)
{
    return rq->more.marked[ll_option_find(rq->more.table, name) - rq->more.table];
}

double ll_sweep_largest_mb(const ll_space *space, const ll_sweep_plan *p, double activation, double param)
{
    double most = 0;
    uint8_t gene[LL_MAX_POSITIONS];
    for (int i = 0; i < p->archs.n; i++) {
        ll_cost c;
        if (!ll_space_read(space, p->archs.v[i], gene, NULL) && ll_space_cost(space, gene, &c))
            most = fmax(most, activation * c.activations + param * c.params);
    }
    return most / (1 << 20);
}

ll_status ll_sweep_keep_all(ll_request *rq, const ll_option *table, const char *const *but, ll_request *inner,
                            ll_sweep_plan *p)
{
    ll_status s = LL_OK;
    for (int i = 0; table[i].name && !s; i++) {
        const char *name = table[i].name;
        bool skipped = !ll_option_find(rq->more.table, name) || !ll_given(&rq->more, name);
        for (int k = 0; but[k]; k++) skipped = skipped || !strcmp(but[k], name);
        if (skipped) continue;
        s = ll_sweep_keep(rq, name, ll_sweep_marked(rq, name), inner, p);
    }
    return s;
}

ll_status ll_sweep_set_archs(ll_request *rq, ll_request *inner)
{
    static const char *const names[] = {"archs", "space"};
    ll_status s = LL_OK;
    for (int i = 0; i < 2 && !s; i++)
        if (ll_given(&rq->more, names[i]))
            s = ll_values_set_marked(&inner->args, names[i], ll_sweep_marked(rq, names[i]), &rq->error);
    return s;
}

ll_status ll_sweep_keep_space(ll_request *rq, const ll_space *space, ll_request *inner, ll_sweep_plan *p)
{
    const char *given = ll_word(&rq->more, "space");
    ll_str b = {0};
    if (space->own && !given)
        return LL_FAIL(rq, LL_USAGE,
                       "space %s is one of your own: space=FILE.json says where each task finds it",
                       space->name);
    char *path =
        given && ll_is_file(given) ? ll_path_absolute(given) : ll_strdup(given ? given : space->name);
    ll_list_add(&b, path);
    ll_status s = ll_sweep_keep(rq, "space", ll_str_text(&b), inner, p);
    ll_str_free(&b);
    free(path);
    return s;
}

void ll_sweep_task_files(const ll_sweep_plan *p, const char *path, const char *suffix, ll_strs *files,
                         int *missing)
{
    for (int i = 0; i < p->tasks; i++) {
        char *file = ll_sweep_task_path(path, i, suffix);
        if (ll_is_file(file))
            ll_strs_add(files, file);
        else
            ++*missing;
        free(file);
    }
}

/* --- the command --- */

static ll_status run_sweep(ll_request *rq)
{
    static const struct {
        const char *name;
        ll_status (*run)(ll_request *rq);
    } all[] = {{"plan", ll_sweep_plan_command},
               {"run", ll_sweep_run_command},
               {"emit", ll_sweep_emit_command},
               {"status", ll_sweep_status_command},
               {"merge", ll_sweep_merge_command}};
    int i = 0;
    while (!ll_is(&rq->args, "what", all[i].name)) i++;
    return all[i].run(rq);
}

const ll_command ll_sweep_commands[] = {
    {.name = "sweep",
     .group = "compare",
     .summary =
         "Spread compare, measure or proxies over many processes or machines, and merge what they bring",
     .options = options,
     .flags = LL_CMD_LONG | LL_CMD_NO_UNDO,
     .run = run_sweep,
     .more_options = more_options,
     .option_group = option_group,
     .help =
         "`sweep plan FILE compare ...` writes the cells of an experiment down, packed into tasks of "
         "about minutes=10 by\n"
         "what earlier results took; `sweep plan FILE proxies ...` and `sweep plan FILE measure ...` the "
         "architectures, by what\n"
         "three of them take. `sweep run FILE task=I` computes those of one task that are not there yet, "
         "on a local disk, and\n"
         "puts its results into FILE.d. TERM, USR1 and Ctrl-C stop it with what it has kept; the exit "
         "status is then 75.\n"
         "`sweep emit slurm|parallel|sh FILE` writes the script that runs all tasks, `sweep status FILE` "
         "says how far they\n"
         "are (watch=on: again and again), `sweep merge FILE` brings them together: trials into the "
         "results database, where\n"
         "`compare` finds them; proxies into the file that `proxies out=` writes; times into a device of "
         "the dataset. Merging\n"
         "twice adds nothing; what disagrees is refused with both values. data/SWEEPS.md has the details.",
     .examples =
         "sweep plan all.sweep compare tasks=ND,N1 data=nb201 predictors=gp,forest k=10,20 trials=20\n"
         "sweep plan p.sweep proxies names=synflow,nwot space=nasbench201 out=p.csv\n"
         "sweep plan m.sweep measure dataset=own space=fbnet n=500 device=pi,jetson via=pi,jetson\n"
         "sweep emit slurm all.sweep jobs=50 out=all.sbatch\nsweep run all.sweep task=0\nsweep run "
         "all.sweep task=1 of=4\nsweep status all.sweep watch=on\nsweep merge all.sweep"},
    {0}};
