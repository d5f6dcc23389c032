/* What a runner has prepared, found again by the bytes of a key: kernels by shape, weights by place. */
#ifndef LL_DATA_MACHINES_HOST_CACHE_H
#define LL_DATA_MACHINES_HOST_CACHE_H

#include <stddef.h>

typedef struct ll_cache {
    size_t key_size;
    int n, slots;
    int *slot;           /* index + 1; 0: free; `slots` is a power of two */
    unsigned char *keys; /* (n, key_size) */
} ll_cache;

/* Number of this key, counted from 0 in the order of arrival; *fresh says whether it is new. Keys are compared as
 * bytes: padding must be zero. Start with {.key_size = sizeof (key)}. */
int ll_cache_number(ll_cache *c, const void *key, int *fresh);
void ll_cache_free(ll_cache *c);

#endif
