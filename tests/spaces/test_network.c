/* The description of a network: shapes join for every cell, costs follow from it, weights are what the header
 * says. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/space/moves.h"
#include "core/space/network.h"
#include "tests/check.h"

static void random_gene(const ll_space *s, ll_rng *r, uint8_t *gene)
{
    for (int p = 0; p < s->n_positions; p++) gene[p] = (uint8_t)ll_rng_below(r, s->n_ops);
}

/* Does what layer i reads as `in` exist, in the shape it wants? */
static bool input_fits(const ll_network *n, int i, int in)
{
    const ll_layer *l = &n->layers[i];
    if (in == LL_TENSOR_ZERO) return true;
    if (in == LL_TENSOR_INPUT) return l->c_in == 3 && l->h_in == 32;
    if (in < 0 || in > i) return false;
    const ll_layer *from = &n->layers[in - 1];
    return from->c_out == l->c_in && from->h_out == l->h_in;
}

static bool layer_fits(const ll_network *n, int i)
{
    const ll_layer *l = &n->layers[i];
    int span = l->h_in + 2 * ll_layer_padding(l) - l->kernel;
    bool good = input_fits(n, i, l->in[0]) && (l->kind != LL_ADD || input_fits(n, i, l->in[1]));
    if (l->kind == LL_CONV || l->kind == LL_POOL_AVG) good = good && span / l->stride + 1 == l->h_out;
    return good && l->c_in % l->groups == 0 && l->c_out % l->groups == 0;
}

static int misfits(const ll_network *n)
{
    int wrong = 0;
    for (int i = 0; i < n->n_layers; i++) wrong += !layer_fits(n, i);
    return wrong;
}

/* Counted by hand from the paper's description of the macro network. Channels double as pixels quarter, so a
 * convolution of a cell costs the same in all 15 cells: 16 x 16 channels on 32 x 32 pixels. */
static double nb201_conv_macs(const uint8_t *gene)
{
    double cell = 0;
    for (int i = 0; i < 6; i++) cell += gene[i] == 3 ? 9 * 256. * 1024 : gene[i] == 2 ? 256. * 1024 : 0;
    double stem = 27 * 16. * 1024;
    /* per reduction: c/2 -> c 3x3 at stride 2, c -> c 3x3, c/2 -> c 1x1 */
    double reductions =
        (9 * 16 * 32. + 9 * 32 * 32. + 16 * 32.) * 256 + (9 * 32 * 64. + 9 * 64 * 64. + 32 * 64.) * 64;
    return stem + 15 * cell + reductions;
}

static double nb201_conv_params(const uint8_t *gene)
{
    double per_cell = 0;
    for (int i = 0; i < 6; i++) per_cell += gene[i] == 3 ? 9 : gene[i] == 2 ? 1 : 0;
    return 27 * 16 + 5 * per_cell * (16 * 16 + 32 * 32 + 64 * 64) + 9 * 16 * 32 + 9 * 32 * 32 + 16 * 32 +
           9 * 32 * 64 + 9 * 64 * 64 + 32 * 64;
}

static void every_cell_joins_and_counts(void)
{
    const ll_space *s = ll_space_find("nasbench201");
    ll_network *n = LL_NEW(ll_network);
    int wrong = 0, miscounted = 0;
    for (int i = 0; i < s->n_archs; i++) {
        uint8_t gene[LL_MAX_POSITIONS];
        ll_cost c;
        ll_error e = {0};
        s->at(s, i, gene);
        CHECK_INT(ll_network_build(s, gene, n, &e), LL_OK);
        wrong += misfits(n);
        double params = 0;
        for (int j = 0; j < n->n_layers; j++)
            if (n->layers[j].kind == LL_CONV) params += (double)ll_layer_weight_count(&n->layers[j]);
        ll_space_cost(s, gene, &c);
        miscounted += c.conv_macs != nb201_conv_macs(gene) || c.conv_params != nb201_conv_params(gene) ||
                      params != c.conv_params;
    }
    CHECK_INT(wrong, 0);
    CHECK_INT(miscounted, 0);
    free(n);
}

/* The floats an engine is given are the parameters that the cost counts, but for the scale of each folded
 * batch normalisation, which lives in the weights. */
