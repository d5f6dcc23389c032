/* What a search by the gradient tells beside what every search does. */
#ifndef LL_COMMANDS_SEARCH_ALPHA_H
#define LL_COMMANDS_SEARCH_ALPHA_H

#include "core/app/request.h"
#include "core/search/search.h"

/* "alpha" of core/search/trace.h with "mode" (the likeliest architecture in the end, as a string; absent where the budget was
 * out before it was evaluated), and sentences on both. Nothing where no distribution went about. */
void ll_search_add_alpha(cJSON *result, const ll_search *s);

#endif
