#include "tui/screen/line.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

static void refresh(ll_line *l)
{
    ll_strs_free(&l->offers);
    if (l->app && l->cursor == l->text.len)
        ll_prompt_complete(l->app, ll_str_text(&l->text), &l->word, &l->offers);
}

static void set_text(ll_line *l, const char *text)
{
    ll_str_clear(&l->text);
    ll_utf8_repair(&l->text, text);
    l->cursor = l->text.len;
}

void ll_line_begin(ll_line *l, ll_app *app, const ll_history *history, const char *text)
{
    ll_line_free(l);
    *l = (ll_line){.app = app, .history = history, .at = -1};
    set_text(l, text);
    refresh(l);
}

void ll_line_free(ll_line *l)
{
    ll_str_free(&l->text);
    ll_strs_free(&l->offers);
    ll_str_free(&l->wanted);
    free(l->kept);
    *l = (ll_line){.at = -1};
}

static void cut(ll_line *l, size_t from, size_t to)
{
    char *rest = ll_strdup(ll_str_text(&l->text) + to);
    char *head = ll_strdup(ll_str_text(&l->text));
    head[from] = 0;
    ll_str_clear(&l->text);
    ll_str_add(&l->text, head);
    ll_str_add(&l->text, rest);
    l->cursor = from;
    free(head);
    free(rest);
}

static void insert(ll_line *l, const char *text)
{
    char *rest = ll_strdup(ll_str_text(&l->text) + l->cursor);
    cut(l, l->cursor, l->text.len);
    ll_utf8_repair(&l->text, text);
    l->cursor = l->text.len;
    ll_str_add(&l->text, rest);
    free(rest);
}

static size_t before(const ll_line *l)
{
    size_t p = l->cursor;
    const char *t = ll_str_text(&l->text);
    while (p > 0 && ((unsigned char)t[--p] & 0xc0) == 0x80) {
    }
    return p;
}

static size_t after(const ll_line *l)
{
    uint32_t ch;
    return l->cursor + (size_t)ll_utf8_next(ll_str_text(&l->text) + l->cursor, &ch);
}

static size_t word_before(const ll_line *l)
{
    const char *t = ll_str_text(&l->text);
    size_t p = l->cursor;
    while (p > 0 && isspace((unsigned char)t[p - 1])) p--;
    while (p > 0 && !isspace((unsigned char)t[p - 1])) p--;
    return p;
}

static void complete(ll_line *l)
{
    if (!l->offers.n) return;
    char *common = ll_prompt_common(ll_str_text(&l->text) + l->word, &l->offers);
    cut(l, l->word, l->text.len);
    insert(l, common);
    if (l->offers.n == 1 && ll_prompt_ends(common)) insert(l, " ");
    free(common);
}

static void keep_typed(ll_line *l)
{
    if (l->at >= 0) return;
    free(l->kept);
    l->kept = ll_strdup(ll_str_text(&l->text));
}

static void walk_history(ll_line *l, int step)
{
    int n = l->history ? l->history->lines.n : 0, at = l->at < 0 ? n : l->at;
    if (at + step < 0 || at + step > n) return;
    keep_typed(l);
    at += step;
    l->at = at == n ? -1 : at;
    set_text(l, at == n ? l->kept : l->history->lines.v[at]);
}

const char *ll_line_ghost(const ll_line *l)
{
    if (!l->text.len || l->searching || l->cursor < l->text.len || !l->history) return "";
    for (int i = l->history->lines.n - 1; i >= 0; i--) {
        const char *line = l->history->lines.v[i];
        if (strlen(line) > l->text.len && !strncmp(line, l->text.s, l->text.len)) return line + l->text.len;
    }
    return "";
}

static void right(ll_line *l)
{
    if (l->cursor < l->text.len) {
        l->cursor = after(l);
        return;
    }
    char *ghost = ll_strdup(ll_line_ghost(l));
    insert(l, ghost);
    free(ghost);
}

static void backspace(ll_line *l)
{
    cut(l, before(l), l->cursor);
}
static void delete_right(ll_line *l)
{
    cut(l, l->cursor, after(l));
}
static void left(ll_line *l)
{
    l->cursor = before(l);
}
static void home(ll_line *l)
{
    l->cursor = 0;
}
static void end(ll_line *l)
{
    l->cursor = l->text.len;
}
static void kill_word(ll_line *l)
{
    cut(l, word_before(l), l->cursor);
}
static void kill_left(ll_line *l)
{
    cut(l, 0, l->cursor);
}
static void kill_right(ll_line *l)
{
    cut(l, l->cursor, l->text.len);
}
static void older(ll_line *l)
{
    walk_history(l, -1);
}
static void newer(ll_line *l)
{
    walk_history(l, 1);
}

