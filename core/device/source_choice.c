#include "core/device/source_choice.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/device/audit.h"
#include "core/device/hardware.h"
#include "core/device/likeness.h"
#include "core/num/sort.h"
#include "core/num/stats.h"

static const double level = .9;
enum { TELLING = 10 }; /* samples that a twin must agree on */

ll_ints ll_source_candidates(const ll_dataset *d, int target, const ll_source_rule *rule)
{
    ll_ints out = {0};
    for (int i = 0; i < d->n_devices; i++) {
        bool own = ll_same_hardware(d, i, target);
        if (i == target || (own && !rule->same_hardware)) continue;
        if (d->devices[i].of != d->devices[target].of || !ll_dataset_count(d, i)) continue;
        ll_ints_add(&out, i);
    }
    return out;
}

/* The correlation matrix of the candidates alone, (n, n). */
static double *among_candidates(const ll_corr *among, const ll_ints *candidates)
{
    int n = candidates->n;
    double *r = LL_NEW_ARRAY(double, (size_t)n *(size_t)n + 1);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            r[i * n + j] = ll_corr_at(among, ll_ints_find(&among->devices, candidates->v[i]),
                                      ll_ints_find(&among->devices, candidates->v[j]));
    return r;
}

/* Mean and deviation of Fisher's z of one candidate with the others; deviation 1 where there are too few. */
static void with_others(const double *r, int n, int i, double *mean, double *deviation)
{
    double *z = LL_NEW_ARRAY(double, n + 1);
    int m = 0;
    for (int j = 0; j < n; j++)
        if (j != i && !isnan(r[i * n + j])) z[m++] = ll_fisher_z(r[i * n + j], 0);
    *mean = m ? ll_mean(z, m) : 0;
    *deviation = m > 2 ? fmax(ll_std(z, m), .1) : 1;
    free(z);
}

static ll_chosen_source candidate(const ll_dataset *d, int target, int device, const int *samples, int k)
{
    ll_chosen_source c = {.device = device, .same_hardware = ll_same_hardware(d, device, target)};
    c.on_samples = ll_spearman_on(d, device, target, samples, k, &c.k);
    ll_spearman_interval(c.on_samples, c.k, level, &c.lo, &c.hi);
    c.twin = c.k >= TELLING && c.on_samples > LL_TWIN;
    return c;
}

/* The samples' word and that of the other candidates, weighed by their precision. */
static double likeness(const ll_chosen_source *c, double mean, double deviation)
{
    double error = ll_fisher_error(c->on_samples, c->k);
    if (isnan(c->on_samples) || isinf(error)) return tanh(mean);
    double own = 1 / (error * error), general = 1 / (deviation * deviation);
    return tanh((own * ll_fisher_z(c->on_samples, c->k) + general * mean) / (own + general));
}

static bool says_the_same(const double *r, int n, int i, const ll_ints *taken)
{
    for (int j = 0; j < taken->n; j++)
        if (r[i * n + taken->v[j]] > LL_TWIN) return true;
    return false;
}

/* The best of those that are not taken; with `fresh` of those that add something. -1: none is left. */
static int next_best(const ll_chosen_source *all, const double *r, int n, const ll_ints *taken, bool fresh)
{
    int best = -1;
    for (int i = 0; i < n; i++) {
        if (ll_ints_find(taken, i) >= 0 || (fresh && says_the_same(r, n, i, taken))) continue;
        if (best < 0 || all[i].likeness > all[best].likeness) best = i;
    }
    return best;
}

static int most_alike_first(const void *a, const void *b)
{
    const ll_chosen_source *x = a, *y = b;
    int order = ll_by_number(y->likeness, x->likeness);
    return order ? order : x->device - y->device;
}

int ll_choose_sources(const ll_dataset *d, const ll_corr *among, int target, const int *samples, int k,
                      const ll_source_rule *rule, ll_chosen_source *out)
{
    ll_ints candidates = ll_source_candidates(d, target, rule), taken = {0};
    int n = candidates.n;
    double *r = among_candidates(among, &candidates);
    ll_chosen_source *all = LL_NEW_ARRAY(ll_chosen_source, n + 1);
    for (int i = 0; i < n; i++) {
        double mean, deviation;
        with_others(r, n, i, &mean, &deviation);
        all[i] = candidate(d, target, candidates.v[i], samples, k);
        all[i].likeness = likeness(&all[i], mean, deviation);
    }
    while (taken.n < rule->most && taken.n < n) {
        int i = next_best(all, r, n, &taken, true);
        if (i < 0) i = next_best(all, r, n, &taken, false);
        out[taken.n] = all[i];
        ll_ints_add(&taken, i);
    }
    int chosen = taken.n;
    if (chosen) qsort(out, (size_t)chosen, sizeof *out, most_alike_first);
    ll_ints_free(&candidates);
    ll_ints_free(&taken);
    free(all);
    free(r);
    return chosen;
}
