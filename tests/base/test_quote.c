/* Command lines: a word put into one comes out as it was, by whatever way it got there. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/text/option.h"
#include "core/base/text/quote.h"
#include "core/base/utf8.h"
#include "tests/check.h"
#include "tui/faces/expand.h"
#include "tui/faces/prompt.h"

/* --- quoting --- */

/* parse(quote(x)) = [x], on one line, between other words and behind a key, as a list and as a pattern. */
static bool law_holds(const char *x)
{
    ll_str line = {0};
    ll_strs lines = {0}, words = {0}, marked = {0}, parts = {0};
    ll_error e = {0};
    ll_str_add(&line, "cmd ");
    ll_quote_word(&line, x);
    size_t end = line.len;
    ll_str_add(&line, " key=");
    ll_quote_word(&line, x);
    ll_str_add(&line, ",b last");
    ll_split_lines(ll_str_text(&line), &lines);
    ll_split_words(ll_str_text(&line), &words, &e);
    ll_split_marked(ll_str_text(&line), &marked, NULL);
    bool good = lines.n == 1 && !strcmp(lines.v[0], line.s) && words.n == 4 && !strcmp(words.v[1], x) &&
                !strncmp(words.v[2], "key=", 4) && !strncmp(words.v[2] + 4, x, strlen(x)) &&
                !strcmp(words.v[2] + 4 + strlen(x), ",b") && !strcmp(words.v[3], "last");
    good = good && !ll_find_unmarked(marked.v[1], '=') && !ll_find_unmarked(marked.v[1], '*');
    ll_split_list(marked.v[2] + 4, &parts);
    char *first = ll_unmarked(parts.n ? parts.v[0] : "");
    good = good && parts.n == 1 + (*x != 0) && (!*x || !strcmp(first, x));
    uint32_t ch;
    for (const char *p = line.s; good && *p; p += ll_utf8_read(p, &ch, &good)) {
        bool valid;
        ll_utf8_read(p, &ch, &valid);
        if (!valid || ll_hidden(ch)) good = false;
    }
    good = good && ll_last_word(line.s) == line.len - 4 && end < line.len;
    free(first);
    ll_str_free(&line);
    ll_strs_free(&lines);
    ll_strs_free(&words);
    ll_strs_free(&marked);
    ll_strs_free(&parts);
    return good;
}

/* The same for a word that goes where a quote is open in a line already, and for a line in a line. */
static bool law_holds_inside(const char *x, char open)
{
    ll_str inner = {0}, line = {0};
    ll_strs words = {0}, again = {0};
    ll_error e = {0};
    ll_str_add(&inner, "corr ");
    ll_quote_word(&inner, x);
    ll_str_addf(&line, "write %c", open);
    ll_quote_inside(&line, inner.s, open);
    ll_str_addf(&line, "%c %cx", open, open);
    ll_quote_inside(&line, x, open);
    ll_str_addf(&line, "%c", open);
    ll_split_words(line.s, &words, &e);
    bool good = words.n == 3 && !strcmp(words.v[1], inner.s) && !strcmp(words.v[2] + 1, x);
    if (good) ll_split_words(words.v[1], &again, &e);
    good = good && again.n == 2 && !strcmp(again.v[1], x);
    ll_str_free(&inner);
    ll_str_free(&line);
    ll_strs_free(&words);
    ll_strs_free(&again);
    return good;
}

static void check_law(const char *x)
{
    bool good = law_holds(x) && law_holds_inside(x, '"') && law_holds_inside(x, '\'');
    ll_str shown = {0};
    for (; !good && *x; x++) ll_str_addf(&shown, "\\x%02x", (unsigned char)*x);
    check_report(good, __FILE__, __LINE__, "a word is not what was quoted: %s", ll_str_text(&shown));
    ll_str_free(&shown);
}

static void words_come_back(void)
{
    static const char *const all[] = {"a",
                                      "",
                                      "a b",
                                      "it's",
                                      "say \"x\"",
                                      "both ' and \"",
                                      "a;b",
                                      "#x",
                                      "a\\",
                                      "\\\"",
                                      "\\x41",
                                      "\\",
                                      "a\nb",
                                      "a\rb\vc\fd",
                                      "out=/tmp/x",
                                      "a,b*?",
                                      "{device}",
                                      "--help",
                                      "Ger\xe4t",
                                      "\xc2\x9b\x31m",
                                      "\xe2\x80\xae x",
                                      "~/x",
                                      "|nor_conv_3x3~0|+|none~0|"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) check_law(all[i]);
    const char *path = check_shared("cases/hostile/quote_word_crash.bin");
    FILE *f = path ? fopen(path, "rb") : NULL;
    char bytes[256] = "";
    if (f) bytes[fread(bytes, 1, sizeof bytes - 1, f)] = 0;
    if (f) fclose(f);
    check_law(bytes);
}

