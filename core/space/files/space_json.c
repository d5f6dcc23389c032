#include "core/space/files/space_json.h"

#include <string.h>

#include "core/base/text/json.h"
#include "core/space/files/space_read.h"
#include "core/space/own/numbers.h"
#include "core/space/own/user.h"

/* --- writing --- */

static void put_choices(cJSON *o, const ll_space *s)
{
    cJSON *lists = ll_json_arr(o, "choices");
    for (int p = 0; p < s->n_positions; p++) {
        cJSON *list = ll_json_arr(lists, NULL);
        for (int i = 0; i < ll_space_choices(s, p); i++) ll_json_str(list, NULL, ll_space_choice(s, p, i));
    }
}

cJSON *ll_space_json(const ll_space *s)
{
    if (!s->own) return ll_json_string(s->name);
    if (s->facts->columns) return ll_numbers_json(s);
    if (ll_user_space_text(s)) return cJSON_Parse(ll_user_space_text(s));
    cJSON *o = cJSON_CreateObject();
    ll_json_str(o, "name", s->name);
    if (s->choices) {
        ll_json_strs(o, "positions", (char *const *)s->positions, s->n_positions);
        put_choices(o, s);
    } else {
        ll_json_int(o, "positions", s->n_positions);
        ll_json_strs(o, "ops", (char *const *)s->ops, s->n_ops);
    }
    return o;
}

/* --- reading --- */

static ll_status find(const char *name, const ll_space **out, ll_error *e)
{
    *out = ll_space_find(name);
    return *out ? LL_OK : ll_fail(e, LL_BAD_DATA, "unknown space \"%.60s\"", name);
}

static ll_status read_uniform(const char *name, const cJSON *item, const ll_space **out, ll_error *e)
{
    const cJSON *ops = cJSON_GetObjectItemCaseSensitive(item, "ops"), *op;
    ll_strs list = {0};
    cJSON_ArrayForEach(op, ops) if (cJSON_IsString(op)) ll_strs_add(&list, op->valuestring);
    int positions = ll_json_get_int(item, "positions", 0);
    if (!name || positions < 1 || positions > LL_MAX_POSITIONS || list.n < 1 || list.n > LL_MAX_OPS)
        ll_fail(e, LL_BAD_DATA, "\"space\" is neither a name nor {name, positions 1..%d, ops 1..%d}",
                LL_MAX_POSITIONS, LL_MAX_OPS);
    else
        *out = ll_space_define(name, positions, list.v, list.n, e);
    ll_strs_free(&list);
    return *out ? LL_OK : LL_BAD_DATA;
}

/* A list of names, every one of them a string. */
static bool read_names(const cJSON *list, int most, ll_strs *out)
{
    const cJSON *item;
    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) > most) return false;
    cJSON_ArrayForEach(item, list)
    {
        if (!cJSON_IsString(item)) return false;
        ll_strs_add(out, item->valuestring);
    }
    return out->n > 0;
}

/* As many lists as there are names of positions. */
static bool read_lists(const cJSON *lists, int n, ll_strs *out)
{
    const cJSON *list;
    int p = 0;
    if (!cJSON_IsArray(lists) || cJSON_GetArraySize(lists) != n) return false;
    cJSON_ArrayForEach(list, lists) if (!read_names(list, LL_MAX_OPS, &out[p++])) return false;
    return true;
}

static const ll_space *define(const char *name, const ll_strs *names, const ll_strs *choices, ll_error *e)
{
    ll_position positions[LL_MAX_POSITIONS];
    for (int p = 0; p < names->n; p++) positions[p] = (ll_position){names->v[p], choices[p].v, choices[p].n};
    return ll_space_define_positions(name, positions, names->n, e);
}

static ll_status read_positions(const char *name, const cJSON *item, const ll_space **out, ll_error *e)
{
    const cJSON *positions = cJSON_GetObjectItemCaseSensitive(item, "positions");
    const cJSON *lists = cJSON_GetObjectItemCaseSensitive(item, "choices");
    ll_strs names = {0}, choices[LL_MAX_POSITIONS] = {{0}};
    if (!name || !read_names(positions, LL_MAX_POSITIONS, &names) || !read_lists(lists, names.n, choices))
        ll_fail(e, LL_BAD_DATA,
                "\"space\" is not {name, positions: 1..%d names, choices: for each of them 1..%d names}",
                LL_MAX_POSITIONS, LL_MAX_OPS);
    else
        *out = define(name, &names, choices, e);
    ll_strs_free(&names);
    for (int p = 0; p < LL_MAX_POSITIONS; p++) ll_strs_free(&choices[p]);
    return *out ? LL_OK : LL_BAD_DATA;
}

ll_status ll_space_from_json(const cJSON *item, const ll_space **out, ll_error *e)
{
    *out = NULL;
    if (cJSON_IsString(item)) return find(item->valuestring, out, e);
    if (cJSON_GetObjectItemCaseSensitive(item, "columns"))
        return (*out = ll_numbers_from_json(item, e)) ? LL_OK : LL_BAD_DATA;
    if (ll_space_is_whole(item)) return ll_space_read_whole(item, out, e);
    const cJSON *positions = cJSON_GetObjectItemCaseSensitive(item, "positions");
    if (!positions || (cJSON_IsArray(positions) && !positions->child))
        return ll_fail(e, LL_BAD_DATA,
                       "\"space\" has no \"positions\": expected a list of {\"name\", \"choices\"}");
    bool own_choices = cJSON_GetObjectItemCaseSensitive(item, "choices") != NULL;
    return (own_choices ? read_positions : read_uniform)(ll_json_get_str(item, "name", NULL), item, out, e);
}

ll_status ll_space_from_file(const char *path, const ll_space **out, ll_error *e)
{
    cJSON *item = NULL;
    *out = NULL;
    ll_status s = ll_json_read_file(path, &item, e);
    if (s) return s;
    if (!cJSON_IsObject(item))
        s = ll_fail(e, LL_BAD_DATA, "expected a search space: {\"name\": ..., \"positions\": ...}");
    else
        s = ll_space_from_json(item, out, e);
    if (s && e) ll_fail_in(e, "%.300s: ", path);
    cJSON_Delete(item);
    return s;
}
