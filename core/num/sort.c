#include "core/num/sort.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

enum { DIGIT_BITS = 11, DIGITS = 6, BUCKETS = 1 << DIGIT_BITS, RADIX_WORTH = 400 };

typedef struct item {
    uint64_t key;
    int index;
} item;

/* Larger doubles get larger keys: flip all bits of negatives, the sign bit of the others. A NaN has a sign, too. */
static uint64_t key_of(double x)
{
    uint64_t bits;
    if (x != x) return UINT64_MAX;
    x += 0.0; /* -0 becomes 0 */
    memcpy(&bits, &x, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

static int by_key(const void *a, const void *b)
{
    const item *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return x->index - y->index;
}

static unsigned digit(uint64_t key, int d)
{
    return (unsigned)(key >> (d * DIGIT_BITS)) & (BUCKETS - 1);
}

/* One counting pass from `from` to `to`; false when all keys share this digit and nothing was moved. */
static int pass(const item *from, item *to, int n, int d, int *count)
{
    memset(count, 0, BUCKETS * sizeof *count);
    for (int i = 0; i < n; i++) count[digit(from[i].key, d)]++;
    if (count[digit(from[0].key, d)] == n) return 0;
    for (int b = 0, sum = 0; b < BUCKETS; b++) {
        int c = count[b];
        count[b] = sum;
        sum += c;
    }
    for (int i = 0; i < n; i++) to[count[digit(from[i].key, d)]++] = from[i];
    return 1;
}

static void radix_sort(item *items, int n)
{
    item *spare = LL_NEW_ARRAY(item, n), *from = items, *to = spare;
    int *count = LL_NEW_ARRAY(int, BUCKETS);
    for (int d = 0; d < DIGITS; d++) {
        if (!pass(from, to, n, d, count)) continue;
        item *swap = from;
        from = to;
        to = swap;
    }
    if (from != items) memcpy(items, from, (size_t)n * sizeof *items);
    free(count);
    free(spare);
}

void ll_sort_order(const double *x, int n, int *order)
{
    if (n < 1) return;
    item *items = LL_NEW_ARRAY(item, n);
    for (int i = 0; i < n; i++) items[i] = (item){key_of(x[i]), i};
    if (n < RADIX_WORTH)
        qsort(items, (size_t)n, sizeof *items, by_key);
    else
        radix_sort(items, n);
    for (int i = 0; i < n; i++) order[i] = items[i].index;
    free(items);
}
