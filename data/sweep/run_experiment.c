/* A task of `compare`: the engine walks all trials of the experiment, and those of other tasks are as good as known. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "data/results/plan_context.h"
#include "data/sweep/run.h"

typedef struct experiment {
    ll_plan *x;
    ll_sweep_task *t;  /* the one that runs */
    int *cell_of;      /* (trials of the plan) */
    int asked, landed; /* trials of the plan, which the engine walks in its order */
    ll_results *db;
    ll_error error; /* of the first result that could not be kept: nothing is computed from there on */
} experiment;

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

static bool is_mine(const experiment *j, int trial)
{
    const ll_sweep_plan *p = j->t->run->plan;
    int cell = j->cell_of[trial];
    return cell < p->n && p->cells[cell].task == j->t->number;
}

/* To the engine a trial of another task is one that is known. */
static bool recall(void *ctx, ll_trial *t)
{
    experiment *j = ctx;
    ll_cancelled(j->x->x.observer); /* the wish to stop is noticed, whatever of this is known */
    if (!is_mine(j, j->asked++) || j->error.status) return true;
    ll_trial_context c = ll_plan_context(j->x, t);
    return ll_results_recall(j->db, &c, t);
}

static void landed(void *ctx, const ll_trial *t, bool recalled)
{
    experiment *j = ctx;
    int i = j->landed++;
    if (!is_mine(j, i) || j->error.status) return;
    ll_trial_context c = ll_plan_context(j->x, t);
    if (!recalled && ll_results_store(j->db, &c, t, &j->error)) return;
    j->t->ran->computed += !recalled;
    if (j->cell_of[i + 1] != j->cell_of[i]) ll_sweep_cell_done(j->t);
}

/* A file that is damaged costs its cells; a full disk ends the run before anything is computed. */
static ll_status take_earlier(experiment *j, ll_error *e)
{
    ll_merged merged;
    if (!ll_is_file(j->t->published)) return LL_OK;
    ll_status s = ll_results_merge(j->db, j->t->published, &merged, e);
    if (s != LL_BAD_DATA) return s;
    j->t->ran->damaged = *e;
    *e = (ll_error){0};
    return LL_OK;
}

static ll_status open_database(void *self, ll_sweep_task *t, ll_error *e)
{
    experiment *j = self;
    j->t = t;
    j->cell_of = cells_of_trials(t->run->plan);
    j->asked = j->landed = 0;
    j->error = (ll_error){0};
    ll_status s = ll_results_open(t->local, &j->db, e);
    return s ? s : take_earlier(j, e);
}

static ll_status compute(void *self, ll_sweep_task *t, ll_error *e)
{
    experiment *j = self;
    ll_experiment x = j->x->x;
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

static ll_status publish(void *self, ll_sweep_task *t, ll_error *e)
{
    return ll_results_publish(((experiment *)self)->db, t->published, e);
}

static void close_database(void *self, ll_sweep_task *t)
{
    experiment *j = self;
    ll_results_close(j->db);
    free(j->cell_of);
    j->db = NULL;
    j->cell_of = NULL;
}

ll_sweep_work ll_sweep_experiment(ll_plan *x)
{
    experiment *j = LL_NEW(experiment);
    j->x = x;
    return (ll_sweep_work){j, ".sqlite", open_database, compute, publish, close_database};
}

void ll_sweep_experiment_free(ll_sweep_work *w)
{
    free(w->self);
    w->self = NULL;
}
