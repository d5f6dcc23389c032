/* What the signals in the network say: codes of its ReLUs, features, the gradient of its images. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/blas.h"
#include "core/num/linalg.h"
#include "core/proxies/parts.h"

/* --- nwot --- */

/* In how many of all ReLUs two images differ: exact in 64-bit numbers. */
typedef struct codes {
    int n;
    double relus;
    double *differ; /* (n, n), above the diagonal */
    uint64_t *bits; /* (n, words) of one layer */
    size_t room;
} codes;

/* Bits of all channels of an image behind one another. */
static void pack(const codes *k, int image, int c, int p, const float *x, uint64_t *bits)
{
    uint64_t word = 0;
    int filled = 0;
    for (int i = 0; i < c; i++) {
        const float *v = x + ((size_t)i * (size_t)k->n + (size_t)image) * (size_t)p;
        for (int j = 0; j < p; j++) {
            word |= (uint64_t)(v[j] > 0) << filled;
            if (++filled < 64) continue;
            *bits++ = word;
            word = 0, filled = 0;
        }
    }
    if (filled) *bits = word;
}

static double count_differences(const uint64_t *a, const uint64_t *b, size_t words)
{
    long sum = 0;
    for (size_t i = 0; i < words; i++) sum += __builtin_popcountll(a[i] ^ b[i]);
    return (double)sum;
}

static void add_codes(void *ctx, int c, int p, const float *x)
{
    codes *k = ctx;
    size_t words = ((size_t)c * (size_t)p + 63) / 64, all = words * (size_t)k->n;
    if (all > k->room) k->bits = ll_realloc(k->bits, k->room = all, sizeof *k->bits);
    for (int i = 0; i < k->n; i++) pack(k, i, c, p, x, k->bits + (size_t)i * words);
    for (int i = 0; i < k->n; i++)
        for (int j = i + 1; j < k->n; j++)
            k->differ[i * k->n + j] +=
                count_differences(k->bits + (size_t)i * words, k->bits + (size_t)j * words, words);
    k->relus += (double)c * p;
}

/* K counts the ReLUs in which two images agree; two images that agree in all leave no determinant. */
static double nwot(ll_proxy_work *w)
{
    int n = w->images->n;
    codes k = {.n = n, .differ = LL_NEW_ARRAY(double, n *n)};
    ll_net_relus(w->net, add_codes, &k);
    for (int i = 0; i < n; i++) {
        k.differ[i * n + i] = k.relus;
        for (int j = i + 1; j < n; j++)
            k.differ[j * n + i] = k.differ[i * n + j] = k.relus - k.differ[i * n + j];
    }
    double value = ll_cholesky(n, k.differ, n) ? ll_cholesky_logdet(n, k.differ, n) : NAN;
    free(k.differ);
    free(k.bits);
    return value;
}

/* --- zen --- */

/* As its authors: 32 draws of weights and 16 images each. */
enum { REPEATS = 32, IMAGES = 16 };

typedef struct zen_images {
    float *x, *near; /* (3, IMAGES, side, side) */
    float *f, *g;    /* features */
} zen_images;

static double one_zen(ll_proxy_work *w, zen_images *z, uint64_t repeat)
{
    ll_rng r = ll_rng_new(w->seed + (repeat << 32), LL_STREAM_DATA);
    ll_proxy_open(w, IMAGES, LL_NET_NORMAL, repeat);
    size_t n = ll_net_image(w->net) * IMAGES, m = ll_net_features(w->net, NULL);
    if (!z->x) {
        z->x = ll_alloc_aligned(n, sizeof *z->x);
        z->near = ll_alloc_aligned(n, sizeof *z->near);
        z->f = ll_alloc_aligned(m, sizeof *z->f);
        z->g = ll_alloc_aligned(m, sizeof *z->g);
    }
    for (size_t i = 0; i < n; i++) {
        z->x[i] = (float)ll_net_normal(&r);
        z->near[i] = z->x[i] + .01f * (float)ll_net_normal(&r);
    }
    double apart = 0;
    if (!ll_net_forward(w->net, z->near)) return NAN;
    ll_net_features(w->net, z->g);
    if (!ll_net_forward(w->net, z->x)) return NAN;
    ll_net_features(w->net, z->f);
    for (size_t i = 0; i < m; i++) apart += fabs((double)z->f[i] - (double)z->g[i]);
    return log(apart / IMAGES) + ll_net_log_spread(w->net);
}

