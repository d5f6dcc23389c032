#include "core/space/moves.h"

#include <string.h>

void ll_space_random(const ll_space *s, ll_rng *rng, uint8_t *gene)
{
    for (int p = 0; p < s->n_positions; p++) gene[p] = (uint8_t)ll_rng_below(rng, ll_space_choices(s, p));
    ll_space_canonical(s, gene);
}

static void active_positions(const ll_space *s, const uint8_t *gene, bool *active)
{
    for (int p = 0; p < s->n_positions; p++) active[p] = true;
    if (s->active) s->active(s, gene, active);
}

/* Positions of this architecture that could hold something else. */
static int open_positions(const ll_space *s, const uint8_t *gene, int *out)
{
    bool active[LL_MAX_POSITIONS];
    int n = 0;
    active_positions(s, gene, active);
    for (int p = 0; p < s->n_positions; p++)
        if (active[p] && ll_space_choices(s, p) > 1) out[n++] = p;
    return n;
}

/* One of the other choices, each alike. */
static void change(const ll_space *s, ll_rng *rng, int position, uint8_t *gene)
{
    int choice = ll_rng_below(rng, ll_space_choices(s, position) - 1);
    gene[position] = (uint8_t)(choice + (choice >= gene[position]));
}

void ll_space_mutate(const ll_space *s, ll_rng *rng, double rate, uint8_t *gene)
{
    int open[LL_MAX_POSITIONS], n = open_positions(s, gene, open), changed = 0;
    for (int i = 0; i < n; i++)
        if (ll_rng_uniform(rng) < rate) {
            change(s, rng, open[i], gene);
            changed++;
        }
    if (n && !changed) change(s, rng, open[ll_rng_below(rng, n)], gene);
    ll_space_canonical(s, gene);
}

void ll_space_crossover(const ll_space *s, ll_rng *rng, const uint8_t *a, const uint8_t *b, uint8_t *out)
{
    for (int p = 0; p < s->n_positions; p++) {
        uint8_t one = a[p], other = b[p];
        out[p] = ll_rng_below(rng, 2) ? one : other;
    }
    ll_space_canonical(s, out);
}

bool ll_space_next_neighbour(const ll_space *s, const uint8_t *gene, ll_neighbour *at, uint8_t *out)
{
    bool active[LL_MAX_POSITIONS];
    active_positions(s, gene, active);
    for (; at->position < s->n_positions; at->position++, at->choice = 0) {
        if (at->choice == gene[at->position]) at->choice++;
        if (!active[at->position] || at->choice >= ll_space_choices(s, at->position)) continue;
        memcpy(out, gene, (size_t)s->n_positions);
        out[at->position] = (uint8_t)at->choice++;
        ll_space_canonical(s, out);
        return true;
    }
    return false;
}

int ll_space_n_neighbours(const ll_space *s, const uint8_t *gene)
{
    int open[LL_MAX_POSITIONS], n = open_positions(s, gene, open), sum = 0;
    for (int i = 0; i < n; i++) sum += ll_space_choices(s, open[i]) - 1;
    return sum;
}
