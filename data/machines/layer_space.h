/* The layers of a search space as networks of their own, so that what times networks times layers: a space whose
 * architectures are the distinct layers of another one. */
#ifndef LL_DATA_MACHINES_LAYER_SPACE_H
#define LL_DATA_MACHINES_LAYER_SPACE_H

#include "core/base/observer.h"
#include "core/costs/part.h"

enum { LL_UNIT_LAYERS = 4, LL_UNIT_WIDTH = 4 }; /* layers of one, positions of the space */

/* A layer, or squeeze-and-excitation as a whole: its gate has no input of its own. */
typedef struct ll_layer_unit {
    ll_part part;
    int n;
    ll_layer layers[LL_UNIT_LAYERS]; /* the first reads the input */
} ll_layer_unit;

typedef struct ll_layer_space {
    ll_space
        space; /* architecture i: unit i; `empty` does nothing; `control` is a whole network of the other space */
    ll_layer_unit *units;
    int n, empty, control;
    bool drawn; /* of architectures that were drawn: rare layers may be missing */
    ll_network whole;
} ll_layer_space;

/* All of the space's architectures where they can be listed, else the same choice everywhere and draws until these bring
 * nothing new. LL_USAGE: no layers are known; LL_CANCELLED. */
ll_status ll_layer_space_new(const ll_space *of, const ll_observer *o, ll_layer_space **out, ll_error *e);
void ll_layer_space_free(ll_layer_space *s);        /* NULL is fine */
void ll_layer_space_gene(int index, uint8_t *gene); /* (LL_UNIT_WIDTH) */

#endif
