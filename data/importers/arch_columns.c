#include "data/importers/arch_columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "data/importers/arch_text.h"

/* What tables call the columns of an architecture, before the number. */
static const char *const prefixes[] = {"op",     "ops",    "edge", "node",     "layer", "block", "position",
                                       "pos",    "p",      "gene", "x",        "o",     "arch",  "cell",
                                       "choice", "onehot", "hot",  "encoding", NULL};
static const char *const numbered[] = {"%s%d", "%s_%d", "%s.%d", "%s-%d", "%s[%d]", NULL};

static void add(ll_arch_columns *c, int column)
{
    c->column = ll_realloc(c->column, (size_t)c->n + 1, sizeof *c->column);
    c->column[c->n++] = column;
}

void ll_arch_columns_free(ll_arch_columns *c)
{
    free(c->column);
    *c = (ll_arch_columns){0};
}

void ll_arch_columns_one(int column, ll_arch_columns *c)
{
    add(c, column);
}

/* --- found --- */

/* prefix1 .. prefixN, or from 0 on, in one of the spellings; nothing is added unless all are there. */
static bool add_numbered(const ll_names *names, const char *prefix, int n, ll_arch_columns *out)
{
    for (int f = 0; numbered[f]; f++)
        for (int base = 0; base < 2; base++) {
            int before = out->n;
            for (int i = 0; i < n; i++) {
                char name[128];
                snprintf(name, sizeof name, numbered[f], prefix, base + i);
                int column = ll_names_find(names, name);
                if (column < 0) break;
                add(out, column);
            }
            if (out->n == before + n) return true;
            out->n = before;
        }
    return false;
}

/* One column per choice of a position; a choice that no architecture has may lack its own. */
static bool add_dummies(const ll_names *names, const ll_space *s, int position, const char *name,
                        ll_arch_columns *out)
{
    bool any = false;
    for (int i = 0; i < ll_space_choices(s, position); i++) {
        char column[256];
        snprintf(column, sizeof column, "%s_%s", name, ll_space_choice(s, position, i));
        add(out, ll_names_find(names, column));
        any |= out->column[out->n - 1] >= 0;
    }
    return any;
}

static bool add_all_dummies(const ll_names *names, const ll_space *s, const char *prefix,
                            const char *spelling, int base, ll_arch_columns *out)
{
    out->n = 0;
    for (int p = 0; p < s->n_positions; p++) {
        char name[128];
        snprintf(name, sizeof name, spelling, prefix, base + p);
        if (add_dummies(names, s, p, name, out)) continue;
        out->n = 0;
        return false;
    }
    return true;
}

static bool guess_dummies(const ll_names *names, const ll_space *s, ll_arch_columns *out)
{
    for (int i = 0; prefixes[i]; i++)
        for (int f = 0; numbered[f]; f++)
            for (int base = 0; base < 2; base++)
                if (add_all_dummies(names, s, prefixes[i], numbered[f], base, out)) return true;
    return false;
}

static bool guess_keys(const ll_names *names, const ll_space *s, ll_arch_columns *out)
{
    for (int k = 0; k < s->facts->n_keys; k++) {
        const ll_space_key *key = &s->facts->keys[k];
        int alone = key->n == 1 ? ll_names_find(names, key->name) : -1;
        if (alone >= 0)
            add(out, alone);
        else if (!add_numbered(names, key->name, key->n, out))
            return false;
    }
    return out->dict = s->facts->n_keys > 0;
}

static bool guess_positions(const ll_names *names, const ll_space *s, ll_arch_columns *out)
{
    for (int p = 0; p < s->n_positions; p++) {
        int column = ll_names_find(names, s->positions[p]);
        if (column < 0) return false;
        add(out, column);
    }
    return true;
}

static bool guess_numbered(const ll_names *names, const ll_space *s, ll_arch_columns *out)
{
    for (int i = 0; prefixes[i]; i++)
        if (add_numbered(names, prefixes[i], ll_arch_one_hot_size(s), out) ||
            add_numbered(names, prefixes[i], s->n_positions, out))
            return true;
    return false;
}

