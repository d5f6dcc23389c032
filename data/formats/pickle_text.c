/* The opcodes of pickle protocols 0 and 1 that carry their arguments as lines of text (pickle_machine.h). Strings are what
 * Python's repr writes; numbers are decimal. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/decimal.h"
#include "core/base/utf8.h"
#include "data/formats/pickle_machine.h"

typedef ll_pickle_machine machine;

enum { NUMBER_MOST = 64 }; /* characters of a number in a line */

static ll_status take_number(machine *m, char *text, size_t *n)
{
    const char *line;
    ll_status s = ll_pickle_take_line(m, &line, n);
    if (!s && (!*n || *n >= NUMBER_MOST)) s = ll_pickle_fail(m, "a number of %zu characters", *n);
    if (s) return s;
    memcpy(text, line, *n);
    text[*n] = 0;
    return LL_OK;
}

/* "5", of LONG also "5L"; false: something else. */
static bool read_integer(const char *text, bool is_long, long long *x)
{
    char *end;
    errno = 0;
    *x = strtoll(text, &end, 10);
    if (is_long && *end == 'L') end++;
    return end > text && !*end && !errno;
}

ll_status ll_pickle_text_int(machine *m, int is_long)
{
    char text[NUMBER_MOST];
    size_t n;
    long long x;
    ll_status s = take_number(m, text, &n);
    if (s) return s;
    if (!read_integer(text, is_long, &x)) return ll_pickle_fail(m, "\"%s\" is no whole number", text);
    bool truth = !is_long && n == 2 && *text == '0'; /* I00 and I01 are False and True */
    ll_pickled *v = ll_pickle_new(m, truth ? LL_PICKLED_BOOL : LL_PICKLED_INT);
    if (v) v->i = x;
    return ll_pickle_push(m, v);
}

ll_status ll_pickle_text_float(machine *m, int arg)
{
    char text[NUMBER_MOST];
    size_t n;
    double x;
    (void)arg;
    ll_status s = take_number(m, text, &n);
    if (s) return s;
    if (!ll_decimal_parse(text, &x)) return ll_pickle_fail(m, "\"%s\" is no number", text);
    ll_pickled *v = ll_pickle_new(m, LL_PICKLED_REAL);
    if (v) v->x = x;
    return ll_pickle_push(m, v);
}

/* --- strings --- */

static int hex_digits(const char *p, const char *end, int n, uint32_t *x)
{
    *x = 0;
    if (end - p < n) return 0;
    for (int i = 0; i < n; i++) {
        const char *digits = "0123456789abcdef", *at = p[i] ? strchr(digits, p[i] | 0x20) : NULL;
        if (!at) return 0;
        *x = *x << 4 | (uint32_t)(at - digits);
    }
    return n;
}

/* Behind a backslash: what it stands for; returns how many characters it took, 0: no escape that is known. */
static int read_escape(const char *p, const char *end, uint32_t *ch)
{
    static const char letters[] = "\\'\"nrt", meant[] = "\\'\"\n\r\t";
    const char *at = p < end && *p ? strchr(letters, *p) : NULL;
    if (at) {
        *ch = (uint32_t)(unsigned char)meant[at - letters];
        return 1;
    }
    int n = p >= end ? 0 : *p == 'x' ? 2 : *p == 'u' ? 4 : *p == 'U' ? 8 : 0;
    return n && hex_digits(p + 1, end, n, ch) && *ch <= 0x10ffff ? 1 + n : 0;
}

/* `latin`: other bytes are Latin-1 (raw-unicode-escape), else they stay as they are. */
static ll_status unescape(machine *m, const char *p, const char *end, bool latin, ll_str *out)
{
    while (p < end) {
        uint32_t ch;
        int n = *p == '\\' ? read_escape(p + 1, end, &ch) : 0;
        if (*p == '\\' && !n && !latin) return ll_pickle_fail(m, "a string with an escape that is not known");
        if (n)
            ll_utf8_add(out, ch);
        else if (latin)
            ll_utf8_add(out, (unsigned char)*p);
        else
            ll_str_addc(out, *p);
        p += 1 + n;
    }
    return LL_OK;
}

static ll_status push_string(machine *m, const ll_str *text)
{
    ll_pickled *v = ll_pickle_new(m, LL_PICKLED_TEXT);
    char *copy = v ? ll_pickle_alloc(m, text->len + 1) : NULL;
    if (!copy) return m->e->status;
    if (text->len) memcpy(copy, text->s, text->len);
    v->text.s = copy;
    v->text.n = text->len;
    return ll_pickle_push(m, v);
}

ll_status ll_pickle_text_string(machine *m, int unicode)
{
    const char *line;
    size_t n;
    ll_str text = {0};
    ll_status s = ll_pickle_take_line(m, &line, &n);
    if (s) return s;
    if (!unicode) {
        if (n < 2 || (*line != '\'' && *line != '"') || line[n - 1] != *line)
            return ll_pickle_fail(m, "a string without its quotes");
        line++, n -= 2;
    }
    s = unescape(m, line, line + n, unicode, &text);
    if (!s) s = push_string(m, &text);
    ll_str_free(&text);
    return s;
}

/* --- memo --- */

static ll_status take_place(machine *m, uint64_t *i)
{
    char text[NUMBER_MOST];
    size_t n;
    long long x;
    ll_status s = take_number(m, text, &n);
    if (!s && (!read_integer(text, false, &x) || x < 0))
        s = ll_pickle_fail(m, "memo \"%s\" is no place", text);
    *i = s ? 0 : (uint64_t)x;
    return s;
}

ll_status ll_pickle_text_put(machine *m, int arg)
{
    uint64_t i;
    (void)arg;
    ll_status s = take_place(m, &i);
    return s ? s : ll_pickle_memo_put(m, i);
}

ll_status ll_pickle_text_get(machine *m, int arg)
{
    uint64_t i;
    (void)arg;
    ll_status s = take_place(m, &i);
    return s ? s : ll_pickle_memo_get(m, i);
}
