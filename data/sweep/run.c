#include "data/sweep/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/system/shared_file.h"
#include "data/sweep/state.h"

static void say_state(const ll_sweep_task *t, ll_sweep_phase phase, const char *message)
{
    ll_sweep_state s = {.phase = phase, .done = t->ran->cells};
    snprintf(s.local, sizeof s.local, "%s", t->local);
    snprintf(s.message, sizeof s.message, "%.500s", message);
    ll_sweep_state_write(t->state, &s, NULL); /* it only tells: the results are elsewhere */
}

/* Reading the file must not stop because the command is to. */
static ll_status publish(const ll_sweep_work *w, ll_sweep_task *t, ll_error *e)
{
    const ll_observer *watched = ll_interrupt_watch(NULL);
    ll_status s = w->publish(w->self, t, e);
    ll_interrupt_watch(watched);
    t->copied_s = ll_now_s();
    return s;
}

void ll_sweep_cell_done(ll_sweep_task *t)
{
    t->ran->cells++;
    if (ll_now_s() - t->copied_s < t->run->copy_s) return;
    publish(t->work, t, NULL); /* one that fails is tried again at the end, which says so */
    say_state(t, LL_SWEEP_RUNNING, "");
}

ll_status ll_sweep_own_folder(const char *scratch, char **out, ll_error *e)
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

/* The plan is in the name, so that one of other data finds nothing of this one. */
static ll_status find_places(ll_sweep_task *t, const char *suffix, ll_error *e)
{
    const ll_sweep_job *r = t->run;
    char *folder = ll_sweep_folder(r->path), *own = NULL;
    ll_str name = {0};
    ll_status s = ll_make_dirs(folder, e);
    if (!s) s = ll_sweep_own_folder(r->scratch, &own, e);
    if (!s) {
        ll_str_addf(&name, "%.16s-%06d%s", r->plan->hash.hex, t->number, suffix);
        t->local = ll_path_join(own, name.s);
        t->published = ll_sweep_task_path(r->path, t->number, suffix);
        t->state = ll_sweep_task_path(r->path, t->number, ".state");
    }
    ll_str_free(&name);
    free(own);
    free(folder);
    return s;
}

static void remove_local(const ll_sweep_task *t)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    for (int i = 0; i < 4; i++) {
        ll_str b = {0};
        ll_str_addf(&b, "%s%s", t->local, endings[i]);
        unlink(b.s);
        ll_str_free(&b);
    }
}

/* Whatever ended the run, what it computed goes to the folder first. */
static ll_status end(const ll_sweep_work *w, ll_sweep_task *t, ll_status s, ll_error *e)
{
    ll_error unpublished = {0};
    bool safe = !publish(w, t, &unpublished);
    w->close(w->self, t);
    if (safe) remove_local(t);
    if (!safe)
        s = ll_fail(e, LL_FAILED, "%.700s; what task %d computed is kept in %s", unpublished.message,
                    t->number, t->local);
    else if (s == LL_CANCELLED)
        s = ll_fail(e, LL_LATER,
                    "task %d was stopped; %d of its %d cells are kept, and the same command goes on",
                    t->number, t->ran->cells, ll_sweep_task_cells(t->run->plan, t->number));
    say_state(t,
              !s              ? LL_SWEEP_DONE
              : s == LL_LATER ? LL_SWEEP_STOPPED
                              : LL_SWEEP_FAILED,
              s ? e->message : "");
    return s;
}

static ll_status run_locked(const ll_sweep_work *w, ll_sweep_task *t, ll_error *e)
{
    ll_status s = w->open(w->self, t, e);
    if (s) {
        w->close(w->self, t);
        say_state(t, LL_SWEEP_FAILED, e->message);
        return s;
    }
    t->copied_s = ll_now_s();
    say_state(t, LL_SWEEP_RUNNING, "");
    return end(w, t, w->compute(w->self, t, e), e);
}

ll_status ll_sweep_run_task(const ll_sweep_job *r, const ll_sweep_work *w, int task, ll_sweep_ran *out,
                            ll_error *e)
{
    ll_sweep_task t = {.run = r, .work = w, .number = task, .ran = out};
    int lock = -1;
    *out = (ll_sweep_ran){0};
    ll_status s = find_places(&t, w->suffix, e);
    if (!s) s = ll_shared_lock(t.local, 1000, &lock, e); /* the same task twice on one machine */
    if (!s) s = run_locked(w, &t, e);
    ll_shared_unlock(lock);
    free(t.local);
    free(t.published);
    free(t.state);
    return s;
}
