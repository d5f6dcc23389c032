/* Safetensors; what was read is written and read again. */
#include <stdlib.h>
#include <string.h>

#include "data/formats/safetensors.h"
#include "tests/fuzz/fuzz.h"

static void same_tensor(const ll_tensor *a, const ll_tensor *b)
{
    LAW(b, "tensor \"%s\" is gone", a->name);
    LAW(a->dtype == b->dtype && a->n_dims == b->n_dims &&
            !memcmp(a->shape, b->shape, (size_t)a->n_dims * sizeof *a->shape) &&
            !memcmp(a->data, b->data, ll_tensor_count(a) * ll_dtype_size(a->dtype)),
        "tensor \"%s\" came back different", a->name);
}

static void same(const ll_tensors *a, const ll_tensors *b)
{
    LAW(a->n == b->n && a->keys.n == b->keys.n, "%d tensors and %d texts became %d and %d", a->n, a->keys.n,
        b->n, b->keys.n);
    for (int i = 0; i < a->n; i++) same_tensor(&a->v[i], ll_tensors_find(b, a->v[i].name));
    for (int i = 0; i < a->keys.n; i++) {
        const char *text = ll_tensors_text(b, a->keys.v[i]);
        LAW(text && !strcmp(text, ll_tensors_text(a, a->keys.v[i])), "text \"%s\" came back different",
            a->keys.v[i]);
    }
}

static void run(const uint8_t *bytes, size_t n)
{
    ll_tensors a = {0}, b = {0};
    ll_error e = {0};
    if (!ll_fuzz_good(ll_safetensors_parse("fuzz", bytes, n, &a, &e), &e)) return;
    char *path = ll_fuzz_path("fuzz.safetensors");
    LAW(!ll_safetensors_write(path, &a, &e), "%s", e.message);
    LAW(!ll_safetensors_read(path, &b, &e), "%s", e.message);
    same(&a, &b);
    ll_tensors_free(&a);
    ll_tensors_free(&b);
    free(path);
}

const ll_fuzz_target ll_fuzz_safetensors = {"safetensors", run};
