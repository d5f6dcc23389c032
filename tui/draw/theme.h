/* Colours and styles. A colour is LL_PLAIN (the terminal's own), a palette index 0..255, or LL_RGB(r,g,b);
 * ll_colour_at() brings any of them down to what a terminal can show. A theme is a table from the few styles
 * that exist to inks, so that no drawing code names a colour. */
#ifndef LL_TUI_DRAW_THEME_H
#define LL_TUI_DRAW_THEME_H

#include <stdbool.h>

typedef enum ll_depth { LL_DEPTH_MONO, LL_DEPTH_8, LL_DEPTH_16, LL_DEPTH_256, LL_DEPTH_TRUE } ll_depth;

enum { LL_PLAIN = -1, LL_RGB_BIT = 0x1000000 };
#define LL_RGB(r, g, b) (LL_RGB_BIT | (r) << 16 | (g) << 8 | (b))

enum { LL_BOLD = 1, LL_DIM = 2, LL_REVERSE = 4, LL_UNDERLINE = 8 };

typedef struct ll_ink {
    int fg, bg;
    unsigned attr;
} ll_ink;

typedef enum ll_style {
    LL_S_TEXT,
    LL_S_TITLE,
    LL_S_HEAD,   /* column titles, axis labels */
    LL_S_FAINT,  /* units, frames, what can be skipped */
    LL_S_ACCENT, /* keys, prompts, the thing under way */
    LL_S_GOOD,
    LL_S_WARN,
    LL_S_ERROR,
    LL_S_CURSOR, /* the row or cell under the cursor: must be seen without colour */
    LL_S_TAG,
    LL_S_SOURCE, /* source devices; also told by a letter */
    LL_S_TARGET,
    LL_S_BAR, /* title and key bars */
    LL_S_CURVE1,
    LL_S_CURVE2,
    LL_S_COUNT
} ll_style;

typedef struct ll_theme {
    const char *name, *summary;
    ll_ink ink[LL_S_COUNT];
} ll_theme;
const ll_theme *ll_theme_find(const char *name); /* NULL when there is none */
const ll_theme *ll_theme_at(int i);              /* NULL behind the last */

/* What the place that is drawn to can show. */
typedef struct ll_look {
    int width;      /* columns; 0: no limit */
    ll_depth depth; /* of colour; bold and reverse are used even in mono */
    bool utf8;
    bool attributes; /* false: plain text, no escape at all */
    const ll_theme *theme;
    const char *ramp; /* name of the sequential colour map */
} ll_look;
ll_look ll_look_plain(int width); /* ASCII without any escape: files, pipes, tests */
ll_ink ll_style_ink(const ll_look *look, ll_style style);

int ll_colour_at(int colour, ll_depth depth);
void ll_colour_rgb(int colour, int rgb[3]); /* of an index or an RGB; LL_PLAIN: grey */

/* Black or white, whichever can be read on `bg`. */
int ll_readable_on(int bg);

#endif
