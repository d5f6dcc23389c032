/* Where a command may write what the user asks for. */
#ifndef LL_APP_OUTPUT_H
#define LL_APP_OUTPUT_H

#include "core/app/request.h"

/* The path of an option such as out=, ~ expanded; the caller frees. LL_FAILED: the file would lie in a folder that latlab
 * keeps for itself (a dataset, a session), also by way of a link: writing there would damage it. */
ll_status ll_output_path(ll_request *rq, const char *word, char **path);

/* The same for a file that is made anew: LL_FAILED where one with anything in it is there and the command's force= is not
 * on. Not for a file that a command goes on with (proxies), or that it looks into first (a list that is being filled in). */
ll_status ll_output_new(ll_request *rq, const char *word, char **path);
#define LL_OPT_FORCE LL_OPT_BOOL("force", "off", "write over a file that is there")

#endif
