/* Pickles and torch files: the published ones, every kind of value, what is refused. */
#include <stdint.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "data/formats/pickle.h"
#include "data/formats/torchzip.h"
#include "tests/check.h"

/* --- pickles --- */

static void published_pickles_are_read(void)
{
    const char *path = check_shared("upstream/HELP/nasbench201/latency/fpga.pt");
    if (!path) return;
    ll_pickle p;
    ll_error e = {0};
    double *x;
    size_t n;
    CHECK_INT(ll_pickle_read(path, &p, &e), LL_OK);
    CHECK_INT(ll_pickled_numbers(p.root, &x, &n, &e), LL_OK);
    CHECK_INT(n, 15625);
    CHECK(x[0] == 2.57296);
    free(x);
    ll_pickle_free(&p);

    /* numpy scalars: python -c "import pickle; d = pickle.load(open(f, 'rb')); print(d[(0,0,0,2,2,4)])" */
    CHECK_INT(ll_pickle_read(check_shared("upstream/BRP-NAS/desktop-cpu-core-i7-7820x-fp32.pkl"), &p, &e),
              LL_OK);
    CHECK_INT(p.root->kind, LL_PICKLED_DICT);
    CHECK_INT(p.root->items.n, 2 * 15284);
    CHECK_INT(p.root->items.v[0]->items.n, 6);
    CHECK_INT(p.root->items.v[0]->items.v[5]->i, 4);
    CHECK(p.root->items.v[1]->x == 0.0015538465976715089);
    ll_pickle_free(&p);

    CHECK_INT(ll_pickle_read(check_shared("upstream/HELP/nasbench201/str_arch2idx.pt"), &p, &e), LL_OK);
    CHECK_INT(p.root->items.n, 2 * 15625);
    const ll_pickled *i = ll_pickled_get(
        p.root,
        "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|");
    CHECK(i && i->i == 1);
    ll_pickle_free(&p);
}

static void checkpoints_become_tensors(void)
{
    const char *path = check_shared("upstream/HELP/nasbench201/checkpoint/help_max_corr.pt");
    if (!path) return;
    ll_tensors t = {0};
    ll_error e = {0};
    CHECK_INT(ll_torch_load_tensors(path, &t, &e), LL_OK);
    CHECK_INT(t.n, 40);
    CHECK_STR(ll_tensors_text(&t, "epi"), "1699");
    const ll_tensor *w;
    CHECK_INT(ll_tensors_need(&t, "model.meta_learner.gc1.weight", LL_F32, 2, (long[]){8, 100}, &w, &e),
              LL_OK);
    ll_tensors_free(&t);
}

/* What the parser says of n bytes of a pickle. */
static ll_status parse_bytes(const char *bytes, size_t n, ll_error *e)
{
    ll_pickle p;
    ll_status s = ll_pickle_parse("x", bytes, n, NULL, &p, e);
    if (!s) ll_pickle_free(&p);
    return s;
}

static void pickles_refuse_what_is_wrong(void)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *say;
    } bad[] = {
#define BYTES(s) s, sizeof s - 1
        {BYTES("\x80\x02"
               "cos\nsystem\n(X\x02\0\0\0idtR."),
         "\"os system\""},
        {BYTES("\x80\x04\x8c\x08"
               "builtins\x8c\x04"
               "eval\x93."),
         "\"builtins eval\""},
        {BYTES("\x80\x02}R."), "stack is empty"},
        {BYTES("\x80\x02]]R."), "a call of a list"},
        {BYTES("\x80\x02}]b}."), "values are left"},
        {BYTES("\x80\x02(."), "left at the end"},
        {BYTES("\x80\x02."), "left at the end"},
        {BYTES("\x80\x02N.N"), "behind the end"},
        {BYTES("\x80\x02h\x07."), "never put"},
        {BYTES("\x80\x02Nr\xff\xff\xff\xff."), "out of range"},
        {BYTES("\x80\x02X\xff\xff\xff\x7f"), "truncated"},
        {BYTES("\x80\x02\x8d\xff\xff\xff\xff\xff\xff\xff\xff."), "truncated"},
        {BYTES("\x80\x02]e."), "mark"},
        {BYTES("\x80\x02N(Ke."), "left at the end"},
        {BYTES("\x80\x02N(K\x01"
               "e."),
         "not a container"},
        {BYTES("\x80\x02}(K\x01u."), "without a value"},
        {BYTES("\x80\x02\x8a\x0a"
               "0123456789."),
         "an integer of 10 bytes"},
        {BYTES("\x80\x02i."), "opcode 0x69"},
        {BYTES("\x80\x02X\1\0\0\0aQ."), "torch file"},
        {BYTES("\x80\x02"
               "cnumpy\ndtype\nX\2\0\0\0O8\x85R."),
         "\"O8\""},
        {BYTES("\x80\x02"
               "cnumpy\nndarray\n)R."),
         "a call of numpy ndarray"},
        {BYTES("\x80\x09N."), "protocol 9"},
        {BYTES("arch,phone\n0,1\n"), "not a pickle"},
        {BYTES(""), "not a pickle"},
#undef BYTES
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ll_error e = {0};
        CHECK_INT(parse_bytes(bad[i].bytes, bad[i].n, &e), LL_BAD_DATA);
        CHECK_HAS(e.message, bad[i].say);
    }
}

