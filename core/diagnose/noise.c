/* How good could any predictor be? */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/diagnose/diagnose.h"
#include "core/num/stats.h"
#include "core/predict/gp/source.h"

enum { LEAST_KNOWN = 600, MOST_LEARNED = 1000, LEAST_PAIRS = 30 };

/* Spearman of the truth with the same truth rounded: what rounding takes off the variance of the ranks,
 * sqrt(1 - sum(t^3 - t)/(n^3 - n)) over groups of t ties. */
static double ceiling_of_ties(const double *y, int n)
{
    double *rank = LL_NEW_ARRAY(double, n + 1), mean = (n + 1) / 2., tied = 0;
    ll_ranks(y, n, rank);
    for (int i = 0; i < n; i++) tied += (rank[i] - mean) * (rank[i] - mean);
    free(rank);
    double n3 = (double)n;
    return n > 1 ? sqrt(tied * 12 / (n3 * n3 * n3 - n3)) : NAN;
}

/* Ranks whose error variance is known: the best correlation with them is sqrt(1 - error/total). */
static double ceiling_of_error(double error_variance, const double *rank, int n)
{
    double sd = ll_std(rank, n);
    return sd > 0 ? sqrt(fmax(0, 1 - error_variance / (sd * sd))) : NAN;
}

/* --- pairs of cells that are the same network --- */

/* Ranks of the known latencies by row, NaN elsewhere. */
static double *ranks_by_row(const ll_dataset *d, int device, double **known_ranks, int *n)
{
    double *by_row = LL_NEW_ARRAY(double, d->n_archs), *y = LL_NEW_ARRAY(double, d->n_archs);
    *known_ranks = LL_NEW_ARRAY(double, d->n_archs);
    *n = 0;
    for (int i = 0; i < d->n_archs; i++)
        if (ll_known(d, device, i)) y[(*n)++] = ll_latencies(d, device)[i];
    ll_ranks(y, *n, *known_ranks);
    for (int i = 0, at = 0; i < d->n_archs; i++)
        by_row[i] = ll_known(d, device, i) ? (*known_ranks)[at++] : NAN;
    free(y);
    return by_row;
}

static void ceiling_of_mirrors(const ll_diagnosis *q, ll_noise_report *out)
{
    const ll_dataset *d = q->data;
    double *known, error = 0, equal = 0;
    int n, pairs = 0;
    double *rank = ranks_by_row(d, q->device, &known, &n);
    for (int i = 0; i < d->n_archs; i++) {
        uint8_t mirror[LL_MAX_POSITIONS];
        int j = ll_cell_mirror(d->space, ll_gene(d, i), mirror) ? ll_dataset_row(d, mirror) : -1;
        if (j <= i || isnan(rank[i]) || isnan(rank[j])) continue;
        error += (rank[i] - rank[j]) * (rank[i] - rank[j]) / 2;
        equal += rank[i] == rank[j];
        pairs++;
    }
    out->n_mirrors = pairs;
    out->mirrors = pairs >= LEAST_PAIRS ? ceiling_of_error(error / pairs, known, n) : NAN;
    out->mirrors_equal = pairs ? equal / pairs : NAN;
    free(rank);
    free(known);
}

/* --- repeated measurements --- */

/* Two measurements with independent errors correlate by what is true of one of them, and the truth with either by the
 * root of that (the reliability of Spearman, 1910). Where no second measurement is known, each latency is moved by its own
 * measured deviation once more and ranked again: the mean square step is the error variance of a rank. */
static double ceiling_of_repeats(const ll_diagnosis *q)
{
    const ll_dataset *d = q->data;
    double again = d->devices[q->device].repeat;
    if (!isnan(again)) return sqrt(fmax(0, again));
    if (!d->std_ms) return NAN;
    const double *lat = ll_latencies(d, q->device), *sd = d->std_ms + (size_t)q->device * (size_t)d->n_archs;
    double *y = LL_NEW_ARRAY(double, 4 * (size_t)d->n_archs), *moved = y + d->n_archs,
           *rank = moved + d->n_archs, *new_rank = rank + d->n_archs, error = 0;
    ll_rng rng = ll_rng_new(q->seed, LL_STREAM_DATA);
    int n = 0;
    for (int i = 0; i < d->n_archs; i++) {
        if (isnan(lat[i]) || isnan(sd[i])) continue;
        y[n] = lat[i];
        moved[n++] = lat[i] + sd[i] * ll_rng_normal(&rng);
    }
    ll_ranks(y, n, rank);
    ll_ranks(moved, n, new_rank);
    for (int i = 0; i < n; i++) error += (rank[i] - new_rank[i]) * (rank[i] - new_rank[i]);
    double ceiling = n < LEAST_PAIRS ? NAN : ceiling_of_error(error / n, rank, n);
    free(y);
    return ceiling;
}

