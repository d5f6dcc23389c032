/* Models and transfers as tensors with metadata, and back: what a blob of a session holds, and `model save`
 * writes. */
#ifndef LL_SESSIONS_PACK_H
#define LL_SESSIONS_PACK_H

#include "core/num/tensors.h"
#include "core/predict/predictor.h"
#include "core/transfer/transfer.h"

/* Fills `out` (free with ll_tensors_free): the predictor's own tensors and a text "latlab.model" with
 * predictor, source devices, data hash and info. */
ll_status ll_model_pack(const ll_model *m, ll_tensors *out, ll_error *e);
/* `data` is the dataset it was trained on. LL_BAD_DATA: not a model, or of a predictor that is not known. */
ll_status ll_model_unpack(const ll_tensors *in, const ll_dataset *data, ll_model **out, ll_error *e);

void ll_transfer_pack(const ll_transfer *t, ll_tensors *out);
/* LL_BAD_DATA: not a transfer, or of more than n_archs architectures. */
ll_status ll_transfer_unpack(const ll_tensors *in, int n_archs, ll_transfer **out, ll_error *e);

#endif
