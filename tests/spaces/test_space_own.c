/* Users' spaces whose positions have names and choices of their own: defined, read, written, stored. */
#include <stdlib.h>
#include <string.h>

#include "core/base/rng.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/device/scores.h"
#include "core/diagnose/diagnose.h"
#include "core/space/files/space_json.h"
#include "core/space/kinds.h"
#include "core/space/moves.h"
#include "data/datasets/folder.h"
#include "tests/check.h"

enum { POSITIONS = 3 };
static char *const kernels[] = {(char *)"3", (char *)"5"};
static char *const depths[] = {(char *)"2", (char *)"3", (char *)"4"};
static char *const blocks[] = {(char *)"none", (char *)"mb_3", (char *)"mb"};
static const ll_position positions[POSITIONS] = {
    {"kernel1", kernels, 2}, {"depth", depths, 3}, {"block", blocks, 3}};

static const ll_space *mine(void)
{
    ll_error e = {0};
    const ll_space *s = ll_space_define_positions("own-mine", positions, POSITIONS, &e);
    check_report(s != NULL, __FILE__, __LINE__, "%s", e.message);
    return s;
}

static void positions_have_their_own(void)
{
    const ll_space *s = mine();
    const uint8_t good[] = {1, 2, 2}, bad[] = {2, 0, 0};
    CHECK_INT(s->n_positions, 3);
    CHECK_INT(s->n_ops, 3);
    CHECK_STR(s->positions[0], "kernel1");
    CHECK_INT(ll_space_choices(s, 0), 2);
    CHECK_INT(ll_space_choices(s, 1), 3);
    CHECK_STR(ll_space_choice(s, 0, 1), "5");
    CHECK_STR(ll_space_choice(s, 2, 1), "mb_3");
    CHECK_STR(s->ops[0], "0"); /* what the positions disagree about has its index for a name */
    CHECK_HAS(s->title, "2 to 3 choices each");
    CHECK(ll_space_valid(s, good) && !ll_space_valid(s, bad));
    CHECK_INT(ll_space_n_neighbours(s, good), 1 + 2 + 2);
    CHECK(mine() == s && ll_space_find("own-mine") == s);
}

static void common_names_are_operations(void)
{
    char *const two[] = {(char *)"none", (char *)"k3"};
    char *const three[] = {(char *)"none", (char *)"k5", (char *)"k7"};
    const ll_position p[] = {{"a", two, 2}, {"b", three, 3}};
    ll_error e = {0};
    const ll_space *s = ll_space_define_positions("own-common", p, 2, &e);
    CHECK(s != NULL);
    if (!s) return;
    CHECK_STR(s->ops[0], "none");
    CHECK_STR(s->ops[1], "1");
    CHECK_STR(s->ops[2], "k7");
    const ll_position alike[] = {{"a", two, 2}, {"b", two, 2}};
    CHECK(ll_space_define_positions("own-alike", alike, 2, &e) != NULL);
    CHECK(
        !ll_space_define("own-alike", 2, two, 2, &e)); /* the same operations, but positions without names */
    CHECK_HAS(e.message, "already defined");
}

static void check_read(const char *text, const char *expected)
{
    ll_error e = {0};
    uint8_t gene[POSITIONS];
    char digits[POSITIONS + 1] = {0};
    ll_status s = ll_space_read(mine(), text, gene, &e);
    for (int p = 0; p < POSITIONS && !s; p++) digits[p] = (char)('0' + gene[p]);
    if (expected && !s)
        check_report(!strcmp(digits, expected), __FILE__, __LINE__, "\"%s\" is %s, expected %s", text, digits,
                     expected);
    else
        check_report(!expected == !!s, __FILE__, __LINE__, "\"%s\": %s", text, s ? e.message : digits);
}

