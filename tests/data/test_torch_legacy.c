/* Torch files from before the zip: a published one, what they may hold, and what is refused. */
#include <stdint.h>
#include <stdlib.h>

#include "core/base/str.h"
#include "core/base/system/fs.h"
#include "data/formats/torch_legacy.h"
#include "data/formats/torchzip.h"
#include "tests/check.h"

#define ADD(OUT, BYTES) ll_str_addn(OUT, BYTES, sizeof(BYTES) - 1)

/* --- the published one --- */

static void once_for_alls_predictor_is_read(void)
{
    static const struct {
        const char *name;
        int n_dims;
        long shape[2];
        float first, last; /* by Python's pickle and struct */
    } expected[] = {
        {"0.weight", 2, {400, 128}, -0.0620527901f, -0.0739577934f},
        {"0.bias", 1, {400}, -0.0865066573f, 0.0668131784f},
        {"2.weight", 2, {400, 400}, -0.0410586223f, 0.0140353628f},
        {"2.bias", 1, {400}, -0.0241376404f, 0.035329394f},
        {"4.weight", 2, {400, 400}, 0.0331913196f, 0.000204869226f},
        {"4.bias", 1, {400}, 0.0302474834f, -0.0425144844f},
        {"6.weight", 2, {1, 400}, -0.00459686387f, -0.0395864323f},
        {"6.bias", 1, {1}, 0.758675218f, 0.758675218f},
    };
    const char *path = check_shared("upstream/OFA/acc_predictor.pth");
    if (!path) return;
    ll_tensors t = {0};
    ll_error e = {0};
    CHECK_INT(ll_torch_load_tensors(path, &t, &e), LL_OK);
    CHECK_STR(e.message, "");
    CHECK_INT(t.n, sizeof expected / sizeof *expected);
    for (int i = 0; i < t.n; i++) {
        const ll_tensor *x = &t.v[i];
        const float *v = x->data;
        CHECK_STR(x->name, expected[i].name);
        CHECK_INT(x->dtype, LL_F32);
        CHECK_INT(x->n_dims, expected[i].n_dims);
        for (int d = 0; d < x->n_dims; d++) CHECK_INT(x->shape[d], expected[i].shape[d]);
        CHECK(v[0] == expected[i].first && v[ll_tensor_count(x) - 1] == expected[i].last);
    }
    ll_tensors_free(&t);
}

/* --- files by hand --- */

static void add_text(ll_str *out, const char *text)
{
    ll_str_addc(out, 'X');
    for (int i = 0; i < 4; i++) ll_str_addc(out, (char)(strlen(text) >> 8 * i));
    ll_str_add(out, text);
}

/* A small integer. */
static void add_int(ll_str *out, int x)
{
    ll_str_addc(out, 'K');
    ll_str_addc(out, (char)x);
}

typedef struct piece {
    const char *name, *key; /* of the tensor, of its storage */
    int count, offset, rows, cols, row_step, col_step;
    const char *type, *view; /* NULL: FloatStorage, none */
} piece;

static void add_tensor(ll_str *out, const piece *p)
{
    add_text(out, p->name);
    ADD(out, "ctorch._utils\n_rebuild_tensor_v2\n((");
    add_text(out, "storage");
    ll_str_addf(out, "ctorch\n%s\n", p->type ? p->type : "FloatStorage");
    add_text(out, p->key);
    add_text(out, "cuda:0");
    add_int(out, p->count);
    ll_str_add(out, p->view ? p->view : "N");
    ADD(out, "tQ");
    add_int(out, p->offset);
    add_int(out, p->rows), add_int(out, p->cols);
    ADD(out, "\x86");
    add_int(out, p->row_step), add_int(out, p->col_step);
    ADD(out, "\x86\x89}tR");
    ll_str_addc(out, 's');
}

static void add_front(ll_str *out)
{
    ADD(out, "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.");
    ADD(out, "\x80\x02M\xe9\x03.");
    ADD(out, "\x80\x02}X\x0d\0\0\0little_endian\x88s.");
}

static void add_object(ll_str *out, const piece *p, int n)
{
    ADD(out, "\x80\x02}");
    for (int i = 0; i < n; i++) add_tensor(out, &p[i]);
    add_text(out, "epoch");
    add_int(out, 3);
    ADD(out, "s.");
}