/* --- searching the history ------------------------------------------------------------------------------ */

static void begin_search(ll_line *l)
{
    if (!l->history) return;
    keep_typed(l);
    ll_str_clear(&l->wanted);
    l->searching = true;
    l->missed = false;
}

/* The latest line at `from` or before it that has what is wanted. */
static void search_from(ll_line *l, int from)
{
    const ll_strs *lines = &l->history->lines;
    const char *wanted = ll_str_text(&l->wanted);
    int i = from < lines->n ? from : lines->n - 1;
    while (i >= 0 && !strstr(lines->v[i], wanted)) i--;
    l->missed = *wanted && i < 0;
    if (!*wanted || i < 0) return;
    l->at = i;
    set_text(l, lines->v[i]);
    const char *text = ll_str_text(&l->text), *here = strstr(text, wanted);
    if (here) l->cursor = (size_t)(here - text);
}

static void leave_search(ll_line *l, bool keep)
{
    l->searching = false;
    if (keep) return;
    l->at = -1;
    set_text(l, l->kept ? l->kept : "");
}

/* False: the search has ended, and the key is the line's. */
static bool search_key(ll_line *l, const char *key, const char *character)
{
    int newest = l->history->lines.n - 1, here = l->at >= 0 ? l->at : newest;
    if (!strcmp(key, "C-r")) {
        search_from(l, l->at >= 0 && l->wanted.len ? here - 1 : here);
    } else if (!strcmp(key, "Esc") || !strcmp(key, "C-g")) {
        leave_search(l, false);
    } else if (!strcmp(key, "Backspace")) {
        while (l->wanted.len && ((unsigned char)l->wanted.s[--l->wanted.len] & 0xc0) == 0x80) {
        }
        if (l->wanted.s) l->wanted.s[l->wanted.len] = 0;
        search_from(l, newest);
    } else if (character) {
        int from = l->wanted.len ? here : newest;
        ll_str_add(&l->wanted, character);
        search_from(l, from);
    } else {
        leave_search(l, true);
        return false;
    }
    return true;
}

/* --- keys ----------------------------------------------------------------------------------------------- */

/* The character that a key is; NULL: it is none. */
static const char *character_of(const char *key)
{
    uint32_t ch;
    int n = ll_utf8_next(key, &ch);
    return !strcmp(key, "Space") ? " " : n > 0 && !key[n] && ch >= 32 ? key : NULL;
}

ll_line_done ll_line_key(ll_line *l, const char *key)
{
    static const struct {
        const char *key;
        void (*run)(ll_line *);
    } keys[] = {{"Backspace", backspace},
                {"Delete", delete_right},
                {"C-d", delete_right},
                {"Left", left},
                {"C-b", left},
                {"Right", right},
                {"C-f", right},
                {"Home", home},
                {"C-a", home},
                {"End", end},
                {"C-e", end},
                {"C-w", kill_word},
                {"C-u", kill_left},
                {"C-k", kill_right},
                {"Up", older},
                {"C-p", older},
                {"Down", newer},
                {"C-n", newer},
                {"C-r", begin_search},
                {"Tab", complete}};
    const char *character = character_of(key);
    if (l->searching && search_key(l, key, character)) {
        refresh(l);
        return LL_LINE_OPEN;
    }
    if (!strcmp(key, "Enter")) return LL_LINE_ENTERED;
    if (!strcmp(key, "Esc") || (!strcmp(key, "Backspace") && !l->text.len)) return LL_LINE_LEFT;
    if (character)
        insert(l, character);
    else
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
            if (!strcmp(keys[i].key, key)) keys[i].run(l);
    refresh(l);
    return LL_LINE_OPEN;
}

int ll_line_draw(const ll_line *l, ll_canvas *c, int y, int x, int w, const char *prefix)
{
    const char *text = ll_str_text(&l->text);
    char *head = ll_strdup(text);
    head[l->cursor] = 0;
    int used = l->searching ? ll_putf(c, y, x, LL_S_ACCENT, "(%ssearch) %s: ", l->missed ? "failed " : "",
                                      ll_str_text(&l->wanted))
                            : ll_put(c, y, x, LL_S_ACCENT, prefix),
        room = w - used - 1, skip = 0;
    const char *from = text;
    for (int before_cursor = ll_text_width(head); before_cursor - skip > room && *from;) {
        uint32_t ch;
        from += ll_utf8_next(from, &ch);
        skip += ll_char_width(ch);
    }
    int shown = ll_put(c, y, x + used, LL_S_TEXT, from);
    ll_put_cut(c, y, x + used + shown, w - used - shown, LL_S_FAINT, ll_line_ghost(l));
    int cursor = x + used + ll_text_width(head) - skip;
    free(head);
    return cursor;
}
