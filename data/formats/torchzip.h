/* The files that torch.save writes: a zip archive with a pickle NAME/data.pkl and one member NAME/data/KEY per tensor
 * storage. Members, tree and tensors together stay within the budget of a pickle of the file's size
 * (core/base/size.h). */
#ifndef LL_DATA_FORMATS_TORCHZIP_H
#define LL_DATA_FORMATS_TORCHZIP_H

#include "core/num/tensors.h"
#include "data/formats/pickle.h"
#include "data/formats/zip.h"

/* A torch file from memory; `what` names it in messages. */
ll_status ll_torch_parse(const char *what, const void *bytes, size_t n, ll_pickle *out, ll_error *e);
/* All tensors of a torch file, zip or older, named by the keys on their way joined with '.' ("model.gc1.weight"); numbers
 * and texts on the way become metadata. Arrays of more than four dimensions are refused. */
ll_status ll_torch_load_tensors(const char *path, ll_tensors *out, ll_error *e);

#endif
