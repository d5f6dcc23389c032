/* Our NASFLAT network against tensors of the authors' (the folder's README says how they were made). */
#ifndef LL_DATA_DATASETS_VERIFY_REFERENCE_H
#define LL_DATA_DATASETS_VERIFY_REFERENCE_H

#include "core/app/command.h"
#include "core/num/tensors.h"

/* Largest errors of one case: NAME.json (cases), NAME.safetensors (weights), NAME_grad.safetensors. */
typedef struct ll_reference_errors {
    bool relative; /* scores are relative to the largest of them (single layers), else absolute (ensemble) */
    int n_scores, n_tensors;
    double score, loss, gradient; /* gradient: relative to each tensor's largest element */
    char worst_tensor[128];
    bool passed;
} ll_reference_errors;

#define LL_REFERENCE_SCORE    2e-5
#define LL_REFERENCE_GRADIENT 1e-4

/* `stem`: path without ".json". LL_BAD_DATA when the files are not of the form; a large error is no failure
 * here. */
ll_status ll_verify_reference(const char *stem, ll_reference_errors *out, ll_error *e);

extern const ll_command ll_verify_commands[];

#endif
