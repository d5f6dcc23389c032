/* Tables of the user's own as measuring scripts log them (csv.h): a line for every run, and columns that say how it
 * was measured. Runs of one become one latency and their deviation; what was measured differently is no run of the same. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/num/stats.h"
#include "data/importers/csv.h"
#include "data/importers/csv_heading.h"

enum { ASK_EVERY = 1 << 16 }; /* cells between two questions whether to go on */

typedef ll_table_reader reader;
typedef ll_table_cell cell;

static const char *const run_names[] = {"run",       "run_id", "runs",  "repeat", "repetition", "rep",
                                        "iteration", "iter",   "trial", "round",  "attempt",    NULL};
static const char *const setting_names[] = {
    "batch",     "batch_size", "bs",          "batchsize",  "precision",  "dtype",      "quantization",
    "threads",   "n_threads",  "num_threads", "cores",      "framework",  "runtime",    "backend",
    "engine",    "delegate",   "compiler",    "resolution", "input_size", "power_mode", "governor",
    "frequency", "freq",       "clock",       "layout",     NULL};

bool ll_table_counts_runs(const char *name)
{
    return ll_heading_among(run_names, name);
}

bool ll_table_is_setting(const char *name)
{
    return ll_heading_among(setting_names, name);
}

void ll_table_plan_runs(reader *r)
{
    ll_runs *x = &r->runs;
    x->as = r->job->repeats;
    x->setting = LL_NEW_ARRAY(int, r->n_columns + 1);
    x->values = LL_NEW_ARRAY(ll_strs, r->n_columns + 1);
    for (int i = 0; i < r->n_columns; i++) {
        bool left_out = r->columns[i].role == LL_ROLE_IGNORED;
        if (left_out && r->is_long && ll_table_is_setting(r->header.v[i])) x->setting[x->n_settings++] = i;
        if (left_out && ll_table_counts_runs(r->header.v[i]) && !x->as) x->as = "median", x->by_file = true;
    }
}

void ll_runs_free(ll_runs *x)
{
    for (int i = 0; i < x->n_settings; i++) ll_strs_free(&x->values[i]);
    free(x->setting);
    free(x->values);
}

/* One device at two batch sizes is two devices. */
ll_status ll_table_check_settings(reader *r, int device, ll_error *e)
{
    for (int i = 0; i < r->runs.n_settings; i++) {
        ll_strs *first = &r->runs.values[i];
        const char *now = r->csv.cells[r->runs.setting[i]], *name = r->header.v[r->runs.setting[i]];
        if (!*now) continue;
        while (first->n <= device) ll_strs_add(first, "");
        if (!*first->v[device]) {
            free(first->v[device]);
            first->v[device] = ll_strdup(now);
        }
        if (strcmp(first->v[device], now))
            return ll_csv_fail(&r->csv, e,
                               "%.80s was measured with %.40s %.40s here and %.40s before: key=device,%.40s "
                               "makes a device of each",
                               r->devices.v[device], name, now, first->v[device], name);
    }
    return LL_OK;
}

/* --- several of one --- */

static ll_status duplicate(const reader *r, const cell *x, ll_error *e)
{
    int first = 0;
    while (r->cells[first].row != x->row || r->cells[first].device != x->device) first++;
    return ll_fail(e, LL_BAD_DATA,
                   "%s: line %d: this architecture on %.80s stands in line %d already; where these are runs, "
                   "repeats=median (or min, mean) takes them together",
                   r->csv.what, x->line, r->devices.v[x->device], r->cells[first].line);
}

static double mean_of(const double *v, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += v[i];
    return sum / n;
}

static double deviation_of(const double *v, int n)
{
    double mean = mean_of(v, n), sum = 0;
    for (int i = 0; i < n; i++) sum += (v[i] - mean) * (v[i] - mean);
    return n > 1 ? sqrt(sum / (n - 1)) : NAN;
}

static double least_of(const double *v, int n)
{
    double least = v[0];
    for (int i = 1; i < n; i++) least = fmin(least, v[i]);
    return least;
}

