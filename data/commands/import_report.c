/* What an import says when it is done: a row per device, units that look wrong, measurements under two names. Every part
 * takes about as long as reading the file did, however many devices there are. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/app.h"
#include "core/base/index.h"
#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/device/hardware.h"
#include "core/num/stats.h"
#include "data/commands/commands.h"
#include "data/importers/import.h"
#include "data/importers/import_alike.h"

/* --- units --- */

static double median_of(const ll_dataset *d, int device, double *room)
{
    const double *v = ll_latencies(d, device);
    int n = 0;
    for (int i = 0; i < d->n_archs; i++)
        if (!isnan(v[i])) room[n++] = v[i];
    return ll_median(room, n);
}

/* Of each device its median, and that of the others' medians where it is a latency. */
static void find_medians(const ll_dataset *d, double *own, double *typical)
{
    double *room = LL_NEW_ARRAY(double, d->n_archs + 1), *latencies = LL_NEW_ARRAY(double, d->n_devices + 1);
    for (int j = 0; j < d->n_devices && !ll_interrupted(); j++) {
        own[j] = median_of(d, j, room);
        latencies[j] = d->devices[j].of == LL_LATENCY ? own[j] : NAN;
    }
    ll_medians_without(latencies, d->n_devices, typical);
    free(latencies);
    free(room);
}

/* Devices of one space lie within a few powers of ten; a factor of a thousand is a unit. */
static void hint_at_unit(ll_strs *warnings, const ll_dataset *d, int device, double median, double typical)
{
    ll_str text = {0};
    const ll_device *v = &d->devices[device];
    if (v->of != LL_LATENCY) return; /* nobody knows what energies of a space usually are */
    if (v->costs) return;            /* of a table's own unit, which it states */
    double ratio = median / typical;
    bool alone = d->n_devices == 1;
    if (!alone && ratio > 0 && (ratio < 1.0 / 300 || ratio > 300))
        ll_str_addf(&text,
                    "%s: its median is %.3g ms, the other devices' is %.3g ms: was the file really in %s?",
                    v->name, median, typical, v->unit_read);
    else if (alone && (median < .05 || median > 5000))
        ll_str_addf(&text, "%s: its median is %.3g ms: was the file really in %s?", v->name, median,
                    v->unit_read);
    if (text.len) ll_strs_take(warnings, ll_str_take(&text));
}

/* --- twins --- */

enum { COMMON_LEAST = 10, TIMES_THE_CELLS = 16, COMPARISONS_LEAST = 10000000 };

typedef struct twins {
    ll_import *job;
    const ll_dataset *d, *fresh;
    int *group;  /* of each device of d: its hardware's number, -1 unknown */
    int *first;  /* of each group: its first device that is not fresh, -1 none */
    int *next;   /* of each such device: the one behind it */
    size_t left; /* latencies that may still be compared */
} twins;

static char *lower_case(const char *text)
{
    char *copy = ll_strdup(text);
    for (char *p = copy; *p; p++) *p = (char)tolower((unsigned char)*p);
    return copy;
}

static void number_hardware(twins *t)
{
    ll_names known = {0};
    ll_strs texts = {0}; /* what the names are borrowed from */
    for (int i = 0; i < t->d->n_devices; i++) {
        const char *hardware = ll_hardware(t->d, i);
        t->group[i] = -1;
        if (!hardware) continue;
        ll_strs_take(&texts, lower_case(hardware));
        t->group[i] = ll_names_add(&known, texts.v[texts.n - 1]);
    }
    ll_names_free(&known);
    ll_strs_free(&texts);
}

/* From the last to the first, so that each chain is in order. */
static void chain_devices(twins *t)
{
    for (int i = 0; i < t->d->n_devices; i++) t->first[i] = -1;
    for (int i = t->d->n_devices - 1; i >= 0; i--) {
        int g = t->group[i];
        if (g < 0 || ll_dataset_device(t->fresh, t->d->devices[i].name) >= 0) continue;
        t->next[i] = t->first[g];
        t->first[g] = i;
    }
}

/* The same latencies under two names: said, because a split that has one on either side means little. */
static bool note_twin(twins *t, int a, int b)
{
    const double *x = ll_latencies(t->d, a), *y = ll_latencies(t->d, b);
    int common = 0, i = 0;
    for (; i < t->d->n_archs; i++) {
        if (isnan(x[i]) || isnan(y[i])) continue;
        if (fabs(x[i] - y[i]) > 1e-9 * fabs(x[i])) break;
        common++;
    }
    t->left -= t->left < (size_t)i + 1 ? t->left : (size_t)i + 1;
    if (i < t->d->n_archs || common < COMMON_LEAST) return false;
    ll_import_note(t->job,
                   "%s has the latencies of %s on all %d common architectures: one measurement, two names",
                   t->d->devices[a].name, t->d->devices[b].name, common);
    return true;
}

/* The first twin of every fresh device. Comparing all pairs would be quadratic in a table made for it: after a multiple
 * of the table's cells it ends, and says so. */
static void find_twins(twins *t)
{
    for (int j = 0; j < t->fresh->n_devices; j++) {
        int a = ll_dataset_device(t->d, t->fresh->devices[j].name), b = t->group[a];
        if (b >= 0) b = t->first[b];
        while (b >= 0 && t->left && !note_twin(t, a, b)) b = t->next[b];
        if (t->left && !ll_interrupted()) continue;
        ll_import_note(t->job,
                       "devices from the %d. of the file on were not compared with others of their hardware",
                       j + 1);
        return;
    }
}

