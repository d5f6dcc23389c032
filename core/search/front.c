#include "core/search/front.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

static const double *at(const double *points, int m, int i)
{
    return points + (size_t)i * (size_t)m;
}

bool ll_dominates(const double *a, const double *b, int m)
{
    bool better = false;
    for (int k = 0; k < m; k++) {
        if (!(a[k] <= b[k])) return false;
        better |= a[k] < b[k];
    }
    return better;
}

static bool same(const double *a, const double *b, int m)
{
    for (int k = 0; k < m; k++)
        if (a[k] != b[k]) return false; /* not memcmp: -0 is 0 */
    return true;
}

static bool is_point(const double *a, int m)
{
    for (int k = 0; k < m; k++)
        if (isnan(a[k])) return false;
    return true;
}

/* --- one front --- */

typedef struct item {
    const double *v;
    int m, i;
} item;

/* By the objectives in turn, then by place: the first of equal ones comes first. */
static int compare(const void *a, const void *b)
{
    const item *x = a, *y = b;
    for (int k = 0; k < x->m; k++)
        if (x->v[k] != y->v[k]) return x->v[k] < y->v[k] ? -1 : 1;
    return x->i - y->i;
}

static int sort_points(const double *points, int n, int m, item *items)
{
    int count = 0;
    for (int i = 0; i < n; i++)
        if (is_point(at(points, m, i), m)) items[count++] = (item){at(points, m, i), m, i};
    qsort(items, (size_t)count, sizeof *items, compare);
    return count;
}

/* In that order whoever dominates a point stands before it: it is enough to look at the front so far, and with two
 * objectives at its last member. */
static bool is_beaten(const double *points, const ll_ints *front, const item *x)
{
    int from = x->m == 2 && front->n ? front->n - 1 : 0;
    for (int i = from; i < front->n; i++) {
        const double *other = at(points, x->m, front->v[i]);
        if (ll_dominates(other, x->v, x->m) || same(other, x->v, x->m)) return true;
    }
    return false;
}

void ll_front(const double *points, int n, int m, ll_ints *out)
{
    item *items = LL_NEW_ARRAY(item, n + 1);
    int count = sort_points(points, n, m, items);
    for (int i = 0; i < count; i++)
        if (!is_beaten(points, out, &items[i])) ll_ints_add(out, items[i].i);
    free(items);
}

/* --- ranks and crowding --- */

/* Any number of objectives: fronts are peeled off one after the other. */
static void peel(const double *points, int n, int m, int *rank)
{
    int *beaten_by = LL_NEW_ARRAY(int, n + 1), left = 0, r = 0;
    for (int i = 0; i < n; i++) {
        rank[i] = is_point(at(points, m, i), m) ? -1 : n;
        left += rank[i] < 0;
        for (int j = 0; j < n; j++) beaten_by[i] += ll_dominates(at(points, m, j), at(points, m, i), m);
    }
    ll_ints front = {0};
    for (; left; r++) {
        front.n = 0;
        for (int i = 0; i < n; i++)
            if (rank[i] < 0 && !beaten_by[i]) ll_ints_add(&front, i);
        for (int f = 0; f < front.n; f++) {
            rank[front.v[f]] = r;
            for (int i = 0; i < n; i++)
                beaten_by[i] -= rank[i] < 0 && ll_dominates(at(points, m, front.v[f]), at(points, m, i), m);
        }
        left -= front.n;
    }
    for (int i = 0; i < n; i++)
        if (rank[i] == n) rank[i] = r;
    ll_ints_free(&front);
    free(beaten_by);
}

/* Two objectives: in the order of the first, a front dominates what comes if its last member does, and so do all fronts
 * before it; the first that does not takes the point. */
static void rank_pairs(const item *items, int n, int *rank)
{
    const double **last = LL_NEW_ARRAY(const double *, n + 1);
    int fronts = 0;
    for (int i = 0; i < n; i++) {
        int low = 0, high = fronts;
        while (low < high) {
            int mid = (low + high) / 2;
            if (ll_dominates(last[mid], items[i].v, 2))
                low = mid + 1;
            else
                high = mid;
        }
        last[low] = items[i].v;
        fronts += low == fronts;
        rank[items[i].i] = low;
    }
    free(last);
}

