#include "core/space/own/numbers.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/decimal.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/space/own/user.h"
#include "core/space/parts.h"

static const char *const kinds[] = {"width", "count", "ratio", "category", NULL};

typedef struct numbers_space {
    ll_space space; /* first: a pointer to it is what everybody else has */
    ll_space_facts facts;
    int *first_node_op, *node_bins; /* (n_positions) of each column among the node operations */
    struct numbers_space *next;     /* older */
} numbers_space;

static numbers_space *newest;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

const char *ll_column_kind_name(int kind)
{
    return kind >= 0 && kind < LL_COLUMN_KINDS ? kinds[kind] : NULL;
}

int ll_column_kind_find(const char *name)
{
    for (int k = 0; kinds[k]; k++)
        if (!strcmp(kinds[k], name)) return k;
    return -1;
}

static double value_at(const ll_space *s, int position, int choice)
{
    return s->facts->columns[position].v[choice];
}

/* --- strings --- */

static void format(const ll_space *s, const uint8_t *gene, ll_str *out)
{
    ll_space_format_names(s, gene, "|", out);
}

bool ll_numbers_alike(double a, double b)
{
    return a == b || fabs(a - b) <= 1e-9 * fmax(fabs(a), fabs(b));
}

/* The choice with the value nearest to x. */
static int nearest(const ll_space *s, int position, double x)
{
    int best = 0;
    for (int i = 1; i < s->n_choices[position]; i++)
        if (fabs(value_at(s, position, i) - x) < fabs(value_at(s, position, best) - x)) best = i;
    return best;
}

static ll_status read_number(const ll_space *s, const char **p, int position, uint8_t *gene, ll_error *e)
{
    double x;
    const char *at = *p;
    if (!ll_decimal_read(at, p, &x) || !isfinite(x))
        return ll_fail(e, LL_BAD_DATA, "number %d of %d (%s) is wrong at \"%.20s\"", position + 1,
                       s->n_positions, s->positions[position], at);
    int choice = nearest(s, position, x);
    if (!ll_numbers_alike(value_at(s, position, choice), x))
        return ll_fail(e, LL_BAD_DATA, "no architecture of %s has the %s %.*s, the nearest value is %s",
                       s->name, s->positions[position], (int)(*p - at), at, s->choices[position][choice]);
    gene[position] = (uint8_t)choice;
    return LL_OK;
}

/* The numbers, in brackets and quotes or not, between commas, '|' or blanks. */
static ll_status parse(const ll_space *s, const char *text, uint8_t *gene, ll_error *e)
{
    static const char between[] = " \t\r\n,|'\"()[]";
    uint8_t read[LL_MAX_POSITIONS];
    const char *p = text + strspn(text, between);
    for (int i = 0; i < s->n_positions; i++) {
        ll_status status = read_number(s, &p, i, read, e);
        if (status) return status;
        size_t gap = strspn(p, between);
        if (*p && !gap) return ll_fail(e, LL_BAD_DATA, "\"%.40s\" is no number", p);
        p += gap;
    }
    if (*p)
        return ll_fail(e, LL_BAD_DATA, "\"%.80s\" has more than the %d numbers of an architecture of %s",
                       text, s->n_positions, s->name);
    memcpy(gene, read, (size_t)s->n_positions);
    return LL_OK;
}

static void draw(const ll_space *s, const uint8_t *gene, ll_str *out)
{
    for (int p = 0; p < s->n_positions; p++)
        ll_str_addf(out, "%-36.36s %.34s\n", s->positions[p], ll_space_choice(s, p, gene[p]));
}

/* The chain of the columns. Values of one column that share a node operation lie side by side. */
static bool graph(const ll_space *s, const uint8_t *gene, ll_graph_kind kind, ll_graph *out)
{
    const numbers_space *x = s->own;
    if (kind != LL_GRAPH_FULL) return false;
    ll_graph_chain(s, gene, out);
    for (int p = 0; p < s->n_positions; p++)
        out->op[p + 1] = x->first_node_op[p] + gene[p] * x->node_bins[p] / s->n_choices[p];
    return true;
}