static void add_keys(ll_str *out, const char *const *keys, int n)
{
    ADD(out, "\x80\x02]");
    for (int i = 0; i < n; i++) {
        add_text(out, keys[i]);
        ll_str_addc(out, 'a');
    }
    ll_str_addc(out, '.');
}

static void add_numbers(ll_str *out, int claimed, int n, float first)
{
    for (int i = 0; i < 8; i++) ll_str_addc(out, (char)(i < 4 ? claimed >> 8 * i : 0));
    for (int i = 0; i < n; i++) {
        float x = first + (float)i;
        ll_str_addn(out, (const char *)&x, sizeof x);
    }
}

static const char *const two[] = {"94", "17"};
static const piece good[] = {{"w", "94", 6, 0, 2, 3, 3, 1, NULL, NULL},
                             {"turned", "94", 6, 1, 2, 2, 1, 3, NULL, NULL},
                             {"b", "17", 1, 0, 1, 1, 1, 1, NULL, NULL}};

static void good_file(ll_str *out)
{
    add_front(out);
    add_object(out, good, 3);
    add_keys(out, two, 2);
    add_numbers(out, 6, 6, 0);
    add_numbers(out, 1, 1, 7);
}

static ll_status load(const ll_str *file, ll_tensors *t, ll_error *e)
{
    char *path = ll_path_join(check_tmpdir(), "old.pth");
    CHECK_INT(ll_write_file(path, file->s, file->len, e), LL_OK);
    ll_status s = ll_torch_load_tensors(path, t, e);
    free(path);
    return s;
}

static void tensors_have_their_numbers(void)
{
    ll_str file = {0};
    ll_tensors t = {0};
    ll_error e = {0};
    good_file(&file);
    CHECK(ll_is_torch_legacy(file.s, file.len) && !ll_is_torch_legacy(file.s, 10));
    CHECK_INT(load(&file, &t, &e), LL_OK);
    CHECK_STR(e.message, "");
    CHECK_INT(t.n, 3);
    const ll_tensor *w = ll_tensors_find(&t, "w"), *turned = ll_tensors_find(&t, "turned"),
                    *b = ll_tensors_find(&t, "b");
    if (w && turned && b) {
        CHECK(!memcmp(w->data, (float[]){0, 1, 2, 3, 4, 5}, 6 * sizeof(float)));
        CHECK(!memcmp(turned->data, (float[]){1, 4, 2, 5}, 4 * sizeof(float)));
        CHECK(*(float *)b->data == 7);
    }
    CHECK_STR(ll_tensors_text(&t, "epoch"), "3");
    ll_tensors_free(&t);
    ll_str_free(&file);
}

/* --- what is wrong --- */

static ll_status parse(const char *bytes, size_t n, ll_error *e)
{
    ll_pickle p;
    ll_status s = ll_torch_legacy_parse("x", bytes, n, &p, e);
    if (!s) ll_pickle_free(&p);
    return s;
}

static void truncated_files_are_refused(void)
{
    ll_str file = {0};
    good_file(&file);
    for (size_t n = 0; n < file.len; n++) {
        ll_error e = {0};
        char *part = malloc(n + 1); /* so that a sanitizer sees the end */
        memcpy(part, file.s, n);
        ll_status s = parse(part, n, &e);
        check_report(s == LL_BAD_DATA && e.message[0], __FILE__, __LINE__, "%zu bytes: %s", n, e.message);
        free(part);
    }
    ll_str_free(&file);
}

/* Whatever one byte says, there is an answer. */
static void damaged_files_do_no_harm(void)
{
    static const unsigned char flips[] = {1, 0x80, 0xff, '.' ^ 'N'};
    ll_str file = {0};
    good_file(&file);
    for (size_t i = 0; i < file.len * sizeof flips; i++) {
        ll_error e = {0};
        file.s[i / sizeof flips] ^= (char)flips[i % sizeof flips];
        ll_status s = parse(file.s, file.len, &e);
        CHECK(!s || (s == LL_BAD_DATA && e.message[0]));
        file.s[i / sizeof flips] ^= (char)flips[i % sizeof flips];
    }
    ll_str_free(&file);
}

