/* Training, live: curves of what the progress events carry, rate and time left, the scatter of the transfer. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "tui/render.h"
#include "tui/views.h"

enum { MOST_RUNS = 8 };

typedef struct curve {
    double *x, *y;
    int n, cap;
} curve;

/* One long command: what its progress told. */
typedef struct run {
    int id;
    char *command, *status;
    curve loss, spearman;
    double lr, rate, left_s, done, total;
    char *phase;
    cJSON *devices; /* object or array of the latest event: Spearman by device */
} run;

typedef struct training_view {
    ll_view base;
    run runs[MOST_RUNS]; /* the latest last */
    int n_runs, shown;   /* shown: how many back from the latest */
    bool paused, compare;
    ll_state state;
    int id; /* of the command under way */
    char *command;
} training_view;

/* --- collecting --- */

static void add_point(curve *c, double x, double y)
{
    if (isnan(y)) return;
    if (c->n && c->x[c->n - 1] >= x) return; /* a phase that starts anew: the first stays */
    if (c->n == c->cap) {
        c->cap = c->cap ? 2 * c->cap : 128;
        c->x = ll_realloc(c->x, (size_t)c->cap, sizeof *c->x);
        c->y = ll_realloc(c->y, (size_t)c->cap, sizeof *c->y);
    }
    c->x[c->n] = x;
    c->y[c->n++] = y;
}

static void free_run(run *r)
{
    free(r->command);
    free(r->status);
    free(r->phase);
    free(r->loss.x);
    free(r->loss.y);
    free(r->spearman.x);
    free(r->spearman.y);
    cJSON_Delete(r->devices);
}

static run *find_run(training_view *v, int id)
{
    for (int i = 0; i < v->n_runs; i++)
        if (v->runs[i].id == id) return &v->runs[i];
    return NULL;
}

static run *new_run(training_view *v, int id)
{
    if (v->n_runs == MOST_RUNS) {
        free_run(&v->runs[0]);
        memmove(v->runs, v->runs + 1, sizeof *v->runs * (MOST_RUNS - 1));
        v->n_runs--;
    }
    v->shown = 0;
    v->runs[v->n_runs] = (run){
        .id = id, .command = ll_strdup(v->command ? v->command : ""), .lr = NAN, .rate = NAN, .left_s = NAN};
    return &v->runs[v->n_runs++];
}

static void take_progress(training_view *v, const cJSON *event)
{
    int id = ll_json_get_int(event, "id", 0);
    run *r = find_run(v, id);
    if (!r) r = new_run(v, id);
    r->done = ll_json_get_num(event, "done", 0);
    r->total = ll_json_get_num(event, "total", 0);
    r->lr = ll_json_get_num(event, "lr", NAN);
    r->rate = ll_json_get_num(event, "items_per_s", NAN);
    r->left_s = ll_json_get_num(event, "left_s", NAN);
    free(r->phase);
    r->phase = ll_strdup(ll_json_get_str(event, "phase", ""));
    add_point(&r->loss, r->done, ll_json_get_num(event, "loss", NAN));
    add_point(&r->spearman, r->done, ll_json_get_num(event, "spearman", NAN));
    const cJSON *devices = cJSON_GetObjectItemCaseSensitive(event, "devices");
    if (!cJSON_IsArray(devices) && !cJSON_IsObject(devices)) return;
    cJSON_Delete(r->devices);
    r->devices = cJSON_Duplicate(devices, true);
}

/* Commands worth a page even when they are too quick for progress. */
static bool trains(const char *command)
{
    return !strncmp(command, "pretrain ", 9) || !strncmp(command, "transfer ", 9);
}

static void event(ll_view *base, const cJSON *e)
{
    training_view *v = (training_view *)base;
    const char *kind = ll_json_get_str(e, "event", "");
    if (!strcmp(kind, "begin")) {
        free(v->command);
        v->command = ll_strdup(ll_json_get_str(e, "command", ""));
        if (trains(v->command)) new_run(v, ll_json_get_int(e, "id", 0));
    } else if (!strcmp(kind, "progress") && !v->paused) {
        take_progress(v, e);
    } else if (!strcmp(kind, "end")) {
        run *r = find_run(v, ll_json_get_int(e, "id", 0));
        if (!r) return;
        ll_str text = {0};
        ll_str_addf(&text, "%s after ", ll_json_get_str(e, "status", ""));
        ll_render_duration(ll_json_get_num(e, "seconds", 0), &text);
        free(r->status);
        r->status = ll_str_take(&text);
    }
}

