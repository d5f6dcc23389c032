/* What a search by the gradient tells beside what every search does. */
#ifndef LL_COMMANDS_SEARCH_ALPHA_H
#define LL_COMMANDS_SEARCH_ALPHA_H

#include "core/app/request.h"
#include "core/search/search.h"

/* "alpha" of core/search/trace.h with "mode" (the likeliest architecture in the end, as a string; absent where the budget was
 * out before it was evaluated), its last
 * numbers as members of the result ("explained" in percent, "alpha_expected", "alpha_drawn"), and sentences on both. Nothing where no distribution went about. */
void ll_search_add_alpha(cJSON *result, const ll_search *s);

/* The place of what was chosen, -1: nothing is within. The best that was met; where a weight stands for the limits, what alpha
 * ends at: the best score would be whatever the latency. */
int ll_search_choice(const ll_search *s);

#endif
