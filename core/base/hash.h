/* Content hash: XXH3 128 bits, as 32 hexadecimal digits. It finds accidents, it is no signature. */
#ifndef LL_BASE_HASH_H
#define LL_BASE_HASH_H

#include <stddef.h>

typedef struct ll_hash {
    char hex[33];
} ll_hash;

ll_hash ll_hash_bytes(const void *bytes, size_t n);
/* Chain: the hash of (previous hash, bytes). */
ll_hash ll_hash_more(const ll_hash *previous, const void *bytes, size_t n);

#endif