static void note_twins(ll_import *job, const ll_dataset *d, const ll_dataset *fresh)
{
    size_t n = (size_t)d->n_devices;
    twins t = {.job = job, .d = d, .fresh = fresh, .group = LL_NEW_ARRAY(int, 3 * n + 1)};
    t.first = t.group + n;
    t.next = t.first + n;
    t.left = TIMES_THE_CELLS * n * (size_t)d->n_archs + COMPARISONS_LEAST;
    number_hardware(&t);
    chain_devices(&t);
    find_twins(&t);
    free(t.group);
}

/* --- the result --- */

static void add_row(cJSON *rows, const ll_dataset *d, const ll_dataset *fresh, int j, int device,
                    double median)
{
    cJSON *row = ll_json_obj(rows, NULL);
    ll_json_str(row, "device", fresh->devices[j].name);
    ll_json_int(row, "n", ll_dataset_count(fresh, j));
    ll_json_int(row, "missing", d->n_archs - ll_dataset_count(d, device));
    ll_json_num(row, "median_ms", median);
    ll_json_str(row, "unit", ll_device_unit(fresh, j));
    ll_json_str(row, "unit_read", fresh->devices[j].unit_read);
}

static void add_rows(ll_import_report *report, const ll_dataset *d, const ll_dataset *fresh)
{
    double *own = LL_NEW_ARRAY(double, d->n_devices + 1), *typical = LL_NEW_ARRAY(double, d->n_devices + 1),
           *room = LL_NEW_ARRAY(double, fresh->n_archs + 1);
    find_medians(d, own, typical);
    for (int j = 0; j < fresh->n_devices && !ll_interrupted(); j++) {
        int device = ll_dataset_device(d, fresh->devices[j].name);
        double median = d == fresh ? own[device] : median_of(fresh, j, room);
        add_row(report->rows, d, fresh, j, device, median);
        hint_at_unit(&report->warnings, d, device, median, typical[device]);
    }
    free(room);
    free(typical);
    free(own);
}

/* What came when no device did: scores. */
static void add_score_rows(cJSON *rows, const ll_dataset *fresh)
{
    double *known = LL_NEW_ARRAY(double, fresh->n_archs + 1);
    for (int i = 0; i < fresh->n_scores; i++) {
        const ll_score *s = &fresh->scores[i];
        cJSON *o = ll_json_obj(rows, NULL);
        int n = 0;
        for (int k = 0; k < fresh->n_archs; k++)
            if (!isnan(s->v[k])) known[n++] = s->v[k];
        ll_json_str(o, "score", s->name);
        ll_json_int(o, "n", n);
        ll_json_num(o, "median", n ? ll_median(known, n) : NAN);
        if (s->unit) ll_json_str(o, "unit", s->unit);
        if (s->split) ll_json_str(o, "split", s->split);
        ll_json_str(o, "source", s->source);
    }
    free(known);
}

void ll_import_report_make(ll_request *rq, ll_import *job, const ll_dataset *d, const ll_dataset *fresh,
                           ll_import_report *out)
{
    ll_import_report_free(out);
    note_twins(job, d, fresh);
    const ll_dataset *loaded =
        rq->state.data && rq->state.data->space == fresh->space ? rq->state.data : NULL;
    ll_import_note_alike(job, fresh, (const ll_dataset *const[]){d, loaded}, 2);
    out->rows = cJSON_CreateArray();
    if (fresh->n_devices)
        add_rows(out, d, fresh);
    else
        add_score_rows(out->rows, fresh);
}

void ll_import_report_free(ll_import_report *report)
{
    cJSON_Delete(report->rows);
    ll_strs_free(&report->warnings);
    *report = (ll_import_report){0};
}

void ll_import_report_emit(ll_request *rq, const ll_import *job, const ll_dataset *d, const ll_dataset *fresh,
                           ll_import_report *report)
{
    static const ll_column devices[] = {{"device", "device", NULL, -1},
                                        {"n", "read", NULL, 0},
                                        {"missing", "missing", NULL, 0},
                                        {"median_ms", "median", NULL, 4},
                                        {"unit", "unit", NULL, -1},
                                        {"unit_read", "unit read", NULL, -1},
                                        {0}},
                           scores[] = {{"score", "score", NULL, -1},
                                       {"n", "read", NULL, 0},
                                       {"median", "median", NULL, 3},
                                       {"unit", "unit", NULL, -1},
                                       {"split", "split", NULL, -1},
                                       {"source", "source", NULL, -1},
                                       {0}};
    cJSON *result = ll_result_new("import");
    ll_str title = {0};
    ll_dataset_fields(result, d);
    ll_json_str(result, "format", ll_word(&rq->args, "kind"));
    ll_json_str(result, "file", job->path);
    ll_json_int(result, "read_archs", fresh->n_archs);
    ll_json_int(result, "read_devices", fresh->n_devices);
    ll_json_int(result, "new_devices", d->n_devices - (job->into ? job->into->n_devices : 0));
    ll_json_int(result, "new_archs", d->n_archs - (job->into ? job->into->n_archs : 0));
    ll_str_addf(&title, "%s: %d %s x %d device%s of %s", d->name, d->n_archs,
                ll_noun(d->n_archs, "architecture", "architectures"), d->n_devices,
                d->n_devices == 1 ? "" : "s", d->space->name);
    ll_json_str(result, "title", ll_str_text(&title));
    ll_result_columns(result, fresh->n_devices ? devices : scores);
    cJSON_AddItemToObject(result, "rows", report->rows);
    report->rows = NULL;
    ll_json_strs(result, "notes", job->notes.v, job->notes.n);
    for (int i = 0; i < report->warnings.n; i++) ll_warn(rq, "%s", report->warnings.v[i]);
    ll_emit(rq, result);
    ll_str_free(&title);
}
