/* Pickles of protocols 0 and 1, defaultdicts, and torch's numbers of two bytes. The bytes in hex were written by Python's
 * pickle.dumps, protocol in the comment. */
#include <stdlib.h>

#include "core/base/system/fs.h"
#include "core/num/tensors.h"
#include "data/formats/pickle.h"
#include "data/importers/import.h"
#include "tests/check.h"

static size_t from_hex(const char *hex, char *out)
{
    size_t n = strlen(hex) / 2;
    for (size_t i = 0; i < n; i++) out[i] = (char)strtol((char[]){hex[2 * i], hex[2 * i + 1], 0}, NULL, 16);
    return n;
}

/* {(0, 1, 2): 5.25, 'café\n': [True, None, -7, 2**40, nan, "it's"]} */
static const char *const same[] = {
    /* 0 */ "286470300a2849300a49310a49320a7470310a46352e32350a7356636166e95c75303030610a70320a286c70330a4930"
            "310a61"
            "4e61492d370a614c313039393531313632373737364c0a61466e616e0a6156697427730a70340a61732e",
    /* 1 */
    "7d710028284b004b014b027471014740150000000000005806000000636166c3a90a71025d7103284930310a4e4af9ffffff4c"
    "313039393531313632373737364c0a477ff8000000000000580400000069742773710465752e",
    /* 2 */
    "80027d7100284b004b014b028771014740150000000000005806000000636166c3a90a71025d710328884e4af9ffffff8a0600"
    "0000000001477ff8000000000000580400000069742773710465752e",
    /* 5 */
    "80059542000000000000007d94284b004b014b0287944740150000000000008c06636166c3a90a945d9428884e4af9ffffff8a"
    "06000000000001477ff80000000000008c04697427739465752e"};

static void every_protocol_says_the_same(void)
{
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        char bytes[400];
        ll_pickle p;
        ll_error e = {0};
        if (!CHECK_OK(ll_pickle_parse("x", bytes, from_hex(same[i], bytes), NULL, &p, &e))) {
            printf("%s\n", e.message);
            continue;
        }
        const ll_pickled *list = ll_pickled_get(p.root, "caf\xc3\xa9\n");
        double x = 0;
        CHECK_INT(p.root->kind, LL_PICKLED_DICT);
        CHECK_INT(p.root->items.v[0]->items.n, 3);
        CHECK_NEAR(ll_pickled_number(p.root->items.v[1], &x) ? x : 0, 5.25, 0);
        if (CHECK(list && list->items.n == 6)) {
            CHECK_INT(list->items.v[0]->kind, LL_PICKLED_BOOL);
            CHECK_INT(list->items.v[0]->i, 1);
            CHECK_INT(list->items.v[1]->kind, LL_PICKLED_NONE);
            CHECK_INT(list->items.v[2]->i, -7);
            CHECK_INT(list->items.v[3]->i, 1LL << 40);
            CHECK(isnan(list->items.v[4]->x));
            CHECK_STR(list->items.v[5]->text.s, "it's");
        }
        ll_pickle_free(&p);
    }
}

static void a_defaultdict_is_a_dict(void)
{
    /* defaultdict(list) with {'a': 1.5}, protocols 0, 1, 4 */
    static const char *const all[] = {"63636f6c6c656374696f6e730a64656661756c74646963740a70300a28635f5f627569"
                                      "6c74696e5f5f0a6c6973740a70310a7470"
                                      "320a5270330a56610a70340a46312e350a732e",
                                      "63636f6c6c656374696f6e730a64656661756c74646963740a710028635f5f6275696c"
                                      "74696e5f5f0a6c6973740a710174710252"
                                      "71035801000000617104473ff8000000000000732e",
                                      "80049545000000000000008c0b636f6c6c656374696f6e73948c0b64656661756c7464"
                                      "6963749493948c086275696c74696e7394"
                                      "8c046c697374949394859452948c016194473ff8000000000000732e"};
    for (int i = 0; i < 3; i++) {
        char bytes[300];
        ll_pickle p;
        double x = 0;
        if (!CHECK_OK(ll_pickle_parse("x", bytes, from_hex(all[i], bytes), NULL, &p, NULL))) continue;
        const ll_pickled *a = ll_pickled_get(p.root, "a");
        CHECK(a && ll_pickled_number(a, &x) && x == 1.5);
        ll_pickle_free(&p);
    }
}

