/* Sobol points: a sequence that fills the unit cube more evenly than random numbers do. Direction numbers of
 * Joe and Kuo (SIAM J. Sci. Comput. 30, 2008); scrambling: random lower-triangular matrix and digital shift
 * (Matousek, J. Complexity 14, 1998), which keeps the evenness and moves every point off the faces. */
#ifndef LL_NUM_SOBOL_H
#define LL_NUM_SOBOL_H

#include <stdbool.h>
#include <stdint.h>

enum { LL_SOBOL_DIMS = 24 };

/* The first n points (0 < n < 2^30) of dimension dim (1 .. LL_SOBOL_DIMS) into out (n, dim), in Gray-code
 * order, so that any 2^m first ones are balanced. Scrambled points lie strictly inside (0,1) and depend on
 * the seed alone; plain ones start at the origin and ignore it. */
void ll_sobol(int n, int dim, bool scramble, uint64_t seed, double *out);

#endif
