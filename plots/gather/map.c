/* The map of the architectures, as `map` computes it. */
#include <stdlib.h>

#include "core/app/need.h"
#include "core/base/text/json.h"
#include "core/commands/look/map.h"
#include "plots/build/build.h"
#include "plots/gather/gather.h"

static ll_status find_device(ll_plot_request *p, int *device)
{
    ll_strs names = {0};
    *device = -1;
    ll_list_names(&p->rq->args, "device", &names);
    ll_status s = names.n > 1 ? LL_FAIL(p->rq, LL_USAGE, "a map is coloured by one device") : LL_OK;
    if (!s && names.n) *device = ll_dataset_device(p->rq->state.data, names.v[0]);
    if (!s && names.n && *device < 0)
        s = LL_FAIL(p->rq, LL_USAGE, "%s: no such device in %s (an encoding is named by encoding=)",
                    names.v[0], p->rq->state.data->name);
    ll_strs_free(&names);
    return s;
}

ll_status ll_gather_map(ll_plot_request *p, ll_figure **out)
{
    const ll_state *state = &p->rq->state;
    int device = -1;
    ll_map_places map = {0};
    ll_str title = {0};
    ll_status s = ll_need_data(p->rq);
    if (!s) s = find_device(p, &device);
    if (!s) s = ll_map_compute(p->rq, ll_word(&p->rq->args, "encoding"), &map);
    if (!s) {
        const char *name = device < 0 ? NULL : state->data->devices[device].name;
        ll_str_addf(&title, "%d architectures of %s by %s", map.n, state->data->name, map.encoding);
        ll_json_str(p->result, "encoding", map.encoding);
        if (name) ll_json_str(ll_json_arr(p->result, "devices"), NULL, name);
        ll_map_data d = {.title = ll_str_text(&title),
                         .encoding = map.encoding,
                         .n = map.n,
                         .xy = map.xy,
                         .share = map.share,
                         .lat_ms = name ? ll_latencies(state->data, device) : NULL,
                         .device = name,
                         .samples = state->samples ? state->samples->rows.v : NULL,
                         .k = state->samples ? state->samples->rows.n : 0,
                         .size = p->size};
        s = ll_build_map(&d, out, &p->rq->error);
    }
    ll_str_free(&title);
    free(map.xy);
    return s;
}
