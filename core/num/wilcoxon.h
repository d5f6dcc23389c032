/* Paired comparison: is one method better than another on the same trials? */
#ifndef LL_NUM_WILCOXON_H
#define LL_NUM_WILCOXON_H

/* Two-sided p-value of Wilcoxon's signed-rank test of a - b (n pairs; equal pairs are dropped, ties take mid-ranks):
 * exact for up to 25 untied differences, else the normal approximation with tie and continuity correction.
 * 1 when no pair differs. (Wilcoxon 1945; as scipy.stats.wilcoxon with zero_method "wilcox".) */
double ll_wilcoxon(const double *a, const double *b, int n);

#endif
