#include "data/torchzip.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "core/base/fs.h"
#include "core/base/str.h"

static const size_t UNPACKED_MOST = (size_t)1 << 30;
enum { END_SIZE = 22, LOCATOR_SIZE = 20, END64_SIZE = 56, ENTRY_SIZE = 46, LOCAL_SIZE = 30, ZIP64_FIELD = 1 };

/* --- little-endian numbers at a place that is known to be inside --- */

static uint64_t number(const uint8_t *p, int width)
{
    uint64_t x = 0;
    for (int i = width - 1; i >= 0; i--) x = x << 8 | p[i];
    return x;
}

static bool signature(const ll_zip *z, uint64_t at, size_t size, const char *sig)
{
    return at <= z->n && z->n - at >= size && !memcmp(z->bytes + at, sig, 4);
}

bool ll_is_zip(const void *bytes, size_t n)
{
    return n >= 4 && !memcmp(bytes, "PK\3\4", 4);
}

/* --- central directory --- */

/* Position of the end record, searched from the back over a comment of up to 64 KiB; n when there is none. */
static size_t find_end(const ll_zip *z)
{
    for (size_t back = END_SIZE; back <= z->n && back <= END_SIZE + 65535; back++)
        if (signature(z, z->n - back, END_SIZE, "PK\5\6")) return z->n - back;
    return z->n;
}

/* Where the directory begins and how many entries it has, from the end record or its zip64 form. */
static ll_status find_directory(const ll_zip *z, uint64_t *at, uint64_t *count, ll_error *e)
{
    size_t end = find_end(z);
    if (end == z->n) return ll_fail(e, LL_BAD_DATA, "no zip directory at the end: the file is truncated");
    *count = number(z->bytes + end + 10, 2);
    *at = number(z->bytes + end + 16, 4);
    if (end < LOCATOR_SIZE || !signature(z, end - LOCATOR_SIZE, LOCATOR_SIZE, "PK\6\7")) return LL_OK;
    uint64_t end64 = number(z->bytes + end - LOCATOR_SIZE + 8, 8);
    if (!signature(z, end64, END64_SIZE, "PK\6\6"))
        return ll_fail(e, LL_BAD_DATA, "a wrong zip64 end record");
    *count = number(z->bytes + end64 + 32, 8);
    *at = number(z->bytes + end64 + 48, 8);
    return LL_OK;
}

/* Sizes and offset that did not fit 32 bits stand in the zip64 extra field, in this order. */
static void read_zip64(const uint8_t *extra, size_t n, ll_zip_member *m)
{
    while (n >= 4) {
        size_t id = number(extra, 2), len = number(extra + 2, 2);
        extra += 4, n -= 4;
        if (len > n) return;
        size_t *fields[] = {&m->size, &m->packed, &m->offset}, used = 0;
        for (int i = 0; id == ZIP64_FIELD && i < 3; i++)
            if (*fields[i] == UINT32_MAX && used + 8 <= len) *fields[i] = number(extra + used, 8), used += 8;
        extra += len, n -= len;
    }
}

static ll_status read_entry(ll_zip *z, uint64_t *at, ll_zip_member *m, ll_error *e)
{
    if (!signature(z, *at, ENTRY_SIZE, "PK\1\2"))
        return ll_fail(e, LL_BAD_DATA, "a wrong zip directory: the file is damaged");
    const uint8_t *p = z->bytes + *at;
    size_t name = number(p + 28, 2), extra = number(p + 30, 2), comment = number(p + 32, 2);
    if (z->n - *at - ENTRY_SIZE < name + extra + comment)
        return ll_fail(e, LL_BAD_DATA, "the zip directory ends too early: the file is truncated");
    if (number(p + 8, 2) & 1) return ll_fail(e, LL_BAD_DATA, "an encrypted zip member");
    m->method = (int)number(p + 10, 2);
    m->crc = (uint32_t)number(p + 16, 4);
    m->packed = number(p + 20, 4);
    m->size = number(p + 24, 4);
    m->offset = number(p + 42, 4);
    read_zip64(p + ENTRY_SIZE + name, extra, m);
    m->name = ll_alloc(name + 1, 1);
    memcpy(m->name, p + ENTRY_SIZE, name);
    *at += ENTRY_SIZE + name + extra + comment;
    return LL_OK;
}

