/* Safetensors, NPY, CSV and decimal numbers: what comes back, what is refused. */
#include <stdint.h>
#include <stdlib.h>

#include "core/base/decimal.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/system/fs.h"
#include "core/base/text/csv.h"
#include "data/formats/npy.h"
#include "data/formats/safetensors.h"
#include "tests/check.h"

static char *in_tmp(const char *name)
{
    return ll_path_join(check_tmpdir(), name);
}

/* --- safetensors ---------------------------------------------------------------------------------------- */

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
         "impossible shape"},
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
    CHECK_INT(ll_safetensors_read(check_missing(), &t, &e), LL_BAD_DATA);
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

/* --- decimal numbers --- */

static void decimals_read_as_strtod_does(void)
{
    static const char *const texts[] = {"0",
                                        "-0",
                                        "1",
                                        "2.57296",
                                        "12.",
                                        ".5",
                                        "1e3",
                                        "1E-5",
                                        "123e-20",
                                        "1e-400",
                                        "1e400",
                                        "9007199254740993",
                                        "9007199254740992.5",
                                        "0.1",
                                        "5e-324",
                                        "2.2250738585072011e-308",
                                        "179769313486231580793e289",
                                        "7.2057594037927933e16",
                                        "1.00000000000000011102230246251565",
                                        "18446744073709551615",
                                        "99999999999999999999",
                                        "0.000000000000000000001",
                                        "-3.14159265358979323846"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        double x = -1, expected = strtod(texts[i], NULL);
        CHECK(ll_decimal_parse(texts[i], &x));
        CHECK(x == expected && signbit(x) == signbit(expected));
    }
    ll_rng r = ll_rng_new(7, LL_STREAM_DATA);
    int wrong = 0;
    for (int i = 0; i < 200000; i++) { /* 1 to 19 digits, the point anywhere */
        char text[64];
        unsigned long long digits = ll_rng_u64(&r) >> ll_rng_below(&r, 60);
        int n = snprintf(text, sizeof text, "%llu", digits), point = ll_rng_below(&r, n + 1);
        memmove(text + point + 1, text + point, (size_t)(n - point) + 1);
        text[point] = '.';
        double x;
        wrong += !ll_decimal_parse(text, &x) || x != strtod(text, NULL);
    }
    CHECK_INT(wrong, 0);
}

static void decimals_survive_the_text(void)
{
    ll_rng r = ll_rng_new(8, LL_STREAM_DATA);
    char text[32];
    double x;
    for (int i = 0; i < 20000; i++) {
        double v = exp(20 * ll_rng_normal(&r));
        ll_decimal_write(v, text);
        CHECK(ll_decimal_parse(text, &x) && x == v);
    }
    ll_decimal_write_rounded(-1234.56789012345, text);
    CHECK_STR(text, "-1234.56789");
    ll_decimal_write_rounded(999999999.9, text);
    CHECK_STR(text, "1000000000");
    for (int i = 0; i < 20000; i++) {
        double v = (ll_rng_uniform(&r) - .4) * pow(10, ll_rng_below(&r, 18) - 7.), off;
        ll_decimal_write_rounded(v, text);
        CHECK(ll_decimal_parse(text, &off) && fabs(off - v) <= 5.1e-9 * fabs(v));
    }
    ll_decimal_write(5.31536, text);
    CHECK_STR(text, "5.31536");
    CHECK(!ll_decimal_parse("", &x) && !ll_decimal_parse("1,5", &x) && !ll_decimal_parse("0x10", &x));
    CHECK(!ll_decimal_parse("1.5 ms", &x) && !ll_decimal_parse("-", &x) && !ll_decimal_parse(".", &x));
    CHECK(ll_decimal_parse(" 2.5\t", &x) && x == 2.5);
    CHECK(ll_decimal_parse("NaN", &x) && isnan(x));
}

