#include "core/commands/predict/predictions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/output.h"
#include "core/archs/archs_csv.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/csv.h"
#include "core/base/text/json.h"
#include "core/commands/arch_fields.h"
#include "core/commands/candidates.h"
#include "core/commands/predicted.h"
#include "core/commands/refit.h"
#include "core/num/npy_out.h"

/* A part has room for each cell of NAS-Bench-201 several times, of which each is predicted once, and is a few megabytes.
 * More than LISTED are not in the result any more but in a file. */
enum { PART = 1 << 17, LISTED = 100000 };

typedef struct run {
    ll_request *rq;
    const ll_adapted *adapted;
    const ll_dataset *data; /* NULL: none is loaded */
    int device;             /* in data; -1: it has no column there */
    ll_arch_fields fields;  /* what is said of each */
    long n, outside;        /* predicted so far, and how many of them are no row of data */
} run;

/* Where predictions go; one part after the other, then the end. */
typedef struct sink sink;
struct sink {
    void (*take)(sink *k, run *r, const ll_archs *archs, const ll_predicted *p);
    ll_status (*finish)(sink *k, ll_error *e);
    void (*abandon)(sink *k);
    union {
        ll_writer csv;
        ll_npy_out npy;
        struct {
            ll_archs *archs;
            ll_predicted *v; /* (archs->n) */
            int most;
            bool pruned; /* only those to be shown are left */
        } kept;
    } as;
};

/* --- one part --- */

static double measured(run *r, const uint8_t *gene)
{
    int row = r->data ? ll_dataset_row(r->data, gene) : -1;
    r->outside += row < 0;
    return row >= 0 && r->device >= 0 ? ll_latencies(r->data, r->device)[row] : NAN;
}

static ll_status predict_part(run *r, const ll_archs *archs, ll_predicted *to)
{
    ll_prediction p;
    ll_predict_job job = {archs, true, r->rq->observer, r->rq->pool};
    ll_status s = ll_adapted_predict(r->adapted, &job, &p, &r->rq->error);
    if (s) return s;
    double *lo = LL_NEW_ARRAY(double, 2 * p.n), *hi = lo + p.n;
    if (p.sd_ms) ll_prediction_interval(&p, ll_real(&r->rq->args, "level"), lo, hi);
    for (int i = 0; i < p.n; i++)
        to[i] = (ll_predicted){.score = p.score[i],
                               .lat_ms = p.lat_ms[i],
                               .lo_ms = p.sd_ms ? lo[i] : NAN,
                               .hi_ms = p.sd_ms ? hi[i] : NAN,
                               .measured_ms = measured(r, ll_arch(archs, i))};
    r->n += p.n;
    free(lo);
    ll_prediction_free(&p);
    return LL_OK;
}

static ll_status predict_all(run *r, ll_candidates *from, sink *to)
{
    ll_predicted *p = LL_NEW_ARRAY(ll_predicted, PART);
    ll_status s = LL_OK;
    for (bool more = true; more && !s;) {
        ll_archs *archs = ll_archs_new(from->space, 0);
        s = ll_candidates_next(from, archs, PART, &r->rq->error);
        more = archs->n == PART;
        if (!s && archs->n) s = predict_part(r, archs, p);
        if (!s) to->take(to, r, archs, p);
        ll_archs_unref(archs);
    }
    free(p);
    if (!s && !r->n) s = LL_FAIL(r->rq, LL_BAD_DATA, "no architecture was given");
    return s;
}

/* --- into a CSV file --- */

static void csv_take(sink *k, run *r, const ll_archs *archs, const ll_predicted *p)
{
    for (int i = 0; i < archs->n; i++, p++) {
        const double numbers[] = {p->score, p->lat_ms, p->lo_ms, p->hi_ms};
        ll_arch_fields_csv(&r->fields, ll_arch(archs, i), k->as.csv.f);
        for (size_t c = 0; c < sizeof numbers / sizeof *numbers; c++) {
            putc_unlocked(',', k->as.csv.f);
            ll_csv_write_rounded(k->as.csv.f, numbers[c]);
        }
        putc_unlocked(',', k->as.csv.f);
        ll_csv_write_number(k->as.csv.f, p->measured_ms);
        putc_unlocked('\n', k->as.csv.f);
    }
}

static ll_status csv_finish(sink *k, ll_error *e)
{
    return ll_writer_commit(&k->as.csv, e);
}

static void csv_abandon(sink *k)
{
    ll_writer_abandon(&k->as.csv);
}

