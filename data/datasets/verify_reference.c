#include "data/datasets/verify_reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/request.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/nn/pair_hinge.h"
#include "core/predict/nasflat/net.h"
#include "data/formats/safetensors.h"

typedef struct reference {
    cJSON *json;
    ll_tensors weights, gradients;
    ll_nasflat_layout layout;
    ll_nasflat_graphs graphs;
    float *w;
} reference;

static void release(reference *r)
{
    cJSON_Delete(r->json);
    ll_tensors_free(&r->weights);
    ll_tensors_free(&r->gradients);
    ll_nasflat_graphs_free(&r->graphs);
    free(r->w);
}

/* --- reading -------------------------------------------------------------------------------------------- */

static ll_status read_adjacency(const cJSON *rows, int n, ll_graph *g, ll_error *e)
{
    const cJSON *row, *cell;
    int i = 0;
    if (cJSON_GetArraySize(rows) != n)
        return ll_fail(e, LL_BAD_DATA, "adjacency of %d rows, %d were expected", cJSON_GetArraySize(rows), n);
    cJSON_ArrayForEach(row, rows)
    {
        int j = 0;
        if (cJSON_GetArraySize(row) != n)
            return ll_fail(e, LL_BAD_DATA, "adjacency row %d of %d columns, %d were expected", i,
                           cJSON_GetArraySize(row), n);
        cJSON_ArrayForEach(cell, row) g->adj[i][j++] = cell->valuedouble != 0;
        i++;
    }
    return LL_OK;
}

static ll_status read_graph(const cJSON *arch, int n_ops, ll_graph *g, ll_error *e)
{
    int *ops = NULL, n = ll_json_get_ints(arch, "ops", &ops);
    ll_status s = LL_OK;
    *g = (ll_graph){.n_nodes = n};
    if (n < 2 || n > LL_MAX_NODES)
        s = ll_fail(e, LL_BAD_DATA, "\"ops\" of %d nodes, 2 to %d were expected", n, LL_MAX_NODES);
    for (int i = 1; !s && i < n - 1; i++) {
        g->op[i] = ops[i];
        if (ops[i] < 0 || ops[i] >= n_ops)
            s = ll_fail(e, LL_BAD_DATA, "operation %d, 0 to %d was expected", ops[i], n_ops - 1);
    }
    free(ops);
    return s ? s : read_adjacency(cJSON_GetObjectItem(arch, "adjacency"), n, g, e);
}

static ll_status read_graphs(reference *r, ll_nasflat_shape *shape, ll_error *e)
{
    const cJSON *arch, *archs = cJSON_GetObjectItem(r->json, "archs");
    cJSON_ArrayForEach(arch, archs)
    {
        ll_graph g;
        int index = r->graphs.n_archs;
        if (read_graph(arch, shape->n_ops, &g, e)) return ll_fail_in(e, "architecture %d: ", index);
        if (!index) ll_nasflat_graphs_init(&r->graphs, shape->n_nodes = g.n_nodes);
        if (g.n_nodes != shape->n_nodes)
            return ll_fail(e, LL_BAD_DATA, "architecture %d has %d nodes, the first %d", index, g.n_nodes,
                           shape->n_nodes);
        ll_nasflat_graphs_add(&r->graphs, &g);
    }
    return r->graphs.n_archs ? LL_OK : ll_fail(e, LL_BAD_DATA, "no \"archs\"");
}

static ll_status open_reference(reference *r, const char *stem, ll_error *e)
{
    ll_nasflat_shape shape;
    ll_str path = {0};
    ll_str_addf(&path, "%s.json", stem);
    ll_status s = ll_json_read_file(ll_str_text(&path), &r->json, e);
    ll_str_clear(&path);
    ll_str_addf(&path, "%s.safetensors", stem);
    if (!s) s = ll_safetensors_read(ll_str_text(&path), &r->weights, e);
    ll_str_clear(&path);
    ll_str_addf(&path, "%s_grad.safetensors", stem);
    if (!s) s = ll_safetensors_read(ll_str_text(&path), &r->gradients, e);
    ll_str_free(&path);
    if (s) return s;
    s = ll_nasflat_shape_of(&r->weights, &shape, e);
    if (!s && shape.n_z) s = ll_fail(e, LL_BAD_DATA, "supplementary encodings are not part of the form");
    if (!s) s = read_graphs(r, &shape, e);
    if (s) return ll_fail_in(e, "%s: ", stem);
    ll_nasflat_layout_init(&r->layout, &shape);
    r->w = ll_alloc_aligned(r->layout.n, sizeof(float));
    return ll_nasflat_import(&r->layout, &r->weights, r->w, e) ? ll_fail_in(e, "%s.safetensors: ", stem)
                                                               : LL_OK;
}

