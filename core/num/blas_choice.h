/* Better kernels than those that OpenBLAS chose, where its table of processors is older than the processor. */
#ifndef LL_NUM_BLAS_CHOICE_H
#define LL_NUM_BLAS_CHOICE_H

#include <stdbool.h>

/* Kernels that this processor can run and that are faster than these, right or not; NULL: there are none, or the name is not
 * known. */
const char *ll_blas_better_than(const char *kernels);
/* A sentence for who computes for long: which kernels are in use where this processor has better ones, why, and what to do.
 * NULL: there is nothing to say. The caller frees. */
char *ll_blas_advice(void);
/* OpenBLAS chooses its kernels when it is loaded, by a table of processor models; a model newer than the table gets
 * SSE2 code, several times slower than the machine. Called first thing in main(), this then starts the program again
 * with OPENBLAS_CORETYPE naming the kernels that the processor can run, if their products are right (blas_check.h): asked once in a
 * process of its own, and the answer kept in the cache folder (blas_kernels) for this processor and this OpenBLAS.
 * Returns 0 when the choice is good, or the user's; else this is the process that was asked, which ends with that status. */
int ll_blas_restart(char **argv);

#endif
