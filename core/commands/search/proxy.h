/* `search proxy=`: OneProxy's way (arXiv 2111.01203): the front is found once, on another device whose latencies are known,
 * and only its members are looked at on the target. */
#ifndef LL_COMMANDS_SEARCH_PROXY_H
#define LL_COMMANDS_SEARCH_PROXY_H

#include "core/commands/search/setup.h"

/* Sets the setup's candidates to the front of score against latency on the proxy, without limits; they count as
 * measurements of the target. LL_USAGE: the dataset lacks the proxy. */
ll_status ll_search_by_proxy(ll_request *rq, ll_search_setup *setup);

#endif
