/* One device: its record, what the audit says, its neighbours, its distribution. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "tui/screen/views/views.h"

enum { RECORD, AUDIT, NEIGHBOURS, PARTS };

typedef struct card_view {
    ll_view base;
    char *device;
    cJSON *parts[PARTS];
    ll_pager pager;
    int laid_width; /* the page is laid out for this width */
} card_view;

static void refresh(ll_view *base)
{
    card_view *v = (card_view *)base;
    if (!v->device) return;
    ll_screen_ask(base, "0", "devices %s", v->device);
    ll_screen_ask(base, "1", "audit %s", v->device);
    ll_screen_ask(base, "2", "corr %s", v->device);
}

static void result(ll_view *base, const char *tag, const cJSON *event)
{
    card_view *v = (card_view *)base;
    int part = atoi(tag);
    cJSON_Delete(v->parts[part]);
    v->parts[part] = cJSON_Duplicate(event, true);
    /* one row reads better as fields */
    cJSON *rows = cJSON_GetObjectItemCaseSensitive(v->parts[part], "rows");
    if (part != NEIGHBOURS && cJSON_GetArraySize(rows) == 1) {
        cJSON *row = cJSON_DetachItemFromArray(rows, 0);
        while (row->child) {
            cJSON *item = cJSON_DetachItemViaPointer(row, row->child);
            if (cJSON_IsString(item) && !*item->valuestring) { /* a blank says nothing here */
                cJSON_Delete(item);
                continue;
            }
            cJSON_DeleteItemFromObjectCaseSensitive(v->parts[part],
                                                    item->string); /* the columns mean the row */
            cJSON_AddItemToObject(v->parts[part], item->string, item);
        }
        cJSON_Delete(row);
        cJSON_DeleteItemFromObject(v->parts[part], "rows");
    }
    v->laid_width = 0;
}

static void lay_out(card_view *v, const ll_look *look)
{
    const cJSON *have[PARTS];
    int n = 0;
    for (int i = 0; i < PARTS; i++)
        if (v->parts[i]) have[n++] = v->parts[i];
    ll_pager_set(&v->pager, have, n, look);
    v->laid_width = look->width;
}

static void draw(ll_view *base, ll_canvas *c, ll_rect r)
{
    card_view *v = (card_view *)base;
    if (v->laid_width != c->look->width) lay_out(v, c->look);
    ll_put(c, r.y, 1, LL_S_TITLE, v->device ? v->device : "");
    ll_pager_draw(&v->pager, c, (ll_rect){r.y + 1, r.x, r.h - 1, r.w});
}

static bool action(ll_view *base, const char *name, const char *arg)
{
    card_view *v = (card_view *)base;
    if (strcmp(name, "show")) return false;
    free(v->device);
    v->device = ll_strdup(arg);
    v->pager.top = 0;
    for (int i = 0; i < PARTS; i++) {
        cJSON_Delete(v->parts[i]);
        v->parts[i] = NULL;
    }
    base->stale = true;
    return true;
}

static const char *device(ll_view *base)
{
    return ((card_view *)base)->device;
}

static ll_pager *pager(ll_view *base)
{
    return &((card_view *)base)->pager;
}

static void close_view(ll_view *base)
{
    card_view *v = (card_view *)base;
    for (int i = 0; i < PARTS; i++) cJSON_Delete(v->parts[i]);
    ll_pager_free(&v->pager);
    free(v->device);
}

static const ll_key keys[] = {
    {"p", "plot hist {device} out=hist-{device}.png", "plot its distribution to a file"},
    {"e", "export csv {device}.csv devices={device}", "export its latencies"},
    {0},
};

const ll_view_type ll_view_card = {
    .name = "card",
    .title = "A device",
    .help = "Its record, what the audit found, and the devices that correlate with it.",
    .keys = keys,
    .shared = ll_device_keys,
    .size = sizeof(card_view),
    .needs_data = true,
    .refresh = refresh,
    .result = result,
    .draw = draw,
    .pager = pager,
    .device = device,
    .action = action,
    .close = close_view,
};
