/* "Did you mean": the nearest of a closed list of names to a word that is none of them. Nearness is relative to length:
 * a typing error in three letters is near, a different word is not, however short. Of few letters only one name may be
 * near. A beginning of one name alone is near too. */
#ifndef LL_BASE_TEXT_NEAR_H
#define LL_BASE_TEXT_NEAR_H

#include <stdbool.h>

#include "core/base/status.h"
#include "core/base/str.h"

typedef struct ll_near {
    const char *word;
    char *best;
    int distance;
    bool begins, tie; /* `best` begins with the word; so does another name */
    bool rival;       /* another name is as near as `best` */
} ll_near;

ll_near ll_near_to(const char *word);
void ll_near_offer(ll_near *n, const char *name);
void ll_near_offer_all(ll_near *n, const ll_strs *names);
/* Errors that `word` may have and still be meant for a name that is so far from it. */
int ll_near_limit(const char *word);
/* Errors between the two (ll_edit_distance); INT_MAX where so many leave nothing of the shorter one: "xy" is not meant for
 * a device called "x". */
int ll_near_distance(const char *word, const char *name);
/* NULL: none is near. Borrowed. */
const char *ll_near_best(const ll_near *n);
/* The sentence for a word that is none of the names, and at its end "; did you mean NAME?" or `otherwise` (NULL: neither).
 * Frees n. */
ll_status ll_near_fail(ll_near *n, ll_error *e, ll_status status, const char *otherwise, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
void ll_near_free(ll_near *n);

#endif
