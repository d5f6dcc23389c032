#include "core/base/text/name.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/quote.h"
#include "core/base/utf8.h"

/* The first character that shows nothing, as a sentence. */
static ll_status check_visible(const char *name, ll_error *e)
{
    uint32_t ch;
    bool good;
    int at = 1, n;
    for (const char *p = name; (n = ll_utf8_read(p, &ch, &good)) > 0; p += n, at++) {
        if (good && !ll_hidden(ch)) continue;
        ll_str shown = {0};
        ll_utf8_visible(&shown, name);
        if (good)
            ll_fail(e, LL_BAD_DATA,
                    "\"%.200s\" is no name: its character %d is U+%04X, which is not to be seen", shown.s, at,
                    (unsigned)ch);
        else
            ll_fail(e, LL_BAD_DATA, "\"%.200s\" is no name: it is not UTF-8", shown.s);
        ll_str_free(&shown);
        return LL_BAD_DATA;
    }
    return LL_OK;
}

ll_status ll_name_check(const char *name, ll_error *e)
{
    size_t n = strlen(name);
    if (!n) return ll_fail(e, LL_BAD_DATA, "\"\" is no name: it is empty");
    if (n > LL_NAME_MOST)
        return ll_fail(e, LL_BAD_DATA, "\"%.60s...\" is no name: it has %zu bytes, at most %d were expected",
                       name, n, LL_NAME_MOST);
    if (ll_is_blank(*name) || ll_is_blank(name[n - 1]))
        return ll_fail(e, LL_BAD_DATA, "\"%s\" is no name: a blank stands at its end", name);
    return check_visible(name, e);
}

ll_status ll_name_read(const char *text, char **out, ll_error *e)
{
    ll_str name = {0};
    while (ll_is_blank(*text)) text++;
    ll_utf8_repair(&name, text);
    while (name.len && ll_is_blank(name.s[name.len - 1])) name.s[--name.len] = 0;
    ll_status s = ll_name_check(ll_str_text(&name), e);
    if (s)
        ll_str_free(&name);
    else
        *out = ll_str_take(&name);
    return s;
}
