/* The terminal of the full screen, through ncursesw: a canvas goes out, names of keys come in. */
#ifndef LL_TUI_SCREEN_CURSES_H
#define LL_TUI_SCREEN_CURSES_H

#include "tui/draw/canvas.h"
#include "tui/screen/mouse.h"

/* Starts the screen and lowers look's depth to what ncurses can do here. */
void ll_curses_start(ll_look *look);
void ll_curses_stop(void);   /* the terminal is as it was */
void ll_curses_resume(void); /* after ll_curses_stop: back to the screen, everything redrawn */
void ll_curses_resize(void); /* after SIGWINCH */
void ll_curses_size(int *h, int *w);
/* Puts out what changed since the last time; the cursor is shown at (cy, cx) unless cy < 0. */
void ll_curses_show(const ll_canvas *c, int cy, int cx);
void ll_curses_forget(void);   /* the next show draws everything */
void ll_curses_mouse(bool on); /* ask the terminal for its reports, if it has a mouse */
/* To the terminal beside the screen's contents (OSC 52). */
void ll_curses_escape(const char *sequence);

enum { LL_KEY_NAME = 16 };
/* The next key's name: "a", "Down", "F5", "C-l", "Space", "Mouse" (then *m is set). False: none waits. */
bool ll_curses_key(char name[LL_KEY_NAME], ll_mouse *m);

/* Signals that kill (SIGSEGV, SIGABRT, ...) put the terminal right first; so does running out of memory. */
void ll_curses_guard(bool on);

#endif
