#include "core/commands/candidates.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/csv.h"
#include "core/base/fs.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/commands/predicted.h"
#include "core/commands/refit.h"

/* --- reading them --- */

/* Architectures stand below one of these titles, or in the first column of a table without titles. */
static const char *const arch_names[] = {"arch", "architecture", "arch_str", "arch_string", NULL};

static ll_status read_cell(const ll_csv *c, int column, const ll_space *space, uint8_t *gene, ll_error *e)
{
    if (column >= c->n) return ll_csv_fail(c, e, "no architecture stands here");
    ll_error own = {0};
    ll_status s = ll_space_read(space, c->cells[column], gene, &own);
    return s ? ll_csv_fail(c, e, "%s", own.message) : LL_OK;
}

/* All of the table, in its order; one that stands there twice is there twice. */
static ll_status read_table(ll_csv *c, const ll_space *space, ll_archs *to, ll_observer *o, ll_error *e)
{
    uint8_t *gene = LL_NEW_ARRAY(uint8_t, space->n_positions);
    bool more;
    ll_status s = ll_csv_next(c, &more, e);
    int titled = s ? -1 : ll_csv_column_among(c, arch_names), column = titled < 0 ? 0 : titled;
    if (titled >= 0) s = ll_csv_next(c, &more, e);
    while (!s && more) {
        s = ll_cancelled(o) ? ll_fail(e, LL_CANCELLED, "cancelled") : read_cell(c, column, space, gene, e);
        if (s) break;
        ll_archs_push(to, gene);
        s = ll_csv_next(c, &more, e);
    }
    free(gene);
    if (!s && !to->n) s = ll_fail(e, LL_BAD_DATA, "%s: no architecture in it", c->what);
    return s;
}

static ll_status read_candidates(ll_request *rq, const ll_space *space, ll_archs **out)
{
    ll_csv csv;
    char *path = ll_path_expand(ll_word(&rq->args, "archs"));
    ll_status s = ll_csv_open(&csv, path, &rq->error);
    free(path);
    *out = NULL;
    if (s) return s;
    ll_archs *a = ll_archs_new(space, 0);
    s = read_table(&csv, space, a, rq->observer, &rq->error);
    ll_csv_close(&csv);
    if (s)
        ll_archs_unref(a);
    else
        *out = a;
    return s;
}

static ll_status read_one(ll_request *rq, const ll_space *space, ll_archs **out)
{
    ll_archs *a = *out = ll_archs_new(space, 1);
    return ll_space_read(space, ll_word(&rq->args, "arch"), ll_arch_at(a, 0), &rq->error);
}

/* --- predicting them --- */

typedef struct predictions {
    const ll_adapted *adapted;
    const ll_dataset *data;
    int device; /* in data; -1: it has no column there */
    ll_archs *archs;
    int *row, outside; /* of each in data, -1: outside; and how many are */
    ll_prediction p;
    double *lo_ms, *hi_ms; /* NULL: no intervals */
} predictions;

static void find_rows(predictions *x)
{
    x->row = LL_NEW_ARRAY(int, x->archs->n + 1);
    for (int i = 0; i < x->archs->n; i++) {
        x->row[i] = ll_dataset_row(x->data, ll_arch(x->archs, i));
        x->outside += x->row[i] < 0;
    }
}

static ll_status predict_all(ll_request *rq, predictions *x)
{
    ll_predict_job job = {x->archs, true, rq->observer, rq->pool};
    ll_status s = ll_adapted_predict(x->adapted, &job, &x->p, &rq->error);
    if (s) return s;
    find_rows(x);
    if (!x->p.sd_ms) return LL_OK;
    x->lo_ms = LL_NEW_ARRAY(double, x->p.n + 1);
    x->hi_ms = LL_NEW_ARRAY(double, x->p.n + 1);
    ll_prediction_interval(&x->p, ll_real(&rq->args, "level"), x->lo_ms, x->hi_ms);
    return LL_OK;
}

static void predictions_free(predictions *x)
{
    ll_archs_unref(x->archs);
    ll_prediction_free(&x->p);
    free(x->row);
    free(x->lo_ms);
    free(x->hi_ms);
}

