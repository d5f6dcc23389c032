/* What views share: their list, keys for a device, device columns and predictions out of a snapshot. */
#ifndef LL_TUI_SCREEN_VIEWS_VIEWS_H
#define LL_TUI_SCREEN_VIEWS_VIEWS_H

#include "tui/draw/chart.h"
#include "tui/draw/read.h"
#include "tui/screen/grid.h"
#include "tui/screen/pager.h"
#include "tui/screen/screen.h"
#include "tui/screen/sides.h"

extern const ll_view_type ll_view_devices, ll_view_corr, ll_view_partition, ll_view_archs, ll_view_training,
    ll_view_results, ll_view_diagnose, ll_view_log, ll_view_search, ll_view_output, ll_view_card,
    ll_view_welcome;

/* What can be done with a device wherever one is under the cursor. */
extern const ll_key ll_device_keys[];

/* Scatter of two devices over the architectures both know. */
void ll_draw_device_scatter(ll_canvas *c, ll_rect r, const ll_state *s, const char *x, const char *y);
/* Predicted against measured, samples marked; false: no such transfer. `arch` gets a mark of its own (-1: none). */
bool ll_draw_transfer_scatter(ll_canvas *c, ll_rect r, const ll_state *s, const ll_transfer *t, int arch);

#endif
