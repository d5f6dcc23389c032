/* Memory. Allocation does not fail: when the system has none left, the handler says so and the program aborts
 * (as git and tmux do), because no caller could do better. Sizes are checked for overflow. */
#ifndef LL_BASE_MEM_H
#define LL_BASE_MEM_H

#include <stddef.h>

void *ll_alloc(size_t n, size_t size);            /* zeroed; free with free() */
void *ll_realloc(void *p, size_t n, size_t size); /* new bytes are not zeroed */
void *ll_memdup(const void *p, size_t n, size_t size);
char *ll_strdup(const char *s); /* NULL gives NULL */
/* 64-byte aligned and zeroed, for arrays that BLAS and vector loops walk; free with free(). */
void *ll_alloc_aligned(size_t n, size_t size);

#define LL_NEW(type)          ((type *)ll_alloc(1, sizeof(type)))
#define LL_NEW_ARRAY(type, n) ((type *)ll_alloc((size_t)(n), sizeof(type)))

/* Called once before abort(); a face uses it to restore the terminal. */
extern void (*ll_out_of_memory)(size_t bytes);

/* Arena: many small allocations freed together. Pointers stay valid until ll_arena_free. */
typedef struct ll_arena {
    struct ll_arena_block *head;
} ll_arena;
void *ll_arena_alloc(ll_arena *a, size_t bytes); /* zeroed, 16-byte aligned */
char *ll_arena_strdup(ll_arena *a, const char *s);
void ll_arena_free(ll_arena *a); /* the arena may be used again */

#endif
