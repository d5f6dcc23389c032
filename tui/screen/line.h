/* One line being edited, with history, completion and suggestions. Pure: keys in, text out. */
#ifndef LL_TUI_SCREEN_LINE_H
#define LL_TUI_SCREEN_LINE_H

#include "core/base/str.h"
#include "tui/draw/canvas.h"
#include "tui/faces/prompt.h"

typedef struct ll_line {
    ll_str text;    /* UTF-8, whatever came in: a byte that is none is read as Latin-1 */
    size_t cursor;  /* byte position, of a character */
    ll_strs offers; /* candidates for the last word, refreshed at every change */
    size_t word;    /* where that word begins */
    int at;         /* place in the history; -1: the line itself */
    char *kept;     /* what was typed before history was walked or searched */
    bool searching; /* C-r: `wanted` is being typed, the text is the line of the history that has it */
    bool missed;    /* no line has it; the text is the last one that did */
    ll_str wanted;
    const ll_history *history;
    ll_app *app; /* for completion; NULL: none */
} ll_line;

typedef enum ll_line_done { LL_LINE_OPEN, LL_LINE_ENTERED, LL_LINE_LEFT } ll_line_done;

void ll_line_begin(ll_line *l, ll_app *app, const ll_history *history, const char *text);
void ll_line_free(ll_line *l);
/* `key` is a name ("Left", "Enter", "C-w") or a character. C-r searches the history backwards as one types, as readline
 * does: again for an older line, Enter gives it, Esc and C-g bring back what was typed, any other key goes on with it. */
ll_line_done ll_line_key(ll_line *l, const char *key);
/* The rest of a history line that begins with what is typed; "" when there is none. Borrowed. */
const char *ll_line_ghost(const ll_line *l);
/* Draws "PREFIX text" in w columns; returns the cursor's column. */
int ll_line_draw(const ll_line *l, ll_canvas *c, int y, int x, int w, const char *prefix);

#endif
