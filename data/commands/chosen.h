/* The architectures that a word on the command line names, for commands that build networks of them. */
#ifndef LL_DATA_COMMANDS_CHOSEN_H
#define LL_DATA_COMMANDS_CHOSEN_H

#include "core/app/request.h"

/* Rows of the loaded dataset, without repetition, appended to `rows`: "samples" (all of `sample` or `suggest`),
 * "suggest" (those among them that are not measured yet on the device they are for), "random:N" (drawn with the
 * seed), else indices or strings joined by commas. LL_FAILED: there are none; LL_USAGE: no such number;
 * LL_BAD_DATA: not in the dataset. */
ll_status ll_chosen_archs(ll_request *rq, const char *text, uint64_t seed, ll_ints *rows);

#endif
