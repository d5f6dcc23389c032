/* For LD_PRELOAD: an OpenBLAS that does not know the processor, and what its better kernels may do there. Where
 * OPENBLAS_CORETYPE is not set it says it uses kernels for Prescott. Where it is, LATLAB_SHIM_BLAS=wrong makes one element of each product
 * wrong, =dies an illegal instruction, =hangs nothing ever; otherwise it computes as it is. LATLAB_SHIM_COUNT=PATH: a line a process
 * that was asked to check. */
#define _GNU_SOURCE
#include <cblas.h>
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef void dgemm(CBLAS_LAYOUT, CBLAS_TRANSPOSE, CBLAS_TRANSPOSE, blasint, blasint, blasint, double,
                   const double *, blasint, const double *, blasint, double, double *, blasint);

char *openblas_get_corename(void)
{
    static char unknown[] = "Prescott";
    char *(*real)(void) = (char *(*)(void))dlsym(RTLD_NEXT, "openblas_get_corename");
    return getenv("OPENBLAS_CORETYPE") ? real() : unknown;
}

static void count(void)
{
    const char *path = getenv("LATLAB_SHIM_COUNT");
    FILE *f = path ? fopen(path, "a") : NULL;
    if (f) fprintf(f, "%ld\n", (long)getpid()), fclose(f);
}

void cblas_dgemm(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, blasint m, blasint n, blasint k,
                 double alpha, const double *a, blasint lda, const double *b, blasint ldb, double beta,
                 double *c, blasint ldc)
{
    static int calls;
    dgemm *real = (dgemm *)dlsym(RTLD_NEXT, "cblas_dgemm");
    const char *how = getenv("OPENBLAS_CORETYPE") ? getenv("LATLAB_SHIM_BLAS") : NULL;
    if (!calls++) count();
    real(layout, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    if (how && !strcmp(how, "wrong")) c[0] += 1e-3;
    if (how && !strcmp(how, "dies")) raise(SIGILL);
    while (how && !strcmp(how, "hangs")) pause();
}
