#include "core/num/sort.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

enum { DIGIT_BITS = 11, DIGITS = 6, BUCKETS = 1 << DIGIT_BITS, RADIX_WORTH = 200, RUN = 8 };

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

/* Equal keys stay in the order of their indices here and below, so that keys alone decide. */
static void sort_run(item *items, int n)
{
    for (int i = 1; i < n; i++) {
        item x = items[i];
        int j = i;
        for (; j && items[j - 1].key > x.key; j--) items[j] = items[j - 1];
        items[j] = x;
    }
}

/* a..b and b..end, each in order, to `to`: the next one by a number, since no processor could guess a branch. */
static void merge(const item *a, const item *b, const item *end, item *to)
{
    const item *next[2] = {a, b}, *a_end = b;
    while (next[0] < a_end && next[1] < end) {
        int which = next[1]->key < next[0]->key;
        *to++ = *next[which]++;
    }
    size_t rest = (size_t)(a_end - next[0]);
    memcpy(to, next[0], rest * sizeof *to);
    memcpy(to + rest, next[1], (size_t)(end - next[1]) * sizeof *to);
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* n < RADIX_WORTH */
static void merge_sort(item *items, int n)
{
    item spare[RADIX_WORTH], *from = items, *to = spare;
    for (int i = 0; i < n; i += RUN) sort_run(items + i, least(RUN, n - i));
    for (int width = RUN; width < n; width *= 2) {
        for (int i = 0; i < n; i += 2 * width)
            merge(from + i, from + least(i + width, n), from + least(i + 2 * width, n), to + i);
        item *swap = from;
        from = to;
        to = swap;
    }
    if (from != items) memcpy(items, from, (size_t)n * sizeof *items);
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
        merge_sort(items, n);
    else
        radix_sort(items, n);
    for (int i = 0; i < n; i++) order[i] = items[i].index;
    free(items);
}
