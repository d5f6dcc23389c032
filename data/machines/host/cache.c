#include "data/machines/host/cache.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

/* FNV-1a */
static uint64_t hash_of(const unsigned char *key, size_t n)
{
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < n; i++) h = (h ^ key[i]) * 1099511628211u;
    return h;
}

/* The slot that holds the key, or the free one where it belongs. */
static int *slot_of(const ll_cache *c, const unsigned char *key)
{
    uint64_t at = hash_of(key, c->key_size);
    for (;; at++) {
        int *s = &c->slot[at & (uint64_t)(c->slots - 1)];
        if (!*s || !memcmp(c->keys + (size_t)(*s - 1) * c->key_size, key, c->key_size)) return s;
    }
}

static void grow(ll_cache *c)
{
    c->slots = c->slots ? 2 * c->slots : 256;
    free(c->slot);
    c->slot = LL_NEW_ARRAY(int, c->slots);
    c->keys = ll_realloc(c->keys, (size_t)c->slots, c->key_size);
    for (int i = 0; i < c->n; i++) *slot_of(c, c->keys + (size_t)i * c->key_size) = i + 1;
}

int ll_cache_number(ll_cache *c, const void *key, int *fresh)
{
    if (2 * (c->n + 1) > c->slots) grow(c);
    int *s = slot_of(c, key);
    *fresh = !*s;
    if (*fresh) {
        memcpy(c->keys + (size_t)c->n * c->key_size, key, c->key_size);
        *s = ++c->n;
    }
    return *s - 1;
}

void ll_cache_free(ll_cache *c)
{
    free(c->slot);
    free(c->keys);
    *c = (ll_cache){.key_size = c->key_size};
}