static void write_head(FILE *f, const run *r)
{
    static const char *const own[] = {"score", "predicted_ms", "lo_ms", "hi_ms", "measured_ms"};
    ll_strs names = {0};
    ll_arch_fields_names(&r->fields, &names);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) ll_strs_add(&names, own[i]);
    ll_arch_write_head(f, &names);
    ll_strs_free(&names);
}

static ll_status csv_open(sink *k, const run *r, const char *path, ll_error *e)
{
    *k = (sink){csv_take, csv_finish, csv_abandon, {{0}}};
    ll_status s = ll_writer_open(&k->as.csv, path, e);
    if (!s) write_head(k->as.csv.f, r);
    return s;
}

/* --- into a NumPy file --- */

static const char *const npy_columns[] = {"ms", "lo_ms", "hi_ms", "score"};

static void npy_take(sink *k, run *r, const ll_archs *archs, const ll_predicted *p)
{
    (void)r;
    for (int i = 0; i < archs->n; i++)
        ll_npy_out_row(&k->as.npy, (double[]){p[i].lat_ms, p[i].lo_ms, p[i].hi_ms, p[i].score});
}

static ll_status npy_finish(sink *k, ll_error *e)
{
    return ll_npy_out_commit(&k->as.npy, e);
}

static void npy_abandon(sink *k)
{
    ll_npy_out_abandon(&k->as.npy);
}

static ll_status npy_open(sink *k, const char *path, ll_error *e)
{
    *k = (sink){npy_take, npy_finish, npy_abandon, {{0}}};
    return ll_npy_out_open(&k->as.npy, path, npy_columns, sizeof npy_columns / sizeof *npy_columns, e);
}

/* --- into the result --- */

static void kept_order(const sink *k, const ll_request *rq, ll_ints *out)
{
    int n = k->as.kept.archs->n;
    double *score = LL_NEW_ARRAY(double, n + 1);
    for (int i = 0; i < n; i++) score[i] = k->as.kept.v[i].score;
    ll_predicted_order(rq, score, n, out);
    free(score);
}

/* Keeps those that would be shown. */
static void kept_prune(sink *k, const ll_request *rq)
{
    ll_ints best = {0};
    kept_order(k, rq, &best);
    ll_predicted *v = LL_NEW_ARRAY(ll_predicted, best.n + 1);
    ll_archs *archs = ll_archs_pick(k->as.kept.archs, best.v, best.n);
    for (int i = 0; i < best.n; i++) v[i] = k->as.kept.v[best.v[i]];
    ll_archs_unref(k->as.kept.archs);
    free(k->as.kept.v);
    k->as.kept.archs = archs;
    k->as.kept.v = v;
    k->as.kept.pruned = true;
    ll_ints_free(&best);
}

static void kept_take(sink *k, run *r, const ll_archs *archs, const ll_predicted *p)
{
    int n = k->as.kept.archs->n;
    for (int i = 0; i < archs->n; i++) ll_archs_push(k->as.kept.archs, ll_arch(archs, i));
    k->as.kept.v = ll_realloc(k->as.kept.v, (size_t)(n + archs->n) + 1, sizeof *k->as.kept.v);
    memcpy(k->as.kept.v + n, p, (size_t)archs->n * sizeof *p);
    if (n + archs->n > k->as.kept.most) kept_prune(k, r->rq);
}

static ll_status kept_finish(sink *k, ll_error *e)
{
    (void)k, (void)e;
    return LL_OK;
}

static void kept_free(sink *k)
{
    ll_archs_unref(k->as.kept.archs);
    free(k->as.kept.v);
}

static void kept_open(sink *k, const ll_request *rq, const ll_space *space)
{
    int top = ll_int(&rq->args, "top");
    *k = (sink){.take = kept_take, .finish = kept_finish, .abandon = kept_free};
    k->as.kept.archs = ll_archs_new(space, 0);
    k->as.kept.most = top > LISTED / 2 ? 2 * top : LISTED;
}

/* --- the result --- */

static cJSON *result_of(const run *r)
{
    cJSON *result = ll_result_new("predictions");
    ll_adapted_fields(result, r->adapted);
    ll_json_num(result, "level", ll_real(&r->rq->args, "level"));
    ll_json_int(result, "n", r->n);
    ll_json_num(result, "outside", r->data ? (double)r->outside : NAN);
    return result;
}

static void emit_written(const run *r, const char *out)
{
    static const ll_column columns[] = {
        {"device", "device", NULL, -1},  {"predictor", "predictor", NULL, -1},
        {"n", "architectures", NULL, 0}, {"outside", "of them outside the table", NULL, 0},
        {"out", "written to", NULL, -1}, {0}};
    cJSON *result = result_of(r);
    ll_json_str(result, "out", out);
    ll_result_columns(result, columns);
    ll_emit(r->rq, result);
}