static void any_bytes_come_back(void)
{
    static const char telling[] = " \t\n\r\v\f;#=\"'\\,*?{}-x0a~`$";
    ll_rng r = ll_rng_new(12, LL_STREAM_DATA);
    int bad = 0;
    for (int i = 0; i < 100000; i++) {
        char x[40];
        int n = ll_rng_below(&r, 24), some = ll_rng_below(&r, 3);
        for (int k = 0; k < n; k++)
            x[k] = (char)(ll_rng_below(&r, 3) < some ? 1 + ll_rng_below(&r, 255)
                                                     : telling[ll_rng_below(&r, sizeof telling - 1)]);
        x[n] = 0;
        bool good = law_holds(x) && law_holds_inside(x, '"') && law_holds_inside(x, '\'');
        if (!good && !bad++) check_law(x);
    }
    CHECK_INT(bad, 0);
}

static void simple_words_stay(void)
{
    static const char *const all[] = {"titan_rtx_256", "/tmp/a.csv", "-x",    "k.n+1",
                                      "\xc3\xa4",      "{arch}",     "|a~0|+"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        ll_str out = {0};
        ll_quote_word(&out, all[i]);
        CHECK_STR(out.s, all[i]);
        ll_str_free(&out);
    }
    ll_str line = {0};
    ll_quote_addf(&line, "corr %s k=%d of=%s%%", "Pixel 3", 7, "x");
    CHECK_STR(line.s, "corr \"Pixel 3\" k=7 of=x%");
    ll_str_free(&line);
}

static void escapes_are_read(void)
{
    ll_strs words = {0};
    ll_error e = {0};
    CHECK_INT(ll_split_words("\"a\\\"b\" \"C:\\dir\" \"\\x4a\\x00\" '\\x4a' x\\y \"\\\\\"", &words, &e),
              LL_OK);
    static const char *const expected[] = {"a\"b", "C:\\dir", "J\\x00", "\\x4a", "x\\y", "\\"};
    CHECK_INT(words.n, 6);
    for (int i = 0; i < words.n && i < 6; i++) CHECK_STR(words.v[i], expected[i]);
    ll_strs_free(&words);
    CHECK_INT(ll_split_words("a \"b\\\"", &words, &e), LL_USAGE);
    CHECK_INT(words.n, 1);
    ll_strs_free(&words);
}

/* A name that looks like an option is none when it was quoted, and keeps its comma in a list. */
static void quoted_words_are_no_options(void)
{
    static const ll_option table[] = {
        LL_OPT_LIST("device", NULL, NULL, LL_REST),
        LL_OPT_WORD("out", NULL, NULL),
        {0},
    };
    static const char *const names[] = {"out=/etc/passwd", "a,b", "x*", "plain", "say \"it's\"", "a\\,b"};
    ll_values v;
    ll_str line = {0};
    ll_strs words = {0}, found = {0};
    ll_error e = {0};
    for (int i = 0; i < 6; i++) {
        if (i) ll_str_addc(&line, ' ');
        ll_quote_word(&line, names[i]);
    }
    ll_split_marked(line.s, &words, NULL);
    ll_values_init(&v, table);
    CHECK_INT(ll_values_parse(&v, words.v, words.n, &e), LL_OK);
    CHECK(!ll_has(&v, "out"));
    ll_patterns(&v, "device", &found);
    CHECK_INT(found.n, 6);
    for (int i = 0; i < found.n && i < 6; i++) {
        char *name = ll_unmarked(found.v[i]);
        CHECK_STR(name, names[i]);
        free(name);
    }
    ll_values_free(&v);
    ll_str_free(&line);
    ll_strs_free(&words);
    ll_strs_free(&found);
}

/* --- bindings --- */

static bool device_of(void *ctx, const char *name, ll_str *out)
{
    if (!strcmp(name, "device")) ll_quote_word(out, ctx);
    if (!strcmp(name, "two")) ll_quote_addf(out, "%s %s", (const char *)ctx, "b c");
    return out->len > 0;
}

static char *expanded(const char *text, const char *device)
{
    ll_str out = {0};
    if (!ll_expand(text, device_of, (void *)(uintptr_t)device, &out)) {
        ll_str_clear(&out);
        ll_str_add(&out, "(no)");
    }
    return ll_str_take(&out);
}

