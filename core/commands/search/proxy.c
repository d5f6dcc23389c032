#include "core/commands/search/proxy.h"

#include <math.h>
#include <stdlib.h>

ll_status ll_search_by_proxy(ll_request *rq, ll_search_setup *setup)
{
    int device;
    ll_search s;
    ll_status status = ll_dataset_find_device(setup->data, ll_word(&rq->args, "proxy"), &device, &rq->error);
    if (status) return status;
    if (setup->devices.n != 1) return LL_FAIL(rq, LL_USAGE, "proxy= stands for one device at a time");
    ll_problem there = setup->problem;
    there.n = 2;
    there.q[1] = (ll_quantity){.name = setup->data->devices[device].name,
                               .unit = "ms",
                               .known = true,
                               .max = INFINITY,
                               .objective = true};
    status = ll_search_run(setup->method, &there, &setup->options, &s, &rq->error);
    if (status && status != LL_CANCELLED) return status;
    if (!status) {
        ll_archs_unref(setup->candidates);
        setup->candidates = ll_archs_pick(s.archs, s.front.v, s.front.n);
        setup->options.candidates = setup->candidates;
        setup->method = &ll_search_exhaustive;
        ll_note(rq, "the front on %s has %d %s, which are looked up on %s", there.q[1].name, s.front.n,
                ll_noun(s.front.n, "architecture", "architectures"), setup->problem.q[1].name);
    }
    ll_search_free(&s);
    return status;
}
