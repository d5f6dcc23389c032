/* HELP: first and second derivatives against finite differences, in double. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/predict/help/net.h"
#include "tests/check.h"

enum { NS = 5, NQ = 7 };

typedef struct problem {
    ll_help_shape shape;
    int n; /* parameters */
    double *p, *a, *xs, *xq, h[10], ys[NS], yq[NQ];
    ll_help_net *net;
} problem;

static double *random_numbers(ll_rng *r, int n, double scale)
{
    double *v = LL_NEW_ARRAY(double, n);
    for (int i = 0; i < n; i++) v[i] = scale * ll_rng_normal(r);
    return v;
}

static problem problem_new(bool graph, bool device)
{
    problem q = {.shape = {graph, graph ? LL_HELP_LABELS : 12, device}};
    ll_rng r = ll_rng_new(7, graph * 2 + device);
    int rows = ll_help_rows(&q.shape);
    q.n = ll_help_params(&q.shape);
    q.p = random_numbers(&r, q.n, .07);
    q.a = random_numbers(&r, q.n, 3e-3);
    q.xs = random_numbers(&r, NS * rows * q.shape.n_in, 1);
    q.xq = random_numbers(&r, NQ * rows * q.shape.n_in, 1);
    for (int i = 0; i < 10; i++) q.h[i] = ll_rng_uniform(&r);
    for (int i = 0; i < NS; i++) q.ys[i] = ll_rng_uniform(&r);
    for (int i = 0; i < NQ; i++) q.yq[i] = ll_rng_uniform(&r);
    q.net = ll_help_net_new(&q.shape, NQ);
    return q;
}

static void problem_free(problem *q)
{
    free(q->p);
    free(q->a);
    free(q->xs);
    free(q->xq);
    ll_help_net_free(q->net);
}

/* Directional derivative by central differences against <g, v>; relu kinks are avoided by a small step. */
static void check_direction(const char *what, double plus, double minus, double step, const double *g,
                            const double *v, int n)
{
    double numeric = (plus - minus) / (2 * step), exact = 0;
    for (int i = 0; i < n; i++) exact += g[i] * v[i];
    check_report(fabs(numeric - exact) <= 1e-6 * (1 + fabs(exact)), __FILE__, __LINE__,
                 "%s: %.10g by differences, %.10g by formula", what, numeric, exact);
}

static void move(double *to, const double *from, double step, const double *v, int n)
{
    for (int i = 0; i < n; i++) to[i] = from[i] + step * v[i];
}

static void check_gradient_and_hessian(bool graph, bool device)
{
    problem q = problem_new(graph, device);
    ll_rng r = ll_rng_new(3, 3);
    double *g = LL_NEW_ARRAY(double, q.n), *gp = LL_NEW_ARRAY(double, q.n), *gm = LL_NEW_ARRAY(double, q.n);
    double *hv = LL_NEW_ARRAY(double, q.n), *moved = LL_NEW_ARRAY(double, q.n), step = 1e-6;
    for (int trial = 0; trial < 3; trial++) {
        double *v = random_numbers(&r, q.n, .05);
        ll_help_gradient(q.net, q.p, q.h, q.xq, q.yq, NQ, g);
        ll_help_hessian_vector(q.net, q.p, q.h, q.xq, q.yq, NQ, v, hv);
        move(moved, q.p, step, v, q.n);
        double plus = ll_help_gradient(q.net, moved, q.h, q.xq, q.yq, NQ, gp);
        move(moved, q.p, -step, v, q.n);
        double minus = ll_help_gradient(q.net, moved, q.h, q.xq, q.yq, NQ, gm);
        check_direction("gradient", plus, minus, step, g, v, q.n);
        double worst = 0, largest = 0;
        for (int i = 0; i < q.n; i++) {
            worst = fmax(worst, fabs((gp[i] - gm[i]) / (2 * step) - hv[i]));
            largest = fmax(largest, fabs(hv[i]));
        }
        CHECK(largest > 1e-5);
        check_report(worst < 1e-5 * largest, __FILE__, __LINE__, "Hessian-vector product is off by %g of %g",
                     worst, largest);
        free(v);
    }
    free(g);
    free(gp);
    free(gm);
    free(hv);
    free(moved);
    problem_free(&q);
}

static void derivatives_of_the_graph_network(void)
{
    check_gradient_and_hessian(true, true);
    check_gradient_and_hessian(true, false);
}

static void derivatives_of_the_flat_network(void)
{
    check_gradient_and_hessian(false, true);
    check_gradient_and_hessian(false, false);
}

static double episode(problem *q, const double *p, const double *a, double *gp, double *ga)
{
    return ll_help_episode(q->net, p, a, q->h, q->xs, q->ys, NS, q->xq, q->yq, NQ, 2, false, gp, ga);
}

static void the_whole_inner_loop_is_second_order(void)
{
    for (int graph = 0; graph < 2; graph++) {
        problem q = problem_new(graph, true);
        ll_rng r = ll_rng_new(5, 5);
        double *gp = LL_NEW_ARRAY(double, q.n), *ga = LL_NEW_ARRAY(double, q.n), step = 1e-6;
        double *moved = LL_NEW_ARRAY(double, q.n), *x = LL_NEW_ARRAY(double, q.n),
               *y = LL_NEW_ARRAY(double, q.n);
        double *v = random_numbers(&r, q.n, .05);
        episode(&q, q.p, q.a, gp, ga);
        move(moved, q.p, step, v, q.n);
        double plus = episode(&q, moved, q.a, x, y);
        move(moved, q.p, -step, v, q.n);
        check_direction("meta-gradient of the weights", plus, episode(&q, moved, q.a, x, y), step, gp, v,
                        q.n);
        move(moved, q.a, step, v, q.n);
        plus = episode(&q, q.p, moved, x, y);
        move(moved, q.a, -step, v, q.n);
        check_direction("meta-gradient of the step sizes", plus, episode(&q, q.p, moved, x, y), step, ga, v,
                        q.n);
        /* the second-order part is there: the first-order gradient differs */
        ll_help_episode(q.net, q.p, q.a, q.h, q.xs, q.ys, NS, q.xq, q.yq, NQ, 2, true, x, y);
        double gap = 0;
        for (int i = 0; i < q.n; i++) gap = fmax(gap, fabs(x[i] - gp[i]));
        CHECK(gap > 1e-6);
        free(gp);
        free(ga);
        free(moved);
        free(x);
        free(y);
        free(v);
        problem_free(&q);
    }
}

static const check_case cases[] = {
    {"derivatives of the graph network", derivatives_of_the_graph_network},
    {"derivatives of the flat network", derivatives_of_the_flat_network},
    {"the whole inner loop is second order", the_whole_inner_loop_is_second_order},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_help_grad", cases, argc, argv);
}
