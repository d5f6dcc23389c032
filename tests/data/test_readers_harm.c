/* Files whose claims are larger than they are: sizes whose product wraps, archives and pickles that unpack to more than
 * a budget, tables that are stated and not there. Every reader refuses with a sentence, and memory follows the file. */
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "core/base/mem.h"
#include "core/base/size.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "data/datasets/folder.h"
#include "data/formats/npy.h"
#include "data/formats/pickle.h"
#include "data/formats/safetensors.h"
#include "data/formats/torchzip.h"
#include "data/importers/import.h"
#include "tests/check.h"

/* --- memory: the reader runs in a process that may take 96 MiB more than it has ------------------------------- */

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
enum { LIMITED = 0 }; /* their shadows take what they want */
#else
enum { LIMITED = 1 };
#endif

static size_t address_space(void)
{
    char text[64] = "";
    FILE *f = fopen("/proc/self/statm", "re");
    if (f && !fgets(text, sizeof text, f)) *text = 0;
    if (f) fclose(f);
    return strtoul(text, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

typedef ll_status (*reading)(const char *path, ll_error *e);

/* Whether `read` refuses the file with LL_BAD_DATA and a sentence that holds `say`. */
static void check_refused(reading read, const char *path, const char *say)
{
    fflush(NULL);
    pid_t pid = fork();
    if (!pid) {
        struct rlimit r = {address_space() + ((size_t)96 << 20), RLIM_INFINITY};
        ll_error e = {0};
        if (LIMITED) setrlimit(RLIMIT_AS, &r);
        ll_status s = read(path, &e);
        bool good = s == LL_BAD_DATA && strstr(e.message, say);
        if (!good) printf("  status %d, \"%s\" should hold \"%s\"\n", s, e.message, say);
        fflush(NULL);
        _exit(!good);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    check_report(WIFEXITED(status) && !WEXITSTATUS(status), __FILE__, __LINE__,
                 "%s is refused within its memory (wait status %d)", path, status);
}

static ll_status read_pickle(const char *path, ll_error *e)
{
    ll_pickle p;
    ll_status s = ll_pickle_read(path, &p, e);
    if (!s) ll_pickle_free(&p);
    return s;
}

static ll_status read_checkpoint(const char *path, ll_error *e)
{
    ll_tensors t = {0};
    ll_status s = ll_torch_load_tensors(path, &t, e);
    if (!s) ll_tensors_free(&t);
    return s;
}

static ll_status read_npy(const char *path, ll_error *e)
{
    ll_npy a;
    ll_status s = ll_npy_read(path, &a, e);
    if (!s) ll_npy_free(&a);
    return s;
}

static ll_status read_safetensors(const char *path, ll_error *e)
{
    ll_tensors t = {0};
    ll_status s = ll_safetensors_read(path, &t, e);
    if (!s) ll_tensors_free(&t);
    return s;
}

static ll_status read_folder(const char *path, ll_error *e)
{
    ll_dataset *d = NULL;
    ll_status s = ll_folder_load(path, &d, e);
    if (!s) ll_dataset_unref(d);
    return s;
}

static ll_status read_proxies(const char *path, ll_error *e)
{
    ll_import job = {.path = path, .name = "x", .space = ll_space_find("nasbench201")};
    ll_dataset *d = NULL;
    ll_status s = ll_import_zcp(&job, &d, e);
    if (!s) ll_dataset_unref(d);
    ll_strs_free(&job.notes);
    return s;
}

static ll_status read_json(const char *path, ll_error *e)
{
    cJSON *json;
    ll_status s = ll_json_read_file(path, &json, e);
    if (!s) cJSON_Delete(json);
    return s;
}

/* --- files of the test's own --- */

static const char *file_of(const char *name, const void *bytes, size_t n)
{
    static char path[4200];
    ll_error e = {0};
    snprintf(path, sizeof path, "%s/%s", check_tmpdir(), name);
    CHECK_INT(ll_write_file(path, bytes, n, &e), LL_OK);
    return path;
}

#define ADD(out, literal) ll_str_addn(out, literal, sizeof(literal) - 1)

static void add_number(ll_str *out, uint64_t x, int width)
{
    for (int i = 0; i < width; i++) ll_str_addc(out, i < 8 ? (char)(x >> (8 * i)) : 0);
}

/* A zip while it is written: what the directory says need not be true. */
typedef struct archive {
    ll_str bytes, directory;
    int n;
} archive;

static void add_entry(archive *a, const char *name, int method, size_t offset, size_t packed, size_t size,
                      uint32_t crc)
{
    ll_str *d = &a->directory;
    ll_str_addn(d, "PK\1\2\24\0\24\0\0\0", 10);
    add_number(d, (uint64_t)method, 2);
    add_number(d, 0, 4);
    add_number(d, crc, 4);
    add_number(d, packed, 4);
    add_number(d, size, 4);
    add_number(d, strlen(name), 2);
    add_number(d, 0, 12);
    add_number(d, offset, 4);
    ll_str_add(d, name);
    a->n++;
}

static size_t add_member(archive *a, const char *name, const void *bytes, size_t n)
{
    size_t offset = a->bytes.len;
    ll_str_addn(&a->bytes, "PK\3\4\24\0\0\0\0\0", 10);
    add_number(&a->bytes, 0, 16);
    add_number(&a->bytes, strlen(name), 2);
    add_number(&a->bytes, 0, 2);
    ll_str_add(&a->bytes, name);
    ll_str_addn(&a->bytes, bytes, n);
    return offset;
}

static void add_stored(archive *a, const char *name, const void *bytes, size_t n)
{
    size_t offset = add_member(a, name, bytes, n);
    add_entry(a, name, 0, offset, n, n, (uint32_t)crc32(0, bytes, (uInt)n));
}

static const char *archive_of(archive *a, const char *name)
{
    size_t at = a->bytes.len;
    ll_str_addn(&a->bytes, a->directory.s, a->directory.len);
    ll_str_addn(&a->bytes, "PK\5\6\0\0\0\0", 8);
    add_number(&a->bytes, (uint64_t)a->n, 2);
    add_number(&a->bytes, (uint64_t)a->n, 2);
    add_number(&a->bytes, a->directory.len, 4);
    add_number(&a->bytes, at, 4);
    add_number(&a->bytes, 0, 2);
    const char *path = file_of(name, a->bytes.s, a->bytes.len);
    ll_str_free(&a->bytes);
    ll_str_free(&a->directory);
    return path;
}

/* n zero bytes, deflated raw. */
static char *deflated_zeros(size_t n, size_t *packed, uint32_t *crc)
{
    char *zeros = ll_alloc(n, 1), *out = ll_alloc(n / 500 + 1000, 1);
    z_stream s = {.next_in = (Bytef *)zeros,
                  .avail_in = (uInt)n,
                  .next_out = (Bytef *)out,
                  .avail_out = (uInt)(n / 500 + 1000)};
    deflateInit2(&s, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    CHECK_INT(deflate(&s, Z_FINISH), Z_STREAM_END);
    *packed = s.total_out;
    *crc = (uint32_t)crc32(0, (Bytef *)zeros, (uInt)n);
    deflateEnd(&s);
    free(zeros);
    return out;
}

/* --- shapes --- */

static void products_do_not_wrap(void)
{
    size_t n;
    ll_error e = {0};
    CHECK_INT(ll_shape_count((long[]){3, 4}, 2, 8, &n, &e), LL_OK);
    CHECK_INT(n, 12);
    CHECK_INT(ll_shape_count(NULL, 0, 8, &n, &e), LL_OK);
    CHECK_INT(n, 1);
    CHECK_INT(ll_shape_count((long[]){5, 0}, 2, 8, &n, &e), LL_OK);
    CHECK_INT(n, 0);
    static const long wrong[][4] = {{1L << 16, 1L << 16, 1L << 29, 8}, {1L << 62, 1, 1, 1}, {3, -1, 1, 1},
                                    {1L << 32, 1L << 31, 1, 0},        {1L << 60, 1, 1, 2}, {1, 1, 1, -5}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK_INT(ll_shape_count(wrong[i], 4, 8, &n, &e), LL_BAD_DATA);
        CHECK_HAS(e.message, "an impossible shape");
        CHECK_INT(n, 0);
    }
}

static const char array_head[] = "\x80\x02"
                                 "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85"
                                 "C\1b\x87R(K\1";
static const char array_tail[] = "cnumpy\ndtype\nX\2\0\0\0f8\x89\x88\x87R\x89";

/* numpy's state with three dimensions, whose eight-fold product is 2^64 at the first of them. */
static void a_pickle_with_an_impossible_shape_is_refused(void)
{
    static const uint32_t shapes[][3] = {{1 << 16, 1 << 16, 1 << 29},
                                         {0x7fffffff, 0x7fffffff, 0x7fffffff},
                                         {0x7fffffff, 0x7fffffff, 0},
                                         {0xffffffff, 1, 1}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        ll_str p = {0};
        ll_str_addn(&p, array_head, sizeof array_head - 1);
        for (int d = 0; d < 3; d++) {
            ll_str_addc(&p, 'J');
            add_number(&p, shapes[i][d], 4);
        }
        ll_str_addc(&p, '\x87');
        ll_str_addn(&p, array_tail, sizeof array_tail - 1);
        ADD(&p, "C\0tb.");
        check_refused(read_pickle, file_of("shape.pkl", p.s, p.len), "an impossible shape");
        ll_str_free(&p);
    }
}

static void an_npy_file_with_an_impossible_shape_is_refused(void)
{
    static const char *const shapes[] = {"65536, 65536, 536870912", "9223372036854775807, 2",
                                         "99999999999999999999999", "4294967296, 4294967296, 0"};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        ll_str h = {0};
        ll_str_addf(&h, "{'descr': '<f8', 'fortran_order': True, 'shape': (%s), }\n", shapes[i]);
        ll_str f = {0};
        ADD(&f, "\x93NUMPY\1\0");
        add_number(&f, h.len, 2);
        ll_str_add(&f, h.s);
        check_refused(read_npy, file_of("shape.npy", f.s, f.len), "an impossible shape");
        ll_str_free(&f);
        ll_str_free(&h);
    }
}

static void a_safetensors_file_with_an_impossible_shape_is_refused(void)
{
    static const char *const shapes[] = {"[65536,65536,1073741824]", "[9007199254740992,9007199254740992,0]",
                                         "[9007199254740992,1024]"};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        ll_str h = {0}, f = {0};
        ll_str_addf(&h, "{\"a\":{\"dtype\":\"F64\",\"shape\":%s,\"data_offsets\":[0,0]}}", shapes[i]);
        add_number(&f, h.len, 8);
        ll_str_add(&f, h.s);
        check_refused(read_safetensors, file_of("shape.safetensors", f.s, f.len), "an impossible shape");
        ll_str_free(&f);
        ll_str_free(&h);
    }
}

/* A tensor of one element whose stride is the largest number: it moves nothing and must not be added to anything. */
static void a_stride_of_nothing_is_not_walked(void)
{
    ll_str p = {0};
    archive a = {0};
    ADD(&p, "\x80\x02");
    ll_str_add(&p, "ctorch._utils\n_rebuild_tensor_v2\n((");
    ADD(&p, "X\7\0\0\0storage");
    ll_str_add(&p, "ctorch\nFloatStorage\n");
    ADD(&p, "X\1\0\0\0"
            "0X\3\0\0\0cpuK\4tQ");
    ADD(&p, "K\3K\1\x85\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x85\x89}tR.");
    add_stored(&a, "a/data.pkl", p.s, p.len);
    add_stored(&a, "a/data/0", (float[]){1, 2, 3, 4}, 16);
    ll_pickle tree;
    ll_error e = {0};
    CHECK_INT(ll_pickle_read(archive_of(&a, "stride.pt"), &tree, &e), LL_OK);
    CHECK_STR(e.message, "");
    if (!e.status) {
        CHECK_INT(tree.root->array->count, 1);
        CHECK(ll_pickled_at(tree.root->array, 0) == 4);
        ll_pickle_free(&tree);
    }
    ll_str_free(&p);
}

/* --- archives --- */

static const char none_pickle[] = "\x80\x02N.";

static void members_may_not_share_bytes(void)
{
    archive a = {0};
    char bytes[1000] = {0};
    add_stored(&a, "a/data.pkl", none_pickle, sizeof none_pickle - 1);
    size_t offset = add_member(&a, "a/data/0", bytes, sizeof bytes);
    uint32_t crc = (uint32_t)crc32(0, (Bytef *)bytes, sizeof bytes);
    add_entry(&a, "a/data/0", 0, offset, sizeof bytes, sizeof bytes, crc);
    add_entry(&a, "a/data/1", 0, offset, sizeof bytes, sizeof bytes, crc);
    check_refused(read_pickle, archive_of(&a, "overlap.pt"), "overlap");
}

static void members_have_names_of_their_own(void)
{
    archive a = {0};
    add_stored(&a, "a/data.pkl", none_pickle, sizeof none_pickle - 1);
    add_stored(&a, "a/data.pkl", none_pickle, sizeof none_pickle - 1);
    check_refused(read_pickle, archive_of(&a, "twice.pt"), "two members are called a/data.pkl");
}

/* 200 MB of zeros in 200 kB, as the pickle itself and as a storage; and a size that is not what comes out. */
static void an_archive_does_not_unpack_to_more_than_its_budget(void)
{
    size_t n = (size_t)200 << 20, packed;
    uint32_t crc;
    char *zeros = deflated_zeros(n, &packed, &crc);
    archive a = {0}, b = {0};
    size_t offset = add_member(&a, "a/data.pkl", zeros, packed);
    add_entry(&a, "a/data.pkl", 8, offset, packed, n, crc);
    check_refused(read_pickle, archive_of(&a, "bomb.pt"), "209715201 bytes of memory would be needed");
    offset = add_member(&b, "a/data.pkl", zeros, packed);
    add_entry(&b, "a/data.pkl", 8, offset, packed, 100000, crc);
    check_refused(read_pickle, archive_of(&b, "lie.pt"), "does not unpack to the size that is stated");
    free(zeros);
}

static void a_stored_member_is_as_long_as_it_says(void)
{
    archive a = {0};
    size_t offset = add_member(&a, "a/data.pkl", none_pickle, sizeof none_pickle - 1);
    add_entry(&a, "a/data.pkl", 0, offset, sizeof none_pickle - 1, 0xfffffffe, 0);
    check_refused(read_pickle, archive_of(&a, "stored.pt"), "stored in 4 bytes");
}

/* --- pickles that grow while they are read --- */

/* Bytes that are put once and made an array again and again: 100 kB of file would be 16 GB. */
static void arrays_of_shared_bytes_take_from_the_budget(void)
{
    ll_str p = {0};
    static char bytes[50000];
    ADD(&p, "\x80\x02"
            "B");
    add_number(&p, sizeof bytes, 4);
    ll_str_addn(&p, bytes, sizeof bytes);
    ADD(&p, "q\1"
            "0cnumpy\ndtype\nX\2\0\0\0i1\x89\x88\x87Rq\2"
            "0cnumpy.core.numeric\n_frombuffer\nq\3"
            "0]");
    for (int i = 0; i < 3000; i++) {
        ADD(&p, "h\3(h\1h\2J");
        add_number(&p, sizeof bytes, 4);
        ADD(&p, "\x85X\1\0\0\0CtRa");
    }
    ll_str_addc(&p, '.');
    check_refused(read_pickle, file_of("shared.pkl", p.s, p.len), "bytes of memory would be needed");
    ll_str_free(&p);
}

/* Ten dicts of 24 keys, each with the one before it as every value: 24^9 paths in 2 kB. */
static void shared_containers_are_not_walked_for_ever(void)
{
    ll_str p = {0};
    archive a = {0};
    ADD(&p, "\x80\x02");
    for (int level = 0; level < 8; level++) {
        ll_str_addf(&p, "%s}q%c(", level ? "0" : "", 'A' + level);
        for (int i = 0; i < 24; i++) {
            ADD(&p, "X\2\0\0\0");
            ll_str_addf(&p, "%02d", i);
            if (level)
                ll_str_addf(&p, "h%c", 'A' + level - 1);
            else
                ADD(&p, "K\1");
        }
        ll_str_addc(&p, 'u');
    }
    ll_str_addc(&p, '.');
    add_stored(&a, "a/data.pkl", p.s, p.len);
    check_refused(read_checkpoint, archive_of(&a, "laughs.pt"), "bytes of memory would be needed");
    ll_str_free(&p);
}

/* What is not hostile stays readable: a list of a million numbers is within its budget. */
static void a_plain_list_is_within_its_budget(void)
{
    ll_str p = {0};
    ll_error e = {0};
    ll_pickle tree;
    ADD(&p, "\x80\x02](");
    for (int i = 0; i < 1000000; i++) ll_str_addn(&p, i % 1000 == 999 ? "Ne(" : "N", i % 1000 == 999 ? 3 : 1);
    ADD(&p, "e.");
    CHECK_INT(ll_pickle_parse("list", p.s, p.len, NULL, &tree, &e), LL_OK);
    CHECK_STR(e.message, "");
    if (!e.status) {
        CHECK_INT(tree.root->items.n, 1000000);
        ll_pickle_free(&tree);
    }
    ll_str_free(&p);
}

/* --- JSON and dataset folders --- */

static void json_is_not_nested_without_end(void)
{
    char deep[5000];
    memset(deep, '[', sizeof deep);
    check_refused(read_json, file_of("deep.json", deep, sizeof deep), "nested more than 100 deep");
}

static void json_in_texts_does_not_count(void)
{
    cJSON *json;
    ll_error e = {0};
    ll_str t = {0};
    ll_str_add(&t, "[\"");
    for (int i = 0; i < 1000; i++) ll_str_add(&t, "[{\\\"");
    ll_str_add(&t, "\"]");
    CHECK_INT(ll_json_parse(t.s, t.len, &json, &e), LL_OK);
    cJSON_Delete(json);
    ll_str_free(&t);
}

/* The first architecture has 48 proxies, 200,000 others have none: 38 MB, if each were given as many. */
static void proxies_are_counted_where_they_are(void)
{
    ll_str json = {0};
    ll_str_add(&json, "{\"464\": {");
    for (int i = 0; i < 48; i++) ll_str_addf(&json, "%s\"%d\": 1", i ? ", " : "", i);
    ll_str_add(&json, "}");
    ll_str_repeat(&json, ",\"1\":{}", 200000);
    ll_str_add(&json, "}");
    check_refused(read_proxies, file_of("proxies.json", json.s, json.len), "architecture 1 has no proxy 0");
    ll_str_free(&json);
}

static void a_byte_that_is_0_is_no_json(void)
{
    check_refused(read_json, file_of("nul.json", "\0{}", 3), "line 1: not valid JSON: a byte that is 0");
    check_refused(read_json, file_of("nul.json", "{}\n\0x", 5), "line 2: not valid JSON: a byte that is 0");
}

static void make_folder(const char *dir, const char *json, const char *table)
{
    ll_error e = {0};
    char *a = ll_path_join(dir, "dataset.json"), *b = ll_path_join(dir, "latency.csv");
    CHECK_INT(ll_make_dirs(dir, &e), LL_OK);
    CHECK_INT(ll_write_file(a, json, strlen(json), &e), LL_OK);
    CHECK_INT(ll_write_file(b, table, strlen(table), &e), LL_OK);
    free(a);
    free(b);
}

/* 20 million architectures on 50 devices, stated in a kilobyte. */
static void a_dataset_has_what_it_states(void)
{
    ll_str json = {0}, dir = {0};
    ll_str_add(&json, "{\"format\": \"latlab dataset\", \"version\": 1, \"name\": \"x\", \"space\": "
                      "\"nasbench201\", \"archs\": 20000000, \"devices\": [");
    for (int i = 0; i < 50; i++) ll_str_addf(&json, "%s{\"name\": \"d%d\"}", i ? ", " : "", i);
    ll_str_add(&json, "]}");
    ll_str_addf(&dir, "%s/claims", check_tmpdir());
    make_folder(dir.s, json.s, "arch,d0,d1\n5,1,2\n");
    check_refused(read_folder, dir.s,
                  "20000000 architectures x 50 devices are stated and latency.csv has 17 bytes");
    ll_str_free(&json);
    ll_str_free(&dir);
}

/* --- the files that did harm --- */

static void what_did_harm_is_refused(void)
{
    static const struct {
        reading read;
        const char *file, *say;
    } files[] = {
        {read_pickle, "numpy_shape_overflow.pkl", "an impossible shape"},
        {read_folder, "npyds_shape_overflow", "an impossible shape"},
        {read_checkpoint, "zip_bomb_12x1GiB.pt", "overlap"},
        {read_checkpoint, "laughs_dict.pt", "bytes of memory would be needed"},
        {read_folder, "bomb_json", "20000000 architectures x 50 devices are stated"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char name[100];
        snprintf(name, sizeof name, "cases/hostile/%s", files[i].file);
        const char *path = check_shared(name);
        if (!path) return;
        check_refused(files[i].read, path, files[i].say);
    }
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"products do not wrap", products_do_not_wrap},
        {"a pickle with an impossible shape is refused", a_pickle_with_an_impossible_shape_is_refused},
        {"an NPY file with an impossible shape is refused", an_npy_file_with_an_impossible_shape_is_refused},
        {"a safetensors file with an impossible shape is refused",
         a_safetensors_file_with_an_impossible_shape_is_refused},
        {"a stride of nothing is not walked", a_stride_of_nothing_is_not_walked},
        {"members may not share bytes", members_may_not_share_bytes},
        {"members have names of their own", members_have_names_of_their_own},
        {"an archive does not unpack to more than its budget",
         an_archive_does_not_unpack_to_more_than_its_budget},
        {"a stored member is as long as it says", a_stored_member_is_as_long_as_it_says},
        {"arrays of shared bytes take from the budget", arrays_of_shared_bytes_take_from_the_budget},
        {"shared containers are not walked for ever", shared_containers_are_not_walked_for_ever},
        {"a plain list is within its budget", a_plain_list_is_within_its_budget},
        {"JSON is not nested without end", json_is_not_nested_without_end},
        {"JSON in texts does not count", json_in_texts_does_not_count},
        {"proxies are counted where they are", proxies_are_counted_where_they_are},
        {"a byte that is 0 is no JSON", a_byte_that_is_0_is_no_json},
        {"a dataset has what it states", a_dataset_has_what_it_states},
        {"what did harm is refused", what_did_harm_is_refused},
        {0},
    };
    return check_main("test_readers_harm", cases, argc, argv);
}
