/* A command has made the loaded dataset larger, or another one: the session goes on with it. */
#ifndef LL_APP_GO_ON_H
#define LL_APP_GO_ON_H

#include "core/app/request.h"

/* Takes over d, which succeeds rq->state.data (there is one). What refers to architectures and devices by their places,
 * the task, samples and tags, stays where `in_place`: those of before come first in d. Models stay with their search space;
 * where its numbers have other values now (core/space/own/numbers.h), it is another. A warning names all that goes. */
void ll_go_on_with(ll_request *rq, ll_dataset *d, bool in_place);

#endif
