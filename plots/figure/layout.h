/* How much room texts take in a picture: estimates, since the renderer's fonts are not known here. Sizes are of texts, 1
 * is that of an axis label; pixels are those of a figure at `scale` (ll_figure.scale). */
#ifndef LL_PLOTS_LAYOUT_H
#define LL_PLOTS_LAYOUT_H

#include "plots/figure/figure.h"

/* Sizes of a title, and of the line of notes below it. */
#define LL_TITLE_SIZE 1.15
#define LL_NOTES_SIZE .85

int ll_text_chars(const char *text); /* characters; NULL has none */
double ll_text_px(int chars, double size, double scale);
double ll_line_px(double size, double scale); /* from one line to the next */
/* The size of a text that shall fit into these pixels: `size`, or less where it is too long, but never under .6 of it. */
double ll_text_fit(const char *text, double pixels, double size, double scale);
/* Lines that are no wider than this, broken between the parts of a text, which `separator` joins: blanks between words or
 * commas between notes. What `most` lines do not hold stays with the last. */
void ll_text_wrap(ll_strs *lines, const ll_strs *parts, const char *separator, double pixels, double size,
                  double scale, int most);
/* A sentence, in `most` lines. */
void ll_text_wrap_words(ll_strs *lines, const char *text, double pixels, double size, double scale, int most);
/* The longest of several lines, which decides their size; NULL: there is none. */
const char *ll_longest_line(const ll_strs *lines);

/* Lines of the key below a panel this wide. */
int ll_key_lines(const ll_panel *p, double pixels, double scale);
/* A figure in a column of a paper gets as much higher as its keys are, when its height was not asked for. */
void ll_figure_make_room(ll_figure *f);

/* Left, right, top, bottom: pixels of the figure, 0 where the renderer may choose. Panels above each other are equally
 * high, whatever stands between them. */
void ll_panel_margins(const ll_figure *f, const ll_panel *p, double margin[4]);

/* The step between ticks of an axis that has none of its own, where there is no room for those of the renderer; 0: there
 * is. */
double ll_tick_step(const ll_figure *f, const ll_panel *p, char which);

/* Is there room for the ticks' texts side by side? */
bool ll_ticks_fit(const ll_axis *a, double pixels, double scale);

#endif
