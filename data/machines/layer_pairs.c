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

/* Layers of `from` behind those that are there, reading the image, or what tensor `made` holds where they read it. */
static void append(ll_layer_unit *u, const ll_network *net, const ll_placed *from, int source, int made)
{
    int before = u->n;
    for (int i = 0; i < from->n; i++) {
        ll_layer *l = &u->layers[u->n++];
        *l = net->layers[from->first + i];
        for (int k = 0; k < 2; k++) {
            int tensor = ll_network_origin(net, l->in[k]);
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
    int readers[LL_MAX_LAYERS + 1];
    ll_network_readers(net, readers);
    for (int j = 0; j < n && p->n < PAIRS_MOST; j++) {
        const ll_layer *l = &net->layers[placed[j].first];
        for (int k = 0; k < ll_layer_reads(l); k++) {
            int tensor = ll_network_origin(net, l->in[k]), i = j - 1;
            while (i >= 0 && placed[i].first + placed[i].n != tensor) i--;
            if (tensor > 0 && i >= 0 && readers[tensor] == 1) add_pair(p, net, &placed[i], &placed[j]);
        }
    }
}

/* --- which are timed --- */

typedef struct candidate {
    const ll_layer_unit *pair;
    int kinds; /* before * LL_KERNELS + after */
    double
        balance; /* cost of the cheaper over that of the other, by a guess: what is saved of it is seen best at 1 */
} candidate;

static int by_kinds(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    if (x->kinds != y->kinds) return x->kinds - y->kinds;
    if (x->balance != y->balance) return x->balance > y->balance ? -1 : 1;
    return x->pair < y->pair ? -1 : x->pair > y->pair;
}

static int kinds_of(const ll_layer_unit *units, const ll_layer_unit *pair)
{
    return ll_kernel_of(&units[pair->before].part) * LL_KERNELS + ll_kernel_of(&units[pair->after].part);
}

/* In multiply-adds: what has nothing to multiply waits for memory. */
static double guess(const ll_part *p)
{
    static const double memory = 10;
    bool multiplies = p->kind == LL_PART_CONV || p->kind == LL_PART_LINEAR;
    return ll_part_macs(p) * (multiplies ? 1 : memory);
}

static double balance_of(const ll_layer_unit *units, const ll_layer_unit *pair)
{
    double a = guess(&units[pair->before].part), b = guess(&units[pair->after].part);
    return fmin(a, b) / fmax(fmax(a, b), 1);
}

void ll_pairs_choose(ll_pairs *p, ll_layer_space *own)
{
    candidate *c = LL_NEW_ARRAY(candidate, p->n + 1);
    for (int i = 0; i < p->n; i++)
        c[i] = (candidate){&p->pairs[i], kinds_of(own->units, &p->pairs[i]),
                           balance_of(own->units, &p->pairs[i])};
    if (p->n) qsort(c, (size_t)p->n, sizeof *c, by_kinds);
    for (int from = 0, n; from < p->n; from += n) {
        for (n = 1; from + n < p->n && c[from + n].kinds == c[from].kinds; n++)
            ;
        int wanted = n < LL_PAIRS_EACH ? n : LL_PAIRS_EACH;
        own->units = ll_realloc(own->units, (size_t)(own->n + own->n_pairs + wanted), sizeof *own->units);
        for (int i = 0; i < wanted; i++) own->units[own->n + own->n_pairs++] = *c[from + i].pair;
    }
    free(c);
}

/* --- what their times say --- */

/* Of one pair; NaN: the noise is too large to tell. */
static double gain_of(const ll_layer_unit *u, int pair, const double *ms, const double *error_ms)
{
    double both = ms[pair] - u->spare * ms[u->before], less = fmin(ms[u->before], ms[u->after]);
    double error = hypot(hypot((1 + u->spare) * error_ms[u->before], error_ms[u->after]), error_ms[pair]);
    return error <= LL_GAIN_ERROR * less ? ll_fusion_gain(ms[u->before], ms[u->after], both) : NAN;
}

int ll_layer_space_fusions(const ll_layer_space *s, const double *ms, const double *error_ms, ll_fusion *out,
                           ll_str *unclear)
{
    int n = 0;
    double gains[LL_PAIRS_EACH];
    for (int i = 0, many; i < s->n_pairs; i += many) {
        int kinds = kinds_of(s->units, &s->units[s->n + i]), known = 0;
        for (many = 0; i + many < s->n_pairs; many++) {
            const ll_layer_unit *u = &s->units[s->n + i + many];
            if (kinds_of(s->units, u) != kinds) break;
            gains[known] = gain_of(u, s->n + i + many, ms, error_ms);
            known += !isnan(gains[known]);
        }
        ll_fusion f = {kinds / LL_KERNELS, kinds % LL_KERNELS, known ? ll_median(gains, known) : NAN, known};
        if (known) out[n++] = f;
        if (known || !unclear) continue;
        if (unclear->len) ll_str_add(unclear, ", ");
        ll_fusion_text(&f, unclear);
    }
    return n;
}
