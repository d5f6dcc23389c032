#include "core/app/need.h"

#include <string.h>

#include "core/app/stale.h"
#include "core/base/text/quote.h"

ll_status ll_need_data(ll_request *rq)
{
    return rq->state.data
               ? LL_OK
               : LL_FAIL(rq, LL_FAILED, "no dataset is loaded; `load NAME` loads one, `datasets` lists them");
}

ll_status ll_need_task(ll_request *rq)
{
    ll_status s = ll_need_data(rq);
    if (s) return s;
    return rq->state.task
               ? LL_OK
               : LL_FAIL(
                     rq, LL_FAILED,
                     "no source and target devices are chosen: `partition target=DEVICE` takes all others as "
                     "sources, `task` lists published splits");
}

ll_status ll_need_device(ll_request *rq, const char *option, int *device)
{
    ll_status s = ll_need_data(rq);
    if (s) return s;
    const char *name = ll_word(&rq->args, option);
    if (name) return ll_dataset_find_device(rq->state.data, name, device, &rq->error);
    if (rq->state.n_transfers) {
        *device = ll_dataset_device(rq->state.data, rq->state.transfers[0]->device);
        if (*device >= 0) return LL_OK;
    }
    if (rq->state.task && rq->state.task->target.n == 1) {
        *device = rq->state.task->target.v[0];
        return LL_OK;
    }
    return LL_FAIL(rq, LL_USAGE, "which device? name one, as in `%s fpga`", rq->command->name);
}

static const char *named_predictor(const ll_request *rq)
{
    return ll_option_find(rq->command->options, "predictor") ? ll_word(&rq->args, "predictor") : NULL;
}

static ll_status not_predicted(ll_request *rq, const char *device, const char *predictor)
{
    const ll_predictor *known;
    if (predictor && ll_predictor_need("predictor", predictor, &known, &rq->error)) return LL_USAGE;
    ll_str line = {0};
    ll_quote_addf(&line, "transfer %s k=20", device);
    LL_FAIL(rq, LL_FAILED, "nothing is predicted for %s%s%s yet; `%s` does that", device,
            predictor ? " by " : "", predictor ? predictor : "", line.s);
    ll_str_free(&line);
    return LL_FAILED;
}

ll_status ll_need_transfer(ll_request *rq, const char *option, ll_transfer **out)
{
    int device;
    ll_status s = ll_need_device(rq, option, &device);
    if (s) return s;
    const char *name = rq->state.data->devices[device].name, *predictor = named_predictor(rq);
    *out = ll_state_transfer(&rq->state, name, predictor);
    if (!*out) return not_predicted(rq, name, predictor);
    ll_warn_stale(rq, *out);
    return LL_OK;
}

ll_status ll_no_adapted(ll_request *rq, const char *device, const char *predictor)
{
    const ll_transfer *t = ll_state_transfer(&rq->state, device, predictor);
    if (t)
        return LL_FAIL(rq, LL_FAILED,
                       "what is predicted for %s is for the table's rows only: its session was saved by an "
                       "older latlab, or has lost the rest; `transfer` again",
                       t->device);
    if (rq->state.data) return not_predicted(rq, device ? device : "a device", predictor);
    return LL_FAIL(rq, LL_FAILED,
                   "no predictor for %s is here; `model load FILE` reads one that was saved with adapted=, "
                   "`load NAME` a dataset to make one of",
                   device ? device : "any device");
}

/* The name in full when the data has the device, else as it was typed; NULL: none was. */
static ll_status adapted_device(ll_request *rq, const char **name)
{
    int device;
    if (!*name || !rq->state.data || ll_state_adapted(&rq->state, *name, NULL)) return LL_OK;
    ll_status s = ll_dataset_find_device(rq->state.data, *name, &device, &rq->error);
    if (s) return s;
    *name = rq->state.data->devices[device].name;
    return LL_OK;
}

ll_status ll_need_adapted(ll_request *rq, const char *option, ll_adapted **out)
{
    return ll_find_adapted(rq, ll_word(&rq->args, option), named_predictor(rq), out);
}

ll_status ll_find_adapted(ll_request *rq, const char *device, const char *predictor, ll_adapted **out)
{
    ll_status s = adapted_device(rq, &device);
    if (s) return s;
    *out = ll_state_adapted(&rq->state, device, predictor);
    return *out ? LL_OK : ll_no_adapted(rq, device, predictor);
}
