#include "core/space/files/space_read.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/space/own/template_check.h"
#include "core/space/own/user.h"
#include "core/space/parts.h"
#include "core/space/template/expr.h"

typedef struct reader {
    const cJSON *space;
    char *names[LL_MAX_POSITIONS]; /* owned */
    ll_strs choices[LL_MAX_POSITIONS];
    ll_template_position positions[LL_MAX_POSITIONS];
    int n;
    ll_space_more more;
    char path[64];
    ll_error *e;
} reader;

static bool wrong(reader *r, const char *what)
{
    ll_fail(r->e, LL_BAD_DATA, "%s: %s", r->path, what);
    return false;
}

static bool wrong_name(reader *r, const char *name, const char *what)
{
    ll_fail(r->e, LL_BAD_DATA, "%s: \"%.60s\" %s", r->path, name, what);
    return false;
}

static const cJSON *get(const cJSON *o, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(o, key);
}

static bool only_keys(reader *r, const cJSON *o, const char *const *keys)
{
    for (const cJSON *v = o->child; v; v = v->next) {
        int k = 0;
        while (keys[k] && strcmp(keys[k], v->string)) k++;
        if (!keys[k]) return wrong_name(r, v->string, "is nothing that is known here");
    }
    return true;
}

/* --- choices --- */

static bool add_choice(reader *r, int p, const char *name)
{
    if (r->choices[p].n == LL_MAX_OPS) {
        ll_fail(r->e, LL_BAD_DATA, "%s: more than %d choices", r->path, LL_MAX_OPS);
        return false;
    }
    ll_strs_add(&r->choices[p], name);
    return true;
}

/* ["skip", "k3"] or [3, 5, 7]: names, and numbers that are names. */
static bool read_list(reader *r, int p, const cJSON *list)
{
    const cJSON *v;
    cJSON_ArrayForEach(v, list)
    {
        char number[16];
        int value = 0;
        bool is_number = ll_json_is_whole(v, LL_EXPR_MOST, &value) && value >= 0;
        if (!is_number && !cJSON_IsString(v)) return wrong(r, "a choice is a name or a whole number");
        snprintf(number, sizeof number, "%d", value);
        if (!add_choice(r, p, is_number ? number : v->valuestring)) return false;
    }
    return true;
}

static int field_of(ll_template_position *p, const char *name)
{
    for (int i = 0; i < p->n_fields; i++)
        if (!strcmp(p->fields[i].name, name)) return i;
    if (p->n_fields == LL_MAX_FIELDS) return -1;
    p->fields[p->n_fields].name = ll_strdup(name);
    return p->n_fields++;
}

static bool read_fields(reader *r, int p, int choice, const cJSON *fields)
{
    const cJSON *v;
    cJSON_ArrayForEach(v, fields)
    {
        if (!strcmp(v->string, "active"))
            return wrong_name(r, v->string,
                              "says in expressions whether the position is there: choose another name");
        int field = field_of(&r->positions[p], v->string);
        if (field < 0) return wrong(r, "a choice stands for more than 8 numbers");
        if (!ll_json_is_whole(v, LL_EXPR_MOST, &r->positions[p].fields[field].values[choice]))
            return wrong_name(r, v->string, "is no whole number");
    }
    return true;
}

/* {"w2": 2} or {"k3e6": {"k": 3, "e": 6}}: what a choice stands for; a number that is not said is 0. */
static bool read_numbers(reader *r, int p, const cJSON *list)
{
    const cJSON *v;
    cJSON_ArrayForEach(v, list)
    {
        int choice = r->choices[p].n;
        if (!add_choice(r, p, v->string)) return false;
        if (cJSON_IsObject(v)) {
            if (!read_fields(r, p, choice, v)) return false;
        } else if (ll_json_is_whole(v, LL_EXPR_MOST, &r->positions[p].number[choice])) {
            r->positions[p].counts = true;
        } else {
            return wrong_name(r, v->string, "stands for a whole number, or for {name: whole number}");
        }
    }
    return true;
}

/* Choices that are all called by numbers count as these. false: one is too large to count. */
static bool count_by_name(reader *r, int p)
{
    ll_template_position *position = &r->positions[p];
    for (int i = 0; i < r->choices[p].n; i++)
        if (!ll_is_number(r->choices[p].v[i])) return true;
    for (int i = 0; i < r->choices[p].n; i++) {
        const char *name = r->choices[p].v[i];
        long value = strlen(name) > 10 ? LONG_MAX : strtol(name, NULL, 10);
        if (value > LL_EXPR_MOST) return wrong_name(r, name, "is too large for a number in expressions");
        position->number[i] = (int)value;
    }
    position->counts = true;
    return true;
}

