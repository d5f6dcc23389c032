/* Which positions of a space of one's own an architecture has: a position with rules is there when each of them holds. */
#ifndef LL_SPACE_OWN_RULES_H
#define LL_SPACE_OWN_RULES_H

#include "core/space/space.h"

/* `position` is there when `on` is, and has one of the choices of `allowed` (a bit each). */
typedef struct ll_rule {
    int position, on;
    uint32_t allowed;
} ll_rule;
enum { LL_MAX_RULES = 256 };

/* Orders the rules (n) so that what a position hangs on is decided before it. False: there is a cycle, through `*position`. */
bool ll_rules_order(ll_rule *rules, int n, int *position);
/* Ordered rules; out (n_positions). */
void ll_rules_active(const ll_rule *rules, int n, const uint8_t *gene, int n_positions, bool *out);

#endif
