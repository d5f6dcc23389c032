#include "core/base/plausible.h"

ll_status ll_check_ms(double ms, ll_error *e)
{
    if (ms == 0 || (ms >= LL_LEAST_MS && ms <= LL_MOST_MS)) return LL_OK;
    return ll_fail(e, LL_BAD_DATA, "no device takes %g ms: 0, or from %g to %g ms was expected", ms,
                   LL_LEAST_MS, LL_MOST_MS);
}
