#define _XOPEN_SOURCE_EXTENDED 1
#include "tui/draw/canvas.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "core/base/mem.h"

/* --- cells ---------------------------------------------------------------------------------------------- */

/* What stands for a character where only ASCII can be shown. */
static uint32_t ascii_for(uint32_t ch)
{
    static const struct {
        uint32_t from;
        char to;
    } table[] = {{0x2500, '-'}, {0x2501, '='}, {0x2502, '|'}, {0x250c, '+'}, {0x2510, '+'}, {0x2514, '+'},
                 {0x2518, '+'}, {0x251c, '+'}, {0x2524, '+'}, {0x252c, '+'}, {0x2534, '+'}, {0x253c, '+'},
                 {0x2026, '~'}, {0x2571, '/'}, {0x2588, '#'}, {0x2192, '>'}, {0x2190, '<'}, {0x2191, '^'},
                 {0x2193, 'v'}, {0x2022, '*'}, {0x00b1, '+'}, {0x03c1, 'r'}, {0x03c4, 't'}, {0x00d7, 'x'},
                 {0x25cf, '*'}, {0x25cb, 'o'}, {0x2013, '-'}, {0x2014, '-'}, {0x2212, '-'}, {0x2264, '<'},
                 {0x2265, '>'}, {0x00b5, 'u'}};
    if (ch < 0x80) return ch;
    if (ch >= 0x2581 && ch < 0x2588) return (uint32_t) "_.-=+*#"[ch - 0x2581];
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].from == ch) return (uint32_t)table[i].to;
    return '?';
}

/* --- the grid ------------------------------------------------------------------------------------------- */

static const ll_cell blank = {' ', LL_PLAIN, LL_PLAIN, 0, 0};

void ll_canvas_init(ll_canvas *c, const ll_look *look, int height, int width)
{
    *c = (ll_canvas){.width = width, .look = look, .grows = height == 0};
    if (height) {
        c->cap = c->height = height;
        c->cells = LL_NEW_ARRAY(ll_cell, (size_t)height * (size_t)width);
        ll_canvas_clear(c);
    }
}

void ll_canvas_free(ll_canvas *c)
{
    free(c->cells);
    c->cells = NULL;
    c->height = c->cap = 0;
}

void ll_canvas_clear(ll_canvas *c)
{
    for (long i = 0; i < (long)c->height * c->width; i++) c->cells[i] = blank;
}

static void grow(ll_canvas *c, int height)
{
    if (height > c->cap) {
        c->cap = height + height / 2 + 16;
        c->cells = ll_realloc(c->cells, (size_t)c->cap * (size_t)c->width, sizeof *c->cells);
    }
    for (long i = (long)c->height * c->width; i < (long)height * c->width; i++) c->cells[i] = blank;
    c->height = height;
}

void ll_put_cell(ll_canvas *c, int y, int x, uint32_t ch, ll_ink ink)
{
    if (y < 0 || x < 0 || x >= c->width) return;
    if (y >= c->height) {
        if (!c->grows) return;
        grow(c, y + 1);
    }
    if (ll_hidden(ch)) ch = LL_REPLACEMENT; /* never let data drive a terminal */
    if (!c->look->utf8) ch = ascii_for(ch);
    int fg = ll_colour_at(ink.fg, c->look->depth), bg = ll_colour_at(ink.bg, c->look->depth);
    c->cells[(long)y * c->width + x] = (ll_cell){ch, fg, bg, ink.attr, 0};
}

/* A mark of no width belongs to the character before it; a cell has room for one. */
static void add_accent(ll_canvas *c, int y, int x, uint32_t ch)
{
    if (!c->look->utf8 || y < 0 || y >= c->height || x < 0 || x >= c->width) return;
    ll_cell *cell = &c->cells[(long)y * c->width + x];
    if (!cell->ch && x > 0) cell--; /* the left half of a wide one */
    if (!cell->accent) cell->accent = ch;
}

