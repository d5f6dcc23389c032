#include "core/device/engine.h"

#include <string.h>

/* The word behind "engine=" and its length; 0: none. */
static size_t engine_of(const char *note, const char **word)
{
    const char *at = note ? strstr(note, "engine=") : NULL;
    *word = at ? at + strlen("engine=") : "";
    return strcspn(*word, " ,;()");
}

bool ll_other_engine(const char *a, const char *note_a, const char *b, const char *note_b, ll_str *why)
{
    const char *x, *y;
    size_t n = engine_of(note_a, &x), m = engine_of(note_b, &y);
    if (!n || !m || (n == m && !memcmp(x, y, n))) return false;
    if (why) ll_str_addf(why, "%s is of engine %.*s, %s of %.*s", a, (int)n, x, b, (int)m, y);
    return true;
}
