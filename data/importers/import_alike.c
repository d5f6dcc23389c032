#include "data/importers/import_alike.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/num/stats.h"
#include "core/space/own/numbers.h"

/* Fewer architectures say little, more than MOST are not needed to tell; of many new devices the first are enough. */
enum { SHARED_LEAST = 8, SHARED_MOST = 2000, DEVICES_MOST = 5, COMPARED_MOST = 500 };
static const double LIKE = .9;
/* Units are a thousand apart; machines that order architectures alike seldom are, and never by just that. */
static const double BETWEEN_UNITS[] = {1e3, 1e-3, 1e6, 1e-6};
static const double NEAR = 1.3;

typedef struct nearest {
    const char *device, *dataset;
    double r, ratio; /* Spearman; median of ours / theirs */
    int n;
} nearest;

/* The gene of row i there; of spaces of numbers the same values may be another choice. */
static bool in_space_of(const ll_dataset *known, const ll_dataset *fresh, int i, uint8_t *gene)
{
    const uint8_t *own = ll_gene(fresh, i);
    if (known->space != fresh->space && fresh->space->facts->columns)
        return ll_numbers_translate(fresh->space, known->space, own, gene);
    memcpy(gene, own, (size_t)fresh->space->n_positions);
    return true;
}

/* What both know, at most SHARED_MOST of them; *ratio is ours / theirs. Room for SHARED_MOST each. */
static int gather(const ll_dataset *fresh, int j, const ll_dataset *known, int k, double *x, double *y)
{
    const double *ours = ll_latencies(fresh, j), *theirs = ll_latencies(known, k);
    int n = 0;
    uint8_t gene[LL_MAX_POSITIONS];
    for (int i = 0; i < fresh->n_archs && n < SHARED_MOST; i++) {
        bool shared = !isnan(ours[i]) && in_space_of(known, fresh, i, gene);
        int row = shared ? ll_dataset_row(known, gene) : -1;
        if (row < 0 || isnan(theirs[row])) continue;
        x[n] = ours[i];
        y[n++] = theirs[row];
    }
    return n;
}

static void compare(const ll_dataset *fresh, int j, const ll_dataset *known, int k, double *room,
                    nearest *best)
{
    double *x = room, *y = room + SHARED_MOST, *ratio = room + 2 * SHARED_MOST;
    int n = gather(fresh, j, known, k, x, y), m = 0;
    double r = n < SHARED_LEAST ? NAN : ll_spearman(x, y, n);
    if (!(r >= LIKE && r > best->r)) return;
    for (int i = 0; i < n; i++)
        if (y[i] > 0 && x[i] > 0) ratio[m++] = x[i] / y[i];
    *best = (nearest){known->devices[k].name, known->name, r, m ? ll_median(ratio, m) : NAN, n};
}

static nearest find(const ll_dataset *fresh, int j, const ll_dataset *const *known, int n, double *room)
{
    nearest best = {.r = -2};
    int left = COMPARED_MOST;
    for (int i = 0; i < n; i++)
        for (int k = 0; known[i] && k < known[i]->n_devices && left && !ll_interrupted(); k++) {
            const ll_device *v = &known[i]->devices[k];
            if (v->of != fresh->devices[j].of || ll_dataset_device(fresh, v->name) >= 0) continue;
            compare(fresh, j, known[i], k, room, &best);
            left--;
        }
    return best;
}

static void say(ll_import *job, const ll_device *v, const nearest *x)
{
    ll_str factor = {0};
    for (size_t i = 0; i < sizeof BETWEEN_UNITS / sizeof *BETWEEN_UNITS; i++) {
        double off = x->ratio / BETWEEN_UNITS[i];
        if (off > 1 / NEAR && off < NEAR)
            ll_str_addf(&factor, ", but its numbers are %g times as large: was the file really in %s?",
                        BETWEEN_UNITS[i], v->unit_read);
    }
    ll_import_note(job, "%s looks like %s of %s (Spearman %.3f on %d shared architectures)%s", v->name,
                   x->device, x->dataset, x->r, x->n, ll_str_text(&factor));
    ll_str_free(&factor);
}

void ll_import_note_alike(ll_import *job, const ll_dataset *fresh, const ll_dataset *const *known, int n)
{
    double *room = LL_NEW_ARRAY(double, 3 * SHARED_MOST);
    for (int j = 0; j < fresh->n_devices && j < DEVICES_MOST; j++) {
        nearest x = find(fresh, j, known, n, room);
        if (x.device) say(job, &fresh->devices[j], &x);
    }
    free(room);
}
