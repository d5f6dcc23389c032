#include "core/base/observer.h"

#include <stddef.h>

#include "core/base/clock.h"

bool ll_cancelled(const ll_observer *o)
{
    return o && o->cancelled && o->cancelled(o->ctx);
}

bool ll_observer_due(ll_observer *o, double every_s)
{
    if (!o || !o->progress) return false;
    double now = ll_now_s();
    if (o->last_s > 0 && now - o->last_s < every_s) return false;
    o->last_s = now;
    return true;
}

void ll_progress(const ll_observer *o, cJSON *progress)
{
    if (o && o->progress)
        o->progress(o->ctx, progress);
    else
        cJSON_Delete(progress);
}
