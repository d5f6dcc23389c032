#include "data/datasets/export.h"

#include <stdlib.h>

#include "core/archs/archs_csv.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/csv.h"
#include "core/commands/arch_fields.h"
#include "data/formats/npy.h"
#include "data/importers/csv.h"

void ll_write_brief_arch(FILE *f, const ll_dataset *d, int row, bool digits, ll_str *text)
{
    const uint8_t *gene = ll_gene(d, row);
    if (!digits) {
        ll_arch_write(f, d->space, gene, text);
        return;
    }
    for (int i = 0; i < d->space->n_positions; i++) putc_unlocked('0' + gene[i], f);
}

/* --- latencies --- */

static const double *std_of(const ll_dataset *d, int device)
{
    const double *v = d->std_ms ? d->std_ms + (size_t)device * (size_t)d->n_archs : NULL;
    for (int i = 0; v && i < d->n_archs; i++)
        if (!isnan(v[i])) return v;
    return NULL;
}

/* What the import reads as this device again: a quantity says its unit, and so does a name that would be read as
 * something else. */
static void add_heading(const ll_device *v, ll_str *out)
{
    ll_str_add(out, v->name);
    if (v->of != LL_LATENCY || !ll_table_takes_name(v->name))
        ll_str_addf(out, " (%s)", ll_measurand_unit(v->of));
}

static void write_header(FILE *f, const ll_dataset *d, const ll_ints *devices)
{
    ll_strs names = {0};
    for (int j = 0; j < devices->n; j++) {
        ll_str name = {0}, std = {0};
        add_heading(&d->devices[devices->v[j]], &name);
        ll_strs_take(&names, ll_str_take(&name));
        if (!std_of(d, devices->v[j])) continue;
        ll_str_addf(&std, "%s_std", d->devices[devices->v[j]].name);
        ll_strs_take(&names, ll_str_take(&std));
    }
    ll_arch_write_head(f, &names);
    ll_strs_free(&names);
}

ll_status ll_export_csv(const ll_dataset *d, const ll_ints *devices, const char *path, ll_error *e)
{
    ll_writer w;
    ll_str text = {0};
    ll_status s = ll_writer_open(&w, path, e);
    if (s) return s;
    write_header(w.f, d, devices);
    for (int i = 0; i < d->n_archs; i++) {
        ll_arch_write(w.f, d->space, ll_gene(d, i), &text);
        for (int j = 0; j < devices->n; j++) {
            const double *std = std_of(d, devices->v[j]);
            putc(',', w.f);
            ll_csv_write_number(w.f, ll_latencies(d, devices->v[j])[i]);
            if (std) putc(',', w.f);
            if (std) ll_csv_write_number(w.f, std[i]);
        }
        putc('\n', w.f);
    }
    ll_str_free(&text);
    return ll_writer_commit(&w, e);
}

ll_status ll_export_npy(const ll_dataset *d, const ll_ints *devices, const char *path, ll_error *e)
{
    size_t m = (size_t)devices->n;
    double *v = LL_NEW_ARRAY(double, (size_t)d->n_archs *m + 1);
    for (size_t j = 0; j < m; j++)
        for (size_t i = 0; i < (size_t)d->n_archs; i++) v[i * m + j] = ll_latencies(d, devices->v[j])[i];
    ll_status s = ll_npy_write(path, LL_F64, 2, (long[]){d->n_archs, devices->n}, v, e);
    free(v);
    return s;
}

/* --- scores --- */

void ll_write_scores_head(FILE *f, const ll_dataset *d)
{
    ll_strs names = {0};
    for (int k = 0; k < d->n_scores; k++) ll_strs_add(&names, d->scores[k].name);
    ll_arch_write_head(f, &names);
    ll_strs_free(&names);
}

ll_status ll_export_scores(const ll_dataset *d, const char *path, ll_error *e)
{
    ll_writer w;
    ll_str text = {0};
    ll_status s = ll_writer_open(&w, path, e);
    if (s) return s;
    ll_write_scores_head(w.f, d);
    for (int i = 0; i < d->n_archs; i++) {
        ll_arch_write(w.f, d->space, ll_gene(d, i), &text);
        for (int k = 0; k < d->n_scores; k++) {
            putc(',', w.f);
            ll_csv_write_number(w.f, d->scores[k].v[i]);
        }
        putc('\n', w.f);
    }
    ll_str_free(&text);
    return ll_writer_commit(&w, e);
}

/* --- predictions --- */

static void write_predictions_head(FILE *f, const ll_arch_fields *fields)
{
    static const char *const own[] = {"device", "predictor", "measured_ms", "predicted_ms",
                                      "lo_ms",  "hi_ms",     "sample"};
    ll_strs names = {0};
    ll_arch_fields_names(fields, &names);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) ll_strs_add(&names, own[i]);
    ll_arch_write_head(f, &names);
    ll_strs_free(&names);
}

static void write_transfer(FILE *f, ll_arch_fields *fields, const ll_transfer *t, double level)
{
    const ll_dataset *d = fields->data;
    int device = ll_dataset_device(d, t->device);
    double *lo = LL_NEW_ARRAY(double, t->n + 1), *hi = LL_NEW_ARRAY(double, t->n + 1);
    bool interval = ll_transfer_interval(t, level, lo, hi);
    for (int i = 0; i < t->n; i++) {
        double v[] = {device < 0 ? NAN : ll_latencies(d, device)[i], t->lat_ms[i], interval ? lo[i] : NAN,
                      interval ? hi[i] : NAN};
        ll_arch_fields_csv(fields, ll_gene(d, i), f);
        putc(',', f);
        ll_csv_write(f, t->device);
        fprintf(f, ",%s", t->predictor->name);
        for (int k = 0; k < 4; k++) {
            putc(',', f);
            ll_csv_write_number(f, v[k]);
        }
        fprintf(f, ",%d\n", ll_ints_find(&t->samples, i) >= 0);
    }
    free(lo);
    free(hi);
}

ll_status ll_export_predictions(const ll_dataset *d, ll_transfer *const *t, int n, double level,
                                const char *path, ll_error *e)
{
    ll_writer w;
    ll_status s = ll_writer_open(&w, path, e);
    if (s) return s;
    ll_arch_fields fields = ll_arch_fields_of(d->space, d);
    write_predictions_head(w.f, &fields);
    for (int i = 0; i < n; i++) write_transfer(w.f, &fields, t[i], level);
    ll_arch_fields_free(&fields);
    return ll_writer_commit(&w, e);
}
