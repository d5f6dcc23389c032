/* Key files, and their keys into the line editor. */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tui/screen/keyfile.h"
#include "tui/screen/line.h"

/* The editor's text stays text, its cursor within it and at the beginning of a character. */
static void check_editor(const ll_line *l)
{
    const char *text = ll_str_text(&l->text);
    LAW(strlen(text) == l->text.len, "a NUL within the line");
    LAW(l->cursor <= l->text.len, "the cursor is at %zu of %zu", l->cursor, l->text.len);
    LAW(((uint8_t)text[l->cursor] & 0xc0) != 0x80, "the cursor is within a character of <%s>", text);
}

static void run(const uint8_t *bytes, size_t n)
{
    char *text = ll_fuzz_text(bytes, n);
    ll_keyfile k = {0};
    ll_history history = {0};
    ll_line l = {0};
    ll_keyfile_parse(&k, text);
    ll_line_begin(&l, NULL, &history, "start");
    for (const char *key; (key = ll_keyfile_next(&k));) {
        LAW(*key, "a key without a name");
        if (ll_line_key(&l, key) != LL_LINE_OPEN) {
            ll_line_free(&l);
            ll_line_begin(&l, NULL, &history, "");
        }
        check_editor(&l);
        ll_line_ghost(&l);
    }
    ll_line_free(&l);
    ll_keyfile_free(&k);
    free(text);
}

const ll_fuzz_target ll_fuzz_keys = {"keys", run};
