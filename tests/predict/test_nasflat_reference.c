#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/system/fs.h"
#include "core/nn/adamw.h"
#include "core/num/blas.h"
#include "core/predict/nasflat/train.h"
#include "data/datasets/verify_reference.h"
#include "data/formats/safetensors.h"
#include "tests/check.h"

/* --- reference --- */

static void reference_tensors(void)
{
    static const char *const cases[] = {"ensemble", "dense", "gat"};
    const char *dir = check_shared("golden");
    for (int i = 0; dir && i < 3; i++) {
        char stem[600];
        ll_reference_errors x;
        ll_error e = {0};
        snprintf(stem, sizeof stem, "%s/nasflat_nb201_%s", dir, cases[i]);
        CHECK_INT(ll_verify_reference(stem, &x, &e), LL_OK);
        check_report(x.passed && x.n_scores == 102 && x.n_tensors > 40, __FILE__, __LINE__,
                     "%s: score %g, loss %g, gradient %g in %s", cases[i], x.score, x.loss, x.gradient,
                     x.worst_tensor);
    }
}

static void copy_file(const char *from, const char *to)
{
    char *bytes;
    size_t n;
    ll_error e = {0};
    CHECK_INT(ll_read_file(from, 0, &bytes, &n, &e), LL_OK);
    CHECK_INT(ll_write_file(to, bytes, n, &e), LL_OK);
    free(bytes);
}

/* A weight that is off by one part in a thousand must not pass. */
static void reference_errors_are_seen(void)
{
    const char *dir = check_shared("golden");
    char from[600], stem[600], to[700];
    if (!dir) return;
    snprintf(stem, sizeof stem, "%s/changed", check_tmpdir());
    static const char *const parts[] = {".json", "_grad.safetensors", ".safetensors"};
    for (int i = 0; i < 3; i++) {
        snprintf(from, sizeof from, "%s/nasflat_nb201_gat%s", dir, parts[i]);
        snprintf(to, sizeof to, "%s%s", stem, parts[i]);
        copy_file(from, to);
    }
    ll_tensors t = {0};
    ll_error e = {0};
    ll_reference_errors x;
    CHECK_INT(ll_safetensors_read(to, &t, &e), LL_OK);
    float *w = ll_tensors_find(&t, "gcns.1.Wk.weight")->data;
    for (int i = 0; i < 1000; i++) w[i] *= 1.001f;
    CHECK_INT(ll_safetensors_write(to, &t, &e), LL_OK);
    ll_tensors_free(&t);
    CHECK_INT(ll_verify_reference(stem, &x, &e), LL_OK);
    CHECK(!x.passed && x.score > LL_REFERENCE_SCORE);
}

/* --- optimiser --- */

static void adamw_steps(void)
{
    /* w = 1, g = .5, lr .1, decay .01, by hand: w (1 - .001) - .1 * .5/(.5 + 1e-8); second step g = -.25:
     * m = .9*.05 - .025 = .02, v = .999*.00025 + .001*.0625 = .00031225; w*.999 - .1 * (.02/.19)/(sqrt(v/.001999)) */
    float w[2] = {1, 1}, first[2] = {.25f, .5f}, second[2] = {.25f, 0}, *parts[] = {first, second};
    unsigned char active[] = {1, 0};
    ll_adamw a;
    ll_adamw_init(&a, 2, .01);
    ll_adamw_step(&a, w, parts, 2, active, .1, NULL);
    CHECK_NEAR(w[0], .999 - .1, 1e-6);
    CHECK_NEAR(w[1], 1, 0);
    CHECK_NEAR(first[0] + first[1] + second[0], 0, 0); /* gradients are cleared for the next step */
    first[0] = -.25f;
    ll_adamw_step(&a, w, parts, 2, active, .1, NULL);
    CHECK_NEAR(w[0], .899 * .999 - .1 * (.02 / .19) / sqrt(.00031225 / .001999), 1e-6);
    ll_adamw_free(&a);
    CHECK_NEAR(ll_cosine(1e-3, 1e-6, 0, 150), 1e-3, 1e-12);
    CHECK_NEAR(ll_cosine(1e-3, 1e-6, 75, 150), (1e-3 + 1e-6) / 2, 1e-12);
    CHECK_NEAR(ll_cosine(1e-3, 1e-6, 150, 150), 1e-6, 1e-12);
}

static void pairs_are_drawn_as_asked(void)
{
    ll_nasflat_item items[6] = {{0, 0}, {1, 0}, {2, 0}, {0, 1}, {1, 1}, {2, 1}};
    double y[6] = {1, 2, 2, 5, 4, 4};
    ll_pair pairs[24];
    int n = ll_nasflat_draw_pairs(items, y, 6, true, 24, 1, pairs);
    CHECK_INT(n, 4); /* of three pairs per device one has equal targets */
    for (int i = 0; i < n; i++) {
        CHECK_INT(items[pairs[i].a].device, items[pairs[i].b].device);
        CHECK_INT(pairs[i].sign, y[pairs[i].a] > y[pairs[i].b] ? 1 : -1);
    }
    CHECK_INT(ll_nasflat_draw_pairs(items, y, 6, false, 24, 1, pairs), 13);
    CHECK_INT(ll_nasflat_draw_pairs(items, y, 6, false, 5, 1, pairs), 5);
    double equal[6] = {0};
    CHECK_INT(ll_nasflat_draw_pairs(items, equal, 6, false, 24, 1, pairs), 0);
}

static const check_case cases[] = {
    {"reference tensors", reference_tensors},
    {"reference errors are seen", reference_errors_are_seen},
    {"adamw steps", adamw_steps},
    {"pairs are drawn as asked", pairs_are_drawn_as_asked},
    {0},
};

int main(int argc, char **argv)
{
    ll_blas_init();
    return check_main("test_nasflat_reference", cases, argc, argv);
}
