/* What the face's terminal can draw. */
#ifndef LL_PLOTS_CAPS_H
#define LL_PLOTS_CAPS_H

#include <stdbool.h>

typedef struct ll_plot_caps {
    bool kitty, sixel; /* graphics protocols the terminal has answered to */
    bool utf8;
    int colours; /* 0, 8, 16, 256, 1 << 24 */
    bool dark;   /* light text on a dark ground */
    int columns, rows;
    int cell_width, cell_height; /* of a character, pixels; 0: unknown */
} ll_plot_caps;

/* What holds without a face: 79 x 24 characters, no colours. */
extern const ll_plot_caps ll_plot_caps_none;

#endif
