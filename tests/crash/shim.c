/* Preloaded into the program: the n-th allocation, or all from the n-th on, finds no memory. What counts and what
 * fails is in a page shared with the driver, so that it goes on across exec and fork. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/crash/crash.h"

/* glibc's own names: nothing has to be looked up while an allocation is under way */
extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);
extern void *__libc_memalign(size_t alignment, size_t n);

static cr_page *page;

__attribute__((constructor)) static void find_page(void)
{
    const char *path = getenv("LATLAB_CRASH_PAGE");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0) return;
    void *p = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (p != MAP_FAILED) page = p;
}

static bool fails(void)
{
    if (!page || !page->armed) return false;
    long n = __atomic_add_fetch(&page->allocs, 1, __ATOMIC_RELAXED);
    if (!page->fail_at || n < page->fail_at || (n > page->fail_at && !page->lasting)) return false;
    page->failed = 1;
    errno = ENOMEM;
    return true;
}

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
    return fails() ? NULL : __libc_realloc(p, n);
}

void *aligned_alloc(size_t alignment, size_t n)
{
    return fails() ? NULL : __libc_memalign(alignment, n);
}

void *memalign(size_t alignment, size_t n)
{
    return fails() ? NULL : __libc_memalign(alignment, n);
}

int posix_memalign(void **out, size_t alignment, size_t n)
{
    void *p = fails() ? NULL : __libc_memalign(alignment, n);
    if (p) *out = p;
    return p ? 0 : ENOMEM;
}