static int put_ink(ll_canvas *c, int y, int x, ll_ink ink, const char *text)
{
    int x0 = x;
    uint32_t ch;
    for (int n; (n = ll_utf8_next(text, &ch)) > 0; text += n) {
        int w = ll_char_width(ch);
        if (w == 0) {
            if (x > x0) add_accent(c, y, x - 1, ch);
            continue;
        }
        if (w == 2 && (!c->look->utf8 || x + 2 > c->width)) ch = '?', w = 1;
        ll_put_cell(c, y, x, ch, ink);
        if (w == 2) c->cells[(long)y * c->width + x + 1].ch = 0;
        x += w;
    }
    if (c->grows && y >= c->height) grow(c, y + 1);
    return x - x0;
}

/* --- text that carries its colours (SGR sequences) --- */

/* 38;5;N or 38;2;R;G;B behind position i of the numbers; moves i. */
static int extended_colour(const int *v, int n, int *i)
{
    if (*i + 2 < n && v[*i + 1] == 5) {
        *i += 2;
        return v[*i] & 255;
    }
    if (*i + 4 < n && v[*i + 1] == 2) {
        *i += 4;
        return LL_RGB(v[*i - 2] & 255, v[*i - 1] & 255, v[*i] & 255);
    }
    return LL_PLAIN;
}

static void apply_sgr(ll_ink *ink, const int *v, int n)
{
    for (int i = 0; i < n; i++) {
        int code = v[i];
        if (code == 0) *ink = (ll_ink){LL_PLAIN, LL_PLAIN, 0};
        if (code == 1) ink->attr |= LL_BOLD;
        if (code == 2) ink->attr |= LL_DIM;
        if (code == 4) ink->attr |= LL_UNDERLINE;
        if (code == 7) ink->attr |= LL_REVERSE;
        if (code == 22) ink->attr &= ~(unsigned)(LL_BOLD | LL_DIM);
        if (code >= 30 && code <= 37) ink->fg = code - 30;
        if (code == 38) ink->fg = extended_colour(v, n, &i);
        if (code == 39) ink->fg = LL_PLAIN;
        if (code >= 40 && code <= 47) ink->bg = code - 40;
        if (code == 48) ink->bg = extended_colour(v, n, &i);
        if (code == 49) ink->bg = LL_PLAIN;
        if (code >= 90 && code <= 97) ink->fg = code - 82;
        if (code >= 100 && code <= 107) ink->bg = code - 92;
    }
}

/* Reads one CSI sequence at `s` (behind ESC [); other ones than colours are dropped. Returns its length. */
static size_t read_sequence(const char *s, ll_ink *ink)
{
    int v[16] = {0}, n = 1;
    size_t i = 0;
    for (; s[i] && !(s[i] >= '@' && s[i] <= '~'); i++) {
        if (s[i] == ';' && n < 16)
            n++;
        else if (s[i] >= '0' && s[i] <= '9' && v[n - 1] < 100000)
            v[n - 1] = 10 * v[n - 1] + s[i] - '0';
    }
    if (s[i] == 'm') apply_sgr(ink, v, n);
    return s[i] ? i + 1 : i;
}

int ll_put_coloured(ll_canvas *c, int y, int x, ll_ink *ink, const char *text)
{
    int x0 = x;
    while (*text) {
        size_t n = strcspn(text, "\033");
        char *part = ll_memdup(text, n + 1, 1);
        part[n] = 0;
        x += put_ink(c, y, x, *ink, part);
        free(part);
        text += n;
        if (*text && text[1] == '[')
            text += 2 + read_sequence(text + 2, ink);
        else if (*text)
            text++;
    }
    if (c->grows && y >= c->height) grow(c, y + 1);
    return x - x0;
}

int ll_put(ll_canvas *c, int y, int x, ll_style style, const char *text)
{
    return put_ink(c, y, x, ll_style_ink(c->look, style), text);
}

int ll_putf(ll_canvas *c, int y, int x, ll_style style, const char *fmt, ...)
{
    ll_str s = {0};
    va_list ap;
    va_start(ap, fmt);
    ll_str_addv(&s, fmt, ap);
    va_end(ap);
    int used = ll_put(c, y, x, style, ll_str_text(&s));
    ll_str_free(&s);
    return used;
}

