#include <string.h>

#include "core/predict/predictor.h"

extern const ll_predictor ll_flops, ll_params, ll_opcount, ll_lut, ll_lowrank, ll_adaproxy;
extern const ll_predictor ll_brpnas, ll_multipredict, ll_maml, ll_metasgd, ll_help, ll_nasflat, ll_gp,
    ll_blend, ll_forest_predictor;

/* In the order tables list them: counts and linear models first, then what learns across devices. */
/* clang-format off */
const ll_predictor *const ll_predictors[] = {
    &ll_flops,
    &ll_params,
    &ll_opcount,
    &ll_lut,
    &ll_lowrank,
    &ll_adaproxy,
    &ll_forest_predictor,
    &ll_brpnas,
    &ll_multipredict,
    &ll_maml,
    &ll_metasgd,
    &ll_help,
    &ll_nasflat,
    &ll_gp,
    &ll_blend,
    NULL,
};
/* clang-format on */

const ll_predictor *ll_predictor_find(const char *name)
{
    for (int i = 0; ll_predictors[i]; i++)
        if (!strcmp(ll_predictors[i]->name, name)) return ll_predictors[i];
    return NULL;
}
