/* The list of architectures to measure, as a CSV file whose latencies a person fills in. What somebody measured by hand
 * exists nowhere else: a list that is filled in, even partly, is not written over. */
#ifndef LL_COMMANDS_WORKLIST_H
#define LL_COMMANDS_WORKLIST_H

#include "core/app/request.h"

typedef struct ll_worklist {
    const ll_dataset *data;
    const int *rows;       /* (n) */
    const double *teaches; /* (n) percent of what is unknown; NULL: not known */
    int n;
} ll_worklist;

/* Writes what core/commands/arch_fields.h says of each and `latency_ms,std_ms`, with `teaches` also `teaches_percent`, to PATH, for `import csv` to
 * read it back. A file with
 * these architectures and latencies stays as it is, and a note says so; with other ones and latencies it is refused
 * (LL_FAILED) unless `replace`. */
ll_status ll_worklist_write(ll_request *rq, const ll_worklist *w, const char *path, bool replace);

#endif
