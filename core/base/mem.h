/* Memory. Allocation does not fail: when the system has none left, the handler says so and the program ends (as git
 * and tmux do), because no caller could do better. Sizes are checked for overflow. What a file merely claims to need
 * is to be refused before it is asked for. */
#ifndef LL_BASE_MEM_H
#define LL_BASE_MEM_H

#include <stddef.h>

void *ll_alloc(size_t n, size_t size);            /* zeroed; free with free() */
void *ll_realloc(void *p, size_t n, size_t size); /* new bytes are not zeroed */
void *ll_memdup(const void *p, size_t n, size_t size);
char *ll_strdup(const char *s);            /* NULL gives NULL */
char *ll_strndup(const char *s, size_t n); /* the first n bytes of s, which has as many */
/* 64-byte aligned and zeroed, for arrays that BLAS and vector loops walk; free with free(). */
void *ll_alloc_aligned(size_t n, size_t size);

#define LL_NEW(type)          ((type *)ll_alloc(1, sizeof(type)))
#define LL_NEW_ARRAY(type, n) ((type *)ll_alloc((size_t)(n), sizeof(type)))

/* Called with what was asked for (SIZE_MAX: the product does not fit) on the thread that asked; the program's own does
 * not return. Without one, or when it returns, abort(). */
extern void (*ll_out_of_memory)(size_t bytes);
/* The same end for an allocation somebody else makes: of a library, of the C library. `bytes` 0: not known. */
_Noreturn void ll_no_memory(size_t bytes);
/* p, or the end when it is NULL. */
void *ll_need(void *p, size_t bytes);

/* Arena: many small allocations freed together. Pointers stay valid until ll_arena_free. */
typedef struct ll_arena {
    struct ll_arena_block *head;
} ll_arena;
void *ll_arena_alloc(ll_arena *a, size_t bytes); /* zeroed, 16-byte aligned */
char *ll_arena_strdup(ll_arena *a, const char *s);
void ll_arena_free(ll_arena *a); /* the arena may be used again */

#endif
