#include "data/importers/arch_text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"

enum { DEPTH_MOST = 4, LEAVES_MOST = LL_MAX_POSITIONS * LL_MAX_CHOICES + 1 };

/* A number or name within a literal: a piece of its text. */
typedef struct leaf {
    const char *s;
    int n, key; /* key: which of the dict's it is under, -1: in a list */
} leaf;

typedef struct literal {
    leaf *leaves, *keys;
    int n, cap, n_keys, keys_cap;
    int key; /* of the leaves that come next */
} literal;

static void free_literal(literal *l)
{
    free(l->leaves);
    free(l->keys);
}

/* --- reading the literal --- */

static const char *skip_blanks(const char *p)
{
    while (*p && strchr(" \t\r\n", *p)) p++;
    return p;
}

static bool push(leaf **v, int *n, int *cap, leaf x)
{
    if (*n == LEAVES_MOST) return false;
    if (*n == *cap) {
        *cap = 2 * *cap + 32;
        *v = ll_realloc(*v, (size_t)*cap, sizeof **v);
    }
    (*v)[(*n)++] = x;
    return true;
}

/* A word, or what stands in quotes. */
static bool read_word(const char **p, leaf *out)
{
    const char *s = *p;
    bool quoted = *s == '\'' || *s == '"';
    size_t n = quoted ? strcspn(s + 1, *s == '"' ? "\"" : "'") : strcspn(s, ",:()[]{}'\" \t\r\n");
    if (quoted ? s[1 + n] != *s : !n) return false;
    *out = (leaf){quoted ? s + 1 : s, (int)n, -1};
    *p = s + n + (quoted ? 2 : 0);
    return true;
}

static bool read_value(literal *l, const char **p, int depth);

/* Behind the opening bracket, to behind the closing one. Commas may be blanks, as numpy prints arrays. */
static bool read_items(literal *l, const char **p, char closing, int depth)
{
    for (*p = skip_blanks(*p); **p != closing; *p = skip_blanks(*p)) {
        if (!read_value(l, p, depth)) return false;
        *p = skip_blanks(*p);
        if (**p == ',') ++*p;
    }
    ++*p;
    return true;
}

static bool read_value(literal *l, const char **p, int depth)
{
    leaf x;
    if (**p == '[' || **p == '(') {
        char closing = **p == '[' ? ']' : ')';
        ++*p;
        return depth < DEPTH_MOST && read_items(l, p, closing, depth + 1);
    }
    bool quoted = **p == '\'' || **p == '"';
    if (!read_word(p, &x)) return false;
    if (!quoted && **p == '(')
        return depth < DEPTH_MOST && read_value(l, p, depth + 1); /* np.int64(3), array([...]) */
    if (!quoted && !strncmp(x.s, "dtype=", 6)) return true;
    x.key = l->key;
    return push(&l->leaves, &l->n, &l->cap, x);
}

static bool read_dict(literal *l, const char **p)
{
    for (*p = skip_blanks(*p + 1); **p != '}'; *p = skip_blanks(*p)) {
        leaf key;
        if (!read_word(p, &key)) return false;
        l->key = l->n_keys;
        *p = skip_blanks(*p);
        if (*(*p)++ != ':' || !push(&l->keys, &l->n_keys, &l->keys_cap, key)) return false;
        *p = skip_blanks(*p);
        if (!read_value(l, p, 1)) return false;
        *p = skip_blanks(*p);
        if (**p == ',') ++*p;
    }
    ++*p;
    return true;
}

/* False: no literal of numbers and names. */
static bool read_literal(const char *text, literal *l)
{
    const char *p = skip_blanks(text);
    l->key = -1;
    bool wrapped = isalpha((unsigned char)*p) && strchr(p, '('); /* array([...]) */
    if (*p != '{' && *p != '[' && *p != '(' && !wrapped) return false;
    if (!(*p == '{' ? read_dict(l, &p) : read_value(l, &p, 0))) return false;
    return !*skip_blanks(p);
}

/* --- choices --- */

static bool is_word(const leaf *x, const char *word)
{
    return x->n == (int)strlen(word) && !strncasecmp(x->s, word, (size_t)x->n);
}

/* A whole number, "3" or, as data frames with holes print it, "3.0", as numpy does, "3.", or a truth, as theirs of one-hots
 * have; -1: none. */
static int whole_number(const leaf *x)
{
    int n = x->n;
    if (is_word(x, "false") || is_word(x, "true")) return is_word(x, "true");
    if (n > 2 && !strncmp(x->s + n - 2, ".0", 2)) n -= 1;
    if (n > 1 && x->s[n - 1] == '.') n -= 1;
    if (n < 1 || n > 4 || (int)strspn(x->s, "0123456789") < n) return -1;
    return atoi(x->s);
}

static bool is_number(const char *name)
{
    return *name && !name[strspn(name, "0123456789")];
}

