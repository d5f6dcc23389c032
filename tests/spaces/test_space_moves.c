/* Going about in search spaces, and spaces whose positions have lists of their own or may not exist. */
#include <stdlib.h>
#include <string.h>

#include "core/archs/archs.h"
#include "core/device/dataset.h"
#include "core/space/files/space_json.h"
#include "core/space/moves.h"
#include "core/space/parts.h"
#include "tests/check.h"

/* A stage of one to three blocks: depth, then a kernel per block; as OFA has it, in small. */
enum { DEPTH, POSITIONS = 4 };
static const int n_choices[POSITIONS] = {3, 2, 2, 2};
static const char *const depths[] = {"d1", "d2", "d3"}, *const kernels[] = {"k3", "k5"};
static const char *const *const choices[POSITIONS] = {depths, kernels, kernels, kernels};
static const char *const names[POSITIONS] = {"depth", "kernel1", "kernel2", "kernel3"};
static const char *const numbers[] = {"0", "1", "2"};

static void active(const ll_space *s, const uint8_t *gene, bool *out)
{
    for (int p = 0; p < s->n_positions; p++) out[p] = p <= gene[DEPTH] + 1;
}

static void format(const ll_space *s, const uint8_t *gene, ll_str *out)
{
    ll_space_format_names(s, gene, "_", out);
}

static const ll_space stage = {.name = "stage",
                               .n_positions = POSITIONS,
                               .n_ops = 3,
                               .ops = numbers,
                               .positions = names,
                               .parse = ll_space_parse_list,
                               .format = format,
                               .index_of = ll_space_no_index,
                               .at = ll_space_none_at,
                               .facts = &ll_no_facts,
                               .n_choices = n_choices,
                               .choices = choices,
                               .active = active};

static const ll_space *space_at(int i)
{
    static const char *const names_of[] = {"nasbench201", "fbnet", "ofa"};
    return i < 3 ? ll_space_find(names_of[i]) : &stage;
}

static void check_canonical(const ll_space *s, const uint8_t *gene)
{
    uint8_t again[LL_MAX_POSITIONS];
    memcpy(again, gene, (size_t)s->n_positions);
    ll_space_canonical(s, again);
    CHECK(ll_space_valid(s, gene) && !memcmp(again, gene, (size_t)s->n_positions));
}

/* Pearson's statistic of one position's choices in 20,000 draws, below the 1-1e-6 quantile for up to 8 degrees. */
static void draws_are_uniform(void)
{
    enum { DRAWS = 20000 };
    for (int i = 0; i < 2; i++) {
        const ll_space *s = space_at(i);
        ll_rng rng = ll_rng_new(3, LL_STREAM_SAMPLES);
        int count[LL_MAX_POSITIONS][LL_MAX_OPS] = {{0}};
        uint8_t gene[LL_MAX_POSITIONS];
        for (int n = 0; n < DRAWS; n++) {
            ll_space_random(s, &rng, gene);
            check_canonical(s, gene);
            for (int p = 0; p < s->n_positions; p++) count[p][gene[p]]++;
        }
        for (int p = 0; p < s->n_positions; p++) {
            double expected = (double)DRAWS / s->n_ops, chi2 = 0;
            for (int o = 0; o < s->n_ops; o++)
                chi2 += (count[p][o] - expected) * (count[p][o] - expected) / expected;
            CHECK(chi2 < 42);
        }
    }
}

static void mutants_are_others(void)
{
    for (int i = 0; i < 4; i++) {
        const ll_space *s = space_at(i);
        ll_rng rng = ll_rng_new(4, LL_STREAM_SAMPLES);
        uint8_t parent[LL_MAX_POSITIONS], child[LL_MAX_POSITIONS];
        double changed = 0;
        for (int n = 0; n < 5000; n++) {
            ll_space_random(s, &rng, parent);
            memcpy(child, parent, sizeof child);
            ll_space_mutate(s, &rng, n % 2 ? .2 : 0, child);
            check_canonical(s, child);
            CHECK(memcmp(child, parent, (size_t)s->n_positions));
            for (int p = 0; p < s->n_positions; p++) changed += n % 2 && child[p] != parent[p];
        }
        if (i == 1) CHECK_NEAR(changed / 2500, .2 * 22, .2); /* of 22 positions a fifth */
    }
}

