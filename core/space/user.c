#include "core/space/user.h"

#include <ctype.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/space/parts.h"

typedef struct user_space {
    ll_space space; /* first: a pointer to it is what everybody else has */
    struct user_space *next;
} user_space;

static user_space *first;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void format(const ll_space *s, const uint8_t *gene, ll_str *out)
{
    ll_space_format_names(s, gene, "|", out);
}

static bool graph(const ll_space *s, const uint8_t *gene, ll_graph_kind kind, ll_graph *out)
{
    if (kind != LL_GRAPH_FULL) return false;
    ll_graph_chain(s, gene, out);
    return true;
}

static void draw(const ll_space *s, const uint8_t *gene, ll_str *out)
{
    int column = 0;
    for (int i = 0; i < s->n_positions; i++) {
        const char *op = s->ops[gene[i]];
        int width = (int)strlen(op) + (i ? 4 : 0);
        if (i && column + width > 70) {
            ll_str_add(out, " ->\n  ");
            column = 2 + width - 4;
        } else {
            if (i) ll_str_add(out, " -> ");
            column += width;
        }
        ll_str_addf(out, "%.66s", op);
    }
    ll_str_add(out, "\n");
}

static bool good_name(const char *name)
{
    bool digits = true;
    for (const char *p = name; *p; p++) {
        if (!isalnum((unsigned char)*p) && !strchr("_-.", *p)) return false;
        digits = digits && isdigit((unsigned char)*p);
    }
    return *name && strlen(name) <= 64 && !digits;
}

/* Sizes and names that every part of the program can hold and that parse back unambiguously. */
static ll_status check(const char *name, int n_positions, char *const *ops, int n_ops, ll_error *e)
{
    if (!good_name(name))
        return ll_fail(e, LL_BAD_DATA,
                       "\"%.80s\" cannot name a search space: expected letters, digits, '_', '-'", name);
    if (n_positions < 1 || n_positions > LL_MAX_POSITIONS)
        return ll_fail(e, LL_BAD_DATA, "space %s has %d positions: expected 1..%d", name, n_positions,
                       LL_MAX_POSITIONS);
    if (n_ops < 1 || n_ops > LL_MAX_OPS)
        return ll_fail(e, LL_BAD_DATA, "space %s has %d operations: expected 1..%d", name, n_ops, LL_MAX_OPS);
    for (int i = 0; i < n_ops; i++) {
        if (!good_name(ops[i]))
            return ll_fail(
                e, LL_BAD_DATA,
                "\"%.80s\" cannot name an operation of %s: expected letters, digits, '_', '-', '.' and not "
                "digits alone",
                ops[i], name);
        for (int j = 0; j < i; j++)
            if (!strcmp(ops[i], ops[j]))
                return ll_fail(e, LL_BAD_DATA, "space %s has the operation %s twice", name, ops[i]);
    }
    return LL_OK;
}

static bool same(const ll_space *s, int n_positions, char *const *ops, int n_ops)
{
    if (s->n_positions != n_positions || s->n_ops != n_ops) return false;
    for (int i = 0; i < n_ops; i++)
        if (strcmp(s->ops[i], ops[i])) return false;
    return true;
}

static const char *const *number_positions(int n)
{
    const char **names = LL_NEW_ARRAY(const char *, n);
    for (int i = 0; i < n; i++) {
        ll_str b = {0};
        ll_str_addf(&b, "p%d", i + 1);
        names[i] = ll_str_take(&b);
    }
    return names;
}

static user_space *make(const char *name, int n_positions, char *const *ops, int n_ops)
{
    const char **names = LL_NEW_ARRAY(const char *, n_ops);
    for (int i = 0; i < n_ops; i++) names[i] = ll_strdup(ops[i]);
    ll_str title = {0};
    ll_str_addf(&title, "%s: %d positions, %d operations each", name, n_positions, n_ops);
    user_space *u = LL_NEW(user_space);
    u->space = (ll_space){
        .name = ll_strdup(name),
        .title = ll_str_take(&title),
        .n_positions = n_positions,
        .n_ops = n_ops,
        .ops = names,
        .ops_short = names,
        .positions = number_positions(n_positions),
        .parse = ll_space_parse_list,
        .format = format,
        .index_of = ll_space_no_index,
        .at = ll_space_none_at,
        .graph = graph,
        .draw = draw,
        .facts = &ll_no_facts,
        .own = u,
    };
    return u;
}

const ll_space *ll_user_space_at(int i)
{
    pthread_mutex_lock(&lock);
    const user_space *u = first;
    while (u && i--) u = u->next;
    pthread_mutex_unlock(&lock);
    return u ? &u->space : NULL;
}

/* The space of this name or the end of the list, to be called under the lock. */
static user_space **slot_of(const char *name)
{
    user_space **slot = &first;
    while (*slot && strcmp((*slot)->space.name, name)) slot = &(*slot)->next;
    return slot;
}

const ll_space *ll_space_define(const char *name, int n_positions, char *const *ops, int n_ops, ll_error *e)
{
    if (check(name, n_positions, ops, n_ops, e)) return NULL;
    const ll_space *s = NULL;
    pthread_mutex_lock(&lock);
    user_space **slot = slot_of(name);
    if (!strcmp(name, ll_nasbench201.name) || !strcmp(name, ll_fbnet.name)) {
        ll_fail(e, LL_BAD_DATA, "%s is a built-in search space: choose another name", name);
    } else if (*slot && !same(&(*slot)->space, n_positions, ops, n_ops)) {
        ll_fail(e, LL_BAD_DATA, "space %s is already defined, with %d positions and %d operations", name,
                (*slot)->space.n_positions, (*slot)->space.n_ops);
    } else {
        if (!*slot) *slot = make(name, n_positions, ops, n_ops);
        s = &(*slot)->space;
    }
    pthread_mutex_unlock(&lock);
    return s;
}