/* The choice of that name; *numbers: some choice there is called by a number, so that numbers are names. */
static int find_name(const ll_space *s, int position, const leaf *x, bool *numbers)
{
    int number = whole_number(x), found = -1;
    for (int i = 0; i < ll_space_choices(s, position); i++) {
        const char *name = ll_space_choice(s, position, i);
        bool same = (int)strlen(name) == x->n && !strncmp(name, x->s, (size_t)x->n);
        *numbers |= is_number(name);
        if (same || (number >= 0 && is_number(name) && atoi(name) == number)) found = i;
    }
    return found;
}

/* What an entry of a list says, with the order's numbers where there is one; -1: no choice of this position. */
static int choice_of(const ll_arch_text *t, int position, const leaf *x, bool *by_number)
{
    bool numbers = false;
    int choice = find_name(t->space, position, x, &numbers);
    if (choice >= 0 || numbers) return choice;
    choice = whole_number(x);
    if (choice >= ll_space_choices(t->space, position)) return -1;
    *by_number |= choice >= 0;
    return choice >= 0 && t->order ? t->order->op[choice] : choice;
}

static ll_status no_choice(const ll_arch_text *t, int position, const leaf *x, ll_error *e)
{
    ll_str names = {0};
    int n = ll_space_choices(t->space, position);
    for (int i = 0; i < n; i++)
        ll_str_addf(&names, "%s%s", i ? ", " : "", ll_space_choice(t->space, position, i));
    ll_fail(e, LL_BAD_DATA, "\"%.*s\" is no choice of position %s of %s: expected one of %s",
            x->n < 40 ? x->n : 40, x->s, t->space->positions[position], t->space->name, ll_str_text(&names));
    ll_str_free(&names);
    return LL_BAD_DATA;
}

static int place(const ll_arch_text *t, int i)
{
    return t->order ? t->order->position[i] : i;
}

static ll_status from_list(ll_arch_text *t, const literal *l, uint8_t *gene, ll_error *e)
{
    bool by_number = false;
    for (int i = 0; i < l->n; i++) {
        int position = place(t, i), choice = choice_of(t, position, &l->leaves[i], &by_number);
        if (choice < 0) return no_choice(t, position, &l->leaves[i], e);
        gene[position] = (uint8_t)choice;
    }
    t->n_numbers += by_number;
    t->n_names += !by_number;
    return LL_OK;
}

/* --- one-hots --- */

int ll_arch_one_hot_size(const ll_space *s)
{
    int n = 0;
    for (int p = 0; p < s->n_positions; p++) n += ll_space_choices(s, p);
    return n;
}

/* The one of n numbers that is 1; -1: there is none, or another number than 0. */
static int hot(const leaf *x, int n)
{
    int at = -1;
    for (int i = 0; i < n; i++) {
        int number = whole_number(&x[i]);
        if (number < 0 || number > 1 || (number && at >= 0)) return -1;
        if (number) at = i;
    }
    return at;
}

static ll_status from_one_hots(ll_arch_text *t, const literal *l, uint8_t *gene, ll_error *e)
{
    const leaf *x = l->leaves;
    for (int i = 0; i < t->space->n_positions; i++) {
        int position = place(t, i), n = ll_space_choices(t->space, position), choice = hot(x, n);
        if (choice < 0)
            return ll_fail(
                e, LL_BAD_DATA,
                "numbers %d to %d are no one-hot of position %s of %s: expected one 1 and %d times 0",
                (int)(x - l->leaves) + 1, (int)(x - l->leaves) + n, t->space->positions[position],
                t->space->name, n - 1);
        gene[position] = (uint8_t)(t->order ? t->order->op[choice] : choice);
        x += n;
    }
    t->n_one_hots++;
    return LL_OK;
}

/* --- dicts by position --- */

static int find_position(const ll_space *s, const leaf *key)
{
    for (int p = 0; p < s->n_positions; p++)
        if ((int)strlen(s->positions[p]) == key->n && !strncmp(s->positions[p], key->s, (size_t)key->n))
            return p;
    int number = whole_number(key);
    return number < s->n_positions ? number : -1;
}

static ll_status from_dict(ll_arch_text *t, const literal *l, uint8_t *gene, ll_error *e)
{
    bool there[LL_MAX_POSITIONS] = {false}, by_number = false;
    for (int i = 0; i < l->n; i++) {
        const leaf *key = &l->keys[l->leaves[i].key];
        int position = find_position(t->space, key);
        if (position < 0 || there[position])
            return ll_fail(e, LL_BAD_DATA, "\"%.*s\" %s", key->n < 40 ? key->n : 40, key->s,
                           position < 0 ? "is no position of the search space" : "has more than one value");
        int choice = choice_of(t, position, &l->leaves[i], &by_number);
        if (choice < 0) return no_choice(t, position, &l->leaves[i], e);
        gene[position] = (uint8_t)choice;
        there[position] = true;
    }
    for (int p = 0; p < t->space->n_positions; p++)
        if (!there[p]) return ll_fail(e, LL_BAD_DATA, "position %s has no value", t->space->positions[p]);
    t->n_numbers += by_number;
    t->n_names += !by_number;
    return LL_OK;
}

