#include "core/base/near.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "core/base/quote.h"

enum { LEAST_BEGINNING = 3 };

ll_near ll_near_to(const char *word)
{
    return (ll_near){.word = word, .distance = INT_MAX};
}

static void take(ll_near *n, const char *name, int distance)
{
    free(n->best);
    n->best = ll_strdup(name);
    n->distance = distance;
}

static bool begins_with(const char *name, const char *word)
{
    size_t len = strlen(word);
    return len >= LEAST_BEGINNING && !strncasecmp(name, word, len);
}

void ll_near_offer(ll_near *n, const char *name)
{
    int distance = ll_edit_distance(n->word, name), limit = ll_near_limit(n->word);
    bool begins = begins_with(name, n->word);
    if (distance <= limit && distance < n->distance) take(n, name, distance);
    if (!begins || n->distance <= limit) return;
    n->tie = n->begins && strcmp(n->best, name);
    n->begins = true;
    if (!n->best) take(n, name, INT_MAX);
}

void ll_near_offer_all(ll_near *n, const ll_strs *names)
{
    for (int i = 0; i < names->n; i++) ll_near_offer(n, names->v[i]);
}

int ll_near_limit(const char *word)
{
    return ((int)strlen(word) + 1) / 3;
}

const char *ll_near_best(const ll_near *n)
{
    bool unclear = n->distance == INT_MAX && n->tie;
    return unclear ? NULL : n->best;
}

void ll_near_say(ll_near *n, const char *otherwise, ll_str *out)
{
    const char *best = ll_near_best(n);
    ll_str_add(out, "; ");
    if (best) {
        ll_str_add(out, "did you mean ");
        ll_quote_word(out, best);
        ll_str_addc(out, '?');
    } else {
        ll_str_add(out, otherwise);
    }
    ll_near_free(n);
}

void ll_near_free(ll_near *n)
{
    free(n->best);
    n->best = NULL;
}
