/* NumPy arrays; what was read is written and read again. */
#include <stdlib.h>
#include <string.h>

#include "data/formats/npy.h"
#include "tests/fuzz/fuzz.h"

static void run(const uint8_t *bytes, size_t n)
{
    ll_npy a = {0}, b = {0};
    ll_error e = {0};
    if (!ll_fuzz_good(ll_npy_parse("fuzz", bytes, n, &a, &e), &e)) return;
    size_t count = 1;
    for (int i = 0; i < a.n_dims; i++) count *= (size_t)a.shape[i];
    LAW(count == a.count, "%zu numbers by the shape, %zu by the array", count, a.count);
    char *path = ll_fuzz_path("fuzz.npy");
    LAW(!ll_npy_write(path, a.dtype, a.n_dims, a.shape, a.data, &e), "%s", e.message);
    LAW(!ll_npy_read(path, &b, &e), "%s", e.message);
    LAW(a.dtype == b.dtype && a.n_dims == b.n_dims && a.count == b.count &&
            !memcmp(a.shape, b.shape, (size_t)a.n_dims * sizeof *a.shape) &&
            !memcmp(a.data, b.data, a.count * ll_dtype_size(a.dtype)),
        "an array came back different");
    ll_npy_free(&a);
    ll_npy_free(&b);
    free(path);
}

const ll_fuzz_target ll_fuzz_npy = {"npy", run};