/* A number is a name where a choice is called so, an index elsewhere; nothing is read in two ways. */
static void numbers_are_names(void)
{
    check_read("3|2|none", "000");
    check_read("5_4_mb_3", "121");
    check_read("[5, 3, mb]", "112");
    check_read("3|3|2", "012");     /* block has no numbers among its names */
    check_read("1|2|none", NULL);   /* no kernel 1, though a choice of that index */
    check_read("5|0|none", NULL);   /* no depth 0 */
    check_read("000", NULL);        /* digits in a row would be indices */
    check_read("3|2|none|3", NULL); /* too long */
    CHECK(!ll_space_reads_digits(mine()));
    CHECK(ll_space_reads_digits(ll_space_find("fbnet")));
    ll_error e = {0};
    uint8_t gene[POSITIONS];
    CHECK_INT(ll_space_read(mine(), "7|2|none", gene, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "position 1 of 3");
    CHECK_HAS(e.message, "each one of 3, 5");
    CHECK_INT(ll_space_read(mine(), "3|2|what", gene, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "each 0..2 or one of none, mb_3, mb");
}

static void strings_come_back(void)
{
    const ll_space *s = mine();
    uint8_t gene[POSITIONS], again[POSITIONS];
    ll_error e = {0};
    for (int code = 0; code < 18; code++) {
        ll_str text = {0}, drawn = {0};
        gene[0] = (uint8_t)(code % 2), gene[1] = (uint8_t)(code / 2 % 3), gene[2] = (uint8_t)(code / 6);
        s->format(s, gene, &text);
        CHECK_INT(s->parse(s, text.s, again, &e), LL_OK);
        CHECK(!memcmp(gene, again, sizeof gene));
        s->draw(s, gene, &drawn);
        CHECK_HAS(drawn.s, ll_space_choice(s, 2, gene[2]));
        ll_str_free(&text);
        ll_str_free(&drawn);
    }
}

/* --- definitions --- */

static void check_refused(const char *name, const ll_position *p, int n, const char *why)
{
    ll_error e = {0};
    CHECK(!ll_space_define_positions(name, p, n, &e));
    CHECK_INT(e.status, LL_BAD_DATA);
    CHECK_HAS(e.message, why);
    CHECK(!ll_space_define_positions(name, p, n, NULL));
}

static void definitions_are_checked(void)
{
    char *const twice[] = {(char *)"3", (char *)"3"}, *const odd[] = {(char *)"a b"};
    const ll_position same_name[] = {{"k", kernels, 2}, {"k", depths, 3}}, no_name[] = {{"", kernels, 2}};
    const ll_position repeated[] = {{"k", twice, 2}, {"d", depths, 3}}, none[] = {{"k", kernels, 0}};
    const ll_position spelling[] = {{"k", odd, 1}}, alone[] = {{"k", kernels, 2}};
    const ll_position other[] = {{"kernel1", kernels, 2}, {"depth", depths, 2}, {"block", blocks, 3}};
    check_refused("own-bad", same_name, 2, "the position k comes twice");
    check_refused("own-bad", no_name, 1, "cannot name a position");
    check_refused("own-bad", repeated, 2, "space own-bad: position k: the operation 3 comes twice");
    check_refused("own-bad", none, 1, "0 choices");
    check_refused("own-bad", spelling, 1, "\"a b\" cannot name an operation");
    check_refused("own-bad", alone, 1, "a number would be read as a row: write k3 for 3");
    check_refused("own-bad", positions, 0, "0 positions");
    check_refused("12", positions, POSITIONS, "cannot name a search space");
    check_refused("fbnet", positions, POSITIONS, "built-in");
    mine();
    check_refused("own-mine", other, POSITIONS, "already defined");
    ll_error e = {0};
    CHECK(!ll_space_define("own-mine", POSITIONS, blocks, 3, &e)); /* as many of both, but one list */
    CHECK(!ll_space_define("nasbench201", 2, blocks, 3, &e));
    CHECK(ll_space_define("own-uniform", POSITIONS, blocks, 3, &e) != NULL);
    check_refused("own-uniform", positions, POSITIONS, "already defined");
    CHECK(!ll_space_find("own-bad"));
}

/* --- operations of unlike positions --- */

static void check_kind(const ll_space *s, int op, const char *name, int position)
{
    ll_kinds k = ll_kinds_of(s);
    ll_str text = {0};
    ll_kind_name(&k, s, op, &text);
    CHECK_STR(text.s, name);
    CHECK_INT(ll_kind_position(&k, s, op, NULL), position);
    ll_str_free(&text);
}

/* The second kernel and the second depth are two operations; those of positions with one list are the same. */
static void operations_belong_to_lists(void)
{
    const ll_position mixed[] = {
        {"k1", kernels, 2}, {"depth", depths, 3}, {"k2", kernels, 2}, {"k3", kernels, 2}};
    ll_error e = {0};
    const ll_space *s = ll_space_define_positions("own-kinds", mixed, 4, &e);
    if (!CHECK(s != NULL)) return;
    ll_kinds k = ll_kinds_of(s);
    int count[LL_MAX_OPS];
    CHECK_INT(k.n, 5);
    check_kind(s, 1, "k1..k3: 5", 0);
    check_kind(s, 2, "depth: 2", 1);
    check_kind(s, 4, "depth: 4", 1);
    ll_kinds_count(&k, s, (const uint8_t[]){1, 1, 1, 0}, count);
    CHECK(count[0] == 1 && count[1] == 2 && count[2] == 0 && count[3] == 1 && count[4] == 0);
    s = ll_space_find("nasbench201");
    k = ll_kinds_of(s);
    CHECK_INT(k.n, 5);
    check_kind(s, 3, "nor_conv_3x3", 0);
    s = ll_space_find("mcunet"); /* blocks that are not there have no kernel */
    k = ll_kinds_of(s);
    uint8_t gene[LL_MAX_POSITIONS] = {0};
    int many[LL_MAX_POSITIONS * LL_MAX_OPS], kernel = 0, most = 0;
    while (strcmp(s->positions[kernel], "k1.1")) kernel++;
    ll_kinds_count(&k, s, gene, many);
    for (int p = 0; p < s->n_positions; p++) most += k.like[p] == kernel;
    CHECK(many[k.first[kernel]] > 0 && many[k.first[kernel]] < most);
}

/* --- in a file --- */

static ll_status read_json(const char *text, const ll_space **out, ll_error *e)
{
    cJSON *item;
    CHECK_INT(ll_json_parse(text, strlen(text), &item, e), LL_OK);
    ll_status s = ll_space_from_json(item, out, e);
    cJSON_Delete(item);
    return s;
}

static void definitions_come_back(void)
{
    static const char expected[] = "{\"name\":\"own-mine\",\"positions\":[\"kernel1\",\"depth\",\"block\"],"
                                   "\"choices\":[[\"3\",\"5\"],[\"2\",\"3\",\"4\"],"
                                   "[\"none\",\"mb_3\",\"mb\"]]}";
    static const char uniform[] = "{\"name\":\"own-flat\",\"positions\":2,\"ops\":[\"a\",\"b\"]}";
    ll_error e = {0};
    const ll_space *again;
    cJSON *o = ll_space_json(mine());
    char *line = ll_json_line(o);
    CHECK_STR(line, expected);
    CHECK_INT(read_json(line, &again, &e), LL_OK);
    CHECK(again == mine());
    free(line);
    cJSON_Delete(o);
    CHECK_INT(read_json(uniform, &again, &e), LL_OK);
    o = ll_space_json(again);
    line = ll_json_line(o);
    CHECK_STR(line, uniform); /* what older files hold is written as it was */
    free(line);
    cJSON_Delete(o);
}

static void damaged_definitions_are_refused(void)
{
    static const char *const bad[] = {
        "{\"name\":\"own-j\",\"positions\":[\"a\",\"b\"],\"choices\":[[\"x\",\"y\"]]}",
        "{\"name\":\"own-j\",\"positions\":[\"a\"],\"choices\":[[\"x\"],[\"y\"]]}",
        "{\"name\":\"own-j\",\"positions\":[\"a\"],\"choices\":[[\"x\",1]]}",
        "{\"name\":\"own-j\",\"positions\":[\"a\"],\"choices\":[[]]}",
        "{\"name\":\"own-j\",\"positions\":[\"a\"],\"choices\":[\"x\"]}",
        "{\"name\":\"own-j\",\"positions\":[],\"choices\":[]}",
        "{\"name\":\"own-j\",\"positions\":1,\"choices\":[[\"x\"]]}",
        "{\"name\":\"own-j\",\"positions\":[\"a\"],\"choices\":7}",
        "{\"positions\":[\"a\"],\"choices\":[[\"x\"]]}",
        "{\"name\":\"own-j\",\"positions\":[\"a\"]}",
        "[]",
        "7",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const ll_space *s;
        ll_error e = {0};
        check_report(read_json(bad[i], &s, &e) == LL_BAD_DATA && !s && e.message[0], __FILE__, __LINE__,
                     "%s was read", bad[i]);
    }
    CHECK(!ll_space_find("own-j"));
}

/* The folder of a dataset keeps the space, the order of the rows in every table, and the hash. */
static void datasets_come_back(void)
{
    enum { ROWS = 18 };
    const ll_space *s = mine();
    ll_dataset *d = ll_dataset_new("own", s, ROWS, 1), *back = NULL;
    ll_error e = {0};
    ll_device_set(&d->devices[0], "one", LL_MEASURED, "test", "ms", NULL, NULL);
    d->std_ms = malloc(ROWS * sizeof *d->std_ms);
    ll_score *accuracy = ll_dataset_make_score(d, "top1");
    for (int i = 0; i < ROWS; i++) {
        uint8_t *gene = ll_arch_at(d->archs, i);
        gene[0] = (uint8_t)(i % 2), gene[1] = (uint8_t)(i / 2 % 3), gene[2] = (uint8_t)(i / 6);
        d->lat_ms[i] = 1 + i, d->std_ms[i] = .1 * i, accuracy->v[i] = 90 - i;
    }
    CHECK_INT(ll_dataset_seal(d, &e), LL_OK);
    char *path = ll_path_join(check_tmpdir(), "own");
    CHECK_INT(ll_folder_save(d, path, NULL, &e), LL_OK);
    ll_status status = ll_folder_load(path, &back, &e);
    check_report(!status, __FILE__, __LINE__, "%s", e.message);
    if (back) {
        CHECK(back->space == s);
        CHECK(ll_archs_same(back->archs, d->archs));
        CHECK_STR(back->hash.hex, d->hash.hex);
        CHECK(back->std_ms && !memcmp(back->std_ms, d->std_ms, ROWS * sizeof *d->std_ms));
        CHECK(ll_scores_same(back, d));
    }
    free(path);
    ll_dataset_unref(back);
    ll_dataset_unref(d);
}

/* --- graphs --- */

/* A chain; one list is one set of operations, wherever it is, and the 3 of a kernel is no depth 3. */
static void graphs_have_their_own_operations(void)
{
    const ll_position p[] = {
        {"k1", kernels, 2}, {"depth", depths, 3}, {"k2", kernels, 2}, {"block", blocks, 3}};
    static const char *const expected[] = {"3", "5", "2", "3", "4", "none", "mb_3", "mb"};
    const uint8_t gene[] = {1, 1, 1, 2};
    ll_error e = {0};
    ll_graph g;
    const ll_space *s = ll_space_define_positions("own-graph", p, 4, &e);
    check_report(s != NULL, __FILE__, __LINE__, "%s", e.message);
    if (!s) return;
    CHECK_INT(ll_space_node_ops(s), 8);
    for (int i = 0; i < 8; i++) CHECK_STR(ll_space_node_op(s, i), expected[i]);
    CHECK(s->graph(s, gene, LL_GRAPH_FULL, &g));
    CHECK_INT(g.n_nodes, 6);
    const int ops[] = {-1, 1, 3, 1, 7, -1};
    for (int i = 0; i < 6; i++) CHECK_INT(g.op[i], ops[i]);
    const uint8_t first[] = {0, 0, 0, 2}, broken[] = {0, 0, 0, 0};
    CHECK_INT(ll_depth(s, first), 4); /* all of them do something */
    CHECK_INT(ll_depth(s, broken), 0);
    CHECK_INT(ll_space_node_ops(ll_space_find("fbnet")), 9);
    CHECK_STR(ll_space_node_op(ll_space_find("fbnet"), 8), "skip");
}

static void too_many_operations_are_refused(void)
{
    static char names[9][LL_MAX_OPS][12], *lists[9][LL_MAX_OPS], labels[9][4];
    ll_position p[9];
    ll_error e = {0};
    for (int i = 0; i < 9; i++) {
        for (int c = 0; c < LL_MAX_OPS; c++) {
            snprintf(names[i][c], sizeof names[i][c], "o%d-%d", i, c);
            lists[i][c] = names[i][c];
        }
        snprintf(labels[i], sizeof labels[i], "p%d", i);
        p[i] = (ll_position){labels[i], lists[i], i < 7 ? LL_MAX_OPS : i == 7 ? 26 : 1};
    }
    CHECK(ll_space_define_positions("own-most", p, 8, &e) != NULL);
    check_refused("own-bad", p, 9, "251 choices in lists that differ: expected at most 250");
}

static const check_case cases[] = {
    {"positions have their own", positions_have_their_own},
    {"common names are operations", common_names_are_operations},
    {"numbers are names", numbers_are_names},
    {"strings come back", strings_come_back},
    {"definitions are checked", definitions_are_checked},
    {"operations belong to lists", operations_belong_to_lists},
    {"definitions come back", definitions_come_back},
    {"damaged definitions are refused", damaged_definitions_are_refused},
    {"datasets come back", datasets_come_back},
    {"graphs have their own operations", graphs_have_their_own_operations},
    {"too many operations are refused", too_many_operations_are_refused},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_space_own", cases, argc, argv);
}
