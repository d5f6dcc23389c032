/* The encodings of this room, one file each, and what they share. */
#ifndef LL_ENCODE_PARTS_H
#define LL_ENCODE_PARTS_H

#include "core/encode/encoding.h"

extern const ll_encoding ll_encoding_onehot, ll_encoding_numbers, ll_encoding_path, ll_encoding_graph,
    ll_encoding_graf, ll_encoding_cost, ll_encoding_arch2vec, ll_encoding_cate, ll_encoding_zcp,
    ll_encoding_caz;
/* A column of the data, by whatever name: not in the list. */
extern const ll_encoding ll_encoding_feature;

/* LL_BAD_DATA: architecture i has no such feature. */
ll_status ll_encoding_lacks(const char *feature, const ll_archs *archs, int i, ll_error *e);

#endif
