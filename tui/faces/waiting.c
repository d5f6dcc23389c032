#include "tui/faces/waiting.h"

#include "core/base/clock.h"

/* Longer than what lies between two presses of an impatient finger: who has not been told is not thrown out. */
static const double TELL_S = .5;

bool ll_waiting_cancel(ll_waiting *w, ll_app *a)
{
    if (w->told && ll_app_deaf(a)) return true;
    if (!ll_app_deaf(a)) *w = (ll_waiting){.since_s = ll_now_s()};
    ll_app_cancel(a);
    return false;
}

bool ll_waiting_tell(ll_waiting *w, const ll_app *a)
{
    if (!(w->since_s > 0)) return false;
    if (!ll_app_deaf(a)) {
        *w = (ll_waiting){0};
        return false;
    }
    bool tell = !w->told && ll_now_s() - w->since_s > TELL_S;
    w->told |= tell;
    return tell;
}
