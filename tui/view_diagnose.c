/* Diagnose: why a device transfers badly, as the command `diagnose` tells it. */
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "tui/views.h"

enum { MOST_PARTS = 16 };

typedef struct diagnose_view {
    ll_view base;
    ll_state state;
    cJSON *diagnosis; /* array: the results of the latest `diagnose`; NULL: none yet */
    int diagnosis_id; /* its request */
    cJSON *parts[MOST_PARTS];
    int n_parts, laid_width;
    ll_pager pager;
} diagnose_view;

static void add_part(diagnose_view *v, const cJSON *result)
{
    if (v->n_parts == MOST_PARTS) return;
    v->parts[v->n_parts++] = cJSON_Duplicate(result, true);
    v->laid_width = 0;
}

static void refresh(ll_view *base)
{
    diagnose_view *v = (diagnose_view *)base;
    ll_state_free(&v->state);
    ll_app_snapshot(ll_screen_app(base->screen), &v->state);
    const ll_transfer *t = ll_state_transfer(&v->state, NULL, NULL);
    for (int i = 0; i < v->n_parts; i++) cJSON_Delete(v->parts[i]);
    v->n_parts = v->laid_width = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, v->diagnosis) add_part(v, item);
    if (!t) {
        ll_view_say(base,
                    "Nothing to diagnose yet: transfer a predictor to a device first (5, then P and t).");
    } else { /* what is known at once; `diagnose` itself takes its time and is only run when asked for */
        ll_screen_ask(base, "eval", "eval %s", t->device);
        ll_screen_ask(base, "corr", "corr %s", t->device);
        ll_screen_ask(base, "audit", "audit %s", t->device);
    }
}

/* The answers of `diagnose`, wherever it was typed, come before what the view has asked for itself. */
static void event(ll_view *base, const cJSON *e)
{
    diagnose_view *v = (diagnose_view *)base;
    if (strncmp(ll_json_get_str(e, "kind", ""), "diagnose", 8)) return;
    int id = ll_json_get_int(e, "id", 0);
    if (id != v->diagnosis_id || !v->diagnosis) {
        cJSON_Delete(v->diagnosis);
        v->diagnosis = cJSON_CreateArray();
        v->diagnosis_id = id;
    }
    cJSON_AddItemToArray(v->diagnosis, cJSON_Duplicate(e, true));
    base->stale = true;
}

static void result(ll_view *base, const char *tag, const cJSON *answer)
{
    add_part((diagnose_view *)base, answer);
}

static void draw(ll_view *base, ll_canvas *c, ll_rect r)
{
    diagnose_view *v = (diagnose_view *)base;
    const ll_transfer *t = ll_state_transfer(&v->state, NULL, NULL);
    if (!t) return;
    int side = r.w >= 110 ? r.w * 2 / 5 : 0;
    ll_look narrow = *c->look;
    narrow.width = r.w - side;
    if (v->laid_width != r.w) {
        ll_pager_set(&v->pager, (const cJSON *const *)v->parts, v->n_parts, &narrow);
        v->pager.page.look = c->look;
        v->laid_width = r.w;
    }
    int x =
        1 + ll_putf(c, r.y, 1, LL_S_TITLE, "%s by %s, k = %d", t->device, t->predictor->name, t->samples.n);
    if (!v->diagnosis) ll_put(c, r.y, x + 2, LL_S_FAINT, "Enter diagnoses it");
    ll_pager_draw(&v->pager, c, (ll_rect){r.y + 1, r.x, r.h - 1, r.w - side});
    if (side) ll_draw_transfer_scatter(c, (ll_rect){r.y, r.x + r.w - side, r.h, side}, &v->state, t, -1);
}

static void move(ll_view *base, ll_move where)
{
    ll_pager_move(&((diagnose_view *)base)->pager, where);
}

static bool expand(ll_view *base, const char *name, ll_str *out)
{
    const ll_transfer *t = ll_state_transfer(&((diagnose_view *)base)->state, NULL, NULL);
    if (strcmp(name, "device") || !t) return false;
    ll_str_add(out, t->device);
    return true;
}

static void close_view(ll_view *base)
{
    diagnose_view *v = (diagnose_view *)base;
    for (int i = 0; i < v->n_parts; i++) cJSON_Delete(v->parts[i]);
    cJSON_Delete(v->diagnosis);
    ll_canvas_free(&v->pager.page);
    ll_state_free(&v->state);
}

static const ll_key keys[] = {
    {"Enter", "diagnose {device}", "diagnose this device: a minute of experiments"},
    {"t", "@command transfer {device} k=", "transfer again with other samples"},
    {"c", "corr {device}", "neighbours of the device"},
    {0},
};

const ll_view_type ll_view_diagnose = {
    .name = "diagnose",
    .title = "Why a device transfers badly",
    .help = "The latest transfer: its scores, its neighbours, its column. Enter runs "
            "`diagnose`, which names what the predictor loses where.",
    .keys = keys,
    .size = sizeof(diagnose_view),
    .event = event,
    .refresh = refresh,
    .result = result,
    .draw = draw,
    .move = move,
    .expand = expand,
    .close = close_view};
