#include "plots/build/thin.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/num/sort.h"
#include "plots/figure/layout.h"

ll_ints ll_rows_known(const double *a, const double *b, int n, bool positive)
{
    ll_ints rows = {0};
    for (int i = 0; i < n; i++)
        if (isfinite(a[i]) && isfinite(b[i]) && (!positive || (a[i] > 0 && b[i] > 0))) ll_ints_add(&rows, i);
    return rows;
}

ll_ints ll_rows_relative(const double *measured, const double *predicted, int n)
{
    ll_ints rows = ll_rows_known(measured, predicted, n, false);
    int kept = 0;
    for (int i = 0; i < rows.n; i++)
        if (measured[rows.v[i]] > 0) rows.v[kept++] = rows.v[i];
    rows.n = kept;
    return rows;
}

/* Rows by ascending key; the caller frees. */
static int *sorted(const ll_ints *rows, const double *key)
{
    double *v = LL_NEW_ARRAY(double, rows->n + 1);
    int *order = LL_NEW_ARRAY(int, rows->n + 1);
    for (int i = 0; i < rows->n; i++) v[i] = key[rows->v[i]];
    ll_sort_order(v, rows->n, order);
    for (int i = 0; i < rows->n; i++) order[i] = rows->v[order[i]];
    free(v);
    return order;
}

ll_ints ll_rows_sorted(const ll_ints *rows, const double *key)
{
    int *v = sorted(rows, key);
    return (ll_ints){.v = v, .n = rows->n, .cap = rows->n + 1};
}

static int ascending(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

ll_ints ll_rows_thin(const ll_ints *rows, const double *key, int most)
{
    if (rows->n <= most || most < 2) return ll_ints_copy(rows->v, rows->n);
    int *order = sorted(rows, key);
    ll_ints out = {0};
    for (int i = 0; i < most; i++) ll_ints_add(&out, order[(long)i * (rows->n - 1) / (most - 1)]);
    qsort(out.v, (size_t)out.n, sizeof *out.v, ascending);
    free(order);
    return out;
}

void ll_note_worst(ll_figure *f, int row, const double *measured, const double *predicted)
{
    ll_figure_note(f, "architecture %d: %+.1f %%", row, 100 * (predicted[row] / measured[row] - 1));
}

ll_ints ll_rows_without(const ll_ints *rows, const int *without, int n)
{
    ll_ints given = ll_ints_copy(without, n), out = {0};
    for (int i = 0; i < rows->n; i++)
        if (ll_ints_find(&given, rows->v[i]) < 0) ll_ints_add(&out, rows->v[i]);
    ll_ints_free(&given);
    return out;
}

int ll_longest_name(const char *const *names, int n)
{
    int most = 0;
    for (int i = 0; i < n; i++) {
        int length = ll_text_chars(names[i]);
        if (length > most) most = length;
    }
    return most;
}
