/* Spaces and devices: the loaded dataset's devices with the distribution of each one's latencies. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "tui/screen/views/views.h"

enum { BINS = 14 };

typedef struct devices_view {
    ll_view base;
    ll_grid list;
    cJSON *histograms; /* of every device of the data with this hash */
    char *data_hash;
} devices_view;

static void refresh(ll_view *base)
{
    ll_screen_ask(base, "devices", "devices");
}

/* How many architectures in each of BINS equal steps of log latency between the device's own extremes. */
static cJSON *histogram(const ll_dataset *d, int device)
{
    const double *lat = ll_latencies(d, device);
    double lo = INFINITY, hi = -INFINITY, count[BINS] = {0};
    for (int i = 0; i < d->n_archs; i++)
        if (lat[i] > 0) lo = fmin(lo, log(lat[i])), hi = fmax(hi, log(lat[i]));
    for (int i = 0; i < d->n_archs && hi > lo; i++)
        if (lat[i] > 0) count[(int)((log(lat[i]) - lo) / (hi - lo) * (BINS - 1e-6))]++;
    return cJSON_CreateDoubleArray(count, BINS);
}

/* The marks before the names say these already. */
static bool is_marked(const cJSON *column)
{
    const char *key = ll_json_get_str(column, "key", "");
    return !strcmp(key, "role") || !strcmp(key, "tag");
}

/* Behind the names, before all else. */
static void add_column(cJSON *result)
{
    cJSON *old = cJSON_DetachItemFromObject(result, "columns"), *columns = ll_json_arr(result, "columns");
    for (bool first = true; old && old->child; first = false) {
        cJSON *next = cJSON_DetachItemViaPointer(old, old->child);
        if (is_marked(next)) {
            cJSON_Delete(next);
            continue;
        }
        cJSON_AddItemToArray(columns, next);
        if (!first) continue;
        cJSON *column = ll_json_obj(columns, NULL);
        ll_json_str(column, "key", "distribution");
        ll_json_str(column, "title", "log latency");
        ll_json_int(column, "digits", 0);
    }
    cJSON_Delete(old);
}

/* Counted once a dataset: refreshing is for what changes. */
static void count_histograms(devices_view *v, const ll_dataset *d)
{
    if (v->data_hash && !strcmp(v->data_hash, d->hash.hex)) return;
    free(v->data_hash);
    cJSON_Delete(v->histograms);
    v->data_hash = ll_strdup(d->hash.hex);
    v->histograms = cJSON_CreateArray();
    for (int i = 0; i < d->n_devices; i++) cJSON_AddItemToArray(v->histograms, histogram(d, i));
}

static void add_histograms(devices_view *v, const ll_dataset *d, cJSON *result)
{
    cJSON *row;
    count_histograms(v, d);
    add_column(result);
    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(result, "rows"))
    {
        int device = ll_dataset_device(d, ll_json_get_str(row, "name", ""));
        if (device >= 0)
            cJSON_AddItemToObject(row, "distribution",
                                  cJSON_Duplicate(cJSON_GetArrayItem(v->histograms, device), true));
    }
}

static void result(ll_view *base, const char *tag, const cJSON *event)
{
    devices_view *v = (devices_view *)base;
    cJSON *copy = cJSON_Duplicate(event, true);
    if (base->state.data) add_histograms(v, base->state.data, copy);
    ll_grid_set(&v->list, copy);
    cJSON_Delete(copy);
}

static char mark(void *ctx, const cJSON *row, ll_style *style)
{
    const ll_state *s = ctx;
    const char *name = ll_json_get_str(row, "name", "");
    char side = ll_device_side(s, name);
    *style = side == 'S' ? LL_S_SOURCE : side == 'T' ? LL_S_TARGET : LL_S_TAG;
    return side != ' ' ? side : ll_strs_has(&s->tags, name) ? '*' : ' ';
}

static void draw(ll_view *base, ll_canvas *c, ll_rect r)
{
    devices_view *v = (devices_view *)base;
    const ll_dataset *d = base->state.data;
    if (!d) return;
    ll_str head = {0};
    int x = 1 + ll_put(c, r.y, 1, LL_S_TITLE, d->name);
    if (v->list.filter && *v->list.filter)
        ll_str_addf(&head, "filter: %s (%d of %d); ", v->list.filter, v->list.order.n, v->list.n);
    ll_str_addf(&head, "%d architectures, %d devices, %d tagged; %s", d->n_archs, d->n_devices,
                base->state.tags.n, d->space->title);
    ll_put_cut(c, r.y, x + 1, r.w - x - 2, LL_S_FAINT, ll_str_text(&head));
    ll_str_free(&head);
    ll_grid_draw(&v->list, c, (ll_rect){r.y + 1, r.x, r.h - 1, r.w}, true, mark, &base->state);
}

static const char *device(ll_view *base)
{
    return ll_json_get_str(ll_grid_row(&((devices_view *)base)->list), "name", NULL);
}

static void toggle_tag(ll_view *base)
{
    const char *name = device(base);
    if (!name) return;
    ll_screen_submitf(base->screen, "%s %s", ll_strs_has(&base->state.tags, name) ? "untag" : "tag", name);
    ll_grid_move(&((devices_view *)base)->list, LL_DOWN);
}

/* The card is a view of its own, told which device by an action. */
static void open_card(ll_view *base, const char *name)
{
    ll_view *card = ll_screen_find(base->screen, "card");
    card->type->action(card, "show", name);
    ll_screen_open(base->screen, "card");
}

static bool action(ll_view *base, const char *name, const char *arg)
{
    if (!strcmp(name, "tag"))
        toggle_tag(base);
    else if (!strcmp(name, "card"))
        open_card(base, arg);
    else if (!strcmp(name, "copy") && device(base))
        ll_screen_copy(base->screen, device(base));
    else
        return false;
    return true;
}

static ll_grid *grid(ll_view *base)
{
    return &((devices_view *)base)->list;
}

static void close_view(ll_view *base)
{
    devices_view *v = (devices_view *)base;
    ll_grid_free(&v->list);
    cJSON_Delete(v->histograms);
    free(v->data_hash);
}

static const ll_key keys[] = {
    {"Enter", "@card {device}", "card: what is known of this device"},
    {"Space", "@tag", "tag"},
    {"U", "untag", "untag: all of them"},
    {"a", "audit", "audit: what to know before trusting a column"},
    {"L", "@command load ", "load: another dataset"},
    {"p", "plot hist {device} out=hist-{device}.png", "plot its distribution to a file"},
    {"e", "export csv devices.csv", "export the latencies"},
    {0},
};

const ll_view_type ll_view_devices = {
    .name = "devices",
    .title = "Devices of the loaded dataset",
    .help = "S marks source, T target devices of the task, * tagged ones. The distribution is of the "
            "logarithm of "
            "the latency between the device's fastest and slowest architecture.",
    .keys = keys,
    .shared = ll_device_keys,
    .size = sizeof(devices_view),
    .needs_data = true,
    .refresh = refresh,
    .result = result,
    .draw = draw,
    .grid = grid,
    .device = device,
    .action = action,
    .close = close_view,
};
