/* Command lines of searches, changed as text: what else the user wrote stays as it was written. */
#include <string.h>

#include "core/base/text/quote.h"
#include "tui/screen/views/search_view.h"

/* The next word as it stands there, quotes and all; NULL: no more. */
static const char *next_word(const char **line, size_t *n)
{
    ll_quotes quotes = {0};
    while (ll_is_blank(**line)) (*line)++;
    const char *word = *line;
    if (!*word || *word == '#') return NULL;
    for (; **line; (*line)++)
        if (!ll_quotes_step(&quotes, **line) && ll_is_blank(**line)) break;
    *n = (size_t)(*line - word);
    return word;
}

static bool sets(const char *word, size_t n, const char *option)
{
    size_t m = option ? strlen(option) : 0;
    return m && n > m && word[m] == '=' && !strncmp(word, option, m);
}

static bool measures(const char *word, size_t n)
{
    return sets(word, n, "verify") || sets(word, n, "by") || sets(word, n, "file");
}

void ll_search_line_but(const char *line, const char *option, ll_str *out)
{
    size_t n;
    for (const char *word; (word = next_word(&line, &n));) {
        if (measures(word, n) || sets(word, n, option)) continue;
        if (out->len) ll_str_addc(out, ' ');
        ll_str_addn(out, word, n);
    }
}

bool ll_search_line_value(const char *line, const char *option, ll_str *out)
{
    size_t n, m = strlen(option) + 1;
    bool found = false;
    for (const char *word; (word = next_word(&line, &n));) {
        if (!sets(word, n, option)) continue;
        ll_str_clear(out);
        ll_str_addn(out, word + m, n - m);
        found = true;
    }
    return found;
}

/* Several devices are named, or one of them has a limit of its own already: then max= is not the one to change. */
static bool has_own_limits(const char *line)
{
    size_t n;
    bool own = false;
    for (const char *word; (word = next_word(&line, &n));)
        own |= (n > 4 && !strncmp(word, "max:", 4)) || (memchr(word, ',', n) && !memchr(word, '=', n));
    return own;
}

void ll_search_line_limit(const char *line, const char *device, double ms, ll_str *out)
{
    ll_str option = {0};
    if (!has_own_limits(line)) {
        ll_search_line_but(line, "max", out);
        ll_str_addf(out, " max=%.6g", ms);
        return;
    }
    ll_str_add(&option, "max:");
    ll_quote_inside(&option, device, '"');
    bool plain = !strcmp(option.s + strlen("max:"), device) && !strpbrk(device, " \t#'");
    ll_search_line_but(line, option.s, out);
    ll_str_addf(out, plain ? " %s=%.6g" : " \"%s=%.6g\"", option.s, ms);
    ll_str_free(&option);
}
