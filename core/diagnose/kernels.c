/* What the kernels of the target cost beside a table of layer costs. */
#include <string.h>

#include "core/diagnose/diagnose.h"
#include "core/transfer/pretrain.h"

static bool has_table(const ll_diagnosis *q)
{
    for (int i = 0; i < q->task->source.n; i++)
        if (q->data->devices[q->task->source.v[i]].costs) return true;
    return false;
}

/* By the source that is made of a table; one that cannot serve here says nothing. */
static ll_status by_source(const ll_diagnosis *q, const ll_predictor *p, ll_transfer **out, ll_error *e)
{
    ll_model *m = NULL;
    ll_pretrain_plan plan = {.data = q->data,
                             .predictor = p,
                             .source = &q->task->source,
                             .seed = q->seed,
                             .observer = q->observer,
                             .pool = q->pool};
    ll_status s = ll_pretrain_run(&plan, &m, e);
    if (!s) s = ll_diagnose_transfer(q, m, &q->transfer->samples, out, e);
    ll_model_unref(m);
    return s == LL_CANCELLED ? s : LL_OK;
}

ll_status ll_diagnose_kernels(const ll_diagnosis *q, ll_transfer **out, ll_error *e)
{
    const ll_predictor *kernels = ll_predictor_find("kernels");
    *out = NULL;
    if (q->transfer->predictor == kernels)
        *out = ll_transfer_ref(q->transfer);
    else if (has_table(q))
        return by_source(q, kernels, out, e);
    return LL_OK;
}
