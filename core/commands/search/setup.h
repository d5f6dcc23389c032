/* From the options of `search` to what is searched for and how. */
#ifndef LL_COMMANDS_SEARCH_SETUP_H
#define LL_COMMANDS_SEARCH_SETUP_H

#include "core/app/request.h"
#include "core/search/search.h"

/* Zero-initialise; free with ll_search_setup_free. */
typedef struct ll_search_setup {
    ll_dataset *data; /* of the searched space; NULL: none */
    ll_problem problem;
    ll_search_options options;
    const ll_search_method *method;
    ll_scorer *scorer;
    ll_where *where;
    char *score; /* as the user named it */
    ll_strs devices;
    ll_archs *candidates;
    ll_adapted *adapted[LL_QUANTITIES]; /* of the devices, one reference each */
} ll_search_setup;

/* max:DEVICE=MS for every device that the words limit (a command's more_options). */
const ll_option *ll_search_limits(char *const *words, int n);
ll_status ll_search_setup_read(ll_request *rq, ll_search_setup *s);
void ll_search_setup_free(ll_search_setup *s);
/* "5", "5ms", "5000us", ".005s" in the unit in which the quantity is kept ("ms", "mJ"), which a number alone is in;
 * LL_USAGE. */
ll_status ll_search_read_limit(const char *what, const char *text, const char *unit, double *limit,
                               ll_error *e);

#endif
