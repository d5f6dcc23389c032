#include "core/base/text/quote.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/utf8.h"

/* --- quotes --- */

bool ll_is_blank(char c)
{
    return c && strchr(" \t\n\v\f\r", c);
}

bool ll_quotes_step(ll_quotes *q, char c)
{
    if (q->behind) {
        q->behind = false;
        return true;
    }
    if (q->open) {
        q->behind = c == '\\' && q->open == '"';
        if (c == q->open) q->open = 0;
        return true;
    }
    if (c == '"' || c == '\'') q->open = c;
    return q->open != 0;
}

static int hex(char c)
{
    const char *digits = "0123456789abcdef0123456789ABCDEF", *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) & 15 : -1;
}

/* Length of the escape at a backslash inside "...", 0 when it is only a backslash. */
static int read_escape(const char *p, char *c)
{
    if (p[1] == 'x' && hex(p[2]) >= 0 && hex(p[3]) >= 0 && hex(p[2]) + hex(p[3]) > 0) {
        *c = (char)(hex(p[2]) << 4 | hex(p[3]));
        return 4;
    }
    *c = p[1];
    return p[1] && strchr("\"\\=", p[1]) ? 2 : 0;
}

/* --- lines --- */

static void add_line(ll_strs *lines, const char *from, const char *to)
{
    while (from < to && ll_is_blank(*from)) from++;
    while (to > from && ll_is_blank(to[-1])) to--;
    if (to == from) return;
    char *line = ll_memdup(from, (size_t)(to - from) + 1, 1);
    line[to - from] = 0;
    ll_strs_take(lines, line);
}

void ll_split_lines(const char *text, ll_strs *lines)
{
    const char *start = text;
    ll_quotes quotes = {0};
    bool comment = false, fresh = true; /* fresh: only blanks since the start of the line */
    for (const char *p = text;; p++) {
        bool ends = !*p || *p == '\n' || (*p == ';' && !quotes.open && !comment);
        if (!ends) {
            if (fresh && *p == '#') comment = true;
            if (!ll_is_blank(*p)) fresh = false;
            if (!comment) ll_quotes_step(&quotes, *p);
            continue;
        }
        add_line(lines, start, p);
        if (!*p) return;
        start = p + 1;
        quotes = (ll_quotes){0};
        comment = false;
        fresh = true;
    }
}

/* --- words --- */

/* Characters that a reader of the finished word gives a meaning, unless they were quoted. */
static const char marked_in_quotes[] = " \t\n\v\f\r,*?\\", marked_by_escape[] = " \t\n\v\f\r,*?\\=";

static void add_char(ll_str *word, char c, const char *marked)
{
    if (strchr(marked, c)) ll_str_addc(word, '\\');
    ll_str_addc(word, c);
}

/* One byte of a word, or an escape; returns its length. `open` says what was open before it. */
static int add_next(ll_str *word, const char *p, char open, bool quoted)
{
    char c;
    int n = open == '"' && *p == '\\' ? read_escape(p, &c) : 0;
    if (n)
        add_char(word, c, marked_by_escape);
    else if (!quoted)
        add_char(word, *p, "\\");
    else if (open && *p != open)
        add_char(word, *p, marked_in_quotes);
    return n ? n : 1;
}

void ll_split_marked(const char *line, ll_strs *words, char *open)
{
    ll_str word = {0};
    ll_quotes quotes = {0};
    bool begun = false; /* a word has begun, maybe an empty quoted one */
    for (const char *p = line; *p;) {
        char before = quotes.open;
        bool quoted = ll_quotes_step(&quotes, *p);
        if (!quoted && *p == '#' && !begun) break;
        if (!quoted && ll_is_blank(*p)) {
            if (begun) ll_strs_take(words, ll_str_take(&word));
            begun = false;
            p++;
            continue;
        }
        p += add_next(&word, p, before, quoted);
        quotes.behind =
            false; /* an escape was taken as a whole, and before others a backslash is one itself */
        begun = true;
    }
    if (begun) ll_strs_take(words, ll_str_take(&word));
    ll_str_free(&word);
    if (open) *open = quotes.open;
}

ll_status ll_split_words(const char *line, ll_strs *words, ll_error *e)
{
    ll_strs marked = {0};
    char open;
    ll_split_marked(line, &marked, &open);
    for (int i = 0; i < marked.n - (open != 0); i++) ll_strs_take(words, ll_unmarked(marked.v[i]));
    ll_strs_free(&marked);
    return open ? ll_fail(e, LL_USAGE, "a quote %c is never closed", open) : LL_OK;
}

