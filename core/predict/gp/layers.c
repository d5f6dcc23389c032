#include "core/predict/gp/layers.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/space/network.h"

static const double macs_per_number = 32; /* in the time of one number that is moved */
static const double length = 1.5;         /* of g, in e-folds of each cost */
static const double same_family = .8, other_family = .3;
static const double left_over = 1e-4; /* share of the trace that the columns may leave out */

/* --- what a layer costs --- */

/* Does the gene decide on it, and does it run? Additions and copies fuse into their neighbours. */
static bool is_counted(const ll_layer *l)
{
    return l->position >= 0 && l->kind != LL_ADD && l->kind != LL_COPY;
}

static double weights_of(const ll_layer *l)
{
    return l->kind == LL_CONV ? (double)ll_layer_weight_count(l) : 0;
}

static double written_by(const ll_layer *l)
{
    return (double)l->c_out * l->h_out * l->h_out;
}

static double macs_of(const ll_layer *l)
{
    return l->kind == LL_CONV ? ll_layer_macs(l) : 0;
}

static void add_costs(const ll_layer *l, double *out)
{
    out[3]++;
    if (l->kind != LL_CONV) return;
    out[0] += macs_of(l);
    out[1] += weights_of(l);
    out[2] += written_by(l);
}

/* --- the kernel --- */

typedef enum sort { DENSE, GROUPED, DEPTHWISE, DEPTHWISE_WIDE, MOVING } sort;

static sort sort_of(const ll_layer *l)
{
    if (l->kind != LL_CONV) return MOVING;
    if (l->groups == l->c_in && l->groups > 1) return l->kernel > 3 ? DEPTHWISE_WIDE : DEPTHWISE;
    return l->groups > 1 ? GROUPED : DENSE;
}

static double alike(sort a, sort b)
{
    static const int family[] = {
        [DENSE] = 0, [GROUPED] = 0, [DEPTHWISE] = 1, [DEPTHWISE_WIDE] = 1, [MOVING] = 2};
    return a == b ? 1 : family[a] == family[b] ? same_family : other_family;
}

static double work_of(const ll_layer *l)
{
    double read = (double)l->c_in * l->h_in * l->h_in;
    return macs_of(l) + macs_per_number * (read + written_by(l) + weights_of(l));
}

static double square(double x)
{
    return x * x;
}

double ll_gp_layer_kernel(const ll_layer *a, const ll_layer *b)
{
    double apart = square(log1p(macs_of(a)) - log1p(macs_of(b))) +
                   square(log1p(weights_of(a)) - log1p(weights_of(b))) +
                   square(log1p(written_by(a)) - log1p(written_by(b)));
    return work_of(a) * work_of(b) * alike(sort_of(a), sort_of(b)) * exp(-apart / (6 * length * length));
}

/* --- all choices at all positions --- */

enum { MOST = 16 }; /* layers of one choice */

typedef struct choice_layers {
    int n;
    ll_layer v[MOST];
} choice_layers;

static void find_layers(const ll_space *s, int position, int choice, choice_layers *out)
{
    uint8_t gene[LL_MAX_POSITIONS] = {0};
    ll_layer layers[LL_MAX_LAYERS];
    gene[position] = (uint8_t)choice;
    int n = s->layers(s, gene, layers, LL_MAX_LAYERS);
    for (int i = 0; i < n && i < LL_MAX_LAYERS && out->n < MOST; i++)
        if (layers[i].position == position && is_counted(&layers[i])) out->v[out->n++] = layers[i];
}

static double choice_kernel(const choice_layers *a, const choice_layers *b)
{
    double sum = 0;
    for (int i = 0; i < a->n; i++)
        for (int j = 0; j < b->n; j++) sum += ll_gp_layer_kernel(&a->v[i], &b->v[j]);
    return sum;
}

/* The first of those that are largest but for rounding, so that the columns are the same on every machine. */
static int largest(const double *v, int n)
{
    int at = 0;
    double most = 0;
    for (int i = 0; i < n; i++) most = fmax(most, v[i]);
    while (at < n - 1 && v[at] < most * (1 - 1e-9)) at++;
    return at;
}