static void fbnet_joins_and_counts(void)
{
    const ll_space *s = ll_space_find("fbnet");
    ll_network *n = LL_NEW(ll_network);
    ll_rng r = ll_rng_new(1, 1);
    int wrong = 0, miscounted = 0;
    for (int i = 0; i < 2000; i++) {
        uint8_t gene[LL_MAX_POSITIONS];
        ll_cost c;
        ll_error e = {0};
        random_gene(s, &r, gene);
        CHECK_INT(ll_network_build(s, gene, n, &e), LL_OK);
        wrong += misfits(n);
        double floats = 0, folded = 0;
        for (int j = 0; j < n->n_layers; j++) {
            const ll_layer *l = &n->layers[j];
            floats += (double)(ll_layer_weight_count(l) + ll_layer_bias_count(l));
            if (l->kind == LL_CONV && l->bn) folded += l->c_out;
        }
        ll_space_cost(s, gene, &c);
        miscounted += floats + folded != c.params;
    }
    CHECK_INT(wrong, 0);
    CHECK_INT(miscounted, 0);
    free(n);
}

/* A cell of `none` alone: what is behind it reads zeros. */
static void nothing_is_a_tensor_of_zeros(void)
{
    const ll_space *s = ll_space_find("nasbench201");
    ll_network n;
    ll_error e = {0};
    CHECK_INT(ll_network_build(s, (uint8_t[6]){0}, &n, &e), LL_OK);
    CHECK_INT(n.n_layers, 1 + 2 * 5 + 2);
    CHECK_INT(n.layers[0].in[0], LL_TENSOR_INPUT);
    CHECK_INT(n.layers[1].in[0], LL_TENSOR_ZERO);
    CHECK_INT(n.layers[n.n_layers - 2].in[0], LL_TENSOR_ZERO);
    CHECK_INT(n.layers[n.n_layers - 1].in[0], n.n_layers - 1);
}

static void the_wires_of_a_cell(void)
{
    /* 0>1 3x3, 0>2 skip, 1>2 1x1, 0>3 none, 1>3 pool, 2>3 3x3; tensor 1 is the stem's */
    static const int expected[][3] = {{LL_CONV, 1, 0},     {LL_COPY, 1, 0}, {LL_CONV, 2, 0}, {LL_ADD, 3, 4},
                                      {LL_POOL_AVG, 2, 0}, {LL_CONV, 5, 0}, {LL_ADD, 6, 7},  {LL_CONV, 8, 0}};
    const ll_space *s = ll_space_find("nasbench201");
    ll_network n;
    ll_error e = {0};
    CHECK_INT(ll_network_build(s, (uint8_t[6]){3, 1, 2, 0, 4, 3}, &n, &e), LL_OK);
    for (int i = 0; i < 8; i++) {
        CHECK_INT(n.layers[1 + i].kind, expected[i][0]);
        CHECK_INT(n.layers[1 + i].in[0], expected[i][1]);
        CHECK_INT(n.layers[1 + i].in[1], expected[i][2]);
    }
}

/* Equal site and kind means equal weights wherever it is; different sites never share. */
static void weights_belong_to_places(void)
{
    const ll_space *s = ll_space_find("nasbench201");
    ll_network a, b;
    ll_error e = {0};
    float x[2400], y[2400];
    CHECK_INT(ll_network_build(s, (uint8_t[6]){3, 3, 3, 3, 3, 3}, &a, &e), LL_OK);
    CHECK_INT(ll_network_build(s, (uint8_t[6]){0, 0, 0, 0, 0, 3}, &b, &e), LL_OK);
    /* in the first cell: six convolutions and three sums, the last convolution before the last sum */
    const ll_layer *first = &a.layers[1], *last = &a.layers[8], *only = &b.layers[1];
    CHECK_INT(last->position, 5);
    CHECK_INT(last->site, only->site);
    CHECK(first->site != last->site);
    ll_layer_weights(last, 7, x);
    ll_layer_weights(only, 7, y);
    CHECK(!memcmp(x, y, (2304 + 16) * sizeof *x));
    ll_layer_weights(only, 8, y);
    CHECK(memcmp(x, y, (2304 + 16) * sizeof *x));
    ll_layer_weights(first, 7, y);
    CHECK(memcmp(x, y, (2304 + 16) * sizeof *x));
}