static bool read_choices(reader *r, int p, const cJSON *v)
{
    if (cJSON_IsString(v)) {
        const cJSON *list = get(get(r->space, "lists"), v->valuestring);
        if (!list) return wrong_name(r, v->valuestring, "is no list of \"lists\"");
        v = list;
    }
    if (!cJSON_IsArray(v) && !cJSON_IsObject(v))
        return wrong(r, "\"choices\" is a list, an object or the name of one in \"lists\"");
    if (!v->child) return wrong(r, "the position has no choices");
    if (!(cJSON_IsArray(v) ? read_list : read_numbers)(r, p, v)) return false;
    if (!r->positions[p].counts && !count_by_name(r, p)) return false;
    r->positions[p].choices = r->choices[p].v;
    r->positions[p].n_choices = r->choices[p].n;
    return true;
}

/* --- positions --- */

static bool add_position(reader *r, const cJSON *item, const cJSON *name)
{
    if (!cJSON_IsString(name)) return wrong(r, "a position has a \"name\", or several have \"names\"");
    if (r->n == LL_MAX_POSITIONS) {
        ll_fail(r->e, LL_BAD_DATA, "%s: more than %d positions", r->path, LL_MAX_POSITIONS);
        return false;
    }
    int p = r->n++;
    r->names[p] = ll_strdup(name->valuestring);
    r->positions[p].name = r->names[p];
    return read_choices(r, p, get(item, "choices"));
}

static bool read_position(reader *r, const cJSON *item)
{
    static const char *const keys[] = {"name", "names", "choices", "when", "about", NULL};
    const cJSON *names = get(item, "names"), *name;
    if (!cJSON_IsObject(item)) return wrong(r, "expected {\"name\": ..., \"choices\": ...}");
    if (!only_keys(r, item, keys)) return false;
    if (names && get(item, "name")) return wrong(r, "a position has a \"name\", or several have \"names\"");
    if (!names) return add_position(r, item, get(item, "name"));
    if (!cJSON_IsArray(names) || !names->child) return wrong(r, "\"names\" is a list of names");
    cJSON_ArrayForEach(name, names) if (!add_position(r, item, name)) return false;
    return true;
}

static bool read_positions(reader *r)
{
    const cJSON *item, *list = get(r->space, "positions");
    int i = 0;
    cJSON_ArrayForEach(item, list)
    {
        snprintf(r->path, sizeof r->path, "positions[%d]", i++);
        if (!read_position(r, item)) return false;
    }
    return true;
}

/* --- rules --- */

static int find_position(const reader *r, const char *name)
{
    for (int p = 0; p < r->n; p++)
        if (!strcmp(r->names[p], name)) return p;
    return -1;
}

/* One choice or a list of them, each a name or a number. */
static bool allow(reader *r, int on, const cJSON *v, uint32_t *allowed)
{
    const ll_template_position *p = &r->positions[on];
    char number[16];
    int value = 0;
    snprintf(number, sizeof number, "%d", ll_json_is_whole(v, LL_EXPR_MOST, &value) ? value : -1);
    const char *name = cJSON_IsString(v) ? v->valuestring : number;
    for (int i = 0; i < p->n_choices; i++)
        if (!strcmp(p->choices[i], name)) {
            *allowed |= 1u << i;
            return true;
        }
    return wrong_name(r, name, "is no choice of the position that it hangs on");
}

static bool read_rule(reader *r, int position, const cJSON *v)
{
    ll_rule rule = {position, find_position(r, v->string), 0};
    if (rule.on < 0) return wrong_name(r, v->string, "is no position");
    const cJSON *name = cJSON_IsArray(v) ? v->child : v;
    if (!name) return wrong_name(r, v->string, "lists no choice: the position would never be there");
    for (; name; name = cJSON_IsArray(v) ? name->next : NULL)
        if (!allow(r, rule.on, name, &rule.allowed)) return false;
    if (r->more.n_rules == LL_MAX_RULES) return wrong(r, "more than 256 rules of activity");
    r->more.rules[r->more.n_rules++] = rule;
    return true;
}

static bool read_rules_of(reader *r, const cJSON *item, int *position)
{
    const cJSON *names = get(item, "names"), *when = get(item, "when"), *v;
    int n = cJSON_IsArray(names) ? cJSON_GetArraySize(names) : 1;
    if (when && !cJSON_IsObject(when)) return wrong(r, "expected {POSITION: [choices], ...}");
    for (int i = 0; i < n; i++, ++*position)
        cJSON_ArrayForEach(v, when) if (!read_rule(r, *position, v)) return false;
    return true;
}

/* Where "a" has a number "k", "a.k" is that number: no position of that name could be told from it. */
static bool check_dots(reader *r)
{
    snprintf(r->path, sizeof r->path, "positions");
    for (int p = 0; p < r->n; p++) {
        const char *dot = strrchr(r->names[p], '.');
        for (int q = 0; q < r->n && dot; q++) {
            if (strncmp(r->names[q], r->names[p], (size_t)(dot - r->names[p])) ||
                r->names[q][dot - r->names[p]])
                continue;
            bool field = !strcmp(dot + 1, "active");
            for (int i = 0; i < r->positions[q].n_fields; i++)
                field = field || !strcmp(r->positions[q].fields[i].name, dot + 1);
            if (field)
                return wrong_name(r, r->names[p],
                                  "is a position and a number of another one: call it otherwise");
        }
    }
    return true;
}

