/* Thousands of damaged files for every reader. What they say does not matter here; they must neither crash nor leak
 * nor run wild, which the sanitizer builds watch. The damage is drawn with a fixed seed: a failure comes again. */
#include <stdint.h>
#include <stdlib.h>

#include "core/base/decimal.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/system/fs.h"
#include "core/base/text/csv.h"
#include "data/datasets/folder.h"
#include "data/formats/npy.h"
#include "data/formats/pickle.h"
#include "data/formats/safetensors.h"
#include "data/formats/torchzip.h"
#include "data/importers/import.h"
#include "tests/check.h"

typedef struct bytes {
    char *p;
    size_t n;
} bytes;

static bytes load(const char *path)
{
    bytes b = {0};
    ll_error e = {0};
    CHECK_INT(ll_read_file(path, 0, &b.p, &b.n, &e), LL_OK);
    return b;
}

/* A copy with 1 to 8 wounds: flipped bits, interesting values, removed, doubled and cut pieces. Exactly n bytes are
 * allocated, so that reading one too many is seen. */
static bytes damaged(const bytes *from, ll_rng *r)
{
    static const uint8_t telling[] = {0,   1,   0x7f, 0x80, 0xff, '(', '.', 'R',
                                      'Q', 't', '"',  ',',  '-',  '9', '{', '}'};
    size_t room = 2 * from->n + 64, n = from->n;
    uint8_t *p = ll_alloc(room, 1);
    memcpy(p, from->p, n);
    for (int k = 1 + ll_rng_below(r, 8); k > 0 && n > 8; k--) {
        size_t at = (size_t)ll_rng_below(r, (int)n), len = (size_t)ll_rng_below(r, 16) + 1;
        if (len > n - at) len = n - at;
        switch (ll_rng_below(r, 8)) {
        case 0:
            p[at] ^= (uint8_t)(1 << ll_rng_below(r, 8));
            break;
        case 1:
            memset(p + at, telling[ll_rng_below(r, sizeof telling)], len);
            break;
        case 2:
            memmove(p + at, p + at + len, n - at - len), n -= len;
            break;
        case 3:
            if (n + len < room) memmove(p + at + len, p + at, n - at), n += len;
            break;
        case 4:
            n = ll_rng_below(r, 4) ? n : at + 1;
            break;
        default:
            p[at] = telling[ll_rng_below(r, sizeof telling)];
        }
    }
    bytes out = {ll_memdup(p, n + 1, 1), n};
    out.p = ll_realloc(out.p, n ? n : 1, 1);
    free(p);
    return out;
}

/* Calls read on `times` damaged copies; returns how many were accepted. */
static int fuzz(const bytes *from, int times, uint64_t seed, ll_status (*read)(const bytes *b, ll_error *e))
{
    ll_rng r = ll_rng_new(seed, LL_STREAM_DATA);
    int accepted = 0, silent = 0;
    for (int i = 0; i < times; i++) {
        bytes b = damaged(from, &r);
        ll_error e = {0};
        ll_status s = read(&b, &e);
        accepted += s == LL_OK;
        silent += s != LL_OK && !*e.message;
        free(b.p);
    }
    CHECK_INT(silent, 0);
    return accepted;
}

/* --- readers --- */

static ll_status read_pickle(const bytes *b, ll_error *e)
{
    ll_pickle p;
    double *x = NULL;
    size_t n;
    ll_status s = ll_pickle_parse("fuzz", b->p, b->n, NULL, &p, e);
    if (s) return s;
    s = ll_pickled_numbers(p.root, &x, &n, e);
    free(x);
    ll_pickle_free(&p);
    return s;
}

static ll_status read_torch(const bytes *b, ll_error *e)
{
    ll_pickle p;
    ll_status s = ll_torch_parse("fuzz", b->p, b->n, &p, e);
    if (!s) ll_pickle_free(&p);
    return s;
}

static ll_status read_safetensors(const bytes *b, ll_error *e)
{
    ll_tensors t = {0};
    ll_status s = ll_safetensors_parse("fuzz", b->p, b->n, &t, e);
    if (!s) ll_tensors_free(&t);
    return s;
}

static ll_status read_npy(const bytes *b, ll_error *e)
{
    ll_npy a = {0};
    ll_status s = ll_npy_parse("fuzz", b->p, b->n, &a, e);
    if (!s) ll_npy_free(&a);
    return s;
}