/* Pivoted Cholesky factor of the kernel over n choices (Harbrecht et al., Appl. Numer. Math. 62, 2012), columns side by
 * side: v (n, n), of which the first that are returned are filled in. */
static int factorise(const choice_layers *choice, int n, double *v)
{
    double *rest = LL_NEW_ARRAY(double, n), total = 0, left;
    int dim = 0;
    for (int i = 0; i < n; i++) total += rest[i] = choice_kernel(&choice[i], &choice[i]);
    for (left = total; dim < n && left > left_over * total; dim++) {
        int at = largest(rest, n);
        double pivot = sqrt(rest[at]);
        left = 0;
        for (int i = 0; i < n; i++) {
            double k = choice_kernel(&choice[i], &choice[at]);
            for (int c = 0; c < dim; c++) k -= v[i * n + c] * v[at * n + c];
            v[i * n + dim] = k / pivot;
            left += rest[i] = fmax(rest[i] - square(k / pivot), 0);
        }
    }
    free(rest);
    return dim;
}

/* --- looked up: where a position's layers depend on its choice alone; costs are whole numbers, so that their sums are
 * the same in any order --- */

typedef struct table {
    struct table *next;
    const ll_space *space;
    int dim;
    double *cost, *v; /* (positions, n_ops, LL_GP_COSTS), (positions, n_ops, dim) */
} table;

static void fill_table(table *t)
{
    const ll_space *s = t->space;
    int n = s->n_positions * s->n_ops;
    choice_layers *choice = LL_NEW_ARRAY(choice_layers, n);
    double *factor = LL_NEW_ARRAY(double, n *n);
    t->cost = LL_NEW_ARRAY(double, n *LL_GP_COSTS);
    for (int p = 0; p < s->n_positions; p++)
        for (int c = 0; c < ll_space_choices(s, p); c++) find_layers(s, p, c, &choice[p * s->n_ops + c]);
    for (int i = 0; i < n; i++)
        for (int l = 0; l < choice[i].n; l++) add_costs(&choice[i].v[l], t->cost + i * LL_GP_COSTS);
    t->dim = factorise(choice, n, factor);
    t->v = LL_NEW_ARRAY(double, n * t->dim + 1);
    for (int i = 0; i < n; i++)
        for (int d = 0; d < t->dim; d++) t->v[i * t->dim + d] = factor[i * n + d];
    free(factor);
    free(choice);
}

/* Made when it is first asked for, kept to the end: there are as many as spaces. */
static const table *table_of(const ll_space *s)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static _Atomic(table *) tables;
    table *t = atomic_load(&tables);
    while (t && t->space != s) t = t->next;
    if (t) return t;
    pthread_mutex_lock(&lock);
    for (t = atomic_load(&tables); t && t->space != s;) t = t->next;
    if (!t) {
        t = LL_NEW(table);
        *t = (table){.next = atomic_load(&tables), .space = s};
        fill_table(t);
        atomic_store(&tables, t);
    }
    pthread_mutex_unlock(&lock);
    return t;
}

/* Rows of a (positions, n_ops, dim) table, summed over what the gene chooses. */
static void add_rows(const ll_space *s, const uint8_t *gene, const double *v, int dim, double *out)
{
    for (int p = 0; p < s->n_positions; p++, v += s->n_ops * dim)
        for (int d = 0; d < dim; d++) out[d] += v[gene[p] * dim + d];
}

void ll_gp_layer_costs(const ll_space *s, const uint8_t *gene, double *out)
{
    ll_layer layers[LL_MAX_LAYERS];
    if (s->facts->independent) {
        add_rows(s, gene, table_of(s)->cost, LL_GP_COSTS, out);
        return;
    }
    int n = s->layers(s, gene, layers, LL_MAX_LAYERS);
    for (int i = 0; i < n && i < LL_MAX_LAYERS; i++)
        if (is_counted(&layers[i])) add_costs(&layers[i], out);
}

int ll_gp_layers_dim(const ll_space *s)
{
    return s->facts->independent ? table_of(s)->dim : 0;
}

void ll_gp_layers(const ll_space *s, const uint8_t *gene, double *out)
{
    const table *t = table_of(s);
    add_rows(s, gene, t->v, t->dim, out);
}
