#include "core/device/scores.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "core/base/text/near.h"
#include "core/base/utf8.h"
#include "core/num/sort.h"

enum { NAME_MOST = 60 };
static const double MOST = 1e100;

/* --- building --- */

static ll_score *find(const ll_dataset *d, const char *name)
{
    for (int i = 0; i < d->n_scores; i++)
        if (!strcmp(d->scores[i].name, name)) return &d->scores[i];
    return NULL;
}

ll_score *ll_dataset_make_score(ll_dataset *d, const char *name)
{
    ll_score *s = find(d, name);
    if (s) return s;
    d->scores = ll_realloc(d->scores, (size_t)d->n_scores + 1, sizeof *d->scores);
    s = &d->scores[d->n_scores++];
    *s = (ll_score){.name = ll_strdup(name), .source = ll_strdup("")};
    s->v = LL_NEW_ARRAY(double, d->n_archs + 1);
    for (int i = 0; i < d->n_archs; i++) s->v[i] = NAN;
    return s;
}

static void set_text(char **to, const char *text)
{
    ll_str clean = {0};
    if (text) ll_utf8_repair(&clean, text);
    free(*to);
    *to = text ? ll_strdup(ll_str_text(&clean)) : NULL;
    ll_str_free(&clean);
}

void ll_score_describe(ll_score *s, const char *unit, const char *split, const char *source)
{
    set_text(&s->unit, unit);
    set_text(&s->split, split);
    set_text(&s->source, source ? source : "");
}

void ll_score_set_model(ll_score *s, ll_score_model *m)
{
    ll_score_model_unref(s->model);
    s->model = m;
}

void ll_scores_extend(ll_dataset *d, const ll_dataset *old)
{
    for (int i = 0; i < old->n_scores; i++) {
        const ll_score *from = &old->scores[i];
        ll_score *to = ll_dataset_make_score(d, from->name);
        ll_score_describe(to, from->unit, from->split, from->source);
        memcpy(to->v, from->v, (size_t)old->n_archs * sizeof *to->v);
        ll_score_set_model(to, ll_score_model_ref(from->model));
    }
}

void ll_scores_free(ll_dataset *d)
{
    for (int i = 0; i < d->n_scores; i++) {
        ll_score *s = &d->scores[i];
        free(s->name);
        free(s->unit);
        free(s->split);
        free(s->source);
        free(s->v);
        ll_score_model_unref(s->model);
    }
    free(d->scores);
}

ll_status ll_score_check_name(const char *name, ll_error *e)
{
    size_t n = strlen(name);
    bool plain = n && n <= NAME_MOST && isalnum((unsigned char)*name);
    for (size_t i = 0; plain && i < n; i++)
        plain = isalnum((unsigned char)name[i]) || (name[i] && strchr("._-", name[i]));
    if (plain) return LL_OK;
    return ll_fail(e, LL_BAD_DATA,
                   "\"%.80s\" is no name of a score: letters, digits, '.', '_' and '-', at most %d of them",
                   name, NAME_MOST);
}

bool ll_score_takes(double x)
{
    return fabs(x) <= MOST;
}

ll_status ll_scores_check(const ll_dataset *d, ll_error *e)
{
    if (d->n_scores > LL_SCORES_MOST)
        return ll_fail(e, LL_BAD_DATA, "a dataset holds at most %d scores", LL_SCORES_MOST);
    for (int k = 0; k < d->n_scores; k++) {
        const ll_score *s = &d->scores[k];
        ll_status status = ll_score_check_name(s->name, e);
        if (status) return status;
        for (int i = 0; i < d->n_archs; i++)
            if (!isnan(s->v[i]) && !ll_score_takes(s->v[i]))
                return ll_fail(e, LL_BAD_DATA, "score %s: %g is no score, %g is the most", s->name, s->v[i],
                               MOST);
    }
    return LL_OK;
}

/* --- asking --- */

const ll_score *ll_dataset_score(const ll_dataset *d, const char *name)
{
    return find(d, name);
}

static bool same_but_case(const char *have, const char *asked)
{
    return !strcasecmp(have, asked);
}

static bool is_prefix(const char *have, const char *asked)
{
    return !strncasecmp(have, asked, strlen(asked));
}

static const ll_score *the_only(const ll_dataset *d, const char *name,
                                bool (*match)(const char *, const char *))
{
    const ll_score *found = NULL;
    for (int i = 0; i < d->n_scores; i++) {
        if (!match(d->scores[i].name, name)) continue;
        if (found) return NULL;
        found = &d->scores[i];
    }
    return found;
}

ll_status ll_dataset_find_score(const ll_dataset *d, const char *name, const ll_score **out, ll_error *e)
{
    *out = find(d, name);
    if (!*out && *name) *out = the_only(d, name, same_but_case);
    if (!*out && *name) *out = the_only(d, name, is_prefix);
    if (*out) return LL_OK;
    ll_str list = {0};
    ll_near near = ll_near_to(name);
    for (int i = 0; i < d->n_scores; i++) {
        ll_str_addf(&list, "%s%s", i ? ", " : "", d->scores[i].name);
        ll_near_offer(&near, d->scores[i].name);
    }
    if (list.len)
        ll_near_fail(&near, e, LL_USAGE, NULL, "%s has no score \"%.60s\"; it has %.400s", d->name, name,
                     list.s);
    else
        ll_fail(e, LL_USAGE, "%s has no scores: `import accuracy FILE into %s metric=NAME` brings them",
                d->name, d->name);
    ll_str_free(&list);
    return LL_USAGE;
}

int ll_score_count(const ll_dataset *d, const ll_score *s)
{
    int n = 0;
    for (int i = 0; i < d->n_archs; i++) n += !isnan(s->v[i]);
    return n;
}

int ll_score_place(const ll_dataset *d, const ll_score *s, double value)
{
    int better = 0;
    for (int i = 0; i < d->n_archs; i++) better += s->v[i] > value;
    return better + 1;
}

void ll_score_best_rows(const ll_dataset *d, const ll_score *s, ll_ints *rows)
{
    double *key = LL_NEW_ARRAY(double, d->n_archs + 1);
    int *order = LL_NEW_ARRAY(int, d->n_archs + 1), known = ll_score_count(d, s);
    for (int i = 0; i < d->n_archs; i++) key[i] = -s->v[i];
    ll_sort_order(key, d->n_archs, order); /* NaN comes last */
    for (int i = 0; i < known; i++) ll_ints_add(rows, order[i]);
    free(key);
    free(order);
}

/* What is NaN may differ in its bits, which then counts as another. */
bool ll_scores_same(const ll_dataset *a, const ll_dataset *b)
{
    if (a->n_scores != b->n_scores || a->n_archs != b->n_archs) return false;
    for (int i = 0; i < a->n_scores; i++) {
        const ll_score *other = find(b, a->scores[i].name);
        if (!other || !other->model != !a->scores[i].model ||
            memcmp(a->scores[i].v, other->v, (size_t)a->n_archs * sizeof *other->v))
            return false;
    }
    return true;
}
