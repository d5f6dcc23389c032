/* Tables of layer costs as CSV. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/decimal.h"
#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/plausible.h"
#include "core/base/system/fs.h"
#include "core/base/text/csv.h"
#include "core/costs/costs_file.h"
#include "core/costs/part_names.h"

/* What columns are called, here and elsewhere. */
static const char *const *const field_columns[LL_PART_FIELDS] = {
    [LL_PART_H_IN] = (const char *const[]){"h_in", "HW", NULL},
    [LL_PART_C_IN] = (const char *const[]){"c_in", "CIN", NULL},
    [LL_PART_H_OUT] = (const char *const[]){"h_out", NULL},
    [LL_PART_C_OUT] = (const char *const[]){"c_out", "COUT", NULL},
    [LL_PART_KERNEL] = (const char *const[]){"kernel", "KERNEL_SIZE", NULL},
    [LL_PART_STRIDE] = (const char *const[]){"stride", "STRIDES", "POOL_STRIDES", NULL},
    [LL_PART_GROUPS] = (const char *const[]){"groups", NULL},
    [LL_PART_MIDDLE] = (const char *const[]){"middle", NULL},
    [LL_PART_WITH_SE] = (const char *const[]){"se", NULL},
    [LL_PART_RESIDUAL] = (const char *const[]){"residual", NULL},
};
static const char *const kind_columns[] = {"kind", "kernel_type", "model_path", NULL},
                         *const ms_columns[] = {"ms", "latency_ms", "latency", "mean", NULL},
                         *const std_columns[] = {"std_ms", "std", NULL},
                         *const count_columns[] = {"count", "runs", NULL};

typedef struct reading {
    ll_csv csv;
    ll_costs *c;
    int field[LL_PART_FIELDS]; /* columns; -1: none */
    int kind, act, name, operation, position, ms, std, count, gain;
    char *kernel; /* the kernel that the file's name tells of, or NULL */
    int *ignored;
    /* (positions, ops): costs of operations, of rows with a position and without; ms NaN where no row was. NULL: none yet */
    ll_cost_row *own, *everywhere;
} reading;

static const char *cell(const reading *r, int column)
{
    return column >= 0 && column < r->csv.n ? r->csv.cells[column] : "";
}

/* --- header --- */

/* "Data_conv-bn-relu_big": the word that is a kernel. */
static char *kernel_of_file(const char *what)
{
    ll_strs words = {0};
    char *stem = ll_path_stem(what), *kernel = NULL;
    ll_strs_split(&words, stem, '_');
    for (int i = 0; i < words.n && !kernel; i++)
        if (ll_part_is_kernel(words.v[i])) kernel = ll_strdup(words.v[i]);
    ll_strs_free(&words);
    free(stem);
    return kernel;
}

static ll_status read_header(reading *r, ll_error *e)
{
    bool more;
    ll_status s = ll_csv_next(&r->csv, &more, e);
    if (s) return s;
    if (!more) return ll_csv_fail(&r->csv, e, "the file is empty");
    for (int f = 0; f < LL_PART_FIELDS; f++)
        r->field[f] = field_columns[f] ? ll_csv_column_among(&r->csv, field_columns[f]) : -1;
    r->kind = ll_csv_column_among(&r->csv, kind_columns);
    r->ms = ll_csv_column_among(&r->csv, ms_columns);
    r->std = ll_csv_column_among(&r->csv, std_columns);
    r->count = ll_csv_column_among(&r->csv, count_columns);
    r->act = ll_csv_column(&r->csv, "act");
    r->name = ll_csv_column(&r->csv, "name");
    r->gain = ll_csv_column(&r->csv, "gain");
    r->operation = ll_csv_column(&r->csv, "operation");
    r->position = ll_csv_column(&r->csv, "position");
    bool kernels = r->field[LL_PART_C_IN] >= 0 && r->kernel;
    if (r->ms < 0) return ll_csv_fail(&r->csv, e, "no column \"ms\" (or \"latency\"), which has the costs");
    if (r->operation >= 0 || r->kind >= 0 || r->name >= 0 || kernels) return LL_OK;
    return ll_csv_fail(&r->csv, e,
                       "no column \"operation\", \"kind\" or \"name\": what the costs are of is not said");
}

/* --- numbers --- */

static ll_status read_number(const reading *r, int column, int *out, ll_error *e)
{
    const char *text = cell(r, column);
    double x;
    *out = LL_ANY;
    if (!*text) return LL_OK;
    if (!ll_decimal_parse(text, &x) || x != floor(x) || !(x >= 0 && x <= 1 << 20))
        return ll_csv_fail(&r->csv, e, "\"%.40s\" in column %d: a whole number was expected", text,
                           column + 1);
    *out = (int)x;
    return LL_OK;
}

