#include "data/importers/sums.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "data/importers/draw.h"

enum { FIXED_MOST = 256, MISSING_MOST = 4096 };

/* Parts of a network and how often they were met. */
typedef struct tally {
    ll_part *parts;
    int *count;
    int n, most;
} tally;

static tally new_tally(int most)
{
    return (tally){LL_NEW_ARRAY(ll_part, most), LL_NEW_ARRAY(int, most), 0, most};
}

static void free_tally(tally *t)
{
    free(t->parts);
    free(t->count);
}

static int find_part(const tally *t, const ll_part *p)
{
    for (int i = 0; i < t->n; i++)
        if (!ll_part_compare(&t->parts[i], p)) return i;
    return -1;
}

static void count_part(tally *t, const ll_part *p)
{
    int i = find_part(t, p);
    if (i < 0 && t->n == t->most) return;
    if (i < 0) t->parts[i = t->n++] = *p;
    t->count[i]++;
}

/* A fixed part at whatever size of the image. */
static ll_part sizeless(const ll_part *p)
{
    ll_part out = *p;
    out.v[LL_PART_H_IN] = out.v[LL_PART_H_OUT] = LL_ANY;
    return out;
}

typedef struct summing {
    ll_dataset *d;
    int j;
    tally known,
        unknown; /* fixed parts, without a size, that the table has for some architecture, and those that it lacks for some */
    tally missing; /* what keeps architectures from having a sum */
} summing;

static bool lacks_choices(const ll_bill *bill)
{
    for (int k = 0; k < bill->n; k++)
        if (bill->lines[k].position >= 0 && !bill->lines[k].row) return true;
    return false;
}

static void look_at_fixed(summing *x)
{
    for (int i = 0; i < x->d->n_archs && !ll_interrupted(); i++) {
        ll_bill bill;
        ll_costs_bill(x->d->devices[x->j].costs, x->d->space, ll_gene(x->d, i), &bill);
        for (int k = 0; k < bill.n && !lacks_choices(&bill); k++) {
            ll_part part = sizeless(&bill.lines[k].part);
            if (bill.lines[k].position < 0) count_part(bill.lines[k].row ? &x->known : &x->unknown, &part);
        }
    }
}

static bool is_left_out(const summing *x, const ll_bill_line *line)
{
    ll_part part = sizeless(&line->part);
    return line->position < 0 && find_part(&x->known, &part) < 0;
}

/* Is the part of line k that of an earlier one, too? */
static bool stands_before(const ll_bill *bill, int k)
{
    for (int i = 0; i < k; i++)
        if (!ll_part_compare(&bill->lines[i].part, &bill->lines[k].part)) return true;
    return false;
}

/* The bill's sum; NaN: a part is missing. */
static double sum_of(summing *x, int row, double *std)
{
    ll_bill bill;
    double variance = 0;
    bool complete = true;
    ll_costs_bill(x->d->devices[x->j].costs, x->d->space, ll_gene(x->d, row), &bill);
    for (int k = 0; k < bill.n; k++) {
        const ll_bill_line *line = &bill.lines[k];
        if (line->row) variance += line->row->std_ms * line->row->std_ms;
        if (line->row || is_left_out(x, line)) continue;
        complete = false;
        if (!stands_before(&bill, k)) count_part(&x->missing, &line->part);
    }
    *std = complete ? sqrt(variance) : NAN;
    return complete && bill.missing < bill.n ? bill.ms : NAN;
}

static void describe(const summing *x, ll_sums *out)
{
    int most = -1;
    for (int i = 0; i < x->unknown.n; i++) {
        if (find_part(&x->known, &x->unknown.parts[i]) >= 0) continue;
        if (out->left_out.len) ll_str_add(&out->left_out, ", ");
        ll_part_text(&x->unknown.parts[i], x->d->space, &out->left_out);
    }
    for (int i = 0; i < x->missing.n; i++)
        if (most < 0 || x->missing.count[i] > x->missing.count[most]) most = i;
    if (most < 0) return;
    out->missing_most = x->missing.count[most];
    ll_part_text(&x->missing.parts[most], x->d->space, &out->missing);
}

