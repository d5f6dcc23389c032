/* A set of architectures of one search space, in an order: what predictors, encodings, samplers and searches speak of.
 * A dataset has one (its rows), a file of candidates or a search makes others; nothing downstream asks whether an
 * architecture has a row anywhere.
 *
 * Genes are held in canonical form (ll_space_canonical), whatever form is handed in.
 *
 * Built by one owner, then immutable and reference-counted: any thread may read one. */
#ifndef LL_ARCHS_ARCHS_H
#define LL_ARCHS_ARCHS_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/index.h"
#include "core/base/status.h"
#include "core/base/str.h"
#include "core/num/tensors.h"
#include "core/space/space.h"

/* A vector per architecture that came with the data (zcp, arch2vec, ...). */
typedef struct ll_feature {
    char *name;
    int dim;
    float *v;      /* (n, dim) row-major, NaN where missing */
    bool attached; /* by the program, not by the data: whoever saves the data leaves it out */
} ll_feature;

typedef struct ll_archs {
    int refs; /* atomic; use ll_archs_ref/unref */
    const ll_space *space;
    int n, room;    /* room: how many genes have memory */
    uint8_t *genes; /* (n, space->n_positions) */
    int n_features;
    ll_feature *features;
    ll_index index; /* by gene; empty: not indexed */
} ll_archs;

/* n architectures of operation 0 everywhere, to be written through ll_arch_at; one reference held. */
ll_archs *ll_archs_new(const ll_space *space, int n);
/* A copy with `more` empty ones behind, not indexed; features NaN there. */
ll_archs *ll_archs_copy(const ll_archs *a, int more);
ll_archs *ll_archs_pick(const ll_archs *a, const int *which, int n); /* these, in this order, features too */
ll_archs *ll_archs_slice(const ll_archs *a, int from, int n);        /* from .. from+n-1 */
ll_archs *ll_archs_ref(const ll_archs *a);
void ll_archs_unref(ll_archs *a); /* NULL is fine */

static inline const uint8_t *ll_arch(const ll_archs *a, int i)
{
    return a->genes + (size_t)i * (size_t)a->space->n_positions;
}
static inline uint8_t *ll_arch_at(ll_archs *a, int i) /* while it is built */
{
    return a->genes + (size_t)i * (size_t)a->space->n_positions;
}

/* Index all of them. LL_BAD_DATA: places first and second (may be NULL) hold the same architecture; the message says
 * which. */
ll_status ll_archs_index(ll_archs *a, ll_error *e);
/* Place of an architecture, -1: not in the set. Precondition: indexed. */
int ll_archs_find(const ll_archs *a, const uint8_t *gene);
/* Its place, behind the others when it is new (the index grows with it); *is_new may be NULL. */
int ll_archs_add(ll_archs *a, const uint8_t *gene, bool *is_new);
/* Behind the others, also when it is there already; its features are NaN. Precondition: not indexed. */
void ll_archs_push(ll_archs *a, const uint8_t *gene);
/* The same architectures of the same space in the same order? Their features are not asked. */
bool ll_archs_same(const ll_archs *a, const ll_archs *b);

/* Their genes as a tensor (n, positions) of a file, and again: LL_BAD_DATA when it is missing or of another space. What
 * comes back has no features and is not indexed. */
void ll_archs_save(const ll_archs *a, const char *name, ll_tensors *out);
ll_status ll_archs_load(const ll_tensors *in, const char *name, const ll_space *space, ll_archs **out,
                        ll_error *e);

/* Copies v (n, dim); a feature of that name is replaced. */
void ll_archs_set_feature(ll_archs *a, const char *name, int dim, const float *v);
void ll_archs_attach_feature(ll_archs *a, const char *name, int dim, const float *v); /* the same, attached */
const ll_feature *ll_archs_feature(const ll_archs *a, const char *name);              /* NULL: none */

#endif
