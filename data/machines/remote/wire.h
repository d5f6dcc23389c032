/* What goes between this program and one that measures elsewhere, as lines of text, so that the two need not have the same
 * processor. A network goes as its layers: the other side knows no search spaces.
 *
 *   it says first     latlab-measure 2 HASH         of its own file
 *                     fact KEY VALUE                what machine it is (host/machine.h)
 *                     engine NAME VERSION           what it can measure with
 *                     ready
 *   open ENGINE DTYPE ISA THREADS BATCH SEED CORE WARM NETWORK     the control network; core -1: the last one it may use;
 *                                                   WARM: 0 or 1, warm_input of the settings
 *                     opened CORE                   or failed -1 STATUS MESSAGE
 *   visit ROW RUNS NETWORK
 *                     visited ROW WARM DISTURBED BUSY PAUSED MS/CONTROL MS/CONTROL ...
 *                     failed ROW STATUS MESSAGE
 *   state             fact KEY VALUE ..., ready     what changes: clock, temperature
 *
 * A network is N/CONSTANT and then LAYERS;...: the numbers of ll_layer in their order, separated by commas. */
#ifndef LL_DATA_MACHINES_REMOTE_WIRE_H
#define LL_DATA_MACHINES_REMOTE_WIRE_H

#include "data/machines/host/engine.h"
#include "data/machines/host/timing.h"

enum {
    LL_WIRE_VERSION = 2,
    LL_WIRE_LINE = 1 << 16
}; /* of the lines that are said; bytes of the longest line */

void ll_wire_put_network(ll_str *out, const ll_network *n);
/* LL_BAD_DATA: not whole, or shapes and tensors that no network has; *text goes behind it. `space` of the network is NULL. */
ll_status ll_wire_get_network(const char **text, ll_network *out, ll_error *e);

void ll_wire_put_open(ll_str *out, const ll_host_settings *s, int core, const ll_network *control);
ll_status ll_wire_get_open(const char *text, ll_host_settings *s, int *core, ll_network *control,
                           ll_error *e);

void ll_wire_put_visit(ll_str *out, int row, int runs, const ll_network *n);
ll_status ll_wire_get_visit(const char *text, int *row, int *runs, ll_network *n, ll_error *e);

void ll_wire_put_visited(ll_str *out, int row, const ll_visit *v);
ll_status ll_wire_get_visited(const char *text, int *row, ll_visit *v, ll_error *e);

void ll_wire_put_failed(ll_str *out, int row, const ll_error *why);
/* The row; *why gets what failed there. */
ll_status ll_wire_get_failed(const char *text, int *row, ll_error *why, ll_error *e);

/* What stands behind "WORD " when the line begins so; NULL: it does not. */
const char *ll_wire_behind(const char *line, const char *word);

#endif
