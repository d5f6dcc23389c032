#include "core/app/parse.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

/* Is `c` at this point of the text inside quotes? Keeps the open quote in *quote (0: none). */
static bool in_quotes(char c, char *quote)
{
    if (*quote) {
        if (c == *quote) *quote = 0;
        return true;
    }
    if (c == '"' || c == '\'') *quote = c;
    return *quote != 0;
}

static void add_line(ll_strs *lines, const char *from, const char *to)
{
    while (from < to && isspace((unsigned char)*from)) from++;
    while (to > from && isspace((unsigned char)to[-1])) to--;
    if (to == from) return;
    char *line = ll_memdup(from, (size_t)(to - from) + 1, 1);
    line[to - from] = 0;
    ll_strs_take(lines, line);
}

void ll_split_lines(const char *text, ll_strs *lines)
{
    const char *start = text;
    char quote = 0;
    bool comment = false, fresh = true; /* fresh: only blanks since the start of the line */
    for (const char *p = text;; p++) {
        bool ends = !*p || *p == '\n' || (*p == ';' && !quote && !comment);
        if (!ends) {
            if (fresh && *p == '#') comment = true;
            if (!isspace((unsigned char)*p)) fresh = false;
            if (!comment) in_quotes(*p, &quote);
            continue;
        }
        add_line(lines, start, p);
        if (!*p) return;
        start = p + 1;
        quote = 0;
        comment = false;
        fresh = true;
    }
}

ll_status ll_split_words(const char *line, ll_strs *words, ll_error *e)
{
    ll_str word = {0};
    char quote = 0;
    bool open = false; /* a word has begun, maybe an empty quoted one */
    for (const char *p = line; *p; p++) {
        bool quoted = quote != 0;
        if (in_quotes(*p, &quote)) {
            /* the quotes themselves are not part of the word */
            if (quoted && quote) ll_str_addc(&word, *p);
            open = true;
        } else if (isspace((unsigned char)*p)) {
            if (open) ll_strs_take(words, ll_str_take(&word));
            open = false;
        } else if (*p == '#' && !open) {
            break;
        } else {
            ll_str_addc(&word, *p);
            open = true;
        }
    }
    if (quote) {
        ll_str_free(&word);
        return ll_fail(e, LL_USAGE, "a quote %c is never closed", quote);
    }
    if (open) ll_strs_take(words, ll_str_take(&word));
    ll_str_free(&word);
    return LL_OK;
}

void ll_quote_word(ll_str *out, const char *word)
{
    if (*word && !strpbrk(word, " \t\n;#\"'")) {
        ll_str_add(out, word);
        return;
    }
    char quote = strchr(word, '"') ? '\'' : '"';
    ll_str_addc(out, quote);
    ll_str_add(out, word);
    ll_str_addc(out, quote);
}

ll_status ll_parse_command(const ll_app *a, const char *word, const ll_command **out, ll_error *e)
{
    *out = ll_app_find(a, word);
    if (*out) return LL_OK;
    const char *near = NULL;
    int least = (int)strlen(word) / 2 + 1;
    for (int i = 0; ll_app_command_at(a, i); i++) {
        const char *name = ll_app_command_at(a, i)->name;
        int d = ll_edit_distance(word, name);
        if (d < least) least = d, near = name;
    }
    return near ? ll_fail(e, LL_USAGE, "no command '%s'; did you mean %s?", word, near)
                : ll_fail(e, LL_USAGE, "no command '%s'; `help` lists them", word);
}

/* Does "key=value" belong to the extra table? Then set it there. */
static bool set_more(ll_values *more, const char *word, ll_status *s, ll_error *e)
{
    const char *equals = strchr(word, '=');
    if (!equals || !more->table) return false;
    char *key = ll_strdup(word);
    key[equals - word] = 0;
    bool mine = ll_option_find(more->table, key) != NULL;
    if (mine) *s = ll_values_set(more, key, equals + 1, e);
    free(key);
    return mine;
}

ll_status ll_parse_options(const ll_command *c, char *const *words, int n, ll_values *args, ll_values *more,
                           ll_error *e)
{
    char **rest = LL_NEW_ARRAY(char *, n);
    int n_rest = 0;
    ll_status s = LL_OK;
    ll_values_init(args, c->options);
    ll_values_init(more, c->more_options ? c->more_options(words + 1, n - 1) : NULL);
    for (int i = 1; i < n && !s; i++)
        if (!set_more(more, words[i], &s, e)) rest[n_rest++] = words[i];
    if (!s) s = ll_values_parse(args, rest, n_rest, e);
    free(rest);
    return s;
}

void ll_parse_question(ll_strs *words)
{
    if (!words->n) return;
    char *first = words->v[0];
    size_t len = strlen(first);
    if (len > 1 && first[len - 1] == '?' && words->n == 1) {
        first[len - 1] = 0;
        ll_strs_add(words, first);
    } else if (strcmp(first, "?")) {
        return;
    }
    free(words->v[0]);
    words->v[0] = ll_strdup("help");
}