/* --- what a definition may be --- */

static ll_status check_values(const char *space, const ll_numbers *c, ll_error *e)
{
    if (c->n < 1 || c->n > LL_NUMBERS_MOST)
        return ll_fail(e, LL_BAD_DATA, "column %s of %s has %d distinct values: expected 1..%d; round them",
                       c->name, space, c->n, LL_NUMBERS_MOST);
    for (int i = 0; i < c->n; i++)
        if (!(fabs(c->v[i]) <= 1e300) ||
            (i && (c->v[i] < c->v[i - 1] || ll_numbers_alike(c->v[i], c->v[i - 1]))))
            return ll_fail(e, LL_BAD_DATA, "column %s of %s: the values are not finite and ascending",
                           c->name, space);
    return LL_OK;
}

static ll_status check(const char *name, const ll_numbers *columns, int n, ll_error *e)
{
    ll_status s = ll_user_check_name(name, e);
    if (s) return s;
    if (n < 1 || n > LL_MAX_POSITIONS)
        return ll_fail(e, LL_BAD_DATA, "space %s has %d %s: expected 1..%d", name, n,
                       ll_noun(n, "column", "columns"), LL_MAX_POSITIONS);
    const ll_space *there = ll_space_find(name);
    if (there && !there->facts->columns)
        return ll_fail(e, LL_BAD_DATA, "%s is a search space of operations already: choose another name",
                       name);
    const char *names[LL_MAX_POSITIONS];
    for (int i = 0; i < n; i++) names[i] = columns[i].name;
    s = ll_user_check_names("column", names, n, true, e);
    if (s) ll_user_fail_in(name, e);
    for (int i = 0; i < n && !s; i++) s = check_values(name, &columns[i], e);
    return s;
}

/* --- making one --- */

static char *number_text(double x)
{
    char text[40];
    ll_decimal_write(x, text);
    return ll_strdup(text);
}

/* As many node operations for each column as it has values, or its share of those there are. */
static void plan_nodes(numbers_space *x)
{
    ll_space *s = &x->space;
    int total = 0, at = 0;
    for (int p = 0; p < s->n_positions; p++) total += s->n_choices[p];
    for (int p = 0; p < s->n_positions; p++) {
        int spare = LL_MAX_NODE_OPS - s->n_positions; /* one for each, the rest by size */
        x->node_bins[p] =
            total <= LL_MAX_NODE_OPS ? s->n_choices[p] : 1 + spare * (s->n_choices[p] - 1) / total;
        x->first_node_op[p] = at;
        at += x->node_bins[p];
    }
    const char **names = LL_NEW_ARRAY(const char *, at);
    for (int p = 0; p < s->n_positions; p++)
        for (int b = 0; b < x->node_bins[p]; b++) {
            ll_str name = {0};
            ll_str_addf(&name, "%s=%s", s->positions[p],
                        s->choices[p][b * s->n_choices[p] / x->node_bins[p]]);
            names[x->first_node_op[p] + b] = ll_str_take(&name);
        }
    s->n_node_ops = at;
    s->node_ops = names;
}

static void fill_columns(numbers_space *x, const ll_numbers *columns)
{
    ll_space *s = &x->space;
    const char **positions = LL_NEW_ARRAY(const char *, s->n_positions);
    const char *const **choices = LL_NEW_ARRAY(const char *const *, s->n_positions);
    int *n_choices = LL_NEW_ARRAY(int, s->n_positions);
    ll_number_column *facts = LL_NEW_ARRAY(ll_number_column, s->n_positions);
    for (int p = 0; p < s->n_positions; p++) {
        const char **names = LL_NEW_ARRAY(const char *, columns[p].n);
        for (int i = 0; i < columns[p].n; i++) names[i] = number_text(columns[p].v[i]);
        positions[p] = ll_strdup(columns[p].name);
        choices[p] = names;
        n_choices[p] = columns[p].n;
        facts[p] = (ll_number_column){columns[p].kind,
                                      ll_memdup(columns[p].v, (size_t)columns[p].n, sizeof *columns[p].v)};
        if (columns[p].n > s->n_ops) s->n_ops = columns[p].n;
    }
    s->positions = positions;
    s->choices = choices;
    s->n_choices = n_choices;
    x->facts.columns = facts;
}