/* --- all of them --- */

static ll_status from_literal(ll_arch_text *t, const literal *l, uint8_t *gene, ll_error *e)
{
    int one_hots = ll_arch_one_hot_size(t->space), n = t->space->n_positions;
    if (l->n_keys) return from_dict(t, l, gene, e);
    if (l->n == n) return from_list(t, l, gene, e);
    if (l->n == one_hots) return from_one_hots(t, l, gene, e);
    return ll_fail(
        e, LL_BAD_DATA,
        "%d values are no architecture of %s: expected %d choices or the one-hots of them, %d numbers", l->n,
        t->space->name, n, one_hots);
}

/* What ll_space_read made of a list in another order. */
static void reorder(const ll_arch_text *t, bool by_number, uint8_t *gene)
{
    uint8_t own[LL_MAX_POSITIONS];
    memcpy(own, gene, sizeof own);
    for (int i = 0; i < t->space->n_positions; i++)
        gene[t->order->position[i]] = by_number ? (uint8_t)t->order->op[own[i]] : own[i];
}

/* Letters, or '|': what no list of numbers has. */
static bool has_names(const char *text)
{
    for (; *text; text++)
        if (isalpha((unsigned char)*text)) return true;
    return false;
}

ll_status ll_arch_text_read(ll_arch_text *t, const char *text, uint8_t *gene, ll_error *e)
{
    uint8_t read[LL_MAX_POSITIONS] = {0};
    literal l = {0};
    ll_status s = ll_space_read(t->space, text, read, e);
    if (!s) {
        const char *p = skip_blanks(text);
        bool names = has_names(p), index = ll_space_is_index(t->space, p);
        bool list = *p != '|' && *p != '{' && !index;
        if (list && t->order) reorder(t, !names, read);
        t->n_numbers += list && !names;
        t->n_names += list && names;
    } else if (!(*skip_blanks(text) == '{' && t->space->facts->keys) && read_literal(text, &l)) {
        s = from_literal(t, &l, read, e); /* its reason is the nearer one */
        if (!s) ll_space_canonical(t->space, read);
    }
    free_literal(&l);
    if (!s) memcpy(gene, read, (size_t)t->space->n_positions);
    return s;
}

ll_status ll_arch_order_find(const ll_space *space, const char *name, const ll_space_order **out, ll_error *e)
{
    const ll_space_facts *f = space->facts;
    ll_str names = {0};
    *out = NULL;
    for (int i = 0; i < f->n_orders; i++) {
        if (name && !strcmp(f->orders[i].name, name)) *out = &f->orders[i];
        ll_str_addf(&names, ", %s", f->orders[i].name);
    }
    bool good = !name || *out || !strcmp(name, "own");
    if (!good)
        ll_fail(e, LL_USAGE, "order=%.40s: %s knows no such order of operations; expected own%s", name,
                space->name, ll_str_text(&names));
    ll_str_free(&names);
    return good ? LL_OK : LL_USAGE;
}

/* "0>1 0>2 1>2 ...", as a list has them. */
static void add_positions(const ll_arch_text *t, ll_str *out)
{
    enum { MOST = 8 };
    int n = t->space->n_positions;
    for (int i = 0; i < n && i < MOST; i++)
        ll_str_addf(out, "%s%s", i ? " " : "", t->space->positions[place(t, i)]);
    if (n > MOST) ll_str_addf(out, " ... %s", t->space->positions[place(t, n - 1)]);
}

/* ", 0 none, 1 skip_connect, ...", as the first of them has it. */
static void add_code(const ll_arch_text *t, ll_str *out)
{
    enum { MOST = 10 };
    int n = ll_space_choices(t->space, place(t, 0));
    for (int i = 0; i < n && i < MOST; i++)
        ll_str_addf(out, ", %d %s", i,
                    ll_space_choice(t->space, place(t, 0), t->order ? t->order->op[i] : i));
    if (n > MOST) ll_str_add(out, ", ...");
}

void ll_arch_text_note(ll_import *job, const ll_arch_text *t)
{
    const ll_space_facts *f = t->space->facts;
    ll_str how = {0};
    bool code = t->n_numbers && (f->n_orders || ll_space_reads_digits(t->space));
    if (!code && !(t->n_names && f->n_orders)) return;
    add_positions(t, &how);
    if (code) add_code(t, &how);
    if (f->n_orders) ll_str_addf(&how, "; order=%s is the other one", t->order ? "own" : f->orders[0].name);
    ll_import_note(job, "lists of operations were read in the order of %s: %s",
                   t->order ? t->order->name : t->space->name, ll_str_text(&how));
    ll_str_free(&how);
}
