/* What pictures the terminal can show: plots are told, so that they draw by its best means. */
#ifndef LL_TUI_DRAW_GRAPHICS_H
#define LL_TUI_DRAW_GRAPHICS_H

#include "core/app/app.h"
#include "plots/terminal/caps.h"
#include "tui/draw/theme.h"

/* Tells the app's plots about the terminal on stdin and stdout with this look. `page`: rows of
 * the page that a figure comes on in the full screen, which knows text alone; 0: the terminal's own, and kitty and sixel
 * pictures may be sent (the prompt, scripts).
 * LATLAB_GRAPHICS=kitty|sixel|text decides; otherwise a terminal that is known to have graphics is asked,
 * once, and silence for 0.2 s means no. Never asks inside tmux or screen, which do not pass pictures on. */
void ll_graphics_tell(ll_app *app, const ll_look *look, int page);

/* Does an answer to the query say so? `answer` is what came back for ESC _Gi=31,...,a=q ESC \ and ESC [ c. */
void ll_graphics_read(const char *answer, bool *kitty, bool *sixel);

#endif
