/* Encodings: a vector for every architecture of a dataset. One const record each; `ll_encodings` lists them.
 * A feature that came with the dataset (zcp, arch2vec, ...) is found by its name as well. */
#ifndef LL_ENCODE_ENCODING_H
#define LL_ENCODE_ENCODING_H

#include "core/device/dataset.h"

typedef struct ll_matrix_f { /* owned */
    int rows, cols;
    float *v; /* (rows, cols) row-major */
} ll_matrix_f;
void ll_matrix_f_free(ll_matrix_f *m);

typedef struct ll_encoding {
    const char *name, *summary;
    ll_status (*encode)(const ll_dataset *d, ll_matrix_f *out, ll_error *e); /* all rows */
} ll_encoding;

extern const ll_encoding *const ll_encodings[]; /* ends with NULL */
/* By name, built-in or a feature of the dataset ("zcp"); LL_USAGE lists what there is. NaN rows are an error
 * that names the first architecture without the feature. */
ll_status ll_encode(const ll_dataset *d, const char *name, ll_matrix_f *out, ll_error *e);

#endif