static void refresh(ll_view *base)
{
    training_view *v = (training_view *)base;
    ll_state_free(&v->state);
    ll_app_snapshot(ll_screen_app(base->screen), &v->state);
}

/* --- drawing --- */

static void draw_curves(const training_view *v, const run *r, ll_canvas *c, ll_rect at)
{
    const run *other = v->compare && r > v->runs ? r - 1 : NULL;
    int h = at.h / 2;
    ll_series loss[] = {{.name = other ? "before" : NULL,
                         .x = other ? other->loss.x : NULL,
                         .y = other ? other->loss.y : NULL,
                         .n = other ? other->loss.n : 0,
                         .style = LL_S_FAINT,
                         .joined = true},
                        {.name = "loss",
                         .x = r->loss.x,
                         .y = r->loss.y,
                         .n = r->loss.n,
                         .style = LL_S_CURVE1,
                         .joined = true}};
    ll_series rho[] = {{.name = other ? "before" : NULL,
                        .x = other ? other->spearman.x : NULL,
                        .y = other ? other->spearman.y : NULL,
                        .n = other ? other->spearman.n : 0,
                        .style = LL_S_FAINT,
                        .joined = true},
                       {.name = "held-out Spearman",
                        .x = r->spearman.x,
                        .y = r->spearman.y,
                        .n = r->spearman.n,
                        .style = LL_S_CURVE2,
                        .joined = true}};
    /* a run that has just begun gets the room its first steps need */
    double last = r->total <= 0 ? 1 : r->status ? fmax(r->done, 1) : fmin(r->total, fmax(1.5 * r->done, 10));
    ll_plot upper = {.y_title = "loss", .series = loss, .n_series = 2, .x_lo = 0, .x_hi = last};
    ll_plot lower = {
        .y_title = "Spearman", .x_title = r->phase, .series = rho, .n_series = 2, .x_lo = 0, .x_hi = last};
    ll_chart_plot(c, (ll_rect){at.y, at.x, h, at.w}, &upper);
    ll_chart_plot(c, (ll_rect){at.y + h, at.x, at.h - h, at.w}, &lower);
}

static int draw_number(ll_canvas *c, int y, int x, const char *name, const char *fmt, double value)
{
    if (isnan(value)) return y;
    ll_put(c, y, x, LL_S_HEAD, name);
    ll_str text = {0};
    ll_str_addf(&text, "%.4g%s", value, fmt);
    ll_put(c, y, x + 18, LL_S_TEXT, ll_str_text(&text));
    ll_str_free(&text);
    return y + 1;
}

static double last_of(const curve *c)
{
    return c->n ? c->y[c->n - 1] : NAN;
}

static int draw_numbers(const run *r, ll_canvas *c, int y, int x, int w)
{
    ll_put_cut(c, y++, x, w, LL_S_TITLE, r->command);
    ll_put_cut(c, y++, x, w, r->status ? LL_S_GOOD : LL_S_ACCENT, r->status ? r->status : "running");
    if (r->total > 0) {
        ll_chart_bar(c, y, x, w - 16 > 8 ? w - 16 : 8, r->done / r->total, LL_S_ACCENT);
        ll_putf(c, y++, x + (w - 16 > 8 ? w - 16 : 8) + 1, LL_S_TEXT, "%.0f/%.0f", r->done, r->total);
    }
    y = draw_number(c, y, x, "loss", "", last_of(&r->loss));
    y = draw_number(c, y, x, "Spearman", "", last_of(&r->spearman));
    y = draw_number(c, y, x, "learning rate", "", r->lr);
    y = draw_number(c, y, x, "architectures", " a second", r->rate);
    if (!isnan(r->left_s) && !r->status) {
        ll_str text = {0};
        ll_render_duration(r->left_s, &text);
        ll_put(c, y, x, LL_S_HEAD, "time left");
        ll_put(c, y++, x + 18, LL_S_TEXT, ll_str_text(&text));
        ll_str_free(&text);
    }
    return y + 1;
}

