/* Where a command may write what the user asks for. */
#ifndef LL_APP_OUTPUT_H
#define LL_APP_OUTPUT_H

#include "core/app/request.h"

/* The path of an option such as out=, ~ expanded; the caller frees. LL_FAILED: the file would lie in a folder that latlab
 * keeps for itself (a dataset, a session), also by way of a link: writing there would damage it. So is a link that leads to nothing. */
ll_status ll_output_path(ll_request *rq, const char *word, char **path);

/* The same for a file that is made anew: LL_FAILED where one with anything in it is there and the command's force= is not
 * on. The file that a replayed step made is its own as long as it has the content that it had then. Not for a file that a command goes on with (proxies), or that it looks into first (a list that is being filled in). */
ll_status ll_output_new(ll_request *rq, const char *word, char **path);
/* The command writes this path, which it has looked into itself: it is listed as ll_output_new lists what it allows. */
void ll_output_wrote(ll_request *rq, const char *path);
/* Adds "files": [{"path","hash"}], absolute, of what the command made and is there, for the journal. */
void ll_output_list(const ll_request *rq, cJSON *entry);
/* Did the step that is being replayed make this file, whatever has been written into it since? */
bool ll_output_made_then(const ll_request *rq, const char *path);
#define LL_OPT_FORCE LL_OPT_BOOL("force", "off", "write over a file that is there")

#endif
