/* Pickles, with and without storages for tensors, and every question that is asked of the values. */
#include <stdlib.h>

#include "data/formats/pickle.h"
#include "tests/fuzz/fuzz.h"

enum { STORAGE = 1 << 16, DEEPEST = 6, WIDEST = 32 };

static ll_status find_storage(void *ctx, const char *key, size_t bytes, const void **data, ll_error *e)
{
    static const double zeros[STORAGE / sizeof(double)];
    if (bytes > sizeof zeros) return ll_fail(e, LL_BAD_DATA, "storage %.20s is too short", key);
    *data = zeros;
    return LL_OK;
}

static void ask_array(const ll_pickled_array *a)
{
    size_t count = 1;
    for (int i = 0; i < a->n_dims; i++) {
        LAW(a->shape[i] >= 0, "dimension %d is %ld", i, a->shape[i]);
        count *= (size_t)a->shape[i];
    }
    LAW(count == a->count, "%zu numbers by the shape, %zu by the array", count, a->count);
    for (size_t i = 0; i < a->count; i++) (void)ll_pickled_at(a, i);
}

/* Values may be shared and form cycles: to a depth, and only the first of each. */
static void ask(const ll_pickled *v, int depth)
{
    double x, *numbers = NULL;
    int i;
    size_t n;
    ll_error e = {0};
    ll_pickled_number(v, &x);
    ll_pickled_int(v, -5, 5, &i);
    ll_pickled_get(v, "key");
    ll_pickled_word(v);
    if (ll_fuzz_good(ll_pickled_numbers(v, &numbers, &n, &e), &e)) free(numbers);
    if (v->kind == LL_PICKLED_ARRAY) ask_array(v->array);
    bool items = v->kind == LL_PICKLED_LIST || v->kind == LL_PICKLED_TUPLE || v->kind == LL_PICKLED_DICT;
    for (size_t k = 0; items && depth && k < v->items.n && k < WIDEST; k++) ask(v->items.v[k], depth - 1);
}

static void parse(const uint8_t *bytes, size_t n, const ll_pickle_storages *storages)
{
    ll_pickle p;
    ll_error e = {0};
    if (!ll_fuzz_good(ll_pickle_parse("fuzz", bytes, n, storages, &p, &e), &e)) return;
    ask(p.root, DEEPEST);
    ll_pickle_free(&p);
}

static void run(const uint8_t *bytes, size_t n)
{
    parse(bytes, n, NULL);
    parse(bytes, n, &(ll_pickle_storages){.find = find_storage});
}

const ll_fuzz_target ll_fuzz_pickle = {"pickle", run};