static void wrong_lines_are_refused(void)
{
    static const struct {
        const char *text, *say;
    } bad[] = {{"I5x\n.", "no whole number"},
               {"I99999999999999999999\n.", "no whole number"},
               {"I5", "truncated"},
               {"F1,5\n.", "no number"},
               {"F\n.", "a number of 0 characters"},
               {"Sabc\n.", "without its quotes"},
               {"S'abc\n.", "without its quotes"},
               {"S'a\\qb'\n.", "an escape that is not known"},
               {"(lp-1\n.", "is no place"},
               {"(lp99999999\n.", "out of range"},
               {"(g7\n.", "never put"},
               {"cbuiltins\nlist\n)R.", "a call of builtins list"},
               {"cos\nsystem\n(S'id'\ntR.", "\"os system\""},
               {"ccollections\ndefaultdict\n(S'x'\ntR.", "a defaultdict with values"},
               {"(lI1\nI2\n.", "left at the end"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ll_pickle p;
        ll_error e = {0};
        CHECK_INT(ll_pickle_parse("x", bad[i].text, strlen(bad[i].text), NULL, &p, &e), LL_BAD_DATA);
        CHECK_HAS(e.message, bad[i].say);
    }
}

/* --- numbers of two bytes --- */

static ll_status find(void *ctx, const char *key, size_t bytes, const void **data, ll_error *e)
{
    CHECK_INT(bytes, 12);
    *data = ctx;
    return LL_OK;
}

static void numbers_of_two_bytes_are_widened(void)
{
    static const struct {
        const char *storage;
        uint16_t bits[6];
        double x[6];
    } all[] = {{"HalfStorage",
                {0x3c00, 0xc000, 0x7c00, 0x0001, 0x3555, 0x7e00},
                {1, -2, INFINITY, 0x1p-24, 0x1.554p-2, NAN}},
               {"BFloat16Storage",
                {0x3f80, 0xc000, 0x7f80, 0x4049, 0x0000, 0xffc0},
                {1, -2, INFINITY, 3.140625, 0, NAN}}};
    for (int i = 0; i < 2; i++)
        for (int parameter = 0; parameter < 2; parameter++) {
            ll_str text = {0};
            if (parameter) ll_str_add(&text, "ctorch._utils\n_rebuild_parameter\n(");
            ll_str_addf(
                &text,
                "ctorch._utils\n_rebuild_tensor_v2\n((S'storage'\nctorch\n%s\nS'0'\nS'cpu'\nI6\ntQI0\n"
                "(I6\nt(I1\ntI00\nccollections\nOrderedDict\n)RtR",
                all[i].storage);
            ll_str_add(&text, parameter ? "I01\nccollections\nOrderedDict\n)RtR." : ".");
            ll_pickle_storages storages = {.find = find, .ctx = (void *)all[i].bits};
            ll_pickle p;
            ll_error e = {0};
            if (CHECK_OK(ll_pickle_parse("x", text.s, text.len, &storages, &p, &e))) {
                CHECK_INT(p.root->kind, LL_PICKLED_ARRAY);
                for (size_t k = 0; k < 6; k++) {
                    double x = ll_pickled_at(p.root->array, k);
                    CHECK(x == all[i].x[k] || (isnan(x) && isnan(all[i].x[k])));
                }
                ll_pickle_free(&p);
            } else {
                printf("%s\n", e.message);
            }
            ll_str_free(&text);
        }
}

/* --- what becomes of them --- */

static void cells_may_be_texts_and_holes(void)
{
    static const char text[] =
        "(dS'|avg_pool_3x3~0|+|skip_connect~0|none~1|+|none~0|none~1|skip_connect~2|'\nF0.004\n"
        "sS'(1, 1, 1, 1, 1, "
        "1)'\nF0.002\ns(I0\nI0\nI0\nI0\nI0\nI0\ntI-1\ns(I0\nI0\nI0\nI0\nI0\nI1\ntFnan\nsS'222222'\nNs.";
    char path[600];
    snprintf(path, sizeof path, "%s/texts.pickle", check_tmpdir());
    CHECK_OK(ll_write_file(path, text, sizeof text - 1, NULL));
    ll_import job = {.path = path, .name = "x", .device = "d"};
    ll_dataset *d = NULL;
    ll_error e = {0};
    if (!CHECK_OK(ll_import_brpnas(&job, &d, &e))) {
        printf("%s\n", e.message);
        return;
    }
    CHECK_INT(d->n_archs, 5);
    CHECK_INT(ll_dataset_count(d, 0), 2);
    CHECK_NEAR(ll_latencies(d, 0)[0], 4, 1e-12);
    CHECK_NEAR(ll_latencies(d, 0)[1], 2, 1e-12);
    CHECK_HAS(job.notes.v[1], "3 cells are None, NaN or -1");
    uint8_t gene[LL_MAX_POSITIONS];
    CHECK_OK(ll_space_read(d->space, "3", gene, NULL));
    CHECK_INT(ll_dataset_row(d, gene), 0);
    ll_strs_free(&job.notes);
    ll_dataset_unref(d);
}

static const check_case cases[] = {
    {"every protocol says the same", every_protocol_says_the_same},
    {"a defaultdict is a dict", a_defaultdict_is_a_dict},
    {"wrong lines are refused", wrong_lines_are_refused},
    {"numbers of two bytes are widened", numbers_of_two_bytes_are_widened},
    {"cells may be texts and holes", cells_may_be_texts_and_holes},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_pickle_text", cases, argc, argv);
}
