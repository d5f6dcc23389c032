/* OFA-MobileNetV3 (Once-for-All, Cai et al., ICLR 2020, arXiv 1908.09791), as HELP (arXiv 2106.08630) uses it: five stages
 * of two to four blocks, each with a kernel (3, 5, 7) and an expansion (3, 4, 6) of its own, and the resolution of the
 * image (128 .. 224 in steps of 4). The width of the network is 1.0 (1.2 is published, too).
 *
 * Positions: 20 kernels and 20 expansions (four slots a stage, in the order of execution), 5 depths, 1 resolution: the
 * order of OFA's dicts. Slot j of a stage is there when j < its depth.
 *
 * Canonical string: the resolution, then each stage with the blocks that it has, from which its depth follows:
 *   r224_k3e3-k3e3_k3e6-k5e4_k7e6-k7e4_k7e6-k3e4-k7e6_k3e6-k3e6-k5e6
 * Also read: {"ks": [20], "e": [20], "d": [5], "r": 224 or [224]} as JSON or as Python prints it, a key "wid" ignored; and
 * the 46 choices by name. What stands in a slot that is not there is not looked at: OFA's own code writes 0. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/space/parts.h"

enum { STAGES = 5, SLOTS = 4, BLOCKS = STAGES * SLOTS, LEAST_DEPTH = 2 };
enum { KERNEL = 0, EXPANSION = BLOCKS, DEPTH = 2 * BLOCKS, RESOLUTION = DEPTH + STAGES, POSITIONS };
enum { N_OPS = 25 };

#define SLOTS_OF(X, S) X #S ".1", X #S ".2", X #S ".3", X #S ".4"
#define BLOCKS_OF(X)   SLOTS_OF(X, 1), SLOTS_OF(X, 2), SLOTS_OF(X, 3), SLOTS_OF(X, 4), SLOTS_OF(X, 5)
static const char *const positions[POSITIONS] = {BLOCKS_OF("k"), BLOCKS_OF("e"), "d1", "d2",
                                                 "d3",           "d4",           "d5", "r"};

#define FOUR(X)   X, X, X, X
#define TWENTY(X) FOUR(X), FOUR(X), FOUR(X), FOUR(X), FOUR(X)
static const char *const kernels[] = {"3", "5", "7"}, *const expansions[] = {"3", "4", "6"},
                         *const depths[] = {"2", "3", "4"};
#define RESOLUTIONS(R)                                                                                       \
    R "128", R "132", R "136", R "140", R "144", R "148", R "152", R "156", R "160", R "164", R "168",       \
        R "172", R "176", R "180", R "184", R "188", R "192", R "196", R "200", R "204", R "208", R "212",   \
        R "216", R "220", R "224"
static const char *const resolutions[N_OPS] = {RESOLUTIONS("")};
static const char *const *const choices[POSITIONS] = {TWENTY(kernels), TWENTY(expansions), FOUR(depths),
                                                      depths, resolutions};
static const int n_choices[POSITIONS] = {TWENTY(3), TWENTY(3), FOUR(3), 3, N_OPS};

/* Positions agree on no name (core/space/space.h). */
static const char *const ops[N_OPS] = {"0",  "1",  "2",  "3",  "4",  "5",  "6",  "7",  "8",
                                       "9",  "10", "11", "12", "13", "14", "15", "16", "17",
                                       "18", "19", "20", "21", "22", "23", "24"};

/* Nodes of graphs: what a block does depends on its stage, too, and all depends on the resolution. */
#define BLOCK_OPS(S) S "k3e3", S "k3e4", S "k3e6", S "k5e3", S "k5e4", S "k5e6", S "k7e3", S "k7e4", S "k7e6"
enum { PER_STAGE = 9, RESOLUTION_OPS = STAGES * PER_STAGE, NODE_OPS = RESOLUTION_OPS + N_OPS };
static const char *const node_ops[NODE_OPS] = {BLOCK_OPS("s1."), BLOCK_OPS("s2."), BLOCK_OPS("s3."),
                                               BLOCK_OPS("s4."), BLOCK_OPS("s5."), RESOLUTIONS("r")};

static int block_at(int stage, int slot)
{
    return SLOTS * stage + slot;
}

