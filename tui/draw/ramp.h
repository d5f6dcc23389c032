/* Colour maps: a number becomes a colour, and more of it a lighter one, whatever the terminal can show. */
#ifndef LL_TUI_DRAW_RAMP_H
#define LL_TUI_DRAW_RAMP_H

#include "tui/draw/theme.h"

/* Sequential maps for 0..1 ("cividis", "viridis"), and one diverging for -1..1 (blue, white, orange), as an
 * LL_RGB. NaN: grey. */
int ll_ramp(const char *name, double t);
int ll_ramp_diverging(double t);

/* The same as a terminal of this depth shows it. The nearest of xterm's 240 fixed colours one by one would make the
 * lightness go up and down, and grey pink and teal; so in 256 colours a map is a path through them: the one nearest to
 * the map (CIELAB) of all whose lightness never falls with t (with |t|, which never rises, for the diverging one). */
int ll_ramp_at(const char *name, double t, ll_depth depth);
int ll_ramp_diverging_at(double t, ll_depth depth);

/* CIELAB of a colour under D65: L* (0 black, 100 white), a*, b*. */
void ll_colour_lab(int colour, double lab[3]);

#endif