static bool read_rules(reader *r)
{
    const cJSON *item;
    int i = 0, position = 0;
    r->more.rules = LL_NEW_ARRAY(ll_rule, LL_MAX_RULES);
    cJSON_ArrayForEach(item, get(r->space, "positions"))
    {
        snprintf(r->path, sizeof r->path, "positions[%d].when", i++);
        if (!read_rules_of(r, item, &position)) return false;
    }
    if (ll_rules_order(r->more.rules, r->more.n_rules, &position)) return true;
    snprintf(r->path, sizeof r->path, "positions");
    return wrong_name(r, r->names[position], "hangs on itself: \"when\" goes in a circle");
}

/* --- the whole --- */

bool ll_space_is_whole(const cJSON *item)
{
    const cJSON *positions = get(item, "positions"), *position;
    bool any = false;
    cJSON_ArrayForEach(position, positions) any = any || cJSON_IsObject(position);
    return cJSON_IsArray(positions) && any;
}

static bool read_string(reader *r, const ll_position *positions)
{
    const cJSON *v = get(r->space, "string");
    if (!v) return true;
    snprintf(r->path, sizeof r->path, "string");
    if (!cJSON_IsString(v)) return wrong(r, "expected text with {POSITION} in it");
    return !ll_pattern_read(v->valuestring, positions, r->n, &r->more.pattern, r->e);
}

static bool read_bits(reader *r)
{
    const cJSON *v = get(r->space, "bits");
    snprintf(r->path, sizeof r->path, "bits");
    bool good =
        !v || (ll_json_is_whole(v, LL_EXPR_MOST, &r->more.bits) && r->more.bits >= 1 && r->more.bits <= 64);
    return good || wrong(r, "expected 1..64, the bits of a number where networks are deployed");
}

static bool read_network(reader *r)
{
    if (!get(r->space, "network")) return true;
    return !ll_template_read(r->space, r->positions, r->n, &r->more.network, r->e) &&
           !ll_template_check(r->more.network, r->positions, r->n, r->more.rules, r->more.n_rules, r->e);
}

static bool read_all(reader *r, const char *name, ll_position *positions)
{
    static const char *const keys[] = {"name", "title", "about",   "lists", "positions", "string",
                                       "let",  "input", "network", "bits",  NULL};
    snprintf(r->path, sizeof r->path, "space");
    if (!name) return wrong(r, "it has no \"name\"");
    if (ll_space_check_name(name, r->e) || !only_keys(r, r->space, keys) || !read_positions(r)) return false;
    for (int p = 0; p < r->n; p++)
        positions[p] = (ll_position){r->names[p], r->choices[p].v, r->choices[p].n};
    if (ll_user_space_check(name, positions, r->n, r->e)) return false;
    return check_dots(r) && read_rules(r) && read_string(r, positions) && read_bits(r) && read_network(r);
}

static void let_go(reader *r)
{
    for (int p = 0; p < r->n; p++) {
        free(r->names[p]);
        ll_strs_free(&r->choices[p]);
        for (int i = 0; i < r->positions[p].n_fields; i++) free(r->positions[p].fields[i].name);
    }
    ll_space_more_free(&r->more);
    free(r);
}

/* --- what a definition means --- */

static void drop_remarks(cJSON *list)
{
    cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        if (!cJSON_IsObject(item)) continue;
        cJSON_DeleteItemFromObjectCaseSensitive(item, "about");
        drop_remarks(cJSON_GetObjectItemCaseSensitive(item, "do"));
    }
}

/* Without title and remarks: these two say nothing of the space. Nesting is bounded by now. */
static char *meaning_of(const cJSON *space)
{
    cJSON *o = cJSON_Duplicate(space, true);
    cJSON_DeleteItemFromObjectCaseSensitive(o, "title");
    cJSON_DeleteItemFromObjectCaseSensitive(o, "about");
    drop_remarks(cJSON_GetObjectItemCaseSensitive(o, "positions"));
    drop_remarks(cJSON_GetObjectItemCaseSensitive(o, "network"));
    char *line = ll_json_line(o);
    cJSON_Delete(o);
    return line;
}

ll_status ll_space_read_whole(const cJSON *item, const ll_space **out, ll_error *e)
{
    const char *name = ll_json_get_str(item, "name", NULL), *title = ll_json_get_str(item, "title", NULL);
    ll_position positions[LL_MAX_POSITIONS];
    reader *r = LL_NEW(reader);
    *r = (reader){.space = item, .e = e};
    *out = NULL;
    if (read_all(r, name, positions)) {
        r->more.title = ll_strdup(title);
        r->more.text = ll_json_line(item);
        r->more.meaning = meaning_of(item);
        *out = ll_user_space_define_file(name, positions, r->n, &r->more, e);
    } else {
        ll_user_fail_in(name, e);
    }
    let_go(r);
    return *out ? LL_OK : LL_BAD_DATA;
}
