#include "core/predict/gp/features.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/predict/gp/flow.h"
#include "core/predict/gp/layers.h"

/* --- raw blocks of one gene --- */

static void cell_cost(const ll_space *s, const uint8_t *gene, double *out)
{
    const ll_op_cost *costs = s->facts->cell->cost;
    for (int p = 0; p < s->n_positions; p++) {
        const ll_op_cost *c = &costs[gene[p]];
        out[0] += c->macs;
        out[1] += c->params;
        out[2] += c->calls;
        out[3] += c->kernels;
    }
}

static void raw_cost(const ll_space *s, const uint8_t *gene, double *out)
{
    (s->facts->cell ? cell_cost : ll_gp_layer_costs)(s, gene, out);
}

static void raw_counts(const ll_space *s, const uint8_t *gene, double *out)
{
    for (int p = 0; p < s->n_positions; p++) out[gene[p]]++;
}

static void raw_stages(const ll_space *s, const uint8_t *gene, double *out)
{
    for (int stage = 0, p = 0; stage < s->facts->n_stages; stage++)
        for (int i = 0; i < s->facts->stages[stage]; i++, p++) out[stage * s->n_ops + gene[p]]++;
}

static void raw_onehot(const ll_space *s, const uint8_t *gene, double *out)
{
    for (int p = 0; p < s->n_positions; p++) out[p * s->n_ops + gene[p]] = 1;
}

/* --- numbers: each between -1 and 1 of what its column has, so that products are centred, too --- */

enum { PAIRED_MOST = 24 }; /* columns whose products are looked at */

static bool is_category(const ll_space *s, int position)
{
    return s->facts->columns[position].kind == LL_COLUMN_CATEGORY;
}

/* (numbers) without the categories; returns how many. */
static int read_numbers(const ll_space *s, const uint8_t *gene, double *out)
{
    int n = 0;
    for (int p = 0; p < s->n_positions; p++) {
        const double *v = s->facts->columns[p].v;
        double lo = v[0], hi = v[ll_space_choices(s, p) - 1];
        if (!is_category(s, p)) out[n++] = hi > lo ? (v[gene[p]] - lo) / (hi - lo) * 2 - 1 : 0;
    }
    return n;
}

static void raw_numbers(const ll_space *s, const uint8_t *gene, double *out)
{
    read_numbers(s, gene, out);
}

/* Squares and products of two. */
static void raw_products(const ll_space *s, const uint8_t *gene, double *out)
{
    double v[LL_MAX_POSITIONS];
    int n = read_numbers(s, gene, v);
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++) *out++ = v[i] * v[j];
}

static void raw_categories(const ll_space *s, const uint8_t *gene, double *out)
{
    for (int p = 0; p < s->n_positions; p++) {
        if (!is_category(s, p)) continue;
        out[gene[p]] = 1;
        out += ll_space_choices(s, p);
    }
}

/* An edge is dead when no path of other operations than none leads from its end to the output. Whether the
 * input reaches it is not asked: devices that do not prune execute it all the same. */
static void kill_dead_edges(const ll_space *s, const uint8_t *gene, uint8_t *live)
{
    ll_graph g;
    bool reaches[LL_MAX_NODES] = {false};
    int none = s->facts->cell->none;
    memcpy(live, gene, (size_t)s->n_positions);
    if (!s->graph(s, gene, LL_GRAPH_FULL, &g)) return;
    for (int i = g.n_nodes - 2; i > 0; i--) {
        for (int j = i + 1; j < g.n_nodes; j++)
            if (g.adj[i][j] && (j == g.n_nodes - 1 || (g.op[j] != none && reaches[j]))) reaches[i] = true;
        if (!reaches[i]) live[i - 1] = (uint8_t)none;
    }
}

int ll_gp_executions(const ll_space *s)
{
    return s->facts->cell ? LL_GP_EXECUTIONS : 1;
}

