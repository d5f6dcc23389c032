#include "core/nn/lbfgs.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/num/blas.h"

enum { MAX_MEMORY = 16 };

typedef struct search {
    int n, memory, n_pairs, newest;
    double lo, hi;
    const ll_observer *observer;
    double *s, *y;                /* (memory, n) steps and gradient changes, a ring */
    double curvature[MAX_MEMORY]; /* sᵀy */
    double *g, *direction, *trial, *g_trial;
    bool *held; /* at a bound, and the gradient pushes outwards */
} search;

static double clamp(const search *z, double x)
{
    return fmin(fmax(x, z->lo), z->hi);
}

/* Marks the variables held by their bounds; returns the largest gradient component of the others. */
static double hold(search *z, const double *x)
{
    double most = 0;
    for (int i = 0; i < z->n; i++) {
        z->held[i] = (x[i] <= z->lo && z->g[i] > 0) || (x[i] >= z->hi && z->g[i] < 0);
        if (!z->held[i]) most = fmax(most, fabs(z->g[i]));
    }
    return most;
}

static double *pair(double *ring, const search *z, int age)
{
    return ring + (size_t)((z->newest - age + z->memory) % z->memory) * (size_t)z->n;
}

static void add_scaled(int n, double a, const double *x, double *y)
{
    for (int i = 0; i < n; i++) y[i] += a * x[i];
}

static void drop_held(const search *z, double *v)
{
    for (int i = 0; i < z->n; i++)
        if (z->held[i]) v[i] = 0;
}

/* direction = -H g by the two-loop recursion. */
static void two_loops(search *z)
{
    double *d = z->direction, a[MAX_MEMORY];
    for (int i = 0; i < z->n; i++) d[i] = -z->g[i];
    drop_held(z, d);
    for (int age = 0; age < z->n_pairs; age++) {
        int slot = (z->newest - age + z->memory) % z->memory;
        a[age] = ll_ddot(z->n, pair(z->s, z, age), d) / z->curvature[slot];
        add_scaled(z->n, -a[age], pair(z->y, z, age), d);
    }
    if (z->n_pairs) {
        const double *y = pair(z->y, z, 0);
        double scale = z->curvature[z->newest] / ll_ddot(z->n, y, y);
        for (int i = 0; i < z->n; i++) d[i] *= scale;
    }
    for (int age = z->n_pairs - 1; age >= 0; age--) {
        int slot = (z->newest - age + z->memory) % z->memory;
        double b = ll_ddot(z->n, pair(z->y, z, age), d) / z->curvature[slot];
        add_scaled(z->n, a[age] - b, pair(z->s, z, age), d);
    }
    drop_held(z, d);
}

/* Backtracks along the projected direction; true: x, g and *value have moved to a sufficient decrease. */
static bool line_search(search *z, ll_objective f, void *ctx, double *x, double *value)
{
    double length = sqrt(ll_ddot(z->n, z->direction, z->direction));
    double step = z->n_pairs ? 1 : fmin(1, 1 / length);
    for (int tries = 0; tries < 30; tries++, step /= 2) {
        double slope = 0;
        for (int i = 0; i < z->n; i++) {
            z->trial[i] = clamp(z, x[i] + step * z->direction[i]);
            slope += z->g[i] * (z->trial[i] - x[i]);
        }
        if (ll_cancelled(z->observer)) return false;
        double v = f(ctx, z->trial, z->g_trial);
        if (!isfinite(v) || v > *value + 1e-4 * slope) continue;
        *value = v;
        return true;
    }
    return false;
}

/* Moves to the trial point and keeps the pair if its curvature is positive. */
static void accept(search *z, double *x)
{
    int next = (z->newest + 1) % z->memory;
    double *s = z->s + (size_t)next * (size_t)z->n, *y = z->y + (size_t)next * (size_t)z->n;
    for (int i = 0; i < z->n; i++) {
        s[i] = z->trial[i] - x[i];
        y[i] = z->g_trial[i] - z->g[i];
    }
    memcpy(x, z->trial, (size_t)z->n * sizeof *x);
    memcpy(z->g, z->g_trial, (size_t)z->n * sizeof *z->g);
    double sy = ll_ddot(z->n, s, y);
    if (sy <= 1e-12 * sqrt(ll_ddot(z->n, s, s) * ll_ddot(z->n, y, y))) return;
    z->curvature[next] = sy;
    z->newest = next;
    if (z->n_pairs < z->memory) z->n_pairs++;
}

double ll_lbfgs_minimise(const ll_lbfgs *how, int n, ll_objective f, void *ctx, double *x)
{
    bool boxed = how->lo < how->hi;
    int memory = how->memory ? how->memory : 8;
    if (memory > MAX_MEMORY) memory = MAX_MEMORY;
    size_t ring = (size_t)memory * (size_t)n;
    double *space = LL_NEW_ARRAY(double, 2 * ring + 4 * (size_t)n);
    search z = {.n = n,
                .memory = memory,
                .lo = boxed ? how->lo : -INFINITY,
                .hi = boxed ? how->hi : INFINITY,
                .observer = how->observer};
    z.s = space;
    z.y = z.s + ring;
    z.g = z.y + ring;
    z.direction = z.g + n;
    z.trial = z.direction + n;
    z.g_trial = z.trial + n;
    z.held = LL_NEW_ARRAY(bool, n);
    for (int i = 0; i < n; i++) x[i] = clamp(&z, x[i]);
    double value = f(ctx, x, z.g), tolerance = how->tolerance > 0 ? how->tolerance : 1e-6;
    int most = how->iterations ? how->iterations : 100;
    for (int i = 0; i < most && !ll_cancelled(how->observer) && hold(&z, x) > tolerance; i++) {
        two_loops(&z);
        if (ll_ddot(n, z.direction, z.g) >= 0) { /* the memory misleads: start again from the gradient */
            z.n_pairs = 0;
            two_loops(&z);
        }
        if (!line_search(&z, f, ctx, x, &value)) {
            if (!z.n_pairs) break;
            z.n_pairs = 0;
            continue;
        }
        accept(&z, x);
    }
    free(z.held);
    free(space);
    return value;
}
