#include "core/archs/archs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

/* --- making and letting go --- */

static size_t width(const ll_archs *a)
{
    return (size_t)a->space->n_positions;
}

ll_archs *ll_archs_new(const ll_space *space, int n)
{
    ll_archs *a = LL_NEW(ll_archs);
    *a = (ll_archs){.refs = 1, .space = space, .n = n, .room = n + 1};
    a->genes = ll_alloc((size_t)a->room, width(a));
    return a;
}

static void set_feature(ll_archs *a, const char *name, int dim, const float *v, bool attached);

/* Where the rows of a feature come from: row which[i], or i itself; what is behind the n is NaN. */
static void copy_features(ll_archs *to, const ll_archs *from, const int *which, int n)
{
    for (int f = 0; f < from->n_features; f++) {
        const ll_feature *old = &from->features[f];
        size_t dim = (size_t)old->dim, filled = (size_t)n * dim, all = (size_t)to->n * dim;
        float *v = ll_alloc(all + 1, sizeof *v);
        for (int i = 0; i < n; i++)
            memcpy(v + (size_t)i * dim, old->v + (size_t)(which ? which[i] : i) * dim, dim * sizeof *v);
        for (size_t i = filled; i < all; i++) v[i] = NAN;
        set_feature(to, old->name, old->dim, v, old->attached);
        free(v);
    }
}

ll_archs *ll_archs_copy(const ll_archs *from, int more)
{
    ll_archs *a = ll_archs_new(from->space, from->n + more);
    memcpy(a->genes, from->genes, (size_t)from->n * width(a));
    copy_features(a, from, NULL, from->n);
    return a;
}

ll_archs *ll_archs_pick(const ll_archs *from, const int *which, int n)
{
    ll_archs *a = ll_archs_new(from->space, n);
    for (int i = 0; i < n; i++) memcpy(ll_arch_at(a, i), ll_arch(from, which[i]), width(a));
    copy_features(a, from, which, n);
    return a;
}

ll_archs *ll_archs_slice(const ll_archs *from, int first, int n)
{
    int *which = LL_NEW_ARRAY(int, n + 1);
    for (int i = 0; i < n; i++) which[i] = first + i;
    ll_archs *a = ll_archs_pick(from, which, n);
    free(which);
    return a;
}

ll_archs *ll_archs_ref(const ll_archs *a)
{
    ll_archs *own = (ll_archs *)a; /* the count is the only part that ever changes */
    if (own) __atomic_add_fetch(&own->refs, 1, __ATOMIC_RELAXED);
    return own;
}

static void free_feature(ll_feature *f)
{
    free(f->name);
    free(f->v);
}

void ll_archs_unref(ll_archs *a)
{
    if (!a || __atomic_sub_fetch(&a->refs, 1, __ATOMIC_ACQ_REL)) return;
    for (int f = 0; f < a->n_features; f++) free_feature(&a->features[f]);
    free(a->features);
    free(a->genes);
    ll_index_free(&a->index);
    free(a);
}

/* --- the index --- */

static uint32_t hash_of(const ll_archs *a, const uint8_t *gene)
{
    return ll_index_hash(gene, width(a));
}

static bool same_gene(const void *archs, int i, const void *gene)
{
    const ll_archs *a = archs;
    return !memcmp(ll_arch(a, i), gene, width(a));
}

static int find_hashed(const ll_archs *a, uint32_t hash, const uint8_t *gene)
{
    return ll_index_find(&a->index, hash, same_gene, a, gene);
}

static ll_status same_arch_twice(const ll_archs *a, int first, int second, ll_error *e)
{
    ll_str text = {0};
    a->space->format(a->space, ll_arch(a, second), &text);
    ll_fail(e, LL_BAD_DATA, "rows %d and %d are the same architecture %s", first, second, ll_str_text(&text));
    ll_str_free(&text);
    return LL_BAD_DATA;
}

ll_status ll_archs_index(ll_archs *a, ll_error *e)
{
    ll_index_free(&a->index);
    for (int i = 0; i < a->n; i++) {
        ll_space_canonical(a->space, ll_arch_at(a, i));
        uint32_t hash = hash_of(a, ll_arch(a, i));
        int there = find_hashed(a, hash, ll_arch(a, i));
        if (there >= 0) return same_arch_twice(a, there, i, e);
        ll_index_put(&a->index, hash, i);
    }
    return LL_OK;
}

/* The gene in canonical form, which is `own` unless it is in that form already. */
static const uint8_t *canonical(const ll_archs *a, const uint8_t *gene, uint8_t *own)
{
    if (!a->space->active) return gene;
    memcpy(own, gene, width(a));
    ll_space_canonical(a->space, own);
    return own;
}

int ll_archs_find(const ll_archs *a, const uint8_t *gene)
{
    uint8_t own[LL_MAX_POSITIONS];
    gene = canonical(a, gene, own);
    return find_hashed(a, hash_of(a, gene), gene);
}

