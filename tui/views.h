/* What views share: device columns and predictions out of a snapshot, reassigning devices, the list of views. */
#ifndef LL_TUI_VIEWS_H
#define LL_TUI_VIEWS_H

#include "tui/chart.h"
#include "tui/grid.h"
#include "tui/read.h"
#include "tui/screen.h"

extern const ll_view_type ll_view_devices, ll_view_corr, ll_view_partition, ll_view_archs, ll_view_training,
    ll_view_results, ll_view_diagnose, ll_view_log, ll_view_output, ll_view_card, ll_view_welcome;

/* Command line that puts `device` on side 'S', 'T' or none ('-') of the task; "" when it would empty a side. */
void ll_assign_line(ll_app *app, const char *device, char side, ll_str *out);
/* 'S', 'T' or ' '. */
char ll_device_side(const ll_state *s, const char *device);

/* Scatter of two devices over the architectures both know. */
void ll_draw_device_scatter(ll_canvas *c, ll_rect r, const ll_state *s, const char *x, const char *y);
/* Predicted against measured, samples marked; false: no such transfer. `arch` gets a mark of its own (-1: none). */
bool ll_draw_transfer_scatter(ll_canvas *c, ll_rect r, const ll_state *s, const ll_transfer *t, int arch);

/* Scrolling a page of rows. */
typedef struct ll_pager {
    ll_canvas page;
    int top, room;
} ll_pager;
void ll_pager_set(ll_pager *p, const cJSON *const *results, int n, const ll_look *look);
void ll_pager_draw(ll_pager *p, ll_canvas *c, ll_rect r);
void ll_pager_move(ll_pager *p, ll_move where);

#endif