/* Edges that nothing from the input reaches go. */
static void kill_unreached_edges(const ll_space *s, uint8_t *gene)
{
    ll_graph g;
    bool reached[LL_MAX_NODES] = {true};
    int none = s->facts->cell->none;
    if (!s->graph(s, gene, LL_GRAPH_FULL, &g)) return;
    for (int i = 1; i < g.n_nodes - 1; i++) {
        for (int j = 0; j < i; j++) reached[i] = reached[i] || (g.adj[j][i] && reached[j]);
        reached[i] = reached[i] && gene[i - 1] != none;
        if (!reached[i]) gene[i - 1] = (uint8_t)none;
    }
}

static bool all_none(const ll_space *s, const uint8_t *gene)
{
    int none = s->facts->cell->none;
    for (int p = 0; p < s->n_positions; p++)
        if (gene[p] != none) return false;
    return true;
}

void ll_gp_executed(const ll_space *s, int execution, const uint8_t *gene, uint8_t *out)
{
    uint8_t effective[LL_MAX_POSITIONS];
    memcpy(out, gene, (size_t)s->n_positions);
    if (execution == LL_GP_AS_WRITTEN) return;
    kill_dead_edges(s, gene, out);
    memcpy(effective, out, (size_t)s->n_positions);
    kill_unreached_edges(s, effective);
    if (execution == LL_GP_PRUNED || all_none(s, effective)) memcpy(out, effective, (size_t)s->n_positions);
}

/* --- the list of blocks --- */

typedef struct kind {
    const char *name;
    double log_weight;
    int of;         /* the execution whose cell it describes */
    unsigned kinds; /* as in ll_gp_block */
    bool units;     /* its columns are of different units: each is scaled by its own deviation */
    void (*raw)(const ll_space *s, const uint8_t *gene, double *out);
    int (*dim)(const ll_space *s); /* 0: this space has no such block */
} kind;

static int cost_dim(const ll_space *s)
{
    return s->facts->cell || s->layers ? LL_GP_COSTS : 0;
}

/* Of columns of numbers the first values have nothing in common. */
static int count_dim(const ll_space *s)
{
    return s->facts->columns ? 0 : s->n_ops;
}

static int stage_dim(const ll_space *s)
{
    return s->facts->n_stages * s->n_ops;
}

static int onehot_dim(const ll_space *s)
{
    return s->facts->columns ? 0 : s->n_positions * s->n_ops;
}

static int number_dim(const ll_space *s)
{
    int n = 0;
    for (int p = 0; s->facts->columns && p < s->n_positions; p++) n += !is_category(s, p);
    return n;
}

static int product_dim(const ll_space *s)
{
    int n = number_dim(s);
    return n <= PAIRED_MOST ? n * (n + 1) / 2 : 0;
}

static int category_dim(const ll_space *s)
{
    int n = 0;
    for (int p = 0; s->facts->columns && p < s->n_positions; p++)
        if (is_category(s, p)) n += ll_space_choices(s, p);
    return n;
}

enum {
    WRITTEN = 1 << LL_GP_AS_WRITTEN,
    PRUNED = 1 << LL_GP_PRUNED,
    MIXED = 1 << LL_GP_MIXED,
    ANY = (1 << LL_GP_KINDS) - 1
};

