#include "core/nn/gcn_rows.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

void ll_gcn_rows_free(ll_gcn_rows *r)
{
    for (int l = 0; l < LL_GCN_MOST_LAYERS; l++) {
        free(r->layer[l].first);
        free(r->layer[l].read);
        free(r->layer[l].key);
    }
    free(r->class_of);
    free(r->input_key);
    free(r->next);
    free(r->table);
    *r = (ll_gcn_rows){0};
}

void ll_gcn_rows_begin(ll_gcn_rows *r, int n, int nodes)
{
    size_t wanted = (size_t)n * (size_t)nodes;
    if (wanted <= r->most) return;
    r->most = wanted;
    r->class_of = ll_realloc(r->class_of, wanted, sizeof(int));
    r->next = ll_realloc(r->next, wanted, sizeof(int));
    for (r->table_size = 64; r->table_size < 2 * wanted;) r->table_size *= 2;
    r->table = ll_realloc(r->table, r->table_size, sizeof(int));
}

static uint64_t hash_words(const uint32_t *w, int n)
{
    uint64_t h = (uint64_t)n;
    for (int i = 0; i < n; i++) h = (h ^ w[i]) * 0x9e3779b97f4a7c15u, h ^= h >> 29;
    return h;
}

int ll_gcn_rows_begin_with(ll_gcn_rows *r, int n, int nodes, const void *x, int words, int *x_row)
{
    const uint32_t *w = x;
    int classes = 0;
    ll_gcn_rows_begin(r, n, nodes);
    r->input_key = ll_realloc(r->input_key, r->most + 1, sizeof *r->input_key);
    memset(r->table, 0, r->table_size * sizeof *r->table);
    for (int i = 0; i < n * nodes; i++) {
        const uint32_t *row = w + (size_t)i * (size_t)words;
        size_t at = hash_words(row, words) & (r->table_size - 1);
        while (r->table[at] &&
               memcmp(w + (size_t)x_row[r->table[at] - 1] * (size_t)words, row, (size_t)words * sizeof *row))
            at = (at + 1) & (r->table_size - 1);
        if (!r->table[at]) {
            x_row[classes] = i;
            r->input_key[classes] = hash_words(row, words);
            r->table[at] = ++classes;
        }
        r->class_of[i] = r->table[at] - 1;
    }
    return classes;
}

/* Room for one more row of up to `nodes` reads. */
static void reserve(ll_gcn_layer_rows *l, int nodes)
{
    int used = l->n ? l->first[l->n] : 0;
    if (l->n + 2 > l->most) {
        l->most = 2 * l->n + 64;
        l->first = ll_realloc(l->first, (size_t)l->most, sizeof(int));
        l->key = ll_realloc(l->key, (size_t)l->most, sizeof *l->key);
    }
    if (used + nodes > l->most_read) {
        l->most_read = 2 * used + 64 * nodes;
        l->read = ll_realloc(l->read, (size_t)l->most_read, sizeof(int));
    }
    if (!l->n) l->first[0] = 0;
}

/* Whether class a comes before b: by their keys; those of equal ones (never seen) by number. */
static bool before(const uint64_t *key, int a, int b)
{
    return key && key[a] != key[b] ? key[a] < key[b] : a < b;
}

/* The classes that a node reads, in the order of their keys: equal sums whatever the order of the nodes. Returns how
 * many. */
static int collect(const unsigned char *reads, const int *class_of, const uint64_t *key, int nodes, int *to)
{
    int n = 0;
    for (int j = 0; j < nodes; j++) {
        if (!reads[j] || class_of[j] < 0) continue;
        int at = n++;
        for (; at > 0 && before(key, class_of[j], to[at - 1]); at--) to[at] = to[at - 1];
        to[at] = class_of[j];
    }
    return n;
}

/* The row whose reads are the n that stand behind the last row: an earlier one, or the new last. */
static int find_or_add(ll_gcn_rows *r, ll_gcn_layer_rows *l, int n, bool share)
{
    const int *own = l->read + l->first[l->n];
    if (share) {
        size_t at = hash_words((const uint32_t *)own, n) & (r->table_size - 1);
        for (; r->table[at]; at = (at + 1) & (r->table_size - 1)) {
            int row = r->table[at] - 1, from = l->first[row];
            if (l->first[row + 1] - from == n && !memcmp(l->read + from, own, (size_t)n * sizeof *own))
                return row;
        }
        r->table[at] = l->n + 1;
    }
    l->first[l->n + 1] = l->first[l->n] + n;
    return l->n++;
}

/* Of the keys that a row reads. */
static uint64_t key_of(const ll_gcn_layer_rows *l, int row, const uint64_t *key)
{
    uint64_t h = 0x243f6a8885a308d3u;
    for (int i = l->first[row]; i < l->first[row + 1]; i++) {
        h = (h ^ (key ? key[l->read[i]] : (uint64_t)l->read[i])) * 0x9e3779b97f4a7c15u;
        h ^= h >> 29;
    }
    return h;
}

void ll_gcn_rows_layer(ll_gcn_rows *r, int layer, int n, int nodes, const unsigned char *reads,
                       const int *which, bool share, int only)
{
    ll_gcn_layer_rows *l = &r->layer[layer];
    const uint64_t *key = layer ? r->layer[layer - 1].key : r->input_key;
    int from = only < 0 ? 0 : only, to = only < 0 ? nodes : only + 1;
    share &= only < 0;
    l->n = 0;
    if (share) memset(r->table, 0, r->table_size * sizeof *r->table);
    for (int g = 0; g < n; g++) {
        const unsigned char *own = reads + (which ? (size_t)which[g] : 0) * (size_t)nodes * (size_t)nodes;
        const int *class_of = r->class_of + (size_t)g * (size_t)nodes;
        for (int i = from; i < to; i++) {
            reserve(l, nodes);
            int n_rows = l->n, found = collect(own + (size_t)i * (size_t)nodes, class_of, key, nodes,
                                               l->read + l->first[l->n]);
            r->next[(size_t)g * (size_t)nodes + (size_t)i] = find_or_add(r, l, found, share);
            if (l->n > n_rows) l->key[n_rows] = key_of(l, n_rows, key);
        }
    }
    int *swap = r->class_of;
    r->class_of = r->next;
    r->next = swap;
}