void ll_front_ranks(const double *points, int n, int m, int *rank)
{
    item *items = LL_NEW_ARRAY(item, n + 1);
    if (m == 2 && sort_points(points, n, m, items) == n)
        rank_pairs(items, n, rank);
    else
        peel(points, n, m, rank);
    free(items);
}

typedef struct placed {
    double x;
    int i;
} placed;

static int by_x(const void *a, const void *b)
{
    const placed *p = a, *q = b;
    return p->x != q->x ? (p->x < q->x ? -1 : 1) : p->i - q->i;
}

void ll_crowding(const double *points, int m, const int *which, int n, double *out)
{
    placed *order = LL_NEW_ARRAY(placed, n + 1);
    for (int i = 0; i < n; i++) out[i] = 0;
    for (int k = 0; k < m && n; k++) {
        for (int i = 0; i < n; i++) order[i] = (placed){at(points, m, which[i])[k], i};
        qsort(order, (size_t)n, sizeof *order, by_x);
        double range = order[n - 1].x - order[0].x;
        out[order[0].i] = out[order[n - 1].i] = INFINITY;
        for (int i = 1; i + 1 < n && range > 0; i++)
            out[order[i].i] += (order[i + 1].x - order[i - 1].x) / range;
    }
    free(order);
}

/* --- hypervolume --- */

/* Two objectives: rectangles from left to right. */
static double area(const double *points, const ll_ints *front, const double *reference)
{
    double sum = 0, floor = reference[1];
    for (int i = 0; i < front->n; i++) {
        const double *p = at(points, 2, front->v[i]);
        sum += (reference[0] - p[0]) * (floor - p[1]);
        floor = p[1];
    }
    return sum;
}

static double volume(const double *points, int n, int m, const double *reference);

/* What a point dominates and those behind it do not: its box less what they share with it. */
static double exclusive(const double *points, const ll_ints *front, int i, int m, const double *reference)
{
    const double *p = at(points, m, front->v[i]);
    double box = 1;
    int rest = front->n - i - 1;
    for (int k = 0; k < m; k++) box *= reference[k] - p[k];
    double *shared = LL_NEW_ARRAY(double, (size_t)rest *(size_t)m + 1);
    for (int j = 0; j < rest; j++)
        for (int k = 0; k < m; k++)
            shared[(size_t)j * (size_t)m + (size_t)k] = fmax(p[k], at(points, m, front->v[i + 1 + j])[k]);
    box -= volume(shared, rest, m, reference);
    free(shared);
    return box;
}

static double volume(const double *points, int n, int m, const double *reference)
{
    ll_ints front = {0};
    double sum = 0;
    ll_front(points, n, m, &front);
    if (m == 2)
        sum = area(points, &front, reference);
    else
        for (int i = 0; i < front.n; i++) sum += exclusive(points, &front, i, m, reference);
    ll_ints_free(&front);
    return sum;
}

double ll_hypervolume(const double *points, int n, int m, const double *reference)
{
    double *inside = LL_NEW_ARRAY(double, (size_t)n *(size_t)m + 1);
    int count = 0;
    for (int i = 0; i < n; i++) {
        const double *p = at(points, m, i);
        bool in = true;
        for (int k = 0; k < m; k++) in &= p[k] < reference[k];
        if (in) memcpy(inside + (size_t)count++ * (size_t)m, p, (size_t)m * sizeof *p);
    }
    double v = volume(inside, count, m, reference);
    free(inside);
    return v;
}

/* --- IGD+ --- */

static double distance_plus(const double *a, const double *z, int m)
{
    double sum = 0;
    for (int k = 0; k < m; k++) {
        double worse = fmax(a[k] - z[k], 0);
        sum += worse * worse;
    }
    return sqrt(sum);
}

double ll_igd_plus(const double *found, int n_found, const double *truth, int n_truth, int m)
{
    double sum = 0;
    if (!n_found || !n_truth) return NAN;
    for (int z = 0; z < n_truth; z++) {
        double nearest = INFINITY;
        for (int a = 0; a < n_found; a++)
            nearest = fmin(nearest, distance_plus(at(found, m, a), at(truth, m, z), m));
        sum += nearest;
    }
    return sum / n_truth;
}
