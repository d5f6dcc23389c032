/* The journal of a session: one JSON object a line, appended and synced as a command ends. A process that is
 * killed loses at most the command that was running; a line it was writing is cut off at the next open. */
#ifndef LL_SESSIONS_JOURNAL_H
#define LL_SESSIONS_JOURNAL_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "core/app/request.h"
#include "core/base/status.h"
#include "core/base/str.h"

/* Members of an entry: "n" (1, 2, ...), "line", "op" ("do", "undo", "redo"), "time" (UTC), "state" (manifest
 * after it), "results" (what the command said; absent when too long to keep), "files" (what it made, core/app/output.h). */

/* Open for appending; a last line without its newline is cut off. Returns the descriptor, -1 on failure. */
int ll_journal_open(const char *path, ll_error *e);
/* One write, one sync; a write that was cut short (full disk) is taken back. */
ll_status ll_journal_append(int fd, const char *path, const cJSON *entry, ll_error *e);
/* All whole entries as an array for the caller to delete. *lost: so many lines are left out because they are damaged,
 * or incomplete as the last one of a killed process is; `why` (may be NULL) receives a sentence about them. */
ll_status ll_journal_read(const char *path, cJSON **out, int *lost, ll_str *why, ll_error *e);

/* "results" and "files" of a command that has run; the caller deletes it. */
cJSON *ll_journal_kept(const ll_request *rq);

/* Copy without the members that differ from run to run: names ending in "_s", and "seconds". */
cJSON *ll_mask_times(const cJSON *o);
/* Take out of a result what only shows it: title, text, columns. */
void ll_drop_drawing(cJSON *result);
/* Whether two results are the same; else *where is the path of the first difference, such as
 * "rows[3].spearman", for the caller to free. Numbers are compared with tolerance 0. */
bool ll_same_results(const cJSON *a, const cJSON *b, char **where);

#endif
