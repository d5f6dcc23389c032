/* Every operator of core/nn as one function of one vector: what it is given, parameters and all, is `in`, what it puts out
 * is `out`. One list serves the gradient check (in double), the comparison of both precisions and the measurements (in
 * float). */
#ifndef LL_TESTS_OPERATORS_H
#define LL_TESTS_OPERATORS_H

#include "core/nn/real.h"

enum { OPERATOR_SMALL, OPERATOR_TRAINING, OPERATOR_SIZES, OPERATOR_DIMS = 4 };

typedef struct operator_lengths {
    int in, out, keep; /* keep: what forward leaves for backward */
} operator_lengths;

typedef struct operator_case {
    const char *name;
    operator_lengths (*lengths)(const int *d);
    void (*forward)(const int *d, const real *in, real *keep, real *out);
    /* After that forward: din (in), zero before, = the gradient of sum out * dout. dout is spoilt. */
    void (*backward)(const int *d, const real *in, const real *keep, const real *out, real *dout, real *din);
    int d[OPERATOR_SIZES][OPERATOR_DIMS]; /* to check every entry of; as training has it */
} operator_case;

extern const operator_case operator_cases[]; /* ends with name NULL */

/* Both passes in this precision, on numbers in double: out and din from in and dout. */
void operator_run(int which, int size, const double *in, const double *dout, double *out, double *din);
void operator_run_f64(int which, int size, const double *in, const double *dout, double *out, double *din);

#endif
