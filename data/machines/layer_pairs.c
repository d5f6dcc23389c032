#include "data/machines/layer_pairs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/num/stats.h"

enum { PAIRS_MOST = 4096 };

void ll_pairs_init(ll_pairs *p)
{
    *p = (ll_pairs){.met = {.key_size = 2 * sizeof(int)}};
}

void ll_pairs_free(ll_pairs *p)
{
    ll_cache_free(&p->met);
    free(p->pairs);
}

/* --- in a network --- */

/* The tensor itself, copies passed over. */
static int source_of(const ll_network *n, int tensor)
{
    while (tensor > 0 && n->layers[tensor - 1].kind == LL_COPY) tensor = n->layers[tensor - 1].in[0];
    return tensor;
}

static int count_readers(const ll_network *n, int tensor)
{
    int readers = 0;
    for (int i = 0; i < n->n_layers; i++)
        for (int k = 0; k < ll_layer_reads(&n->layers[i]) && n->layers[i].kind != LL_COPY; k++)
            readers += source_of(n, n->layers[i].in[k]) == tensor;
    return readers;
}

/* Layers of `from` behind those that are there, reading the image, or what tensor `made` holds where they read it. */
static void append(ll_layer_unit *u, const ll_network *net, const ll_placed *from, int source, int made)
{
    int before = u->n;
    for (int i = 0; i < from->n; i++) {
        ll_layer *l = &u->layers[u->n++];
        *l = net->layers[from->first + i];
        for (int k = 0; k < 2; k++) {
            int tensor = source_of(net, l->in[k]);
            if (source && tensor == source)
                l->in[k] = made;
            else
                l->in[k] = tensor > from->first ? before + tensor - from->first : LL_TENSOR_INPUT;
        }
        if (l->kind == LL_CONV && !source) l->relu_before = false; /* as in the unit */
    }
}

/* a, then b reading what a makes. */
static ll_layer_unit join(const ll_network *net, const ll_placed *a, const ll_placed *b)
{
    ll_layer_unit u = {.before = a->unit, .after = b->unit};
    ll_layer *sum = &u.layers[2 * a->n];
    append(&u, net, a, 0, 0);
    if (net->layers[b->first].kind != LL_ADD) {
        append(&u, net, b, a->first + a->n, a->n);
        return u;
    }
    u.spare = 1;
    append(&u, net, a, 0, 0);
    append(&u, net, b, a->first + a->n, a->n);
    sum->in[0] = a->n;
    sum->in[1] = 2 * a->n;
    return u;
}

static void add_pair(ll_pairs *p, const ll_network *net, const ll_placed *a, const ll_placed *b)
{
    int key[2] = {a->unit, b->unit}, fresh;
    if (p->n == PAIRS_MOST || 2 * a->n + b->n > LL_UNIT_LAYERS) return;
    ll_cache_number(&p->met, key, &fresh);
    if (!fresh) return;
    p->pairs = ll_realloc(p->pairs, (size_t)p->n + 1, sizeof *p->pairs);
    p->pairs[p->n++] = join(net, a, b);
}

void ll_pairs_find(ll_pairs *p, const ll_network *net, const ll_placed *placed, int n)
{
    for (int j = 0; j < n && p->n < PAIRS_MOST; j++) {
        const ll_layer *l = &net->layers[placed[j].first];
        for (int k = 0; k < ll_layer_reads(l); k++) {
            int tensor = source_of(net, l->in[k]), i = j - 1;
            while (i >= 0 && placed[i].first + placed[i].n != tensor) i--;
            if (tensor > 0 && i >= 0 && count_readers(net, tensor) == 1)
                add_pair(p, net, &placed[i], &placed[j]);
        }
    }
}

/* --- which are timed --- */

typedef struct candidate {
    const ll_layer_unit *pair;
    int kinds; /* before * LL_KERNELS + after */
    double macs;
} candidate;

static int by_kinds(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    if (x->kinds != y->kinds) return x->kinds - y->kinds;
    if (x->macs != y->macs) return x->macs < y->macs ? -1 : 1;
    return x->pair < y->pair ? -1 : x->pair > y->pair;
}

static int kinds_of(const ll_layer_unit *units, const ll_layer_unit *pair)
{
    return ll_kernel_of(&units[pair->before].part) * LL_KERNELS + ll_kernel_of(&units[pair->after].part);
}

void ll_pairs_choose(ll_pairs *p, ll_layer_space *own)
{
    candidate *c = LL_NEW_ARRAY(candidate, p->n + 1);
    for (int i = 0; i < p->n; i++)
        c[i] = (candidate){&p->pairs[i], kinds_of(own->units, &p->pairs[i]),
                           ll_part_macs(&own->units[p->pairs[i].before].part) +
                               ll_part_macs(&own->units[p->pairs[i].after].part)};
    if (p->n) qsort(c, (size_t)p->n, sizeof *c, by_kinds);
    for (int from = 0, n; from < p->n; from += n) {
        for (n = 1; from + n < p->n && c[from + n].kinds == c[from].kinds; n++)
            ;
        int wanted = n < LL_PAIRS_EACH ? n : LL_PAIRS_EACH;
        own->units = ll_realloc(own->units, (size_t)(own->n + own->n_pairs + wanted), sizeof *own->units);
        for (int i = 0; i < wanted; i++) {
            int at = wanted > 1 ? (int)((long)i * (n - 1) / (wanted - 1)) : 0;
            own->units[own->n + own->n_pairs++] = *c[from + at].pair;
        }
    }
    free(c);
}

/* --- what their times say --- */

int ll_layer_space_fusions(const ll_layer_space *s, const double *ms, ll_fusion *out)
{
    int n = 0;
    double gains[LL_PAIRS_EACH];
    for (int i = 0, many; i < s->n_pairs; i += many) {
        const ll_layer_unit *first = &s->units[s->n + i];
        int kinds = kinds_of(s->units, first), known = 0;
        for (many = 0; i + many < s->n_pairs; many++) {
            const ll_layer_unit *u = &s->units[s->n + i + many];
            if (kinds_of(s->units, u) != kinds) break;
            double both = ms[s->n + i + many] - u->spare * ms[u->before];
            double gain = ll_fusion_gain(ms[u->before], ms[u->after], both);
            if (!isnan(gain)) gains[known++] = gain;
        }
        if (known)
            out[n++] = (ll_fusion){kinds / LL_KERNELS, kinds % LL_KERNELS, ll_median(gains, known), known};
    }
    return n;
}
