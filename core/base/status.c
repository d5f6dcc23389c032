#include "core/base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

ll_status ll_fail(ll_error *e, ll_status status, const char *fmt, ...)
{
    if (!e) return status;
    char text[sizeof e->message]; /* the arguments may point into e->message */
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    e->status = status;
    memcpy(e->message, text, sizeof text);
    return status;
}

ll_status ll_fail_in(ll_error *e, const char *fmt, ...)
{
    if (!e) return LL_FAILED;
    char context[256], old[sizeof e->message];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(context, sizeof context, fmt, ap);
    va_end(ap);
    memcpy(old, e->message, sizeof old);
    int n = snprintf(e->message, sizeof e->message, "%s", context);
    snprintf(e->message + n, sizeof e->message - (size_t)n, "%s", old);
    return e->status;
}

const char *ll_status_word(ll_status status)
{
    return status == LL_OK ? "ok" : status == LL_CANCELLED ? "cancelled" : "failed";
}
