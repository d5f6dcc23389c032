/* The cell as text: the chain 0-1-2-3 in the middle, the long edges as arcs. Dots are an edge that is none, a
 * star marks an operation whose result never reaches the output. */
#include <string.h>

#include "core/space/parts.h"

enum { ROWS = 7, COLUMNS = 72, CHAIN = 4 };
typedef struct canvas {
    char at[ROWS][COLUMNS];
} canvas;

/* The nodes on the chain, first and last column of each. */
static const struct {
    const char *name;
    int left, right;
} nodes[] = {{"(in)", 0, 3}, {"(1)", 23, 25}, {"(2)", 45, 47}, {"(out)", 67, 71}};

static void put_text(canvas *c, int row, int column, const char *text)
{
    memcpy(&c->at[row][column], text, strlen(text));
}

/* A horizontal stretch with the label in its middle; dots when it is none. */
static void put_stretch(canvas *c, int row, int from, int to, bool none, const char *label)
{
    for (int x = from; x <= to; x++) c->at[row][x] = !none ? '-' : (x - from) % 2 ? ' ' : '.';
    ll_str b = {0};
    ll_str_addf(&b, " %s ", label);
    put_text(c, row, (from + to + 1 - (int)b.len) / 2, b.s);
    ll_str_free(&b);
}

static void put_chain_edge(canvas *c, int from, bool none, const char *label)
{
    int right = nodes[from + 1].left - 1;
    put_stretch(c, CHAIN, nodes[from].right + (none ? 2 : 1), right - none, none, label);
    if (!none) c->at[CHAIN][right] = '>';
}

/* An arc between two columns, `row` its horizontal part, above or below the chain. */
static void put_arc(canvas *c, int row, int left, int right, bool none, const char *label)
{
    int step = row < CHAIN ? 1 : -1;
    for (int y = row + step; y != CHAIN; y += step) c->at[y][left] = c->at[y][right] = none ? ':' : '|';
    if (!none) c->at[CHAIN - step][right] = step > 0 ? 'v' : '^';
    put_stretch(c, row, left, right, none, label);
    c->at[row][left] = c->at[row][right] = none ? '.' : '+';
}

/* Does node `to` of each edge reach the output through edges that are not none? */
static void find_alive(const uint8_t *gene, bool *alive)
{
    bool reaches[4] = {false, false, false, true};
    for (int i = LL_NB201_EDGES - 1; i >= 0; i--) {
        alive[i] = gene[i] != LL_NB201_NONE && reaches[ll_nb201_to[i]];
        if (alive[i]) reaches[ll_nb201_from[i]] = true;
    }
}

void ll_nasbench201_draw(const ll_space *s, const uint8_t *gene, ll_str *out)
{
    canvas c;
    bool alive[LL_NB201_EDGES], star = false;
    char label[LL_NB201_EDGES][24];
    find_alive(gene, alive);
    for (int i = 0; i < LL_NB201_EDGES; i++) {
        bool dead = gene[i] != LL_NB201_NONE && !alive[i];
        strcpy(label[i], s->ops[gene[i]]);
        if (dead) strcat(label[i], "*");
        star = star || dead;
    }
    memset(&c, ' ', sizeof c);
    for (int i = 0; i < 4; i++) put_text(&c, CHAIN, nodes[i].left, nodes[i].name);
    static const struct {
        int edge, row, left, right;
    } arcs[] = {{3, 0, 2, 70}, {4, 2, 24, 68}, {1, 6, 2, 46}};
    for (int i = 0; i < 3; i++) {
        int edge = arcs[i].edge;
        put_arc(&c, arcs[i].row, arcs[i].left, arcs[i].right, gene[edge] == LL_NB201_NONE, label[edge]);
    }
    static const int chain[] = {0, 2, 5};
    for (int i = 0; i < 3; i++) put_chain_edge(&c, i, gene[chain[i]] == LL_NB201_NONE, label[chain[i]]);
    for (int y = 0; y < ROWS; y++) {
        int n = COLUMNS;
        while (n && c.at[y][n - 1] == ' ') n--;
        ll_str_addn(out, c.at[y], (size_t)n);
        ll_str_add(out, "\n");
    }
    if (star) ll_str_add(out, "* computed, but its result does not reach the output\n");
}
