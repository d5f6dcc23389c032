#include "core/device/engine.h"

#include <string.h>

/* The word behind "engine=" and its length; 0: none. */
static size_t engine_of(const ll_device *v, const char **word)
{
    const char *at = v->note ? strstr(v->note, "engine=") : NULL;
    *word = at ? at + strlen("engine=") : "";
    return strcspn(*word, " ,;()");
}

bool ll_other_engine(const ll_device *a, const ll_device *b, ll_str *why)
{
    const char *x, *y;
    size_t n = engine_of(a, &x), m = engine_of(b, &y);
    if (!n || !m || (n == m && !memcmp(x, y, n))) return false;
    if (why) ll_str_addf(why, "%s is of engine %.*s, %s of %.*s", a->name, (int)n, x, b->name, (int)m, y);
    return true;
}