static const char *const *number_ops(int n)
{
    const char **names = LL_NEW_ARRAY(const char *, n);
    for (int i = 0; i < n; i++) names[i] = number_text(i);
    return names;
}

static numbers_space *make(const char *name, const ll_numbers *columns, int n)
{
    numbers_space *x = LL_NEW(numbers_space);
    ll_str title = {0};
    ll_str_addf(&title, "%s: %d %s", name, n, ll_noun(n, "number", "numbers"));
    x->space = (ll_space){.name = ll_strdup(name),
                          .title = ll_str_take(&title),
                          .n_positions = n,
                          .parse = parse,
                          .format = format,
                          .index_of = ll_space_no_index,
                          .at = ll_space_none_at,
                          .graph = graph,
                          .draw = draw,
                          .facts = &x->facts,
                          .own = x};
    x->first_node_op = LL_NEW_ARRAY(int, n);
    x->node_bins = LL_NEW_ARRAY(int, n);
    fill_columns(x, columns);
    x->space.ops = x->space.ops_short = number_ops(x->space.n_ops);
    plan_nodes(x);
    return x;
}

/* --- the list --- */

static bool same(const ll_space *s, const char *name, const ll_numbers *columns, int n)
{
    if (strcmp(s->name, name) || s->n_positions != n) return false;
    for (int p = 0; p < n; p++) {
        const ll_number_column *c = &s->facts->columns[p];
        if (strcmp(s->positions[p], columns[p].name) || c->kind != columns[p].kind ||
            s->n_choices[p] != columns[p].n)
            return false;
        for (int i = 0; i < columns[p].n; i++)
            if (!ll_numbers_alike(c->v[i], columns[p].v[i])) return false;
    }
    return true;
}

const ll_space *ll_numbers_define(const char *name, const ll_numbers *columns, int n, ll_error *e)
{
    if (check(name, columns, n, e)) return NULL;
    pthread_mutex_lock(&lock);
    numbers_space *x = newest;
    while (x && !same(&x->space, name, columns, n)) x = x->next;
    if (!x) {
        x = make(name, columns, n);
        x->next = newest;
        newest = x;
    }
    pthread_mutex_unlock(&lock);
    return &x->space;
}

static bool is_newest(const numbers_space *x)
{
    const numbers_space *y = newest;
    while (y != x && strcmp(y->space.name, x->space.name)) y = y->next;
    return y == x;
}

const ll_space *ll_numbers_at(int i)
{
    pthread_mutex_lock(&lock);
    const numbers_space *x = newest;
    while (x && (!is_newest(x) || i--)) x = x->next;
    pthread_mutex_unlock(&lock);
    return x ? &x->space : NULL;
}

const ll_space *ll_numbers_find(const char *name)
{
    pthread_mutex_lock(&lock);
    const numbers_space *x = newest;
    while (x && strcmp(x->space.name, name)) x = x->next;
    pthread_mutex_unlock(&lock);
    return x ? &x->space : NULL;
}

/* --- growth --- */

static bool same_columns(const ll_space *a, const ll_space *b)
{
    bool alike = a->facts->columns && b->facts->columns && a->n_positions == b->n_positions;
    for (int p = 0; alike && p < a->n_positions; p++) alike = !strcmp(a->positions[p], b->positions[p]);
    return alike;
}

bool ll_numbers_translate(const ll_space *from, const ll_space *to, const uint8_t *gene, uint8_t *out)
{
    uint8_t there[LL_MAX_POSITIONS];
    if (!same_columns(from, to)) return false;
    for (int p = 0; p < from->n_positions; p++) {
        double x = value_at(from, p, gene[p]);
        there[p] = (uint8_t)nearest(to, p, x);
        if (!ll_numbers_alike(value_at(to, p, there[p]), x)) return false;
    }
    memcpy(out, there, (size_t)from->n_positions);
    return true;
}

