#include "data/results/plan_context.h"

ll_trial_context ll_plan_context(const ll_plan *plan, const ll_trial *t)
{
    int p = 0;
    while (plan->predictors[p] != t->predictor) p++;
    ll_trial_context c = {.pretrain_options = &plan->pretrain_options[p],
                          .transfer_options = &plan->transfer_options[p],
                          .sources = plan->x.sources,
                          .budget = plan->x.budget,
                          .level = plan->x.level};
    if (t->sampler->needs_prior) {
        int prior = ll_experiment_prior(&plan->x, &c.prior);
        if (prior >= 0) c.prior_options = &plan->pretrain_options[prior];
    }
    return c;
}