/* How many bytes at the beginning of the text are at most w columns; *used: how many columns. */
static size_t fitting(const char *text, int w, int *used)
{
    const char *at = text;
    uint32_t ch;
    *used = 0;
    for (int n; (n = ll_utf8_next(at, &ch)) > 0 && *used + ll_char_width(ch) <= w; at += n)
        *used += ll_char_width(ch);
    return (size_t)(at - text);
}

int ll_put_more(ll_canvas *c, int y, int x, int above, int below, const char *one, const char *many)
{
    ll_str text = {0};
    if (below > 0) ll_str_addf(&text, "%d more %s", below, ll_noun(below, one, many));
    if (below <= 0) ll_str_add(&text, "the end");
    if (above > 0) ll_str_addf(&text, ", %d above", above);
    ll_str_add(&text, below <= 0 ? " (PgUp)" : above > 0 ? " (PgDn, PgUp)" : " (PgDn)");
    int w = ll_put(c, y, x, LL_S_FAINT, ll_str_text(&text));
    ll_str_free(&text);
    return w;
}

int ll_put_middle_cut(ll_canvas *c, int y, int x, int w, ll_style style, const char *text)
{
    int width = ll_text_width(text), head, skipped;
    if (width <= w) return ll_put(c, y, x, style, text);
    if (w < 3) return ll_put_cut(c, y, x, w, style, text);
    size_t kept = fitting(text, (w - 1) / 2, &head);
    size_t from = fitting(text, width - (w - 1 - head), &skipped);
    if (width - skipped > w - 1 - head)
        from += strlen(text + from) ? (size_t)ll_utf8_next(text + from, &(uint32_t){0}) : 0;
    ll_str cut = {0};
    ll_str_addn(&cut, text, kept);
    ll_str_add(&cut, "\xe2\x80\xa6");
    ll_str_add(&cut, text + from);
    int used = ll_put(c, y, x, style, ll_str_text(&cut));
    ll_str_free(&cut);
    return used;
}

int ll_put_cut(ll_canvas *c, int y, int x, int w, ll_style style, const char *text)
{
    if (w <= 0) return 0;
    if (ll_text_width(text) <= w) return ll_put(c, y, x, style, text);
    ll_str cut = {0};
    int used;
    ll_str_addn(&cut, text, fitting(text, w - 1, &used));
    ll_str_add(&cut, "\xe2\x80\xa6");
    used = ll_put(c, y, x, style, ll_str_text(&cut));
    ll_str_free(&cut);
    return used;
}

void ll_fill(ll_canvas *c, ll_rect r, uint32_t ch, ll_ink ink)
{
    for (int y = r.y; y < r.y + r.h; y++)
        for (int x = r.x; x < r.x + r.w; x++) ll_put_cell(c, y, x, ch, ink);
}

void ll_restyle(ll_canvas *c, ll_rect r, ll_ink ink)
{
    for (int y = r.y < 0 ? 0 : r.y; y < r.y + r.h && y < c->height; y++)
        for (int x = r.x < 0 ? 0 : r.x; x < r.x + r.w && x < c->width; x++) {
            ll_cell *cell = &c->cells[(long)y * c->width + x];
            *cell = (ll_cell){cell->ch, ink.fg, ink.bg, ink.attr, cell->accent};
        }
}

void ll_blit(ll_canvas *c, ll_rect r, const ll_canvas *from, int from_y, int from_x)
{
    for (int y = 0; y < r.h && from_y + y < from->height && r.y + y < c->height; y++)
        for (int x = 0; x < r.w && from_x + x < from->width && r.x + x < c->width; x++)
            if (from_y + y >= 0 && r.y + y >= 0 && r.x + x >= 0)
                c->cells[(long)(r.y + y) * c->width + r.x + x] =
                    from->cells[(long)(from_y + y) * from->width + from_x + x];
}

