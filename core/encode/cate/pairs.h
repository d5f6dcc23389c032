/* Pairs of computationally similar architectures (CATE, arXiv 2102.05108, section 3.2; core/ALGORITHMS.md section 3). */
#ifndef LL_ENCODE_CATE_PAIRS_H
#define LL_ENCODE_CATE_PAIRS_H

#include <stdint.h>

typedef struct ll_cate_pair {
    int first, second;
} ll_cate_pair;

enum { LL_CATE_PARTNERS = 2 };

/* Sorted by parameters, each of which (n; places in params) is paired with up to LL_CATE_PARTNERS different ones among
 * those before it whose parameters differ by at most `within`, drawn at random. out has room for n * LL_CATE_PARTNERS;
 * returns how many there are, 0 where all differ by more. */
int ll_cate_pairs(const double *params, const int *which, int n, double within, uint64_t seed,
                  ll_cate_pair *out);

#endif
