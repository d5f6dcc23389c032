/* The layers of a search space as networks of their own, so that what times networks times layers: a space whose
 * architectures are the distinct layers of another one. */
#ifndef LL_DATA_MACHINES_LAYER_SPACE_H
#define LL_DATA_MACHINES_LAYER_SPACE_H

#include "core/base/observer.h"
#include "core/costs/kernel.h"

enum { LL_UNIT_LAYERS = 5, LL_UNIT_WIDTH = 4 }; /* layers of one, positions of the space */
enum { LL_PAIRS_EACH = 5 };                     /* of two kinds, as far as there are so many */

/* A layer, or squeeze-and-excitation as a whole: its gate has no input of its own. Or a pair of these, the second alone
 * reading what the first makes; its part is not said. A pair that ends in a sum has its first part twice, for both operands:
 * engines that add into what a layer made want a tensor that nobody needs any more, and the image is not one. */
typedef struct ll_layer_unit {
    ll_part part;
    int n;
    int before, after;               /* of a pair: units; else -1 */
    int spare;                       /* of a pair: how often the first is there beyond the pair */
    ll_layer layers[LL_UNIT_LAYERS]; /* the first reads the input */
} ll_layer_unit;

typedef struct ll_layer_space {
    ll_space
        space; /* architecture i: unit i; `empty` does nothing; `control` is a whole network of the other space */
    ll_layer_unit *units; /* (n + n_pairs) */
    int n, n_pairs, empty, control;
    bool drawn; /* of architectures that were drawn: rare layers may be missing */
    ll_network whole;
} ll_layer_space;

/* All of the space's architectures where they can be listed, else the same choice everywhere and draws until these bring
 * nothing new. LL_USAGE: no layers are known; LL_CANCELLED. */
/* The pairs are of all kinds that stand behind one another, the LL_PAIRS_EACH whose two layers are the closest in cost. */
ll_status ll_layer_space_new(const ll_space *of, const ll_observer *o, ll_layer_space **out, ll_error *e);
/* What the pairs of two kinds save, by the times of all units (n + n_pairs) ms less what a call takes, and the standard
 * errors of these: rules for `out` (LL_KERNELS * LL_KERNELS at most); returns how many. A pair whose gain has an error above
 * LL_GAIN_ERROR says nothing; kinds that no pair says anything of have no rule, and are named in `unclear` (may be NULL). */
#define LL_GAIN_ERROR .25
int ll_layer_space_fusions(const ll_layer_space *s, const double *ms, const double *error_ms, ll_fusion *out,
                           ll_str *unclear);
void ll_layer_space_free(ll_layer_space *s);        /* NULL is fine */
void ll_layer_space_gene(int index, uint8_t *gene); /* (LL_UNIT_WIDTH) */

#endif