ll_status ll_zip_open(const void *bytes, size_t n, ll_zip *out, ll_error *e)
{
    ll_zip z = {.bytes = bytes, .n = n};
    uint64_t at = 0, count = 0;
    ll_status s = find_directory(&z, &at, &count, e);
    if (s) return s;
    if (count > n / ENTRY_SIZE) return ll_fail(e, LL_BAD_DATA, "a zip directory of impossible length");
    z.v = LL_NEW_ARRAY(ll_zip_member, count + 1);
    for (uint64_t i = 0; !s && i < count; i++) {
        s = read_entry(&z, &at, &z.v[i], e);
        if (!s) z.n_members++;
    }
    if (s)
        ll_zip_free(&z);
    else
        *out = z;
    return s;
}

void ll_zip_free(ll_zip *z)
{
    for (int i = 0; i < z->n_members; i++) free(z->v[i].name);
    free(z->v);
    *z = (ll_zip){0};
}

const ll_zip_member *ll_zip_find(const ll_zip *z, const char *suffix)
{
    size_t n = strlen(suffix);
    for (int i = 0; i < z->n_members; i++) {
        size_t len = strlen(z->v[i].name);
        if (len >= n && !strcmp(z->v[i].name + len - n, suffix)) return &z->v[i];
    }
    return NULL;
}

/* --- members --- */

static bool inflate_all(const uint8_t *from, size_t packed, char *to, size_t size)
{
    z_stream s = {.next_in = (Bytef *)(uintptr_t)from,
                  .avail_in = (uInt)packed,
                  .next_out = (Bytef *)to,
                  .avail_out = (uInt)size};
    if (inflateInit2(&s, -MAX_WBITS) != Z_OK) return false; /* raw: zip has no zlib header */
    int end = inflate(&s, Z_FINISH);
    inflateEnd(&s);
    return end == Z_STREAM_END && s.total_out == size;
}

/* Bytes of a member as they lie in the file, behind its local header. */
static ll_status locate(const ll_zip *z, const ll_zip_member *m, const uint8_t **p, ll_error *e)
{
    if (!signature(z, m->offset, LOCAL_SIZE, "PK\3\4"))
        return ll_fail(e, LL_BAD_DATA, "member %.100s: no header where the directory says", m->name);
    const uint8_t *local = z->bytes + m->offset;
    size_t behind = LOCAL_SIZE + number(local + 26, 2) + number(local + 28, 2), left = z->n - m->offset;
    if (behind > left || m->packed > left - behind)
        return ll_fail(e, LL_BAD_DATA, "member %.100s ends outside the file: it is truncated", m->name);
    *p = local + behind;
    return LL_OK;
}

ll_status ll_zip_unpack(const ll_zip *z, const ll_zip_member *m, char **out, ll_error *e)
{
    const uint8_t *p = NULL;
    ll_status s = locate(z, m, &p, e);
    if (s) return s;
    if (m->method != 0 && m->method != 8)
        return ll_fail(e, LL_BAD_DATA,
                       "member %.100s is packed by method %d, stored or deflated was expected", m->name,
                       m->method);
    if (m->size > UNPACKED_MOST || m->packed > UNPACKED_MOST || (m->method == 0 && m->size != m->packed))
        return ll_fail(e, LL_BAD_DATA, "member %.100s has an impossible size", m->name);
    char *bytes = ll_alloc(m->size + 1, 1);
    bool good = true;
    if (m->method == 0)
        memcpy(bytes, p, m->size);
    else
        good = inflate_all(p, m->packed, bytes, m->size);
    if (!good || crc32(0, (const Bytef *)bytes, (uInt)m->size) != m->crc) {
        free(bytes);
        return ll_fail(e, LL_BAD_DATA, "member %.100s is damaged (CRC-32)", m->name);
    }
    *out = bytes;
    return LL_OK;
}

/* --- torch --- */

/* Storages that were unpacked already; several tensors may share one. */
typedef struct storages {
    const ll_zip *zip;
    char **bytes; /* per member, NULL: not yet */
} storages;

static ll_status find_storage(void *ctx, const char *key, size_t bytes, const void **data, ll_error *e)
{
    storages *x = ctx;
    ll_str suffix = {0};
    ll_str_addf(&suffix, "/data/%s", key);
    const ll_zip_member *m = ll_zip_find(x->zip, suffix.s);
    ll_str_free(&suffix);
    if (!m) return ll_fail(e, LL_BAD_DATA, "storage %.60s is missing in the zip", key);
    if (m->size < bytes)
        return ll_fail(e, LL_BAD_DATA, "storage %.60s has %zu bytes, %zu were expected", key, m->size, bytes);
    char **kept = &x->bytes[m - x->zip->v];
    ll_status s = *kept ? LL_OK : ll_zip_unpack(x->zip, m, kept, e);
    *data = *kept;
    return s;
}

