#include "core/num/stats.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/num/sort.h"

void ll_ranks(const double *x, int n, double *rank)
{
    int *order = LL_NEW_ARRAY(int, n + 1);
    ll_sort_order(x, n, order);
    for (int i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && x[order[j]] == x[order[i]];) j++;
        for (int t = i; t < j; t++) rank[order[t]] = (i + 1 + j) / 2.0;
    }
    free(order);
}

double ll_mean(const double *x, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += x[i];
    return n > 0 ? sum / n : NAN;
}

static double squares_about(const double *x, int n, double mean)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += (x[i] - mean) * (x[i] - mean);
    return sum;
}

double ll_std(const double *x, int n)
{
    return n < 2 ? 0 : sqrt(squares_about(x, n, ll_mean(x, n)) / (n - 1));
}

/* Asked of the values, not of their variance: rounding leaves 1e-17 of variance in a constant 0.1. */
static bool constant(const double *x, int n)
{
    for (int i = 1; i < n; i++)
        if (x[i] != x[0]) return false;
    return true;
}

double ll_pearson(const double *a, const double *b, int n)
{
    if (n < 2 || constant(a, n) || constant(b, n)) return NAN;
    double ma = ll_mean(a, n), mb = ll_mean(b, n), cross = 0;
    for (int i = 0; i < n; i++) cross += (a[i] - ma) * (b[i] - mb);
    /* two roots: the product of two tiny variances would underflow */
    double r = cross / sqrt(squares_about(a, n, ma)) / sqrt(squares_about(b, n, mb));
    return fmax(-1, fmin(1, r));
}

double ll_spearman(const double *a, const double *b, int n)
{
    if (n < 2) return NAN;
    double *ranks = LL_NEW_ARRAY(double, 2 * (size_t)n);
    ll_ranks(a, n, ranks);
    ll_ranks(b, n, ranks + n);
    double r = ll_pearson(ranks, ranks + n, n);
    free(ranks);
    return r;
}

/* --- Kendall --- */

/* Sorts v by merging and returns how many pairs stood in the wrong order. */
static long long count_exchanges(double *v, double *spare, int n)
{
    long long exchanges = 0;
    for (int width = 1; width < n; width *= 2) {
        for (int lo = 0; lo < n; lo += 2 * width) {
            int mid = lo + width < n ? lo + width : n, hi = lo + 2 * width < n ? lo + 2 * width : n;
            for (int i = lo, j = mid, k = lo; k < hi; k++) {
                bool left = j >= hi || (i < mid && v[i] <= v[j]);
                if (!left) exchanges += mid - i;
                spare[k] = left ? v[i++] : v[j++];
            }
        }
        memcpy(v, spare, (size_t)n * sizeof *v);
    }
    return exchanges;
}

/* Pairs inside the runs of equal elements of sorted a; with b, of elements equal in both. */
static long long tied_pairs(const double *a, const double *b, int n)
{
    long long pairs = 0;
    for (int i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && a[j] == a[i] && (!b || b[j] == b[i]);) j++;
        pairs += (long long)(j - i) * (j - i - 1) / 2;
    }
    return pairs;
}

/* Both sides in the order of a, equal a in the order of b: two stable sorts, the lesser key first. */
static void order_by_both(const double *a, const double *b, int n, double *as, double *bs)
{
    int *first = LL_NEW_ARRAY(int, n), *second = LL_NEW_ARRAY(int, n);
    ll_sort_order(b, n, first);
    for (int i = 0; i < n; i++) as[i] = a[first[i]];
    ll_sort_order(as, n, second);
    for (int i = 0; i < n; i++) {
        as[i] = a[first[second[i]]];
        bs[i] = b[first[second[i]]];
    }
    free(first);
    free(second);
}

double ll_kendall(const double *a, const double *b, int n)
{
    if (n < 2) return NAN;
    double *as = LL_NEW_ARRAY(double, 3 * (size_t)n), *bs = as + n, *spare = bs + n;
    order_by_both(a, b, n, as, bs);
    long long all = (long long)n * (n - 1) / 2;
    long long ties_a = tied_pairs(as, NULL, n), both = tied_pairs(as, bs, n);
    long long discordant = count_exchanges(bs, spare, n); /* leaves bs sorted */
    long long ties_b = tied_pairs(bs, NULL, n);
    free(as);
    if (ties_a == all || ties_b == all) return NAN;
    long long balance = all - ties_a - ties_b + both - 2 * discordant;
    return (double)balance / sqrt((double)(all - ties_a)) / sqrt((double)(all - ties_b));
}

/* --- order statistics --- */

double ll_quantile(const double *x, int n, double q)
{
    if (n < 1) return NAN;
    int *order = LL_NEW_ARRAY(int, n);
    ll_sort_order(x, n, order);
    double at = fmax(0, fmin(1, q)) * (n - 1);
    int lo = (int)at, hi = lo + 1 < n ? lo + 1 : lo;
    double low = x[order[lo]], high = x[order[hi]];
    free(order);
    return low + (at - lo) * (high - low);
}

double ll_median(const double *x, int n)
{
    return ll_quantile(x, n, .5);
}

void ll_medians_without(const double *x, int n, double *out)
{
    int *order = LL_NEW_ARRAY(int, n + 1), known = 0;
    ll_sort_order(x, n, order);
    while (known < n && !isnan(x[order[known]])) known++;
    for (int place = 0; place < n; place++) {
        int others = known - (place < known), low = (others - 1) / 2, high = others / 2;
        /* behind the one that is left out, the list is one shorter */
        low += low >= place;
        high += high >= place;
        out[order[place]] = others ? (x[order[low]] + x[order[high]]) / 2 : NAN;
    }
    free(order);
}

double ll_mad_sigma(const double *x, int n)
{
    if (n < 1) return NAN;
    double median = ll_median(x, n), *off = LL_NEW_ARRAY(double, n);
    for (int i = 0; i < n; i++) off[i] = fabs(x[i] - median);
    double sigma = 1.4826 * ll_median(off, n);
    free(off);
    return sigma;
}
