#include "core/base/text/option.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/base/text/near.h"
#include "core/base/text/quote.h"

static int table_size(const ll_option *table)
{
    int n = 0;
    while (table && table[n].name) n++;
    return n;
}

static int find_index(const ll_option *table, const char *name)
{
    for (int i = 0; table && table[i].name; i++)
        if (!strcmp(table[i].name, name)) return i;
    return -1;
}

const ll_option *ll_option_find(const ll_option *table, const char *name)
{
    int i = find_index(table, name);
    return i < 0 ? NULL : &table[i];
}

void ll_values_init(ll_values *v, const ll_option *table)
{
    int n = table_size(table);
    *v = (ll_values){table, LL_NEW_ARRAY(char *, n), LL_NEW_ARRAY(char *, n), LL_NEW_ARRAY(bool, n)};
    for (int i = 0; i < n; i++) {
        v->text[i] = ll_strdup(table[i].otherwise);
        v->marked[i] = ll_strdup(table[i].otherwise);
    }
}

void ll_values_copy(ll_values *to, const ll_values *from)
{
    ll_values_init(to, from->table);
    for (int i = 0; i < table_size(from->table); i++) {
        free(to->text[i]);
        free(to->marked[i]);
        to->text[i] = ll_strdup(from->text[i]);
        to->marked[i] = ll_strdup(from->marked[i]);
        to->given[i] = from->given[i];
    }
}

void ll_values_free(ll_values *v)
{
    for (int i = 0; i < table_size(v->table); i++) {
        free(v->text[i]);
        free(v->marked[i]);
    }
    free(v->text);
    free(v->marked);
    free(v->given);
    *v = (ll_values){0};
}

void ll_option_choices(const ll_option *o, ll_strs *out)
{
    if (o->choices) ll_strs_split(out, o->choices, '|');
    for (int i = 0; o->choice_at && o->choice_at(i); i++) ll_strs_add(out, o->choice_at(i));
}

void ll_option_choices_text(const ll_option *o, ll_str *out)
{
    ll_strs all = {0};
    ll_option_choices(o, &all);
    for (int i = 0; i < all.n; i++) ll_str_addf(out, "%s%s", i ? "|" : "", all.v[i]);
    ll_strs_free(&all);
}

static ll_status not_among(const ll_option *o, const char *text, const ll_strs *all, ll_error *e)
{
    ll_near near = ll_near_to(text);
    ll_str names = {0};
    ll_near_offer_all(&near, all);
    ll_option_choices_text(o, &names);
    ll_near_fail(&near, e, LL_USAGE, NULL,
                 o->required ? "%s: \"%s\" stands where one of %s was expected" : "%s=%s: must be one of %s",
                 o->name, text, ll_str_text(&names));
    ll_str_free(&names);
    return LL_USAGE;
}

static ll_status check_choice(const ll_option *o, const char *text, ll_error *e)
{
    ll_strs all = {0};
    ll_option_choices(o, &all);
    bool found = ll_strs_has(&all, text);
    if (!found) not_among(o, text, &all, e);
    ll_strs_free(&all);
    return found ? LL_OK : LL_USAGE;
}

static bool parse_bool(const char *text, bool *x)
{
    static const char *const yes[] = {"on", "true", "yes", "1"}, *const no[] = {"off", "false", "no", "0"};
    for (int i = 0; i < 4; i++) {
        if (!strcmp(text, yes[i])) return *x = true, true;
        if (!strcmp(text, no[i])) return *x = false, true;
    }
    return false;
}

static void add_bound(double x, ll_str *out)
{
    bool whole = x == floor(x) && fabs(x) < 1e10;
    ll_str_addf(out, whole ? "%.0f" : "%g", x);
}

/* "BEFORE lo AND hi ms" */
static void add_range(const ll_option *o, const char *before, const char *and, ll_str *out)
{
    const double most = 9007199254740992.; /* 2^53 stands for "as large as a number can be" */
    if (o->lo == o->hi) return;
    if (o->hi < most) ll_str_add(out, before);
    add_bound(o->lo, out);
    ll_str_add(out, o->hi < most ? and : " or more");
    if (o->hi < most) add_bound(o->hi, out);
    if (o->unit) ll_str_addf(out, " %s", o->unit);
}

void ll_option_range(const ll_option *o, ll_str *out)
{
    add_range(o, "between ", " and ", out);
}

void ll_option_bounds(const ll_option *o, ll_str *out)
{
    add_range(o, "", " to ", out);
}