static void children_are_of_their_parents(void)
{
    const ll_space *s = space_at(1);
    ll_rng rng = ll_rng_new(5, LL_STREAM_SAMPLES);
    uint8_t a[LL_MAX_POSITIONS], b[LL_MAX_POSITIONS], c[LL_MAX_POSITIONS];
    int from_a = 0, differ = 0;
    for (int n = 0; n < 2000; n++) {
        ll_space_random(s, &rng, a);
        ll_space_random(s, &rng, b);
        ll_space_crossover(s, &rng, a, b, c);
        for (int p = 0; p < s->n_positions; p++) {
            CHECK(c[p] == a[p] || c[p] == b[p]);
            differ += a[p] != b[p];
            from_a += a[p] != b[p] && c[p] == a[p];
        }
    }
    CHECK_NEAR((double)from_a / differ, .5, .02);
}

/* Each once, at distance one, and as many as there are: 6 x 4 cells, 22 x 8 chains. */
static void neighbours_are_all_there(void)
{
    static const int expected[] = {24, 176, -1, -1};
    for (int i = 0; i < 4; i++) {
        const ll_space *s = space_at(i);
        ll_rng rng = ll_rng_new(6, LL_STREAM_SAMPLES);
        uint8_t gene[LL_MAX_POSITIONS], next[LL_MAX_POSITIONS];
        for (int n = 0; n < 20; n++) {
            ll_archs *all = ll_archs_new(s, 0);
            ll_neighbour at = {0};
            bool is_new = true;
            int found = 0;
            ll_space_random(s, &rng, gene);
            for (; ll_space_next_neighbour(s, gene, &at, next); found++) {
                check_canonical(s, next);
                CHECK(memcmp(next, gene, (size_t)s->n_positions));
                ll_archs_add(all, next, &is_new);
                CHECK(is_new);
            }
            CHECK_INT(found, ll_space_n_neighbours(s, gene));
            if (expected[i] >= 0) CHECK_INT(found, expected[i]);
            ll_archs_unref(all);
        }
    }
}

