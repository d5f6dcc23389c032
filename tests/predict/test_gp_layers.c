/* The structured GP's functions of a layer (core/predict/gp/layers.h). */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/blas.h"
#include "core/num/stats.h"
#include "core/predict/gp/gp.h"
#include "core/predict/gp/layers.h"
#include "core/predict/gp/model.h"
#include "core/transfer/pretrain.h"
#include "tests/check.h"

enum { K3E1, K3E1G2, K3E3, K3E6, K5E1, K5E1G2, K5E3, K5E6, SKIP, POSITIONS = 22 };

static const ll_space *fbnet(void)
{
    return ll_space_find("fbnet");
}

/* Everything is skipped but for one choice. */
static void gene_of(int position, int choice, uint8_t *gene)
{
    for (int p = 0; p < POSITIONS; p++) gene[p] = p == position ? (uint8_t)choice : SKIP;
}

static int layers_at(int position, int choice, ll_layer *out)
{
    ll_layer all[LL_MAX_LAYERS];
    uint8_t gene[POSITIONS];
    gene_of(position, choice, gene);
    int n = fbnet()->layers(fbnet(), gene, all, LL_MAX_LAYERS), kept = 0;
    for (int i = 0; i < n; i++)
        if (all[i].position == position && all[i].kind != LL_ADD && all[i].kind != LL_COPY)
            out[kept++] = all[i];
    return kept;
}

static double kernel_of(int p, int choice, int q, int other)
{
    ll_layer a[8], b[8];
    int n = layers_at(p, choice, a), m = layers_at(q, other, b);
    double sum = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < m; j++) sum += ll_gp_layer_kernel(&a[i], &b[j]);
    return sum;
}

/* The columns that a choice at a position adds to a network that skips all the rest. */
static double *columns(int position, int choice)
{
    uint8_t gene[POSITIONS], none[POSITIONS];
    int dim = ll_gp_layers_dim(fbnet());
    double *with = LL_NEW_ARRAY(double, dim), *without = LL_NEW_ARRAY(double, dim);
    gene_of(position, choice, gene);
    gene_of(-1, 0, none);
    ll_gp_layers(fbnet(), gene, with);
    ll_gp_layers(fbnet(), none, without);
    for (int d = 0; d < dim; d++) with[d] -= without[d];
    free(without);
    return with;
}

static double product(int p, int choice, int q, int other)
{
    double *a = columns(p, choice), *b = columns(q, other), r = ll_ddot(ll_gp_layers_dim(fbnet()), a, b);
    free(a);
    free(b);
    return r;
}

/* At positions where a skip runs no layer. */
static void columns_are_a_factor_of_the_kernel(void)
{
    static const int at[] = {0, 2, 4, 7, 10, 12, 15, 19, 20};
    enum { N = sizeof at / sizeof *at };
    double largest = kernel_of(2, K5E6, 2, K5E6), worst = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            int a = (3 * i + j) % SKIP, b = (i + 2 * j) % SKIP;
            worst = fmax(worst, fabs(product(at[i], a, at[j], b) - kernel_of(at[i], a, at[j], b)));
        }
    CHECK(largest > 0);
    CHECK(worst < 2e-3 * largest);
    CHECK(ll_gp_layers_dim(fbnet()) > 10 && ll_gp_layers_dim(fbnet()) < 60);
}

static double correlation(int p, int choice, int q, int other)
{
    return product(p, choice, q, other) / sqrt(product(p, choice, p, choice) * product(q, other, q, other));
}

static void layers_tell_of_their_like(void)
{
    CHECK_NEAR(correlation(2, K5E6, 3, K5E6), 1, 1e-9); /* the same layers, elsewhere */
    CHECK(correlation(11, K5E6, 15, K5E6) > .8);        /* a stage of 64 and one of 112 channels */
    CHECK(correlation(11, K5E6, 15, K5E6) > correlation(11, K5E6, 15, K3E1G2));
    CHECK(correlation(11, K5E6, 15, K5E6) > correlation(11, K5E6, 2, K5E6));
    ll_layer a[8], b[8];
    CHECK_INT(layers_at(7, K3E6, a), 3);
    CHECK_INT(layers_at(7, K5E6, b), 3);
    double same = ll_gp_layer_kernel(&a[1], &a[1]), wider = ll_gp_layer_kernel(&a[1], &b[1]);
    double other = ll_gp_layer_kernel(&a[1], &b[0]);
    CHECK(same > 0 && wider / sqrt(same * ll_gp_layer_kernel(&b[1], &b[1])) > .5);
    CHECK(other / sqrt(same * ll_gp_layer_kernel(&b[0], &b[0])) <= .3);
}

/* Whole numbers, as the layers themselves have them. */
static void costs_are_those_of_the_layers(void)
{
    uint8_t gene[POSITIONS];
    ll_rng rng = ll_rng_new(1, LL_STREAM_DATA);
    for (int i = 0; i < 20; i++) {
        ll_layer layers[LL_MAX_LAYERS];
        double looked_up[LL_GP_COSTS] = {0}, macs = 0, weights = 0;
        for (int p = 0; p < POSITIONS; p++) gene[p] = (uint8_t)ll_rng_below(&rng, 9);
        ll_gp_layer_costs(fbnet(), gene, looked_up);
        int n = fbnet()->layers(fbnet(), gene, layers, LL_MAX_LAYERS);
        for (int l = 0; l < n; l++) {
            const ll_layer *x = &layers[l];
            if (x->position < 0 || x->kind != LL_CONV) continue;
            double w = (double)x->kernel * x->kernel * x->c_in * x->c_out / x->groups;
            weights += w;
            macs += w * x->h_out * x->h_out;
        }
        CHECK_NEAR(looked_up[0], macs, 0);
        CHECK_NEAR(looked_up[1], weights, 0);
    }
}

