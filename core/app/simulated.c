#include "core/app/simulated.h"

#include <string.h>

#include "core/app/request.h"
#include "core/base/text/json.h"

typedef struct named {
    const ll_dataset *d;
    ll_ints all, simulated; /* devices, each once */
} named;

static void add(named *n, const cJSON *name)
{
    int device = cJSON_IsString(name) ? ll_dataset_device(n->d, name->valuestring) : -1;
    if (device < 0 || ll_ints_find(&n->all, device) >= 0) return;
    ll_ints_add(&n->all, device);
    if (n->d->devices[device].kind == LL_SIMULATED) ll_ints_add(&n->simulated, device);
}

static void add_members(named *n, const cJSON *array)
{
    const cJSON *item;
    if (cJSON_IsArray(array)) cJSON_ArrayForEach(item, array) add(n, item);
}

static void find(named *n, const cJSON *result)
{
    const cJSON *row;
    add(n, cJSON_GetObjectItemCaseSensitive(result, "device"));
    add_members(n, cJSON_GetObjectItemCaseSensitive(result, "devices"));
    add_members(n, cJSON_GetObjectItemCaseSensitive(result, "names"));
    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(result, "rows"))
        add(n, cJSON_GetObjectItemCaseSensitive(row, "device"));
}

static bool says_it(const cJSON *result)
{
    const cJSON *column;
    if (cJSON_GetObjectItemCaseSensitive(result, "simulated")) return true;
    cJSON_ArrayForEach(
        column, cJSON_GetObjectItemCaseSensitive(
                    result, "columns")) if (!strcmp(ll_json_get_str(column, "key", ""), "kind")) return true;
    return false;
}

void ll_say_simulated(const ll_dataset *d, const ll_ints *simulated, int all, ll_str *out)
{
    int summed = 0;
    for (int i = 0; i < simulated->n; i++) summed += d->devices[simulated->v[i]].costs != NULL;
    const char *how = !summed                 ? "simulated, not measured"
                      : summed < simulated->n ? "simulated or summed from tables of layer costs, not measured"
                                              : "summed from a table of layer costs, not measured as a whole";
    if (simulated->n == 1)
        ll_str_addf(out, "%s is %s", d->devices[simulated->v[0]].name, how);
    else
        ll_str_addf(out, "%d of %d devices are %s", simulated->n, all, how);
}

static void write_note(const named *n, cJSON *result)
{
    ll_str text = {0};
    ll_say_simulated(n->d, &n->simulated, n->all.n, &text);
    ll_result_note(result, "%s", ll_str_text(&text));
    ll_str_free(&text);
}

void ll_mark_simulated(const ll_dataset *d, cJSON *result, bool *said)
{
    named n = {.d = d};
    if (!d || says_it(result)) return;
    find(&n, result);
    if (n.simulated.n) {
        cJSON *list = ll_json_arr(result, "simulated");
        for (int i = 0; i < n.simulated.n; i++)
            cJSON_AddItemToArray(list, ll_json_string(d->devices[n.simulated.v[i]].name));
        if (!*said) write_note(&n, result);
        *said = true;
    }
    ll_ints_free(&n.all);
    ll_ints_free(&n.simulated);
}

bool ll_title_simulated(const ll_dataset *d, const cJSON *result, ll_str *title)
{
    named n = {.d = d};
    if (d) find(&n, result);
    bool all = n.simulated.n && n.simulated.n == n.all.n;
    if (all)
        ll_str_add(title, " (simulated)");
    else if (n.simulated.n)
        ll_str_addf(title, " (%d of %d simulated)", n.simulated.n, n.all.n);
    ll_ints_free(&n.all);
    ll_ints_free(&n.simulated);
    return all;
}
