#include "data/importers/import.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/plausible.h"
#include "core/base/size.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/base/text/quote.h"
#include "data/formats/pickle.h"

static const ll_importer importers[] = {
    {"help", "HELP's folder as published (27 devices, 12 for ofa; ms)", "HELP", ll_import_help, false, NULL},
    {"oneproxy", "OneProxy's folder (18 devices on 1,999 cells, ms)", "OneProxy", ll_import_oneproxy, false,
     NULL},
    {"brpnas", "one device of BRP-NAS (pickle, s)", "BRP-NAS", ll_import_brpnas, false, NULL},
    {"eagle", "EAGLE's folder (13 devices on some 15,250 cells; pickles, s)", "EAGLE", ll_import_eagle, false,
     NULL},
    {"hwnasbench", "HW-NAS-Bench's pickle (6 devices of nasbench201 or fbnet, ms and mJ)", "HW-NAS-Bench",
     ll_import_hwnas, false, ll_is_hwnas},
    {"lut", "look-up tables of layer costs (YAML or CSV, ms; one file, or a folder)", "look-up table",
     ll_import_lut, false, ll_is_lut},
    {"csv", "a table of your own (wide or long, text or JSON)", "file", ll_import_csv, false, NULL},
    {"accuracy", "accuracies (pickle, JSON or table)", "file", ll_import_accuracy, true, NULL},
    {"ofa-accuracy", "Once-for-All's accuracy predictor (torch)", "Once-for-All", ll_import_ofa_accuracy,
     true, NULL},
    {"zcp", "zero-cost proxies (JSON)", "NASFLAT", ll_import_zcp, true, NULL},
};

const ll_importer *ll_importer_at(int i)
{
    return i >= 0 && i < (int)(sizeof importers / sizeof *importers) ? &importers[i] : NULL;
}

const ll_importer *ll_importer_find(const char *kind)
{
    for (int i = 0; ll_importer_at(i); i++)
        if (!strcmp(importers[i].kind, kind)) return &importers[i];
    return NULL;
}

const ll_importer *ll_importer_of(const char *path, const ll_importer *not_this)
{
    for (int i = 0; ll_importer_at(i); i++)
        if (&importers[i] != not_this && importers[i].is && importers[i].is(path)) return &importers[i];
    return NULL;
}

void ll_import_note(ll_import *job, const char *fmt, ...)
{
    ll_str text = {0};
    va_list ap;
    va_start(ap, fmt);
    ll_str_addv(&text, fmt, ap);
    va_end(ap);
    ll_strs_take(&job->notes, ll_str_take(&text));
}

bool ll_import_chosen(const ll_import *job, const char *name)
{
    bool chosen = !job->devices || !job->devices->n;
    for (int i = 0; !chosen && i < job->devices->n; i++) {
        const char *marked = job->devices->v[i];
        char *plain = ll_unmarked(marked);
        chosen = !strcmp(plain, name) || (!ll_is_marked(marked) && ll_glob(plain, name));
        free(plain);
    }
    return chosen;
}

void ll_import_provenance(ll_dataset *d, const char *kind, const char *path, const char *unit_read)
{
    if (!d->provenance) d->provenance = cJSON_CreateObject();
    cJSON *o = ll_json_obj(ll_json_list(d->provenance, "imports"), NULL), *devices;
    ll_json_str(o, "kind", kind);
    ll_json_str(o, "path", path);
    if (unit_read) ll_json_str(o, "unit_read", unit_read);
    ll_json_int(o, "archs", d->n_archs);
    devices = ll_json_arr(o, "devices");
    for (int i = 0; i < d->n_devices; i++) ll_json_str(devices, NULL, d->devices[i].name);
}

double ll_to_ms(const char *unit, double x)
{
    const ll_unit *u = ll_unit_find(unit);
    return u && u->of == LL_LATENCY ? ll_unit_convert(u, x, 1) : NAN;
}

void ll_import_cell(const int *op, uint8_t *gene)
{
    for (int edge = 0; edge < 6; edge++) gene[edge] = (uint8_t)op[edge];
}

ll_status ll_import_room(const char *folder, const ll_strs *files, int n_archs, ll_error *e)
{
    size_t bytes = 0;
    for (int i = 0; i < files->n; i++) {
        struct stat st;
        char *path = ll_path_join(folder, files->v[i]);
        if (!stat(path, &st)) bytes += (size_t)st.st_size;
        free(path);
    }
    ll_budget budget = ll_budget_for(LL_READER_TABLE, bytes);
    if (!ll_budget_take(&budget, (size_t)n_archs * (size_t)files->n, sizeof(double), e)) return LL_OK;
    return ll_fail_in(e, "%s: %d %s with %d %s each: ", folder, files->n,
                      ll_noun(files->n, "device", "devices"), n_archs,
                      ll_noun(n_archs, "architecture", "architectures"));
}

static ll_status check_latency(const char *path, int i, double *x, bool minus_one, ll_error *e)
{
    if (minus_one && *x == -1) *x = NAN;
    if (isnan(*x) || !ll_check_ms(*x, e)) return LL_OK;
    return ll_fail_in(e, "%s: element %d: ", path, i);
}

ll_status ll_import_column(const char *path, bool minus_one, double *lat_ms, int n, ll_error *e)
{
    ll_pickle p;
    double *x = NULL;
    size_t found = 0;
    ll_status s = ll_pickle_read(path, &p, e);
    if (s) return s;
    s = ll_pickled_numbers(p.root, &x, &found, e);
    if (s) ll_fail_in(e, "%s: ", path);
    if (!s && found != (size_t)n)
        s = ll_fail(e, LL_BAD_DATA, "%s: %zu latencies, %d were expected, one per architecture", path, found,
                    n);
    for (int i = 0; !s && i < n; i++) {
        s = check_latency(path, i, &x[i], minus_one, e);
        lat_ms[i] = x[i];
    }
    free(x);
    ll_pickle_free(&p);
    return s;
}