static ll_predicted predicted(const predictions *x, int i)
{
    bool known = x->device >= 0 && x->row[i] >= 0;
    return (ll_predicted){.score = x->p.score[i],
                          .lat_ms = x->p.lat_ms[i],
                          .lo_ms = x->lo_ms ? x->lo_ms[i] : NAN,
                          .hi_ms = x->hi_ms ? x->hi_ms[i] : NAN,
                          .measured_ms = known ? ll_latencies(x->data, x->device)[x->row[i]] : NAN};
}

/* --- saying them --- */

static void write_row(FILE *f, const predictions *x, int i)
{
    const ll_predicted p = predicted(x, i);
    const double numbers[] = {p.score, p.lat_ms, p.lo_ms, p.hi_ms, p.measured_ms};
    ll_str text = {0};
    x->archs->space->format(x->archs->space, ll_arch(x->archs, i), &text);
    ll_csv_write(f, ll_str_text(&text));
    ll_str_free(&text);
    for (size_t c = 0; c < sizeof numbers / sizeof *numbers; c++) {
        fputc(',', f);
        ll_csv_write_number(f, numbers[c]);
    }
    fputc('\n', f);
}

static ll_status write_file(ll_request *rq, const predictions *x, const char *out)
{
    ll_writer w;
    char *path = ll_path_expand(out);
    ll_status s = ll_writer_open(&w, path, &rq->error);
    free(path);
    if (s) return s;
    fputs("arch,score,predicted_ms,lo_ms,hi_ms,measured_ms\n", w.f);
    for (int i = 0; i < x->p.n; i++) {
        if (i % 4096 == 0 && ll_cancelled(rq->observer)) {
            ll_writer_abandon(&w);
            return LL_FAIL(rq, LL_CANCELLED, "cancelled");
        }
        write_row(w.f, x, i);
    }
    return ll_writer_commit(&w, &rq->error);
}

static void add_rows(ll_request *rq, cJSON *result, const predictions *x)
{
    cJSON *rows = ll_json_arr(result, "rows");
    ll_ints shown = {0};
    ll_predicted_order(rq, x->p.score, x->p.n, &shown);
    for (int i = 0; i < shown.n; i++) {
        const ll_predicted p = predicted(x, shown.v[i]);
        ll_predicted_json(&p, x->archs->space, ll_arch(x->archs, shown.v[i]), ll_json_obj(rows, NULL));
    }
    ll_ints_free(&shown);
}

static void emit(ll_request *rq, const ll_transfer *t, const predictions *x, const char *out)
{
    static const ll_column written[] = {
        {"device", "device", NULL, -1},  {"predictor", "predictor", NULL, -1},
        {"n", "architectures", NULL, 0}, {"outside", "of them outside the table", NULL, 0},
        {"out", "written to", NULL, -1}, {0}};
    cJSON *result = ll_result_new("predictions");
    ll_transfer_fields(result, t);
    ll_json_num(result, "level", ll_real(&rq->args, "level"));
    ll_json_int(result, "n", x->p.n);
    ll_json_int(result, "outside", x->outside);
    if (out) ll_json_str(result, "out", out);
    ll_result_columns(result, out ? written : ll_predicted_columns + 1 /* no index */);
    if (!out) add_rows(rq, result, x);
    ll_emit(rq, result);
}

ll_status ll_predict_candidates(ll_request *rq, const ll_transfer *t)
{
    const char *out = ll_word(&rq->args, "out");
    if (!t->adapted)
        return LL_FAIL(
            rq, LL_FAILED,
            "this transfer came with a session, which keeps its predictions of the table only; `transfer %s` "
            "again",
            t->device);
    predictions x = {.adapted = t->adapted, .data = rq->state.data};
    const ll_space *space = t->adapted->model->space;
    x.device = ll_dataset_device(x.data, t->device);
    ll_status s =
        ll_has(&rq->args, "archs") ? read_candidates(rq, space, &x.archs) : read_one(rq, space, &x.archs);
    if (!s) s = predict_all(rq, &x);
    if (!s && out) s = write_file(rq, &x, out);
    if (!s) emit(rq, t, &x, out);
    predictions_free(&x);
    return s;
}
