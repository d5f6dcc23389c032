#include "data/formats/npy.h"

#include <ctype.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/size.h"
#include "core/base/system/fs.h"
#include "core/num/npy_out.h"
#include "data/formats/strided.h"

static const char magic[] = "\x93NUMPY";
enum { MAGIC = 6 };

static const char *const descr[] = {[LL_F32] = "f4", [LL_F64] = "f8", [LL_I32] = "i4", [LL_I64] = "i8"};

/* --- the header: a Python dict of three known keys --- */

typedef struct header {
    const char *p; /* NUL-terminated copy */
    char type[24];
    bool fortran, swap;
} header;

static bool eat(header *h, char c)
{
    while (*h->p == ' ' || *h->p == '\n' || *h->p == '\t') h->p++;
    if (*h->p != c) return false;
    h->p++;
    return true;
}

static bool read_word(header *h, char *out, size_t size)
{
    char quote = eat(h, '\'') ? '\'' : eat(h, '"') ? '"' : 0;
    size_t n = 0;
    if (!quote) return false;
    for (; *h->p && *h->p != quote && n + 1 < size; h->p++) out[n++] = *h->p;
    out[n] = 0;
    return eat(h, quote);
}

static bool read_bool(header *h, bool *x)
{
    eat(h, ' ');
    *x = !strncmp(h->p, "True", 4);
    if (!*x && strncmp(h->p, "False", 5)) return false;
    h->p += *x ? 4 : 5;
    return true;
}

static bool read_shape(header *h, ll_npy *a)
{
    if (!eat(h, '(')) return false;
    while (!eat(h, ')')) {
        char *end;
        if (a->n_dims == LL_NPY_DIMS || !isdigit((unsigned char)*h->p)) return false;
        unsigned long n = strtoul(h->p, &end, 10);
        a->shape[a->n_dims++] = n < LONG_MAX ? (long)n : LONG_MAX;
        h->p = end;
        if (*h->p == 'L') h->p++; /* written by Python 2 */
        if (!eat(h, ',')) return eat(h, ')');
    }
    return true;
}

/* `seen` collects one bit per key, so that none is missing and none comes twice. */
static bool read_item(header *h, ll_npy *a, int *seen)
{
    char key[24];
    if (!read_word(h, key, sizeof key) || !eat(h, ':')) return false;
    int bit = !strcmp(key, "descr") ? 1 : !strcmp(key, "fortran_order") ? 2 : !strcmp(key, "shape") ? 4 : 0;
    if (!bit || *seen & bit) return false;
    *seen |= bit;
    if (bit == 2) return read_bool(h, &h->fortran);
    if (bit == 4) return read_shape(h, a);
    eat(h, ' ');
    if (read_word(h, h->type, sizeof h->type)) return true;
    snprintf(h->type, sizeof h->type, "%.20s", h->p); /* a list of fields: the type check names it */
    return false;
}

static ll_status read_type(header *h, ll_npy *a, ll_error *e)
{
    const char *t = h->type;
    bool order = *t == '<' || *t == '>' || *t == '=' || *t == '|';
    for (int i = 0; order && i < 4; i++)
        if (!strcmp(t + 1, descr[i])) {
            a->dtype = (ll_dtype)i;
            h->swap = *t == '>';
            return LL_OK;
        }
    if (strchr(t, 'O'))
        return ll_fail(e, LL_BAD_DATA,
                       "an array of objects is a pickle and is not read; numbers were expected");
    return ll_fail(e, LL_BAD_DATA, "numbers of type \"%s\", f4, f8, i4 or i8 was expected", t);
}

static ll_status read_header(header *h, ll_npy *a, ll_error *e)
{
    int seen = 0;
    bool good = eat(h, '{');
    while (good && !eat(h, '}')) {
        good = read_item(h, a, &seen);
        eat(h, ',');
    }
    if (*h->type) {
        ll_status s = read_type(h, a, e);
        if (s) return s;
    }
    if (!good || seen != 7) return ll_fail(e, LL_BAD_DATA, "a damaged NPY header");
    return ll_shape_count(a->shape, a->n_dims, ll_dtype_size(a->dtype), &a->count, e);
}

/* --- numbers --- */

