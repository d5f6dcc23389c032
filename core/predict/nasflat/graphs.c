#include "core/predict/nasflat/graphs.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

void ll_nasflat_graphs_init(ll_nasflat_graphs *g, int n_nodes)
{
    *g = (ll_nasflat_graphs){.n_nodes = n_nodes};
}

static void grow(ll_nasflat_graphs *g)
{
    size_t n = (size_t)g->n_nodes;
    g->cap = g->cap ? 2 * g->cap : 256;
    size_t nodes = (size_t)g->cap * n;
    g->pred_at = ll_realloc(g->pred_at, nodes + 1, sizeof *g->pred_at);
    g->pred = ll_realloc(g->pred, nodes * n, 1);
    g->code = ll_realloc(g->code, nodes, 1);
    g->kind = ll_realloc(g->kind, nodes, sizeof *g->kind);
    g->local = ll_realloc(g->local, nodes, 1);
    g->n_codes = ll_realloc(g->n_codes, (size_t)g->cap, 1);
    g->n_gather = ll_realloc(g->n_gather, (size_t)g->cap, 1);
    for (int l = 0; l < LL_NASFLAT_LAYERS; l++) {
        ll_nasflat_rows *r = &g->rows[l];
        r->of = ll_realloc(r->of, nodes, sizeof *r->of);
        r->times = ll_realloc(r->times, nodes, 1);
        r->n = ll_realloc(r->n, (size_t)g->cap, 1);
    }
    g->pred_at[0] = 0;
}

static int find_kind(ll_nasflat_graphs *g, ll_nasflat_kind k)
{
    for (int i = 0; i < g->n_kinds; i++)
        if (!memcmp(&g->kinds[i], &k, sizeof k)) return i;
    if (g->n_kinds == g->kinds_cap) {
        g->kinds_cap = g->kinds_cap ? 2 * g->kinds_cap : 32;
        g->kinds = ll_realloc(g->kinds, (size_t)g->kinds_cap, sizeof *g->kinds);
    }
    g->kinds[g->n_kinds] = k;
    return g->n_kinds++;
}

/* Numbers the codes of nodes that gather, then those that are left. */
static void number_codes(ll_nasflat_graphs *g, size_t base)
{
    enum { NONE = UINT8_MAX };
    uint8_t of_code[UINT8_MAX + 1], n = 0;
    memset(of_code, NONE, sizeof of_code);
    for (int alone = 0; alone < 2; alone++) {
        for (int i = 0; i < g->n_nodes; i++) {
            const int *pred_at = g->pred_at + base + i;
            uint8_t *number = &of_code[g->code[base + (size_t)i]];
            if (*number == NONE && (pred_at[0] == pred_at[1]) == alone) *number = n++;
        }
        if (!alone) g->n_gather[g->n_archs] = n;
    }
    g->n_codes[g->n_archs] = n;
    for (int i = 0; i < g->n_nodes; i++) g->local[base + (size_t)i] = of_code[g->code[base + (size_t)i]];
}

/* What tells the row of a node from others of its architecture. */
typedef struct key {
    uint8_t n, v[LL_MAX_NODES + 1];
} key;

static bool same_key(const key *a, const key *b)
{
    return a->v[0] == b->v[0] && a->n == b->n && !memcmp(a->v, b->v, a->n);
}

static key key_of_kind(int kind)
{
    return (key){2, {(uint8_t)kind, (uint8_t)(kind >> 8)}};
}

/* Its own row in the layer before, and in ascending order those that it gathers. */
static void key_of_rows(const ll_nasflat_graphs *g, size_t node, int own, const int *row, key *k)
{
    k->v[0] = (uint8_t)own;
    k->n = 1;
    for (int p = g->pred_at[node]; p < g->pred_at[node + 1]; p++) {
        int at = k->n++, r = row[g->pred[p]];
        for (; at > 1 && k->v[at - 1] > r; at--) k->v[at] = k->v[at - 1];
        k->v[at] = (uint8_t)r;
    }
}

