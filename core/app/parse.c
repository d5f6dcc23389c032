#include "core/app/parse.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

/* Sets "key=value" in the extra table where the key is one of its own, whatever it looks like (max:DEVICE=). *mine: it
 * was. */
static ll_status set_more(const ll_command *c, ll_values *more, const char *word, bool *mine, ll_error *e)
{
    const char *equals = ll_find_unmarked(word, '=');
    *mine = false;
    if (!equals || !more->table) return LL_OK;
    char *key = ll_strdup(word);
    key[equals - word] = 0;
    *mine = ll_option_find(more->table, key) != NULL;
    const ll_option *const both[] = {c->options, more->table};
    ll_status s = LL_OK;
    if (*mine)
        s = ll_values_set_marked(more, key, equals + 1, e);
    else if (ll_option_key(word) && !ll_option_find(c->options, key))
        s = ll_option_unknown(both, 2, key, e);
    free(key);
    return s;
}

/* Two values of one option contradict each other: which was meant? */
static ll_status check_once(char *const *words, int n, ll_error *e)
{
    for (int i = 1; i < n; i++) {
        const char *equals = ll_find_unmarked(words[i], '=');
        size_t len = equals ? (size_t)(equals - words[i]) + 1 : 0;
        if (!len || strspn(words[i], "abcdefghijklmnopqrstuvwxyz_0123456789") + 1 != len) continue;
        for (int k = 1; k < i; k++)
            if (!strncmp(words[k], words[i], len))
                return ll_fail(e, LL_USAGE, "%.*s is given twice", (int)len, words[i]);
    }
    return LL_OK;
}

ll_status ll_parse_options(const ll_command *c, char *const *words, int n, ll_values *args, ll_values *more,
                           ll_error *e)
{
    char **rest = LL_NEW_ARRAY(char *, n);
    int n_rest = 0;
    ll_status s = check_once(words, n, e);
    ll_values_init(args, c->options);
    ll_values_init(more, c->more_options ? c->more_options(words + 1, n - 1) : NULL);
    for (int i = 1; i < n && !s; i++) {
        bool mine;
        s = set_more(c, more, words[i], &mine, e);
        if (!mine) rest[n_rest++] = words[i];
    }
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
