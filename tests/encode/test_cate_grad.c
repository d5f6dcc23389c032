/* The network of cate: gradient of the whole loss against finite differences, in double. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/encode/cate/net.h"
#include "core/num/blas.h"
#include "tests/check.h"
#include "tests/gradcheck.h"

enum { PAIRS = 3, LENGTH = 5, OPS = 4, TOKENS = 2 * PAIRS * LENGTH };
static const double step = 1e-5, tolerance = 1e-6, scale = .3;

typedef struct problem {
    ll_cate_net *net;
    ll_cate_batch batch;
    ll_cate_layout at;
    double *w, *grad;
    uint8_t token[TOKENS], hidden[TOKENS], count[TOKENS], list[TOKENS * LENGTH];
    ll_cate_heard who[2 * PAIRS];
} problem;

static double loss_of(void *ctx)
{
    problem *q = ctx;
    return scale * ll_cate_run(q->net, q->w, &q->batch, scale, NULL).loss;
}

/* Each token hears itself and some of those before it, some of the inner ones are hidden. */
static void fill_sequences(problem *q)
{
    ll_rng r = ll_rng_new(5, 0);
    for (int i = 0; i < TOKENS; i++) {
        int place = i % LENGTH;
        bool hides = i == 1 || (place > 0 && place < LENGTH - 1 && ll_rng_below(&r, 2));
        q->token[i] = (uint8_t)ll_rng_below(&r, OPS + 3);
        q->hidden[i] = (uint8_t)(hides ? ll_rng_below(&r, OPS) : LL_CATE_SEEN);
        for (int j = 0; j <= place; j++)
            if (j == place || ll_rng_below(&r, 2)) q->list[i * LENGTH + q->count[i]++] = (uint8_t)j;
    }
    for (int i = 0; i < 2 * PAIRS; i++)
        q->who[i] = (ll_cate_heard){q->count + i * LENGTH, q->list + i * LENGTH * LENGTH};
}

static problem *problem_new(double dropout)
{
    problem *q = LL_NEW(problem);
    ll_cate_shape shape = {OPS, LENGTH, {2, 12}, {2, 20}};
    ll_rng r = ll_rng_new(4, 0);
    q->at = ll_cate_layout_of(&shape);
    q->net = ll_cate_net_new(&shape, PAIRS, true);
    q->w = LL_NEW_ARRAY(double, q->at.n);
    q->grad = LL_NEW_ARRAY(double, q->at.n);
    ll_cate_init_weights(&shape, q->w, 1);
    for (size_t i = 0; i < q->at.n; i++) q->w[i] += .1 * ll_rng_normal(&r); /* norms and biases too */
    fill_sequences(q);
    q->batch = (ll_cate_batch){PAIRS, q->token, q->hidden, q->who, .1, dropout, 7};
    return q;
}

static void problem_free(problem *q)
{
    ll_cate_net_free(q->net);
    free(q->w);
    free(q->grad);
    free(q);
}

/* One kind of parameters, and that something depends on them. */
static void check_part(problem *q, const char *name, size_t from, size_t to)
{
    int n = (int)(to - from), worst = 0, stride = n / 150 + 1;
    double largest = 0;
    double error = ll_gradcheck(loss_of, q, q->w + from, q->grad + from, n, stride, step, &worst);
    for (size_t i = from; i < to; i++) largest = fmax(largest, fabs(q->grad[i]));
    check_report(error < tolerance, __FILE__, __LINE__, "%s: error %g at %d of %d", name, error, worst, n);
    check_report(largest > 1e-4, __FILE__, __LINE__, "%s: largest gradient %g", name, largest);
}

static void check_stack(problem *q, const char *stack, ll_cate_stack_shape s, size_t at)
{
    static const char *const names[] = {
        "norm 1", "query, key, value", "their bias", "out",     "its bias", "norm 2",
        "up",     "its bias",          "down",       "its bias"};
    char name[64];
    for (int i = 0; i < s.layers; i++) {
        ll_cate_layer l = ll_cate_layer_at(s, i);
        const size_t edges[] = {l.norm1, l.qkv_w, l.qkv_b,  l.out_w,  l.out_b, l.norm2,
                                l.up_w,  l.up_b,  l.down_w, l.down_b, l.end};
        for (int j = 0; j < 10; j++) {
            snprintf(name, sizeof name, "%s, layer %d, %s", stack, i, names[j]);
            check_part(q, name, at + edges[j], at + edges[j + 1]);
        }
    }
    snprintf(name, sizeof name, "%s, last norm", stack);
    check_part(q, name, at + ll_cate_layer_at(s, s.layers - 1).end, at + ll_cate_stack_params(s));
}

static void check_all(double dropout)
{
    problem *q = problem_new(dropout);
    ll_cate_score score = ll_cate_run(q->net, q->w, &q->batch, scale, q->grad);
    CHECK(score.hidden > 5 && isfinite(score.loss));
    CHECK_NEAR(loss_of(q), scale * score.loss, 1e-12);
    check_part(q, "tokens", q->at.token, q->at.segment);
    check_part(q, "segments", q->at.segment, q->at.first);
    check_stack(q, "first", (ll_cate_stack_shape){2, 12}, q->at.first);
    check_stack(q, "cross", (ll_cate_stack_shape){2, 20}, q->at.cross);
    check_part(q, "head", q->at.head_w, q->at.head_b);
    check_part(q, "its bias", q->at.head_b, q->at.n);
    problem_free(q);
}

static void gradients_of_all_parameters(void)
{
    check_all(0);
}

static void gradients_with_dropout(void)
{
    check_all(.25);
}

/* Only what a token hears moves it: with the last token of the first architecture hearing itself alone, the embedding of
 * the output node does not depend on the others. */
static void nobody_is_heard_who_should_not_be(void)
{
    problem *q = problem_new(0);
    double before[2 * PAIRS * LL_CATE_WIDTH], after[2 * PAIRS * LL_CATE_WIDTH];
    q->count[LENGTH - 1] = 1;
    q->list[(LENGTH - 1) * LENGTH] = LENGTH - 1;
    q->count[2 * LENGTH - 1] = 2;
    q->list[(2 * LENGTH - 1) * LENGTH] = 1;
    q->list[(2 * LENGTH - 1) * LENGTH + 1] = LENGTH - 1;
    q->token[1] = q->token[LENGTH + 1] = 0;
    ll_cate_embed(q->net, q->w, q->token, q->who, 2 * PAIRS, before);
    q->token[1] = q->token[LENGTH + 1] = 1;
    ll_cate_embed(q->net, q->w, q->token, q->who, 2 * PAIRS, after);
    CHECK(!memcmp(before, after, LL_CATE_WIDTH * sizeof *before));
    CHECK(memcmp(before + LL_CATE_WIDTH, after + LL_CATE_WIDTH, LL_CATE_WIDTH * sizeof *before));
    problem_free(q);
}

static const check_case cases[] = {
    {"gradients of all parameters", gradients_of_all_parameters},
    {"gradients with dropout", gradients_with_dropout},
    {"nobody is heard who should not be", nobody_is_heard_who_should_not_be},
    {0},
};

int main(int argc, char **argv)
{
    ll_blas_init();
    return check_main("test_cate_grad", cases, argc, argv);
}
