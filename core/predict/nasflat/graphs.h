/* What the NASFLAT network needs to know of architectures, and the plan of one
 * batch: which rows of which matrix are equal and need computing only once. Integers only, no weights. */
#ifndef LL_PREDICT_NASFLAT_GRAPHS_H
#define LL_PREDICT_NASFLAT_GRAPHS_H

#include "core/predict/nasflat/shape.h"
#include "core/space/space.h"

/* Operation code of a node: 0 input, 1 output, 2 + operation. */
enum { LL_NASFLAT_INPUT, LL_NASFLAT_OUTPUT, LL_NASFLAT_FIRST_OP };

/* After the first graph layer two nodes have equal rows when these agree (and the device does): all node
 * features but the input's are the same. */
typedef struct ll_nasflat_kind {
    int code;
    int from_input, from_others; /* predecessors: the input node (0 or 1), others */
} ll_nasflat_kind;

/* Rows of a layer of the main pass that are equal within an item, whatever its device is: those of nodes whose own rows in the
 * layer before are equal and that gather equal rows (colour refinement: Weisfeiler and Leman 1968), of the first layer those
 * of one kind. An item has each of them once. The last layer has none for the input, which its mean leaves out. */
typedef struct ll_nasflat_rows {
    int *of;        /* (n_archs, N) node -> row of its architecture; in the last layer not for the input */
    uint8_t *times; /* (n_archs, N) nodes that share the row, at the first of them; 0 at the others */
    uint8_t *n;     /* (n_archs) */
} ll_nasflat_rows;

typedef struct ll_nasflat_graphs {
    int n_archs, cap, n_nodes, most_preds;
    int *pred_at;   /* (n_archs * N + 1): predecessors of (arch, node) in pred */
    uint8_t *pred;  /* node numbers */
    uint8_t *code;  /* (n_archs, N) */
    uint16_t *kind; /* (n_archs, N) */
    uint8_t *local; /* (n_archs, N): which code of its architecture; those that gather come first */
    uint8_t *n_codes, *n_gather; /* (n_archs) distinct codes; those of nodes that gather */
    ll_nasflat_rows rows[LL_NASFLAT_LAYERS];
    ll_nasflat_kind *kinds;
    int n_kinds, kinds_cap;
} ll_nasflat_graphs;

void ll_nasflat_graphs_init(ll_nasflat_graphs *g, int n_nodes);
/* Appends an architecture of N nodes, 2 <= N <= LL_MAX_NODES; inner nodes need op >= 0. */
void ll_nasflat_graphs_add(ll_nasflat_graphs *g, const ll_graph *graph);
/* No architectures again; the kinds that were seen keep their numbers. */
void ll_nasflat_graphs_clear(ll_nasflat_graphs *g);
void ll_nasflat_graphs_free(ll_nasflat_graphs *g);

typedef struct ll_nasflat_item {
    int arch, device; /* index of graphs, row of hw_emb */
} ll_nasflat_item;

/* Slots: distinct (item, code). Those that gather come first, item by item, so that they are one block: a node without
 * predecessors needs no gate of its DGF. */
typedef enum ll_nasflat_slot { LL_SLOT_GATHERS, LL_SLOT_ALONE, LL_SLOT_KINDS } ll_nasflat_slot;

/* Where n items have theirs: item i its slots of a kind at slot_at[kind][i] .. slot_at[kind][i + 1] - 1, its rows in layer l
 * of the main pass at row_at[l][i] .. row_at[l][i + 1] - 1, of its flow (flow.c) at flow_at[i] .. flow_at[i + 1] - 1: one of
 * its own and one for each code that gathers. */
typedef struct ll_nasflat_spans {
    int *slot_at[LL_SLOT_KINDS], *row_at[LL_NASFLAT_LAYERS], *flow_at; /* (n + 1) */
} ll_nasflat_spans;

void ll_nasflat_spans_init(ll_nasflat_spans *s, int most);
/* Of items which[0] .. which[n - 1]; NULL: the first n. */
void ll_nasflat_spans_make(ll_nasflat_spans *s, const ll_nasflat_graphs *g, const ll_nasflat_item *items,
                           const int *which, int n);
void ll_nasflat_spans_free(ll_nasflat_spans *s);
/* The slot of code `local` of item i, whose architecture is arch. */
static inline int ll_nasflat_slot_at(const ll_nasflat_spans *s, const ll_nasflat_graphs *g, int i, int arch,
                                     int local)
{
    int alone = local - g->n_gather[arch];
    return alone < 0 ? s->slot_at[LL_SLOT_GATHERS][i] + local : s->slot_at[LL_SLOT_ALONE][i] + alone;
}

/* Rows: 0 input, 1 output, 2 + (device slot) * n_ops + op: operation vectors of the batch.
 * Classes: distinct (kind, device slot). Slots hold the operation vectors after the update; without one (by_item false) they
 * are the rows, whatever `at` says of them. */
typedef struct ll_nasflat_plan {
    int most, n, n_nodes, n_ops; /* most: items there is room for */
    int n_devices, *device;      /* (n_devices) rows of hw_emb in use */
    int *device_of;              /* (n) device slot */
    int n_rows;
    int n_classes, *class_kind, *class_row, *class_of; /* class_of (n, N) */
    int n_slots, n_gather, *slot_row, *slot_item,
        *slot_of; /* slot_of (n, N); the first n_gather slots gather */
    ll_nasflat_spans at;
    bool by_item;
    int *device_slot, *class_at; /* scratch: hw_emb row -> slot; (slot, kind) -> class */
    int all_devices, all_kinds;
} ll_nasflat_plan;

void ll_nasflat_plan_init(ll_nasflat_plan *p, const ll_nasflat_graphs *g, int most, int n_ops,
                          int all_devices);
/* by_device false: operation vectors hold no device part, so one device slot serves all. by_item false: no
 * operation update, slots are the rows themselves. */
void ll_nasflat_plan_make(ll_nasflat_plan *p, const ll_nasflat_graphs *g, const ll_nasflat_item *items, int n,
                          bool by_device, bool by_item);
void ll_nasflat_plan_free(ll_nasflat_plan *p);

#endif