void ll_arch_columns_guess(const ll_names *names, const ll_space *s, ll_arch_columns *out)
{
    static bool (*const guesses[])(const ll_names *, const ll_space *, ll_arch_columns *) = {
        guess_keys, guess_positions, guess_numbered, guess_dummies};
    for (size_t i = 0; i < sizeof guesses / sizeof *guesses; i++) {
        if (guesses[i](names, s, out)) return;
        ll_arch_columns_free(out);
    }
}

/* --- named by the user --- */

static ll_status add_pattern(const ll_csv *c, const char *pattern, ll_arch_columns *out, ll_error *e)
{
    int before = out->n, exact = ll_csv_column(c, pattern);
    if (exact >= 0) add(out, exact);
    for (int i = 0; i < c->n && exact < 0 && out->n <= LL_MAX_POSITIONS * LL_MAX_OPS; i++)
        if (ll_glob(pattern, c->cells[i])) add(out, i);
    if (out->n > before) return LL_OK;
    return ll_csv_fail(c, e, "no column is called \"%.60s\"", pattern);
}

/* Of a space with dicts their keys say the order, whatever the user's. */
static ll_status check_keys(const ll_csv *c, const ll_names *by_name, const ll_space *s, ll_arch_columns *out,
                            ll_error *e)
{
    ll_arch_columns_free(out);
    if (guess_keys(by_name, s, out)) return LL_OK;
    ll_str all = {0};
    for (int k = 0; k < s->facts->n_keys; k++) {
        const ll_space_key *key = &s->facts->keys[k];
        ll_str_addf(&all, key->n == 1 ? "%s%s" : "%s%s_1 to %s_%d", k ? ", " : "", key->name, key->name,
                    key->n);
    }
    ll_csv_fail(c, e, "the columns of an architecture of %s are %s", s->name, ll_str_text(&all));
    ll_str_free(&all);
    return LL_BAD_DATA;
}

ll_status ll_arch_columns_named(const ll_csv *c, const char *names, const ll_names *by_name,
                                const ll_space *space, ll_arch_columns *out, ll_error *e)
{
    int one = ll_csv_column(c, names);
    ll_strs list = {0};
    ll_status s = LL_OK;
    if (one >= 0) return add(out, one), LL_OK;
    ll_strs_split(&list, names, ',');
    if (!list.n) s = ll_csv_fail(c, e, "arch= names no column");
    for (int i = 0; i < list.n && !s; i++) s = add_pattern(c, list.v[i], out, e);
    ll_strs_free(&list);
    if (!s && out->n > 1 && space->facts->keys) s = check_keys(c, by_name, space, out, e);
    return s;
}

/* --- the text --- */

static void add_cell(const ll_csv *c, int column, const char *quote, ll_str *out)
{
    const char *text = column < 0 ? "0" : c->cells[column];
    ll_str_addf(out, "%s%s%s", *quote ? quote : "", *text || *quote ? text : "0", quote);
}

/* What is empty belongs to a slot that is not there, or is found wanting as 0. */
static void add_dict(const ll_arch_columns *x, const ll_csv *c, const ll_space *s, ll_str *out)
{
    const int *column = x->column;
    for (int k = 0; k < s->facts->n_keys; k++) {
        const ll_space_key *key = &s->facts->keys[k];
        ll_str_addf(out, "%s'%s': [", k ? ", " : "{", key->name);
        for (int i = 0; i < key->n; i++) {
            if (i) ll_str_add(out, ", ");
            add_cell(c, *column++, "", out);
        }
        ll_str_add(out, "]");
    }
    ll_str_add(out, "}");
}

void ll_arch_columns_text(const ll_arch_columns *x, const ll_csv *c, const ll_space *s, ll_str *out)
{
    if (x->dict) {
        add_dict(x, c, s, out);
        return;
    }
    if (x->n == 1) {
        ll_str_add(out, c->cells[x->column[0]]);
        return;
    }
    for (int i = 0; i < x->n; i++) {
        ll_str_add(out, i ? ", " : "[");
        add_cell(c, x->column[i], "'", out);
    }
    ll_str_add(out, "]");
}
