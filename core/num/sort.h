/* Sorting doubles by their order-preserving 64-bit image: a radix sort, so that ranking a whole latency table
 * costs milliseconds. */
#ifndef LL_NUM_SORT_H
#define LL_NUM_SORT_H

/* order (n) such that x[order[0]] <= x[order[1]] <= ...; equal elements keep their order, -0 equals 0.
 * Precondition: no NaN. */
void ll_sort_order(const double *x, int n, int *order);

#endif
