/* Named tensors with text metadata: what a weights file holds, before it is a file (data/safetensors does
 * that). */
#ifndef LL_NUM_TENSORS_H
#define LL_NUM_TENSORS_H

#include <stddef.h>

#include "core/base/index.h"
#include "core/base/status.h"
#include "core/base/str.h"
#include "core/base/text/json.h"

typedef enum ll_dtype { LL_F32, LL_F64, LL_I32, LL_I64 } ll_dtype;
typedef struct ll_tensor {
    char *name;
    ll_dtype dtype;
    int n_dims;
    long shape[4];
    void *data; /* row-major, owned */
} ll_tensor;
typedef struct ll_tensors {
    ll_tensor *v;
    int n, cap;
    ll_strs keys, values; /* metadata, parallel lists */
    ll_names key_names;   /* the keys by name */
} ll_tensors;

/* Copies `data` (NULL: zeros); returns the tensor. shape has n_dims entries. */
ll_tensor *ll_tensors_add(ll_tensors *t, const char *name, ll_dtype dtype, int n_dims, const long *shape,
                          const void *data);
const ll_tensor *ll_tensors_find(const ll_tensors *t, const char *name); /* NULL: none */
/* Find, and check type and shape: LL_BAD_DATA names the tensor and both shapes. */
ll_status ll_tensors_need(const ll_tensors *t, const char *name, ll_dtype dtype, int n_dims,
                          const long *shape, const ll_tensor **out, ll_error *e);
/* LL_BAD_DATA names the first tensor with a NaN or an infinite number, and its place. */
ll_status ll_tensors_finite(const ll_tensors *t, ll_error *e);
void ll_tensors_set_text(ll_tensors *t, const char *key, const char *value);
const char *ll_tensors_text(const ll_tensors *t, const char *key); /* NULL: none */
/* JSON as one of the texts. Reading gives NULL where the text is missing or not JSON, and fails only when it is stopped
 * (LL_CANCELLED); the caller deletes *out. */
void ll_tensors_set_json(ll_tensors *t, const char *key, const cJSON *o);
ll_status ll_tensors_json(const ll_tensors *t, const char *key, cJSON **out, ll_error *e);
/* All of `from`, tensors and texts, under `prefix` + their names; and what is under a prefix, without it. */
void ll_tensors_add_all(ll_tensors *t, const char *prefix, const ll_tensors *from);
void ll_tensors_take(const ll_tensors *from, const char *prefix, ll_tensors *out);
size_t ll_tensor_count(const ll_tensor *t); /* whoever made it has checked the shape (core/base/size.h) */
size_t ll_dtype_size(ll_dtype d);
void ll_tensors_free(ll_tensors *t);

#endif
