/* How many architectures a space of one's own has, and which one is the n-th. Positions that are not there make no
 * difference: an architecture is a canonical gene (core/space/space.h).
 *
 * Canonical order: as numbers count, the first position slowest and the last one fastest, choices ascending; a position that
 * hangs on a later one is counted behind that one.
 *
 * How: positions are gone through in an order in which each comes behind those that it hangs on. All that what is left
 * needs to know of the choices made is which of its positions they have ruled out; so there are few states, and each has a
 * number of ways to go on. */
#ifndef LL_SPACE_OWN_LISTING_H
#define LL_SPACE_OWN_LISTING_H

#include "core/space/own/rules.h"

/* Spaces up to this size can be listed: a search looks at every architecture, so all of them are held and predicted at a
 * time: a quarter of a minute and a hundred megabytes for the million, by `gp`. */
enum { LL_MOST_LISTED = 1 << 20 };

/* Choices of each position (n), ordered rules. NaN: the rules are too tangled to be counted (more than 2^18 states). */
double ll_count_archs(const int *n_choices, int n, const ll_rule *rules, int n_rules);

typedef struct ll_listing ll_listing;
/* NULL: more than LL_MOST_LISTED architectures, or too tangled. Immutable; ll_listing_free. */
ll_listing *ll_listing_new(const int *n_choices, int n, const ll_rule *rules, int n_rules);
void ll_listing_free(ll_listing *l); /* NULL is fine */
int ll_listing_count(const ll_listing *l);
/* -1: some choice is none. What positions that are not there hold is not asked. */
int ll_listing_index(const ll_listing *l, const uint8_t *gene);
/* In canonical form. False: there is no such index. */
bool ll_listing_at(const ll_listing *l, int index, uint8_t *gene);

#endif