size_t ll_last_word(const char *line)
{
    ll_quotes quotes = {0};
    size_t start = 0;
    for (size_t i = 0; line[i]; i++)
        if (!ll_quotes_step(&quotes, line[i]) && ll_is_blank(line[i])) start = i + 1;
    return start;
}

/* --- marked words --- */

char *ll_unmarked(const char *marked)
{
    ll_str out = {0};
    for (; *marked; marked++) {
        if (*marked == '\\' && marked[1]) marked++;
        ll_str_addc(&out, *marked);
    }
    return ll_str_take(&out);
}

char *ll_marked(const char *plain)
{
    ll_str out = {0};
    for (; *plain; plain++) add_char(&out, *plain, "\\");
    return ll_str_take(&out);
}

bool ll_is_marked(const char *marked)
{
    return strchr(marked, '\\') != NULL;
}

const char *ll_find_unmarked(const char *marked, char c)
{
    for (; *marked; marked++) {
        if (*marked == c) return marked;
        if (*marked == '\\' && marked[1]) marked++;
    }
    return NULL;
}

void ll_split_list(const char *marked, ll_strs *parts)
{
    while (*marked) {
        const char *comma = ll_find_unmarked(marked, ',');
        size_t n = comma ? (size_t)(comma - marked) : strlen(marked);
        char *part = ll_memdup(marked, n + 1, 1);
        part[n] = 0;
        if (n)
            ll_strs_take(parts, part);
        else
            free(part);
        marked += n + (comma != NULL);
    }
}

void ll_list_add(ll_str *list, const char *name)
{
    if (list->len) ll_str_addc(list, ',');
    for (; *name; name++) add_char(list, *name, marked_in_quotes);
}

void ll_list_read(const char *marked, ll_strs *names)
{
    ll_strs parts = {0};
    ll_split_list(marked, &parts);
    for (int i = 0; i < parts.n; i++) ll_strs_take(names, ll_unmarked(parts.v[i]));
    ll_strs_free(&parts);
}

/* --- writing --- */

/* Nothing in it has a meaning to whoever splits the line or reads the word. */
static bool is_simple(const char *word)
{
    uint32_t ch;
    bool good = *word != 0;
    for (int n; good && (n = ll_utf8_read(word, &ch, &good)) > 0; word += n)
        good = good && !ll_hidden(ch) && !(ch < 0x80 && strchr(" ;#\"'\\,=*?", (int)ch));
    return good;
}

/* One character as it stands inside "..."; returns the bytes of `text` that it took. */
static int add_escaped(ll_str *out, const char *text)
{
    uint32_t ch;
    bool good;
    int n = ll_utf8_read(text, &ch, &good);
    if (!good || ll_hidden(ch))
        for (int i = 0; i < n; i++) ll_str_addf(out, "\\x%02x", (unsigned char)text[i]);
    else if (ch < 0x80 && strchr("\"\\=", (int)ch))
        ll_str_addf(out, "\\%c", (char)ch);
    else
        ll_str_addn(out, text, (size_t)n);
    return n;
}

void ll_quote_word(ll_str *out, const char *word)
{
    if (is_simple(word)) {
        ll_str_add(out, word);
        return;
    }
    ll_str_addc(out, '"');
    while (*word) word += add_escaped(out, word);
    ll_str_addc(out, '"');
}

/* '...' knows no escapes: for what it cannot hold it is closed, "..." says it, and it goes on. */
static int add_to_single(ll_str *out, const char *text)
{
    uint32_t ch;
    bool good;
    int n = ll_utf8_read(text, &ch, &good);
    if (good && !ll_hidden(ch) && ch != '\'' && ch != '=') {
        ll_str_addn(out, text, (size_t)n);
        return n;
    }
    ll_str_add(out, "'\"");
    add_escaped(out, text);
    ll_str_add(out, "\"'");
    return n;
}

void ll_quote_inside(ll_str *out, const char *text, char open)
{
    if (!open) ll_str_add(out, text);
    while (open && *text) text += open == '"' ? add_escaped(out, text) : add_to_single(out, text);
}

void ll_quote_addv(ll_str *out, const char *fmt, va_list ap)
{
    for (; *fmt; fmt++) {
        if (*fmt != '%' || !fmt[1]) {
            ll_str_addc(out, *fmt);
            continue;
        }
        fmt++;
        if (*fmt == 's')
            ll_quote_word(out, va_arg(ap, const char *));
        else if (*fmt == 'd')
            ll_str_addf(out, "%d", va_arg(ap, int));
        else if (*fmt == '%')
            ll_str_addc(out, '%');
        else
            abort(); /* a programming error: no other kind is known here */
    }
}

void ll_quote_addf(ll_str *out, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    ll_quote_addv(out, fmt, ap);
    va_end(ap);
}
