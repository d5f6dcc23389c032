/* A pretrained predictor as a safetensors file, alone or with what it was adapted to: then the file is all it takes to
 * predict for those devices, without any data. The metadata hold what a later process must know: predictor, search space,
 * hash of the data, unit, source devices, options and seed. */
#ifndef LL_DATA_FORMATS_MODEL_FILE_H
#define LL_DATA_FORMATS_MODEL_FILE_H

#include "core/transfer/adapted.h"

enum { LL_MOST_ADAPTED = 64 }; /* in one file: as many as a state holds */

/* `adapted`: n of this model, to different devices. */
ll_status ll_model_save(const ll_model *m, ll_adapted *const *adapted, int n, const char *path, ll_error *e);

typedef struct ll_model_file {
    ll_model *model;
    ll_adapted **adapted; /* (n_adapted), of this model, in the order they were saved */
    int n_adapted;
    ll_strs warnings; /* other data, sources that are missing: sentences */
} ll_model_file;

/* Reads such a file, or one that torch.save wrote (a published checkpoint: name its predictor with `as`, else NULL).
 * `d` is what it is to be used with; NULL: nothing, then the file must say for which search space it is. LL_BAD_DATA: not
 * a model, of another predictor or search space. `out` is filled on success; free it with ll_model_file_free. */
ll_status ll_model_load(const char *path, const char *as, const ll_dataset *d, ll_model_file *out,
                        ll_error *e);
void ll_model_file_free(ll_model_file *f); /* all parts that were not taken (set to NULL) */

#endif