/* --- what it is for --- */

enum { ARCHS = 600, TRAINED = 200, K = 10 };

/* Devices on which the time of a layer is one function of its size, and depthwise ones take some times as long. */
static double time_of(const uint8_t *gene, double power, double depthwise)
{
    ll_layer layers[LL_MAX_LAYERS];
    int n = fbnet()->layers(fbnet(), gene, layers, LL_MAX_LAYERS);
    double sum = 0;
    for (int l = 0; l < n; l++) {
        const ll_layer *x = &layers[l];
        if (x->position < 0 || x->kind != LL_CONV) continue;
        double macs = (double)x->kernel * x->kernel * x->c_in * x->c_out / x->groups * x->h_out * x->h_out;
        sum += (x->groups == x->c_in ? depthwise : 1) * pow(macs / 1e5, power);
    }
    return 10 + sum;
}

static ll_dataset *world(void)
{
    ll_dataset *d = ll_dataset_new("layers", fbnet(), ARCHS, 3);
    ll_rng rng = ll_rng_new(5, LL_STREAM_DATA);
    static const double power[] = {.5, .8, .8}, depthwise[] = {1, 1, 20};
    for (int i = 0; i < ARCHS; i++)
        for (int p = 0; p < POSITIONS; p++) ll_arch_at(d->archs, i)[p] = (uint8_t)ll_rng_below(&rng, 9);
    for (int s = 0; s < 3; s++) {
        ll_device_set(&d->devices[s], (char[]){(char)('a' + s), 0}, LL_SIMULATED, "test", "ms", NULL, NULL);
        for (int i = 0; i < ARCHS; i++)
            ll_latencies(d, s)[i] = time_of(ll_gene(d, i), power[s], depthwise[s]);
    }
    ll_error e = {0};
    CHECK_INT(ll_dataset_seal(d, &e), LL_OK);
    return d;
}

static void *pretrained(const ll_dataset *d)
{
    ll_error e = {0};
    ll_ints all = ll_ints_range(TRAINED), devices = ll_ints_range(2);
    ll_pretrain_job job = {.archs = d->archs, .rows = all.v, .n_rows = TRAINED};
    void *model = NULL;
    ll_columns_of(d, &devices, &job.sources);
    CHECK_INT(ll_gp.pretrain(&job, &model, &e), LL_OK);
    ll_columns_free(&job.sources);
    ll_ints_free(&devices);
    ll_ints_free(&all);
    return model;
}

/* Weights of the blocks as they were, or as they are: what the target's ten samples make of it. */
static double agreement(const ll_gp_model *m, const ll_dataset *d, bool by_layer)
{
    ll_gp_prior p = m->rows.prior;
    ll_gp_draws draws;
    ll_gp_posterior q;
    int rows[K];
    double y[K], mean[ARCHS];
    for (int b = 0; b < p.n_blocks && !by_layer; b++)
        if (!strcmp(p.blocks[b].name, "lay")) p.blocks[b].log_weight[LL_GP_AS_WRITTEN] = -INFINITY;
    for (int i = 0; i < K; i++) {
        rows[i] = TRAINED + 31 * i;
        y[i] = ll_latencies(d, 2)[rows[i]];
    }
    ll_gp_draws_make(&p, 4, &draws);
    ll_gp_condition(&p, &draws, rows, y, K, false, &q);
    ll_gp_posterior_predict(&q, &p, NULL, ARCHS, mean, NULL);
    ll_gp_posterior_free(&q);
    return ll_spearman(mean, ll_latencies(d, 2), ARCHS);
}

static void laws_of_layers_are_learnt_from_few(void)
{
    ll_dataset *d = world();
    ll_gp_model *m = pretrained(d);
    double with = agreement(m, d, true), without = agreement(m, d, false);
    CHECK_HAS(m->features.blocks[1].name, "lay");
    CHECK(with > .94);
    CHECK(1 - with < .5 * (1 - without));
    ll_gp.release(m);
    ll_dataset_unref(d);
}

/* Models of before there was a function of each layer: counts, in all and per stage, in its place. */
static void older_files_are_read(void)
{
    static const char *const names[] = {"cost", "cnt", "stg", "add"};
    enum { OLDER = 4 + 9 + 7 * 9 + 22 * 9 };
    double constants[OLDER];
    ll_gp_features f;
    for (int i = 0; i < OLDER; i++) constants[i] = 1;
    CHECK(ll_gp_features_restore(&f, fbnet(), OLDER, constants, constants));
    CHECK_INT(f.n_blocks, 4);
    for (int b = 0; b < 4 && b < f.n_blocks; b++) CHECK_STR(f.blocks[b].name, names[b]);
    CHECK_NEAR(f.blocks[0].log_weight, -1, 0);
    CHECK_INT(f.n_source_blocks, 4);
    ll_gp_features_free(&f);
    CHECK(!ll_gp_features_restore(&f, fbnet(), OLDER - 1, constants, constants));
    CHECK_INT(ll_gp_layers_dim(ll_space_find("nasbench201")), 0);
}

static const check_case cases[] = {
    {"columns are a factor of the kernel", columns_are_a_factor_of_the_kernel},
    {"layers tell of their like", layers_tell_of_their_like},
    {"costs are those of the layers", costs_are_those_of_the_layers},
    {"laws of layers are learnt from few", laws_of_layers_are_learnt_from_few},
    {"older files are read", older_files_are_read},
    {0},
};

int main(int argc, char **argv)
{
    ll_blas_init();
    return check_main("gp_layers", cases, argc, argv);
}