/* --- what can be learnt with many latencies --- */

static void learn(const ll_diagnosis *q, const ll_ints *known, int n_fit, ll_noise_report *out)
{
    const ll_dataset *d = q->data;
    const double *lat = ll_latencies(d, q->device);
    ll_gp_features f;
    ll_gp_source fitted;
    ll_gp_features_init(&f, d->archs, q->observer);
    double *phi = LL_NEW_ARRAY(double, (size_t)d->n_archs *(size_t)f.dim),
           *y = LL_NEW_ARRAY(double, d->n_archs);
    double *predicted = LL_NEW_ARRAY(double, d->n_archs), *held = LL_NEW_ARRAY(double, d->n_archs);
    ll_gp_features_fill(&f, d->archs, q->observer, phi, f.dim);
    ll_gp_source_fit(&f, phi, f.dim, lat, NULL, known->v, n_fit, q->observer, &fitted);
    ll_gp_source_predict(&fitted, &f, phi, f.dim, NULL, d->n_archs, predicted, 1);
    int n = known->n - n_fit;
    for (int i = 0; i < n; i++) {
        y[i] = lat[known->v[n_fit + i]];
        held[i] = predicted[known->v[n_fit + i]];
    }
    out->learned = ll_spearman(held, y, n);
    out->learned_n = n_fit;
    ll_gp_source_free(&fitted);
    ll_gp_features_free(&f);
    free(phi);
    free(y);
    free(predicted);
    free(held);
}

static void ceiling_by_learning(const ll_diagnosis *q, const ll_ints *known, ll_noise_report *out)
{
    out->learned = NAN;
    if (known->n < LEAST_KNOWN) return;
    ll_ints shuffled = ll_ints_copy(known->v, known->n);
    ll_rng rng = ll_rng_new(q->seed, LL_STREAM_DATA);
    ll_rng_shuffle(&rng, shuffled.v, shuffled.n);
    int n_fit = known->n * 2 / 3 < MOST_LEARNED ? known->n * 2 / 3 : MOST_LEARNED;
    learn(q, &shuffled, n_fit, out);
    ll_ints_free(&shuffled);
}

static void lower(ll_noise_report *r, double ceiling, const char *from)
{
    if (isnan(ceiling) || (!isnan(r->ceiling) && ceiling >= r->ceiling)) return;
    r->ceiling = ceiling;
    r->ceiling_from = from;
}

static void choose_ceiling(ll_noise_report *r)
{
    bool replicated = !isnan(r->repeats) || !isnan(r->mirrors);
    r->ceiling = NAN;
    r->ceiling_from = "ties";
    lower(r, r->ties, "ties");
    lower(r, r->repeats, "repeats");
    lower(r, r->mirrors, "mirrors");
    bool known_better = r->learned > r->ceiling;
    if (isnan(r->learned) || (replicated && !known_better)) return;
    r->ceiling = r->learned;
    r->ceiling_from = "learned";
}

ll_status ll_diagnose_noise(const ll_diagnosis *q, ll_noise_report *out, ll_error *e)
{
    ll_ints known = ll_dataset_common(q->data, &q->device, 1);
    double *y = LL_NEW_ARRAY(double, known.n + 1);
    for (int i = 0; i < known.n; i++) y[i] = ll_latencies(q->data, q->device)[known.v[i]];
    *out = (ll_noise_report){0};
    ll_audit_devices(q->data, &q->device, 1, NULL, &out->audit);
    out->ties = ceiling_of_ties(y, known.n);
    out->repeats = ceiling_of_repeats(q);
    ceiling_of_mirrors(q, out);
    ceiling_by_learning(q, &known, out);
    choose_ceiling(out);
    free(y);
    ll_ints_free(&known);
    return ll_cancelled(q->observer) ? ll_fail(e, LL_CANCELLED, "cancelled") : LL_OK;
}
