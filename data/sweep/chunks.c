#include "data/sweep/chunks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

/* --- ranges --- */

void ll_ranges_add(ll_str *out, const int *v, int n)
{
    for (int i = 0, last; i < n; i = last + 1) {
        for (last = i; last + 1 < n && v[last + 1] == v[last] + 1; last++) continue;
        ll_str_addf(out, last > i ? "%s%d-%d" : "%s%d", i ? "," : "", v[i], v[last]);
    }
}

bool ll_ranges_read(const char *text, int most, ll_ints *out)
{
    for (char *end; *text; text = end + (*end == ',')) {
        long first = strtol(text, &end, 10), last = first;
        if (end == text || first < 0) return false;
        if (*end == '-') {
            text = end + 1;
            last = strtol(text, &end, 10);
            if (end == text) return false;
        }
        if (last < first || last >= most || (*end && (*end != ',' || !end[1]))) return false;
        for (long i = first; i <= last; i++) ll_ints_add(out, (int)i);
    }
    return true;
}

/* --- cells --- */

static ll_hash hash_of(const ll_sweep_plan *p, const char *settings, const int *archs, int n)
{
    ll_hash h = ll_hash_bytes(settings, strlen(settings));
    for (int i = 0; i < n; i++) {
        const char *text = p->archs.v[archs[i]];
        h = ll_hash_more(&h, text, strlen(text) + 1);
    }
    return h;
}

static int by_place(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void add_cell(ll_sweep_plan *p, const ll_sweep_chunks *c, int from, int n)
{
    ll_ints archs = ll_ints_copy(c->archs + from, n);
    ll_str name = {0};
    qsort(archs.v, (size_t)n, sizeof *archs.v, by_place);
    ll_str_addf(&name, "%s ", c->label);
    ll_ranges_add(&name, archs.v, n);
    ll_sweep_plan_add(p, &(ll_sweep_cell){.task = p->tasks - 1,
                                          .trials = n,
                                          .seconds = n * c->each_s,
                                          .hash = hash_of(p, c->settings, archs.v, n),
                                          .name = ll_str_take(&name)});
    ll_ints_free(&archs);
}

/* So many that a task has a few: what is lost with a machine, and what status counts, is a cell. */
static int cell_size(const ll_sweep_plan *p, double each_s)
{
    return (int)fmin(fmax(1, ceil(60 * p->minutes / LL_CHUNKS_OF_TASK / each_s)), LL_CHUNK_MOST);
}

void ll_sweep_add_chunks(ll_sweep_plan *p, const ll_sweep_chunks *c)
{
    int size = cell_size(p, c->each_s);
    double spent = INFINITY;
    for (int from = 0, n; from < c->n; from += n) {
        n = from + size < c->n ? size : c->n - from;
        while (from + n < c->n && c->joined && c->joined[from + n]) n++;
        if (spent + n * c->each_s / 2 > 60 * p->minutes) p->tasks++, spent = 0;
        add_cell(p, c, from, n);
        spent += n * c->each_s;
    }
}

ll_status ll_sweep_chunk_read(const ll_sweep_plan *p, const ll_sweep_cell *cell, const char *path,
                              char **label, ll_ints *archs, ll_error *e)
{
    const char *blank = strchr(cell->name, ' ');
    int before = archs->n;
    *label = NULL;
    if (!blank || !ll_ranges_read(blank + 1, p->archs.n, archs) || archs->n - before != cell->trials)
        return ll_fail(e, LL_BAD_DATA, "%s: the cell \"%.60s\" names no architectures of the plan", path,
                       cell->name);
    *label = ll_strndup(cell->name, (size_t)(blank - cell->name));
    return LL_OK;
}

ll_status ll_sweep_chunk_same(const ll_sweep_plan *p, const ll_sweep_cell *cell, const char *path,
                              const char *settings, ll_error *e)
{
    char *label;
    ll_ints archs = {0};
    ll_status s = ll_sweep_chunk_read(p, cell, path, &label, &archs, e);
    if (!s && strcmp(hash_of(p, settings, archs.v, archs.n).hex, cell->hash.hex))
        s = ll_fail(e, LL_FAILED,
                    "%s: the cell %.60s is another one here (%.200s): the search space or what latlab does "
                    "with it has changed; `sweep plan` makes a new plan",
                    path, cell->name, settings);
    ll_ints_free(&archs);
    free(label);
    return s;
}
