#include "core/base/text/progress.h"

#include "core/base/clock.h"
#include "core/base/text/json.h"

cJSON *ll_progress_new(const char *phase, long done, long total)
{
    cJSON *p = cJSON_CreateObject();
    ll_json_str(p, "phase", phase);
    ll_json_int(p, "done", done);
    ll_json_int(p, "total", total);
    return p;
}

void ll_progress_training(ll_observer *o, const char *phase, long done, long total, const char *name,
                          double loss, double start_s)
{
    if (!ll_observer_due(o, .1)) return;
    cJSON *p = ll_progress_new(phase, done, total);
    ll_json_num(p, name, loss);
    ll_json_num(p, "left_s", (ll_now_s() - start_s) / (double)done * (double)(total - done));
    ll_progress(o, p);
}