static ll_status out_of_range(const ll_option *o, const char *text, ll_error *e)
{
    ll_str range = {0};
    ll_option_range(o, &range);
    ll_fail(e, LL_USAGE, "%s=%s: must be %s", o->name, text, ll_str_text(&range));
    ll_str_free(&range);
    return LL_USAGE;
}

static ll_status check_number(const ll_option *o, const char *text, ll_error *e)
{
    char *end;
    errno = 0;
    double x = strtod(text, &end);
    const char *what = o->type == LL_INT ? "a whole number" : "a number";
    if (end == text || *end || !isfinite(x) || (o->type == LL_INT && (x != floor(x) || fabs(x) > INT_MAX)))
        return ll_fail(e, LL_USAGE, "%s=%s: %s was expected", o->name, text, what);
    if (o->lo != o->hi && (x < o->lo || x > o->hi)) return out_of_range(o, text, e);
    return LL_OK;
}

static ll_status check(const ll_option *o, const char *text, ll_error *e)
{
    bool x;
    switch (o->type) {
    case LL_INT:
    case LL_REAL:
        return check_number(o, text, e);
    case LL_BOOL:
        return parse_bool(text, &x) ? LL_OK
                                    : ll_fail(e, LL_USAGE, "%s=%s: on or off was expected", o->name, text);
    case LL_CHOICE:
        return check_choice(o, text, e);
    case LL_WORD:
    case LL_LIST:
        break;
    }
    return LL_OK;
}

static ll_status store(ll_values *v, int i, const char *marked, ll_error *e)
{
    char *text = ll_unmarked(marked), *copy = ll_strdup(marked); /* `marked` may be the old value's */
    ll_status s = check(&v->table[i], text, e);
    if (s) {
        free(text);
        free(copy);
        return s;
    }
    if (v->table[i].may_be_none && !strcmp(text, "none")) {
        free(text);
        free(copy);
        text = copy = NULL;
    }
    free(v->text[i]);
    free(v->marked[i]);
    v->text[i] = text;
    v->marked[i] = copy;
    v->given[i] = true;
    return LL_OK;
}

ll_status ll_option_unknown(const ll_option *const *tables, int n, const char *name, ll_error *e)
{
    ll_near near = ll_near_to(name);
    for (int t = 0; t < n; t++)
        for (const ll_option *o = tables[t]; o && o->name; o++) ll_near_offer(&near, o->name);
    const char *best = ll_near_best(&near);
    ll_fail(e, LL_USAGE,
            best ? "no option %s=; did you mean %s=?" : "no option %s=; `help COMMAND` lists them", name,
            best);
    ll_near_free(&near);
    return LL_USAGE;
}

ll_status ll_values_set_marked(ll_values *v, const char *name, const char *marked, ll_error *e)
{
    int i = find_index(v->table, name);
    if (i >= 0) return store(v, i, marked, e);
    return ll_option_unknown(&v->table, 1, name, e);
}

ll_status ll_values_set(ll_values *v, const char *name, const char *text, ll_error *e)
{
    char *marked = ll_marked(text);
    ll_status s = ll_values_set_marked(v, name, marked, e);
    free(marked);
    return s;
}

/* The record that the next word without "key=" belongs to, or -1. */
static int next_positional(const ll_values *v)
{
    for (int i = 0; v->table && v->table[i].name; i++)
        if (v->table[i].positional && (v->table[i].rest || !v->given[i])) return i;
    return -1;
}

/* What may stand without its name: "action dataset name". */
static void list_positionals(const ll_option *o, ll_str *out)
{
    for (; o->name; o++)
        if (o->positional) ll_str_addf(out, "%s%s", out->len ? " " : "", o->name);
}

/* The first few of what could have been meant. */
static void fail_unnamed(const ll_option *o, const char *text, ll_error *e)
{
    enum { SHOWN = 4 };
    ll_str names = {0};
    for (int i = 0; i < SHOWN && o[i].name; i++)
        ll_str_addf(&names, "%s%s=", !i ? "" : i + 1 < SHOWN && o[i + 1].name ? ", " : " or ", o[i].name);
    ll_fail(e, LL_USAGE, "'%s': every argument is given by name here, as %s", text, ll_str_text(&names));
    ll_str_free(&names);
}

static ll_status no_further(const ll_values *v, const char *text, ll_error *e)
{
    ll_str names = {0};
    if (v->table) list_positionals(v->table, &names);
    if (v->table && v->table->name && !names.len)
        fail_unnamed(v->table, text, e);
    else
        ll_fail(e, LL_USAGE,
                names.len ? "'%s': no further argument was expected behind %s"
                          : "'%s': no further argument was expected",
                text, ll_str_text(&names));
    ll_str_free(&names);
    return LL_USAGE;
}

