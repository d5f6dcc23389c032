/* What of a dataset something was learnt from: the content of its columns when that was done. So it can be said later
 * whether it still is what the dataset holds. Datasets grow at their end: the rows of then are the first rows. */
#ifndef LL_DEVICE_BASIS_H
#define LL_DEVICE_BASIS_H

#include "core/device/dataset.h"

typedef struct ll_basis {
    int n_archs; /* rows of then */
    ll_strs device;
    ll_strs hash; /* of the columns, in the same order; "": not known */
} ll_basis;

/* Hash of a device's latencies in these rows, in this order; rows NULL: the first n, as far as there are any. */
ll_hash ll_column_hash(const ll_dataset *d, int device, const int *rows, int n);

/* Of these devices, those that the dataset has. `b` is overwritten; free it with ll_basis_free. */
void ll_basis_take(ll_basis *b, const ll_dataset *d, const ll_strs *devices);
void ll_basis_copy(ll_basis *b, const ll_basis *of); /* likewise */
void ll_basis_free(ll_basis *b);
/* Devices whose columns are no longer what they were, in words: "its source a has changed, b is gone". False: none. */
bool ll_basis_changed(const ll_basis *b, const ll_dataset *d, ll_str *why);
/* The rows of then are elsewhere now: now[i] is where the i-th of the n is, -1: nowhere. What has not changed is as if
 * it had been learnt from `d`. */
void ll_basis_move(ll_basis *b, const ll_dataset *d, const int *now, int n);

cJSON *ll_basis_json(const ll_basis *b);
void ll_basis_read(const cJSON *o, ll_basis *b); /* what it lacks is empty */

#endif
