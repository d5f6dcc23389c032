#include "core/space/space_json.h"

#include "core/base/json.h"

cJSON *ll_space_json(const ll_space *s)
{
    if (!s->own) return ll_json_string(s->name);
    cJSON *o = cJSON_CreateObject();
    ll_json_str(o, "name", s->name);
    ll_json_int(o, "positions", s->n_positions);
    ll_json_strs(o, "ops", (char *const *)s->ops, s->n_ops);
    return o;
}

static ll_status find(const char *name, const ll_space **out, ll_error *e)
{
    *out = ll_space_find(name);
    return *out ? LL_OK : ll_fail(e, LL_BAD_DATA, "unknown space \"%.60s\"", name);
}

ll_status ll_space_from_json(const cJSON *item, const ll_space **out, ll_error *e)
{
    *out = NULL;
    if (cJSON_IsString(item)) return find(item->valuestring, out, e);
    const cJSON *ops = cJSON_GetObjectItemCaseSensitive(item, "ops"), *op;
    const char *name = ll_json_get_str(item, "name", NULL);
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
