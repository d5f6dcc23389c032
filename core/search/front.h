/* Fronts of points whose objectives are all minimised: domination, ranks, crowding, hypervolume, IGD+.
 *
 * Points are (n, m) row-major, 1 <= m <= LL_OBJECTIVES. Of equal points one is kept in a front. Sources: Deb et al. 2002
 * (NSGA-II), While et al. 2012 (WFG), Ishibuchi et al. 2015 (IGD+); core/ALGORITHMS.md section 16. */
#ifndef LL_SEARCH_FRONT_H
#define LL_SEARCH_FRONT_H

#include <stdbool.h>

#include "core/base/str.h"

enum { LL_OBJECTIVES = 8 };

/* At least as good in all, better in one. */
bool ll_dominates(const double *a, const double *b, int m);
/* Which points no other dominates, in the order of their first objective; the first of equal ones. Two objectives
 * O(n log n), more O(n^2) at worst. Points with a NaN are in no front. */
void ll_front(const double *points, int n, int m, ll_ints *out);
/* 0: in the front, 1: in that of the rest, ... (n); points with a NaN are behind all others. Two objectives O(n log n), more
 * O(m n^2). */
void ll_front_ranks(const double *points, int n, int m, int *rank);
/* Of the points `which` (n), one front: how lonely each is; INFINITY at the ends of any objective. */
void ll_crowding(const double *points, int m, const int *which, int n, double *out);
/* Volume that the points dominate up to `reference` (m); points beyond it in any objective add nothing. Exponential in m
 * at worst: for fronts of hundreds of points and few objectives. */
double ll_hypervolume(const double *points, int n, int m, const double *reference);
/* Mean over the true front z of the distance of the nearest found point that counts only where it is worse. 0: every point
 * of the true front is reached; NaN: one of both is empty. */
double ll_igd_plus(const double *found, int n_found, const double *truth, int n_truth, int m);

#endif
