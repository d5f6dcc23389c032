/* How alike two devices are, as far as a few common architectures can tell. */
#ifndef LL_DEVICE_LIKENESS_H
#define LL_DEVICE_LIKENESS_H

#include "core/device/dataset.h"

/* Spearman over those of these rows that both know; *k: how many (may be NULL). NaN below two, or where a side is
 * constant. Looks at no other latency. */
double ll_spearman_on(const ll_dataset *d, int a, int b, const int *rows, int n, int *k);
/* Fisher's z of a Spearman correlation on k pairs, and its standard error (Bonett and Wright, Psychometrika 65, 2000);
 * infinite below four. k ranks that agree entirely are taken to be half a step below 1, the step to the next value that k
 * ranks can have: five samples in one order are no proof of a correlation of 1. k = 0: of very many. */
double ll_fisher_z(double r, int k);
double ll_fisher_error(double r, int k);
/* The interval at this level; -1 to 1 where there is none. */
void ll_spearman_interval(double r, int k, double level, double *lo, double *hi);
/* How sure is it that `device` is more like `other` than like `than`: share of 500 bootstrap draws (seed 1) of the rows
 * that all three know in which it is; equal ones count half. NaN below four such rows. */
double ll_more_alike(const ll_dataset *d, int device, int other, int than, const int *rows, int n);

#endif