static void swap_bytes(char *p, size_t count, size_t size)
{
    for (size_t i = 0; i < count; i++, p += size)
        for (size_t b = 0; b < size / 2; b++) {
            char t = p[b];
            p[b] = p[size - 1 - b];
            p[size - 1 - b] = t;
        }
}

static ll_status read_numbers(const header *h, const char *p, size_t n, ll_npy *a, ll_error *e)
{
    size_t size = ll_dtype_size(a->dtype);
    if (n != a->count * size)
        return ll_fail(e, LL_BAD_DATA, "%zu bytes of numbers, %zu were expected: the file is %s", n,
                       a->count * size, n < a->count * size ? "truncated" : "too long");
    a->data = ll_alloc(a->count + 1, size);
    memcpy(a->data, p, n);
    if (h->swap) swap_bytes(a->data, a->count, size);
    if (h->fortran && a->n_dims > 1) {
        long long stride[LL_NPY_DIMS];
        void *rows = ll_alloc(a->count + 1, size);
        ll_fortran_strides(a->n_dims, a->shape, stride);
        ll_strided_copy(a->n_dims, a->shape, stride, size, a->data, rows);
        free(a->data);
        a->data = rows;
    }
    return LL_OK;
}

static ll_status parse(const char *bytes, size_t n, ll_npy *a, ll_error *e)
{
    const uint8_t *u = (const uint8_t *)bytes;
    if (n < 10 || memcmp(bytes, magic, MAGIC)) return ll_fail(e, LL_BAD_DATA, "not an NPY file");
    if (u[6] < 1 || u[6] > 3) return ll_fail(e, LL_BAD_DATA, "NPY format %d, 1 to 3 was expected", u[6]);
    size_t at = u[6] == 1 ? 10 : 12, len = (size_t)(u[8] | u[9] << 8);
    if (u[6] > 1 && n >= 12) len |= (size_t)u[10] << 16 | (size_t)u[11] << 24;
    if (at > n || len > n - at)
        return ll_fail(e, LL_BAD_DATA, "the header ends outside the file: it is truncated");
    char *text = ll_alloc(len + 1, 1);
    memcpy(text, bytes + at, len);
    header h = {.p = text};
    ll_status s = read_header(&h, a, e);
    free(text);
    return s ? s : read_numbers(&h, bytes + at + len, n - at - len, a, e);
}

ll_status ll_npy_parse(const char *what, const void *bytes, size_t n, ll_npy *out, ll_error *e)
{
    ll_npy a = {0};
    ll_status s = parse(bytes, n, &a, e);
    if (s) return ll_fail_in(e, "%s: ", what);
    *out = a;
    return LL_OK;
}

ll_status ll_npy_read(const char *path, ll_npy *out, ll_error *e)
{
    char *bytes;
    size_t n;
    ll_status s = ll_read_file(path, 0, &bytes, &n, e);
    if (s) return s;
    s = ll_npy_parse(path, bytes, n, out, e);
    free(bytes);
    return s;
}

void ll_npy_free(ll_npy *a)
{
    free(a->data);
    *a = (ll_npy){0};
}

/* --- writing --- */

ll_status ll_npy_write(const char *path, ll_dtype dtype, int n_dims, const long *shape, const void *data,
                       ll_error *e)
{
    ll_writer w;
    ll_str type = {0}, dims = {0}, front = {0};
    size_t count = 1;
    ll_status s = ll_writer_open(&w, path, e);
    if (s) return s;
    for (int i = 0; i < n_dims; i++) {
        ll_str_addf(&dims, "%s%ld%s", i ? " " : "(", shape[i], i + 1 < n_dims || n_dims == 1 ? "," : "");
        count *= (size_t)shape[i];
    }
    ll_str_addf(&type, "'<%s'", descr[dtype]);
    ll_str_add(&dims, n_dims ? ")" : "()");
    ll_npy_header(&front, type.s, dims.s, 0);
    fwrite(front.s, 1, front.len, w.f);
    fwrite(data, ll_dtype_size(dtype), count, w.f);
    ll_str_free(&type);
    ll_str_free(&dims);
    ll_str_free(&front);
    return ll_writer_commit(&w, e);
}
