/* Sorting doubles by their order-preserving 64-bit image: a radix sort, so that ranking a whole latency table
 * costs milliseconds. */
#ifndef LL_NUM_SORT_H
#define LL_NUM_SORT_H

/* order (n) such that x[order[0]] <= x[order[1]] <= ...; equal elements keep their order, -0 equals 0, NaN comes
 * behind all numbers. */
void ll_sort_order(const double *x, int n, int *order);

/* For comparison functions: below, equal to or above 0 as a is to b. A total order, NaN behind all numbers: a qsort
 * whose comparisons contradict each other may leave its array. */
static inline int ll_by_number(double a, double b)
{
    if (a < b || a > b) return a < b ? -1 : 1;
    return (a != a) - (b != b);
}

#endif
