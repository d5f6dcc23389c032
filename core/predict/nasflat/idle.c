#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/predict/nasflat/work.h"

void ll_nasflat_busy_init(ll_nasflat_busy *b, int most)
{
    *b = (ll_nasflat_busy){.item = LL_NEW_ARRAY(int, most)};
    ll_nasflat_spans_init(&b->at, most);
}

void ll_nasflat_busy_free(ll_nasflat_busy *b)
{
    free(b->item);
    ll_nasflat_spans_free(&b->at);
}

static void find_busy(ll_nasflat_work *k, const real *dscore)
{
    const ll_nasflat_plan *p = &k->plan;
    ll_nasflat_busy *b = &k->busy;
    b->n = 0;
    for (int i = 0; i < p->n; i++)
        if (dscore[i] != 0) b->item[b->n++] = i;
    ll_nasflat_spans_make(&b->at, k->g, k->items, b->item, b->n);
    b->n_slots = p->by_item ? b->at.slot_at[LL_SLOT_ALONE][b->n] : p->n_slots;
    b->n_gather = p->by_item ? b->at.slot_at[LL_SLOT_GATHERS][b->n] : p->n_gather;
}

/* Moves what the busy items have of x from where it is in the batch (from) to where it is among theirs (to); NULL: a row is
 * an item's. */
static void move_up(const ll_nasflat_busy *b, const int *from, const int *to, real *x, int cols)
{
    for (int q = 0; q < b->n; q++) {
        int i = b->item[q], here = from ? from[i] : i, there = to ? to[q] : q,
            rows = to ? to[q + 1] - there : 1;
        if (here != there)
            memmove(x + (size_t)there * (size_t)cols, x + (size_t)here * (size_t)cols,
                    (size_t)rows * (size_t)cols * sizeof *x);
    }
}

static void move_items(const ll_nasflat_work *k)
{
    const ll_nasflat_shape *s = &k->l->shape;
    const ll_nasflat_busy *b = &k->busy;
    if (s->op_update) move_up(b, NULL, NULL, k->op[LL_NASFLAT_OP_LAYERS - 1].out, s->hidden);
    for (int i = 0; s->op_update && i < 3; i++) move_up(b, NULL, NULL, k->g_out[i], s->hidden);
    move_up(b, NULL, NULL, k->z_in, s->n_z);
    for (int i = 0; s->n_z && i < 2; i++) move_up(b, NULL, NULL, k->z_out[i], s->z_hidden);
    move_up(b, NULL, NULL, k->head_in, k->l->head_in);
    for (int i = 0; i < 3; i++) move_up(b, NULL, NULL, k->head[i], s->head);
}

const real *ll_nasflat_drop_idle(ll_nasflat_work *k, const real *dscore)
{
    const ll_nasflat_plan *p = &k->plan;
    const ll_nasflat_busy *b = &k->busy;
    int f = k->l->shape.hidden;
    find_busy(k, dscore);
    if (b->n == p->n) return dscore;
    for (int l = 0; l < LL_NASFLAT_LAYERS - 1; l++)
        move_up(b, p->at.row_at[l], b->at.row_at[l], k->main[l].out, f);
    if (k->l->shape.gnn != LL_NASFLAT_GAT) {
        move_up(b, p->at.flow_at, b->at.flow_at, k->flow_in, f);
        move_up(b, p->at.flow_at, b->at.flow_at, k->flow, f);
    }
    for (int kind = 0; p->by_item && kind < LL_SLOT_KINDS; kind++) {
        move_up(b, p->at.slot_at[kind], b->at.slot_at[kind], k->u_hidden, f);
        move_up(b, p->at.slot_at[kind], b->at.slot_at[kind], k->o_new, k->l->o_dim);
    }
    move_items(k);
    for (int q = 0; q < b->n; q++) k->score[q] = dscore[b->item[q]];
    return k->score;
}
