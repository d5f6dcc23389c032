#include "core/commands/candidates.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/csv.h"
#include "core/base/fs.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/commands/refit.h"
#include "core/num/sort.h"

/* --- reading them --- */

static const char *const arch_names[] = {"arch", "architecture", "arch_str", "arch_string", NULL};

/* Where the architectures stand: below a title, or in the first column of a table without titles. */
static int titled_column(const ll_csv *c)
{
    int column = -1;
    for (int i = 0; arch_names[i] && column < 0; i++) column = ll_csv_column(c, arch_names[i]);
    return column;
}

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
    bool more, first = true;
    int column = 0;
    ll_status s;
    for (; !(s = ll_csv_next(c, &more, e)) && more; first = false) {
        if (ll_cancelled(o)) s = ll_fail(e, LL_CANCELLED, "cancelled");
        if (!s && first && titled_column(c) >= 0) {
            column = titled_column(c);
            continue;
        }
        if (!s) s = read_cell(c, column, space, gene, e);
        if (s) break;
        ll_archs_push(to, gene);
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
    ll_prediction p;
    double *lo_ms, *hi_ms; /* NULL: no intervals */
} predictions;

static ll_status predict_all(ll_request *rq, predictions *x)
{
    ll_predict_job job = {x->archs, true, rq->observer, rq->pool};
    ll_status s = ll_adapted_predict(x->adapted, &job, &x->p, &rq->error);
    if (s || !x->p.sd_ms) return s;
    x->lo_ms = LL_NEW_ARRAY(double, x->p.n + 1);
    x->hi_ms = LL_NEW_ARRAY(double, x->p.n + 1);
    ll_prediction_interval(&x->p, ll_real(&rq->args, "level"), x->lo_ms, x->hi_ms);
    return s;
}

static void predictions_free(predictions *x)
{
    ll_archs_unref(x->archs);
    ll_prediction_free(&x->p);
    free(x->lo_ms);
    free(x->hi_ms);
}

/* NaN: not in the table, or not measured. */
static double measured_ms(const predictions *x, int i)
{
    int row = x->device < 0 ? -1 : ll_dataset_row(x->data, ll_arch(x->archs, i));
    return row < 0 ? NAN : ll_latencies(x->data, x->device)[row];
}

/* --- saying them --- */

static const ll_column row_columns[] = {{"string", "architecture", NULL, -1},
                                        {"predicted_ms", "predicted", "ms", 4},
                                        {"lo_ms", "lo", "ms", 4},
                                        {"hi_ms", "hi", "ms", 4},
                                        {"measured_ms", "measured", "ms", 4},
                                        {0}};

static void write_row(FILE *f, const predictions *x, int i)
{
    const double numbers[] = {x->p.score[i], x->p.lat_ms[i], x->lo_ms ? x->lo_ms[i] : NAN,
                              x->hi_ms ? x->hi_ms[i] : NAN, measured_ms(x, i)};
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

static void add_row(cJSON *rows, const predictions *x, int i)
{
    cJSON *row = ll_json_obj(rows, NULL);
    ll_str text = {0};
    x->archs->space->format(x->archs->space, ll_arch(x->archs, i), &text);
    ll_json_str(row, "string", ll_str_text(&text));
    ll_json_num(row, "score", x->p.score[i]);
    ll_json_num(row, "predicted_ms", x->p.lat_ms[i]);
    if (x->lo_ms) ll_json_num(row, "lo_ms", x->lo_ms[i]);
    if (x->hi_ms) ll_json_num(row, "hi_ms", x->hi_ms[i]);
    ll_json_num(row, "measured_ms", measured_ms(x, i));
    ll_str_free(&text);
}

typedef struct ranked {
    double score;
    int place;
} ranked;

static int fastest_first(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    int order = ll_by_number(x->score, y->score);
    return order ? order : x->place - y->place;
}

static void add_rows(ll_request *rq, cJSON *result, const predictions *x)
{
    ranked *v = LL_NEW_ARRAY(ranked, x->p.n);
    for (int i = 0; i < x->p.n; i++) v[i] = (ranked){x->p.score[i], i};
    qsort(v, (size_t)x->p.n, sizeof *v, fastest_first);
    bool slow = ll_is(&rq->args, "order", "slowest");
    cJSON *rows = ll_json_arr(result, "rows");
    for (int i = 0; i < ll_int(&rq->args, "top") && i < x->p.n; i++)
        add_row(rows, x, v[slow ? x->p.n - 1 - i : i].place);
    free(v);
}

static void emit(ll_request *rq, const ll_transfer *t, const predictions *x, const char *out)
{
    static const ll_column written[] = {
        {"device", "device", NULL, -1},  {"predictor", "predictor", NULL, -1},
        {"n", "architectures", NULL, 0}, {"outside", "of them outside the table", NULL, 0},
        {"out", "written to", NULL, -1}, {0}};
    int outside = 0;
    for (int i = 0; i < x->p.n; i++) outside += ll_dataset_row(x->data, ll_arch(x->archs, i)) < 0;
    cJSON *result = ll_result_new("predictions");
    ll_transfer_fields(result, t);
    ll_json_num(result, "level", ll_real(&rq->args, "level"));
    ll_json_int(result, "n", x->p.n);
    ll_json_int(result, "outside", outside);
    if (out) ll_json_str(result, "out", out);
    ll_result_columns(result, out ? written : row_columns);
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
