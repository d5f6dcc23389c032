#include "data/importers/draw.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/index.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/space/moves.h"

enum { WHOLE = 1 << 14, DEFAULT_ARCHS = 2000 };

/* Genes by their index: all, or n drawn without repetition. */
static ll_status list_genes(const ll_space *s, int n, uint64_t seed, uint8_t *genes, ll_error *e)
{
    ll_ints chosen = ll_ints_range(s->n_archs);
    ll_rng r = ll_rng_new(seed, LL_STREAM_DATA);
    bool good = true;
    if (n < s->n_archs) {
        ll_ints all = ll_ints_copy(chosen.v, chosen.n);
        ll_rng_sample(&r, all.v, s->n_archs, n, chosen.v);
        ll_ints_free(&all);
    }
    for (int i = 0; i < n && good; i++)
        good = s->at(s, chosen.v[i], genes + (size_t)i * (size_t)s->n_positions);
    ll_ints_free(&chosen);
    return good ? LL_OK : ll_fail(e, LL_FAILED, "space %s cannot list its architectures", s->name);
}

/* Draws in a row that may bring nothing new before the space counts as exhausted. */
enum { IN_VAIN = 2000 };
typedef struct drawn {
    const uint8_t *genes;
    size_t width;
} drawn;

static bool same_gene(const void *ctx, int position, const void *key)
{
    const drawn *d = ctx;
    return !memcmp(d->genes + (size_t)position * d->width, key, d->width);
}

/* n different ones of a space that is too large to list, or as many as it seems to have; gives how many. */
static int draw_genes(const ll_space *s, int n, uint64_t seed, const ll_draw_filter *filter, uint8_t *genes)
{
    const drawn d = {genes, (size_t)s->n_positions};
    ll_rng r = ll_rng_new(seed, LL_STREAM_DATA);
    ll_index seen = {0};
    int found = 0;
    for (int in_vain = 0; found < n && in_vain < IN_VAIN; in_vain++) {
        uint8_t *gene = genes + (size_t)found * d.width;
        ll_space_random(s, &r, gene);
        if (filter && !filter->takes(filter->ctx, gene)) continue;
        uint32_t hash = ll_index_hash(gene, d.width);
        if (ll_index_find(&seen, hash, same_gene, &d, gene) >= 0) continue;
        ll_index_put(&seen, hash, found++);
        in_vain = -1;
    }
    ll_index_free(&seen);
    return found;
}

ll_status ll_draw_dataset(const char *name, const ll_space *space, int n, int devices, uint64_t seed,
                          const ll_draw_filter *filter, ll_dataset **out, ll_error *e)
{
    if (space->n_archs && n > space->n_archs)
        return ll_fail(e, LL_USAGE, "n=%d: %s has %d %s", n, space->name, space->n_archs,
                       ll_noun(space->n_archs, "architecture", "architectures"));
    bool whole = space->n_archs && space->n_archs <= WHOLE;
    int wanted = n ? n : whole ? space->n_archs : DEFAULT_ARCHS;
    uint8_t *genes = LL_NEW_ARRAY(uint8_t, (size_t)wanted * (size_t)space->n_positions);
    int found = space->n_archs ? wanted : draw_genes(space, wanted, seed, filter, genes);
    if (filter && found < wanted) found = draw_genes(space, wanted, seed, NULL, genes);
    ll_status s = space->n_archs ? list_genes(space, wanted, seed, genes, e) : LL_OK;
    if (!s && n > found)
        s = ll_fail(e, LL_USAGE, "n=%d: %s has hardly more than %d architectures", n, space->name, found);
    if (!s) {
        *out = ll_dataset_new(name, space, found, devices);
        memcpy((*out)->archs->genes, genes, (size_t)found * (size_t)space->n_positions);
    }
    free(genes);
    return s;
}
