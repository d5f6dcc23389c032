/* Strings of architectures, in every space there is and three that a user could have defined. What parses is written and
 * parses as the same; its index leads back to it; graph, layers, costs and drawing hold for it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/space/space.h"
#include "tests/fuzz/fuzz.h"

static void define_spaces(void)
{
    /* names that begin with each other, and as many positions and operations as there may be */
    static char *const ops[] = {(char *)"a", (char *)"a-b", (char *)"a_b",
                                (char *)"_", (char *)"3x3", (char *)"b."};
    static char names[LL_MAX_OPS][8], *most[LL_MAX_OPS];
    static bool done;
    ll_error e = {0};
    if (done) return;
    done = true;
    for (int i = 0; i < LL_MAX_OPS; i++) {
        snprintf(names[i], sizeof names[i], "op%d", i);
        most[i] = names[i];
    }
    LAW(ll_space_define("fuzz-names", 4, ops, 6, &e), "%s", e.message);
    LAW(ll_space_define("fuzz-most", LL_MAX_POSITIONS, most, LL_MAX_OPS, &e), "%s", e.message);
    /* numbers that are indices of their neighbours */
    static char *const numbers[] = {(char *)"1", (char *)"0", (char *)"10"};
    const ll_position own[] = {{"0", numbers, 3}, {"b", ops, 6}, {"c", numbers + 1, 2}, {"d", ops, 1}};
    LAW(ll_space_define_positions("fuzz-own", own, 4, &e), "%s", e.message);
}

static void same_gene(const ll_space *s, const uint8_t *a, const uint8_t *b, const char *how)
{
    LAW(!memcmp(a, b, (size_t)s->n_positions), "%s: another architecture %s", s->name, how);
}

static void check_index(const ll_space *s, const uint8_t *gene)
{
    uint8_t again[LL_MAX_POSITIONS];
    int index = s->index_of(s, gene);
    LAW(index < s->n_archs, "%s: index %d of %d", s->name, index, s->n_archs);
    if (index < 0) return;
    LAW(s->at(s, index, again), "%s: nothing at index %d", s->name, index);
    same_gene(s, gene, again, "by its index");
}

static void check_graph(const ll_space *s, const uint8_t *gene, ll_graph_kind kind)
{
    ll_graph g;
    if (!s->graph(s, gene, kind, &g)) return;
    LAW(g.n_nodes >= 0 && g.n_nodes <= LL_MAX_NODES, "%s: %d nodes", s->name, g.n_nodes);
    for (int i = 0; i < g.n_nodes; i++)
        LAW(g.op[i] >= -1 && g.op[i] < ll_space_node_ops(s), "%s: node %d has operation %d", s->name, i,
            g.op[i]);
}

static void check_gene(const ll_space *s, const uint8_t *gene)
{
    ll_str text = {0};
    uint8_t again[LL_MAX_POSITIONS];
    ll_cost cost;
    ll_error e = {0};
    for (int i = 0; i < s->n_positions; i++)
        LAW(gene[i] < ll_space_choices(s, i), "%s: choice %d at position %d", s->name, gene[i], i);
    s->format(s, gene, &text);
    LAW(!s->parse(s, text.s, again, &e), "%s", e.message);
    same_gene(s, gene, again, "by its string");
    e = (ll_error){0};
    LAW(!ll_space_read(s, text.s, again, &e), "%s", e.message);
    same_gene(s, gene, again, "by its string or index");
    check_index(s, gene);
    check_graph(s, gene, LL_GRAPH_FULL);
    check_graph(s, gene, LL_GRAPH_PRUNED);
    check_graph(s, gene, LL_GRAPH_RELEASED);
    if (ll_space_cost(s, gene, &cost))
        LAW(cost.macs >= 0 && cost.params >= 0, "%s: a negative cost", s->name);
    s->draw(s, gene, &text);
    ll_str_free(&text);
}

static void run(const uint8_t *bytes, size_t n)
{
    char *text = ll_fuzz_text(bytes, n);
    const ll_space *s;
    define_spaces();
    for (int i = 0; (s = ll_space_at(i)); i++) {
        uint8_t gene[LL_MAX_POSITIONS];
        ll_error e = {0};
        if (ll_fuzz_good(s->parse(s, text, gene, &e), &e)) check_gene(s, gene);
        e = (ll_error){0};
        if (ll_fuzz_good(ll_space_read(s, text, gene, &e), &e)) check_gene(s, gene);
    }
    free(text);
}

const ll_fuzz_target ll_fuzz_space = {"space", run};
