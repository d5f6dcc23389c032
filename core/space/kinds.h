/* Operations of a space, where positions with lists of their own have them, too: choices of positions with the same list
 * are the same operations, those of unlike lists have nothing in common, whatever their indices or names ("3" of a kernel
 * and "3" of a depth). */
#ifndef LL_SPACE_KINDS_H
#define LL_SPACE_KINDS_H

#include "core/space/space.h"

typedef struct ll_kinds {
    int n;                       /* operations */
    int first[LL_MAX_POSITIONS]; /* (n_positions) of its choices among them */
    int like[LL_MAX_POSITIONS];  /* (n_positions) the first position that has the same list */
    int many[LL_MAX_POSITIONS];  /* (n_positions) how many have it */
} ll_kinds;
ll_kinds ll_kinds_of(const ll_space *s);
/* The first position that has it; *choice (may be NULL): which of its choices it is. */
int ll_kind_position(const ll_kinds *k, const ll_space *s, int op, int *choice);
/* "nor_conv_3x3" where all positions share one list; else with the position, "depth: 3", or the first and last of several,
 * "b1..b4: k3e6". */
void ll_kind_name(const ll_kinds *k, const ll_space *s, int op, ll_str *out);
/* How often each stands in an architecture, positions that are not there left out: (n), set. */
void ll_kinds_count(const ll_kinds *k, const ll_space *s, const uint8_t *gene, int *count);

#endif
