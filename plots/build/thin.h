/* Helpers builders share. */
#ifndef LL_PLOTS_THIN_H
#define LL_PLOTS_THIN_H

#include "plots/figure/figure.h"

/* Rows where both a and b are finite (and positive when `positive`), ascending. */
ll_ints ll_rows_known(const double *a, const double *b, int n, bool positive);
/* Rows that have a relative error: measured above 0, and predicted, be it as 0. Ascending. */
ll_ints ll_rows_relative(const double *measured, const double *predicted, int n);
/* By ascending key. */
ll_ints ll_rows_sorted(const ll_ints *rows, const double *key);
/* At most `most` of the rows, at equal steps in the order of key, the first and the last among them: the same
 * rows every time. Ascending. */
ll_ints ll_rows_thin(const ll_ints *rows, const double *key, int most);
/* A note: number of the row and how far off it is. */
void ll_note_worst(ll_figure *f, int row, const double *measured, const double *predicted);
/* rows without those in `without`. */
ll_ints ll_rows_without(const ll_ints *rows, const int *without, int n);
int ll_longest_name(const char *const *names, int n); /* in characters */

#endif
