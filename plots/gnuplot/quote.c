/* Texts of the user inside a script. */
#include "core/base/utf8.h"
#include "plots/gnuplot/text.h"

enum { MOST_CHARS = 200 };

void ll_gp_quote(ll_str *out, const char *text)
{
    ll_str_addc(out, '\'');
    int chars = 0;
    uint32_t ch;
    bool good;
    for (const char *s = text ? text : ""; *s; chars++) {
        int n = ll_utf8_read(s, &ch, &good);
        if (chars == MOST_CHARS) {
            ll_str_add(out, "...");
            break;
        }
        if (!good || ll_hidden(ch))
            ll_str_addc(out, good && ch < 0x80 ? ' ' : '?');
        else if (*s == '\'')
            ll_str_add(out, "''");
        else
            ll_str_addn(out, s, (size_t)n);
        s += n;
    }
    ll_str_addc(out, '\'');
}
