/* What drawings are put on, and the values and texts that all of them have. */
#ifndef LL_TUI_DRAW_PAPER_H
#define LL_TUI_DRAW_PAPER_H

#include <cjson/cJSON.h>

#include "tui/draw/canvas.h"

/* Paper: a canvas that grows; with `out`, finished rows leave it as text, so that a long table needs little
 * memory. Width: the look's, or `natural` columns when that has no limit. */
typedef struct ll_paper {
    ll_canvas c;
    ll_str *out; /* NULL: keep everything on the canvas */
} ll_paper;

/* One value as a table shows it: decimals, "-" for null, yes/no. */
void ll_render_value(const cJSON *value, int digits, const ll_look *look, ll_str *out);
/* Bytes of `text` that go on one line of `room` columns: up to a line's end or a blank (which the caller skips); a word
 * longer than the room is broken behind a sign that joins its parts, or anywhere. At least 1, but for an empty line. */
size_t ll_line_end(const char *text, int room);
/* Text broken at blanks, every line `indent` columns in. */
void ll_render_wrapped(ll_paper *p, ll_style style, int indent, const char *text);
void ll_paper_flush(ll_paper *p, int keep); /* hand rows over once there are more than `keep` */

#endif
