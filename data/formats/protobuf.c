#include "data/formats/protobuf.h"

#include <string.h>

enum { VARINT = 0, DELIMITED = 2, FIXED32 = 5 }; /* wire types */

/* Seven bits a byte, the lowest first; the top bit says that more follow. */
static void put_varint(ll_str *out, uint64_t v)
{
    for (; v >= 0x80; v >>= 7) ll_str_addc(out, (char)(v | 0x80));
    ll_str_addc(out, (char)v);
}

static void put_tag(ll_str *out, int field, int wire)
{
    put_varint(out, (uint64_t)field << 3 | (uint64_t)wire);
}

void ll_pb_int(ll_str *message, int field, int64_t value)
{
    put_tag(message, field, VARINT);
    put_varint(message, (uint64_t)value);
}

void ll_pb_fixed32(ll_str *message, int field, uint32_t bits)
{
    put_tag(message, field, FIXED32);
    for (int i = 0; i < 4; i++) ll_str_addc(message, (char)(bits >> 8 * i));
}

void ll_pb_bytes(ll_str *message, int field, const void *bytes, size_t n)
{
    put_tag(message, field, DELIMITED);
    put_varint(message, n);
    ll_str_addn(message, bytes ? bytes : "", n);
}

void ll_pb_text(ll_str *message, int field, const char *text)
{
    ll_pb_bytes(message, field, text, strlen(text));
}

void ll_pb_message(ll_str *message, int field, ll_str *inner)
{
    ll_pb_bytes(message, field, inner->s, inner->len);
    ll_str_free(inner);
}
