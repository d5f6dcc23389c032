/* Published means of other methods on the twelve tasks, to stand beside ours. */
#ifndef LL_DATA_RESULTS_PUBLISHED_H
#define LL_DATA_RESULTS_PUBLISHED_H

enum { LL_PUBLISHED_K = 20 };                                      /* samples of the target */
const char *ll_published_method(int i);                            /* NULL behind the last */
double ll_published_mean_of(const char *method, const char *task); /* NaN: none */
/* One paragraph: where they are from, and what about them is not certain. */
extern const char ll_published_about[];

#endif
