/* The probabilities of choices of a search by the gradient, while it runs and after it: a row for each choice of each position,
 * time from left to right. Progress brings one distribution after the other, the result all that were kept. */
#ifndef LL_TUI_SCREEN_VIEWS_TRAINING_ALPHA_H
#define LL_TUI_SCREEN_VIEWS_TRAINING_ALPHA_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "tui/draw/canvas.h"

typedef struct ll_alpha_run {
    cJSON *positions; /* [{position, choices, ...}]; NULL: nothing was told yet */
    int rows;         /* choices of all positions */
    double *p;        /* (n, rows) */
    int n;
} ll_alpha_run;

/* A progress event or a result (core/search/trace.h); false: it tells of none. */
bool ll_alpha_run_take(ll_alpha_run *a, const cJSON *event);
/* In r: all choices where there is room, else the likeliest ones of each position. */
void ll_alpha_run_draw(const ll_alpha_run *a, ll_canvas *c, ll_rect r);
void ll_alpha_run_free(ll_alpha_run *a);

#endif
