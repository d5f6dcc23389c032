#include "data/sweep/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/shared_file.h"
#include "data/results/plan_context.h"
#include "data/sweep/state.h"

typedef struct job {
    const ll_sweep_run *r;
    int task;
    int *cell_of;      /* (trials of the plan) */
    int asked, landed; /* trials of the plan, which the engine walks in its order */
    ll_results *db;
    char *local, *published, *state; /* paths */
    double copied_s;
    ll_sweep_ran *ran;
    ll_error error; /* of the first result that could not be kept: nothing is computed from there on */
} job;

static int *cells_of_trials(const ll_sweep_plan *p)
{
    int n = 0, at = 0;
    for (int i = 0; i < p->n; i++) n += p->cells[i].trials;
    int *out = LL_NEW_ARRAY(int, n + 1);
    for (int i = 0; i < p->n; i++)
        for (int t = 0; t < p->cells[i].trials; t++) out[at++] = i;
    out[n] = p->n;
    return out;
}

static bool is_mine(const job *j, int trial)
{
    int cell = j->cell_of[trial];
    return cell < j->r->plan->n && j->r->plan->cells[cell].task == j->task;
}

/* To the engine a trial of another task is one that is known. */
static bool recall(void *ctx, ll_trial *t)
{
    job *j = ctx;
    ll_cancelled(j->r->x->x.observer); /* the wish to stop is noticed, whatever of this is known */
    if (!is_mine(j, j->asked++) || j->error.status) return true;
    ll_trial_context c = ll_plan_context(j->r->x, t);
    return ll_results_recall(j->db, &c, t);
}

static void say_state(const job *j, ll_sweep_phase phase, const char *message)
{
    ll_sweep_state s = {.phase = phase, .done = j->ran->cells};
    snprintf(s.message, sizeof s.message, "%.500s", message);
    ll_sweep_state_write(j->state, &s, NULL); /* it only tells: the results are elsewhere */
}

/* Reading the file must not stop because the command is to. */
static ll_status publish(job *j, ll_error *e)
{
    const ll_observer *watched = ll_interrupt_watch(NULL);
    ll_status s = ll_results_publish(j->db, j->published, e);
    ll_interrupt_watch(watched);
    j->copied_s = ll_now_s();
    return s;
}

static void landed(void *ctx, const ll_trial *t, bool recalled)
{
    job *j = ctx;
    int i = j->landed++;
    if (!is_mine(j, i) || j->error.status) return;
    ll_trial_context c = ll_plan_context(j->r->x, t);
    if (!recalled && ll_results_store(j->db, &c, t, &j->error)) return;
    j->ran->computed += !recalled;
    if (j->cell_of[i + 1] == j->cell_of[i]) return;
    j->ran->cells++;
    if (ll_now_s() - j->copied_s < j->r->copy_s) return;
    publish(j, NULL); /* one that fails is tried again at the end, which says so */
    say_state(j, LL_SWEEP_RUNNING, "");
}

/* A folder of one's own in one that may be everybody's. */
static ll_status own_folder(const char *scratch, char **out, ll_error *e)
{
    ll_str b = {0};
    struct stat st;
    ll_status s = ll_make_dirs(scratch, e);
    if (s) return s;
    ll_str_addf(&b, "%s/latlab-sweep-%ld", scratch, (long)geteuid());
    if (mkdir(b.s, 0700) && errno != EEXIST)
        s = ll_fail(e, LL_FAILED, "%s: %s", b.s, strerror(errno));
    else if (lstat(b.s, &st) || !S_ISDIR(st.st_mode) || st.st_uid != geteuid())
        s = ll_fail(e, LL_FAILED, "%s: not a folder of this user; scratch= names another place", b.s);
    if (s)
        ll_str_free(&b);
    else
        *out = ll_str_take(&b);
    return s;
}