/* Two ascending lists as one, without repetition; returns how many, at most LL_NUMBERS_MOST + 1 of them. */
static int merge_values(const double *a, int n, const double *b, int m, double *out)
{
    int i = 0, j = 0, k = 0;
    while ((i < n || j < m) && k <= LL_NUMBERS_MOST) {
        double x = i < n ? a[i] : INFINITY, y = j < m ? b[j] : INFINITY;
        bool one = isfinite(x) && isfinite(y) && ll_numbers_alike(x, y);
        out[k++] = one ? x : fmin(x, y);
        i += one || x < y;
        j += one || y < x;
    }
    return k;
}

const ll_space *ll_numbers_union(const ll_space *a, const ll_space *b, ll_error *e)
{
    ll_numbers columns[LL_MAX_POSITIONS];
    if (!same_columns(a, b)) {
        ll_fail(e, LL_BAD_DATA, "the columns of %s and %s are not the same", a->name, b->name);
        return NULL;
    }
    double *v = LL_NEW_ARRAY(double, (LL_NUMBERS_MOST + 1) * a->n_positions);
    for (int p = 0; p < a->n_positions; p++) {
        double *own = v + (LL_NUMBERS_MOST + 1) * p;
        int n = merge_values(a->facts->columns[p].v, a->n_choices[p], b->facts->columns[p].v, b->n_choices[p],
                             own);
        columns[p] = (ll_numbers){a->positions[p], a->facts->columns[p].kind, own, n};
    }
    const ll_space *s = ll_numbers_define(a->name, columns, a->n_positions, e);
    free(v);
    return s;
}

/* --- in a file --- */

cJSON *ll_numbers_json(const ll_space *s)
{
    cJSON *o = cJSON_CreateObject(), *list;
    ll_json_str(o, "name", s->name);
    list = ll_json_arr(o, "columns");
    for (int p = 0; p < s->n_positions; p++) {
        const ll_number_column *c = &s->facts->columns[p];
        cJSON *column = ll_json_obj(list, NULL);
        ll_json_str(column, "name", s->positions[p]);
        ll_json_str(column, "kind", kinds[c->kind]);
        ll_json_nums(column, "values", c->v, s->n_choices[p]);
    }
    return o;
}

static ll_status read_column(const cJSON *item, double **v, ll_numbers *out, ll_error *e)
{
    int kind = ll_column_kind_find(ll_json_get_str(item, "kind", "width"));
    *out = (ll_numbers){.name = ll_json_get_str(item, "name", ""), .n = ll_json_get_nums(item, "values", v)};
    if (kind < 0)
        return ll_fail(e, LL_BAD_DATA, "column %.64s: \"%.40s\" is no kind: width, count, ratio or category",
                       out->name, ll_json_get_str(item, "kind", ""));
    out->kind = (ll_column_kind)kind;
    out->v = *v;
    return LL_OK;
}

const ll_space *ll_numbers_from_json(const cJSON *item, ll_error *e)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(item, "columns"), *column;
    const char *name = ll_json_get_str(item, "name", "");
    int n = cJSON_GetArraySize(list), at = 0;
    ll_numbers columns[LL_MAX_POSITIONS];
    double *v[LL_MAX_POSITIONS] = {NULL};
    const ll_space *s = NULL;
    ll_status status = LL_OK;
    if (!cJSON_IsArray(list) || n < 1 || n > LL_MAX_POSITIONS)
        status = ll_fail(e, LL_BAD_DATA, "\"space\" is not {name, columns: 1..%d of {name, kind, values}}",
                         LL_MAX_POSITIONS);
    for (column = status ? NULL : list->child; column && !status; column = column->next, at++)
        status = read_column(column, &v[at], &columns[at], e);
    if (!status) s = ll_numbers_define(name, columns, n, e);
    for (int i = 0; i < LL_MAX_POSITIONS; i++) free(v[i]);
    return s;
}
