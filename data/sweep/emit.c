#include "data/sweep/emit.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text/quote.h"

/* A word for sh, whatever is in it. */
static void add_word(ll_str *out, const char *text)
{
    ll_str_addc(out, '\'');
    for (; *text; text++)
        if (*text == '\'')
            ll_str_add(out, "'\\''");
        else
            ll_str_addc(out, *text);
    ll_str_addc(out, '\'');
}

/* What every script begins with; $LATLAB stands for another program. */
static void add_head(const ll_sweep_emit *how, ll_str *out)
{
    ll_str_add(out, "program=");
    add_word(out, how->program);
    ll_str_add(out, "\nprogram=${LATLAB:-$program}\nplan=");
    add_word(out, how->path);
    ll_str_add(out, "\n[ -n \"${LATLAB_DATA:-}\" ] || LATLAB_DATA=");
    add_word(out, how->data);
    ll_str_add(out, "\nexport LATLAB_DATA\n");
}

/* The command of one task; `task` is an expression of the shell. The plan's path is a word of ours within one of sh. */
static void add_run(const ll_sweep_emit *how, const char *task, ll_str *out)
{
    ll_str line = {0};
    ll_quote_addf(&line, "sweep run %s task=", how->path);
    ll_str_add(out, "\"$program\" --threads=1 -c ");
    add_word(out, line.s);
    ll_str_addf(out, "%s", task);
    ll_str_free(&line);
}

/* --- which tasks may run side by side --- */

/* Tasks from .. from+n-1, which one array or one `parallel` runs. */
typedef struct piece {
    const char *label; /* of its device; NULL: any */
    int label_size, from, n;
} piece;

static piece piece_at(const ll_sweep_plan *p, const ll_sweep_emit *how, int from, int most)
{
    piece at = {.from = from, .n = p->tasks - from};
    if (how->one_at_a_time) {
        at.label = p->cells[ll_sweep_first_cell(p, from)].name;
        at.label_size = (int)strcspn(at.label, " ");
        for (at.n = 1; from + at.n < p->tasks; at.n++) {
            const char *name = p->cells[ll_sweep_first_cell(p, from + at.n)].name;
            if ((int)strcspn(name, " ") != at.label_size || strncmp(name, at.label, (size_t)at.label_size))
                break;
        }
    }
    if (at.n > most) at.n = most;
    return at;
}

static void add_array(const ll_sweep_emit *how, int last, ll_str *out)
{
    int at_once = how->one_at_a_time && !(how->exclusive && how->at_once) ? 1 : how->at_once;
    ll_str_addf(out, "--array=0-%d", last);
    if (at_once) ll_str_addf(out, "%%%d", at_once);
}

/* Twice the longest task, for estimates are of other machines, and no less than ten minutes. */
static int minutes_of(const ll_sweep_plan *p)
{
    return (int)fmin(fmax(10, ceil(2 * ll_sweep_longest_task(p) / 60) + 5), 1e6);
}

/* More tasks than an array may have entries, or tasks of several devices, are several arrays of the same script; those of
 * one device wait for each other. */
static void add_how_to_submit(const ll_sweep_plan *p, const ll_sweep_emit *how, ll_str *out)
{
    bool one = piece_at(p, how, 0, how->array).n == p->tasks;
    ll_str_add(out, one ? "# Submit: sbatch FILE\n" : "# Submit this file once for each line:\n");
    for (int from = 0; !one && from < p->tasks;) {
        piece at = piece_at(p, how, from, how->array);
        ll_str_add(out, "#   sbatch ");
        add_array(how, at.n - 1, out);
        if (at.label)
            ll_str_addf(out, " --job-name=latlab-%.*s --dependency=singleton", at.label_size, at.label);
        ll_str_addf(out, " --export=ALL,LATLAB_SWEEP_FROM=%d FILE\n", from);
        from += at.n;
    }
}

/* The signal goes to the shell, which hands it on and waits once more; a task that was stopped asks for another turn. */
void ll_sweep_emit_slurm(const ll_sweep_plan *p, const ll_sweep_emit *how, ll_str *out)
{
    ll_str_add(out, "#!/bin/sh\n#SBATCH --job-name=latlab-sweep\n#SBATCH ");
    add_array(how, piece_at(p, how, 0, how->array).n - 1, out);
    ll_str_addf(out,
                "\n#SBATCH --time=%d\n#SBATCH --mem=%s\n#SBATCH --ntasks=1\n#SBATCH --cpus-per-task=1\n"
                "#SBATCH --requeue\n#SBATCH --open-mode=append\n#SBATCH --signal=B:USR1@60\n%s"
                "# The memory is %s.\n",
                minutes_of(p), how->memory, how->exclusive ? "#SBATCH --exclusive\n" : "", how->memory_by);
    add_how_to_submit(p, how, out);
    add_head(how, out);
    add_run(how, "$((${LATLAB_SWEEP_FROM:-0} + SLURM_ARRAY_TASK_ID)) &\n", out);
    ll_str_add(out, "child=$!\n"
                    "trap 'kill -USR1 $child' USR1 TERM\n"
                    "wait $child\n"
                    "code=$?\n"
                    "while [ $code -gt 128 ] && kill -0 $child 2>/dev/null; do wait $child; code=$?; done\n"
                    "[ $code -ne 75 ] || scontrol requeue \"${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID\"\n"
                    "exit $code\n");
}

static void add_parallel(const piece *at, const ll_sweep_emit *how, ll_str *out)
{
    int at_once = how->one_at_a_time ? 1 : how->at_once;
    ll_str run = {0};
    ll_str_addf(out, "seq %d %d | parallel --joblog \"$plan", at->from, at->from + at->n - 1);
    if (at->label) ll_str_addf(out, ".%.*s", at->label_size, at->label);
    ll_str_add(out, ".joblog\" --resume-failed");
    if (at_once) ll_str_addf(out, " -j %d", at_once);
    ll_str_add(out, " ");
    add_run(how, "{}", &run);
    add_word(out, run.s);
    ll_str_free(&run);
}

/* Several devices at the same time, each by a `parallel` of its own. */
void ll_sweep_emit_parallel(const ll_sweep_plan *p, const ll_sweep_emit *how, ll_str *out)
{
    ll_str_add(out, "#!/bin/sh\n# Run again, it goes on with what has not ended well (GNU parallel).\n");
    add_head(how, out);
    ll_str_add(out, "export program plan\n");
    piece first = piece_at(p, how, 0, INT_MAX);
    if (first.n == p->tasks) {
        add_parallel(&first, how, out);
        ll_str_add(out, "\n");
        return;
    }
    ll_str_add(out, "started=\n");
    for (int from = 0; from < p->tasks;) {
        piece at = piece_at(p, how, from, INT_MAX);
        add_parallel(&at, how, out);
        ll_str_add(out, " &\nstarted=\"$started $!\"\n");
        from += at.n;
    }
    ll_str_add(out, "code=0\nfor pid in $started; do wait \"$pid\" || code=$?; done\nexit $code\n");
}

/* One after the other; the first that is stopped or fails ends it. */
void ll_sweep_emit_sh(const ll_sweep_plan *p, const ll_sweep_emit *how, ll_str *out)
{
    ll_str_add(out, "#!/bin/sh\nset -e\n");
    add_head(how, out);
    ll_str_addf(out, "task=0\nwhile [ $task -lt %d ]; do\n    ", p->tasks);
    add_run(how, "$task", out);
    ll_str_add(out, "\n    task=$((task + 1))\ndone\n");
}
