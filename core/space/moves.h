/* Going about in a search space: what searches and samplers of candidates are made of. All genes given back are canonical
 * and valid; the same seed takes the same steps everywhere. */
#ifndef LL_SPACE_MOVES_H
#define LL_SPACE_MOVES_H

#include "core/base/rng.h"
#include "core/space/space.h"

/* Every position drawn alike and independently of the others, then put in canonical form: uniform over the genes. Where
 * positions may be inactive, an architecture that lacks some of them comes up more often than one that has all. */
void ll_space_random(const ll_space *s, ll_rng *rng, uint8_t *gene);
/* Each active position takes another choice with probability `rate`; when none has, one of them does. So the result is
 * another architecture wherever the space has one (positions of one choice never change). */
void ll_space_mutate(const ll_space *s, ll_rng *rng, double rate, uint8_t *gene);
/* Each position from one parent or the other, alike. `out` may be a parent. */
void ll_space_crossover(const ll_space *s, ll_rng *rng, const uint8_t *a, const uint8_t *b, uint8_t *out);

/* Architectures that differ in the choice at one active position, in the order of positions and choices: visited one
 * after the other, each once. Zero-initialise; false: there are no more. */
typedef struct ll_neighbour {
    int position, choice;
} ll_neighbour;
bool ll_space_next_neighbour(const ll_space *s, const uint8_t *gene, ll_neighbour *at, uint8_t *out);
int ll_space_n_neighbours(const ll_space *s, const uint8_t *gene);

#endif