static int depth_of(const uint8_t *gene, int stage)
{
    return LEAST_DEPTH + gene[DEPTH + stage];
}

static void active(const ll_space *s, const uint8_t *gene, bool *out)
{
    (void)s;
    for (int p = 0; p < POSITIONS; p++) out[p] = true;
    for (int i = 0; i < STAGES; i++)
        for (int j = depth_of(gene, i); j < SLOTS; j++)
            out[KERNEL + block_at(i, j)] = out[EXPANSION + block_at(i, j)] = false;
}

/* --- strings --- */

static const char *name_at(const uint8_t *gene, int position)
{
    return choices[position][gene[position]];
}

static void add_block(const uint8_t *gene, int block, ll_str *out)
{
    ll_str_addf(out, "k%se%s", name_at(gene, KERNEL + block), name_at(gene, EXPANSION + block));
}

static void format(const ll_space *s, const uint8_t *gene, ll_str *out)
{
    (void)s;
    ll_str_addf(out, "r%s", name_at(gene, RESOLUTION));
    for (int i = 0; i < STAGES; i++)
        for (int j = 0; j < depth_of(gene, i); j++) {
            ll_str_add(out, j ? "-" : "_");
            add_block(gene, block_at(i, j), out);
        }
}

static ll_status wrong(const char *text, const char *what, ll_error *e)
{
    return ll_fail(
        e, LL_BAD_DATA,
        "\"%.80s\" is no ofa architecture: %s; expected r224_k3e3-k5e4_..., a resolution of 128..224 in "
        "steps of 4 and five stages of 2 to 4 blocks with kernel 3, 5 or 7 and expansion 3, 4 or 6, or "
        "{\"ks\": [20], \"e\": [20], \"d\": [5], \"r\": 224}",
        text, what);
}

static ll_status wrong_at(const char *text, const char *at, ll_error *e)
{
    char what[64];
    snprintf(what, sizeof what, "it is wrong at \"%.20s\"", at);
    return wrong(text, what, e);
}

/* The letter and behind it the name of a choice of this position. */
static bool read_choice(const char **p, char letter, int position, uint8_t *gene)
{
    if (**p != letter) return false;
    int len, choice = ll_space_match_op(&ll_ofa, position, *p + 1, &len);
    if (choice < 0) return false;
    gene[position] = (uint8_t)choice;
    *p += 1 + len;
    return true;
}

static bool read_block(const char **p, int block, uint8_t *gene)
{
    return read_choice(p, 'k', KERNEL + block, gene) && read_choice(p, 'e', EXPANSION + block, gene);
}

/* Blocks joined by '-'; there are as many as there are. */
static bool read_stage(const char **p, int stage, uint8_t *gene)
{
    int n = 0;
    do {
        if (n == SLOTS) return false;
        if (n) ++*p;
        if (!read_block(p, block_at(stage, n++), gene)) return false;
    } while (**p == '-');
    gene[DEPTH + stage] = (uint8_t)(n - LEAST_DEPTH);
    return n >= LEAST_DEPTH;
}

static ll_status read_canonical(const char *text, const char *p, uint8_t *gene, ll_error *e)
{
    if (!read_choice(&p, 'r', RESOLUTION, gene)) return wrong_at(text, p, e);
    for (int i = 0; i < STAGES; i++) {
        const char *at = p;
        if (*p++ != '_' || !read_stage(&p, i, gene)) return wrong_at(text, at, e);
    }
    p += strspn(p, " \t");
    return *p ? wrong_at(text, p, e) : LL_OK;
}

/* --- dicts --- */

/* Python's spelling of what JSON has, too. */
static char *as_json(const char *text)
{
    char *json = ll_strdup(text);
    for (char *p = json; *p; p++) {
        if (*p == '\'') *p = '"';
        if (*p == '(') *p = '[';
        if (*p == ')') *p = ']';
        if (!strncmp(p, "None", 4)) memcpy(p, "null", 4);
    }
    return json;
}

static bool choice_of(const cJSON *number, int position, uint8_t *choice)
{
    if (!cJSON_IsNumber(number)) return false;
    for (int i = 0; i < n_choices[position]; i++)
        if (number->valuedouble == atoi(choices[position][i])) {
            *choice = (uint8_t)i;
            return true;
        }
    return false;
}

