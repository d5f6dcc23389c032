#include <string.h>

#include "core/predict/predictor.h"

extern const ll_predictor ll_flops, ll_params, ll_opcount, ll_lut, ll_lowrank, ll_adaproxy;
extern const ll_predictor ll_nasflat, ll_gp, ll_help, ll_metasgd, ll_maml;

const ll_predictor *const ll_predictors[] = {
    &ll_flops,   &ll_params, &ll_opcount, &ll_lut,     &ll_lowrank, &ll_adaproxy,
    &ll_nasflat, &ll_gp,     &ll_help,    &ll_metasgd, &ll_maml,    NULL,
};

const ll_predictor *ll_predictor_find(const char *name)
{
    for (int i = 0; ll_predictors[i]; i++)
        if (!strcmp(ll_predictors[i]->name, name)) return ll_predictors[i];
    return NULL;
}
