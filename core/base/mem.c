#include "core/base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void (*ll_out_of_memory)(size_t bytes);

void ll_no_memory(size_t bytes)
{
    if (ll_out_of_memory) ll_out_of_memory(bytes);
    abort();
}

void *ll_need(void *p, size_t bytes)
{
    if (!p) ll_no_memory(bytes);
    return p;
}

static size_t checked_product(size_t n, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes)) ll_no_memory(SIZE_MAX);
    return bytes ? bytes : 1;
}

static size_t checked_sum(size_t a, size_t b)
{
    size_t sum;
    if (__builtin_add_overflow(a, b, &sum)) ll_no_memory(SIZE_MAX);
    return sum;
}

void *ll_alloc(size_t n, size_t size)
{
    size_t bytes = checked_product(n, size);
    return ll_need(calloc(1, bytes), bytes);
}

void *ll_realloc(void *p, size_t n, size_t size)
{
    size_t bytes = checked_product(n, size);
    return ll_need(realloc(p, bytes), bytes);
}

void *ll_memdup(const void *p, size_t n, size_t size)
{
    void *copy = ll_alloc(n, size);
    if (n && size) memcpy(copy, p, n * size);
    return copy;
}

char *ll_strdup(const char *s)
{
    return s ? ll_memdup(s, strlen(s) + 1, 1) : NULL;
}

char *ll_strndup(const char *s, size_t n)
{
    char *copy = ll_alloc(n + 1, 1);
    return memcpy(copy, s, n);
}

void *ll_alloc_aligned(size_t n, size_t size)
{
    size_t bytes = checked_sum(checked_product(n, size), 63) & ~(size_t)63;
    return memset(ll_need(aligned_alloc(64, bytes), bytes), 0, bytes);
}

struct ll_arena_block {
    struct ll_arena_block *next;
    size_t used, size;
    _Alignas(16) char bytes[];
};

void *ll_arena_alloc(ll_arena *a, size_t bytes)
{
    bytes = checked_sum(bytes, 15) & ~(size_t)15;
    struct ll_arena_block *b = a->head;
    if (!b || b->size - b->used < bytes) {
        size_t size = bytes > 65536 ? bytes : 65536;
        b = ll_alloc(1, checked_sum(sizeof *b, size));
        b->size = size;
        b->next = a->head;
        a->head = b;
    }
    void *p = b->bytes + b->used;
    b->used += bytes;
    return p;
}

char *ll_arena_strdup(ll_arena *a, const char *s)
{
    size_t n = strlen(s) + 1;
    return memcpy(ll_arena_alloc(a, n), s, n);
}

void ll_arena_free(ll_arena *a)
{
    while (a->head) {
        struct ll_arena_block *next = a->head->next;
        free(a->head);
        a->head = next;
    }
}
