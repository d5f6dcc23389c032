/* A distribution over the architectures of a space that is a product of one per position: p_ij = softmax(alpha_i)_j, the
 * architecture parameters of ProxylessNAS (arXiv 1812.00332, section 3) and of FBNet (arXiv 1812.03443). What is expected of a
 * sum over positions is differentiable in alpha, and what is expected of anything else can be estimated from draws.
 *
 * Arrays are (n_positions, width), width the most choices that a position has; entries beyond a position's choices are 0. Genes
 * that are drawn are not canonical: each position is drawn whether the architecture has it or not. */
#ifndef LL_SEARCH_SOFT_H
#define LL_SEARCH_SOFT_H

#include "core/base/rng.h"
#include "core/space/space.h"

typedef struct ll_soft {
    const ll_space *space; /* borrowed */
    int width;
    double *alpha, *p;
} ll_soft;

void ll_soft_init(ll_soft *s, const ll_space *space); /* alpha 0: every choice alike */
void ll_soft_free(ll_soft *s);
static inline int ll_soft_size(const ll_soft *s)
{
    return s->space->n_positions * s->width;
}
static inline int ll_soft_at(const ll_soft *s, int position, int choice)
{
    return position * s->width + choice;
}
void ll_soft_renew(ll_soft *s); /* p, after alpha has changed */
void ll_soft_draw(const ll_soft *s, ll_rng *rng, uint8_t *gene);
void ll_soft_mode(const ll_soft *s,
                  uint8_t *gene); /* the likeliest choice of each position, of equal ones the first */
/* Mean over positions that have a choice of the entropy, as a share of the most it can be: 1 all alike, 0 decided. */
double ll_soft_entropy(const ll_soft *s);
/* log P(gene); gradient += weight * its gradient in alpha, delta_ij - p_ij. gradient may be NULL. */
double ll_soft_log_p(const ll_soft *s, const uint8_t *gene, double weight, double *gradient);
/* sum over positions i and choices j of p_ij table_ij, the expected latency of a lookup table (section 3.3 there);
 * gradient += weight * its gradient in alpha, p_ij (table_ij - sum over k of p_ik table_ik). gradient may be NULL. */
double ll_soft_expected(const ll_soft *s, const double *table, double weight, double *gradient);

/* The lookup table that fits y (n) best: y ~ fixed + sum over positions of table[i][gene[i]], least squares, entries of a
 * position of mean 0 over the draws. genes (n, n_positions) drawn from the space's positions alike; rows with y NaN are left
 * out. Returns the share of the variance that it explains, NaN: fewer than two values are known, and the table is 0. */
double ll_soft_fit(const ll_soft *s, const uint8_t *genes, const double *y, int n, double *table,
                   double *fixed);

#endif
