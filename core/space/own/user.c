#include "core/space/own/user.h"

#include <ctype.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/space/own/layers_draw.h"
#include "core/space/own/layers_graph.h"
#include "core/space/own/listing.h"
#include "core/space/parts.h"

typedef struct user_space {
    ll_space space; /* first: a pointer to it is what everybody else has */
    int *
        first_node_op; /* (n_positions) of each position's choices among the node operations; NULL: all share ops */
    ll_space_more more;
    ll_listing *listing; /* NULL: too many architectures */
    struct user_space *next;
} user_space;

static user_space *first;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void format(const ll_space *s, const uint8_t *gene, ll_str *out)
{
    const user_space *u = s->own;
    if (u->more.pattern)
        ll_pattern_write(u->more.pattern, s, gene, out);
    else
        ll_space_format_names(s, gene, "|", out);
}

/* By the pattern, or as a list of choices. */
static ll_status parse(const ll_space *s, const char *text, uint8_t *gene, ll_error *e)
{
    const user_space *u = s->own;
    uint8_t read[LL_MAX_POSITIONS];
    const char *at = text;
    if (!u->more.pattern) return ll_space_parse_list(s, text, gene, e);
    if (ll_pattern_match(u->more.pattern, s, text, read, &at)) {
        memcpy(gene, read, (size_t)s->n_positions);
        return LL_OK;
    }
    ll_status status = ll_space_parse_list(s, text, gene, e);
    if (status && at > text && e)
        ll_fail(e, status, "\"%.160s\" is no %s architecture: it is wrong at \"%.40s\"", text, s->name, at);
    return status;
}

static void active(const ll_space *s, const uint8_t *gene, bool *out)
{
    const user_space *u = s->own;
    ll_rules_active(u->more.rules, u->more.n_rules, gene, s->n_positions, out);
}

static int index_of(const ll_space *s, const uint8_t *gene)
{
    return ll_listing_index(((const user_space *)s->own)->listing, gene);
}

static bool at(const ll_space *s, int index, uint8_t *gene)
{
    return ll_listing_at(((const user_space *)s->own)->listing, index, gene);
}

static int layers(const ll_space *s, const uint8_t *gene, ll_layer *out, int most)
{
    const user_space *u = s->own;
    bool there[LL_MAX_POSITIONS];
    active(s, gene, there);
    return ll_template_layers(u->more.network, gene, there, out, most, NULL);
}

/* All graphs have as many nodes; those of positions that are not there have no arcs. */
static void leave_out_inactive(const ll_space *s, const uint8_t *gene, ll_graph *g)
{
    bool there[LL_MAX_POSITIONS];
    int last = 0;
    active(s, gene, there);
    memset(g->adj, 0, sizeof g->adj);
    for (int p = 0; p < s->n_positions; p++) {
        if (!there[p]) continue;
        g->adj[last][p + 1] = 1;
        last = p + 1;
    }
    g->adj[last][g->n_nodes - 1] = 1;
}

static bool graph_of_layers(const ll_space *s, const uint8_t *gene, ll_graph *g)
{
    const ll_template *t = ((const user_space *)s->own)->more.network;
    ll_layer all[LL_MAX_LAYERS];
    bool there[LL_MAX_POSITIONS];
    active(s, gene, there);
    int n = ll_template_layers(t, gene, there, all, LL_MAX_LAYERS, NULL);
    return n && ll_layers_graph(all, n, s->n_positions, ll_template_places(t), there, g);
}

static bool graph(const ll_space *s, const uint8_t *gene, ll_graph_kind kind, ll_graph *out)
{
    const user_space *u = s->own;
    if (kind != LL_GRAPH_FULL) return false;
    ll_graph_chain(s, gene, out);
    for (int p = 0; p < s->n_positions && u->first_node_op; p++) out->op[p + 1] += u->first_node_op[p];
    if (u->more.network && graph_of_layers(s, gene, out)) return true;
    if (u->more.n_rules || u->more.network) leave_out_inactive(s, gene, out);
    return true;
}

