/* Which rows of the NASFLAT network are equal, against what an unrolled network reads, and where a batch has its slots. */
#include "core/base/rng.h"
#include "core/predict/nasflat/graphs.h"
#include "tests/check.h"

enum { NODES = 7, OPS = 2 };

/* Sparse enough for nodes to be alike. */
static void random_graph(ll_graph *g, ll_rng *r)
{
    *g = (ll_graph){.n_nodes = NODES};
    for (int i = 0; i < NODES; i++) {
        g->op[i] = i && i < NODES - 1 ? ll_rng_below(r, OPS) : -1;
        for (int j = 0; j < i; j++) g->adj[j][i] = ll_rng_uniform(r) < .3;
    }
}

static int code_of(const ll_graph *g, int i)
{
    return i == 0 ? -2 : g->op[i];
}

/* Whether nodes i and j have equal rows after so many layers: of equal operations, from equal rows. */
static bool alike(const ll_graph *g, int i, int j, int layers)
{
    bool taken[NODES] = {false};
    int left = 0;
    if (!layers) return !i == !j;
    if (code_of(g, i) != code_of(g, j) || !alike(g, i, j, layers - 1)) return false;
    for (int q = 0; q < NODES; q++) left += g->adj[q][j];
    for (int p = 0; p < NODES; p++) {
        if (!g->adj[p][i]) continue;
        int q = 0;
        while (q < NODES && (taken[q] || !g->adj[q][j] || !alike(g, p, q, layers - 1))) q++;
        if (q == NODES) return false;
        taken[q] = true;
        left--;
    }
    return left == 0;
}

static void check_layer(const ll_graph *g, const ll_nasflat_graphs *all, int arch, int layer)
{
    const ll_nasflat_rows *rows = &all->rows[layer];
    const int *of = rows->of + arch * NODES, first = layer == LL_NASFLAT_LAYERS - 1;
    const uint8_t *times = rows->times + arch * NODES;
    int sum = 0, n = 0;
    for (int i = first; i < NODES; i++) {
        for (int j = first; j < NODES; j++) CHECK_INT(of[i] == of[j], alike(g, i, j, layer + 1));
        if (times[i]) CHECK_INT(of[i], n++); /* numbered in the order of their first nodes */
        sum += times[i];
    }
    CHECK_INT(n, rows->n[arch]);
    CHECK_INT(sum, NODES - first);
    if (first) CHECK_INT(times[0], 0);
}

static void rows_are_shared_where_an_unrolled_network_reads_the_same(void)
{
    ll_nasflat_graphs all;
    ll_rng r = ll_rng_new(7, 0);
    int shared = 0;
    ll_nasflat_graphs_init(&all, NODES);
    for (int a = 0; a < 300; a++) {
        ll_graph g;
        random_graph(&g, &r);
        ll_nasflat_graphs_add(&all, &g);
        for (int l = 0; l < LL_NASFLAT_LAYERS; l++) check_layer(&g, &all, a, l);
        shared += all.rows[1].n[a] < NODES;
    }
    CHECK(shared > 30);
    ll_nasflat_graphs_free(&all);
}

/* The chain of a space like FBNet: after one layer its inner nodes differ by operation, after two also by the one before. */
static void a_chain_has_a_row_for_each_operation(void)
{
    static const int op[] = {-1, 0, 1, 0, 1, 1, 0, 1, 0, -1};
    ll_graph g = {.n_nodes = 10};
    ll_nasflat_graphs all;
    ll_nasflat_graphs_init(&all, 10);
    for (int i = 0; i < 10; i++) {
        g.op[i] = op[i];
        if (i) g.adj[i - 1][i] = true;
    }
    ll_nasflat_graphs_add(&all, &g);
    CHECK_INT(all.rows[0].n[0], 5); /* input, 0 behind it, 1, 0, output */
    CHECK_INT(all.rows[0].times[2], 4);
    CHECK_INT(all.rows[1].n[0], 7); /* input, 0 behind it, 1 behind that, 0|1, 1|0, 1|1, output */
    CHECK_INT(all.rows[1].of[8], all.rows[1].of[3]);
    ll_nasflat_graphs_free(&all);
}

static bool code_gathers(const ll_graph *g, int node)
{
    bool gathers = false;
    for (int i = 0; i < NODES; i++)
        for (int j = 0; j < NODES; j++)
            gathers = gathers || (g->adj[j][i] && code_of(g, i) == code_of(g, node));
    return gathers;
}

/* Slots of a batch: each (item, operation) has one, those of operations that gather somewhere are the first. */
static void slots_that_gather_come_first(void)
{
    enum { ITEMS = 40 };
    ll_nasflat_graphs all;
    ll_nasflat_plan p;
    ll_nasflat_item items[ITEMS];
    ll_graph g[ITEMS];
    int item_of[ITEMS * NODES], seen = 0;
    ll_rng r = ll_rng_new(8, 0);
    ll_nasflat_graphs_init(&all, NODES);
    for (int i = 0; i < ITEMS; i++) {
        random_graph(&g[i], &r);
        ll_nasflat_graphs_add(&all, &g[i]);
        items[i] = (ll_nasflat_item){i, i % 2};
    }
    ll_nasflat_plan_init(&p, &all, ITEMS, OPS, 2);
    ll_nasflat_plan_make(&p, &all, items, ITEMS, true, true);
    for (int s = 0; s < p.n_slots; s++) item_of[s] = -1;
    for (int i = 0; i < ITEMS; i++)
        for (int n = 0; n < NODES; n++) {
            int slot = p.slot_of[i * NODES + n];
            if (item_of[slot] < 0)
                seen++;
            else
                CHECK_INT(item_of[slot], i);
            item_of[slot] = i;
            CHECK_INT(slot < p.n_gather, code_gathers(&g[i], n));
            for (int m = 0; m < n; m++)
                CHECK_INT(slot == p.slot_of[i * NODES + m], code_of(&g[i], n) == code_of(&g[i], m));
        }
    CHECK_INT(seen, p.n_slots);
    CHECK(p.n_gather > 0 && p.n_gather < p.n_slots);
    ll_nasflat_plan_free(&p);
    ll_nasflat_graphs_free(&all);
}

static const check_case cases[] = {
    {"rows are shared where an unrolled network reads the same",
     rows_are_shared_where_an_unrolled_network_reads_the_same},
    {"a chain has a row for each operation", a_chain_has_a_row_for_each_operation},
    {"slots that gather come first", slots_that_gather_come_first},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_nasflat_graphs", cases, argc, argv);
}
