#include "data/formats/zip.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "core/base/interrupt.h"
#include "core/base/mem.h"

enum {
    END_SIZE = 22,
    LOCATOR_SIZE = 20,
    END64_SIZE = 56,
    ENTRY_SIZE = 46,
    LOCAL_SIZE = 30,
    ZIP64_FIELD = 1,
    STEP = 1 << 20
};

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
    if (strlen(m->name) < name)
        return ll_fail(e, LL_BAD_DATA, "member %.100s has a NUL byte in its name", m->name);
    if (!ll_names_add_new(&z->names, m->name))
        return ll_fail(e, LL_BAD_DATA, "two members are called %.100s", m->name);
    return LL_OK;
}

/* Where the bytes of a member lie, behind its local header; all of them in front of the directory. */
static ll_status locate(const ll_zip *z, ll_zip_member *m, size_t directory, ll_error *e)
{
    if (m->offset > directory || !signature(z, m->offset, LOCAL_SIZE, "PK\3\4"))
        return ll_fail(e, LL_BAD_DATA, "member %.100s: no header where the directory says", m->name);
    const uint8_t *local = z->bytes + m->offset;
    size_t behind = LOCAL_SIZE + number(local + 26, 2) + number(local + 28, 2), left = directory - m->offset;
    if (behind > left || m->packed > left - behind)
        return ll_fail(e, LL_BAD_DATA, "member %.100s ends outside the file: it is truncated", m->name);
    m->data = m->offset + behind;
    return LL_OK;
}

static int by_offset(const void *a, const void *b)
{
    const ll_zip_member *x = *(ll_zip_member *const *)a, *y = *(ll_zip_member *const *)b;
    if (x->offset != y->offset) return x->offset < y->offset ? -1 : 1;
    return (x->data + x->packed > y->data + y->packed) - (x->data + x->packed < y->data + y->packed);
}

/* No byte belongs to two members: what they unpack to cannot be many times the file by being the same bytes. */
static ll_status check_overlap(const ll_zip *z, ll_error *e)
{
    ll_zip_member **order = LL_NEW_ARRAY(ll_zip_member *, z->n_members + 1);
    for (int i = 0; i < z->n_members; i++) order[i] = &z->v[i];
    qsort(order, (size_t)z->n_members, sizeof *order, by_offset);
    ll_status s = LL_OK;
    for (int i = 1; !s && i < z->n_members; i++)
        if (order[i]->offset < order[i - 1]->data + order[i - 1]->packed)
            s = ll_fail(e, LL_BAD_DATA, "members %.100s and %.100s overlap in the file", order[i - 1]->name,
                        order[i]->name);
    free(order);
    return s;
}

static ll_status read_directory(ll_zip *z, uint64_t at, uint64_t count, ll_error *e)
{
    size_t directory = (size_t)at;
    ll_status s = LL_OK;
    for (uint64_t i = 0; !s && i < count; i++) {
        if (ll_interrupted()) return ll_interrupt_fail(e);
        ll_zip_member *m = &z->v[z->n_members++];
        s = read_entry(z, &at, m, e);
        if (!s) s = locate(z, m, directory, e);
    }
    return s ? s : check_overlap(z, e);
}

ll_status ll_zip_open(const void *bytes, size_t n, ll_zip *out, ll_error *e)
{
    ll_zip z = {.bytes = bytes, .n = n};
    uint64_t at = 0, count = 0;
    ll_status s = find_directory(&z, &at, &count, e);
    if (s) return s;
    if (count > n / ENTRY_SIZE) return ll_fail(e, LL_BAD_DATA, "a zip directory of impossible length");
    z.v = LL_NEW_ARRAY(ll_zip_member, count + 1);
    s = read_directory(&z, at, count, e);
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
    ll_names_free(&z->names);
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

const ll_zip_member *ll_zip_named(const ll_zip *z, const char *name)
{
    int i = ll_names_find(&z->names, name);
    return i < 0 ? NULL : &z->v[i];
}

/* --- members --- */

static ll_status damaged(const ll_zip_member *m, const char *how, ll_error *e)
{
    return ll_fail(e, LL_BAD_DATA, "member %.100s is damaged (%s)", m->name, how);
}

/* One stretch of at most STEP bytes of what is left to come; Z_OK as long as there is more. */
static int inflate_step(z_stream *s, const uint8_t *from, size_t packed, char *to, size_t size)
{
    size_t in = packed - s->total_in, out = size - s->total_out;
    s->next_in = (Bytef *)(uintptr_t)(from + s->total_in);
    s->avail_in = (uInt)(in < STEP ? in : STEP);
    s->next_out = (Bytef *)to + s->total_out;
    s->avail_out = (uInt)(out < STEP ? out : STEP);
    return inflate(s, Z_NO_FLUSH); /* Z_BUF_ERROR when nothing moves: what is there is not all */
}

/* Into exactly `size` bytes, all `packed` ones used. */
static ll_status inflate_all(const ll_zip_member *m, const uint8_t *from, char *to, ll_error *e)
{
    z_stream s = {0};
    int end = inflateInit2(&s, -MAX_WBITS); /* raw: zip has no zlib header */
    bool stop = false;
    while (end == Z_OK && !(stop = ll_interrupted())) end = inflate_step(&s, from, m->packed, to, m->size);
    bool good = end == Z_STREAM_END && s.total_out == m->size && s.total_in == m->packed;
    inflateEnd(&s);
    if (stop) return ll_interrupt_fail(e);
    return good ? LL_OK : damaged(m, "it does not unpack to the size that is stated", e);
}

/* Copies what was stored (from NULL: it is there already) and compares the checksum. */
static ll_status check_sum(const ll_zip_member *m, const uint8_t *from, char *to, ll_error *e)
{
    uLong crc = crc32(0, NULL, 0);
    for (size_t at = 0, n; at < m->size; at += n) {
        if (ll_interrupted()) return ll_interrupt_fail(e);
        n = m->size - at < STEP ? m->size - at : STEP;
        if (from) memcpy(to + at, from + at, n);
        crc = crc32(crc, (const Bytef *)to + at, (uInt)n);
    }
    return crc == m->crc ? LL_OK : damaged(m, "CRC-32", e);
}

static ll_status unpack(const ll_zip *z, const ll_zip_member *m, char *to, ll_error *e)
{
    const uint8_t *from = z->bytes + m->data;
    ll_status s = m->method ? inflate_all(m, from, to, e) : LL_OK;
    return s ? s : check_sum(m, m->method ? NULL : from, to, e);
}

ll_status ll_zip_unpack(const ll_zip *z, const ll_zip_member *m, ll_budget *budget, char **out, ll_error *e)
{
    if (m->method != 0 && m->method != 8)
        return ll_fail(e, LL_BAD_DATA,
                       "member %.100s is packed by method %d, stored or deflated was expected", m->name,
                       m->method);
    if (m->method == 0 && m->size != m->packed)
        return ll_fail(e, LL_BAD_DATA, "member %.100s is stored in %zu bytes and states %zu", m->name,
                       m->packed, m->size);
    size_t bytes;
    if (__builtin_add_overflow(m->size, 1, &bytes)) return damaged(m, "an impossible size", e);
    if (ll_budget_take(budget, bytes, 1, e)) return ll_fail_in(e, "member %.100s: ", m->name);
    *out = ll_alloc(bytes, 1);
    ll_status s = unpack(z, m, *out, e);
    if (!s) return LL_OK;
    free(*out);
    *out = NULL;
    ll_budget_give(budget, bytes);
    return s;
}
