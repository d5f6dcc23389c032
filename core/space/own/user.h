/* Spaces a user defined (ll_space_define): the list behind the built-in ones. */
#ifndef LL_SPACE_OWN_USER_H
#define LL_SPACE_OWN_USER_H

#include "core/space/own/pattern.h"
#include "core/space/own/rules.h"
#include "core/space/space.h"
#include "core/space/template/template.h"

/* What a space file says beyond positions and choices. */
typedef struct ll_space_more {
    char *title;          /* NULL: made of the numbers */
    char *text;           /* the whole definition, JSON in one line */
    char *meaning;        /* the same without what is said for people: two of one meaning are one space */
    ll_pattern *pattern;  /* NULL: choices joined by '|' */
    ll_template *network; /* NULL: no layers are known */
    ll_rule *rules;       /* (n_rules), ordered */
    int n_rules, bits;    /* bits 0: not said */
} ll_space_more;
void ll_space_more_free(ll_space_more *m);

/* ll_space_define and ll_space_define_positions (core/space/space.h), whatever built-in spaces there are. */
const ll_space *ll_user_space_define(const char *name, int n_positions, char *const *ops, int n_ops,
                                     ll_error *e);
const ll_space *ll_user_space_define_positions(const char *name, const ll_position *positions, int n,
                                               ll_error *e);
/* The same with all that a file says: what `more` has is the space's afterwards, or freed. One that differs in title and
 * remarks alone is the space that is there, with these words from now on. */
const ll_space *ll_user_space_define_file(const char *name, const ll_position *positions, int n,
                                          ll_space_more *more, ll_error *e);
/* The checks of a definition, without one: names, numbers of choices. The sentence does not say which space it is about:
 * ll_user_fail_in puts that before it, unless the name itself is what is wrong. */
ll_status ll_user_space_check(const char *name, const ll_position *positions, int n, ll_error *e);
void ll_user_fail_in(const char *name, ll_error *e);
/* Letters, digits, '_', '-', '.', at most 64 of them: what spaces, positions and choices are called. */
bool ll_user_word(const char *name);
ll_status ll_user_check_name(const char *name,
                             ll_error *e); /* of a space: such a word, no number, no '-' or '.' first */
/* Of what a space has n of ("position", "column", "operation"): such words, none twice, so that they parse back
 * unambiguously; numbers where those may be names. LL_BAD_DATA names the first that is none. */
ll_status ll_user_check_names(const char *what, const char *const *names, int n, bool numbers, ll_error *e);
/* The definition as its file stated it; NULL: it came from no file. */
const char *ll_user_space_text(const ll_space *s);
const ll_space *ll_user_space_at(int i); /* in order of definition, NULL behind the last; thread-safe */

#endif