/* Numbers the rows of the architecture whose nodes begin at base. */
static uint8_t number_rows(const ll_nasflat_graphs *g, size_t base, int layer)
{
    key keys[LL_MAX_NODES];
    const int *below = layer ? g->rows[layer - 1].of + base : NULL;
    int *of = g->rows[layer].of + base, first = layer == LL_NASFLAT_LAYERS - 1;
    uint8_t *times = g->rows[layer].times + base, n = 0;
    memset(times, 0, (size_t)g->n_nodes);
    for (int i = first; i < g->n_nodes; i++) {
        size_t node = base + (size_t)i;
        if (below)
            key_of_rows(g, node, below[i], below, &keys[i]);
        else
            keys[i] = key_of_kind(g->kind[node]);
        int same = first;
        while (!same_key(&keys[same], &keys[i])) same++;
        of[i] = same < i ? of[same] : n++;
        times[same]++;
    }
    return n;
}

void ll_nasflat_graphs_add(ll_nasflat_graphs *g, const ll_graph *graph)
{
    int n = g->n_nodes;
    if (g->n_archs == g->cap) grow(g);
    size_t base = (size_t)g->n_archs * (size_t)n;
    for (int i = 0; i < n; i++) {
        int at = g->pred_at[base + (size_t)i];
        ll_nasflat_kind k = {0};
        for (int j = 0; j < n; j++) {
            if (!graph->adj[j][i]) continue;
            g->pred[at++] = (uint8_t)j;
            if (j)
                k.from_others++;
            else
                k.from_input++;
        }
        g->pred_at[base + (size_t)i + 1] = at;
        if (k.from_input + k.from_others > g->most_preds) g->most_preds = k.from_input + k.from_others;
        k.code = i == 0       ? LL_NASFLAT_INPUT
                 : i == n - 1 ? LL_NASFLAT_OUTPUT
                              : LL_NASFLAT_FIRST_OP + graph->op[i];
        g->code[base + (size_t)i] = (uint8_t)k.code;
        g->kind[base + (size_t)i] = (uint16_t)find_kind(g, k);
    }
    number_codes(g, base);
    for (int l = 0; l < LL_NASFLAT_LAYERS; l++) g->rows[l].n[g->n_archs] = number_rows(g, base, l);
    g->n_archs++;
}

void ll_nasflat_graphs_clear(ll_nasflat_graphs *g)
{
    g->n_archs = 0;
}

void ll_nasflat_graphs_free(ll_nasflat_graphs *g)
{
    free(g->pred_at);
    free(g->pred);
    free(g->code);
    free(g->kind);
    free(g->local);
    free(g->n_codes);
    free(g->n_gather);
    free(g->kinds);
    for (int l = 0; l < LL_NASFLAT_LAYERS; l++) {
        free(g->rows[l].of);
        free(g->rows[l].times);
        free(g->rows[l].n);
    }
    *g = (ll_nasflat_graphs){0};
}

/* --- plan of a batch --- */

void ll_nasflat_spans_init(ll_nasflat_spans *s, int most)
{
    for (int kind = 0; kind < LL_SLOT_KINDS; kind++) s->slot_at[kind] = LL_NEW_ARRAY(int, most + 1);
    for (int l = 0; l < LL_NASFLAT_LAYERS; l++) s->row_at[l] = LL_NEW_ARRAY(int, most + 1);
    s->flow_at = LL_NEW_ARRAY(int, most + 1);
}

void ll_nasflat_spans_make(ll_nasflat_spans *s, const ll_nasflat_graphs *g, const ll_nasflat_item *items,
                           const int *which, int n)
{
    int *gathers = s->slot_at[LL_SLOT_GATHERS], *alone = s->slot_at[LL_SLOT_ALONE];
    for (int i = 0; i < n; i++) gathers[i + 1] = gathers[i] + g->n_gather[items[which ? which[i] : i].arch];
    alone[0] = gathers[n];
    for (int i = 0; i < n; i++) {
        int arch = items[which ? which[i] : i].arch;
        alone[i + 1] = alone[i] + g->n_codes[arch] - g->n_gather[arch];
        s->flow_at[i + 1] = s->flow_at[i] + 1 + g->n_gather[arch];
        for (int l = 0; l < LL_NASFLAT_LAYERS; l++)
            s->row_at[l][i + 1] = s->row_at[l][i] + g->rows[l].n[arch];
    }
}

void ll_nasflat_spans_free(ll_nasflat_spans *s)
{
    for (int kind = 0; kind < LL_SLOT_KINDS; kind++) free(s->slot_at[kind]);
    for (int l = 0; l < LL_NASFLAT_LAYERS; l++) free(s->row_at[l]);
    free(s->flow_at);
}

