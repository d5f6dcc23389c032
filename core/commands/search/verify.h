/* verify= of `search`: where the measurements come from. */
#ifndef LL_COMMANDS_SEARCH_VERIFY_H
#define LL_COMMANDS_SEARCH_VERIFY_H

#include "core/commands/search/setup.h"
#include "core/search/verify.h"

/* by=table, host or csv. *out is set in any case; free it, and ll_verify_release the problem. */
ll_status ll_search_verify(ll_request *rq, ll_search_setup *setup, ll_search *s, ll_verified *out);

/* What was learnt while verifying belongs to the session from here on, as if it had been transferred again. */
void ll_search_keep_learnt(ll_request *rq, const ll_search_setup *setup, const ll_verified *v);

#endif
