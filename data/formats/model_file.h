/* A pretrained predictor as a safetensors file. The metadata hold what a later process must know: predictor, space,
 * hash of the data, unit, source devices, options and seed. */
#ifndef LL_DATA_FORMATS_MODEL_FILE_H
#define LL_DATA_FORMATS_MODEL_FILE_H

#include "core/predict/predictor.h"

ll_status ll_model_save(const ll_model *m, const ll_dataset *d, const char *path, ll_error *e);
/* Reads such a file, or one that torch.save wrote (a published checkpoint: name its predictor with `as`).
 * `as` names the predictor of a file that does not say (or NULL). LL_BAD_DATA: not a model, of another predictor or
 * search space. Warnings (other data, sources that are missing) are sentences added to `warnings`. */
ll_status ll_model_load(const char *path, const char *as, const ll_dataset *d, ll_model **out,
                        ll_strs *warnings, ll_error *e);

#endif
