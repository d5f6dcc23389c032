/* A forest as tensors: the nodes of all trees behind one another. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/predict/forest/forest.h"

void ll_forest_save(const ll_forest *f, ll_tensors *out)
{
    long n = 0;
    for (int t = 0; t < f->n_trees; t++) n += f->tree[t].n;
    int32_t *size = ll_tensors_add(out, "forest.size", LL_I32, 1, (long[]){f->n_trees}, NULL)->data;
    int32_t *link = ll_tensors_add(out, "forest.link", LL_I32, 2, (long[]){n, 2}, NULL)->data;
    double *number = ll_tensors_add(out, "forest.number", LL_F64, 2, (long[]){n, 2}, NULL)->data;
    ll_tensors_add(out, "forest.line", LL_F64, 2, (long[]){1 + f->n_line, f->n_trees}, f->line);
    for (int t = 0; t < f->n_trees; t++) {
        size[t] = f->tree[t].n;
        for (int i = 0; i < f->tree[t].n; i++) {
            const ll_tree_node *v = &f->tree[t].node[i];
            *link++ = v->feature;
            *link++ = v->child;
            *number++ = v->threshold;
            *number++ = v->value;
        }
    }
}

/* Every way through it ends, at a node that is there, and asks for columns that are there. */
static bool is_tree(const ll_tree *t, int dim)
{
    for (int i = 0; i < t->n; i++) {
        const ll_tree_node *v = &t->node[i];
        if (v->feature < 0) continue;
        if (v->feature >= dim || v->child <= i || v->child >= t->n - 1) return false;
    }
    return true;
}

/* Nodes of all trees; -1: a tree that has none. */
static long count_nodes(const int32_t *size, long n_trees)
{
    long n = 0;
    for (long t = 0; t < n_trees; t++) {
        if (size[t] < 1) return -1;
        n += size[t];
    }
    return n;
}

static ll_status read_trees(const int32_t *size, const int32_t *link, const double *number, ll_forest *f,
                            ll_error *e)
{
    for (int t = 0; t < f->n_trees; t++) {
        ll_tree *tree = &f->tree[t];
        *tree = (ll_tree){size[t], LL_NEW_ARRAY(ll_tree_node, size[t])};
        for (int i = 0; i < tree->n; i++, link += 2, number += 2)
            tree->node[i] = (ll_tree_node){link[0], link[1], number[0], number[1]};
        if (!is_tree(tree, f->dim))
            return ll_fail(e, LL_BAD_DATA, "tensor forest.link: tree %d is no tree of %d columns", t + 1,
                           f->dim);
    }
    return LL_OK;
}

ll_status ll_forest_load(const ll_tensors *in, int dim, int n_line, ll_forest *out, ll_error *e)
{
    const ll_tensor *size = ll_tensors_find(in, "forest.size"), *link, *number, *line;
    long n_trees = size && size->n_dims == 1 ? size->shape[0] : 0;
    *out = (ll_forest){0};
    if (n_trees < 1 || n_trees > 1 << 20)
        return ll_fail(e, LL_BAD_DATA, "tensor forest.size is missing or empty");
    ll_status s = ll_tensors_need(in, "forest.size", LL_I32, 1, &n_trees, &size, e);
    if (s) return s;
    long nodes = count_nodes(size->data, n_trees);
    if (nodes < 1) return ll_fail(e, LL_BAD_DATA, "tensor forest.size: a tree has no node");
    s = ll_tensors_need(in, "forest.link", LL_I32, 2, (long[]){nodes, 2}, &link, e);
    if (!s) s = ll_tensors_need(in, "forest.number", LL_F64, 2, (long[]){nodes, 2}, &number, e);
    if (!s) s = ll_tensors_need(in, "forest.line", LL_F64, 2, (long[]){1 + n_line, n_trees}, &line, e);
    if (s) return s;
    *out = (ll_forest){(int)n_trees, dim, n_line, LL_NEW_ARRAY(ll_tree, n_trees),
                       ll_memdup(line->data, (size_t)n_trees * (size_t)(1 + n_line), sizeof *out->line)};
    s = read_trees(size->data, link->data, number->data, out, e);
    if (s) ll_forest_free(out);
    return s;
}
