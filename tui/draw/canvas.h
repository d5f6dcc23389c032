/* A grid of character cells: everything the faces show is drawn here first, by pure functions, and then
 * becomes text with escapes (batch, REPL), curses output (full screen) or plain text (tests, save-display).
 *
 * The cell is the gate between data and terminal: ll_put_cell puts U+FFFD ('?' in ASCII), one column wide, where a
 * character is hidden (core/base/utf8.h) or bytes are no UTF-8. Escapes are made behind it, of a cell's ink. What does
 * not go through a canvas goes through ll_utf8_visible. */
#ifndef LL_TUI_DRAW_CANVAS_H
#define LL_TUI_DRAW_CANVAS_H

#include <stdint.h>

#include "core/base/str.h"
#include "core/base/utf8.h"
#include "tui/draw/theme.h"

typedef struct ll_cell {
    uint32_t ch; /* code point; 0: right half of a wide character */
    int32_t fg, bg;
    uint32_t attr;
    uint32_t accent; /* a combining mark on it; 0: none */
} ll_cell;

typedef struct ll_canvas {
    int width, height; /* a canvas for text grows in height when something is put below its end */
    bool grows;
    int cap;
    ll_cell *cells; /* (height, width) */
    const ll_look *look;
} ll_canvas;

typedef struct ll_rect {
    int y, x, h, w;
} ll_rect;
static inline bool ll_rect_has(ll_rect r, int y, int x)
{
    return y >= r.y && y < r.y + r.h && x >= r.x && x < r.x + r.w;
}

/* `look` is borrowed. A canvas with height 0 grows. */
void ll_canvas_init(ll_canvas *c, const ll_look *look, int height, int width);
void ll_canvas_free(ll_canvas *c);
void ll_canvas_clear(ll_canvas *c);

/* Everything outside the canvas is cut off. Returns the columns used. */
int ll_put(ll_canvas *c, int y, int x, ll_style style, const char *text);
int ll_putf(ll_canvas *c, int y, int x, ll_style style, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* Text with colour sequences (ESC [ ... m), beginning with *ink and leaving the last one there; other escape
 * sequences are dropped. For drawings of programs of our own choice; data goes through ll_put. */
int ll_put_coloured(ll_canvas *c, int y, int x, ll_ink *ink, const char *text);
/* "17 more lines, 3 above (PgDn, PgUp)": what of a list is out of sight, below and above. */
int ll_put_more(ll_canvas *c, int y, int x, int above, int below, const char *one, const char *many);
/* At most w columns; longer text loses its middle to an ellipsis: names often differ at their ends. */
int ll_put_middle_cut(ll_canvas *c, int y, int x, int w, ll_style style, const char *text);
/* At most w columns; longer text ends in an ellipsis ("~" without UTF-8). */
int ll_put_cut(ll_canvas *c, int y, int x, int w, ll_style style, const char *text);
void ll_put_cell(ll_canvas *c, int y, int x, uint32_t ch, ll_ink ink);
void ll_fill(ll_canvas *c, ll_rect r, uint32_t ch, ll_ink ink);
void ll_restyle(ll_canvas *c, ll_rect r, ll_ink ink); /* keeps the characters */
/* Copy rows from..: of `from` into rectangle r of c. */
void ll_blit(ll_canvas *c, ll_rect r, const ll_canvas *from, int from_y, int from_x);
/* A frame with a title in its upper edge; returns the inside. */
ll_rect ll_frame(ll_canvas *c, ll_rect r, const char *title, bool focused);

/* Rows y0 .. y1-1 as text: trailing blanks dropped, escapes as the look allows, one newline per row. */
void ll_canvas_text(const ll_canvas *c, int y0, int y1, ll_str *out);
/* Cells x0 .. x1-1 of row y, in their inks; none is left open. */
void ll_canvas_add_cells(const ll_canvas *c, int y, int x0, int x1, ll_str *out);

#endif