/* depths first: they say which of the others are needed */
static const ll_space_key keys[] = {
    {"d", DEPTH, STAGES}, {"ks", KERNEL, BLOCKS}, {"e", EXPANSION, BLOCKS}, {"r", RESOLUTION, 1}};
enum { KEYS = sizeof keys / sizeof *keys };
static const char *const expected[KEYS] = {"list of 5 depths 2, 3 or 4", "list of 20 kernels 3, 5 or 7",
                                           "list of 20 expansions 3, 4 or 6",
                                           "resolution 128..224 in steps of 4"};

static void say_number(char *out, size_t size, const cJSON *v, int entry)
{
    char where[24] = "", what[24] = "no number";
    if (entry >= 0) snprintf(where, sizeof where, "entry %d is ", entry);
    if (cJSON_IsNumber(v)) snprintf(what, sizeof what, "%g", v->valuedouble);
    snprintf(out, size, "%s%s", where, v ? what : "it is missing");
}

/* The numbers of one key; one alone may stand without its list. Those that are not needed may be any. Else `why` says
 * what is there instead. */
static bool read_numbers(const cJSON *v, const ll_space_key *key, const bool *needed, uint8_t *gene,
                         char *why, size_t size)
{
    bool list = cJSON_IsArray(v);
    int n = list ? cJSON_GetArraySize(v) : 1;
    const cJSON *number = list ? v->child : v;
    say_number(why, size, v, -1);
    if (list) snprintf(why, size, "it has %d entries", n);
    if (n != key->n) return false;
    for (int i = 0; i < n; i++, number = number->next) {
        int position = key->first + i;
        if (choice_of(number, position, &gene[position]) || (needed && !needed[position])) continue;
        say_number(why, size, number, list ? i + 1 : -1);
        return false;
    }
    return true;
}

/* "wid", the width that OFA's own dicts have too, is not read. */
static const char *foreign_key(const cJSON *dict)
{
    for (const cJSON *v = dict->child; v; v = v->next) {
        int k = 0;
        while (k < KEYS && strcmp(keys[k].name, v->string)) k++;
        if (k == KEYS && strcmp(v->string, "wid")) return v->string;
    }
    return NULL;
}

static ll_status read_members(const char *text, const cJSON *dict, uint8_t *gene, ll_error *e)
{
    bool there[POSITIONS];
    char what[160], why[64];
    const char *foreign = foreign_key(dict);
    if (foreign) {
        snprintf(what, sizeof what, "it has no \"%.20s\"", foreign);
        return wrong(text, what, e);
    }
    for (int k = 0; k < KEYS; k++) {
        const cJSON *v = cJSON_GetObjectItemCaseSensitive(dict, keys[k].name);
        if (!read_numbers(v, &keys[k], k ? there : NULL, gene, why, sizeof why)) {
            snprintf(what, sizeof what, "\"%s\" is no %s: %s", keys[k].name, expected[k], why);
            return wrong(text, what, e);
        }
        if (!k) active(&ll_ofa, gene, there);
    }
    return LL_OK;
}

static ll_status read_dict(const char *text, uint8_t *gene, ll_error *e)
{
    char *json = as_json(text);
    cJSON *dict = NULL;
    ll_error inner = {0};
    ll_status s = ll_json_parse(json, strlen(json), &dict, &inner);
    free(json);
    if (s == LL_CANCELLED) return ll_fail(e, s, "%s", inner.message);
    if (s) return wrong(text, "it is no dict of numbers", e);
    s = read_members(text, dict, gene, e);
    cJSON_Delete(dict);
    return s;
}

static ll_status parse(const ll_space *s, const char *text, uint8_t *gene, ll_error *e)
{
    uint8_t read[POSITIONS] = {0};
    const char *p = text + strspn(text, " \t");
    ll_status status = *p == '{'   ? read_dict(text, read, e)
                       : *p == 'r' ? read_canonical(text, p, read, e)
                                   : ll_space_parse_list(s, text, read, e);
    if (status) return status;
    ll_space_canonical(s, read);
    memcpy(gene, read, POSITIONS);
    return LL_OK;
}

/* --- graphs --- */

