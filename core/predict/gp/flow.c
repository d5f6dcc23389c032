#include "core/predict/gp/flow.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "core/space/facts.h"

/* --- operations --- */

typedef enum op_kind { NOTHING, COPY, CONV, POOL } op_kind;

static op_kind kind_of(const ll_cell_graph *c, int op)
{
    if (op == c->none) return NOTHING;
    if (!c->cost[op].kernels) return COPY;
    return c->cost[op].params ? CONV : POOL;
}

/* --- tensors: number 0 is the input, any other has the number of the node that it is made in --- */

typedef struct tensor {
    int uses, convs, pools; /* operations that read it */
    double depth, macs;     /* of the longest path to it: operations, multiply-adds */
} tensor;

typedef struct flow {
    tensor tensors[LL_MAX_NODES];
    int is[LL_MAX_NODES];     /* the tensor that stands in a node */
    int degree[LL_MAX_NODES]; /* operations that lead to it */
    int nodes, additions;
    int added_convs, added_copies; /* outputs of convolutions, and copies, that are added to something */
    int added_twice;               /* copies of one tensor that are added to each other */
    int convs_of_sums;             /* convolutions that read a sum */
} flow;

/* One operation that leads to a node. */
static void follow(flow *f, const ll_cell_graph *c, int node, int from, int op)
{
    tensor *read = &f->tensors[from], *made = &f->tensors[node];
    op_kind kind = kind_of(c, op);
    f->degree[node]++;
    read->uses++;
    read->convs += kind == CONV;
    read->pools += kind == POOL;
    f->convs_of_sums += kind == CONV && f->degree[from] > 1;
    made->depth = fmax(made->depth, read->depth + (kind != COPY));
    made->macs = fmax(made->macs, read->macs + c->cost[op].macs);
}

static void visit(flow *f, const ll_space *s, const uint8_t *gene, int node)
{
    const ll_cell_graph *c = s->facts->cell;
    int of_kind[POOL + 1] = {0}, copied[LL_MAX_NODES] = {0}, last_copied = node, twice = 0;
    for (int p = 0; p < s->n_positions; p++) {
        if (c->to[p] != node || gene[p] == c->none) continue;
        int from = f->is[c->from[p]], kind = (int)kind_of(c, gene[p]);
        follow(f, c, node, from, gene[p]);
        of_kind[kind]++;
        if (kind != COPY) continue;
        last_copied = from;
        twice += copied[from]++ > 0;
    }
    f->is[node] = f->degree[node] == 1 ? last_copied : node;
    f->nodes += f->degree[node] > 0;
    if (f->degree[node] < 2) return;
    f->additions += f->degree[node] - 1;
    f->added_convs += of_kind[CONV];
    f->added_copies += of_kind[COPY];
    f->added_twice += twice;
}

/* --- as columns --- */

int ll_gp_flow_dim(const ll_space *s)
{
    enum { WHOLE_CELL = 13 };
    return s->facts->cell ? WHOLE_CELL + s->facts->cell->n_nodes - 1 : 0;
}

void ll_gp_flow(const ll_space *s, const uint8_t *gene, double *out)
{
    flow f = {0};
    int last = s->facts->cell->n_nodes - 1, read_by_convs = 0, read_by_pools = 0;
    for (int node = 1; node <= last; node++) visit(&f, s, gene, node);
    for (int t = 0; t <= last; t++) {
        read_by_convs += f.tensors[t].convs > 0;
        read_by_pools += f.tensors[t].pools > 0;
    }
    const tensor *input = &f.tensors[0], *output = &f.tensors[last];
    const double whole[] = {f.nodes,         f.additions,   f.added_convs,  f.added_copies, f.added_twice,
                            f.convs_of_sums, read_by_convs, read_by_pools,  output->depth,  output->macs,
                            input->uses,     input->convs,  f.is[last] == 0};
    memcpy(out, whole, sizeof whole);
    for (int node = 1; node <= last; node++)
        out[sizeof whole / sizeof *whole + (size_t)node - 1] = f.degree[node];
}

int ll_gp_pairs_dim(const ll_space *s)
{
    return s->facts->cell ? 2 * s->n_ops * s->n_ops : 0;
}

void ll_gp_pairs(const ll_space *s, const uint8_t *gene, double *out)
{
    const ll_cell_graph *c = s->facts->cell;
    int n = s->n_ops;
    double *follows = out, *meets = out + n * n;
    for (int p = 0; p < s->n_positions; p++)
        for (int q = 0; q < s->n_positions; q++) {
            int a = gene[p], b = gene[q];
            if (a == c->none || b == c->none) continue;
            if (c->to[p] == c->from[q]) follows[a * n + b]++;
            if (q < p && c->to[p] == c->to[q]) meets[a > b ? a * n + b : b * n + a]++;
        }
}
