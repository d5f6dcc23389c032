/* A task of cells that are architectures: one after the other into one file of text, which is copied whole. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/system/fs.h"
#include "data/sweep/run.h"

static ll_status copy(const char *from, const char *to, ll_error *e)
{
    char *bytes;
    size_t n;
    ll_status s = ll_read_own_file(from, 0, &bytes, &n, e);
    if (s) return s;
    s = ll_write_file(to, bytes, n, e);
    free(bytes);
    return s;
}

static long long size_of(const char *path)
{
    struct stat st;
    return ll_is_file(path) && !stat(path, &st) ? (long long)st.st_size : -1;
}

/* They only grow: of what is left here and what is in the folder the larger one is the later one. */
static ll_status take_earlier(void *self, ll_sweep_task *t, ll_error *e)
{
    return size_of(t->published) > size_of(t->local) ? copy(t->published, t->local, e) : LL_OK;
}

static ll_status publish(void *self, ll_sweep_task *t, ll_error *e)
{
    return ll_is_file(t->local) ? copy(t->local, t->published, e) : LL_OK;
}

/* A file that cannot be read costs its cells, once. */
static ll_status one_cell(ll_sweep_by_cells *by, ll_sweep_task *t, const ll_sweep_cell *c, ll_error *e)
{
    int computed = 0;
    ll_status s = by->cell(by->ctx, t, c, &computed, e);
    if (s == LL_BAD_DATA && !t->ran->damaged.status) {
        t->ran->damaged = *e;
        *e = (ll_error){0};
        unlink(t->local);
        t->ran->cells = 0;
        return LL_LATER;
    }
    t->ran->computed += computed;
    if (!s) ll_sweep_cell_done(t);
    return s;
}

static ll_status all_cells(ll_sweep_by_cells *by, ll_sweep_task *t, ll_error *e)
{
    const ll_sweep_plan *p = t->run->plan;
    int first = ll_sweep_first_cell(p, t->number), n = ll_sweep_task_cells(p, t->number);
    ll_status s = LL_OK;
    for (int i = 0; i < n && !s; i++) {
        s = one_cell(by, t, &p->cells[first + i], e);
        if (s == LL_LATER) s = LL_OK, i = -1; /* from the first one on */
    }
    return s;
}

static ll_status compute(void *self, ll_sweep_task *t, ll_error *e)
{
    ll_sweep_by_cells *by = self;
    ll_status s = by->begin ? by->begin(by->ctx, t, e) : LL_OK;
    if (!s) s = all_cells(by, t, e);
    if (by->end) by->end(by->ctx, t);
    return s;
}

static void nothing_to_close(void *self, ll_sweep_task *t) {}

ll_sweep_work ll_sweep_cells(ll_sweep_by_cells *by)
{
    return (ll_sweep_work){by, by->suffix, take_earlier, compute, publish, nothing_to_close};
}
