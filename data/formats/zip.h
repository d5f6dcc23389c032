/* Zip archives: members stored or deflated, zip64 sizes. Source: PKWARE's APPNOTE.TXT, sections 4.3 and 4.5.3.
 *
 * What the directory claims is checked against the file before anything is unpacked: members lie inside the file, in
 * front of the directory, and do not overlap; no two have one name. So all of them together are no longer than the
 * file, and what they unpack to is taken from the caller's budget (core/base/size.h). */
#ifndef LL_DATA_FORMATS_ZIP_H
#define LL_DATA_FORMATS_ZIP_H

#include <stdint.h>

#include "core/base/index.h"
#include "core/base/size.h"

typedef struct ll_zip_member {
    char *name;
    int method; /* 0 stored, 8 deflated */
    uint32_t crc;
    size_t offset, packed, size; /* offset of the local header */
    size_t data;                 /* where its bytes begin */
} ll_zip_member;

typedef struct ll_zip {
    const uint8_t *bytes; /* borrowed */
    size_t n;
    ll_zip_member *v;
    int n_members;
    ll_names names; /* member i is called names.v[i] */
} ll_zip;

bool ll_is_zip(const void *bytes, size_t n);
/* Reads and checks the central directory; bytes must outlive the zip. LL_BAD_DATA: truncated, not a zip, or a directory
 * that cannot be true. LL_CANCELLED. */
ll_status ll_zip_open(const void *bytes, size_t n, ll_zip *out, ll_error *e);
const ll_zip_member *ll_zip_find(const ll_zip *z, const char *suffix); /* first whose name ends so, or NULL */
const ll_zip_member *ll_zip_named(const ll_zip *z, const char *name);  /* NULL: none */
/* Unpacks a member and checks its size and CRC-32; the caller frees, and gives the m->size + 1 bytes that were taken
 * from the budget back to it. A NUL follows the last byte. */
ll_status ll_zip_unpack(const ll_zip *z, const ll_zip_member *m, ll_budget *budget, char **out, ll_error *e);
void ll_zip_free(ll_zip *z);

#endif
