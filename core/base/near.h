/* "Did you mean": the nearest of a closed list of names to a word that is none of them. Nearness is relative to length:
 * a typing error in three letters is near, a different word is not, however short. A beginning of one name alone is near
 * too. */
#ifndef LL_BASE_NEAR_H
#define LL_BASE_NEAR_H

#include <stdbool.h>

#include "core/base/str.h"

typedef struct ll_near {
    const char *word;
    char *best;
    int distance;
    bool begins, tie; /* `best` begins with the word; so does another name */
} ll_near;

ll_near ll_near_to(const char *word);
void ll_near_offer(ll_near *n, const char *name);
void ll_near_offer_all(ll_near *n, const ll_strs *names);
/* Errors that `word` may have and still be meant for a name that is so far from it. */
int ll_near_limit(const char *word);
/* NULL: none is near. Borrowed. */
const char *ll_near_best(const ll_near *n);
/* At the end of a sentence: "; did you mean NAME?", or `otherwise`. Frees n. */
void ll_near_say(ll_near *n, const char *otherwise, ll_str *out);
void ll_near_free(ll_near *n);

#endif
