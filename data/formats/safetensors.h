/* Safetensors: 8 bytes header length (little-endian), a JSON header {name: {dtype, shape, data_offsets}} with
 * an optional "__metadata__" of texts, then the numbers, little-endian, row-major.
 * Source: the format section of https://github.com/huggingface/safetensors. */
#ifndef LL_DATA_FORMATS_SAFETENSORS_H
#define LL_DATA_FORMATS_SAFETENSORS_H

#include "core/num/tensors.h"

/* Reads F32, F64, I32 and I64 of at most 4 dimensions. LL_BAD_DATA: another type (named), a header over 32
 * MiB, tensors that overlap, leave a hole or end outside the file. `out` is filled on success only; free it
 * with ll_tensors_free. */
ll_status ll_safetensors_read(const char *path, ll_tensors *out, ll_error *e);
/* The same from memory; `what` names the source in messages. */
ll_status ll_safetensors_parse(const char *what, const void *bytes, size_t n, ll_tensors *out, ll_error *e);
/* Atomic: the old file survives any failure. Eight-byte numbers come first, so that all are aligned. */
ll_status ll_safetensors_write(const char *path, const ll_tensors *t, ll_error *e);

#endif
