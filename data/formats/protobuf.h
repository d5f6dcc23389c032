/* Writing Protocol Buffers: the wire format (protobuf.dev, "Encoding") without a schema. A message is a byte
 * string that fields are appended to; a message inside another is written first and then added as one field. */
#ifndef LL_DATA_FORMATS_PROTOBUF_H
#define LL_DATA_FORMATS_PROTOBUF_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"

/* int32, int64, enum: a varint; a negative number takes ten bytes. Repeated: once per element. */
void ll_pb_int(ll_str *message, int field, int64_t value);
void ll_pb_fixed32(ll_str *message, int field, uint32_t bits); /* of a float */
/* bytes and string: the length, then the bytes. */
void ll_pb_bytes(ll_str *message, int field, const void *bytes, size_t n);
void ll_pb_text(ll_str *message, int field, const char *text);
/* Adds `inner` as a field and frees it. */
void ll_pb_message(ll_str *message, int field, ll_str *inner);

#endif
