/* A terminal for tests: what a program writes becomes a screen of cells, as xterm-256color would show it. Only
 * what terminfo's entry of that name uses is understood; anything else counts in `unknown`. */
#ifndef LL_TESTS_VT_H
#define LL_TESTS_VT_H

#include <stdbool.h>
#include <stdint.h>

enum { VT_ROWS = 100, VT_COLS = 300 };

typedef struct vt_cell {
    uint32_t ch;
    int fg, bg; /* -1: the terminal's own; palette index; 1<<24 | RGB */
    bool bold, reverse;
} vt_cell;

typedef struct vt {
    int rows, cols, y, x, top, bottom;
    bool wrap_next, alternate, cursor_hidden, mouse; /* mouse: its reports are asked for */
    bool keypad;                                     /* arrows are sent as ESC O, not ESC [ */
    vt_cell pen, cell[VT_ROWS][VT_COLS];
    struct {
        int y, x;
        vt_cell pen;
    } kept;        /* by ESC 7 */
    uint32_t last; /* for REP */
    char held[64]; /* a sequence that has begun */
    int n_held, unknown;
} vt;

void vt_init(vt *t, int rows, int cols);
void vt_resize(vt *t, int rows, int cols);
void vt_write(vt *t, const char *bytes, int n);
/* Row y as UTF-8 without trailing blanks; static buffer. */
const char *vt_row(const vt *t, int y);
bool vt_has(const vt *t, const char *text);                  /* in one row */
bool vt_find(const vt *t, const char *text, int *y, int *x); /* ASCII text */

#endif