/* --- numpy in pickles: bytes written by pickle.dumps of numpy 1.24, protocol in the name --- */

static size_t from_hex(const char *hex, char *out)
{
    size_t n = strlen(hex) / 2;
    for (size_t i = 0; i < n; i++) {
        char two[3] = {hex[2 * i], hex[2 * i + 1], 0};
        out[i] = (char)strtol(two, NULL, 16);
    }
    return n;
}

static ll_status parse_hex(const char *hex, ll_pickle *p, ll_error *e)
{
    static char bytes[1024];
    return ll_pickle_parse("x", bytes, from_hex(hex, bytes), NULL, p, e);
}

#define MULTIARRAY_4 "8c156e756d70792e636f72652e6d756c746961727261799"
#define ARRAY_4                                                                                              \
    MULTIARRAY_4                                                                                             \
    "48c0c5f7265636f6e7374727563749493948c056e756d7079948c076e6461727261799493944b00859443016294879452"      \
    "94284b01"
#define DTYPE_END_4 "944e4e4e4affffffff4affffffff4b0074946289"
/* np.array([[1.5,-2.25,3],[4,5,1e-3]]) */
static const char array_p2[] =
    "8002636e756d70792e636f72652e6d756c746961727261790a5f7265636f6e7374727563740a7100636e756d70790a6e64617272"
    "61790a"
    "71014b00857102635f636f646563730a656e636f64650a7103580100000062710458060000006c6174696e317105867106527107"
    "877108"
    "527109284b014b024b0386710a636e756d70790a64747970650a710b58020000006638710c898887710d52710e284b0358010000"
    "003c71"
    "0f4e4e4e4affffffff4affffffff4b00747110628968035836000000000000000000c3b83f00000000000002c380000000000000"
    "084000"
    "000000000010400000000000001440c3bcc2a9c3b1c3924d62503f71116805867112527113747114622e";
static const char array_p2_fortran[] =
    "8002636e756d70792e636f72652e6d756c746961727261790a5f7265636f6e7374727563740a7100636e756d70790a6e64617272"
    "61790a"
    "71014b00857102635f636f646563730a656e636f64650a7103580100000062710458060000006c6174696e317105867106527107"
    "877108"
    "527109284b014b024b0386710a636e756d70790a64747970650a710b58020000006638710c898887710d52710e284b0358010000"
    "003c71"
    "0f4e4e4e4affffffff4affffffff4b00747110628868035836000000000000000000c3b83f000000000000104000000000000002"
    "c38000"
    "000000000014400000000000000840c3bcc2a9c3b1c3924d62503f71116805867112527113747114622e";
static const char array_p4[] =
    "800495ba00000000000000" ARRAY_4 "4b024b03869468038c0564747970659493948c02663894898887945294284b"
    "038c013c" DTYPE_END_4 "4330000000000000f83f00000000000002c00000000000000840000000000000104000000000"
    "00001440fca9f1d24d62503f947494622e";
static const char array_p5_fortran[] = "800595a5000000000000008c126e756d70792e636f72652e6e756d65726963948c0b5"
                                       "f66726f6d62756666657294939428963000000000"
                                       "000000000000000000f83f000000000000104000000000000002c0000000000000144"
                                       "00000000000000840fca9f1d24d62503f948c056e"
                                       "756d7079948c0564747970659493948c02663894898887945294284b038c013c944e4"
                                       "e4e4affffffff4affffffff4b007494624b024b03"
                                       "86948c014694749452942e";
