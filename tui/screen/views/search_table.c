/* The front of a search as a table, with what was chosen where that is not on the front. */
#include <math.h>
#include <string.h>

#include "core/app/quantities.h"
#include "core/base/text/json.h"
#include "tui/screen/views/search_view.h"

static void add_column(cJSON *columns, const char *key, const char *title, const char *unit, int digits)
{
    cJSON *o = ll_json_obj(columns, NULL);
    ll_json_str(o, "key", key);
    ll_json_str(o, "title", title);
    if (unit) ll_json_str(o, "unit", unit);
    ll_json_int(o, "digits", digits);
}

/* A learnt score beside the one that is known. */
static bool scores_differ(const cJSON *result)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(result, "front"))
    {
        double truth = ll_json_get_num(row, "true_score", NAN);
        if (!isnan(truth) && truth != ll_json_get_num(row, "score", NAN)) return true;
    }
    return false;
}

/* Parameters have no decimals worth reading, accuracies have. */
static int score_digits(const cJSON *result)
{
    double score = fabs(ll_json_get_num(result, "best_score", ll_json_get_num(result, "score", 0)));
    return score >= 1e5 ? 0 : score >= 1e3 ? 1 : 3;
}

static cJSON *columns_of(const cJSON *result)
{
    cJSON *columns = cJSON_CreateArray();
    const cJSON *limit;
    const char *unit = ll_result_unit(result);
    add_column(columns, "ms", "pred.", unit, 3);
    add_column(columns, "lo_ms", "from", unit, 3);
    add_column(columns, "hi_ms", "to", unit, 3);
    add_column(columns, "true_ms", "meas.", unit, 3);
    add_column(columns, "score", ll_json_get_str(result, "score_name", "score"), NULL, score_digits(result));
    if (scores_differ(result)) add_column(columns, "true_score", "known", NULL, score_digits(result));
    cJSON_ArrayForEach(limit, cJSON_GetObjectItemCaseSensitive(result, "limits"))
    {
        const char *cost = ll_json_get_str(limit, "cost", NULL);
        if (cost) add_column(columns, cost, cost, NULL, 0);
    }
    add_column(columns, "arch", "architecture", NULL, -1);
    return columns;
}

/* With the latencies of the device on the x axis. */
static void add_row(cJSON *rows, const cJSON *row, int device)
{
    static const char *const keys[] = {"ms", "lo_ms", "hi_ms", "true_ms"};
    const cJSON *from = ll_search_latency(row, device);
    cJSON *copy = cJSON_Duplicate(row, true);
    for (size_t i = 0; from != row && i < sizeof keys / sizeof *keys; i++) {
        cJSON_DeleteItemFromObjectCaseSensitive(copy, keys[i]);
        ll_json_num(copy, keys[i], ll_json_get_num(from, keys[i], NAN));
    }
    cJSON_AddItemToArray(rows, copy);
}

/* After measuring, the choice need not be on the front that was predicted. */
static bool on_front(const cJSON *result, const char *arch)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(result, "front"))
    {
        if (!strcmp(ll_json_get_str(row, "arch", ""), arch)) return true;
    }
    return false;
}

static void add_chosen(const cJSON *result, cJSON *rows)
{
    const cJSON *item, *limits = cJSON_GetObjectItemCaseSensitive(result, "limits");
    cJSON *row = ll_json_obj(rows, NULL),
          *each = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(result, "devices")) > 1
                      ? ll_json_arr(row, "each")
                      : NULL;
    cJSON_ArrayForEach(item, limits)
    {
        if (each && ll_json_get_str(item, "device", NULL))
            cJSON_AddItemToArray(each, cJSON_Duplicate(item, true));
    }
    cJSON_ArrayForEach(item, result)
    {
        if (cJSON_IsNumber(item) || !strcmp(item->string, "arch"))
            cJSON_AddItemToObject(row, item->string, cJSON_Duplicate(item, true));
    }
}

void ll_search_table(ll_grid *g, const cJSON *result, int device)
{
    cJSON *table = ll_result_new("front"), *rows = ll_json_arr(table, "rows");
    const char *chosen = ll_json_get_str(result, "arch", NULL);
    const cJSON *row;
    cJSON_AddItemToObject(table, "columns", columns_of(result));
    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(result, "front")) add_row(rows, row, device);
    if (chosen && !on_front(result, chosen)) add_chosen(result, rows);
    ll_grid_set(g, table);
    cJSON_Delete(table);
}