/* What does not exist distinguishes nothing. */
static void inactive_positions_do_not_count(void)
{
    const uint8_t one[] = {0, 1, 0, 0}, same[] = {0, 1, 1, 1}, other[] = {1, 1, 1, 0};
    ll_archs *a = ll_archs_new(&stage, 0);
    bool is_new;
    ll_error e = {0};
    ll_str text = {0};
    uint8_t gene[POSITIONS];
    CHECK_INT(ll_archs_add(a, one, NULL), 0);
    CHECK_INT(ll_archs_add(a, same, &is_new), 0);
    CHECK(!is_new);
    CHECK_INT(ll_archs_add(a, other, NULL), 1);
    CHECK_INT(ll_archs_find(a, same), 0);
    ll_archs_unref(a);
    a = ll_archs_new(&stage, 2);
    memcpy(ll_arch_at(a, 0), one, sizeof one);
    memcpy(ll_arch_at(a, 1), same, sizeof same);
    CHECK_INT(ll_archs_index(a, &e), LL_BAD_DATA);
    ll_archs_unref(a);
    CHECK_INT(ll_space_read(&stage, "d1_k5_k5_k5", gene, &e), LL_OK);
    CHECK(!memcmp(gene, one, sizeof one));
    stage.format(&stage, gene, &text);
    CHECK_STR(ll_str_text(&text), "d1_k5_k3_k3");
    CHECK_INT(ll_space_read(&stage, "d1_k5_d2_k3", gene, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "position 3 of 4");
    CHECK_HAS(e.message, "k3, k5");
    CHECK_INT(ll_space_read(&stage, "0_1_2_0", gene, &e), LL_BAD_DATA); /* two kernels, no third */
    CHECK_INT(ll_space_parse(&stage, "d1_k5_k5_k5", gene, &e), LL_OK);
    CHECK(!memcmp(gene, one, sizeof one));
    ll_str_free(&text);
}

/* A table may say an architecture in any form: the rows of another one, canonical, are found. */
static void tables_hold_canonical_genes(void)
{
    ll_dataset *d = ll_dataset_new("stages", &stage, 2, 1);
    const uint8_t first[] = {0, 1, 1, 1}, second[] = {2, 1, 1, 1};
    ll_error e = {0};
    int row = -1;
    memcpy(ll_arch_at(d->archs, 0), first, sizeof first);
    memcpy(ll_arch_at(d->archs, 1), second, sizeof second);
    d->lat_ms[0] = d->lat_ms[1] = 1;
    ll_device_set(&d->devices[0], "one", LL_MEASURED, "test", "ms", NULL, NULL);
    CHECK_INT(ll_dataset_seal(d, &e), LL_OK);
    CHECK_INT(ll_gene(d, 0)[2], 0);
    CHECK_INT(ll_dataset_find_arch(d, "d1_k5_k3_k5", &row, &e), LL_OK);
    CHECK_INT(row, 0);
    CHECK_INT(ll_dataset_find_arch(d, "d3_k5_k5_k5", &row, &e), LL_OK);
    CHECK_INT(row, 1);
    ll_dataset_unref(d);
}

static void genes_of_a_file_are_checked_by_position(void)
{
    ll_tensors t = {0};
    ll_archs *a;
    ll_error e = {0};
    ll_tensors_add(&t, "x", LL_I32, 2, (long[]){1, POSITIONS}, (int32_t[]){2, 1, 1, 2});
    CHECK_INT(ll_archs_load(&t, "x", &stage, &a, &e), LL_BAD_DATA);
    ll_tensors_free(&t);
    t = (ll_tensors){0};
    ll_tensors_add(&t, "x", LL_I32, 2, (long[]){1, POSITIONS}, (int32_t[]){0, 1, 1, 1});
    CHECK_INT(ll_archs_load(&t, "x", &stage, &a, &e), LL_OK);
    CHECK_INT(ll_arch(a, 0)[2], 0);
    ll_archs_unref(a);
    ll_tensors_free(&t);
}

static void cells_have_another_name(void)
{
    const ll_space *s = space_at(0);
    const uint8_t gene[] = {1, 2, 0, 3, 4, 1};
    const uint8_t expected[] = {2, 1, 0, 3, 1, 4}, joined[] = {1, 2, 1, 3, 4, 1}, own[] = {2, 2, 0, 3, 4, 4};
    uint8_t mirror[6];
    CHECK(ll_cell_mirror(s, gene, mirror) && !memcmp(mirror, expected, 6));
    CHECK(!ll_cell_mirror(s, joined, mirror) && !ll_cell_mirror(s, own, mirror));
    CHECK(!ll_cell_mirror(&stage, gene, mirror));
}

static void definitions_come_back(void)
{
    char *ops[] = {(char[]){"a"}, (char[]){"b"}};
    ll_error e = {0};
    const ll_space *mine = ll_space_define("moves-mine", 3, ops, 2, &e), *again;
    const ll_space *both[] = {mine, space_at(0)};
    for (int i = 0; i < 2; i++) {
        cJSON *o = ll_space_json(both[i]);
        CHECK_INT(ll_space_from_json(o, &again, &e), LL_OK);
        CHECK(again == both[i]);
        cJSON_Delete(o);
    }
    cJSON *o = cJSON_CreateString("nowhere");
    CHECK_INT(ll_space_from_json(o, &again, &e), LL_BAD_DATA);
    CHECK_INT(ll_space_from_json(NULL, &again, &e), LL_BAD_DATA);
    cJSON_Delete(o);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"draws are uniform", draws_are_uniform},
        {"mutants are others", mutants_are_others},
        {"children are of their parents", children_are_of_their_parents},
        {"neighbours are all there", neighbours_are_all_there},
        {"inactive positions do not count", inactive_positions_do_not_count},
        {"tables hold canonical genes", tables_hold_canonical_genes},
        {"genes of a file are checked by position", genes_of_a_file_are_checked_by_position},
        {"cells have another name", cells_have_another_name},
        {"definitions come back", definitions_come_back},
        {0},
    };
    return check_main("test_space_moves", cases, argc, argv);
}
