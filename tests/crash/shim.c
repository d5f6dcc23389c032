/* Preloaded into the program: the n-th allocation, or all from the n-th on, finds no memory. What counts and what
 * fails is in a page shared with the driver, so that it goes on across exec and fork. */
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/crash/crash.h"

/* glibc's own names: nothing has to be looked up while an allocation is under way */
extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);
extern void *__libc_memalign(size_t alignment, size_t n);

static cr_page *page;

/* OpenBLAS takes what malloc gives for its small products and looks at nothing: nobody can make that end well, and the
 * program itself can only ask before (core/num/blas.c). Its own allocations are left alone. */
static uintptr_t blas_from, blas_to;

static int find_blas(struct dl_phdr_info *info, size_t size, void *ctx)
{
    (void)size, (void)ctx;
    if (!strstr(info->dlpi_name, "openblas")) return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        uintptr_t from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr, to = from + info->dlpi_phdr[i].p_memsz;
        if (info->dlpi_phdr[i].p_type != PT_LOAD) continue;
        if (!blas_from || from < blas_from) blas_from = from;
        if (to > blas_to) blas_to = to;
    }
    return 1;
}

__attribute__((constructor)) static void find_page(void)
{
    const char *path = getenv("LATLAB_CRASH_PAGE");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0) return;
    void *p = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    dl_iterate_phdr(find_blas, NULL);
    if (p != MAP_FAILED) page = p;
}

static bool fails(const void *caller)
{
    uintptr_t at = (uintptr_t)caller;
    if (!page || !page->armed || (at >= blas_from && at < blas_to)) return false;
    long n = __atomic_add_fetch(&page->allocs, 1, __ATOMIC_RELAXED);
    if (!page->fail_at || n < page->fail_at || (n > page->fail_at && !page->lasting)) return false;
    page->failed = 1;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t n)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(p, n);
}

void *aligned_alloc(size_t alignment, size_t n)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_memalign(alignment, n);
}

void *memalign(size_t alignment, size_t n)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_memalign(alignment, n);
}

int posix_memalign(void **out, size_t alignment, size_t n)
{
    void *p = fails(__builtin_return_address(0)) ? NULL : __libc_memalign(alignment, n);
    if (p) *out = p;
    return p ? 0 : ENOMEM;
}
