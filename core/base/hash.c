#include "core/base/hash.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

ll_hash ll_hash_bytes(const void *bytes, size_t n)
{
    XXH128_hash_t h = XXH3_128bits(bytes, n);
    ll_hash out;
    snprintf(out.hex, sizeof out.hex, "%016llx%016llx", (unsigned long long)h.high64,
             (unsigned long long)h.low64);
    return out;
}

ll_hash ll_hash_more(const ll_hash *previous, const void *bytes, size_t n)
{
    char both[2 * 32 + 1];
    ll_hash h = ll_hash_bytes(bytes, n);
    snprintf(both, sizeof both, "%s%s", previous->hex, h.hex);
    return ll_hash_bytes(both, strlen(both));
}
