/* An accuracy predictor that came with the data: a perceptron over the choices of an architecture, so that those without a
 * row have a score too (Once-for-All's, arXiv 1908.09791). Choices of positions that an architecture lacks are no input.
 *
 *   x = one-hots -> relu(W0 x + b0) -> ... -> W_last x + b_last, times scale
 *
 * Immutable, reference-counted: any thread may ask. */
#ifndef LL_DEVICE_SCORE_MODEL_H
#define LL_DEVICE_SCORE_MODEL_H

#include "core/archs/archs.h"
#include "core/num/tensors.h"

typedef struct ll_score_model ll_score_model;

/* Tensors: "input" (positions, choices) I32: which input a choice sets to 1, -1: none; "N.weight" (out, in) and "N.bias"
 * (out) F32, N = 0, 1, ... up to the one with a single output; "scale" (1) F64. LL_BAD_DATA: what is missing, or of a wrong
 * shape. The tensors are copied. */
ll_status ll_score_model_new(const ll_space *space, const ll_tensors *t, ll_score_model **out, ll_error *e);
ll_score_model *ll_score_model_ref(const ll_score_model *m);
void ll_score_model_unref(ll_score_model *m); /* NULL is fine */
const ll_tensors *ll_score_model_tensors(const ll_score_model *m);
/* (archs->n) */
void ll_score_model_apply(const ll_score_model *m, const ll_archs *archs, double *out);

#endif