void ll_fill_sums(ll_dataset *d, int j, ll_sums *out)
{
    summing x = {d, j, new_tally(FIXED_MOST), new_tally(FIXED_MOST), new_tally(MISSING_MOST)};
    size_t cells = (size_t)d->n_archs * (size_t)d->n_devices, first = (size_t)j * (size_t)d->n_archs;
    *out = (ll_sums){0};
    if (!d->std_ms) {
        d->std_ms = ll_alloc_aligned(cells + 1, sizeof(double));
        for (size_t i = 0; i < cells; i++) d->std_ms[i] = NAN;
    }
    look_at_fixed(&x);
    for (int i = 0; i < d->n_archs && !ll_interrupted(); i++) {
        ll_latencies(d, j)[i] = sum_of(&x, i, &d->std_ms[first + (size_t)i]);
        out->summed += ll_known(d, j, i);
    }
    describe(&x, out);
    free_tally(&x.known);
    free_tally(&x.unknown);
    free_tally(&x.missing);
}

void ll_sums_free(ll_sums *s)
{
    ll_str_free(&s->left_out);
    ll_str_free(&s->missing);
}

/* A draw of what a table has the parts of. */
typedef struct costed {
    const ll_costs *costs;
    const ll_space *space;
    int *taken, *passed;
} costed;

static bool has_choices(const void *ctx, const uint8_t *gene)
{
    const costed *x = ctx;
    ll_bill bill;
    ll_costs_bill(x->costs, x->space, gene, &bill);
    bool takes = !lacks_choices(&bill);
    ++*(takes ? x->taken : x->passed);
    return takes;
}

static ll_status draw_costed(ll_import *job, const ll_space *space, int devices, const ll_costs *costs,
                             ll_dataset **out, ll_error *e)
{
    int taken = 0, passed = 0;
    const costed x = {costs, space, &taken, &passed};
    const ll_draw_filter filter = {has_choices, &x};
    ll_status s = ll_draw_dataset(job->name, space, job->n, devices, 1, costs ? &filter : NULL, out, e);
    if (!s && taken >= (*out)->n_archs && passed)
        ll_import_note(
            job, "%s: of the %d architectures drawn, %d have parts that the table lacks, and are passed over",
            job->name, taken + passed, passed);
    return s;
}

ll_status ll_sums_dataset(ll_import *job, const ll_space *space, int devices, const ll_costs *costs,
                          ll_dataset **out, ll_error *e)
{
    if (!job->into) return draw_costed(job, space, devices, costs, out, e);
    ll_dataset *d = *out = ll_dataset_new(job->name, space, job->into->n_archs, devices);
    memcpy(d->archs->genes, job->into->archs->genes, (size_t)d->n_archs * (size_t)space->n_positions);
    return LL_OK;
}

ll_status ll_sums_report(ll_import *job, const ll_device *v, const ll_sums *s, int n_archs, ll_error *e)
{
    if (!s->summed)
        return ll_fail(
            e, LL_BAD_DATA,
            "%s: it has all parts of none of the %d architectures of %s; %s is missing in %d of them",
            job->path, n_archs, v->costs->space->name, s->missing.len ? s->missing.s : "everything",
            s->missing_most);
    ll_import_note(job, "%s: the sums of %d of %d architectures are known, of %d rows", v->name, s->summed,
                   n_archs, v->costs->n);
    if (s->missing.len)
        ll_import_note(job, "%s: the others have parts that the table lacks; %s is missing in %d of them",
                       v->name, s->missing.s, s->missing_most);
    if (s->left_out.len)
        ll_import_note(job,
                       "%s: the table has no row for %.300s, which all networks have: left out of all sums",
                       v->name, s->left_out.s);
    return LL_OK;
}
