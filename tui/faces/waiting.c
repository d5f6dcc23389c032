#include "tui/faces/waiting.h"

#include "core/base/clock.h"
#include "tui/faces/rescue.h"

bool ll_waiting_cancel(ll_waiting *w, ll_app *a)
{
    if (w->since_s > 0 && ll_app_deaf(a) && ll_now_s() - w->since_s > LL_PATIENCE_S) return true;
    if (!ll_app_deaf(a)) *w = (ll_waiting){.since_s = ll_now_s()};
    ll_app_cancel(a);
    return false;
}

bool ll_waiting_tell(ll_waiting *w, const ll_app *a)
{
    bool late = w->since_s > 0 && ll_now_s() - w->since_s > LL_PATIENCE_S;
    if (!late) return false;
    bool tell = !w->told && ll_app_deaf(a);
    w->told |= tell;
    if (!ll_app_deaf(a)) *w = (ll_waiting){0};
    return tell;
}