static ll_status read_cost(const reading *r, ll_cost_row *out, ll_error *e)
{
    const char *text = cell(r, r->ms), *std = cell(r, r->std);
    if (!*text) return ll_csv_fail(&r->csv, e, "the cost is missing: milliseconds were expected");
    if (!ll_decimal_parse(text, &out->ms) || !isfinite(out->ms) || out->ms < 0)
        return ll_csv_fail(&r->csv, e, "cost \"%.40s\": milliseconds from 0 were expected", text);
    ll_error why = {0};
    if (ll_check_ms(out->ms, &why)) return ll_csv_fail(&r->csv, e, "cost \"%.40s\": %s", text, why.message);
    out->std_ms = NAN;
    if (*std && (!ll_decimal_parse(std, &out->std_ms) || !isfinite(out->std_ms) || out->std_ms < 0))
        return ll_csv_fail(&r->csv, e, "standard deviation \"%.40s\": milliseconds from 0 were expected",
                           std);
    ll_status s = read_number(r, r->count, &out->count, e);
    if (out->count == LL_ANY) out->count = 0;
    return s;
}

/* --- operations --- */

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

/* Frees the names. */
static ll_status unknown(const reading *r, const char *what, const char *name, ll_strs *names, ll_error *e)
{
    ll_str known = {0};
    for (int i = 0; i < names->n; i++) ll_str_addf(&known, "%s%s", i ? ", " : "", names->v[i]);
    ll_status s = ll_csv_fail(&r->csv, e, "%s has no %s \"%.60s\": it has %s", r->c->space->name, what, name,
                              ll_str_text(&known));
    ll_str_free(&known);
    ll_strs_free(names);
    return s;
}

static ll_status unknown_position(const reading *r, const char *name, ll_error *e)
{
    ll_strs names = {0};
    for (int p = 0; p < r->c->space->n_positions; p++) ll_strs_add(&names, r->c->space->positions[p]);
    return unknown(r, "position", name, &names, e);
}

static ll_status unknown_operation(const reading *r, const char *name, int first, int last, ll_error *e)
{
    const ll_space *s = r->c->space;
    ll_strs names = {0};
    for (int p = first; p <= last; p++)
        for (int i = 0; i < ll_space_choices(s, p); i++)
            if (!ll_strs_has(&names, ll_space_choice(s, p, i))) ll_strs_add(&names, ll_space_choice(s, p, i));
    return unknown(r, "operation", name, &names, e);
}

static void make_room(reading *r)
{
    int cells = r->c->space->n_positions * r->c->space->n_ops;
    if (r->own) return;
    r->own = LL_NEW_ARRAY(ll_cost_row, cells);
    r->everywhere = LL_NEW_ARRAY(ll_cost_row, cells);
    for (int i = 0; i < cells; i++) r->own[i].ms = r->everywhere[i].ms = NAN;
}

static ll_status read_operation(reading *r, const char *operation, ll_error *e)
{
    const ll_space *s = r->c->space;
    const char *position = cell(r, r->position);
    if (!s) return ll_csv_fail(&r->csv, e, "a cost of an operation, and no search space is known");
    make_room(r);
    int first = 0, last = s->n_positions - 1, found = 0;
    ll_cost_row row = {0}, *to = *position ? r->own : r->everywhere;
    if (*position) {
        first = last = index_in(s->positions, s->n_positions, position);
        if (first < 0) return unknown_position(r, position, e);
    }
    for (int p = first; p <= last; p++) found += choice_named(s, p, operation) >= 0;
    if (!found) return unknown_operation(r, operation, first, last, e);
    ll_status status = read_cost(r, &row, e);
    if (status) return status;
    for (int p = first; p <= last; p++) {
        int choice = choice_named(s, p, operation);
        if (choice < 0) continue;
        if (!isnan(to[p * s->n_ops + choice].ms))
            return ll_csv_fail(&r->csv, e, "%s at %s is given twice", operation,
                               *position ? position : "all positions");
        to[p * s->n_ops + choice] = row;
    }
    return LL_OK;
}

/* What does nothing costs nothing unless it is said. */
static bool is_idle(const ll_space *s, int position, int choice)
{
    const char *name = ll_space_choice(s, position, choice);
    return !strcmp(name, "none") || !strcmp(name, "skip");
}