/* Written plainly: what is tested is the reader, and a sync per file would take all the time. */
static char *write_plain(const char *dir, const char *file, const bytes *b)
{
    char *path = ll_path_join(dir, file);
    FILE *f = fopen(path, "wb");
    CHECK(f != NULL);
    if (!f) return path;
    fwrite(b->p, 1, b->n, f);
    fclose(f);
    return path;
}

static ll_status read_csv(const bytes *b, ll_error *e)
{
    char *path = write_plain(check_tmpdir(), "fuzz.csv", b);
    ll_import job = {.path = path, .name = "fuzz", .space = ll_space_find("nasbench201"), .unit = "ms"};
    ll_dataset *d = NULL;
    ll_status s = ll_import_csv(&job, &d, e);
    if (!s) ll_dataset_unref(d);
    ll_strs_free(&job.notes);
    free(path);
    return s;
}

static ll_status read_brpnas(const bytes *b, ll_error *e)
{
    char *path = write_plain(check_tmpdir(), "fuzz.pkl", b);
    ll_import job = {.path = path, .name = "fuzz"};
    ll_dataset *d = NULL;
    ll_status s = ll_import_brpnas(&job, &d, e);
    if (!s) ll_dataset_unref(d);
    ll_strs_free(&job.notes);
    free(path);
    return s;
}

static ll_status read_folder_file(const bytes *b, const char *file, ll_error *e)
{
    char *dir = ll_path_join(check_tmpdir(), "folder");
    ll_dataset *d = NULL;
    free(write_plain(dir, file, b));
    ll_status s = ll_folder_load(dir, &d, e);
    if (!s) ll_dataset_unref(d);
    free(dir);
    return s;
}

static ll_status read_dataset_json(const bytes *b, ll_error *e)
{
    return read_folder_file(b, "dataset.json", e);
}

static ll_status read_latency_csv(const bytes *b, ll_error *e)
{
    return read_folder_file(b, "latency.csv", e);
}

/* --- cases --- */

static void fuzz_shared(const char *shared, int times, ll_status (*read)(const bytes *, ll_error *))
{
    const char *path = check_shared(shared);
    if (!path) return;
    bytes b = load(path);
    CHECK(fuzz(&b, times, 1, read) < times);
    free(b.p);
}

static void damaged_pickles(void)
{
    fuzz_shared("upstream/OneProxy/latency_data/eagle_i7.pickle", 1500, read_pickle);
    fuzz_shared("upstream/OneProxy/latency_data/true_a76.pickle", 1000, read_pickle);
    fuzz_shared("upstream/BRP-NAS/desktop-cpu-core-i7-7820x-fp32.pkl", 100, read_brpnas);
}

static void damaged_torch_files(void)
{
    fuzz_shared("upstream/HELP/nasbench201/hardware_embedding_index.pt", 6000, read_torch);
    fuzz_shared("upstream/HELP/nasbench201/latency/pixel2.pt", 500, read_torch);
}

/* The members' CRC hides most damage from the pickle of a checkpoint, so its pickle is damaged by itself: tensors,
 * storages and strides. */
static ll_status find_storage(void *ctx, const char *key, size_t n, const void **data, ll_error *e)
{
    (void)key;
    if (n > 1 << 20) return ll_fail(e, LL_BAD_DATA, "no such storage");
    *data = ctx;
    return LL_OK;
}

static ll_status read_checkpoint_pickle(const bytes *b, ll_error *e)
{
    static char zeros[1 << 20];
    ll_pickle p;
    ll_pickle_storages storages = {.find = find_storage, .ctx = zeros};
    ll_status s = ll_pickle_parse("fuzz", b->p, b->n, &storages, &p, e);
    if (!s) ll_pickle_free(&p);
    return s;
}

static void damaged_checkpoint(void)
{
    const char *path = check_shared("upstream/HELP/nasbench201/checkpoint/help_max_corr.pt");
    if (!path) return;
    bytes file = load(path), b = {0};
    ll_zip z;
    ll_error e = {0};
    CHECK_INT(ll_zip_open(file.p, file.n, &z, &e), LL_OK);
    const ll_zip_member *m = ll_zip_find(&z, "/data.pkl");
    ll_budget budget = ll_budget_for(LL_READER_PICKLE, file.n);
    CHECK_INT(ll_zip_unpack(&z, m, &budget, &b.p, &e), LL_OK);
    b.n = m->size;
    CHECK_INT(read_checkpoint_pickle(&b, &e), LL_OK);
    CHECK(fuzz(&b, 4000, 2, read_checkpoint_pickle) < 4000);
    free(b.p);
    ll_zip_free(&z);
    free(file.p);
}