static double one_of(const ll_runs *x, double *v, int n)
{
    return !strcmp(x->as, "min") ? least_of(v, n) : !strcmp(x->as, "mean") ? mean_of(v, n) : ll_median(v, n);
}

static size_t place_of(const reader *r, const cell *x)
{
    return (size_t)x->device * (size_t)r->n_rows + (size_t)x->row;
}

/* The known runs of each place behind one another: those of place p begin at from[p]. */
static double *gather(const reader *r, size_t places, int *from)
{
    for (int i = 0; i < r->n_cells; i++)
        if (!isnan(r->cells[i].value)) from[place_of(r, &r->cells[i]) + 1]++;
    for (size_t p = 0; p < places; p++) from[p + 1] += from[p];
    int *next = ll_memdup(from, places + 1, sizeof *from);
    double *v = LL_NEW_ARRAY(double, from[places] + 1);
    for (int i = 0; i < r->n_cells; i++)
        if (!isnan(r->cells[i].value)) v[next[place_of(r, &r->cells[i])]++] = r->cells[i].value;
    free(next);
    return v;
}

/* Over what fill_single() left: the last run of each, and a deviation that stood in the file. */
static void join_runs(reader *r, ll_dataset *d)
{
    size_t places = (size_t)r->n_rows * (size_t)r->devices.n;
    int *from = LL_NEW_ARRAY(int, places + 2);
    double *v = gather(r, places, from);
    ll_runs *x = &r->runs;
    for (size_t p = 0; p < places; p++) {
        int n = from[p + 1] - from[p];
        if (!n) continue;
        x->least = !x->least || n < x->least ? n : x->least;
        x->most = n > x->most ? n : x->most;
        if (n > 1) d->std_ms[p] = deviation_of(v + from[p], n);
        d->lat_ms[p] = one_of(x, v + from[p], n);
    }
    free(from);
    free(v);
}

static bool has_std(const reader *r)
{
    for (int i = 0; i < r->n_cells; i++)
        if (!isnan(r->cells[i].std)) return true;
    return false;
}

/* Every cell in its place; *several: some came more than once. */
static ll_status fill_single(reader *r, ll_dataset *d, bool *several, ll_error *e)
{
    size_t places = (size_t)r->n_rows * (size_t)r->devices.n;
    uint8_t *seen = LL_NEW_ARRAY(uint8_t, places + 1);
    ll_status s = LL_OK;
    for (int i = 0; !s && i < r->n_cells; i++) {
        const cell *x = &r->cells[i];
        size_t at = place_of(r, x);
        if (i % ASK_EVERY == 0 && ll_interrupted()) s = ll_interrupt_fail(e);
        if (!s && seen[at] && !r->runs.as) s = duplicate(r, x, e);
        *several |= seen[at];
        seen[at] = 1;
        d->lat_ms[at] = x->value;
        if (d->std_ms) d->std_ms[at] = x->std;
        r->n_zero += x->value == 0;
    }
    free(seen);
    return s;
}

ll_status ll_table_fill(reader *r, ll_dataset *d, ll_error *e)
{
    size_t places = (size_t)r->n_rows * (size_t)r->devices.n;
    bool several = false;
    if (has_std(r) || r->runs.as) d->std_ms = ll_alloc_aligned(places + 1, sizeof(double));
    for (size_t p = 0; d->std_ms && p < places; p++) d->std_ms[p] = NAN;
    ll_status s = fill_single(r, d, &several, e);
    if (!s && several) join_runs(r, d);
    return s;
}

void ll_table_note_runs(const reader *r)
{
    const ll_runs *x = &r->runs;
    ll_str n = {0};
    if (x->most < 2) return;
    ll_str_addf(&n, "%d", x->least);
    if (x->most > x->least) ll_str_addf(&n, " to %d", x->most);
    ll_import_note(r->job, "the %s of %s runs stands for each%s; their standard deviation is kept", x->as,
                   ll_str_text(&n), x->by_file ? " (repeats= takes another)" : "");
    ll_str_free(&n);
}