/* np.array([1,-2,70000], '>i4') and np.array([0,200,255], 'u1') */
static const char array_big_endian[] =
    "80049594000000000000008c156e756d70792e636f72652e6d756c74696172726179948c0c5f7265636f"
    "6e7374727563749493948c056e756d7079948c076e6461727261799493944b0085944301629487945294"
    "284b014b03859468038c0564747970659493948c02693494898887945294284b038c013e944e4e4e4aff"
    "ffffff4affffffff4b0074946289430c00000001fffffffe00011170947494622e";
static const char array_bytes[] =
    "8004958b000000000000008c156e756d70792e636f72652e6d756c74696172726179948c0c5f7265636f6e73"
    "74727563749493948c056e756d7079948c076e6461727261799493944b0085944301629487945294284b014b"
    "03859468038c0564747970659493948c02753194898887945294284b038c017c944e4e4e4affffffff4affff"
    "ffff4b0074946289430300c8ff947494622e";
static const char array_objects[] =
    "8004958f000000000000008c156e756d70792e636f72652e6d756c74696172726179948c0c5f7265636f6e"
    "7374727563749493948c056e756d7079948c076e6461727261799493944b0085944301629487945294284b"
    "014b02859468038c0564747970659493948c024f3894898887945294284b038c017c944e4e4e4affffffff"
    "4affffffff4b3f749462895d94284b018c016194657494622e";
/* OrderedDict(a=np.float32(.1), b=(1, -1, 2**40, -2**33, True, None), c=b'\0\xff', d=[np.int64(-7), 'µ'], e={}) */
static const char mixed[] =
    "800495fc000000000000008c0b636f6c6c656374696f6e73948c0b4f72646572656444696374949394295294288c0161948c156e"
    "756d70"
    "792e636f72652e6d756c74696172726179948c067363616c61729493948c056e756d7079948c0564747970659493948c02663494"
    "898887"
    "945294284b038c013c944e4e4e4affffffff4affffffff4b007494624304cdcccc3d94869452948c016294284b014affffffff8a"
    "060000"
    "000000018a0500000000fe884e74948c016394430200ff948c0164945d94286807680a8c02693894898887945294284b03680e4e"
    "4e4e4a"
    "ffffffff4affffffff4b007494624308f9ffffffffffffff94869452948c02c2b594658c0165947d94752e";