static int node_op(const uint8_t *gene, int stage, int slot)
{
    int block = block_at(stage, slot);
    return PER_STAGE * stage + 3 * gene[KERNEL + block] + gene[EXPANSION + block];
}

/* input -> resolution -> the blocks that are there -> output: all have as many nodes, those of other slots no arcs. */
static bool graph(const ll_space *s, const uint8_t *gene, ll_graph_kind kind, ll_graph *out)
{
    (void)s;
    if (kind == LL_GRAPH_RELEASED) return false;
    memset(out, 0, sizeof *out);
    out->n_nodes = BLOCKS + 3;
    out->op[0] = out->op[BLOCKS + 2] = -1;
    out->op[1] = RESOLUTION_OPS + gene[RESOLUTION];
    out->adj[0][1] = 1;
    int last = 1;
    for (int i = 0; i < STAGES; i++)
        for (int j = 0; j < SLOTS; j++) {
            int node = 2 + block_at(i, j);
            out->op[node] = node_op(gene, i, j);
            if (j >= depth_of(gene, i)) continue;
            out->adj[last][node] = 1;
            last = node;
        }
    out->adj[last][BLOCKS + 2] = 1;
    return true;
}

/* --- drawing --- */

static void draw_part(ll_str *out, const char *name, int side, const char *what)
{
    ll_str_addf(out, "%-8s %3dx%-3d   %s\n", name, side, side, what);
}

/* Convolutions of stride 2 round up. */
static int halve(int side)
{
    return (side + 1) / 2;
}

static void draw(const ll_space *s, const uint8_t *gene, ll_str *out)
{
    static const int stride[STAGES] = {2, 2, 2, 1, 2};
    int side = atoi(name_at(gene, RESOLUTION));
    (void)s;
    draw_part(out, "input", side, "image");
    side = halve(side);
    draw_part(out, "stem", side, "3x3 convolution, 3x3 separable convolution  (/2)");
    for (int i = 0; i < STAGES; i++) {
        ll_str blocks = {0};
        char name[16];
        if (stride[i] > 1) side = halve(side);
        for (int j = 0; j < depth_of(gene, i); j++) {
            if (j) ll_str_add(&blocks, " > ");
            add_block(gene, block_at(i, j), &blocks);
        }
        if (stride[i] > 1) ll_str_add(&blocks, "  (/2)");
        snprintf(name, sizeof name, "stage %d", i + 1);
        draw_part(out, name, side, blocks.s);
        ll_str_free(&blocks);
    }
    draw_part(out, "head", side, "1x1 convolution");
    draw_part(out, "output", 1, "mean, 1x1 convolution, classifier");
}

/* Kernels and expansions of one stage each. */
static const int stage_positions[2 * STAGES] = {FOUR(SLOTS), FOUR(SLOTS), SLOTS, SLOTS};
/* 145 inputs of HELP: depths show in the blocks that are there. */
static const bool depths_alone[POSITIONS] = {[DEPTH] = true, true, true, true, true};
static const ll_space_facts facts = {.keys = keys,
                                     .n_keys = KEYS,
                                     .stages = stage_positions,
                                     .n_stages = 2 * STAGES,
                                     .help = {.pool = 4000, .episodes = 2000, .left_out = depths_alone}};

/* Stages of 2, 3 or 4 blocks of 9 sorts, and the resolutions. */
#define IN_STAGE (9. * 9 + 9. * 9 * 9 + 9. * 9 * 9 * 9)

const ll_space ll_ofa = {
    .name = "ofa",
    .title = "OFA-MobileNetV3: stages of 2 to 4 blocks, 25 resolutions",
    .n_positions = POSITIONS,
    .n_ops = N_OPS,
    .ops = ops,
    .ops_short = ops,
    .positions = positions,
    .n_archs = 0,
    .n_all = IN_STAGE * IN_STAGE * IN_STAGE * IN_STAGE * IN_STAGE * 25,
    .parse = parse,
    .format = format,
    .index_of = ll_space_no_index,
    .at = ll_space_none_at,
    .graph = graph,
    .layers = ll_ofa_layers,
    .draw = draw,
    .facts = &facts,
    .n_node_ops = NODE_OPS,
    .node_ops = node_ops,
    .n_choices = n_choices,
    .choices = choices,
    .active = active,
};