/* What is not 1 is not written as 1: a correlation of .9996 is not that of the same order. */
static void one_is_written_for_one_alone(void)
{
    static const struct {
        double x;
        int decimals;
        const char *as;
    } cases[] = {
        {.9996, 3, "0.999"},      {.998, 2, "0.99"},          {-.9996, 3, "-0.999"}, {1, 3, "1.000"},
        {1 - 1e-12, 4, "1.0000"}, {.99951, 4, "0.9995"},      {.9994, 3, "0.999"},   {.96, 1, "1.0"},
        {12.9996, 3, "13.000"},   {.9999999, -1, "0.999999"}, {3, -1, "3"},          {2.5, -1, "2.5"},
        {0, 2, "0.00"},           {1.0004, 3, "1.000"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_str s = {0};
        ll_add_number(&s, cases[i].x, cases[i].decimals);
        CHECK_STR(s.s, cases[i].as);
        ll_str_free(&s);
    }
    CHECK(isnan(ll_below_one(NAN, 3)) && isinf(ll_below_one(INFINITY, 3)));
}

/* --- NPY: bytes written by numpy.lib.format.write_array --- */

static void check_npy(const char *version, const char *header, const char *data, size_t n, ll_npy *a)
{
    char file[512] = "\x93NUMPY";
    size_t len = strlen(header), at = version[0] == 1 ? 10 : 12;
    file[6] = version[0];
    file[8] = (char)len;
    memcpy(file + at, header, len);
    memcpy(file + at + len, data, n);
    ll_error e = {0};
    CHECK_INT(ll_npy_parse("x", file, at + len + n, a, &e), LL_OK);
    CHECK_STR(e.message, "");
}

static void npy_of_every_kind_is_read(void)
{
    ll_npy a = {0};
    check_npy("\1", "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1), }  \n",
              "\0\0\0\0\0\0\xf8?\x9a\x99\x99\x99\x99\x99\xb9?", 16, &a);
    CHECK(a.n_dims == 2 && a.shape[0] == 2 && ((double *)a.data)[0] == 1.5 && ((double *)a.data)[1] == .1);
    ll_npy_free(&a);
    check_npy("\2", "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n",
              "\0\0\x80?\0\0\x80@\0\0\0@\0\0\xa0@\0\0@@\0\0\xc0@", 24, &a);
    for (int i = 0; i < 6; i++) CHECK_NEAR(((float *)a.data)[i], i + 1, 0);
    ll_npy_free(&a);
    check_npy("\3", "{'descr': '>i4', 'fortran_order': False, 'shape': (3,), }\n",
              "\0\0\0\1\xff\xff\xff\xfe\0\1\x11p", 12, &a);
    CHECK(((int32_t *)a.data)[1] == -2 && ((int32_t *)a.data)[2] == 70000);
    ll_npy_free(&a);
    check_npy("\1", "{'descr': '<i8', 'fortran_order': False, 'shape': (), }\n",
              "\xfb\xff\xff\xff\xff\xff\xff\xff", 8, &a);
    CHECK(a.n_dims == 0 && *(int64_t *)a.data == -5);
    ll_npy_free(&a);
}

static void npy_refuses_what_is_wrong(void)
{
    static const struct {
        const char *header, *say;
    } bad[] = {
        {"{'descr': '|O', 'fortran_order': False, 'shape': (3,), }", "objects"},
        {"{'descr': '<f2', 'fortran_order': False, 'shape': (3,), }", "\"<f2\""},
        {"{'descr': '<c16', 'fortran_order': False, 'shape': (3,), }", "\"<c16\""},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (9,), }", "truncated"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", "too long"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "damaged"},
        {"{'descr': '<f4', 'fortran_order': False, }", "damaged"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'shape': (3,)}", "damaged"},
        {"{'descr': '<f4', 'fortran_order': maybe, 'shape': (3,), }", "damaged"},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,), }", "f4, f8, i4 or i8"},
        {"", "damaged"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char file[256] = "\x93NUMPY\1";
        size_t len = strlen(bad[i].header);
        file[8] = (char)len;
        memcpy(file + 10, bad[i].header, len);
        ll_npy a = {0};
        ll_error e = {0};
        CHECK_INT(ll_npy_parse("x", file, 10 + len + 12, &a, &e), LL_BAD_DATA);
        CHECK_HAS(e.message, bad[i].say);
        ll_npy_free(&a);
    }
    ll_npy a = {0};
    ll_error e = {0};
    CHECK_INT(ll_npy_parse("x", "\x93NUMPY\4\0\0\0", 10, &a, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "format 4");
    CHECK_INT(ll_npy_parse("x", "\x93NUMPY\1\0\xff\xff", 10, &a, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "truncated");
}

static void npy_comes_back(void)
{
    const float v[6] = {1, 2.5f, -3, 0, 1e-30f, 7};
    char *path = in_tmp("a.npy");
    ll_npy a = {0};
    ll_error e = {0};
    CHECK_INT(ll_npy_write(path, LL_F32, 2, (long[]){3, 2}, v, &e), LL_OK);
    CHECK_INT(ll_npy_read(path, &a, &e), LL_OK);
    CHECK(a.dtype == LL_F32 && a.n_dims == 2 && a.shape[0] == 3 && a.shape[1] == 2 &&
          !memcmp(a.data, v, sizeof v));
    ll_npy_free(&a);
    CHECK_INT(ll_npy_write("/dev/full", LL_F32, 2, (long[]){3, 2}, v, &e), LL_FAILED);
    free(path);
}

/* --- CSV --- */

/* All records joined: cells by '|', records by '/'. */
static ll_status csv_text(const char *text, ll_str *out, ll_error *e)
{
    ll_csv c;
    bool more;
    ll_status s = ll_csv_open_text(&c, "t.csv", text, strlen(text), e);
    if (s) return s;
    while (!(s = ll_csv_next(&c, &more, e)) && more) {
        for (int i = 0; i < c.n; i++) ll_str_addf(out, "%s%s", i ? "|" : "", c.cells[i]);
        ll_str_addf(out, "@%d/", c.line);
    }
    ll_csv_close(&c);
    return s;
}

static void csv_dialects_are_read(void)
{
    static const struct {
        const char *text, *expected;
    } good[] = {
        {"a,b\n1,2\n", "a|b@1/1|2@2/"},
        {"a,b\r\n1,2", "a|b@1/1|2@2/"},
        {"\xef\xbb\xbf"
         "a;b\n1,5;2\n",
         "a|b@1/1,5|2@2/"},
        {"a\tb\n1\t\n", "a|b@1/1|@2/"},
        {"# note, with, commas\n\na,b\n\n#x\n1,2\n", "a|b@3/1|2@6/"},
        {"\"a,\"\"x\"\"\",b\n\"1\n2\",3\n4,\"\"\n", "a,\"x\"|b@1/1\n2|3@2/4|@4/"},
        {"a,b,\n,,\n", "a|b|@1/||@2/"},
        {"a\n#b", "a@1/"},
        {"", ""},
        {"\n\r\n", ""},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        ll_str out = {0};
        ll_error e = {0};
        CHECK_INT(csv_text(good[i].text, &out, &e), LL_OK);
        CHECK_STR(ll_str_text(&out), good[i].expected);
        ll_str_free(&out);
    }
}

static void csv_refuses_what_is_wrong(void)
{
    static const char *const bad[][2] = {{"a,b\n\"1,2\n3", "line 2: a quote is opened"},
                                         {"a,b\n1,2\n\"x\"y,2\n", "line 3: text behind"},
                                         {"\xff\xfe"
                                          "a",
                                          "UTF-16"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ll_str out = {0};
        ll_error e = {0};
        CHECK_INT(csv_text(bad[i][0], &out, &e), LL_BAD_DATA);
        CHECK_HAS(e.message, bad[i][1]);
        ll_str_free(&out);
    }
    ll_csv c;
    ll_error e = {0};
    CHECK_INT(ll_csv_open_text(&c, "t.csv", "a\0b", 3, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "NUL");
}

static void csv_long_lines_are_read(void)
{
    size_t n = (size_t)10 << 20;
    char *text = ll_alloc(n + 8, 1);
    memcpy(text, "a,b\n", 4);
    memset(text + 4, 'x', n);
    memcpy(text + 4 + n, ",1\n", 3);
    ll_csv c;
    bool more;
    ll_error e = {0};
    CHECK_INT(ll_csv_open_text(&c, "t.csv", text, n + 7, &e), LL_OK);
    CHECK_INT(ll_csv_next(&c, &more, &e), LL_OK);
    CHECK_INT(ll_csv_next(&c, &more, &e), LL_OK);
    CHECK(c.n == 2 && strlen(c.cells[0]) == n && !strcmp(c.cells[1], "1"));
    ll_csv_close(&c);
    memset(text + 4, ',', n); /* ten million cells */
    CHECK_INT(ll_csv_open_text(&c, "t.csv", text, n + 7, &e), LL_OK);
    CHECK_INT(ll_csv_next(&c, &more, &e), LL_OK);
    CHECK_INT(ll_csv_next(&c, &more, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "line 2: more than");
    ll_csv_close(&c);
    free(text);
}

static void csv_cells_come_back(void)
{
    static const char *const cells[] = {"plain", "a,b", "say \"x\"", "two\nlines", "#no comment", "", "a;b"};
    char *text, *path = in_tmp("w.csv");
    ll_writer w;
    ll_error e = {0};
    CHECK_INT(ll_writer_open(&w, path, &e), LL_OK);
    fputs("h,h,h,h,h,h,h\n", w.f);
    for (int i = 0; i < 7; i++) {
        if (i) putc(',', w.f);
        ll_csv_write(w.f, cells[i]);
    }
    CHECK_INT(ll_writer_commit(&w, &e), LL_OK);
    ll_csv c;
    bool more;
    CHECK_INT(ll_csv_open(&c, path, &e), LL_OK);
    CHECK_INT(ll_csv_next(&c, &more, &e), LL_OK);
    CHECK_INT(ll_csv_next(&c, &more, &e), LL_OK);
    CHECK_INT(c.n, 7);
    for (int i = 0; i < c.n; i++) CHECK_STR(c.cells[i], cells[i]);
    ll_csv_close(&c);
    text = path;
    free(text);
}

static const check_case cases[] = {
    {"one is written for one alone", one_is_written_for_one_alone},
    {"safetensors come back bit for bit", safetensors_come_back_bit_for_bit},
    {"safetensors refuse what is wrong", safetensors_refuse_what_is_wrong},
    {"full disk says so", full_disk_says_so},
    {"decimals read as strtod does", decimals_read_as_strtod_does},
    {"decimals survive the text", decimals_survive_the_text},
    {"npy of every kind is read", npy_of_every_kind_is_read},
    {"npy refuses what is wrong", npy_refuses_what_is_wrong},
    {"npy comes back", npy_comes_back},
    {"csv dialects are read", csv_dialects_are_read},
    {"csv refuses what is wrong", csv_refuses_what_is_wrong},
    {"csv long lines are read", csv_long_lines_are_read},
    {"csv cells come back", csv_cells_come_back},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_data", cases, argc, argv);
}
