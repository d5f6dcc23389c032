/* What torch.save writes, with the archive made sound around it: parts "data.pkl" and "data/KEY" become members with
 * their right CRC-32, so that damage reaches tensors, storages and strides. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "core/base/str.h"
#include "data/formats/torchzip.h"
#include "tests/fuzz/fuzz.h"

static void add_number(ll_str *to, uint64_t x, int width)
{
    for (int i = 0; i < width; i++) ll_str_addc(to, (char)(i < 8 ? x >> 8 * i : 0));
}

/* What a local header and a directory entry have in common: from "version needed" to the length of the name. */
static void add_header(ll_str *to, const ll_fuzz_part *p, const char *name)
{
    add_number(to, 20, 2);
    add_number(to, 0, 8); /* flags, stored, time, date */
    add_number(to, crc32(0, p->bytes, (uInt)p->n), 4);
    add_number(to, p->n, 4);
    add_number(to, p->n, 4);
    add_number(to, strlen(name), 2);
    add_number(to, 0, 2); /* extra */
}

static void add_member(ll_str *zip, ll_str *directory, const ll_fuzz_part *p)
{
    ll_str name = {0};
    size_t offset = zip->len;
    ll_str_addf(&name, "f/%s", p->name);
    ll_str_addn(zip, "PK\3\4", 4);
    add_header(zip, p, name.s);
    ll_str_add(zip, name.s);
    ll_str_addn(zip, (const char *)p->bytes, p->n);
    ll_str_addn(directory, "PK\1\2", 4);
    add_number(directory, 20, 2);
    add_header(directory, p, name.s);
    add_number(directory, 0, 10); /* comment, disk, attributes */
    add_number(directory, offset, 4);
    ll_str_add(directory, name.s);
    ll_str_free(&name);
}

static void pack(const ll_fuzz_part *parts, int count, ll_str *zip)
{
    ll_str directory = {0};
    for (int i = 0; i < count; i++) add_member(zip, &directory, &parts[i]);
    size_t at = zip->len;
    if (directory.len) ll_str_addn(zip, directory.s, directory.len);
    ll_str_addn(zip, "PK\5\6\0\0\0\0", 8);
    add_number(zip, (uint64_t)count, 2);
    add_number(zip, (uint64_t)count, 2);
    add_number(zip, directory.len, 4);
    add_number(zip, at, 4);
    add_number(zip, 0, 2);
    ll_str_free(&directory);
}

static void run(const uint8_t *bytes, size_t n)
{
    ll_fuzz_part parts[LL_FUZZ_PARTS];
    ll_str zip = {0};
    ll_tensors t = {0};
    ll_error e = {0};
    int count = ll_fuzz_split(bytes, n, parts);
    if (!count) return; /* not even a member: target zip */
    pack(parts, count, &zip);
    char *path = ll_fuzz_path("fuzz.pt");
    ll_fuzz_file(path, (const uint8_t *)zip.s, zip.len);
    if (ll_fuzz_good(ll_torch_load_tensors(path, &t, &e), &e)) ll_tensors_free(&t);
    ll_str_free(&zip);
    free(path);
}

const ll_fuzz_target ll_fuzz_torch = {"torch", run};
