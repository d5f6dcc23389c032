/* parse(quote(x)) = x: as a word among others, in a script among other lines, in a list among other names. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/quote.h"
#include "core/base/utf8.h"
#include "tests/fuzz/fuzz.h"

static void as_a_word(const char *word)
{
    ll_str line = {0};
    ll_strs words = {0};
    ll_error e = {0};
    ll_str_add(&line, "say ");
    ll_quote_word(&line, word);
    ll_str_add(&line, " more");
    LAW(!ll_split_words(line.s, &words, &e), "%s: %s", line.s, e.message);
    LAW(words.n == 3, "one word became %d in: %s", words.n - 2, line.s);
    LAW(!strcmp(words.v[1], word), "the word <%s> became <%s>", word, words.v[1]);
    ll_str_free(&line);
    ll_strs_free(&words);
}

static void in_a_script(const char *word)
{
    ll_str script = {0};
    ll_strs lines = {0};
    ll_str_add(&script, "say ");
    ll_quote_word(&script, word);
    char *alone = ll_strdup(script.s);
    ll_str_add(&script, "; more\n# and more");
    ll_split_lines(script.s, &lines);
    LAW(lines.n == 3 && !strcmp(lines.v[0], alone), "the line <%s> is torn in: %s", alone, script.s);
    free(alone);
    ll_str_free(&script);
    ll_strs_free(&lines);
}

/* Marked, a word means itself: no list, no pattern, no option. */
static void in_a_list(const char *word)
{
    ll_str line = {0}, list = {0};
    ll_strs marked = {0}, parts = {0}, names = {0};
    ll_quote_word(&line, word);
    ll_split_marked(ll_str_text(&line), &marked, NULL);
    LAW(marked.n == 1, "one word became %d marked ones in: %s", marked.n, line.s);
    ll_split_list(marked.v[0], &parts);
    LAW(parts.n == (*word != 0), "one word became a list of %d: %s", parts.n, marked.v[0]);
    LAW(!ll_find_unmarked(marked.v[0], '*') && !ll_find_unmarked(marked.v[0], '?'), "a pattern: %s",
        marked.v[0]);
    if (*word) {
        ll_list_add(&list, word);
        ll_list_add(&list, "other");
        ll_list_read(list.s, &names);
        LAW(names.n == 2 && !strcmp(names.v[0], word), "the name <%s> is lost in the list %s", word, list.s);
    }
    ll_str_free(&line);
    ll_str_free(&list);
    ll_strs_free(&marked);
    ll_strs_free(&parts);
    ll_strs_free(&names);
}

/* What is quoted may be shown. */
static void is_visible(const char *word)
{
    ll_str line = {0}, shown = {0};
    ll_quote_word(&line, word);
    ll_utf8_visible(&shown, ll_str_text(&line));
    LAW(!strcmp(ll_str_text(&line), ll_str_text(&shown)), "hidden characters in: %s", line.s);
    ll_str_free(&line);
    ll_str_free(&shown);
}

static void run(const uint8_t *bytes, size_t n)
{
    char *word = ll_fuzz_text(bytes, n);
    as_a_word(word);
    in_a_script(word);
    in_a_list(word);
    is_visible(word);
    free(word);
}

const ll_fuzz_target ll_fuzz_quote = {"quote", run};
