#include "data/formats/torch_legacy.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/index.h"
#include "core/base/interrupt.h"

enum { VERSION = 1001 };

/* The magic number as a pickle of protocol 2: it does not fit into an integer of the parser's. */
static const unsigned char magic[] = {0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46,
                                      0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, '.'};

bool ll_is_torch_legacy(const void *bytes, size_t n)
{
    return n >= sizeof magic && !memcmp(bytes, magic, sizeof magic);
}

/* One storage, by the pickle that uses it and by the bytes behind it. */
typedef struct storage {
    size_t size, count;  /* of an element, and how many */
    const uint8_t *data; /* NULL: not listed */
} storage;

typedef struct file {
    const char *what;
    const uint8_t *bytes;
    size_t n, at;
    ll_budget budget;
    ll_names keys; /* of storage i; they live in the tree of the first reading */
    storage *v;
    size_t cap;
} file;

static ll_status parse_next(file *f, const ll_pickle_storages *storages, ll_pickle *out, ll_error *e)
{
    return ll_pickle_parse_at(f->what, f->bytes, f->n, &f->at, storages, out, e);
}

/* The next pickle, which has no tensors. */
static ll_status parse_plain(file *f, ll_pickle *out, ll_error *e)
{
    ll_pickle_storages none = {.budget = &f->budget};
    return parse_next(f, &none, out, e);
}

/* What such a pickle took is free again. */
static void free_plain(file *f, ll_pickle *p, const ll_budget *before)
{
    ll_pickle_free(p);
    f->budget = *before;
}

/* --- what stands in front --- */

static bool is_version(const ll_pickled *v)
{
    int x;
    return ll_pickled_int(v, VERSION, VERSION, &x);
}

static bool is_little_endian(const ll_pickled *v)
{
    const ll_pickled *little = ll_pickled_get(v, "little_endian");
    return little && little->kind == LL_PICKLED_BOOL && little->i;
}

static ll_status read_front(file *f, ll_error *e)
{
    static const struct {
        bool (*good)(const ll_pickled *v);
        const char *expected;
    } front[] = {{is_version, "version 1001"}, {is_little_endian, "a dict that says little_endian"}};
    ll_status s = LL_OK;
    f->at = sizeof magic;
    for (size_t i = 0; !s && i < sizeof front / sizeof *front; i++) {
        ll_pickle p;
        ll_budget before = f->budget;
        size_t from = f->at;
        if ((s = parse_plain(f, &p, e))) break;
        if (!front[i].good(p.root))
            s = ll_fail(e, LL_BAD_DATA, "%s: byte %zu: %s of an old torch file was expected", f->what, from,
                        front[i].expected);
        free_plain(f, &p, &before);
    }
    return s;
}

/* --- storages --- */

/* A storage is the same wherever it comes up. */
static ll_status meet(void *ctx, const char *key, size_t size, size_t count, ll_error *e)
{
    file *f = ctx;
    int i = ll_names_find(&f->keys, key);
    if (i >= 0) {
        if (f->v[i].size == size && f->v[i].count == count) return LL_OK;
        return ll_fail(e, LL_BAD_DATA, "storage %.60s comes up in two sizes", key);
    }
    ll_status s = ll_budget_take(&f->budget, 1, 2 * sizeof(storage) + 4 * sizeof(void *), e);
    if (s) return s;
    i = ll_names_add(&f->keys, key);
    if ((size_t)i == f->cap) {
        f->cap = 2 * f->cap + 16;
        f->v = ll_realloc(f->v, f->cap, sizeof *f->v);
    }
    f->v[i] = (storage){size, count, NULL};
    return LL_OK;
}

static ll_status nowhere(void *ctx, const char *key, size_t bytes, const void **data, ll_error *e)
{
    *data = NULL;
    return LL_OK;
}

static ll_status find(void *ctx, const char *key, size_t bytes, const void **data, ll_error *e)
{
    const file *f = ctx;
    int i = ll_names_find(&f->keys, key);
    *data = i < 0 ? NULL : f->v[i].data;
    return *data ? LL_OK : ll_fail(e, LL_BAD_DATA, "storage %.60s is not in the list of storages", key);
}

