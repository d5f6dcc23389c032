#include "core/base/text/near.h"

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "core/base/text/quote.h"

enum { LEAST_BEGINNING = 3, FEW = 3 };

ll_near ll_near_to(const char *word)
{
    return (ll_near){.word = word, .distance = INT_MAX};
}

static void take(ll_near *n, const char *name, int distance)
{
    free(n->best);
    n->best = ll_strdup(name);
    n->distance = distance;
    n->rival = false;
}

static bool begins_with(const char *name, const char *word)
{
    size_t len = strlen(word);
    return len >= LEAST_BEGINNING && !strncasecmp(name, word, len);
}

void ll_near_offer(ll_near *n, const char *name)
{
    int distance = ll_near_distance(n->word, name), limit = ll_near_limit(n->word);
    bool begins = begins_with(name, n->word);
    if (distance <= limit && distance == n->distance) n->rival |= strcmp(n->best, name) != 0;
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

int ll_near_distance(const char *word, const char *name)
{
    size_t a = strlen(word), b = strlen(name);
    int distance = ll_edit_distance(word, name);
    return distance && (size_t)distance >= (a < b ? a : b) ? INT_MAX : distance;
}

const char *ll_near_best(const ll_near *n)
{
    bool begun = n->distance == INT_MAX;
    bool unclear = begun ? n->tie : n->rival && strlen(n->word) <= FEW;
    return unclear ? NULL : n->best;
}

ll_status ll_near_fail(ll_near *n, ll_error *e, ll_status status, const char *otherwise, const char *fmt, ...)
{
    const char *best = ll_near_best(n);
    ll_str text = {0};
    va_list ap;
    va_start(ap, fmt);
    ll_str_addv(&text, fmt, ap);
    va_end(ap);
    if (best) {
        ll_str_add(&text, "; did you mean ");
        ll_quote_word(&text, best);
        ll_str_addc(&text, '?');
    } else if (otherwise) {
        ll_str_addf(&text, "; %s", otherwise);
    }
    ll_fail(e, status, "%s", ll_str_text(&text));
    ll_str_free(&text);
    ll_near_free(n);
    return status;
}

void ll_near_free(ll_near *n)
{
    free(n->best);
    n->best = NULL;
}