/* Spearman of each device: {"fpga": .97} or [{"device": "fpga", "spearman": .97}]. */
static int draw_bars(const run *r, ll_canvas *c, int y, int x, int w, int bottom)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, r->devices)
    {
        const char *name = item->string ? item->string : ll_json_get_str(item, "device", "");
        double rho = cJSON_IsNumber(item) ? item->valuedouble : ll_json_get_num(item, "spearman", NAN);
        if (y >= bottom) break;
        ll_put_cut(c, y, x, 17, LL_S_TEXT, name);
        ll_chart_bar(c, y, x + 18, w - 26 > 4 ? w - 26 : 4, rho, LL_S_CURVE2);
        ll_putf(c, y, x + w - 7, LL_S_TEXT, "%.3f", rho);
        y++;
    }
    return y;
}

static void draw(ll_view *base, ll_canvas *c, ll_rect r)
{
    training_view *v = (training_view *)base;
    if (!v->n_runs) {
        ll_put(c, r.y + 2, 4, LL_S_TEXT, "Nothing has been trained yet.");
        ll_put(c, r.y + 4, 4, LL_S_TEXT,
               "P pretrains a predictor on the source devices, t transfers it to a target.");
        return;
    }
    if (v->shown >= v->n_runs) v->shown = v->n_runs - 1;
    const run *now = &v->runs[v->n_runs - 1 - v->shown];
    int side = r.w * 2 / 5, x = r.x + r.w - side + 1, bottom = r.y + r.h;
    const ll_transfer *t = ll_state_transfer(&v->state, NULL, NULL);
    ll_rect left = {r.y, r.x, r.h, r.w - side};
    bool curves = now->loss.n || now->spearman.n || !now->status;
    if (curves)
        draw_curves(v, now, c, left);
    else if (t)
        ll_draw_transfer_scatter(c, left, &v->state, t, -1);
    int y = draw_numbers(now, c, r.y, x, side - 2);
    if (v->paused) ll_put(c, r.y + 1, x + side - 10, LL_S_WARN, "paused");
    y = draw_bars(now, c, y, x, side - 2, bottom);
    if (curves && t && bottom - y >= 8)
        ll_draw_transfer_scatter(c, (ll_rect){y, x, bottom - y, side - 2}, &v->state, t, -1);
}

/* --- keys --- */

static bool action(ll_view *base, const char *name, const char *arg)
{
    training_view *v = (training_view *)base;
    if (!strcmp(name, "pause"))
        v->paused = !v->paused;
    else if (!strcmp(name, "compare"))
        v->compare = !v->compare;
    else
        return false;
    return true;
}

static void move(ll_view *base, ll_move where)
{
    training_view *v = (training_view *)base;
    if (where == LL_LEFT || where == LL_UP) v->shown += v->shown < v->n_runs - 1;
    if (where == LL_RIGHT || where == LL_DOWN) v->shown -= v->shown > 0;
}

static void close_view(ll_view *base)
{
    training_view *v = (training_view *)base;
    for (int i = 0; i < v->n_runs; i++) free_run(&v->runs[i]);
    ll_state_free(&v->state);
    free(v->command);
}

static const ll_key keys[] = {
    {"P", "@command pretrain ", "pretrain a predictor on the sources"},
    {"t", "@command transfer ", "transfer to a device"},
    {"Z", "@pause", "pause the picture (training goes on)"},
    {"K", "@cancel", "cancel, keeping the last complete epoch"},
    {"C", "@compare", "compare with the run before (left and right walk through the runs)"},
    {"p", "plot curve out=curve.png", "plot the curve to a file"},
    {0},
};

const ll_view_type ll_view_training = {
    .name = "training",
    .title = "Training, live",
    .help = "Loss and held-out Spearman as the running command reports them. Cancelling leaves the model of "
            "the last "
            "complete epoch in place.",
    .keys = keys,
    .size = sizeof(training_view),
    .refresh = refresh,
    .event = event,
    .draw = draw,
    .move = move,
    .action = action,
    .close = close_view,
};