static void draw_choices(const ll_space *s, const uint8_t *gene, ll_str *out)
{
    int column = 0;
    for (int i = 0; i < s->n_positions; i++) {
        const char *op = ll_space_choice(s, i, gene[i]);
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

static void draw(const ll_space *s, const uint8_t *gene, ll_str *out)
{
    ll_layer all[LL_MAX_LAYERS];
    int n = s->layers ? s->layers(s, gene, all, LL_MAX_LAYERS) : 0;
    if (n)
        ll_layers_draw(s, all, n, out);
    else
        draw_choices(s, gene, out);
}

/* --- what a definition may be --- */

bool ll_user_word(const char *name)
{
    for (const char *p = name; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("_-.", *p)) return false;
    return *name && strlen(name) <= 64;
}

ll_status ll_user_check_name(const char *name, ll_error *e)
{
    if (ll_user_word(name) && !ll_is_number(name) && *name != '.' && *name != '-') return LL_OK;
    return ll_fail(
        e, LL_BAD_DATA,
        "\"%.80s\" cannot name a search space: expected letters, digits, '_', and behind the first "
        "'-' and '.'",
        name);
}

void ll_user_fail_in(const char *name, ll_error *e)
{
    if (e && name && !ll_user_check_name(name, NULL)) ll_fail_in(e, "space %.60s: ", name);
}

static ll_status check_space(const char *name, int n_positions, ll_error *e)
{
    ll_status s = ll_user_check_name(name, e);
    if (s) return s;
    if (n_positions < 1 || n_positions > LL_MAX_POSITIONS)
        return ll_fail(e, LL_BAD_DATA, "%d %s: expected 1..%d", n_positions,
                       ll_noun(n_positions, "position", "positions"), LL_MAX_POSITIONS);
    return LL_OK;
}

ll_status ll_user_check_names(const char *what, const char *const *names, int n, bool numbers, ll_error *e)
{
    for (int i = 0; i < n; i++) {
        if (!ll_user_word(names[i]) || (!numbers && ll_is_number(names[i])))
            return ll_fail(e, LL_BAD_DATA,
                           "\"%.80s\" cannot name %s %s: expected letters, digits, '_', '-', '.'%s", names[i],
                           strchr("aeiou", *what) ? "an" : "a", what, numbers ? "" : " and not digits alone");
        for (int j = 0; j < i; j++)
            if (!strcmp(names[i], names[j]))
                return ll_fail(e, LL_BAD_DATA, "the %s %s comes twice", what, names[i]);
    }
    return LL_OK;
}

static ll_status check_choices(char *const *names, int n, bool numbers, ll_error *e)
{
    return ll_user_check_names("operation", (const char *const *)names, n, numbers, e);
}

static ll_status check_uniform(const char *name, int n_positions, char *const *ops, int n_ops, ll_error *e)
{
    ll_status s = check_space(name, n_positions, e);
    if (s) return s;
    if (n_ops < 1 || n_ops > LL_MAX_OPS)
        return ll_fail(e, LL_BAD_DATA, "%d %s: expected 1..%d", n_ops,
                       ll_noun(n_ops, "operation", "operations"), LL_MAX_OPS);
    return check_choices(ops, n_ops, false, e);
}

/* The string of a space of one position is the choice alone: a number would be read as an index into a dataset. */
static ll_status check_position(const ll_position *p, bool alone, ll_error *e)
{
    if (p->n_choices < 1 || p->n_choices > LL_MAX_OPS)
        return ll_fail(e, LL_BAD_DATA, "position %s has %d choices: expected 1..%d", p->name, p->n_choices,
                       LL_MAX_OPS);
    ll_status s = check_choices(p->choices, p->n_choices, !alone, e);
    if (s && alone && !check_choices(p->choices, p->n_choices, true, NULL))
        return ll_fail(
            e, LL_BAD_DATA,
            "position %s: it is the only one, so an architecture is written as its choice alone, and "
            "a number would be read as a row: write %s%s for %s",
            p->name, p->name, p->choices[0], p->choices[0]);
    if (s && e) ll_fail_in(e, "position %s: ", p->name);
    return s;
}

static bool same_names(const char *const *own, char *const *names, int n)
{
    for (int i = 0; i < n; i++)
        if (strcmp(own[i], names[i])) return false;
    return true;
}

static bool same_list(const ll_position *a, const ll_position *b)
{
    return a->n_choices == b->n_choices &&
           same_names((const char *const *)a->choices, b->choices, a->n_choices);
}

/* The first position that has the same list. */
static int owner_of_list(const ll_position *positions, int position)
{
    int p = 0;
    while (!same_list(&positions[p], &positions[position])) p++;
    return p;
}

/* Choices of all lists that differ. */
static int count_node_ops(const ll_position *positions, int n)
{
    int sum = 0;
    for (int p = 0; p < n; p++)
        if (owner_of_list(positions, p) == p) sum += positions[p].n_choices;
    return sum;
}

ll_status ll_user_space_check(const char *name, const ll_position *positions, int n, ll_error *e)
{
    const char *names[LL_MAX_POSITIONS];
    ll_status s = check_space(name, n, e);
    for (int i = 0; i < n && !s; i++) names[i] = positions[i].name;
    if (!s) s = ll_user_check_names("position", names, n, true, e);
    for (int i = 0; i < n && !s; i++) s = check_position(&positions[i], n == 1, e);
    if (s) return s;
    int node_ops = count_node_ops(positions, n);
    if (node_ops > LL_MAX_NODE_OPS)
        return ll_fail(e, LL_BAD_DATA, "%d choices in lists that differ: expected at most %d", node_ops,
                       LL_MAX_NODE_OPS);
    return LL_OK;
}

/* --- is it the one that is there? --- */

static bool same_uniform(const ll_space *s, int n_positions, char *const *ops, int n_ops)
{
    return !s->choices && s->n_positions == n_positions && s->n_ops == n_ops &&
           same_names(s->ops, ops, n_ops);
}

static bool same_positions(const ll_space *s, const ll_position *positions, int n)
{
    if (!s->choices || s->n_positions != n) return false;
    for (int p = 0; p < n; p++)
        if (strcmp(s->positions[p], positions[p].name) || s->n_choices[p] != positions[p].n_choices ||
            !same_names(s->choices[p], positions[p].choices, positions[p].n_choices))
            return false;
    return true;
}

/* --- making one --- */

static const char *const *copy_names(char *const *names, int n)
{
    const char **own = LL_NEW_ARRAY(const char *, n);
    for (int i = 0; i < n; i++) own[i] = ll_strdup(names[i]);
    return own;
}

static char *numbered(const char *prefix, int number)
{
    ll_str b = {0};
    ll_str_addf(&b, "%s%d", prefix, number);
    return ll_str_take(&b);
}

static const char *const *number_positions(int n)
{
    const char **names = LL_NEW_ARRAY(const char *, n);
    for (int i = 0; i < n; i++) names[i] = numbered("p", i + 1);
    return names;
}

static user_space *new_space(const char *name, int n_positions, int n_ops)
{
    user_space *u = LL_NEW(user_space);
    u->space = (ll_space){
        .name = ll_strdup(name),
        .n_positions = n_positions,
        .n_ops = n_ops,
        .parse = parse,
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

/* What is to be known of all its architectures, when nothing of the definition is missing any more. */
static void list_archs(user_space *u)
{
    ll_space *s = &u->space;
    int n_choices[LL_MAX_POSITIONS];
    for (int p = 0; p < s->n_positions; p++) n_choices[p] = ll_space_choices(s, p);
    s->n_all = ll_count_archs(n_choices, s->n_positions, u->more.rules, u->more.n_rules);
    u->listing = ll_listing_new(n_choices, s->n_positions, u->more.rules, u->more.n_rules);
    if (!u->listing) return;
    s->n_archs = ll_listing_count(u->listing);
    s->index_of = index_of;
    s->at = at;
}

static user_space *make_uniform(const char *name, int n_positions, char *const *ops, int n_ops)
{
    user_space *u = new_space(name, n_positions, n_ops);
    ll_str title = {0};
    ll_str_addf(&title, "%s: %d %s, %d operations each", name, n_positions,
                ll_noun(n_positions, "position", "positions"), n_ops);
    u->space.title = ll_str_take(&title);
    u->space.ops = u->space.ops_short = copy_names(ops, n_ops);
    u->space.positions = number_positions(n_positions);
    list_archs(u);
    return u;
}

/* The name that all positions give to the choice of this index, NULL: they differ. */
static const char *common_name(const ll_position *positions, int n, int index)
{
    const char *name = NULL;
    for (int p = 0; p < n; p++) {
        if (index >= positions[p].n_choices) continue;
        const char *here = positions[p].choices[index];
        if (name && strcmp(name, here)) return NULL;
        name = here;
    }
    return name;
}

static const char *const *name_indices(const ll_position *positions, int n, int n_ops)
{
    const char **names = LL_NEW_ARRAY(const char *, n_ops);
    for (int i = 0; i < n_ops; i++) {
        const char *name = common_name(positions, n, i);
        names[i] = name ? ll_strdup(name) : numbered("", i);
    }
    return names;
}

static char *title_of(const char *name, const ll_position *positions, int n, int *most)
{
    int least = positions[0].n_choices;
    *most = least;
    for (int p = 1; p < n; p++) {
        if (positions[p].n_choices < least) least = positions[p].n_choices;
        if (positions[p].n_choices > *most) *most = positions[p].n_choices;
    }
    ll_str title = {0};
    ll_str_addf(&title, "%s: %d %s, %d to %d choices each", name, n, ll_noun(n, "position", "positions"),
                least, *most);
    return ll_str_take(&title);
}

static void name_node_ops(user_space *u, const ll_position *positions, int n)
{
    int at = 0, n_node_ops = count_node_ops(positions, n);
    const char **names = LL_NEW_ARRAY(const char *, n_node_ops);
    u->first_node_op = LL_NEW_ARRAY(int, n);
    for (int p = 0; p < n; p++) {
        int owner = owner_of_list(positions, p);
        u->first_node_op[p] = owner == p ? at : u->first_node_op[owner];
        for (int i = 0; i < positions[p].n_choices && owner == p; i++) names[at++] = u->space.choices[p][i];
    }
    u->space.n_node_ops = n_node_ops;
    u->space.node_ops = names;
}

static user_space *make_positions(const char *name, const ll_position *positions, int n)
{
    int most, *n_choices = LL_NEW_ARRAY(int, n);
    char *title = title_of(name, positions, n, &most);
    const char **names = LL_NEW_ARRAY(const char *, n);
    const char *const **choices = LL_NEW_ARRAY(const char *const *, n);
    for (int p = 0; p < n; p++) {
        names[p] = ll_strdup(positions[p].name);
        n_choices[p] = positions[p].n_choices;
        choices[p] = copy_names(positions[p].choices, positions[p].n_choices);
    }
    user_space *u = new_space(name, n, most);
    u->space.title = title;
    u->space.ops = u->space.ops_short = name_indices(positions, n, most);
    u->space.positions = names;
    u->space.n_choices = n_choices;
    u->space.choices = choices;
    name_node_ops(u, positions, n);
    return u;
}

static void add_more(user_space *u, ll_space_more *more)
{
    u->more = *more;
    *more = (ll_space_more){0};
    if (u->more.n_rules) u->space.active = active;
    if (u->more.network) u->space.layers = layers;
    u->space.bits = u->more.bits;
    if (!u->more.title) return;
    free((char *)u->space.title);
    u->space.title = u->more.title;
}

/* The same definition with other words: what was said before stays in memory, somebody may be reading it. */
static void say_anew(user_space *u, ll_space_more *more)
{
    static ll_strs former;
    if (!strcmp(u->more.text, more->text)) return;
    ll_strs_take(&former, u->more.text);
    if (u->more.title) ll_strs_take(&former, u->more.title);
    u->more.text = more->text;
    u->more.title = more->title;
    more->text = more->title = NULL;
    if (u->more.title) __atomic_store_n(&u->space.title, u->more.title, __ATOMIC_RELEASE);
}

void ll_space_more_free(ll_space_more *m)
{
    ll_template_free(m->network);
    ll_pattern_free(m->pattern);
    free(m->title);
    free(m->text);
    free(m->meaning);
    free(m->rules);
    *m = (ll_space_more){0};
}

const char *ll_user_space_text(const ll_space *s)
{
    const user_space *u = s->own;
    pthread_mutex_lock(&lock);
    const char *text = u ? u->more.text : NULL;
    pthread_mutex_unlock(&lock);
    return text;
}

/* --- the list --- */

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

/* What is there under the name, if it is the same; to be called under the lock. */
static const ll_space *same_or_fail(const ll_space *there, bool same, ll_error *e)
{
    if (same) return there;
    ll_fail(e, LL_BAD_DATA, "space %s is already defined, with %d %s and %d operations", there->name,
            there->n_positions, ll_noun(there->n_positions, "position", "positions"), there->n_ops);
    return NULL;
}

const ll_space *ll_user_space_define(const char *name, int n_positions, char *const *ops, int n_ops,
                                     ll_error *e)
{
    if (check_uniform(name, n_positions, ops, n_ops, e)) return ll_user_fail_in(name, e), NULL;
    pthread_mutex_lock(&lock);
    user_space **slot = slot_of(name);
    if (!*slot) *slot = make_uniform(name, n_positions, ops, n_ops);
    const ll_space *s = &(*slot)->space;
    s = same_or_fail(s, same_uniform(s, n_positions, ops, n_ops), e);
    pthread_mutex_unlock(&lock);
    return s;
}

const ll_space *ll_user_space_define_positions(const char *name, const ll_position *positions, int n,
                                               ll_error *e)
{
    if (ll_user_space_check(name, positions, n, e)) return ll_user_fail_in(name, e), NULL;
    pthread_mutex_lock(&lock);
    user_space **slot = slot_of(name);
    if (!*slot) list_archs(*slot = make_positions(name, positions, n));
    const ll_space *s = &(*slot)->space;
    s = same_or_fail(s, !(*slot)->more.text && same_positions(s, positions, n), e);
    pthread_mutex_unlock(&lock);
    return s;
}

const ll_space *ll_user_space_define_file(const char *name, const ll_position *positions, int n,
                                          ll_space_more *more, ll_error *e)
{
    pthread_mutex_lock(&lock);
    user_space **slot = slot_of(name);
    bool fresh = !*slot;
    if (fresh) {
        add_more(*slot = make_positions(name, positions, n), more);
        list_archs(*slot);
    }
    const char *there = (*slot)->more.meaning;
    bool same = fresh || (there && !strcmp(there, more->meaning));
    if (same && !fresh) say_anew(*slot, more);
    const ll_space *s = same_or_fail(&(*slot)->space, same, e);
    pthread_mutex_unlock(&lock);
    ll_space_more_free(more);
    return s;
}
