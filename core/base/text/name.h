/* What a name may be that comes from outside and will stand in tables, files and command lines: of devices, above all.
 * One rule for every door. */
#ifndef LL_BASE_TEXT_NAME_H
#define LL_BASE_TEXT_NAME_H

#include "core/base/status.h"

enum { LL_NAME_MOST = 100 }; /* bytes */

/* LL_BAD_DATA with the reason: it is empty or longer than LL_NAME_MOST bytes, begins or ends with a blank, or holds what
 * is no UTF-8 or hidden (core/base/utf8.h). Everything else is a name: blanks inside, commas, quotes, '*'. */
ll_status ll_name_check(const char *name, ll_error *e);
/* The name as it enters: blanks at its ends are dropped, bytes that are no UTF-8 are read as Latin-1. Then
 * it is checked. *out is the caller's to free. */
ll_status ll_name_read(const char *text, char **out, ll_error *e);

#endif