static ll_status store_positional(ll_values *v, const char *word, ll_error *e)
{
    int i = next_positional(v);
    if (i < 0) {
        char *text = ll_unmarked(word);
        ll_status s = no_further(v, text, e);
        free(text);
        return s;
    }
    if (!v->table[i].rest || !v->given[i]) return store(v, i, word, e);
    ll_str joined = {0};
    ll_str_addf(&joined, "%s,%s", v->marked[i], word);
    ll_status s = store(v, i, ll_str_text(&joined), e);
    ll_str_free(&joined);
    return s;
}

size_t ll_option_key(const char *word)
{
    const char *equals = ll_find_unmarked(word, '=');
    size_t len = equals ? (size_t)(equals - word) : 0;
    return strspn(word, "abcdefghijklmnopqrstuvwxyz_0123456789-") >= len ? len : 0;
}

static ll_status parse_word(ll_values *v, const char *word, ll_error *e)
{
    size_t len = ll_option_key(word);
    if (!len) return store_positional(v, word, e);
    char *key = ll_memdup(word, len + 1, 1);
    key[len] = 0;
    ll_status s = ll_values_set_marked(v, key, word + len + 1, e);
    free(key);
    return s;
}

static ll_status missing(const ll_option *o, ll_error *e)
{
    if (o->type != LL_CHOICE) return ll_fail(e, LL_USAGE, "%s is missing: %s", o->name, o->help);
    ll_str names = {0};
    ll_option_choices_text(o, &names);
    ll_fail(e, LL_USAGE, "%s was expected: %s", ll_str_text(&names), o->help);
    ll_str_free(&names);
    return LL_USAGE;
}

ll_status ll_values_parse(ll_values *v, char *const *words, int n, ll_error *e)
{
    for (int w = 0; w < n; w++) {
        ll_status s = parse_word(v, words[w], e);
        if (s) return s;
    }
    for (int i = 0; v->table && v->table[i].name; i++)
        if (v->table[i].required && !v->text[i]) return missing(&v->table[i], e);
    return LL_OK;
}

static int must_find(const ll_values *v, const char *name)
{
    int i = find_index(v->table, name);
    if (i < 0) abort();
    return i;
}

bool ll_has(const ll_values *v, const char *name)
{
    return v->text[must_find(v, name)] != NULL;
}

bool ll_given(const ll_values *v, const char *name)
{
    return v->given[must_find(v, name)];
}

const char *ll_word(const ll_values *v, const char *name)
{
    return v->text[must_find(v, name)];
}

double ll_real(const ll_values *v, const char *name)
{
    const char *text = ll_word(v, name);
    return text ? strtod(text, NULL) : 0;
}

int ll_int(const ll_values *v, const char *name)
{
    return (int)ll_real(v, name);
}

bool ll_bool(const ll_values *v, const char *name)
{
    const char *text = ll_word(v, name);
    bool x = false;
    return text && parse_bool(text, &x) && x;
}

int ll_chosen(const ll_values *v, const char *name)
{
    const ll_option *o = &v->table[must_find(v, name)];
    for (int i = 0; o->choice_at && o->choice_at(i); i++)
        if (ll_is(v, name, o->choice_at(i))) return i;
    return -1;
}

void ll_list(const ll_values *v, const char *name, ll_strs *out)
{
    const char *text = ll_word(v, name);
    if (text) ll_strs_split(out, text, ',');
}

void ll_patterns(const ll_values *v, const char *name, ll_strs *out)
{
    const char *marked = v->marked[must_find(v, name)];
    if (marked) ll_split_list(marked, out);
}

void ll_list_names(const ll_values *v, const char *name, ll_strs *out)
{
    const char *marked = v->marked[must_find(v, name)];
    if (marked) ll_list_read(marked, out);
}

bool ll_is(const ll_values *v, const char *name, const char *value)
{
    const char *text = ll_word(v, name);
    return text && !strcmp(text, value);
}

cJSON *ll_values_json(const ll_values *v)
{
    cJSON *o = cJSON_CreateObject();
    for (int i = 0; v->table && v->table[i].name; i++) {
        const ll_option *t = &v->table[i];
        if (!v->text[i]) continue;
        if (t->type == LL_INT || t->type == LL_REAL)
            ll_json_num(o, t->name, strtod(v->text[i], NULL));
        else if (t->type == LL_BOOL)
            ll_json_bool(o, t->name, ll_bool(v, t->name));
        else
            ll_json_str(o, t->name, v->text[i]);
    }
    return o;
}
