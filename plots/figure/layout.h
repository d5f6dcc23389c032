/* How much room texts take in a picture, and where that leaves the axes: estimates, since the renderer's fonts are not
 * known here. Sizes are of texts, 1 is that of an axis label; pixels are those of a figure at `scale`
 * (ll_figure.scale). */
#ifndef LL_PLOTS_LAYOUT_H
#define LL_PLOTS_LAYOUT_H

#include "plots/figure/figure.h"

/* Sizes of a title, of the line of notes below it, and of ticks. */
#define LL_TITLE_SIZE 1.15
#define LL_NOTES_SIZE .85
#define LL_TICK_SIZE  .9

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
/* A text of at most so many characters, the middle replaced by "..": the caller frees. */
char *ll_text_cut(const char *text, int most);
/* The longest of several lines, which decides their size; NULL: there is none. */
const char *ll_longest_line(const ll_strs *lines);

/* Names beside or below axes take at most a third of the width: so many characters each, 8 at least. */
int ll_name_chars(double width, double font, double scale);
/* Room for the label of an axis, in pixels: lines longer than that are broken. */
double ll_label_room(const ll_figure *f, char which);

/* A figure in a column of a paper gets as much higher as its keys are, when its height was not asked for. */
void ll_figure_make_room(ll_figure *f);

/* Left, right, top, bottom: pixels of the figure around the axes, for ticks, labels, title, notes and key. A square panel is
 * square; panels above each other are equally high, whatever stands between them, and begin and end alike. */
void ll_panel_margins(const ll_figure *f, const ll_panel *p, double margin[4]);
/* Between what a title or notes, centred over the axes, have to stay. */
double ll_heading_room(const ll_figure *f, const ll_panel *p);
/* What ticks and label take below the axes, and left of them. */
double ll_below_axis(const ll_figure *f, const ll_panel *p);
double ll_beside_axis(const ll_figure *f, const ll_panel *p);

/* The step between ticks of an axis that has none of its own, where there is no room for those of the renderer; 0: there
 * is. */
double ll_tick_step(const ll_figure *f, const ll_panel *p, char which);
/* Where on an axis a value lies: 0 at its low end, 1 at the other. */
double ll_axis_share(const ll_axis *a, double v);
/* Which of an axis's own ticks have room for their texts (n_ticks): powers of ten first on a logarithmic axis. Names
 * below the panel are all shown, those beside it where they do not stand on each other. */
void ll_ticks_shown(const ll_figure *f, const ll_panel *p, char which, bool *shown);
/* Do the texts of the x axis run upwards? Names do that have no room side by side. */
bool ll_ticks_upright(const ll_figure *f, const ll_panel *p);

#endif