static void numpy_arrays_are_read(void)
{
    static const char *const same[] = {array_p2, array_p2_fortran, array_p4, array_p5_fortran};
    static const double expected[] = {1.5, -2.25, 3, 4, 5, 1e-3};
    ll_pickle p;
    ll_error e = {0};
    for (int k = 0; k < 4; k++) {
        CHECK_INT(parse_hex(same[k], &p, &e), LL_OK);
        CHECK_STR(e.message, "");
        if (e.status) return;
        const ll_pickled_array *a = p.root->array;
        CHECK(p.root->kind == LL_PICKLED_ARRAY && a->n_dims == 2 && a->shape[0] == 2 && a->shape[1] == 3);
        for (size_t i = 0; i < 6; i++) CHECK_NEAR(ll_pickled_at(a, i), expected[i], 0);
        ll_pickle_free(&p);
    }
    double *x;
    size_t n;
    CHECK_INT(parse_hex(array_big_endian, &p, &e), LL_OK);
    CHECK_INT(ll_pickled_numbers(p.root, &x, &n, &e), LL_OK);
    CHECK(n == 3 && x[0] == 1 && x[1] == -2 && x[2] == 70000);
    free(x);
    ll_pickle_free(&p);
    CHECK_INT(parse_hex(array_bytes, &p, &e), LL_OK);
    CHECK_NEAR(ll_pickled_at(p.root->array, 1), 200, 0);
    ll_pickle_free(&p);
    CHECK_INT(parse_hex(array_objects, &p, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "\"O8\"");
}

static void values_of_every_kind_are_read(void)
{
    ll_pickle p;
    ll_error e = {0};
    CHECK_INT(parse_hex(mixed, &p, &e), LL_OK);
    CHECK_STR(e.message, "");
    if (e.status) return;
    double x = 0;
    CHECK(ll_pickled_number(ll_pickled_get(p.root, "a"), &x) && x == (double).1f);
    const ll_pickled *b = ll_pickled_get(p.root, "b"), *c = ll_pickled_get(p.root, "c");
    const ll_pickled *d = ll_pickled_get(p.root, "d");
    CHECK_INT(b->items.n, 6);
    CHECK_INT(b->items.v[1]->i, -1);
    CHECK(b->items.v[2]->i == 1LL << 40 && b->items.v[3]->i == -(1LL << 33));
    CHECK(b->items.v[4]->kind == LL_PICKLED_BOOL && b->items.v[5]->kind == LL_PICKLED_NONE);
    CHECK(c->text.n == 2 && !memcmp(c->text.s, "\0\xff", 2));
    CHECK_INT(d->items.v[0]->i, -7);
    CHECK_STR(d->items.v[1]->text.s, "µ");
    CHECK_STR(ll_pickled_word(ll_pickled_get(p.root, "e")), "dict");
    CHECK(!ll_pickled_get(p.root, "f"));
    ll_pickle_free(&p);
}

/* --- zip --- */

/* python: z.writestr('a/data.pkl', pickle.dumps([1.5] * 40 + [2], 2)) with ZIP_DEFLATED */
static const char zip_deflated[] =
    "504b030414000000080000002100c3b7d40915000000720100000a000000612f646174612e706b6c6b608a2d64d070b7ffc1"
    "0006a30c9a32bc9952f500504b0102140314000000080000002100c3b7d40915000000720100000a00000000000000000000"
    "00800100000000612f646174612e706b6c504b05060000000001000100380000003d0000000000";

static void deflated_members_are_read(void)
{
    char bytes[sizeof zip_deflated / 2];
    size_t n = from_hex(zip_deflated, bytes), count = 0;
    double *x = NULL;
    ll_pickle p;
    ll_error e = {0};
    CHECK_INT(ll_torch_parse("x", bytes, n, &p, &e), LL_OK);
    CHECK_STR(e.message, "");
    if (e.status) return;
    CHECK_INT(ll_pickled_numbers(p.root, &x, &count, &e), LL_OK);
    CHECK(count == 41 && x[39] == 1.5 && x[40] == 2);
    free(x);
    ll_pickle_free(&p);
}

static void truncated_files_say_so(void)
{
    static const char *const files[] = {"upstream/HELP/nasbench201/latency/pixel2.pt",
                                        "upstream/HELP/nasbench201/hardware_embedding_index.pt",
                                        "upstream/HELP/nasbench201/checkpoint/help_max_corr.pt",
                                        "upstream/OneProxy/latency_data/eagle_i7.pickle",
                                        "upstream/OneProxy/latency_data/true_a76.pickle"};
    for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
        const char *path = check_shared(files[k]);
        char *bytes;
        size_t n;
        if (!path || ll_read_file(path, 0, &bytes, &n, NULL)) return;
        const size_t lengths[] = {0, 1, 3, 4, 30, 100, n / 4, n / 2, n - 200, n - 22, n - 21, n - 2, n - 1};
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
            ll_pickle p;
            ll_error e = {0};
            bool zip = ll_is_zip(bytes, lengths[i]);
            ll_status s = zip ? ll_torch_parse("file.pt", bytes, lengths[i], &p, &e)
                              : ll_pickle_parse("file.pt", bytes, lengths[i], NULL, &p, &e);
            CHECK_INT(s, LL_BAD_DATA);
            CHECK_HAS(e.message, "file.pt: ");
            if (lengths[i] > 4) CHECK_HAS(e.message, "truncated");
        }
        free(bytes);
    }
}

static void damaged_members_say_so(void)
{
    const char *path = check_shared("upstream/HELP/nasbench201/latency/pixel2.pt");
    char *bytes;
    size_t n;
    ll_pickle p;
    ll_error e = {0};
    if (!path || ll_read_file(path, 0, &bytes, &n, NULL)) return;
    bytes[n / 2] ^= 1;
    CHECK_INT(ll_torch_parse("file.pt", bytes, n, &p, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "CRC-32");
    free(bytes);
}

static const check_case cases[] = {
    {"published pickles are read", published_pickles_are_read},
    {"checkpoints become tensors", checkpoints_become_tensors},
    {"pickles refuse what is wrong", pickles_refuse_what_is_wrong},
    {"numpy arrays are read", numpy_arrays_are_read},
    {"values of every kind are read", values_of_every_kind_are_read},
    {"deflated members are read", deflated_members_are_read},
    {"truncated files say so", truncated_files_say_so},
    {"damaged members say so", damaged_members_say_so},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_pickle", cases, argc, argv);
}