/* Mean 0 and variance 1 / fan-in: 2304 weights of fan-in 144, within five standard errors of either. */
static void weights_have_the_stated_spread(void)
{
    ll_layer l = {.kind = LL_CONV,
                  .c_in = 16,
                  .c_out = 16,
                  .h_in = 32,
                  .h_out = 32,
                  .kernel = 3,
                  .stride = 1,
                  .groups = 1,
                  .bn = true};
    float w[2304 + 16];
    double sum = 0, squares = 0;
    CHECK_INT(ll_layer_weight_count(&l), 2304);
    CHECK_INT(ll_layer_bias_count(&l), 16);
    ll_layer_weights(&l, 1, w);
    for (int i = 0; i < 2304; i++) sum += w[i], squares += (double)w[i] * w[i];
    CHECK(fabs(sum / 2304) < 5 / 12. / 48);
    CHECK(fabs(144 * squares / 2304 - 1) < 5 * .9 / 48); /* kurtosis of the uniform: variance .8 of w^2 */
    for (int i = 2304; i < 2320; i++) CHECK(fabsf(w[i]) <= .1f);
    l.kind = LL_ADD, l.bn = false;
    CHECK_INT(ll_layer_weight_count(&l) + ll_layer_bias_count(&l), 0);
}

static void a_users_space_has_no_network(void)
{
    char one[] = "a", other[] = "b", *ops[] = {one, other};
    ll_error e = {0};
    const ll_space *s = ll_space_define("mine", 3, ops, 2, &e);
    ll_network n;
    CHECK(s != NULL);
    CHECK_INT(ll_network_build(s, (uint8_t[3]){0}, &n, &e), LL_USAGE);
    CHECK(strstr(e.message, "mine"));
}

static bool same_layer(const ll_layer *a, const ll_layer *b)
{
    return a->kind == b->kind && a->c_in == b->c_in && a->c_out == b->c_out && a->h_in == b->h_in &&
           a->h_out == b->h_out && a->kernel == b->kernel && a->stride == b->stride && a->groups == b->groups;
}

/* The layers of one position, in their order; returns how many. */
static int layers_at(const ll_space *s, const uint8_t *gene, int position, ll_layer *out)
{
    ll_layer all[LL_MAX_LAYERS];
    int n = s->layers(s, gene, all, LL_MAX_LAYERS), kept = 0;
    for (int i = 0; i < n; i++)
        if (all[i].position == position) out[kept++] = all[i];
    return kept;
}

/* Where a space says so, the layers of a position are the same whatever the others choose. */
static void positions_are_independent_where_it_is_said(void)
{
    ll_rng rng = ll_rng_new(3, LL_STREAM_DATA);
    const ll_space *s;
    int said = 0;
    for (int i = 0; (s = ll_space_at(i)); i++) {
        if (!s->facts->independent) continue;
        said++;
        for (int t = 0; t < 50; t++) {
            uint8_t gene[LL_MAX_POSITIONS], alone[LL_MAX_POSITIONS] = {0};
            ll_layer with[LL_MAX_LAYERS], without[LL_MAX_LAYERS];
            int p = ll_rng_below(&rng, s->n_positions);
            ll_space_random(s, &rng, gene);
            alone[p] = gene[p];
            int n = layers_at(s, gene, p, with);
            CHECK_INT(layers_at(s, alone, p, without), n);
            for (int k = 0; k < n; k++) CHECK(same_layer(&with[k], &without[k]));
        }
    }
    CHECK_INT(said, 1);
}

static const check_case cases[] = {
    {"positions are independent where it is said", positions_are_independent_where_it_is_said},
    {"every cell joins and counts", every_cell_joins_and_counts},
    {"fbnet joins and counts", fbnet_joins_and_counts},
    {"nothing is a tensor of zeros", nothing_is_a_tensor_of_zeros},
    {"the wires of a cell", the_wires_of_a_cell},
    {"weights belong to places", weights_belong_to_places},
    {"weights have the stated spread", weights_have_the_stated_spread},
    {"a user's space has no network", a_users_space_has_no_network},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_network", cases, argc, argv);
}
