/* What the parts of a gnuplot script share (text.c, heading.c, key.c). */
#ifndef LL_PLOTS_SCRIPT_H
#define LL_PLOTS_SCRIPT_H

#include "plots/gnuplot/text.h"

typedef struct script {
    const ll_figure *f;
    const ll_gp_target *to;
    ll_str *out;
    int width, height;
    double font, point; /* factors of the terminal */
    bool text;          /* characters, not pixels: no fonts, no grid, no bands */
} script;

double ll_gp_scale_of(const script *s);
/* Marks and lines of a small figure are smaller than its texts are, which have to be read. */
double ll_gp_mark_scale(const script *s);
void ll_gp_add_pen(const script *s, const char *option, ll_pen pen); /* nothing in characters, as the next */
void ll_gp_add_font(const script *s, double size);
void ll_gp_add_colour(const script *s, ll_pen pen, double opacity);
extern const int ll_gp_point_types[]; /* by ll_shape */

/* Title and notes of a panel, and of the figure with the first one. */
void ll_gp_add_heading(const script *s, const ll_panel *p);
void ll_gp_add_label(const script *s, char which, const ll_panel *p);
/* The key: gnuplot's own in characters, else placed as plots/figure/key.h says. */
void ll_gp_add_key(const script *s, const ll_panel *p);

#endif
