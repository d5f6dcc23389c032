/* Spaces a user defined (ll_space_define): the list behind the built-in ones. */
#ifndef LL_SPACE_USER_H
#define LL_SPACE_USER_H

#include "core/space/space.h"

/* ll_space_define and ll_space_define_positions (core/space/space.h), whatever built-in spaces there are. */
const ll_space *ll_user_space_define(const char *name, int n_positions, char *const *ops, int n_ops,
                                     ll_error *e);
const ll_space *ll_user_space_define_positions(const char *name, const ll_position *positions, int n,
                                               ll_error *e);
const ll_space *ll_user_space_at(int i); /* in order of definition, NULL behind the last; thread-safe */

#endif