static void bindings_are_filled_in(void)
{
    static const char *const all[][3] = {
        {"corr {device}", "fpga", "corr fpga"},
        {"corr {device} metric=kendall", "Pixel 3", "corr \"Pixel 3\" metric=kendall"},
        {"export csv {device}.csv devices={device}", "/tmp/OWNED",
         "export csv _tmp_OWNED.csv devices=/tmp/OWNED"},
        {"plot hist {device} out=hist-{device}.png", "a out=/x",
         "plot hist \"a out\\=/x\" out=hist-a_out__x.png"},
        {"export csv {device}.csv", ".ssh", "export csv _ssh.csv"},
        {"export csv {device}.csv", "../\u00e4\x1b", "export csv _._\u00e4_.csv"},
        {"write c.csv 'corr {device}'", "it's", "write c.csv 'corr \"it'\"'\"'s\"'"},
        {"write c.csv \"corr {device}\"", "a b", "write c.csv \"corr \\\"a b\\\"\""},
        {"corr '{device}'", "a b", "corr 'a b'"},
        {"corr \"{device}\"", "a\"b", "corr \"a\\\"b\""},
        {"tag {two}", "a b", "tag \"a b\" \"b c\""},
        {"@card {device}", "Pixel 3", "@card Pixel 3"},
        {"@command transfer {device} k=20", "Pixel 3", "@command transfer \"Pixel 3\" k=20"},
        {"corr {other}", "x", "(no)"},
        {"a {", "x", "a {"},
        {"corr {device}", "{device}; quit", "corr \"{device}; quit\""},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char *line = expanded(all[i][0], all[i][1]);
        CHECK_STR(line, all[i][2]);
        free(line);
    }
}

/* Whatever the device is called, a key's line is the one command it is, with the device as one word of it. */
static void bindings_stay_one_command(void)
{
    static const char *const texts[] = {"corr {device}",
                                        "corr '{device}'",
                                        "corr \"{device}\"",
                                        "write x.csv 'corr {device}'",
                                        "write x.csv \"corr {device}\"",
                                        "export csv {device}.csv devices={device}"};
    static const char telling[] = " \t\n;#=\"'\\,*/.{}-x~`$\x1b\xe4";
    ll_rng r = ll_rng_new(15, LL_STREAM_DATA);
    int bad = 0;
    for (int i = 0; i < 30000; i++) {
        char x[12];
        int n = 1 + ll_rng_below(&r, 10), which = i % 6;
        for (int k = 0; k < n; k++) x[k] = telling[ll_rng_below(&r, sizeof telling - 1)];
        x[n] = 0;
        char *line = expanded(texts[which], x);
        ll_strs lines = {0}, words = {0}, inner = {0};
        ll_error e = {0};
        ll_split_lines(line, &lines);
        bool good = lines.n == 1 && !ll_split_words(line, &words, &e) &&
                    words.n == (which < 3   ? 2
                                : which < 5 ? 3
                                            : 4);
        if (good && which < 3) good = !strcmp(words.v[1], x);
        if (good && (which == 3 || which == 4)) {
            ll_split_words(words.v[2], &inner, &e);
            good = inner.n == 2 && !strcmp(inner.v[1], x);
        }
        if (good && which == 5)
            good = !strcmp(words.v[3] + 8, x) && !strpbrk(words.v[2], "/~") && *words.v[2] != '.';
        if (!good && !bad++) check_report(false, __FILE__, __LINE__, "%s", line);
        ll_strs_free(&lines);
        ll_strs_free(&words);
        ll_strs_free(&inner);
        free(line);
    }
    CHECK_INT(bad, 0);
}

/* --- completion --- */

static void check_common(const char *typed, const char *a, const char *b, const char *expected)
{
    ll_strs all = {0};
    ll_strs_add(&all, a);
    if (b) ll_strs_add(&all, b);
    char *common = ll_prompt_common(typed, &all);
    CHECK_STR(common, expected);
    free(common);
    ll_strs_free(&all);
}

static void completion_keeps_quotes_whole(void)
{
    check_common("Pi", "\"Pixel 3\"", NULL, "\"Pixel 3\"");
    check_common("Pi", "\"Pixel 3\"", "\"Pixel 4\"", "\"Pixel ");
    check_common("\"Pix", "\"Pixel 3\"", "\"Pixel 4\"", "\"Pixel ");
    check_common("Pi", "\"Pixel 3\"", "Pixel2",
                 "Pi"); /* nothing in common that goes on from what stands there */
    check_common("a", "\"a\\x1b\"", "\"a\\x1c\"", "\"a");
    check_common("a", "\"a \u00e4\"", "\"a \u00e5\"", "\"a ");
    CHECK(ll_prompt_ends("\"Pixel 3\""));
    CHECK(!ll_prompt_ends("\"my dir/\""));
    CHECK(!ll_prompt_ends("k="));
    CHECK(!ll_prompt_ends("dir/"));
    CHECK_INT(ll_last_word("corr \"Pixel 3"), 5);
    CHECK_INT(ll_last_word("corr \"Pixel 3\" "), 15);
    CHECK_INT(ll_last_word("corr a,\"b c"), 5);
    CHECK_INT(ll_prompt_command_start("corr \"a\\\";b\"; x"), 14);
}

static const check_case cases[] = {
    {"words come back from quotes", words_come_back},
    {"any bytes come back from quotes", any_bytes_come_back},
    {"simple words stay as they are", simple_words_stay},
    {"escapes in quotes", escapes_are_read},
    {"a quoted word is no option", quoted_words_are_no_options},
    {"bindings are filled in", bindings_are_filled_in},
    {"bindings stay one command", bindings_stay_one_command},
    {"completion keeps quotes whole", completion_keeps_quotes_whole},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_quote", cases, argc, argv);
}
