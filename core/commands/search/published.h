/* `search protocol=`: tables of published searches, with the predictor at hand in the place of theirs. */
#ifndef LL_COMMANDS_SEARCH_PUBLISHED_H
#define LL_COMMANDS_SEARCH_PUBLISHED_H

#include "core/app/request.h"

/* HELP's Tables 4 (NAS-Bench-201 with MetaD2A's list) and 5 (OFA), arXiv 2106.08630: the result "search_table", a row per
 * device and limit, beside the published one. Needs a pretrained predictor; adapts it to each device with `samples` of it,
 * `seeds` times. */
ll_status ll_search_published(ll_request *rq);

#endif