/* The experiment is in the name, so that a plan of other data finds nothing of this one. */
static ll_status find_places(job *j, ll_error *e)
{
    char *folder = ll_sweep_folder(j->r->path), *own = NULL;
    ll_str name = {0};
    ll_status s = ll_make_dirs(folder, e);
    if (!s) s = own_folder(j->r->scratch, &own, e);
    if (!s) {
        ll_str_addf(&name, "%.16s-%06d.sqlite", j->r->plan->hash.hex, j->task);
        j->local = ll_path_join(own, name.s);
        j->published = ll_sweep_task_path(j->r->path, j->task, ".sqlite");
        j->state = ll_sweep_task_path(j->r->path, j->task, ".state");
    }
    ll_str_free(&name);
    free(own);
    free(folder);
    return s;
}

/* A file that is damaged costs its cells; a full disk ends the run before anything is computed. */
static ll_status take_earlier(job *j, ll_error *e)
{
    ll_merged merged;
    if (!ll_is_file(j->published)) return LL_OK;
    ll_status s = ll_results_merge(j->db, j->published, &merged, e);
    if (s != LL_BAD_DATA) return s;
    j->ran->damaged = *e;
    *e = (ll_error){0};
    return LL_OK;
}

static ll_status compute(job *j, ll_error *e)
{
    ll_experiment x = j->r->x->x;
    x.recall = recall;
    x.landed = landed;
    x.inspect = NULL;
    x.forget = NULL;
    x.ctx = j;
    ll_status s = ll_experiment_run(&x, e);
    if (s || !j->error.status) return s;
    *e = j->error;
    return e->status;
}

static void remove_local(const job *j)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    for (int i = 0; i < 4; i++) {
        ll_str b = {0};
        ll_str_addf(&b, "%s%s", j->local, endings[i]);
        unlink(b.s);
        ll_str_free(&b);
    }
}

/* Whatever ended the run, what it computed goes to the folder first. */
static ll_status end(job *j, ll_status s, ll_error *e)
{
    ll_error unpublished = {0};
    bool safe = !publish(j, &unpublished);
    ll_results_close(j->db);
    j->db = NULL;
    if (safe) remove_local(j);
    if (!safe)
        s = ll_fail(e, LL_FAILED, "%.700s; what task %d computed is kept in %s", unpublished.message, j->task,
                    j->local);
    else if (s == LL_CANCELLED)
        s = ll_fail(e, LL_LATER,
                    "task %d was stopped; %d of its %d cells are kept, and the same command goes on", j->task,
                    j->ran->cells, ll_sweep_task_cells(j->r->plan, j->task));
    say_state(j,
              !s              ? LL_SWEEP_DONE
              : s == LL_LATER ? LL_SWEEP_STOPPED
                              : LL_SWEEP_FAILED,
              s ? e->message : "");
    return s;
}

static ll_status run_locked(job *j, ll_error *e)
{
    ll_status s = ll_results_open(j->local, &j->db, e);
    if (!s) s = take_earlier(j, e);
    if (s) {
        ll_results_close(j->db);
        say_state(j, LL_SWEEP_FAILED, e->message);
        return s;
    }
    j->copied_s = ll_now_s();
    say_state(j, LL_SWEEP_RUNNING, "");
    return end(j, compute(j, e), e);
}

ll_status ll_sweep_run_task(const ll_sweep_run *r, int task, ll_sweep_ran *out, ll_error *e)
{
    job j = {.r = r, .task = task, .ran = out};
    int lock = -1;
    *out = (ll_sweep_ran){0};
    ll_status s = find_places(&j, e);
    if (!s) s = ll_shared_lock(j.local, 1000, &lock, e); /* the same task twice on one machine */
    j.cell_of = cells_of_trials(r->plan);
    if (!s) s = run_locked(&j, e);
    ll_shared_unlock(lock);
    free(j.cell_of);
    free(j.local);
    free(j.published);
    free(j.state);
    return s;
}
