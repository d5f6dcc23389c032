#include <string.h>

#include "core/base/text/near.h"
#include "core/predict/predictor.h"

extern const ll_predictor ll_flops, ll_params, ll_opcount, ll_lut, ll_ridge_predictor, ll_lowrank,
    ll_adaproxy;
extern const ll_predictor ll_mlp, ll_brpnas, ll_multipredict, ll_maml, ll_metasgd, ll_help, ll_nasflat, ll_gp,
    ll_blend, ll_forest_predictor, ll_kernels_predictor;

/* In the order tables list them: counts and linear models first, then what learns across devices. */
/* clang-format off */
const ll_predictor *const ll_predictors[] = {
    &ll_flops,
    &ll_params,
    &ll_opcount,
    &ll_lut,
    &ll_kernels_predictor,
    &ll_ridge_predictor,
    &ll_lowrank,
    &ll_adaproxy,
    &ll_forest_predictor,
    &ll_mlp,
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

ll_status ll_predictor_need(const char *what, const char *name, const ll_predictor **out, ll_error *e)
{
    *out = ll_predictor_find(name);
    if (*out) return LL_OK;
    ll_near near = ll_near_to(name);
    for (int i = 0; ll_predictors[i]; i++) ll_near_offer(&near, ll_predictors[i]->name);
    return ll_near_fail(&near, e, LL_USAGE, "`predictors` lists them", "%s%s%.60s: no such predictor",
                        what ? what : "", what ? "=" : "", name);
}
