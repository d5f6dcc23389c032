/* Zip archives (members stored or deflated, zip64 sizes) and the files that torch.save writes into them: a
 * pickle NAME/data.pkl and one member NAME/data/KEY per tensor storage. Source: PKWARE's APPNOTE.TXT,
 * sections 4.3 and 4.5.3. */
#ifndef LL_DATA_TORCHZIP_H
#define LL_DATA_TORCHZIP_H

#include <stdint.h>

#include "core/num/tensors.h"
#include "data/pickle.h"

typedef struct ll_zip_member {
    char *name;
    int method; /* 0 stored, 8 deflated */
    uint32_t crc;
    size_t offset, packed, size; /* offset of the local header */
} ll_zip_member;

typedef struct ll_zip {
    const uint8_t *bytes; /* borrowed */
    size_t n;
    ll_zip_member *v;
    int n_members;
} ll_zip;

bool ll_is_zip(const void *bytes, size_t n);
/* Reads the central directory; bytes must outlive the zip. LL_BAD_DATA: truncated or not a zip. */
ll_status ll_zip_open(const void *bytes, size_t n, ll_zip *out, ll_error *e);
const ll_zip_member *ll_zip_find(const ll_zip *z, const char *suffix); /* first whose name ends so, or NULL */
/* Unpacks a member (at most 1 GiB) and checks its CRC-32; the caller frees. A NUL follows the last byte. */
ll_status ll_zip_unpack(const ll_zip *z, const ll_zip_member *m, char **out, ll_error *e);
void ll_zip_free(ll_zip *z);

/* A torch file from memory; `what` names it in messages. */
ll_status ll_torch_parse(const char *what, const void *bytes, size_t n, ll_pickle *out, ll_error *e);
/* All tensors of a torch file, named by the keys on their way joined with '.' ("model.gc1.weight"); numbers
 * and texts on the way become metadata. Arrays of more than four dimensions are refused. */
ll_status ll_torch_load_tensors(const char *path, ll_tensors *out, ll_error *e);

#endif
