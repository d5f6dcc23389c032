/* Finding a position by what stands there: open addressing over 32-bit hashes that are salted anew in every process, so
 * that no file can be written whose names or architectures all collide. The keys stay with the caller. Nothing that
 * is stored or shown may depend on the order of an index. */
#ifndef LL_BASE_INDEX_H
#define LL_BASE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero-initialise. */
typedef struct ll_index {
    struct ll_index_slot *slots;
    unsigned n_slots; /* a power of two, at least twice n */
    int n;
} ll_index;

uint32_t ll_index_hash(const void *bytes, size_t n);
/* The position of that hash for which same(ctx, position, key) holds; -1: none. */
int ll_index_find(const ll_index *x, uint32_t hash,
                  bool (*same)(const void *ctx, int position, const void *key), const void *ctx,
                  const void *key);
void ll_index_put(ll_index *x, uint32_t hash, int position); /* which must not be there yet */
void ll_index_free(ll_index *x);

/* Texts that are numbered in the order they were added; they are borrowed. Zero-initialise. */
typedef struct ll_names {
    ll_index index;
    const char **v;
    int n, cap;
} ll_names;
int ll_names_add(ll_names *x, const char *name);        /* its number: n before the call when it is new */
bool ll_names_add_new(ll_names *x, const char *name);   /* false: it is there already */
int ll_names_find(const ll_names *x, const char *name); /* -1: none */
void ll_names_free(ll_names *x);

#endif