static void damaged_safetensors(void)
{
    ll_tensors t = {0};
    ll_error e = {0};
    char *path = ll_path_join(check_tmpdir(), "fuzz.safetensors");
    ll_tensors_add(&t, "a", LL_F32, 2, (long[]){3, 2}, NULL);
    ll_tensors_add(&t, "b", LL_I64, 1, (long[]){4}, NULL);
    ll_tensors_add(&t, "c", LL_F64, 0, NULL, NULL);
    ll_tensors_set_text(&t, "space", "nasbench201");
    CHECK_INT(ll_safetensors_write(path, &t, &e), LL_OK);
    bytes b = load(path);
    CHECK(fuzz(&b, 8000, 3, read_safetensors) < 8000);
    free(b.p);
    free(path);
    ll_tensors_free(&t);
}

static void damaged_npy(void)
{
    const double v[6] = {0};
    ll_error e = {0};
    char *path = ll_path_join(check_tmpdir(), "fuzz.npy");
    CHECK_INT(ll_npy_write(path, LL_F64, 2, (long[]){2, 3}, v, &e), LL_OK);
    bytes b = load(path);
    CHECK(fuzz(&b, 8000, 4, read_npy) < 8000);
    free(b.p);
    free(path);
}

static const char table[] =
    "# measured at night\r\n"
    "arch,phone,phone_std,\"board, no\"\r\n"
    "0,1.5,.1,2e1\r\n"
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|,2,,3\r\n"
    "12,\"3.25\",0.2,\r\n";

static void damaged_csv(void)
{
    bytes b = {(char *)(uintptr_t)table, sizeof table - 1};
    fuzz(&b, 2500, 5, read_csv);
}

static void damaged_folder(void)
{
    const ll_space *space = ll_space_find("nasbench201");
    ll_dataset *d = ll_dataset_new("folder", space, 5, 2);
    ll_error e = {0};
    for (int i = 0; i < 5; i++) {
        space->at(space, 100 * i, d->archs->genes + (size_t)i * (size_t)space->n_positions);
        for (int j = 0; j < 2; j++) ll_latencies(d, j)[i] = 1.25 * i + j;
    }
    ll_device_set(&d->devices[0], "a", LL_MEASURED, "test", "ms", NULL, "batch 1");
    ll_device_set(&d->devices[1], "b", LL_SIMULATED, "test", "us", "Board", NULL);
    const float feature[10] = {1, 2, 3};
    ll_archs_set_feature(d->archs, "zcp", 2, feature);
    ll_ints_add(&d->reference, 3);
    CHECK_INT(ll_dataset_seal(d, &e), LL_OK);
    char *dir = ll_path_join(check_tmpdir(), "folder"), *json = ll_path_join(dir, "dataset.json");
    char *csv = ll_path_join(dir, "latency.csv");
    CHECK_INT(ll_folder_save(d, dir, NULL, &e), LL_OK);
    bytes b = load(json), c = load(csv);
    CHECK(fuzz(&b, 1500, 6, read_dataset_json) < 1500);
    CHECK_INT(read_dataset_json(&b, &e), LL_OK); /* whole again */
    int accepted = fuzz(&c, 1500, 7, read_latency_csv);
    CHECK(accepted <
          300); /* the hash lets a change pass only where it changes nothing: a quote, 1.25 as 1.250 */
    free(b.p);
    free(c.p);
    free(dir);
    free(json);
    free(csv);
    ll_dataset_unref(d);
}

static const check_case cases[] = {
    {"damaged pickles", damaged_pickles},
    {"damaged torch files", damaged_torch_files},
    {"damaged checkpoint", damaged_checkpoint},
    {"damaged safetensors", damaged_safetensors},
    {"damaged npy", damaged_npy},
    {"damaged csv", damaged_csv},
    {"damaged folder", damaged_folder},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_fuzz", cases, argc, argv);
}
