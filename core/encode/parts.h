/* The encodings of this room, one file each, and what they share. */
#ifndef LL_ENCODE_PARTS_H
#define LL_ENCODE_PARTS_H

#include "core/encode/encoding.h"

extern const ll_encoding ll_encoding_onehot, ll_encoding_path, ll_encoding_graph, ll_encoding_cost,
    ll_encoding_caz;

ll_matrix_f ll_matrix_f_new(int rows, int cols); /* zeroed */
/* Each column to mean 0 and standard deviation 1; a constant one becomes 0. */
void ll_standardise_columns(ll_matrix_f *m);

#endif
