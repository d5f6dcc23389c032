#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/predict/nasflat/model.h"

/* --- architectures as the network reads them --- */

static bool graph_of(const ll_space *s, const uint8_t *gene, const char *graph, ll_graph *out)
{
    if (!s->graph) return false;
    if (!strcmp(graph, "pruned")) return s->graph(s, gene, LL_GRAPH_PRUNED, out);
    if (!strcmp(graph, "released")) return s->graph(s, gene, LL_GRAPH_RELEASED, out);
    bool prunes = !strcmp(graph, "auto") || !strcmp(graph, "marked");
    if (prunes && s->graph(s, gene, LL_GRAPH_PRUNED, out)) return true;
    return s->graph(s, gene, LL_GRAPH_FULL, out);
}

bool ll_nasflat_marks(const ll_space *s, const char *graph)
{
    return !strcmp(graph, "marked") && s->facts->cell;
}

/* An inner node that pruning has left no arc is not executed. */
static void mark_dead(const ll_space *s, ll_graph *g)
{
    for (int i = 1; i < g->n_nodes - 1; i++) {
        bool alive = false;
        for (int j = 0; j < g->n_nodes; j++) alive = alive || g->adj[i][j] || g->adj[j][i];
        if (!alive) g->op[i] += ll_space_node_ops(s);
    }
}

bool ll_nasflat_graph_size(const ll_space *s, const char *graph, int *n_nodes)
{
    uint8_t gene[LL_MAX_POSITIONS] = {0};
    ll_graph g;
    bool known = graph_of(s, gene, graph, &g);
    *n_nodes = known ? g.n_nodes : 0;
    return known;
}

/* One by one, since some have a vector: those without are marked. */
static void encode_singly(const ll_encoder *c, const ll_archs *archs, ll_nasflat_inputs *in)
{
    in->z = LL_NEW_ARRAY(float, (size_t)archs->n *(size_t)c->dim + 1);
    in->lacks = LL_NEW_ARRAY(bool, archs->n + 1);
    for (int i = 0; i < archs->n; i++) {
        ll_archs *one = ll_archs_slice(archs, i, 1);
        ll_matrix_f vector = {0};
        ll_error e;
        in->lacks[i] = ll_encoder_apply(c, one, &vector, &e) != LL_OK;
        if (!in->lacks[i])
            memcpy(in->z + (size_t)i * (size_t)c->dim, vector.v, (size_t)c->dim * sizeof *in->z);
        ll_matrix_f_free(&vector);
        ll_archs_unref(one);
    }
}

static void encode(const ll_encoder *c, const ll_archs *archs, ll_nasflat_inputs *in)
{
    ll_matrix_f all = {0};
    ll_error e;
    if (ll_encoder_apply(c, archs, &all, &e))
        encode_singly(c, archs, in);
    else
        in->z = all.v;
}

static void forget_vectors(ll_nasflat_inputs *in)
{
    free(in->z);
    free(in->lacks);
    in->z = NULL;
    in->lacks = NULL;
}

void ll_nasflat_inputs_read(ll_nasflat_inputs *in, const ll_nasflat_model *m, const ll_archs *archs, int from,
                            int n)
{
    const char *graph = ll_word(&m->options, "graph");
    ll_graph g;
    if (in->graphs.n_nodes)
        ll_nasflat_graphs_clear(&in->graphs);
    else
        ll_nasflat_graphs_init(&in->graphs, m->layout.shape.n_nodes);
    for (int i = from; i < from + n; i++) {
        graph_of(archs->space, ll_arch(archs, i), graph, &g);
        if (ll_nasflat_marks(archs->space, graph)) mark_dead(archs->space, &g);
        ll_nasflat_graphs_add(&in->graphs, &g);
    }
    forget_vectors(in);
    if (!m->encoder) return;
    ll_archs *some = ll_archs_slice(archs, from, n);
    encode(m->encoder, some, in);
    ll_archs_unref(some);
}

void ll_nasflat_inputs_free(ll_nasflat_inputs *in)
{
    ll_nasflat_graphs_free(&in->graphs);
    forget_vectors(in);
}

enum { ENCODED_AT_ONCE = 1024 };

ll_status ll_nasflat_readable(const ll_nasflat_model *m, const ll_archs *archs, ll_error *e)
{
    ll_status s = LL_OK;
    for (int from = 0; m->encoder && from < archs->n && !s; from += ENCODED_AT_ONCE) {
        ll_matrix_f vectors = {0};
        int n = archs->n - from < ENCODED_AT_ONCE ? archs->n - from : ENCODED_AT_ONCE;
        ll_archs *some = ll_archs_slice(archs, from, n);
        s = ll_encoder_apply(m->encoder, some, &vectors, e);
        ll_matrix_f_free(&vectors);
        ll_archs_unref(some);
    }
    return s;
}

