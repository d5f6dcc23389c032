/* Architectures that a user names, in the table or not, a part at a time: of a file or the standard input however long,
 * or on the command line. */
#ifndef LL_COMMANDS_CANDIDATES_H
#define LL_COMMANDS_CANDIDATES_H

#include "core/app/request.h"
#include "core/base/text/csv.h"

typedef struct ll_candidates {
    const ll_space *space;
    ll_csv csv; /* of a file; */
    int column; /* where the architectures stand in it */
    bool titled;
    bool pending;  /* its first record has none of the known titles: it is an architecture */
    ll_strs names; /* else of the command line, or of a JSON file: */
    char *from;    /* its path */
    int next;
} ll_candidates;

/* What `archs=` says: `-` is the standard input, an existing path a file (a column `arch`, or the first of a table without
 * titles; JSON where it ends in .json: one architecture or a list of them), anything else architectures joined by commas (text forms and canonical indices). LL_BAD_DATA: neither. */
ll_status ll_candidates_open(ll_candidates *c, ll_request *rq, const ll_space *space, const char *archs);
/* One architecture, as `arch=` names it. */
void ll_candidates_one(ll_candidates *c, const ll_space *space, const char *arch);
/* Appends up to `most` of them to a set that is not indexed; the same number as before: the end. LL_BAD_DATA names the
 * file and the line. */
ll_status ll_candidates_next(ll_candidates *c, ll_archs *to, int most, ll_error *e);
void ll_candidates_close(ll_candidates *c);

#endif