void ll_nasflat_plan_init(ll_nasflat_plan *p, const ll_nasflat_graphs *g, int most, int n_ops,
                          int all_devices)
{
    size_t nodes = (size_t)most * (size_t)g->n_nodes, rows = 2 + (size_t)most * (size_t)n_ops;
    *p = (ll_nasflat_plan){.most = most,
                           .n_nodes = g->n_nodes,
                           .n_ops = n_ops,
                           .all_devices = all_devices,
                           .all_kinds = g->n_kinds};
    p->device = LL_NEW_ARRAY(int, most);
    p->device_of = LL_NEW_ARRAY(int, most);
    p->class_kind = LL_NEW_ARRAY(int, nodes);
    p->class_row = LL_NEW_ARRAY(int, nodes);
    p->class_of = LL_NEW_ARRAY(int, nodes);
    p->slot_row = LL_NEW_ARRAY(int, nodes > rows ? nodes : rows);
    p->slot_item = LL_NEW_ARRAY(int, nodes > rows ? nodes : rows);
    p->slot_of = LL_NEW_ARRAY(int, nodes);
    p->device_slot = LL_NEW_ARRAY(int, all_devices);
    p->class_at = LL_NEW_ARRAY(int, most * g->n_kinds);
    ll_nasflat_spans_init(&p->at, most);
}

void ll_nasflat_plan_free(ll_nasflat_plan *p)
{
    int *const owned[] = {p->device,   p->device_of, p->class_kind, p->class_row,   p->class_of,
                          p->slot_row, p->slot_item, p->slot_of,    p->device_slot, p->class_at};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) free(owned[i]);
    ll_nasflat_spans_free(&p->at);
    *p = (ll_nasflat_plan){0};
}

static int device_slot(ll_nasflat_plan *p, int device)
{
    if (p->device_slot[device] < 0) {
        p->device[p->n_devices] = device;
        p->device_slot[device] = p->n_devices++;
    }
    return p->device_slot[device];
}

static int row_of(const ll_nasflat_plan *p, int code, int slot)
{
    return code < LL_NASFLAT_FIRST_OP ? code
                                      : LL_NASFLAT_FIRST_OP + slot * p->n_ops + code - LL_NASFLAT_FIRST_OP;
}

static int find_class(ll_nasflat_plan *p, const ll_nasflat_graphs *g, int kind, int slot)
{
    int code = g->kinds[kind].code;
    if (code < LL_NASFLAT_FIRST_OP) slot = 0; /* the same on every device */
    int *at = &p->class_at[slot * p->all_kinds + kind];
    if (*at < 0) {
        *at = p->n_classes++;
        p->class_kind[*at] = kind;
        p->class_row[*at] = row_of(p, code, slot);
    }
    return *at;
}

static void plan_item(ll_nasflat_plan *p, const ll_nasflat_graphs *g, int item, int arch, int slot)
{
    size_t base = (size_t)arch * (size_t)p->n_nodes;
    for (int i = 0; i < p->n_nodes; i++, base++) {
        int at = item * p->n_nodes + i, row = row_of(p, g->code[base], slot);
        p->class_of[at] = find_class(p, g, g->kind[base], slot);
        p->slot_of[at] = p->by_item ? ll_nasflat_slot_at(&p->at, g, item, arch, g->local[base]) : row;
        if (!p->by_item) continue;
        p->slot_row[p->slot_of[at]] = row;
        p->slot_item[p->slot_of[at]] = item;
    }
}

void ll_nasflat_plan_make(ll_nasflat_plan *p, const ll_nasflat_graphs *g, const ll_nasflat_item *items, int n,
                          bool by_device, bool by_item)
{
    p->n = n;
    p->by_item = by_item;
    p->n_devices = p->n_classes = 0;
    memset(p->device_slot, 0xff, (size_t)p->all_devices * sizeof(int));
    memset(p->class_at, 0xff, (size_t)(p->most * p->all_kinds) * sizeof(int));
    for (int i = 0; i < n; i++) p->device_of[i] = device_slot(p, items[i].device);
    ll_nasflat_spans_make(&p->at, g, items, NULL, n);
    for (int i = 0; i < n; i++) plan_item(p, g, i, items[i].arch, by_device ? p->device_of[i] : 0);
    p->n_rows = LL_NASFLAT_FIRST_OP + (by_device ? p->n_devices : 1) * p->n_ops;
    p->n_slots = by_item ? p->at.slot_at[LL_SLOT_ALONE][n] : p->n_rows;
    p->n_gather = by_item ? p->at.slot_at[LL_SLOT_GATHERS][n] : p->n_rows;
}