static double zen(ll_proxy_work *w)
{
    zen_images z = {0};
    double sum = 0;
    int repeats = w->repeats ? w->repeats : REPEATS;
    for (int i = 0; i < repeats && !isnan(sum); i++) sum += one_zen(w, &z, (uint64_t)i + 1);
    free(z.x);
    free(z.near);
    free(z.f);
    free(z.g);
    return sum / repeats;
}

/* --- correlations of the images' gradients --- */

/* out (k, k): the correlations of those images; false: the gradient of one is constant. */
static bool correlate(const ll_proxy_work *w, const int *which, int k, double *out)
{
    size_t plane = ll_net_image(w->net) / 3, n = 3 * plane, batch = (size_t)w->images->n;
    double *v = LL_NEW_ARRAY(double, (size_t)k *n + 1);
    bool good = true;
    for (int i = 0; i < k; i++) {
        double *row = v + (size_t)i * n, sum = 0, squares = 0;
        for (size_t c = 0; c < 3; c++)
            for (size_t p = 0; p < plane; p++)
                sum += row[c * plane + p] = (double)w->d_images[(c * batch + (size_t)which[i]) * plane + p];
        for (size_t p = 0; p < n; p++) row[p] -= sum / (double)n, squares += row[p] * row[p];
        good = good && squares > 0;
        for (size_t p = 0; p < n; p++) row[p] /= sqrt(squares);
    }
    if (good) ll_dsyrk(false, k, (int)n, 1, v, (int)n, 0, out, k);
    free(v);
    return good;
}

static const double little = 1e-5;

static double jacov(ll_proxy_work *w)
{
    int n = w->images->n;
    double *c = LL_NEW_ARRAY(double, n *n), *v = LL_NEW_ARRAY(double, n), sum = 0;
    int *all = LL_NEW_ARRAY(int, n);
    for (int i = 0; i < n; i++) all[i] = i;
    if (!correlate(w, all, n, c) || !ll_eigen_symmetric(n, c, n, v)) sum = NAN;
    for (int i = 0; i < n; i++) sum -= log(v[i] + little) + 1 / (v[i] + little);
    free(all);
    free(v);
    free(c);
    return sum;
}

/* |sum of log(|c| + little)| within a class, added over those that there are. */
static double epe_nas(ll_proxy_work *w)
{
    int n = w->images->n, *of = LL_NEW_ARRAY(int, n);
    double *c = LL_NEW_ARRAY(double, n *n), value = 0;
    for (int class = 0; class < w->images->classes; class ++) {
        int k = 0;
        double sum = 0;
        for (int i = 0; i < n; i++)
            if (w->images->label[i] == class) of[k++] = i;
        if (k && !correlate(w, of, k, c)) sum = NAN;
        for (int i = 0; i < k * k; i++) sum += log(fabs(c[i]) + little);
        value += fabs(sum);
    }
    free(c);
    free(of);
    return value;
}

const ll_proxy ll_proxy_nwot = {.name = "nwot",
                                .summary = "Log-determinant of how the codes of the ReLUs agree (2006.04647)",
                                .wants = LL_WANTS_FORWARD,
                                .by_images = true,
                                .value = nwot};
const ll_proxy ll_proxy_zen = {.name = "zen",
                               .summary =
                                   "How far features move with the image, Gaussian weights (2102.01063)",
                               .wants = LL_WANTS_PASSES,
                               .value = zen};
const ll_proxy ll_proxy_jacov = {.name = "jacov",
                                 .summary = "How little the images' gradients correlate (2006.04647)",
                                 .wants = LL_WANTS_JACOBIAN,
                                 .by_images = true,
                                 .value = jacov};
const ll_proxy ll_proxy_epe_nas = {.name = "epe_nas",
                                   .summary = "Correlation of gradients within the classes (2102.08099)",
                                   .wants = LL_WANTS_JACOBIAN,
                                   .by_images = true,
                                   .value = epe_nas};