static uint64_t read_count(const uint8_t *p)
{
    uint64_t x = 0;
    for (int i = 7; i >= 0; i--) x = x << 8 | p[i];
    return x;
}

/* The numbers of the next storage, which stand at f->at. */
static ll_status place(file *f, const ll_pickled *key, ll_error *e)
{
    int i = key->kind == LL_PICKLED_TEXT ? ll_names_find(&f->keys, key->text.s) : -1;
    if (i < 0 || f->v[i].data)
        return ll_fail(e, LL_BAD_DATA, "%s: the list of storages names one %s", f->what,
                       i < 0 ? "that nothing uses" : "twice");
    storage *x = &f->v[i];
    if (f->n - f->at < 8 || (f->n - f->at - 8) / x->size < x->count)
        return ll_fail(e, LL_BAD_DATA,
                       "%s: byte %zu: storage %.60s of %zu numbers does not fit: the file is truncated",
                       f->what, f->at, key->text.s, x->count);
    uint64_t count = read_count(f->bytes + f->at);
    if (count != x->count)
        return ll_fail(e, LL_BAD_DATA, "%s: byte %zu: storage %.60s has %llu numbers, %zu were expected",
                       f->what, f->at, key->text.s, (unsigned long long)count, x->count);
    x->data = f->bytes + f->at + 8;
    f->at += 8 + x->count * x->size;
    return LL_OK;
}

static ll_status read_storages(file *f, ll_error *e)
{
    ll_pickle p;
    ll_budget before = f->budget;
    ll_status s = parse_plain(f, &p, e);
    if (s) return s;
    if (p.root->kind != LL_PICKLED_LIST)
        s = ll_fail(e, LL_BAD_DATA, "%s: a %s, a list of storages was expected", f->what,
                    ll_pickled_word(p.root));
    for (size_t i = 0; !s && i < p.root->items.n; i++)
        s = ll_interrupted() ? ll_interrupt_fail(e) : place(f, p.root->items.v[i], e);
    if (!s && p.root->items.n < (size_t)f->keys.n)
        s = ll_fail(e, LL_BAD_DATA, "%s: %zu of %d storages are listed", f->what, p.root->items.n, f->keys.n);
    if (!s && f->at < f->n)
        s = ll_fail(e, LL_BAD_DATA, "%s: %zu bytes behind the last storage", f->what, f->n - f->at);
    free_plain(f, &p, &before);
    return s;
}

/* --- the whole --- */

/* What was saved is read twice: where its numbers are is known only behind it. */
static ll_status read_twice(file *f, ll_pickle *out, ll_error *e)
{
    ll_pickle first;
    ll_pickle_storages unknown = {.find = nowhere, .meet = meet, .ctx = f, .budget = &f->budget};
    ll_pickle_storages known = {.find = find, .ctx = f, .budget = &f->budget};
    size_t from = f->at;
    ll_status s = parse_next(f, &unknown, &first, e);
    if (s) return s;
    f->budget = first.budget;
    s = read_storages(f, e);
    size_t own = f->budget.used;
    if (!s) s = ll_pickle_parse_at(f->what, f->bytes, f->n, &from, &known, out, e);
    if (!s) ll_budget_give(&out->budget, own);
    ll_pickle_free(&first);
    return s;
}

ll_status ll_torch_legacy_parse(const char *what, const void *bytes, size_t n, ll_pickle *out, ll_error *e)
{
    file f = {.what = what, .bytes = bytes, .n = n, .budget = ll_budget_for(LL_READER_PICKLE, n)};
    ll_status s = ll_is_torch_legacy(bytes, n)
                      ? read_front(&f, e)
                      : ll_fail(e, LL_BAD_DATA, "%s: not a torch file from before its zip", what);
    if (!s) s = read_twice(&f, out, e);
    ll_names_free(&f.keys);
    free(f.v);
    return s;
}