/* Own costs where there are any, else those for everywhere. */
static ll_status add_operations(reading *r, ll_error *e)
{
    const ll_space *s = r->c->space;
    if (!r->own) return LL_OK;
    for (int p = 0; p < s->n_positions; p++)
        for (int op = 0; op < ll_space_choices(s, p); op++) {
            ll_cost_row *own = &r->own[p * s->n_ops + op];
            if (isnan(own->ms)) *own = r->everywhere[p * s->n_ops + op];
            if (isnan(own->ms) && is_idle(s, p, op)) *own = (ll_cost_row){.std_ms = NAN};
            if (isnan(own->ms))
                return ll_fail(e, LL_BAD_DATA, "%s: no cost for %s at position %s", r->csv.what,
                               ll_space_choice(s, p, op), s->positions[p]);
            own->part = ll_part_new(LL_PART_CHOICE);
            own->part.v[LL_PART_POSITION] = p;
            own->part.v[LL_PART_OPERATION] = op;
            ll_status status = ll_costs_add(r->c, own, e);
            if (status) return status;
        }
    return LL_OK;
}

/* --- layers --- */

static ll_status read_act(const reading *r, ll_part *p, ll_error *e)
{
    const char *text = cell(r, r->act);
    if (!*text) return LL_OK;
    for (int a = 0; a < LL_ACTIVATIONS; a++)
        if (!strcmp(ll_activation_name((ll_activation)a), text)) {
            p->v[LL_PART_ACT] = a;
            return LL_OK;
        }
    return ll_csv_fail(&r->csv, e, "\"%.40s\" is no activation: none, relu, relu6, hswish or hsigmoid", text);
}

/* The numbers that the kind has; others are not looked at (nn-Meter's tables have all columns in all rows). */
static ll_status read_fields(const reading *r, ll_part *p, ll_error *e)
{
    for (int f = 0; f < LL_PART_FIELDS; f++) {
        if (!ll_part_has(p->kind, f) || r->field[f] < 0) continue;
        ll_status s = read_number(r, r->field[f], &p->v[f], e);
        if (s) return s;
    }
    return ll_part_has(p->kind, LL_PART_ACT) ? read_act(r, p, e) : LL_OK;
}

static ll_status read_kernel(const reading *r, const char *word, ll_part *p, bool *ignored, ll_error *e)
{
    ll_kernel_word k;
    *ignored = !ll_part_read_kernel(word, &k);
    if (*ignored && ll_part_is_kernel(word)) return LL_OK;
    if (*ignored)
        return ll_csv_fail(&r->csv, e,
                           "\"%.60s\" is no kind of part: conv, pool, add, linear, mean, block, ... "
                           "or a kernel of nn-Meter was expected",
                           word);
    *p = ll_part_new(k.kind);
    ll_status s = read_fields(r, p, e);
    int *v = p->v;
    if (k.kind == LL_PART_CONV) {
        if (k.depthwise) v[LL_PART_C_OUT] = v[LL_PART_C_IN];
        if (v[LL_PART_GROUPS] == LL_ANY) v[LL_PART_GROUPS] = k.depthwise ? v[LL_PART_C_IN] : 1;
    }
    if (k.act != LL_ANY && v[LL_PART_ACT] == LL_ANY) v[LL_PART_ACT] = k.act;
    return s;
}

static ll_status read_kind(const reading *r, ll_part *p, bool *ignored, ll_error *e)
{
    const char *word = cell(r, r->kind);
    *ignored = false;
    if (!*word && r->kernel) word = r->kernel;
    int kind = ll_part_kind_find(word);
    if (kind < 0) return read_kernel(r, word, p, ignored, e);
    *p = ll_part_new((ll_part_kind)kind);
    return read_fields(r, p, e);
}

/* "conv+add", its gain and how many pairs were timed. */
static ll_status read_fusion(reading *r, ll_error *e)
{
    double gain;
    int count;
    ll_fusion f;
    ll_error why = {0};
    const char *text = cell(r, r->gain);
    if (!ll_decimal_parse(text, &gain))
        return ll_csv_fail(&r->csv, e, "gain \"%.40s\" of %.60s: a number was expected", text,
                           cell(r, r->kind));
    ll_status s = read_number(r, r->count, &count, e);
    if (s) return s;
    s = ll_fusion_read(cell(r, r->kind), gain, count == LL_ANY ? 0 : count, &f, &why);
    if (!s) s = ll_costs_add_fusion(r->c, &f, &why);
    return s ? ll_csv_fail(&r->csv, e, "%s", why.message) : LL_OK;
}

static ll_status read_layer(reading *r, ll_error *e)
{
    ll_cost_row row = {0};
    bool ignored = false;
    ll_error why = {0};
    const char *name = cell(r, r->name);
    ll_status s = LL_OK;
    if (*name && ll_part_read_name(name, &row.part, &why)) return ll_csv_fail(&r->csv, e, "%s", why.message);
    if (!*name) s = read_kind(r, &row.part, &ignored, e);
    if (!s) s = read_cost(r, &row, e);
    if (!s && ignored && r->ignored) ++*r->ignored;
    if (s || ignored) return s;
    return ll_costs_add(r->c, &row, &why) ? ll_csv_fail(&r->csv, e, "%s", why.message) : LL_OK;
}

