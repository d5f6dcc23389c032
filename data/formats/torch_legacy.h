/* What torch.save wrote before 1.6, and writes without its zip: pickles in a row, then the numbers. In order
 *
 *   the magic number 0x1950a86a20f9469cfc6c    the version, 1001    {"little_endian": True, ...}
 *   what was saved; a tensor names its storage by a key    a list of these keys
 *   for each key the number of its elements (int64), then the elements
 *
 * each number little-endian. Source: _legacy_save and _legacy_load in torch/serialization.py. */
#ifndef LL_DATA_FORMATS_TORCH_LEGACY_H
#define LL_DATA_FORMATS_TORCH_LEGACY_H

#include "data/formats/pickle.h"

bool ll_is_torch_legacy(const void *bytes, size_t n);
/* Such a file from memory; `what` names it in messages. Nothing is executed, and no more read than ll_pickle_parse knows.
 * LL_BAD_DATA: any part missing, of another kind or longer than the file; storages that are listed but not used, used but
 * not listed, listed or used in two ways; bytes behind the last. LL_CANCELLED. Free with ll_pickle_free. */
ll_status ll_torch_legacy_parse(const char *what, const void *bytes, size_t n, ll_pickle *out, ll_error *e);

#endif
