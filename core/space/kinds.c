#include "core/space/kinds.h"

#include <string.h>

static bool same_list(const ll_space *s, int a, int b)
{
    int n = ll_space_choices(s, a);
    if (n != ll_space_choices(s, b)) return false;
    for (int i = 0; i < n; i++)
        if (strcmp(ll_space_choice(s, a, i), ll_space_choice(s, b, i))) return false;
    return true;
}

ll_kinds ll_kinds_of(const ll_space *s)
{
    ll_kinds k = {0};
    for (int p = 0; p < s->n_positions; p++) {
        while (!same_list(s, k.like[p], p)) k.like[p]++;
        int owner = k.like[p];
        k.first[p] = owner == p ? k.n : k.first[owner];
        k.n += owner == p ? ll_space_choices(s, p) : 0;
        k.many[owner]++;
    }
    for (int p = 0; p < s->n_positions; p++) k.many[p] = k.many[k.like[p]];
    return k;
}

int ll_kind_position(const ll_kinds *k, const ll_space *s, int op, int *choice)
{
    int p = 0;
    while (k->like[p] != p || op >= k->first[p] + ll_space_choices(s, p)) p++;
    if (choice) *choice = op - k->first[p];
    return p;
}

void ll_kind_name(const ll_kinds *k, const ll_space *s, int op, ll_str *out)
{
    int choice, p = ll_kind_position(k, s, op, &choice), last = s->n_positions - 1;
    while (k->like[last] != p) last--;
    if (k->many[p] < s->n_positions) {
        ll_str_add(out, s->positions[p]);
        if (last > p) ll_str_addf(out, "..%s", s->positions[last]);
        ll_str_add(out, ": ");
    }
    ll_str_add(out, ll_space_choice(s, p, choice));
}

void ll_kinds_count(const ll_kinds *k, const ll_space *s, const uint8_t *gene, int *count)
{
    bool there[LL_MAX_POSITIONS];
    for (int p = 0; p < s->n_positions; p++) there[p] = true;
    if (s->active) s->active(s, gene, there);
    memset(count, 0, (size_t)k->n * sizeof *count);
    for (int p = 0; p < s->n_positions; p++) count[k->first[p] + gene[p]] += there[p];
}
