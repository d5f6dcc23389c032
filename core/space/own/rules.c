#include "core/space/own/rules.h"

/* Rules from `done` on that decide on `position`: is there one? */
static bool undecided(const ll_rule *rules, int done, int n, int position)
{
    for (int i = done; i < n; i++)
        if (rules[i].position == position) return true;
    return false;
}

bool ll_rules_order(ll_rule *rules, int n, int *position)
{
    for (int done = 0; done < n; done++) {
        int i = done;
        while (i < n && undecided(rules, done, n, rules[i].on)) i++;
        if (i == n) {
            *position = rules[done].position;
            return false;
        }
        ll_rule next = rules[i];
        rules[i] = rules[done];
        rules[done] = next;
    }
    return true;
}

void ll_rules_active(const ll_rule *rules, int n, const uint8_t *gene, int n_positions, bool *out)
{
    for (int p = 0; p < n_positions; p++) out[p] = true;
    for (int i = 0; i < n; i++)
        if (!out[rules[i].on] || !(rules[i].allowed >> gene[rules[i].on] & 1)) out[rules[i].position] = false;
}
