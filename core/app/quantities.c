#include "core/app/quantities.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/text/json.h"

/* What was found in a result: a bit per quantity, and the last one. */
typedef struct found {
    unsigned seen;
    ll_measurand of;
} found;

/* The quantity of a device, -1: there is none of that name. */
static int quantity_named(const ll_state *s, const cJSON *name)
{
    int device = s->data && cJSON_IsString(name) ? ll_dataset_device(s->data, name->valuestring) : -1;
    if (device >= 0) return (int)s->data->devices[device].of;
    for (int i = 0; i < s->n_adapted && cJSON_IsString(name); i++)
        if (!strcmp(s->adapted[i]->device, name->valuestring)) return (int)s->adapted[i]->of;
    return -1;
}

static int quantity_of_row(const ll_state *s, const cJSON *row)
{
    int of = quantity_named(s, cJSON_GetObjectItemCaseSensitive(row, "device"));
    return of >= 0 ? of : quantity_named(s, cJSON_GetObjectItemCaseSensitive(row, "name"));
}

static void see(int of, found *f)
{
    if (of < 0) return;
    f->of = (ll_measurand)of;
    f->seen |= 1u << of;
}

static bool has_quantities(const ll_state *s)
{
    for (int i = 0; s->data && i < s->data->n_devices; i++)
        if (s->data->devices[i].of != LL_LATENCY) return true;
    for (int i = 0; i < s->n_adapted; i++)
        if (s->adapted[i]->of != LL_LATENCY) return true;
    return false;
}

/* --- columns --- */

/* "ms" or "ms (90 %)": in milliseconds? */
static bool is_ms(const cJSON *unit)
{
    return cJSON_IsString(unit) && !strncmp(unit->valuestring, "ms", 2) &&
           !strchr("abcdefghijklmnopqrstuvwxyz/", unit->valuestring[2] ? unit->valuestring[2] : ' ');
}

/* The text with `word` as another one. */
static void replace_word(cJSON *column, const char *key, const char *word, const char *by)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(column, key);
    const char *at = cJSON_IsString(item) ? strstr(item->valuestring, word) : NULL;
    if (!at) return;
    ll_str text = {0};
    ll_str_addn(&text, item->valuestring, (size_t)(at - item->valuestring));
    ll_str_addf(&text, "%s%s", by, at + strlen(word));
    cJSON_ReplaceItemInObjectCaseSensitive(column, key, cJSON_CreateString(ll_str_text(&text)));
    ll_str_free(&text);
}

/* NULL: of several, no unit of its own. Was the column in milliseconds? */
static bool set_column(cJSON *column, const ll_measurand *of)
{
    cJSON *unit = cJSON_GetObjectItemCaseSensitive(column, "unit");
    bool in_ms = is_ms(unit);
    if (in_ms && of)
        replace_word(column, "unit", "ms", ll_measurand_unit(*of));
    else if (in_ms)
        cJSON_DeleteItemFromObjectCaseSensitive(column, "unit");
    replace_word(column, "title", "latency", of ? ll_measurand_name(*of) : "value");
    replace_word(column, "title", "milliseconds", of ? ll_measurand_unit(*of) : "unit");
    return in_ms;
}

static bool set_columns(cJSON *result, const ll_measurand *of)
{
    cJSON *column;
    bool any = false;
    cJSON_ArrayForEach(column, cJSON_GetObjectItemCaseSensitive(result, "columns")) any |=
        set_column(column, of);
    return any;
}

/* --- several quantities in one table --- */

/* Behind the first column. */
static void add_unit_column(cJSON *result)
{
    cJSON *old = cJSON_DetachItemFromObjectCaseSensitive(result, "columns"), *column;
    if (!old) return;
    cJSON *columns = ll_json_arr(result, "columns");
    while ((column = cJSON_DetachItemFromArray(old, 0))) {
        cJSON_AddItemToArray(columns, column);
        if (cJSON_GetArraySize(columns) != 1) continue;
        cJSON *unit = ll_json_obj(columns, NULL);
        ll_json_str(unit, "key", "unit");
        ll_json_str(unit, "title", "unit");
        ll_json_int(unit, "digits", -1);
    }
    cJSON_Delete(old);
}

static void mark_rows(const ll_state *s, cJSON *result)
{
    cJSON *row;
    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(result, "rows"))
    {
        int of = quantity_of_row(s, row);
        if (of < 0) continue;
        ll_json_str(row, "quantity", ll_measurand_name((ll_measurand)of));
        ll_json_str(row, "unit", ll_measurand_unit((ll_measurand)of));
    }
    if (set_columns(result, NULL)) add_unit_column(result);
}

/* --- all --- */

static found look(const ll_state *s, const cJSON *result)
{
    const cJSON *item;
    found f = {0};
    see(quantity_named(s, cJSON_GetObjectItemCaseSensitive(result, "device")), &f);
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(result, "devices"))
        see(quantity_named(s, item), &f);
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(result, "rows"))
        see(quantity_of_row(s, item), &f);
    return f;
}

void ll_mark_quantities(const ll_state *s, cJSON *result)
{
    if (!has_quantities(s) || cJSON_GetObjectItemCaseSensitive(result, "unit")) return;
    if (!strcmp(ll_json_get_str(result, "kind", ""), "import")) return; /* of another dataset, and says it */
    found f = look(s, result);
    if (!(f.seen & ~(1u << LL_LATENCY))) return;
    if (f.seen & (f.seen - 1)) {
        mark_rows(s, result);
        return;
    }
    ll_json_str(result, "quantity", ll_measurand_name(f.of));
    ll_json_str(result, "unit", ll_measurand_unit(f.of));
    set_columns(result, &f.of);
}

const char *ll_result_unit(const cJSON *result)
{
    return ll_json_get_str(result, "unit", ll_measurand_unit(LL_LATENCY));
}
