/* Inside of the view "search": its parts, and command lines that are given again with a change. */
#ifndef LL_TUI_SCREEN_VIEWS_SEARCH_VIEW_H
#define LL_TUI_SCREEN_VIEWS_SEARCH_VIEW_H

#include "tui/draw/curve.h"
#include "tui/screen/views/views.h"

/* --- the line (search_line.c) --- */

/* The words of a search but those that set this option, and but what asks for measurements: a search that is given
 * again costs none. `option` may be NULL. */
void ll_search_line_but(const char *line, const char *option, ll_str *out);
/* What it sets the option to, as it stands there; false: it does not. */
bool ll_search_line_value(const char *line, const char *option, ll_str *out);
/* The search with another limit: max=, or that of the device when it names several. */
void ll_search_line_limit(const char *line, const char *device, double ms, ll_str *out);

/* --- while it runs (search_run.c) --- */

typedef struct ll_search_run {
    int id; /* of the request; 0: none runs */
    char *command;
    double began_s;
    ll_curve hypervolume;
    cJSON *latest; /* its latest progress; NULL: none yet */
} ll_search_run;
/* Any event; true: a search has ended with it. */
bool ll_search_run_event(ll_search_run *r, const cJSON *event);
bool ll_search_run_shows(const ll_search_run *r); /* there is something to draw */
void ll_search_run_draw(const ll_search_run *r, ll_canvas *c, ll_rect at);
void ll_search_run_free(ll_search_run *r);
/* How the hypervolume grew. */
void ll_search_draw_curve(ll_canvas *c, ll_rect at, const double *x, const double *y, int n);

/* --- score against latency (search_plot.c) --- */

enum { LL_MET_OUT, LL_MET_IN, LL_MET_OPEN, LL_MET_STATES };

typedef struct ll_search_plot {
    double *x, *y[LL_MET_STATES]; /* (n) of what was met; NaN in y where it is of another state */
    double *better;               /* (n) the open ones whose score is above that of the choice */
    int n;
    double *front_x, *front_y; /* (n_front) */
    int n_front;
    double low, high; /* of the score's axis; low NaN: all there is */
    int below;        /* how many lie below that */
    double extent[2];
    /* set by who draws */
    const char *device, *score;
    double limit_ms;           /* NaN: none */
    const char *unit;          /* of latencies: "ms" */
    double chosen[2], here[2]; /* NaN: none; what is under the cursor */
    /* as it was drawn last */
    ll_rect r, in;
    double range_x[2], range_y[2];
} ll_search_plot;
/* Of a result; `device` is the place of that on the x axis. */
void ll_search_plot_read(ll_search_plot *p, const cJSON *result, int device);
void ll_search_plot_draw(ll_search_plot *p, ll_canvas *c, ll_rect r);
void ll_search_plot_free(ll_search_plot *p);
/* The latency behind a column of the screen; beyond the edge means the edge. */
double ll_search_plot_ms(const ll_search_plot *p, int col);
/* Step of the limit: about a fiftieth of the range, a round number. */
double ll_search_plot_step(const ll_search_plot *p);

/* --- the front as a table (search_table.c) --- */

/* With the latencies of the device at that place of the result's. */
void ll_search_table(ll_grid *g, const cJSON *result, int device);

/* --- before anything was found (search_empty.c) --- */

void ll_search_draw_empty(const ll_state *s, ll_canvas *c, ll_rect r);

/* --- the architecture beside it (search_card.c) --- */

typedef struct ll_search_card {
    const cJSON *result,
        *row;    /* the search, and the architecture of its front; row NULL: nothing is within */
    int device;  /* on the x axis */
    bool chosen; /* the row is what was chosen */
} ll_search_card;
int ll_search_card_width(const ll_search_card *k); /* that its drawing takes; 0: it has none */
void ll_search_card_set(const ll_search_card *k, ll_pager *p, const ll_look *look, int width);
/* Latency of a row of the front on that device; borrowed. Without several devices the row itself. */
const cJSON *ll_search_latency(const cJSON *row, int device);

#endif
