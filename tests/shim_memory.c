/* For LD_PRELOAD: memory that runs out. LATLAB_SHIM_FAIL=N makes the N-th allocation of the program fail,
 * LATLAB_SHIM_FAIL=N+ all from the N-th on; LATLAB_SHIM_COUNT=PATH has the number of allocations written there at exit.
 * Only in a program whose name is latlab: what it starts (gnuplot) has memory; and not inside OpenBLAS, whose kernels
 * look at no result: core/num/blas.c asks for as much just before. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* glibc's own, under the names that stay when the others are replaced */
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

static atomic_long count;
static long first, last; /* those that fail; first 0: none */
static const char *report;

static bool in_openblas(void *caller)
{
    Dl_info at;
    return dladdr(caller, &at) && at.dli_fname && strstr(at.dli_fname, "openblas");
}

static bool fails_for(void *caller)
{
    long n = atomic_fetch_add(&count, 1) + 1;
    if (!first || n < first || n > last || in_openblas(caller)) return false;
    errno = ENOMEM;
    return true;
}

#define fails() fails_for(__builtin_return_address(0))

void *malloc(size_t n)
{
    return fails() ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    return n && fails() ? NULL : __libc_realloc(p, n);
}

void *aligned_alloc(size_t alignment, size_t n)
{
    return fails() ? NULL : __libc_memalign(alignment, n);
}

void *memalign(size_t alignment, size_t n)
{
    return fails() ? NULL : __libc_memalign(alignment, n);
}

int posix_memalign(void **p, size_t alignment, size_t n)
{
    void *got = fails() ? NULL : __libc_memalign(alignment, n);
    if (!got) return ENOMEM;
    *p = got;
    return 0;
}

__attribute__((constructor)) static void read_settings(void)
{
    const char *text = getenv("LATLAB_SHIM_FAIL");
    report = getenv("LATLAB_SHIM_COUNT");
    atomic_store(&count, 0);
    if (!text || strcmp(program_invocation_short_name, "latlab")) return;
    char *end;
    last = first = strtol(text, &end, 10);
    if (*end == '+') last = __LONG_MAX__;
}

__attribute__((destructor)) static void write_report(void)
{
    long n = atomic_load(&count);
    first = 0;
    if (!report || strcmp(program_invocation_short_name, "latlab")) return;
    FILE *f = fopen(report, "w");
    if (!f) return;
    fprintf(f, "%ld\n", n);
    fclose(f);
}