/* The larger of two errors; NaN counts as infinite. */
static double worse(double error, double other)
{
    return isnan(other) ? INFINITY : fmax(error, other);
}

/* --- comparing ------------------------------------------------------------------------------------------ */

static void score_all(const reference *r, ll_nasflat_work *k, int device, float *score,
                      ll_nasflat_item *items)
{
    for (int i = 0; i < r->graphs.n_archs; i++) items[i] = (ll_nasflat_item){i, device};
    ll_nasflat_forward(k, r->w, items, r->graphs.n_archs, NULL, NULL, score);
}

static ll_status compare_scores(const reference *r, const int *slots, int n_slots, ll_nasflat_work *k,
                                float *score, ll_nasflat_item *items, ll_reference_errors *out, ll_error *e)
{
    double largest = 0;
    int n = r->graphs.n_archs, d = 0;
    const cJSON *row, *cell, *rows = cJSON_GetObjectItem(r->json, "scores");
    if (!n_slots || cJSON_GetArraySize(rows) != n_slots)
        return ll_fail(e, LL_BAD_DATA, "\"scores\" for %d devices, \"device_slots\" for %d",
                       cJSON_GetArraySize(rows), n_slots);
    cJSON_ArrayForEach(row, rows)
    {
        int i = 0;
        if (slots[d] < 0 || slots[d] >= r->layout.shape.n_devices || cJSON_GetArraySize(row) != n)
            return ll_fail(e, LL_BAD_DATA, "scores %d: a device below %d and %d scores were expected", d,
                           r->layout.shape.n_devices, n);
        score_all(r, k, slots[d++], score, items);
        cJSON_ArrayForEach(cell, row)
        {
            out->score = worse(out->score, fabs(score[i++] - cell->valuedouble));
            largest = fmax(largest, fabs(cell->valuedouble));
        }
        out->n_scores += n;
    }
    if (out->relative && largest > 0) out->score /= largest;
    return LL_OK;
}

static ll_status read_pairs(const reference *r, ll_pair **pairs, int *n_pairs, ll_error *e)
{
    double *lat = NULL;
    int n = ll_json_get_nums(r->json, "latency_fpga_ms", &lat), i = 0;
    const cJSON *p, *list = cJSON_GetObjectItem(r->json, "pairs");
    ll_status s = n == r->graphs.n_archs
                      ? LL_OK
                      : ll_fail(e, LL_BAD_DATA, "%d latencies for %d architectures", n, r->graphs.n_archs);
    *n_pairs = cJSON_GetArraySize(list);
    *pairs = LL_NEW_ARRAY(ll_pair, *n_pairs);
    cJSON_ArrayForEach(p, list)
    {
        const cJSON *first = cJSON_GetArrayItem(p, 0), *second = cJSON_GetArrayItem(p, 1);
        int a = first ? first->valueint : -1, b = second ? second->valueint : -1;
        if (s || a < 0 || b < 0 || a >= n || b >= n) {
            if (!s) s = ll_fail(e, LL_BAD_DATA, "pair %d: two numbers below %d were expected", i, n);
            break;
        }
        (*pairs)[i++] = (ll_pair){a, b, (lat[a] > lat[b]) - (lat[a] < lat[b])};
    }
    free(lat);
    return s;
}

typedef struct comparison {
    const float *grad;
    const ll_tensors *expected;
    size_t output_bias; /* where it lies, and the sum of |d loss / d score| that it adds up */
    double summed;
    ll_reference_errors *out;
    ll_error *e;
    ll_status status;
} comparison;

