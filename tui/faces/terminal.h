/* What a stream or terminal can show, and bringing it back to order whatever happens. */
#ifndef LL_TUI_FACES_TERMINAL_H
#define LL_TUI_FACES_TERMINAL_H

#include "core/base/status.h"
#include "tui/draw/theme.h"

typedef enum ll_when { LL_AUTO, LL_ALWAYS, LL_NEVER } ll_when;

/* Look of a stream. Colour is off when NO_COLOR is set and not empty, TERM is dumb or the stream is no
 * terminal, on when FORCE_COLOR is; `colour` beats all of them. Width: of the terminal; 0 for a pipe. */
ll_look ll_terminal_look(int fd, ll_when colour, bool ascii);
int ll_terminal_width(int fd);  /* 0: no terminal */
int ll_terminal_height(int fd); /* 0: no terminal, or one that does not say */
/* Can the full screen be drawn here? stdin and stdout are a terminal that terminfo knows and that can move its cursor.
 * *why (may be NULL) says what is missing and what to do. Writes nothing to the terminal. */
bool ll_terminal_can_draw(ll_error *why);
/* Colours TERM and COLORTERM promise. */
ll_depth ll_terminal_depth(void);

#endif
