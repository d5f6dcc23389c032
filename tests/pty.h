/* A program in a pseudo-terminal: typing, waiting for what its screen shows, and how it leaves the terminal. One
 * session at a time. The program is $LATLAB, else ./latlab; its state, data and settings are private to the test. */
#ifndef LL_TESTS_PTY_H
#define LL_TESTS_PTY_H

#include <sys/types.h>
#include <termios.h>

#include "tests/vt.h"

typedef struct pty_session {
    pid_t pid;
    int fd;
    vt t;
    struct termios before; /* modes of the terminal when the program started */
    int status;            /* of waitpid, once it has ended */
    bool ended;
    void (*on_output)(const char *bytes, int n); /* sees what comes before the screen does; NULL: nobody */
} pty_session;
extern pty_session pty; /* too big for a stack */

extern char pty_program[4096]; /* "" when there is none */
extern double pty_patience;    /* seconds that something may take; more under a sanitizer */
void pty_find_program(void);   /* first of all, in main */

typedef struct pty_start {
    const char *term; /* NULL: xterm-256color */
    int rows, cols;
    const char *keys;      /* LATLAB_KEYS, or NULL */
    const char *pager;     /* NULL: none */
    const char *colorterm; /* COLORTERM, or NULL */
    const char *program;   /* NULL: $LATLAB */
    void (*on_output)(const char *bytes, int n);
} pty_start;
/* False, and the case is skipped, when there is no program. */
bool pty_begin(const pty_start *how, const char *const *args);
#define START(rows_, cols_, ...)                                                                             \
    pty_begin(&(pty_start){.rows = rows_, .cols = cols_},                                                    \
              (const char *const[]){pty_program, __VA_ARGS__, NULL})
#define LOADED "--tui", "-c", "load nb201_sim"

bool pty_pump(int ms); /* reads what has been written; false after `ms` without anything, or at the end */
void pty_settle(void); /* until nothing has come for a while */
bool until(const char *text); /* in a row of the screen; prints the screen when it does not come */
bool until_gone(const char *text);
bool until_asked(const char *prompt); /* the cursor's row is this prompt, and nothing is typed behind it */
/* Until is(text), looked at after each piece of output; false after pty_patience: "the screen OTHERWISE TEXT". */
bool until_true(bool (*is)(const char *text), const char *text, const char *otherwise);
void keys(const char *text);
/* The mouse at a place of the screen (from 0), as SGR reports. */
void pty_click(int y, int x);
void pty_drag(int y0, int x0, int y1, int x1);
void pty_wheel(int y, int x, bool down);
void pty_resize(int rows, int cols);
void pty_print(void); /* the screen, for the log of a failed test */
/* Prints the screen when the program does not end. Where Q was asked back for a command that still ran, another Q. */
bool pty_wait_end(void);
void pty_finish(void);         /* ends what still runs */
void pty_check_restored(void); /* the terminal is as it was */

#endif
