#include "data/formats/torchzip.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/str.h"
#include "core/base/system/fs.h"
#include "data/formats/torch_legacy.h"

/* --- a torch file --- */

/* Storages that were unpacked already; several tensors may share one. */
typedef struct storages {
    const ll_zip *zip;
    const char *folder; /* the part of data.pkl's name in front of it */
    char **bytes;       /* per member, NULL: not yet */
    ll_budget *budget;
} storages;

static ll_status find_storage(void *ctx, const char *key, size_t bytes, const void **data, ll_error *e)
{
    storages *x = ctx;
    ll_str name = {0};
    ll_str_addf(&name, "%s/data/%s", x->folder, key);
    const ll_zip_member *m = ll_zip_named(x->zip, name.s);
    ll_str_free(&name);
    if (!m) return ll_fail(e, LL_BAD_DATA, "storage %.60s is missing in the zip", key);
    if (m->size < bytes)
        return ll_fail(e, LL_BAD_DATA, "storage %.60s has %zu bytes, %zu were expected", key, m->size, bytes);
    char **kept = &x->bytes[m - x->zip->v];
    ll_status s = *kept ? LL_OK : ll_zip_unpack(x->zip, m, x->budget, kept, e);
    *data = *kept;
    return s;
}

static void free_storages(storages *x, const ll_zip *z, ll_budget *budget)
{
    for (int i = 0; i < z->n_members; i++) {
        if (x->bytes[i]) ll_budget_give(budget, z->v[i].size + 1);
        free(x->bytes[i]);
    }
    free(x->bytes);
}

static ll_status parse_members(const ll_zip *z, ll_budget *budget, ll_pickle *out, ll_error *e)
{
    static const char suffix[] = "/data.pkl";
    const ll_zip_member *m = ll_zip_find(z, suffix);
    if (!m) return ll_fail(e, LL_BAD_DATA, "no member data.pkl: not a file of torch.save");
    char *pickle, *folder = ll_strdup(m->name);
    folder[strlen(folder) - (sizeof suffix - 1)] = 0;
    ll_status s = ll_zip_unpack(z, m, budget, &pickle, e);
    if (!s) {
        storages x = {z, folder, LL_NEW_ARRAY(char *, z->n_members + 1), budget};
        ll_pickle_storages found = {.find = find_storage, .ctx = &x, .budget = budget};
        s = ll_pickle_parse("data.pkl", pickle, m->size, &found, out, e);
        free(pickle);
        free_storages(&x, z, s ? budget : &out->budget);
        if (!s) ll_budget_give(&out->budget, m->size + 1);
    }
    free(folder);
    return s;
}

ll_status ll_torch_parse(const char *what, const void *bytes, size_t n, ll_pickle *out, ll_error *e)
{
    ll_zip z;
    ll_budget budget = ll_budget_for(LL_READER_PICKLE, n);
    ll_status s = ll_zip_open(bytes, n, &z, e);
    if (!s) {
        s = parse_members(&z, &budget, out, e);
        ll_zip_free(&z);
    }
    return s ? ll_fail_in(e, "%s: ", what) : LL_OK;
}

ll_status ll_pickle_read(const char *path, ll_pickle *out, ll_error *e)
{
    char *bytes;
    size_t n;
    ll_status s = ll_read_file(path, ll_limit_of(LL_READER_PICKLE)->file_most, &bytes, &n, e);
    if (s) return s;
    s = ll_is_zip(bytes, n)            ? ll_torch_parse(path, bytes, n, out, e)
        : ll_is_torch_legacy(bytes, n) ? ll_torch_legacy_parse(path, bytes, n, out, e)
                                       : ll_pickle_parse(path, bytes, n, NULL, out, e);
    free(bytes);
    return s;
}

/* --- tensors of a checkpoint --- */

enum { NESTED_MOST = 8, NAME_MOST = 1000 };

typedef struct walk {
    ll_tensors *out;
    ll_budget *budget;
    ll_error *e;
} walk;

static void add_text(ll_tensors *out, const char *name, const ll_pickled *v)
{
    ll_str text = {0};
    double x;
    if (v->kind == LL_PICKLED_TEXT)
        ll_str_add(&text, v->text.s);
    else if (ll_pickled_number(v, &x))
        ll_str_addf(&text, "%.17g", x);
    if (text.s) ll_tensors_set_text(out, name, text.s);
    ll_str_free(&text);
}

static ll_status add_array(const walk *w, const char *name, const ll_pickled_array *a)
{
    if (a->n_dims > 4)
        return ll_fail(w->e, LL_BAD_DATA, "tensor %.100s has %d dimensions, at most 4 were expected", name,
                       a->n_dims);
    ll_status s = ll_budget_take(w->budget, a->count, ll_dtype_size(a->dtype), w->e);
    if (!s) ll_tensors_add(w->out, name, a->dtype, a->n_dims, a->shape, a->data);
    return s;
}

static ll_status add_value(const walk *w, const char *name, const ll_pickled *v, int depth);

static ll_status add_entry(const walk *w, const char *name, const ll_pickled *key, const ll_pickled *v,
                           int depth)
{
    if (key->kind != LL_PICKLED_TEXT)
        return ll_fail(w->e, LL_BAD_DATA, "a key of \"%.100s\" is no text", name);
    ll_str full = {0};
    ll_str_addf(&full, "%s%s%s", name, *name ? "." : "", key->text.s);
    ll_status s =
        full.len <= NAME_MOST
            ? add_value(w, full.s, v, depth)
            : ll_fail(w->e, LL_BAD_DATA, "the name \"%.100s...\" has more than %d bytes", full.s, NAME_MOST);
    ll_str_free(&full);
    return s;
}

/* Values may be shared and form cycles, so a tree has more paths than the file has bytes: the walk has a depth, and
 * every step takes what it makes (a tensor or text of that name) from the budget of the file. */
static ll_status add_value(const walk *w, const char *name, const ll_pickled *v, int depth)
{
    if (ll_interrupted()) return ll_interrupt_fail(w->e);
    ll_status s = ll_budget_take(w->budget, 1, sizeof(ll_tensor) + 2 * strlen(name), w->e);
    if (s) return s;
    if (v->kind == LL_PICKLED_ARRAY) return add_array(w, name, v->array);
    if (v->kind != LL_PICKLED_DICT) {
        s = ll_budget_take(w->budget, v->kind == LL_PICKLED_TEXT ? v->text.n : 0, 2, w->e);
        if (!s) add_text(w->out, name, v);
        return s;
    }
    if (!depth) return ll_fail(w->e, LL_BAD_DATA, "dicts are nested too deep");
    for (size_t i = 0; !s && i + 1 < v->items.n; i += 2)
        s = add_entry(w, name, v->items.v[i], v->items.v[i + 1], depth - 1);
    return s;
}

ll_status ll_torch_load_tensors(const char *path, ll_tensors *out, ll_error *e)
{
    ll_pickle p;
    ll_tensors t = {0};
    ll_status s = ll_pickle_read(path, &p, e);
    if (s) return s;
    walk w = {&t, &p.budget, e};
    s = add_value(&w, "", p.root, NESTED_MOST);
    ll_pickle_free(&p);
    if (s) {
        ll_tensors_free(&t);
        return ll_fail_in(e, "%s: ", path);
    }
    *out = t;
    return LL_OK;
}