static void add_arrays(cJSON *result, const sink *k)
{
    const ll_archs *archs = k->as.kept.archs;
    cJSON *names = ll_json_arr(result, "archs"), *ms = ll_json_arr(result, "ms");
    cJSON *lo = ll_json_arr(result, "lo_ms"), *hi = ll_json_arr(result, "hi_ms");
    cJSON *score = ll_json_arr(result, "score");
    ll_str text = {0};
    for (int i = 0; i < archs->n; i++) {
        const ll_predicted *p = &k->as.kept.v[i];
        ll_str_clear(&text);
        archs->space->format(archs->space, ll_arch(archs, i), &text);
        ll_json_str(names, NULL, ll_str_text(&text));
        ll_json_num(ms, NULL, p->lat_ms);
        ll_json_num(lo, NULL, p->lo_ms);
        ll_json_num(hi, NULL, p->hi_ms);
        ll_json_num(score, NULL, p->score);
    }
    ll_str_free(&text);
}

static void emit_kept(run *r, const sink *k)
{
    const ll_archs *archs = k->as.kept.archs;
    cJSON *result = result_of(r), *rows = ll_json_arr(result, "rows");
    ll_ints shown = {0};
    ll_str title = {0};
    ll_str_addf(&title, "%s by %s", r->adapted->device, r->adapted->model->predictor->name);
    ll_json_str(result, "title", title.s);
    ll_str_free(&title);
    kept_order(k, r->rq, &shown);
    for (int i = 0; i < shown.n; i++) {
        cJSON *row = ll_json_obj(rows, NULL);
        ll_arch_fields_json(&r->fields, ll_arch(archs, shown.v[i]), row);
        ll_predicted_json(&k->as.kept.v[shown.v[i]], row);
    }
    ll_ints_free(&shown);
    ll_result_columns(result, ll_predicted_columns + 1 /* no row */);
    if (!k->as.kept.pruned)
        add_arrays(result, k);
    else
        ll_result_note(result, "of %ld architectures these are shown; out=FILE writes all", r->n);
    ll_emit(r->rq, result);
}

/* --- the command --- */

static bool ends_in(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && !strcmp(text + n - m, end);
}

/* The list would be gone, for answers that do not hold all that stood in it. */
static ll_status keep_list(ll_request *rq, const char *out)
{
    const char *archs = ll_word(&rq->args, "archs");
    char *list = archs ? ll_path_expand(archs) : NULL, *there = ll_path_expand(out);
    bool same = list && ll_is_file(list) && ll_same_file(list, there);
    free(list);
    free(there);
    return same ? LL_FAIL(rq, LL_USAGE, "out=%s: that is the list of architectures; give another file", out)
                : LL_OK;
}

static ll_status open_sink(sink *k, const run *r, const ll_space *space)
{
    ll_request *rq = r->rq;
    const char *out = ll_word(&rq->args, "out");
    if (!out) {
        kept_open(k, rq, space);
        return LL_OK;
    }
    char *path;
    ll_status s = keep_list(rq, out);
    if (!s) s = ll_output_new(rq, out, &path);
    if (s) return s;
    s = ends_in(path, ".npy") ? npy_open(k, path, &rq->error) : csv_open(k, r, path, &rq->error);
    free(path);
    return s;
}

static ll_status open_candidates(ll_candidates *c, ll_request *rq, const ll_space *space)
{
    if (ll_has(&rq->args, "archs")) return ll_candidates_open(c, rq, space, ll_word(&rq->args, "archs"));
    ll_candidates_one(c, space, ll_word(&rq->args, "arch"));
    return LL_OK;
}

ll_status ll_predict_candidates(ll_request *rq, const ll_adapted *a)
{
    const char *out = ll_word(&rq->args, "out");
    const ll_dataset *d = rq->state.data && rq->state.data->space == a->model->space ? rq->state.data : NULL;
    run r = {.rq = rq, .adapted = a, .data = d, .device = d ? ll_dataset_device(d, a->device) : -1};
    r.fields = ll_arch_fields_of(a->model->space, d);
    ll_candidates from;
    sink to;
    ll_status s = open_candidates(&from, rq, a->model->space);
    if (s) return s;
    s = open_sink(&to, &r, a->model->space);
    if (!s) {
        s = predict_all(&r, &from, &to);
        if (s)
            to.abandon(&to);
        else
            s = to.finish(&to, &rq->error);
        if (!s && out) emit_written(&r, out);
        if (!s && !out) emit_kept(&r, &to);
        if (!s && !out) kept_free(&to);
    }
    ll_arch_fields_free(&r.fields);
    ll_candidates_close(&from);
    return s;
}
