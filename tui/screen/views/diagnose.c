/* Diagnose: why a device transfers badly, as the command `diagnose` tells it. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "tui/screen/views/views.h"

enum { MOST_PARTS = 16 };

typedef struct diagnose_view {
    ll_view base;
    char *subject;            /* the device spoken of: that of the latest transfer or diagnosis */
    char *transfer;           /* device of the latest transfer when last refreshed */
    cJSON *diagnosis;         /* array: the results of the latest `diagnose`; NULL: none yet */
    int diagnosis_id;         /* its request */
    bool running;             /* it has not ended */
    ll_transfer *diagnosed;   /* the transfer that the diagnosis is about; NULL: none */
    cJSON *parts[MOST_PARTS]; /* by their ranks, whichever came first */
    int rank[MOST_PARTS];
    int n_parts, laid_width;
    ll_pager pager;
} diagnose_view;

static const ll_transfer *current(const diagnose_view *v)
{
    return v->subject ? ll_state_transfer(&v->base.state, v->subject, NULL) : NULL;
}

static void set(char **to, const char *text)
{
    char *copy = text ? ll_strdup(text) : NULL;
    free(*to);
    *to = copy;
}

static void forget_diagnosis(diagnose_view *v)
{
    cJSON_Delete(v->diagnosis);
    v->diagnosis = NULL;
    ll_transfer_unref(v->diagnosed);
    v->diagnosed = NULL;
}

/* What the view asks, in the order it is shown; the diagnosis comes before all. */
static const char *const asked[] = {"eval", "corr", "audit"};
enum { ASKED = sizeof asked / sizeof *asked };

static int rank_of(const char *tag)
{
    int k = 0;
    while (k < ASKED && strcmp(asked[k], tag)) k++;
    return k + 1;
}

static void add_part(diagnose_view *v, int rank, const cJSON *result)
{
    if (v->n_parts == MOST_PARTS) return;
    int at = v->n_parts++;
    for (; at > 0 && v->rank[at - 1] > rank; at--) {
        v->parts[at] = v->parts[at - 1];
        v->rank[at] = v->rank[at - 1];
    }
    v->parts[at] = cJSON_Duplicate(result, true);
    v->rank[at] = rank;
    v->laid_width = 0;
}

/* A transfer to another device since the last time: it is the one to speak of. */
static void notice_transfer(diagnose_view *v)
{
    const ll_transfer *t = ll_state_transfer(&v->base.state, NULL, NULL);
    const char *device = t ? t->device : NULL;
    bool same = device && v->transfer && !strcmp(device, v->transfer);
    if (same && v->subject) return;
    set(&v->transfer, device);
    if (v->running || (device && v->subject && !strcmp(device, v->subject))) return;
    set(&v->subject, device);
    forget_diagnosis(v);
}

static void refresh(ll_view *base)
{
    diagnose_view *v = (diagnose_view *)base;
    const cJSON *item;
    notice_transfer(v);
    for (int i = 0; i < v->n_parts; i++) cJSON_Delete(v->parts[i]);
    v->n_parts = v->laid_width = 0;
    cJSON_ArrayForEach(item, v->diagnosis) add_part(v, 0, item);
    if (!v->subject) {
        ll_view_say(base,
                    "Nothing to diagnose yet: transfer a predictor to a device first (5, then P and t).");
        return;
    }
    /* what is known at once; `diagnose` itself takes its time and is only run when asked for */
    if (current(v)) ll_screen_ask(base, "eval", "eval %s", v->subject);
    ll_screen_ask(base, "corr", "corr %s", v->subject);
    ll_screen_ask(base, "audit", "audit %s", v->subject);
}

/* Asked of the program: the view's own state is as old as its last drawing. */
static void note_diagnosed(diagnose_view *v)
{
    ll_state now;
    ll_app_snapshot(ll_screen_app(v->base.screen), &now);
    const ll_transfer *t = v->subject ? ll_state_transfer(&now, v->subject, NULL) : NULL;
    if (t) v->diagnosed = ll_transfer_ref(t);
    ll_state_free(&now);
}