/* A ranking loss sees only differences of scores, so the true gradient of the output bias is 0 and both sides
 * hold rounding: it is measured against the size of what was summed. */
static double scale_of(const comparison *c, const ll_nasflat_view *v, double largest)
{
    return v->at == c->output_bias ? fmax(largest, c->summed) : largest;
}

static void compare_tensor(void *ctx, const char *name, const ll_nasflat_view *v)
{
    comparison *c = ctx;
    const ll_tensor *t = ll_tensors_find(c->expected, name);
    if (c->status) return;
    if (!t || t->dtype != LL_F32 || ll_tensor_count(t) != (size_t)v->rows * (size_t)v->cols) {
        c->status = ll_fail(c->e, LL_BAD_DATA, "gradient %s is missing or of another shape", name);
        return;
    }
    const float *expected = t->data;
    double largest = 0, error = 0;
    for (int r = 0; r < v->rows; r++)
        for (int i = 0; i < v->cols; i++, expected++) {
            double got = c->grad[v->at + (size_t)(r * v->row_step + i * v->col_step)];
            largest = fmax(largest, fabs(*expected));
            error = worse(error, fabs(got - *expected));
        }
    largest = scale_of(c, v, largest);
    if (largest > 0) error /= largest;
    c->out->n_tensors++;
    if (error >= c->out->gradient) {
        c->out->gradient = error;
        snprintf(c->out->worst_tensor, sizeof c->out->worst_tensor, "%s", name);
    }
}

static ll_status compare_gradients(const reference *r, int device, ll_nasflat_work *k, float *score,
                                   ll_nasflat_item *items, ll_reference_errors *out, ll_error *e)
{
    ll_pair *pairs = NULL;
    int n_pairs;
    ll_status s = read_pairs(r, &pairs, &n_pairs, e);
    if (!s) {
        float *dscore = ll_alloc(r->graphs.n_archs, sizeof *dscore),
              *grad = ll_alloc_aligned(r->layout.n, sizeof *grad);
        score_all(r, k, device, score, items);
        double loss = ll_pair_hinge(score, r->graphs.n_archs, pairs, n_pairs, .1f, dscore);
        out->loss = fabs(loss - ll_json_get_num(r->json, "pair_loss", NAN));
        ll_nasflat_backward(k, r->w, dscore, grad);
        comparison c = {grad, &r->gradients, r->layout.head_b[3].at, 0, out, e, LL_OK};
        for (int i = 0; i < r->graphs.n_archs; i++) c.summed += fabs(dscore[i]);
        ll_nasflat_each_tensor(&r->layout, compare_tensor, &c);
        s = c.status;
        free(dscore);
        free(grad);
    }
    free(pairs);
    return s;
}

ll_status ll_verify_reference(const char *stem, ll_reference_errors *out, ll_error *e)
{
    reference r = {0};
    *out = (ll_reference_errors){0};
    ll_status s = open_reference(&r, stem, e);
    if (!s) {
        int *slots = NULL, n_slots = ll_json_get_ints(r.json, "device_slots", &slots), n = r.graphs.n_archs;
        float *score = ll_alloc((size_t)n, sizeof *score);
        ll_nasflat_item *items = LL_NEW_ARRAY(ll_nasflat_item, n);
        ll_nasflat_work *k = ll_nasflat_work_new(&r.layout, &r.graphs, n, true);
        out->relative = r.layout.shape.gnn != LL_NASFLAT_ENSEMBLE;
        s = compare_scores(&r, slots, n_slots, k, score, items, out, e);
        if (!s) s = compare_gradients(&r, slots[0], k, score, items, out, e);
        if (s) ll_fail_in(e, "%s: ", stem);
        ll_nasflat_work_free(k);
        free(items);
        free(score);
        free(slots);
    }
    out->passed = !s && out->score <= LL_REFERENCE_SCORE && out->gradient <= LL_REFERENCE_GRADIENT &&
                  out->loss <= LL_REFERENCE_SCORE;
    release(&r);
    return s;
}

/* --- the command ---------------------------------------------------------------------------------------- */

