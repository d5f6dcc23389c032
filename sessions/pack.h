/* A transfer as tensors with metadata, and back: what a blob of a session holds. (Models are files of their own kind,
 * data/formats/model_file.h.) */
#ifndef LL_SESSIONS_PACK_H
#define LL_SESSIONS_PACK_H

#include "core/num/tensors.h"
#include "core/transfer/transfer.h"

/* Fills `out`; free with ll_tensors_free. */
void ll_transfer_pack(const ll_transfer *t, ll_tensors *out);
/* LL_BAD_DATA: not a transfer, or of more than n_archs architectures. */
ll_status ll_transfer_unpack(const ll_tensors *in, int n_archs, ll_transfer **out, ll_error *e);

#endif
