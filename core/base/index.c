#include "core/base/index.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <xxhash.h>

#include "core/base/mem.h"

struct ll_index_slot {
    uint32_t hash;
    int next; /* position + 1; 0: free */
};

/* Without random bytes the place of the program in memory has to do, which is random as well. */
static uint64_t draw_salt(void)
{
    uint64_t salt;
    if (getrandom(&salt, sizeof salt, GRND_NONBLOCK) != sizeof salt) salt = (uint64_t)(uintptr_t)&draw_salt;
    return salt | 1;
}

/* Threads that meet here agree on the first salt. */
static uint64_t the_salt(void)
{
    static uint64_t salt;
    uint64_t known = __atomic_load_n(&salt, __ATOMIC_ACQUIRE), mine;
    if (known) return known;
    mine = draw_salt();
    return __atomic_compare_exchange_n(&salt, &known, mine, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)
               ? mine
               : known;
}

uint32_t ll_index_hash(const void *bytes, size_t n)
{
    return (uint32_t)(XXH3_64bits_withSeed(bytes, n, the_salt()) >> 32);
}

int ll_index_find(const ll_index *x, uint32_t hash,
                  bool (*same)(const void *ctx, int position, const void *key), const void *ctx,
                  const void *key)
{
    if (!x->n) return -1;
    for (unsigned i = hash & (x->n_slots - 1); x->slots[i].next; i = (i + 1) & (x->n_slots - 1))
        if (x->slots[i].hash == hash && same(ctx, x->slots[i].next - 1, key)) return x->slots[i].next - 1;
    return -1;
}

static void place(ll_index *x, struct ll_index_slot slot)
{
    unsigned i = slot.hash & (x->n_slots - 1);
    while (x->slots[i].next) i = (i + 1) & (x->n_slots - 1);
    x->slots[i] = slot;
}

static void grow(ll_index *x)
{
    ll_index old = *x;
    x->n_slots = old.n_slots ? 2 * old.n_slots : 16;
    x->slots = LL_NEW_ARRAY(struct ll_index_slot, x->n_slots);
    for (unsigned i = 0; i < old.n_slots; i++)
        if (old.slots[i].next) place(x, old.slots[i]);
    free(old.slots);
}

void ll_index_put(ll_index *x, uint32_t hash, int position)
{
    if (2 * ((size_t)x->n + 1) > x->n_slots) grow(x);
    place(x, (struct ll_index_slot){hash, position + 1});
    x->n++;
}

void ll_index_free(ll_index *x)
{
    free(x->slots);
    *x = (ll_index){0};
}

/* --- names --- */

static bool same_name(const void *ctx, int position, const void *key)
{
    return !strcmp(((const ll_names *)ctx)->v[position], key);
}

int ll_names_find(const ll_names *x, const char *name)
{
    return ll_index_find(&x->index, ll_index_hash(name, strlen(name)), same_name, x, name);
}

int ll_names_add(ll_names *x, const char *name)
{
    uint32_t hash = ll_index_hash(name, strlen(name));
    int there = ll_index_find(&x->index, hash, same_name, x, name);
    if (there >= 0) return there;
    if (x->n == x->cap) {
        x->cap = x->cap ? 2 * x->cap : 16;
        x->v = ll_realloc(x->v, (size_t)x->cap, sizeof *x->v);
    }
    x->v[x->n] = name;
    ll_index_put(&x->index, hash, x->n);
    return x->n++;
}

bool ll_names_add_new(ll_names *x, const char *name)
{
    int before = x->n;
    return ll_names_add(x, name) == before;
}

void ll_names_free(ll_names *x)
{
    ll_index_free(&x->index);
    free(x->v);
    *x = (ll_names){0};
}
