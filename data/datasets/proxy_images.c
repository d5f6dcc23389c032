#include "data/datasets/proxy_images.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/system/fs.h"

enum { CLASSES = 10, SIDE = 32, PLANE = SIDE * SIDE, IMAGE = 3 * PLANE };

/* n of `of`, in an order that the seed decides. */
static int *draw(uint64_t seed, int of, int n)
{
    ll_rng r = ll_rng_new(seed, LL_STREAM_SAMPLES);
    int *all = LL_NEW_ARRAY(int, of), *which = LL_NEW_ARRAY(int, n);
    for (int i = 0; i < of; i++) all[i] = i;
    ll_rng_sample(&r, all, of, n, which);
    free(all);
    return which;
}

static ll_status check_labels(const uint8_t *label, int n, const char *path, ll_error *e)
{
    for (int i = 0; i < n; i++)
        if (label[i] >= CLASSES)
            return ll_fail(e, LL_BAD_DATA, "%s: a label is %d, 0 to %d were expected", path, label[i],
                           CLASSES - 1);
    return LL_OK;
}

/* --- CIFAR-10: a byte of label, then 3072 of image --- */

enum { RECORDS = 10000, RECORD = IMAGE + 1 };
static const char *const batches[] = {"data_batch_1.bin",
                                      "data_batch_2.bin",
                                      "data_batch_3.bin",
                                      "data_batch_4.bin",
                                      "data_batch_5.bin",
                                      "test_batch.bin",
                                      NULL};

static ll_status find_batch(const char *dir, char **path, ll_error *e)
{
    for (int i = 0; batches[i]; i++) {
        *path = ll_path_join(dir, batches[i]);
        if (ll_is_file(*path)) return LL_OK;
        free(*path);
    }
    return ll_fail(e, LL_BAD_DATA,
                   "images=%.200s: noise, fashion-mnist, or a folder with data_batch_1.bin (CIFAR-10, binary "
                   "version) was expected",
                   dir);
}

static ll_status read_cifar(const char *dir, uint64_t seed, int n, uint8_t *rgb, uint8_t *label, ll_error *e)
{
    char *path, *bytes = NULL;
    size_t size = 0;
    ll_status s = find_batch(dir, &path, e);
    if (s) return s;
    s = ll_read_file(path, (size_t)RECORDS * RECORD + 1, &bytes, &size, e);
    if (!s && size != (size_t)RECORDS * RECORD)
        s = ll_fail(e, LL_BAD_DATA,
                    "%s: %zu bytes; a batch of CIFAR-10 has %zu, it is cut off or another file", path, size,
                    (size_t)RECORDS * RECORD);
    int *which = s ? NULL : draw(seed, RECORDS, n);
    for (int i = 0; i < n && !s; i++) {
        const char *record = bytes + (size_t)which[i] * RECORD;
        label[i] = (uint8_t)record[0];
        memcpy(rgb + (size_t)i * IMAGE, record + 1, IMAGE);
    }
    if (!s) s = check_labels(label, n, path, e);
    free(which);
    free(bytes);
    free(path);
    return s;
}

/* --- Fashion-MNIST: a header, then bytes; gzip or not --- */

enum { TRAINING = 60000, SMALL = 28, BORDER = (SIDE - SMALL) / 2 };
static const char *const package = "/usr/share/datasets/fashion-mnist",
                         *const image_file = "train-images-idx3-ubyte.gz",
                         *const label_file = "train-labels-idx1-ubyte.gz";

static ll_status read_idx(const char *dir, const char *name, size_t header, size_t n, uint8_t **out,
                          ll_error *e)
{
    char *path = ll_path_join(dir, name);
    size_t size = header + n;
    uint8_t *bytes = LL_NEW_ARRAY(uint8_t, size + 1);
    gzFile f = ll_is_file(path) ? gzopen(path, "rb") : NULL; /* a pipe would be waited for */
    int read = f ? gzread(f, bytes, (unsigned)size + 1) : -1;
    if (f) gzclose(f);
    ll_status s = LL_OK;
    if (read < 0 || (size_t)read != size)
        s = ll_fail(e, LL_BAD_DATA, "%s: %d bytes could be read, %zu were expected", path, read, size);
    if (!s) *out = ll_memdup(bytes + header, n, 1);
    free(bytes);
    free(path);
    return s;
}

static void pad_image(const uint8_t *small, uint8_t *rgb)
{
    memset(rgb, 0, IMAGE);
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < SMALL; y++)
            memcpy(rgb + c * PLANE + (y + BORDER) * SIDE + BORDER, small + y * SMALL, SMALL);
}

static ll_status read_fashion(const char *dir, uint64_t seed, int n, uint8_t *rgb, uint8_t *label,
                              ll_error *e)
{
    uint8_t *images = NULL, *labels = NULL;
    ll_status s = read_idx(dir, image_file, 16, (size_t)TRAINING * SMALL * SMALL, &images, e);
    if (!s) s = read_idx(dir, label_file, 8, TRAINING, &labels, e);
    int *which = s ? NULL : draw(seed, TRAINING, n);
    for (int i = 0; i < n && !s; i++) {
        label[i] = labels[which[i]];
        pad_image(images + (size_t)which[i] * SMALL * SMALL, rgb + (size_t)i * IMAGE);
    }
    if (!s) s = check_labels(label, n, dir, e);
    free(which);
    free(images);
    free(labels);
    return s;
}

static ll_status read_package(uint64_t seed, int n, uint8_t *rgb, uint8_t *label, ll_error *e)
{
    if (ll_is_dir(package)) return read_fashion(package, seed, n, rgb, label, e);
    return ll_fail(
        e, LL_BAD_DATA,
        "images=fashion-mnist: the package dataset-fashion-mnist is not installed: `apt-get install "
        "dataset-fashion-mnist`, or take noise");
}

static ll_status read_folder(const char *dir, uint64_t seed, int n, uint8_t *rgb, uint8_t *label, ll_error *e)
{
    char *folder = ll_path_expand(dir), *images = ll_path_join(folder, image_file);
    ll_status s = (ll_is_file(images) ? read_fashion : read_cifar)(folder, seed, n, rgb, label, e);
    free(images);
    free(folder);
    return s;
}

ll_status ll_proxy_images_read(const char *source, uint64_t seed, int n, ll_proxy_images *out, ll_error *e)
{
    uint8_t *rgb = LL_NEW_ARRAY(uint8_t, (size_t)n * IMAGE), *label = LL_NEW_ARRAY(uint8_t, n);
    ll_status s = strcmp(source, "fashion-mnist") ? read_folder(source, seed, n, rgb, label, e)
                                                  : read_package(seed, n, rgb, label, e);
    if (!s) ll_proxy_images_of_bytes(rgb, label, n, CLASSES, out);
    free(rgb);
    free(label);
    return s;
}