static ll_status parse_members(const ll_zip *z, ll_pickle *out, ll_error *e)
{
    const ll_zip_member *m = ll_zip_find(z, "/data.pkl");
    if (!m) return ll_fail(e, LL_BAD_DATA, "no member data.pkl: not a file of torch.save");
    char *pickle;
    ll_status s = ll_zip_unpack(z, m, &pickle, e);
    if (s) return s;
    storages x = {z, LL_NEW_ARRAY(char *, z->n_members + 1)};
    s = ll_pickle_parse("data.pkl", pickle, m->size, &(ll_pickle_storages){find_storage, &x}, out, e);
    for (int i = 0; i < z->n_members; i++) free(x.bytes[i]);
    free(x.bytes);
    free(pickle);
    return s;
}

ll_status ll_torch_parse(const char *what, const void *bytes, size_t n, ll_pickle *out, ll_error *e)
{
    ll_zip z;
    ll_status s = ll_zip_open(bytes, n, &z, e);
    if (!s) {
        s = parse_members(&z, out, e);
        ll_zip_free(&z);
    }
    return s ? ll_fail_in(e, "%s: ", what) : LL_OK;
}

ll_status ll_pickle_read(const char *path, ll_pickle *out, ll_error *e)
{
    char *bytes;
    size_t n;
    ll_status s = ll_read_file(path, UNPACKED_MOST, &bytes, &n, e);
    if (s) return s;
    s = ll_is_zip(bytes, n) ? ll_torch_parse(path, bytes, n, out, e)
                            : ll_pickle_parse(path, bytes, n, NULL, out, e);
    free(bytes);
    return s;
}

/* --- tensors of a checkpoint --- */

static void add_text(ll_tensors *out, const char *name, const ll_pickled *v)
{
    ll_str text = {0};
    double x;
    if (v->kind == LL_PICKLED_TEXT)
        ll_str_add(&text, v->text.s);
    else if (ll_pickled_number(v, &x))
        ll_str_addf(&text, "%.17g", x);
    if (text.s) ll_tensors_set_text(out, name, text.s);
    ll_str_free(&text);
}

/* Values may form cycles, so the walk has a depth. */
static ll_status add_tensors(ll_tensors *out, const char *name, const ll_pickled *v, int depth, ll_error *e)
{
    if (v->kind == LL_PICKLED_ARRAY) {
        if (v->array->n_dims > 4)
            return ll_fail(e, LL_BAD_DATA, "tensor %.100s has %d dimensions, at most 4 were expected", name,
                           v->array->n_dims);
        ll_tensors_add(out, name, v->array->dtype, v->array->n_dims, v->array->shape, v->array->data);
        return LL_OK;
    }
    if (v->kind != LL_PICKLED_DICT) {
        add_text(out, name, v);
        return LL_OK;
    }
    if (!depth) return ll_fail(e, LL_BAD_DATA, "dicts are nested too deep");
    for (size_t i = 0; i + 1 < v->items.n; i += 2) {
        const ll_pickled *key = v->items.v[i];
        if (key->kind != LL_PICKLED_TEXT)
            return ll_fail(e, LL_BAD_DATA, "a key of \"%.100s\" is no text", name);
        ll_str full = {0};
        ll_str_addf(&full, "%s%s%s", name, *name ? "." : "", key->text.s);
        ll_status s = add_tensors(out, full.s, v->items.v[i + 1], depth - 1, e);
        ll_str_free(&full);
        if (s) return s;
    }
    return LL_OK;
}

ll_status ll_torch_load_tensors(const char *path, ll_tensors *out, ll_error *e)
{
    ll_pickle p;
    ll_tensors t = {0};
    ll_status s = ll_pickle_read(path, &p, e);
    if (s) return s;
    s = add_tensors(&t, "", p.root, 8, e);
    ll_pickle_free(&p);
    if (s) {
        ll_tensors_free(&t);
        return ll_fail_in(e, "%s: ", path);
    }
    *out = t;
    return LL_OK;
}
