/* Which layers of a space are timed when not all can be: nn-Meter's adaptive sampling (MobiSys 2021, section 5.2) over the
 * layers that the space has. Some at random, of all kinds; then, round by round, those next to layers that the forests of the
 * others are wrong about by more than a tenth. */
#ifndef LL_DATA_MACHINES_LAYER_CHOICE_H
#define LL_DATA_MACHINES_LAYER_CHOICE_H

#include "core/base/observer.h"
#include "core/costs/costs.h"
#include "data/machines/layer_space.h"

typedef struct ll_layer_choice {
    bool *chosen;  /* (n + n_pairs + 1): units, pairs of chosen units, and the network that does nothing */
    int n, budget; /* units that are chosen, and may be */
    int batch;     /* more at a time */
} ll_layer_choice;

/* All layers where the budget (0: none) suffices for them; else half of it: each kind in turn, those of pairs first. */
void ll_layer_choice_begin(const ll_layer_space *s, int budget, uint64_t seed, ll_layer_choice *out);
/* `timed`: a sealed table of the chosen ones. Chooses more; *wrong: share of its rows that the forests of the others miss by
 * more than LL_PRICE_AIM, NaN: nobody can say. Returns how many are new; 0: the budget is spent, nothing is wrong, or nothing
 * is left. LL_CANCELLED counts as 0. */
int ll_layer_choice_more(const ll_layer_space *s, const ll_costs *timed, ll_observer *o, ll_layer_choice *c,
                         double *wrong);
void ll_layer_choice_free(ll_layer_choice *c);

#endif
