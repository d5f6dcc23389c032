/* Where a command may write what the user asks for. */
#ifndef LL_APP_OUTPUT_H
#define LL_APP_OUTPUT_H

#include "core/app/request.h"

/* The path of an option such as out=, ~ expanded; the caller frees. LL_FAILED: the file would lie in a folder that latlab
 * keeps for itself (a dataset, a session), also by way of a link: writing there would damage it. */
ll_status ll_output_path(ll_request *rq, const char *word, char **path);

#endif
