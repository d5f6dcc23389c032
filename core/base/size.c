#include "core/base/size.h"

#include <stdint.h>

#include "core/base/str.h"

#define MIB ((size_t)1 << 20)
#define GIB ((size_t)1 << 30)

/* --- shapes --- */

static ll_status too_large(const long *shape, int n_dims, size_t element, ll_error *e)
{
    ll_str text = {0};
    for (int i = 0; i < n_dims; i++) ll_str_addf(&text, "%s%ld", i ? " x " : "", shape[i]);
    ll_fail(e, LL_BAD_DATA, "an impossible shape: %s numbers of %zu bytes are more than any memory",
            ll_str_text(&text), element);
    ll_str_free(&text);
    return LL_BAD_DATA;
}

ll_status ll_shape_count(const long *shape, int n_dims, size_t element, size_t *count, ll_error *e)
{
    size_t bytes = element ? element : 1, n = 1;
    *count = 0;
    bool empty = false;
    for (int i = 0; i < n_dims; i++) {
        if (shape[i] < 0)
            return ll_fail(e, LL_BAD_DATA, "an impossible shape: dimension %d is %ld", i + 1, shape[i]);
        empty |= !shape[i];
        size_t by =
            shape[i] ? (size_t)shape[i] : 1; /* a 0 does not excuse the others: strides multiply them */
        if (__builtin_mul_overflow(bytes, by, &bytes) || bytes > PTRDIFF_MAX)
            return too_large(shape, n_dims, element, e);
        n *= by; /* less than bytes */
    }
    *count = empty ? 0 : n;
    return LL_OK;
}

/* --- memory --- */

/* Where the multiples come from: a pickle's shortest value is one byte and becomes a node of 32 and a place of 8 in a
 * list that doubles; JSON's shortest is two bytes and becomes a node of 64 in a block of 80; a cell of a table is one
 * separator and becomes 8 bytes of latency, 8 of deviation and its place while it is read, and a long table need not
 * have every pair. */
static const ll_limit limits[LL_READERS] = {
    [LL_READER_TABLE] = {"a latency table", GIB, 64, 64 * MIB, 4 * GIB},
    [LL_READER_JSON] = {"JSON", GIB / 4, 48, MIB, GIB},
    [LL_READER_PICKLE] = {"a pickle or torch file", GIB, 64, MIB, 4 * GIB},
};

const ll_limit *ll_limit_of(ll_reader r)
{
    return &limits[r];
}

ll_budget ll_budget_for(ll_reader r, size_t file_bytes)
{
    ll_budget b = {.limit = &limits[r], .file = file_bytes};
    if (__builtin_mul_overflow(file_bytes, b.limit->times, &b.most) ||
        __builtin_add_overflow(b.most, b.limit->plus, &b.most) || b.most > b.limit->most)
        b.most = b.limit->most;
    return b;
}

ll_status ll_budget_take(ll_budget *b, size_t n, size_t size, ll_error *e)
{
    size_t bytes, used;
    if (__builtin_mul_overflow(n, size, &bytes)) bytes = SIZE_MAX;
    if (__builtin_add_overflow(b->used, bytes, &used)) used = SIZE_MAX;
    if (used > b->most)
        return ll_fail(e, LL_BAD_DATA,
                       "%zu bytes of memory would be needed, more than the %zu that %s of %zu bytes may take "
                       "(%zu times its size and %zu MiB, at most %zu MiB)",
                       used, b->most, b->limit->what, b->file, b->limit->times, b->limit->plus / MIB,
                       b->limit->most / MIB);
    b->used = used;
    return LL_OK;
}

void ll_budget_give(ll_budget *b, size_t bytes)
{
    b->used -= bytes < b->used ? bytes : b->used;
}
