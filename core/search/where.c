#include "core/search/where.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/decimal.h"
#include "core/base/mem.h"

enum { CONDITIONS_MOST = 16 };

/* Longer signs first: "<=" begins with "<". */
typedef enum relation { AT_MOST, AT_LEAST, BELOW, ABOVE, EQUAL, N_RELATIONS, CONNECTED, CHOICE } relation;
static const char *const signs[N_RELATIONS] = {"<=", ">=", "<", ">", "="};

typedef struct condition {
    relation relation;
    ll_scorer *scorer;
    double number;
    int position; /* CHOICE */
    bool choices[LL_MAX_CHOICES];
} condition;

struct ll_where {
    int n;
    condition v[CONDITIONS_MOST];
};

static bool holds(const condition *c, double x)
{
    switch (c->relation) {
    case AT_MOST:
        return x <= c->number;
    case AT_LEAST:
        return x >= c->number;
    case BELOW:
        return x < c->number;
    case ABOVE:
        return x > c->number;
    default:
        return x == c->number;
    }
}

static ll_status not_understood(const char *text, ll_error *e)
{
    return ll_fail(
        e, LL_USAGE,
        "where=%.80s: `connected`, or a score or cost compared with a number, as in macs<1e8,cifar10>=90",
        text);
}

static ll_status read_comparison(const char *text, const ll_scorer_job *job, condition *c, ll_error *e)
{
    size_t length = strcspn(text, "<>=");
    const char *sign = text + length, *number;
    int r = 0;
    while (r < N_RELATIONS && strncmp(sign, signs[r], strlen(signs[r]))) r++;
    if (!length || r == N_RELATIONS) return not_understood(text, e);
    number = sign + strlen(signs[r]);
    if (!ll_decimal_parse(number, &c->number)) return not_understood(text, e);
    c->relation = (relation)r;
    char *name = ll_strndup(text, length);
    ll_status s = ll_scorer_new(name, job, &c->scorer, e);
    free(name);
    return s;
}

/* The position that the text begins with, up to a '='; -1: none. */
static int find_position(const ll_space *s, const char *text)
{
    for (int p = 0; s->positions && p < s->n_positions; p++) {
        size_t n = strlen(s->positions[p]);
        if (!strncmp(text, s->positions[p], n) && text[n] == '=') return p;
    }
    return -1;
}

static ll_status read_choices(const char *text, const ll_space *s, condition *c, ll_error *e)
{
    ll_strs names = {0};
    ll_status status = LL_OK;
    c->relation = CHOICE;
    ll_strs_split(&names, text + strlen(s->positions[c->position]) + 1, '|');
    for (int i = 0; i < names.n && !status; i++) {
        int choice = 0, n = ll_space_choices(s, c->position);
        while (choice < n && strcmp(names.v[i], ll_space_choice(s, c->position, choice))) choice++;
        if (choice == n)
            status = ll_fail(e, LL_USAGE, "where=%.60s: position %s has no choice \"%.30s\"", text,
                             s->positions[c->position], names.v[i]);
        else
            c->choices[choice] = true;
    }
    if (!names.n) status = not_understood(text, e);
    ll_strs_free(&names);
    return status;
}

static bool chosen(const condition *c, const ll_space *s, const uint8_t *gene)
{
    bool there[LL_MAX_POSITIONS];
    if (s->active) s->active(s, gene, there);
    return c->choices[gene[c->position]] && (!s->active || there[c->position]);
}

static ll_status read_condition(const char *text, const ll_scorer_job *job, condition *c, ll_error *e)
{
    c->position = find_position(job->space, text);
    if (c->position >= 0) return read_choices(text, job->space, c, e);
    if (strcmp(text, "connected")) return read_comparison(text, job, c, e);
    c->relation = CONNECTED;
    return LL_OK;
}

ll_status ll_where_new(const char *text, const ll_scorer_job *job, ll_where **out, ll_error *e)
{
    ll_where *w = LL_NEW(ll_where);
    ll_strs parts = {0};
    ll_strs_split(&parts, text, ',');
    ll_status s = parts.n && parts.n <= CONDITIONS_MOST ? LL_OK : not_understood(text, e);
    for (int i = 0; i < parts.n && !s; i++) s = read_condition(parts.v[i], job, &w->v[w->n++], e);
    ll_strs_free(&parts);
    if (s)
        ll_where_free(w);
    else
        *out = w;
    return s;
}

void ll_where_free(ll_where *w)
{
    for (int i = 0; w && i < w->n; i++) ll_scorer_free(w->v[i].scorer);
    free(w);
}

static bool meets(const condition *c, const ll_space *s, const uint8_t *gene, double value)
{
    if (c->scorer) return holds(c, value);
    return c->relation == CHOICE ? chosen(c, s, gene) : ll_cell_connected(s, gene);
}

static ll_status apply(const condition *c, const ll_archs *archs, ll_observer *observer, ll_pool *pool,
                       double *v, bool *keep, ll_error *e)
{
    ll_status s = c->scorer ? ll_scorer_apply(c->scorer, archs, observer, pool, v, e) : LL_OK;
    for (int i = 0; i < archs->n && !s; i++)
        keep[i] = keep[i] && meets(c, archs->space, ll_arch(archs, i), v[i]);
    return s;
}

ll_status ll_where_apply(const ll_where *w, const ll_archs *archs, ll_observer *observer, ll_pool *pool,
                         bool *keep, ll_error *e)
{
    ll_status s = LL_OK;
    double *v = LL_NEW_ARRAY(double, archs->n + 1);
    for (int i = 0; i < archs->n; i++) keep[i] = true;
    for (int k = 0; w && k < w->n && !s; k++) s = apply(&w->v[k], archs, observer, pool, v, keep, e);
    free(v);
    return s;
}