ll_rect ll_frame(ll_canvas *c, ll_rect r, const char *title, bool focused)
{
    ll_style s = focused ? LL_S_ACCENT : LL_S_FAINT;
    ll_ink ink = ll_style_ink(c->look, s);
    int right = r.x + r.w - 1, bottom = r.y + r.h - 1;
    for (int x = r.x + 1; x < right; x++)
        ll_put_cell(c, r.y, x, 0x2500, ink), ll_put_cell(c, bottom, x, 0x2500, ink);
    for (int y = r.y + 1; y < bottom; y++)
        ll_put_cell(c, y, r.x, 0x2502, ink), ll_put_cell(c, y, right, 0x2502, ink);
    ll_put_cell(c, r.y, r.x, 0x250c, ink), ll_put_cell(c, r.y, right, 0x2510, ink);
    ll_put_cell(c, bottom, r.x, 0x2514, ink), ll_put_cell(c, bottom, right, 0x2518, ink);
    if (title && *title && r.w > 6) {
        ll_put(c, r.y, r.x + 1, s, " ");
        int w = ll_put_cut(c, r.y, r.x + 2, r.w - 5, focused ? LL_S_ACCENT : LL_S_TITLE, title);
        ll_put(c, r.y, r.x + 2 + w, s, " ");
    }
    return (ll_rect){r.y + 1, r.x + 1, r.h - 2, r.w - 2};
}

/* --- text out ------------------------------------------------------------------------------------------- */

static void add_colour(ll_str *out, int colour, bool background)
{
    int base = background ? 40 : 30;
    if (colour == LL_PLAIN) return;
    if (colour & LL_RGB_BIT)
        ll_str_addf(out, ";%d;2;%d;%d;%d", base + 8, colour >> 16 & 255, colour >> 8 & 255, colour & 255);
    else if (colour < 8)
        ll_str_addf(out, ";%d", base + colour);
    else if (colour < 16)
        ll_str_addf(out, ";%d", base + 52 + colour); /* 90.. and 100.. */
    else
        ll_str_addf(out, ";%d;5;%d", base + 8, colour);
}

static void add_ink(ll_str *out, const ll_cell *cell)
{
    static const struct {
        unsigned bit;
        const char *code;
    } attrs[] = {{LL_BOLD, ";1"}, {LL_DIM, ";2"}, {LL_UNDERLINE, ";4"}, {LL_REVERSE, ";7"}};
    ll_str_add(out, "\033[0");
    for (int i = 0; i < 4; i++)
        if (cell->attr & attrs[i].bit) ll_str_add(out, attrs[i].code);
    add_colour(out, cell->fg, false);
    add_colour(out, cell->bg, true);
    ll_str_addc(out, 'm');
}

static bool same_ink(const ll_cell *a, const ll_cell *b)
{
    return a->fg == b->fg && a->bg == b->bg && a->attr == b->attr;
}

static int used_width(const ll_canvas *c, const ll_cell *row)
{
    int w = c->width;
    while (w > 0 && row[w - 1].ch == ' ' &&
           (!c->look->attributes || (row[w - 1].bg == LL_PLAIN && !(row[w - 1].attr & LL_REVERSE))))
        w--;
    return w;
}

void ll_canvas_add_cells(const ll_canvas *c, int y, int x0, int x1, ll_str *out)
{
    const ll_cell *row = c->cells + (long)y * c->width, *last = &blank;
    for (int x = x0; x < x1; x++) {
        if (!row[x].ch) continue;
        if (c->look->attributes && !same_ink(&row[x], last)) add_ink(out, &row[x]);
        last = &row[x];
        ll_utf8_add(out, row[x].ch);
        if (row[x].accent) ll_utf8_add(out, row[x].accent);
    }
    if (c->look->attributes && !same_ink(last, &blank)) ll_str_add(out, "\033[0m");
}

void ll_canvas_text(const ll_canvas *c, int y0, int y1, ll_str *out)
{
    for (int y = y0; y < y1 && y < c->height; y++) {
        ll_canvas_add_cells(c, y, 0, used_width(c, c->cells + (long)y * c->width), out);
        ll_str_addc(out, '\n');
    }
}
