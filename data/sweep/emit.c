#include "data/sweep/emit.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/quote.h"

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

static int last_chunk(const ll_sweep_plan *p, const ll_sweep_emit *how, int from)
{
    int left = p->tasks - from;
    return (left < how->array ? left : how->array) - 1;
}

static void add_array(const ll_sweep_emit *how, int last, ll_str *out)
{
    ll_str_addf(out, "--array=0-%d", last);
    if (how->at_once) ll_str_addf(out, "%%%d", how->at_once);
}

/* Twice the longest task, for estimates are of other machines, and no less than ten minutes. */
static int minutes_of(const ll_sweep_plan *p)
{
    return (int)fmin(fmax(10, ceil(2 * ll_sweep_longest_task(p) / 60) + 5), 1e6);
}

/* More tasks than an array may have entries are several arrays of the same script. */
static void add_how_to_submit(const ll_sweep_plan *p, const ll_sweep_emit *how, ll_str *out)
{
    ll_str_add(out, p->tasks > how->array ? "# Submit this file once for each line:\n"
                                          : "# Submit: sbatch FILE\n");
    for (int from = 0; p->tasks > how->array && from < p->tasks; from += how->array) {
        ll_str_add(out, "#   sbatch ");
        add_array(how, last_chunk(p, how, from), out);
        ll_str_addf(out, " --export=ALL,LATLAB_SWEEP_FROM=%d FILE\n", from);
    }
}

/* The signal goes to the shell, which hands it on and waits once more; a task that was stopped asks for another turn. */
void ll_sweep_emit_slurm(const ll_sweep_plan *p, const ll_sweep_emit *how, ll_str *out)
{
    ll_str_add(out, "#!/bin/sh\n#SBATCH --job-name=latlab-sweep\n#SBATCH ");
    add_array(how, last_chunk(p, how, 0), out);
    ll_str_addf(out,
                "\n#SBATCH --time=%d\n#SBATCH --mem=%s\n#SBATCH --ntasks=1\n#SBATCH --cpus-per-task=1\n"
                "#SBATCH --requeue\n#SBATCH --open-mode=append\n#SBATCH --signal=B:USR1@60\n",
                minutes_of(p), how->memory);
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

void ll_sweep_emit_parallel(const ll_sweep_plan *p, const ll_sweep_emit *how, ll_str *out)
{
    ll_str_add(out, "#!/bin/sh\n# Run again, it goes on with what has not ended well (GNU parallel).\n");
    add_head(how, out);
    ll_str_addf(out, "export program plan\nseq 0 %d | parallel --joblog \"$plan.joblog\" --resume-failed",
                p->tasks - 1);
    if (how->at_once) ll_str_addf(out, " -j %d", how->at_once);
    ll_str_add(out, " ");
    ll_str run = {0};
    add_run(how, "{}", &run);
    add_word(out, run.s);
    ll_str_add(out, "\n");
    ll_str_free(&run);
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