static void add_row(cJSON *rows, const char *name, const ll_reference_errors *x)
{
    cJSON *row = ll_json_obj(rows, NULL);
    ll_json_str(row, "case", name);
    ll_json_int(row, "n_scores", x->n_scores);
    ll_json_num(row, "score", x->score);
    ll_json_str(row, "kind", x->relative ? "relative" : "absolute");
    ll_json_num(row, "loss", x->loss);
    ll_json_int(row, "n_tensors", x->n_tensors);
    ll_json_num(row, "gradient", x->gradient);
    ll_json_str(row, "worst", x->worst_tensor);
    ll_json_str(row, "verdict", x->passed ? "pass" : "FAIL");
}

static const ll_column columns[] = {{"case", "case", NULL, -1},
                                    {"n_scores", "scores", NULL, 0},
                                    {"score", "largest error", NULL, -1},
                                    {"kind", "", NULL, -1},
                                    {"loss", "pair loss", NULL, -1},
                                    {"n_tensors", "tensors", NULL, 0},
                                    {"gradient", "gradient (relative)", NULL, -1},
                                    {"worst", "worst in", NULL, -1},
                                    {"verdict", "verdict", NULL, -1},
                                    {0}};

/* NAME.json with NAME.safetensors beside it. */
static char *reference_stem(const char *dir, const char *file)
{
    char *path = ll_path_join(dir, file);
    path[strlen(path) - strlen(".json")] = 0;
    ll_str weights = {0};
    ll_str_addf(&weights, "%s.safetensors", path);
    if (!ll_is_file(ll_str_text(&weights))) {
        free(path);
        path = NULL;
    }
    ll_str_free(&weights);
    return path;
}

static ll_status verify_file(ll_request *rq, const char *dir, const char *file, cJSON *rows, int *failed)
{
    char *stem = reference_stem(dir, file);
    if (!stem) return LL_OK;
    ll_reference_errors x;
    ll_status s = ll_verify_reference(stem, &x, &rq->error);
    if (!s) {
        add_row(rows, ll_path_base(stem), &x);
        *failed += !x.passed;
    }
    free(stem);
    return s;
}

static ll_status run_verify(ll_request *rq)
{
    ll_strs names = {0};
    const char *dir = ll_word(&rq->args, "dir");
    ll_status s = ll_list_dir(dir, ".json", &names, &rq->error);
    cJSON *result = ll_result_new("verify-reference"), *rows = ll_json_arr(result, "rows");
    int failed = 0;
    for (int i = 0; !s && i < names.n; i++) s = verify_file(rq, dir, names.v[i], rows, &failed);
    ll_strs_free(&names);
    if (s) {
        cJSON_Delete(result);
        return s;
    }
    int n = cJSON_GetArraySize(rows);
    ll_json_num(result, "score_limit", LL_REFERENCE_SCORE);
    ll_json_num(result, "gradient_limit", LL_REFERENCE_GRADIENT);
    ll_json_int(result, "failed", failed);
    ll_result_columns(result, columns);
    ll_emit(rq, result);
    if (!n) return LL_FAIL(rq, LL_BAD_DATA, "%s: no NAME.json with a NAME.safetensors beside it", dir);
    if (failed)
        return LL_FAIL(rq, LL_FAILED, "%d of %d cases are beyond %g (scores, loss) or %g (gradients)", failed,
                       n, LL_REFERENCE_SCORE, LL_REFERENCE_GRADIENT);
    return LL_OK;
}

static const ll_option verify_options[] = {
    LL_OPT_WORD("dir", NULL, "folder with NAME.json, NAME.safetensors and NAME_grad.safetensors", LL_REQUIRED,
                LL_OF(FILE)),
    {0}};

const ll_command ll_verify_commands[] = {
    {.name = "verify-reference",
     .group = "data",
     .summary = "Compare the NASFLAT network with the authors' tensors",
     .options = verify_options,
     .flags = LL_CMD_LOOK,
     .run = run_verify,
     .help = "Loads the weights of every case in the folder, computes scores, pair loss and gradients, and "
             "prints the "
             "largest errors. Fails beyond 2e-5 (scores: absolute for the ensemble, relative to the largest "
             "for single "
             "layers) and 1e-4 relative per gradient tensor."},
    {0},
};
