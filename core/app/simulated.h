/* What is computed by a cost model is never mistaken for a measurement: a result that names simulated devices
 * says so. */
#ifndef LL_APP_SIMULATED_H
#define LL_APP_SIMULATED_H

#include "core/device/dataset.h"

/* Looks for devices of `d` (NULL: nothing is done) in the result: "device", "devices", "names" (as lists), and the "device" of
 * its rows. Those that are simulated are listed in "simulated", and a note says it unless *said, which it sets: of the
 * results of one command the first says it. A result that says it itself, by a field "simulated" or a column "kind", is
 * left alone. */
void ll_mark_simulated(const ll_dataset *d, cJSON *result, bool *said);
/* "x is simulated, not measured", "3 of 7 devices are ...": of these devices, simulated ones all, of `all` that are shown. What is summed
 * from a table of layer costs was measured in parts, and is said to be. */
void ll_say_simulated(const ll_dataset *d, const ll_ints *simulated, int all, ll_str *out);
/* Appends " (simulated)" or " (3 of 7 simulated)" to the title of what shows these devices; nothing when none is.
 * True when all of them are. */
bool ll_title_simulated(const ll_dataset *d, const cJSON *result, ll_str *title);

#endif
