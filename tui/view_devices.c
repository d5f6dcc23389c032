/* Spaces and devices: the loaded dataset's devices with the distribution of each one's latencies. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tui/views.h"

enum { BINS = 14 };

typedef struct devices_view {
    ll_view base;
    ll_grid list;
    ll_state state;
} devices_view;

static void refresh(ll_view *base)
{
    devices_view *v = (devices_view *)base;
    ll_state_free(&v->state);
    ll_app_snapshot(ll_screen_app(base->screen), &v->state);
    if (!v->state.data) {
        ll_view_say(
            base,
            "No dataset is loaded. Type :load and a name (Tab completes it), or press q and choose one.");
        return;
    }
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

/* Behind the names, before all else. */
static void add_column(cJSON *result)
{
    cJSON *old = cJSON_DetachItemFromObject(result, "columns"), *columns = ll_json_arr(result, "columns");
    for (bool first = true; old && old->child; first = false) {
        cJSON_AddItemToArray(columns, cJSON_DetachItemViaPointer(old, old->child));
        if (!first) continue;
        cJSON *column = ll_json_obj(columns, NULL);
        ll_json_str(column, "key", "distribution");
        ll_json_str(column, "title", "log latency");
        ll_json_int(column, "digits", 0);
    }
    cJSON_Delete(old);
}

static void add_histograms(const ll_dataset *d, cJSON *result)
{
    cJSON *row;
    add_column(result);
    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(result, "rows"))
    {
        int device = ll_dataset_device(d, ll_json_get_str(row, "name", ""));
        if (device >= 0) cJSON_AddItemToObject(row, "distribution", histogram(d, device));
    }
}

static void result(ll_view *base, const char *tag, const cJSON *event)
{
    devices_view *v = (devices_view *)base;
    cJSON *copy = cJSON_Duplicate(event, true);
    if (v->state.data) add_histograms(v->state.data, copy);
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
    const ll_dataset *d = v->state.data;
    if (!d) return;
    ll_str head = {0};
    int x = 1 + ll_put(c, r.y, 1, LL_S_TITLE, d->name);
    if (v->list.filter && *v->list.filter) ll_str_addf(&head, "filter: %s; ", v->list.filter);
    ll_str_addf(&head, "%d architectures, %d devices, %d tagged; %s", d->n_archs, d->n_devices,
                v->state.tags.n, d->space->title);
    ll_put_cut(c, r.y, x + 1, r.w - x - 2, LL_S_FAINT, ll_str_text(&head));
    ll_str_free(&head);
    ll_grid_draw(&v->list, c, (ll_rect){r.y + 1, r.x, r.h - 1, r.w}, mark, &v->state);
}

static const char *current(const devices_view *v)
{
    return ll_json_get_str(ll_grid_row(&v->list), "name", NULL);
}

static bool toggle_tag(devices_view *v)
{
    const char *name = current(v);
    if (name)
        ll_screen_submitf(v->base.screen, "%s %s", ll_strs_has(&v->state.tags, name) ? "untag" : "tag", name);
    ll_grid_move(&v->list, LL_DOWN);
    return true;
}

static bool action(ll_view *base, const char *name, const char *arg)
{
    devices_view *v = (devices_view *)base;
    if (!strcmp(name, "tag")) return toggle_tag(v);
    if (!strcmp(name, "copy") && current(v)) {
        ll_screen_copy(base->screen, current(v));
        return true;
    }
    return ll_grid_action(&v->list, name, arg);
}

static bool expand(ll_view *base, const char *name, ll_str *out)
{
    devices_view *v = (devices_view *)base;
    const char *device = current(v);
    if (!device) return false;
    if (!strcmp(name, "device"))
        ll_str_add(out, device);
    else if (!strcmp(name, "as-source"))
        ll_assign_line(ll_screen_app(base->screen), device, 'S', out);
    else if (!strcmp(name, "as-target"))
        ll_assign_line(ll_screen_app(base->screen), device, 'T', out);
    else if (!strcmp(name, "as-neither"))
        ll_assign_line(ll_screen_app(base->screen), device, '-', out);
    return out->len > 0;
}

static void move(ll_view *base, ll_move where)
{
    ll_grid_move(&((devices_view *)base)->list, where);
}
static void click(ll_view *base, int y, int x, bool drag)
{
    ll_grid_click(&((devices_view *)base)->list, y - 1);
}

static void close_view(ll_view *base)
{
    devices_view *v = (devices_view *)base;
    ll_grid_free(&v->list);
    ll_state_free(&v->state);
}

static const ll_key keys[] = {
    {"Enter", "@card {device}", "card: what is known of this device"},
    {"Space", "@tag", "tag"},
    {"U", "untag", "untag all"},
    {"S", "{as-source}", "source: put this device on the source side"},
    {"T", "{as-target}", "target: put it on the target side"},
    {"-", "{as-neither}", "take it off both sides"},
    {"c", "corr {device}", "neighbours: what correlates with it"},
    {"t", "@command transfer {device} k=20", "transfer to this device"},
    {"r", "@reverse", "reverse the order (left and right choose the column)"},
    {"a", "audit", "audit all columns"},
    {"L", "@command load ", "load another dataset"},
    {"p", "plot hist {device} out=hist-{device}.png", "plot its distribution to a file"},
    {"e", "export csv devices.csv", "export the latencies"},
    {0},
};

static bool card_or_else(ll_view *base, const char *name, const char *arg);

const ll_view_type ll_view_devices = {
    .name = "devices",
    .title = "Devices of the loaded dataset",
    .help = "S marks source, T target devices of the task, * tagged ones. The distribution is of the "
            "logarithm of "
            "the latency between the device's fastest and slowest architecture.",
    .keys = keys,
    .size = sizeof(devices_view),
    .refresh = refresh,
    .result = result,
    .draw = draw,
    .move = move,
    .action = card_or_else,
    .expand = expand,
    .click = click,
    .close = close_view,
};

/* The card is a view of its own, told which device by an action. */
static bool card_or_else(ll_view *base, const char *name, const char *arg)
{
    if (strcmp(name, "card")) return action(base, name, arg);
    ll_view *card = ll_screen_find(base->screen, "card");
    card->type->action(card, "show", arg);
    ll_screen_open(base->screen, "card");
    return true;
}