/* Those that say something of devices that execute what is written come first: sources are functions of them. */
static const kind kinds[] = {
    {"cost", -1, LL_GP_AS_WRITTEN, ANY, true, raw_cost, cost_dim},
    {"lay", -1.5, LL_GP_AS_WRITTEN, WRITTEN, false, ll_gp_layers, ll_gp_layers_dim},
    {"cnt", -2.5, LL_GP_AS_WRITTEN, ANY, false, raw_counts, count_dim},
    {"stg", -3.5, LL_GP_AS_WRITTEN, WRITTEN, false, raw_stages, stage_dim},
    {"add", -4, LL_GP_AS_WRITTEN, ANY, false, raw_onehot, onehot_dim},
    {"costL", -3, LL_GP_LIVE, WRITTEN, true, raw_cost, cost_dim},
    {"cntL", -3.5, LL_GP_LIVE, WRITTEN, false, raw_counts, count_dim},
    {"addL", -4.5, LL_GP_LIVE, WRITTEN, false, raw_onehot, onehot_dim},
    {"num", -1, LL_GP_AS_WRITTEN, WRITTEN, true, raw_numbers, number_dim},
    {"prod", -2.5, LL_GP_AS_WRITTEN, WRITTEN, false, raw_products, product_dim},
    {"cat", -3, LL_GP_AS_WRITTEN, WRITTEN, false, raw_categories, category_dim},
    {"flow", -2.5, LL_GP_AS_WRITTEN, PRUNED | MIXED, true, ll_gp_flow, ll_gp_flow_dim},
    {"pair", -3.5, LL_GP_AS_WRITTEN, PRUNED | MIXED, false, ll_gp_pairs, ll_gp_pairs_dim},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* Of a block that list_blocks() made: its name is the kind's own. */
static const kind *kind_of(const ll_gp_block *b)
{
    const kind *k = kinds;
    while (k->name != b->name) k++;
    return k;
}

static void raw_row(const ll_gp_features *f, const uint8_t *gene, double *out)
{
    uint8_t live[LL_MAX_POSITIONS];
    memset(out, 0, (size_t)f->dim * sizeof *out);
    if (f->space->facts->cell) kill_dead_edges(f->space, gene, live);
    for (int b = 0; b < f->n_blocks; b++) {
        const kind *k = kind_of(&f->blocks[b]);
        k->raw(f->space, k->of == LL_GP_LIVE ? live : gene, out + f->blocks[b].first);
    }
}

/* Where layers are known one by one, counts say no more, and the costs weigh less. */
static const double cost_beside_layers = -2;

static bool is_named(const kind *k, const char *name)
{
    return !strcmp(k->name, name);
}

static int dim_of(const kind *k, const ll_space *s, bool by_layer)
{
    if (k->of && !s->facts->cell) return 0;
    if (by_layer ? is_named(k, "cnt") || is_named(k, "stg") : is_named(k, "lay")) return 0;
    return k->dim(s);
}

/* by_layer: with a function of each layer, where the space has one. */
static void list_blocks(ll_gp_features *f, bool by_layer)
{
    by_layer = by_layer && ll_gp_layers_dim(f->space) > 0;
    for (int i = 0; i < KINDS; i++) {
        const kind *k = &kinds[i];
        int dim = dim_of(k, f->space, by_layer);
        double log_weight = by_layer && is_named(k, "cost") ? cost_beside_layers : k->log_weight;
        if (!dim) continue;
        f->blocks[f->n_blocks++] = (ll_gp_block){k->name, f->dim, dim, log_weight, k->of, k->kinds};
        f->dim += dim;
        if (k->kinds & WRITTEN) f->source_dim = f->dim;
    }
}

/* --- centring and scaling --- */

static void add_row(int n, const double *row, double *sum)
{
    for (int c = 0; c < n; c++) sum[c] += row[c];
}

bool ll_gp_stops_at(int row, const ll_observer *observer)
{
    enum { ROWS_PER_LOOK = 256 };
    return row % ROWS_PER_LOOK == 0 && ll_cancelled(observer);
}

/* Mean of every raw column into shift, its variance into `variance`. */
static void column_moments(const ll_gp_features *f, const ll_archs *archs, const ll_observer *observer,
                           double *variance)
{
    double *row = LL_NEW_ARRAY(double, f->dim);
    for (int i = 0; i < archs->n && !ll_gp_stops_at(i, observer); i++) {
        raw_row(f, ll_arch(archs, i), row);
        add_row(f->dim, row, f->shift);
    }
    for (int c = 0; c < f->dim; c++) f->shift[c] /= archs->n;
    for (int i = 0; i < archs->n && !ll_gp_stops_at(i, observer); i++) {
        raw_row(f, ll_arch(archs, i), row);
        for (int c = 0; c < f->dim; c++) row[c] = (row[c] - f->shift[c]) * (row[c] - f->shift[c]);
        add_row(f->dim, row, variance);
    }
    for (int c = 0; c < f->dim; c++) variance[c] /= archs->n;
    free(row);
}

static void scale_block(ll_gp_features *f, const ll_gp_block *b, const double *variance)
{
    double total = 0;
    for (int c = b->first; c < b->first + b->dim; c++) {
        bool varies = variance[c] > 1e-12 * (1 + f->shift[c] * f->shift[c]);
        f->scale[c] = !varies ? 0 : kind_of(b)->units ? 1 / sqrt(variance[c]) : 1;
        total += variance[c] * f->scale[c] * f->scale[c];
    }
    for (int c = b->first; c < b->first + b->dim; c++)
        if (total > 0) f->scale[c] /= sqrt(total);
}

/* Blocks without any variation go; the columns behind them keep their place. */
static void drop_flat_blocks(ll_gp_features *f)
{
    int kept = 0;
    for (int b = 0; b < f->n_blocks; b++) {
        bool flat = true;
        for (int c = 0; c < f->blocks[b].dim; c++) flat = flat && f->scale[f->blocks[b].first + c] == 0;
        if (!flat) f->blocks[kept++] = f->blocks[b];
        if (!flat && f->blocks[b].first < f->source_dim) f->n_source_blocks = kept;
    }
    f->n_blocks = kept;
}

void ll_gp_features_init(ll_gp_features *f, const ll_archs *archs, const ll_observer *observer)
{
    *f = (ll_gp_features){.space = archs->space};
    list_blocks(f, true);
    f->shift = LL_NEW_ARRAY(double, f->dim);
    f->scale = LL_NEW_ARRAY(double, f->dim);
    double *variance = LL_NEW_ARRAY(double, f->dim);
    column_moments(f, archs, observer, variance);
    for (int b = 0; b < f->n_blocks; b++) scale_block(f, &f->blocks[b], variance);
    drop_flat_blocks(f);
    free(variance);
}

bool ll_gp_features_restore(ll_gp_features *f, const ll_space *space, int dim, const double *shift,
                            const double *scale)
{
    for (int by_layer = 1; by_layer >= 0; by_layer--) {
        *f = (ll_gp_features){.space = space};
        list_blocks(f, by_layer);
        if (f->dim == dim || f->source_dim == dim) break;
    }
    if (f->dim != dim && f->source_dim != dim) return false;
    while (f->n_blocks && f->blocks[f->n_blocks - 1].first >= dim) f->n_blocks--;
    f->dim = dim;
    f->shift = ll_memdup(shift, (size_t)dim, sizeof *shift);
    f->scale = ll_memdup(scale, (size_t)dim, sizeof *scale);
    drop_flat_blocks(f);
    return true;
}

void ll_gp_features_copy(const ll_gp_features *from, ll_gp_features *out)
{
    *out = *from;
    out->shift = ll_memdup(from->shift, (size_t)from->dim, sizeof *out->shift);
    out->scale = ll_memdup(from->scale, (size_t)from->dim, sizeof *out->scale);
}

void ll_gp_features_free(ll_gp_features *f)
{
    free(f->shift);
    free(f->scale);
    *f = (ll_gp_features){0};
}

void ll_gp_features_row(const ll_gp_features *f, const uint8_t *gene, double *row)
{
    raw_row(f, gene, row);
    for (int c = 0; c < f->dim; c++) row[c] = (row[c] - f->shift[c]) * f->scale[c];
}

void ll_gp_features_fill(const ll_gp_features *f, const ll_archs *archs, const ll_observer *observer,
                         double *phi, int stride)
{
    for (int i = 0; i < archs->n && !ll_gp_stops_at(i, observer); i++)
        ll_gp_features_row(f, ll_arch(archs, i), phi + (size_t)i * (size_t)stride);
}

const ll_gp_block *ll_gp_features_block(const ll_gp_features *f, const char *name)
{
    for (int b = 0; b < f->n_blocks; b++)
        if (!strcmp(f->blocks[b].name, name)) return &f->blocks[b];
    return NULL;
}

bool ll_gp_features_squared(const ll_gp_features *f)
{
    return ll_gp_features_block(f, "add") && ll_gp_features_block(f, "addL");
}
