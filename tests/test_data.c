/* The file readers and writers of data/: real files, bad files, mutated files. */
#include <stdint.h>
#include <stdlib.h>

#include "core/base/fs.h"
#include "core/base/mem.h"
#include "data/pickle.h"
#include "data/safetensors.h"
#include "data/torchzip.h"
#include "tests/check.h"

static char *in_tmp(const char *name)
{
    return ll_path_join(check_tmpdir(), name);
}

/* --- safetensors -------------------------------------------------------------------------------------------
 */

static void make_tensors(ll_tensors *t)
{
    const float f[6] = {1.5f, -2, 3e-30f, NAN, INFINITY, 0};
    const double d[2] = {1.0 / 3, -1e300};
    const int32_t i[3] = {-5, 0, 1 << 30};
    const int64_t l[1] = {(int64_t)1 << 60};
    ll_tensors_add(t, "f.weight", LL_F32, 2, (long[]){2, 3}, f);
    ll_tensors_add(t, "d", LL_F64, 1, (long[]){2}, d);
    ll_tensors_add(t, "i", LL_I32, 3, (long[]){3, 1, 1}, i);
    ll_tensors_add(t, "scalar", LL_I64, 0, NULL, l);
    ll_tensors_add(t, "none", LL_F32, 2, (long[]){0, 7}, NULL);
    ll_tensors_set_text(t, "space", "nasbench201");
    ll_tensors_set_text(t, "note", "a \"quoted\"\nline, µs");
}

static void safetensors_come_back_bit_for_bit(void)
{
    ll_tensors t = {0}, back = {0};
    ll_error e = {0};
    make_tensors(&t);
    char *path = in_tmp("t.safetensors");
    CHECK_INT(ll_safetensors_write(path, &t, &e), LL_OK);
    CHECK_INT(ll_safetensors_read(path, &back, &e), LL_OK);
    CHECK_INT(back.n, t.n);
    for (int i = 0; i < t.n; i++) {
        const ll_tensor *a = &t.v[i], *b = ll_tensors_find(&back, a->name);
        CHECK(b && b->dtype == a->dtype && b->n_dims == a->n_dims);
        if (!b) continue;
        CHECK(!memcmp(a->shape, b->shape, sizeof a->shape));
        CHECK(!memcmp(a->data, b->data, ll_tensor_count(a) * ll_dtype_size(a->dtype)));
    }
    CHECK_STR(ll_tensors_text(&back, "note"), "a \"quoted\"\nline, µs");
    CHECK_STR(ll_tensors_text(&back, "space"), "nasbench201");
    ll_tensors_free(&t);
    ll_tensors_free(&back);
    free(path);
}

/* A file of this header, with `size` data bytes behind it. */
static ll_status parse_header(const char *json, size_t size, ll_error *e)
{
    size_t n = strlen(json);
    char *bytes = ll_alloc(8 + n + size, 1);
    bytes[0] = (char)(n & 255), bytes[1] = (char)(n >> 8);
    memcpy(bytes + 8, json, n);
    ll_tensors t = {0};
    ll_status s = ll_safetensors_parse("x", bytes, 8 + n + size, &t, e);
    ll_tensors_free(&t);
    free(bytes);
    return s;
}

static void safetensors_refuse_what_is_wrong(void)
{
    static const struct {
        const char *json;
        int size;
        const char *say;
    } bad[] = {
        {"{\"a\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "\"BF16\""},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 4, "truncated"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "hole"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 8, "behind the last"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
         "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
         8, "overlap"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
         "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
         8, "two tensors"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,4]}}", 4, "by its shape"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, "wrong shape"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2147483647,2147483647,2147483647],\"data_offsets\":[0,4]}}", 4,
         "wrong shape"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1],\"data_offsets\":[0,4]}}", 4, "more than 4"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "data_offsets"},
        {"{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "no shape"},
        {"{\"a\":7}", 0, "number type"},
        {"{\"__metadata__\":{\"k\":3}}", 0, "not a text"},
        {"{\"__metadata__\":3}", 0, "not an object"},
        {"[1]", 0, "JSON"},
        {"{\"a\"", 0, "JSON"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ll_error e = {0};
        CHECK_INT(parse_header(bad[i].json, (size_t)bad[i].size, &e), LL_BAD_DATA);
        CHECK_HAS(e.message, bad[i].say);
    }
    ll_error e = {0};
    ll_tensors t = {0};
    CHECK_INT(ll_safetensors_parse("x", "\xff\xff\xff\xff\xff\xff\xff\x7f{}", 10, &t, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "over the limit");
    CHECK_INT(ll_safetensors_parse("x", "\x03", 1, &t, &e), LL_BAD_DATA);
    CHECK_INT(ll_safetensors_read("/nowhere/x", &t, &e), LL_BAD_DATA);
}

static void full_disk_says_so(void)
{
    ll_tensors t = {0};
    ll_error e = {0};
    make_tensors(&t);
    CHECK_INT(ll_safetensors_write("/dev/full", &t, &e), LL_FAILED);
    CHECK_HAS(e.message, "No space left");
    CHECK(!ll_is_file("/dev/full"));
    ll_tensors_free(&t);
}

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
        {BYTES("(lp0\n."), "not a pickle"},
        {BYTES(""), "not a pickle"},
#undef BYTES
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ll_error e = {0};
        CHECK_INT(parse_bytes(bad[i].bytes, bad[i].n, &e), LL_BAD_DATA);
        CHECK_HAS(e.message, bad[i].say);
    }
}

static const check_case cases[] = {
    {"safetensors come back bit for bit", safetensors_come_back_bit_for_bit},
    {"safetensors refuse what is wrong", safetensors_refuse_what_is_wrong},
    {"full disk says so", full_disk_says_so},
    {"published pickles are read", published_pickles_are_read},
    {"checkpoints become tensors", checkpoints_become_tensors},
    {"pickles refuse what is wrong", pickles_refuse_what_is_wrong},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_data", cases, argc, argv);
}