/* What is said of a file of these tensors, keys and numbers; the file is used up. */
static void check_says(ll_str *file, const char *say)
{
    ll_error e = {0};
    CHECK_INT(parse(file->s, file->len, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, say);
    ll_str_free(file);
}

static void check_refused(const piece *p, int n, const char *const *keys, int n_keys, const char *say)
{
    ll_str file = {0};
    add_front(&file);
    add_object(&file, p, n);
    add_keys(&file, keys, n_keys);
    for (int i = 0; i < n_keys; i++) add_numbers(&file, i ? 1 : 6, i ? 1 : 6, 0);
    check_says(&file, say);
}

static void storages_are_checked(void)
{
    static const char *const twice[] = {"94", "94"}, *const other[] = {"94", "5"};
    static const piece sizes[] = {{"w", "94", 6, 0, 2, 3, 3, 1, NULL, NULL},
                                  {"v", "94", 5, 0, 1, 1, 1, 1, NULL, NULL}};
    static const piece types[] = {{"w", "94", 6, 0, 2, 3, 3, 1, NULL, NULL},
                                  {"v", "94", 6, 0, 1, 1, 1, 1, "LongStorage", NULL}};
    static const piece outside[] = {{"w", "94", 6, 1, 2, 3, 3, 1, NULL, NULL}},
                       large[] = {{"w", "94", 200, 0, 2, 3, 3, 1, NULL, NULL}};
    static const piece view[] = {{"w", "94", 6, 0, 2, 3, 3, 1, NULL, "K\1"}};
    static const piece chars[] = {{"w", "94", 6, 0, 2, 3, 3, 1, "CharStorage", NULL}};
    check_refused(good, 3, two, 1, "1 of 2 storages are listed");
    check_refused(good, 3, twice, 2, "names one twice");
    check_refused(good, 3, other, 2, "names one that nothing uses");
    check_refused(good, 2, two, 2, "names one that nothing uses");
    check_refused(sizes, 2, two, 1, "comes up in two sizes");
    check_refused(types, 2, two, 1, "comes up in two sizes");
    check_refused(outside, 1, two, 1, "reaches outside its storage");
    check_refused(large, 1, two, 1, "storage 94 of 200 numbers does not fit: the file is truncated");
    check_refused(view, 1, two, 1, "no torch storage");
    check_refused(chars, 1, two, 1, "CharStorage");
}

static void other_parts_are_checked(void)
{
    ll_str file = {0};
    good_file(&file);
    ll_str_addc(&file, 0);
    check_says(&file, "1 bytes behind the last storage");
    add_front(&file);
    add_object(&file, good, 1);
    add_keys(&file, two, 1);
    add_numbers(&file, 7, 6, 0);
    check_says(&file, "has 7 numbers, 6 were expected");
    add_front(&file);
    add_object(&file, good, 1);
    ADD(&file, "\x80\x02}.");
    check_says(&file, "a dict, a list of storages was expected");
    add_front(&file);
    ADD(&file, "\x80\x02"
               "cos\nsystem\n(X\x02\0\0\0idtR.");
    check_says(&file, "\"os system\"");
    add_front(&file);
    file.s[17] = 'i'; /* not M: no such opcode */
    check_says(&file, "opcode 0x69");
    add_front(&file);
    file.s[18] = 0;
    check_says(&file, "byte 15: version 1001");
    add_front(&file);
    file.s[file.len - 3] = (char)0x89; /* little_endian: False */
    check_says(&file, "little_endian");
    ll_str_add(&file, "zip");
    check_says(&file, "not a torch file");
    add_front(&file); /* storages have no place in front of what was saved, nor in their list */
    file.len -= 3;
    add_tensor(&file, good);
    ADD(&file, ".");
    check_says(&file, "persistent id");
}

static const check_case cases[] = {
    {"once-for-all's predictor is read", once_for_alls_predictor_is_read},
    {"tensors have their numbers", tensors_have_their_numbers},
    {"truncated files are refused", truncated_files_are_refused},
    {"damaged files do no harm", damaged_files_do_no_harm},
    {"storages are checked", storages_are_checked},
    {"other parts are checked", other_parts_are_checked},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_torch_legacy", cases, argc, argv);
}