static ll_status read_row(reading *r, ll_error *e)
{
    const char *operation = cell(r, r->operation);
    if (strchr(cell(r, r->kind), '+')) return read_fusion(r, e);
    return *operation || (r->kind < 0 && r->name < 0 && !r->kernel) ? read_operation(r, operation, e)
                                                                    : read_layer(r, e);
}

/* How the line begins in which `measure layers` says before a table what timed it. */
static const char measured[] = "# latlab measure layers";

static ll_status read_remark(ll_costs *c, const char *what, const char *text, size_t n, ll_error *e)
{
    if (n < sizeof measured || memcmp(text, measured, sizeof measured - 1)) return LL_OK;
    const char *end = memchr(text, '\n', n);
    char *line = ll_strndup(text, end ? (size_t)(end - text) : n);
    ll_error why = {0};
    ll_status s = ll_costs_timed_by(c, line, &why);
    free(line);
    return s ? ll_fail(e, s, "%s: %s", what, why.message) : LL_OK;
}

ll_status ll_costs_read_csv(ll_costs *c, const char *what, const char *text, size_t n, int *ignored,
                            ll_error *e)
{
    reading r = {.c = c, .ignored = ignored};
    bool more = true;
    ll_status s = read_remark(c, what, text, n, e);
    if (!s) s = ll_csv_open_text(&r.csv, what, text, n, e);
    if (s) return s;
    r.kernel = kernel_of_file(what);
    s = read_header(&r, e);
    while (!s && !(s = ll_csv_next(&r.csv, &more, e)) && more)
        s = ll_interrupted() ? ll_interrupt_fail(e) : read_row(&r, e);
    if (!s) s = add_operations(&r, e);
    free(r.own);
    free(r.everywhere);
    free(r.kernel);
    ll_csv_close(&r.csv);
    return s;
}

/* --- writing --- */

static void write_number(FILE *f, int x)
{
    putc(',', f);
    if (x != LL_ANY) fprintf(f, "%d", x);
}

static void write_row(FILE *f, const ll_costs *c, const ll_cost_row *r)
{
    const int *v = r->part.v;
    bool choice = r->part.kind == LL_PART_CHOICE;
    fputs(ll_part_kind_name((int)r->part.kind), f);
    for (int i = 0; i < LL_PART_POSITION; i++) {
        if (i != LL_PART_ACT)
            write_number(f, v[i]);
        else
            fprintf(f, ",%s", v[i] == LL_ANY ? "" : ll_activation_name((ll_activation)v[i]));
    }
    putc(',', f);
    if (choice) ll_csv_write(f, c->space->positions[v[LL_PART_POSITION]]);
    putc(',', f);
    if (choice) ll_csv_write(f, ll_space_choice(c->space, v[LL_PART_POSITION], v[LL_PART_OPERATION]));
    putc(',', f);
    ll_csv_write_number(f, r->ms);
    putc(',', f);
    ll_csv_write_number(f, r->std_ms);
    putc(',', f);
    if (r->count) fprintf(f, "%d", r->count);
    if (c->n_fusions) putc(',', f);
    putc('\n', f);
}

/* Only in the columns kind, count and gain. */
static void write_fusion(FILE *f, const ll_fusion *x)
{
    ll_str name = {0};
    ll_fusion_text(x, &name);
    fputs(ll_str_text(&name), f);
    for (int i = 0; i < LL_PART_FIELDS + 3; i++) putc(',', f);
    if (x->count) fprintf(f, "%d", x->count);
    putc(',', f);
    ll_csv_write_number(f, x->gain);
    putc('\n', f);
    ll_str_free(&name);
}

ll_status ll_costs_write_csv(const ll_costs *c, const char *remark, const char *path, ll_error *e)
{
    ll_writer w;
    ll_status s = ll_writer_open(&w, path, e);
    if (s) return s;
    if (remark)
        fprintf(w.f, "# %s\n", remark);
    else if (c->settings)
        fprintf(w.f, "%s: %s\n", measured, c->settings);
    fputs("kind", w.f);
    for (int i = 0; i < LL_PART_FIELDS; i++) fprintf(w.f, ",%s", ll_part_field_name(i));
    fputs(c->n_fusions ? ",ms,std_ms,count,gain\n" : ",ms,std_ms,count\n", w.f);
    for (int i = 0; i < c->n; i++) write_row(w.f, c, &c->rows[i]);
    for (int i = 0; i < c->n_fusions; i++) write_fusion(w.f, &c->fusions[i]);
    return ll_writer_commit(&w, e);
}