static void take_part(diagnose_view *v, const cJSON *e)
{
    int id = ll_json_get_int(e, "id", 0);
    if (id != v->diagnosis_id || !v->diagnosis) {
        forget_diagnosis(v);
        v->diagnosis = cJSON_CreateArray();
        v->diagnosis_id = id;
        v->running = true;
        v->pager.top = 0;
    }
    set(&v->subject, ll_json_get_str(e, "device", v->subject));
    if (!v->diagnosed) note_diagnosed(v);
    cJSON_AddItemToArray(v->diagnosis, cJSON_Duplicate(e, true));
    v->base.stale = true;
}

/* The answers of `diagnose`, wherever it was typed, come before what the view has asked for itself. */
static void event(ll_view *base, const cJSON *e)
{
    diagnose_view *v = (diagnose_view *)base;
    if (!strncmp(ll_json_get_str(e, "kind", ""), "diagnose", 8)) take_part(v, e);
    if (!strcmp(ll_json_get_str(e, "event", ""), "end") && ll_json_get_int(e, "id", 0) == v->diagnosis_id)
        v->running = false;
}

/* A question of the view may have no answer (the audit of a device that is gone): the rest still stands. */
static void failed(ll_view *base, const char *tag, const char *message) {}

static void result(ll_view *base, const char *tag, const cJSON *answer)
{
    add_part((diagnose_view *)base, rank_of(tag), answer);
}

static void draw_head(const diagnose_view *v, ll_canvas *c, int y, int w)
{
    const ll_transfer *t = current(v);
    int x = 1 + ll_put(c, y, 1, LL_S_TITLE, v->subject);
    if (t) x += ll_putf(c, y, x, LL_S_TITLE, " by %s, k = %d", t->predictor->name, t->samples.n);
    bool outdated = v->diagnosis && v->diagnosed != t;
    ll_put_cut(c, y, x + 2, w - x - 3,
               v->running ? LL_S_ACCENT
               : outdated ? LL_S_WARN
                          : LL_S_FAINT,
               v->running     ? "diagnosing..."
               : outdated     ? "outdated: of an earlier transfer; Enter diagnoses it again"
               : v->diagnosis ? "Enter diagnoses it again"
                              : "Enter diagnoses it");
}

static void draw(ll_view *base, ll_canvas *c, ll_rect r)
{
    diagnose_view *v = (diagnose_view *)base;
    const ll_transfer *t = current(v);
    int side = r.w >= 110 && t ? r.w * 2 / 5 : 0;
    ll_look narrow = *c->look;
    narrow.width = r.w - side;
    if (v->laid_width != narrow.width) {
        ll_pager_set(&v->pager, (const cJSON *const *)v->parts, v->n_parts, &narrow);
        v->laid_width = narrow.width;
    }
    draw_head(v, c, r.y, r.w - side);
    ll_pager_draw(&v->pager, c, (ll_rect){r.y + 1, r.x, r.h - 1, r.w - side});
    if (side) ll_draw_transfer_scatter(c, (ll_rect){r.y, r.x + r.w - side, r.h, side}, &base->state, t, -1);
}

static ll_pager *pager(ll_view *base)
{
    return &((diagnose_view *)base)->pager;
}

static const char *device(ll_view *base)
{
    return ((diagnose_view *)base)->subject;
}

static void close_view(ll_view *base)
{
    diagnose_view *v = (diagnose_view *)base;
    for (int i = 0; i < v->n_parts; i++) cJSON_Delete(v->parts[i]);
    forget_diagnosis(v);
    free(v->subject);
    free(v->transfer);
    ll_pager_free(&v->pager);
}

static const ll_key keys[] = {
    {"Enter", "diagnose {device}", "diagnose: some seconds of experiments, K stops them"},
    {"p", "plot residual {device} by=operation out=residual-{device}.png",
     "plot the errors by operation to a file"},
    {"e", "export predictions predictions-{device}.csv devices={device}", "export the predictions"},
    {0},
};

const ll_view_type ll_view_diagnose = {
    .name = "diagnose",
    .title = "Why a device transfers badly",
    .help = "The latest transfer: its scores, its neighbours, its column. Enter runs `diagnose`, which names "
            "what the "
            "predictor loses where; its answers come as they are found.",
    .keys = keys,
    .shared = ll_device_keys,
    .size = sizeof(diagnose_view),
    .event = event,
    .refresh = refresh,
    .result = result,
    .failed = failed,
    .draw = draw,
    .pager = pager,
    .device = device,
    .close = close_view,
};
