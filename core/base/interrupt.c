#include "core/base/interrupt.h"

#include <stddef.h>

static _Thread_local const ll_observer *watched;

const ll_observer *ll_interrupt_watch(const ll_observer *o)
{
    const ll_observer *before = watched;
    watched = o;
    return before;
}

bool ll_interrupted(void)
{
    return ll_cancelled(watched);
}

ll_status ll_interrupt_fail(ll_error *e)
{
    return ll_fail(e, LL_CANCELLED, "cancelled");
}
