#include "core/predict/simple/lut_profile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/csv.h"
#include "core/base/decimal.h"
#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/predict/simple/simple.h"

typedef struct reading {
    ll_csv csv;
    const ll_space *s;
    int operation, position, ms; /* columns; position -1: none */
    double *own,
        *everywhere; /* (n_positions, n_ops), of rows with a position and without; NaN where no row was */
} reading;

static int index_in(const char *const *names, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (!strcmp(names[i], name)) return i;
    return -1;
}

static int choice_named(const ll_space *s, int position, const char *name)
{
    for (int i = 0; i < ll_space_choices(s, position); i++)
        if (!strcmp(ll_space_choice(s, position, i), name)) return i;
    return -1;
}

static char *listed(const ll_strs *names)
{
    ll_str b = {0};
    for (int i = 0; i < names->n; i++) ll_str_addf(&b, "%s%s", i ? ", " : "", names->v[i]);
    return ll_str_take(&b);
}

/* Frees the names. */
static ll_status unknown(reading *r, const char *what, const char *name, ll_strs *names, ll_error *e)
{
    char *known = listed(names);
    ll_status s = ll_csv_fail(&r->csv, e, "%s has no %s \"%s\": it has %s", r->s->name, what, name, known);
    free(known);
    ll_strs_free(names);
    return s;
}

static ll_status unknown_position(reading *r, const char *name, ll_error *e)
{
    ll_strs names = {0};
    for (int p = 0; p < r->s->n_positions; p++) ll_strs_add(&names, r->s->positions[p]);
    return unknown(r, "position", name, &names, e);
}

static ll_status unknown_operation(reading *r, const char *name, int first, int last, ll_error *e)
{
    ll_strs names = {0};
    for (int p = first; p <= last; p++)
        for (int i = 0; i < ll_space_choices(r->s, p); i++)
            if (!ll_strs_has(&names, ll_space_choice(r->s, p, i)))
                ll_strs_add(&names, ll_space_choice(r->s, p, i));
    return unknown(r, "operation", name, &names, e);
}

static ll_status read_header(reading *r, ll_error *e)
{
    bool more;
    ll_status s = ll_csv_next(&r->csv, &more, e);
    if (s) return s;
    if (!more) return ll_csv_fail(&r->csv, e, "the file is empty");
    r->operation = ll_csv_column(&r->csv, "operation");
    r->position = ll_csv_column(&r->csv, "position");
    r->ms = ll_csv_column(&r->csv, "ms");
    if (r->operation < 0 || r->ms < 0)
        return ll_csv_fail(&r->csv, e,
                           "no column \"%s\": a profile has the columns operation, ms and maybe position",
                           r->operation < 0 ? "operation" : "ms");
    return LL_OK;
}

static const char *cell(const reading *r, int column)
{
    return column >= 0 && column < r->csv.n ? r->csv.cells[column] : "";
}

static ll_status read_cost(reading *r, double *ms, ll_error *e)
{
    const char *text = cell(r, r->ms);
    if (!*text) return ll_csv_fail(&r->csv, e, "the cost is missing: milliseconds were expected");
    if (!ll_decimal_parse(text, ms) || !isfinite(*ms) || *ms < 0)
        return ll_csv_fail(&r->csv, e, "cost \"%s\": milliseconds from 0 were expected", text);
    return LL_OK;
}

static ll_status read_row(reading *r, ll_error *e)
{
    const ll_space *s = r->s;
    const char *operation = cell(r, r->operation), *position = cell(r, r->position);
    int first = 0, last = s->n_positions - 1, found = 0;
    double ms, *to = *position ? r->own : r->everywhere;
    if (*position) {
        first = last = index_in(s->positions, s->n_positions, position);
        if (first < 0) return unknown_position(r, position, e);
    }
    for (int p = first; p <= last; p++) found += choice_named(s, p, operation) >= 0;
    if (!found) return unknown_operation(r, operation, first, last, e);
    ll_status status = read_cost(r, &ms, e);
    if (status) return status;
    for (int p = first; p <= last; p++) {
        int choice = choice_named(s, p, operation);
        if (choice < 0) continue;
        if (!isnan(to[p * s->n_ops + choice]))
            return ll_csv_fail(&r->csv, e, "%s at %s is given twice", operation,
                               *position ? position : "all positions");
        to[p * s->n_ops + choice] = ms;
    }
    return LL_OK;
}

/* Own costs where there are any, else those for everywhere. */
static ll_status complete(reading *r, ll_error *e)
{
    const ll_space *s = r->s;
    for (int p = 0; p < s->n_positions; p++)
        for (int op = 0; op < ll_space_choices(s, p); op++) {
            double *to = &r->own[p * s->n_ops + op];
            if (isnan(*to)) *to = r->everywhere[p * s->n_ops + op];
            if (isnan(*to) && op == ll_simple_idle_op(s)) *to = 0;
            if (isnan(*to))
                return ll_fail(e, LL_BAD_DATA, "%s: no cost for %s at position %s", r->csv.what,
                               ll_space_choice(s, p, op), s->positions[p]);
        }
    return LL_OK;
}

static ll_status read_all(reading *r, ll_error *e)
{
    bool more = true;
    ll_status s = read_header(r, e);
    while (!s && more) {
        s = ll_csv_next(&r->csv, &more, e);
        if (!s && more) s = read_row(r, e);
    }
    return s ? s : complete(r, e);
}

ll_status ll_lut_profile_read(const char *path, const ll_space *space, double **cost_ms, ll_error *e)
{
    reading r = {.s = space};
    char *expanded = ll_path_expand(path);
    *cost_ms = NULL;
    ll_status s = ll_csv_open(&r.csv, expanded, e);
    free(expanded);
    if (s) return s;
    int cells = space->n_positions * space->n_ops;
    r.own = LL_NEW_ARRAY(double, cells);
    r.everywhere = LL_NEW_ARRAY(double, cells);
    for (int i = 0; i < cells; i++) r.own[i] = r.everywhere[i] = NAN;
    s = read_all(&r, e);
    for (int i = 0; i < cells && !s; i++) /* choices that there are not cost nothing */
        if (isnan(r.own[i])) r.own[i] = 0;
    if (s)
        free(r.own);
    else
        *cost_ms = r.own;
    free(r.everywhere);
    ll_csv_close(&r.csv);
    return s;
}