/* --- scores --- */

/* Scores of one part: enough for its chunks to be full, so few that all threads have some. */
enum { PART_SCORES = 256 };

/* What one thread keeps from part to part. */
typedef struct lane {
    ll_nasflat_inputs inputs;
    ll_nasflat_work *work;
    int n_kinds, most_preds; /* that work has room for */
    ll_nasflat_item *items;
    float *score;
} lane;

typedef struct scoring {
    const ll_nasflat_model *model;
    const float *w;
    int first, n_devices, part; /* part: architectures of one */
    const ll_archs *archs;
    const ll_observer *observer;
    int begun; /* parts of the rounds before */
    lane *lanes;
    float *out;
} scoring;

static void make_room(const scoring *s, lane *l)
{
    const ll_nasflat_graphs *g = &l->inputs.graphs;
    int n = s->archs->n < s->part ? s->archs->n : s->part, items = n * s->n_devices;
    if (!l->items) {
        l->items = LL_NEW_ARRAY(ll_nasflat_item, items);
        l->score = LL_NEW_ARRAY(float, items);
    }
    if (l->work && l->n_kinds >= g->n_kinds && l->most_preds >= g->most_preds) return;
    ll_nasflat_work_free(l->work);
    l->work =
        ll_nasflat_work_new(&s->model->layout, g, items < LL_NASFLAT_CHUNK ? items : LL_NASFLAT_CHUNK, false);
    l->n_kinds = g->n_kinds;
    l->most_preds = g->most_preds;
}

static void score_part(void *ctx, int i, int thread)
{
    scoring *s = ctx;
    lane *l = &s->lanes[thread];
    int from = (s->begun + i) * s->part, n = s->archs->n - from < s->part ? s->archs->n - from : s->part;
    if (ll_cancelled(s->observer)) return;
    ll_nasflat_inputs_read(&l->inputs, s->model, s->archs, from, n);
    make_room(s, l);
    for (int j = 0; j < n * s->n_devices; j++) l->items[j] = (ll_nasflat_item){j % n, s->first + j / n};
    ll_nasflat_net net = {&s->model->layout, &l->inputs.graphs, l->inputs.z, (float *)s->w};
    if (!ll_nasflat_score_on(l->work, &net, l->items, n * s->n_devices, s->observer, l->score)) return;
    for (int j = 0; j < n * s->n_devices; j++) {
        bool lacks = l->inputs.lacks && l->inputs.lacks[j % n];
        s->out[(size_t)(j / n) * (size_t)s->archs->n + (size_t)(from + j % n)] = lacks ? NAN : l->score[j];
    }
}

static int part_of(int n_devices)
{
    int chunks = PART_SCORES / (LL_NASFLAT_CHUNK * n_devices);
    return LL_NASFLAT_CHUNK * (chunks > 1 ? chunks : 1);
}

bool ll_nasflat_score_archs(const ll_nasflat_model *m, const float *w, int first, int n_devices,
                            const ll_archs *archs, const ll_observer *observer, ll_pool *pool,
                            ll_nasflat_told told, float *out)
{
    int threads = ll_pool_threads(pool);
    scoring s = {.model = m,
                 .w = w,
                 .first = first,
                 .n_devices = n_devices,
                 .part = part_of(n_devices),
                 .archs = archs,
                 .observer = observer,
                 .lanes = LL_NEW_ARRAY(lane, threads),
                 .out = out};
    int parts = (archs->n + s.part - 1) / s.part, round = told.fn ? threads : parts;
    for (; s.begun < parts && !ll_cancelled(observer); s.begun += round) {
        int n = parts - s.begun < round ? parts - s.begun : round;
        ll_pool_run_by(pool, n, score_part, &s);
        long done = (long)(s.begun + n) * s.part;
        if (told.fn)
            told.fn(told.ctx, (done < archs->n ? done : archs->n) * n_devices, (long)archs->n * n_devices);
    }
    for (int i = 0; i < threads; i++) {
        ll_nasflat_inputs_free(&s.lanes[i].inputs);
        ll_nasflat_work_free(s.lanes[i].work);
        free(s.lanes[i].items);
        free(s.lanes[i].score);
    }
    free(s.lanes);
    return !ll_cancelled(observer);
}

void ll_nasflat_standard(const float *score, int n, double standard[2])
{
    double sum = 0, square = 0;
    for (int i = 0; i < n; i++) sum += score[i];
    standard[0] = n ? sum / n : 0;
    for (int i = 0; i < n; i++) square += (score[i] - standard[0]) * (score[i] - standard[0]);
    standard[1] = square > 0 ? sqrt(square / n) : 1;
}
