/* Events as text. Pure: an event and a look in, text out. The generic drawing needs no knowledge of a
 * result's kind (see the conventions in core/app/request.h); a kind listed in render_kinds.c has a drawing of
 * its own. */
#ifndef LL_TUI_DRAW_RENDER_H
#define LL_TUI_DRAW_RENDER_H

#include <cjson/cJSON.h>

#include "tui/draw/paper.h"

/* A result as text at the end of `out`. */
void ll_render_result(const cJSON *result, const ll_look *look, ll_str *out);
/* The same on a canvas (uninitialised; free it with ll_canvas_free). */
void ll_render_canvas(const cJSON *result, const ll_look *look, ll_canvas *c);

/* The parts of the generic drawing, for special ones to use. */
void ll_render_title(ll_paper *p, const cJSON *result);
void ll_render_body(ll_paper *p, const cJSON *result);
void ll_render_notes(ll_paper *p, const cJSON *result);
/* Widest line of the drawing with nothing cut. */
int ll_render_natural_width(const cJSON *result, const ll_look *look);

typedef struct ll_render_kind {
    const char *kind;
    void (*draw)(ll_paper *p, const cJSON *result);
    int (*width)(const cJSON *result, const ll_look *look);
} ll_render_kind;
extern const ll_render_kind ll_render_kinds[]; /* ends with kind NULL */

/* A progress event as one line without newline: phase, bar, numbers, time left. At most `width` columns. */
void ll_render_progress(const cJSON *progress, const ll_look *look, int width, ll_str *out);
void ll_render_duration(double seconds, ll_str *out); /* "0.3 s", "12 s", "3 min 05 s" */

#endif
