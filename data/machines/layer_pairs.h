/* Layers behind one another, as networks of their own: what is asked of an engine that may do two as one. */
#ifndef LL_DATA_MACHINES_LAYER_PAIRS_H
#define LL_DATA_MACHINES_LAYER_PAIRS_H

#include "data/machines/host/cache.h"
#include "data/machines/layer_space.h"

/* A unit of a layer space where a network has it: layers first .. first + n - 1. */
typedef struct ll_placed {
    int unit, first, n;
} ll_placed;

/* Distinct pairs of units that were met, the first PAIRS_MOST of them. */
typedef struct ll_pairs {
    ll_cache met; /* of two units */
    ll_layer_unit *pairs;
    int n;
} ll_pairs;

void ll_pairs_init(ll_pairs *p);
/* Adds the pairs of a network: the second reads what the first makes, and nothing else does. */
void ll_pairs_find(ll_pairs *p, const ll_network *net, const ll_placed *placed, int n);
/* LL_PAIRS_EACH of all kinds, behind the units of the space. */
void ll_pairs_choose(ll_pairs *p, ll_layer_space *own);
void ll_pairs_free(ll_pairs *p);

#endif