/* Of one more: features have as much of it as genes. */
static void need_room(ll_archs *a)
{
    if (a->n < a->room) return;
    a->room = 2 * a->room;
    a->genes = ll_realloc(a->genes, (size_t)a->room, width(a));
    for (int f = 0; f < a->n_features; f++) {
        ll_feature *x = &a->features[f];
        x->v = ll_realloc(x->v, (size_t)a->room * (size_t)x->dim, sizeof *x->v);
    }
}

/* What is not known of a new one. */
static void clear_features(ll_archs *a, int row)
{
    for (int f = 0; f < a->n_features; f++)
        for (int k = 0, dim = a->features[f].dim; k < dim; k++)
            a->features[f].v[(size_t)row * (size_t)dim + (size_t)k] = NAN;
}

void ll_archs_push(ll_archs *a, const uint8_t *gene)
{
    uint8_t own[LL_MAX_POSITIONS];
    need_room(a);
    clear_features(a, a->n);
    memcpy(ll_arch_at(a, a->n++), canonical(a, gene, own), width(a));
}

/* Of architectures that are there twice the index knows the first. */
static void need_index(ll_archs *a)
{
    if (!a->index.n)
        for (int i = 0; i < a->n; i++) {
            uint32_t hash = hash_of(a, ll_arch(a, i));
            if (find_hashed(a, hash, ll_arch(a, i)) < 0) ll_index_put(&a->index, hash, i);
        }
}

int ll_archs_add(ll_archs *a, const uint8_t *gene, bool *is_new)
{
    uint8_t own[LL_MAX_POSITIONS];
    need_index(a);
    gene = canonical(a, gene, own);
    uint32_t hash = hash_of(a, gene);
    int there = find_hashed(a, hash, gene);
    if (is_new) *is_new = there < 0;
    if (there >= 0) return there;
    ll_index_put(&a->index, hash, a->n);
    ll_archs_push(a, gene);
    return a->n - 1;
}

bool ll_archs_same(const ll_archs *a, const ll_archs *b)
{
    return a == b ||
           (a->space == b->space && a->n == b->n && !memcmp(a->genes, b->genes, (size_t)a->n * width(a)));
}

/* --- features --- */

static ll_feature *feature_named(const ll_archs *a, const char *name)
{
    for (int f = 0; f < a->n_features; f++)
        if (!strcmp(a->features[f].name, name)) return &a->features[f];
    return NULL;
}

static void set_feature(ll_archs *a, const char *name, int dim, const float *v, bool attached)
{
    ll_feature fresh = {ll_strdup(name), dim, ll_alloc((size_t)a->room * (size_t)dim + 1, sizeof *v),
                        attached};
    memcpy(fresh.v, v, (size_t)a->n * (size_t)dim * sizeof *v);
    ll_feature *f = feature_named(a, name);
    if (f) {
        free_feature(f);
    } else {
        a->features = ll_realloc(a->features, (size_t)a->n_features + 1, sizeof *a->features);
        f = &a->features[a->n_features++];
    }
    *f = fresh;
}

void ll_archs_set_feature(ll_archs *a, const char *name, int dim, const float *v)
{
    set_feature(a, name, dim, v, false);
}

void ll_archs_attach_feature(ll_archs *a, const char *name, int dim, const float *v)
{
    set_feature(a, name, dim, v, true);
}

const ll_feature *ll_archs_feature(const ll_archs *a, const char *name)
{
    return feature_named(a, name);
}

/* --- in a file --- */

void ll_archs_save(const ll_archs *a, const char *name, ll_tensors *out)
{
    long n = a->n, positions = a->space->n_positions;
    int32_t *genes = ll_tensors_add(out, name, LL_I32, 2, (long[]){n, positions}, NULL)->data;
    for (long i = 0; i < n * positions; i++) genes[i] = a->genes[i];
}

ll_status ll_archs_load(const ll_tensors *in, const char *name, const ll_space *space, ll_archs **out,
                        ll_error *e)
{
    const ll_tensor *genes = ll_tensors_find(in, name);
    long n = genes && genes->n_dims == 2 ? genes->shape[0] : 0, positions = space->n_positions;
    ll_status s = ll_tensors_need(in, name, LL_I32, 2, (long[]){n, positions}, &genes, e);
    *out = NULL;
    if (s) return s;
    if (n > 1 << 30) return ll_fail(e, LL_BAD_DATA, "tensor %s has %ld rows, which is too many", name, n);
    ll_archs *a = ll_archs_new(space, (int)n);
    for (long i = 0; i < n * positions && !s; i++) {
        int op = ((const int32_t *)genes->data)[i];
        if (op < 0 || op >= ll_space_choices(space, (int)(i % positions)))
            s = ll_fail(e, LL_BAD_DATA, "tensor %s: %d is no operation of %s", name, op, space->name);
        a->genes[i] = (uint8_t)op;
    }
    for (int i = 0; i < a->n && !s; i++) ll_space_canonical(space, ll_arch_at(a, i));
    if (s)
        ll_archs_unref(a);
    else
        *out = a;
    return s;
}
