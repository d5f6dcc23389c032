/* Spaces a user defined (ll_space_define): the list behind the built-in ones. */
#ifndef LL_SPACE_USER_H
#define LL_SPACE_USER_H

#include "core/space/space.h"

const ll_space *ll_user_space_at(int i); /* in order of definition, NULL behind the last; thread-safe */

#endif
