#include "tui/faces/expand.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/quote.h"
#include "core/base/utf8.h"

/* The words without their quotes, blanks between. */
static char *plain_text(const char *typed)
{
    ll_strs words = {0};
    ll_str out = {0};
    ll_split_words(typed, &words, NULL);
    for (int i = 0; i < words.n; i++) ll_str_addf(&out, "%s%s", i ? " " : "", words.v[i]);
    ll_strs_free(&words);
    return ll_str_take(&out);
}

/* Part of a file's name: nothing that leads to another folder or begins another word. */
static void add_file_part(ll_str *out, const char *text, bool first)
{
    uint32_t ch;
    bool good;
    for (int n; (n = ll_utf8_read(text, &ch, &good)) > 0; text += n, first = false) {
        bool stays = ch < 0x80 ? isalnum((int)ch) || strchr("._-+", (int)ch) : good && !ll_hidden(ch);
        if (stays && !(first && (ch == '.' || ch == '-')))
            ll_str_addn(out, text, (size_t)n);
        else
            ll_str_addc(out, '_');
    }
}

static bool begins_word(char before)
{
    return !before || ll_is_blank(before) || strchr("=,;\"'", before);
}

static bool ends_word(char after)
{
    return !after || ll_is_blank(after) || strchr(",;\"'", after);
}

/* `before` and `after` are what stands around {name}, `open` the quote it is in. */
static void put_in(ll_str *out, const char *typed, char before, char after, char open)
{
    char *plain = plain_text(typed);
    if (!begins_word(before) || !ends_word(after))
        add_file_part(out, plain, begins_word(before));
    else if (open && before == open && after == open)
        ll_quote_inside(out, plain, open);
    else
        ll_quote_inside(out, typed, open);
    free(plain);
}

bool ll_expand(const char *text, ll_placeholder get, void *ctx, ll_str *out)
{
    bool argument = *text == '@' && strncmp(text, "@command ", 9) != 0, good = true;
    ll_quotes quotes = {0};
    char before = 0;
    while (good && *text) {
        const char *end = *text == '{' ? strchr(text, '}') : NULL;
        if (!end) {
            before = *text++;
            ll_quotes_step(&quotes, before);
            ll_str_addc(out, before);
            continue;
        }
        char *name = ll_strndup(text + 1, (size_t)(end - text) - 1);
        ll_str typed = {0};
        good = get(ctx, name, &typed);
        if (good && argument) {
            char *plain = plain_text(ll_str_text(&typed));
            ll_str_add(out, plain);
            free(plain);
        } else if (good) {
            put_in(out, ll_str_text(&typed), before, end[1], quotes.open);
        }
        ll_str_free(&typed);
        free(name);
        text = end + 1;
        before = '}';
    }
    return good;
}
