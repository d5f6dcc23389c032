/* The end that has no time: the machine has no memory left, or the user will wait no longer. Nothing is half-written
 * then: files are replaced whole, and the temporaries of open writers are taken along. Thread: any; all functions but
 * ll_rescue_start are async-signal-safe. */
#ifndef LL_TUI_FACES_RESCUE_H
#define LL_TUI_FACES_RESCUE_H

struct termios;

/* From now on the end of memory is said in a sentence on stderr and ends the program with LL_NO_MEMORY. First thing in
 * main(). */
void ll_rescue_start(void);

/* What brings the terminal back: bytes for stdout (kept by the caller) and the modes of stdin. NULL: nothing has to be
 * brought back. */
void ll_rescue_terminal(const char *bytes, const struct termios *modes);
void ll_rescue_bring_back(void);

/* How long a cancelled command may take to notice, before its user is told or the program ends without it. */
#define LL_PATIENCE_S .08

/* Terminal, temporaries, _exit. */
_Noreturn void ll_leave_at_once(int status);

#endif
